//! The upload check: exactly what the application sends, under a key that never was, read back as the
//! application and as the public, and removed.
//!
//! A fixed key would hide lost writes behind the object of the run before, and behind caches that keep
//! pictures for ten years; a plain upload without the application's ACL would stay green through the very
//! trouble that this is for.

use std::time::Duration;

use model::Timestamp;

use super::super::result::{CheckName, CheckResult, Level, Step};
use super::Watched;
use crate::application::UploadAcl;
use crate::doctor::probe::png;
use crate::http::{Exchange, HttpRequest, Timeouts};
use crate::s3::{ObjectVersion, S3Client};

/// Time for one step.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);
/// How old a leftover must be before it is removed: a run that is still at work has none so old.
const LEFTOVER_AGE: Duration = Duration::from_hours(1);
/// Leftovers that one run removes.
const LEFTOVERS_MAX: usize = 100;

/// Makes the check.
pub async fn check(watched: &Watched<'_>) -> CheckResult {
    let timeouts = Timeouts { exchange: STEP_TIMEOUT, ..Timeouts::default() };
    let client = watched.client.with_transport(watched.client.transport().with_timeouts(timeouts));
    let Ok(leaf) = identity::generate::request_id() else {
        return CheckResult::new(CheckName::Write, Level::Unknown, "no random numbers")
            .code("random");
    };
    let folder = folder(watched);
    let key = format!("{folder}{:013}-{leaf}.png", client.now().unix_millis);
    let mut run = Run { watched, client: &client, key: &key, steps: Vec::new(), version: None };
    let trouble = run.whole().await;
    let (steps, has_object) = (run.steps, trouble.as_ref().is_some_and(|trouble| trouble.leaves));
    if has_object {
        client.delete_object(&key, None).await;
    }
    let mut details = Vec::new();
    let level_of_others = others(watched, &client, &folder, &mut details).await;
    remove_leftovers(&client, &folder, &mut details).await;
    let mut result = match trouble {
        None if level_of_others == Level::Ok => CheckResult::new(
            CheckName::Write,
            Level::Ok,
            "an upload as the application makes it works",
        ),
        None => CheckResult::new(
            CheckName::Write,
            level_of_others,
            "uploads work, but not every kind that the application makes",
        )
        .code("other-uploads"),
        Some(trouble) => {
            details.splice(0..0, trouble.meaning);
            CheckResult::new(CheckName::Write, Level::Failing, trouble.summary).code(trouble.code)
        }
    };
    (result.details, result.steps) = (details, steps);
    result
}

/// Below the first public prefix, by the machine: others never remove what is there.
fn folder(watched: &Watched<'_>) -> String {
    let prefix = watched.application.public_prefixes().next().unwrap_or_default();
    format!("{prefix}.watch/{}/", watched.place.host)
}

struct Run<'a> {
    watched: &'a Watched<'a>,
    client: &'a S3Client,
    key: &'a str,
    steps: Vec<Step>,
    version: Option<String>,
}

/// Why the check ended.
struct Trouble {
    summary: String,
    code: String,
    meaning: Vec<String>,
    /// Whether an object may be left.
    leaves: bool,
}

