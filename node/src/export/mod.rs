//! Writing the accepted records as a dataset that anyone can check without this node.
//!
//! docs/DATASET.md says what lies where. Everything here is a function of the accepted records,
//! so that every replica that holds them writes the same bytes.

pub mod car;
pub mod folder;
mod hashed;

use commonwheel_protocol::agreement::charter::BodyAccess;
use commonwheel_protocol::agreement::state::StateRoot;
use commonwheel_protocol::agreement::{Charter, Founding, Lineage};
use commonwheel_protocol::bytes::{Cid, Codec, decode};
use commonwheel_protocol::core::status;
use commonwheel_protocol::dataset::{Manifest, Partition, Row, RowError, names, pretty, readme};
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};
use commonwheel_protocol::record::RecordId;
use folder::Staging;
use hashed::HashedFile;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

/// How an export is written.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// The folder to write.
    pub out: PathBuf,
    /// Replace an earlier export of the same community.
    pub replace: bool,
    /// Write what is here when some accepted records have no body here.
    pub allow_incomplete: bool,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportSummary {
    /// The folder.
    pub dir: PathBuf,
    /// The community's id.
    pub community: String,
    /// The state root of the accepted records.
    pub state_root: String,
    /// How many records are accepted.
    pub records: usize,
    /// How many of them have a row.
    pub rows: usize,
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
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| ExportError::Io { action, path: path.to_owned(), source }
    }
}

/// Writes all accepted records into a new folder, which appears only when it is complete.
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
    let charter = founding.charter();
    if !charter.understood() {
        return Err(ExportError::Protocol(charter.protocol));
    }
    if Cid::of(Codec::Raw, terms.as_bytes()) != charter.terms {
        return Err(ExportError::Terms);
    }
    let lineage = status::lineage(ledger)?;
    let state_root = status::state_root(&lineage, ledger)?.ok_or(ExportError::Unknown)?;
    let accepted = Accepted::of(&lineage, ledger)?;
    if !accepted.incomplete.is_empty() && !options.allow_incomplete {
        let (missing, records) = (accepted.incomplete.len(), accepted.ids.len());
        return Err(ExportError::Incomplete { missing, records });
    }
    let staging = Staging::beside(&options.out, &founding.community().to_string(), options.replace)?;
    let mut writer = Writer::create(staging.path(), founding, terms)?;
    for (done, id) in accepted.ids.iter().enumerate() {
        progress(done, accepted.ids.len());
        writer.certificate(ledger, &lineage, id)?;
        if accepted.incomplete.binary_search(id).is_err() {
            writer.row(ledger, id, charter)?;
        }
    }
    progress(accepted.ids.len(), accepted.ids.len());
    let manifest = writer.finish(founding, terms, &state_root, &accepted)?;
    staging.publish()?;
    Ok(ExportSummary {
        dir: options.out.clone(),
        community: manifest.community,
        state_root: manifest.state_root,
        records: manifest.records,
        rows: manifest.rows,
        incomplete: manifest.incomplete.len(),
        files: manifest.files.into_iter().map(|file| (file.path, file.rows)).collect(),
        open: charter.bodies == BodyAccess::OnCertificate,
    })
}

/// The accepted records, in the order of their ids.
struct Accepted {
    ids: Vec<RecordId>,
    /// Those whose bodies are not here.
    incomplete: Vec<RecordId>,
}

impl Accepted {
    fn of(lineage: &Lineage, ledger: &impl Ledger) -> Result<Self, LedgerError> {
        let (ids, mut incomplete) = (status::accepted(lineage, ledger)?, Vec::new());
        for id in &ids {
            let header = index::header(ledger, Shelf::Certified, id)?;
            if !header.map_or(Ok(false), |header| ledger.holds(Shelf::Certified, &header.body))? {
                incomplete.push(*id);
            }
        }
        Ok(Accepted { ids, incomplete })
    }
}

/// The files of an export while they are written.
struct Writer<'a> {
    dir: &'a Path,
    certificates: HashedFile,
    data: BTreeMap<Partition, HashedFile>,
}

