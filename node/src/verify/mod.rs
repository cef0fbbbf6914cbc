//! Checking an export with nothing but the export: no node, no network, no trust in its writer.
//!
//! What follows from other files (manifest, README, charter.json, TERMS.md, the list of hashes) is
//! computed again and compared; what is signed is verified; what is neither is refused.

mod archive;
mod problem;
mod rows;

use crate::export::{self, folder};
use archive::Archive;
use commonwheel_protocol::agreement::state::{Fact, Facts};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::dataset::{Manifest, names};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::sign::PublicKey;
use data_encoding::HEXLOWER;
pub use problem::{PROBLEMS, Problem};
use problem::{Problems, shown};
use rows::Rows;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What the caller knows from elsewhere, and the export must match.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// The community's id.
    pub community: Option<Cid>,
    /// The state root.
    pub state_root: Option<Cid>,
}

/// What was proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerifySummary {
    /// The community's id.
    pub community: String,
    /// The state root of the accepted records, computed from their ids.
    pub state_root: String,
    /// How many records are certified.
    pub records: usize,
    /// How many of them have a row.
    pub rows: usize,
    /// How many have none.
    pub incomplete: usize,
    /// How many validators accepted each record.
    pub accepted_by: usize,
    /// Of how many validators.
    pub validators: usize,
}

impl VerifySummary {
    /// What was proved, in a sentence.
    pub fn sentence(&self) -> String {
        let VerifySummary { rows, accepted_by, validators, .. } = self;
        let complete = match self.incomplete {
            0 => "complete".to_owned(),
            missing => format!("incomplete: {} more accepted record(s) have no row here", thousands(missing)),
        };
        format!(
            "{} record(s), each signed by its author and accepted by {accepted_by} of {validators} validators; {complete}.",
            thousands(*rows)
        )
    }
}

/// Why an export was not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is no export.
    #[error("{} is not an export: it holds no {}; give the folder that `commonwheel export` wrote", .0.display(), names::MANIFEST)]
    NotAnExport(PathBuf),
    /// The system refused.
    #[error("could not read {}: {source}", path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Something is wrong with it.
    #[error("the check failed: {} problem(s), the first: {}", .0.len(), .0.first().map(Problem::to_string).unwrap_or_default())]
    Failed(Vec<Problem>),
}

/// Checks a folder that `export` wrote.
///
/// It proves that each row is what its author signed and what a quorum of the charter's validators
/// accepted, and that the rows are those of the state root. That the state root is the
/// community's newest, and that the community is the one meant, only its caller can know: see
/// [`Expected`].
///
/// `progress` is called with the number of rows done and of all.
///
/// # Errors
/// [`VerifyError::Failed`] with at most [`PROBLEMS`] problems, or when it cannot be read.
pub fn verify(
    dir: &Path,
    expected: &Expected,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<VerifySummary, VerifyError> {
    let manifest_path = dir.join(names::MANIFEST);
    if !manifest_path.is_file() {
        return Err(VerifyError::NotAnExport(dir.to_owned()));
    }
    let mut problems = Problems::default();
    let files = match folder::files(dir) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            problems.add(".", None, error);
            return Err(VerifyError::Failed(problems.into_list()));
        }
        Err(source) => return Err(VerifyError::Io { path: dir.to_owned(), source }),
    };
    check_sums(dir, &files, &mut problems)?;
    let summary = check_content(dir, &files, expected, &mut problems, progress)?;
    match summary {
        Some(summary) if problems.count() == 0 => Ok(summary),
        _ => Err(VerifyError::Failed(problems.into_list())),
    }
}

/// Every file's hash, and that the list names every file and no other.
fn check_sums(dir: &Path, files: &BTreeSet<String>, problems: &mut Problems) -> Result<(), VerifyError> {
    let text = read(dir, names::SUMS, problems)?;
    let Some(sums) = export::folder::read_sums(&text) else {
        problems.add(names::SUMS, None, "expected lines of a SHA-256, two spaces and a path");
        return Ok(());
    };
    if !sums.is_sorted_by(|(_, a), (_, b)| a < b) {
        problems.add(names::SUMS, None, "expected each path once, in order");
    }
    for (at, (hash, path)) in sums.iter().enumerate() {
        if !files.contains(*path) {
            problems.add(names::SUMS, Some(at + 1), format!("{} is listed and not here", shown(path)));
        } else if hash_of(&dir.join(path))? != *hash {
            problems.add(path, None, format!("its SHA-256 is not the one in {}: the file was changed", names::SUMS));
        }
    }
    let listed: BTreeSet<_> = sums.iter().map(|(_, path)| *path).chain([names::SUMS]).collect();
    for path in files.iter().filter(|path| !listed.contains(path.as_str())) {
        problems.add(path, None, format!("it is not listed in {}", names::SUMS));
    }
    Ok(())
}

