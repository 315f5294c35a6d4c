//! Pages of listings: `Marker`, `MaxItems`, `IsTruncated`.
//!
//! AWS: IAM API reference, for example ListUsers. The content of a marker is ours: it names the
//! last item of the page before.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::IamKind;
use model::limits::{IAM_LIST_ITEMS_DEFAULT, IAM_LIST_ITEMS_MAX, IAM_MARKER_LENGTH_BYTES_MAX};

use crate::IamError;
use crate::tables::Directory;

/// Which page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Behind which item the page begins; empty at the beginning.
    after: String,
    max_items: usize,
}

/// A page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The marker of the next page, if there is one.
    pub next: Option<String>,
}

impl PageRequest {
    /// Reads the parameters of a listing. Errors: `ValidationError`.
    pub fn parse(marker: Option<&str>, max_items: Option<&str>) -> Result<Self, IamError> {
        let after = match marker {
            None => String::new(),
            Some(marker) => read_marker(marker)
                .ok_or_else(|| IamError::validation(format!("Invalid Marker: {marker}")))?,
        };
        let max_items = match max_items {
            None => IAM_LIST_ITEMS_DEFAULT,
            Some(text) => read_max_items(text)?,
        };
        Ok(Self { after, max_items })
    }

    /// A page that is as long as pages can be.
    pub fn longest() -> Self {
        Self { after: String::new(), max_items: IAM_LIST_ITEMS_MAX }
    }

    /// The page of items that are at hand; `key` names an item and orders them.
    pub fn of<T>(&self, items: impl IntoIterator<Item = T>, key: impl Fn(&T) -> String) -> Page<T> {
        let mut keyed: Vec<(String, T)> = items
            .into_iter()
            .map(|item| (key(&item), item))
            .filter(|(key, _)| *key > self.after)
            .collect();
        keyed.sort_by(|(left, _), (right, _)| left.cmp(right));
        let truncated = keyed.len() > self.max_items;
        keyed.truncate(self.max_items);
        let last = keyed.last().map(|(key, _)| URL_SAFE_NO_PAD.encode(key));
        Page {
            items: keyed.into_iter().map(|(_, item)| item).collect(),
            next: last.filter(|_| truncated),
        }
    }

    /// The page of rows of a kind that `select` wants; it costs the rows that it goes past.
    pub fn of_rows<T>(
        &self,
        directory: &Directory<'_>,
        kind: IamKind,
        mut select: impl FnMut(&str) -> Result<Option<T>, IamError>,
    ) -> Result<Page<T>, IamError> {
        let mut items = Vec::new();
        let mut last = String::new();
        let mut after = self.after.clone();
        loop {
            let rows = directory.tables.page(kind, &after, IAM_LIST_ITEMS_MAX)?;
            let complete = rows.len() < IAM_LIST_ITEMS_MAX;
            for (key, document) in rows {
                after.clone_from(&key);
                let Some(item) = select(&document)? else { continue };
                if items.len() == self.max_items {
                    return Ok(Page { items, next: Some(URL_SAFE_NO_PAD.encode(last)) });
                }
                items.push(item);
                last = key;
            }
            if complete {
                return Ok(Page { items, next: None });
            }
        }
    }
}

fn read_marker(marker: &str) -> Option<String> {
    if marker.is_empty() || marker.len() > IAM_MARKER_LENGTH_BYTES_MAX {
        return None;
    }
    String::from_utf8(URL_SAFE_NO_PAD.decode(marker).ok()?).ok()
}

fn read_max_items(text: &str) -> Result<usize, IamError> {
    let refused = |rule: String| {
        IamError::validation(format!(
            "1 validation error detected: Value '{text}' at 'maxItems' failed to satisfy \
             constraint: {rule}"
        ))
    };
    match text.parse::<usize>() {
        Ok(number) if number > IAM_LIST_ITEMS_MAX => Err(refused(format!(
            "Member must have value less than or equal to {IAM_LIST_ITEMS_MAX}"
        ))),
        Ok(number) if number > 0 => Ok(number),
        _ => Err(refused("Member must have value greater than or equal to 1".to_owned())),
    }
}
