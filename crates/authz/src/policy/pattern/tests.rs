use proptest::prelude::*;

use super::*;

fn like(pattern: &str) -> Pattern {
    Pattern::parse(pattern, Wildcards::Active, Variables::Literal).unwrap()
}

/// The definition of wildcards, as slow as it is obvious.
fn matches_naively(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], _) => text.is_empty(),
        (['*', pattern @ ..], _) => {
            matches_naively(pattern, text)
                || text.split_first().is_some_and(|(_, text)| {
                    matches_naively(&['*'].iter().chain(pattern).copied().collect::<Vec<_>>(), text)
                })
        }
        (['?', pattern @ ..], [_, text @ ..]) => matches_naively(pattern, text),
        ([expected, pattern @ ..], [found, text @ ..]) => {
            expected == found && matches_naively(pattern, text)
        }
        (_, []) => false,
    }
}

#[test]
fn wildcards() {
    for (pattern, text, expected) in [
        ("", "", true),
        ("", "a", false),
        ("*", "", true),
        ("*", "a/b", true),
        ("a*", "a", true),
        ("a*", "ba", false),
        ("*a", "ba", true),
        ("*a", "ab", false),
        ("a*a", "a", false),
        ("a*a", "aa", true),
        ("ab*ba", "aba", false),
        ("*ab*ab*", "abab", true),
        ("*ab*ab*", "aab", false),
        ("a**b", "ab", true),
        ("?", "", false),
        ("?", "é", true),
        ("??", "é", false),
        ("*?", "", false),
        ("?*?", "a", false),
        ("*a?c", "aacabc", true),
        ("*a?c*", "aaxc", true),
        ("A", "a", false),
    ] {
        assert_eq!(like(pattern).matches(text), expected, "{pattern} {text}");
    }
}

#[test]
fn wildcards_may_be_literal() {
    let pattern = Pattern::parse("a*?", Wildcards::Literal, Variables::Known).unwrap();
    assert_eq!(pattern.as_literal(), Some("a*?"));
    assert!(pattern.matches("a*?") && !pattern.matches("ab?"));
}

#[test]
fn many_runs_are_not_slow() {
    let pattern = like(&"*a".repeat(5000));
    let text = "a".repeat(4999);
    assert!(!pattern.matches(&text));
    assert!(pattern.matches(&format!("{text}a")));
}

#[test]
fn malformed_variables() {
    for text in [
        "${",
        "${}",
        "${a",
        "${aws:username,}",
        "${aws:username, x}",
        "${aws:username,'x}",
        "${aws:username,'x' y}",
        "${ }",
        "a${aws:username",
    ] {
        assert!(Pattern::parse(text, Wildcards::Active, Variables::Any).is_err(), "{text}");
        let literally = Pattern::parse(text, Wildcards::Active, Variables::Literal).unwrap();
        assert_eq!(literally.as_literal(), Some(text));
    }
    assert!(Pattern::parse("${saml:sub}", Wildcards::Active, Variables::Any).is_ok());
    assert!(Pattern::parse("${saml:sub}", Wildcards::Active, Variables::Known).is_err());
}

#[test]
fn required_keys_are_those_without_default() {
    let text = "${aws:username}/${aws:userid, 'x'}*${s3:prefix}";
    let pattern = Pattern::parse(text, Wildcards::Active, Variables::Known).unwrap();
    let keys: Vec<_> = pattern.required_keys().cloned().collect();
    assert_eq!(keys, [ConditionKey::UserName, ConditionKey::Prefix]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn agrees_with_the_definition(pattern in "[ab*?é]{0,8}", text in "[abé]{0,8}") {
        let naive = matches_naively(
            &pattern.chars().collect::<Vec<_>>(),
            &text.chars().collect::<Vec<_>>(),
        );
        prop_assert_eq!(like(&pattern).matches(&text), naive);
    }

    /// Longer than what is tried place by place.
    #[test]
    fn agrees_with_the_definition_on_long_texts(
        segment in "[abé?]{0,6}[ab]{0,70}\\?[ab?é]{0,70}",
        text in "[ab]{0,80}[abé]{80,160}",
        place in 0..80_usize,
    ) {
        let mut characters: Vec<_> = text.chars().collect();
        // What the segment matches, so that it is found more often than by chance.
        let planted: Vec<_> = segment.chars().map(|c| if c == '?' { 'é' } else { c }).collect();
        characters.splice(place..place, planted);
        for text in [&text, &characters.iter().collect::<String>()] {
            let pattern = format!("*{segment}*");
            let segment: Vec<_> = segment.chars().collect();
            let text_characters: Vec<_> = text.chars().collect();
            let naive = text_characters.windows(segment.len()).any(|window| {
                window.iter().zip(&segment).all(|(found, wanted)| wanted == found || *wanted == '?')
            });
            prop_assert_eq!(like(&pattern).matches(text), naive, "{} {}", pattern, text);
        }
    }

    #[test]
    fn no_text_panics(pattern in "[ab*?${},' :é]{0,20}", text in "[ab*${} é]{0,20}") {
        for variables in [Variables::Literal, Variables::Known, Variables::Any] {
            if let Ok(pattern) = Pattern::parse(&pattern, Wildcards::Active, variables) {
                let _ = pattern.matches(&text);
            }
        }
    }
}
