//! What readers of environment files have in common.

/// Blanks within a line.
pub(super) const BLANKS: [char; 2] = [' ', '\t'];

/// The text with one kind of line ends.
pub(super) fn normalized(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// What stands behind `export` and a blank, as in files that shells read too.
pub(super) fn without_export(line: &str) -> &str {
    let behind = line.strip_prefix("export").filter(|rest| rest.starts_with(BLANKS));
    behind.map_or(line, |rest| rest.trim_start_matches(BLANKS))
}

/// The closing quote: the first that has no backslash before it.
pub(super) fn closing_quote(inner: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (at, character) in inner.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if character == quote => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_only_begins_so_is_a_name() {
        let check = |line, expected| assert_eq!(without_export(line), expected, "{line}");
        check("export \tK=v", "K=v");
        check("exported=v", "exported=v");
        check("export=v", "export=v");
    }

    #[test]
    fn a_quote_behind_a_backslash_closes_nothing() {
        let check = |inner, expected| assert_eq!(closing_quote(inner, '"'), expected, "{inner}");
        check("a\\\"b\"", Some(4));
        check("a\\\\\"", Some(3));
        check("'", None);
        check("a\\", None);
    }
}
