//! Operations and the actions they need (§5.9), and whose word counts for each action (§6.3).
//!
//! The table below has a row for every operation; the compiler refuses a missing one.

use arrayvec::ArrayVec;
use model::{AclRequest, CannedAcl, Operation};

use crate::{Action, Request, Side};

/// Actions that one request can need. PutObject with ACL, tags, retention and legal hold and
/// CreateBucket with everything need five.
pub(crate) const ACTIONS_MAX: usize = 8;

/// The actions that a request needs; all of them must be allowed.
pub type ActionSet = ArrayVec<Action, ACTIONS_MAX>;

/// Who decides about an action when no policy denies it: the `match class(action)` of §6.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authority {
    /// The caller's own account: ListBuckets, CreateBucket (§6.6), and settings of the account.
    CallerAccount,
    /// The bucket owner by bucket policy and, for listings and `?acl`, bucket ACL.
    Bucket,
    /// The bucket owner by bucket policy and bucket WRITE.
    NewObject {
        /// Whether bucket WRITE must leave keys of other owners alone (ACL-31…33).
        overwrites: bool,
    },
    /// The writer, who chooses the ACL of what it writes (ACL-30a).
    NewObjectAcl,
    /// The bucket owner by bucket policy, and bucket WRITE for one's own objects (ACL-36).
    Delete,
    /// The owner of the object by object ACL, and by bucket policy if that is the bucket owner.
    Object,
    /// The bucket owner by bucket policy only: tags, retention, legal hold, restore (§3.8).
    ObjectOfBucketOwner,
    /// The bucket owner by bucket policy, and the initiator of the upload (§6.8).
    Upload,
}

/// An action together with whose word counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) action: Action,
    pub(crate) authority: Authority,
}

/// The checks of one request, in the order of §5.9.
pub(crate) type Checks = ArrayVec<Check, ACTIONS_MAX>;

/// What a request must be allowed to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Requirement {
    /// All of these.
    All(Checks),
    /// Nothing: DeleteObjects decides key by key (EVAL-1), a preflight asks no identity.
    Nothing,
    /// Something of another kind of bucket, which no policy can allow; refused.
    Unknown,
}

/// A row of the table: what an operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Nothing,
    Unknown,
    CallerAccount(Action),
    CreateBucket,
    Bucket(Action),
    /// Without and with `versionId`.
    Object(Action, Action),
    ObjectAttributes,
    /// Without and with `versionId`.
    ObjectOfBucketOwner(Action, Action),
    Upload(Action),
    Write,
    WritePart,
    Copy,
    CopyPart,
    Delete,
}

macro_rules! needs {
    ($($($operation:ident)|+ => $need:ident $(($($action:ident),+))?;)*) => {
        fn need(operation: Operation) -> Need {
            match operation {
                $($(Operation::$operation)|+ => Need::$need $(($(Action::$action),+))?,)*
            }
        }
    };
}

