//! Literals of PHP, Ruby and Elixir: strings, numbers, words, arrays and maps.
//!
//! What is no literal (a call, a concatenation, an interpolated string) is an entry whose value is
//! [`UNKNOWN`], so that nobody takes it for absent.

use std::iter::Peekable;
use std::vec::IntoIter;

use model::limits::TOOL_CONFIG_DEPTH_MAX;

use super::layers::Entry;

/// Stands for a value that only running the program would give.
pub(super) const UNKNOWN: &str = "\u{0}unknown";

/// Whose literals.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Php,
    Ruby,
    Elixir,
}

/// A piece of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// A name, number or atom.
    Word(String),
    /// `name:` of a keyword list.
    Key(String),
    /// `=>`.
    Arrow,
    Mark(char),
    /// The end of a line, which ends a statement where nothing is open.
    Newline,
}

pub(super) type Pieces = Peekable<IntoIter<(Piece, usize)>>;

/// Cuts a text into pieces with their lines.
pub(super) fn pieces(text: &str, dialect: Dialect) -> Result<Pieces, String> {
    let mut cutter = Cutter { rest: text.chars().peekable(), line: 1, dialect, found: Vec::new() };
    cutter.run()?;
    Ok(cutter.found.into_iter().peekable())
}

struct Cutter<'a> {
    rest: Peekable<std::str::Chars<'a>>,
    line: usize,
    dialect: Dialect,
    found: Vec<(Piece, usize)>,
}

impl Cutter<'_> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(character) = self.rest.next() {
            let next = self.rest.peek().copied();
            match (character, next) {
                ('\n', _) => {
                    self.push(Piece::Newline);
                    self.line += 1;
                }
                ('#', _) => self.skip_line(),
                ('/', Some('/')) if self.dialect == Dialect::Php => self.skip_line(),
                ('/', Some('*')) if self.dialect == Dialect::Php => self.skip_comment(),
                ('=', Some('>')) => {
                    self.rest.next();
                    self.push(Piece::Arrow);
                }
                ('\'' | '"', _) => self.text(character)?,
                _ if character.is_whitespace() => {}
                _ if is_word(character) => self.word(character),
                (':', Some(next)) if is_word(next) => {
                    self.rest.next();
                    self.word(next);
                }
                _ => self.push(Piece::Mark(character)),
            }
        }
        Ok(())
    }

    fn push(&mut self, piece: Piece) {
        self.found.push((piece, self.line));
    }

    fn skip_line(&mut self) {
        while self.rest.next_if(|character| *character != '\n').is_some() {}
    }

    fn skip_comment(&mut self) {
        let mut previous = ' ';
        self.rest.next();
        for character in self.rest.by_ref() {
            self.line += usize::from(character == '\n');
            if previous == '*' && character == '/' {
                return;
            }
            previous = character;
        }
    }

    fn text(&mut self, quote: char) -> Result<(), String> {
        let begin = self.line;
        let mut text = String::new();
        let mut is_literal = true;
        loop {
            let Some(character) = self.rest.next() else {
                return Err(format!("line {begin}: a quote is not closed"));
            };
            match (character, self.rest.peek().copied()) {
                _ if character == quote => break,
                ('\\', Some(escaped)) => {
                    self.rest.next();
                    self.escape(quote, escaped, &mut text);
                }
                ('#', Some('{')) if quote == '"' && self.dialect != Dialect::Php => {
                    is_literal = false;
                }
                ('$', Some(next)) if quote == '"' && self.dialect == Dialect::Php => {
                    is_literal &= !(is_word(next) || next == '{');
                    text.push('$');
                }
                _ => text.push(character),
            }
            self.line += usize::from(character == '\n');
        }
        let text = if is_literal { text } else { UNKNOWN.to_owned() };
        // `"name": value` of Elixir and Ruby.
        self.found.push((Piece::Text(text), begin));
        Ok(())
    }

    fn escape(&mut self, quote: char, escaped: char, text: &mut String) {
        match (quote, escaped) {
            (_, '\\') => text.push('\\'),
            (_, other) if other == quote => text.push(other),
            ('\'', other) => text.extend(['\\', other]),
            (_, 'n') => text.push('\n'),
            (_, 't') => text.push('\t'),
            (_, 'r') => text.push('\r'),
            (_, other) => text.push(other),
        }
        self.line += usize::from(escaped == '\n');
    }

    fn word(&mut self, first: char) {
        let mut word = String::from(first);
        while let Some(character) = self.rest.next_if(|character| is_inner(*character)) {
            word.push(character);
        }
        let is_key = self.dialect != Dialect::Php && self.rest.peek() == Some(&':');
        if is_key {
            self.rest.next();
            self.push(Piece::Key(word));
        } else {
            self.push(Piece::Word(word));
        }
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || "_$-\\@".contains(character)
}

fn is_inner(character: char) -> bool {
    character.is_alphanumeric() || "_-\\.?!".contains(character)
}

/// What a call of a function gives, if that can be said.
pub(super) type Call<'a> = &'a dyn Fn(&[Option<String>]) -> Option<Option<String>>;

