//! The newest local media and the files of the site itself: what was uploaded last is what shows first
//! that uploads fail.

use super::super::result::{CheckName, CheckResult, Level, cut_list};
use super::Watched;
use super::sampling::{Presence, heads};
use crate::database::{Connection, DatabaseError};
use crate::profiles::mastodon::keys::{Attachment, Row, keys};

/// Files of the site that are asked for.
const SITE_UPLOADS_MAX: i64 = 100;

/// Makes the check; needs the database.
pub async fn check(watched: &Watched<'_>, connection: &Connection) -> CheckResult {
    let files = match files(watched, connection).await {
        Ok(files) => files,
        Err(error) => {
            let summary = format!("the newest media cannot be listed: {error}");
            return CheckResult::new(CheckName::Media, Level::Unknown, summary).code("no-list");
        }
    };
    let keys: Vec<String> = files.iter().map(|(_, key)| key.clone()).collect();
    let answers = heads(watched.client, keys).await;
    verdict(
        files.iter().zip(answers).map(|((whose, key), answer)| (format!("{whose} {key}"), answer)),
    )
}

/// What the file is, and its key.
async fn files(
    watched: &Watched<'_>,
    connection: &Connection,
) -> Result<Vec<(String, String)>, DatabaseError> {
    let prefix = watched.application.layers.get("S3_KEY_PREFIX");
    let key = |attachment, row: &Row<'_>| {
        keys(attachment, row, prefix.as_deref()).into_iter().next().map(|first| first.key)
    };
    let newest = i64::try_from(watched.pictures.newest_media).unwrap_or(i64::MAX);
    let media = "SELECT id, file_file_name, file_content_type, file_storage_schema_version \
                 FROM media_attachments WHERE coalesce(remote_url, '') = '' AND file_file_name <> '' \
                 AND (processing IS NULL OR processing NOT IN (0, 1)) ORDER BY id DESC LIMIT $1";
    let mut files = Vec::new();
    for row in connection.query(media, &[newest.into()]).await? {
        let file_name: String = row.try_get(1)?;
        let content_type: Option<String> = row.try_get(2)?;
        let stored = Row {
            id: row.try_get(0)?,
            file_name: &file_name,
            content_type: content_type.as_deref(),
            schema_version: row.try_get(3)?,
            ..Row::default()
        };
        files.extend(key(Attachment::Media, &stored).map(|key| ("media".to_owned(), key)));
    }
    let site = "SELECT id, file_file_name, var FROM site_uploads WHERE file_file_name <> '' \
                ORDER BY id LIMIT $1";
    for row in connection.query(site, &[SITE_UPLOADS_MAX.into()]).await? {
        let (file_name, variable): (String, String) = (row.try_get(1)?, row.try_get(2)?);
        let stored = Row { id: row.try_get(0)?, file_name: &file_name, ..Row::default() };
        files.extend(
            key(Attachment::SiteUpload, &stored).map(|key| (format!("site's {variable}"), key)),
        );
    }
    Ok(files)
}

fn verdict(files: impl Iterator<Item = (String, Presence)>) -> CheckResult {
    let (mut missing, mut unclear, mut present) = (Vec::new(), Vec::new(), 0_u64);
    for (file, presence) in files {
        match presence {
            Presence::Present => present += 1,
            Presence::Missing | Presence::Deleted => missing.push(file),
            Presence::Refused => missing.push(format!("{file} (or forbidden)")),
            Presence::Archived(class) => missing.push(format!("{file} (unreadable in {class})")),
            Presence::Unclear(why) => unclear.push(format!("{file}: {why}")),
        }
    }
    let (level, code) = match (missing.is_empty(), unclear.is_empty()) {
        (true, true) => (Level::Ok, None),
        (true, false) => (Level::Unknown, Some("unclear")),
        (false, _) => (Level::Failing, Some("missing")),
    };
    let summary = match level {
        Level::Ok => format!("the {present} newest files are there"),
        _ => format!(
            "of the {} newest files {} missing, {} unclear",
            missing.len() + unclear.len() + usize::try_from(present).unwrap_or(0),
            missing.len(),
            unclear.len()
        ),
    };
    let mut result = CheckResult::new(CheckName::Media, level, summary);
    result.code = code.map(ToOwned::to_owned);
    for (words, list) in [("missing", &missing), ("unclear", &unclear)] {
        if !list.is_empty() {
            result.details.push(format!("{words}: {}", cut_list(list)));
        }
    }
    let count = |list: &Vec<String>| u64::try_from(list.len()).unwrap_or(u64::MAX);
    result.counts = [("ok", present), ("missing", count(&missing)), ("unclear", count(&unclear))]
        .map(|(name, number)| (name.to_owned(), number))
        .to_vec();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_missing_file_is_a_failure() {
        let all = |presences: &[Presence]| {
            verdict(presences.iter().map(|presence| ("f".to_owned(), presence.clone())))
        };
        assert_eq!(all(&[]).level, Level::Ok);
        assert_eq!(all(&[Presence::Present]).level, Level::Ok);
        let unclear = Presence::Unclear("503".into());
        assert_eq!(all(&[Presence::Present, unclear.clone()]).level, Level::Unknown);
        for bad in [Presence::Missing, Presence::Deleted, Presence::Refused] {
            let result = all(&[Presence::Present, unclear.clone(), bad]);
            assert_eq!(result.level, Level::Failing);
            assert_eq!(result.summary, "of the 3 newest files 1 missing, 1 unclear");
        }
    }
}
