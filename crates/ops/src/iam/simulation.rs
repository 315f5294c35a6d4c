//! What policies would say, without doing anything.
//!
//! AWS: IAM API reference, SimulatePrincipalPolicy, SimulateCustomPolicy,
//! GetContextKeysForPrincipalPolicy and GetContextKeysForCustomPolicy.

use std::sync::Arc;

use authz::simulate::{self, PolicyOrigin, Simulated, SimulatedContext};
use authz::{ApiFacts, ApiRequest, IdentityFacts, Policy};
use iam::bearer::{self, BornePolicy};
use iam::{Directory, IamError, Identity, Page, PageRequest};
use model::principal::IamName;
use model::{AccountId, AccountIdentity, BucketName, IamKind, Principal};

use super::{ApiCall, Asked, Target};

/// The name of a caller of whom no policy source says who it is.
const NOBODY: &str = "simulation";

/// What is to be simulated: each action on each resource.
#[derive(Clone, Debug, Default)]
pub struct Simulation {
    /// Identity policies of the caller, besides those of the source.
    pub policies: Vec<String>,
    /// Permissions boundary, at most one; it takes the place of the source's own.
    pub boundaries: Vec<String>,
    /// Actions, as `s3:GetObject`.
    pub actions: Vec<String>,
    /// ARNs; none means `*`.
    pub resources: Vec<String>,
    /// A bucket policy that every resource has.
    pub resource_policy: Option<String>,
    /// ARN of the account that resources belong to whose own ARN names none.
    pub resource_owner: Option<String>,
    /// ARN of the user who calls.
    pub caller: Option<String>,
    /// Values of condition keys.
    pub context: SimulatedContext,
}

/// One action on one resource.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The action.
    pub action: String,
    /// The ARN, or `*`.
    pub resource: String,
    /// What came out.
    pub result: Simulated,
    /// How the policy of each matched statement is called.
    pub sources: Vec<String>,
}

/// SimulateCustomPolicy. Errors: `InvalidInput`.
pub async fn custom(
    call: &ApiCall<'_>,
    simulation: &Simulation,
    page: &PageRequest,
) -> Result<Page<Evaluation>, IamError> {
    let asked = Asked::new("SimulateCustomPolicy", Target::Everything);
    call.read(asked, |_, _| Ok(()))?;
    run(call, Bearer::default(), simulation, page).await
}

/// SimulatePrincipalPolicy. Errors: `NoSuchEntity`, `InvalidInput`.
pub async fn principal(
    call: &ApiCall<'_>,
    source_arn: &str,
    simulation: &Simulation,
    page: &PageRequest,
) -> Result<Page<Evaluation>, IamError> {
    let bearer = bearer_of(call, "SimulatePrincipalPolicy", source_arn)?;
    run(call, bearer, simulation, page).await
}

/// GetContextKeysForCustomPolicy. Errors: `InvalidInput`.
pub fn custom_context_keys(
    call: &ApiCall<'_>,
    policies: &[String],
) -> Result<Vec<String>, IamError> {
    let asked = Asked::new("GetContextKeysForCustomPolicy", Target::Everything);
    call.read(asked, |_, _| Ok(()))?;
    let mut bearer = Bearer::default();
    bearer.add_input(policies)?;
    Ok(bearer.context_keys())
}

/// GetContextKeysForPrincipalPolicy. Errors: `NoSuchEntity`, `InvalidInput`.
pub fn principal_context_keys(
    call: &ApiCall<'_>,
    source_arn: &str,
    policies: &[String],
) -> Result<Vec<String>, IamError> {
    let mut bearer = bearer_of(call, "GetContextKeysForPrincipalPolicy", source_arn)?;
    bearer.add_input(policies)?;
    Ok(bearer.context_keys())
}

/// Who bears the simulated policies, and how each of them is called.
#[derive(Default)]
struct Bearer {
    identity: Option<(IamKind, Arc<IamName>)>,
    facts: IdentityFacts,
    policy_names: Vec<String>,
    boundary_name: String,
}

/// The bearer with this ARN, for those who may simulate it.
fn bearer_of(call: &ApiCall<'_>, action: &str, arn: &str) -> Result<Bearer, IamError> {
    let (account, kind, name) = parse_arn(arn).ok_or_else(|| {
        IamError::input(format!(
            "Invalid Entity Arn: {arn} does not clearly define entity type and name."
        ))
    })?;
    let asked = Asked::new(action, Target::identity(kind, name));
    call.read(asked, |directory, authorized| {
        let identity = directory.identity(kind, authorized.name())?;
        if account != directory.account || identity.arn(account) != arn {
            return Err(IamError::missing(format!(
                "The {} with name {name} cannot be found.",
                kind.as_str()
            )));
        }
        Bearer::of(directory, &identity)
    })
}

