//! What the model does: each operation as a request, with what must be answered and what it changes.

use std::collections::BTreeMap;

use super::state::{Bucket, Object, Retention, Upload, Version, Versioning};
use super::wire::{Ask, Connection, Lost, Reply, all, escape, etag_of_upload, first, unescape};

/// What a write needs of the current object.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    None,
    Absent,
    Tag(String),
}

/// A change. Reads are not here: they change nothing, whether they were answered or not.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Put { key: String, object: Object, condition: Condition },
    Copy { key: String, source: String, version: Option<String>, object: Object, own_tags: bool },
    Delete { key: String },
    DeleteVersion { key: String, id: String, bypasses: bool },
    DeleteMany { entries: Vec<(String, Option<String>)> },
    Tag { key: String, version: Option<String>, tags: Vec<(String, String)> },
    Retain { key: String, id: String, retention: Option<Retention>, bypasses: bool },
    Hold { key: String, id: String, is_held: bool },
    Begin { key: String, object: Object },
    Part { upload: String, number: u16, body: Vec<u8> },
    Complete { upload: String },
    Abort { upload: String },
    Versioning(Versioning),
    BucketTags(Vec<(String, String)>),
    Cors(Option<String>),
    DefaultRetention(Option<u32>),
}

use Operation as O;

const XMLNS: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

fn tagging(tags: &[(String, String)]) -> String {
    let tags: Vec<_> = tags
        .iter()
        .map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"))
        .collect();
    format!("<Tagging {XMLNS}><TagSet>{}</TagSet></Tagging>", tags.concat())
}

fn tag_header(tags: &[(String, String)]) -> String {
    tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
}

/// Adds what a writer says of an object.
fn described(mut ask: Ask, object: &Object, with_tags: bool) -> Ask {
    ask = ask.header("x-amz-meta-n", &object.note);
    if with_tags && !object.tags.is_empty() {
        ask = ask.header("x-amz-tagging", tag_header(&object.tags));
    }
    if let Some((mode, until)) = &object.retention {
        ask = ask.header("x-amz-object-lock-mode", *mode);
        ask = ask.header("x-amz-object-lock-retain-until-date", until);
    }
    match object.is_held {
        Some(is_held) => {
            ask.header("x-amz-object-lock-legal-hold", if is_held { "ON" } else { "OFF" })
        }
        None => ask,
    }
}

fn bypass(ask: Ask, bypasses: bool) -> Ask {
    if bypasses { ask.header("x-amz-bypass-governance-retention", "true") } else { ask }
}

impl Operation {
    pub(crate) fn ask(&self, bucket: &Bucket) -> Ask {
        let of = |method, key: &str| Ask::new(method, &bucket.name, key);
        match self {
            O::Put { key, object, condition } => {
                let ask = described(of("PUT", key), object, true).body(object.body.clone());
                match condition {
                    Condition::None => ask,
                    Condition::Absent => ask.header("if-none-match", "*"),
                    Condition::Tag(etag) => ask.header("if-match", format!("\"{etag}\"")),
                }
            }
            O::Copy { key, source, version, object, own_tags } => {
                let from = Ask::new("GET", &bucket.name, source).path;
                let version = version.as_ref().map(|id| format!("?versionId={id}"));
                let ask = of("PUT", key)
                    .header("x-amz-copy-source", format!("{from}{}", version.unwrap_or_default()))
                    .header("x-amz-metadata-directive", "REPLACE");
                let directive = if *own_tags { "REPLACE" } else { "COPY" };
                described(ask.header("x-amz-tagging-directive", directive), object, *own_tags)
            }
            O::Delete { key } => of("DELETE", key),
            O::DeleteVersion { key, id, bypasses } => {
                bypass(of("DELETE", key).version(Some(id)), *bypasses)
            }
            O::DeleteMany { entries } => {
                let objects = entries.iter().map(|(key, id)| {
                    let id = id.as_ref().map(|id| format!("<VersionId>{id}</VersionId>"));
                    let id = id.unwrap_or_default();
                    format!("<Object><Key>{}</Key>{id}</Object>", escape(key))
                });
                let document =
                    format!("<Delete {XMLNS}>{}</Delete>", objects.collect::<Vec<_>>().concat());
                of("POST", "").query("delete", "").body(document)
            }
            O::Tag { key, version, tags } => {
                let ask = of("PUT", key).query("tagging", "").version(version.as_deref());
                ask.body(tagging(tags))
            }
            O::Retain { key, id, retention, bypasses } => {
                let inner = retention.as_ref().map(|(mode, until)| {
                    format!("<Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate>")
                });
                let document =
                    format!("<Retention {XMLNS}>{}</Retention>", inner.unwrap_or_default());
                let ask = of("PUT", key).query("retention", "").version(Some(id));
                bypass(ask.body(document), *bypasses)
            }
            O::Hold { key, id, is_held } => {
                let status = if *is_held { "ON" } else { "OFF" };
                let document = format!("<LegalHold {XMLNS}><Status>{status}</Status></LegalHold>");
                of("PUT", key).query("legal-hold", "").version(Some(id)).body(document)
            }
            O::Begin { .. } | O::Part { .. } | O::Complete { .. } | O::Abort { .. } => {
                self.ask_about_upload(bucket)
            }
            _ => self.ask_about_bucket(bucket),
        }
    }

