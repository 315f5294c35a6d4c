//! The answer to "who can", for people and programs.

use std::collections::BTreeSet;

use model::{AccountIdentity, Grantee, Principal};
use serde::{Deserialize, Serialize};

use super::{
    Alternative, Caller, CallerKind, Evidence, Extent, Outcome, Question, Reach, Scope, Session,
    StandsFor, reach, sessions, strangers,
};
use crate::{Action, Policy, ResourceType, Rule, Subject};

/// Who may do something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The bucket.
    pub bucket: String,
    /// The beginning of the keys that were asked about; absent for one object.
    pub prefix: Option<String>,
    /// The one object that was asked about.
    pub key: Option<String>,
    /// Whether the bucket policy is public in Amazon's sense (§4.4).
    pub policy_is_public: bool,
    /// Everybody who may do something, by action.
    pub rows: Vec<Row>,
    /// What else one should know.
    pub notes: Vec<String>,
}

/// What somebody may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The action, as `s3:GetObject`.
    pub action: String,
    /// Who: an ARN, a service, or who is meant.
    pub who: String,
    /// `everyone`, `any_account`, `stranger`, `root`, `user`, `role`, `federated_user` or
    /// `service`.
    pub kind: String,
    /// The account, if it has one that is known or named.
    pub account: Option<String>,
    /// `always`, `sometimes`, `never` or `undecided`: whether every request is allowed, without
    /// regard to keys.
    pub allowed: String,
    /// `all`, `some` or `none`: for how many keys something is allowed; absent for actions on buckets
    /// and for one object.
    pub keys: Option<String>,
    /// Each of these is enough, all of its requirements together.
    pub ways: Vec<Way>,
    /// Whether there are more ways than are told.
    pub more_ways: bool,
    /// Objects with an owner or ACL of their own.
    pub objects: Vec<ObjectsRow>,
    /// The rules that allow it.
    pub paths: Vec<String>,
    /// The rules that take something away.
    pub cut_by: Vec<String>,
    /// Whether a rule that Amazon calls public lets everybody in.
    pub public: bool,
    /// Whether it is somebody of another account than the bucket owner's.
    pub cross_account: bool,
    /// Why there may be more than is told here.
    pub undecided_because: Vec<String>,
}

/// One way in which something is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// What is required of the key.
    pub keys: Vec<String>,
    /// What is required of the request besides.
    pub conditions: Vec<String>,
    /// A key for which it holds.
    pub example: Option<String>,
}

/// Some objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectsRow {
    /// `always`, `sometimes` or `never`.
    pub allowed: String,
    /// How many versions they are.
    pub count: u64,
    /// Keys of some of them.
    pub examples: Vec<String>,
    /// Under which conditions.
    pub ways: Vec<Way>,
}

/// Who may take actions on what a question is about. The action of `question` is not looked at.
pub fn who_can(
    question: &Question<'_>,
    actions: &[Action],
    callers: &[Caller],
    accounts: &[AccountIdentity],
) -> Report {
    let (prefix, key) = match question.scope {
        Scope::Prefix(prefix) => (Some(prefix.to_owned()), None),
        Scope::Object(object) => (None, Some(object.key.to_string())),
    };
    let strangers = strangers(question, accounts);
    let mut report = Report {
        bucket: question.bucket.name.to_string(),
        prefix,
        key,
        policy_is_public: question.bucket.policy.as_ref().is_some_and(|policy| policy.is_public()),
        ..Report::default()
    };
    for &action in actions {
        let question = Question { action, ..*question };
        if super::operation_of(action).is_none() {
            report.notes.push(format!("{} is needed by no operation of its own", action.name()));
            continue;
        }
        report.rows.extend(rows_of_strangers(&question, &strangers));
        for caller in callers {
            report.rows.extend(rows_of(&question, caller));
        }
    }
    report
}

/// Strangers for whom the same is true as for every account are not told one by one.
fn rows_of_strangers(question: &Question<'_>, strangers: &[Caller]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for caller in strangers {
        let Some(row) = row(question, caller, &reach(question, caller)) else { continue };
        let is_nobody_else =
            matches!(caller.kind, CallerKind::Stranger | CallerKind::Grantee | CallerKind::Service);
        let is_known = is_nobody_else
            && rows.iter().any(|known| known.kind == "any_account" && known.says_the_same_as(&row));
        if !is_known {
            rows.push(row);
        }
    }
    rows
}

