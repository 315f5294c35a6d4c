//! Sessions: who stands behind the key and token of temporary credentials, and making them.
//!
//! A session is stored nowhere. Its token says who it is; whether that user or role still exists,
//! and what it may do, is read by its unique id and remembered until anything of IAM changes. So a
//! session ends at once with its role, and can never do more than the role can (MinIO
//! CVE-2022-24842 and its kin, RustFS CVE-2026-22043: sessions that outgrow their parents).

use std::sync::atomic::AtomicI64;
use std::sync::{Arc, OnceLock};

use authz::{IdentityFacts, Policy};
use iam::{
    Directory, IamError, Identity, OpenIdConnectProvider, Tag, managed_policy, oidc_provider,
};
use identity::session::{Session, SessionHolder, SessionPolicies, SessionTag, is_same_token};
use identity::{SecretAccessKey, SessionCredentials, SessionKeys};
use meta::{IamRows, MetadataStore as _};
use model::{AccountId, AccountIdentity, ErrorCode, IamKind, Principal, S3Error, Timestamp};

use super::Vault;
use super::callers::{CallerState, KnownIdentity, PolicyOrigins, known_identity};
use super::iam::{AccountRows, Failure};
use crate::error::from_meta;
use crate::gate::{AssumedRole, AuthorizedAction};

/// What the root user may do, where it gives of that to a federated user.
const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

/// An opened token.
pub(crate) struct OpenSession {
    /// What it says.
    pub(crate) content: Session,
    token: Box<str>,
}

impl Vault {
    /// Who acts with temporary credentials. Errors: `InvalidToken`, also if the user or role is
    /// gone; `ExpiredToken` (§8.3).
    pub(crate) fn session_caller(
        &self,
        access_key_id: &str,
        token: &str,
        now: Timestamp,
    ) -> Result<Arc<CallerState>, S3Error> {
        if let Some(caller) = self.sessions.get(access_key_id)
            && let Some(session) = &caller.session
            && is_same_token(&session.token, token)
        {
            refuse_ended(&session.content, token, now)?;
            return Ok(caller);
        }
        let invalid = || S3Error::new(ErrorCode::InvalidToken).field("Token-0", token);
        let mut keys = std::iter::once(&self.session_keys).chain(&self.previous_session_keys);
        let opened = |keys: &SessionKeys| {
            let session = keys.open(token, access_key_id).ok()?;
            Some((session, keys.secret_access_key(access_key_id)))
        };
        let (session, secret) = keys.find_map(opened).ok_or_else(invalid)?;
        refuse_ended(&session, token, now)?;
        let ticket = self.sessions.ticket();
        let caller = self.session_state(session, secret, token)?.ok_or_else(invalid)?;
        let caller = Arc::new(caller);
        self.sessions.remember(access_key_id, Arc::clone(&caller), ticket);
        Ok(caller)
    }

    /// The facts behind an opened token, all of one moment; `None` if whoever it is about is gone.
    fn session_state(
        &self,
        session: Session,
        secret: SecretAccessKey,
        token: &str,
    ) -> Result<Option<CallerState>, S3Error> {
        let read = self.meta.read_iam(|rows| -> Result<_, Failure> {
            let Some(account) = rows.account(session.account)? else { return Ok(None) };
            holder(rows, account.identity, &session)
        });
        let holder = read.map_err(|Failure(error)| {
            S3Error::internal(error.cause().unwrap_or(error.message()))
        })?;
        Ok(holder.map(|Holder { principal, identity, origins, tags }| CallerState {
            principal,
            identity,
            tags,
            secret,
            session: Some(OpenSession { content: session, token: token.into() }),
            noted: AtomicI64::new(i64::MIN),
            origins,
            snapshot: OnceLock::new(),
        }))
    }

    /// Makes the credentials of a session of the role that was decided about.
    pub(crate) fn issue_role_session(
        &self,
        role: &AssumedRole,
        session: &Session,
    ) -> Result<SessionCredentials, IamError> {
        match &session.holder {
            SessionHolder::Role { unique_id, .. }
                if *unique_id == role.identity().id && session.account == role.account() =>
            {
                self.issue(session)
            }
            _ => Err(IamError::internal("a session of another role than was decided about")),
        }
    }