impl<'a> Writer<'a> {
    fn create(dir: &'a Path, founding: &Founding, terms: &str) -> Result<Self, ExportError> {
        let mut certificates = HashedFile::create(dir, names::CERTIFICATES)?;
        certificates.write(&car::header(&founding.cid()))?;
        let mut writer = Writer { dir, certificates, data: BTreeMap::new() };
        writer.section(&founding.cid(), founding.bytes())?;
        writer.section(&founding.charter().terms, terms.as_bytes())?;
        Ok(writer)
    }

    fn section(&mut self, cid: &Cid, block: &[u8]) -> Result<(), ExportError> {
        let mut section = Vec::with_capacity(block.len() + Cid::LEN + 4);
        // Writing to memory cannot fail.
        let _ = car::write_section(&mut section, cid, block);
        self.certificates.write(&section)
    }

    fn certificate(&mut self, ledger: &impl Ledger, lineage: &Lineage, id: &RecordId) -> Result<(), ExportError> {
        let missing = || ExportError::Missing { record: *id, what: "certificate" };
        let certificate = status::certificate(id, lineage, ledger)?.ok_or_else(missing)?;
        self.section(&certificate.cid(), certificate.bytes())
    }

    fn row(&mut self, ledger: &impl Ledger, id: &RecordId, charter: &Charter) -> Result<(), ExportError> {
        let missing = |what| move || ExportError::Missing { record: *id, what };
        let header = ledger.block(Shelf::Certified, &id.0)?.ok_or_else(missing("header"))?;
        let entry = index::header(ledger, Shelf::Certified, id)?.ok_or_else(missing("index entry"))?;
        let body = ledger.block(Shelf::Certified, &entry.body)?.ok_or_else(missing("body"))?;
        let row = Row::of(&header, &body, &charter.id()).and_then(|row| Ok((row.partition()?, row.line()?)));
        let (partition, mut line) = row.map_err(|source| ExportError::Row { record: *id, source })?;
        line.push('\n');
        match self.data.entry(partition) {
            Entry::Occupied(file) => file.into_mut().write(line.as_bytes()),
            Entry::Vacant(place) => {
                place.insert(HashedFile::create(self.dir, &partition.path())?).write(line.as_bytes())
            }
        }
    }

    /// Writes the files that follow from the others, and the hashes of all.
    fn finish(
        self,
        founding: &Founding,
        terms: &str,
        state_root: &StateRoot,
        accepted: &Accepted,
    ) -> Result<Manifest, ExportError> {
        let rows = self.data.iter().map(|(partition, file)| (*partition, file.writes())).collect();
        let manifest = Manifest::new(founding.charter(), state_root, &accepted.ids, &rows, &accepted.incomplete);
        let mut files: Vec<_> = self.data.into_values().chain([self.certificates]).collect();
        for (name, text) in derived(founding, terms, &manifest) {
            let mut file = HashedFile::create(self.dir, name)?;
            file.write(text.as_bytes())?;
            files.push(file);
        }
        let mut sums = files.into_iter().map(HashedFile::finish).collect::<Result<Vec<_>, _>>()?;
        sums.sort();
        let mut list = HashedFile::create(self.dir, names::SUMS)?;
        list.write(sums_text(&sums).as_bytes())?;
        list.finish()?;
        Ok(manifest)
    }
}

/// The files that follow from the founding, the terms and the manifest: their names and texts.
pub(crate) fn derived(founding: &Founding, terms: &str, manifest: &Manifest) -> [(&'static str, String); 4] {
    // A founding's bytes were decoded when it was verified.
    let charter = decode(founding.bytes()).map(|node| pretty(&node)).unwrap_or_default();
    [
        (names::CHARTER, charter),
        (names::MANIFEST, manifest.to_text()),
        (names::README, readme(founding.charter(), manifest)),
        (names::TERMS, terms.to_owned()),
    ]
}

/// The text of the list of hashes, from paths with hashes in the order of the paths.
fn sums_text(sums: &[(String, String)]) -> String {
    sums.iter().map(|(path, hash)| format!("{hash}  {path}\n")).collect()
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
