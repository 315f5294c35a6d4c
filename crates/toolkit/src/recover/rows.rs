//! The rows of the database that name files: one kind of file at a time, in pages.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tokio_postgres::Row as DatabaseRow;

use crate::database::{Connection, DatabaseError, Value};
use crate::profiles::mastodon::keys::{self, Attachment, StyledKey};

/// A file whose row changed lately may still be on its way.
const SETTLED_AFTER: &str = "interval '1 hour'";
/// Columns that go with a file, behind its name and an underscore: those that Mastodon's own batch removal
/// empties. Addresses, schema versions and pictures' measures stay.
const CLEARED: [&str; 6] =
    ["file_name", "content_type", "file_size", "updated_at", "fingerprint", "created_at"];

/// A row as far as one file of it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRow {
    /// The row's id.
    pub id: i64,
    /// The stored file name; empty where the row has none.
    pub file_name: String,
    /// The stored content type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// `*_storage_schema_version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_version: Option<i32>,
    /// Whether it came from elsewhere.
    pub is_remote: bool,
    /// `var` of a site upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
    /// The server that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Whose it is, for people.
    pub whose: String,
    /// Where it can be fetched again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_url: Option<String>,
    /// Whether the account is suspended.
    #[serde(default)]
    pub is_suspended: bool,
    /// Whether it is new enough to be fetched before somebody looks at it.
    #[serde(default)]
    pub is_recent: bool,
}

impl FileRow {
    /// The keys of the file, the original first. Which sizes of a site's picture exist depends on the
    /// version, so those are not demanded.
    pub fn keys(&self, attachment: Attachment, prefix: Option<&str>) -> Vec<StyledKey> {
        let row = keys::Row {
            id: self.id,
            file_name: &self.file_name,
            content_type: self.content_type.as_deref(),
            schema_version: self.schema_version,
            is_remote: self.is_remote,
            variable: self.variable.as_deref(),
        };
        let mut all = keys::keys(attachment, &row, prefix);
        if attachment == Attachment::SiteUpload {
            all.truncate(1);
        }
        all
    }
}

/// Which rows of a table are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Those that name a file.
    Named,
    /// Those of remote accounts that have an address of a picture and none here: what
    /// `tootctl media remove --prune-profiles` leaves.
    Pruned,
}

/// Which end of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The lowest ids.
    Oldest,
    /// The highest ids.
    Newest,
}

/// The rows of one kind of file.
#[derive(Clone, Debug)]
pub struct Source {
    attachment: Attachment,
    columns: BTreeSet<String>,
    has_accounts: bool,
    recent_days: u32,
}

impl Attachment {
    /// All of them, in the order in which they are looked at.
    pub const ALL: [Self; 9] = [
        Self::Avatar,
        Self::Header,
        Self::Media,
        Self::Thumbnail,
        Self::Emoji,
        Self::Card,
        Self::SiteUpload,
        Self::Backup,
        Self::Import,
    ];

    /// Its name on the command line: what there are many of.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Avatar => "avatars",
            Self::Header => "headers",
            Self::Media => "media",
            Self::Thumbnail => "thumbnails",
            Self::Emoji => "emoji",
            Self::Card => "cards",
            Self::SiteUpload => "site-uploads",
            Self::Backup => "backups",
            Self::Import => "imports",
        }
    }

    fn table(self) -> &'static str {
        match self {
            Self::Avatar | Self::Header => "accounts",
            Self::Media | Self::Thumbnail => "media_attachments",
            Self::Emoji => "custom_emojis",
            Self::Card => "preview_cards",
            Self::SiteUpload => "site_uploads",
            Self::Backup => "backups",
            Self::Import => "imports",
        }
    }

    /// What stands in front of the columns of the file.
    fn front(self) -> &'static str {
        match self {
            Self::Avatar => "avatar",
            Self::Header => "header",
            Self::Media | Self::SiteUpload => "file",
            Self::Thumbnail => "thumbnail",
            Self::Emoji | Self::Card => "image",
            Self::Backup => "dump",
            Self::Import => "data",
        }
    }
}

