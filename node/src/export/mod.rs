//! Writing the accepted records, or a release, as a dataset that anyone can check without this node.
//!
//! docs/DATASET.md says what lies where. Everything here is a function of the state, or of a release and
//! the erasures since, so that every replica that holds them writes the same bytes. `selection` says what
//! is written, `writer` writes it.

pub mod car;
pub mod folder;
mod hashed;
mod selection;
mod writer;

use commonwheel_protocol::agreement::charter::BodyAccess;
use commonwheel_protocol::agreement::{Charter, Founding};
use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::dataset::{Manifest, RowError};
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};
use commonwheel_protocol::record::RecordId;
use folder::Staging;
use selection::Selection;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use writer::Writer;

/// How an export is written.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// The folder to write.
    pub out: PathBuf,
    /// Replace an earlier export of the same community.
    pub replace: bool,
    /// Write what is here when some accepted records have no body here.
    pub allow_incomplete: bool,
    /// The release to write; without one, the records that are accepted now.
    pub release: Option<Which>,
}

/// Which release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The newest.
    Latest,
    /// The one with this number.
    Number(i64),
    /// The one whose matter's id begins so.
    Id(String),
}

impl std::str::FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let id = || text.starts_with("bafyrei").then(|| Which::Id(text.to_owned()));
        let number = || text.parse().ok().filter(|number| *number > 0).map(Which::Number);
        let latest = (text == "latest").then_some(Which::Latest);
        latest
            .or_else(number)
            .or_else(id)
            .ok_or_else(|| "expected a number, latest, or a release's id or the beginning of it".to_owned())
    }
}

impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Which::Latest => f.write_str("latest"),
            Which::Number(number) => number.fmt(f),
            Which::Id(id) => id.fmt(f),
        }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportSummary {
    /// The folder.
    pub dir: PathBuf,
    /// The community's id.
    pub community: String,
    /// The state root; none for a release.
    pub state_root: Option<String>,
    /// The release's number.
    pub release: Option<i64>,
    /// The edition's name; none while a row is missing.
    pub edition: Option<String>,
    /// How many records are accepted, or are in the release and not erased.
    pub records: usize,
    /// How many of them have a row.
    pub rows: usize,
    /// How many records of the release were erased since.
    pub erased: usize,
    /// How many have none, because their bodies are not here.
    pub incomplete: usize,
    /// How many rows each file has.
    pub files: BTreeMap<String, usize>,
    /// Whether the charter opens bodies to everyone who asks.
    pub open: bool,
}

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The system refused.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The folder cannot be written to.
    #[error("{} is not a place for this export: {why}\nHint: name a new folder with --out", dir.display())]
    Occupied {
        /// The folder.
        dir: PathBuf,
        /// Why not.
        why: &'static str,
    },
    /// The charter is newer than this program.
    #[error("the charter goes by protocol version {0}, which this program does not know; install a newer one")]
    Protocol(i64),
    /// Without pages of the release that closed the last charter there is no state.
    #[error("pages of the release that closed the last charter are not here yet; wait until they are")]
    Unknown,
    /// Something was accepted, decided or erased meanwhile.
    #[error("the community's state changed while it was read; run the command again")]
    Changed,
    /// A record that must be spoken of is not here.
    #[error("record {0} is in a release and not here yet; wait until this replica has caught up")]
    NotHere(RecordId),
    /// There is no such release.
    #[error("no release {0} counts here; `commonwheel release list` shows those that do")]
    NoRelease(Which),
    /// A number, or the beginning of an id, is not enough.
    #[error("several releases are called so; name one of them by its whole id: {}", .0.join(", "))]
    SeveralReleases(Vec<String>),
    /// Pages of the release are not here.
    #[error("{missing} page(s) of release {number} are not here yet; wait until this replica has them")]
    Pages {
        /// The release's number.
        number: i64,
        /// How many.
        missing: usize,
    },
    /// The text of a later charter's terms is not here.
    #[error("the terms of charter {0} are not here yet; wait until this replica has them")]
    NoTerms(Cid),
    /// The terms are others than the charter's.
    #[error("the terms at hand are not those that the charter names; join the community again to get them")]
    Terms,
    /// Some bodies are not here.
    #[error(
        "{missing} of {records} accepted records have no body here; wait until this replica has them, \
         or export the others with --allow-incomplete"
    )]
    Incomplete {
        /// How many.
        missing: usize,
        /// Of how many.
        records: usize,
    },
    /// The index and the blocks do not agree.
    #[error("the store holds no {what} for record {record}; run `commonwheel store check`")]
    Missing {
        /// Which record.
        record: RecordId,
        /// What is not there.
        what: &'static str,
    },
    /// A record that cannot be a row.
    #[error("record {record} cannot be written as a row: {source}")]
    Row {
        /// Which record.
        record: RecordId,
        /// Why.
        source: RowError,
    },
}