needs! {
    ListBuckets => CallerAccount(ListAllMyBuckets);
    GetAccountPublicAccessBlock => CallerAccount(GetAccountPublicAccessBlock);
    PutAccountPublicAccessBlock | DeleteAccountPublicAccessBlock
        => CallerAccount(PutAccountPublicAccessBlock);
    CreateBucket => CreateBucket;
    DeleteBucket => Bucket(DeleteBucket);
    HeadBucket | ListObjects | ListObjectsV2 => Bucket(ListBucket);
    ListObjectVersions => Bucket(ListBucketVersions);
    ListMultipartUploads => Bucket(ListBucketMultipartUploads);
    GetBucketLocation => Bucket(GetBucketLocation);
    GetBucketAcl => Bucket(GetBucketAcl);
    PutBucketAcl => Bucket(PutBucketAcl);
    GetBucketPolicy => Bucket(GetBucketPolicy);
    PutBucketPolicy => Bucket(PutBucketPolicy);
    DeleteBucketPolicy => Bucket(DeleteBucketPolicy);
    GetBucketPolicyStatus => Bucket(GetBucketPolicyStatus);
    GetBucketOwnershipControls => Bucket(GetBucketOwnershipControls);
    PutBucketOwnershipControls | DeleteBucketOwnershipControls => Bucket(PutBucketOwnershipControls);
    GetPublicAccessBlock => Bucket(GetBucketPublicAccessBlock);
    PutPublicAccessBlock | DeletePublicAccessBlock => Bucket(PutBucketPublicAccessBlock);
    GetBucketLogging => Bucket(GetBucketLogging);
    PutBucketLogging => Bucket(PutBucketLogging);
    GetBucketVersioning => Bucket(GetBucketVersioning);
    PutBucketVersioning => Bucket(PutBucketVersioning);
    GetBucketTagging => Bucket(GetBucketTagging);
    PutBucketTagging | DeleteBucketTagging => Bucket(PutBucketTagging);
    GetBucketCors => Bucket(GetBucketCORS);
    PutBucketCors | DeleteBucketCors => Bucket(PutBucketCORS);
    GetBucketEncryption => Bucket(GetEncryptionConfiguration);
    PutBucketEncryption | DeleteBucketEncryption => Bucket(PutEncryptionConfiguration);
    GetBucketLifecycleConfiguration => Bucket(GetLifecycleConfiguration);
    PutBucketLifecycleConfiguration | DeleteBucketLifecycle => Bucket(PutLifecycleConfiguration);
    GetBucketWebsite => Bucket(GetBucketWebsite);
    PutBucketWebsite => Bucket(PutBucketWebsite);
    DeleteBucketWebsite => Bucket(DeleteBucketWebsite);
    GetBucketReplication => Bucket(GetReplicationConfiguration);
    PutBucketReplication | DeleteBucketReplication => Bucket(PutReplicationConfiguration);
    GetBucketNotificationConfiguration => Bucket(GetBucketNotification);
    PutBucketNotificationConfiguration => Bucket(PutBucketNotification);
    GetBucketRequestPayment => Bucket(GetBucketRequestPayment);
    PutBucketRequestPayment => Bucket(PutBucketRequestPayment);
    GetBucketAccelerateConfiguration => Bucket(GetAccelerateConfiguration);
    PutBucketAccelerateConfiguration => Bucket(PutAccelerateConfiguration);
    GetBucketAnalyticsConfiguration | ListBucketAnalyticsConfigurations => Bucket(GetAnalyticsConfiguration);
    PutBucketAnalyticsConfiguration | DeleteBucketAnalyticsConfiguration => Bucket(PutAnalyticsConfiguration);
    GetBucketInventoryConfiguration | ListBucketInventoryConfigurations => Bucket(GetInventoryConfiguration);
    PutBucketInventoryConfiguration | DeleteBucketInventoryConfiguration => Bucket(PutInventoryConfiguration);
    GetBucketMetricsConfiguration | ListBucketMetricsConfigurations => Bucket(GetMetricsConfiguration);
    PutBucketMetricsConfiguration | DeleteBucketMetricsConfiguration => Bucket(PutMetricsConfiguration);
    GetBucketIntelligentTieringConfiguration | ListBucketIntelligentTieringConfigurations
        => Bucket(GetIntelligentTieringConfiguration);
    PutBucketIntelligentTieringConfiguration | DeleteBucketIntelligentTieringConfiguration
        => Bucket(PutIntelligentTieringConfiguration);
    GetObjectLockConfiguration => Bucket(GetBucketObjectLockConfiguration);
    PutObjectLockConfiguration => Bucket(PutBucketObjectLockConfiguration);
    GetBucketAbac => Bucket(GetBucketAbac);
    PutBucketAbac => Bucket(PutBucketAbac);
    GetBucketMetadataConfiguration | GetBucketMetadataTableConfiguration
        => Bucket(GetBucketMetadataTableConfiguration);
    CreateBucketMetadataConfiguration | CreateBucketMetadataTableConfiguration
        => Bucket(CreateBucketMetadataTableConfiguration);
    DeleteBucketMetadataConfiguration | DeleteBucketMetadataTableConfiguration
        => Bucket(DeleteBucketMetadataTableConfiguration);
    UpdateBucketMetadataInventoryTableConfiguration
        => Bucket(UpdateBucketMetadataInventoryTableConfiguration);
    UpdateBucketMetadataJournalTableConfiguration
        => Bucket(UpdateBucketMetadataJournalTableConfiguration);
    GetObject | HeadObject | SelectObjectContent => Object(GetObject, GetObjectVersion);
    GetObjectAttributes => ObjectAttributes;
    GetObjectTorrent => Object(GetObjectTorrent, GetObjectVersionTorrent);
    GetObjectAcl => Object(GetObjectAcl, GetObjectVersionAcl);
    PutObjectAcl => Object(PutObjectAcl, PutObjectVersionAcl);
    GetObjectTagging => ObjectOfBucketOwner(GetObjectTagging, GetObjectVersionTagging);
    PutObjectTagging => ObjectOfBucketOwner(PutObjectTagging, PutObjectVersionTagging);
    DeleteObjectTagging => ObjectOfBucketOwner(DeleteObjectTagging, DeleteObjectVersionTagging);
    GetObjectRetention => ObjectOfBucketOwner(GetObjectRetention, GetObjectRetention);
    PutObjectRetention => ObjectOfBucketOwner(PutObjectRetention, PutObjectRetention);
    GetObjectLegalHold => ObjectOfBucketOwner(GetObjectLegalHold, GetObjectLegalHold);
    PutObjectLegalHold => ObjectOfBucketOwner(PutObjectLegalHold, PutObjectLegalHold);
    RestoreObject => ObjectOfBucketOwner(RestoreObject, RestoreObject);
    PutObject | PostObject | CreateMultipartUpload => Write;
    UploadPart | CompleteMultipartUpload => WritePart;
    CopyObject => Copy;
    UploadPartCopy => CopyPart;
    DeleteObject => Delete;
    AbortMultipartUpload => Upload(AbortMultipartUpload);
    ListParts => Upload(ListMultipartUploadParts);
    DeleteObjects | PreflightBucket | PreflightObject => Nothing;
    CreateSession | RenameObject | UpdateObjectEncryption => Unknown;
}