/// Reads values and appends the scalars among them.
pub(super) struct Values<'a> {
    pub(super) pieces: Pieces,
    pub(super) entries: Vec<Entry>,
    /// What `env(…)` gives, by its arguments.
    pub(super) env: Call<'a>,
}

impl Values<'_> {
    /// Reads one value under this name.
    pub(super) fn value(&mut self, name: &str, depth: usize) -> Result<(), String> {
        if depth >= TOOL_CONFIG_DEPTH_MAX {
            return Err(format!("nested more than {TOOL_CONFIG_DEPTH_MAX} levels deep"));
        }
        self.skip_newlines();
        let Some((piece, line)) = self.pieces.next() else {
            return Err(format!("the value of `{name}` is missing"));
        };
        match piece {
            Piece::Text(text) => self.scalar(name, Some(text), line),
            Piece::Word(word) if word == "array" && self.next_is('(') => {
                self.pieces.next();
                self.list(name, ')', depth)?;
            }
            Piece::Word(word) if self.next_is('(') => self.call(name, &word, line)?,
            Piece::Word(word) => self.scalar(name, word_value(&word), line),
            Piece::Mark('[') => self.list(name, ']', depth)?,
            Piece::Mark('{') => self.list(name, '}', depth)?,
            Piece::Mark('%') => return self.value(name, depth),
            _ => self.scalar(name, Some(UNKNOWN.to_owned()), line),
        }
        self.skip_operators(name);
        Ok(())
    }

    /// The entries of a list or map up to its closing mark.
    fn list(&mut self, name: &str, close: char, depth: usize) -> Result<(), String> {
        let mut index = 0_usize;
        loop {
            self.skip_newlines();
            match self.pieces.peek() {
                None => return Err(format!("`{name}` does not end")),
                Some((Piece::Mark(mark), _)) if *mark == close => {
                    self.pieces.next();
                    return Ok(());
                }
                Some((Piece::Mark(','), _)) => {
                    self.pieces.next();
                }
                Some((Piece::Key(_), _)) => {
                    let Some((Piece::Key(key), _)) = self.pieces.next() else { continue };
                    self.value(&join(name, &key), depth + 1)?;
                }
                Some(_) => {
                    self.item(name, index, depth)?;
                    index += 1;
                }
            }
        }
    }

    /// An element of a list, or a key with its value behind an arrow.
    fn item(&mut self, name: &str, index: usize, depth: usize) -> Result<(), String> {
        let begin = self.entries.len();
        self.value(&join(name, &index.to_string()), depth + 1)?;
        self.skip_newlines();
        if !matches!(self.pieces.peek(), Some((Piece::Arrow, _))) {
            return Ok(());
        }
        self.pieces.next();
        let key = self.entries.get(begin).and_then(|entry| entry.value.clone());
        self.entries.truncate(begin);
        self.value(&join(name, &key.unwrap_or_default()), depth + 1)
    }

    fn call(&mut self, name: &str, function: &str, line: usize) -> Result<(), String> {
        let begin = self.entries.len();
        self.pieces.next();
        self.list(&join(name, function), ')', 0)?;
        let arguments: Vec<_> =
            self.entries.split_off(begin).into_iter().map(|entry| entry.value).collect();
        let is_env = matches!(function, "env" | "getenv");
        let value = if is_env { (self.env)(&arguments) } else { None };
        self.scalar(name, value.unwrap_or_else(|| Some(UNKNOWN.to_owned())), line);
        Ok(())
    }

    fn scalar(&mut self, name: &str, value: Option<String>, line: usize) {
        self.entries.push(Entry::on_line(name, value, line));
    }

    /// An operator behind a value makes the whole unknown.
    fn skip_operators(&mut self, name: &str) {
        let mut depth = 0_usize;
        let mut is_unknown = false;
        while let Some((piece, _)) = self.pieces.peek() {
            match piece {
                Piece::Newline | Piece::Arrow | Piece::Mark(',' | ']' | ')' | '}' | ';')
                    if depth == 0 =>
                {
                    break;
                }
                Piece::Mark('(' | '[' | '{') => depth += 1,
                Piece::Mark(')' | ']' | '}') => depth = depth.saturating_sub(1),
                _ => {}
            }
            is_unknown = true;
            self.pieces.next();
        }
        if is_unknown
            && let Some(entry) = self.entries.last_mut()
            && entry.name == name
        {
            entry.value = Some(UNKNOWN.to_owned());
        }
    }

    pub(super) fn next_is(&mut self, mark: char) -> bool {
        matches!(self.pieces.peek(), Some((Piece::Mark(next), _)) if *next == mark)
    }

    pub(super) fn skip_newlines(&mut self) {
        while matches!(self.pieces.peek(), Some((Piece::Newline, _))) {
            self.pieces.next();
        }
    }
}

fn word_value(word: &str) -> Option<String> {
    match word.to_ascii_lowercase().as_str() {
        "null" | "nil" => None,
        lower @ ("true" | "false") => Some(lower.to_owned()),
        _ => Some(word.to_owned()),
    }
}

pub(super) fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}