    fn ask_about_upload(&self, bucket: &Bucket) -> Ask {
        let of = |method, key: &str| Ask::new(method, &bucket.name, key);
        match self {
            O::Begin { key, object } => {
                described(of("POST", key).query("uploads", ""), object, true)
            }
            O::Part { upload, number, body } => {
                let key = &bucket.uploads[upload].key;
                let ask = of("PUT", key)
                    .query("partNumber", number.to_string())
                    .query("uploadId", upload);
                ask.body(body.clone())
            }
            O::Complete { upload } => {
                let known = &bucket.uploads[upload];
                let parts = known.parts.iter().map(|(number, body)| {
                    let etag = super::wire::etag(body);
                    format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
                });
                let parts = parts.collect::<Vec<_>>().concat();
                let document =
                    format!("<CompleteMultipartUpload {XMLNS}>{parts}</CompleteMultipartUpload>");
                of("POST", &known.key).query("uploadId", upload).body(document)
            }
            O::Abort { upload } => {
                of("DELETE", &bucket.uploads[upload].key).query("uploadId", upload)
            }
            other => panic!("{other:?} is about no upload"),
        }
    }

    fn ask_about_bucket(&self, bucket: &Bucket) -> Ask {
        let of = |method| Ask::new(method, &bucket.name, "");
        match self {
            O::Versioning(state) => {
                let document = format!(
                    "<VersioningConfiguration {XMLNS}><Status>{state:?}</Status></VersioningConfiguration>"
                );
                of("PUT").query("versioning", "").body(document)
            }
            O::BucketTags(tags) if tags.is_empty() => of("DELETE").query("tagging", ""),
            O::BucketTags(tags) => of("PUT").query("tagging", "").body(tagging(tags)),
            O::Cors(None) => of("DELETE").query("cors", ""),
            O::Cors(Some(origin)) => {
                let document = format!(
                    "<CORSConfiguration><CORSRule><AllowedOrigin>{origin}</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>"
                );
                of("PUT").query("cors", "").body(document)
            }
            O::DefaultRetention(days) => {
                let rule = days.map(|days| {
                    format!(
                        "<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>{days}</Days></DefaultRetention></Rule>"
                    )
                });
                let rule = rule.unwrap_or_default();
                let document = format!(
                    "<ObjectLockConfiguration {XMLNS}><ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}</ObjectLockConfiguration>"
                );
                of("PUT").query("object-lock", "").body(document)
            }
            other => panic!("{other:?} is about no bucket"),
        }
    }

    /// The status and code that must be answered.
    fn expected(&self, bucket: &Bucket) -> (u16, &'static str) {
        match self {
            O::Put { key, condition, .. } => match (condition, bucket.current(key)) {
                (Condition::Absent, Some(_)) => (412, "PreconditionFailed"),
                (Condition::Tag(_), None) => (404, "NoSuchKey"),
                (Condition::Tag(etag), Some(object)) if *etag != object.etag => {
                    (412, "PreconditionFailed")
                }
                _ => (200, ""),
            },
            O::DeleteVersion { key, id, bypasses } if bucket.is_protected(key, id, *bypasses) => {
                (403, "AccessDenied")
            }
            O::Delete { .. }
            | O::DeleteVersion { .. }
            | O::Abort { .. }
            | O::BucketTags(_)
            | O::Cors(None) => (204, ""),
            O::Tag { key, version, .. } => expected_of_version(bucket, key, version.as_deref()),
            O::Retain { key, id, retention, bypasses } => {
                let object = bucket.version(key, id).and_then(|version| version.object.as_ref());
                let old = object.and_then(|object| object.retention.as_ref());
                if may_become(old, retention.as_ref(), *bypasses) {
                    (200, "")
                } else {
                    (403, "AccessDenied")
                }
            }
            // A part that is not the last has to have five megabytes.
            O::Complete { upload } => match bucket.uploads[upload].parts.len() {
                0 => (400, "MalformedXML"),
                1 => (200, ""),
                _ => (400, "EntityTooSmall"),
            },
            _ => (200, ""),
        }
    }

