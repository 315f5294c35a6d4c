//! Data keys: made for what is written, opened for what is read.

use std::sync::Arc;

use encryption::{DataKey, Layers, fresh_salt};
use meta::BucketId;
use model::encryption::Salt;
use model::{
    EncryptionMethod, ErrorCode, ObjectEncryption, ObjectKey, Operation, Principal, S3Error,
    SseAlgorithm, Timestamp,
};

use super::Vault;
use super::bodies::ReadsObject;
use super::keys::{KeyRing, RingKey};
use super::uploads::WritesPart;
use crate::encryption::{CustomerKey, RequestedEncryption, RequestedKms};
use crate::gate::{Authorized, Op, op};

/// Operations that settle how a new object is encrypted.
pub(crate) trait StartsObject: Op {}
impl StartsObject for op::PutObject {}
impl StartsObject for op::PostObject {}
impl StartsObject for op::CopyDestination {}
impl StartsObject for op::CreateMultipartUpload {}

/// Operations that must know the customer's key of the decided object.
pub(crate) trait NeedsCustomerKey: Op {}
impl NeedsCustomerKey for op::HeadObject {}
impl NeedsCustomerKey for op::GetObjectAttributes {}
impl<O: ReadsObject> NeedsCustomerKey for O {}

/// How a body that is being written is sealed.
#[derive(Default)]
pub(crate) struct Sealing {
    /// What the record of the object says; `None` if the body is stored as it is.
    pub(crate) encryption: Option<ObjectEncryption>,
    pub(super) data_key: Option<DataKey>,
    /// Where the body is one of several under one data key.
    pub(super) salt: Option<Salt>,
}

impl Sealing {
    /// Whether entity tags are the MD5 of the bytes.
    pub(super) fn has_md5_tags(&self) -> bool {
        self.encryption.as_ref().is_none_or(|encryption| encryption.method.has_md5_tags())
    }
}

/// How often bodies are sealed.
pub(crate) fn layers(encryption: &ObjectEncryption) -> Layers {
    match encryption.method {
        EncryptionMethod::Kms { is_dual_layer: true, .. } => Layers::Two,
        _ => Layers::One,
    }
}

/// Whatever tells an object from every other; authenticated with its data key.
fn owner(bucket: BucketId, key: &ObjectKey, method: &EncryptionMethod) -> Vec<u8> {
    let key = key.as_str();
    let length = (key.len() as u64).to_le_bytes();
    let context = method.context().as_bytes();
    [b"object\0", bucket.0.to_le_bytes().as_slice(), &length, key.as_bytes(), context].concat()
}

impl Vault {
    /// The ring.
    pub(crate) fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// Settles how the decided object will be encrypted, and makes its data key.
    pub(crate) async fn begin_sealing<O: StartsObject>(
        &self,
        authorized: &Authorized<O>,
        requested: &RequestedEncryption,
        (region, now): (&str, Timestamp),
    ) -> Result<Sealing, S3Error> {
        let bucket = authorized.bucket()?;
        let default = bucket.settings.encryption.as_ref();
        let blocks = default.is_none_or(|default| default.blocks_customer_keys);
        let kms = match requested {
            RequestedEncryption::Customer(_) if blocks => {
                return Err(customer_keys_are_blocked(authorized));
            }
            RequestedEncryption::Customer(key) => {
                return self.sealing(authorized, EncryptionMethod::Customer, Some(key));
            }
            RequestedEncryption::S3Managed => None,
            RequestedEncryption::Kms(kms) => Some(RequestedKms {
                bucket_key_enabled: kms
                    .bucket_key_enabled
                    .or(default.map(|default| default.bucket_key_enabled)),
                ..kms.clone()
            }),
            RequestedEncryption::Default => match default {
                None if !self.encrypts_by_default => return Ok(Sealing::default()),
                Some(default) if default.algorithm != SseAlgorithm::Aes256 => Some(RequestedKms {
                    key: default.kms_key.clone(),
                    context: None,
                    bucket_key_enabled: Some(default.bucket_key_enabled),
                    is_dual_layer: default.algorithm == SseAlgorithm::AwsKmsDsse,
                }),
                _ => None,
            },
        };
        let method = match kms {
            None => {
                let key = self.keys.s3_managed(&self.meta, now).await?;
                EncryptionMethod::S3Managed { key: key.number }
            }
            Some(kms) => {
                let caller = match authorized.caller() {
                    // A service writes for the owner of the bucket.
                    Principal::Service(_) => &Principal::Root(bucket.facts.owner.clone()),
                    caller => caller,
                };
                let key = self.kms_key(caller, kms.key.as_deref(), (region, now)).await?;
                EncryptionMethod::Kms {
                    key: key.number,
                    context: kms.context,
                    // AWS: "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys": not with two layers.
                    bucket_key_enabled: kms.bucket_key_enabled.unwrap_or_default()
                        && !kms.is_dual_layer,
                    is_dual_layer: kms.is_dual_layer,
                }
            }
        };
        self.sealing(authorized, method, None)
    }

