//! Removing from an export what was erased since it was written, as a newer export or a replica proves it.
//!
//! The folder is written again, by the same options, as somebody writes it who knows both: its own rows and proofs, and
//! the newer proofs. So what comes of it is an export like any other, and for one release the same bytes as the newer
//! one. Nothing is removed on anybody's word: both exports are verified first, and a record goes only by an operation
//! that its author or a quorum signed. Copies of other communities are pruned in the same way, each by what is known of its
//! community. `part` is one export in the folder with what proves its erasures, `known` a store of what two exports show.

mod known;
mod part;

use crate::export::folder::{self, Staging};
use crate::export::{ExportError, ExportSummary, Left, Source};
use crate::verify::{self, Expected, VerifyError, VerifySummary};
use commonwheel_protocol::dataset::{Manifest, names};
use commonwheel_protocol::ledger::Ledger;
use commonwheel_protocol::record::RecordId;
use commonwheel_storage::CarStore;
use known::Export;
use part::{Part, Proof};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Why nothing was pruned.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// One of the folders was not verified.
    #[error("{} was not verified, so that nothing was removed: {source}\nHint: `commonwheel verify` says all that is wrong; get another copy", dir.display())]
    Verify {
        /// Which folder.
        dir: PathBuf,
        /// Why not.
        source: VerifyError,
    },
    /// It cannot be written again.
    #[error("{} cannot be pruned: {why}\nHint: replace it by a new export", dir.display())]
    Unfit {
        /// The folder.
        dir: PathBuf,
        /// Why not.
        why: &'static str,
    },
    /// What is left is none that could be verified.
    #[error("what would be left does not verify, so that nothing was removed; this is a bug: {0}")]
    Left(VerifyError),
    /// Rows would go that nothing erases.
    #[error(
        "{count} row(s), the first {first}, are unknown to what the export is pruned by, or count no more; nothing was removed\n\
         Hint: give --by a bundle of the same release or of a later one, or let this replica catch up"
    )]
    Unknown {
        /// How many.
        count: usize,
        /// The first.
        first: RecordId,
    },
    /// The two follow charters that exclude each other.
    #[error(
        "the export and what it is pruned by follow different charters; nothing was removed\nHint: compare both with a node of the community"
    )]
    Fork,
    /// Something could not be read or written.
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// What was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// The folder.
    pub dir: PathBuf,
    /// The rows that are gone, by id.
    pub removed: Vec<Removed>,
    /// How many rows it had.
    pub rows_before: usize,
    /// How many it has.
    pub rows: usize,
    /// The communities of which nothing here shows what is erased, so that what is of them stayed as it was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stayed: Vec<String>,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// What it is now; nothing where it stays as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<ExportSummary>,
}

/// A row that is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// The record.
    pub id: String,
    /// Why.
    pub why: &'static str,
    /// What shows it.
    pub by: String,
    /// The community from which it was copied, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copied_from: Option<String>,
}

