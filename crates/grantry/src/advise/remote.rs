//! Advice about buckets elsewhere.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::ExitCode;
use std::time::Duration;

use authz::advice::lint::Finding;
use authz::advice::report::PublicAccessAdvice;
use authz::advice::{LoggedRequests, Writes};
use model::{AccountId, BucketName};
use tokio::runtime::Runtime;
use toolkit::advise::{
    self, AdviseError, Census, CensusHead, LogSource, LogsRead, RemoteBucket, WalkOptions,
};
use toolkit::config::aws;
use toolkit::http::Timeouts;
use toolkit::s3::{Addressing, Call, S3Client, Target, amazon_endpoint, is_amazon};

use super::disable_acls::{exit_code, journal_path, may_apply, say_done, tell};
use super::journal::{self, StoredJournal, StoredPlace, StoredPublicAccess};
use super::progress::Meter;
use crate::cli::{DisableAclsArguments, RemoteFlags};
use crate::clock;
use crate::failure::Failure;
use crate::tools::application;
use crate::tools::arguments::ApplicationFlags;

/// Amazon's own region where nobody says another.
const REGION: &str = "us-east-1";
/// A large access log comes slowly.
const TIMEOUTS: Timeouts =
    Timeouts { connect: Duration::from_secs(10), exchange: Duration::from_mins(5) };

fn failed(error: AdviseError) -> Failure {
    Failure::new("cannot advise", error)
}

fn runtime() -> Result<Runtime, Failure> {
    Runtime::new().map_err(|error| Failure::new("cannot start threads", error))
}

/// `advise disable-acls`.
pub(super) fn disable_acls(
    arguments: &DisableAclsArguments,
    flags: &RemoteFlags,
    bucket: &str,
    as_json: bool,
) -> Result<ExitCode, Failure> {
    runtime()?.block_on(async {
        let client = client(flags, bucket, None).await?;
        let mut looked = Looked::at(client, flags, WalkWanted::Yes).await?;
        let writes = if arguments.grant_writes { Writes::Everything } else { Writes::OwnOnly };
        let logs = (looked.requests, &looked.read);
        let advice = advise::disable_acls(&mut looked.bucket, &looked.census, logs, writes);
        let (mut report, before) = advice.map_err(failed)?;
        report.notes.extend(looked.notes);
        tell(&report, as_json)?;
        if !arguments.doing.apply {
            return Ok(exit_code(&report));
        }
        may_apply(arguments, &report)?;
        let head = looked.census.head();
        if !(looked.census.is_complete() && head.prefix.is_empty() && head.every == 1) {
            let why = "only a part of the bucket was looked at";
            return Err(Failure::new("nothing was changed", why));
        }
        let path = journal_path(arguments, &report);
        let place = place(&looked.client);
        let mut stored = StoredJournal::of(&before);
        stored.remote = Some(place);
        journal::write(&path, &stored)?;
        let applied = advise::apply(&looked.client, &before).await;
        let applied = applied.map_err(|error| Failure::new("ACLs are not disabled", error))?;
        // Stores show policies in words of their own, and the way back compares.
        stored.applied = applied;
        journal::replace(&path, &stored)?;
        say_done(&path);
        Ok(ExitCode::SUCCESS)
    })
}

/// `advise disable-acls --undo`.
pub(super) fn undo_disable_acls(
    flags: &RemoteFlags,
    stored: &StoredJournal,
) -> Result<(), Failure> {
    let what = "nothing was changed";
    let before = stored.read().map_err(|why| Failure::new(what, why))?;
    runtime()?.block_on(async {
        let client = client(flags, stored.bucket(), stored.remote.as_ref()).await?;
        advise::undo(&client, &before).await.map_err(|error| Failure::new(what, error))
    })
}

/// `advise policy`.
pub(super) fn policy(flags: &RemoteFlags, bucket: &str) -> Result<Vec<Finding>, Failure> {
    runtime()?.block_on(async {
        let client = client(flags, bucket, None).await?;
        // Without logs nobody wants to know about objects.
        let wanted = if flags.access_logs.is_empty() { WalkWanted::No } else { WalkWanted::Yes };
        let Looked { bucket, census, requests, .. } = Looked::at(client, flags, wanted).await?;
        let census = Some(&census).filter(|_| !bucket.facts.acls_are_disabled());
        advise::policy_findings(&bucket, census, requests).map_err(failed)
    })
}

