//! Event notifications of a bucket. AWS: API reference, PutBucketNotificationConfiguration.

use model::S3Error;
use model::limits::NOTIFICATION_BODY_BYTES_MAX;
use model::notification::{
    DestinationService, NotificationConfiguration, NotificationRule, SentRule,
};
use ops::bucket::notification::{self, DestinationCheck};

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::headers::text;
use crate::xml::{Element, Malformed, XmlWriter};

const ROOT: &str = "NotificationConfiguration";

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let found = notification::get(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::xml(self::document(&found)))
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let document = document::read(context, body, NOTIFICATION_BODY_BYTES_MAX).await?;
    let configuration = configuration(&document);
    let skips = text(context.headers(), "x-amz-skip-destination-validation")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let check = if skips { DestinationCheck::Skipped } else { DestinationCheck::Required };
    let call = context.call()?;
    notification::put(context.store, &call, context.bucket()?, configuration, check).await?;
    Ok(Answer::ok())
}

/// The document of a configuration.
pub(crate) fn document(configuration: &NotificationConfiguration) -> String {
    XmlWriter::s3(ROOT, |xml| {
        for rule in configuration.rules() {
            xml.element(element(rule.service), |xml| write(xml, rule));
        }
        if configuration.event_bridge() {
            xml.element("EventBridgeConfiguration", |_| {});
        }
    })
}

/// Reads and checks a document.
pub(crate) fn configuration(document: &[u8]) -> Result<NotificationConfiguration, S3Error> {
    let (rules, event_bridge) = document::parsed(document, ROOT, read)?;
    notification::checked(rules, event_bridge)
}

fn element(service: DestinationService) -> &'static str {
    match service {
        DestinationService::Topic => "TopicConfiguration",
        DestinationService::Queue => "QueueConfiguration",
        DestinationService::CloudFunction => "CloudFunctionConfiguration",
    }
}

fn write(xml: &mut XmlWriter, rule: &NotificationRule) {
    xml.text("Id", &rule.id);
    xml.text(rule.service.element(), &rule.arn);
    for event in &rule.events {
        xml.text("Event", event);
    }
    if rule.prefix.is_none() && rule.suffix.is_none() {
        return;
    }
    xml.element("Filter", |xml| {
        xml.element("S3Key", |xml| {
            for (name, value) in [("Prefix", &rule.prefix), ("Suffix", &rule.suffix)] {
                let Some(value) = value else { continue };
                xml.element("FilterRule", |xml| {
                    xml.text("Name", name);
                    xml.text("Value", value);
                });
            }
        });
    });
}

fn read(configuration: &Element) -> Result<(Vec<SentRule>, bool), Malformed> {
    let [topic, queue, function] = DestinationService::ALL.map(element);
    let names = [topic, queue, function, "EventBridgeConfiguration"];
    let mut rules = Vec::new();
    let mut event_bridge = false;
    for child in configuration.children(&names)? {
        let service = DestinationService::ALL.into_iter().find(|one| element(*one) == child.name);
        match service {
            Some(service) => rules.push(rule(service, child)?),
            None if event_bridge => return Err(Malformed),
            None => {
                child.children(&[])?;
                event_bridge = true;
            }
        }
    }
    Ok((rules, event_bridge))
}

fn rule(service: DestinationService, element: &Element) -> Result<SentRule, Malformed> {
    let mut events = Vec::new();
    for child in element.children(&["Id", service.element(), "Event", "Filter"])? {
        if child.name == "Event" {
            events.push(child.text()?.trim().to_owned());
        }
    }
    Ok(SentRule {
        id: element.optional_text("Id")?.map(str::to_owned),
        service,
        arn: element.required(service.element())?.text()?.trim().to_owned(),
        events,
        filter: element.optional("Filter")?.map_or(Ok(Vec::new()), filter)?,
    })
}

fn filter(element: &Element) -> Result<Vec<(String, String)>, Malformed> {
    element.children(&["S3Key"])?;
    let Some(key) = element.optional("S3Key")? else { return Ok(Vec::new()) };
    let rule = |rule: &Element| {
        rule.children(&["Name", "Value"])?;
        let text = |name| Ok(rule.required(name)?.text()?.to_owned());
        Ok((text("Name")?, text("Value")?))
    };
    key.children(&["FilterRule"])?.iter().map(rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(rules: &str) -> Option<(Vec<SentRule>, bool)> {
        let document = format!("<{ROOT}>{rules}</{ROOT}>");
        document::parsed(document.as_bytes(), ROOT, read).ok()
    }

    #[test]
    fn documents() {
        let arn = "arn:aws:sqs:r:123456789012:q";
        let rule = format!(
            "<QueueConfiguration><Id>i</Id><Queue>{arn}</Queue><Event>s3:ObjectCreated:*</Event>\
             <Event>s3:ObjectAcl:Put</Event><Filter><S3Key><FilterRule><Name>Prefix</Name>\
             <Value>a&amp;b</Value></FilterRule><FilterRule><Name>Suffix</Name><Value> x</Value>\
             </FilterRule></S3Key></Filter></QueueConfiguration>"
        );
        let text = format!("{rule}<EventBridgeConfiguration></EventBridgeConfiguration>");
        let (rules, event_bridge) = parsed(&text).unwrap();
        assert!(event_bridge);
        let filter = [("Prefix", "a&b"), ("Suffix", " x")];
        assert_eq!(rules[0].filter, filter.map(|(name, value)| (name.into(), value.into())));
        let configuration = notification::checked(rules, event_bridge).unwrap();
        let written = super::document(&configuration);
        assert!(written.contains(&text), "{written}");
        assert_eq!(super::configuration(written.as_bytes()).unwrap(), configuration);
        assert_eq!(parsed(""), Some((Vec::new(), false)));
    }

    #[test]
    fn what_is_refused() {
        let queue = |inner: &str| format!("<QueueConfiguration>{inner}</QueueConfiguration>");
        let arn = "<Queue>a</Queue>";
        for bad in [
            "<Other/>".to_owned(),
            "<EventBridgeConfiguration/><EventBridgeConfiguration/>".to_owned(),
            "<EventBridgeConfiguration><X/></EventBridgeConfiguration>".to_owned(),
            queue(""),
            queue("<Topic>a</Topic>"),
            queue(&format!("{arn}{arn}")),
            queue(&format!("{arn}<Id>a</Id><Id>b</Id>")),
            queue(&format!("{arn}<Filter><Other/></Filter>")),
            queue(&format!(
                "{arn}<Filter><S3Key><FilterRule><Name>prefix</Name></FilterRule></S3Key></Filter>"
            )),
        ] {
            assert_eq!(parsed(&bad), None, "{bad}");
        }
    }
}
