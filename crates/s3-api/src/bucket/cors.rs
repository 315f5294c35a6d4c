//! Cross-origin resource sharing: the rules of a bucket, preflights, and the headers of every other
//! answer to a page of another origin.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use model::cors::{CorsConfiguration, CorsGrant, CorsQuestion, CorsRule, METHODS};
use model::limits::CORS_BODY_BYTES_MAX;
use model::{BucketName, ErrorCode, S3Error, Timestamp};
use ops::Store;
use ops::bucket::cors::{self, Asked};

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::headers::text;
use crate::xml::{Element, Malformed, XmlWriter};

const ROOT: &str = "CORSConfiguration";

/// What the answer depends on, for caches.
const VARIES: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let rules = cors::get(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::xml(self::document(&rules)))
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let document = document::read(context, body, CORS_BODY_BYTES_MAX).await?;
    let rules = configuration(&document);
    cors::put(context.store, &context.call()?, context.bucket()?, rules).await?;
    Ok(Answer::ok())
}

pub(crate) async fn delete(context: &Context<'_>) -> Result<Answer, S3Error> {
    cors::delete(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::no_content())
}

/// The document of the rules.
pub(crate) fn document(rules: &CorsConfiguration) -> String {
    XmlWriter::s3(ROOT, |xml| {
        for rule in rules.rules() {
            xml.element("CORSRule", |xml| write(xml, rule));
        }
    })
}

/// Reads and checks a document.
pub(crate) fn configuration(document: &[u8]) -> Result<CorsConfiguration, S3Error> {
    document::parsed(document, ROOT, read).and_then(CorsConfiguration::new)
}

fn write(xml: &mut XmlWriter, rule: &CorsRule) {
    xml.optional("ID", rule.id.as_deref());
    for (name, texts) in [
        ("AllowedHeader", &rule.allowed_headers),
        ("AllowedMethod", &rule.allowed_methods),
        ("AllowedOrigin", &rule.allowed_origins),
        ("ExposeHeader", &rule.expose_headers),
    ] {
        for text in texts {
            xml.text(name, text);
        }
    }
    if let Some(seconds) = rule.max_age_seconds {
        xml.value("MaxAgeSeconds", seconds);
    }
}

/// AWS: API reference, PutBucketCors.
fn read(configuration: &Element) -> Result<Vec<CorsRule>, Malformed> {
    configuration.children(&["CORSRule"])?.iter().map(rule).collect()
}

fn rule(element: &Element) -> Result<CorsRule, Malformed> {
    let mut rule = CorsRule::default();
    for child in element.children(&[
        "ID",
        "AllowedOrigin",
        "AllowedMethod",
        "AllowedHeader",
        "ExposeHeader",
        "MaxAgeSeconds",
    ])? {
        let text = child.text()?.to_owned();
        match child.name.as_str() {
            "AllowedOrigin" => rule.allowed_origins.push(text),
            "AllowedMethod" => rule.allowed_methods.push(text),
            "AllowedHeader" => rule.allowed_headers.push(text),
            "ExposeHeader" => rule.expose_headers.push(text),
            _ => {}
        }
    }
    rule.id = element.optional_text("ID")?.map(str::to_owned);
    let seconds = element.optional_text("MaxAgeSeconds")?;
    rule.max_age_seconds =
        seconds.map(|text| text.trim().parse().map_err(|_| Malformed)).transpose()?;
    Ok(rule)
}

/// What a browser asks before it sends a request that a page of another origin wants. AWS: API
/// reference, "OPTIONS object".
pub(crate) async fn preflight(context: &Context<'_>) -> Result<Answer, S3Error> {
    let headers = context.headers();
    let bad = |message: String| S3Error::with_message(ErrorCode::BadRequest, message);
    let Some(origin) = text(headers, "origin").filter(|origin| !origin.is_empty()) else {
        return Err(bad("Insufficient information. Origin request header needed.".to_owned()));
    };
    let method = text(headers, "access-control-request-method").unwrap_or("null");
    if !METHODS.contains(&method) {
        return Err(bad(format!("Invalid Access-Control-Request-Method: {method}")));
    }
    let wanted = text(headers, "access-control-request-headers").unwrap_or_default();
    let wanted: Vec<&str> =
        wanted.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let question = CorsQuestion { origin, method, headers: &wanted };
    let asked = Asked { bucket: context.bucket()?, key: context.resource.key() };
    let allowed = |grant: CorsGrant<'_>| {
        let answer = headers_of(grant)
            .into_iter()
            .fold(Answer::ok(), |answer, (name, value)| answer.header(name, value));
        let wanted = (!wanted.is_empty()).then(|| wanted.join(", ").to_ascii_lowercase());
        answer.optional("access-control-allow-headers", wanted).header(VARY, VARIES)
    };
    cors::preflight(context.store, &context.call()?, asked, question, allowed).await
}

