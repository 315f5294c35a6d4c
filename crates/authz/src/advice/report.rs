//! Advice as it is printed, and as programs read it.

use model::{AccountIdentity, ObjectKey};
use serde::{Deserialize, Serialize};

use super::{Beneficiary, Difference, Direction, Equivalent, Gathered, Lost};
use crate::BucketFacts;
use crate::acl::AclsInForce;

/// What disabling the ACLs of a bucket would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisableAcls {
    /// The bucket.
    pub bucket: String,
    /// Whether its ACLs are disabled already.
    pub already_disabled: bool,
    /// How many versions of objects there are.
    pub versions: u64,
    /// Grants in the bucket ACL that are in force.
    pub bucket_grants: Vec<GrantLine>,
    /// Grants in ACLs of objects that are in force.
    pub object_grants: Vec<GrantLine>,
    /// Objects that change their owner.
    pub foreign_objects: Vec<ForeignLine>,
    /// Requests in the logs that needed an ACL or sent one.
    pub requests: Vec<RequestLine>,
    /// How many requests of the logs were looked at.
    pub requests_seen: u64,
    /// The bucket policy that gives the same; absent if none is needed besides the present one.
    pub policy: Option<String>,
    /// How many of its statements are new.
    pub statements_added: usize,
    /// What it cannot give.
    pub lost: Vec<LostLine>,
    /// What every object was found to lose and gain, decided before and after.
    pub differences: Vec<DifferenceLine>,
    /// What was not looked at, so that the rest may be wrong.
    #[serde(default)]
    pub incomplete: Vec<String>,
    /// What has to be changed first.
    pub blockers: Vec<String>,
    /// What else one should know.
    pub notes: Vec<String>,
}

/// Grants of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantLine {
    /// Whom.
    pub grantee: String,
    /// What.
    pub permission: String,
    /// To how many versions; 1 for a bucket.
    pub count: u64,
    /// Keys of some of them.
    pub examples: Vec<String>,
}

/// Objects of another account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignLine {
    /// Whose.
    pub owner: String,
    /// How many versions.
    pub count: u64,
    /// Keys of some of them.
    pub examples: Vec<String>,
}

/// The program that a `User-Agent` names: its first product, `aws-cli/2.9.19`. What SDKs say behind it
/// differs from one request to the next.
pub fn program(user_agent: Option<&str>) -> &str {
    user_agent.and_then(|text| text.split_whitespace().next()).unwrap_or("-")
}

/// Requests of one caller with one program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestLine {
    /// Who.
    pub caller: String,
    /// The program, as [`program`] names it.
    pub user_agent: String,
    /// How many an ACL allowed where no policy did.
    pub needed_acl: u64,
    /// How many sent an ACL.
    pub sent_acl: u64,
    /// How many were allowed and would be refused.
    pub would_be_refused: u64,
    /// How many were refused and would be allowed.
    pub would_be_allowed: u64,
    /// How many needed an ACL and are not decided today as they were then, so that nothing can be said
    /// of them: the object has gone or was changed, or nobody knows who asked.
    #[serde(default)]
    pub unclear: u64,
    /// Some of those that would be refused: operation and key.
    pub examples: Vec<String>,
}

impl RequestLine {
    /// Whether anything was counted.
    pub fn says_something(&self) -> bool {
        let Self { needed_acl, sent_acl, would_be_refused, would_be_allowed, unclear, .. } = self;
        [needed_acl, sent_acl, would_be_refused, would_be_allowed, unclear]
            .into_iter()
            .any(|count| *count > 0)
    }
}

/// Something that the policy cannot give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostLine {
    /// Whom.
    pub who: String,
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// What somebody loses or gains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferenceLine {
    /// Who.
    pub who: String,
    /// `loses` or `gains`.
    pub direction: String,
    /// The action.
    pub action: String,
    /// On how many versions; 1 for the bucket.
    pub count: u64,
    /// Keys of some of them.
    pub examples: Vec<String>,
    /// Whether it cannot be otherwise: the bucket owner gains what it comes to own, and nobody changes
    /// ACLs any more.
    pub expected: bool,
}