impl ExportError {
    /// Whether something that is spoken of is not here.
    fn lacks_something(&self) -> bool {
        matches!(self, ExportError::Missing { .. } | ExportError::NotHere(_) | ExportError::Ledger(_))
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| ExportError::Io { action, path: path.to_owned(), source }
    }
}

/// Writes the accepted records, or what is left of a release, into a new folder, which appears only when it
/// is complete.
///
/// `progress` is called with the number of records done and of all. Memory grows only with the
/// list of ids.
///
/// # Errors
/// See [`ExportError`]. Then the folder is as it was before.
pub fn export(
    ledger: &impl Ledger,
    founding: &Founding,
    terms: &str,
    options: &ExportOptions,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<ExportSummary, ExportError> {
    if Cid::of(Codec::Raw, terms.as_bytes()) != founding.charter().terms {
        return Err(ExportError::Terms);
    }
    let selection = selection::select(ledger, options.release.as_ref())?;
    if !selection.incomplete.is_empty() && !options.allow_incomplete {
        let (missing, records) = (selection.incomplete.len(), selection.tally.accepted);
        return Err(ExportError::Incomplete { missing, records });
    }
    let charter = &selection.path[selection.leading];
    let staging = Staging::beside(&options.out, &founding.community().to_string(), options.replace)?;
    let manifest = match write(ledger, founding, terms, &selection, staging.path(), progress) {
        Err(error) if error.lacks_something() && selection::has_changed(ledger, &selection.root)? => {
            return Err(ExportError::Changed);
        }
        written => written?,
    };
    staging.publish()?;
    Ok(ExportSummary {
        dir: options.out.clone(),
        community: manifest.community,
        state_root: manifest.state_root,
        release: manifest.release.map(|release| release.number),
        edition: manifest.edition,
        records: manifest.records,
        rows: manifest.rows,
        erased: manifest.erased.len(),
        incomplete: manifest.incomplete.len(),
        files: manifest.files.into_iter().map(|file| (file.path, file.rows)).collect(),
        open: match charter.bodies {
            BodyAccess::OnCertificate => true,
            BodyAccess::OnRelease => options.release.is_some(),
            BodyAccess::Gated => false,
        },
    })
}

fn write(
    ledger: &impl Ledger,
    founding: &Founding,
    terms: &str,
    selection: &Selection,
    dir: &Path,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Manifest, ExportError> {
    let texts = texts(ledger, terms, &selection.path)?;
    let mut writer = Writer::create(dir, founding, &texts, selection, ledger)?;
    for (done, (id, proof)) in selection.records.iter().enumerate() {
        progress(done, selection.records.len());
        writer.record(ledger, id, proof)?;
    }
    progress(selection.records.len(), selection.records.len());
    let wanted = selection.path[selection.leading].terms;
    let text = texts.into_iter().find(|(cid, _)| *cid == wanted).map(|(_, text)| text).unwrap_or_default();
    writer.finish(&String::from_utf8(text).map_err(|_| ExportError::Terms)?)
}

/// The terms of charters, each text once, where it comes first.
fn texts(ledger: &impl Ledger, first: &str, path: &[Charter]) -> Result<Vec<(Cid, Vec<u8>)>, ExportError> {
    let mut texts: Vec<(Cid, Vec<u8>)> = Vec::new();
    for charter in path {
        if texts.iter().any(|(cid, _)| *cid == charter.terms) {
            continue;
        }
        let text = match texts.is_empty() {
            true => Some(first.as_bytes().to_vec()),
            false => ledger.block(Shelf::Certified, &charter.terms)?,
        };
        texts.push((charter.terms, text.ok_or_else(|| ExportError::NoTerms(charter.id()))?));
    }
    Ok(texts)
}

pub(crate) use writer::derived;

#[cfg(test)]
pub(crate) mod events;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
