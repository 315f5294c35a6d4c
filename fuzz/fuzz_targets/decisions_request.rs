//! The JSON of ListDecisions and ExplainRequest: a page stays within its bounds; a question that is read
//! can be asked, and explained also where there are no facts; and no explanation of it allows anything.
#![no_main]

use iam_api::decisions::{ExplainRequest, read_explain, read_list};
use libfuzzer_sys::fuzz_target;
use model::limits::DECISIONS_PAGE_MAX;
use model::{Operation, Timestamp};
use ops::explanations::explain;

fuzz_target!(|data: &[u8]| {
    if let Ok(wanted) = read_list(data) {
        assert!((1..=DECISIONS_PAGE_MAX).contains(&wanted.limit));
        assert!(wanted.filter.visible_to.is_none(), "nobody chooses whose decisions they see");
    }
    let Ok(ExplainRequest::Asked(question)) = read_explain(data) else { return };
    let again = serde_json::to_vec(&question).unwrap_or_default();
    assert!(matches!(read_explain(&again), Ok(ExplainRequest::Asked(_))), "{question:?}");
    let Ok(record) = question.without_facts(Timestamp::default()) else { return };
    let explanation = explain(&record);
    // Nobody is let into a bucket of which nothing is known.
    let reads = record.operation == Some(Operation::GetObject);
    assert!(!reads || explanation.verdict != "allowed", "{explanation:?}");
    assert!(explanation.plans.iter().all(|plan| !plan.changes.is_empty()));
});
