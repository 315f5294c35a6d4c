//! Every limit on what comes from outside, in one place, each with its source.
//!
//! Units stand last in the names. A limit without an AWS source is ours and says why it has that
//! size.

/// Shortest bucket name. AWS: "Bucket naming rules".
pub const BUCKET_NAME_LENGTH_BYTES_MIN: usize = 3;
/// Longest bucket name. AWS: "Bucket naming rules".
pub const BUCKET_NAME_LENGTH_BYTES_MAX: usize = 63;
/// Longest object key, in bytes of UTF-8. AWS: "Naming Amazon S3 objects".
pub const OBJECT_KEY_LENGTH_BYTES_MAX: usize = 1024;
/// Grants in one ACL (ACL-4).
pub const ACL_GRANTS_MAX: usize = 100;
/// Target prefix of server access logging; ours. With the longest names of account, region and bucket
/// the key of a log object is still a key.
pub const LOG_TARGET_PREFIX_BYTES_MAX: usize = 800;
/// Size of a bucket policy without insignificant white space (POL-1).
pub const BUCKET_POLICY_BYTES_MAX: usize = 20 * 1024;
/// Size of a bucket policy as sent; ours, so that a body of white space cannot fill memory.
pub const BUCKET_POLICY_BODY_BYTES_MAX: usize = 256 * 1024;
/// Statements in one policy; ours. 20 KiB cannot hold more.
pub const POLICY_STATEMENTS_MAX: usize = 1024;
/// Depth of a JSON policy; ours. The grammar needs six levels.
pub const POLICY_DEPTH_MAX: usize = 16;
/// Longest value of the request that a policy condition is compared with; ours. S3 takes 8 KiB of
/// headers in all. A longer one satisfies every condition of a Deny and none of an Allow.
pub const CONDITION_VALUE_BYTES_MAX: usize = 8 * 1024;
/// Buckets of one account. AWS: "General purpose bucket quotas".
pub const BUCKETS_PER_ACCOUNT_MAX: usize = 10_000;
/// Keys in one DeleteObjects request. AWS: API reference, DeleteObjects.
pub const DELETE_OBJECTS_KEYS_MAX: usize = 1000;
/// Keys in one page of a listing. AWS: API reference, ListObjectsV2.
pub const LIST_KEYS_MAX: usize = 1000;
/// Buckets in one page of ListBuckets. AWS: API reference, ListBuckets.
pub const LIST_BUCKETS_MAX: usize = 10_000;
/// Uploads in one page of ListMultipartUploads. AWS: API reference.
pub const LIST_UPLOADS_MAX: usize = 1000;
/// Parts in one page of ListParts. AWS: API reference.
pub const LIST_PARTS_MAX: usize = 1000;
/// Highest part number of a multipart upload. AWS: "Amazon S3 multipart upload limits".
pub const PART_NUMBER_MAX: u16 = 10_000;
/// Smallest part, except the last. AWS: "Amazon S3 multipart upload limits".
pub const PART_SIZE_BYTES_MIN: u64 = 5 * 1024 * 1024;
/// Largest part and largest single PUT. AWS: "Amazon S3 multipart upload limits".
pub const PUT_SIZE_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024;
/// Largest object. AWS: "Amazon S3 multipart upload limits" (50 TB since December 2025).
pub const OBJECT_SIZE_BYTES_MAX: u64 = 50 * 1024 * 1024 * 1024 * 1024;
/// User metadata: names and values together. AWS: "Working with object metadata".
pub const USER_METADATA_BYTES_MAX: usize = 2 * 1024;
/// Rules in one CORS configuration. AWS: API reference, PutBucketCors.
pub const CORS_RULES_MAX: usize = 100;
/// Longest id of a CORS rule. AWS: API reference, CORSRule.
pub const CORS_RULE_ID_LENGTH_CHARACTERS_MAX: usize = 255;
/// Body of PutBucketCors. AWS: API reference, PutBucketCors.
pub const CORS_BODY_BYTES_MAX: usize = 64 * 1024;
/// Days of a default retention. AWS: "Object Lock considerations", 100 years.
pub const RETENTION_DAYS_MAX: u32 = 36_500;
/// Years of a default retention. AWS: "Object Lock considerations".
pub const RETENTION_YEARS_MAX: u32 = 100;
/// Tags of one object. AWS: "Categorizing your objects using tags".
pub const OBJECT_TAGS_MAX: usize = 10;
/// Tags of one bucket. AWS: Billing User Guide, "User-defined tag restrictions".
pub const BUCKET_TAGS_MAX: usize = 50;
/// Longest key of a tag. AWS: "Categorizing your objects using tags".
pub const TAG_KEY_LENGTH_CHARACTERS_MAX: usize = 128;
/// Longest value of a tag. AWS: "Categorizing your objects using tags".
pub const TAG_VALUE_LENGTH_CHARACTERS_MAX: usize = 256;
/// Request line and headers together; ours. S3 takes 8 KiB of headers, query strings of presigned
/// URLs with session tokens are longer.
pub const REQUEST_HEAD_BYTES_MAX: usize = 32 * 1024;
/// Header fields of one request; ours.
pub const REQUEST_HEADERS_MAX: usize = 100;
/// Buffer of one connection in each direction; ours. Larger ones were not faster.
pub const CONNECTION_BUFFER_BYTES_MAX: usize = 256 * 1024;
/// Requests that one HTTP/2 connection may have open; ours. RFC 9113, 6.5.2, recommends 100 or more
/// for browsers; each may cost two buffers here.
pub const HTTP2_STREAMS_MAX: u32 = 64;
/// What one HTTP/2 connection may send before its bodies are read; ours.
pub const HTTP2_CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;
/// What one HTTP/2 request may send before its body is read; ours. One request cannot take the
/// window of its connection from the others.
pub const HTTP2_STREAM_WINDOW_BYTES: u32 = 256 * 1024;
/// Requests that one HTTP/2 connection may take back before they were answered, beyond those that it
/// let be answered; ours. Against floods of requests that are reset at once (CVE-2023-44487).
pub const HTTP2_ABANDONED_STREAMS_MAX: u32 = 100;
/// Streams that we reset for errors of the other side before the connection is closed; ours.
pub const HTTP2_FAULTY_STREAMS_MAX: usize = 100;
/// A certificate file with its chain, and a key file; ours.
pub const TLS_FILE_BYTES_MAX: u64 = 256 * 1024;
/// Ranges of addresses of trusted proxies; ours. A content delivery network has some dozens.
pub const TRUSTED_PROXIES_MAX: usize = 1024;
/// One request on the control socket, a line of JSON; ours. The longest holds two bucket policies and an
/// ACL.
pub const CONTROL_REQUEST_BYTES_MAX: u64 = 1024 * 1024;
/// One answer on the control socket; ours. A list of 10,000 accounts takes about 3 MiB.
pub const CONTROL_ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Length of one entry of the decision log: a request head, an ACL and a bucket policy together, with
/// room to spare.
pub const DECISION_FRAME_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of decisions that wait for the disk; further ones are dropped and counted.
pub const DECISION_QUEUE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Size of a file of the decision log.
pub const DECISION_FILE_BYTES: u64 = 16 * 1024 * 1024;
/// Decisions that one search returns at most.
pub const DECISIONS_PAGE_MAX: usize = 1000;
/// One line of a backup's manifest; ours. A line holds a checksum, a size and a path of ours.
pub const BACKUP_MANIFEST_LINE_BYTES_MAX: u64 = 512;
/// The configuration file; ours.
pub const CONFIGURATION_FILE_BYTES_MAX: u64 = 256 * 1024;
/// Body of DeleteObjects: 1,000 keys of 1,024 bytes, each byte possibly a five-byte entity.
pub const DELETE_OBJECTS_BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Body of CompleteMultipartUpload: 10,000 parts with a checksum each.
pub const COMPLETE_UPLOAD_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Body of any other XML or JSON document. AWS answers MaxMessageLengthExceeded beyond its own.
pub const DOCUMENT_BODY_BYTES_MAX: usize = 256 * 1024;
/// What stands before the file of a POST form: fields, their heads and the boundaries. AWS:
/// "Browser-based uploads using POST", HTML form declaration.
pub const POST_FORM_PREFIX_BYTES_MAX: usize = 20 * 1024;
/// Fields of one POST form; ours. The longest forms that SDKs make have about twenty.
pub const POST_FORM_FIELDS_MAX: usize = 100;
/// Name of one field of a POST form; ours.
pub const POST_FORM_FIELD_NAME_BYTES_MAX: usize = 256;
/// Value of one field of a POST form; ours. The policy is the longest.
pub const POST_FORM_FIELD_VALUE_BYTES_MAX: usize = 16 * 1024;
/// Conditions of one POST policy; ours. The form's own limit leaves no room for more.
pub const POST_POLICY_CONDITIONS_MAX: usize = 1024;
/// Depth of an XML document; ours. The deepest S3 schema has eight levels.
pub const XML_DEPTH_MAX: usize = 20;
/// Longest lifetime of a presigned URL. AWS: "Download and upload objects with presigned URLs".
pub const PRESIGNED_EXPIRY_SECONDS_MAX: u64 = 604_800;
/// Allowed difference between the signer's clock and ours. AWS: error RequestTimeTooSkewed.
pub const CLOCK_SKEW_MILLIS_MAX: i64 = 900_000;
/// Longest access key id. AWS: IAM API reference, AccessKeyMetadata.
pub const ACCESS_KEY_ID_LENGTH_BYTES_MAX: usize = 128;
/// Shortest access key id. AWS: IAM API reference; keys of other stores may be shorter, hence 3.
pub const ACCESS_KEY_ID_LENGTH_BYTES_MIN: usize = 3;
/// Longest secret access key; ours.
pub const SECRET_ACCESS_KEY_LENGTH_BYTES_MAX: usize = 256;
/// Shortest secret access key; ours. A shorter one can be guessed.
pub const SECRET_ACCESS_KEY_LENGTH_BYTES_MIN: usize = 8;
/// Longest name of an account; ours.
pub const ACCOUNT_NAME_LENGTH_BYTES_MAX: usize = 64;
/// Longest e-mail address. RFC 5321, 4.5.3.1.3: a path of 256 octets with its angle brackets.
pub const EMAIL_LENGTH_BYTES_MAX: usize = 254;
/// Access keys of one account; ours. AWS allows two for each user.
pub const ACCESS_KEYS_PER_ACCOUNT_MAX: usize = 1000;
/// Derived signing keys that are remembered; ours. About 300 bytes each.
pub const SIGNING_KEYS_CACHED_MAX: usize = 4096;
/// Names in the SignedHeaders of one signature; ours: as many as a request may have headers.
pub const SIGNED_HEADERS_MAX: usize = REQUEST_HEADERS_MAX;
/// Largest `aws-chunked` chunk that we buffer to check its signature; ours. SDKs send 64 KiB to
/// 1 MiB.
pub const SIGNED_CHUNK_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Line that starts an `aws-chunked` chunk, and each trailer line; ours.
pub const CHUNK_LINE_BYTES_MAX: usize = 1024;
/// Bodies below this size go to segment files, others to files of their own.
pub const SEGMENT_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Note about its owner that a stored body carries, for the orphan sweep; ours. It holds a bucket
/// name, a key and a version id with room to spare.
pub const BLOB_HINT_BYTES_MAX: usize = 4 * 1024;
/// What is read and thrown away of a body that nobody wants, so that the client reads our answer
/// instead of a reset connection; ours.
pub const DISCARDED_BODY_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Longest id of a multipart upload; ours. AWS gives out 128 characters and promises no length.
pub const UPLOAD_ID_LENGTH_BYTES_MAX: usize = 128;
/// Sub-resources of one bucket that are stored as text, such as CORS rules; ours. S3 has fewer kinds.
pub const BUCKET_SETTINGS_MAX: usize = 64;
/// Writes that wait for the metadata writer before further ones wait to be queued; ours.
pub const METADATA_WRITE_QUEUE_MAX: usize = 1024;
/// Writes that share one metadata commit; ours. Enough for a flush per few milliseconds.
pub const METADATA_GROUP_COMMIT_WRITES_MAX: usize = 256;
/// Memory for records of objects that were read lately, in bytes; ours. Some 15,000 records of
/// common size.
pub const METADATA_OBJECT_CACHE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Idle metadata read connections that are kept open; ours. Reads run on the runtime's threads, so
/// more than one per core is used only while the number of threads is higher.
pub const METADATA_READ_CONNECTIONS_MAX: usize = 16;
/// Session token of temporary credentials; ours. The longest that we make has about 7 KiB.
pub const SESSION_TOKEN_BYTES_MAX: usize = 12 * 1024;
/// Session policies and session tags of one session together, as they stand in the token; ours, so
/// that a token fits into a header. AWS names a limit and not its size (error PackedPolicyTooLarge).
pub const SESSION_PACKED_BYTES_MAX: usize = 4 * 1024;
/// Inline session policy, in characters. AWS: STS API reference, AssumeRole, `Policy`.
pub const SESSION_POLICY_CHARACTERS_MAX: usize = 2048;
/// Managed session policies of one session. AWS: STS API reference, AssumeRole, `PolicyArns`.
pub const SESSION_POLICY_ARNS_MAX: usize = 10;
/// Session tags of one session. AWS: STS API reference, AssumeRole, `Tags`.
pub const SESSION_TAGS_MAX: usize = 50;
/// Session tokens that are remembered opened; ours. About 2 KiB each, 12 KiB at most.
pub const SESSIONS_CACHED_MAX: usize = 4096;
/// Shortest session of a role or a user. AWS: STS API reference, `DurationSeconds`.
pub const SESSION_SECONDS_MIN: u64 = 900;
/// Longest session of a role that is assumed with temporary credentials. AWS: IAM user guide, "Role
/// chaining".
pub const CHAINED_SESSION_SECONDS_MAX: u64 = 3600;
/// Longest session of a role. AWS: STS API reference, AssumeRole, `DurationSeconds`.
pub const ROLE_SESSION_SECONDS_MAX: u64 = 43_200;
/// Longest session of a user. AWS: STS API reference, GetSessionToken, `DurationSeconds`.
pub const USER_SESSION_SECONDS_MAX: u64 = 129_600;
/// Longest session that the root user makes. AWS: STS API reference, GetSessionToken.
pub const ROOT_SESSION_SECONDS_MAX: u64 = 3600;
/// OpenID Connect token. AWS: STS API reference, AssumeRoleWithWebIdentity, `WebIdentityToken`.
pub const WEB_IDENTITY_TOKEN_CHARACTERS_MAX: usize = 20_000;
/// Discovery document or key set of an OpenID Connect provider; ours. Google's has 4 KiB.
pub const KEY_SET_BYTES_MAX: usize = 128 * 1024;
/// Keys in the key set of an OpenID Connect provider. AWS: IAM user guide, "Create an OpenID Connect
/// (OIDC) identity provider": 100 RSA and 100 EC keys.
pub const KEY_SET_KEYS_MAX: usize = 200;
/// OpenID Connect providers whose keys are remembered; ours.
pub const PROVIDERS_CACHED_MAX: usize = 1000;
/// Difference between an OpenID Connect provider's clock and ours that makes a token "not yet
/// valid"; ours.
pub const WEB_IDENTITY_CLOCK_SKEW_SECONDS_MAX: i64 = 300;
/// Body, or query string, of one call of IAM's API; ours. A policy document may have 131,072
/// characters before its white space is taken out, each of them up to three bytes as sent.
pub const QUERY_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Parameters of one call of IAM's API; ours. A thousand actions to simulate, and a hundred tags.
pub const QUERY_PARAMETERS_MAX: usize = 4096;
/// Members of one list in a call of IAM's API; ours. SimulatePrincipalPolicy may name many actions.
pub const QUERY_LIST_MEMBERS_MAX: usize = 2048;
/// Items in one page of a listing of IAM. AWS: IAM API reference, MaxItems.
pub const IAM_LIST_ITEMS_MAX: usize = 1000;
/// Items in one page of a listing of IAM, if the caller does not say. AWS: IAM API reference.
pub const IAM_LIST_ITEMS_DEFAULT: usize = 100;
/// Marker of a page of IAM; ours. It holds one name.
pub const IAM_MARKER_LENGTH_BYTES_MAX: usize = 2048;
/// A policy document as sent. AWS: IAM API reference, policyDocumentType.
pub const IAM_POLICY_DOCUMENT_LENGTH_MAX: usize = 131_072;
/// A managed policy without white space. AWS: "IAM and AWS STS quotas".
pub const IAM_MANAGED_POLICY_CHARACTERS_MAX: usize = 6144;
/// All inline policies of a user together without white space. AWS: "IAM and AWS STS quotas".
pub const IAM_USER_POLICY_CHARACTERS_MAX: usize = 2048;
/// All inline policies of a group together without white space. AWS: "IAM and AWS STS quotas".
pub const IAM_GROUP_POLICY_CHARACTERS_MAX: usize = 5120;
/// All inline policies of a role together without white space. AWS: "IAM and AWS STS quotas".
pub const IAM_ROLE_POLICY_CHARACTERS_MAX: usize = 10_240;
/// A trust policy without white space. AWS: "IAM and AWS STS quotas".
pub const IAM_TRUST_POLICY_CHARACTERS_MAX: usize = 2048;
/// Name of a user or role. AWS: "IAM and AWS STS quotas".
pub const IAM_USER_NAME_LENGTH_MAX: usize = 64;
/// Name of a group or policy. AWS: "IAM and AWS STS quotas".
pub const IAM_GROUP_NAME_LENGTH_MAX: usize = 128;
/// A path. AWS: "IAM and AWS STS quotas".
pub const IAM_PATH_LENGTH_MAX: usize = 512;
/// A description of a role or policy. AWS: IAM API reference.
pub const IAM_DESCRIPTION_LENGTH_MAX: usize = 1000;
/// Users of one account. AWS: "IAM and AWS STS quotas".
pub const IAM_USERS_MAX: usize = 5000;
/// Groups of one account. AWS: "IAM and AWS STS quotas".
pub const IAM_GROUPS_MAX: usize = 300;
/// Roles of one account. AWS: "IAM and AWS STS quotas".
pub const IAM_ROLES_MAX: usize = 1000;
/// Customer managed policies of one account. AWS: "IAM and AWS STS quotas".
pub const IAM_POLICIES_MAX: usize = 1500;
/// OpenID Connect providers of one account. AWS: "IAM and AWS STS quotas".
pub const IAM_OIDC_PROVIDERS_MAX: usize = 100;
/// Groups that one user is in. AWS: "IAM and AWS STS quotas".
pub const IAM_GROUPS_PER_USER_MAX: usize = 10;
/// Managed policies attached to one user, group or role. AWS: "IAM and AWS STS quotas".
pub const IAM_ATTACHED_POLICIES_MAX: usize = 10;
/// Versions of one managed policy. AWS: "IAM and AWS STS quotas".
pub const IAM_POLICY_VERSIONS_MAX: usize = 5;
/// Access keys of one user. AWS: "IAM and AWS STS quotas".
pub const IAM_ACCESS_KEYS_PER_USER_MAX: usize = 2;
/// Tags of one resource of IAM. AWS: "IAM and AWS STS quotas".
pub const IAM_TAGS_MAX: usize = 50;
/// Key of a tag. AWS: "IAM and AWS STS quotas".
pub const IAM_TAG_KEY_LENGTH_MAX: usize = 128;
/// Value of a tag. AWS: "IAM and AWS STS quotas".
pub const IAM_TAG_VALUE_LENGTH_MAX: usize = 256;
/// Client ids of one OpenID Connect provider. AWS: "IAM and AWS STS quotas".
pub const IAM_OIDC_CLIENT_IDS_MAX: usize = 100;
/// Thumbprints of one OpenID Connect provider. AWS: "IAM and AWS STS quotas".
pub const IAM_OIDC_THUMBPRINTS_MAX: usize = 5;
/// Access keys whose last use waits in memory to be written down; ours.
pub const ACCESS_KEY_USES_BUFFERED_MAX: usize = 10_000;
/// Accounts in one page of ListAccounts. AWS: Organizations API reference, ListAccounts.
pub const ORGANIZATION_ACCOUNTS_PAGE_MAX: usize = 20;
/// Bytes of an answer that the operator's tools take; ours. A page of 1000 keys of the longest kind,
/// each byte escaped, fits.
pub const TOOL_ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of a configuration file that the operator's tools read; ours, far above any real one.
pub const TOOL_CONFIG_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Depth of nested values in a configuration file that the operator's tools read; ours.
pub const TOOL_CONFIG_DEPTH_MAX: usize = 64;
/// States of all patterns together that are looked at to tell the texts apart that they match; ours.
/// All the resources that fit into a bucket policy, written out, take fewer.
pub const REACH_TEXT_STATES_MAX: usize = 20_000;
/// Decisions that the question takes who may do something, for one caller and one resource; ours.
/// Five condition keys with ten different values each take as many.
pub const REACH_DECISIONS_MAX: usize = 100_000;
/// Values that are tried for one condition key that may have several; ours.
pub const REACH_VALUE_LISTS_MAX: usize = 1024;
/// Versions of objects whose ACLs are looked at for the question who may do something below a prefix;
/// ours. Looking at them takes about a second.
pub const REACH_OBJECTS_MAX: usize = 20_000;
/// Rules of one notification configuration. AWS: "Amazon Simple Storage Service endpoints and quotas",
/// event notifications.
pub const NOTIFICATION_RULES_MAX: usize = 100;
/// `Id` of a notification rule. AWS: "ID length should not exceed allowed limit of 255".
pub const NOTIFICATION_ID_LENGTH_CHARACTERS_MAX: usize = 255;
/// Value of a filter rule: as long as a key. AWS: "Size of filter rule value cannot exceed 1024 bytes".
pub const NOTIFICATION_FILTER_VALUE_BYTES_MAX: usize = 1024;
/// A notification document; ours. 100 rules with long filters fit.
pub const NOTIFICATION_BODY_BYTES_MAX: usize = 512 * 1024;
/// Events that wait for one destination; ours. Beyond that the oldest are given up.
pub const EVENTS_WAITING_MAX: usize = 1_000_000;
/// Events of one destination that were given up and are kept; ours. Beyond that the oldest are
/// forgotten.
pub const EVENTS_DEAD_MAX: usize = 100_000;
/// Destinations of events; ours. Each has a task of its own.
pub const EVENT_DESTINATIONS_MAX: usize = 100;
/// Answer of a webhook that is read; ours. Nothing of it is used.
pub const WEBHOOK_ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Rules of one lifecycle configuration. AWS: API reference, PutBucketLifecycleConfiguration.
pub const LIFECYCLE_RULES_MAX: usize = 1000;
/// Id of a lifecycle rule. AWS: API reference, LifecycleRule.
pub const LIFECYCLE_RULE_ID_LENGTH_CHARACTERS_MAX: usize = 255;
/// Size in the filter of a lifecycle rule. The number stands in Amazon's error.
pub const LIFECYCLE_FILTER_SIZE_BYTES_MAX: i64 = 1_099_511_627_776_000;
/// `NewerNoncurrentVersions`. AWS: API reference, NoncurrentVersionExpiration.
pub const LIFECYCLE_NEWER_VERSIONS_MAX: i32 = 100;
/// Size below which objects stay in their storage class, unless a rule says otherwise. AWS:
/// "Transitioning objects using Amazon S3 Lifecycle".
pub const LIFECYCLE_TRANSITION_SIZE_BYTES_MIN: u64 = 128 * 1024;
/// A lifecycle configuration as sent; ours. A thousand rules with long prefixes and ids need 2 MiB.
pub const LIFECYCLE_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Routing rules of one website. AWS: "Configuring a webpage redirect".
pub const WEBSITE_ROUTING_RULES_MAX: usize = 50;
/// A website document; ours. AWS: PutBucketWebsite, "the request size is limited to 128 KB".
pub const WEBSITE_BODY_BYTES_MAX: usize = 128 * 1024;
/// Resources that are kept while a policy is made from the ACLs of a bucket; ours. A bucket policy holds
/// some hundreds.
pub const ADVICE_RESOURCES_MAX: usize = 200_000;
/// Requests of access logs that are told apart while they are decided again; ours. About 300 bytes each.
pub const ADVICE_LOGGED_REQUESTS_MAX: usize = 1_000_000;
/// Line of an access log that is read; ours, far more than one request head can make.
pub const ACCESS_LOG_LINE_BYTES_MAX: usize = 1024 * 1024;
/// Access log object that is read; ours. Amazon's have some megabytes at most.
pub const ACCESS_LOG_OBJECT_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Line of the census that the adviser keeps of a remote bucket; ours. A key and 100 grants fit.
pub const ADVICE_CENSUS_LINE_BYTES_MAX: usize = 64 * 1024;
/// Name of a managed key's alias, without `alias/`. AWS: KMS API reference, CreateAlias.
pub const KMS_ALIAS_LENGTH_MAX: usize = 250;
/// Description of a managed key. AWS: KMS API reference, CreateKey.
pub const KMS_DESCRIPTION_LENGTH_MAX: usize = 8192;
/// Encryption context of an object as JSON. AWS: KMS developer guide, "Resource quotas".
pub const ENCRYPTION_CONTEXT_BYTES_MAX: usize = 8192;
/// Name of a managed key as a request gives it. AWS: KMS API reference, "KeyId".
pub const KMS_KEY_NAME_LENGTH_MAX: usize = 2048;

