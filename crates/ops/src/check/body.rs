//! Bodies: are they there, whole, and what the record says?

use std::collections::HashSet;

use blob::BlobError;
use meta::{BlobHint, BucketId, ObjectPart, ObjectRecord, UploadId};
use model::{Checksum, ChecksumAlgorithm, ChecksumType, ETag, ObjectEncryption, ObjectKey};

use super::{CheckError, Checker, Finding, FindingKind};
use crate::object::body::DEFAULT_ALGORITHM;
use crate::object::digest::{Computed, Digests, checksum_of, combine};
use crate::upload::multipart_etag;
use crate::vault::{DataKeyState, SealedPart, layers};

/// Whose body it is.
pub(super) struct Owner {
    /// The bucket.
    pub(super) bucket: BucketId,
    /// Its name.
    pub(super) bucket_name: String,
    /// The key.
    pub(super) key: ObjectKey,
    /// The version id, unless it is the null version.
    pub(super) version: Option<String>,
    /// The upload, if it is still in progress.
    pub(super) upload: Option<UploadId>,
    /// How it is encrypted.
    pub(super) encryption: Option<ObjectEncryption>,
}

impl Owner {
    fn finding(&self, kind: FindingKind, meaning: impl Into<String>) -> Finding {
        Finding {
            bucket: Some(self.bucket_name.clone()),
            key: Some(self.key.to_string()),
            version: self.version.clone(),
            upload: self.upload.as_ref().map(ToString::to_string),
            ..Finding::new(kind, meaning)
        }
    }

    /// Whether a blob with this hint was written for this owner.
    fn wrote(&self, hint: &[u8], part: u16) -> bool {
        match BlobHint::decode(hint) {
            Some(BlobHint::Object { bucket, key }) => {
                self.upload.is_none() && bucket == self.bucket && key == self.key
            }
            Some(BlobHint::Part { bucket, key, upload, number }) => {
                bucket == self.bucket
                    && key == self.key
                    && number == part
                    && self.upload.as_ref().is_none_or(|own| *own == upload)
            }
            None => false,
        }
    }
}

/// What is known of a part's bytes.
pub(super) enum PartState {
    /// Something is wrong, and reported.
    Reported,
    /// It is there; its bytes were not read.
    There,
    /// These are the digests of its bytes.
    Read(Box<Computed>),
}

