//! DeleteObject and DeleteObjects.

use model::limits::{DELETE_OBJECTS_BODY_BYTES_MAX, DELETE_OBJECTS_KEYS_MAX};
use model::{ErrorCode, ObjectKey, S3Error};
use ops::object::delete::{self, DeleteEntry, Deleted, HowToDelete};

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::headers::object_lock::bypasses_governance;
use crate::headers::{checksum, conditions};
use crate::resolve::key_too_long;
use crate::xml::{Element, Malformed, XmlWriter};

pub(crate) async fn delete(context: &Context<'_>) -> Result<Answer, S3Error> {
    let version = context.version()?;
    let how = HowToDelete {
        conditions: conditions::read(context.headers()),
        bypass_governance: bypasses_governance(context.headers())?,
    };
    let deleted = delete::delete(
        context.store,
        &context.call()?,
        context.bucket()?,
        context.key()?,
        version.as_ref(),
        &how,
    )
    .await?;
    let marker = deleted.delete_marker.then_some("true");
    Ok(Answer::no_content()
        .optional("x-amz-delete-marker", marker)
        .version(deleted.version.as_ref()))
}

pub(crate) async fn delete_all(
    context: &Context<'_>,
    body: &mut RequestBody,
) -> Result<Answer, S3Error> {
    if !checksum::read(context.headers())?.is_protected() {
        return Err(S3Error::with_message(
            ErrorCode::InvalidRequest,
            "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
        ));
    }
    let document = document::read(context, body, DELETE_OBJECTS_BODY_BYTES_MAX).await?;
    let request = document::parsed(&document, "Delete", read)?;
    let entries = request.entries.into_iter().map(checked).collect::<Result<Vec<_>, _>>()?;
    let bypass = bypasses_governance(context.headers())?;
    let call = context.call()?;
    let results =
        delete::delete_all(context.store, &call, context.bucket()?, entries, bypass).await?;
    Ok(Answer::xml(XmlWriter::s3("DeleteResult", |xml| {
        for (entry, result) in &results {
            match result {
                Ok(deleted) if !request.quiet => deleted_element(xml, entry, deleted),
                Ok(_) => {}
                Err(error) => error_element(xml, entry, error),
            }
        }
    })))
}

fn deleted_element(xml: &mut XmlWriter, entry: &DeleteEntry, deleted: &Deleted) {
    xml.element("Deleted", |xml| {
        xml.text("Key", entry.key.as_str());
        xml.optional("VersionId", entry.version.as_deref());
        if deleted.delete_marker {
            xml.value("DeleteMarker", true);
            xml.optional(
                "DeleteMarkerVersionId",
                deleted.version.as_ref().map(model::VersionId::as_str),
            );
        }
    });
}

fn error_element(xml: &mut XmlWriter, entry: &DeleteEntry, error: &S3Error) {
    xml.element("Error", |xml| {
        xml.text("Key", entry.key.as_str());
        xml.optional("VersionId", entry.version.as_deref());
        xml.text("Code", error.code().as_str());
        xml.text("Message", error.message());
    });
}

/// The document as sent, before keys are checked.
pub(crate) struct Request {
    quiet: bool,
    pub(crate) entries: Vec<Entry>,
}

pub(crate) struct Entry {
    key: String,
    version: Option<String>,
    etag: Option<String>,
}

pub(crate) fn read(document: &Element) -> Result<Request, Malformed> {
    let children = document.children(&["Quiet", "Object"])?;
    let quiet = document.optional_bool("Quiet")?.unwrap_or(false);
    let objects = children.iter().filter(|child| child.name == "Object");
    let entries = objects.map(entry).collect::<Result<Vec<_>, _>>()?;
    if entries.is_empty() || entries.len() > DELETE_OBJECTS_KEYS_MAX {
        return Err(Malformed);
    }
    Ok(Request { quiet, entries })
}

fn entry(object: &Element) -> Result<Entry, Malformed> {
    object.children(&["Key", "VersionId", "ETag"])?;
    let owned = |name| object.optional_text(name).map(|text| text.map(str::to_owned));
    Ok(Entry {
        key: object.required("Key")?.text()?.to_owned(),
        version: owned("VersionId")?.filter(|version| !version.is_empty()),
        etag: owned("ETag")?,
    })
}

pub(crate) fn checked(entry: Entry) -> Result<DeleteEntry, S3Error> {
    let key = ObjectKey::parse(&entry.key).map_err(|invalid| match invalid {
        model::key::InvalidKey::Empty => S3Error::new(ErrorCode::MalformedXML),
        model::key::InvalidKey::TooLong => key_too_long(entry.key.len()),
    })?;
    Ok(DeleteEntry { key, version: entry.version, if_match: entry.etag })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(children: &str) -> Result<usize, ErrorCode> {
        let document = format!("<Delete>{children}</Delete>");
        document::parsed(document.as_bytes(), "Delete", read)
            .map(|request| request.entries.len())
            .map_err(|error| error.code())
    }

    #[test]
    fn documents() {
        let object = "<Object><Key>k</Key></Object>";
        assert_eq!(check(object), Ok(1));
        assert_eq!(check(&format!("<Quiet>true</Quiet>{}", object.repeat(1000))), Ok(1000));
        let malformed = Err(ErrorCode::MalformedXML);
        assert_eq!(check(""), malformed);
        assert_eq!(check(&object.repeat(1001)), malformed);
        assert_eq!(check("<Object/>"), malformed);
        assert_eq!(check("<Object><Key>k</Key><Other/></Object>"), malformed);
        assert_eq!(check(&format!("<Quiet>maybe</Quiet>{object}")), malformed);
    }
}
