//! The default encryption of a bucket.

use model::limits::KMS_KEY_NAME_LENGTH_MAX;
use model::{BucketEncryption, ErrorCode, S3Error, SseAlgorithm};
use ops::bucket::encryption;

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::xml::{Element, Malformed, XmlWriter};

const ROOT: &str = "ServerSideEncryptionConfiguration";
/// The type that can be blocked, and the word that blocks nothing.
const CUSTOMER_KEYS: &str = "SSE-C";
const NONE: &str = "NONE";

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let found = encryption::get(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::xml(document(&found)))
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let document = document::read_small(context, body).await?;
    let wanted = configuration(&document);
    encryption::put(context.store, &context.call()?, context.bucket()?, wanted).await?;
    Ok(Answer::ok())
}

pub(crate) async fn delete(context: &Context<'_>) -> Result<Answer, S3Error> {
    encryption::delete(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::no_content())
}

/// The document of a configuration.
pub(crate) fn document(encryption: &BucketEncryption) -> String {
    XmlWriter::s3(ROOT, |xml| {
        xml.element("Rule", |xml| {
            xml.element("ApplyServerSideEncryptionByDefault", |xml| {
                xml.text("SSEAlgorithm", encryption.algorithm.as_str());
                xml.optional("KMSMasterKeyID", encryption.kms_key.as_deref());
            });
            xml.value("BucketKeyEnabled", encryption.bucket_key_enabled);
            let blocked = if encryption.blocks_customer_keys { CUSTOMER_KEYS } else { NONE };
            xml.element("BlockedEncryptionTypes", |xml| xml.text("EncryptionType", blocked));
        });
    })
}

/// Reads and checks a document.
pub(crate) fn configuration(document: &[u8]) -> Result<BucketEncryption, S3Error> {
    let raw = document::parsed(document, ROOT, read)?;
    let default = BucketEncryption::default();
    let algorithm = match raw.algorithm.as_deref() {
        None => default.algorithm,
        // The schema names the values.
        Some(text) => SseAlgorithm::parse(text).ok_or(ErrorCode::MalformedXML)?,
    };
    let kms_key = raw.kms_key.filter(|key| !key.is_empty());
    if kms_key.is_some() && algorithm == SseAlgorithm::Aes256 {
        return Err(S3Error::with_message(
            ErrorCode::InvalidArgument,
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
        ));
    }
    if kms_key.as_ref().is_some_and(|key| key.len() > KMS_KEY_NAME_LENGTH_MAX) {
        return Err(ErrorCode::MalformedXML.into());
    }
    Ok(BucketEncryption {
        algorithm,
        kms_key,
        bucket_key_enabled: raw.bucket_key_enabled.unwrap_or_default(),
        blocks_customer_keys: raw.blocks_customer_keys.unwrap_or(default.blocks_customer_keys),
    })
}

/// A rule as sent.
#[derive(Default)]
struct Rule {
    algorithm: Option<String>,
    kms_key: Option<String>,
    bucket_key_enabled: Option<bool>,
    blocks_customer_keys: Option<bool>,
}

/// AWS: API reference, PutBucketEncryption. There is exactly one rule.
fn read(configuration: &Element) -> Result<Rule, Malformed> {
    configuration.children(&["Rule"])?;
    let element = configuration.required("Rule")?;
    element.children(&[
        "ApplyServerSideEncryptionByDefault",
        "BucketKeyEnabled",
        "BlockedEncryptionTypes",
    ])?;
    let mut rule =
        Rule { bucket_key_enabled: element.optional_bool("BucketKeyEnabled")?, ..Rule::default() };
    if let Some(default) = element.optional("ApplyServerSideEncryptionByDefault")? {
        default.children(&["SSEAlgorithm", "KMSMasterKeyID"])?;
        rule.algorithm = Some(default.required("SSEAlgorithm")?.text()?.to_owned());
        rule.kms_key = default.optional_text("KMSMasterKeyID")?.map(str::to_owned);
    }
    if let Some(blocked) = element.optional("BlockedEncryptionTypes")? {
        rule.blocks_customer_keys = Some(blocks(blocked)?);
    }
    Ok(rule)
}

/// One or more types; `NONE` stands alone.
fn blocks(blocked: &Element) -> Result<bool, Malformed> {
    let types = blocked.children(&["EncryptionType"])?;
    let types: Vec<&str> = types.iter().map(Element::text).collect::<Result<_, _>>()?;
    match types.as_slice() {
        [NONE] => Ok(false),
        [CUSTOMER_KEYS] => Ok(true),
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rules: &str) -> Result<BucketEncryption, ErrorCode> {
        let document = format!("<{ROOT}>{rules}</{ROOT}>");
        configuration(document.as_bytes()).map_err(|error| error.code())
    }

    fn rule(default: &str, rest: &str) -> String {
        let element = "ApplyServerSideEncryptionByDefault";
        format!("<Rule><{element}>{default}</{element}>{rest}</Rule>")
    }

    #[test]
    fn what_is_written_is_read() {
        let kms = "<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>alias/x</KMSMasterKeyID>";
        let blocked = "<BlockedEncryptionTypes><EncryptionType>NONE</EncryptionType></BlockedEncryptionTypes>";
        let full =
            check(&rule(kms, &format!("<BucketKeyEnabled>true</BucketKeyEnabled>{blocked}")));
        let expected = BucketEncryption {
            algorithm: SseAlgorithm::AwsKms,
            kms_key: Some("alias/x".into()),
            bucket_key_enabled: true,
            blocks_customer_keys: false,
        };
        assert_eq!(full, Ok(expected.clone()));
        assert_eq!(configuration(document(&expected).as_bytes()).unwrap(), expected);
        let twice = BucketEncryption { algorithm: SseAlgorithm::AwsKmsDsse, ..expected };
        assert_eq!(check(&rule(&kms.replace("aws:kms", "aws:kms:dsse"), blocked)).unwrap(), {
            BucketEncryption { bucket_key_enabled: false, ..twice }
        });
        let aes = "<SSEAlgorithm>AES256</SSEAlgorithm>";
        assert_eq!(check(&rule(aes, "")), Ok(BucketEncryption::default()));
        let only_blocked =
            BucketEncryption { blocks_customer_keys: false, ..BucketEncryption::default() };
        assert_eq!(check(&format!("<Rule>{blocked}</Rule>")), Ok(only_blocked));
    }

    #[test]
    fn what_the_schema_lacks_is_refused() {
        let aes = "<SSEAlgorithm>AES256</SSEAlgorithm>";
        let two = rule(aes, "").repeat(2);
        let unknown = rule("<SSEAlgorithm>AES128</SSEAlgorithm>", "");
        let types = |types: &str| {
            rule(aes, &format!("<BlockedEncryptionTypes>{types}</BlockedEncryptionTypes>"))
        };
        let both = "<EncryptionType>NONE</EncryptionType><EncryptionType>SSE-C</EncryptionType>";
        for bad in [
            "",
            &two,
            &unknown,
            &rule("", ""),
            &rule(aes, "<Other/>"),
            &rule(aes, "<BucketKeyEnabled>2</BucketKeyEnabled>"),
            &types(""),
            &types(both),
            &types("<EncryptionType>SSE-KMS</EncryptionType>"),
        ] {
            assert_eq!(check(bad), Err(ErrorCode::MalformedXML), "{bad}");
        }
        let with_key = format!("{aes}<KMSMasterKeyID>x</KMSMasterKeyID>");
        assert_eq!(check(&rule(&with_key, "")), Err(ErrorCode::InvalidArgument));
    }
}
