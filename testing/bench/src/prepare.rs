//! The objects that a measurement needs, and the requests it is made of.

use http::{Method, StatusCode};

use crate::connection::{Connection, ExchangeError};
use crate::failure::Failure;
use crate::load::{self, Source};
use crate::requests::{Expected, Length, Payload, Prepared, Subject};
use crate::target::Target;
use crate::workload::{LIST_PAGE_KEYS, Operation, Signing, Workload};

/// Connections that write objects before a measurement.
const CONNECTIONS: usize = 64;
/// Objects of one size that are read in turn, unless they would take more room than this.
const OBJECTS_MAX: u64 = 1000;
const OBJECTS_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Places in a bucket at which pages begin.
const LIST_PLACES: usize = 64;
/// The shortest that a key can take in an answer to LIST.
const LIST_ENTRY_BYTES_MIN: usize = "<Key>list-00000000</Key>".len();

/// How many objects of a size are read in turn.
pub(crate) fn object_count(size_bytes: usize) -> u64 {
    let fit = OBJECTS_BYTES_MAX / u64::try_from(size_bytes).unwrap_or(u64::MAX).max(1);
    fit.clamp(1, OBJECTS_MAX)
}

/// The key of one of them.
pub(crate) fn object_key(size_bytes: usize, number: u64) -> String {
    format!("read/{size_bytes}/{number:06}")
}

fn list_bucket(target: &Target) -> String {
    format!("{}-list", target.bucket)
}

fn list_key(number: usize) -> String {
    format!("list-{number:08}")
}

/// Makes a bucket, unless it is there.
async fn bucket(target: &Target, bucket: &str) -> Result<(), Failure> {
    let subject = Subject {
        method: Method::PUT,
        path: &format!("/{bucket}"),
        query: "",
        payload: &Payload::of_size(0),
        expected: Expected { status: StatusCode::OK, length: Length::Any },
    };
    let failed = |why: String| Failure::new(format!("cannot make the bucket {bucket}"), why);
    let request = Prepared::sign(target, Signing::Header, &subject)?;
    let answer = Connection::open(&target.authority).await?.answer(&request).await;
    match answer {
        Ok(answer) if [StatusCode::OK, StatusCode::CONFLICT].contains(&answer.status) => Ok(()),
        Ok(answer) => Err(failed(format!("the answer was {}", answer.status))),
        Err(ExchangeError::Answer(why) | ExchangeError::Transport(why)) => Err(failed(why)),
    }
}

/// Writes what all rounds of a workload share.
pub(crate) async fn once(
    target: &Target,
    workload: &Workload,
    list_keys: usize,
) -> Result<(), Failure> {
    if target.read_only {
        return Ok(());
    }
    bucket(target, &target.bucket).await?;
    match workload.operation {
        Operation::Put | Operation::Delete => Ok(()),
        Operation::Get | Operation::Head => {
            let size = workload.size_bytes;
            let path =
                move |bucket: &str, number| format!("/{bucket}/{}", object_key(size, number));
            write(target, &target.bucket, size, object_count(size), path).await
        }
        Operation::List => {
            let name = list_bucket(target);
            bucket(target, &name).await?;
            let path = |bucket: &str, number| {
                format!("/{bucket}/{}", list_key(usize::try_from(number).unwrap_or(usize::MAX)))
            };
            write(target, &name, 0, list_keys as u64, path).await
        }
    }
}

/// Writes what one round consumes.
pub(crate) async fn round(
    target: &Target,
    workload: &Workload,
    run: &str,
    delete_keys: u64,
) -> Result<(), Failure> {
    if workload.operation != Operation::Delete {
        return Ok(());
    }
    let run = run.to_owned();
    let path = move |bucket: &str, number| format!("/{bucket}/{run}/{number:08}");
    write(target, &target.bucket, workload.size_bytes, delete_keys, path).await
}

async fn write(
    target: &Target,
    bucket: &str,
    size_bytes: usize,
    count: u64,
    path: impl Fn(&str, u64) -> String + Send + Sync + 'static,
) -> Result<(), Failure> {
    let source = put(target, Signing::Header, bucket, size_bytes, Some(count), path);
    // Large bodies: few connections, so that the server's memory is not what preparing took.
    let connections = if size_bytes > 1024 * 1024 { 2 } else { CONNECTIONS };
    load::complete(&target.authority, connections, source).await
}

