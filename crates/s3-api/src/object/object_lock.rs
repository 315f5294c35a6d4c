//! GetObjectRetention, PutObjectRetention, GetObjectLegalHold and PutObjectLegalHold.

use model::{ObjectLock, Retention, RetentionMode, S3Error, VersionId};
use ops::object::object_lock::{self, Target};

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::context::RequestContext;
use crate::document;
use crate::handlers::Context;
use crate::headers::object_lock::{bypasses_governance, on_or_off, with_lock};
use crate::time::{iso8601, parse_iso8601};
use crate::xml::{Element, Malformed, XmlWriter};

const RETENTION: &str = "Retention";
const LEGAL_HOLD: &str = "LegalHold";

pub(crate) async fn get_retention(context: &Context<'_>) -> Result<Answer, S3Error> {
    let version = context.version()?;
    let target = target(context, version.as_ref())?;
    let found = object_lock::retention(context.store, &context.call()?, target).await?;
    Ok(Answer::xml(retention_document(Some(found))))
}

pub(crate) async fn put_retention(
    context: &Context<'_>,
    body: &mut RequestBody,
) -> Result<Answer, S3Error> {
    let version = context.version()?;
    let target = target(context, version.as_ref())?;
    let bypass_governance = bypasses_governance(context.headers())?;
    let document = document::read_small(context, body).await?;
    let wanted = retention(&document);
    let lock = ObjectLock { retention: wanted.clone().unwrap_or_default(), legal_hold: None };
    let headers = with_lock(context.headers(), &lock);
    let conditions = RequestContext { headers: &headers, ..context.conditions };
    let call = ops::Call { context: &conditions, ..context.call()? };
    object_lock::put_retention(context.store, &call, target, wanted, bypass_governance).await?;
    Ok(Answer::ok())
}

pub(crate) async fn get_legal_hold(context: &Context<'_>) -> Result<Answer, S3Error> {
    let version = context.version()?;
    let target = target(context, version.as_ref())?;
    let is_held = object_lock::legal_hold(context.store, &context.call()?, target).await?;
    Ok(Answer::xml(legal_hold_document(is_held)))
}

pub(crate) async fn put_legal_hold(
    context: &Context<'_>,
    body: &mut RequestBody,
) -> Result<Answer, S3Error> {
    let version = context.version()?;
    let target = target(context, version.as_ref())?;
    let document = document::read_small(context, body).await?;
    let wanted = legal_hold(&document);
    let lock = ObjectLock { retention: None, legal_hold: wanted.clone().ok() };
    let headers = with_lock(context.headers(), &lock);
    let conditions = RequestContext { headers: &headers, ..context.conditions };
    let call = ops::Call { context: &conditions, ..context.call()? };
    object_lock::put_legal_hold(context.store, &call, target, wanted).await?;
    Ok(Answer::ok())
}

fn target<'a>(
    context: &'a Context<'_>,
    version: Option<&'a VersionId>,
) -> Result<Target<'a>, S3Error> {
    Ok(Target { bucket: context.bucket()?, key: context.key()?, version })
}

/// The document of a retention.
pub(crate) fn retention_document(retention: Option<Retention>) -> String {
    XmlWriter::s3(RETENTION, |xml| {
        if let Some(retention) = retention {
            xml.plain_text("Mode", retention.mode.as_str());
            xml.value("RetainUntilDate", iso8601(retention.retain_until));
        }
    })
}

/// Reads a retention; an empty element takes it away. AWS: API reference, PutObjectRetention.
pub(crate) fn retention(document: &[u8]) -> Result<Option<Retention>, S3Error> {
    document::parsed(document, RETENTION, read_retention)
}

fn read_retention(element: &Element) -> Result<Option<Retention>, Malformed> {
    element.children(&["Mode", "RetainUntilDate"])?;
    let mode = element.optional_text("Mode")?;
    let date = element.optional_text("RetainUntilDate")?;
    let (Some(mode), Some(date)) = (mode, date) else {
        return if mode.is_none() && date.is_none() { Ok(None) } else { Err(Malformed) };
    };
    let mode = RetentionMode::parse(mode).ok_or(Malformed)?;
    let retain_until = parse_iso8601(date).ok_or(Malformed)?;
    Ok(Some(Retention { mode, retain_until }))
}

/// The document of a legal hold.
pub(crate) fn legal_hold_document(is_held: bool) -> String {
    XmlWriter::s3(LEGAL_HOLD, |xml| xml.plain_text("Status", on_or_off(is_held)))
}

/// Reads whether a legal hold is placed. AWS: API reference, PutObjectLegalHold.
pub(crate) fn legal_hold(document: &[u8]) -> Result<bool, S3Error> {
    document::parsed(document, LEGAL_HOLD, |element| {
        element.children(&["Status"])?;
        match element.required("Status")?.text()? {
            "ON" => Ok(true),
            "OFF" => Ok(false),
            _ => Err(Malformed),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retentions() {
        let of = |children: &str| {
            retention(format!("<Retention>{children}</Retention>").as_bytes()).ok()
        };
        let retain_until = parse_iso8601("2030-01-01T00:00:00Z").unwrap();
        let expected = Some(Retention { mode: RetentionMode::Compliance, retain_until });
        let date = "<RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate>";
        assert_eq!(of(&format!("<Mode>COMPLIANCE</Mode>{date}")), Some(expected));
        assert_eq!(retention(retention_document(expected).as_bytes()), Ok(expected));
        assert_eq!(of(""), Some(None));
        for bad in [
            "<Mode>COMPLIANCE</Mode>",
            date,
            &format!("<Mode>compliance</Mode>{date}"),
            &format!("<Mode>NONE</Mode>{date}"),
            &format!("<Mode>COMPLIANCE</Mode><Mode>COMPLIANCE</Mode>{date}"),
            &format!("<Mode>COMPLIANCE</Mode>{date}<Other/>"),
            "<Mode>COMPLIANCE</Mode><RetainUntilDate>2030-01-01</RetainUntilDate>",
            "<Mode>COMPLIANCE</Mode><RetainUntilDate/>",
            "x",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }

    #[test]
    fn legal_holds() {
        let of = |children: &str| {
            legal_hold(format!("<LegalHold>{children}</LegalHold>").as_bytes()).ok()
        };
        for is_held in [true, false] {
            let document = legal_hold_document(is_held);
            assert_eq!(legal_hold(document.as_bytes()), Ok(is_held));
        }
        for bad in ["", "<Status/>", "<Status>on</Status>", "<Status>ON</Status><A/>", "ON"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
