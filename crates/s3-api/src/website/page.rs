//! Errors as pages for people. AWS: "Configuring a custom error document".

use http::{HeaderName, HeaderValue, Response, StatusCode};
use model::S3Error;

use crate::answer::Answer;
use crate::body::ResponseBody;
use crate::error::RequestIds;
use crate::xml::escaped;

const HTML: &str = "text/html; charset=utf-8";

/// The page of an error. A HEAD request gets status and headers alone.
pub(crate) fn render(error: &S3Error, ids: &RequestIds, is_head: bool) -> Response<ResponseBody> {
    page(error, None, ids, is_head).build()
}

/// The page of an error whose own document cannot be answered with.
pub(super) fn with_failed_document(
    error: &S3Error,
    failed: &S3Error,
    ids: &RequestIds,
    is_head: bool,
) -> Answer {
    page(error, Some(failed), ids, is_head)
}

/// Adds what programs want to know of an error.
pub(super) fn tell(answer: Answer, error: &S3Error) -> Answer {
    let answer = answer
        .named("x-amz-error-code", error.code().as_str())
        .named("x-amz-error-message", error.message());
    let key = error.fields().iter().find(|(name, _)| *name == "Key");
    answer.optional("x-amz-error-detail-key", key.map(|(_, key)| key))
}

fn page(error: &S3Error, failed: Option<&S3Error>, ids: &RequestIds, is_head: bool) -> Answer {
    let status =
        StatusCode::from_u16(error.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = tell(Answer::new(status).named("content-type", HTML), error);
    for (name, value) in error.headers() {
        if let Ok(value) = HeaderValue::from_str(value) {
            answer = answer.header(HeaderName::from_static(name), value);
        }
    }
    if is_head {
        return answer;
    }
    answer.body(ResponseBody::from(html(status, error, failed, ids)))
}

fn html(status: StatusCode, error: &S3Error, failed: Option<&S3Error>, ids: &RequestIds) -> String {
    let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
    let ids = [("RequestId", &ids.request_id), ("HostId", &ids.host_id)];
    let ids: String = ids.iter().map(|(name, text)| item(name, text)).collect();
    let failed = failed.map(|failed| {
        format!(
            "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n\
             <ul>\n{}</ul>\n",
            items(failed)
        )
    });
    format!(
        "<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n<ul>\n{}{ids}</ul>\n\
         {}<hr/>\n</body>\n</html>\n",
        items(error),
        failed.unwrap_or_default()
    )
}

fn items(error: &S3Error) -> String {
    let first = [("Code", error.code().as_str()), ("Message", error.message())];
    let fields = error.fields().iter().map(|(name, value)| (*name, value.as_str()));
    first.into_iter().chain(fields).map(|(name, text)| item(name, text)).collect()
}

/// Texts come from requests: nothing in them may become markup.
fn item(name: &str, text: &str) -> String {
    format!("<li>{name}: {}</li>\n", escaped(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::ErrorCode;

    #[test]
    fn pages() {
        let ids = RequestIds { request_id: "R".into(), host_id: "H".into() };
        let error = S3Error::new(ErrorCode::NoSuchKey).field("Key", "<script>'\"&");
        let denied = S3Error::new(ErrorCode::AccessDenied);
        let expected = "<html>\n<head><title>404 Not Found</title></head>\n<body>\n\
            <h1>404 Not Found</h1>\n<ul>\n<li>Code: NoSuchKey</li>\n\
            <li>Message: The specified key does not exist.</li>\n\
            <li>Key: &lt;script&gt;'&quot;&amp;</li>\n<li>RequestId: R</li>\n\
            <li>HostId: H</li>\n</ul>\n\
            <h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n<ul>\n\
            <li>Code: AccessDenied</li>\n<li>Message: Access Denied</li>\n</ul>\n<hr/>\n</body>\n</html>\n";
        assert_eq!(html(StatusCode::NOT_FOUND, &error, Some(&denied), &ids), expected);
        let head = render(&error, &ids, true);
        assert_eq!(head.status(), 404);
        assert_eq!(head.headers()["x-amz-error-code"], "NoSuchKey");
        assert_eq!(head.headers()["content-type"], HTML);
    }
}