impl Checker<'_> {
    pub(super) async fn check_object(
        &mut self,
        owner: &Owner,
        record: &ObjectRecord,
    ) -> Result<(), CheckError> {
        let sum = record.parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.size_bytes));
        if sum != record.size_bytes {
            let meaning =
                format!("the object has {} bytes, its parts have {sum}", record.size_bytes);
            self.report(owner.finding(FindingKind::WrongSize, meaning));
        }
        self.check_parts_are_distinct(owner, record);
        let full =
            record.checksum.as_ref().filter(|sum| sum.checksum_type == ChecksumType::FullObject);
        let algorithm = full.map(|sum| sum.algorithm);
        let (mut reported, mut unread) = (false, self.options.fast);
        let mut whole = Whole::new(algorithm);
        for part in &record.parts {
            match self.check_one_part(owner, part, algorithm).await? {
                PartState::Reported => reported = true,
                PartState::There => unread = true,
                PartState::Read(computed) => whole.add(part, *computed),
            }
        }
        if !reported && let Some(meaning) = wrong_digest(record, whole, unread) {
            self.report(owner.finding(FindingKind::WrongDigest, meaning));
        }
        Ok(())
    }

    fn check_parts_are_distinct(&mut self, owner: &Owner, record: &ObjectRecord) {
        // At most PART_NUMBER_MAX.
        let mut seen = HashSet::new();
        for part in &record.parts {
            if let Some(blob) = part.blob
                && !seen.insert(blob)
            {
                let finding = owner
                    .finding(FindingKind::SharedBody, "two parts of the object refer to this blob");
                self.report(Finding { part: Some(part.number), blob: Some(blob), ..finding });
            }
        }
    }

    /// Checks one part; `algorithm` is wanted of its bytes if it has no checksum of its own.
    pub(super) async fn check_one_part(
        &mut self,
        owner: &Owner,
        part: &ObjectPart,
        algorithm: Option<ChecksumAlgorithm>,
    ) -> Result<PartState, CheckError> {
        let own = part.checksum.as_ref().map(|sum| sum.algorithm);
        let algorithm = own.or(algorithm).unwrap_or(DEFAULT_ALGORITHM);
        let of_part = |finding: Finding| Finding {
            part: (owner.upload.is_some() || part.number > 1).then_some(part.number),
            blob: part.blob,
            ..finding
        };
        let problem = match self.examine(owner, part, algorithm).await? {
            Ok(state) => return Ok(state),
            Err((kind, meaning)) => of_part(owner.finding(kind, meaning)),
        };
        match problem.kind {
            // Its own owner may seem not to refer to the blob that this record uses.
            FindingKind::ForeignBody | FindingKind::WrongSize => self.references_uncertain = true,
            FindingKind::WrongDigest => {}
            _ => self.bodies_damaged = true,
        }
        self.report(problem);
        Ok(PartState::Reported)
    }

    /// The inner error is what is wrong.
    async fn examine(
        &mut self,
        owner: &Owner,
        part: &ObjectPart,
        algorithm: ChecksumAlgorithm,
    ) -> Result<Result<PartState, (FindingKind, String)>, CheckError> {
        let length_bytes = part.blob.map_or(0, |blob| blob.length_bytes);
        let expected_bytes = match &owner.encryption {
            Some(encryption) => layers(encryption).sealed_length(part.size_bytes),
            None => part.size_bytes,
        };
        if expected_bytes != length_bytes {
            let meaning =
                format!("the part has {} bytes, its blob has {length_bytes}", part.size_bytes);
            return Ok(Err((FindingKind::WrongSize, meaning)));
        }
        if let Some(blob) = part.blob {
            match self.store.inspect(&blob) {
                Ok(hint) if owner.wrote(&hint, part.number) => {}
                Ok(_) => {
                    let meaning = "this blob was written for another object or part";
                    return Ok(Err((FindingKind::ForeignBody, meaning.to_owned())));
                }
                Err(error) => {
                    // A blob with another header may lie there, and seem to belong to nothing.
                    self.references_uncertain |= matches!(error, BlobError::Corrupt { .. });
                    return body_problem(&error);
                }
            }
        }
        if self.options.fast {
            return Ok(Ok(PartState::There));
        }
        let key = match self.store.data_key(owner.bucket, &owner.key, owner.encryption.as_ref()) {
            Ok(key) => key,
            Err(error) => {
                let cause = error.cause().unwrap_or_else(|| error.message()).to_owned();
                return Ok(Err((FindingKind::UnreadableBody, cause)));
            }
        };
        let computed = match self.digest(part, &key, algorithm).await {
            Ok(computed) => computed,
            Err(error) => return body_problem(&error),
        };
        let Some(computed) = computed else {
            return Ok(Err((FindingKind::DamagedBody, encryption::Damaged.to_string())));
        };
        if matches!(key, DataKeyState::Unknown) {
            // Its bytes are those that were written; what they mean is known with its key only.
            return Ok(Ok(PartState::There));
        }
        let has_md5_tag =
            owner.encryption.as_ref().is_none_or(|encryption| encryption.method.has_md5_tags());
        Ok(match digest_problem(part, &computed, has_md5_tag) {
            Some(meaning) => Err((FindingKind::WrongDigest, meaning)),
            None => Ok(PartState::Read(Box::new(computed))),
        })
    }

    /// The digests of a body, decrypted where that is possible; `None` if it does not decrypt.
    async fn digest(
        &mut self,
        part: &ObjectPart,
        key: &DataKeyState,
        algorithm: ChecksumAlgorithm,
    ) -> Result<Option<Computed>, BlobError> {
        let mut digests = Digests::new(algorithm, false);
        if let Some(blob) = part.blob {
            let mut sealed = SealedPart::whole(part, key);
            let mut reader = self.store.reader(&blob);
            while let Some(chunk) = reader.next_chunk().await {
                let mut chunk = chunk?;
                self.summary.progress.body_bytes += chunk.as_ref().len() as u64;
                if let Some(sealed) = &mut sealed {
                    match sealed.open(chunk.as_mut()) {
                        Ok(open) => chunk = chunk.narrow(open),
                        Err(encryption::Damaged) => return Ok(None),
                    }
                }
                digests.update(chunk.as_ref());
                self.progress();
            }
            if sealed.is_some_and(|sealed| sealed.finish().is_err()) {
                return Ok(None);
            }
        }
        Ok(Some(digests.finish()))
    }
}