/// One row, and one for each session for which something else is true.
fn rows_of(question: &Question<'_>, caller: &Caller) -> Vec<Row> {
    let mut itself: Option<Row> = None;
    let mut federated: Option<Row> = None;
    let mut rows: Vec<Row> = Vec::new();
    for Session { caller: session, stands_for } in sessions(question, caller) {
        let reach = reach(question, &session);
        let found = row(question, &session, &reach);
        let is_federated = session.kind == CallerKind::FederatedUser;
        let general = if is_federated { &mut federated } else { &mut itself };
        match (stands_for, found) {
            (StandsFor::Itself, found) => *general = found,
            (StandsFor::FederatedUsers, found) => {
                let who = format!("federated users of {}", name_of(caller));
                *general = found.map(|row| Row { who, ..row });
            }
            // The general row would say too much.
            (_, None) => {
                let who = session_name(&session, stands_for);
                let cuts = labels(&reach.cuts, question, &session).join(", ");
                if let Some(general) = general {
                    general.cut_by.push(format!("what refuses it to {who}: {cuts}"));
                }
            }
            (_, Some(row)) => {
                let told = general.as_ref().is_some_and(|general| general.gives_the_same_as(&row));
                if !told {
                    rows.push(Row { who: session_name(&session, stands_for), ..row });
                }
            }
        }
    }
    // What a user may do itself, it may also let others do.
    let same = |row: &Row| itself.as_ref().is_some_and(|itself| itself.gives_the_same_as(row));
    let federated = federated.filter(|row| !(same(row) && row.cut_by.is_empty()));
    rows.retain(|row| row.kind != kind_name(CallerKind::FederatedUser) || !same(row));
    itself.into_iter().chain(federated).chain(rows).collect()
}

/// How one session is called, or many like it.
fn session_name(session: &Caller, stands_for: StandsFor) -> String {
    match stands_for {
        StandsFor::NamesLike => format!("sessions with names like {}", session.principal),
        _ => session.principal.to_string(),
    }
}

impl Row {
    fn says_the_same_as(&self, other: &Self) -> bool {
        self.allowed == other.allowed
            && self.ways == other.ways
            && self.objects == other.objects
            && self.paths == other.paths
    }

    /// Whether the same requests are allowed, by whatever rules.
    fn gives_the_same_as(&self, other: &Self) -> bool {
        self.allowed == other.allowed && self.ways == other.ways && self.objects == other.objects
    }
}

fn row(question: &Question<'_>, caller: &Caller, reach: &Reach) -> Option<Row> {
    let is_something = reach.is_something();
    if !is_something && reach.doubts.is_empty() {
        return None;
    }
    let on_keys = question.action.resource_type() == ResourceType::Object
        && matches!(question.scope, Scope::Prefix(_));
    let (ways, more_ways) = ways(&reach.ordinary);
    let account = caller.principal.account_id();
    let owner = question.bucket.owner.id;
    Some(Row {
        action: question.action.name().to_owned(),
        who: name_of(caller),
        kind: kind_name(caller.kind).to_owned(),
        account: (!matches!(caller.kind, CallerKind::AnyAccount | CallerKind::Grantee))
            .then_some(account)
            .flatten()
            .map(|id| id.to_string()),
        allowed: match reach.ordinary.extent() {
            _ if !is_something => "undecided",
            extent => extent_name(extent),
        }
        .to_owned(),
        keys: on_keys.then(|| {
            match reach.ordinary.extent_over_keys() {
                Extent::Always => "all",
                Extent::Sometimes => "some",
                Extent::Never => "none",
            }
            .to_owned()
        }),
        ways,
        more_ways,
        objects: objects(reach),
        paths: labels(&reach.paths, question, caller),
        cut_by: labels(&reach.cuts, question, caller),
        public: reach.is_public,
        cross_account: account.is_some_and(|id| id != owner),
        undecided_because: reach.doubts.iter().map(ToString::to_string).collect(),
    })
}

/// The groups of which something is to be told.
fn objects(reach: &Reach) -> Vec<ObjectsRow> {
    let telling = reach.objects.iter().filter(|objects| {
        objects.outcome.extent() != reach.ordinary.extent()
            || objects.outcome.extent() != Extent::Never
    });
    let row = |objects: &super::ObjectsReach| ObjectsRow {
        allowed: extent_name(objects.outcome.extent()).to_owned(),
        count: objects.count,
        examples: objects.examples.iter().map(ToString::to_string).collect(),
        ways: ways(&objects.outcome).0,
    };
    telling.map(row).collect()
}

fn ways(outcome: &Outcome) -> (Vec<Way>, bool) {
    let (alternatives, more) = outcome.alternatives();
    let way = |Alternative { keys, conditions, example }| Way { keys, conditions, example };
    let told = alternatives.into_iter().map(way);
    // "Always" needs no words.
    (
        told.filter(|way| outcome.extent() == Extent::Sometimes || !way.conditions.is_empty())
            .collect(),
        more,
    )
}

