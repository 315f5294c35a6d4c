//! Compares a bucket with its model.

use super::operation::tags_of;
use super::state::{Bucket, Listed, Object, Versioning};
use super::wire::{Ask, Connection, Lost, all, first, unescape};
use super::worker::list;

/// One read of an object, current or by version.
pub(crate) fn object(
    bucket: &Bucket,
    connection: &mut Connection<'_>,
    method: &'static str,
    key: &str,
    id: Option<&str>,
) -> Result<(), Lost> {
    let reply = connection.send(&Ask::new(method, &bucket.name, key).version(id))?;
    let found = match id {
        Some(id) => bucket.version(key, id),
        None => bucket.newest(key),
    };
    let shown =
        || format!("{method} {key} {id:?}: {found:?}, {}", String::from_utf8_lossy(&reply.body));
    let Some(version) = found else {
        assert_eq!(reply.status, 404, "{}", shown());
        return Ok(());
    };
    assert_eq!(reply.header("x-amz-version-id"), bucket.mentioned(&version.id), "{}", shown());
    let Some(object) = &version.object else {
        assert_eq!(reply.status, if id.is_some() { 405 } else { 404 }, "{}", shown());
        assert_eq!(reply.header("x-amz-delete-marker"), Some("true"), "{}", shown());
        return Ok(());
    };
    assert_eq!(reply.status, 200, "{}", shown());
    if method == "GET" {
        assert!(reply.body == object.body, "{}", shown());
    }
    assert_eq!(reply.header("content-length"), Some(&*object.body.len().to_string()));
    assert_eq!(reply.header("etag"), Some(&*format!("\"{}\"", object.etag)), "{}", shown());
    assert_eq!(reply.header("x-amz-meta-n"), Some(&*object.note), "{}", shown());
    let count = (!object.tags.is_empty()).then(|| object.tags.len().to_string());
    assert_eq!(reply.header("x-amz-tagging-count"), count.as_deref(), "{}", shown());
    let (mode, until) = object.retention.clone().unzip();
    assert_eq!(reply.header("x-amz-object-lock-mode"), mode, "{}", shown());
    let found_until = reply.header("x-amz-object-lock-retain-until-date");
    assert_eq!(found_until, until.as_deref(), "{}", shown());
    let hold = object.is_held.map(|is_held| if is_held { "ON" } else { "OFF" });
    assert_eq!(reply.header("x-amz-object-lock-legal-hold"), hold, "{}", shown());
    Ok(())
}

/// Everything in the bucket, and nothing else; of the versions, one in `step` is read.
pub(crate) fn everything(
    bucket: &Bucket,
    connection: &mut Connection<'_>,
    (first, step): (usize, usize),
) -> Result<(), Lost> {
    assert_eq!(versions(bucket, connection)?, bucket.versions(), "{}", bucket.name);
    let whole = list(bucket, connection, ("", "", ""), 1000)?;
    assert_eq!(whole, bucket.listing("", "", ""), "{}", bucket.name);
    let versions = bucket
        .keys
        .iter()
        .flat_map(|(key, versions)| versions.iter().map(move |version| (key, version)));
    for (key, version) in versions.skip(first).step_by(step) {
        object(bucket, connection, "GET", key, Some(&version.id))?;
        if let Some(Object { tags, .. }) = &version.object {
            let ask = Ask::new("GET", &bucket.name, key).query("tagging", "");
            let reply = connection.send(&ask.version(Some(&version.id)))?;
            assert_eq!(tags_of(reply.text()), *tags);
        }
    }
    for key in bucket.keys.keys() {
        object(bucket, connection, "GET", key, None)?;
    }
    uploads(bucket, connection)?;
    settings(bucket, connection)
}

/// The whole listing of versions, page by page.
fn versions(bucket: &Bucket, connection: &mut Connection<'_>) -> Result<Vec<Listed>, Lost> {
    let mut listed = Vec::new();
    let mut markers = (String::new(), None);
    loop {
        let mut ask = Ask::new("GET", &bucket.name, "")
            .query("versions", "")
            .query("max-keys", "97")
            .query("key-marker", &markers.0);
        if let Some(id) = &markers.1 {
            ask = ask.query("version-id-marker", id);
        }
        let reply = connection.send(&ask)?;
        let text = reply.text();
        // Versions and delete markers stand together in their order.
        let text =
            text.replace("<DeleteMarker>", "<Version>").replace("</DeleteMarker>", "</Version>");
        for one in all(&text, "Version") {
            listed.push((
                unescape(first(one, "Key").unwrap()),
                first(one, "VersionId").unwrap().to_owned(),
                first(one, "IsLatest") == Some("true"),
                first(one, "ETag").map(|etag| unescape(etag).trim_matches('"').to_owned()),
            ));
        }
        let Some(key) = first(&text, "NextKeyMarker") else { return Ok(listed) };
        markers = (unescape(key), first(&text, "NextVersionIdMarker").map(str::to_owned));
    }
}

fn uploads(bucket: &Bucket, connection: &mut Connection<'_>) -> Result<(), Lost> {
    let ask = Ask::new("GET", &bucket.name, "").query("uploads", "");
    let reply = connection.send(&ask)?;
    assert_eq!(first(reply.text(), "IsTruncated"), Some("false"), "more uploads than a page");
    let mut found = all(reply.text(), "UploadId");
    found.sort_unstable();
    assert_eq!(found, bucket.uploads.keys().collect::<Vec<_>>());
    for (id, upload) in &bucket.uploads {
        let ask = Ask::new("GET", &bucket.name, &upload.key).query("uploadId", id);
        let reply = connection.send(&ask)?;
        let parts: Vec<_> = all(reply.text(), "Part")
            .into_iter()
            .map(|part| (first(part, "PartNumber").unwrap().parse().unwrap(), first(part, "Size")))
            .collect();
        let sizes: Vec<_> =
            upload.parts.iter().map(|(number, body)| (*number, body.len().to_string())).collect();
        let expected: Vec<(u16, Option<&str>)> =
            sizes.iter().map(|(number, size)| (*number, Some(size.as_str()))).collect();
        assert_eq!(parts, expected);
    }
    Ok(())
}

fn settings(bucket: &Bucket, connection: &mut Connection<'_>) -> Result<(), Lost> {
    let mut get = |name| connection.send(&Ask::new("GET", &bucket.name, "").query(name, ""));
    assert_eq!(tags_of(get("tagging")?.text()), bucket.tags);
    assert_eq!(first(get("cors")?.text(), "AllowedOrigin"), bucket.cors_origin.as_deref());
    let state = match bucket.versioning {
        Versioning::Off => None,
        Versioning::Enabled => Some("Enabled"),
        Versioning::Suspended => Some("Suspended"),
    };
    assert_eq!(first(get("versioning")?.text(), "Status"), state);
    let lock = get("object-lock")?;
    assert_eq!(lock.status, if bucket.is_locked { 200 } else { 404 });
    let days = bucket.default_days.map(|days| days.to_string());
    assert_eq!(first(lock.text(), "Days"), days.as_deref());
    Ok(())
}
