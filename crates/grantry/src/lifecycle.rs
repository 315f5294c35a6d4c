//! `grantry lifecycle`: what lifecycle rules would do, and a run of them now; with or without a running
//! server.

pub(crate) mod protocol;

use std::thread::sleep;
use std::time::Duration;

use model::{BucketName, Timestamp};
use ops::Store;
use ops::lifecycle::{self, ClockTrust, DryRunPage, DryRunPlace, PlannedAction, PlannedKind};

use self::protocol::{Action, Answer, Counts, Page, Request, Run};
use crate::cli::LifecycleArguments;
use crate::control::{Access, Question, Unreachable, client, converse, reach};
use crate::data_directory::{DataDirectory, Lock};
use crate::failure::Failure;
use crate::settings::Settings;
use crate::{clock, output, serve};

/// Pause between two looks at a run of the server.
const PAUSE: Duration = Duration::from_millis(50);

/// Carries the command out.
pub(crate) fn run(arguments: &LifecycleArguments, settings: &Settings) -> Result<(), Failure> {
    let directory = DataDirectory::open(&settings.data_directory)?;
    if arguments.run_now {
        return run_now(&directory, settings, arguments);
    }
    let at = match &arguments.at {
        Some(text) => clock::parse(text)
            .ok_or_else(|| Failure::usage("--at", format!("{text:?} is not a time of RFC 3339")))?,
        None => clock::now(),
    };
    if let Some(bucket) = &arguments.bucket
        && BucketName::parse(bucket).is_none()
    {
        return Err(Failure::usage("--bucket", format!("{bucket:?} is no name of a bucket")));
    }
    dry_run(&directory, settings, arguments, at)
}

fn dry_run(
    directory: &DataDirectory,
    settings: &Settings,
    arguments: &LifecycleArguments,
    at: Timestamp,
) -> Result<(), Failure> {
    let request = |place| Request::DryRun {
        bucket: arguments.bucket.clone(),
        at_millis: at.unix_millis,
        place,
    };
    let mut printed = 0;
    let mut print = |page: &Page| {
        printed += page.actions.len();
        page.actions.iter().try_for_each(|action| print_action(action, arguments.json))
    };
    converse(directory, settings, |session| {
        let mut place = Some(DryRunPlace::default());
        while let Some(from) = place {
            let Answer::Page(page) = session.ask(&request(from))? else {
                return Err(failed(UNEXPECTED));
            };
            print(&page)?;
            place = page.next;
        }
        Ok(())
    })?;
    if !arguments.json && printed == 0 {
        output::print(&format!("nothing is due at {}\n", clock::format(at)))?;
    }
    Ok(())
}

/// Only a server has a worker, which must be waited for; here the run is this command's.
fn run_now(
    directory: &DataDirectory,
    settings: &Settings,
    arguments: &LifecycleArguments,
) -> Result<(), Failure> {
    let trust_clock = arguments.trust_clock;
    let run = match reach(directory, || client::ask(directory, &Request::RunNow { trust_clock }))? {
        Access::Here(lock) => run_here(directory, settings, &lock, trust(trust_clock))?,
        Access::Server(answer) => {
            let Answer::Requested { number } = answer.map_err(failed)? else {
                return Err(failed(UNEXPECTED));
            };
            loop {
                match talk(directory, &Request::Finished { number })? {
                    Answer::Run(Some(run)) => break run,
                    Answer::Run(None) => sleep(PAUSE),
                    _ => return Err(failed(UNEXPECTED)),
                }
            }
        }
    };
    print_run(&run, arguments.json)
}

fn trust(trust_clock: bool) -> ClockTrust {
    if trust_clock { ClockTrust::Full } else { ClockTrust::Limited }
}

const CANNOT: &str = "cannot carry out lifecycle rules";
const UNEXPECTED: &str = "the server answered another question";

fn failed(why: impl std::fmt::Display) -> Failure {
    Failure::new(CANNOT, why)
}

/// Asks the server, once it is known that there is one.
fn talk(directory: &DataDirectory, request: &Request) -> Result<Answer, Failure> {
    match client::ask(directory, request) {
        Ok(answer) => answer.map_err(failed),
        Err(Unreachable::NobodyListens(error) | Unreachable::Failed(error)) => {
            Err(Failure::new("cannot talk to the running server", error))
        }
    }
}

/// A run on the store, whose lock is held.
fn run_here(
    directory: &DataDirectory,
    settings: &Settings,
    _lock: &Lock,
    trust: ClockTrust,
) -> Result<Run, Failure> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::new("cannot start threads", error))?;
    runtime.block_on(async {
        let store = serve::open_store(directory, settings)?;
        let run = lifecycle::run_here(&store, trust).await;
        store.shutdown().await;
        Ok(report(run))
    })
}

impl Question for Request {
    type Answer = Answer;
    const KIND: &'static str = "lifecycle";

