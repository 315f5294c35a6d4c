//! The console: the files of a web page that is one more client of the APIs on this endpoint.
//!
//! It has no rights of its own and nothing here asks who calls. The page shares its origin with
//! every object that a browser opens, so its headers keep others from framing it, from holding a
//! handle to its window, and from having it run anything but its own files.

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ETAG, HeaderName, IF_NONE_MATCH, LOCATION, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use crate::body::ResponseBody;
use crate::headers::text;

/// Where the console is, below the host.
pub const PATH: &str = "/_grantry/console/";

/// Styles come from files; what components set on elements by script is no inline style to the
/// policy. Pictures of previews are `blob:` and `data:`, nothing else is.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
                      img-src 'self' blob: data:; media-src blob:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      object-src 'none'";

const PROTECTION: [(HeaderName, &str); 7] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// One file, and its compressed forms where they are smaller.
struct Asset {
    name: &'static str,
    tag: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// In the order of their names.
static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/console_assets.rs"));

/// Whether the console was built into the program.
pub fn is_built() -> bool {
    !ASSETS.is_empty()
}

/// Whether a path below `/_grantry/` leads here.
pub(crate) fn is_path(name: &str) -> bool {
    name == "console" || name.starts_with("console/")
}

/// The answer to a request whose path [`is_path`].
pub(crate) fn answer(parts: &Parts, name: &str) -> Response<ResponseBody> {
    let mut response = file(parts, name);
    let headers = response.headers_mut();
    for (name, value) in PROTECTION {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn file(parts: &Parts, name: &str) -> Response<ResponseBody> {
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        let mut response = message(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let Some(name) = name.strip_prefix("console/") else {
        let mut response = message(StatusCode::PERMANENT_REDIRECT, "");
        response.headers_mut().insert(LOCATION, HeaderValue::from_static(PATH));
        return response;
    };
    if !is_built() {
        let reason = "the console was not built into this program; `make build` does that\n";
        return message(StatusCode::NOT_FOUND, reason);
    }
    let name = if name.is_empty() { "index.html" } else { name };
    match ASSETS.binary_search_by_key(&name, |asset| asset.name) {
        Ok(index) => ASSETS.get(index).map_or_else(nothing, |asset| asset.answer(parts)),
        Err(_) => nothing(),
    }
}

fn nothing() -> Response<ResponseBody> {
    message(StatusCode::NOT_FOUND, "there is nothing here\n")
}

fn message(status: StatusCode, text: &'static str) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::from(text.to_owned()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl Asset {
    fn answer(&self, parts: &Parts) -> Response<ResponseBody> {
        let (coding, bytes) = self.form(&parts.headers);
        let fresh = text(&parts.headers, IF_NONE_MATCH)
            .is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == self.tag));
        let mut response = Response::new(match parts.method {
            Method::GET if !fresh => ResponseBody::from(Bytes::from_static(bytes)),
            _ => ResponseBody::from(String::new()),
        });
        if fresh {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type()));
        headers.insert(ETAG, HeaderValue::from_static(self.tag));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(self.caching()));
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        if let Some(coding) = coding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response
    }

    /// The smallest form that the client takes.
    fn form(&self, headers: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
        let accepted = text(headers, ACCEPT_ENCODING).unwrap_or_default();
        let takes = |coding: &str| accepted.split(',').any(|offer| is_offer_of(offer, coding));
        match (self.brotli, self.gzip) {
            (Some(bytes), _) if takes("br") => (Some("br"), bytes),
            (_, Some(bytes)) if takes("gzip") => (Some("gzip"), bytes),
            _ => (None, self.plain),
        }
    }

    /// Names of assets hold a hash of their content; the page itself does not.
    fn caching(&self) -> &'static str {
        if self.name.starts_with("assets/") {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        }
    }

    fn content_type(&self) -> &'static str {
        match self.name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("png") => "image/png",
            Some("woff2") => "font/woff2",
            Some("woff") => "font/woff",
            Some("txt") => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        }
    }
}

/// Whether one member of `Accept-Encoding` is this coding and not refused by a weight of zero.
fn is_offer_of(offer: &str, coding: &str) -> bool {
    let mut parts = offer.split(';').map(str::trim);
    let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
    named && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn ask(asset: &Asset, headers: &[(HeaderName, &str)]) -> Response<ResponseBody> {
        let mut request = Request::get("/").body(()).unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        asset.answer(&request.into_parts().0)
    }

    fn asset(name: &'static str) -> Asset {
        let (brotli, gzip) = (Some(&b"b"[..]), Some(&b"gz"[..]));
        Asset { name, tag: "\"1\"", plain: b"plain", brotli, gzip }
    }

    #[test]
    fn the_smallest_form_that_the_client_takes() {
        let check = |accepted: &str, expected: Option<&str>| {
            let response = ask(&asset("assets/a-1.js"), &[(ACCEPT_ENCODING, accepted)]);
            let coding = response.headers().get(CONTENT_ENCODING);
            assert_eq!(coding.map(|value| value.to_str().unwrap()), expected, "{accepted}");
        };
        check("gzip, deflate, br", Some("br"));
        check("gzip, br;q=0", Some("gzip"));
        check("GZIP;q=0.5", Some("gzip"));
        check("identity", None);
        check("", None);
    }

    #[test]
    fn what_is_named_by_its_hash_is_kept_for_ever() {
        let caching = |name| ask(&asset(name), &[]).headers()[CACHE_CONTROL].clone();
        assert_eq!(caching("assets/a-1.js"), "public, max-age=31536000, immutable");
        assert_eq!(caching("index.html"), "no-cache");
    }

    #[test]
    fn a_page_that_did_not_change_is_not_sent_again() {
        let response = ask(&asset("index.html"), &[(IF_NONE_MATCH, "\"0\", \"1\"")]);
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        let response = ask(&asset("index.html"), &[(IF_NONE_MATCH, "\"0\"")]);
        assert_eq!(response.status(), StatusCode::OK);
    }

    #[test]
    fn every_answer_is_protected() {
        let get = |name| {
            let request = Request::get("/").body(()).unwrap();
            answer(&request.into_parts().0, name)
        };
        for name in ["console", "console/", "console/nowhere"] {
            let response = get(name);
            for (header, value) in PROTECTION {
                assert_eq!(response.headers()[&header], value, "{name} {header}");
            }
        }
        assert_eq!(get("console").headers()[LOCATION], PATH);
        assert_eq!(get("console/../metrics").status(), StatusCode::NOT_FOUND);
    }
}
