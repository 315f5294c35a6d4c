//! Which pictures the local accounts have: from the database, or from the public API.

use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::application::Application;
use crate::database::{Connection, DatabaseError};
use crate::http::{HttpRequest, Transport};
use crate::profiles::mastodon::keys::{Attachment, Row, keys};

/// Pages of the API that are asked for.
const API_PAGES_MAX: usize = 200;
/// Accounts on one page.
const API_PAGE: usize = 80;
/// Bytes of one page.
const API_PAGE_BYTES_MAX: usize = 4 << 20;

/// A picture that should be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Number of the account in the database; 0 if it is not known.
    pub account_id: i64,
    /// Whose it is, and which, for people: `@alice (avatar)`.
    pub whose: String,
    /// Its key; none if it is not in this bucket.
    pub key: Option<String>,
    /// Where the public reads it.
    pub url: String,
}

/// The pictures of some local accounts, and where to go on; none at the end.
pub type Page = (Vec<Picture>, Option<i64>);

/// Reads up to `accounts` accounts behind the one with the number `after` from the database.
pub async fn from_database(
    connection: &Connection,
    application: &Application,
    after: i64,
    accounts: usize,
) -> Result<Page, DatabaseError> {
    let has = connection.columns("accounts").await?;
    let living = if has.contains("requested_deletion_at") {
        "AND requested_deletion_at IS NULL"
    } else {
        ""
    };
    let sql = format!(
        "SELECT id, username, avatar_file_name, avatar_content_type, avatar_storage_schema_version, \
         header_file_name, header_content_type, header_storage_schema_version FROM accounts \
         WHERE domain IS NULL AND id > GREATEST($1, 0) AND suspended_at IS NULL {living} \
         AND (coalesce(avatar_file_name, '') <> '' OR coalesce(header_file_name, '') <> '') \
         ORDER BY id LIMIT $2"
    );
    let limit = i64::try_from(accounts).unwrap_or(i64::MAX);
    let rows = connection.query(&sql, &[after.into(), limit.into()]).await?;
    let mut pictures = Vec::new();
    let mut last = None;
    for row in &rows {
        let (id, username): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
        last = Some(id);
        for (first, attachment, name) in
            [(2, Attachment::Avatar, "avatar"), (5, Attachment::Header, "header")]
        {
            let file_name: Option<String> = row.try_get(first)?;
            let content_type: Option<String> = row.try_get(first + 1)?;
            let Some(file_name) = file_name.filter(|name| !name.is_empty()) else { continue };
            let stored = Row {
                id,
                file_name: &file_name,
                content_type: content_type.as_deref(),
                schema_version: row.try_get(first + 2)?,
                ..Row::default()
            };
            let prefix = application.layers.get("S3_KEY_PREFIX");
            let Some(key) = keys(attachment, &stored, prefix.as_deref()).into_iter().next() else {
                continue;
            };
            let base = application.public_urls.first().map_or("", |public| public.base.as_str());
            let whose = format!("@{username} ({name})");
            pictures.push(Picture {
                account_id: id,
                whose,
                url: format!("{base}{}", key.key),
                key: Some(key.key),
            });
        }
    }
    Ok((pictures, last.filter(|_| rows.len() == accounts)))
}

#[derive(Deserialize)]
struct PublicAccount {
    username: String,
    #[serde(default)]
    avatar: String,
    #[serde(default)]
    header: String,
}

#[derive(Deserialize)]
struct AdminAccount {
    account: PublicAccount,
}

/// Reads all local accounts from the API of the application: with a token those that are active, without
/// one those that let themselves be found. The error says why it cannot be done.
pub async fn from_api(
    transport: &Transport,
    application: &Application,
    token: Option<&str>,
) -> Result<Vec<Picture>, String> {
    let web =
        application.web_url.as_deref().ok_or("the address of the web application is not known")?;
    let web = web.trim_end_matches('/');
    let mut next = Some(match token {
        Some(_) => {
            format!("{web}/api/v2/admin/accounts?origin=local&status=active&limit={API_PAGE}")
        }
        None => format!("{web}/api/v1/directory?local=true&limit={API_PAGE}&offset=0"),
    });
    let mut pictures = Vec::new();
    for page in 1..=API_PAGES_MAX {
        let Some(url) = next.take() else { break };
        let mut request = HttpRequest::new("GET", url);
        request.take_bytes = API_PAGE_BYTES_MAX;
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = transport.send(&request).await;
        if !answer.is_success() {
            return Err(format!("{} {} answers {}", answer.method, answer.url, answer.result()));
        }
        let accounts = accounts_of(answer.body(), token.is_some()).map_err(|error| {
            format!("{} answers something else than accounts: {error}", answer.url)
        })?;
        next = match token {
            // A link elsewhere would get the token.
            Some(_) => answer
                .header("link")
                .and_then(next_link)
                .filter(|link| link.starts_with(&format!("{web}/"))),
            None if accounts.is_empty() => None,
            None => Some(format!(
                "{web}/api/v1/directory?local=true&limit={API_PAGE}&offset={}",
                page * API_PAGE
            )),
        };
        pictures.extend(accounts.iter().flat_map(|account| pictures_of(account, application)));
    }
    Ok(pictures)
}

fn accounts_of(body: &[u8], is_admin: bool) -> serde_json::Result<Vec<PublicAccount>> {
    if !is_admin {
        return serde_json::from_slice(body);
    }
    let accounts: Vec<AdminAccount> = serde_json::from_slice(body)?;
    Ok(accounts.into_iter().map(|admin| admin.account).collect())
}

fn pictures_of(account: &PublicAccount, application: &Application) -> Vec<Picture> {
    [("avatar", &account.avatar), ("header", &account.header)]
        .into_iter()
        // The picture of those who have none is no upload.
        .filter(|(_, url)| !url.is_empty() && !url.ends_with("/missing.png"))
        .map(|(name, url)| Picture {
            account_id: 0,
            whose: format!("@{} ({name})", account.username),
            key: key_of(url, application),
            url: url.clone(),
        })
        .collect()
}

/// The key of a public URL, if it is one of this bucket.
fn key_of(url: &str, application: &Application) -> Option<String> {
    let mut bases = application.public_urls.iter().map(|public| public.base.as_str());
    let key = bases.find_map(|base| url.strip_prefix(base))?;
    let key = key.split(['?', '#']).next()?;
    percent_decode_str(key).decode_utf8().ok().map(Into::into)
}

/// The target of `rel="next"` in a `Link` header (RFC 8288).
fn next_link(header: &str) -> Option<String> {
    let mut links = header.split(',').map(str::trim);
    let link = links.find(|link| link.contains("rel=\"next\""))?;
    link.strip_prefix('<')?.split_once('>').map(|(url, _)| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found() {
        let header = "<https://a/x?max_id=1>; rel=\"next\", <https://a/x?min_id=2>; rel=\"prev\"";
        assert_eq!(next_link(header).as_deref(), Some("https://a/x?max_id=1"));
        assert_eq!(next_link("<https://a/x>; rel=\"prev\""), None);
    }

    #[test]
    fn both_forms_of_accounts_are_read() {
        let public = br#"[{"username":"a","avatar":"u","header":"h","other":1}]"#;
        assert_eq!(accounts_of(public, false).unwrap()[0].avatar, "u");
        let admin = br#"[{"id":"1","account":{"username":"a","avatar":"u"}}]"#;
        assert_eq!(accounts_of(admin, true).unwrap()[0].username, "a");
        assert!(accounts_of(b"<html>", false).is_err());
    }
}
