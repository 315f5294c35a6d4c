//! The text in which the configuration is stored with its bucket.

use model::S3Error;
use model::notification::{DestinationService, NotificationConfiguration, NotificationRule};
use serde::{Deserialize, Serialize};

/// The name of the sub-resource in the bucket's record.
pub(crate) const NAME: &str = "notification";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    rules: Vec<Rule>,
    event_bridge: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    id: String,
    service: Service,
    arn: String,
    events: Vec<String>,
    prefix: Option<String>,
    suffix: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Service {
    Topic,
    Queue,
    CloudFunction,
}

/// The configuration as text; none where there is nothing to keep.
pub(crate) fn text(configuration: &NotificationConfiguration) -> Result<Option<String>, S3Error> {
    if configuration.is_empty() {
        return Ok(None);
    }
    let rule = |rule: &NotificationRule| Rule {
        id: rule.id.clone(),
        service: match rule.service {
            DestinationService::Topic => Service::Topic,
            DestinationService::Queue => Service::Queue,
            DestinationService::CloudFunction => Service::CloudFunction,
        },
        arn: rule.arn.clone(),
        events: rule.events.clone(),
        prefix: rule.prefix.clone(),
        suffix: rule.suffix.clone(),
    };
    let document = Document {
        rules: configuration.rules().iter().map(rule).collect(),
        event_bridge: configuration.event_bridge(),
    };
    serde_json::to_string(&document).map(Some).map_err(S3Error::internal)
}

/// Reads it back; a text that cannot be read is an error, never "nobody is told".
pub(crate) fn parse(text: &str) -> Result<NotificationConfiguration, S3Error> {
    let document: Document = serde_json::from_str(text).map_err(S3Error::internal)?;
    let rule = |rule: Rule| NotificationRule {
        id: rule.id,
        service: match rule.service {
            Service::Topic => DestinationService::Topic,
            Service::Queue => DestinationService::Queue,
            Service::CloudFunction => DestinationService::CloudFunction,
        },
        arn: rule.arn,
        events: rule.events,
        prefix: rule.prefix,
        suffix: rule.suffix,
    };
    let rules = document.rules.into_iter().map(rule).collect();
    Ok(NotificationConfiguration::stored(rules, document.event_bridge))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let rule = |service| NotificationRule {
            id: "i".into(),
            service,
            arn: "arn".into(),
            events: vec!["s3:ObjectCreated:*".into()],
            prefix: Some("größe/".into()),
            suffix: None,
        };
        let rules = DestinationService::ALL.map(rule).to_vec();
        let configuration = NotificationConfiguration::stored(rules, true);
        let text = text(&configuration).unwrap().unwrap();
        assert_eq!(parse(&text).unwrap(), configuration);
        assert_eq!(super::text(&NotificationConfiguration::default()).unwrap(), None);
        for bad in ["", "{}", "[]", "{\"rules\":[{}],\"event_bridge\":false}"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
