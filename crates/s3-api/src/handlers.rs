//! From an operation to its handler.

use authz::IdentityFacts;
use http::request::Parts;
use http::{HeaderMap, Response};
use identity::SigningKeyCache;
use model::{
    AccountId, BucketName, ErrorCode, ObjectKey, Operation, Principal, S3Error, Timestamp,
    VersionId,
};
use ops::gate::op;
use ops::{Call, Notes, Store};

use crate::answer::Answer;
use crate::authenticate::Accepted;
use crate::body::{RequestBody, ResponseBody};
use crate::context::RequestContext;
use crate::headers::{owner, text};
use crate::origin::KeyTransport;
use crate::query::Query;
use crate::resolve::Resource;
use crate::{bucket, object, s3_control, upload};

/// Everything that a handler knows of its request, except the body.
pub(crate) struct Context<'a> {
    /// The store.
    pub(crate) store: &'a Store,
    /// Method, URI and headers.
    pub(crate) parts: &'a Parts,
    /// The query parameters.
    pub(crate) query: &'a Query<'a>,
    /// What the request is about.
    pub(crate) resource: &'a Resource,
    /// Who sent it.
    pub(crate) principal: &'a Principal,
    /// The sender's own policies.
    pub(crate) identity: Option<&'a IdentityFacts>,
    /// Its id, which the answer carries too.
    pub(crate) request_id: &'a str,
    /// When it arrived.
    pub(crate) now: Timestamp,
    /// Values of condition keys.
    pub(crate) conditions: RequestContext<'a>,
    /// Whether a customer's key may come with it.
    pub(crate) key_transport: KeyTransport,
    /// Derived signing keys, for forms: they are authenticated by their fields.
    pub(crate) keys: &'a SigningKeyCache,
    /// Which signatures a form may carry.
    pub(crate) accepted: Accepted<'a>,
    /// The hash of the body that the signature covers.
    pub(crate) payload_sha256: Option<[u8; 32]>,
    /// What operations note for the answer and the access log.
    pub(crate) notes: &'a Notes,
}

impl Context<'_> {
    /// The request headers.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// What operations want to know of the caller.
    pub(crate) fn call(&self) -> Result<Call<'_>, S3Error> {
        Ok(Call {
            caller: self.principal,
            identity: self.identity,
            request_id: self.request_id,
            now: self.now,
            context: &self.conditions,
            expected_bucket_owner: owner::expected_bucket_owner(self.headers())?,
            source_expected_bucket_owner: owner::source_expected_bucket_owner(self.headers())?,
            request_payer: text(self.headers(), "x-amz-request-payer") == Some("requester"),
            notes: self.notes,
        })
    }

    /// The bucket in the URI.
    pub(crate) fn bucket(&self) -> Result<&BucketName, S3Error> {
        self.resource.bucket().ok_or_else(|| ErrorCode::InvalidURI.into())
    }

    /// The account that S3 Control is about.
    pub(crate) fn account(&self) -> Result<AccountId, S3Error> {
        self.resource.account().ok_or_else(|| ErrorCode::InvalidURI.into())
    }

    /// The key in the URI.
    pub(crate) fn key(&self) -> Result<&ObjectKey, S3Error> {
        self.resource.key().ok_or_else(|| ErrorCode::InvalidURI.into())
    }

    /// The `versionId` parameter.
    pub(crate) fn version(&self) -> Result<Option<VersionId>, S3Error> {
        let Some(text) = self.query.get("versionId") else { return Ok(None) };
        VersionId::parse(text).map(Some).ok_or_else(|| {
            S3Error::invalid_argument("Invalid version id specified", "versionId", text)
        })
    }
}

