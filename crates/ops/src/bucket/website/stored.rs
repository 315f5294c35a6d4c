//! The text in which the configuration is stored with its bucket.

use model::website::{Pages, Protocol, Replacement, RoutingRule, WebsiteConfiguration};
use model::{ObjectKey, S3Error};
use serde::{Deserialize, Serialize};

/// The name of the sub-resource in the bucket's record.
pub(crate) const NAME: &str = "website";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Document {
    RedirectAll { host: String, protocol: Option<Scheme> },
    Pages { index_suffix: String, error_key: Option<String>, rules: Vec<Rule> },
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scheme {
    Http,
    Https,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    prefix: Option<String>,
    error_status: Option<u16>,
    host: Option<String>,
    protocol: Option<Scheme>,
    status: Option<u16>,
    replace: Option<Replace>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Replace {
    Key(String),
    Prefix(String),
}

impl From<Protocol> for Scheme {
    fn from(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Http => Self::Http,
            Protocol::Https => Self::Https,
        }
    }
}

impl From<Scheme> for Protocol {
    fn from(scheme: Scheme) -> Self {
        match scheme {
            Scheme::Http => Self::Http,
            Scheme::Https => Self::Https,
        }
    }
}

/// The configuration as text.
pub(crate) fn text(website: &WebsiteConfiguration) -> Result<String, S3Error> {
    let rule = |rule: &RoutingRule| Rule {
        prefix: rule.prefix.clone(),
        error_status: rule.error_status,
        host: rule.host.clone(),
        protocol: rule.protocol.map(Scheme::from),
        status: rule.status,
        replace: rule.replace.clone().map(|replace| match replace {
            Replacement::Key(with) => Replace::Key(with),
            Replacement::Prefix(with) => Replace::Prefix(with),
        }),
    };
    let document = match website {
        WebsiteConfiguration::RedirectAll { host, protocol } => {
            Document::RedirectAll { host: host.clone(), protocol: protocol.map(Scheme::from) }
        }
        WebsiteConfiguration::Pages(pages) => Document::Pages {
            index_suffix: pages.index_suffix.clone(),
            error_key: pages.error_key.as_ref().map(ToString::to_string),
            rules: pages.rules.iter().map(rule).collect(),
        },
    };
    serde_json::to_string(&document).map_err(S3Error::internal)
}

/// Reads it back; a text that cannot be read is an error, never "there is no website".
pub(crate) fn parse(text: &str) -> Result<WebsiteConfiguration, S3Error> {
    let rule = |rule: Rule| RoutingRule {
        prefix: rule.prefix,
        error_status: rule.error_status,
        host: rule.host,
        protocol: rule.protocol.map(Protocol::from),
        status: rule.status,
        replace: rule.replace.map(|replace| match replace {
            Replace::Key(with) => Replacement::Key(with),
            Replace::Prefix(with) => Replacement::Prefix(with),
        }),
    };
    Ok(match serde_json::from_str(text).map_err(S3Error::internal)? {
        Document::RedirectAll { host, protocol } => {
            WebsiteConfiguration::RedirectAll { host, protocol: protocol.map(Protocol::from) }
        }
        Document::Pages { index_suffix, error_key, rules } => {
            let key = error_key.map(|key| ObjectKey::parse(&key)).transpose();
            let damaged = |_| S3Error::internal("the key of a stored error document is damaged");
            WebsiteConfiguration::Pages(Pages {
                index_suffix,
                error_key: key.map_err(damaged)?,
                rules: rules.into_iter().map(rule).collect(),
            })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let rule = |replace| RoutingRule {
            prefix: Some("größe/".into()),
            error_status: Some(404),
            host: Some("a".into()),
            protocol: Some(Protocol::Https),
            status: Some(302),
            replace: Some(replace),
        };
        let rules = vec![
            rule(Replacement::Key("k".into())),
            rule(Replacement::Prefix(String::new())),
            RoutingRule::default(),
        ];
        let error_key = Some(ObjectKey::parse("e").unwrap());
        let pages = Pages { index_suffix: "i".into(), error_key, rules };
        for website in [
            WebsiteConfiguration::Pages(pages),
            WebsiteConfiguration::RedirectAll { host: "a".into(), protocol: Some(Protocol::Http) },
        ] {
            assert_eq!(parse(&text(&website).unwrap()).unwrap(), website);
        }
        for bad in ["", "{}", "{\"pages\":{}}"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
