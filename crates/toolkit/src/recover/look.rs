//! Whether objects are there, asked so that a moment's trouble of the store is not taken for an answer.

use std::time::Duration;

use super::RecoverError;
use super::fate::Grade;
use crate::s3::S3Client;
use crate::watch::checks::sampling::{Presence, heads};

/// How long to wait before asking once more what was not answered: a store that says "slow down" is given
/// time.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// How the answers of this store are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// 403 means missing: the operator says so, for a caller who may not list.
    pub refused_is_missing: bool,
    /// The bucket keeps versions, or did.
    pub has_versions: bool,
}

/// Asks for each key, patiently; answers in the order of the keys.
pub async fn look(client: &S3Client, reading: Reading, keys: Vec<String>) -> Vec<Presence> {
    let mut answers = heads(client, keys.clone()).await;
    for pause in PAUSES {
        let again: Vec<usize> = unclear(&answers).collect();
        if again.is_empty() {
            break;
        }
        tokio::time::sleep(pause).await;
        let some = again.iter().filter_map(|index| keys.get(*index).cloned()).collect();
        for (index, answer) in again.into_iter().zip(heads(client, some).await) {
            if let Some(slot) = answers.get_mut(index) {
                *slot = answer;
            }
        }
    }
    for answer in &mut answers {
        if *answer == Presence::Refused && reading.refused_is_missing {
            *answer = Presence::Missing;
        }
    }
    if reading.has_versions {
        look_for_versions(client, &keys, &mut answers).await;
    }
    answers
}

fn unclear(answers: &[Presence]) -> impl Iterator<Item = usize> {
    let is_unclear = |(index, answer): (usize, &Presence)| {
        matches!(answer, Presence::Unclear(_)).then_some(index)
    };
    answers.iter().enumerate().filter_map(is_unclear)
}

/// Not every store says with a 404 that a delete marker is in front; and behind one there may be nothing.
async fn look_for_versions(client: &S3Client, keys: &[String], answers: &mut [Presence]) {
    for (key, answer) in keys.iter().zip(answers) {
        if matches!(answer, Presence::Missing | Presence::Deleted) {
            *answer = match markers(client, key).await {
                Ok(Some(_)) => Presence::Deleted,
                Ok(None) => Presence::Missing,
                // It may be behind a marker: nothing is emptied then.
                Err(why) => Presence::Unclear(why),
            };
        }
    }
}

/// The delete markers in front of the newest version of a key, the newest first; none if there is no
/// version behind them, or no marker.
pub async fn markers(client: &S3Client, key: &str) -> Result<Option<Vec<String>>, String> {
    let (exchange, page) = client.list_versions(key, None).await;
    let page = page.ok_or_else(|| format!("the versions of `{key}`: {}", exchange.result()))?;
    let own: Vec<_> = page.versions.iter().filter(|version| version.key == key).collect();
    let count = own.iter().take_while(|version| version.is_delete_marker).count();
    let is_newest = own.first().is_some_and(|version| version.is_latest);
    if count == 0 || count == own.len() || !is_newest {
        return Ok(None);
    }
    Ok(Some(own.into_iter().take(count).map(|version| version.version_id.clone()).collect()))
}

/// What the answers about the keys of one row mean, the original's first; none if all are there.
pub fn grade(answers: &[Presence]) -> Option<Grade> {
    let (original, others) = answers.split_first()?;
    match original {
        Presence::Missing => Some(Grade::Dead),
        Presence::Deleted => Some(Grade::Restorable),
        Presence::Archived(_) => Some(Grade::Archived),
        Presence::Refused => Some(Grade::Refused),
        Presence::Unclear(_) => Some(Grade::Unclear),
        Presence::Present => {
            let is_gone =
                |answer: &Presence| matches!(answer, Presence::Missing | Presence::Deleted);
            others.iter().any(is_gone).then_some(Grade::Degraded)
        }
    }
}

/// A page on which many answers are unclear says nothing about the rest of them either.
pub fn is_reliable(answers: &[Presence]) -> Result<(), RecoverError> {
    const UNCLEAR_MIN: usize = 20;
    let count = unclear(answers).count();
    if count < UNCLEAR_MIN || count * 5 < answers.len() {
        return Ok(());
    }
    let example = answers.iter().find_map(|answer| match answer {
        Presence::Unclear(why) => Some(why.as_str()),
        _ => None,
    });
    Err(RecoverError::Store(format!(
        "the store gives no clear answer about {count} of {} objects, such as: {}",
        answers.len(),
        example.unwrap_or_default()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_original_decides() {
        use Presence::{Archived, Deleted, Missing, Present, Refused, Unclear};
        for (answers, expected) in [
            ([Present, Present], None),
            ([Missing, Present], Some(Grade::Dead)),
            ([Missing, Missing], Some(Grade::Dead)),
            ([Deleted, Deleted], Some(Grade::Restorable)),
            ([Present, Missing], Some(Grade::Degraded)),
            ([Present, Refused], None),
            ([Refused, Missing], Some(Grade::Refused)),
            ([Archived("GLACIER".into()), Missing], Some(Grade::Archived)),
            ([Unclear("503".into()), Missing], Some(Grade::Unclear)),
        ] {
            assert_eq!(grade(&answers), expected, "{answers:?}");
        }
    }

    #[test]
    fn a_store_in_trouble_is_not_believed() {
        let mut answers = vec![Presence::Present; 100];
        assert!(is_reliable(&answers).is_ok());
        answers[..19].fill(Presence::Unclear("503".into()));
        assert!(is_reliable(&answers).is_ok());
        answers[..20].fill(Presence::Unclear("503".into()));
        assert!(is_reliable(&answers).unwrap_err().to_string().contains("503"));
    }
}
