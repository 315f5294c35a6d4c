//! The gate: the only caller of [`authz::decide`], and the only place where an [`Authorized`] can
//! be made.
//!
//! The vault takes nothing but `&Authorized<Operation>`, and reads bucket, key and version from
//! it. So a request cannot reach storage without a decision, and storage cannot act on anything
//! but the resource that was decided about.

mod api;
mod context;
mod object;
mod role;

use std::marker::PhantomData;
use std::sync::Arc;

use audit::decision_log::Outcome;
use authz::{Asks, Facts, ObjectFacts, Request, Side, UploadFacts, Verdict};
use meta::{ObjectVersion, UploadRecord, Versioning};
use model::{
    AccountId, AclRequest, BucketName, ErrorCode, GovernanceBypass, ObjectKey, Operation,
    Principal, S3Error, TagSet, VersionId,
};

pub use self::api::AuthorizedCall;
pub(crate) use self::api::pass_api;
use self::context::{DecisionContext, Tags};
pub(crate) use self::role::{AssumedRole, AuthorizedAction, RoleWish, pass_action, pass_role};
use crate::acl::{self, AclInput};
use crate::call::Call;
use crate::decisions;
use crate::events::Circumstances;
use crate::store::Store;
use crate::vault::BucketState;

/// A type-level name of an operation, so that a decision about one operation cannot be used for
/// another.
pub trait Op: Send + Sync + 'static {
    /// The operation.
    const OPERATION: Operation;
    /// Which half of it, for copies.
    const SIDE: Side = Side::Whole;
}

/// The names of [`Op`].
pub mod op {
    use authz::Side;
    use model::Operation;

    use super::Op;

    macro_rules! name_operations {
        ($($name:ident)*) => {$(
            #[doc = concat!("[`Operation::", stringify!($name), "`].")]
            #[derive(Debug)]
            pub enum $name {}

            impl Op for $name {
                const OPERATION: Operation = Operation::$name;
            }
        )*};
    }

    macro_rules! name_halves {
        ($($name:ident = $operation:ident $side:ident;)*) => {$(
            #[doc = concat!("One half of [`Operation::", stringify!($operation), "`].")]
            #[derive(Debug)]
            pub enum $name {}

            impl Op for $name {
                const OPERATION: Operation = Operation::$operation;
                const SIDE: Side = Side::$side;
            }
        )*};
    }

    name_operations! {
        GetAccountPublicAccessBlock PutAccountPublicAccessBlock DeleteAccountPublicAccessBlock
        ListBuckets CreateBucket HeadBucket DeleteBucket GetBucketLocation
        ListObjects ListObjectsV2 ListMultipartUploads
        GetBucketAcl PutBucketAcl
        GetBucketLogging PutBucketLogging
        GetBucketRequestPayment PutBucketRequestPayment
        GetBucketOwnershipControls PutBucketOwnershipControls DeleteBucketOwnershipControls
        GetPublicAccessBlock PutPublicAccessBlock DeletePublicAccessBlock
        GetBucketPolicy PutBucketPolicy DeleteBucketPolicy GetBucketPolicyStatus
        GetBucketVersioning PutBucketVersioning ListObjectVersions
        GetObjectLockConfiguration PutObjectLockConfiguration
        GetObjectRetention PutObjectRetention GetObjectLegalHold PutObjectLegalHold
        GetBucketTagging PutBucketTagging DeleteBucketTagging
        GetBucketWebsite PutBucketWebsite DeleteBucketWebsite
        GetBucketNotificationConfiguration PutBucketNotificationConfiguration
        GetBucketLifecycleConfiguration PutBucketLifecycleConfiguration DeleteBucketLifecycle
        GetBucketEncryption PutBucketEncryption DeleteBucketEncryption

        GetBucketAnalyticsConfiguration PutBucketAnalyticsConfiguration
        DeleteBucketAnalyticsConfiguration ListBucketAnalyticsConfigurations
        GetBucketIntelligentTieringConfiguration PutBucketIntelligentTieringConfiguration
        DeleteBucketIntelligentTieringConfiguration ListBucketIntelligentTieringConfigurations
        GetBucketInventoryConfiguration PutBucketInventoryConfiguration
        DeleteBucketInventoryConfiguration ListBucketInventoryConfigurations
        GetBucketMetricsConfiguration PutBucketMetricsConfiguration
        DeleteBucketMetricsConfiguration ListBucketMetricsConfigurations
        GetBucketReplication PutBucketReplication DeleteBucketReplication
        GetBucketAccelerateConfiguration PutBucketAccelerateConfiguration
        GetBucketCors PutBucketCors DeleteBucketCors PreflightBucket PreflightObject
        GetObjectTagging PutObjectTagging DeleteObjectTagging
        PutObject PostObject GetObject HeadObject GetObjectAttributes DeleteObject GetObjectAcl PutObjectAcl
        CreateMultipartUpload UploadPart CompleteMultipartUpload AbortMultipartUpload ListParts
    }

