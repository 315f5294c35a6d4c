//! The texts that patterns match, told apart without trying them: a class for every way in which a
//! text can match some of the patterns and not the others, with the shortest text of each.
//!
//! A pattern is a row of pieces, each of which takes one character or a run of characters. The
//! states of all patterns together after a text decide which of them match it and its
//! continuations; so it is enough to go once through every set of states that can be reached, one
//! step a character that the patterns tell apart (subset construction, Rabin and Scott, "Finite
//! automata and their decision problems", 1959).

use std::collections::BTreeSet;

use model::limits::REACH_TEXT_STATES_MAX;

use super::arn::ArnPattern;
use super::pattern::{Atom, Pattern};

/// Which characters a piece takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Takes {
    One(char),
    /// A letter of ASCII in either case, and what Unicode says is the same letter.
    EitherCase(char),
    Any,
    /// What may stand in a part of an ARN before its fifth colon.
    NotColon,
    Digit,
    /// What names and paths of IAM consist of.
    NameOrSlash,
    Name,
}

impl Takes {
    fn contains(self, character: char) -> bool {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
        match self {
            Self::One(own) => own == character,
            Self::EitherCase(own) => {
                own.eq_ignore_ascii_case(&character)
                    || (own.eq_ignore_ascii_case(&'k') && character == KELVIN)
            }
            Self::Any => true,
            Self::NotColon => character != ':',
            Self::Digit => character.is_ascii_digit(),
            Self::NameOrSlash => character == '/' || is_name(character),
            Self::Name => is_name(character),
        }
    }
}

/// The sign whose lower case is `k`.
const KELVIN: char = '\u{212a}';

/// One piece of a language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    takes: Takes,
    is_run: bool,
}

/// All texts that one pattern matches.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Language(Vec<Piece>);

impl Language {
    /// The language of every text.
    pub(crate) fn everything() -> Self {
        Self::default().then_run(Takes::Any)
    }

    /// All texts that begin so.
    pub(crate) fn beginning_with(text: &str) -> Self {
        Self::literal(text).then_run(Takes::Any)
    }

    /// One text.
    pub(crate) fn literal(text: &str) -> Self {
        Self::default().then(text)
    }

    /// One text in any letter case. `None` beyond ASCII, where letter case is no matter of single
    /// characters.
    pub(crate) fn ignoring_case(text: &str) -> Option<Self> {
        let takes = |c: char| {
            if c.is_ascii_alphabetic() { Takes::EitherCase(c) } else { Takes::One(c) }
        };
        text.is_ascii()
            .then(|| Self(text.chars().map(|c| Piece { takes: takes(c), is_run: false }).collect()))
    }

    /// What a pattern without variables matches.
    pub(super) fn of_pattern(pattern: &Pattern) -> Self {
        Self::default().then_pattern(pattern, Takes::Any)
    }