/// Removes from the export at `dir`, and from the copies in it, what the one at `by` and the copies in that prove to be
/// erased. Of which community `by` knows nothing, that stays as it is.
///
/// # Errors
/// See [`PruneError`]. Then the folder is as it was.
pub fn by_export(
    dir: &Path,
    by: &Path,
    dry_run: bool,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Pruned, PruneError> {
    let ((manifest, checked), (newer, newer_checked)) = (verified(dir, progress)?, verified(by, progress)?);
    // Of one that was stopped, what it was to remove may lie beside the folder.
    folder::remove_leftovers(dir)?;
    let parts = Part::all(dir, &manifest, &checked)?;
    let proofs: BTreeMap<_, _> = folders(by, &newer).into_iter().collect();
    let mut proved = Vec::new();
    for part in &parts {
        proved.push(match proofs.get(&part.manifest.community) {
            Some(folder) => {
                let by_body = part::by_body(&newer_checked, &part.manifest.community);
                Proof::by_export(dir, &manifest, part, &Export::open(folder)?, &read(folder)?, &by_body)?
            }
            None => Proof::nothing(dir, &manifest, part)?,
        });
    }
    prune::<CarStore>(dir, &manifest, &parts, &proved, dry_run, progress)
}

/// Removes from the export at `dir`, and from the copies in it, what replicas know to be erased, each by the id of its
/// community. What is of another community stays as it is.
///
/// # Errors
/// See [`PruneError`]. Then the folder is as it was.
pub fn by_replica<L: Ledger>(
    dir: &Path,
    replicas: &BTreeMap<String, Source<L>>,
    dry_run: bool,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Pruned, PruneError> {
    let (manifest, checked) = verified(dir, progress)?;
    // Of one that was stopped, what it was to remove may lie beside the folder.
    folder::remove_leftovers(dir)?;
    let parts = Part::all(dir, &manifest, &checked)?;
    let mut proved = Vec::new();
    for part in &parts {
        proved.push(match replicas.get(&part.manifest.community) {
            Some(replica) => Proof::by_replica(part, replica),
            None => Proof::nothing(dir, &manifest, part)?,
        });
    }
    prune(dir, &manifest, &parts, &proved, dry_run, progress)
}

/// Each community of an export and the folder that holds its records: its own, then those of copies.
fn folders(dir: &Path, manifest: &Manifest) -> Vec<(String, PathBuf)> {
    let copies = manifest.copies.iter().map(|id| (id.clone(), dir.join(names::COPIES).join(id)));
    [(manifest.community.clone(), dir.to_owned())].into_iter().chain(copies).collect()
}

/// Selects what is left of each part, and writes all of them if rows go.
fn prune<L: Ledger>(
    dir: &Path,
    manifest: &Manifest,
    parts: &[Part],
    proofs: &[Proof<L>],
    dry_run: bool,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Pruned, PruneError> {
    if !proofs.iter().any(|proof| proof.proves) {
        return Err(unfit(dir, "it is of another community than what it is pruned by, and so are all copies in it"));
    }
    let (mut left, mut removed, mut rows) = (Vec::new(), Vec::new(), 0);
    for (part, proof) in parts.iter().zip(proofs) {
        let chosen = proof.left(dir, part)?;
        let stay = chosen.rows()?;
        rows += stay.len();
        removed.extend(part.removed(&stay, chosen.revocations())?);
        left.push(chosen);
    }
    let export = match dry_run || removed.is_empty() {
        true => None,
        false => Some(write(dir, manifest, parts, &left, progress)?),
    };
    let stayed = parts.iter().zip(proofs).filter(|(_, proof)| !proof.proves);
    Ok(Pruned {
        dir: dir.to_owned(),
        rows_before: parts.iter().map(|part| part.earlier.rows.len()).sum(),
        rows,
        removed,
        stayed: stayed.map(|(part, _)| part.manifest.community.clone()).collect(),
        dry_run,
        export,
    })
}

/// Writes what is left beside the folder, checks it, and puts it in its place, whole or not at all.
fn write(
    dir: &Path,
    manifest: &Manifest,
    parts: &[Part],
    left: &[Box<dyn Left + '_>],
    progress: &mut dyn FnMut(usize, usize),
) -> Result<ExportSummary, PruneError> {
    let staging = Staging::beside(dir, &manifest.community, true)?;
    let (mut copies, mut summaries) = (BTreeMap::new(), Vec::new());
    for (part, left) in parts.iter().zip(left).skip(1) {
        let place = staging.path().join(names::COPIES).join(&part.manifest.community);
        let written = left.write(&place, &part.options, &BTreeMap::new(), progress)?;
        summaries.push(left.summary(dir, written.manifest.clone(), Vec::new()));
        copies.insert(part.export.founding.community(), written);
    }
    let (Some(part), Some(own)) = (parts.first(), left.first()) else { return Err(unfit(dir, "it holds nothing")) };
    let written = own.write(staging.path(), &part.options, &copies, progress)?;
    if !copies.is_empty() {
        folder::sync_folder(&staging.path().join(names::COPIES))?;
    }
    verify::verify(staging.path(), &Expected::default(), progress).map_err(PruneError::Left)?;
    staging.publish()?;
    Ok(own.summary(dir, written.manifest, summaries))
}

fn unfit(dir: &Path, why: &'static str) -> PruneError {
    PruneError::Unfit { dir: dir.to_owned(), why }
}

/// The manifest of an export that was checked, and what the check has proved.
fn verified(dir: &Path, progress: &mut dyn FnMut(usize, usize)) -> Result<(Manifest, VerifySummary), PruneError> {
    let wrong = |source| PruneError::Verify { dir: dir.to_owned(), source };
    let checked = verify::verify(dir, &Expected::default(), progress).map_err(wrong)?;
    Ok((read(dir)?, checked))
}

/// The manifest of an export.
fn read(dir: &Path) -> Result<Manifest, PruneError> {
    let path = dir.join(names::MANIFEST);
    let text = folder::text(&path).map_err(ExportError::io("read", &path))?;
    Manifest::read(&text).ok_or_else(|| unfit(dir, "it was changed meanwhile"))
}

#[cfg(test)]
mod copy_tests;
#[cfg(test)]
mod later_tests;
#[cfg(test)]
mod tests;
