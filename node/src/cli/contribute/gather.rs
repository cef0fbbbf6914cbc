//! Reading the files: every item prepared, every problem reported, the rest going on.

use crate::cli::show;
use crate::contribute::Prepared;
use crate::contribute::pick::Pick;
use crate::contribute::prepare::prepare;
use crate::import::{self, Item, ItemError};
use commonwheel_protocol::redact::Ruleset;
use serde::Serialize;
use std::collections::BTreeMap;
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
    pub quarantine: bool,
}

impl Summary {
    pub fn of(number: usize, item: &Prepared, origin: &str, most: i64) -> Self {
        let mut texts = Vec::new();
        item.content.map(&mut |marked| texts.push(marked.text.as_str().to_owned()));
        Summary {
            number,
            origin: origin.to_owned(),
            format: item.format,
            kind: item.content.kind(),
            title: item.title.as_ref().map(|title| title.text.as_str().to_owned()),
            texts,
            redactions: item.redactions.clone(),
            findings: item.findings(),
            quarantine: item.needs_a_look(most),
        }
    }

    /// One line for a list.
    pub fn line(&self) -> String {
        let first = self.title.as_deref().or(self.texts.first().map(String::as_str)).unwrap_or_default();
        let short: String = show::safe(first).replace(['\n', '\t'], " ").chars().take(60).collect();
        let findings = match self.findings {
            0 => String::new(),
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

/// Reads every file through, so that nothing is shared from files of which one turns out, far in, to
/// be cut off or no text.
///
/// # Errors
/// When a file cannot be read at all.
pub(super) fn check(files: &[PathBuf]) -> anyhow::Result<()> {
    files.iter().try_for_each(|path| import_all(path, &mut |_| ControlFlow::Continue(())))
}

/// Prepares each item that is picked, numbered through all files from 1, and hands it on with a
/// short name of where it came from.
///
/// # Errors
/// When a file cannot be read at all, or `take` fails.
pub(super) fn each(
    files: &[PathBuf],
    ruleset: &Ruleset,
    pick: &Pick,
    mut take: impl FnMut(usize, Prepared, &str) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<FileItemError>> {
    let (mut number, mut errors) = (0, Vec::new());
    for path in files {
        let file = name(path);
        let mut failed = None;
        import_all(path, &mut |item| {
            match item {
                Err(error) => errors.push(FileItemError { file: file.clone(), error }),
                Ok(item) => {
                    number += 1;
                    if pick.takes(number) {
                        let origin = format!("{file} {}", item.position);
                        failed = take(number, prepare(&item, ruleset), &origin).err();
                    }
                }
            }
            if failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
    }
    Ok(errors)
}

fn import_all(path: &Path, take: &mut dyn FnMut(Result<Item, ItemError>) -> ControlFlow<()>) -> anyhow::Result<()> {
    import::read(path, take).map(drop).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))
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
    path.file_name().map_or_else(|| path.display().to_string(), |name| show::safe(&name.to_string_lossy()))
}