impl Run<'_> {
    /// All steps; stops at the first that fails.
    async fn whole(&mut self) -> Option<Trouble> {
        let body = png(self.key);
        let upload = self.watched.application.upload_acls.first().cloned();
        let upload = upload.unwrap_or_else(|| UploadAcl::new(None, "uploads"));
        if let Some(trouble) = self.put(&upload, &body).await {
            return Some(trouble);
        }
        let head = self.client.head_object(self.key, None).await;
        let length = head.header("content-length").and_then(|text| text.parse().ok());
        let is_whole = head.is_success() && length == Some(body.len());
        let lost =
            "the upload was answered with success, and the object is not there as it was sent";
        if let Some(trouble) = self.step("head", &head, is_whole, lost) {
            return Some(trouble);
        }
        match self.read(&body).await {
            Some(trouble) => Some(trouble),
            None => self.remove().await,
        }
    }

    async fn put(&mut self, upload: &UploadAcl, body: &[u8]) -> Option<Trouble> {
        let headers = self.watched.application.headers_of(upload);
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let put = self.client.put_object(self.key, body.to_vec(), &headers).await;
        self.version = put.header("x-amz-version-id").map(ToOwned::to_owned);
        let mut trouble =
            self.step("put", &put, put.is_success(), "the store refuses the upload")?;
        if put.code() == Some("AccessControlListNotSupported") {
            trouble.meaning.push(format!(
                "the bucket takes no ACLs, and the application sends `x-amz-acl: {}`: every upload fails",
                upload.acl.as_deref().unwrap_or_default()
            ));
        }
        Some(trouble)
    }

    async fn read(&mut self, body: &[u8]) -> Option<Trouble> {
        let get = self.client.get_object(self.key).await;
        let is_same = get.is_success() && get.body() == body;
        let trouble =
            self.step("get", &get, is_same, "the object cannot be read back as it was sent");
        if trouble.is_some() {
            return trouble;
        }
        let application = self.watched.application;
        // Where all files are private there is nothing that the public should get.
        application.public_prefixes().next()?;
        let url = application.public_urls.first()?.base.clone() + self.key;
        let public = self.client.transport().send(&HttpRequest::new("GET", url)).await;
        let is_picture =
            public.header("content-type").is_some_and(|kind| kind.starts_with("image/"));
        let is_same = public.is_success() && public.body() == body && is_picture;
        self.step("public-get", &public, is_same, "the public cannot read what was uploaded")
    }

    async fn remove(&mut self) -> Option<Trouble> {
        let removed = self.client.delete_object(self.key, self.version.as_deref()).await;
        let trouble = self.step(
            "delete",
            &removed,
            removed.is_success(),
            "what was uploaded cannot be removed",
        );
        if trouble.is_some() {
            return trouble;
        }
        // 403 where the application may not list: then it may not know.
        let gone = self.client.head_object(self.key, None).await;
        let is_gone = matches!(gone.status(), Some(403 | 404));
        let trouble = self.step("gone", &gone, is_gone, "a removed object is still there");
        trouble.map(|trouble| Trouble { leaves: false, ..trouble })
    }

    fn step(
        &mut self,
        name: &'static str,
        exchange: &Exchange,
        is_ok: bool,
        meaning: &str,
    ) -> Option<Trouble> {
        self.steps.push(Step {
            name,
            is_ok,
            took: exchange.timing.total,
            evidence: exchange.to_string(),
        });
        (!is_ok).then(|| Trouble {
            summary: format!("{name} answers {}", exchange.result()),
            code: format!("{name} {}", exchange.code().unwrap_or("unexpected")),
            meaning: vec![meaning.to_owned()],
            // An upload whose answer was lost may have arrived.
            leaves: name != "put" || exchange.outcome.is_err(),
        })
    }
}

/// The other kinds of uploads, such as archives: only whether the store takes them.
async fn others(
    watched: &Watched<'_>,
    client: &S3Client,
    folder: &str,
    details: &mut Vec<String>,
) -> Level {
    let mut level = Level::Ok;
    for (number, upload) in watched.application.upload_acls.iter().enumerate().skip(1) {
        let key = format!("{folder}{:013}-other-{number}.png", client.now().unix_millis);
        let headers = watched.application.headers_of(upload);
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let put = client.put_object(&key, png(&key), &headers).await;
        if put.is_success() || put.outcome.is_err() {
            client.delete_object(&key, put.header("x-amz-version-id")).await;
        }
        if !put.is_success() {
            level = Level::Warning;
            details.push(format!("{}: {put}", upload.purpose));
        }
    }
    level
}

/// Removes what interrupted runs of this machine left. Foreign keys are never touched: the folder is
/// this machine's.
async fn remove_leftovers(client: &S3Client, folder: &str, details: &mut Vec<String>) {
    let (_, Some(page)) = client.list_objects(folder, None, 1000).await else { return };
    let now = client.now();
    let old = page.objects.iter().filter(|object| {
        let made = made_at(folder, &object.key);
        object.key.starts_with(folder) && made.is_some_and(|made| is_leftover(made, now))
    });
    for object in old.take(LEFTOVERS_MAX) {
        let left = ObjectVersion { key: object.key.clone(), version_id: None };
        if client.delete_object(&left.key, None).await.is_success() {
            details.push(format!("removed a leftover of an earlier run: {}", left.key));
        }
    }
}

/// When a probe was made, from its key.
fn made_at(folder: &str, key: &str) -> Option<Timestamp> {
    let millis = key.strip_prefix(folder)?.split_once('-')?.0;
    millis.parse().ok().map(Timestamp::from_unix_millis)
}

fn is_leftover(made: Timestamp, now: Timestamp) -> bool {
    super::super::memory::elapsed(made.unix_millis, now) > LEFTOVER_AGE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_are_old_and_known_by_their_key() {
        let folder = "accounts/.watch/web1/";
        let made = made_at(folder, "accounts/.watch/web1/0001700000000-abc.png").unwrap();
        assert_eq!(made.unix_millis, 1_700_000_000);
        let hours = |hours: i64| Timestamp::from_unix_millis(made.unix_millis + hours * 3_600_000);
        assert!(!is_leftover(made, hours(1)) && is_leftover(made, hours(2)));
        assert!(!is_leftover(made, hours(-5)), "a clock that went back");
        for other in ["accounts/.watch/web2/0001700000000-abc.png", "accounts/.watch/web1/cat.png"]
        {
            assert_eq!(made_at(folder, other), None);
        }
    }
}
