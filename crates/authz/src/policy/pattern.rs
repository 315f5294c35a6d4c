//! Texts with wildcards and policy variables (POL-17, POL-60 to POL-64).

use std::borrow::Cow;
use std::fmt;

use super::request_values::RequestValues;
use super::wildcard_search;
use crate::ConditionKey;

/// Whether `*` and `?` mean anything in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wildcards {
    Active,
    Literal,
}

/// What `${…}` means in a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variables {
    /// Nothing: version 2008-10-17 (POL-11).
    Literal,
    /// A key that S3 knows. In a bucket policy a variable that can never have a value is a
    /// spelling mistake that would silently switch off its statement.
    Known,
    /// Any key: identity policies speak of other services too.
    Any,
}

/// A malformed or unknown `${…}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InvalidVariable;

/// A text that was split at its `*`, so that matching never goes back further than one segment.
///
/// The first segment is anchored at the start and the last one at the end; those between are found
/// leftmost first, which is right because a segment always matches the same number of characters.
/// Time is linear for segments without `?`; for the others see `wildcard_search`.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    first: Segment,
    /// What follows each `*`.
    after_runs: Box<[Segment]>,
    has_variables: bool,
}

type Segment = Box<[Atom]>;

#[derive(Clone, Debug)]
pub(super) enum Atom {
    Text(Box<str>),
    /// `?`: one character.
    AnyCharacter,
    /// INVARIANT: replaced by [`Pattern::resolve`] before matching.
    Variable(Variable),
}

impl Atom {
    /// What it matches at least, in bytes.
    pub(super) fn positions(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::AnyCharacter | Self::Variable(_) => 1,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Variable {
    key: ConditionKey,
    default: Option<Box<str>>,
}

impl Pattern {
    pub(super) fn parse(
        text: &str,
        wildcards: Wildcards,
        variables: Variables,
    ) -> Result<Self, InvalidVariable> {
        let mut builder = Builder::default();
        let mut rest = text;
        loop {
            if variables != Variables::Literal
                && let Some(inside) = rest.strip_prefix("${")
            {
                rest = builder.push_variable(inside, variables)?;
                continue;
            }
            let mut characters = rest.chars();
            match (characters.next(), wildcards) {
                (None, _) => return Ok(builder.finish()),
                (Some('*'), Wildcards::Active) => builder.push_run(),
                (Some('?'), Wildcards::Active) => builder.push_atom(Atom::AnyCharacter),
                (Some(character), _) => builder.text.push(character),
            }
            rest = characters.as_str();
        }
    }

    /// Whether the whole of `text` matches. Variables must have been resolved.
    pub(super) fn matches(&self, text: &str) -> bool {
        let Some(rest) = strip_prefix(&self.first, text) else { return false };
        let Some((last, middle)) = self.after_runs.split_last() else { return rest.is_empty() };
        let Some(between) = strip_suffix(last, rest) else { return false };
        middle.iter().try_fold(between, |text, segment| skip_past(segment, text)).is_some()
    }

    /// The pattern with the values of its variables, which count literally (POL-64). `None` if one
    /// of them has no value (POL-63).
    pub(super) fn resolve(&self, values: &RequestValues<'_>) -> Option<Cow<'_, Self>> {
        if !self.has_variables {
            return Some(Cow::Borrowed(self));
        }
        let mut builder = Builder::default();
        builder.push_resolved(&self.first, values)?;
        for segment in &self.after_runs {
            builder.push_run();
            builder.push_resolved(segment, values)?;
        }
        Some(Cow::Owned(builder.finish()))
    }

    /// The keys of the variables that must have a value, as they have no default.
    pub(super) fn required_keys(&self) -> impl Iterator<Item = &ConditionKey> {
        self.atoms().filter_map(|atom| match atom {
            Atom::Variable(Variable { key, default: None }) => Some(key),
            _ => None,
        })
    }

    /// The text, if there is neither an active wildcard nor an unresolved variable in it.
    pub(super) fn as_literal(&self) -> Option<&str> {
        match (&*self.first, &*self.after_runs) {
            ([], []) => Some(""),
            ([Atom::Text(text)], []) => Some(text),
            _ => None,
        }
    }

    /// The text before the `*` that ends the pattern, if nothing else in it varies.
    pub(super) fn as_literal_before_final_run(&self) -> Option<&str> {
        match (&*self.first, &*self.after_runs) {
            ([Atom::Text(text)], [last]) if last.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Whether it contains a `*` that means any run of characters.
    pub(super) fn has_run(&self) -> bool {
        !self.after_runs.is_empty()
    }

    /// Whether one of its literal texts contains a slash.
    pub(super) fn has_slash(&self) -> bool {
        self.atoms().any(|atom| matches!(atom, Atom::Text(text) if text.contains('/')))
    }

    /// Whether it has a variable.
    pub(super) fn has_variables(&self) -> bool {
        self.has_variables
    }

    /// The pieces between its `*`: the first is anchored at the start, the last one at the end.
    pub(super) fn segments(&self) -> impl Iterator<Item = &[Atom]> {
        std::iter::once(&*self.first).chain(self.after_runs.iter().map(|segment| &**segment))
    }

    /// The keys of all its variables.
    pub(super) fn variable_keys(&self) -> impl Iterator<Item = &ConditionKey> {
        self.atoms().filter_map(|atom| match atom {
            Atom::Variable(Variable { key, .. }) => Some(key),
            _ => None,
        })
    }

    fn atoms(&self) -> impl Iterator<Item = &Atom> {
        self.first.iter().chain(self.after_runs.iter().flatten())
    }
}

fn strip_prefix<'t>(segment: &[Atom], text: &'t str) -> Option<&'t str> {
    segment.iter().try_fold(text, |text, atom| match atom {
        Atom::Text(literal) => text.strip_prefix(&**literal),
        Atom::AnyCharacter => after_one(text),
        Atom::Variable(_) => None,
    })
}

fn strip_suffix<'t>(segment: &[Atom], text: &'t str) -> Option<&'t str> {
    segment.iter().rev().try_fold(text, |text, atom| match atom {
        Atom::Text(literal) => text.strip_suffix(&**literal),
        Atom::AnyCharacter => {
            let mut characters = text.chars();
            characters.next_back().map(|_| characters.as_str())
        }
        Atom::Variable(_) => None,
    })
}

/// Steps up to which trying place by place is the quickest.
const STEPS_MAX: usize = 4096;

/// What follows the leftmost place in `text` at which the segment matches.
fn skip_past<'t>(segment: &[Atom], text: &'t str) -> Option<&'t str> {
    if let [Atom::Text(literal)] = segment {
        return text.split_once(&**literal).map(|(_, rest)| rest);
    }
    let positions: usize = segment.iter().map(Atom::positions).sum();
    if positions.saturating_mul(text.len()) > STEPS_MAX {
        return wildcard_search::skip_past(segment, text);
    }
    let mut candidate = text;
    loop {
        if let [Atom::Text(literal), ..] = segment {
            candidate = candidate.get(candidate.find(&**literal)?..)?;
        }
        if let Some(rest) = strip_prefix(segment, candidate) {
            return Some(rest);
        }
        candidate = after_one(candidate)?;
    }
}

