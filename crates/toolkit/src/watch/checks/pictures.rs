//! The avatars and headers of all local accounts: at the store, which knows the truth, and for some of
//! them as the public sees them. The public way alone would not do: a cache may answer for years.

use super::super::result::{CheckName, CheckResult, Level, cut_list};
use super::Watched;
use super::local_accounts::{Picture, from_api, from_database};
use super::sampling::{Presence, heads, public_reads};
use crate::database::Connection;

/// Makes the check. `after` is where the last run ended, and becomes where this one does.
pub async fn check(
    watched: &Watched<'_>,
    connection: Option<&Connection>,
    token: Option<&str>,
    after: &mut i64,
) -> CheckResult {
    let (pictures, is_part) = match pictures(watched, connection, token, after).await {
        Ok(found) => found,
        Err(why) => {
            let summary = format!("the local accounts cannot be listed: {why}");
            return CheckResult::new(CheckName::Pictures, Level::Unknown, summary).code("no-list");
        }
    };
    let mut found = Found::default();
    look_at_store(watched, &pictures, &mut found).await;
    look_as_public(watched, &pictures, &mut found).await;
    let mut result = verdict(&found, pictures.len());
    if is_part {
        result.details.push("the accounts are looked at in turns; the next run goes on".to_owned());
    }
    result
}

/// The pictures of this run, and whether there are more accounts than one run looks at.
async fn pictures(
    watched: &Watched<'_>,
    connection: Option<&Connection>,
    token: Option<&str>,
    after: &mut i64,
) -> Result<(Vec<Picture>, bool), String> {
    let begin = *after;
    let Some(connection) = connection else {
        let transport = watched.client.transport();
        let all = from_api(transport, watched.application, token).await?;
        let (part, next) = turn(all, begin, watched.pictures.origin_max);
        *after = next.unwrap_or(0);
        return Ok((part, next.is_some() || begin != 0));
    };
    // Two pictures an account.
    let accounts = watched.pictures.origin_max.div_ceil(2).max(1);
    let (pictures, next) = from_database(connection, watched.application, begin, accounts)
        .await
        .map_err(|error| error.to_string())?;
    *after = next.unwrap_or(0);
    Ok((pictures, next.is_some() || begin != 0))
}

/// Up to `most` pictures from the one with the number `begin` on, and where the next turn begins; none at
/// the end. The API has no numbers of accounts to go on behind.
fn turn(all: Vec<Picture>, begin: i64, most: usize) -> (Vec<Picture>, Option<i64>) {
    // The list became shorter, or the number is one of the database: from the start.
    let begin = usize::try_from(begin).ok().filter(|begin| *begin < all.len()).unwrap_or(0);
    let most = most.max(1);
    let end = begin.saturating_add(most);
    let next = (end < all.len()).then(|| i64::try_from(end).unwrap_or(0));
    (all.into_iter().skip(begin).take(most).collect(), next)
}

#[derive(Default)]
struct Found {
    present: u64,
    missing: Vec<String>,
    refused: Vec<String>,
    archived: Vec<String>,
    unclear: Vec<String>,
    public: Vec<String>,
    public_looked_at: u64,
    /// Whether the caller can tell a missing key from a forbidden one.
    can_tell: bool,
}

async fn look_at_store(watched: &Watched<'_>, pictures: &[Picture], found: &mut Found) {
    let asked: Vec<&Picture> = pictures.iter().filter(|picture| picture.key.is_some()).collect();
    let keys = asked.iter().filter_map(|picture| picture.key.clone()).collect();
    for (picture, presence) in asked.into_iter().zip(heads(watched.client, keys).await) {
        let whose = picture.whose.clone();
        match presence {
            Presence::Present => found.present += 1,
            Presence::Missing => found.missing.push(whose),
            Presence::Deleted => {
                found.missing.push(format!("{whose}, deleted, can be brought back"));
            }
            Presence::Refused => found.refused.push(whose),
            Presence::Archived(class) => found.archived.push(format!("{whose} in {class}")),
            Presence::Unclear(why) => found.unclear.push(format!("{whose}: {why}")),
        }
    }
    if !found.refused.is_empty() {
        let random = identity::generate::request_id().unwrap_or_default();
        let control = watched.client.head_object(&format!(".watch-control/{random}"), None).await;
        found.can_tell = control.status() == Some(404);
    }
}

