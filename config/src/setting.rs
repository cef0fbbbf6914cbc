//! Reading TOML key by key, so that every error names the key, what was expected and what was found.

use std::fmt;
use toml::Value;

/// Why a settings file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// Not TOML at all.
    #[error("line {line}: not TOML: {why}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// In the parser's words.
        why: String,
    },
    /// A required key is not there.
    #[error("{key}: this key is missing; expected {expected}")]
    Missing {
        /// The whole path of the key.
        key: String,
        /// What should stand there.
        expected: String,
    },
    /// A key holds something else than it should.
    #[error("{key}: expected {expected}; found {found}")]
    Value {
        /// The whole path of the key.
        key: String,
        /// What should stand there.
        expected: String,
        /// What stands there, shortened.
        found: String,
    },
    /// A key that nobody reads: most often a slip of the pen.
    #[error("{key}: unknown key; known here are {known}")]
    Unknown {
        /// The whole path of the key.
        key: String,
        /// The keys that may stand there.
        known: String,
    },
    /// Values that do not hold together.
    #[error("{key}: {why}")]
    Rule {
        /// The key to change.
        key: String,
        /// What was expected and found.
        why: String,
    },
    /// The file cannot be read.
    #[error("cannot read {path}: {why}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        why: std::io::Error,
    },
}

/// The keys of one table that have not been read yet.
pub(crate) struct Table {
    path: String,
    entries: toml::Table,
    known: Vec<&'static str>,
}

impl Table {
    /// The top level of a file.
    pub(crate) fn parse(text: &str) -> Result<Self, SettingError> {
        let entries = text.parse().map_err(|error: toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
            SettingError::Syntax { line, why: error.message().to_owned() }
        })?;
        Ok(Table { path: String::new(), entries, known: vec![] })
    }

    /// The whole path of a key in this table.
    pub(crate) fn key(&self, key: impl fmt::Display) -> String {
        if self.path.is_empty() { key.to_string() } else { format!("{}.{key}", self.path) }
    }

    /// A value, converted by `read`; nothing when the key is absent.
    pub(crate) fn value_opt<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, SettingError> {
        self.known.push(key);
        let Some(value) = self.entries.remove(key) else { return Ok(None) };
        match read(&value) {
            Some(read) => Ok(Some(read)),
            None => {
                Err(SettingError::Value { key: self.key(key), expected: expected.to_owned(), found: shown(&value) })
            }
        }
    }

    /// A value that must be there.
    pub(crate) fn value<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<T, SettingError> {
        let missing = SettingError::Missing { key: self.key(key), expected: expected.to_owned() };
        self.value_opt(key, expected, read)?.ok_or(missing)
    }

    /// A list, each item converted by `read`; nothing when the key is absent.
    pub(crate) fn list_opt<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<Vec<T>>, SettingError> {
        let Some(items) = self.value_opt(key, &format!("a list, each item {expected}"), |v| v.as_array().cloned())?
        else {
            return Ok(None);
        };
        let item = |(i, value)| {
            read(value).ok_or_else(|| SettingError::Value {
                key: self.key(format_args!("{key}[{i}]")),
                expected: expected.to_owned(),
                found: shown(value),
            })
        };
        items.iter().enumerate().map(item).collect::<Result<_, _>>().map(Some)
    }

    /// A whole number within a range; nothing when the key is absent.
    pub(crate) fn int_opt(&mut self, key: &'static str, least: i64, most: i64) -> Result<Option<i64>, SettingError> {
        let expected = format!("a whole number from {least} to {most}");
        self.value_opt(key, &expected, |v| v.as_integer().filter(|int| (least..=most).contains(int)))
    }

    /// A table within this one; an absent one is empty.
    pub(crate) fn table(&mut self, key: &'static str) -> Result<Table, SettingError> {
        let entries = self.value_opt(key, "a table", |v| v.as_table().cloned())?.unwrap_or_default();
        Ok(Table { path: self.key(key), entries, known: vec![] })
    }

    /// A list of tables, `[[key]]`; an absent one is empty.
    pub(crate) fn tables(&mut self, key: &'static str) -> Result<Vec<Table>, SettingError> {
        let list = self.list_opt(key, "a table", |v| v.as_table().cloned())?.unwrap_or_default();
        let table = |(i, entries)| Table { path: self.key(format_args!("{key}[{i}]")), entries, known: vec![] };
        Ok(list.into_iter().enumerate().map(table).collect())
    }

    /// Ends the reading: a key that was not read is an error.
    pub(crate) fn end(self) -> Result<(), SettingError> {
        match self.entries.keys().next() {
            None => Ok(()),
            Some(key) => Err(SettingError::Unknown { key: self.key(key), known: self.known.join(", ") }),
        }
    }
}

/// A value as it stands in the file, shortened.
fn shown(value: &Value) -> String {
    const CHARACTERS: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
