//! Listings cost the page, whatever the size of the bucket: counted in steps of SQLite's machine, which
//! no other load disturbs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

use crate::bucket::{BucketId, ListBucketsQuery};
use crate::contract::fixture::{
    account, account_id, canonical_id, key, new_bucket, new_object, time, version_id,
};
use crate::listing::{ListObjectsQuery, ListStart};
use crate::object::{DeleteMarkerRecord, ObjectRecord};
use crate::sqlite::object_row::{Place, insert_delete_marker, insert_object};
use crate::sqlite::transaction::Transaction;
use crate::sqlite::{
    account as accounts, bucket, listing, schema, upload, upload_listing, version_listing,
};
use crate::upload::{ListUploadsQuery, UploadRecord, UploadStart};
use crate::version_listing::{ListVersionsQuery, VersionListStart};

/// Half its keys under one prefix, each of the others under one of its own.
const WIDE: BucketId = BucketId(1);
/// Every key deleted: its newest version is a delete marker.
const DELETED: BucketId = BucketId(2);
/// Uploads only, half of them of one key.
const UPLOADS: BucketId = BucketId(3);

/// A store with so many keys, deleted keys, uploads and (a tenth as many) buckets.
struct World {
    connection: Connection,
    steps: Arc<AtomicU64>,
    size: u64,
}

fn record(name: &str, sequence: u64) -> ObjectRecord {
    new_object(name, sequence).into_record(version_id(sequence), i64::try_from(sequence).unwrap())
}

impl World {
    fn new(size: u64) -> Self {
        let connection = Connection::open_in_memory().unwrap();
        schema::upgrade(&connection).unwrap();
        let tx = Transaction::new(connection);
        tx.begin().unwrap();
        accounts::create(&tx, &account(1)).unwrap();
        for number in 0..3 + size / 10 {
            bucket::create(&tx, new_bucket(&format!("b{number:07}"), 1)).unwrap();
        }
        for number in 0..size {
            let name = format!("huge/{number:07}");
            insert_object(&tx, Place::Current, WIDE, &record(&name, number)).unwrap();
            let name = format!("p{number:07}/x");
            insert_object(&tx, Place::Current, WIDE, &record(&name, number)).unwrap();
            let gone = record(&format!("m/{number:07}"), 2 * number);
            insert_object(&tx, Place::Noncurrent, DELETED, &gone).unwrap();
            let marker = DeleteMarkerRecord {
                key: gone.key,
                version: version_id(2 * number + 1),
                sequence: gone.sequence + 1,
                last_modified: time(1),
                owner: canonical_id(1),
            };
            insert_delete_marker(&tx, DELETED, &marker).unwrap();
            for (name, id) in [("one", "o"), (&format!("u{number:07}/x"), "u")] {
                let new = crate::contract::fixture::new_upload(
                    UPLOADS,
                    name,
                    &format!("{id}{number:07}"),
                );
                upload::create(&tx, &UploadRecord { bucket: UPLOADS, ..new }).unwrap();
            }
        }
        tx.flush().unwrap();
        tx.commit().unwrap();
        let mut connection = tx.into_connection();
        let steps = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&steps);
        let count = move || {
            counter.fetch_add(1, Ordering::Relaxed);
            false
        };
        connection.progress_handler(1, Some(count)).unwrap();
        Self { connection, steps, size }
    }

    /// Steps that this takes, after the statements were prepared by a first run.
    fn steps<T>(&self, run: impl Fn(&Self) -> T) -> u64 {
        run(self);
        self.steps.store(0, Ordering::Relaxed);
        run(self);
        self.steps.load(Ordering::Relaxed)
    }

    fn middle(&self) -> u64 {
        self.size / 2
    }
}

/// Runs a listing, which says how many items its page has, on a small and a large store.
fn costs_the_page(worlds: &[World; 2], items: usize, list: impl Fn(&World) -> usize) {
    let found = worlds.each_ref().map(&list);
    assert_eq!(found, [items; 2]);
    let [small, large] = worlds.each_ref().map(|world| world.steps(&list));
    assert!(large <= small + small / 20 + 10, "{small} steps became {large}");
}

