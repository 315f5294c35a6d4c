//! Which actions an operation needs (§5.9), and who has a say in each (§6.3).

use model::{CannedAcl, Operation};

use crate::acl::AclAsked;
use crate::world::{Request, Side};

/// The classes of `match class(action)` in §6.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Identity policies only (§6.6).
    IdentityOnly,
    /// On a bucket.
    Bucket,
    /// Writes a new object at the key.
    CreateObject,
    /// Attaches an ACL to the object that the request writes (ACL-30a).
    AclOfNewObject,
    /// Adds to or completes an upload whose overwrite was checked at initiation (ACL-32).
    ContinueUpload,
    /// Aborts or lists an upload, which its initiator may (§6.8).
    ManageUpload,
    /// Deletes.
    DeleteObject,
    /// Reads an object or its attributes, or reads or writes its ACL: the object owner's say
    /// (§3.8).
    ReadObject,
    /// Tags, retention: the bucket owner's say, policies only (§2.4, §3.8).
    BucketOwnersSide,
}

/// One action that must be allowed.
pub type Need = (&'static str, Class);

/// §5.9
pub fn needs(request: &Request) -> Vec<Need> {
    use Class as C;
    use Operation as O;
    let versioned = |plain, version| if request.version { version } else { plain };
    match request.operation {
        O::ListBuckets => vec![("s3:ListAllMyBuckets", C::IdentityOnly)],
        O::GetAccountPublicAccessBlock => {
            vec![("s3:GetAccountPublicAccessBlock", C::IdentityOnly)]
        }
        O::PutAccountPublicAccessBlock | O::DeleteAccountPublicAccessBlock => {
            vec![("s3:PutAccountPublicAccessBlock", C::IdentityOnly)]
        }
        O::CreateBucket => create_bucket(request),
        O::DeleteObjects => vec![], // EVAL-1
        O::GetObject | O::HeadObject => {
            vec![(versioned("s3:GetObject", "s3:GetObjectVersion"), C::ReadObject)]
        }
        O::GetObjectAttributes => vec![
            (versioned("s3:GetObject", "s3:GetObjectVersion"), C::ReadObject),
            (versioned("s3:GetObjectAttributes", "s3:GetObjectVersionAttributes"), C::ReadObject),
        ],
        O::GetObjectAcl => {
            vec![(versioned("s3:GetObjectAcl", "s3:GetObjectVersionAcl"), C::ReadObject)]
        }
        O::PutObjectAcl => {
            vec![(versioned("s3:PutObjectAcl", "s3:PutObjectVersionAcl"), C::ReadObject)]
        }
        O::GetObjectTagging => {
            vec![(read_tags(request), C::BucketOwnersSide)]
        }
        O::PutObjectTagging => vec![(
            versioned("s3:PutObjectTagging", "s3:PutObjectVersionTagging"),
            C::BucketOwnersSide,
        )],
        O::DeleteObjectTagging => vec![(
            versioned("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"),
            C::BucketOwnersSide,
        )],
        O::CopyObject | O::UploadPartCopy if request.side == Side::Source => copy_source(request),
        O::PutObject | O::PostObject | O::CopyObject | O::CreateMultipartUpload => {
            create_object(request)
        }
        O::UploadPart | O::UploadPartCopy | O::CompleteMultipartUpload => {
            vec![("s3:PutObject", C::ContinueUpload)]
        }
        O::AbortMultipartUpload => vec![("s3:AbortMultipartUpload", C::ManageUpload)],
        O::ListParts => vec![("s3:ListMultipartUploadParts", C::ManageUpload)],
        O::DeleteObject => delete(request),
        on_bucket => {
            bucket_action(on_bucket).map(|action| (action, C::Bucket)).into_iter().collect()
        }
    }
}

/// The bucket rows of §5.9, as far as they are used here.
fn bucket_action(operation: Operation) -> Option<&'static str> {
    use Operation as O;
    Some(match operation {
        O::DeleteBucket => "s3:DeleteBucket",
        O::HeadBucket | O::ListObjects | O::ListObjectsV2 => "s3:ListBucket", // EVAL-6
        O::ListObjectVersions => "s3:ListBucketVersions",
        O::ListMultipartUploads => "s3:ListBucketMultipartUploads",
        O::GetBucketLocation => "s3:GetBucketLocation",
        O::GetBucketAcl => "s3:GetBucketAcl",
        O::PutBucketAcl => "s3:PutBucketAcl",
        O::GetBucketPolicy => "s3:GetBucketPolicy",
        O::PutBucketPolicy => "s3:PutBucketPolicy",
        O::DeleteBucketPolicy => "s3:DeleteBucketPolicy",
        O::GetBucketPolicyStatus => "s3:GetBucketPolicyStatus",
        O::GetBucketOwnershipControls => "s3:GetBucketOwnershipControls",
        O::PutBucketOwnershipControls | O::DeleteBucketOwnershipControls => {
            "s3:PutBucketOwnershipControls"
        }
        O::GetPublicAccessBlock => "s3:GetBucketPublicAccessBlock",
        O::PutPublicAccessBlock | O::DeletePublicAccessBlock => "s3:PutBucketPublicAccessBlock",
        _ => return None,
    })
}

fn create_bucket(request: &Request) -> Vec<Need> {
    let mut needs = vec![("s3:CreateBucket", Class::IdentityOnly)];
    if !matches!(request.acl, AclAsked::Absent | AclAsked::Canned(CannedAcl::Private)) {
        needs.push(("s3:PutBucketAcl", Class::IdentityOnly)); // §2.7
    }
    if request.asks.object_ownership {
        needs.push(("s3:PutBucketOwnershipControls", Class::IdentityOnly));
    }
    needs
}

fn create_object(request: &Request) -> Vec<Need> {
    let mut needs = vec![("s3:PutObject", Class::CreateObject)];
    if request.acl != AclAsked::Absent {
        needs.push(("s3:PutObjectAcl", Class::AclOfNewObject)); // §2.7
    }
    if request.asks.tagging {
        needs.push(("s3:PutObjectTagging", Class::BucketOwnersSide));
    }
    if request.asks.retention {
        needs.push(("s3:PutObjectRetention", Class::BucketOwnersSide));
    }
    if request.asks.legal_hold {
        needs.push(("s3:PutObjectLegalHold", Class::BucketOwnersSide));
    }
    needs
}

fn copy_source(request: &Request) -> Vec<Need> {
    let read = if request.version { "s3:GetObjectVersion" } else { "s3:GetObject" };
    let mut needs = vec![(read, Class::ReadObject)];
    if request.asks.copies_source_tags {
        needs.push((read_tags(request), Class::BucketOwnersSide));
    }
    needs
}

fn read_tags(request: &Request) -> &'static str {
    if request.version { "s3:GetObjectVersionTagging" } else { "s3:GetObjectTagging" }
}

fn delete(request: &Request) -> Vec<Need> {
    let delete = if request.version { "s3:DeleteObjectVersion" } else { "s3:DeleteObject" };
    let mut needs = vec![(delete, Class::DeleteObject)];
    if request.asks.bypass_governance {
        needs.push(("s3:BypassGovernanceRetention", Class::BucketOwnersSide));
    }
    needs
}
