//! What is wrong with an export, collected up to a limit.

use crate::community::printable;
use serde::Serialize;
use std::fmt;

/// How many problems are reported. More are only said to exist.
pub const PROBLEMS: usize = 100;
/// The longest text of one, in characters: what it is put together from may come from the export.
const WHAT_CHARS: usize = 600;

/// One thing that is wrong. It names files, lines and ids, never content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file, escaped so that a hostile name cannot change what a terminal shows.
    pub file: String,
    /// The line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

/// The problems found so far.
#[derive(Default)]
pub struct Problems {
    list: Vec<Problem>,
    more: usize,
    /// The folder in which files are named, with `/` at its end unless it is the export's own.
    folder: String,
}

impl Problems {
    /// Notes a problem.
    pub fn add(&mut self, file: &str, line: Option<usize>, what: impl fmt::Display) {
        if self.list.len() + 1 < PROBLEMS {
            let file = shown(&format!("{}{file}", self.folder));
            let what = what.to_string().chars().take(WHAT_CHARS).collect::<String>();
            self.list.push(Problem { file, line, what: printable(&what) });
        } else {
            self.more += 1;
        }
    }

    /// From now on files are named as in this folder of the export.
    pub fn within(&mut self, folder: &str) {
        self.folder = format!("{folder}/");
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.list.len() + self.more
    }

    /// The problems, at most [`PROBLEMS`]; the last one counts those that are not listed.
    pub fn into_list(mut self) -> Vec<Problem> {
        if self.more > 0 {
            let what = format!("{} more problem(s) are not listed", self.more);
            self.list.push(Problem { file: "…".to_owned(), line: None, what });
        }
        self.list
    }
}

/// A file's name as it may be shown.
pub fn shown(name: &str) -> String {
    name.escape_debug().to_string()
}