/// Runs the handler of an operation.
pub(crate) async fn dispatch(
    operation: Operation,
    context: &Context<'_>,
    body: &mut RequestBody,
) -> Result<Response<ResponseBody>, S3Error> {
    let answer = match operation {
        Operation::GetAccountPublicAccessBlock => s3_control::public_access::get(context).await,
        Operation::PutAccountPublicAccessBlock => {
            s3_control::public_access::put(context, body).await
        }
        Operation::DeleteAccountPublicAccessBlock => {
            s3_control::public_access::delete(context).await
        }
        Operation::ListBuckets => bucket::list::buckets(context).await,
        Operation::CreateBucket => bucket::create::create(context, body).await,
        Operation::HeadBucket => bucket::create::head(context).await,
        Operation::DeleteBucket => bucket::create::delete(context).await,
        Operation::GetBucketLocation => bucket::create::location(context).await,
        Operation::ListObjects => bucket::list::objects(context).await,
        Operation::ListObjectsV2 => bucket::list::objects_v2(context).await,
        Operation::GetBucketAcl => bucket::acl::get(context).await,
        Operation::PutBucketAcl => bucket::acl::put(context, body).await,
        Operation::GetBucketLogging => bucket::logging::get(context).await,
        Operation::PutBucketLogging => bucket::logging::put(context, body).await,
        Operation::GetBucketRequestPayment => bucket::request_payment::get(context).await,
        Operation::PutBucketRequestPayment => bucket::request_payment::put(context, body).await,
        Operation::GetBucketOwnershipControls => bucket::ownership::get(context).await,
        Operation::PutBucketOwnershipControls => bucket::ownership::put(context, body).await,
        Operation::DeleteBucketOwnershipControls => bucket::ownership::delete(context).await,
        Operation::GetPublicAccessBlock => bucket::public_access::get(context).await,
        Operation::PutPublicAccessBlock => bucket::public_access::put(context, body).await,
        Operation::DeletePublicAccessBlock => bucket::public_access::delete(context).await,
        Operation::GetBucketPolicy => bucket::policy::get(context).await,
        Operation::PutBucketPolicy => bucket::policy::put(context, body).await,
        Operation::DeleteBucketPolicy => bucket::policy::delete(context).await,
        Operation::GetBucketPolicyStatus => bucket::policy::status(context).await,
        Operation::GetBucketVersioning => bucket::versioning::get(context).await,
        Operation::PutBucketVersioning => bucket::versioning::put(context, body).await,
        Operation::GetObjectLockConfiguration => bucket::object_lock::get(context).await,
        Operation::PutObjectLockConfiguration => bucket::object_lock::put(context, body).await,
        Operation::GetBucketCors => bucket::cors::get(context).await,
        Operation::PutBucketCors => bucket::cors::put(context, body).await,
        Operation::DeleteBucketCors => bucket::cors::delete(context).await,
        Operation::GetBucketEncryption => bucket::encryption::get(context).await,
        Operation::PutBucketEncryption => bucket::encryption::put(context, body).await,
        Operation::DeleteBucketEncryption => bucket::encryption::delete(context).await,
        Operation::PreflightBucket | Operation::PreflightObject => {
            bucket::cors::preflight(context).await
        }
        Operation::GetBucketNotificationConfiguration => bucket::notification::get(context).await,
        Operation::PutBucketNotificationConfiguration => {
            bucket::notification::put(context, body).await
        }
        Operation::GetBucketWebsite => bucket::website::get(context).await,
        Operation::PutBucketWebsite => bucket::website::put(context, body).await,
        Operation::DeleteBucketWebsite => bucket::website::delete(context).await,
        Operation::GetBucketTagging => bucket::tagging::get(context).await,
        Operation::PutBucketTagging => bucket::tagging::put(context, body).await,
        Operation::DeleteBucketTagging => bucket::tagging::delete(context).await,
        Operation::GetObjectTagging => object::tagging::get(context).await,
        Operation::PutObjectTagging => object::tagging::put(context, body).await,
        Operation::DeleteObjectTagging => object::tagging::delete(context).await,
        Operation::ListObjectVersions => bucket::version_listing::list(context).await,
        other => on_object(other, context, body).await,
    };
    answer.map(Answer::build)
}

/// Runs the handler of an operation on an object.
async fn on_object(
    operation: Operation,
    context: &Context<'_>,
    body: &mut RequestBody,
) -> Result<Answer, S3Error> {
    match operation {
        Operation::PutObject => object::put::put(context, body).await,
        Operation::GetObjectRetention => object::object_lock::get_retention(context).await,
        Operation::PutObjectRetention => object::object_lock::put_retention(context, body).await,
        Operation::GetObjectLegalHold => object::object_lock::get_legal_hold(context).await,
        Operation::PutObjectLegalHold => object::object_lock::put_legal_hold(context, body).await,
        Operation::PostObject => object::post::post(context, body).await,
        Operation::GetObject => object::get::get(context).await,
        Operation::HeadObject => object::get::head(context).await,
        Operation::GetObjectAttributes => object::attributes::get(context).await,
        Operation::CopyObject => object::copy::copy(context).await,
        Operation::DeleteObject => object::delete::delete(context).await,
        Operation::DeleteObjects => object::delete::delete_all(context, body).await,
        Operation::GetObjectAcl => object::acl::get(context).await,
        Operation::PutObjectAcl => object::acl::put(context, body).await,
        Operation::CreateMultipartUpload => upload::create::create(context).await,
        Operation::AbortMultipartUpload => upload::create::abort(context).await,
        Operation::UploadPart => upload::part::upload(context, body).await,
        Operation::UploadPartCopy => upload::part::copy(context).await,
        Operation::CompleteMultipartUpload => upload::complete::complete(context, body).await,
        Operation::ListParts => upload::list::parts(context).await,
        Operation::ListMultipartUploads => upload::list::uploads(context).await,
        other => configure(other, context, body).await,
    }
}

