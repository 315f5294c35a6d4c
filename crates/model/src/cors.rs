//! Cross-origin resource sharing: the rules of a bucket, and what they say to a browser.
//!
//! AWS: "Using cross-origin resource sharing (CORS)"; API reference, PutBucketCors and "OPTIONS
//! object". Texts of errors as users of Amazon S3 observed them.

use crate::error::S3Error;
use crate::error_code::ErrorCode;
use crate::limits::{CORS_RULE_ID_LENGTH_CHARACTERS_MAX, CORS_RULES_MAX};

/// The methods that a rule may allow. `OPTIONS` asks, and is never asked about.
pub const METHODS: [&str; 5] = ["GET", "PUT", "HEAD", "POST", "DELETE"];

/// One rule as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorsRule {
    /// `ID`
    pub id: Option<String>,
    /// `AllowedOrigin`: at least one; each with at most one `*`, which stands for any text.
    pub allowed_origins: Vec<String>,
    /// `AllowedMethod`: at least one of [`METHODS`].
    pub allowed_methods: Vec<String>,
    /// `AllowedHeader`: each with at most one `*`; compared without regard to letter case.
    pub allowed_headers: Vec<String>,
    /// `ExposeHeader`: names of headers.
    pub expose_headers: Vec<String>,
    /// `MaxAgeSeconds`: how long a browser may remember the answer to a preflight.
    pub max_age_seconds: Option<u32>,
}

/// The rules of a bucket, checked; the first that matches counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorsConfiguration(Vec<CorsRule>);

/// What a browser wants to know or to do.
#[derive(Clone, Copy, Debug)]
pub struct CorsQuestion<'a> {
    /// `Origin`
    pub origin: &'a str,
    /// The method of the request, or the one that a preflight asks about.
    pub method: &'a str,
    /// The headers that a preflight asks about.
    pub headers: &'a [&'a str],
}

/// The rule that allows a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorsGrant<'a> {
    /// `Access-Control-Allow-Origin`: `*` if the rule says just that, else the origin that asks.
    pub origin: &'a str,
    /// The rule.
    pub rule: &'a CorsRule,
}

impl CorsGrant<'_> {
    /// Whether every origin is allowed; the browser then sends no credentials.
    pub fn is_for_everybody(&self) -> bool {
        self.origin == "*"
    }
}

impl CorsConfiguration {
    /// Checks what PutBucketCors was given. Errors: `MalformedXML`, `InvalidRequest`.
    pub fn new(rules: Vec<CorsRule>) -> Result<Self, S3Error> {
        if rules.is_empty() {
            return Err(ErrorCode::MalformedXML.into());
        }
        if rules.len() > CORS_RULES_MAX {
            return Err(invalid(
                "The number of CORS rules should not exceed allowed limit of 100 rules.".to_owned(),
            ));
        }
        rules.iter().try_for_each(check)?;
        Ok(Self(rules))
    }

    /// Rules that were checked before they were stored.
    pub fn stored(rules: Vec<CorsRule>) -> Self {
        Self(rules)
    }

    /// The rules in their order.
    pub fn rules(&self) -> &[CorsRule] {
        &self.0
    }

    /// The first rule that allows origin, method and all headers.
    pub fn answer<'a>(&'a self, question: CorsQuestion<'a>) -> Option<CorsGrant<'a>> {
        self.0.iter().find_map(|rule| {
            let origin = rule
                .allowed_origins
                .iter()
                .find(|allowed| matches(allowed, question.origin, |left, right| left == right))?;
            let allows_method = rule.allowed_methods.iter().any(|method| method == question.method);
            let allows_header = |header: &&str| {
                let allowed = &rule.allowed_headers;
                allowed.iter().any(|allowed| matches(allowed, header, str::eq_ignore_ascii_case))
            };
            let allows = allows_method && question.headers.iter().all(allows_header);
            let origin = if origin == "*" { "*" } else { question.origin };
            allows.then_some(CorsGrant { origin, rule })
        })
    }
}

/// Whether `text` is `pattern`, in which one `*` stands for any text.
fn matches(pattern: &str, text: &str, equal: impl Fn(&str, &str) -> bool) -> bool {
    let Some((start, end)) = pattern.split_once('*') else { return equal(pattern, text) };
    let Some(rest) = text.len().checked_sub(end.len()).filter(|rest| *rest >= start.len()) else {
        return false;
    };
    match (text.get(..start.len()), text.get(rest..)) {
        (Some(head), Some(tail)) => equal(start, head) && equal(end, tail),
        _ => false,
    }
}

fn invalid(message: String) -> S3Error {
    S3Error::with_message(ErrorCode::InvalidRequest, message)
}