fn after_one(text: &str) -> Option<&str> {
    let mut characters = text.chars();
    characters.next().map(|_| characters.as_str())
}

#[derive(Default)]
struct Builder {
    text: String,
    segment: Vec<Atom>,
    segments: Vec<Segment>,
    has_variables: bool,
}

impl Builder {
    fn push_atom(&mut self, atom: Atom) {
        self.end_text();
        self.segment.push(atom);
    }

    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.segment.push(Atom::Text(std::mem::take(&mut self.text).into()));
        }
    }

    fn push_run(&mut self) {
        self.end_text();
        // `**` means no more than `*`.
        if !self.segment.is_empty() || self.segments.is_empty() {
            self.segments.push(std::mem::take(&mut self.segment).into());
        }
    }

    /// Takes what stands behind `${` and returns what stands behind `}`.
    fn push_variable<'t>(
        &mut self,
        inside: &'t str,
        variables: Variables,
    ) -> Result<&'t str, InvalidVariable> {
        for (escape, character) in [("*}", '*'), ("?}", '?'), ("$}", '$')] {
            if let Some(rest) = inside.strip_prefix(escape) {
                self.text.push(character);
                return Ok(rest);
            }
        }
        let key_end = inside.find([',', '}']).ok_or(InvalidVariable)?;
        let (name, rest) = inside.split_at_checked(key_end).ok_or(InvalidVariable)?;
        let (default, rest) = match rest.strip_prefix(',') {
            None => (None, rest),
            Some(rest) => {
                let quoted = rest.trim_start().strip_prefix('\'').ok_or(InvalidVariable)?;
                let (default, rest) = quoted.split_once('\'').ok_or(InvalidVariable)?;
                (Some(default.into()), rest.trim_start())
            }
        };
        let rest = rest.strip_prefix('}').ok_or(InvalidVariable)?;
        let key = ConditionKey::parse(name.trim());
        if let ConditionKey::Foreign(name) = &key
            && (name.is_empty() || variables == Variables::Known)
        {
            return Err(InvalidVariable);
        }
        self.push_atom(Atom::Variable(Variable { key, default }));
        self.has_variables = true;
        Ok(rest)
    }

    fn push_resolved(&mut self, segment: &[Atom], values: &RequestValues<'_>) -> Option<()> {
        for atom in segment {
            match atom {
                Atom::Text(text) => self.text.push_str(text),
                Atom::AnyCharacter => self.push_atom(Atom::AnyCharacter),
                Atom::Variable(Variable { key, default }) => match values.single(key) {
                    Some(value) => self.text.push_str(&value),
                    None => self.text.push_str(default.as_deref()?),
                },
            }
        }
        Some(())
    }

    fn finish(mut self) -> Pattern {
        self.end_text();
        self.segments.push(self.segment.into());
        let mut segments = self.segments.into_iter();
        Pattern {
            first: segments.next().unwrap_or_default(),
            after_runs: segments.collect(),
            has_variables: self.has_variables,
        }
    }
}

/// As a policy writes it, but for the escapes of literal wildcards.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.segments().enumerate() {
            f.write_str(if at == 0 { "" } else { "*" })?;
            for atom in segment {
                match atom {
                    Atom::Text(text) => f.write_str(text)?,
                    Atom::AnyCharacter => f.write_str("?")?,
                    Atom::Variable(variable) => write!(f, "${{{}}}", variable.key.name())?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