    /// What an ARN pattern without variables matches. `None` if that is nothing.
    pub(super) fn of_arn(pattern: &ArnPattern) -> Option<Self> {
        let mut language = Self::default();
        match pattern {
            ArnPattern::Any => {
                for _ in 0..5 {
                    language = language.then_run(Takes::NotColon).then(":");
                }
                language = language.then_run(Takes::Any);
            }
            ArnPattern::Parts(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    let is_last = at == 5;
                    let takes = if is_last { Takes::Any } else { Takes::NotColon };
                    let has_colon =
                        |atom: &Atom| matches!(atom, Atom::Text(text) if text.contains(':'));
                    if !is_last && part.segments().flatten().any(has_colon) {
                        return None;
                    }
                    language = language.then(if at == 0 { "" } else { ":" });
                    language = language.then_pattern(part, takes);
                }
            }
        }
        Some(language)
    }

    /// Every ARN.
    pub(crate) fn any_arn() -> Self {
        Self::of_arn(&ArnPattern::Any).unwrap_or_default()
    }

    /// Twelve digits behind `arn:aws:iam::`, a colon, and an entity without path or name.
    pub(crate) fn iam_arns(entity: &str) -> Self {
        let mut language = Self::literal("arn:aws:iam::");
        language.0.extend([Piece { takes: Takes::Digit, is_run: false }; 12]);
        language.then(entity)
    }

    /// With a path and a name behind it.
    pub(crate) fn then_path_and_name(self) -> Self {
        let mut language = self.then_run(Takes::NameOrSlash);
        language.0.push(Piece { takes: Takes::Name, is_run: false });
        language
    }

    /// With a name behind it, which is not empty.
    pub(crate) fn then_name(mut self) -> Self {
        self.0.push(Piece { takes: Takes::Name, is_run: false });
        self.then_run(Takes::Name)
    }

    /// With any run of characters, and a language behind it.
    pub(crate) fn then_run_and(self, rest: &Self) -> Self {
        let mut language = self.then_run(Takes::Any);
        language.0.extend(&rest.0);
        language
    }

    /// Those of its texts that can be the name of a user or role. `None` if there are none.
    pub(crate) fn of_names(&self) -> Option<Self> {
        let has_slash = self.0.iter().any(|piece| piece.takes == Takes::One('/'));
        let takes = |takes| if takes == Takes::Any { Takes::Name } else { takes };
        let piece = |piece: &Piece| Piece { takes: takes(piece.takes), ..*piece };
        (!has_slash).then(|| Self(self.0.iter().map(piece).collect()))
    }

    /// With at least one more character.
    pub(crate) fn then_some_text(mut self) -> Self {
        self.0.push(Piece { takes: Takes::Any, is_run: false });
        self.then_run(Takes::Any)
    }

    /// With another language behind it.
    pub(crate) fn then_language(mut self, rest: &Self) -> Self {
        self.0.extend(&rest.0);
        self
    }

    /// Whether it is one text.
    pub(crate) fn is_literal(&self) -> bool {
        self.0.iter().all(|piece| !piece.is_run && matches!(piece.takes, Takes::One(_)))
    }

    /// What may follow a beginning: together these are everything that does. Nothing that is empty.
    pub(crate) fn after(&self, beginning: &str) -> Vec<Self> {
        let mut states = self.closed(BTreeSet::from([0]));
        for character in beginning.chars() {
            let step = |&state: &usize| {
                let piece = self.0.get(state).filter(|piece| piece.takes.contains(character))?;
                Some(if piece.is_run { state } else { state + 1 })
            };
            states = self.closed(states.iter().filter_map(step).collect());
        }
        let rest = |state: usize| self.0.get(state..).map(|pieces| Self(pieces.to_vec()));
        states.into_iter().filter_map(rest).filter(|rest| !rest.0.is_empty()).collect()
    }

    /// With the states that are reached without a character.
    fn closed(&self, mut states: BTreeSet<usize>) -> BTreeSet<usize> {
        for (state, piece) in self.0.iter().enumerate() {
            if piece.is_run && states.contains(&state) {
                states.insert(state + 1);
            }
        }
        states
    }

    pub(crate) fn then(mut self, text: &str) -> Self {
        let one = |c| Piece { takes: Takes::One(c), is_run: false };
        self.0.extend(text.chars().map(one));
        self
    }

    fn then_run(mut self, takes: Takes) -> Self {
        self.0.push(Piece { takes, is_run: true });
        self
    }

    fn then_pattern(mut self, pattern: &Pattern, takes: Takes) -> Self {
        for (at, segment) in pattern.segments().enumerate() {
            if at > 0 {
                self = self.then_run(takes);
            }
            for atom in segment {
                match atom {
                    Atom::Text(text) => self = self.then(text),
                    Atom::AnyCharacter => self.0.push(Piece { takes, is_run: false }),
                    // INVARIANT: resolved before.
                    Atom::Variable(_) => {}
                }
            }
        }
        self
    }
}

