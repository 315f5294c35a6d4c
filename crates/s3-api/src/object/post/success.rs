//! What the browser hears of an upload that was made.
//!
//! AWS: "Browser-based uploads using POST", `success_action_redirect` and `success_action_status`.

use http::{StatusCode, Uri};
use identity::uri::{encode_path, encode_query};
use model::{BucketName, ObjectKey};
use ops::object::VersionedRecord;

use super::fields::Fields;
use crate::answer::Answer;
use crate::body::ResponseBody;
use crate::handlers::Context;
use crate::headers::text;
use crate::object::put;
use crate::xml::XmlWriter;

/// The answer that the form asks for.
pub(super) fn answer(
    context: &Context<'_>,
    fields: &Fields,
    (bucket, key): (&BucketName, &ObjectKey),
    (written, customer_md5): (&VersionedRecord, Option<[u8; 16]>),
) -> Answer {
    let etag = format!("\"{}\"", written.record.etag);
    if let Some(url) = redirect(fields, bucket, key, &etag) {
        let answer = Answer::new(StatusCode::SEE_OTHER);
        return put::written_headers(context, answer, written, customer_md5).named("location", url);
    }
    let scheme = context.conditions.origin.transport.scheme();
    let host = text(context.headers(), "host").unwrap_or_default();
    let path = context.parts.uri.path().trim_end_matches('/');
    let location = format!("{scheme}://{host}{path}/{}", encode_path(key.as_str().as_bytes()));
    let answer = match fields.get("success_action_status") {
        Some("200") => Answer::ok(),
        Some("201") => Answer::new(StatusCode::CREATED)
            .named("content-type", "application/xml")
            .body(ResponseBody::from(document(&location, bucket, key, &etag))),
        // Any other value means the default.
        _ => Answer::no_content(),
    };
    put::written_headers(context, answer, written, customer_md5).named("location", location)
}

fn document(location: &str, bucket: &BucketName, key: &ObjectKey, etag: &str) -> String {
    XmlWriter::plain("PostResponse", |xml| {
        xml.text("Location", location);
        xml.text("Bucket", bucket.as_str());
        xml.text("Key", key.as_str());
        xml.text("ETag", etag);
    })
}

/// Where the browser is sent; none if the form does not say, or says something that is no address.
fn redirect(fields: &Fields, bucket: &BucketName, key: &ObjectKey, etag: &str) -> Option<String> {
    let url = fields.get("success_action_redirect").or_else(|| fields.get("redirect"))?;
    let (address, fragment) = url.split_once('#').unwrap_or((url, ""));
    let uri: Uri = address.parse().ok()?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return None;
    }
    let joint = if uri.query().is_some() { '&' } else { '?' };
    let key = encode_query(key.as_str().as_bytes());
    let etag = encode_query(etag.as_bytes());
    let mut url = format!("{address}{joint}bucket={bucket}&key={key}&etag={etag}");
    if !fragment.is_empty() {
        url.push('#');
        url.push_str(fragment);
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&str, &str)], expected: Option<&str>) {
        let mut fields = Fields::default();
        for (name, value) in pairs {
            fields.add((*name).to_owned(), (*value).to_owned()).unwrap();
        }
        let bucket = BucketName::parse("photos").unwrap();
        let key = ObjectKey::parse("a b/c&d").unwrap();
        assert_eq!(redirect(&fields, &bucket, &key, "\"e\"").as_deref(), expected, "{pairs:?}");
    }

    #[test]
    fn redirects_carry_what_was_written() {
        let tail = "bucket=photos&key=a%20b%2Fc%26d&etag=%22e%22";
        let url = |start: &str| format!("{start}{tail}");
        check(&[], None);
        check(&[("success_action_redirect", "http://e.org/")], Some(&url("http://e.org/?")));
        check(&[("redirect", "https://e.org/x?y=z")], Some(&url("https://e.org/x?y=z&")));
        let with_fragment = format!("http://e.org/?{tail}#top");
        check(&[("success_action_redirect", "http://e.org/#top")], Some(&with_fragment));
    }

    #[test]
    fn what_is_no_address_is_ignored() {
        for bad in ["", "nonsense", "/relative", "javascript:alert(1)", "ftp://e.org/", "http://"] {
            check(&[("success_action_redirect", bad)], None);
        }
    }
}
