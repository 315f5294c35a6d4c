//! TOML documents as named values.

use model::limits::TOOL_CONFIG_DEPTH_MAX;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::layers::Entry;

/// Reads a document.
pub fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let table = DeTable::parse(text).map_err(|error| error.message().to_owned())?;
    let mut entries = Vec::new();
    let context = Context { text };
    context.table("", table.get_ref(), 0, &mut entries)?;
    entries.sort_by_key(|entry| entry.line);
    Ok(entries)
}

struct Context<'a> {
    text: &'a str,
}

impl Context<'_> {
    fn table(
        &self,
        prefix: &str,
        table: &DeTable<'_>,
        depth: usize,
        entries: &mut Vec<Entry>,
    ) -> Result<(), String> {
        for (key, value) in table {
            self.value(join(prefix, key.get_ref()), value, depth, entries)?;
        }
        Ok(())
    }

    fn value(
        &self,
        name: String,
        value: &Spanned<DeValue<'_>>,
        depth: usize,
        entries: &mut Vec<Entry>,
    ) -> Result<(), String> {
        if depth >= TOOL_CONFIG_DEPTH_MAX {
            return Err(format!("nested more than {TOOL_CONFIG_DEPTH_MAX} levels deep"));
        }
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(is_true) => is_true.to_string(),
            DeValue::Datetime(time) => time.to_string(),
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(format!("{name}.{index}"), item, depth + 1, entries)?;
                }
                return Ok(());
            }
            DeValue::Table(table) => return self.table(&name, table, depth + 1, entries),
        };
        let before = self.text.get(..value.span().start).unwrap_or(self.text);
        entries.push(Entry::on_line(name, Some(text), before.matches('\n').count() + 1));
        Ok(())
    }
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_values_have_names_and_lines() {
        let text =
            "[store]\ntype = \"object_storage\"\nuse_path_style = true\n\n[store.x]\ny = [1, 2]\n";
        let found: Vec<_> = parse(text)
            .unwrap()
            .into_iter()
            .map(|entry| format!("{}={}@{}", entry.name, entry.value.unwrap(), entry.line))
            .collect();
        let expected = [
            "store.type=object_storage@2",
            "store.use_path_style=true@3",
            "store.x.y.0=1@6",
            "store.x.y.1=2@6",
        ];
        assert_eq!(found, expected);
        assert!(parse("a = ").is_err());
    }
}