impl Source {
    /// The rows of a kind of file; none if this version of Mastodon has no such thing.
    pub async fn find(
        connection: &Connection,
        attachment: Attachment,
        recent_days: u32,
    ) -> Result<Option<Self>, DatabaseError> {
        let columns = connection.columns(attachment.table()).await?;
        let has_accounts = !connection.columns("accounts").await?.is_empty();
        let name = format!("{}_file_name", attachment.front());
        let is_there = columns.contains(&name);
        Ok(is_there.then_some(Self { attachment, columns, has_accounts, recent_days }))
    }

    /// The kind of file.
    pub fn attachment(&self) -> Attachment {
        self.attachment
    }

    /// A page of rows behind an id, in the order of ids.
    pub async fn page(
        &self,
        connection: &Connection,
        selection: Selection,
        after: i64,
        limit: i64,
    ) -> Result<Vec<FileRow>, DatabaseError> {
        let sql = format!("{} ORDER BY t.id LIMIT $2", self.select(selection));
        let rows = connection.query(&sql, &[after.into(), limit.into()]).await?;
        rows.iter().map(read).collect()
    }

    /// Some rows at one end of the table.
    pub async fn end(
        &self,
        connection: &Connection,
        end: End,
        limit: i64,
    ) -> Result<Vec<FileRow>, DatabaseError> {
        let order = if end == End::Oldest { "ASC" } else { "DESC" };
        let sql = format!("{} ORDER BY t.id {order} LIMIT $2", self.select(Selection::Named));
        let rows = connection.query(&sql, &[0_i64.into(), limit.into()]).await?;
        rows.iter().map(read).collect()
    }

