//! Values of condition keys, one for each way in which conditions can compare with them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;

use model::limits::REACH_VALUE_LISTS_MAX;

use super::Doubt;
use super::domain::{Domain, Presence, TRANSPORTS, Variable};
use crate::policy::language::{self, Language};
use crate::policy::phrase;
use crate::policy::vocabulary::Compared;
use crate::{ConditionKey, ContextValue};

fn one(text: String) -> ContextValue<'static> {
    ContextValue::One(Cow::Owned(text))
}

/// Everything that a connection can be.
fn transports() -> Vec<Vec<(ConditionKey, ContextValue<'static>)>> {
    let values = |(secure, version): &(&str, Option<&str>)| {
        let version = version.map_or(ContextValue::Absent, |version| one(version.to_owned()));
        vec![
            (ConditionKey::SecureTransport, one((*secure).to_owned())),
            (ConditionKey::TlsVersion, version),
        ]
    };
    TRANSPORTS.iter().map(values).collect()
}

const UNIT: i128 = 1_000_000_000;

/// Each moment that is compared with, the second before it and the second after it.
fn times(compared: &Compared) -> Vec<Vec<(ConditionKey, ContextValue<'static>)>> {
    let seconds = whole_around(compared.dates.iter().chain(&compared.numbers).copied(), i128::MIN);
    let values = |second: i128| {
        vec![
            (ConditionKey::CurrentTime, one(phrase::date_text(second * UNIT))),
            (ConditionKey::EpochTime, one(second.to_string())),
        ]
    };
    seconds.into_iter().map(values).collect()
}

/// Whole numbers around values in units of 10⁻⁹, so that every order among them occurs.
fn whole_around(values: impl Iterator<Item = i128>, least: i128) -> BTreeSet<i128> {
    let mut whole = BTreeSet::from([0_i128.max(least)]);
    for value in values {
        let floor = value.div_euclid(UNIT);
        whole.extend([floor - 1, floor, floor + 1].into_iter().filter(|&one| one >= least));
    }
    whole
}

/// What values are compared as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Texts,
    Numbers,
    Dates,
    Booleans,
    Addresses,
}

/// A doubt if something is compared that is none of these.
fn unlike(compared: &Compared, kinds: &[Kind]) -> Option<Doubt> {
    let all = [
        (Kind::Texts, !compared.languages.is_empty()),
        (Kind::Numbers, !compared.numbers.is_empty()),
        (Kind::Dates, !compared.dates.is_empty()),
        (Kind::Booleans, compared.booleans),
        (Kind::Addresses, !compared.blocks.is_empty()),
    ];
    all.iter().any(|(kind, given)| *given && !kinds.contains(kind)).then_some(Doubt::OtherType)
}

/// What a condition key has in some request, with those that depend on it: one set for each class,
/// and why there might be more. Time and transport have no other domain than their own.
pub(crate) fn of_variable(
    key: &ConditionKey,
    domain: &Domain,
    compared: &Compared,
) -> (Vec<Vec<(ConditionKey, ContextValue<'static>)>>, Option<Doubt>) {
    match Variable::of(key) {
        Variable::Transport => (transports(), None),
        Variable::Time => (times(compared), unlike(compared, &[Kind::Dates, Kind::Numbers])),
        _ => {
            let (values, doubt) = values(domain, compared);
            (values.into_iter().map(|value| vec![(key.clone(), value)]).collect(), doubt)
        }
    }
}

/// A value of each class, and why there might be more.
fn values(domain: &Domain, compared: &Compared) -> (Vec<ContextValue<'static>>, Option<Doubt>) {
    let absent = |presence: &Presence| match presence {
        Presence::Sometimes => vec![ContextValue::Absent],
        Presence::Always => Vec::new(),
    };
    match domain {
        Domain::Fixed(value) => (vec![value.clone()], None),
        Domain::Finite(values) => (values.clone(), None),
        Domain::Text { beginning, presence } => {
            let (texts, doubt) = texts(beginning, compared);
            (absent(presence).into_iter().chain(texts.into_iter().map(one)).collect(), doubt)
        }
        Domain::Number(presence) => {
            let numbers = whole_around(compared.numbers.iter().copied(), 0);
            let texts = numbers.iter().map(|number| one(number.to_string()));
            (
                absent(presence).into_iter().chain(texts).collect(),
                unlike(compared, &[Kind::Numbers]),
            )
        }
        Domain::Date(presence) => {
            let seconds = whole_around(compared.dates.iter().copied(), i128::MIN);
            let texts = seconds.iter().map(|second| one(phrase::date_text(second * UNIT)));
            (absent(presence).into_iter().chain(texts).collect(), unlike(compared, &[Kind::Dates]))
        }
        Domain::Address => (addresses(compared), unlike(compared, &[Kind::Addresses])),
        Domain::Texts => {
            let (lists, doubt) = lists(compared);
            (std::iter::once(ContextValue::Absent).chain(lists).collect(), doubt)
        }
    }
}

/// The first address of each block and the one behind it: where it begins and where what is around
/// it goes on.
fn addresses(compared: &Compared) -> Vec<ContextValue<'static>> {
    let mut addresses: BTreeSet<IpAddr> = BTreeSet::new();
    // From the ranges for documentation, which nobody has; then the ends of all addresses.
    for fixed in ["198.51.100.1", "0.0.0.0", "2001:db8::1", "::"] {
        addresses.extend(fixed.parse::<IpAddr>());
    }
    for block in &compared.blocks {
        let (first, last) = block.bounds();
        addresses.insert(first);
        addresses.extend(match last {
            IpAddr::V4(last) => last.to_bits().checked_add(1).map(|bits| IpAddr::V4(bits.into())),
            IpAddr::V6(last) => last.to_bits().checked_add(1).map(|bits| IpAddr::V6(bits.into())),
        });
    }
    addresses.iter().map(|address| one(address.to_canonical().to_string())).collect()
}