    fn failed(&self) -> String {
        CANNOT.to_owned()
    }

    async fn answer(&self, store: &Store) -> Result<Answer, String> {
        answer(store, self).await
    }
}

async fn answer(store: &Store, request: &Request) -> Result<Answer, String> {
    match request {
        Request::DryRun { bucket, at_millis, place } => {
            let at = Timestamp::from_unix_millis(*at_millis);
            page(store, bucket.as_deref(), at, place.clone()).await.map(Answer::Page)
        }
        Request::RunNow { trust_clock } => {
            let number = lifecycle::request_run(store, trust(*trust_clock));
            Ok(Answer::Requested { number })
        }
        Request::Finished { number } => {
            let status = lifecycle::status(store);
            let finished = status.last_run.filter(|_| status.runs_finished >= *number);
            Ok(Answer::Run(finished.map(report)))
        }
    }
}

async fn page(
    store: &Store,
    bucket: Option<&str>,
    at: Timestamp,
    place: DryRunPlace,
) -> Result<Page, String> {
    let bucket = match bucket {
        Some(name) => Some(BucketName::parse(name).ok_or("this is no name of a bucket")?),
        None => None,
    };
    let page = lifecycle::dry_run(store, bucket.as_ref(), at, place).await;
    let DryRunPage { actions, next } = page.map_err(|error| error.to_string())?;
    Ok(Page { actions: actions.into_iter().map(action).collect(), next })
}

fn action(planned: PlannedAction) -> Action {
    let (action, storage_class) = match planned.kind {
        PlannedKind::ExpireObject => ("expire_object", None),
        PlannedKind::AddDeleteMarker => ("add_delete_marker", None),
        PlannedKind::RemoveNoncurrentVersion => ("remove_noncurrent_version", None),
        PlannedKind::RemoveDeleteMarker => ("remove_delete_marker", None),
        PlannedKind::AbortUpload => ("abort_upload", None),
        PlannedKind::Transition { storage_class } => ("transition", Some(storage_class)),
    };
    let (version, upload_id) = match action {
        "abort_upload" => (None, Some(planned.id)),
        _ => (Some(planned.id), None),
    };
    Action {
        bucket: planned.bucket,
        key: planned.key,
        version,
        upload_id,
        action: action.to_owned(),
        storage_class,
        rule: planned.rule,
        due: clock::format(planned.due),
        size_bytes: planned.size_bytes,
    }
}

fn report(run: lifecycle::RunReport) -> Run {
    let counts = run.counts;
    Run {
        started: clock::format(run.started),
        finished: clock::format(run.finished),
        ahead_of: run.ahead_of.map(clock::format),
        counts: Counts {
            objects_expired: counts.objects_expired,
            delete_markers_added: counts.markers_added,
            noncurrent_versions_removed: counts.noncurrent_removed,
            delete_markers_removed: counts.markers_removed,
            uploads_aborted: counts.uploads_aborted,
            kept: counts.kept,
            errors: counts.errors,
        },
    }
}

/// One line. Keys are quoted, so that what is in them cannot be taken for something else.
fn print_action(action: &Action, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return output::print(&output::json(action)?);
    }
    let what = match (action.action.as_str(), &action.storage_class) {
        ("transition", Some(class)) => {
            format!("would move to {class}; Grantry keeps all classes alike")
        }
        (other, _) => other.replace('_', " "),
    };
    let id = action.version.iter().chain(&action.upload_id).next().map_or("", String::as_str);
    let Action { bucket, key, rule, due, .. } = action;
    output::print(&format!("{bucket}/{key:?} {id}: {what} (rule {rule:?}, due {due})\n"))
}

fn print_run(run: &Run, as_json: bool) -> Result<(), Failure> {
    if let Some(last) = &run.ahead_of {
        let why =
            format!("the clock says {}, too far ahead of the last run at {last}", run.started);
        let step = "If the clock is right: grantry lifecycle --run-now --trust-clock";
        return Err(failed(why).next(step));
    }
    if as_json {
        return output::print(&output::json(run)?);
    }
    let Counts {
        objects_expired,
        delete_markers_added,
        noncurrent_versions_removed,
        delete_markers_removed,
        uploads_aborted,
        kept,
        errors,
    } = &run.counts;
    output::print(&format!(
        "started                      {}\nfinished                     {}\n\
         objects expired              {objects_expired}\n\
         delete markers added         {delete_markers_added}\n\
         noncurrent versions removed  {noncurrent_versions_removed}\n\
         delete markers removed       {delete_markers_removed}\n\
         uploads aborted              {uploads_aborted}\n\
         kept                         {kept}\n\
         errors                       {errors}\n",
        run.started, run.finished
    ))?;
    match errors {
        0 => Ok(()),
        _ => Err(failed("not all buckets could be gone through; the log says why")),
    }
}