/// The actions that all must be allowed for the request (§5.9); empty for those that need none and
/// for those that no action can allow.
pub fn required_actions(request: &Request<'_>) -> ActionSet {
    match requirement(request) {
        Requirement::All(checks) => checks.iter().map(|check| check.action).collect(),
        Requirement::Nothing | Requirement::Unknown => ActionSet::new(),
    }
}

/// What the request must be allowed to do.
pub(crate) fn requirement(request: &Request<'_>) -> Requirement {
    let mut list = CheckList::default();
    match need(request.operation) {
        Need::Nothing => return Requirement::Nothing,
        Need::Unknown => return Requirement::Unknown,
        Need::CallerAccount(action) => list.add(action, Authority::CallerAccount),
        Need::CreateBucket => list.add_create_bucket(request),
        Need::Bucket(action) => list.add(action, Authority::Bucket),
        Need::Object(plain, versioned) => {
            list.add(of_version(request, plain, versioned), Authority::Object);
        }
        Need::ObjectAttributes => list.add_attributes(request),
        Need::ObjectOfBucketOwner(plain, versioned) => {
            let action = of_version(request, plain, versioned);
            list.add(action, Authority::ObjectOfBucketOwner);
            let bypass = request.asks.bypass_governance && action == Action::PutObjectRetention;
            list.add_if(bypass, Action::BypassGovernanceRetention, Authority::ObjectOfBucketOwner);
        }
        Need::Upload(action) => list.add(action, Authority::Upload),
        Need::Write => list.add_write(request),
        Need::WritePart => list.add(Action::PutObject, Authority::NewObject { overwrites: false }),
        Need::Copy | Need::CopyPart => return copy_requirement(request),
        Need::Delete => list.add_delete(request),
    }
    Requirement::All(list.0)
}

/// A copy needs to say which of its sides is meant; forgetting that allows nothing.
fn copy_requirement(request: &Request<'_>) -> Requirement {
    let mut list = CheckList::default();
    match (request.side, need(request.operation)) {
        (Side::Whole, _) => return Requirement::Unknown,
        (Side::CopySource, _) => list.add_copy_source(request),
        (Side::CopyDestination, Need::CopyPart) => {
            list.add(Action::PutObject, Authority::NewObject { overwrites: false });
        }
        (Side::CopyDestination, _) => list.add_write(request),
    }
    Requirement::All(list.0)
}

/// `versionId` in the request exchanges the action for its version variant (§7.4).
fn of_version(request: &Request<'_>, plain: Action, versioned: Action) -> Action {
    if request.version.is_some() { versioned } else { plain }
}

#[derive(Default)]
struct CheckList(Checks);

impl CheckList {
    fn add(&mut self, action: Action, authority: Authority) {
        // INVARIANT: no row needs more than ACTIONS_MAX actions; a test tries them all.
        debug_assert!(!self.0.is_full(), "too many actions for one request");
        let _ = self.0.try_push(Check { action, authority });
    }

    fn add_if(&mut self, asked: bool, action: Action, authority: Authority) {
        if asked {
            self.add(action, authority);
        }
    }

    fn add_create_bucket(&mut self, request: &Request<'_>) {
        let asks = request.asks;
        let sets_acl =
            !matches!(request.acl, AclRequest::Absent | AclRequest::Canned(CannedAcl::Private));
        for (asked, action) in [
            (true, Action::CreateBucket),
            (sets_acl, Action::PutBucketAcl),
            (asks.object_ownership, Action::PutBucketOwnershipControls),
            (asks.object_lock, Action::PutBucketObjectLockConfiguration),
            (asks.object_lock, Action::PutBucketVersioning),
            (asks.tagging, Action::TagResource),
        ] {
            self.add_if(asked, action, Authority::CallerAccount);
        }
    }

