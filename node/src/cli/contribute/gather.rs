//! Reading the files: every item prepared, every problem reported, the rest going on.

use crate::cli::show;
use crate::community::printable;
use crate::contribute::pick::Pick;
use crate::contribute::prepare::prepare;
use crate::contribute::{Prepared, Rules};
use crate::import::{self, ImportError, Item, ItemError};
use commonwheel_protocol::redact::PlaceholderName;
use indicatif::ProgressBar;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// An item in a line.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Summary {
    pub number: usize,
    pub origin: String,
    pub format: &'static str,
    pub kind: &'static str,
    pub title: Option<String>,
    pub texts: Vec<String>,
    pub redactions: BTreeMap<String, i64>,
    pub findings: i64,
    /// The findings by their names; no values.
    pub found: Vec<Found>,
    pub quarantine: bool,
}

/// A finding, by the name of its placeholder.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Found {
    pub name: String,
    pub confidence: u8,
    pub false_alarm: bool,
}

impl Summary {
    pub fn of(number: usize, item: &Prepared, origin: Origin, most: i64) -> Self {
        let mut texts = Vec::new();
        item.content.map(&mut |marked| texts.push(marked.text.as_str().to_owned()));
        Summary {
            number,
            origin: origin.to_string(),
            format: item.format,
            kind: item.content.kind(),
            title: item.title.as_ref().map(|title| title.text.as_str().to_owned()),
            texts,
            redactions: item.redactions.clone(),
            findings: item.findings(),
            found: item
                .findings_in_clear()
                .iter()
                .map(|(name, found)| Found {
                    name: name.to_string(),
                    confidence: found.confidence,
                    false_alarm: found.kept,
                })
                .collect(),
            quarantine: item.needs_a_look(most),
        }
    }

    /// One line for a list.
    pub fn line(&self) -> String {
        let first = self.title.as_deref().or(self.texts.first().map(String::as_str)).unwrap_or_default();
        let short: String = printable(first).replace(['\n', '\t'], " ").chars().take(60).collect();
        let findings = match self.findings {
            0 => String::new(),
            _ if self.quarantine => format!("  [{}: goes to quarantine]", show::counts(&self.redactions)),
            _ => format!("  [{}]", show::counts(&self.redactions)),
        };
        format!("{:>5}. {:<10} {short}{findings}", self.number, self.kind)
    }
}

/// What went wrong in a file.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {error}")]
pub(super) struct FileItemError {
    file: String,
    error: ItemError,
}

/// Where an item came from.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    /// Which of the files, from 0.
    pub file: usize,
    /// The file's name.
    pub name: &'a str,
    /// Where in it.
    pub position: &'a str,
}

impl fmt::Display for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.position)
    }
}

/// Opens every file, so that a slip in a name ends a run before anything is done.
///
/// # Errors
/// When one is not there, is a directory, or may not be read.
pub(super) fn check(files: &[PathBuf]) -> anyhow::Result<()> {
    files.iter().try_for_each(|path| import::open(path).map(drop).map_err(|error| with_hint(path, &error)))
}

/// False alarms by item.
pub(super) type FalseAlarms = BTreeMap<usize, BTreeSet<PlaceholderName>>;

/// Items left out that are named one by one; the others are counted.
const NAMED: usize = 10_000;

/// What was left out of the files.
#[derive(Default)]
struct LeftOut {
    errors: Vec<FileItemError>,
    /// Those that are not named.
    more: usize,
}

impl LeftOut {
    fn push(&mut self, file: &str, error: ItemError) {
        match self.errors.len() {
            ..NAMED => self.errors.push(FileItemError { file: file.to_owned(), error }),
            _ => self.more += 1,
        }
    }

    fn all(mut self) -> Vec<FileItemError> {
        if self.more > 0 {
            let error = ItemError { position: format!("{} more", self.more), why: "not named one by one".to_owned() };
            self.errors.push(FileItemError { file: "in all".to_owned(), error });
        }
        self.errors
    }
}