fn extent_name(extent: Extent) -> &'static str {
    match extent {
        Extent::Never => "never",
        Extent::Sometimes => "sometimes",
        Extent::Always => "always",
    }
}

fn kind_name(kind: CallerKind) -> &'static str {
    match kind {
        CallerKind::Everyone => "everyone",
        CallerKind::AnyAccount => "any_account",
        CallerKind::Stranger | CallerKind::Grantee => "stranger",
        CallerKind::Root => "root",
        CallerKind::User => "user",
        CallerKind::Role => "role",
        CallerKind::FederatedUser => "federated_user",
        CallerKind::Service => "service",
    }
}

/// How a caller is called. A role stands for its sessions; an account that is known by its canonical
/// user id alone has no ARN.
fn name_of(caller: &Caller) -> String {
    match (&caller.principal, caller.kind) {
        (_, CallerKind::Everyone) => "everyone, without signing".to_owned(),
        (_, CallerKind::AnyAccount) => "every AWS account".to_owned(),
        (Principal::Root(account), CallerKind::Grantee) => {
            format!("the account with canonical user id {}", account.canonical_id)
        }
        (Principal::AssumedRole { account, role, .. }, _) => {
            format!("arn:aws:iam::{}:role{}{}", account.id, role.path, role.name)
        }
        (principal, _) => principal.to_string(),
    }
}

/// The rules in words, without those that only repeat others.
fn labels(evidence: &[Evidence], question: &Question<'_>, caller: &Caller) -> Vec<String> {
    let mut seen = BTreeSet::new();
    // Whoever makes a session chooses its policies.
    let own = evidence.iter().filter(|one| one.rule != Rule::SessionPolicy);
    let all = own.map(|one| label(*one, question, caller));
    all.filter(|label| seen.insert(label.clone())).collect()
}

fn label(evidence: Evidence, question: &Question<'_>, caller: &Caller) -> String {
    let Evidence { rule, subject } = evidence;
    match (rule, subject) {
        (Rule::BucketPolicy, Subject::Statement { statement, .. }) => {
            statement_label("bucket policy", question.bucket.policy.as_deref(), statement)
        }
        (Rule::IdentityPolicy, Subject::Statement { policy, statement }) => {
            let facts = caller.identity.as_ref();
            let own = facts.and_then(|facts| facts.policies.get(usize::from(policy)));
            let name = caller.policy_names.get(usize::from(policy));
            let name = name.map_or("identity policy", String::as_str);
            if caller.kind == CallerKind::Stranger {
                return name.to_owned();
            }
            statement_label(name, own.map(|policy| &**policy), statement)
        }
        (Rule::PermissionsBoundary, Subject::Statement { statement, .. }) => {
            let boundary = caller.identity.as_ref().and_then(|facts| facts.boundary.as_deref());
            let name = format!("permissions boundary {}", caller.boundary_name);
            statement_label(&name, boundary, statement)
        }
        (Rule::PermissionsBoundary, _) => {
            format!("permissions boundary {}, which does not allow it", caller.boundary_name)
        }
        (Rule::BucketAcl, Subject::Grant(grant)) => {
            let grants = &question.bucket.acl.grants;
            match grants.get(usize::from(grant)) {
                Some(grant) => {
                    format!("bucket ACL: {} for {}", grant.permission, grantee(&grant.grantee))
                }
                None => "bucket ACL".to_owned(),
            }
        }
        (Rule::ObjectAcl, _) => "object ACL".to_owned(),
        (rule, _) => rule.name().to_owned(),
    }
}

fn grantee(grantee: &Grantee) -> String {
    match grantee {
        Grantee::CanonicalUser(id) => format!("canonical user id {id}"),
        Grantee::Group(group) => group.uri().rsplit('/').next().unwrap_or_default().to_owned(),
    }
}

/// `bucket policy, statement 2 "Sid" (line 7)`; statements are counted from 1.
fn statement_label(name: &str, policy: Option<&Policy>, statement: u16) -> String {
    let mut label = format!("{name}, statement {}", u32::from(statement) + 1);
    let Some(policy) = policy else { return label };
    if let Some(sid) = policy.statement_label(statement).sid {
        label = format!("{label} \"{sid}\"");
    }
    let positions = policy.statement_positions();
    match positions.get(usize::from(statement)) {
        Some((begin, _)) if positions.len() > 1 => format!("{label} (line {})", begin.line),
        _ => label,
    }
}
