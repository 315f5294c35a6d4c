//! Who is calling: signatures, access keys, sealed secrets.
//!
//! Nothing here knows an HTTP library, a clock or a database: a request comes as a
//! [`SignedRequest`], the time as an argument, and the caller of [`signature::parse`] looks up
//! the access key between parsing and verifying.

pub mod dates;
pub mod generate;
pub mod master_key;
pub mod payload;
pub mod request;
pub mod secret;
pub mod session;
pub mod sign;
pub mod signature;
pub mod signing_key;
pub mod uri;
pub mod web_identity;

pub use master_key::{MasterKey, MasterKeyError, MasterKeySettings, MasterKeySource, OnMismatch};
pub use payload::PayloadDeclaration;
pub use request::{HeaderField, SignedRequest};
pub use secret::SecretAccessKey;
pub use session::{Session, SessionCredentials, SessionKeys};
pub use signature::chunked::{ChunkedDecoder, ChunkedHead, Trailer};
pub use signature::{
    ChunkSeed, Claim, Mechanism, SignatureSettings, SignatureVersion, SignatureVersion2,
    SignedClaim, Verified, parse, unknown_access_key,
};
pub use signing_key::{SigningKey, SigningKeyCache};