    /// Checks the answer and enters what was changed.
    pub(crate) fn answered(&self, bucket: &mut Bucket, reply: &Reply) {
        let (status, code) = self.expected(bucket);
        let shown = || format!("{self:?}: {}", String::from_utf8_lossy(&reply.body));
        assert_eq!((reply.status, reply.code()), (status, code), "{}", shown());
        if status >= 400 {
            return;
        }
        let id = reply.header("x-amz-version-id").unwrap_or("null").to_owned();
        match self {
            O::Put { object, .. } => {
                assert_eq!(reply.header("etag"), Some(&*format!("\"{}\"", object.etag)));
                self.happened(bucket, &id);
            }
            O::Copy { object, .. } => {
                let etag = first(reply.text(), "ETag").map(unescape);
                assert_eq!(etag, Some(format!("\"{}\"", object.etag)), "{}", shown());
                self.happened(bucket, &id);
            }
            O::Complete { upload } => {
                let body = bucket.uploads[upload].parts.values().next().unwrap();
                let expected = format!("\"{}\"", etag_of_upload(body));
                assert_eq!(first(reply.text(), "ETag").map(unescape), Some(expected));
                self.happened(bucket, &id);
            }
            O::Begin { .. } => self.happened(bucket, first(reply.text(), "UploadId").unwrap()),
            O::Delete { .. } => {
                let is_marked = bucket.versioning != Versioning::Off;
                assert_eq!(reply.header("x-amz-delete-marker").is_some(), is_marked, "{}", shown());
                self.happened(bucket, &id);
            }
            O::DeleteMany { entries } => self.many_answered(bucket, entries, reply.text()),
            _ => self.happened(bucket, &id),
        }
    }

    fn many_answered(&self, bucket: &mut Bucket, entries: &[(String, Option<String>)], text: &str) {
        let refused: Vec<_> = all(text, "Error")
            .into_iter()
            .map(|error| {
                assert_eq!(first(error, "Code"), Some("AccessDenied"), "{text}");
                (
                    unescape(first(error, "Key").unwrap()),
                    first(error, "VersionId").map(str::to_owned),
                )
            })
            .collect();
        let deleted: BTreeMap<_, _> = all(text, "Deleted")
            .into_iter()
            .map(|one| (unescape(first(one, "Key").unwrap()), first(one, "DeleteMarkerVersionId")))
            .collect();
        for entry in entries {
            let (key, id) = entry;
            let is_refused = id.as_ref().is_some_and(|id| bucket.is_protected(key, id, false));
            assert_eq!(refused.contains(entry), is_refused, "{self:?} {text}");
            assert_eq!(deleted.contains_key(key), !is_refused, "{self:?} {text}");
            if !is_refused {
                let marker = deleted[key].unwrap_or("null");
                deletion(key, id.as_deref()).happened(bucket, marker);
            }
        }
    }