    name_halves! {
        CopySource = CopyObject CopySource;
        CopyDestination = CopyObject CopyDestination;
        PartCopySource = UploadPartCopy CopySource;
        PartCopyDestination = UploadPartCopy CopyDestination;
    }
}

/// A decision that allowed operation `O` on one resource.
///
/// Nobody outside the gate can make one: it has no constructor, and its fields are private, which is
/// what this fails by (E0451; with a public field left out it would be E0063).
///
/// ```compile_fail,E0451
/// use ops::gate::{Authorized, op};
///
/// fn forge(true_one: Authorized<op::GetObject>, other: model::BucketName) {
///     let _forged = Authorized::<op::GetObject> { name: Some(other), ..true_one };
/// }
/// ```
///
/// Nor can one be turned into another: it is not `Clone`, has no default, and what it is about cannot
/// be written.
///
/// ```compile_fail,E0616
/// fn redirect(true_one: &mut ops::gate::Authorized<ops::gate::op::GetObject>) {
///     true_one.key = None;
/// }
/// ```
///
/// ```compile_fail,E0277
/// fn from_nothing<T: Default>() -> T {
///     T::default()
/// }
/// let _forged: ops::gate::Authorized<ops::gate::op::GetObject> = from_nothing();
/// ```
///
/// And one for an operation is none for another.
///
/// ```compile_fail,E0308
/// use ops::gate::{Authorized, op};
///
/// fn promote(read: Authorized<op::GetObject>) -> Authorized<op::DeleteObject> {
///     read
/// }
/// ```
pub struct Authorized<O: Op> {
    caller: Principal,
    bucket: Option<Arc<BucketState>>,
    name: Option<BucketName>,
    key: Option<ObjectKey>,
    version: Option<VersionId>,
    object: Object,
    upload: Option<Box<Upload>>,
    acl: AclRequest,
    bypass: GovernanceBypass,
    circumstances: Option<Box<Circumstances>>,
    operation: PhantomData<fn() -> O>,
}

/// What the gate knows of the object.
enum Object {
    NotLoaded,
    Missing,
    Present(ObjectVersion),
}

/// An upload and the account of its initiator.
struct Upload {
    record: UploadRecord,
    initiator_account: AccountId,
}

/// What a request wants, before anything was decided.
pub struct Intent<'a> {
    /// The bucket; none for ListBuckets.
    pub bucket: Option<&'a BucketName>,
    /// The key, for operations on objects.
    pub key: Option<&'a ObjectKey>,
    /// The `versionId` parameter.
    pub version: Option<&'a VersionId>,
    /// The `uploadId` parameter.
    pub upload_id: Option<&'a str>,
    /// The ACL asked for, or the error in it, which is reported at its place in §12.1.
    pub acl: Result<AclInput, S3Error>,
    /// An error in another argument or document (stage 10 of §12.1).
    pub argument: Result<(), S3Error>,
    /// What else needs a permission.
    pub asks: Asks,
    /// The tags that the request writes. For a new object or bucket they need a permission of their
    /// own, unless there is none.
    pub tags: Option<&'a TagSet>,
    /// PutBucketPolicy: whether the new policy is public.
    pub new_policy_is_public: bool,
}

impl<'a> Intent<'a> {
    /// An operation on the endpoint.
    pub fn service() -> Self {
        Self {
            bucket: None,
            key: None,
            version: None,
            upload_id: None,
            acl: Ok(AclInput::Absent),
            argument: Ok(()),
            asks: Asks::default(),
            tags: None,
            new_policy_is_public: false,
        }
    }

    /// An operation on a bucket.
    pub fn bucket(bucket: &'a BucketName) -> Self {
        Self { bucket: Some(bucket), ..Self::service() }
    }

    /// An operation on a key.
    pub fn object(bucket: &'a BucketName, key: &'a ObjectKey) -> Self {
        Self { key: Some(key), ..Self::bucket(bucket) }
    }
}

