//! Stops before harm is done: where much more is missing than an incident explains, the bucket, the prefix
//! or the database is not the one that is meant.

use std::fmt;

/// Pages with fewer rows say nothing.
const PAGE_ROWS_MIN: u64 = 200;
/// Dead rows of one page, in a hundred.
const PAGE_PERCENT_MAX: u64 = 20;
/// Dead rows of all, in a hundred.
const ALL_PERCENT_MAX: u64 = 5;

/// How much may be missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Breaker {
    /// What the operator knows to be lost, in a hundred of all rows. Then pages do not count.
    pub expected_percent: Option<u8>,
}

/// More is missing than may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tripped {
    dead: u64,
    rows: u64,
    limit_percent: u64,
    is_page: bool,
}

impl Breaker {
    /// Looks at one page.
    pub fn page(self, rows: u64, dead: u64) -> Result<(), Tripped> {
        if self.expected_percent.is_some() || rows < PAGE_ROWS_MIN {
            return Ok(());
        }
        check(rows, dead, PAGE_PERCENT_MAX, true)
    }

    /// Looks at everything, at the end.
    pub fn all(self, rows: u64, dead: u64) -> Result<(), Tripped> {
        check(rows, dead, self.expected_percent.map_or(ALL_PERCENT_MAX, u64::from), false)
    }
}

fn check(rows: u64, dead: u64, limit_percent: u64, is_page: bool) -> Result<(), Tripped> {
    if dead.saturating_mul(100) > rows.saturating_mul(limit_percent) {
        return Err(Tripped { dead, rows, limit_percent, is_page });
    }
    Ok(())
}

impl fmt::Display for Tripped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dead, rows, limit_percent, is_page } = self;
        let place = if *is_page { " in a row" } else { "" };
        let percent = dead.saturating_mul(100).div_ceil((*rows).max(1));
        write!(
            f,
            "{dead} of {rows} files{place} are gone, more than {limit_percent} %: this may be another \
             bucket, prefix or database than the application's. If so much is lost, say so with \
             --expect-loss {percent}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_all_have_their_limits() {
        let usual = Breaker::default();
        assert!(usual.page(199, 199).is_ok(), "a short page says nothing");
        assert!(usual.page(200, 40).is_ok() && usual.page(200, 41).is_err());
        assert!(usual.all(1000, 50).is_ok() && usual.all(1000, 51).is_err());
        assert!(usual.all(0, 0).is_ok());
        let warned = Breaker { expected_percent: Some(30) };
        assert!(warned.page(1000, 1000).is_ok());
        assert!(warned.all(1000, 300).is_ok() && warned.all(1000, 301).is_err());
        let said = usual.all(1000, 51).unwrap_err().to_string();
        assert!(said.contains("--expect-loss 6"), "{said}");
    }
}