/// Runs the handler of an operation on a configuration that says what the server does by itself, or
/// would on Amazon.
async fn configure(
    operation: Operation,
    context: &Context<'_>,
    body: &mut RequestBody,
) -> Result<Answer, S3Error> {
    match operation {
        Operation::GetBucketLifecycleConfiguration => bucket::lifecycle::get(context).await,
        Operation::PutBucketLifecycleConfiguration => bucket::lifecycle::put(context, body).await,
        Operation::DeleteBucketLifecycle => bucket::lifecycle::delete(context).await,
        Operation::GetBucketReplication => bucket::replication::get(context).await,
        Operation::PutBucketReplication => bucket::replication::put(context, body).await,
        Operation::DeleteBucketReplication => bucket::replication::delete(context).await,
        Operation::GetBucketAccelerateConfiguration => {
            bucket::replication::get_accelerate(context).await
        }
        Operation::PutBucketAccelerateConfiguration => {
            bucket::replication::put_accelerate(context, body).await
        }
        other => configurations(other, context, body).await,
    }
}

/// Runs the handler of an operation on configurations of which a bucket has many.
async fn configurations(
    operation: Operation,
    context: &Context<'_>,
    body: &mut RequestBody,
) -> Result<Answer, S3Error> {
    use bucket::configurations::{
        ANALYTICS, INTELLIGENT_TIERING, INVENTORY, METRICS, delete, get, list, put,
    };
    match operation {
        Operation::GetBucketAnalyticsConfiguration => {
            get::<op::GetBucketAnalyticsConfiguration>(context, &ANALYTICS).await
        }
        Operation::PutBucketAnalyticsConfiguration => {
            put::<op::PutBucketAnalyticsConfiguration>(context, body, &ANALYTICS).await
        }
        Operation::DeleteBucketAnalyticsConfiguration => {
            delete::<op::DeleteBucketAnalyticsConfiguration>(context).await
        }
        Operation::ListBucketAnalyticsConfigurations => {
            list::<op::ListBucketAnalyticsConfigurations>(context, &ANALYTICS).await
        }
        Operation::GetBucketIntelligentTieringConfiguration => {
            get::<op::GetBucketIntelligentTieringConfiguration>(context, &INTELLIGENT_TIERING).await
        }
        Operation::PutBucketIntelligentTieringConfiguration => {
            put::<op::PutBucketIntelligentTieringConfiguration>(context, body, &INTELLIGENT_TIERING)
                .await
        }
        Operation::DeleteBucketIntelligentTieringConfiguration => {
            delete::<op::DeleteBucketIntelligentTieringConfiguration>(context).await
        }
        Operation::ListBucketIntelligentTieringConfigurations => {
            list::<op::ListBucketIntelligentTieringConfigurations>(context, &INTELLIGENT_TIERING)
                .await
        }
        Operation::GetBucketInventoryConfiguration => {
            get::<op::GetBucketInventoryConfiguration>(context, &INVENTORY).await
        }
        Operation::PutBucketInventoryConfiguration => {
            put::<op::PutBucketInventoryConfiguration>(context, body, &INVENTORY).await
        }
        Operation::DeleteBucketInventoryConfiguration => {
            delete::<op::DeleteBucketInventoryConfiguration>(context).await
        }
        Operation::ListBucketInventoryConfigurations => {
            list::<op::ListBucketInventoryConfigurations>(context, &INVENTORY).await
        }
        Operation::GetBucketMetricsConfiguration => {
            get::<op::GetBucketMetricsConfiguration>(context, &METRICS).await
        }
        Operation::PutBucketMetricsConfiguration => {
            put::<op::PutBucketMetricsConfiguration>(context, body, &METRICS).await
        }
        Operation::DeleteBucketMetricsConfiguration => {
            delete::<op::DeleteBucketMetricsConfiguration>(context).await
        }
        Operation::ListBucketMetricsConfigurations => {
            list::<op::ListBucketMetricsConfigurations>(context, &METRICS).await
        }
        // The router lets no other operation through; a test asks it for every row of the table.
        other => Err(S3Error::new(ErrorCode::NotImplemented).because(other.name())),
    }
}
