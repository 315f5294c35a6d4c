//! ListObjectVersions.

use model::{ObjectKey, S3Error, VersionId};
use ops::bucket::version_listing;
use ops::records::{
    ListStart, ListVersionsQuery, ListedVersion, VersionEntry, VersionListStart, VersionPage,
};

use super::list::{Parameters, common_prefixes, described, page_parameters, start_after_marker};
use crate::answer::Answer;
use crate::handlers::Context;
use crate::query::Query;
use crate::time::iso8601_display;
use crate::xml::XmlWriter;

pub(crate) async fn list(context: &Context<'_>) -> Result<Answer, S3Error> {
    let parameters = Parameters::read(context.query)?;
    let markers = Markers::read(context.query)?;
    let query = ListVersionsQuery {
        prefix: parameters.prefix,
        delimiter: parameters.delimiter,
        start: markers.start(&parameters),
        limit: parameters.limit,
    };
    let bucket = context.bucket()?;
    let page = version_listing::versions(context.store, &context.call()?, bucket, query).await?;
    let truncated = page.next.is_some() && parameters.limit > 0;
    Ok(Answer::xml(XmlWriter::s3("ListVersionsResult", |xml| {
        xml.text("Name", bucket.as_str());
        xml.text("Prefix", &parameters.encode(parameters.prefix));
        xml.text("KeyMarker", &parameters.encode(markers.key));
        xml.text("VersionIdMarker", markers.version.as_ref().map_or("", VersionId::as_str));
        if let (true, Some(next)) = (truncated, &page.next) {
            next_markers(xml, next, &parameters);
        }
        page_parameters(xml, &parameters, truncated);
        page_content(xml, &page, &parameters);
    })))
}

/// `key-marker` and `version-id-marker`.
struct Markers<'a> {
    key: &'a str,
    version: Option<VersionId>,
}

impl<'a> Markers<'a> {
    fn read(query: &'a Query<'_>) -> Result<Self, S3Error> {
        const NAME: &str = "version-id-marker";
        let key = query.get("key-marker").unwrap_or_default();
        let invalid = |message, text: &str| Err(S3Error::invalid_argument(message, NAME, text));
        let version = match query.get(NAME) {
            None => None,
            Some("") => return invalid("A version-id marker cannot be empty.", ""),
            Some(text) if key.is_empty() => {
                return invalid(
                    "A version-id marker cannot be specified without a key marker.",
                    text,
                );
            }
            Some(text) => match VersionId::parse(text) {
                Some(version) => Some(version),
                None => return invalid("Invalid version id specified", text),
            },
        };
        Ok(Self { key, version })
    }

    fn start(&self, parameters: &Parameters<'_>) -> VersionListStart {
        match (&self.version, ObjectKey::parse(self.key)) {
            (Some(version), Ok(key)) => VersionListStart::Version(key, version.clone()),
            // No version of what cannot be a key.
            _ => VersionListStart::Key(start_after_marker(self.key, parameters)),
        }
    }
}

fn next_markers(xml: &mut XmlWriter, next: &VersionListStart, parameters: &Parameters<'_>) {
    match next {
        VersionListStart::Version(key, version) => {
            xml.text("NextKeyMarker", &parameters.encode(key.as_str()));
            xml.text("NextVersionIdMarker", version.as_str());
        }
        VersionListStart::Key(ListStart::AfterKey(text) | ListStart::AfterPrefix(text)) => {
            xml.text("NextKeyMarker", &parameters.encode(text));
        }
        VersionListStart::Key(ListStart::Beginning) => {}
    }
}

fn page_content(xml: &mut XmlWriter, page: &VersionPage, parameters: &Parameters<'_>) {
    for entry in &page.entries {
        match &entry.content {
            ListedVersion::Object(object) => xml.element("Version", |xml| {
                identified(xml, entry, parameters);
                xml.value("LastModified", iso8601_display(object.last_modified));
                described(xml, object);
            }),
            ListedVersion::DeleteMarker(marker) => xml.element("DeleteMarker", |xml| {
                identified(xml, entry, parameters);
                xml.value("LastModified", iso8601_display(marker.last_modified));
                xml.element("Owner", |xml| xml.value("ID", &marker.owner));
            }),
        }
    }
    common_prefixes(xml, &page.common_prefixes, parameters);
}

fn identified(xml: &mut XmlWriter, entry: &VersionEntry, parameters: &Parameters<'_>) {
    xml.text("Key", &parameters.encode(entry.key().as_str()));
    xml.text("VersionId", entry.version.as_str());
    xml.value("IsLatest", entry.is_latest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, expected: &str) {
        let query = Query::parse(query).unwrap();
        let shown = match Markers::read(&query) {
            Ok(markers) => {
                format!("{:?}", markers.start(&Parameters::read(&query).unwrap()))
            }
            Err(error) => error.message().to_owned(),
        };
        assert_eq!(shown, expected, "{:?}", query.iter().collect::<Vec<_>>());
    }

    #[test]
    fn markers() {
        check("versions", "Key(Beginning)");
        check("key-marker=", "Key(Beginning)");
        check("key-marker=a", "Key(AfterKey(\"a\"))");
        check("key-marker=a/&delimiter=/", "Key(AfterPrefix(\"a/\"))");
        check("key-marker=a&version-id-marker=null", "Version(\"a\", Null)");
        check(
            "version-id-marker=null",
            "A version-id marker cannot be specified without a key marker.",
        );
        check("key-marker=a&version-id-marker=", "A version-id marker cannot be empty.");
        check("key-marker=a&version-id-marker=bad", "Invalid version id specified");
    }
}
