//! Changes simple values in YAML files and leaves every other byte as it is.

use super::plan::{Change, Wanted};
use super::proof::proved;
use crate::config::Format;
use crate::config::yaml::scalars;

/// The text with the changes made; the reason if one of them cannot be made in place.
pub fn edit(text: &str, changes: &[Change]) -> Result<String, String> {
    let mut edited = text.to_owned();
    for change in changes {
        let Wanted::Value(wanted) = &change.wanted else { continue };
        let found = scalars(&edited)?;
        let Some(scalar) = found.iter().rev().find(|scalar| scalar.name == change.name) else {
            return Err(format!(
                "`{}` is not in the file; add it with the value {}",
                change.name,
                written(wanted.as_deref())
            ));
        };
        if scalar.value == *wanted {
            continue;
        }
        if !scalar.is_simple {
            return Err(format!("`{}` stands on several lines; change it by hand", change.name));
        }
        let before: String = edited.chars().take(scalar.characters.start).collect();
        let after: String = edited.chars().skip(scalar.characters.end).collect();
        let after = format!("{before}{}{after}", written(wanted.as_deref()));
        edited = proved(Format::Yaml, &change.name, &change.wanted, (&edited, after))?;
    }
    Ok(edited)
}

fn written(value: Option<&str>) -> String {
    value.map_or_else(|| "null".to_owned(), |value| format!("'{}'", value.replace('\'', "''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(name: &str, value: Option<&str>) -> Change {
        Change {
            name: name.to_owned(),
            wanted: Wanted::Value(value.map(ToOwned::to_owned)),
            why: String::new(),
        }
    }

    #[test]
    fn values_are_changed_in_place() {
        let text = "# ä\na:\r\n  b: 'public-read' # why\r\n  c: private\n";
        let edited = edit(text, &[change("a.b", None), change("a.c", None)]).unwrap();
        assert_eq!(edited, "# ä\na:\r\n  b: null # why\r\n  c: null\n");
        assert_eq!(edit(&edited, &[change("a.b", None)]).unwrap(), edited);
        assert_eq!(edit("a: null\n", &[change("a", Some("x"))]).unwrap(), "a: 'x'\n");
        assert!(edit(text, &[change("a.d", None)]).is_err());
        assert!(edit("a: |\n  x\n", &[change("a", None)]).is_err());
        // There is no place for a value behind the last colon.
        assert!(edit("a:\n  b:\n", &[change("a.b", Some("x"))]).is_err());
    }
}
