//! Whatever stands in a file: it is read or refused, and a change changes what it should.

use proptest::prelude::*;
use toolkit::config::Format;
use toolkit::fix::{Change, Wanted, environment, yaml};
use toolkit::s3::document::parse;

const FORMATS: [Format; 9] = [
    Format::Dotenv,
    Format::SystemdEnvironment,
    Format::DockerEnvironment,
    Format::PhpDotenv,
    Format::Yaml,
    Format::Toml,
    Format::Php,
    Format::Ruby,
    Format::Elixir,
];

/// Text that looks like configuration more often than chance would have it.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("K".to_owned()),
        Just("config :a, B".to_owned()),
        Just("<?php return".to_owned()),
        "[ \t\r\n=:#'\"\\\\$(){}\\[\\],.<>%~|&*!-]{1,3}",
        "[a-zA-Z0-9_ä]{1,4}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn changes(wanted: Wanted) -> [Change; 1] {
    [Change { name: "K".to_owned(), wanted, why: String::new() }]
}

proptest! {
    #[test]
    fn nothing_ends_the_process(text in text()) {
        for format in FORMATS {
            if let Ok(entries) = format.parse(&text) {
                let lines = text.split(['\n', '\r']).count() + 1;
                for entry in entries {
                    prop_assert!(entry.line <= entry.last_line && entry.last_line <= lines);
                }
            }
        }
        let _ = parse(text.as_bytes());
    }

    #[test]
    fn a_change_sets_one_value_and_no_other(text in text(), value in "[a-z]{0,3}") {
        for format in [Format::Dotenv, Format::PhpDotenv] {
            let Ok(before) = format.parse(&text) else { continue };
            let wanted = changes(Wanted::Value(Some(value.clone())));
            let Ok(edited) = environment::edit(&text, format, &wanted) else { continue };
            let Ok(after) = format.parse(&edited) else { continue };
            let is_other = |entry: &&toolkit::config::Entry| entry.name != "K";
            let names = |entries: &[toolkit::config::Entry]| -> Vec<String> {
                entries.iter().filter(is_other).map(|entry| entry.name.clone()).collect()
            };
            prop_assert_eq!(names(&before), names(&after));
            let last = after.iter().rev().find(|entry| entry.name == "K");
            prop_assert_eq!(last.and_then(|entry| entry.value.clone()), Some(value.clone()));
            prop_assert_eq!(environment::edit(&edited, format, &wanted), Ok(edited.clone()));
        }
    }

    #[test]
    fn yaml_is_changed_in_place_or_not_at_all(text in text()) {
        if let Ok(edited) = yaml::edit(&text, &changes(Wanted::Value(None))) {
            prop_assert_eq!(yaml::edit(&edited, &changes(Wanted::Value(None))), Ok(edited.clone()));
        }
    }
}