    /// How many rows there are.
    pub async fn count(
        &self,
        connection: &Connection,
        selection: Selection,
    ) -> Result<u64, DatabaseError> {
        let sql = format!(
            "SELECT count(*) FROM {} t WHERE {}",
            self.attachment.table(),
            self.condition(selection)
        );
        let rows = connection.query(&sql, &[0_i64.into()]).await?;
        let count: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Empties the columns of files whose rows still name what was found missing, inside the open
    /// transaction. What was there comes back, a JSON object a row.
    pub async fn clear(
        &self,
        connection: &Connection,
        rows: &[(i64, String)],
    ) -> Result<Vec<serde_json::Value>, DatabaseError> {
        let (ids, names) = rows.iter().cloned().unzip();
        let values = [Value::Numbers(ids), Value::Texts(names)];
        let found = connection.query(&self.clear_sql(), &values).await?;
        found.iter().map(json).collect()
    }

    /// Fills the columns again where they are still empty; the ids of the rows.
    pub async fn put_back(
        &self,
        connection: &Connection,
        rows: &[serde_json::Value],
    ) -> Result<Vec<i64>, DatabaseError> {
        let document = serde_json::Value::from(rows.to_vec()).to_string();
        let sql = self.put_back_sql();
        let found = connection.query(&sql, &[Value::Text(document)]).await?;
        Ok(found.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }

    /// The rows with these ids that name a file.
    pub async fn named(
        &self,
        connection: &Connection,
        ids: &[i64],
    ) -> Result<BTreeMap<i64, FileRow>, DatabaseError> {
        let name = format!("t.{}_file_name", self.attachment.front());
        let sql = format!("{} WHERE t.id = ANY ($1) AND {name} <> ''", self.fields());
        let rows = connection.query(&sql, &[Value::Numbers(ids.to_vec())]).await?;
        rows.iter().map(|row| read(row).map(|row| (row.id, row))).collect()
    }

    /// The columns that are emptied.
    fn cleared(&self) -> Vec<String> {
        let front = self.attachment.front();
        let mut columns: Vec<String> = CLEARED.iter().map(|end| format!("{front}_{end}")).collect();
        if self.attachment == Attachment::Emoji {
            // With the address kept, the picture would be fetched only once it changes elsewhere.
            columns.push("image_remote_url".to_owned());
        }
        columns.retain(|column| self.columns.contains(column));
        columns
    }

    fn clear_sql(&self) -> String {
        let (table, front) = (self.attachment.table(), self.attachment.front());
        let columns = self.cleared();
        let old = columns.iter().map(|column| format!("a.{column}"));
        let old = old.collect::<Vec<_>>().join(", ");
        let nulls = columns.iter().map(|column| format!("{column} = NULL"));
        let nulls = nulls.collect::<Vec<_>>().join(", ");
        let pairs = columns.iter().map(|column| format!("'{column}', t.{column}"));
        let pairs = pairs.collect::<Vec<_>>().join(", ");
        format!(
            "WITH want(id, fn) AS (SELECT * FROM unnest($1::bigint[], $2::text[])), \
             t AS (SELECT a.id, {old} FROM {table} a \
               JOIN want w ON w.id = a.id AND w.fn = a.{front}_file_name \
               FOR UPDATE OF a SKIP LOCKED), \
             u AS (UPDATE {table} a SET {nulls} FROM t WHERE a.id = t.id RETURNING a.id) \
             SELECT jsonb_build_object('id', t.id, {pairs})::text FROM t JOIN u USING (id) ORDER BY t.id"
        )
    }

    fn put_back_sql(&self) -> String {
        let (table, front) = (self.attachment.table(), self.attachment.front());
        let set = self
            .cleared()
            .iter()
            .map(|column| format!("{column} = r.{column}"))
            .collect::<Vec<_>>();
        format!(
            "UPDATE {table} t SET {} \
             FROM jsonb_populate_recordset(NULL::{table}, $1::text::jsonb) r \
             WHERE t.id = r.id AND t.{front}_file_name IS NULL RETURNING t.id",
            set.join(", ")
        )
    }

    fn select(&self, selection: Selection) -> String {
        format!("{} WHERE {}", self.fields(), self.condition(selection))
    }

    fn condition(&self, selection: Selection) -> String {
        let front = self.attachment.front();
        let behind = "t.id > GREATEST($1, 0)";
        if selection == Selection::Pruned {
            return format!(
                "{behind} AND t.{front}_file_name IS NULL AND coalesce(t.{front}_remote_url, '') <> '' \
                 AND t.domain IS NOT NULL AND t.suspended_at IS NULL"
            );
        }
        let mut condition = format!(
            "{behind} AND t.{front}_file_name <> '' AND (t.{front}_updated_at IS NULL \
             OR t.{front}_updated_at < (now() AT TIME ZONE 'utc') - {SETTLED_AFTER})"
        );
        if matches!(self.attachment, Attachment::Media | Attachment::Thumbnail) {
            // Queued and at work: in flux.
            condition.push_str(" AND (t.processing IS NULL OR t.processing NOT IN (0, 1))");
        }
        condition
    }

    /// What is read of a row, the same columns for every kind.
    fn fields(&self) -> String {
        let (table, front) = (self.attachment.table(), self.attachment.front());
        let or_null = |column: String, kind: &str| {
            if self.columns.contains(&column) {
                format!("t.{column}::{kind}")
            } else {
                format!("NULL::{kind}")
            }
        };
        let is_media = matches!(self.attachment, Attachment::Media | Attachment::Thumbnail);
        let joins = is_media && self.has_accounts;
        let owner = if joins { "a" } else { "t" };
        let domain = match self.attachment {
            Attachment::Avatar | Attachment::Header | Attachment::Emoji => "t.domain::text",
            Attachment::Media | Attachment::Thumbnail if joins => "a.domain::text",
            _ => "NULL::text",
        };
        let is_remote = match self.attachment {
            Attachment::Avatar | Attachment::Header | Attachment::Emoji => "(t.domain IS NOT NULL)",
            Attachment::Media | Attachment::Thumbnail => "(coalesce(t.remote_url, '') <> '')",
            Attachment::Card => "true",
            Attachment::SiteUpload | Attachment::Backup | Attachment::Import => "false",
        };
        let is_suspended = match self.attachment {
            Attachment::Avatar | Attachment::Header => true,
            _ => joins,
        };
        let suspended = if is_suspended {
            format!("({owner}.suspended_at IS NOT NULL)")
        } else {
            "false".to_owned()
        };
        let url = if self.attachment == Attachment::Media {
            "remote_url".to_owned()
        } else {
            format!("{front}_remote_url")
        };
        let recent = if is_media {
            let days = self.recent_days;
            format!("(t.created_at > (now() AT TIME ZONE 'utc') - make_interval(days => {days}))")
        } else {
            "false".to_owned()
        };
        let join = if joins { " LEFT JOIN accounts a ON a.id = t.account_id" } else { "" };
        format!(
            "SELECT t.id, coalesce(t.{front}_file_name, '')::text, {}, {}, {is_remote}, {}, {domain}, \
             {}, {}, {suspended}, {recent} FROM {table} t{join}",
            or_null(format!("{front}_content_type"), "text"),
            or_null(format!("{front}_storage_schema_version"), "int4"),
            or_null("var".to_owned(), "text"),
            self.whose(joins),
            or_null(url, "text"),
        )
    }

    /// How people call it.
    fn whose(&self, joins: bool) -> &'static str {
        match self.attachment {
            Attachment::Avatar | Attachment::Header => {
                "('@' || t.username || coalesce('@' || t.domain, ''))::text"
            }
            Attachment::Media | Attachment::Thumbnail if joins => {
                "('media ' || t.id || coalesce(' of @' || a.username || coalesce('@' || a.domain, ''), \
                 ''))::text"
            }
            Attachment::Media | Attachment::Thumbnail => "('media ' || t.id)::text",
            Attachment::Emoji => {
                "(':' || t.shortcode || ':' || coalesce('@' || t.domain, ''))::text"
            }
            Attachment::Card => "('card of ' || t.url)::text",
            Attachment::SiteUpload => "('the site''s ' || t.var)::text",
            Attachment::Backup => "('archive ' || t.id)::text",
            Attachment::Import => "('import ' || t.id)::text",
        }
    }
}

fn read(row: &DatabaseRow) -> Result<FileRow, DatabaseError> {
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(FileRow {
        id: row.try_get(0)?,
        file_name: row.try_get(1)?,
        content_type: row.try_get(2)?,
        schema_version: row.try_get(3)?,
        is_remote: row.try_get(4)?,
        variable: row.try_get(5)?,
        domain: filled(row.try_get(6)?),
        whose: row.try_get(7)?,
        remote_url: filled(row.try_get(8)?),
        is_suspended: row.try_get::<_, Option<bool>>(9)?.unwrap_or(false),
        is_recent: row.try_get(10)?,
    })
}

fn json(row: &DatabaseRow) -> Result<serde_json::Value, DatabaseError> {
    let text: String = row.try_get(0)?;
    // PostgreSQL made it.
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(attachment: Attachment, columns: &[&str]) -> Source {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Source { attachment, columns, has_accounts: true, recent_days: 7 }
    }

    #[test]
    fn only_columns_that_are_there_are_emptied() {
        let all = ["image_file_name", "image_updated_at", "image_remote_url", "image_fingerprint"];
        let emoji = source(Attachment::Emoji, &all);
        let expected =
            ["image_file_name", "image_updated_at", "image_fingerprint", "image_remote_url"];
        assert_eq!(emoji.cleared(), expected);
        let avatar =
            source(Attachment::Avatar, &["avatar_file_name", "avatar_remote_url", "updated_at"]);
        assert_eq!(avatar.cleared(), ["avatar_file_name"], "addresses stay");
        assert!(avatar.clear_sql().contains("w.fn = a.avatar_file_name"));
        assert!(avatar.put_back_sql().contains("t.avatar_file_name IS NULL"));
    }

    #[test]
    fn media_in_work_and_fresh_files_are_left_alone() {
        let media = source(Attachment::Media, &["file_file_name"]).condition(Selection::Named);
        assert!(media.contains("NOT IN (0, 1)") && media.contains("file_updated_at <"), "{media}");
        let card = source(Attachment::Card, &["image_file_name"]);
        assert!(!card.condition(Selection::Named).contains("processing"));
        assert!(card.fields().contains("NULL::int4"), "a column that is not there is none");
    }

    #[test]
    fn sizes_of_site_pictures_are_not_demanded() {
        let row = FileRow {
            id: 3,
            file_name: "s.jpg".into(),
            variable: Some("thumbnail".into()),
            ..FileRow::default()
        };
        let keys = row.keys(Attachment::SiteUpload, None);
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0].key, "site_uploads/files/000/000/003/original/s.jpg");
    }
}