/// Texts that the same languages contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TextClass {
    /// The shortest of them.
    pub(crate) text: String,
    /// For each language, whether it contains them.
    pub(crate) within: Vec<bool>,
}

/// The classes into which languages divide a domain.
#[derive(Clone, Debug)]
pub(crate) struct TextClasses {
    /// Those that were found.
    pub(crate) classes: Vec<TextClass>,
    /// Whether there are no others: the search did not reach its limit.
    pub(crate) complete: bool,
}

/// Divides a domain.
pub(crate) fn classes(domain: &Language, languages: &[Language]) -> TextClasses {
    Search::new(domain, languages).run()
}

/// A text on the way: the states after it, and how it came about.
struct Node {
    states: Vec<usize>,
    parent: Option<(usize, char)>,
}

struct Search {
    /// The pieces of all languages, the domain first, with `None` behind each of them.
    pieces: Vec<Option<Piece>>,
    /// Where each language ends.
    ends: Vec<usize>,
    starts: Vec<usize>,
    alphabet: Vec<char>,
}

impl Search {
    fn new(domain: &Language, languages: &[Language]) -> Self {
        let mut search =
            Self { pieces: Vec::new(), ends: Vec::new(), starts: Vec::new(), alphabet: Vec::new() };
        let mut alphabet = BTreeSet::from([':', '/']);
        for language in std::iter::once(domain).chain(languages) {
            search.starts.push(search.pieces.len());
            search.pieces.extend(language.0.iter().copied().map(Some));
            search.ends.push(search.pieces.len());
            search.pieces.push(None);
            for piece in &language.0 {
                match piece.takes {
                    Takes::One(c) => _ = alphabet.insert(c),
                    Takes::EitherCase(c) => {
                        alphabet.extend([c.to_ascii_lowercase(), c.to_ascii_uppercase()]);
                        if c.eq_ignore_ascii_case(&'k') {
                            alphabet.insert(KELVIN);
                        }
                    }
                    _ => {}
                }
            }
        }
        // One character for those that no pattern names: a letter, a digit, and neither.
        let is_unnamed = |c: &char| !alphabet.contains(c);
        let letter = ('a'..='z').chain('A'..='Z').find(is_unnamed);
        let digit = ('0'..='9').find(is_unnamed);
        let other = ('!'..='\u{d7ff}').find(|c| !c.is_ascii_alphanumeric() && is_unnamed(c));
        let unnamed = letter.into_iter().chain(digit).chain(other);
        search.alphabet = unnamed.chain(alphabet.iter().copied()).collect();
        search
    }

    fn run(&self) -> TextClasses {
        let mut nodes: Vec<Node> = Vec::new();
        let mut seen: BTreeSet<Vec<usize>> = BTreeSet::new();
        let mut told: BTreeSet<Vec<bool>> = BTreeSet::new();
        let mut found = TextClasses { classes: Vec::new(), complete: true };
        let start = self.closed(self.starts.clone());
        seen.insert(start.clone());
        nodes.push(Node { states: start, parent: None });
        let mut next = 0;
        while let Some(node) = nodes.get(next) {
            let states = node.states.clone();
            if let Some(within) = self.within(&states)
                && told.insert(within.clone())
            {
                found.classes.push(TextClass { text: text_of(&nodes, next), within });
            }
            for &character in &self.alphabet {
                let after = self.after(&states, character);
                // Whatever follows is outside the domain.
                let alive = after.first().is_some_and(|&first| self.is_domain(first));
                if !alive || seen.contains(&after) {
                    continue;
                }
                if nodes.len() >= REACH_TEXT_STATES_MAX {
                    found.complete = false;
                    return found;
                }
                seen.insert(after.clone());
                nodes.push(Node { states: after, parent: Some((next, character)) });
            }
            next += 1;
        }
        found
    }

