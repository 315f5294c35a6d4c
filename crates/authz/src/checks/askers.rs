//! Somebody of every kind that policies tell apart.

use std::collections::BTreeSet;

use model::{AccountIdentity, Principal};

use super::{Asker, PolicyType};
use crate::Policy;
use crate::policy::language::{self, Language};
use crate::policy::vocabulary::NamedCallers;
use crate::reach::strangers::{everybody, identity, name, plain, unnamed_account};
use crate::reach::{Caller, CallerKind, Doubt};

/// The services that policies of buckets and roles commonly name. AWS: "AWS services that work with
/// IAM", each with its service principal.
const SERVICES: &[&str] = &[
    "apigateway.amazonaws.com",
    "athena.amazonaws.com",
    "autoscaling.amazonaws.com",
    "backup.amazonaws.com",
    "batch.amazonaws.com",
    "batchoperations.s3.amazonaws.com",
    "cloudformation.amazonaws.com",
    "cloudfront.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "codebuild.amazonaws.com",
    "codedeploy.amazonaws.com",
    "codepipeline.amazonaws.com",
    "config.amazonaws.com",
    "datasync.amazonaws.com",
    "delivery.logs.amazonaws.com",
    "dms.amazonaws.com",
    "ec2.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "ecs.amazonaws.com",
    "eks.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "elasticmapreduce.amazonaws.com",
    "events.amazonaws.com",
    "firehose.amazonaws.com",
    "glue.amazonaws.com",
    "guardduty.amazonaws.com",
    "inspector2.amazonaws.com",
    "iot.amazonaws.com",
    "kinesis.amazonaws.com",
    "lambda.amazonaws.com",
    "logdelivery.elasticloadbalancing.amazonaws.com",
    "logging.s3.amazonaws.com",
    "logs.amazonaws.com",
    "macie.amazonaws.com",
    "monitoring.rds.amazonaws.com",
    "quicksight.amazonaws.com",
    "rds.amazonaws.com",
    "redshift.amazonaws.com",
    "replication.ecr.amazonaws.com",
    "s3.amazonaws.com",
    "sagemaker.amazonaws.com",
    "scheduler.amazonaws.com",
    "secretsmanager.amazonaws.com",
    "serverlessrepo.amazonaws.com",
    "ses.amazonaws.com",
    "sns.amazonaws.com",
    "spotfleet.amazonaws.com",
    "sqs.amazonaws.com",
    "ssm.amazonaws.com",
    "states.amazonaws.com",
    "storage-lens.s3.amazonaws.com",
    "transfer.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
    "xray.amazonaws.com",
];

/// Everybody who may ask, but those of the known accounts.
pub(super) fn of(
    policies: &[&Policy],
    policy_type: PolicyType,
    known: &[AccountIdentity],
) -> (Vec<Asker>, BTreeSet<Doubt>) {
    // Whose variables have values depends on what they are.
    let mut named = NamedCallers { below_accounts: true, ..NamedCallers::default() };
    for policy in policies {
        named.add(policy);
    }
    let mut doubts = BTreeSet::new();
    if named.by_unique_id {
        doubts.insert(Doubt::UniqueId);
    }
    let texts: Vec<&str> = policies.iter().map(|policy| policy.text()).collect();
    let Some(any) = unnamed_account(&texts.concat(), known) else {
        doubts.insert(Doubt::TooManyPatterns);
        return (Vec::new(), doubts);
    };
    let NamedCallers { services, providers, unique_ids, arns, sessions, .. } = named.clone();
    let mut callers = everybody(named, known, any);
    let unremarkable = unremarkable(policies);
    for caller in &mut callers {
        let is_named = match &caller.principal {
            Principal::AssumedRole { account, role, .. } => {
                sessions.iter().any(|(id, own, _)| *id == account.id && *own == role.name)
            }
            _ => false,
        };
        if !is_named {
            rename(&mut caller.principal, &arns, &unremarkable);
        }
    }
    if policy_type == PolicyType::Identity {
        callers.retain(|caller| {
            matches!(
                caller.principal,
                Principal::User { .. }
                    | Principal::AssumedRole { .. }
                    | Principal::FederatedUser { .. }
            )
        });
        return (callers.into_iter().map(signing).collect(), doubts);
    }
    for service in services {
        match SERVICES.iter().find(|known| **known == service) {
            Some(known) => callers.push(plain(Principal::Service(known), CallerKind::Service)),
            None => _ = doubts.insert(Doubt::Service),
        }
    }
    for id in unique_ids {
        let (account, own) = (identity(any), name("/", "unremarkable", &id));
        let principal = if id.starts_with("AROA") {
            Principal::AssumedRole { account, role: own, session_name: "session".into() }
        } else {
            Principal::User { account, user: own }
        };
        callers.push(plain(principal, CallerKind::Grantee));
    }
    let mut askers: Vec<Asker> = callers.into_iter().map(signing).collect();
    askers.extend(providers.into_iter().map(|provider| Asker {
        principal: Principal::Anonymous,
        provider: Some(provider),
        kind: CallerKind::Stranger,
    }));
    (askers, doubts)
}

fn signing(caller: Caller) -> Asker {
    Asker { principal: caller.principal, provider: None, kind: caller.kind }
}

/// A text that has nothing in common with the policies, where that is possible: of a character that
/// they do not have.
pub(super) fn unremarkable(policies: &[&Policy]) -> String {
    let is_free =
        |c: &char| !policies.iter().any(|policy| policy.text().to_lowercase().contains(*c));
    let names = ('a'..='z').rev().chain('0'..='9').chain("_=,@+".chars());
    let character = names.into_iter().find(is_free).unwrap_or('z');
    std::iter::repeat_n(character, 12).collect()
}

/// Gives a user or role a name that has nothing in common with a policy, or as little as its kind
/// allows: a variable that holds it is then unlike any text of the policy.
fn rename(principal: &mut Principal, languages: &[Language], unremarkable: &str) {
    let (account, kind, own) = match principal {
        Principal::User { account, user } => (account.id, "user", user),
        Principal::AssumedRole { account, role, .. } => (account.id, "role", role),
        _ => return,
    };
    let within = |own: &str, path: &str| {
        let arn = format!("arn:aws:iam::{account}:{kind}{path}{own}");
        let class = language::classes(&Language::literal(&arn), languages).classes.pop();
        class.map(|class| class.within)
    };
    let known = within(&own.name, &own.path);
    for other in [unremarkable.to_owned(), format!("{}{unremarkable}", own.name)] {
        if known.is_some() && within(&other, &own.path) == known {
            *own = name(&own.path, &other, &own.unique_id);
            return;
        }
    }
}
