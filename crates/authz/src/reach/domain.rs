//! The values that a condition key can have in some request.
//!
//! Nothing here looks at a policy. Where a request could carry anything, anything is possible; what
//! a server knows itself has the values that servers give.

use std::borrow::Cow;

use model::{CannedAcl, Principal};

use super::{Caller, Question};
use crate::{Action, ConditionKey, ContextValue, ValueType};

/// What is decided together: condition keys whose values depend on each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Variable {
    /// The key of the object.
    ObjectKey,
    /// `aws:CurrentTime` and `aws:EpochTime`.
    Time,
    /// `aws:SecureTransport` and `s3:TlsVersion`.
    Transport,
    /// Any other key, by itself.
    Key(ConditionKey),
}

impl Variable {
    /// The variable that a condition key belongs to.
    pub(crate) fn of(key: &ConditionKey) -> Self {
        match key {
            ConditionKey::CurrentTime | ConditionKey::EpochTime => Self::Time,
            ConditionKey::SecureTransport | ConditionKey::TlsVersion => Self::Transport,
            // Keys of tags of principals are compared without regard to letter case.
            ConditionKey::PrincipalTag(tag) => {
                Self::Key(ConditionKey::PrincipalTag(tag.to_lowercase().into()))
            }
            other => Self::Key(other.clone()),
        }
    }
}

/// The values of one condition key, before any policy divides them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Domain {
    /// It is not open.
    Fixed(ContextValue<'static>),
    /// One of these.
    Finite(Vec<ContextValue<'static>>),
    /// Any text, which begins so.
    Text { beginning: String, presence: Presence },
    /// Any whole number that is not negative.
    Number(Presence),
    /// Any second.
    Date(Presence),
    /// Any address.
    Address,
    /// Any list of texts that is not empty.
    Texts,
}

/// Whether a key has a value in every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Always,
    Sometimes,
}

use Presence::{Always, Sometimes};

fn text(value: &str) -> ContextValue<'static> {
    ContextValue::One(Cow::Owned(value.to_owned()))
}

fn one_of(values: &[&str]) -> Domain {
    Domain::Finite(values.iter().map(|value| text(value)).collect())
}

fn absent() -> Domain {
    Domain::Fixed(ContextValue::Absent)
}

fn any_text(presence: Presence) -> Domain {
    Domain::Text { beginning: String::new(), presence }
}

/// The values of a key in requests of a caller. The two keys of [`Variable::Transport`] and of
/// [`Variable::Time`] are not asked about here.
pub(crate) fn of(key: &ConditionKey, caller: &Caller, question: &Question<'_>) -> Domain {
    let principal = &caller.principal;
    let is_signed = !principal.is_anonymous();
    let is_session =
        matches!(principal, Principal::AssumedRole { .. } | Principal::FederatedUser { .. });
    // The root user and users can have temporary credentials too.
    let of_session = |domain: fn(Presence) -> Domain| match (is_session, is_signed) {
        (true, _) => domain(Always),
        (false, true) => domain(Sometimes),
        (false, false) => absent(),
    };
    match key {
        ConditionKey::SourceIp => Domain::Address,
        ConditionKey::RequestedRegion => Domain::Fixed(text(&question.bucket.region)),
        ConditionKey::AuthType | ConditionKey::SignatureVersion | ConditionKey::SignatureAge
            if !is_signed =>
        {
            absent()
        }
        ConditionKey::AuthType if question.action == Action::PutObject => {
            one_of(&["REST-HEADER", "REST-QUERY-STRING", "POST"])
        }
        ConditionKey::AuthType => one_of(&["REST-HEADER", "REST-QUERY-STRING"]),
        ConditionKey::SignatureVersion => one_of(&["AWS4-HMAC-SHA256", "AWS"]),
        ConditionKey::SignatureAge => Domain::Number(Sometimes),
        ConditionKey::TokenIssueTime => of_session(Domain::Date),
        ConditionKey::SourceIdentity | ConditionKey::FederatedProvider
            if !matches!(principal, Principal::AssumedRole { .. }) =>
        {
            absent()
        }
        ConditionKey::PrincipalTag(tag) => principal_tag(tag, caller),
        ConditionKey::CannedAcl => canned_acls(),
        ConditionKey::Prefix => Domain::Text {
            beginning: question.listed_prefix().to_owned(),
            presence: if question.listed_prefix().is_empty() { Sometimes } else { Always },
        },
        ConditionKey::VersionId => any_text(Always),
        ConditionKey::ExistingObjectTag(tag) => match question.tags {
            Some(tags) => Domain::Fixed(
                tags.iter()
                    .find(|(own, _)| **own == **tag)
                    .map_or(ContextValue::Absent, |(_, value)| text(value)),
            ),
            None => any_text(Sometimes),
        },
        _ if question.is_amazon => by_type(key),
        ConditionKey::MultiFactorAuthPresent => match (is_session, is_signed) {
            (true, _) => Domain::Fixed(text("false")),
            (false, true) => Domain::Finite(vec![ContextValue::Absent, text("false")]),
            (false, false) => absent(),
        },
        _ if is_never_there(key) => absent(),
        _ => by_type(key),
    }
}

