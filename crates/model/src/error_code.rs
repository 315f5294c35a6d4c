//! The error codes of S3 with their status and standard message.
//!
//! AWS: API reference, "Error responses"; the texts that were recorded stand in
//! `access-control.md` §2.10, §3.3, §5.3 and §8.

macro_rules! name {
    ($variant:ident) => {
        stringify!($variant)
    };
    ($variant:ident $name:literal) => {
        $name
    };
}

macro_rules! error_codes {
    ($($(#[doc = $doc:literal])* $variant:ident $($name:literal)? = $status:literal, $message:literal;)*) => {
        /// An error code of S3. The name on the wire is the variant's name, unless the table has
        /// another.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $(#[doc = $message] $(#[doc = $doc])* $variant,)*
        }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The text of `<Code>`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => name!($variant $($name)?),)* }
            }

            /// The HTTP status.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// The text of `<Message>` where nothing more exact is known.
            pub fn message(self) -> &'static str {
                match self { $(Self::$variant => $message,)* }
            }
        }
    };
}

error_codes! {
    AccessControlListNotSupported = 400, "The bucket does not allow ACLs";
    AccessDenied = 403, "Access Denied";
    AccessForbidden = 403, "Access Forbidden";
    AuthorizationHeaderMalformed = 400, "The authorization header is malformed";
    AuthorizationQueryParametersError = 400, "Error parsing the authorization query parameters";
    BadDigest = 400, "The Content-MD5 you specified did not match what we received.";
    BadRequest = 400, "Bad Request";
    BucketAlreadyExists = 409, "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.";
    BucketAlreadyOwnedByYou = 409, "Your previous request to create the named bucket succeeded and you already own it.";
    BucketNotEmpty = 409, "The bucket you tried to delete is not empty";
    ConditionalRequestConflict = 409, "The conditional request cannot succeed due to a conflicting operation against this resource.";
    CrossLocationLoggingProhibitted = 403, "Cross S3 location logging not allowed. ";
    EntityTooLarge = 400, "Your proposed upload exceeds the maximum allowed size";
    EntityTooSmall = 400, "Your proposed upload is smaller than the minimum allowed size";
    ExpiredToken = 400, "The provided token has expired.";
    IdMismatch = 400, "Document ID does not match the specified configuration ID.";
    IllegalLocationConstraintException = 400, "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.";
    IllegalVersioningConfigurationException = 400, "The versioning configuration specified in the request is invalid.";
    IncompleteBody = 400, "You did not provide the number of bytes specified by the Content-Length HTTP header";
    InternalError = 500, "We encountered an internal error. Please try again.";
    InvalidAccessKeyId = 403, "The AWS Access Key Id you provided does not exist in our records.";
    InvalidArgument = 400, "Invalid Argument";
    InvalidBucketAclWithBlockPublicAccessError = 400, "Bucket cannot have public ACLs set with BlockPublicAccess enabled";
    InvalidBucketAclWithObjectOwnership = 400, "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
    InvalidBucketName = 400, "The specified bucket is not valid.";
    InvalidBucketOwnerAWSAccountID = 400, "The value of the expected bucket owner parameter must be an AWS Account ID...";
    InvalidBucketState = 409, "The request is not valid with the current state of the bucket.";
    InvalidDigest = 400, "The Content-MD5 you specified was invalid.";
    InvalidEncryptionAlgorithmError = 400, "The Encryption request you specified is not valid. Supported value: AES256.";
    InvalidLocationConstraint = 400, "The specified location-constraint is not valid";
    InvalidObjectState = 403, "The operation is not valid for the object's storage class";
    InvalidPart = 400, "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
    InvalidPartNumber = 416, "The requested partnumber is not satisfiable";
    InvalidPartOrder = 400, "The list of parts was not in ascending order. Parts must be ordered by part number.";
    InvalidPolicyDocument = 400, "The content of the form does not meet the conditions specified in the policy document.";
    InvalidRange = 416, "The requested range is not satisfiable";
    InvalidRequest = 400, "Invalid Request";
    InvalidRetentionPeriod = 400, "The retention period specified is invalid.";
    InvalidS3DestinationBucket = 400, "Invalid bucket ARN.";
    InvalidStorageClass = 400, "The storage class you specified is not valid";
    InvalidTag = 400, "The tag provided was not a valid tag. This error can occur if the tag did not pass input validation.";
    InvalidTargetBucketForLogging = 400, "The target bucket for logging does not exist";
    InvalidToken = 400, "The provided token is malformed or otherwise invalid.";
    InvalidURI = 400, "Couldn't parse the specified URI.";
    KmsDisabledException "KMS.DisabledException" = 400, "The key is disabled.";
    KmsNotFoundException "KMS.NotFoundException" = 400, "The key does not exist.";
    KeyTooLongError = 400, "Your key is too long";
    MalformedACLError = 400, "The XML you provided was not well-formed or did not validate against our published schema";
    MalformedPOSTRequest = 400, "The body of your POST request is not well-formed multipart/form-data.";
    MalformedPolicy = 400, "Policies must be valid JSON and the first byte must be '{'";
    MalformedTrailerError = 400, "The request contained trailing data that was not well-formed or did not conform to our published schema.";
    MalformedXML = 400, "The XML you provided was not well-formed or did not validate against our published schema";
    MaxMessageLengthExceeded = 400, "Your request was too big.";
    MaxPostPreDataLengthExceeded = 400, "Your POST request fields preceding the upload file were too large.";
    MetadataTooLarge = 400, "Your metadata headers exceed the maximum allowed metadata size";
    MethodNotAllowed = 405, "The specified method is not allowed against this resource.";
    MissingAttachment = 400, "A SOAP attachment was expected, but none was found.";
    MissingContentLength = 411, "You must provide the Content-Length HTTP header.";
    MissingRequestBodyError = 400, "Request body is empty.";
    MissingSecurityHeader = 400, "Your request was missing a required header";
    NoSuchBucket = 404, "The specified bucket does not exist";
    NoSuchBucketPolicy = 404, "The bucket policy does not exist";
    NoSuchCORSConfiguration = 404, "The CORS configuration does not exist";
    NoSuchConfiguration = 404, "The specified configuration does not exist.";
    NoSuchKey = 404, "The specified key does not exist.";
    NoSuchObjectLockConfiguration = 404, "The specified object does not have a ObjectLock configuration";
    NoSuchLifecycleConfiguration = 404, "The lifecycle configuration does not exist";
    NoSuchPublicAccessBlockConfiguration = 404, "The public access block configuration was not found";
    NoSuchTagSet = 404, "The TagSet does not exist";
    NoSuchUpload = 404, "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.";
    NoSuchVersion = 404, "The specified version does not exist.";
    NoSuchWebsiteConfiguration = 404, "The specified bucket does not have a website configuration";
    NotImplemented = 501, "A header you provided implies functionality that is not implemented";
    ObjectLockConfigurationNotFoundError = 404, "Object Lock configuration does not exist for this bucket";
    OperationAborted = 409, "A conflicting conditional operation is currently in progress against this resource. Please try again.";
    OwnershipControlsNotFoundError = 404, "The bucket ownership controls were not found";
    PermanentRedirect = 301, "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.";
    PreconditionFailed = 412, "At least one of the pre-conditions you specified did not hold";
    ReplicationConfigurationNotFoundError = 404, "The replication configuration was not found";
    RequestHeaderSectionTooLarge = 400, "Your request header section exceeds the maximum allowed size.";
    RequestTimeTooSkewed = 403, "The difference between the request time and the current time is too large.";
    RequestTimeout = 400, "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.";
    ServerSideEncryptionConfigurationNotFoundError = 404, "The server side encryption configuration was not found";
    ServiceUnavailable = 503, "Service is unable to handle request.";
    SignatureDoesNotMatch = 403, "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
    SlowDown = 503, "Please reduce your request rate.";
    TooManyConfigurations = 400, "You are attempting to create a new configuration but have already reached the 1,000-configuration limit.";
    TooManyBuckets = 400, "You have attempted to create more buckets than allowed";
    UnexpectedContent = 400, "This request does not support content";
    XAmzContentSHA256Mismatch = 400, "The provided 'x-amz-content-sha256' header does not match what was computed.";
}