    /// Enters the change; `id` is that of the version or upload that the server made.
    pub(crate) fn happened(&self, bucket: &mut Bucket, id: &str) {
        let new = |object: Option<Object>| Version { id: id.to_owned(), object };
        match self.clone() {
            O::Put { key, object, .. } | O::Copy { key, object, .. } => {
                bucket.push(&key, new(Some(object)));
            }
            O::Delete { key } if bucket.versioning == Versioning::Off => {
                bucket.remove(&key, "null");
            }
            O::Delete { key } => bucket.push(&key, new(None)),
            O::DeleteVersion { key, id, .. } => bucket.remove(&key, &id),
            O::DeleteMany { .. } => panic!("each entry happens on its own"),
            O::Tag { key, version, tags } => {
                bucket.object_mut(&key, version.as_deref()).tags = tags;
            }
            O::Retain { key, id, retention, .. } => {
                bucket.object_mut(&key, Some(&id)).retention = retention;
            }
            O::Hold { key, id, is_held } => {
                bucket.object_mut(&key, Some(&id)).is_held = Some(is_held);
            }
            O::Begin { key, object } => {
                let upload = Upload { key, object, parts: BTreeMap::new() };
                bucket.uploads.insert(id.to_owned(), upload);
            }
            O::Part { upload, number, body } => {
                bucket.uploads.get_mut(&upload).unwrap().parts.insert(number, body);
            }
            O::Complete { upload } => {
                let Upload { key, object, parts } = bucket.uploads.remove(&upload).unwrap();
                let body = parts.into_values().next().unwrap();
                let etag = etag_of_upload(&body);
                bucket.push(&key, new(Some(Object { body, etag, ..object })));
            }
            O::Abort { upload } => drop(bucket.uploads.remove(&upload)),
            O::Versioning(state) => bucket.versioning = state,
            O::BucketTags(tags) => bucket.tags = tags,
            O::Cors(origin) => bucket.cors_origin = origin,
            O::DefaultRetention(days) => bucket.default_days = days,
        }
    }

    /// The key under which this makes a new version, whose default retention the server chose.
    pub(crate) fn written_key(&self, bucket: &Bucket) -> Option<String> {
        match self {
            O::Put { key, .. } | O::Copy { key, .. } => Some(key.clone()),
            O::Complete { upload } => bucket.uploads.get(upload).map(|upload| upload.key.clone()),
            _ => None,
        }
    }
}

pub(crate) fn deletion(key: &str, id: Option<&str>) -> Operation {
    let key = key.to_owned();
    match id {
        Some(id) => O::DeleteVersion { key, id: id.to_owned(), bypasses: false },
        None => O::Delete { key },
    }
}

/// A call on one object: it is there, or this is why not.
pub(crate) fn expected_of_version(
    bucket: &Bucket,
    key: &str,
    id: Option<&str>,
) -> (u16, &'static str) {
    let found = match id {
        Some(id) => bucket.version(key, id),
        None => bucket.newest(key),
    };
    match (found, id) {
        (Some(Version { object: Some(_), .. }), _) => (200, ""),
        (Some(_), _) => (405, "MethodNotAllowed"),
        (None, Some(_)) => (404, "NoSuchVersion"),
        (None, None) => (404, "NoSuchKey"),
    }
}

fn may_become(old: Option<&Retention>, new: Option<&Retention>, bypasses: bool) -> bool {
    let Some((old_mode, old_until)) = old else { return true };
    if new.is_some_and(|(mode, until)| mode == old_mode && until >= old_until) {
        return true;
    }
    *old_mode == "GOVERNANCE" && bypasses
}

/// Finds out whether a change happened whose answer was lost, and enters it if so.
pub(crate) fn settle(
    operation: &Operation,
    bucket: &mut Bucket,
    connection: &mut Connection<'_>,
) -> Result<(), Lost> {
    if let O::DeleteMany { entries } = operation {
        // Each entry happens on its own.
        return entries
            .iter()
            .try_for_each(|(key, id)| settle(&deletion(key, id.as_deref()), bucket, connection));
    }
    if let Some(id) = operation.find(bucket, connection)? {
        operation.happened(bucket, &id);
    }
    Ok(())
}

/// The id of what a change made, or any text if it made nothing, if it happened.
type Found = Result<Option<String>, Lost>;

fn found_if(happened: bool) -> Option<String> {
    happened.then(|| "null".to_owned())
}