/// `advise block-public-access` of a bucket.
pub(super) fn block_public_access(
    flags: &RemoteFlags,
    bucket: &str,
) -> Result<(PublicAccessAdvice, StoredPublicAccess), Failure> {
    runtime()?.block_on(async {
        let client = client(flags, bucket, None).await?;
        let looked = Looked::at(client, flags, WalkWanted::Yes).await?;
        let advice = advise::block_public_access(&looked.bucket, &looked.census, &looked.requests);
        let before = StoredPublicAccess {
            bucket: Some(bucket.to_owned()),
            account: None,
            before: looked.bucket.public_access.map(Into::into),
            remote: Some(place(&looked.client)),
        };
        Ok((advice.map_err(failed)?, before))
    })
}

/// `advise block-public-access --account`.
pub(super) fn block_account_public_access(
    flags: &RemoteFlags,
    account: AccountId,
) -> Result<(Vec<PublicAccessAdvice>, StoredPublicAccess), Failure> {
    runtime()?.block_on(async {
        let client = client(flags, "", None).await?;
        let before = advise::AccountPublicAccess::new(&client, account).get().await;
        let mut advice = Vec::new();
        for bucket in buckets(&client).await? {
            let target = Target { bucket, ..client.target().clone() };
            let looked = Looked::at(client.with_target(target), flags, WalkWanted::Yes).await?;
            let of_bucket =
                advise::block_public_access(&looked.bucket, &looked.census, &looked.requests);
            advice.push(of_bucket.map_err(failed)?);
        }
        let before = StoredPublicAccess {
            bucket: None,
            account: Some(account.to_string()),
            before: before.map_err(failed)?.map(Into::into),
            remote: Some(place(&client)),
        };
        Ok((advice, before))
    })
}

/// Sets what a journal of Block Public Access speaks of.
pub(super) fn set_public_access(
    flags: &RemoteFlags,
    stored: &StoredPublicAccess,
    setting: Option<model::PublicAccessBlock>,
) -> Result<(), Failure> {
    let what = "nothing was changed";
    runtime()?.block_on(async {
        let bucket = stored.bucket.as_deref().unwrap_or_default();
        let client = client(flags, bucket, stored.remote.as_ref()).await?;
        let place = match stored.account.as_deref().map(AccountId::parse) {
            None => advise::PublicAccessPlace::Bucket,
            Some(Some(account)) => advise::PublicAccessPlace::Account(account),
            Some(None) => return Err(Failure::new(what, "the journal is damaged")),
        };
        let set = advise::set_public_access(&client, place, setting).await;
        set.map_err(|error| Failure::new(what, error))
    })
}

/// The buckets of whoever asks.
async fn buckets(client: &S3Client) -> Result<Vec<String>, Failure> {
    let exchange = client.send(Call::bucket("GET")).await;
    let document = exchange.document().filter(|_| exchange.is_success());
    let Some(document) = document else {
        return Err(Failure::new("cannot list the buckets", exchange.result()));
    };
    let buckets = document.child("Buckets");
    let buckets = buckets.into_iter().flat_map(|list| list.children_named("Bucket"));
    Ok(buckets.filter_map(|bucket| bucket.text_of("Name").map(str::to_owned)).collect())
}

fn place(client: &S3Client) -> StoredPlace {
    let target = client.target();
    StoredPlace { endpoint: target.endpoint.clone(), region: target.region.clone() }
}

/// A client of the bucket as the flags, a journal, an application or the AWS tools' settings have it.
async fn client(
    flags: &RemoteFlags,
    bucket: &str,
    journal: Option<&StoredPlace>,
) -> Result<S3Client, Failure> {
    let addressing = flags.addressing.as_deref().map(|style| match style {
        "path" => Addressing::Path,
        _ => Addressing::VirtualHost,
    });
    let mut target = match &flags.application {
        Some(profile) => {
            let given = ApplicationFlags {
                env_file: flags.env_file.clone(),
                ..ApplicationFlags::default()
            };
            application::load(profile, &given, &[]).await?.0.target()
        }
        None => of_aws(flags, journal)?,
    };
    bucket.clone_into(&mut target.bucket);
    if let Some(endpoint) = flags.endpoint_url.as_ref().or(journal.map(|place| &place.endpoint)) {
        target.endpoint.clone_from(endpoint);
    }
    if let Some(region) = flags.region.as_ref().or(journal.map(|place| &place.region)) {
        target.region.clone_from(region);
    }
    target.addressing = addressing.unwrap_or(target.addressing);
    if target.credentials.is_none() {
        let why = "there are no credentials: neither AWS_ACCESS_KEY_ID nor a profile has any";
        return Err(Failure::usage("cannot ask the store", why));
    }
    application::client_of(target, TIMEOUTS)
}