    /// Makes the credentials of a federated user, whose ARN was decided about.
    pub(crate) fn issue_federated_session(
        &self,
        authorized: &AuthorizedAction,
        session: &Session,
    ) -> Result<SessionCredentials, IamError> {
        match &session.holder {
            SessionHolder::FederatedUser { name, .. }
                if authorized.resource()
                    == format!("arn:aws:sts::{}:federated-user/{name}", session.account) =>
            {
                self.issue(session)
            }
            _ => Err(IamError::internal("a session of somebody else than was decided about")),
        }
    }

    /// Makes the credentials of a session of the caller itself, for which no permission is needed.
    pub(crate) fn issue_own_session(
        &self,
        caller: &Principal,
        session: &Session,
    ) -> Result<SessionCredentials, IamError> {
        let own = match (caller, &session.holder) {
            (Principal::Root(_), SessionHolder::Root) => true,
            (Principal::User { user, .. }, SessionHolder::User(holder)) => {
                user.unique_id == holder.unique_id
            }
            _ => false,
        };
        if own && caller.account_id() == Some(session.account) {
            return self.issue(session);
        }
        Err(IamError::internal("a session of somebody else than the caller"))
    }

    fn issue(&self, session: &Session) -> Result<SessionCredentials, IamError> {
        self.session_keys.issue(session).map_err(IamError::internal)
    }