/// Prepares each item that is picked, numbered through all files from 1, and hands it on until
/// `take` breaks off. An item in which a false alarm is named that is no finding there is left out. `bar` shows how
/// far each file is read.
///
/// A file that is cut off or no text is reported like an item; the items before that, and the other files, go on.
///
/// # Errors
/// When a file is not there, no file holds any item, or `take` fails.
pub(super) fn each(
    files: &[PathBuf],
    rules: Rules,
    pick: &Pick,
    false_alarms: &FalseAlarms,
    bar: &ProgressBar,
    mut take: impl FnMut(usize, Prepared, Origin) -> anyhow::Result<ControlFlow<()>>,
) -> anyhow::Result<Vec<FileItemError>> {
    check(files)?;
    let (mut number, mut left_out, mut unreadable) = (0, LeftOut::default(), None);
    for (file, path) in files.iter().enumerate() {
        let name = name(path);
        let mut taken = Ok(ControlFlow::Continue(()));
        let read = import_all(path, bar, &mut |item| {
            match item {
                Err(error) => left_out.push(&name, error),
                Ok(item) => {
                    number += 1;
                    if pick.takes(number) {
                        let origin = Origin { file, name: &name, position: &item.position };
                        match with_false_alarms(&item, rules, false_alarms.get(&number)) {
                            Ok(prepared) => taken = take(number, prepared, origin),
                            Err(error) => left_out.push(&name, error),
                        }
                    }
                }
            }
            if matches!(taken, Ok(ControlFlow::Continue(()))) {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        if let Err(error) = read {
            left_out.push(&name, ItemError { position: "the file".to_owned(), why: error.to_string() });
            unreadable.get_or_insert_with(|| with_hint(path, &error));
        }
        if taken?.is_break() {
            bar.finish_and_clear();
            return Ok(left_out.all());
        }
    }
    bar.finish_and_clear();
    if let (0, Some(error)) = (number, unreadable) {
        // The error says the same of its own file.
        let others = left_out.all();
        report_errors(if others.len() > 1 { &others } else { &[] });
        return Err(error);
    }
    for (item, names) in false_alarms.range(number + 1..) {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        let why = format!("expected a false alarm in one of {number} item(s), found one in item {item}");
        left_out.push("--false-alarm", ItemError { position: format!("{item}:{}", names.join(",")), why });
    }
    Ok(left_out.all())
}

fn with_false_alarms(
    item: &Item,
    rules: Rules,
    names: Option<&BTreeSet<PlaceholderName>>,
) -> Result<Prepared, ItemError> {
    let prepared = prepare(item, rules);
    match names {
        None => Ok(prepared),
        Some(names) => prepared
            .with_false_alarms(names, rules)
            .map_err(|error| ItemError { position: item.position.clone(), why: error.to_string() }),
    }
}

fn import_all(path: &Path, bar: &ProgressBar, take: &mut import::Sink<'_>) -> Result<(), ImportError> {
    let file = import::open(path)?;
    bar.set_length(file.metadata()?.len());
    bar.set_position(0);
    import::read_from(bar.wrap_read(file), import::named_json(path), take).map(drop)
}

/// A file's error, in which what to do follows the last semicolon.
fn with_hint(path: &Path, error: &ImportError) -> anyhow::Error {
    const FORMATS: &str = "docs/FORMATS.md describes what is read";
    let error = error.to_string();
    let (what, hint) = match error.rsplit_once("; ") {
        Some((what, hint)) if !hint.starts_with("found") => (what, hint),
        _ => (error.as_str(), FORMATS),
    };
    anyhow::anyhow!("{}: {what}\nHint: {hint}", printable(&path.to_string_lossy()))
}

/// Says on standard error which items were left out.
pub(super) fn report_errors(errors: &[FileItemError]) {
    const SHOWN: usize = 20;
    for error in errors.iter().take(SHOWN) {
        anstream::eprintln!("Left out {error}");
    }
    if errors.len() > SHOWN {
        anstream::eprintln!("Left out {} more", errors.len() - SHOWN);
    }
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    printable(&name.to_string_lossy()).replace(['\n', '\t'], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_much_is_left_out_only_so_much_is_named() {
        let mut left_out = LeftOut::default();
        for n in 0..NAMED + 5 {
            left_out.push("file", ItemError { position: format!("line {n}"), why: "expected text".to_owned() });
        }
        let all = left_out.all();
        assert_eq!(all.len(), NAMED + 1);
        assert_eq!(all[NAMED].to_string(), "in all: 5 more: not named one by one");
        assert_eq!(all[0].to_string(), "file: line 0: expected text");
    }
}
