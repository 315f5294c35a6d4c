//! Why a request is refused, and how that is told to the client (§4.6, §8.5).

use model::{BucketName, ErrorCode, LockRefusal, ObjectKey, S3Error};

use crate::switches::{PublicAccessMessageStyle, RichAccessDenied};
use crate::{Action, Facts, Request, ResourceType};

/// The kind of policy that denied, or that would have had to allow (§8.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// Policies of the user or role.
    IdentityPolicy,
    /// The permissions boundary.
    PermissionsBoundary,
    /// The session policies.
    SessionPolicy,
    /// The bucket policy, and the ACLs beside it.
    ResourcePolicy,
}

impl Source {
    /// With article, as in "with an explicit deny in …".
    pub(crate) fn with_article(self) -> &'static str {
        match self {
            Self::IdentityPolicy => "an identity-based policy",
            Self::PermissionsBoundary => "a permissions boundary",
            Self::SessionPolicy => "a session policy",
            Self::ResourcePolicy => "a resource-based policy",
        }
    }

    /// Without article, as in "because no … allows".
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::IdentityPolicy => "identity-based policy",
            Self::PermissionsBoundary => "permissions boundary",
            Self::SessionPolicy => "session policy",
            Self::ResourcePolicy => "resource-based policy",
        }
    }
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Anonymous callers cannot perform the operation (§8.6); with the fixed message.
    AnonymousOperation(&'static str),
    /// The requester did not say that it pays (RP-2, RP-3).
    RequesterPays,
    /// The operation has no action that a policy could allow.
    NoActionKnown,
    /// The bucket was not among the facts.
    FactsMissing,
    /// A policy denies.
    ExplicitDeny(Source),
    /// Nothing of this kind allows.
    ImplicitDeny(Source),
    /// RestrictPublicBuckets keeps other accounts out of a bucket with a public policy.
    RestrictPublicBuckets,
    /// The multipart upload was initiated by another account (§6.8).
    NotInitiator,
    /// The owner named in an AccessControlPolicy is not the owner (ACL-63).
    ForeignAclOwner,
    /// The ACL of the request is public (BlockPublicAcls).
    BlockPublicAcls,
    /// The new bucket policy is public (BlockPublicPolicy).
    BlockPublicPolicy,
    /// ACLs are disabled (OWN-E8).
    AclNotSupported {
        /// Whether `boe_private_acl = owner_equivalent` would take the ACL (§3.5).
        owner_equivalent: bool,
    },
    /// Bucket policy operations are for the bucket owner's account (POL-5).
    PolicyOfOtherAccount,
    /// A root user cannot assume a role. AWS: STS API Reference, AssumeRole.
    RootAssumesRole,
    /// Object Lock keeps the version as it is, which is known only where the change is made.
    ObjectLock(LockRefusal),
}

/// A refusal: the cause and the action that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// Why.
    pub cause: Cause,
    /// The policy action that failed (AUTH-2); absent for causes about the whole request. For a
    /// hidden key this is `s3:ListBucket` (HID-2).
    pub action: Option<Action>,
}

impl Refusal {
    /// The error for the client. `request` and `facts` are those that were decided about.
    pub fn to_error(&self, request: &Request<'_>, facts: &Facts<'_>) -> S3Error {
        match self.cause {
            Cause::AnonymousOperation(message) => {
                S3Error::with_message(ErrorCode::AccessDenied, message)
            }
            Cause::RequesterPays
            | Cause::NoActionKnown
            | Cause::FactsMissing
            | Cause::NotInitiator
            | Cause::ForeignAclOwner
            | Cause::RootAssumesRole => S3Error::new(ErrorCode::AccessDenied),
            Cause::ExplicitDeny(_)
            | Cause::ImplicitDeny(_)
            | Cause::RestrictPublicBuckets
            | Cause::BlockPublicAcls
            | Cause::BlockPublicPolicy => self.access_denied(request, facts),
            Cause::ObjectLock(refusal) => S3Error::locked(refusal),
            Cause::AclNotSupported { owner_equivalent } => acl_not_supported(owner_equivalent),
            Cause::PolicyOfOtherAccount => S3Error::new(ErrorCode::MethodNotAllowed)
                .field("Method", request.operation.spec().method)
                .field("ResourceType", "BUCKETPOLICY"),
        }
    }