/// Fetches some pictures as the public; which ones changes with the time.
async fn look_as_public(watched: &Watched<'_>, pictures: &[Picture], found: &mut Found) {
    let sample = watched.pictures.public_sample.min(pictures.len());
    if sample == 0 {
        return;
    }
    let step = pictures.len().div_ceil(sample).max(1);
    let seconds = usize::try_from(watched.client.now().unix_seconds()).unwrap_or(0);
    let chosen: Vec<&Picture> = pictures.iter().skip(seconds % step).step_by(step).collect();
    let urls = chosen.iter().map(|picture| picture.url.clone()).collect();
    for (picture, read) in chosen.iter().zip(public_reads(watched.client, urls).await) {
        found.public_looked_at += 1;
        if let Err(why) = read {
            found.public.push(format!("{}: {why}", picture.whose));
        }
    }
}

fn verdict(found: &Found, looked_at: usize) -> CheckResult {
    let refused = if found.can_tell { "forbidden" } else { "missing or forbidden" };
    let kinds = [
        ("missing", "missing", &found.missing, Level::Failing),
        ("refused", refused, &found.refused, Level::Failing),
        ("public", "not readable by the public", &found.public, Level::Failing),
        ("archived", "in an archive, unreadable", &found.archived, Level::Failing),
        ("unclear", "unclear", &found.unclear, Level::Unknown),
    ];
    let worst = kinds.iter().filter(|(_, _, list, _)| !list.is_empty()).max_by_key(|kind| kind.3);
    let said: Vec<String> = kinds
        .iter()
        .filter(|(_, _, list, _)| !list.is_empty())
        .map(|(_, words, list, _)| format!("{} {words}", list.len()))
        .collect();
    let mut result = if let Some(worst) = worst {
        let codes = kinds.iter().filter(|(_, _, list, _)| !list.is_empty()).map(|kind| kind.0);
        let summary = format!("of {looked_at} pictures {}", said.join(", "));
        CheckResult::new(CheckName::Pictures, worst.3, summary)
            .code(codes.collect::<Vec<_>>().join(" "))
    } else {
        let summary = format!("all {looked_at} pictures are there");
        CheckResult::new(CheckName::Pictures, Level::Ok, summary)
    };
    for (_, words, list, _) in kinds.iter().filter(|(_, _, list, _)| !list.is_empty()) {
        result.details.push(format!("{words}: {}", cut_list(list)));
    }
    let count = |list: &Vec<String>| u64::try_from(list.len()).unwrap_or(u64::MAX);
    result.counts = vec![
        ("ok".to_owned(), found.present),
        ("public-checked".to_owned(), found.public_looked_at),
    ];
    result.counts.extend(kinds.iter().map(|(name, _, list, _)| ((*name).to_owned(), count(list))));
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_looked_at_in_turns() {
        let check = |begin, most, numbers: &[i64], next: Option<i64>| {
            let picture = |account_id| Picture {
                account_id,
                whose: String::new(),
                key: None,
                url: String::new(),
            };
            let (part, found) = turn((0..5).map(picture).collect(), begin, most);
            let part: Vec<i64> = part.iter().map(|picture| picture.account_id).collect();
            assert_eq!((part.as_slice(), found), (numbers, next), "{begin} {most}");
        };
        check(0, 2, &[0, 1], Some(2));
        check(2, 2, &[2, 3], Some(4));
        check(4, 2, &[4], None);
        check(0, 5, &[0, 1, 2, 3, 4], None);
        check(0, 0, &[0], Some(1));
        check(116_123_456_789_012_345, 9, &[0, 1, 2, 3, 4], None);
    }

    #[test]
    fn the_worst_kind_decides_and_all_are_told() {
        let mut found = Found { present: 3, ..Found::default() };
        assert_eq!(verdict(&found, 3).level, Level::Ok);
        found.unclear.push("@c (avatar): 503".into());
        assert_eq!(verdict(&found, 4).level, Level::Unknown);
        found.missing.push("@a (avatar)".into());
        found.refused.push("@b (avatar)".into());
        let told = verdict(&found, 6);
        assert_eq!(told.level, Level::Failing);
        assert_eq!(told.code.as_deref(), Some("missing refused unclear"));
        assert_eq!(told.summary, "of 6 pictures 1 missing, 1 missing or forbidden, 1 unclear");
        assert!(told.details[0].contains("@a (avatar)"));
        found.can_tell = true;
        assert!(verdict(&found, 6).summary.contains("1 forbidden"));
    }
}
