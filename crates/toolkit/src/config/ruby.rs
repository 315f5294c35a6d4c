//! Assignments of literals in Ruby, as in GitLab's `gitlab.rb`.

use super::layers::Entry;
use super::literal::{Dialect, Piece, Values, join, pieces};

/// Reads `name['key'] = literal` statements; others are skipped.
pub fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let pieces = pieces(text, Dialect::Ruby)?;
    let mut values = Values { pieces, entries: Vec::new(), env: &|_| None };
    while let Some((piece, _)) = values.pieces.next() {
        let Piece::Word(word) = piece else { continue };
        let mut name = word;
        let mut is_place = true;
        while values.next_is('[') {
            values.pieces.next();
            match values.pieces.next() {
                Some((Piece::Text(key) | Piece::Word(key), _)) if values.next_is(']') => {
                    values.pieces.next();
                    name = join(&name, &key);
                }
                _ => {
                    is_place = false;
                    break;
                }
            }
        }
        if is_place && values.next_is('=') {
            values.pieces.next();
            values.value(&name, 0)?;
        }
        while !matches!(values.pieces.peek(), None | Some((Piece::Newline, _))) {
            values.pieces.next();
        }
    }
    Ok(values.entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gitlab() {
        let text = "# c\nexternal_url 'https://git.example'\n\
            gitlab_rails['object_store']['enabled'] = true\n\
            gitlab_rails['object_store']['connection'] = {\n  'provider' => 'AWS', # c\n  \
            'region' => 'eu-west-1',\n  path_style: true,\n  :endpoint => \"http://h\"\n}\n\
            gitlab_rails['x'] = \"a#{b}\"\n";
        let entries = parse(text).unwrap();
        let get = |name: &str| {
            entries.iter().find(|entry| entry.name == name).and_then(|entry| entry.value.clone())
        };
        assert_eq!(get("gitlab_rails.object_store.enabled").as_deref(), Some("true"));
        let connection = |name: &str| get(&format!("gitlab_rails.object_store.connection.{name}"));
        assert_eq!(connection("region").as_deref(), Some("eu-west-1"));
        assert_eq!(connection("path_style").as_deref(), Some("true"));
        assert_eq!(connection("endpoint").as_deref(), Some("http://h"));
        assert_eq!(get("gitlab_rails.x").as_deref(), Some(super::super::literal::UNKNOWN));
    }
}