/// What a grant says to the browser.
fn headers_of(grant: CorsGrant<'_>) -> Vec<(HeaderName, String)> {
    let rule = grant.rule;
    let mut headers = vec![
        (ACCESS_CONTROL_ALLOW_ORIGIN, grant.origin.to_owned()),
        (ACCESS_CONTROL_ALLOW_METHODS, rule.allowed_methods.join(", ")),
    ];
    if !rule.expose_headers.is_empty() {
        headers.push((ACCESS_CONTROL_EXPOSE_HEADERS, rule.expose_headers.join(", ")));
    }
    if let Some(seconds) = rule.max_age_seconds {
        headers.push((ACCESS_CONTROL_MAX_AGE, seconds.to_string()));
    }
    if !grant.is_for_everybody() {
        headers.push((ACCESS_CONTROL_ALLOW_CREDENTIALS, "true".to_owned()));
    }
    headers
}

/// Adds to an answer, also to an error, what a browser needs to hand it to a page of this origin.
pub(crate) async fn share(
    store: &Store,
    now: Timestamp,
    bucket: &BucketName,
    (origin, method): (&str, &str),
    answer: &mut HeaderMap,
) {
    let question = CorsQuestion { origin, method, headers: &[] };
    let found = |grant: Option<CorsGrant<'_>>| grant.map(headers_of).unwrap_or_default();
    let Some(headers) = cors::on_actual_request(store, now, bucket, question, found).await else {
        return;
    };
    for (name, value) in headers {
        // A value that is none is left out; rules that hold one are refused when they are stored.
        if let Ok(value) = HeaderValue::try_from(value) {
            answer.insert(name, value);
        }
    }
    answer.append(VARY, HeaderValue::from_static(VARIES));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(rules: &str) -> Option<Vec<CorsRule>> {
        let document = format!("<{ROOT}>{rules}</{ROOT}>");
        document::parsed(document.as_bytes(), ROOT, read).ok()
    }

    #[test]
    fn documents() {
        let texts = "<ID>i</ID><AllowedHeader>*</AllowedHeader><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedOrigin>http://a&amp;b</AllowedOrigin><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>30</MaxAgeSeconds>";
        let rules = parsed(&format!("<CORSRule>{texts}</CORSRule><CORSRule/>")).unwrap();
        assert_eq!(rules.len(), 2);
        assert_eq!(rules[0].allowed_origins, ["http://a&b"]);
        assert_eq!(rules[0].allowed_methods, ["GET", "PUT"]);
        assert_eq!((rules[0].id.as_deref(), rules[0].max_age_seconds), (Some("i"), Some(30)));
        let written = XmlWriter::plain("CORSRule", |xml| write(xml, &rules[0]));
        assert!(written.ends_with(&format!("<CORSRule>{texts}</CORSRule>")), "{written}");
        for bad in [
            "<Other/>",
            "<CORSRule><Other/></CORSRule>",
            "<CORSRule><ID>a</ID><ID>b</ID></CORSRule>",
            "<CORSRule><MaxAgeSeconds>-1</MaxAgeSeconds></CORSRule>",
            "<CORSRule><MaxAgeSeconds>x</MaxAgeSeconds></CORSRule>",
            "<CORSRule><AllowedOrigin><X/></AllowedOrigin></CORSRule>",
        ] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_named_origin_gets_its_own_name_and_credentials() {
        let rule = CorsRule {
            allowed_methods: vec!["GET".into(), "PUT".into()],
            expose_headers: vec!["ETag".into(), "x-amz-request-id".into()],
            max_age_seconds: Some(5),
            ..CorsRule::default()
        };
        let shown = |origin| {
            let headers = headers_of(CorsGrant { origin, rule: &rule });
            headers.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>()
        };
        let everybody = [
            "access-control-allow-origin: *",
            "access-control-allow-methods: GET, PUT",
            "access-control-expose-headers: ETag, x-amz-request-id",
            "access-control-max-age: 5",
        ];
        assert_eq!(shown("*"), everybody);
        let named = shown("http://a");
        assert_eq!(named[0], "access-control-allow-origin: http://a");
        assert_eq!(named.last().unwrap(), "access-control-allow-credentials: true");
    }
}