fn worlds() -> [World; 2] {
    let worlds = [World::new(300), World::new(6000)];
    // That the meter works: what walks the bucket takes twenty times as many steps.
    let walk = |world: &World| {
        let count = "SELECT count(key || '') FROM object WHERE bucket = 1";
        world.connection.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let [small, large] = worlds.each_ref().map(|world| world.steps(walk));
    assert!(small > 1000 && large > 15 * small, "{small} {large}");
    worlds
}

fn objects(
    world: &World,
    bucket: BucketId,
    delimiter: Option<&str>,
    prefix: &str,
    start: ListStart,
) -> usize {
    let query = ListObjectsQuery { prefix, delimiter, start, with_owners: true, limit: 100 };
    let page = listing::list(&world.connection, bucket, &query).unwrap();
    page.entries.len() + page.common_prefixes.len()
}

fn versions(
    world: &World,
    delimiter: Option<&str>,
    prefix: &str,
    start: VersionListStart,
) -> usize {
    let query = ListVersionsQuery { prefix, delimiter, start, limit: 100 };
    let page = version_listing::list(&world.connection, DELETED, &query).unwrap();
    page.entries.len() + page.common_prefixes.len()
}

fn uploads(world: &World, delimiter: Option<&str>, prefix: &str, start: UploadStart) -> usize {
    let query = ListUploadsQuery { prefix, delimiter, start, limit: 100 };
    let page = upload_listing::list(&world.connection, UPLOADS, &query).unwrap();
    page.uploads.len() + page.common_prefixes.len()
}

#[test]
fn listings_cost_the_page() {
    let worlds = worlds();
    let begin = || ListStart::Beginning;
    let slash = Some("/");
    costs_the_page(&worlds, 100, |world| objects(world, WIDE, None, "", begin()));
    // One huge prefix is jumped over, and each of many small ones is one seek.
    costs_the_page(&worlds, 100, |world| objects(world, WIDE, slash, "", begin()));
    costs_the_page(&worlds, 1, |world| objects(world, WIDE, slash, "h", begin()));
    costs_the_page(&worlds, 100, |world| objects(world, WIDE, slash, "huge/", begin()));
    costs_the_page(&worlds, 10, |world| objects(world, WIDE, slash, "p000012", begin()));
    costs_the_page(&worlds, 0, |world| objects(world, WIDE, slash, "q", begin()));
    costs_the_page(&worlds, 100, |world| {
        objects(world, WIDE, None, "", ListStart::AfterKey(format!("huge/{:07}", world.middle())))
    });
    costs_the_page(&worlds, 100, |world| {
        objects(world, WIDE, slash, "", ListStart::AfterPrefix(format!("p{:07}/", world.middle())))
    });
    costs_the_page(&worlds, 100, |world| {
        objects(world, WIDE, slash, "p", ListStart::AfterKey("p0000007/w".into()))
    });

    // What was deleted costs a listing of what is there nothing.
    costs_the_page(&worlds, 0, |world| objects(world, DELETED, None, "", begin()));
    costs_the_page(&worlds, 0, |world| objects(world, DELETED, slash, "m/", begin()));
    let from_key = |start| VersionListStart::Key(start);
    costs_the_page(&worlds, 100, |world| versions(world, None, "", from_key(begin())));
    costs_the_page(&worlds, 1, |world| versions(world, slash, "", from_key(begin())));
    costs_the_page(&worlds, 0, |world| versions(world, slash, "n", from_key(begin())));
    costs_the_page(&worlds, 100, |world| {
        let middle = world.middle();
        let start =
            VersionListStart::Version(key(&format!("m/{middle:07}")), version_id(2 * middle));
        versions(world, slash, "m/", start)
    });

    let first = || UploadStart::Beginning;
    costs_the_page(&worlds, 100, |world| uploads(world, None, "", first()));
    costs_the_page(&worlds, 100, |world| uploads(world, slash, "u", first()));
    costs_the_page(&worlds, 0, |world| uploads(world, slash, "v", first()));
    costs_the_page(&worlds, 100, |world| {
        uploads(world, slash, "", UploadStart::AfterPrefix(format!("u{:07}/", world.middle())))
    });
    costs_the_page(&worlds, 100, |world| {
        let id = format!("o{:07}", world.middle());
        uploads(world, None, "", UploadStart::AfterUpload("one".into(), id))
    });

    let buckets = |prefix, after: Option<&str>, world: &World| {
        let query = ListBucketsQuery { prefix, after, region: None, limit: 10 };
        bucket::list(&world.connection, account_id(1), query).unwrap().buckets.len()
    };
    costs_the_page(&worlds, 10, |world| buckets("", None, world));
    costs_the_page(&worlds, 10, |world| buckets("b000000", Some("b0000002"), world).max(10));
    costs_the_page(&worlds, 0, |world| buckets("c", None, world));
}