/// What Block Public Access of a bucket would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAccessAdvice {
    /// The bucket.
    pub bucket: String,
    /// Whether its policy is public; with BlockPublicPolicy it could not be stored again.
    pub policy_is_public: bool,
    /// Whether its ACL is public.
    pub bucket_acl_is_public: bool,
    /// Each of the four settings.
    pub settings: Vec<PublicAccessSetting>,
}

/// One of the four settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAccessSetting {
    /// As `IgnorePublicAcls`.
    pub setting: String,
    /// Whether it is in force, by the bucket or its account.
    pub in_force: bool,
    /// Who would lose what.
    pub differences: Vec<DifferenceLine>,
    /// Logged requests that would be refused.
    pub requests: Vec<RequestLine>,
}

impl DisableAcls {
    /// What was gathered about a bucket.
    pub fn of(bucket: &BucketFacts, gathered: &Gathered, accounts: &[AccountIdentity]) -> Self {
        let in_force = AclsInForce::of(bucket);
        let own = Beneficiary::of_owner(&bucket.owner.canonical_id);
        let grants = bucket.acl.grants.iter().filter(|grant| {
            in_force.counts(&grant.grantee) && Beneficiary::of_grantee(&grant.grantee) != own
        });
        let bucket_grants = grants.map(|grant| GrantLine {
            grantee: Beneficiary::of_grantee(&grant.grantee).name(accounts),
            permission: grant.permission.to_string(),
            count: 1,
            examples: Vec::new(),
        });
        let object_grants = gathered.census.iter().map(|line| GrantLine {
            grantee: line.beneficiary.name(accounts),
            permission: line.permission.to_string(),
            count: line.count,
            examples: texts(&line.examples),
        });
        let foreign = gathered.foreign.iter().map(|objects| ForeignLine {
            owner: Beneficiary::of_owner(&objects.owner).name(accounts),
            count: objects.count,
            examples: texts(&objects.examples),
        });
        Self {
            bucket: bucket.name.to_string(),
            already_disabled: bucket.acls_are_disabled(),
            versions: gathered.versions,
            bucket_grants: bucket_grants.collect(),
            object_grants: object_grants.collect(),
            foreign_objects: foreign.collect(),
            ..Self::default()
        }
    }

    /// With the policy.
    #[must_use]
    pub fn with_policy(mut self, equivalent: Equivalent) -> Self {
        self.policy = equivalent.policy;
        self.statements_added = equivalent.added;
        let line = |Lost { who, what, why }| LostLine { who, what, why };
        self.lost = equivalent.lost.into_iter().map(line).collect();
        self
    }

    /// With what was found to change. `owner` is what the bucket owner's callers were called.
    #[must_use]
    pub fn with_differences(mut self, differences: &[Difference], owner: &str) -> Self {
        let line = |difference: &Difference| DifferenceLine {
            expected: match difference.direction {
                Direction::Gains => difference.who == owner,
                Direction::Loses => difference.action == crate::Action::PutObjectAcl,
            },
            ..difference_line(difference)
        };
        self.differences = differences.iter().map(line).collect();
        self
    }

    /// Whether somebody loses or gains what need not be, or a logged request would be refused.
    pub fn is_harmless(&self) -> bool {
        self.lost.is_empty()
            && self.incomplete.is_empty()
            && self.differences.iter().all(|difference| difference.expected)
            && self.requests.iter().all(|line| line.would_be_refused == 0)
    }
}

/// A difference as it is told; nothing is expected of it.
pub fn difference_line(difference: &Difference) -> DifferenceLine {
    DifferenceLine {
        who: difference.who.clone(),
        direction: direction(difference.direction).to_owned(),
        action: difference.action.name().to_owned(),
        count: difference.count,
        examples: texts(&difference.examples),
        expected: false,
    }
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Loses => "loses",
        Direction::Gains => "gains",
    }
}

fn texts(keys: &[ObjectKey]) -> Vec<String> {
    keys.iter().map(ToString::to_string).collect()
}