/// What an error of the blob store says about a body; some say nothing and end the check.
fn body_problem(error: &BlobError) -> Result<Result<PartState, (FindingKind, String)>, CheckError> {
    let kind = match error {
        BlobError::NotFound { .. } => FindingKind::MissingBody,
        BlobError::Corrupt { .. } => FindingKind::DamagedBody,
        BlobError::Io { .. } => FindingKind::UnreadableBody,
        _ => return Err(error.clone().into()),
    };
    let cause =
        std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
    Ok(Err((kind, format!("{error}{cause}"))))
}

fn digest_problem(part: &ObjectPart, computed: &Computed, has_md5_tag: bool) -> Option<String> {
    if has_md5_tag && computed.md5 != part.etag.md5 {
        let found = ETag { md5: computed.md5, parts: None };
        return Some(format!("the MD5 of the bytes is {found}, not {}", part.etag));
    }
    let expected: &Checksum = part.checksum.as_ref()?;
    (computed.checksum.value != expected.value)
        .then(|| format!("the {} of the bytes differs", expected.algorithm.as_str()))
}

/// What is wrong with the entity tag or the checksum of an object whose parts are right. The digests
/// of all bytes are not known if some were not read.
fn wrong_digest(record: &ObjectRecord, whole: Whole, unread: bool) -> Option<String> {
    if record.etag.parts.is_some() {
        match multipart_etag(&record.parts) {
            Ok(etag) if etag == record.etag => {}
            _ => return Some("the entity tag is not that of the parts".to_owned()),
        }
    }
    if let Some(sum) = &record.checksum
        && sum.checksum_type == ChecksumType::Composite
        && composite(sum.algorithm, &record.parts).as_ref() != Some(&sum.value)
    {
        return Some("the checksum is not that of the parts' checksums".to_owned());
    }
    if unread {
        return None;
    }
    let has_md5_tag =
        record.encryption.as_ref().is_none_or(|encryption| encryption.method.has_md5_tags());
    if has_md5_tag
        && record.etag.parts.is_none()
        && whole.md5(record.parts.len()) != Some(record.etag.md5)
    {
        return Some(format!("the MD5 of the bytes is not the entity tag {}", record.etag));
    }
    match &record.checksum {
        Some(sum) if sum.checksum_type == ChecksumType::FullObject => {
            (whole.checksum(sum.algorithm) != sum.value)
                .then(|| format!("the {} of the bytes differs", sum.algorithm.as_str()))
        }
        _ => None,
    }
}

/// The checksum of the checksums of parts, if each has one.
fn composite(algorithm: ChecksumAlgorithm, parts: &[ObjectPart]) -> Option<Vec<u8>> {
    let mut values = Vec::new();
    for part in parts {
        values.extend_from_slice(&part.checksum.as_ref()?.value);
    }
    Some(checksum_of(algorithm, &values))
}

/// The digests of an object, put together from those of its parts.
struct Whole {
    algorithm: Option<ChecksumAlgorithm>,
    md5: Option<[u8; 16]>,
    checksum: Option<Vec<u8>>,
}

impl Whole {
    fn new(algorithm: Option<ChecksumAlgorithm>) -> Self {
        Self { algorithm, md5: None, checksum: None }
    }

    fn add(&mut self, part: &ObjectPart, computed: Computed) {
        self.md5 = Some(computed.md5);
        if self.algorithm != Some(computed.checksum.algorithm) {
            return;
        }
        self.checksum = Some(match self.checksum.take() {
            None => computed.checksum.value,
            Some(before) => combine(
                computed.checksum.algorithm,
                &before,
                &computed.checksum.value,
                part.size_bytes,
            ),
        });
    }

    /// The MD5 of all bytes, if there are not several parts.
    fn md5(&self, parts: usize) -> Option<[u8; 16]> {
        match parts {
            0 => Some(Digests::new(DEFAULT_ALGORITHM, false).finish().md5),
            1 => self.md5,
            _ => None,
        }
    }

    /// The checksum of all bytes.
    fn checksum(self, algorithm: ChecksumAlgorithm) -> Vec<u8> {
        self.checksum.unwrap_or_else(|| checksum_of(algorithm, b""))
    }
}
