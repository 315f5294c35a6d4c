//! Environment files as `docker run --env-file` reads them, and Compose with `format: raw`: nothing is
//! unquoted, nothing is cut.

use super::layers::Entry;

/// Reads a file. A bare name is an entry without value: the host's own passes through.
pub fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line).trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = match line.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (line.trim_end(), None),
        };
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(format!("line {}: `{name}` is no name of a variable", index + 1));
        }
        entries.push(Entry::on_line(name, value, index + 1));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let entries = parse(text).unwrap();
        assert_eq!(entries.last().unwrap().value.as_deref(), expected, "{text:?}");
    }

    /// The rows of the specification's table of environment files.
    #[test]
    fn rows_of_the_table() {
        check("K=", Some(""));
        check("K= ", Some(" "));
        check("K=\"\"", Some("\"\""));
        check("K=''", Some("''"));
        check("K=v # c", Some("v # c"));
        check("K=v#c", Some("v#c"));
        check(" K=v", Some("v"));
        check("K=1\nK=2", Some("2"));
        check("K=$X", Some("$X"));
        check("K", None);
        for broken in ["export K=v", "K = v", "K: v", "=v"] {
            assert!(parse(broken).is_err(), "{broken}");
        }
    }
}
