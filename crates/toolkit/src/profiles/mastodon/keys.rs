//! Where Mastodon keeps which file.

/// A column of files.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Attachment {
    /// accounts.avatar.
    Avatar,
    /// accounts.header.
    Header,
    /// custom_emojis.image.
    Emoji,
    /// preview_cards.image.
    Card,
    /// site_uploads.file.
    SiteUpload,
    /// backups.dump.
    Backup,
    /// imports.data, until Mastodon 4.3.
    Import,
    /// media_attachments.file.
    Media,
    /// media_attachments.thumbnail.
    Thumbnail,
}

/// A row as far as keys depend on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Row<'a> {
    /// Its id.
    pub id: i64,
    /// The stored file name.
    pub file_name: &'a str,
    /// The stored content type.
    pub content_type: Option<&'a str>,
    /// `*_storage_schema_version`; none where the column is missing or NULL.
    pub schema_version: Option<i32>,
    /// Whether it came from elsewhere (`domain` or `remote_url` is set).
    pub is_remote: bool,
    /// `var` of a site upload.
    pub variable: Option<&'a str>,
}

/// A key and the style of the picture that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StyledKey {
    /// `original`, `static`, `small` …
    pub style: &'static str,
    /// The key.
    pub key: String,
}

/// Sizes of a site's icon; which of them exist depends on the version.
const APP_ICON_STYLES: [&str; 18] = [
    "57", "60", "72", "76", "114", "120", "144", "152", "167", "180", "1024", "36", "48", "96",
    "192", "256", "384", "512",
];

impl Attachment {
    /// Class and attachment, both in the plural, as they stand in keys.
    pub fn directory(self) -> &'static str {
        match self {
            Self::Avatar => "accounts/avatars",
            Self::Header => "accounts/headers",
            Self::Emoji => "custom_emojis/images",
            Self::Card => "preview_cards/images",
            Self::SiteUpload => "site_uploads/files",
            Self::Backup => "backups/dumps",
            Self::Import => "imports/data",
            Self::Media => "media_attachments/files",
            Self::Thumbnail => "media_attachments/thumbnails",
        }
    }

    fn is_cached(self, row: &Row<'_>) -> bool {
        let has_schema = row.schema_version.is_some_and(|version| version >= 1);
        let is_remote = match self {
            Self::Card => true,
            Self::SiteUpload | Self::Backup | Self::Import => false,
            Self::Avatar | Self::Header | Self::Emoji | Self::Media | Self::Thumbnail => {
                row.is_remote
            }
        };
        has_schema && is_remote
    }

    /// Styles besides the original, and the extension of each if it is not the stored one.
    fn styles(self, row: &Row<'_>) -> Vec<(&'static str, Option<&'static str>)> {
        match (self, row.content_type, row.variable) {
            (Self::Avatar | Self::Header, Some("image/gif"), _) | (Self::Emoji, _, _) => {
                vec![("static", Some("png"))]
            }
            (Self::SiteUpload, _, Some("thumbnail")) => {
                vec![("@1x", Some("png")), ("@2x", Some("png"))]
            }
            (Self::SiteUpload, _, Some("favicon")) => {
                ["16", "32", "48"].map(|size| (size, Some("png"))).to_vec()
            }
            (Self::SiteUpload, _, Some("app_icon")) => {
                APP_ICON_STYLES.map(|size| (size, Some("png"))).to_vec()
            }
            (Self::Media, Some(content_type), _) => media_styles(content_type),
            _ => Vec::new(),
        }
    }
}

fn media_styles(content_type: &str) -> Vec<(&'static str, Option<&'static str>)> {
    match content_type {
        "image/gif" | "video/webm" | "video/quicktime" | "video/mp4" | "video/ogg" => {
            vec![("small", Some("png"))]
        }
        "image/heic" | "image/heif" | "image/avif" => vec![("small", Some("jpeg"))],
        "image/jpeg" | "image/png" | "image/webp" => vec![("small", None)],
        _ => Vec::new(),
    }
}

/// The part of a key that is made of the id: complete groups of three digits, the rest dropped.
pub fn id_partition(id: i64) -> String {
    let digits = if id < 1_000_000_000 { format!("{id:09}") } else { format!("{id:012}") };
    let digits: Vec<char> = digits.chars().filter(char::is_ascii_digit).collect();
    let groups: Vec<String> = digits.chunks_exact(3).map(|group| group.iter().collect()).collect();
    groups.join("/")
}

/// All keys of a row, the original first. `prefix` is `S3_KEY_PREFIX`.
pub fn keys(attachment: Attachment, row: &Row<'_>, prefix: Option<&str>) -> Vec<StyledKey> {
    let mut front = String::new();
    if let Some(prefix) = prefix.filter(|prefix| !prefix.is_empty()) {
        front.push_str(prefix);
        front.push('/');
    }
    if attachment.is_cached(row) {
        front.push_str("cache/");
    }
    let front = format!("{front}{}/{}", attachment.directory(), id_partition(row.id));
    let original =
        StyledKey { style: "original", key: format!("{front}/original/{}", row.file_name) };
    let styled = attachment.styles(row).into_iter().map(|(style, extension)| {
        let file = with_extension(row.file_name, extension);
        StyledKey { style, key: format!("{front}/{style}/{file}") }
    });
    std::iter::once(original).chain(styled).collect()
}