/// Bytes of the state that `grantry watch` keeps between runs; ours. Waiting notices are most of it.
pub const WATCH_STATE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Connections at once that `grantry watch` answers with its metrics; ours.
pub const WATCH_METRICS_CONNECTIONS_MAX: usize = 16;
/// Objects that `grantry recover` remembers of one listing; ours. Each takes eight bytes.
pub const RECOVER_LISTED_KEYS_MAX: usize = 200_000_000;
/// Files in trouble that `grantry recover` keeps in memory; ours.
pub const RECOVER_FINDINGS_MAX: usize = 1_000_000;
/// A line of the journal of `grantry recover`; ours. A batch of rows is in one.
pub const RECOVER_LINE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// An object that `grantry recover` copies from elsewhere; ours. It is in memory on its way.
pub const RECOVER_OBJECT_BYTES_MAX: usize = 1024 * 1024 * 1024;

/// Configurations of one kind of a bucket: analytics, inventory and their kin. AWS: API reference,
/// PutBucketInventoryConfiguration.
pub const CONFIGURATIONS_MAX: usize = 1000;
/// All configurations of one kind of a bucket together; ours. They stay in memory with the bucket.
pub const CONFIGURATIONS_BYTES_MAX: usize = 1024 * 1024;
/// Configurations in one page of a listing. AWS: API reference, ListBucketInventoryConfigurations.
pub const CONFIGURATIONS_PAGE_MAX: usize = 100;
/// Id of a configuration. AWS: API reference, PutBucketMetricsConfiguration.
pub const CONFIGURATION_ID_LENGTH_MAX: usize = 64;
/// Rules of one replication configuration. AWS: API reference, ReplicationConfiguration.
pub const REPLICATION_RULES_MAX: usize = 1000;
/// A replication configuration as sent. AWS: API reference, PutBucketReplication.
pub const REPLICATION_BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Hours of which the server keeps what happened; ours. Ninety days.
pub const HISTORY_HOURS_MAX: i64 = 90 * 24;
/// The file of these hours; ours. Every hour with every rule stays below.
pub const HISTORY_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// A textfile of `grantry watch` that is read; ours.
pub const WATCH_TEXTFILE_BYTES_MAX: u64 = 256 * 1024;
/// Such files; ours.
pub const WATCH_TEXTFILES_MAX: usize = 16;
/// Object versions of a bucket that are looked at for the advice that its owner asks the server for;
/// ours. The operator's command looks at all.
pub const ADVICE_OWNER_VERSIONS_MAX: u64 = 100_000;
/// Analyses of policies by Access Analyzer's API that are made at once; ours. Each keeps a processor
/// busy, for seconds at worst.
pub const ANALYSES_AT_ONCE_MAX: usize = 2;
/// Items in one page of a listing of Access Analyzer; ours. AWS names no limit.
pub const ANALYZER_PAGE_MAX: usize = 1000;
/// Actions, or resources, of a statement that are compared with each other to find redundant ones; ours.
pub const POLICY_REDUNDANCY_ITEMS_MAX: usize = 256;
/// Analyzers of an account that trust the account. AWS: "IAM Access Analyzer quotas".
pub const ANALYZERS_OF_ACCOUNT_MAX: usize = 1;
/// Analyzers of an account that trust the organization. AWS: "IAM Access Analyzer quotas".
pub const ANALYZERS_OF_ORGANIZATION_MAX: usize = 5;
/// Archive rules of an analyzer. AWS: "IAM Access Analyzer quotas".
pub const ANALYZER_RULES_MAX: usize = 100;
/// Findings of an analyzer that were archived, or made active again, one by one; ours.
pub const ANALYZER_STATUSES_MAX: usize = 10_000;
