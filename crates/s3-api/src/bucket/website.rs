//! The website configuration of a bucket. AWS: API reference, PutBucketWebsite.

use model::S3Error;
use model::limits::WEBSITE_BODY_BYTES_MAX;
use model::website::{
    Protocol, Replacement, RoutingRule, SentRule, SentWebsite, WebsiteConfiguration,
};
use ops::bucket::website;

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::xml::{Element, Malformed, XmlWriter};

const ROOT: &str = "WebsiteConfiguration";

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let found = website::get(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::xml(self::document(&found)))
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let document = document::read(context, body, WEBSITE_BODY_BYTES_MAX).await?;
    let website = configuration(&document);
    website::put(context.store, &context.call()?, context.bucket()?, website).await?;
    Ok(Answer::ok())
}

pub(crate) async fn delete(context: &Context<'_>) -> Result<Answer, S3Error> {
    website::delete(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::no_content())
}

/// Reads and checks a document.
pub(crate) fn configuration(document: &[u8]) -> Result<WebsiteConfiguration, S3Error> {
    document::parsed(document, ROOT, read).and_then(WebsiteConfiguration::new)
}

/// The document of a configuration.
pub(crate) fn document(website: &WebsiteConfiguration) -> String {
    XmlWriter::s3(ROOT, |xml| match website {
        WebsiteConfiguration::RedirectAll { host, protocol } => {
            xml.element("RedirectAllRequestsTo", |xml| {
                xml.text("HostName", host);
                xml.optional("Protocol", protocol.map(Protocol::as_str));
            });
        }
        WebsiteConfiguration::Pages(pages) => {
            xml.element("IndexDocument", |xml| xml.text("Suffix", &pages.index_suffix));
            if let Some(key) = &pages.error_key {
                xml.element("ErrorDocument", |xml| xml.text("Key", key.as_str()));
            }
            if !pages.rules.is_empty() {
                xml.element("RoutingRules", |xml| {
                    for rule in &pages.rules {
                        xml.element("RoutingRule", |xml| write(xml, rule));
                    }
                });
            }
        }
    })
}

fn write(xml: &mut XmlWriter, rule: &RoutingRule) {
    if rule.prefix.is_some() || rule.error_status.is_some() {
        xml.element("Condition", |xml| {
            xml.optional("KeyPrefixEquals", rule.prefix.as_deref());
            if let Some(status) = rule.error_status {
                xml.value("HttpErrorCodeReturnedEquals", status);
            }
        });
    }
    xml.element("Redirect", |xml| {
        xml.optional("Protocol", rule.protocol.map(Protocol::as_str));
        xml.optional("HostName", rule.host.as_deref());
        match &rule.replace {
            Some(Replacement::Key(with)) => xml.text("ReplaceKeyWith", with),
            Some(Replacement::Prefix(with)) => xml.text("ReplaceKeyPrefixWith", with),
            None => {}
        }
        if let Some(status) = rule.status {
            xml.value("HttpRedirectCode", status);
        }
    });
}

fn read(website: &Element) -> Result<SentWebsite, Malformed> {
    website.children(&[
        "IndexDocument",
        "ErrorDocument",
        "RedirectAllRequestsTo",
        "RoutingRules",
    ])?;
    let inner = |name, text| match website.optional(name)? {
        None => Ok(None),
        Some(element) => {
            element.children(&[text])?;
            Ok(Some(element.required(text)?.text()?.to_owned()))
        }
    };
    let redirect_all = match website.optional("RedirectAllRequestsTo")? {
        None => None,
        Some(element) => {
            element.children(&["HostName", "Protocol"])?;
            let host = element.required("HostName")?.text()?.to_owned();
            Some((host, owned(element, "Protocol")?))
        }
    };
    let rules = match website.optional("RoutingRules")? {
        None => None,
        Some(rules) => {
            Some(rules.children(&["RoutingRule"])?.iter().map(rule).collect::<Result<_, _>>()?)
        }
    };
    Ok(SentWebsite {
        index_suffix: inner("IndexDocument", "Suffix")?,
        error_key: inner("ErrorDocument", "Key")?,
        redirect_all,
        rules,
    })
}

fn owned(element: &Element, name: &str) -> Result<Option<String>, Malformed> {
    Ok(element.optional_text(name)?.map(str::to_owned))
}

fn rule(element: &Element) -> Result<SentRule, Malformed> {
    element.children(&["Condition", "Redirect"])?;
    let condition = match element.optional("Condition")? {
        None => None,
        Some(condition) => {
            condition.children(&["KeyPrefixEquals", "HttpErrorCodeReturnedEquals"])?;
            let prefix = owned(condition, "KeyPrefixEquals")?;
            Some((prefix, owned(condition, "HttpErrorCodeReturnedEquals")?))
        }
    };
    let redirect = element.required("Redirect")?;
    redirect.children(&[
        "HostName",
        "HttpRedirectCode",
        "Protocol",
        "ReplaceKeyPrefixWith",
        "ReplaceKeyWith",
    ])?;
    Ok(SentRule {
        condition,
        host: owned(redirect, "HostName")?,
        protocol: owned(redirect, "Protocol")?,
        status: owned(redirect, "HttpRedirectCode")?,
        key: owned(redirect, "ReplaceKeyWith")?,
        prefix: owned(redirect, "ReplaceKeyPrefixWith")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(inner: &str, expected: Result<(), &str>) {
        let document = format!("<{ROOT}>{inner}</{ROOT}>");
        let read = configuration(document.as_bytes());
        let code = read.as_ref().map(drop).map_err(|error| error.code().as_str());
        assert_eq!(code, expected, "{inner}");
        if let Ok(website) = read {
            let written = super::document(&website);
            assert!(written.contains(inner), "{written}");
            assert_eq!(configuration(written.as_bytes()).unwrap(), website);
        }
    }

    #[test]
    fn documents() {
        let index = "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>";
        let rule = "<RoutingRule><Condition><KeyPrefixEquals>a&amp;b/</KeyPrefixEquals><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></Condition><Redirect><Protocol>https</Protocol><HostName>example.com</HostName><ReplaceKeyPrefixWith>c/</ReplaceKeyPrefixWith><HttpRedirectCode>302</HttpRedirectCode></Redirect></RoutingRule>";
        let second =
            "<RoutingRule><Redirect><ReplaceKeyWith></ReplaceKeyWith></Redirect></RoutingRule>";
        check(index, Ok(()));
        check(
            &format!(
                "{index}<ErrorDocument><Key>e</Key></ErrorDocument><RoutingRules>{rule}{second}</RoutingRules>"
            ),
            Ok(()),
        );
        check(
            "<RedirectAllRequestsTo><HostName>a</HostName><Protocol>http</Protocol></RedirectAllRequestsTo>",
            Ok(()),
        );
        check("", Err("InvalidArgument"));
        for bad in [
            "<Other/>".to_owned(),
            "<IndexDocument/>".to_owned(),
            format!("{index}{index}"),
            format!("{index}<ErrorDocument/>"),
            format!("{index}<RoutingRules/>"),
            format!("{index}<RoutingRules><Other/></RoutingRules>"),
            format!("{index}<RoutingRules><RoutingRule/></RoutingRules>"),
            format!(
                "{index}<RoutingRules><RoutingRule><Redirect><Other/></Redirect></RoutingRule></RoutingRules>"
            ),
        ] {
            check(&bad, Err("MalformedXML"));
        }
    }
}