fn of_aws(flags: &RemoteFlags, journal: Option<&StoredPlace>) -> Result<Target, Failure> {
    let found = aws::read(&|name| std::env::var(name).ok(), flags.profile.as_deref());
    let found = found.map_err(|error| Failure::usage("cannot ask the store", error))?;
    let region = flags.region.clone().or(found.region).unwrap_or_else(|| REGION.to_owned());
    let endpoint = flags.endpoint_url.clone().or(journal.map(|place| place.endpoint.clone()));
    let endpoint = endpoint.or(found.endpoint).unwrap_or_else(|| amazon_endpoint(&region));
    // Amazon wants the bucket in the host, most others do not care.
    let usual = if is_amazon(&endpoint) { Addressing::VirtualHost } else { Addressing::Path };
    Ok(Target {
        endpoint,
        region,
        bucket: String::new(),
        addressing: found.addressing.unwrap_or(usual),
        credentials: found.credentials,
    })
}

/// Whether the versions of the bucket are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WalkWanted {
    Yes,
    No,
}

/// A bucket that was looked at.
struct Looked {
    client: S3Client,
    bucket: RemoteBucket,
    census: Census,
    requests: LoggedRequests,
    read: LogsRead,
    notes: Vec<String>,
}

impl Looked {
    async fn at(
        client: S3Client,
        flags: &RemoteFlags,
        wanted: WalkWanted,
    ) -> Result<Self, Failure> {
        let bucket = RemoteBucket::load(&client, &flags.known_account).await.map_err(failed)?;
        let name: BucketName = bucket.facts.name.clone();
        let at_once = usize::from(flags.at_once);
        let sources: Vec<_> = flags.access_logs.iter().map(|text| LogSource::parse(text)).collect();
        let mut requests = LoggedRequests::new(bucket.facts.policy.as_deref());
        let read = advise::read_logs(&client, &name, &sources, at_once, &mut requests).await;
        let read = read.map_err(failed)?;
        let endpoint = &client.target().endpoint;
        let head =
            CensusHead::new(endpoint, name.as_str(), &flags.prefix, flags.sample, clock::now());
        let mut census = Census::open(census_file(flags)?, head).map_err(failed)?;
        if wanted == WalkWanted::Yes && !bucket.facts.acls_are_disabled() {
            let options = WalkOptions { at_once, versions_max: flags.versions_max };
            let mut meter = Meter::new(&client, &flags.prefix);
            let mut show = |progress| meter.show(progress);
            let walked = advise::walk(&client, &mut census, &options, &mut show).await;
            meter.end();
            walked.map_err(failed)?;
        }
        let notes = notes(&bucket, flags, &read, &census);
        Ok(Self { client, bucket, census, requests, read, notes })
    }
}

/// What one should know of how the bucket was looked at.
fn notes(
    bucket: &RemoteBucket,
    flags: &RemoteFlags,
    read: &LogsRead,
    census: &Census,
) -> Vec<String> {
    let mut notes = Vec::new();
    if let (Some(first), Some(last)) = (read.first, read.last) {
        notes.push(format!(
            "{} records of access logs were read, from {} to {}",
            read.records,
            clock::format(first),
            clock::format(last)
        ));
    } else if flags.access_logs.is_empty() {
        notes.push(match &bucket.logging {
            Some((target, prefix)) => format!(
                "no access logs were read; --access-logs s3://{target}/{prefix} reads those that the \
                 bucket has"
            ),
            None => "no access logs were read, and the bucket keeps none: who sends ACLs nobody knows"
                .to_owned(),
        });
    } else {
        notes.push("the access logs have no record of this bucket".to_owned());
    }
    if flags.census.is_some() {
        let begun = clock::format(census.head().begun());
        notes.push(format!("the bucket was looked at from {begun} on"));
    }
    notes
}

/// The file that was named, or one without a name that is gone when the process ends.
fn census_file(flags: &RemoteFlags) -> Result<File, Failure> {
    let what = "cannot keep what is seen of the bucket";
    let opened = match &flags.census {
        Some(path) => OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path),
        None => tempfile::tempfile(),
    };
    opened.map_err(|error| Failure::new(what, error))
}
