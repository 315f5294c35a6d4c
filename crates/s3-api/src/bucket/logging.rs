//! Server access logging of a bucket (§9.1).

use model::{BucketLogging, LogKeyFormat, PartitionDateSource, S3Error};
use ops::bucket::logging::{self, LoggingInput};

use super::acl::{RawGrant, write_grant};
use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::xml::{Element, Malformed, XmlWriter};

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let logging = logging::get(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::xml(written(logging.as_deref())))
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let document = document::read_small(context, body).await?;
    let input = read(&document);
    logging::put(context.store, &context.call()?, context.bucket()?, input).await?;
    Ok(Answer::ok())
}

/// The document of a configuration.
pub(crate) fn written(logging: Option<&BucketLogging>) -> String {
    XmlWriter::s3("BucketLoggingStatus", |xml| {
        let Some(logging) = logging else { return };
        xml.element("LoggingEnabled", |xml| {
            xml.text("TargetBucket", logging.target_bucket.as_str());
            if !logging.target_grants.is_empty() {
                xml.element("TargetGrants", |xml| {
                    for grant in &logging.target_grants {
                        write_grant(xml, grant);
                    }
                });
            }
            xml.text("TargetPrefix", &logging.target_prefix);
            if let Some(format) = logging.key_format {
                xml.element("TargetObjectKeyFormat", |xml| write_format(xml, format));
            }
        });
    })
}

fn write_format(xml: &mut XmlWriter, format: LogKeyFormat) {
    match format {
        LogKeyFormat::SimplePrefix => xml.element("SimplePrefix", |_| {}),
        LogKeyFormat::PartitionedPrefix(source) => {
            xml.element("PartitionedPrefix", |xml| {
                xml.text("PartitionDateSource", source.as_str());
            });
        }
    }
}

/// The schema first, then groups and e-mail grantees, as in ACL documents (§12.2).
pub(crate) fn read(body: &[u8]) -> Result<Option<LoggingInput>, S3Error> {
    let raw = document::parsed(body, "BucketLoggingStatus", |status| {
        status.children(&["LoggingEnabled"])?;
        status.optional("LoggingEnabled")?.map(RawLogging::read).transpose()
    })?;
    let Some(raw) = raw else { return Ok(None) };
    Ok(Some(LoggingInput {
        target_bucket: raw.target_bucket,
        target_prefix: raw.target_prefix,
        target_grants: raw.grants.into_iter().map(RawGrant::check).collect::<Result<_, _>>()?,
        key_format: raw.key_format,
    }))
}

struct RawLogging {
    target_bucket: String,
    target_prefix: String,
    grants: Vec<RawGrant>,
    key_format: Option<LogKeyFormat>,
}

impl RawLogging {
    fn read(enabled: &Element) -> Result<Self, Malformed> {
        enabled.children(&[
            "TargetBucket",
            "TargetPrefix",
            "TargetGrants",
            "TargetObjectKeyFormat",
        ])?;
        let text = |name| enabled.required(name)?.text().map(str::to_owned);
        let grants = match enabled.optional("TargetGrants")? {
            Some(list) => RawGrant::read_list(list)?,
            None => Vec::new(),
        };
        let format = enabled.optional("TargetObjectKeyFormat")?;
        Ok(Self {
            target_bucket: text("TargetBucket")?,
            target_prefix: text("TargetPrefix")?,
            grants,
            key_format: format.map(read_format).transpose()?,
        })
    }
}

/// Exactly one of the two formats.
fn read_format(format: &Element) -> Result<LogKeyFormat, Malformed> {
    format.children(&["SimplePrefix", "PartitionedPrefix"])?;
    match (format.optional("SimplePrefix")?, format.optional("PartitionedPrefix")?) {
        (Some(simple), None) => {
            simple.children(&[])?;
            Ok(LogKeyFormat::SimplePrefix)
        }
        (None, Some(partitioned)) => {
            partitioned.children(&["PartitionDateSource"])?;
            let source = match partitioned.optional_text("PartitionDateSource")? {
                Some(text) => PartitionDateSource::parse(text).ok_or(Malformed)?,
                None => PartitionDateSource::default(),
            };
            Ok(LogKeyFormat::PartitionedPrefix(source))
        }
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use model::{BucketName, ErrorCode, Grant, Grantee, Group, Permission};

    use super::*;

    fn enabled(content: &str) -> String {
        format!(
            "<BucketLoggingStatus xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LoggingEnabled>{content}</LoggingEnabled></BucketLoggingStatus>"
        )
    }

    fn code(document: &str) -> Option<ErrorCode> {
        read(document.as_bytes()).err().map(|error| error.code())
    }

    const TARGET: &str = "<TargetBucket>logs</TargetBucket><TargetPrefix/>";

    #[test]
    fn an_empty_status_turns_logging_off() {
        assert_eq!(read(b"<BucketLoggingStatus/>").unwrap(), None);
    }

    #[test]
    fn what_is_written_is_read() {
        let logging = BucketLogging {
            target_bucket: BucketName::parse("logs").unwrap(),
            target_prefix: "a&b/".into(),
            target_grants: vec![Grant {
                grantee: Grantee::Group(Group::LogDelivery),
                permission: Permission::Read,
            }],
            key_format: Some(LogKeyFormat::PartitionedPrefix(PartitionDateSource::EventTime)),
        };
        let input = read(written(Some(&logging)).as_bytes()).unwrap().unwrap();
        assert_eq!(input.target_prefix, logging.target_prefix);
        assert_eq!(input.key_format, logging.key_format);
        assert_eq!(input.target_grants.len(), 1);
        assert_eq!(read(written(None).as_bytes()).unwrap(), None);
    }

    #[test]
    fn schema_errors() {
        let format = |content: &str| {
            enabled(&format!("{TARGET}<TargetObjectKeyFormat>{content}</TargetObjectKeyFormat>"))
        };
        assert_eq!(code(&enabled(TARGET)), None);
        assert_eq!(code(&format("<PartitionedPrefix/>")), None);
        for bad in [
            enabled(""),
            enabled("<TargetBucket>logs</TargetBucket>"),
            enabled("<TargetPrefix/>"),
            enabled(&format!("{TARGET}<Other/>")),
            format(""),
            format("<SimplePrefix/><PartitionedPrefix/>"),
            format(
                "<PartitionedPrefix><PartitionDateSource>Now</PartitionDateSource></PartitionedPrefix>",
            ),
            enabled(&format!("{TARGET}<TargetGrants><Grant/></TargetGrants>")),
            enabled(TARGET).replace("</LoggingEnabled>", "</LoggingEnabled><LoggingEnabled/>"),
        ] {
            assert_eq!(code(&bad), Some(ErrorCode::MalformedXML), "{bad}");
        }
        let email = "<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"AmazonCustomerByEmail\"><EmailAddress>a@b</EmailAddress></Grantee><Permission>READ</Permission></Grant>";
        let document = enabled(&format!("{TARGET}<TargetGrants>{email}</TargetGrants>"));
        assert_eq!(code(&document), Some(ErrorCode::MethodNotAllowed), "ACL-22");
    }
}