impl Operation {
    fn find(&self, bucket: &Bucket, connection: &mut Connection<'_>) -> Found {
        let of = |method, key: &str| Ask::new(method, &bucket.name, key);
        Ok(match self {
            O::Put { key, object, .. } | O::Copy { key, object, .. } => {
                find_written(bucket, connection, key, &object.note)?
            }
            O::Complete { upload } => {
                let known = &bucket.uploads[upload];
                find_written(bucket, connection, &known.key, &known.object.note)?
            }
            O::Delete { key } => find_marker(bucket, connection, key)?,
            O::DeleteVersion { key, id, .. } => {
                let head = connection.send(&of("HEAD", key).version(Some(id)))?;
                found_if(head.status == 404)
            }
            O::Tag { key, version, tags } => {
                let ask = of("GET", key).query("tagging", "").version(version.as_deref());
                let reply = connection.send(&ask)?;
                found_if(reply.status == 200 && tags_of(reply.text()) == *tags)
            }
            O::Retain { key, id, retention, .. } => {
                let ask = of("GET", key).query("retention", "").version(Some(id));
                let reply = connection.send(&ask)?;
                let wanted = retention.as_ref().map(|(_, until)| until.as_str());
                found_if(first(reply.text(), "RetainUntilDate") == wanted)
            }
            O::Hold { key, id, is_held } => {
                let ask = of("GET", key).query("legal-hold", "").version(Some(id));
                let wanted = if *is_held { "ON" } else { "OFF" };
                found_if(first(connection.send(&ask)?.text(), "Status") == Some(wanted))
            }
            O::Begin { .. } | O::Part { .. } | O::Abort { .. } => {
                self.find_upload(bucket, connection)?
            }
            _ => self.find_setting(bucket, connection)?,
        })
    }

    fn find_upload(&self, bucket: &Bucket, connection: &mut Connection<'_>) -> Found {
        let of_upload = |id: &String| {
            Ask::new("GET", &bucket.name, &bucket.uploads[id].key).query("uploadId", id)
        };
        Ok(match self {
            O::Begin { key, .. } => {
                let ask = Ask::new("GET", &bucket.name, "").query("uploads", "");
                let reply = connection.send(&ask.query("prefix", key))?;
                let ids = all(reply.text(), "UploadId").into_iter();
                let mut new = ids.filter(|id| !bucket.uploads.contains_key(*id));
                new.next().map(str::to_owned)
            }
            O::Part { upload, number, body } => {
                let reply = connection.send(&of_upload(upload))?;
                let etag = format!("\"{}\"", super::wire::etag(body));
                found_if(all(reply.text(), "Part").into_iter().any(|part| {
                    first(part, "PartNumber") == Some(&number.to_string())
                        && first(part, "ETag").map(unescape).as_deref() == Some(&etag)
                }))
            }
            O::Abort { upload } => found_if(connection.send(&of_upload(upload))?.status == 404),
            other => panic!("{other:?} is about no upload"),
        })
    }

    fn find_setting(&self, bucket: &Bucket, connection: &mut Connection<'_>) -> Found {
        let mut get = |name| connection.send(&Ask::new("GET", &bucket.name, "").query(name, ""));
        Ok(found_if(match self {
            O::Versioning(state) => {
                first(get("versioning")?.text(), "Status") == Some(&format!("{state:?}"))
            }
            O::BucketTags(tags) => tags_of(get("tagging")?.text()) == *tags,
            O::Cors(origin) => first(get("cors")?.text(), "AllowedOrigin") == origin.as_deref(),
            O::DefaultRetention(days) => {
                let days = days.map(|days| days.to_string());
                first(get("object-lock")?.text(), "Days") == days.as_deref()
            }
            other => panic!("{other:?} is no setting"),
        }))
    }
}

/// No two writes have the same note.
fn find_written(bucket: &Bucket, connection: &mut Connection<'_>, key: &str, note: &str) -> Found {
    let head = connection.send(&Ask::new("HEAD", &bucket.name, key))?;
    let id = head.header("x-amz-version-id").unwrap_or("null");
    Ok((head.header("x-amz-meta-n") == Some(note)).then(|| id.to_owned()))
}

fn find_marker(bucket: &Bucket, connection: &mut Connection<'_>, key: &str) -> Found {
    let head = connection.send(&Ask::new("HEAD", &bucket.name, key))?;
    if bucket.versioning == Versioning::Off {
        return Ok(found_if(head.status == 404));
    }
    let Some(id) = head.header("x-amz-version-id") else { return Ok(None) };
    let newest = bucket.newest(key);
    let is_known = newest.is_some_and(|newest| newest.id == id && newest.object.is_none());
    let is_new = head.header("x-amz-delete-marker").is_some() && !is_known;
    Ok(is_new.then(|| id.to_owned()))
}

pub(crate) fn tags_of(text: &str) -> Vec<(String, String)> {
    let tag = |tag: &str| {
        (first(tag, "Key").unwrap().to_owned(), first(tag, "Value").unwrap().to_owned())
    };
    all(text, "Tag").into_iter().map(tag).collect()
}