    /// A role, for the gate.
    pub(crate) fn role(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<Option<Identity>, IamError> {
        self.in_account(account, Timestamp::default(), |directory| {
            directory.find_identity(IamKind::Role, name)
        })
    }

    /// The trust policy of the role with an ARN, as explanations ask for it; none if there is no such
    /// role.
    pub(crate) fn trust_policy(
        &self,
        account: AccountId,
        arn: &str,
    ) -> Result<Option<Arc<Policy>>, S3Error> {
        let failed = |error: IamError| S3Error::internal(error.cause().unwrap_or(error.message()));
        let name = arn.rsplit_once('/').map_or(arn, |(_, name)| name);
        let role = self.role(account, name).map_err(failed)?;
        let role = role.filter(|role| role.arn(account) == arn).and_then(|role| role.role);
        let Some(role) = role else { return Ok(None) };
        let policy = Policy::parse_stored_trust_policy(&role.trust_policy);
        policy.map(|policy| Some(Arc::new(policy))).map_err(S3Error::internal)
    }

    /// The identity provider that an account has registered under this URL, without its scheme.
    pub(crate) fn identity_provider(
        &self,
        account: AccountId,
        url: &str,
    ) -> Result<Option<OpenIdConnectProvider>, IamError> {
        let arn = IamKind::OpenIdConnectProvider.arn(account, "/", url);
        self.in_account(account, Timestamp::default(), |directory| {
            match oidc_provider::get(directory, &arn) {
                Ok(provider) => Ok(Some(provider)),
                Err(error) if error.code() == iam::IamErrorCode::NoSuchEntity => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    /// Refuses managed session policies that do not exist. Errors: `ValidationError`.
    pub(crate) fn check_session_policies(
        &self,
        account: AccountId,
        arns: &[String],
    ) -> Result<(), IamError> {
        self.in_account(account, Timestamp::default(), |directory| {
            for arn in arns {
                let missing = || {
                    let message = format!("Policy {arn} does not exist or is not attachable.");
                    IamError::validation(message)
                };
                managed_policy::find(directory, arn)?.ok_or_else(missing)?;
            }
            Ok(())
        })
    }

    /// The account of an access key, for GetAccessKeyInfo.
    pub(crate) async fn account_of_access_key(
        &self,
        access_key_id: &str,
    ) -> Result<Option<AccountId>, S3Error> {
        let key = self.meta.access_key(access_key_id).await.map_err(from_meta)?;
        Ok(key.map(|key| key.account))
    }
}

/// `ExpiredToken`, always by the time of the request.
fn refuse_ended(session: &Session, token: &str, now: Timestamp) -> Result<(), S3Error> {
    if session.has_ended(now) {
        return Err(S3Error::new(ErrorCode::ExpiredToken).field("Token-0", token));
    }
    Ok(())
}

/// Who acts in a session, and with which permissions.
struct Holder {
    principal: Principal,
    identity: Option<IdentityFacts>,
    origins: PolicyOrigins,
    tags: Vec<Tag>,
}

fn holder(
    rows: &IamRows<'_>,
    account: AccountIdentity,
    session: &Session,
) -> Result<Option<Holder>, Failure> {
    let tables = AccountRows::new(rows, account.id);
    let directory = Directory { tables: &tables, account: account.id, now: Timestamp::default() };
    let policies = match &session.policies {
        Some(policies) => Some(session_policies(&directory, policies)?),
        None => None,
    };
    let known = |id: &str, kind| find(rows, &directory, id, kind);
    Ok(match &session.holder {
        SessionHolder::Root => {
            let (origins, tags) = (PolicyOrigins::default(), Vec::new());
            Some(Holder { principal: Principal::Root(account), identity: None, origins, tags })
        }
        SessionHolder::User(user) => known(&user.unique_id, IamKind::User)?.map(|user| Holder {
            principal: Principal::User { account, user: user.name },
            identity: Some(user.facts),
            origins: user.origins,
            tags: user.tags,
        }),
        SessionHolder::Role { unique_id, session_name, .. } => {
            let role = known(unique_id, IamKind::Role)?;
            role.map(|KnownIdentity { name: role, facts, origins, tags }| Holder {
                principal: Principal::AssumedRole {
                    account,
                    role,
                    session_name: session_name.as_str().into(),
                },
                identity: Some(IdentityFacts { session: policies, ..facts }),
                origins,
                tags: with_session_tags(tags, &session.tags),
            })
        }
        SessionHolder::FederatedUser { name, issuer } => {
            let known = if let Some(user) = issuer {
                let user = known(&user.unique_id, IamKind::User)?;
                user.map(|user| (user.facts, user.origins))
            } else {
                let policies = vec![parse(EVERYTHING)?];
                let facts = IdentityFacts { policies, ..Default::default() };
                Some((facts, PolicyOrigins::default()))
            };
            // Without session policies nothing is allowed, as if there were one that is empty.
            let session_policies = Some(policies.unwrap_or_default());
            known.map(|(facts, origins)| Holder {
                principal: Principal::FederatedUser { account, name: name.as_str().into() },
                identity: Some(IdentityFacts { session: session_policies, ..facts }),
                origins,
                tags: with_session_tags(Vec::new(), &session.tags),
            })
        }
    })
}

/// The user or role with this unique id, if it is still one of the account.
fn find(
    rows: &IamRows<'_>,
    directory: &Directory<'_>,
    unique_id: &str,
    kind: IamKind,
) -> Result<Option<KnownIdentity>, Failure> {
    let row = rows.by_id(unique_id)?;
    let row = row.filter(|row| row.account == directory.account && row.kind == kind);
    let Some(row) = row else { return Ok(None) };
    let identity = Identity::parse(&row.document)?;
    Ok(Some(known_identity(directory, &identity)?))
}

/// A managed policy that is gone allows nothing any more; what it denied, it no longer denies, as
/// for a user from whom it was taken.
fn session_policies(
    directory: &Directory<'_>,
    policies: &SessionPolicies,
) -> Result<Vec<Arc<Policy>>, Failure> {
    let mut compiled = Vec::new();
    if let Some(document) = &policies.inline {
        compiled.push(parse(document)?);
    }
    for arn in &policies.arns {
        if let Some(policy) = managed_policy::find(directory, arn)? {
            compiled.push(parse(policy.document()?)?);
        }
    }
    Ok(compiled)
}

fn parse(document: &str) -> Result<Arc<Policy>, IamError> {
    Policy::parse_identity_policy(document).map(Arc::new).map_err(|error| {
        IamError::internal(format!("a policy of a session cannot be read: {error}"))
    })
}

/// Session tags replace tags of the role that have the same key. AWS: IAM user guide, "Pass session
/// tags in AWS STS".
fn with_session_tags(mut tags: Vec<Tag>, of_session: &[SessionTag]) -> Vec<Tag> {
    tags.retain(|tag| !of_session.iter().any(|other| other.key.eq_ignore_ascii_case(&tag.key)));
    let of_session = of_session.iter();
    tags.extend(of_session.map(|tag| Tag { key: tag.key.clone(), value: tag.value.clone() }));
    tags
}