    fn sealing<O: Op>(
        &self,
        authorized: &Authorized<O>,
        method: EncryptionMethod,
        customer: Option<&CustomerKey>,
    ) -> Result<Sealing, S3Error> {
        let data_key = DataKey::random().map_err(S3Error::internal)?;
        let owner = owner(authorized.bucket()?.record.id, authorized.key()?, &method);
        let wrapped = match (method.ring_key(), customer) {
            (Some(number), _) => self.keys.get(number)?.key()?.wrap(&data_key, &owner),
            (None, Some(customer)) => customer.wrapping.wrap(&data_key, &owner),
            (None, None) => return Err(S3Error::internal("there is no key to wrap with")),
        };
        let encryption = ObjectEncryption { method, data_key: wrapped.map_err(S3Error::internal)? };
        Ok(Sealing { encryption: Some(encryption), data_key: Some(data_key), salt: None })
    }

    /// How a part of the decided upload is sealed. A customer's key must be the one that the upload
    /// was created with.
    pub(crate) fn part_sealing<O: WritesPart>(
        &self,
        authorized: &Authorized<O>,
        customer: Option<&CustomerKey>,
    ) -> Result<Sealing, S3Error> {
        let upload = authorized.upload()?;
        let Some(encryption) = &upload.encryption else {
            return match customer {
                None => Ok(Sealing::default()),
                Some(_) => Err(invalid(OTHER_METHOD_THAN_UPLOAD)),
            };
        };
        let data_key = match (&encryption.method, customer) {
            (EncryptionMethod::Customer, None) => return Err(invalid(OTHER_METHOD_THAN_UPLOAD)),
            (EncryptionMethod::Customer, Some(_)) | (_, None) => {
                self.keys.open_data_key(upload.bucket, &upload.key, encryption, customer)
            }
            (_, Some(_)) => return Err(invalid(OTHER_METHOD_THAN_UPLOAD)),
        };
        let data_key = data_key.map_err(|error| match error.code() {
            ErrorCode::AccessDenied => invalid(OTHER_KEY_THAN_UPLOAD),
            _ => error,
        })?;
        Ok(Sealing {
            encryption: Some(encryption.clone()),
            data_key: Some(data_key),
            salt: Some(fresh_salt().map_err(S3Error::internal)?),
        })
    }