/// Passes a request through stages 8 to 13 of §12.1.
pub(crate) async fn pass<O: Op>(
    store: &Store,
    call: &Call<'_>,
    intent: Intent<'_>,
) -> Result<Authorized<O>, S3Error> {
    let bucket = match intent.bucket {
        // CreateBucket is about a bucket that need not exist.
        Some(name) if O::OPERATION != Operation::CreateBucket => {
            let bucket = store.vault.bucket(name).await?.ok_or_else(|| no_such_bucket(name))?;
            check_expected_owner::<O>(call, &bucket)?;
            Some(bucket)
        }
        _ => None,
    };
    let acl = match (&intent.argument, &intent.acl) {
        (Err(error), _) | (Ok(()), Err(error)) => Err(error.clone()),
        (Ok(()), Ok(input)) => acl::resolve(&store.vault, input).await,
    };
    match acl {
        Ok(acl) => decide_and_load(store, call, intent, bucket, acl).await,
        // For signed callers an argument error comes before the decision; anonymous callers hear
        // of a refusal first (§12.1, U-14).
        Err(error) if call.caller.is_anonymous() => {
            let decided = decide_and_load::<O>(store, call, intent, bucket, AclRequest::Absent);
            Err(decided.await.err().unwrap_or(error))
        }
        Err(error) => Err(error),
    }
}

async fn decide_and_load<O: Op>(
    store: &Store,
    call: &Call<'_>,
    intent: Intent<'_>,
    bucket: Option<Arc<BucketState>>,
    acl: AclRequest,
) -> Result<Authorized<O>, S3Error> {
    let request = request::<O>(call, &intent, &acl);
    let mut object = Object::NotLoaded;
    if let (Some(bucket), Some(key)) = (&bucket, intent.key)
        && authz::needs_object(&request, &bucket.facts)
    {
        object = match store.vault.object_facts(bucket, key, intent.version).await? {
            Some(version) => Object::Present(version),
            None => Object::Missing,
        };
    }
    let upload = match (&bucket, intent.key, intent.upload_id) {
        (Some(bucket), Some(key), Some(id)) => {
            let found = store.vault.upload_facts(bucket, key, id).await?;
            found.map(|(record, initiator_account)| Box::new(Upload { record, initiator_account }))
        }
        _ => None,
    };
    let facts = Facts {
        bucket: bucket.as_ref().map(|bucket| &bucket.facts),
        object: object_facts(&object),
        upload: upload.as_deref().map(upload_facts),
        identity: call.identity,
        switches: &store.settings.switches,
    };
    let context = DecisionContext {
        inner: call.context,
        version: intent.version,
        request_tags: intent.tags.map_or(&[], TagSet::pairs),
        existing_tags: existing_tags::<O>(&object),
        upload: upload
            .as_deref()
            .and_then(|upload| store.shown_encryption(upload.record.encryption.as_ref())),
    };
    let request = Request { context: &context, ..request };
    let decision = authz::decide(&request, &facts);
    let refusal = match &decision.verdict {
        Verdict::Allow => None,
        Verdict::Refuse(refusal) => Some(refusal.to_error(&request, &facts)),
    };
    call.notes.decided(O::SIDE, &decision);
    store.history.count(&decision);
    if call.notes.wants(foreseen::<O>(refusal.is_some(), bucket.as_deref())) {
        let asked = (&request, &facts);
        let described =
            decisions::describe(call, bucket.as_deref(), asked, &decision, refusal.as_ref());
        call.notes.keep(described);
    }
    if let (Side::CopySource, Some(bucket)) = (O::SIDE, &bucket) {
        call.notes.copy_source(bucket, intent.key, intent.version, decision.acl_required);
    }
    if let Some(refusal) = refusal {
        tracing::debug!(caller = %call.caller, operation = O::OPERATION.name(), trace = %decision.trace, "refused");
        return Err(refusal);
    }
    let circumstances = bucket.as_ref().and_then(|bucket| Circumstances::of::<O>(call, bucket));
    Ok(Authorized {
        caller: call.caller.clone(),
        name: intent.bucket.cloned(),
        key: intent.key.cloned(),
        version: intent.version.cloned(),
        bucket,
        object,
        upload,
        acl,
        // Asked for, and so part of what was allowed.
        bypass: GovernanceBypass::allowed_if(intent.asks.bypass_governance),
        circumstances,
        operation: PhantomData,
    })
}

/// How a decision may come out at last: what it allows, Object Lock may still refuse.
fn foreseen<O: Op>(is_refused: bool, bucket: Option<&BucketState>) -> Outcome {
    let locks = bucket.is_some_and(|bucket| bucket.record.object_lock.is_some());
    let may_be_locked =
        matches!(O::OPERATION, Operation::DeleteObject | Operation::PutObjectRetention);
    if is_refused || (locks && may_be_locked) { Outcome::Refused } else { Outcome::Allowed }
}

