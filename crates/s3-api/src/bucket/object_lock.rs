//! GetObjectLockConfiguration and PutObjectLockConfiguration.

use model::{DefaultRetention, ObjectLockConfiguration, RetentionMode, RetentionPeriod, S3Error};
use ops::bucket::object_lock;

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::xml::{Element, Malformed, XmlWriter};

const ROOT: &str = "ObjectLockConfiguration";
const ENABLED: &str = "Enabled";

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let found = object_lock::get(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::xml(self::document(found)))
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let document = document::read_small(context, body).await?;
    let wanted = configuration(&document);
    object_lock::put(context.store, &context.call()?, context.bucket()?, wanted).await?;
    Ok(Answer::ok())
}

/// The document of a configuration.
pub(crate) fn document(configuration: ObjectLockConfiguration) -> String {
    XmlWriter::s3(ROOT, |xml| {
        xml.plain_text("ObjectLockEnabled", ENABLED);
        let Some(retention) = configuration.default_retention else { return };
        xml.element("Rule", |xml| {
            xml.element("DefaultRetention", |xml| {
                xml.plain_text("Mode", retention.mode.as_str());
                match retention.period {
                    RetentionPeriod::Days(days) => xml.number("Days", days),
                    RetentionPeriod::Years(years) => xml.number("Years", years),
                }
            });
        });
    })
}

/// Reads and checks a document. AWS: API reference, PutObjectLockConfiguration.
pub(crate) fn configuration(document: &[u8]) -> Result<ObjectLockConfiguration, S3Error> {
    let rule = document::parsed(document, ROOT, read)?;
    let default_retention = match rule {
        Some(rule) => Some(DefaultRetention::new(rule.mode, rule.days, rule.years)?),
        None => None,
    };
    Ok(ObjectLockConfiguration { default_retention })
}

/// The rule as sent.
struct Rule {
    mode: RetentionMode,
    days: Option<i64>,
    years: Option<i64>,
}

fn read(configuration: &Element) -> Result<Option<Rule>, Malformed> {
    configuration.children(&["ObjectLockEnabled", "Rule"])?;
    if configuration.required("ObjectLockEnabled")?.text()? != ENABLED {
        return Err(Malformed);
    }
    let Some(rule) = configuration.optional("Rule")? else { return Ok(None) };
    rule.children(&["DefaultRetention"])?;
    let retention = rule.required("DefaultRetention")?;
    retention.children(&["Mode", "Days", "Years"])?;
    let mode = RetentionMode::parse(retention.required("Mode")?.text()?).ok_or(Malformed)?;
    let number = |name| {
        let text = retention.optional_text(name)?;
        text.map(|text| text.trim().parse().map_err(|_| Malformed)).transpose()
    };
    Ok(Some(Rule { mode, days: number("Days")?, years: number("Years")? }))
}

#[cfg(test)]
mod tests {
    use model::ErrorCode;

    use super::*;

    fn check(children: &str, expected: Result<Option<DefaultRetention>, ErrorCode>) {
        let text = format!("<ObjectLockConfiguration>{children}</ObjectLockConfiguration>");
        let found = configuration(text.as_bytes());
        if let Ok(found) = found {
            assert_eq!(configuration(document(found).as_bytes()), Ok(found), "{children}");
        }
        let found = found.map(|found| found.default_retention).map_err(|error| error.code());
        assert_eq!(found, expected, "{children}");
    }

    #[test]
    fn documents() {
        const ENABLED: &str = "<ObjectLockEnabled>Enabled</ObjectLockEnabled>";
        let rule = |children: &str| {
            format!("{ENABLED}<Rule><DefaultRetention>{children}</DefaultRetention></Rule>")
        };
        let retention = |period| DefaultRetention { mode: RetentionMode::Governance, period };
        check(ENABLED, Ok(None));
        let mode = "<Mode>GOVERNANCE</Mode>";
        let days = retention(RetentionPeriod::Days(30));
        check(&rule(&format!("{mode}<Days>30</Days>")), Ok(Some(days)));
        let years = retention(RetentionPeriod::Years(2));
        check(&rule(&format!("<Years>2</Years>{mode}")), Ok(Some(years)));
        for period in ["<Days>0</Days>", "<Years>-1</Years>", "<Days>36501</Days>"] {
            let bad = rule(&format!("{mode}{period}"));
            check(&bad, Err(ErrorCode::InvalidRetentionPeriod));
        }
        for bad in [
            String::new(),
            "<ObjectLockEnabled>Disabled</ObjectLockEnabled>".to_owned(),
            "<ObjectLockEnabled/>".to_owned(),
            format!("{ENABLED}{ENABLED}"),
            format!("{ENABLED}<Rule/>"),
            rule(mode),
            rule("<Days>1</Days>"),
            rule("<Mode>governance</Mode><Days>1</Days>"),
            rule(&format!("{mode}<Days>1</Days><Years>1</Years>")),
            rule(&format!("{mode}<Days>1.5</Days>")),
            rule(&format!("{mode}<Days>99999999999999999999</Days>")),
            rule(&format!("{mode}<Days/>")),
            rule(&format!("{mode}<Days>1</Days><Weeks>1</Weeks>")),
        ] {
            check(&bad, Err(ErrorCode::MalformedXML));
        }
    }
}
