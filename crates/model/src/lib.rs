//! The nouns that every other crate speaks: names, identities, ACLs, settings, errors, operations
//! and limits of Amazon S3.
//!
//! Values that come from outside become one of these types exactly once, where they enter; from
//! then on nobody parses a bucket name or a key again. What is deliberately not here: I/O, clocks,
//! serialization formats, and every decision (see the `authz` crate).

pub mod account;
pub mod acl;
pub mod address_range;
pub mod blob_ref;
pub mod bucket;
pub mod bucket_logging;
pub mod checksum;
pub mod cors;
pub mod encryption;
pub mod error;
pub mod error_code;
pub mod etag;
pub mod iam;
pub mod key;
pub mod lifecycle;
pub mod limits;
pub mod notification;
pub mod object_lock;
pub mod operation;
mod operation_table;
pub mod ownership;
pub mod payer;
pub mod principal;
pub mod public_access;
pub mod tag;
pub mod time;
pub mod version;
pub mod website;

pub use account::{AccountId, AccountIdentity, CanonicalUserId};
pub use acl::{AccessControlList, AclRequest, CannedAcl, Grant, Grantee, Group, Permission};
pub use address_range::AddressRange;
pub use blob_ref::{BlobPlace, BlobRef};
pub use bucket::BucketName;
pub use bucket_logging::{BucketLogging, LogKeyFormat, PartitionDateSource};
pub use checksum::{Checksum, ChecksumAlgorithm, ChecksumType};
pub use encryption::{
    BucketEncryption, EncryptionMethod, ObjectEncryption, SseAlgorithm, WrappedKey,
};
pub use error::S3Error;
pub use error_code::ErrorCode;
pub use etag::ETag;
pub use iam::{IamKind, IamRelation};
pub use key::ObjectKey;
pub use object_lock::{
    DefaultRetention, GovernanceBypass, LockRefusal, LockedChange, ObjectLock,
    ObjectLockConfiguration, Retention, RetentionMode, RetentionPeriod,
};
pub use operation::{Operation, OperationSpec, Support, Target};
pub use ownership::ObjectOwnership;
pub use payer::Payer;
pub use principal::Principal;
pub use public_access::PublicAccessBlock;
pub use tag::TagSet;
pub use time::Timestamp;
pub use version::VersionId;