    /// The data key of the decided object, once it is sure that the caller may have it; `None` if
    /// the object is not encrypted.
    pub(crate) fn data_key<O: NeedsCustomerKey>(
        &self,
        authorized: &Authorized<O>,
        customer: Option<&CustomerKey>,
    ) -> Result<Option<DataKey>, S3Error> {
        let record = authorized.object()?;
        let Some(encryption) = &record.encryption else {
            return match customer {
                None => Ok(None),
                Some(_) => Err(invalid(NOT_APPLICABLE)),
            };
        };
        match (&encryption.method, customer) {
            (EncryptionMethod::Customer, None) => return Err(invalid(NEEDS_KEY)),
            (EncryptionMethod::Customer, Some(_)) | (_, None) => {}
            (_, Some(_)) => return Err(invalid(NOT_APPLICABLE)),
        }
        if let EncryptionMethod::Kms { key, .. } = &encryption.method {
            may_use(authorized.caller(), &*self.keys.get(*key)?, "kms:Decrypt")?;
        }
        let bucket = authorized.bucket()?.record.id;
        self.keys.open_data_key(bucket, &record.key, encryption, customer).map(Some)
    }

    /// The data key wrapped by the newest key in the place of the one that wraps it; `None` if that
    /// is the newest already, or is the customer's.
    pub(crate) fn rewrapped(
        &self,
        bucket: BucketId,
        key: &ObjectKey,
        encryption: &ObjectEncryption,
    ) -> Result<Option<ObjectEncryption>, S3Error> {
        let Some(number) = encryption.method.ring_key() else { return Ok(None) };
        let old = self.keys.get(number)?;
        let newest = self.keys.newest_of(&old).filter(|newest| newest.number != number);
        let Some(newest) = newest else { return Ok(None) };
        let data_key = self.keys.open_data_key(bucket, key, encryption, None)?;
        let method = match &encryption.method {
            EncryptionMethod::Kms { context, bucket_key_enabled, is_dual_layer, .. } => {
                EncryptionMethod::Kms {
                    key: newest.number,
                    context: context.clone(),
                    bucket_key_enabled: *bucket_key_enabled,
                    is_dual_layer: *is_dual_layer,
                }
            }
            _ => EncryptionMethod::S3Managed { key: newest.number },
        };
        let wrapped = newest.key()?.wrap(&data_key, &owner(bucket, key, &method));
        Ok(Some(ObjectEncryption { method, data_key: wrapped.map_err(S3Error::internal)? }))
    }

    /// The managed key that a writer means.
    async fn kms_key(
        &self,
        caller: &Principal,
        name: Option<&str>,
        (region, now): (&str, Timestamp),
    ) -> Result<Arc<RingKey>, S3Error> {
        let account = caller.account_id().ok_or_else(needs_signature)?;
        let Some(name) = name.filter(|name| *name != "alias/aws/s3") else {
            return self.keys.of_account(&self.meta, account, region, now).await;
        };
        let of_caller = account.to_string();
        let named = self.keys.newest(|document| {
            document.kind.kms().is_some_and(|key| key.is_named(name, &of_caller))
        });
        let key = named.ok_or_else(|| no_such_key(name, region, &of_caller))?;
        may_use(caller, &key, "kms:GenerateDataKey")?;
        Ok(key)
    }
}

impl KeyRing {
    /// Opens a data key. A customer's key that does not open it is the wrong one; a key of the ring
    /// that does not is damage.
    pub(super) fn open_data_key(
        &self,
        bucket: BucketId,
        key: &ObjectKey,
        encryption: &ObjectEncryption,
        customer: Option<&CustomerKey>,
    ) -> Result<DataKey, S3Error> {
        let owner = owner(bucket, key, &encryption.method);
        match (encryption.method.ring_key(), customer) {
            (Some(number), _) => {
                let ring_key = self.get(number)?;
                let opened = ring_key.key()?.unwrap(&encryption.data_key, &owner);
                opened.map_err(S3Error::internal)
            }
            (None, Some(customer)) => {
                let opened = customer.wrapping.unwrap(&encryption.data_key, &owner);
                opened.map_err(|_| S3Error::with_message(ErrorCode::AccessDenied, WRONG_KEY))
            }
            (None, None) => Err(invalid(NEEDS_KEY)),
        }
    }
}

