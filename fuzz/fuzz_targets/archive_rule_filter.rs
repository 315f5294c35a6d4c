//! Filters of archive rules: what is accepted is stored and read again as it is, and what a criterion wants
//! it does not refuse.
#![no_main]

use iam::analyzer::{Filter, check_filter};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(filter) = serde_json::from_slice::<Filter>(data) else { return };
    if check_filter(&filter).is_err() {
        return;
    }
    let stored = serde_json::to_string(&filter).expect("a document");
    assert_eq!(serde_json::from_str::<Filter>(&stored).ok().as_ref(), Some(&filter));
    for criterion in filter.values() {
        let wanted: Vec<&str> = criterion.eq.iter().flatten().map(String::as_str).collect();
        for &value in &wanted {
            let is_refused = criterion.neq.iter().flatten().any(|one| one == value);
            let is_part = criterion
                .contains
                .as_ref()
                .is_none_or(|list| list.iter().any(|one| value.contains(one.as_str())));
            let expected = !is_refused && is_part && criterion.exists != Some(false);
            assert_eq!(criterion.holds(&[value]), expected, "{criterion:?}");
        }
        assert!(criterion.eq.is_none() || !criterion.holds(&[]), "equal to nothing");
    }
});