fn check(rule: &CorsRule) -> Result<(), S3Error> {
    if rule.allowed_origins.is_empty() || rule.allowed_methods.is_empty() {
        return Err(ErrorCode::MalformedXML.into());
    }
    if rule.id.as_ref().is_some_and(|id| id.chars().count() > CORS_RULE_ID_LENGTH_CHARACTERS_MAX) {
        return Err(invalid("ID length should not exceed allowed limit of 255".to_owned()));
    }
    for method in &rule.allowed_methods {
        if !METHODS.contains(&method.as_str()) {
            return Err(invalid(format!(
                "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            )));
        }
    }
    let several = |text: &&String| text.matches('*').count() > 1;
    if let Some(origin) = rule.allowed_origins.iter().find(several) {
        return Err(invalid(format!(
            "AllowedOrigin \"{origin}\" can not have more than one wildcard."
        )));
    }
    if let Some(header) = rule.allowed_headers.iter().find(several) {
        return Err(invalid(format!(
            "AllowedHeader \"{header}\" can not have more than one wildcard."
        )));
    }
    for header in &rule.expose_headers {
        if header.contains('*') {
            return Err(invalid(format!(
                "ExposeHeader \"{header}\" contains wildcard. We currently do not support wildcard for ExposeHeader."
            )));
        }
        // Ceph CVE-2020-10753: what is no name of a header could end the header of the answer.
        if !is_token(header) {
            return Err(invalid(format!("ExposeHeader \"{header}\" is not the name of a header.")));
        }
    }
    Ok(())
}

/// RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    fn rule(origins: &[&str], methods: &[&str], headers: &[&str]) -> CorsRule {
        CorsRule {
            allowed_origins: texts(origins),
            allowed_methods: texts(methods),
            allowed_headers: texts(headers),
            ..CorsRule::default()
        }
    }

    #[test]
    fn patterns() {
        let same = |pattern, text| matches(pattern, text, |left, right| left == right);
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "http://a", true),
            ("http://a", "http://a", true),
            ("http://a", "http://A", false),
            ("http://*.org", "http://a.b.org", true),
            ("http://*.org", "http://.org", true),
            ("http://*.org", "http://a.com", false),
            ("ab*ba", "aba", false),
            ("ab*ba", "abba", true),
            ("*é", "é", true),
            ("*\u{a9}", "é", false),
            ("é*", "e", false),
        ] {
            assert_eq!(same(pattern, text), expected, "{pattern} {text}");
        }
        assert!(matches("X-Amz-*", "x-amz-META", str::eq_ignore_ascii_case));
    }

    fn check_new(rules: Vec<CorsRule>, expected: Result<(), &str>) {
        let sent = format!("{rules:?}");
        let outcome = CorsConfiguration::new(rules).map(drop);
        assert_eq!(outcome.as_ref().map_err(S3Error::message).copied(), expected, "{sent}");
    }

    #[test]
    fn rules_are_checked() {
        let good = rule(&["http://*.org"], &["GET"], &["x-*"]);
        let malformed = Err(ErrorCode::MalformedXML.message());
        check_new(vec![good.clone(); 100], Ok(()));
        check_new(vec![], malformed);
        check_new(vec![rule(&[], &["GET"], &[])], malformed);
        check_new(vec![rule(&["*"], &[], &[])], malformed);
        check_new(
            vec![good.clone(); 101],
            Err("The number of CORS rules should not exceed allowed limit of 100 rules."),
        );
        for method in ["OPTIONS", "get", "", "PATCH", "*"] {
            let message = format!(
                "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            );
            check_new(vec![rule(&["*"], &["GET", method], &[])], Err(&message));
        }
        check_new(
            vec![rule(&["http://*.*"], &["GET"], &[])],
            Err("AllowedOrigin \"http://*.*\" can not have more than one wildcard."),
        );
        check_new(
            vec![rule(&["*"], &["GET"], &["**"])],
            Err("AllowedHeader \"**\" can not have more than one wildcard."),
        );
        let exposes = |name: &str| CorsRule { expose_headers: texts(&[name]), ..good.clone() };
        check_new(vec![exposes("ETag")], Ok(()));
        check_new(
            vec![exposes("x-amz-*")],
            Err(
                "ExposeHeader \"x-amz-*\" contains wildcard. We currently do not support wildcard for ExposeHeader.",
            ),
        );
        check_new(
            vec![exposes("a\r\nSet-Cookie: b")],
            Err("ExposeHeader \"a\r\nSet-Cookie: b\" is not the name of a header."),
        );
        let named = |length| CorsRule { id: Some("i".repeat(length)), ..good.clone() };
        check_new(vec![named(255)], Ok(()));
        check_new(vec![named(256)], Err("ID length should not exceed allowed limit of 255"));
    }

    #[test]
    fn the_first_rule_that_matches_counts() {
        let rules = vec![
            rule(&["http://a.org"], &["GET", "PUT"], &["x-amz-*"]),
            rule(&["*"], &["GET"], &[]),
        ];
        let configuration = CorsConfiguration::new(rules).unwrap();
        let ask = |origin, method, headers: &[&str]| {
            let found = configuration.answer(CorsQuestion { origin, method, headers });
            let index = |grant: CorsGrant<'_>| {
                configuration.rules().iter().position(|rule| rule == grant.rule).unwrap()
            };
            found.map(|grant| (grant.origin.to_owned(), index(grant)))
        };
        let own = |index| Some(("http://a.org".to_owned(), index));
        assert_eq!(ask("http://a.org", "GET", &[]), own(0));
        assert_eq!(ask("http://a.org", "PUT", &["X-Amz-Date"]), own(0));
        assert_eq!(ask("http://a.org", "PUT", &["content-type"]), None);
        assert_eq!(ask("http://a.org", "DELETE", &[]), None);
        assert_eq!(ask("http://b.org", "GET", &[]), Some(("*".to_owned(), 1)));
        assert_eq!(ask("http://b.org", "PUT", &[]), None);
        assert_eq!(ask("http://b.org", "GET", &["x"]), None);
    }
}