fn request<'a, O: Op>(call: &Call<'a>, intent: &Intent<'a>, acl: &'a AclRequest) -> Request<'a> {
    Request {
        caller: call.caller,
        operation: O::OPERATION,
        side: O::SIDE,
        bucket: intent.bucket,
        key: intent.key,
        version: intent.version,
        acl,
        asks: Asks {
            tagging: intent.asks.tagging || intent.tags.is_some_and(|tags| !tags.is_empty()),
            request_payer: call.request_payer,
            ..intent.asks
        },
        new_policy_is_public: intent.new_policy_is_public,
        context: call.context,
    }
}

fn object_facts(object: &Object) -> ObjectFacts<'_> {
    match object {
        Object::NotLoaded => ObjectFacts::NotLoaded,
        Object::Missing => ObjectFacts::Missing,
        Object::Present(ObjectVersion::DeleteMarker(marker)) => {
            ObjectFacts::DeleteMarker { owner: &marker.owner }
        }
        Object::Present(ObjectVersion::Object(record)) => {
            ObjectFacts::Present { owner: &record.owner, acl: record.acl.as_ref() }
        }
    }
}

/// The tags that conditions see; those of the source of a CopyObject they never do (POL-51).
fn existing_tags<O: Op>(object: &Object) -> &Tags {
    match object {
        Object::Present(ObjectVersion::Object(record))
            if (O::OPERATION, O::SIDE) != (Operation::CopyObject, Side::CopySource) =>
        {
            &record.tags
        }
        _ => &[],
    }
}

fn upload_facts(upload: &Upload) -> UploadFacts<'_> {
    let initiator = upload.record.initiator.id.as_str();
    UploadFacts {
        initiator_account: upload.initiator_account,
        initiator_arn: initiator.starts_with("arn:").then_some(initiator),
    }
}

/// EBO-2, EBO-4: a well-formed but different owner is refused before any change.
fn check_expected_owner<O: Op>(call: &Call<'_>, bucket: &BucketState) -> Result<(), S3Error> {
    let expected = match O::SIDE {
        Side::CopySource => call.source_expected_bucket_owner,
        Side::Whole | Side::CopyDestination => call.expected_bucket_owner,
    };
    match expected {
        Some(id) if id != bucket.facts.owner.id => Err(ErrorCode::AccessDenied.into()),
        _ => Ok(()),
    }
}

/// `NoSuchBucket` with the field that S3 adds (ACL-E26).
pub(crate) fn no_such_bucket(name: &BucketName) -> S3Error {
    S3Error::new(ErrorCode::NoSuchBucket).field("BucketName", name.as_str())
}

impl<O: Op> Authorized<O> {
    /// Who was allowed.
    pub(crate) fn caller(&self) -> &Principal {
        &self.caller
    }

    /// The bucket that the decision was about.
    pub(crate) fn bucket(&self) -> Result<&Arc<BucketState>, S3Error> {
        self.bucket.as_ref().ok_or_else(|| S3Error::internal("the decision names no bucket"))
    }

    /// The name of a bucket that may not exist yet.
    pub(crate) fn name(&self) -> Result<&BucketName, S3Error> {
        self.name.as_ref().ok_or_else(|| S3Error::internal("the decision names no bucket"))
    }

    /// The key that the decision was about.
    pub(crate) fn key(&self) -> Result<&ObjectKey, S3Error> {
        self.key.as_ref().ok_or_else(|| S3Error::internal("the decision names no key"))
    }

    /// The version that the decision was about, if the request named one.
    pub(crate) fn version(&self) -> Option<&VersionId> {
        self.version.as_ref()
    }

    /// What events tell of the request; none unless it changes an object of a bucket that has
    /// notifications.
    pub(crate) fn circumstances(&self) -> Option<&Circumstances> {
        self.circumstances.as_deref()
    }

    /// The ACL that was decided about.
    pub(crate) fn acl(&self) -> &AclRequest {
        &self.acl
    }

    /// Whether the decision allowed to lift governance retentions.
    pub(crate) fn bypass(&self) -> GovernanceBypass {
        self.bypass
    }

    /// A version id as answers mention it: a bucket that never had versioning mentions none.
    pub(crate) fn mentioned(&self, version: &VersionId) -> Result<Option<VersionId>, S3Error> {
        let silent = match version {
            VersionId::Null => self.bucket()?.record.versioning == Versioning::Off,
            VersionId::Id(_) => false,
        };
        Ok((!silent).then(|| version.clone()))
    }

    /// The upload whose facts were decided about.
    pub(crate) fn upload(&self) -> Result<&UploadRecord, S3Error> {
        self.upload
            .as_ref()
            .map(|upload| &upload.record)
            .ok_or_else(|| ErrorCode::NoSuchUpload.into())
    }
}
