//! Sources of values in their order of precedence.

use std::fmt;
use std::path::{Path, PathBuf};

use model::limits::TOOL_CONFIG_BYTES_MAX;

/// A value and where it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name; nested names joined with dots.
    pub name: String,
    /// The value; none where the file says that there is none (`null`, `nil`, a bare name).
    pub value: Option<String>,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// The line on which it ends.
    pub last_line: usize,
}

/// Without the value, which may be a secret.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.line)
    }
}

impl Entry {
    /// A value on one line.
    pub(super) fn on_line(name: impl Into<String>, value: Option<String>, line: usize) -> Self {
        Self { name: name.into(), value, line, last_line: line }
    }
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As Ruby's dotenv reads it.
    Dotenv,
    /// As systemd's `EnvironmentFile=` is read.
    SystemdEnvironment,
    /// As `docker run --env-file` reads it.
    DockerEnvironment,
    /// As Laravel's phpdotenv reads it.
    PhpDotenv,
    /// YAML.
    Yaml,
    /// TOML.
    Toml,
    /// PHP arrays of literals.
    Php,
    /// Assignments of literals in Ruby.
    Ruby,
    /// `config` statements of literals in Elixir.
    Elixir,
}

impl Format {
    /// Whether a name has one value a line, so that lines can be edited.
    pub fn is_environment(self) -> bool {
        matches!(
            self,
            Self::Dotenv | Self::SystemdEnvironment | Self::DockerEnvironment | Self::PhpDotenv
        )
    }

    /// A setting as it is written down; `null` for no value.
    pub fn line(self, name: &str, value: Option<&str>) -> String {
        if self.is_environment() {
            return format!("{name}={}", value.unwrap_or_default());
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        match self {
            Self::Yaml => format!("{last}: {}", value.unwrap_or("null")),
            Self::Toml => format!("{last} = {}", value.unwrap_or("\"\"")),
            Self::Php => format!("'{last}' => {}", value.unwrap_or("null")),
            _ => format!("{last}: {}", value.unwrap_or("nil")),
        }
    }

    /// Reads a text; the reason if it cannot be read at all.
    pub fn parse(self, text: &str) -> Result<Vec<Entry>, String> {
        match self {
            Self::Dotenv => Ok(super::dotenv::parse(text)),
            Self::SystemdEnvironment => Ok(super::systemd_env::parse(text)),
            Self::DockerEnvironment => super::docker_env::parse(text),
            Self::PhpDotenv => super::phpdotenv::parse(text),
            Self::Yaml => super::yaml::parse(text),
            Self::Toml => super::toml::parse(text),
            Self::Php => super::php::parse(text, &|_| None),
            Self::Ruby => super::ruby::parse(text),
            Self::Elixir => super::elixir::parse(text),
        }
    }
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A line of a file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// Something that is no file: `the environment of mastodon-web.service`, `--bucket`.
    Named(String),
    /// Nobody set it; the application's own default counts.
    Default,
}

/// `.env.production:12`, a name, or `default`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Named(name) => f.write_str(name),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One source.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The file, if it is one.
    pub path: Option<PathBuf>,
    /// What it is called where it is no file.
    pub name: String,
    /// How the file is written.
    pub format: Format,
    /// Its values in order.
    pub entries: Vec<Entry>,
}

/// A file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system refuses.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Too large for a configuration.
    #[error("{} has more than {TOOL_CONFIG_BYTES_MAX} bytes, which no configuration has", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// No text, or not what the format demands.
    #[error("{} is no configuration: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl ReadError {
    /// Whether the file is simply not there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::File { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }
}

