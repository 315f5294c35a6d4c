//! Conditions in words, for answers about who may do what.

use super::condition::{Condition, Values};
use super::operator::{Comparison, Quantifier};

impl Condition {
    /// The condition in words, or its opposite.
    pub(crate) fn phrase(&self, holds: bool) -> String {
        let key = self.key.name();
        if let Values::Absences(absences) = &self.values {
            return match (&**absences, holds) {
                ([one], _) if *one == holds => format!("{key} is absent"),
                ([_], _) => format!("{key} is present"),
                (_, true) => format!("{key} is present or absent"),
                (_, false) => format!("{key} is neither present nor absent"),
            };
        }
        let listed = self.value_texts().join(" or ");
        let is_plain = self.operator.quantifier == Quantifier::Plain && !self.operator.if_exists;
        if is_plain {
            let positive = holds != self.operator.negated;
            return format!("{key} {} {listed}", self.verb(positive));
        }
        let subject = match self.operator.quantifier {
            Quantifier::Plain => key.into_owned(),
            Quantifier::ForAllValues => format!("every value of {key}"),
            Quantifier::ForAnyValue => format!("some value of {key}"),
        };
        let unless = if self.operator.if_exists { ", or is absent" } else { "" };
        let phrase = format!("{subject} {} {listed}{unless}", self.verb(!self.operator.negated));
        if holds { phrase } else { format!("not ({phrase})") }
    }

    fn verb(&self, positive: bool) -> &'static str {
        match (&self.values, positive) {
            (Values::Patterns(_) | Values::Arns(_), true) => "is like",
            (Values::Patterns(_) | Values::Arns(_), false) => "is not like",
            (Values::Addresses(_), true) => "in",
            (Values::Addresses(_), false) => "not in",
            (Values::Numbers(comparison, _), positive) => comparison.verb(positive),
            (Values::Dates(comparison, _), positive) => comparison.date_verb(positive),
            (Values::TextsIgnoringCase(_), true) => "is, in any letter case,",
            (Values::TextsIgnoringCase(_), false) => "is not, in any letter case,",
            (_, true) => "is",
            (_, false) => "is not",
        }
    }

    fn value_texts(&self) -> Vec<String> {
        let quoted = |text: String| if text.is_empty() { "\"\"".to_owned() } else { text };
        match &self.values {
            Values::Texts(patterns)
            | Values::TextsIgnoringCase(patterns)
            | Values::Patterns(patterns) => {
                patterns.iter().map(|pattern| quoted(pattern.to_string())).collect()
            }
            Values::Numbers(_, numbers) => numbers.iter().map(|&one| number_text(one)).collect(),
            Values::Dates(_, dates) => dates.iter().map(|&date| date_text(date)).collect(),
            Values::Booleans(booleans) => booleans.iter().map(ToString::to_string).collect(),
            Values::Binaries(binaries) => {
                binaries.iter().map(|value| String::from_utf8_lossy(value).into_owned()).collect()
            }
            Values::Addresses(blocks) => blocks.iter().map(ToString::to_string).collect(),
            Values::Arns(arns) => arns.iter().map(ToString::to_string).collect(),
            Values::Absences(_) => Vec::new(),
        }
    }
}

impl Comparison {
    fn verb(self, positive: bool) -> &'static str {
        match (self, positive) {
            (Self::Equal, true) => "=",
            (Self::Equal, false) => "is not",
            (Self::Less, true) => "<",
            (Self::LessOrEqual, true) => "<=",
            (Self::Greater, true) => ">",
            (Self::GreaterOrEqual, true) => ">=",
            (Self::Less, false) => "is not <",
            (Self::LessOrEqual, false) => "is not <=",
            (Self::Greater, false) => "is not >",
            (Self::GreaterOrEqual, false) => "is not >=",
        }
    }

    fn date_verb(self, positive: bool) -> &'static str {
        match (self, positive) {
            (Self::Less, true) | (Self::GreaterOrEqual, false) => "before",
            (Self::LessOrEqual, true) | (Self::Greater, false) => "not after",
            (Self::Greater, true) | (Self::LessOrEqual, false) => "after",
            (Self::GreaterOrEqual, true) | (Self::Less, false) => "not before",
            (Self::Equal, true) => "is",
            (Self::Equal, false) => "is not",
        }
    }
}

const UNIT: i128 = 1_000_000_000;

/// A number in units of 10⁻⁹, as one writes it.
pub(crate) fn number_text(number: i128) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let (whole, fraction) =
        (number.unsigned_abs() / UNIT.unsigned_abs(), number.unsigned_abs() % UNIT.unsigned_abs());
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let fraction = format!("{fraction:09}");
    format!("{sign}{whole}.{}", fraction.trim_end_matches('0'))
}

/// Nanoseconds since the epoch, to the second, in ISO 8601.
pub(crate) fn date_text(nanoseconds: i128) -> String {
    let seconds = nanoseconds.div_euclid(UNIT);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days: years begin
    // in March, so that the leap day is the last of its year.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::super::scalar::parse_date;
    use super::*;

    #[test]
    fn dates_are_read_back() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2024-02-29T23:59:59Z",
            "1969-12-31T01:02:03Z",
            "2100-03-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
        ] {
            assert_eq!(date_text(parse_date(text).unwrap()), text);
        }
    }

    #[test]
    fn numbers() {
        for (number, text) in [(0, "0"), (1_500_000_000, "1.5"), (-1, "-0.000000001")] {
            assert_eq!(number_text(number), text);
        }
    }
}