    /// Rich for those whom the switch lets see it, generic for all others (§8.5).
    fn access_denied(&self, request: &Request<'_>, facts: &Facts<'_>) -> S3Error {
        let message = self
            .action
            .filter(|_| may_see_reason(request, facts))
            .and_then(|action| self.rich_message(action, request, facts));
        match message {
            Some(message) => S3Error::with_message(ErrorCode::AccessDenied, message),
            None => S3Error::new(ErrorCode::AccessDenied),
        }
    }

    fn rich_message(
        &self,
        action: Action,
        request: &Request<'_>,
        facts: &Facts<'_>,
    ) -> Option<String> {
        let name = action.name();
        let reason = match self.cause {
            Cause::ExplicitDeny(source) => {
                format!("with an explicit deny in {}", source.with_article())
            }
            Cause::ImplicitDeny(source) => {
                format!("because no {} allows the {name} action", source.noun())
            }
            Cause::BlockPublicAcls => public_access_reason(
                facts.switches.public_access_message_style,
                ("access control lists (ACLs)", "ACLs"),
                "BlockPublicAcls",
            ),
            Cause::BlockPublicPolicy => public_access_reason(
                facts.switches.public_access_message_style,
                ("policies", "policies"),
                "BlockPublicPolicy",
            ),
            _ => return None,
        };
        let arn = request.caller.arn()?;
        let resource = resource_arn(action, request.bucket, request.key);
        Some(match resource {
            Some(resource) => format!(
                "User: {arn} is not authorized to perform: {name} on resource: \"{resource}\" {reason}"
            ),
            // AUTH-1: left out for actions without a resource.
            None => format!("User: {arn} is not authorized to perform: {name} {reason}"),
        })
    }
}

/// Principals of the bucket owner's account; where no bucket exists yet, the caller's own account
/// is the one concerned (§8.5, U-16).
fn may_see_reason(request: &Request<'_>, facts: &Facts<'_>) -> bool {
    let same_account = match facts.bucket {
        Some(bucket) => bucket.is_owned_by(request.caller),
        None => request.caller.account().is_some(),
    };
    facts.switches.rich_access_denied == RichAccessDenied::SameAccount && same_account
}

/// The reason of a Block Public Access refusal in both generations of texts (§4.6, U-6).
fn public_access_reason(
    style: PublicAccessMessageStyle,
    (blocked, prevented): (&str, &str),
    flag: &str,
) -> String {
    match style {
        PublicAccessMessageStyle::BlockedBy => format!(
            "because public {blocked} are blocked by the {flag} block public access setting."
        ),
        PublicAccessMessageStyle::PreventedBy => format!(
            "because public {prevented} are prevented by the {flag} setting in S3 Block Public Access"
        ),
    }
}

fn acl_not_supported(owner_equivalent: bool) -> S3Error {
    let error = S3Error::new(ErrorCode::AccessControlListNotSupported);
    if owner_equivalent {
        // §3.5: a rejection must name the switch that would take the request.
        error.because("`boe_private_acl = owner_equivalent` would accept this ACL")
    } else {
        error
    }
}

/// The ARN of what the action acts on (POL-31); absent for actions without a resource.
fn resource_arn(
    action: Action,
    bucket: Option<&BucketName>,
    key: Option<&ObjectKey>,
) -> Option<String> {
    let bucket = bucket?;
    match action.resource_type() {
        ResourceType::None => None,
        ResourceType::Bucket => Some(format!("arn:aws:s3:::{bucket}")),
        ResourceType::Object => Some(format!("arn:aws:s3:::{bucket}/{}", key?)),
    }
}
