//! The versioning state of a bucket.

use model::{ErrorCode, S3Error};
use ops::bucket::versioning;
use ops::records::Versioning;

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::headers::text;
use crate::xml::{Element, Malformed, XmlWriter};

const ROOT: &str = "VersioningConfiguration";

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let state = versioning::get(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::xml(self::document(state)))
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let document = document::read_small(context, body).await?;
    let sends_mfa = text(context.headers(), "x-amz-mfa").is_some();
    let state = parsed(&document, sends_mfa);
    versioning::put(context.store, &context.call()?, context.bucket()?, state).await?;
    Ok(Answer::ok())
}

/// The document of a state.
pub(crate) fn document(state: Versioning) -> String {
    XmlWriter::s3(ROOT, |xml| match state {
        Versioning::Off => {}
        Versioning::Enabled => xml.value("Status", "Enabled"),
        Versioning::Suspended => xml.value("Status", "Suspended"),
    })
}

/// The state that a document asks for.
pub(crate) fn parsed(document: &[u8], sends_mfa: bool) -> Result<Versioning, S3Error> {
    document::parsed(document, ROOT, read).and_then(|configuration| configuration.state(sends_mfa))
}

/// The document as sent. AWS: API reference, PutBucketVersioning.
struct Configuration {
    status: Option<Versioning>,
    enables_mfa_delete: bool,
}

fn read(configuration: &Element) -> Result<Configuration, Malformed> {
    configuration.children(&["Status", "MfaDelete"])?;
    let status = match configuration.optional_text("Status")? {
        None => None,
        Some("Enabled") => Some(Versioning::Enabled),
        Some("Suspended") => Some(Versioning::Suspended),
        Some(_) => return Err(Malformed),
    };
    let enables_mfa_delete = match configuration.optional_text("MfaDelete")? {
        None | Some("Disabled") => false,
        Some("Enabled") => true,
        Some(_) => return Err(Malformed),
    };
    Ok(Configuration { status, enables_mfa_delete })
}

impl Configuration {
    /// MFA delete is never on here, so that turning it off changes nothing; turning it on needs a
    /// device on Amazon, and more than we have here.
    fn state(self, sends_mfa: bool) -> Result<Versioning, S3Error> {
        if self.enables_mfa_delete {
            return Err(if sends_mfa {
                S3Error::new(ErrorCode::NotImplemented)
                    .field("Header", "x-amz-mfa")
                    .because("MFA delete is not implemented")
            } else {
                S3Error::with_message(
                    ErrorCode::AccessDenied,
                    "Mfa Authentication must be used for this request",
                )
            });
        }
        self.status.ok_or_else(|| {
            S3Error::with_message(
                ErrorCode::IllegalVersioningConfigurationException,
                "The Versioning element must be specified",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(children: &str, expected: Result<Versioning, ErrorCode>) {
        let document = format!("<VersioningConfiguration>{children}</VersioningConfiguration>");
        let state = parsed(document.as_bytes(), false);
        assert_eq!(state.map_err(|error| error.code()), expected, "{children}");
    }

    #[test]
    fn documents() {
        check("<Status>Enabled</Status>", Ok(Versioning::Enabled));
        check("<Status>Suspended</Status>", Ok(Versioning::Suspended));
        let with_mfa =
            |value: &str| format!("<Status>Enabled</Status><MfaDelete>{value}</MfaDelete>");
        check(&with_mfa("Disabled"), Ok(Versioning::Enabled));
        check(&with_mfa("Enabled"), Err(ErrorCode::AccessDenied));
        check("", Err(ErrorCode::IllegalVersioningConfigurationException));
        for malformed in [
            &with_mfa("Maybe"),
            "<Status/>",
            "<Status>enabled</Status>",
            "<Status>Off</Status>",
            "<Status>Enabled</Status><Status>Enabled</Status>",
            "<Other/>",
        ] {
            check(malformed, Err(ErrorCode::MalformedXML));
        }
    }
}
