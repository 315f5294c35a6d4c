//! Configuration of applications in languages with nested values: what is read stands on lines that there are,
//! and a value in YAML is changed in its place or not at all.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toolkit::config::Format;
use toolkit::fix::{Change, Wanted, yaml};

const FORMATS: [Format; 5] =
    [Format::Yaml, Format::Toml, Format::Php, Format::Ruby, Format::Elixir];
/// The setting that is changed.
const NAME: &str = "upload_acl.public";

fn change(text: &str, value: Option<&str>) {
    let wanted = Wanted::Value(value.map(ToOwned::to_owned));
    let changes = [Change { name: NAME.to_owned(), wanted, why: String::new() }];
    let (Ok(before), Ok(edited)) = (Format::Yaml.parse(text), yaml::edit(text, &changes)) else {
        return;
    };
    let after = Format::Yaml.parse(&edited).expect("what was changed can be read");
    assert_eq!(before.len(), after.len(), "{text:?} → {edited:?}");
    let last = after.iter().rposition(|entry| entry.name == NAME);
    assert!(last.is_some(), "{text:?} → {edited:?}");
    for (number, (old, new)) in before.iter().zip(&after).enumerate() {
        let expected = if Some(number) == last { value } else { old.value.as_deref() };
        assert_eq!(
            (old.name.as_str(), expected),
            (new.name.as_str(), new.value.as_deref()),
            "{text:?} → {edited:?}"
        );
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let Some(format) = FORMATS.get(usize::from(*first) % FORMATS.len()) else { return };
    let Ok(entries) = format.parse(text) else { return };
    let lines = text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count() + 1;
    for entry in &entries {
        assert!(
            1 <= entry.line && entry.line <= entry.last_line && entry.last_line <= lines,
            "{entry:?}"
        );
    }
    if *format == Format::Yaml {
        change(text, None);
        change(text, Some("it's"));
    }
});