fn texts(beginning: &str, compared: &Compared) -> (Vec<String>, Option<Doubt>) {
    let domain = Language::beginning_with(beginning);
    let found = language::classes(&domain, &compared.languages);
    let mut texts: Vec<_> = found.classes.into_iter().map(|class| class.text).collect();
    let mut doubt = (!found.complete).then_some(Doubt::TooManyPatterns);
    let has_scalars = !compared.numbers.is_empty()
        || !compared.dates.is_empty()
        || !compared.blocks.is_empty()
        || compared.booleans;
    if has_scalars {
        doubt = doubt.or_else(|| {
            (!compared.languages.is_empty() || !beginning.is_empty()).then_some(Doubt::OtherType)
        });
        let around = |values: &[i128]| {
            let mut all = BTreeSet::new();
            for value in values {
                all.extend([value - 1, *value, value + 1]);
            }
            all
        };
        texts.extend(around(&compared.numbers).into_iter().map(phrase::number_text));
        texts.extend(around(&compared.dates).into_iter().map(phrase::date_text));
        for value in addresses(compared) {
            if let ContextValue::One(text) = value {
                texts.push(text.into_owned());
            }
        }
        texts.extend(["true".to_owned(), "false".to_owned()]);
        texts.retain(|text| text.starts_with(beginning));
    }
    (texts, doubt)
}

/// Lists that agree and disagree with the patterns in every way: which patterns all of the elements
/// match, and which some.
fn lists(compared: &Compared) -> (Vec<ContextValue<'static>>, Option<Doubt>) {
    let found = language::classes(&Language::everything(), &compared.languages);
    let mut doubt = (!found.complete)
        .then_some(Doubt::TooManyPatterns)
        .or_else(|| unlike(compared, &[Kind::Texts]));
    let mut seen = BTreeSet::new();
    let mut lists: Vec<(Vec<usize>, Vec<bool>, Vec<bool>)> = Vec::new();
    for (at, class) in found.classes.iter().enumerate() {
        if seen.insert((class.within.clone(), class.within.clone())) {
            lists.push((vec![at], class.within.clone(), class.within.clone()));
        }
    }
    let mut next = 0;
    while let Some((list, all, some)) = lists.get(next).cloned() {
        for (at, class) in found.classes.iter().enumerate() {
            let and = all.iter().zip(&class.within).map(|(a, b)| *a && *b).collect::<Vec<_>>();
            let or = some.iter().zip(&class.within).map(|(a, b)| *a || *b).collect::<Vec<_>>();
            if !seen.insert((and.clone(), or.clone())) {
                continue;
            }
            if lists.len() >= REACH_VALUE_LISTS_MAX {
                doubt = Some(Doubt::TooManyPatterns);
                break;
            }
            lists.push((list.iter().copied().chain([at]).collect(), and, or));
        }
        next += 1;
    }
    let text = |at: &usize| found.classes.get(*at).map(|class| Cow::Owned(class.text.clone()));
    let values =
        lists.iter().map(|(list, ..)| ContextValue::Many(list.iter().filter_map(text).collect()));
    (values.collect(), doubt)
}
