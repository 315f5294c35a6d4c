//! Static websites: what a bucket answers on a website host.
//!
//! AWS: "Hosting a static website using Amazon S3"; API reference, PutBucketWebsite. Texts of errors as
//! users of Amazon S3 observed them.

use crate::error::S3Error;
use crate::error_code::ErrorCode;
use crate::key::ObjectKey;
use crate::limits::WEBSITE_ROUTING_RULES_MAX;

/// `Protocol`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `http`
    Http,
    /// `https`
    Https,
}

impl Protocol {
    /// The scheme of URLs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// Reads a `Protocol` element.
    pub fn parse(text: &str) -> Result<Self, S3Error> {
        match text {
            "http" => Ok(Self::Http),
            "https" => Ok(Self::Https),
            _ => Err(invalid(
                "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.",
            )),
        }
    }
}

/// What a bucket does on a website host, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebsiteConfiguration {
    /// `RedirectAllRequestsTo`
    RedirectAll {
        /// `HostName`
        host: String,
        /// `Protocol`; that of the request if there is none.
        protocol: Option<Protocol>,
    },
    /// Answers with objects.
    Pages(Pages),
}

/// A website of objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pages {
    /// `IndexDocument`: what is appended to folders; without a slash.
    pub index_suffix: String,
    /// `ErrorDocument`: what is answered for errors.
    pub error_key: Option<ObjectKey>,
    /// The first that matches counts.
    pub rules: Vec<RoutingRule>,
}

/// `RoutingRule`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoutingRule {
    /// `KeyPrefixEquals`
    pub prefix: Option<String>,
    /// `HttpErrorCodeReturnedEquals`
    pub error_status: Option<u16>,
    /// `HostName`
    pub host: Option<String>,
    /// `Protocol`
    pub protocol: Option<Protocol>,
    /// `HttpRedirectCode`
    pub status: Option<u16>,
    /// `ReplaceKeyWith` or `ReplaceKeyPrefixWith`.
    pub replace: Option<Replacement>,
}

/// What becomes of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// `ReplaceKeyWith`
    Key(String),
    /// `ReplaceKeyPrefixWith`
    Prefix(String),
}

impl RoutingRule {
    /// Whether the rule is about this key, and about this error if there is one.
    pub fn matches(&self, key: &str, error_status: Option<u16>) -> bool {
        self.error_status == error_status
            && self.prefix.as_deref().is_none_or(|prefix| key.starts_with(prefix))
    }

    /// The key that the client is sent to.
    pub fn key(&self, key: &str) -> String {
        match &self.replace {
            None => key.to_owned(),
            Some(Replacement::Key(with)) => with.clone(),
            Some(Replacement::Prefix(with)) => {
                let prefix = self.prefix.as_deref().unwrap_or_default();
                format!("{with}{}", key.strip_prefix(prefix).unwrap_or(key))
            }
        }
    }
}

/// A configuration as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentWebsite {
    /// `IndexDocument`
    pub index_suffix: Option<String>,
    /// `ErrorDocument`
    pub error_key: Option<String>,
    /// `RedirectAllRequestsTo`: host and protocol.
    pub redirect_all: Option<(String, Option<String>)>,
    /// `RoutingRules`
    pub rules: Option<Vec<SentRule>>,
}

/// A routing rule as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentRule {
    /// `Condition`: prefix and status.
    pub condition: Option<(Option<String>, Option<String>)>,
    /// `HostName`
    pub host: Option<String>,
    /// `Protocol`
    pub protocol: Option<String>,
    /// `HttpRedirectCode`
    pub status: Option<String>,
    /// `ReplaceKeyWith`
    pub key: Option<String>,
    /// `ReplaceKeyPrefixWith`
    pub prefix: Option<String>,
}