/// The data key of an object, for whoever checks the store.
pub(crate) enum DataKeyState {
    /// The object is not encrypted.
    NoneNeeded,
    /// The key, and how often bodies are sealed with it.
    Known(DataKey, Layers),
    /// The customer has it, or the master key is not there.
    Unknown,
}

/// A managed key is used by signed callers of its account, while it is enabled.
fn may_use(caller: &Principal, key: &RingKey, action: &str) -> Result<(), S3Error> {
    let kms = key.document.kind.kms();
    let kms = kms.ok_or_else(|| S3Error::internal("the key of an object is no managed key"))?;
    match caller.account_id() {
        None => Err(needs_signature()),
        Some(account) if account.to_string() != kms.account => Err(S3Error::with_message(
            ErrorCode::AccessDenied,
            format!(
                "User: {caller} is not authorized to perform: {action} on resource: {} because no resource-based policy allows the {action} action",
                kms.arn
            ),
        )),
        Some(_) if !kms.enabled => Err(S3Error::with_message(
            ErrorCode::KmsDisabledException,
            format!("{} is disabled.", kms.arn),
        )),
        Some(_) => Ok(()),
    }
}

const NEEDS_KEY: &str = "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.";
const NOT_APPLICABLE: &str = "The encryption parameters are not applicable to this object.";
const WRONG_KEY: &str = "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.";
/// Amazon says the same whether the upload has a customer's key and the part none, or the other way
/// round.
const OTHER_METHOD_THAN_UPLOAD: &str = "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.";
const OTHER_KEY_THAN_UPLOAD: &str =
    "The provided encryption parameters did not match the ones used originally.";

fn invalid(message: &'static str) -> S3Error {
    S3Error::with_message(ErrorCode::InvalidRequest, message)
}

/// AWS: "Troubleshoot access denied (403 Forbidden) errors in Amazon S3", SSE-C. Uploads and forms are
/// told as PutObject, whose action they need.
fn customer_keys_are_blocked<O: StartsObject>(authorized: &Authorized<O>) -> S3Error {
    let (Ok(bucket), Ok(key)) = (authorized.bucket(), authorized.key()) else {
        return ErrorCode::AccessDenied.into();
    };
    let caller = authorized.caller();
    if caller.account_id().is_none() {
        return ErrorCode::AccessDenied.into();
    }
    let action = match O::OPERATION {
        Operation::CopyObject => "s3:CopyObject",
        _ => "s3:PutObject",
    };
    S3Error::with_message(
        ErrorCode::AccessDenied,
        format!(
            "User: {caller} is not authorized to perform: {action} on resource: \"arn:aws:s3:::{}/{}\" because this bucket has blocked upload requests that specify Server Side Encryption with Customer provided keys (SSE-C). Please specify a different server-side encryption type",
            bucket.record.name,
            key.as_str()
        ),
    )
}

/// As Amazon answers callers whose requests have no Signature Version 4.
fn needs_signature() -> S3Error {
    S3Error::invalid_argument(
        "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.",
        "Authorization",
        "null",
    )
}

/// Whether a name is shaped like the id of a key: a UUID.
fn is_key_id(name: &str) -> bool {
    let groups: Vec<&str> = name.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn no_such_key(name: &str, region: &str, account: &str) -> S3Error {
    let message = match name.split_once(':') {
        None if name.starts_with("alias/") => {
            format!("Alias arn:aws:kms:{region}:{account}:{name} is not found.")
        }
        None if !is_key_id(name) => format!("Invalid keyId '{name}'"),
        None => format!("Key 'arn:aws:kms:{region}:{account}:key/{name}' does not exist"),
        Some(_) if name.contains(":alias/") => format!("Alias {name} is not found."),
        Some(_) => format!("Key '{name}' does not exist"),
    };
    S3Error::with_message(ErrorCode::KmsNotFoundException, message)
}