/// Tags of users are known; sessions bring their own.
fn principal_tag(tag: &str, caller: &Caller) -> Domain {
    match &caller.principal {
        Principal::Anonymous | Principal::Service(_) | Principal::Root(_) => absent(),
        Principal::User { .. } => match &caller.tags {
            None => any_text(Sometimes),
            Some(tags) => {
                let own = tags.iter().find(|(key, _)| key.to_lowercase() == tag.to_lowercase());
                Domain::Fixed(own.map_or(ContextValue::Absent, |(_, value)| text(value)))
            }
        },
        Principal::AssumedRole { .. } | Principal::FederatedUser { .. } => any_text(Sometimes),
    }
}

/// Whether the server never has a value for the key.
fn is_never_there(key: &ConditionKey) -> bool {
    use ConditionKey as K;
    matches!(
        key,
        K::AccessPointNetworkOrigin
            | K::BucketNamespace
            | K::CalledVia
            | K::CalledViaFirst
            | K::CalledViaLast
            | K::DataAccessPointAccount
            | K::DataAccessPointArn
            | K::InventoryAccessibleOptionalFields
            | K::IsReplicationPauseRequest
            | K::MultiFactorAuthAge
            | K::ObjectCreationOperation
            | K::PrincipalOrgId
            | K::PrincipalOrgPaths
            | K::PrincipalServiceNamesList
            | K::ResourceAccount
            | K::ResourceOrgId
            | K::ResourceOrgPaths
            | K::S3ResourceAccount
            | K::SourceAccount
            | K::SourceArn
            | K::SourceOrgId
            | K::SourceOrgPaths
            | K::SourceOwner
            | K::SourceVpc
            | K::SourceVpce
            | K::ViaAwsService
            | K::VpcSourceIp
            | K::VpceAccount
            | K::VpceOrgId
            | K::VpceOrgPaths
            | K::BucketTag(_)
            | K::ResourceTag(_)
            | K::Foreign(_)
    )
}

/// The values of a key in any request to any service of anybody who signs, or does not.
pub(crate) fn anywhere(key: &ConditionKey, is_signed: bool) -> Domain {
    use ConditionKey as K;
    match key {
        K::AuthType
        | K::SignatureVersion
        | K::SignatureAge
        | K::TokenIssueTime
        | K::MultiFactorAuthPresent
        | K::MultiFactorAuthAge
        | K::PrincipalOrgId
        | K::PrincipalOrgPaths
        | K::PrincipalTag(_)
            if !is_signed =>
        {
            absent()
        }
        K::CannedAcl => canned_acls(),
        _ => by_type(key),
    }
}

fn canned_acls() -> Domain {
    let canned = CannedAcl::ALL.iter().map(|canned| text(canned.as_str()));
    Domain::Finite(std::iter::once(ContextValue::Absent).chain(canned).collect())
}

fn by_type(key: &ConditionKey) -> Domain {
    match key.value_type() {
        ValueType::Boolean => {
            Domain::Finite(vec![ContextValue::Absent, text("true"), text("false")])
        }
        ValueType::Date => Domain::Date(Sometimes),
        ValueType::Number => Domain::Number(Sometimes),
        ValueType::TextList => Domain::Texts,
        ValueType::IpAddress => Domain::Address,
        ValueType::Text | ValueType::Arn => any_text(Sometimes),
    }
}

/// What a connection can be.
pub(crate) const TRANSPORTS: [(&str, Option<&str>); 4] =
    [("true", Some("1.3")), ("true", Some("1.2")), ("true", None), ("false", None)];