impl WebsiteConfiguration {
    /// Checks what PutBucketWebsite was given. Errors: `MalformedXML`, `InvalidArgument`,
    /// `InvalidRequest`.
    pub fn new(sent: SentWebsite) -> Result<Self, S3Error> {
        let SentWebsite { index_suffix, error_key, redirect_all, rules } = sent;
        if let Some((host, protocol)) = redirect_all {
            if index_suffix.is_some() || error_key.is_some() || rules.is_some() {
                return Err(invalid(
                    "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
                ));
            }
            if host.is_empty() {
                return Err(invalid(
                    "A host name must be provided to redirect all requests (e.g. \"example.com\").",
                ));
            }
            let protocol = protocol.as_deref().map(Protocol::parse).transpose()?;
            return Ok(Self::RedirectAll { host: checked_host(host)?, protocol });
        }
        let Some(index_suffix) = index_suffix else {
            let message = "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty";
            return Err(S3Error::invalid_argument(message, "IndexDocument", "null"));
        };
        if index_suffix.contains('/') || ObjectKey::parse(&index_suffix).is_err() {
            let message = "The IndexDocument Suffix is not well formed";
            return Err(S3Error::invalid_argument(message, "IndexDocument", index_suffix));
        }
        let malformed = || S3Error::new(ErrorCode::MalformedXML);
        let error_key = error_key.map(|key| ObjectKey::parse(&key)).transpose();
        let error_key = error_key.map_err(|_| malformed())?;
        let rules = rules.map_or(Ok(Vec::new()), checked_rules)?;
        Ok(Self::Pages(Pages { index_suffix, error_key, rules }))
    }
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> S3Error {
    S3Error::with_message(ErrorCode::InvalidRequest, message)
}

fn checked_rules(sent: Vec<SentRule>) -> Result<Vec<RoutingRule>, S3Error> {
    match sent.len() {
        0 => Err(ErrorCode::MalformedXML.into()),
        count if count > WEBSITE_ROUTING_RULES_MAX => Err(invalid(format!(
            "{count} routing rules provided, the number of routing rules in a website configuration is limited to 50."
        ))),
        _ => sent.into_iter().map(checked_rule).collect(),
    }
}

fn checked_rule(sent: SentRule) -> Result<RoutingRule, S3Error> {
    let SentRule { condition, host, protocol, status, key, prefix } = sent;
    if host.is_none() && protocol.is_none() && status.is_none() && key.is_none() && prefix.is_none()
    {
        return Err(ErrorCode::MalformedXML.into());
    }
    if matches!(condition, Some((None, None))) {
        return Err(invalid(
            "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.",
        ));
    }
    let (key_prefix, error_status) = condition.unwrap_or_default();
    let number = |text: String| text.parse().map_err(|_| S3Error::new(ErrorCode::MalformedXML));
    let error_status: Option<u16> = error_status.map(number).transpose()?;
    if let Some(code) = error_status.filter(|code| !(400..600).contains(code)) {
        return Err(invalid(format!(
            "The provided HTTP error code ({code}) is not valid. Valid codes are 4XX or 5XX."
        )));
    }
    let status: Option<u16> = status.map(number).transpose()?;
    if let Some(code) = status.filter(|code| !(301..400).contains(code)) {
        return Err(invalid(format!(
            "The provided HTTP redirect code ({code}) is not valid. Valid codes are 3XX except 300."
        )));
    }
    let replace = match (key, prefix) {
        (Some(_), Some(_)) => {
            return Err(invalid(
                "You can only define ReplaceKeyPrefix or ReplaceKey but not both.",
            ));
        }
        (Some(key), None) => Some(Replacement::Key(key)),
        (None, prefix) => prefix.map(Replacement::Prefix),
    };
    if host.as_deref() == Some("") {
        return Err(invalid(
            "The HostName cannot be blank. To redirect within the same domain, the element should not be present.",
        ));
    }
    Ok(RoutingRule {
        prefix: key_prefix,
        error_status,
        host: host.map(checked_host).transpose()?,
        protocol: protocol.as_deref().map(Protocol::parse).transpose()?,
        status,
        replace,
    })
}

/// A host becomes part of a header: what is no name or address could end it.
fn checked_host(host: String) -> Result<String, S3Error> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    if host.len() <= 255 && host.bytes().all(allowed) {
        return Ok(host);
    }
    Err(invalid(format!("The HostName \"{host}\" is not the name of a host.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(rules: Vec<SentRule>) -> SentWebsite {
        SentWebsite {
            index_suffix: Some("index.html".into()),
            error_key: Some("errors/404.html".into()),
            rules: Some(rules),
            redirect_all: None,
        }
    }

    fn check(sent: SentWebsite, expected: Result<(), &str>) {
        let shown = format!("{sent:?}");
        let outcome = WebsiteConfiguration::new(sent).map(drop);
        assert_eq!(outcome.as_ref().map_err(S3Error::message).copied(), expected, "{shown}");
    }

    fn to_host(host: &str) -> SentRule {
        SentRule { host: Some(host.into()), ..SentRule::default() }
    }

    #[expect(clippy::unnecessary_wraps, reason = "fields that may be missing are filled with it")]
    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn websites_are_checked() {
        let malformed = Err(ErrorCode::MalformedXML.message());
        let well_formed = Err("The IndexDocument Suffix is not well formed");
        check(pages(vec![to_host("example.com")]), Ok(()));
        check(SentWebsite { rules: None, error_key: None, ..pages(vec![]) }, Ok(()));
        check(pages(vec![]), malformed);
        check(
            SentWebsite::default(),
            Err(
                "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
            ),
        );
        for suffix in ["", "a/index.html", "/"] {
            check(
                SentWebsite { index_suffix: text(suffix), ..SentWebsite::default() },
                well_formed,
            );
        }
        let site = pages(vec![to_host("a")]);
        check(SentWebsite { error_key: text(""), ..site.clone() }, malformed);
        let all = |host: &str, protocol| SentWebsite {
            redirect_all: Some((host.to_owned(), protocol)),
            ..SentWebsite::default()
        };
        check(all("example.com", text("https")), Ok(()));
        check(
            all("", None),
            Err("A host name must be provided to redirect all requests (e.g. \"example.com\")."),
        );
        check(
            all("example.com", text("ftp")),
            Err(
                "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.",
            ),
        );
        check(
            all("a\r\nSet-Cookie: b", None),
            Err("The HostName \"a\r\nSet-Cookie: b\" is not the name of a host."),
        );
        check(
            SentWebsite { redirect_all: Some(("a".into(), None)), ..site },
            Err(
                "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
            ),
        );
    }

    #[test]
    fn rules_are_checked() {
        let malformed = Err(ErrorCode::MalformedXML.message());
        let rule = |rule| pages(vec![rule]);
        let to = || to_host("example.com");
        check(rule(SentRule::default()), malformed);
        check(
            pages(vec![to(); 51]),
            Err(
                "51 routing rules provided, the number of routing rules in a website configuration is limited to 50.",
            ),
        );
        check(pages(vec![to(); 50]), Ok(()));
        check(
            rule(SentRule { condition: Some((None, None)), ..to() }),
            Err(
                "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.",
            ),
        );
        for (code, message) in [
            (
                "300",
                Err(
                    "The provided HTTP redirect code (300) is not valid. Valid codes are 3XX except 300.",
                ),
            ),
            (
                "400",
                Err(
                    "The provided HTTP redirect code (400) is not valid. Valid codes are 3XX except 300.",
                ),
            ),
            ("302", Ok(())),
            ("soon", malformed),
        ] {
            check(rule(SentRule { status: text(code), ..to() }), message);
        }
        for (code, message) in [
            (
                "302",
                Err("The provided HTTP error code (302) is not valid. Valid codes are 4XX or 5XX."),
            ),
            (
                "600",
                Err("The provided HTTP error code (600) is not valid. Valid codes are 4XX or 5XX."),
            ),
            ("404", Ok(())),
            ("", malformed),
        ] {
            check(rule(SentRule { condition: Some((None, text(code))), ..to() }), message);
        }
        check(
            rule(SentRule { key: text("a"), prefix: text("b"), ..SentRule::default() }),
            Err("You can only define ReplaceKeyPrefix or ReplaceKey but not both."),
        );
        check(rule(SentRule { key: text(""), ..SentRule::default() }), Ok(()));
        check(
            rule(to_host("")),
            Err(
                "The HostName cannot be blank. To redirect within the same domain, the element should not be present.",
            ),
        );
    }

    #[test]
    fn where_rules_lead() {
        let prefix = |prefix: &str, replace| RoutingRule {
            prefix: text(prefix),
            replace,
            ..RoutingRule::default()
        };
        let documents = prefix("docs/", Some(Replacement::Prefix("documents/".into())));
        assert!(documents.matches("docs/a", None) && !documents.matches("doc", None));
        assert!(!documents.matches("docs/a", Some(404)));
        assert_eq!(documents.key("docs/a"), "documents/a");
        assert_eq!(prefix("docs/", None).key("docs/a"), "docs/a");
        assert_eq!(prefix("a", Some(Replacement::Key("b".into()))).key("abc"), "b");
        let all = RoutingRule {
            replace: Some(Replacement::Prefix("x/".into())),
            ..RoutingRule::default()
        };
        assert_eq!((all.matches("k", None), all.key("k")), (true, "x/k".into()));
        let missing = RoutingRule { error_status: Some(404), ..RoutingRule::default() };
        assert!(missing.matches("k", Some(404)));
        assert!(!missing.matches("k", None) && !missing.matches("k", Some(403)));
    }
}
