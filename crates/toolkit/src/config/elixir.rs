//! `config` statements of literals in Elixir, as in Pleroma's `prod.secret.exs`.

use super::layers::Entry;
use super::literal::{Dialect, Piece, Values, join, pieces};

/// Reads `config :application, Key, name: literal, …` statements; others are skipped.
pub fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let pieces = pieces(text, Dialect::Elixir)?;
    let mut values = Values { pieces, entries: Vec::new(), env: &|_| None };
    while let Some((piece, _)) = values.pieces.next() {
        if piece != Piece::Word("config".to_owned()) {
            continue;
        }
        let mut name = String::new();
        loop {
            values.skip_newlines();
            match values.pieces.peek() {
                Some((Piece::Word(word), _)) => {
                    name = join(&name, word);
                    values.pieces.next();
                }
                Some((Piece::Key(key), _)) => {
                    let name = join(&name, key);
                    values.pieces.next();
                    values.value(&name, 0)?;
                }
                Some((Piece::Mark('[' | '%'), _)) => values.value(&name, 0)?,
                _ => break,
            }
            if !values.next_is(',') {
                break;
            }
            values.pieces.next();
        }
    }
    Ok(values.entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pleroma() {
        let text = "import Config\nconfig :pleroma, Pleroma.Upload,\n  uploader: Pleroma.Uploaders.S3,\n  \
            base_url: \"https://media.example\"\nconfig :pleroma, Pleroma.Uploaders.S3,\n  \
            bucket: \"p\", truncated_namespace: nil, streaming_enabled: true\n\
            config :ex_aws, :s3,\n  access_key_id: \"AK\", scheme: \"https://\", host: \"h\"\n\
            config :pleroma, :instance, name: \"x#{y}\"\n";
        let entries = parse(text).unwrap();
        let shown: Vec<_> = entries
            .iter()
            .map(|entry| {
                format!("{}={}@{}", entry.name, entry.value.as_deref().unwrap_or("-"), entry.line)
            })
            .collect();
        assert_eq!(
            shown,
            [
                "pleroma.Pleroma.Upload.uploader=Pleroma.Uploaders.S3@3",
                "pleroma.Pleroma.Upload.base_url=https://media.example@4",
                "pleroma.Pleroma.Uploaders.S3.bucket=p@6",
                "pleroma.Pleroma.Uploaders.S3.truncated_namespace=-@6",
                "pleroma.Pleroma.Uploaders.S3.streaming_enabled=true@6",
                "ex_aws.s3.access_key_id=AK@8",
                "ex_aws.s3.scheme=https://@8",
                "ex_aws.s3.host=h@8",
                "pleroma.instance.name=\u{0}unknown@9",
            ]
        );
    }
}