/// Reads a file of a limited size as text.
pub(crate) fn read_text(path: &Path) -> Result<String, ReadError> {
    use std::io::Read as _;
    let failed = |source| ReadError::File { path: path.to_owned(), source };
    let limit = u64::try_from(TOOL_CONFIG_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > TOOL_CONFIG_BYTES_MAX {
        return Err(ReadError::TooLarge { path: path.to_owned() });
    }
    String::from_utf8(bytes).map_err(|_| ReadError::Malformed {
        path: path.to_owned(),
        reason: "it is not UTF-8".to_owned(),
    })
}

impl Layer {
    /// Reads a file.
    pub fn read(path: &Path, format: Format) -> Result<Self, ReadError> {
        let text = read_text(path)?;
        let entries = format
            .parse(&text)
            .map_err(|reason| ReadError::Malformed { path: path.to_owned(), reason })?;
        Ok(Self { path: Some(path.to_owned()), name: path.display().to_string(), format, entries })
    }

    /// Values that stand in no file.
    pub fn named(
        name: impl Into<String>,
        values: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let entry = |(name, value)| Entry::on_line(name, Some(value), 0);
        Self {
            path: None,
            name: name.into(),
            format: Format::Dotenv,
            entries: values.into_iter().map(entry).collect(),
        }
    }

    /// All entries with this name, in order; the last one counts.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.name == name)
    }

    /// Where an entry stands.
    pub fn origin(&self, entry: &Entry) -> Origin {
        match &self.path {
            Some(path) => Origin::File { path: path.clone(), line: entry.line },
            None => Origin::Named(self.name.clone()),
        }
    }
}

/// A value that was looked up.
#[derive(Clone, PartialEq, Eq)]
pub struct Found {
    /// The value.
    pub value: Option<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// All sources, the strongest first.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The sources.
    pub layers: Vec<Layer>,
}

impl Layers {
    /// Adds a weaker source.
    pub fn push(&mut self, layer: Layer) {
        self.layers.push(layer);
    }

    /// Adds the file if it is there.
    pub fn push_file(&mut self, path: &Path, format: Format) -> Result<(), ReadError> {
        match Layer::read(path, format) {
            Ok(layer) => self.push(layer),
            Err(error) if error.is_absent() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The value that counts: of the strongest source that has the name, its last one.
    pub fn find(&self, name: &str) -> Option<Found> {
        self.layers.iter().find_map(|layer| {
            let entry = layer.all(name).last()?;
            Some(Found { value: entry.value.clone(), origin: layer.origin(entry) })
        })
    }

    /// The text that counts; none if the name is absent or has no value.
    pub fn get(&self, name: &str) -> Option<String> {
        self.find(name)?.value
    }

    /// The text that counts, if it is not empty.
    pub fn non_empty(&self, name: &str) -> Option<String> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Where the value that counts stands.
    pub fn origin(&self, name: &str) -> Origin {
        self.find(name).map_or(Origin::Default, |found| found.origin)
    }

    /// Every place where the name stands, the strongest first; the first one counts.
    pub fn places(&self, name: &str) -> Vec<(Option<String>, Origin)> {
        let places = self.layers.iter().flat_map(|layer| {
            let mut entries: Vec<_> = layer.all(name).collect();
            entries.reverse();
            entries.into_iter().map(|entry| (entry.value.clone(), layer.origin(entry)))
        });
        places.collect()
    }

    /// The names that begin with `prefix`, each once.
    pub fn names_below(&self, prefix: &str) -> Vec<String> {
        let entries = self.layers.iter().flat_map(|layer| &layer.entries);
        let mut names: Vec<_> = entries
            .filter(|entry| entry.name.starts_with(prefix))
            .map(|entry| entry.name.clone())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_source_and_its_last_line_count() {
        let mut layers = Layers::default();
        layers.push(Layer::named("the environment", [("A".to_owned(), "env".to_owned())]));
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".env");
        std::fs::write(&path, "A=file\nB=1\nB=2\n").unwrap();
        layers.push_file(&path, Format::Dotenv).unwrap();
        layers.push_file(&directory.path().join("absent"), Format::Dotenv).unwrap();
        assert_eq!(layers.get("A").as_deref(), Some("env"));
        let found = layers.find("B").unwrap();
        assert_eq!(found.value.as_deref(), Some("2"));
        assert_eq!(found.origin.to_string(), format!("{}:3", path.display()));
        assert_eq!(layers.places("B").len(), 2);
        assert_eq!(layers.origin("C"), Origin::Default);
    }

    #[test]
    fn large_files_are_no_configuration() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("large");
        std::fs::write(&path, vec![b'a'; TOOL_CONFIG_BYTES_MAX + 1]).unwrap();
        assert!(matches!(Layer::read(&path, Format::Dotenv), Err(ReadError::TooLarge { .. })));
        std::fs::write(&path, b"\xff").unwrap();
        assert!(matches!(Layer::read(&path, Format::Dotenv), Err(ReadError::Malformed { .. })));
    }
}