fn put(
    target: &Target,
    signing: Signing,
    bucket: &str,
    size_bytes: usize,
    count: Option<u64>,
    path: impl Fn(&str, u64) -> String + Send + Sync + 'static,
) -> Source {
    let payload = Payload::of_size(size_bytes);
    let (target, bucket) = (target.clone(), bucket.to_owned());
    let make = move |number| {
        let subject = Subject {
            method: Method::PUT,
            path: &path(&bucket, number),
            query: "",
            payload: &payload,
            expected: Expected { status: StatusCode::OK, length: Length::Any },
        };
        Prepared::sign(&target, signing, &subject)
    };
    Source::WhenDue { make: Box::new(make), count }
}

/// The requests of one round. `run` must differ from round to round.
pub(crate) fn source(
    target: &Target,
    workload: &Workload,
    run: &str,
    list_keys: usize,
    delete_keys: u64,
) -> Result<Source, Failure> {
    let signing = workload.signing;
    match workload.operation {
        Operation::Get => reads(target, workload, &Method::GET).map(Source::Ahead),
        Operation::Head => reads(target, workload, &Method::HEAD).map(Source::Ahead),
        Operation::List => lists(target, signing, list_keys).map(Source::Ahead),
        Operation::Delete => Ok(delete(target, signing, run, delete_keys)),
        Operation::Put => {
            let run = run.to_owned();
            let path = move |bucket: &str, number| format!("/{bucket}/{run}/{number:08}");
            Ok(put(target, signing, &target.bucket, workload.size_bytes, None, path))
        }
    }
}

fn reads(target: &Target, workload: &Workload, method: &Method) -> Result<Vec<Prepared>, Failure> {
    let empty = Payload::of_size(0);
    let size_bytes = workload.size_bytes as u64;
    let head = *method == Method::HEAD;
    let length = if head { Length::Announced(size_bytes) } else { Length::Exactly(size_bytes) };
    let request = |number| {
        let key = object_key(workload.size_bytes, number);
        let subject = Subject {
            method: method.clone(),
            path: &format!("/{}/{key}", target.bucket),
            query: "",
            payload: &empty,
            expected: Expected { status: StatusCode::OK, length },
        };
        Prepared::sign(target, workload.signing, &subject)
    };
    (0..object_count(workload.size_bytes)).map(request).collect()
}

fn lists(target: &Target, signing: Signing, keys: usize) -> Result<Vec<Prepared>, Failure> {
    let empty = Payload::of_size(0);
    let path = format!("/{}", list_bucket(target));
    let page = LIST_PAGE_KEYS.min(keys);
    let length = Length::AtLeast((page * LIST_ENTRY_BYTES_MIN) as u64);
    let request = |place: usize| {
        // Keys are numbered from 0 and pages begin behind a key: the last full page begins behind
        // the key before it, and the first behind a name that sorts before all.
        let before = (keys - page) * place / (LIST_PLACES - 1);
        let after = before.checked_sub(1).map_or_else(|| "list".to_owned(), list_key);
        let subject = Subject {
            method: Method::GET,
            path: &path,
            query: &format!("list-type=2&max-keys={LIST_PAGE_KEYS}&start-after={after}"),
            payload: &empty,
            expected: Expected { status: StatusCode::OK, length },
        };
        Prepared::sign(target, signing, &subject)
    };
    (0..LIST_PLACES).map(request).collect()
}

fn delete(target: &Target, signing: Signing, run: &str, count: u64) -> Source {
    let (target, run, empty) = (target.clone(), run.to_owned(), Payload::of_size(0));
    let make = move |number| {
        let subject = Subject {
            method: Method::DELETE,
            path: &format!("/{}/{run}/{number:08}", target.bucket),
            query: "",
            payload: &empty,
            expected: Expected { status: StatusCode::NO_CONTENT, length: Length::Any },
        };
        Prepared::sign(&target, signing, &subject)
    };
    Source::WhenDue { make: Box::new(make), count: Some(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_fit_into_memory_but_there_is_one() {
        for (size, count) in [
            (0, 1000),
            (1024, 1000),
            (1024 * 1024, 256),
            (16 * 1024 * 1024, 16),
            (512 * 1024 * 1024, 1),
        ] {
            assert_eq!(object_count(size), count, "{size}");
        }
    }

    #[test]
    fn the_last_page_of_a_listing_is_a_full_one() {
        let target = Target {
            name: "test".into(),
            authority: "127.0.0.1:9000".into(),
            credentials: None,
            pid: None,
            region: "us-east-1".into(),
            bucket: "bucket".into(),
            read_only: false,
        };
        let after = |keys, place: usize| {
            let requests = lists(&target, Signing::None, keys).unwrap();
            let query = requests[place].request().uri().query().unwrap().to_owned();
            query.rsplit_once('=').unwrap().1.to_owned()
        };
        assert_eq!(after(5000, 0), "list");
        assert_eq!(after(5000, LIST_PLACES - 1), "list-00003999");
        assert_eq!(after(10, LIST_PLACES - 1), "list");
    }
}
