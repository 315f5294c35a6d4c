//! Percentiles and medians.

/// As a float.
#[expect(clippy::cast_precision_loss, reason = "what is counted in a run stays far below 2^53")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

/// `total` divided by a count of requests; none if there was no request.
pub(crate) fn per_request(total: f64, requests: u64) -> Option<f64> {
    (requests > 0).then(|| total / float(requests))
}

/// The smallest value that at least `percent` of 100 values do not exceed (nearest rank); none
/// without values. `sorted` must be in ascending order, `percent` between 1 and 100.
pub(crate) fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

/// The middle value, or the mean of the two middle ones; none without values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get((sorted.len() / 2).checked_sub(1)?)?;
    Some(f64::midpoint(lower, upper))
}

/// The smallest and the largest value; none without values.
pub(crate) fn range(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().fold(None, |range, value| {
        let (low, high) = range.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let hundred: Vec<u64> = (1..=100).collect();
        for (percent, expected) in [(1, 1), (50, 50), (99, 99), (100, 100)] {
            assert_eq!(percentile(&hundred, percent), Some(expected), "{percent}");
        }
        let five = [15, 20, 35, 40, 50];
        for (percent, expected) in [(5, 15), (30, 20), (40, 20), (50, 35), (99, 50), (100, 50)] {
            assert_eq!(percentile(&five, percent), Some(expected), "{percent}");
        }
        assert_eq!(percentile(&[7], 1), Some(7));
        assert_eq!(percentile(&[7], 99), Some(7));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median([9.0]), Some(9.0));
        assert_eq!(median([]), None);
    }

    #[test]
    fn the_range_spans_all_values() {
        assert_eq!(range([3.0, 1.0, 2.0]), Some((1.0, 3.0)));
        assert_eq!(range([5.0]), Some((5.0, 5.0)));
        assert_eq!(range([]), None);
    }

    #[test]
    fn nothing_is_divided_by_no_requests() {
        assert_eq!(per_request(10.0, 4), Some(2.5));
        assert_eq!(per_request(10.0, 0), None);
    }
}