impl Bearer {
    fn of(directory: &Directory<'_>, identity: &Identity) -> Result<Self, IamError> {
        let borne = bearer::bearings(directory, identity)?;
        let name = IamName {
            path: identity.path.clone(),
            name: identity.name.clone(),
            unique_id: identity.id.clone(),
        };
        let policies = borne.policies.iter().map(stored).collect::<Result<_, _>>()?;
        Ok(Self {
            identity: Some((identity.kind, Arc::new(name))),
            policy_names: borne.policies.iter().map(source_name).collect(),
            boundary_name: borne.boundary.as_ref().map(source_name).unwrap_or_default(),
            facts: IdentityFacts {
                policies,
                boundary: borne.boundary.as_ref().map(stored).transpose()?,
                session: None,
            },
        })
    }

    fn add_input(&mut self, documents: &[String]) -> Result<(), IamError> {
        for (number, document) in (1..).zip(documents) {
            let name = format!("PolicyInputList.{number}");
            self.facts.policies.push(given(&name, document)?);
            self.policy_names.push(name);
        }
        Ok(())
    }

    fn replace_boundary(&mut self, documents: &[String]) -> Result<(), IamError> {
        match documents {
            [] => Ok(()),
            [document] => {
                "PermissionsBoundaryPolicyInputList.1".clone_into(&mut self.boundary_name);
                self.facts.boundary = Some(given(&self.boundary_name, document)?);
                Ok(())
            }
            _ => Err(IamError::input("Only one permissions boundary policy can be simulated.")),
        }
    }

    fn context_keys(&self) -> Vec<String> {
        let policies: Vec<&Policy> = self.facts.policies.iter().map(|policy| &**policy).collect();
        simulate::context_keys(&policies)
    }

    /// Who calls, if the simulation does not say.
    fn principal(&self, account: AccountIdentity) -> Principal {
        let session = |role: Arc<IamName>| Principal::AssumedRole {
            account: account.clone(),
            role,
            session_name: NOBODY.into(),
        };
        match &self.identity {
            Some((IamKind::User, user)) => Principal::User { account, user: Arc::clone(user) },
            Some((IamKind::Role, role)) => session(Arc::clone(role)),
            _ => session(Arc::new(IamName {
                path: "/".to_owned(),
                name: NOBODY.to_owned(),
                unique_id: String::new(),
            })),
        }
    }

    /// How the policy of a statement is called.
    fn name_of(&self, origin: PolicyOrigin) -> &str {
        match origin {
            PolicyOrigin::Identity(at) => self.policy_names.get(at).map_or("", String::as_str),
            PolicyOrigin::Boundary => &self.boundary_name,
            PolicyOrigin::Session(_) => "",
            PolicyOrigin::Resource => "ResourcePolicy",
        }
    }
}

/// Everything that the simulations of one call share.
struct Simulator<'a> {
    call: &'a ApiCall<'a>,
    simulation: &'a Simulation,
    bearer: Bearer,
    caller: Principal,
    owner: AccountId,
}

async fn run(
    call: &ApiCall<'_>,
    mut bearer: Bearer,
    simulation: &Simulation,
    page: &PageRequest,
) -> Result<Page<Evaluation>, IamError> {
    bearer.add_input(&simulation.policies)?;
    bearer.replace_boundary(&simulation.boundaries)?;
    let own = call.caller.account().ok_or_else(|| IamError::internal("a call without account"))?;
    let caller = match &simulation.caller {
        Some(arn) => named_caller(call, own, arn).await?,
        None => bearer.principal(own.clone()),
    };
    if simulation.resource_policy.is_some() && !matches!(caller, Principal::User { .. }) {
        return Err(IamError::input(
            "CallerArn must be specified with a ResourcePolicy, unless the PolicySourceArn is a user.",
        ));
    }
    let owner = match &simulation.resource_owner {
        None => own.id,
        Some(arn) => account_of(arn)
            .ok_or_else(|| IamError::input(format!("Invalid ResourceOwner: {arn}")))?,
    };
    let simulator = Simulator { call, simulation, bearer, caller, owner };
    let everything = ["*".to_owned()];
    let resources: &[String] =
        if simulation.resources.is_empty() { &everything } else { &simulation.resources };
    let pairs = simulation
        .actions
        .iter()
        .flat_map(|action| resources.iter().map(move |resource| (action, resource)))
        .enumerate();
    // The page first: only what is on it is worth its time.
    let Page { items, next } = page.of(pairs, |(number, _)| format!("{number:010}"));
    let evaluate =
        |(_, (action, resource)): (usize, (&String, &String))| simulator.evaluate(action, resource);
    Ok(Page { items: items.into_iter().map(evaluate).collect::<Result<_, _>>()?, next })
}

