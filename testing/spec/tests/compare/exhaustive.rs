//! Model and engine on every combination of caller, request, bucket and object.
//!
//! The whole space has some ten thousand million points. `cargo test` takes every n-th, with an n
//! that has no divisor in common with any dimension, so that all values meet; more than five million
//! points. `GRANTRY_SPEC_TIMES=20` takes twenty times as many, `GRANTRY_SPEC_TIMES=3000` the whole
//! space, which is the work of hours.

use model::{ObjectOwnership, Operation, PublicAccessBlock};
use spec::acl::{AclAsked, expand};
use spec::ownership;
use spec::world::{Account, Party, Switches};

use crate::bridge::{
    self, BothObjects, BothRequests, Differences, Point, acl, acl_request, canonical_id,
    from_environment,
};
use crate::space::{
    LooksAt, all_switches, bucket_acls, buckets, callers, objects, requests, switches_matter,
    with_each_acl,
};

/// Points of the normal run for operations that look at an object.
const OBJECT_POINTS: usize = 4_500_000;
/// And for those that look at nothing below the bucket.
const BUCKET_POINTS: usize = 700_000;

#[test]
fn model_and_engine_agree_on_every_point() {
    let (callers, buckets, requests) = (callers(), buckets(), requests());
    let objects: Vec<_> = objects().into_iter().map(BothObjects::new).collect();
    let switches = all_switches().map(|it| (it, bridge::switches(it)));
    // Request, object and switches together are one dimension, since not all go with all.
    let (mut on_objects, mut on_buckets) = (vec![], vec![]);
    for (request, looks_at) in &requests {
        match looks_at {
            LooksAt::Bucket => on_buckets.push((request, &objects[0], &switches[0])),
            LooksAt::Object => {
                let matter = switches_matter(&request.request);
                let switches = if matter { &switches[..] } else { &switches[..1] };
                for object in &objects {
                    on_objects.extend(switches.iter().map(|it| (request, object, it)));
                }
            }
        }
    }
    let mut differences = Differences::default();
    let mut compare = |rows: &[Row<'_>], points_least: usize| {
        let sizes = [rows.len(), callers.len(), buckets.len()];
        let total = sizes.iter().product::<usize>();
        let step = step(total / points_least.min(total), &sizes);
        let mut points = 0;
        for number in (0..total).step_by(step) {
            let (request, object, (switches, engine_switches)) = rows[number % rows.len()];
            let number = number / rows.len();
            let caller = &callers[number % callers.len()];
            let bucket = &buckets[number / callers.len()];
            let point =
                Point { caller, request, bucket, object, switches: *switches, engine_switches };
            differences.extend(point.difference());
            points += 1;
        }
        println!("{points} points of {total}");
        points
    };
    let times =
        from_environment("GRANTRY_SPEC_TIMES").map_or(1, |times| usize::try_from(times).unwrap());
    let points =
        compare(&on_objects, OBJECT_POINTS * times) + compare(&on_buckets, BUCKET_POINTS * times);
    differences.assert_none();
    assert!(points >= 5_000_000, "only {points} points");
}

type Row<'a> = (&'a BothRequests, &'a BothObjects, &'a (Switches, authz::Switches));

/// The greatest number up to `at_most` that has no divisor in common with any of the sizes, so that
/// all values meet.
fn step(at_most: usize, sizes: &[usize]) -> usize {
    fn common_divisor(left: usize, right: usize) -> usize {
        if right == 0 { left } else { common_divisor(right, left % right) }
    }
    (1..=at_most)
        .rev()
        .find(|step| sizes.iter().all(|size| common_divisor(*step, *size) == 1))
        .unwrap()
}

#[test]
fn model_and_engine_agree_on_what_is_stored() {
    let owners = [Party::Account(Account::B), Party::Account(Account::A), Party::Anonymous];
    let bucket_owner = canonical_id(Party::Account(Account::B));
    let asked = || with_each_acl(Operation::PutObject).map(|it| it.acl).chain([AclAsked::Absent]);
    for acl_asked in asked() {
        for owner in owners {
            let found = authz::admission::expand_acl(
                &acl_request(&acl_asked),
                &canonical_id(owner),
                &bucket_owner,
            );
            assert_eq!(found, acl(owner, &expand(&acl_asked, owner)), "{acl_asked:?}");
        }
    }
    let callers = callers();
    for bucket in buckets().iter().filter(|it| it.bucket.policy.is_none()) {
        let facts = bridge::bucket_facts(&bucket.bucket, None);
        for caller in &callers {
            for acl_asked in asked() {
                let expected =
                    ownership::owner_of_new_object(caller.caller, &acl_asked, &bucket.bucket);
                let found = authz::ownership::owner_of_new_object(
                    &bridge::principal(caller.caller),
                    &acl_request(&acl_asked),
                    &facts,
                );
                assert_eq!(found, canonical_id(expected), "{:?} {acl_asked:?}", caller.caller);
            }
        }
        let shown = ownership::shown_acl(&bucket.bucket.acl, &bucket.bucket);
        let found = authz::ownership::effective_bucket_acl(&facts);
        assert_eq!(*found, acl(Party::Account(Account::B), &shown), "{:?}", bucket.bucket);
    }
}

#[test]
fn model_and_engine_agree_on_new_and_changed_buckets() {
    let owner = canonical_id(Party::Account(Account::B));
    let ownerships = || [None].into_iter().chain(ObjectOwnership::ALL.map(Some));
    for enforced in [false, true] {
        let switches =
            Switches { create_bucket_private_acl_enforced: enforced, ..Switches::default() };
        for request in with_each_acl(Operation::CreateBucket) {
            for header in ownerships() {
                let new = authz::admission::NewBucket {
                    owner: &owner,
                    acl: &acl_request(&request.acl),
                    ownership: header,
                    account_public_access: PublicAccessBlock::NONE,
                };
                let defaults = authz::admission::NewBucketDefaults::CURRENT;
                let found = authz::admission::admit_create_bucket(
                    &new,
                    defaults,
                    bridge::switches(switches),
                );
                let expected = ownership::create_bucket(&request.acl, header, switches);
                assert_eq!(
                    found.map(|it| (it.ownership, it.acl)).map_err(|error| error.code()),
                    expected.map(|(ownership, grants)| {
                        (Some(ownership), acl(Party::Account(Account::B), &grants))
                    }),
                    "{:?} {header:?}",
                    request.acl
                );
            }
        }
    }
    for grants in bucket_acls() {
        for new in ObjectOwnership::ALL {
            let stored = acl(Party::Account(Account::B), &grants);
            let found = authz::admission::admit_ownership_change(new, &stored, &owner);
            let expected = ownership::change_ownership(new, &grants);
            assert_eq!(found.map_err(|error| error.code()), expected, "{new} {grants:?}");
        }
    }
}
