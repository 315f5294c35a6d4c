//! Object Ownership of a bucket (§3.3).

use model::{ObjectOwnership, S3Error};
use ops::bucket::ownership;

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::xml::{Element, Malformed, XmlWriter};

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let setting = ownership::get(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::xml(document(setting)))
}

pub(crate) fn document(setting: ObjectOwnership) -> String {
    XmlWriter::s3("OwnershipControls", |xml| {
        xml.element("Rule", |xml| xml.text("ObjectOwnership", setting.as_str()));
    })
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let document = document::read_small(context, body).await?;
    let setting = document::parsed(&document, "OwnershipControls", read);
    ownership::put(context.store, &context.call()?, context.bucket()?, setting).await?;
    Ok(Answer::ok())
}

/// Exactly one rule with one setting (OWN-5, OWN-E2).
pub(crate) fn read(controls: &Element) -> Result<ObjectOwnership, Malformed> {
    controls.children(&["Rule"])?;
    let rule = controls.required("Rule")?;
    rule.children(&["ObjectOwnership"])?;
    ObjectOwnership::parse(rule.required("ObjectOwnership")?.text()?).ok_or(Malformed)
}

pub(crate) async fn delete(context: &Context<'_>) -> Result<Answer, S3Error> {
    ownership::delete(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::no_content())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rule_with_one_known_value() {
        let rule = |value: &str| format!("<Rule><ObjectOwnership>{value}</ObjectOwnership></Rule>");
        let check = |rules: &str| {
            let document = format!("<OwnershipControls>{rules}</OwnershipControls>");
            document::parsed(document.as_bytes(), "OwnershipControls", read).ok()
        };
        assert_eq!(check(&rule("ObjectWriter")), Some(ObjectOwnership::ObjectWriter));
        // TV-010, TV-011; versitygw 4ef090db: a document without rules.
        for bad in [
            rule("ObjectWriter").repeat(2),
            rule("Bogus"),
            rule(" ObjectWriter "),
            "<Rule/>".to_owned(),
            String::new(),
        ] {
            assert_eq!(check(&bad), None, "{bad}");
        }
    }
}