    fn add_attributes(&mut self, request: &Request<'_>) {
        let read = of_version(request, Action::GetObject, Action::GetObjectVersion);
        let attributes =
            of_version(request, Action::GetObjectAttributes, Action::GetObjectVersionAttributes);
        self.add(read, Authority::Object);
        self.add(attributes, Authority::Object);
    }

    fn add_write(&mut self, request: &Request<'_>) {
        let asks = request.asks;
        self.add(Action::PutObject, Authority::NewObject { overwrites: true });
        self.add_if(request.acl.is_present(), Action::PutObjectAcl, Authority::NewObjectAcl);
        for (asked, action) in [
            (asks.tagging, Action::PutObjectTagging),
            (asks.retention, Action::PutObjectRetention),
            (asks.legal_hold, Action::PutObjectLegalHold),
        ] {
            self.add_if(asked, action, Authority::ObjectOfBucketOwner);
        }
    }

    fn add_copy_source(&mut self, request: &Request<'_>) {
        let read = of_version(request, Action::GetObject, Action::GetObjectVersion);
        let tags = of_version(request, Action::GetObjectTagging, Action::GetObjectVersionTagging);
        self.add(read, Authority::Object);
        self.add_if(request.asks.copies_source_tags, tags, Authority::ObjectOfBucketOwner);
    }

    fn add_delete(&mut self, request: &Request<'_>) {
        let delete = of_version(request, Action::DeleteObject, Action::DeleteObjectVersion);
        self.add(delete, Authority::Delete);
        let bypass = request.asks.bypass_governance;
        self.add_if(bypass, Action::BypassGovernanceRetention, Authority::ObjectOfBucketOwner);
    }
}

/// Whether the operation answers about a key that exists, so that a missing one must be hidden
/// from callers who may not list (§7.2). Writing and deleting do not.
pub(crate) fn looks_up_key(request: &Request<'_>) -> bool {
    match need(request.operation) {
        Need::Object(..) | Need::ObjectAttributes | Need::ObjectOfBucketOwner(..) => true,
        Need::Copy | Need::CopyPart => request.side == Side::CopySource,
        Need::Nothing
        | Need::Unknown
        | Need::CallerAccount(_)
        | Need::CreateBucket
        | Need::Bucket(_)
        | Need::Upload(_)
        | Need::Write
        | Need::WritePart
        | Need::Delete => false,
    }
}

/// Whether this side writes a whole new object, so that it may carry an ACL (§2.7).
pub(crate) fn writes_object(request: &Request<'_>) -> bool {
    match need(request.operation) {
        Need::Write => true,
        Need::Copy => request.side == Side::CopyDestination,
        _ => false,
    }
}

/// Whether this side adds to, or finishes, a multipart upload that somebody initiated (§6.8).
pub(crate) fn continues_upload(request: &Request<'_>) -> bool {
    match need(request.operation) {
        Need::WritePart => true,
        Need::CopyPart => request.side == Side::CopyDestination,
        _ => false,
    }
}

/// The message for an anonymous caller of an operation that is closed to anonymous callers, rules
/// or not (§8.6, §2.13, OWN-E7).
pub(crate) fn anonymous_refusal(operation: Operation) -> Option<&'static str> {
    const SUB_RESOURCE_WRITE: &str = "Anonymous users cannot invoke this API. Please authenticate.";
    let writes = matches!(operation.spec().method, "PUT" | "DELETE");
    match (operation, need(operation)) {
        (Operation::CreateMultipartUpload, _) => {
            Some("Anonymous users cannot initiate multipart uploads.  Please authenticate.")
        }
        (Operation::CopyObject, _) => {
            Some("Anonymous users cannot copy objects. Please authenticate.")
        }
        (_, Need::CallerAccount(_) | Need::CreateBucket) => Some("Access Denied"),
        (_, Need::Bucket(Action::GetBucketOwnershipControls)) => {
            Some("s3:GetBucketOwnershipControls does not support Anonymous requests!")
        }
        (_, Need::Bucket(Action::PutBucketOwnershipControls)) => {
            Some("s3:PutBucketOwnershipControls does not support Anonymous requests!")
        }
        (_, Need::Bucket(Action::DeleteBucket)) => None,
        (_, Need::Bucket(_) | Need::Object(..) | Need::ObjectOfBucketOwner(..)) if writes => {
            Some(SUB_RESOURCE_WRITE)
        }
        _ => None,
    }
}
