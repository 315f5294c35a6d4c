//! Access keys: who signs with them, with which secret, and what that identity may do.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use audit::decision_log::{CallerSnapshot, PolicyOrigin, Snapshot};
use authz::{IdentityFacts, Policy};
use iam::bearer::{self, BornePolicy};
use iam::{Directory, Identity, Tag};
use identity::SecretAccessKey;
use meta::{AccessKeyRecord, KeyOwner};
use model::principal::IamName;
use model::{AccountIdentity, IamKind, Principal, S3Error, Timestamp};

use super::Vault;
use super::iam::{AccountRows, Failure};
use super::sessions::OpenSession;

/// The owner of an access key, with the secret that its signatures are checked against.
pub(crate) struct CallerState {
    /// Who signs with the key.
    pub(crate) principal: Principal,
    /// The caller's own policies; none for root.
    pub(crate) identity: Option<IdentityFacts>,
    /// The tags of a user.
    pub(crate) tags: Vec<Tag>,
    /// The opened secret.
    pub(crate) secret: SecretAccessKey,
    /// The session, if the key is one of temporary credentials.
    pub(crate) session: Option<OpenSession>,
    /// When a use of the key was last noted.
    pub(super) noted: AtomicI64,
    /// Where its policies stand.
    pub(super) origins: PolicyOrigins,
    /// Caller and policies as the decision log has them, once somebody asked.
    pub(super) snapshot: OnceLock<Arc<Snapshot>>,
}

/// Where the policies of a caller stand, for explanations.
#[derive(Clone, Debug, Default)]
pub(crate) struct PolicyOrigins {
    /// In the order of the policies.
    pub(crate) policies: Vec<PolicyOrigin>,
    /// The permissions boundary.
    pub(crate) boundary: Option<PolicyOrigin>,
}

/// A user or role with everything that decisions look at.
pub(crate) struct KnownIdentity {
    /// Path, name and unique id.
    pub(crate) name: Arc<IamName>,
    /// Its policies and its boundary.
    pub(crate) facts: IdentityFacts,
    /// Where they stand.
    pub(crate) origins: PolicyOrigins,
    /// Its tags.
    pub(crate) tags: Vec<Tag>,
}

impl Vault {
    /// The owner of an active access key; `None` for a key that is unknown or inactive.
    pub(crate) async fn caller(
        &self,
        access_key_id: &str,
    ) -> Result<Option<Arc<CallerState>>, S3Error> {
        if let Some(caller) = self.callers.get(access_key_id) {
            return Ok(Some(caller));
        }
        let ticket = self.callers.ticket();
        let Some((key, user)) = self.key_and_user(access_key_id)? else { return Ok(None) };
        let account = self
            .account(key.account)
            .await?
            .ok_or_else(|| S3Error::internal("the account of an access key does not exist"))?;
        let secret =
            self.master_key.open(&key.sealed_secret, access_key_id).map_err(S3Error::internal)?;
        let caller = Arc::new(caller_state(account.identity, user, secret));
        self.callers.remember(access_key_id, Arc::clone(&caller), ticket);
        Ok(Some(caller))
    }

    /// An active key, with its user unless it is one of the root user: both of one moment. A key
    /// whose user is gone is no key.
    fn key_and_user(
        &self,
        access_key_id: &str,
    ) -> Result<Option<(AccessKeyRecord, Option<KnownIdentity>)>, S3Error> {
        let read = self.meta.read_iam(|rows| -> Result<_, Failure> {
            let key = rows.access_key(access_key_id)?.filter(|key| key.active);
            let Some(key) = key else { return Ok(None) };
            let KeyOwner::User { id } = &key.owner else { return Ok(Some((key, None))) };
            let row = rows.by_id(id)?;
            let Some(row) = row.filter(|row| row.account == key.account) else { return Ok(None) };
            let tables = AccountRows::new(rows, row.account);
            let directory =
                Directory { tables: &tables, account: row.account, now: Timestamp::default() };
            let user = Identity::parse(&row.document)?;
            if user.kind != IamKind::User {
                return Ok(None);
            }
            Ok(Some((key, Some(known_identity(&directory, &user)?))))
        });
        read.map_err(|Failure(error)| S3Error::internal(error.cause().unwrap_or(error.message())))
    }

    /// Forgets what callers may do, because something of IAM changed.
    pub(crate) fn forget_identities(&self) {
        self.callers.forget_all();
        self.sessions.forget_all();
    }
}

/// The facts about a user or role. A policy that is not understood is an error: it might have
/// denied something.
pub(super) fn known_identity(
    directory: &Directory<'_>,
    identity: &Identity,
) -> Result<KnownIdentity, iam::IamError> {
    let borne = bearer::bearings(directory, identity)?;
    let policies = borne.policies.iter().map(compile).collect::<Result<_, _>>()?;
    let boundary = borne.boundary.as_ref().map(compile).transpose()?;
    let name = IamName {
        path: identity.path.clone(),
        name: identity.name.clone(),
        unique_id: identity.id.clone(),
    };
    Ok(KnownIdentity {
        name: Arc::new(name),
        facts: IdentityFacts { policies, boundary, session: None },
        origins: PolicyOrigins {
            policies: borne.policies.iter().map(origin).collect(),
            boundary: borne.boundary.as_ref().map(origin),
        },
        tags: identity.tags.clone(),
    })
}

fn origin(policy: &BornePolicy) -> PolicyOrigin {
    let (kind, holder) = &policy.holder;
    PolicyOrigin {
        name: policy.name.clone(),
        arn: policy.arn.clone(),
        holder: (kind.as_str().to_owned(), holder.clone()),
    }
}

fn compile(policy: &BornePolicy) -> Result<Arc<Policy>, iam::IamError> {
    let compiled = Policy::parse_identity_policy(&policy.document);
    compiled.map(Arc::new).map_err(|error| {
        iam::IamError::internal(format!("policy {} cannot be read: {error}", policy.name))
    })
}

fn caller_state(
    account: AccountIdentity,
    user: Option<KnownIdentity>,
    secret: SecretAccessKey,
) -> CallerState {
    let noted = AtomicI64::new(i64::MIN);
    match user {
        None => CallerState {
            principal: Principal::Root(account),
            identity: None,
            tags: Vec::new(),
            secret,
            session: None,
            noted,
            origins: PolicyOrigins::default(),
            snapshot: OnceLock::new(),
        },
        Some(KnownIdentity { name, facts, origins, tags }) => CallerState {
            principal: Principal::User { account, user: name },
            identity: Some(facts),
            tags,
            secret,
            session: None,
            noted,
            origins,
            snapshot: OnceLock::new(),
        },
    }
}

impl CallerState {
    /// Caller and policies as the decision log has them.
    pub(crate) fn snapshot(&self) -> &Arc<Snapshot> {
        self.snapshot.get_or_init(|| {
            let PolicyOrigins { policies, boundary } = &self.origins;
            let identity = self.identity.as_ref();
            Arc::new(CallerSnapshot::take(&self.principal, identity, policies, boundary.as_ref()))
        })
    }

    /// Whether a use at this time should be noted: the first one, and then one a minute.
    pub(super) fn is_worth_noting(&self, now: Timestamp) -> bool {
        const INTERVAL_MILLIS: i64 = 60_000;
        let last = self.noted.load(Ordering::Relaxed);
        let due = now.unix_millis.saturating_sub(last) >= INTERVAL_MILLIS;
        if due {
            self.noted.store(now.unix_millis, Ordering::Relaxed);
        }
        due
    }
}
