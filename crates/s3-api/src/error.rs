//! Errors as S3 answers them (§0.3).

use http::{HeaderName, HeaderValue, Response, StatusCode};
use model::S3Error;

use crate::body::ResponseBody;
use crate::time::http_date;
use crate::xml::XmlWriter;

/// The two ids of a request, repeated in headers and error bodies.
#[derive(Clone, Debug)]
pub(crate) struct RequestIds {
    /// `x-amz-request-id`: 16 upper-case letters and digits.
    pub(crate) request_id: String,
    /// `x-amz-id-2`.
    pub(crate) host_id: String,
}

/// The response to an error. A HEAD request gets status and headers alone.
pub(crate) fn render(error: &S3Error, ids: &RequestIds, is_head: bool) -> Response<ResponseBody> {
    let body =
        if is_head { ResponseBody::empty() } else { ResponseBody::from(document(error, ids)) };
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(error.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    for (name, value) in error.headers() {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    let date = error.last_modified().map(http_date);
    if let Some(date) = date.and_then(|date| HeaderValue::try_from(date).ok()) {
        headers.insert(http::header::LAST_MODIFIED, date);
    }
    response
}

fn document(error: &S3Error, ids: &RequestIds) -> String {
    XmlWriter::plain("Error", |xml| {
        xml.text("Code", error.code().as_str());
        xml.text("Message", error.message());
        for (name, value) in error.fields() {
            xml.text(name, value);
        }
        xml.text("RequestId", &ids.request_id);
        xml.text("HostId", &ids.host_id);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::ErrorCode;

    #[test]
    fn envelope() {
        let ids = RequestIds { request_id: "R".into(), host_id: "H".into() };
        let error = S3Error::new(ErrorCode::NoSuchKey).field("Key", "a&b");
        assert_eq!(
            document(&error, &ids),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>a&amp;b</Key><RequestId>R</RequestId><HostId>H</HostId></Error>"
        );
        assert_eq!(render(&error, &ids, false).status(), StatusCode::NOT_FOUND);
    }

    /// A cause is for the operator; secrets and paths in it must not reach the client.
    #[test]
    fn cause_stays_inside() {
        let ids = RequestIds { request_id: "R".into(), host_id: "H".into() };
        let error = S3Error::internal("disk /dev/sda is on fire");
        assert!(!document(&error, &ids).contains("fire"));
    }
}
