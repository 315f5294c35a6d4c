//! Forms as the fuzz targets see them; see [`crate::fuzzing`].

use std::collections::VecDeque;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use model::{BucketName, ChecksumAlgorithm, ErrorCode, ObjectKey, S3Error, Timestamp};
use ops::object::{BodyLength, BodySource};

use super::fields::Fields;
use super::policy::PostPolicy;
use super::reader;

/// Everything that a form said.
#[derive(Debug, PartialEq, Eq)]
pub struct PostForm {
    /// Names and values of its fields.
    pub fields: Vec<(String, String)>,
    /// Its key.
    pub key: Option<ObjectKey>,
    /// The bytes of its file.
    pub file: Vec<u8>,
}

/// The boundary in a `Content-Type`.
pub fn boundary(content_type: &str) -> Result<String, S3Error> {
    reader::boundary(Some(content_type))
}

/// Reads a form that arrives in pieces.
pub fn post_form(boundary: &str, pieces: VecDeque<Bytes>) -> Result<PostForm, S3Error> {
    at_once(async {
        let mut body = Pieces(pieces);
        let (mut fields, mut part) = reader::read(&mut body, boundary).await?;
        let mut file = Vec::new();
        while let Some(chunk) = part.next().await? {
            file.extend_from_slice(&chunk);
        }
        fields.substitute_file_name()?;
        Ok(PostForm { key: fields.key().ok(), fields: owned(&fields), file })
    })
}

/// Reads a policy in Base64 and holds a form with these fields against it; the sizes of a file that
/// it allows.
pub fn post_policy(
    base64: &str,
    fields: &[(String, String)],
    bucket: &BucketName,
    now: Timestamp,
) -> Result<(u64, u64), S3Error> {
    let policy = PostPolicy::parse(base64)?;
    let mut form = Fields::default();
    for (name, value) in fields {
        form.add(name.clone(), value.clone())?;
    }
    policy.check(&form, bucket, now)
}

fn owned(fields: &Fields) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Runs what waits for nothing.
fn at_once<T>(future: impl Future<Output = Result<T, S3Error>>) -> Result<T, S3Error> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => Err(S3Error::internal("a body in memory was waited for")),
    }
}

/// A body in memory.
struct Pieces(VecDeque<Bytes>);

impl BodySource for Pieces {
    fn length(&self) -> BodyLength {
        BodyLength::AtMost(u64::MAX)
    }

    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        Ok(self.0.pop_front())
    }

    fn trailing_checksum(&self, _: ChecksumAlgorithm) -> Result<Vec<u8>, S3Error> {
        Err(ErrorCode::MalformedTrailerError.into())
    }
}