/// Everything that the hashes do not show. `None` when it could not be read to the end.
fn check_content(
    dir: &Path,
    files: &BTreeSet<String>,
    expected: &Expected,
    problems: &mut Problems,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Option<VerifySummary>, VerifyError> {
    let before = problems.count();
    let Some(archive) = Archive::read(dir, problems)? else { return Ok(None) };
    let text = read(dir, names::MANIFEST, problems)?;
    let Some(stated) = Manifest::read(&text) else {
        problems.add(names::MANIFEST, None, "it is not a manifest of a format that this program knows");
        return Ok(None);
    };
    let mut rows = Rows::new(&archive);
    for path in files.iter().filter(|path| path.starts_with("data/")) {
        rows.check_file(dir, path, problems, progress)?;
    }
    if problems.count() > before {
        // What follows from certificates and rows cannot be computed from wrong ones.
        return Ok(None);
    }
    let (counts, absent) = rows.finish();
    let founding = archive.founding();
    let ids: Vec<RecordId> = archive.ids().collect();
    let records = ids.iter().map(|id| (*id, Fact { author: PublicKey([0; 32]), revises: None }));
    let facts = Facts { records: records.collect(), ..Facts::default() };
    let root = facts.root(&founding.charter().id());
    let manifest = Manifest::new(founding.charter(), &root, &ids, &counts, &absent);
    check_stated(&stated, &manifest, problems);
    check_derived(dir, files, &archive, &manifest, problems)?;
    check_expected(expected, &manifest, problems);
    Ok(Some(VerifySummary {
        records: manifest.records,
        rows: manifest.rows,
        incomplete: manifest.incomplete.len(),
        accepted_by: founding.charter().quorum.q(),
        validators: founding.charter().quorum.n(),
        community: manifest.community,
        state_root: manifest.state_root,
    }))
}

/// What the manifest states of completeness, apart from its text, to say clearly what is wrong.
fn check_stated(stated: &Manifest, found: &Manifest, problems: &mut Problems) {
    let named: BTreeSet<_> = stated.incomplete.iter().collect();
    for id in found.incomplete.iter().filter(|id| !named.contains(id)) {
        problems.add(names::DATA, None, format!("record {id} is certified and has no row"));
    }
    if stated.state_root != found.state_root {
        let what = format!("the state root of the certified records is {}; it states another", found.state_root);
        problems.add(names::MANIFEST, None, what);
    }
}

/// The files that follow from the others, and that there are no more files than these.
fn check_derived(
    dir: &Path,
    files: &BTreeSet<String>,
    archive: &Archive,
    manifest: &Manifest,
    problems: &mut Problems,
) -> Result<(), VerifyError> {
    let mut wanted = BTreeSet::from([names::CERTIFICATES.to_owned(), names::SUMS.to_owned()]);
    wanted.extend(manifest.files.iter().map(|file| file.path.clone()));
    for (name, text) in export::derived(archive.founding(), archive.terms(), manifest) {
        wanted.insert(name.to_owned());
        if files.contains(name) && read(dir, name, problems)? != text {
            problems.add(name, None, "it is not what follows from the certificates and rows");
        }
    }
    for path in wanted.symmetric_difference(files) {
        let what = if files.contains(path) { "it is no part of an export" } else { "it is missing" };
        problems.add(path, None, what);
    }
    Ok(())
}

fn check_expected(expected: &Expected, found: &Manifest, problems: &mut Problems) {
    let pairs =
        [("community", &expected.community, &found.community), ("state root", &expected.state_root, &found.state_root)];
    for (what, expected, found) in pairs {
        if expected.is_some_and(|expected| expected.to_string() != *found) {
            problems.add(names::MANIFEST, None, format!("the {what} is {found}, not the one that was asked for"));
        }
    }
}

/// A small file's text; empty, with a problem, when it is not there or is no text.
fn read(dir: &Path, name: &str, problems: &mut Problems) -> Result<String, VerifyError> {
    match folder::text(&dir.join(name)) {
        Ok(text) => Ok(text),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => {
            problems.add(name, None, "it is missing, too long or not UTF-8");
            Ok(String::new())
        }
        Err(source) => Err(VerifyError::Io { path: dir.join(name), source }),
    }
}

fn hash_of(path: &Path) -> Result<String, VerifyError> {
    let wrong = |source| VerifyError::Io { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(wrong)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(HEXLOWER.encode(&hash.finalize())),
            Ok(read) => hash.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(wrong(error)),
        }
    }
}

/// A count as people write it: 1,312.
pub fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests;
