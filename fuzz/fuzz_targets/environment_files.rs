//! Environment files of applications, as each of their readers takes them: what is read stands on lines that
//! there are, in their order, and a setting that is changed is the only one that is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toolkit::config::{Entry, Format};
use toolkit::fix::{Change, Wanted, environment};

const FORMATS: [Format; 4] =
    [Format::Dotenv, Format::PhpDotenv, Format::SystemdEnvironment, Format::DockerEnvironment];
/// The setting that is changed.
const NAME: &str = "S3_PERMISSION";

fn others(entries: &[Entry]) -> Vec<&str> {
    let names = entries.iter().map(|entry| entry.name.as_str());
    names.filter(|name| *name != NAME).collect()
}

fn change(text: &str, format: Format, wanted: Wanted) {
    let changes = [Change { name: NAME.to_owned(), wanted: wanted.clone(), why: String::new() }];
    let (Ok(before), Ok(edited)) = (format.parse(text), environment::edit(text, format, &changes))
    else {
        return;
    };
    let after = format.parse(&edited).expect("what was changed can be read");
    assert_eq!(others(&before), others(&after), "{format:?} {wanted:?}: {text:?} → {edited:?}");
    let last = after.iter().rev().find(|entry| entry.name == NAME);
    let expected = match &wanted {
        Wanted::Value(value) => Some(Some(value.clone().unwrap_or_default())),
        Wanted::Absent => None,
    };
    let found = last.map(|entry| entry.value.clone());
    assert_eq!(found, expected, "{format:?}: {text:?} → {edited:?}");
    assert_eq!(environment::edit(&edited, format, &changes).as_ref(), Ok(&edited), "{text:?}");
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let Some(format) = FORMATS.get(usize::from(*first) % FORMATS.len()) else { return };
    let Ok(entries) = format.parse(text) else { return };
    let lines = text.replace("\r\n", "\n").split(['\n', '\r']).count();
    let mut line = 1;
    for entry in &entries {
        assert!(line <= entry.line && entry.line <= entry.last_line && entry.last_line <= lines);
        assert!(!entry.name.is_empty() && !entry.name.contains(['\n', '=']), "{entry:?}");
        line = entry.line;
    }
    for wanted in
        [Wanted::Value(Some(String::new())), Wanted::Value(Some("3".into())), Wanted::Absent]
    {
        change(text, *format, wanted);
    }
});