/// The name with another extension. A dot at the beginning begins none.
fn with_extension(file_name: &str, extension: Option<&str>) -> String {
    let split = file_name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty());
    let (stem, stored) = split.unwrap_or((file_name, ""));
    match extension.unwrap_or(stored) {
        "" => stem.to_owned(),
        extension => format!("{stem}.{extension}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_cut_into_groups() {
        for (id, expected) in [
            (1, "000/000/001"),
            (999_999_999, "999/999/999"),
            (1_000_000_000, "001/000/000/000"),
            (123_456_789_012, "123/456/789/012"),
            (1_234_567_890_123, "123/456/789/012"),
            (97_123_456_789_012_345, "971/234/567/890/123"),
            (116_123_456_789_012_345, "116/123/456/789/012/345"),
            (-99, "000/000"),
        ] {
            assert_eq!(id_partition(id), expected, "{id}");
        }
    }

    fn check(attachment: Attachment, row: &Row<'_>, expected: &[&str]) {
        let found = keys(attachment, row, None);
        let found: Vec<_> = found.iter().map(|key| key.key.as_str()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn vectors_of_accounts_and_emoji() {
        let account = Row {
            id: 116_123_456_789_012_345,
            file_name: "a1b2.png",
            content_type: Some("image/png"),
            schema_version: Some(1),
            is_remote: true,
            variable: None,
        };
        check(
            Attachment::Avatar,
            &account,
            &["cache/accounts/avatars/116/123/456/789/012/345/original/a1b2.png"],
        );
        check(
            Attachment::Avatar,
            &Row { schema_version: None, ..account },
            &["accounts/avatars/116/123/456/789/012/345/original/a1b2.png"],
        );
        let local = Row {
            id: 42,
            file_name: "z.gif",
            content_type: Some("image/gif"),
            schema_version: Some(1),
            is_remote: false,
            variable: None,
        };
        check(
            Attachment::Avatar,
            &local,
            &[
                "accounts/avatars/000/000/042/original/z.gif",
                "accounts/avatars/000/000/042/static/z.png",
            ],
        );
        let emoji = Row {
            id: 1234,
            file_name: "e.webp",
            schema_version: Some(1),
            is_remote: true,
            ..local
        };
        check(
            Attachment::Emoji,
            &emoji,
            &[
                "cache/custom_emojis/images/000/001/234/original/e.webp",
                "cache/custom_emojis/images/000/001/234/static/e.png",
            ],
        );
    }

    #[test]
    fn vectors_of_media_and_site_uploads() {
        let media = Row {
            id: 109_000_000_000_000_001,
            file_name: "v.mp4",
            content_type: Some("video/mp4"),
            schema_version: Some(1),
            is_remote: true,
            variable: None,
        };
        check(
            Attachment::Media,
            &media,
            &[
                "cache/media_attachments/files/109/000/000/000/000/001/original/v.mp4",
                "cache/media_attachments/files/109/000/000/000/000/001/small/v.png",
            ],
        );
        check(
            Attachment::Thumbnail,
            &Row { file_name: "t.jpg", schema_version: None, ..media },
            &["media_attachments/thumbnails/109/000/000/000/000/001/original/t.jpg"],
        );
        let upload =
            Row { id: 3, file_name: "s.jpg", variable: Some("thumbnail"), ..Row::default() };
        check(
            Attachment::SiteUpload,
            &upload,
            &[
                "site_uploads/files/000/000/003/original/s.jpg",
                "site_uploads/files/000/000/003/@1x/s.png",
                "site_uploads/files/000/000/003/@2x/s.png",
            ],
        );
        let styles = |content_type| {
            let row = Row { id: 1, file_name: "f.x", content_type, ..Row::default() };
            keys(Attachment::Media, &row, None).last().unwrap().key.clone()
        };
        for (content_type, expected) in [
            (Some("image/gif"), "small/f.png"),
            (Some("image/heic"), "small/f.jpeg"),
            (Some("image/jpeg"), "small/f.x"),
            (Some("audio/mpeg"), "original/f.x"),
            (None, "original/f.x"),
        ] {
            assert!(styles(content_type).ends_with(expected), "{content_type:?}");
        }
    }

    #[test]
    fn prefixes_and_extensions() {
        let card = Row { id: 5, file_name: "c.png", schema_version: Some(1), ..Row::default() };
        let found = keys(Attachment::Card, &card, Some("pre"));
        assert_eq!(found[0].key, "pre/cache/preview_cards/images/000/000/005/original/c.png");
        for (name, extension, expected) in [
            ("a.b.c", Some("png"), "a.b.png"),
            ("noext", Some("png"), "noext.png"),
            ("noext", None, "noext"),
            (".dot", Some("png"), ".dot.png"),
        ] {
            assert_eq!(with_extension(name, extension), expected);
        }
    }
}