impl Simulator<'_> {
    fn evaluate(&self, action: &str, resource: &str) -> Result<Evaluation, IamError> {
        let resource_policy = self.resource_policy(resource)?;
        let facts = ApiFacts {
            owner: account_of(resource).unwrap_or(self.owner),
            resource_policy: resource_policy.as_ref(),
            identity: Some(&self.bearer.facts),
            switches: &self.call.store.settings.switches,
        };
        let context = &self.simulation.context;
        let request = ApiRequest { caller: &self.caller, action, resource, context };
        let result = simulate::simulate(&request, &facts);
        let names = result.matched.iter().map(|one| self.bearer.name_of(one.origin).to_owned());
        Ok(Evaluation {
            action: action.to_owned(),
            resource: resource.to_owned(),
            sources: names.collect(),
            result,
        })
    }

    /// The policy of the resource, as the bucket would have it that the resource lies in.
    fn resource_policy(&self, resource: &str) -> Result<Option<Policy>, IamError> {
        let Some(text) = &self.simulation.resource_policy else { return Ok(None) };
        let bucket = resource.strip_prefix("arn:aws:s3:::").and_then(|name| {
            BucketName::parse(name.split_once('/').map_or(name, |(bucket, _)| bucket))
        });
        let bucket = bucket.ok_or_else(|| {
            IamError::input("A ResourcePolicy can be simulated for buckets and objects only.")
        })?;
        let parsed = Policy::parse_stored_bucket_policy(text, &bucket);
        parsed.map(Some).map_err(|error| {
            IamError::input(format!("Invalid ResourcePolicy: {}", error.message()))
        })
    }
}

/// The user whom a simulation names as its caller.
async fn named_caller(
    call: &ApiCall<'_>,
    own: &AccountIdentity,
    arn: &str,
) -> Result<Principal, IamError> {
    let invalid = || IamError::input(format!("Invalid CallerArn: {arn}"));
    let (id, kind, name) = parse_arn(arn).ok_or_else(invalid)?;
    if kind != IamKind::User {
        return Err(invalid());
    }
    let account = if id == own.id {
        own.clone()
    } else {
        call.store.vault.account(id).await?.ok_or_else(invalid)?.identity
    };
    let path = arn.split_once(":user").and_then(|(_, rest)| rest.strip_suffix(name));
    let unique_id = call.store.vault.with_principals(|names| Ok(names.unique_id_of(arn)))?;
    let user = IamName {
        path: path.ok_or_else(invalid)?.to_owned(),
        name: name.to_owned(),
        unique_id: unique_id.unwrap_or_default(),
    };
    Ok(Principal::User { account, user: Arc::new(user) })
}

/// Account, kind and name of a user, group or role; the path stands between the two.
fn parse_arn(arn: &str) -> Option<(AccountId, IamKind, &str)> {
    let (account, entity) = arn.strip_prefix("arn:aws:iam::")?.split_once(':')?;
    let (kind, path_and_name) = entity.split_once('/')?;
    let kind = IamKind::parse(kind)
        .filter(|kind| matches!(kind, IamKind::User | IamKind::Group | IamKind::Role))?;
    let name = path_and_name.rsplit('/').next().filter(|name| !name.is_empty())?;
    Some((AccountId::parse(account)?, kind, name))
}

/// The account that an ARN names.
fn account_of(arn: &str) -> Option<AccountId> {
    arn.split(':').nth(4).and_then(AccountId::parse)
}

/// A managed policy by its name, any other by kind and name of who has it.
fn source_name(policy: &BornePolicy) -> String {
    let (kind, holder) = &policy.holder;
    match policy.arn {
        Some(_) => policy.name.clone(),
        None => format!("{}_{holder}_{}", kind.as_str(), policy.name),
    }
}

fn stored(policy: &BornePolicy) -> Result<Arc<Policy>, IamError> {
    Policy::parse_identity_policy(&policy.document).map(Arc::new).map_err(|error| {
        IamError::internal(format!("policy {} cannot be read: {error}", policy.name))
    })
}

fn given(name: &str, document: &str) -> Result<Arc<Policy>, IamError> {
    let parsed = Policy::parse_identity_policy(document);
    parsed
        .map(Arc::new)
        .map_err(|error| IamError::input(format!("Invalid Entity: {name}: {}", error.message())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_of_bearers() {
        for (arn, expected) in [
            ("arn:aws:iam::111122223333:user/x", Some((IamKind::User, "x"))),
            ("arn:aws:iam::111122223333:group/a/b/x", Some((IamKind::Group, "x"))),
            ("arn:aws:iam::111122223333:role/x", Some((IamKind::Role, "x"))),
            ("arn:aws:iam::111122223333:policy/x", None),
            ("arn:aws:iam::111122223333:user/", None),
            ("arn:aws:iam::111122223333:root", None),
            ("arn:aws:iam::1:user/x", None),
            ("x", None),
        ] {
            let parsed = parse_arn(arn).map(|(_, kind, name)| (kind, name));
            assert_eq!(parsed, expected, "{arn}");
        }
    }
}
