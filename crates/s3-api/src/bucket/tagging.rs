//! The tags of a bucket, and the document of all tags.

use model::{S3Error, TagSet};
use ops::bucket::tagging;

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::xml::{Element, Malformed, XmlWriter};

/// Root of the document.
pub(crate) const ROOT: &str = "Tagging";

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let tags = tagging::get(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::xml(write(&tags)))
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let document = document::read_small(context, body).await?;
    let tags = document::parsed(&document, ROOT, read).and_then(TagSet::of_bucket);
    tagging::put(context.store, &context.call()?, context.bucket()?, tags).await?;
    Ok(Answer::no_content())
}

pub(crate) async fn delete(context: &Context<'_>) -> Result<Answer, S3Error> {
    tagging::delete(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::no_content())
}

/// The document of a tag set.
pub(crate) fn write(tags: &TagSet) -> String {
    XmlWriter::s3(ROOT, |xml| {
        xml.element("TagSet", |xml| {
            for (key, value) in tags.pairs() {
                xml.element("Tag", |xml| {
                    xml.text("Key", key);
                    xml.text("Value", value);
                });
            }
        });
    })
}

/// `Tagging`: exactly one `TagSet`.
pub(crate) fn read(tagging: &Element) -> Result<Vec<(String, String)>, Malformed> {
    tagging.children(&["TagSet"])?;
    pairs(tagging.required("TagSet")?)
}

/// A `Tag`.
pub(crate) fn pair(tag: &Element) -> Result<(String, String), Malformed> {
    tag.children(&["Key", "Value"])?;
    let text = |name| Ok(tag.required(name)?.text()?.to_owned());
    Ok((text("Key")?, text("Value")?))
}

/// An element of nothing but `Tag`s.
pub(crate) fn pairs(set: &Element) -> Result<Vec<(String, String)>, Malformed> {
    set.children(&["Tag"])?.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(document: &str) -> Option<Vec<(String, String)>> {
        document::parsed(document.as_bytes(), ROOT, read).ok()
    }

    #[test]
    fn documents() {
        let tags = TagSet::stored(vec![("a&b".into(), String::new()), ("c".into(), "<d>".into())]);
        assert_eq!(parsed(&write(&tags)).unwrap(), tags.pairs());
        assert_eq!(parsed("<Tagging><TagSet/></Tagging>"), Some(vec![]));
        let tag = "<Tag><Key>a</Key><Value>b</Value></Tag>";
        for bad in [
            "<Tagging/>".to_owned(),
            format!("<Tagging>{tag}</Tagging>"),
            "<Tagging><TagSet/><TagSet/></Tagging>".to_owned(),
            "<Tagging><TagSet><Tag/></TagSet></Tagging>".to_owned(),
            "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>".to_owned(),
            format!("<Tagging><TagSet>{tag}x</TagSet></Tagging>"),
            format!("<TagSet>{tag}</TagSet>"),
        ] {
            assert_eq!(parsed(&bad), None, "{bad}");
        }
    }
}