    fn is_domain(&self, state: usize) -> bool {
        self.ends.first().is_some_and(|&end| state <= end)
    }

    /// Which languages contain a text after which they are in these states; `None` if the domain
    /// does not.
    fn within(&self, states: &[usize]) -> Option<Vec<bool>> {
        let mut within = self.ends.iter().map(|end| states.binary_search(end).is_ok());
        within.next().filter(|&in_domain| in_domain)?;
        Some(within.collect())
    }

    fn after(&self, states: &[usize], character: char) -> Vec<usize> {
        let step = |&state: &usize| {
            let piece = (*self.pieces.get(state)?)?;
            let taken = piece.takes.contains(character);
            taken.then_some(if piece.is_run { state } else { state + 1 })
        };
        self.closed(states.iter().filter_map(step).collect())
    }

    /// With the states that are reached without a character, in order.
    fn closed(&self, mut states: Vec<usize>) -> Vec<usize> {
        let mut at = 0;
        while let Some(&state) = states.get(at) {
            if let Some(Some(Piece { is_run: true, .. })) = self.pieces.get(state) {
                states.push(state + 1);
            }
            at += 1;
        }
        states.sort_unstable();
        states.dedup();
        states
    }
}

fn text_of(nodes: &[Node], mut at: usize) -> String {
    let mut characters = Vec::new();
    while let Some((parent, character)) = nodes.get(at).and_then(|node| node.parent) {
        characters.push(character);
        at = parent;
    }
    characters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::super::pattern::{Variables, Wildcards};
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text, Wildcards::Active, Variables::Literal).unwrap()
    }

    #[test]
    fn every_class_has_a_text_that_matches_as_it_says() {
        let patterns = ["a*b", "*b*", "a?", "", "ab*ba", "*", "??*"].map(pattern);
        let languages: Vec<_> = patterns.iter().map(Language::of_pattern).collect();
        let found = classes(&Language::everything(), &languages);
        assert!(found.complete);
        for class in &found.classes {
            let matches: Vec<_> = patterns.iter().map(|one| one.matches(&class.text)).collect();
            assert_eq!(matches, class.within, "{}", class.text);
        }
        // Every text belongs to one of them.
        for length in 0..=6_u32 {
            for number in 0..3_u32.pow(length) {
                let character = |at| ['a', 'b', '!'][(number / 3_u32.pow(at) % 3) as usize];
                let text: String = (0..length).map(character).collect();
                let matches: Vec<_> = patterns.iter().map(|one| one.matches(&text)).collect();
                assert!(found.classes.iter().any(|class| class.within == matches), "{text}");
            }
        }
    }

    #[test]
    fn a_search_that_is_too_long_says_so() {
        let pattern = pattern(&format!("*a{}", "?".repeat(40)));
        assert!(!classes(&Language::everything(), &[Language::of_pattern(&pattern)]).complete);
    }

    #[test]
    fn letter_case_is_ignored_as_conditions_ignore_it() {
        let found = classes(&Language::everything(), &[Language::ignoring_case("Ok").unwrap()]);
        assert_eq!(found.classes.len(), 2);
        assert_eq!(Language::ignoring_case("\u{e9}"), None);
    }

    #[test]
    fn arns_have_six_parts() {
        let arn = |text| ArnPattern::parse(text, Variables::Literal).unwrap();
        for (pattern, text, expected) in [
            ("arn:aws:iam::*:user/*", "arn:aws:iam::1:user/a:b", true),
            ("arn:*:iam::*:user/x", "arn:a:b:iam::1:user/x", false),
            ("*", "a:b:c:d:e:f", true),
            ("*", "a:b:c:d:e", false),
        ] {
            let language = Language::of_arn(&arn(pattern)).unwrap();
            let found = classes(&Language::literal(text), &[language]);
            assert_eq!(found.classes[0].within, [expected], "{pattern} {text}");
        }
    }
}
