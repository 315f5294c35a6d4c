//! Arrays of literals in PHP, as in Nextcloud's `config.php` and Laravel's `config/*.php`.

use super::layers::Entry;
use super::literal::{Dialect, Piece, Values, pieces};

/// Reads the array that is assigned to a variable or returned. `env` says what `env('NAME')` gives.
pub fn parse(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Vec<Entry>, String> {
    let pieces = pieces(text, Dialect::Php)?;
    let env = |arguments: &[Option<String>]| {
        let name = arguments.first()?.as_deref()?;
        let fallback = arguments.get(1).cloned().flatten();
        Some(env(name).or(fallback))
    };
    let mut values = Values { pieces, entries: Vec::new(), env: &env };
    while let Some((piece, _)) = values.pieces.next() {
        let is_return = piece == Piece::Word("return".to_owned());
        let is_variable = matches!(&piece, Piece::Word(word) if word.starts_with('$'));
        if is_return {
            values.value("", 0)?;
        } else if is_variable && values.next_is('=') {
            values.pieces.next();
            values.value("", 0)?;
        }
    }
    Ok(values.entries)
}

#[cfg(test)]
mod tests {
    use super::super::literal::UNKNOWN;
    use super::*;

    fn find(entries: &[Entry], name: &str) -> Option<String> {
        entries.iter().find(|entry| entry.name == name).and_then(|entry| entry.value.clone())
    }

    #[test]
    fn nextcloud() {
        let text = "<?php\n$CONFIG = array (\n  // comment\n  'objectstore' => [\n    'class' => \
            '\\\\OC\\\\Files\\\\ObjectStore\\\\S3',\n    'arguments' => array(\n      'bucket' => 'nc',\n\
            'use_path_style' => true, /* x */ 'port' => 9000,\n 'secret' => \"a\\\"b\",\n      \
            'key' => getenv('KEY'),\n      'x' => 'a' . 'b',\n    ),\n  ],\n  'n' => NULL,\n);\n";
        let entries = parse(text, &|name| Some(format!("<{name}>"))).unwrap();
        let get = |name: &str| find(&entries, name);
        assert_eq!(get("objectstore.arguments.bucket").as_deref(), Some("nc"));
        assert_eq!(get("objectstore.class").as_deref(), Some("\\OC\\Files\\ObjectStore\\S3"));
        assert_eq!(get("objectstore.arguments.use_path_style").as_deref(), Some("true"));
        assert_eq!(get("objectstore.arguments.port").as_deref(), Some("9000"));
        assert_eq!(get("objectstore.arguments.secret").as_deref(), Some("a\"b"));
        assert_eq!(get("objectstore.arguments.key").as_deref(), Some("<KEY>"));
        assert_eq!(get("objectstore.arguments.x").as_deref(), Some(UNKNOWN));
        assert!(entries.iter().any(|entry| entry.name == "n" && entry.value.is_none()));
        let bucket = entries.iter().find(|entry| entry.name.ends_with("bucket")).unwrap();
        assert_eq!(bucket.line, 7);
    }

    #[test]
    fn laravel() {
        let text = "<?php\nuse X;\nreturn ['disks' => ['s3' => ['driver' => 's3', 'visibility' => \
            env('AWS_VISIBILITY', 'public'), 'options' => ['ACL' => ''], 'throw' => true]]];";
        let entries = parse(text, &|_| None).unwrap();
        assert_eq!(find(&entries, "disks.s3.visibility").as_deref(), Some("public"));
        assert_eq!(find(&entries, "disks.s3.options.ACL").as_deref(), Some(""));
        assert!(parse("<?php return ['a' => 'b", &|_| None).is_err());
        assert!(parse("<?php return ['a' => 'b'", &|_| None).is_err());
    }
}
