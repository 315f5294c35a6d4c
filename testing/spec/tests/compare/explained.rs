//! What the decision log keeps of random requests, and what is explained of them.

use audit::decision_log::{
    BucketSnapshot, CallerSnapshot, Conclusion, Decided, DecisionLog, DecisionLogOptions, Filter,
    Kept, PolicyOrigin, Snapshots, records,
};
use authz::{Decision, decide};
use model::{PublicAccessBlock, Timestamp};
use spec::world::Switches;

use crate::bridge::{BothObjects, Point, from_environment};
use crate::dice::Dice;
use crate::random;

/// Requests of the normal run.
const CASES: usize = 20_000;
const NOW: Timestamp = Timestamp::from_unix_seconds(1_790_000_000);

fn clock() -> Timestamp {
    NOW
}

fn described(point: &Point<'_>) -> (Decision, Decided) {
    point.ask(point.object_facts(), |request, facts| {
        let decision = decide(request, facts);
        let origin = PolicyOrigin {
            name: "own".to_owned(),
            arn: None,
            holder: ("user".to_owned(), "user".to_owned()),
        };
        let caller = CallerSnapshot::take(
            request.caller,
            facts.identity,
            std::slice::from_ref(&origin),
            Some(&origin),
        );
        let bucket = facts.bucket.map(|bucket| {
            let none = PublicAccessBlock::NONE;
            BucketSnapshot::take(bucket, bucket.public_access, none).into()
        });
        let snapshots = Snapshots { caller: Some(caller.into()), bucket };
        let decided = Decided::new(request, facts, &decision, snapshots, None);
        (decision, decided)
    })
}

/// A record decides as the request did, and its explanation names the rule that decided. Whatever is
/// refused has a way to be allowed, or a reason why there is none.
#[test]
fn explanations_tell_what_was_decided() {
    let seed = from_environment("GRANTRY_SPEC_SEED").unwrap_or(20_260_221);
    println!("seed {seed}");
    let (mut dice, mut expected) = (Dice::new(seed), Vec::new());
    let directory = tempfile::tempdir().unwrap();
    let engine_switches = authz::Switches::default();
    let options = DecisionLogOptions { kept: Kept::All, days: 1, bytes: 1 << 40 };
    let log = DecisionLog::open(directory.path(), options, &engine_switches, clock).unwrap();
    while expected.len() < CASES {
        let (Some(bucket), Some(caller)) =
            (random::bucket(&mut dice), random::both_callers(&mut dice))
        else {
            continue;
        };
        let requests = dice.some(8, 8, |dice| (random::both_requests(dice), random::object(dice)));
        for (request, object) in requests {
            let point = Point {
                caller: &caller,
                request: &request,
                bucket: &bucket,
                object: &BothObjects::new(object),
                switches: Switches::default(),
                engine_switches: &engine_switches,
            };
            let (decision, decided) = described(&point);
            let id = format!("{:08}", expected.len());
            let conclusion = Conclusion {
                time: NOW,
                request_id: &id,
                status: 200,
                error_code: None,
                message: None,
                access_key_id: None,
                details: &[],
            };
            log.add(&conclusion, vec![decided]);
            expected.push(decision);
        }
        log.flush();
    }
    let mut found = 0;
    let mut refused = 0;
    for record in records(directory.path(), Filter::default()).unwrap() {
        let record = record.unwrap();
        let decision = &expected[record.request_id.parse::<usize>().unwrap()];
        assert_eq!(record.replay().unwrap().ask(decide).as_ref(), Some(decision), "{record:?}");
        assert_eq!(record.steps, decision.trace.steps());
        found += 1;
        // Looking for changes decides many times.
        if found % 10 == 0 {
            refused += usize::from(check_explanation(&explain::explain(&record), decision));
        }
    }
    assert_eq!(found, expected.len());
    assert!(refused > CASES / 100, "{refused} explained");
}

/// Whether it is the explanation of a refusal.
fn check_explanation(explanation: &explain::Explanation, decision: &Decision) -> bool {
    let deciding = decision.trace.deciding();
    let rule = explanation.rule.as_ref().map(|rule| rule.key.clone());
    assert_eq!(rule, deciding.map(|step| format!("{:?}", step.rule)));
    let marked = explanation.steps.iter().position(|step| step.deciding);
    assert_eq!(marked, decision.trace.deciding_index());
    if let authz::Verdict::Allow = decision.verdict {
        assert_eq!((explanation.verdict.as_str(), explanation.plans.len()), ("allowed", 0));
        return false;
    }
    assert_eq!(explanation.verdict, "refused");
    assert_eq!(explanation.plans.is_empty(), explanation.no_change_helps.is_some());
    true
}
