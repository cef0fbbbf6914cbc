//! Removing from an export what was erased since it was written, as a newer export or a replica proves it.
//!
//! The folder is written again, by the same options, as somebody writes it who knows both: its own rows and proofs, and
//! the newer proofs. So what comes of it is an export like any other, and for one release the same bytes as the newer
//! one. Nothing is removed on anybody's word: both exports are verified first, and a record goes only by an operation
//! that its author or a quorum signed.

mod known;

use crate::export::{self, Again, Earlier, ExportError, ExportOptions, ExportSummary, Source, Which, folder};
use crate::verify::{self, Expected, VerifyError};
use commonwheel_protocol::dataset::{Filter, ForUse, Manifest, Merging, Revocations, View, names};
use commonwheel_protocol::ledger::Ledger;
use commonwheel_protocol::record::RecordId;
use known::Export;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
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
}

/// Removes from the export at `dir` what the one at `by` proves to be erased.
///
/// # Errors
/// See [`PruneError`]. Then the folder is as it was.
pub fn by_export(
    dir: &Path,
    by: &Path,
    dry_run: bool,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Pruned, PruneError> {
    let mut target = Target::open(dir, progress)?;
    let newer = verified(by, Some(&target.manifest), progress)?;
    let both = known::Both::load(&target.export, &Export::open(by)?, &target.options)?;
    target.earlier.held = Some(both.held.clone());
    let source = Source { ledger: &both.store, founding: &target.export.founding, terms: &target.export.terms };
    let charters = target.manifest.charters.iter().chain(&newer.charters).cloned().collect();
    target.prune(source, &charters, dry_run, progress)
}

/// Removes from the export at `dir` what a replica knows to be erased.
///
/// # Errors
/// See [`PruneError`]. Then the folder is as it was.
pub fn by_replica<L: Ledger>(
    dir: &Path,
    source: Source<L>,
    dry_run: bool,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Pruned, PruneError> {
    let target = Target::open(dir, progress)?;
    if target.manifest.community != source.founding.community().to_string() {
        return Err(target.unfit("it is an export of another community than the replica"));
    }
    let charters = target.manifest.charters.iter().cloned().collect();
    target.prune(source, &charters, dry_run, progress)
}

/// An export that is pruned.
struct Target {
    export: Export,
    manifest: Manifest,
    options: ExportOptions,
    earlier: Earlier,
}

impl Target {
    fn open(dir: &Path, progress: &mut dyn FnMut(usize, usize)) -> Result<Self, PruneError> {
        let manifest = verified(dir, None, progress)?;
        let export = Export::open(dir)?;
        let unfit = |why| PruneError::Unfit { dir: dir.to_owned(), why };
        if manifest.copied.is_some() || !manifest.copies.is_empty() {
            return Err(unfit("it is a copy from another community, or holds copies"));
        }
        let view = |name: &str| View::named(name).ok_or_else(|| unfit("it has views that this program does not know"));
        let views = manifest.views.iter().map(|rows| view(&rows.format)).collect::<Result<_, _>>()?;
        let asks = manifest.filter.as_ref().map(|chosen| chosen.asks.clone()).unwrap_or_default();
        let options = ExportOptions {
            replace: true,
            allow_incomplete: true,
            release: manifest.release.as_ref().map(|release| Which::Id(release.id.clone())),
            filter: Filter { purpose: manifest.purpose.as_ref().and_then(ForUse::purpose), ..asks },
            views,
            // Whether one work was asked for makes no difference where one was written: fewer rows need no more works.
            merge: (!manifest.merged.is_empty()).then_some(Merging::Separate),
            ..ExportOptions::to(dir.to_owned())
        };
        let earlier = Earlier {
            rows: export.rows()?,
            known: export.certified()?.into_iter().collect(),
            incomplete: manifest.incomplete.iter().filter_map(|id| Some(RecordId(id.parse().ok()?))).collect(),
            left_out: manifest.filter.as_ref().map_or(0, |chosen| chosen.by_body),
            overlapping: manifest
                .decontaminated
                .as_ref()
                .map_or(Ok(BTreeMap::new()), |said| export.overlapping(said))?,
            compared: manifest.decontaminated.clone(),
            held: None,
        };
        Ok(Target { export, manifest, options, earlier })
    }

    fn unfit(&self, why: &'static str) -> PruneError {
        PruneError::Unfit { dir: self.options.out.clone(), why }
    }

    fn prune<L: Ledger>(
        &self,
        source: Source<L>,
        charters: &BTreeSet<String>,
        dry_run: bool,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Pruned, PruneError> {
        export::follows(source.ledger, charters)?.then_some(()).ok_or(PruneError::Fork)?;
        let again = Again::select(source, &self.options, &self.earlier)?;
        let rows = again.rows();
        let removed = self.removed(&rows, again.revocations())?;
        let export = match dry_run || removed.is_empty() {
            true => None,
            false => Some(again.write(&self.options, progress)?),
        };
        let dir = self.options.out.clone();
        Ok(Pruned { dir, rows_before: self.earlier.rows.len(), rows: rows.len(), removed, dry_run, export })
    }

    /// The rows that go, each by what erases it.
    fn removed(&self, rows: &BTreeSet<RecordId>, revocations: &Revocations) -> Result<Vec<Removed>, PruneError> {
        let gone: Vec<_> = self.earlier.rows.difference(rows).collect();
        let unknown: Vec<_> = gone.iter().filter(|id| revocations.get(id).is_none()).collect();
        if let Some(first) = unknown.first() {
            return Err(PruneError::Unknown { count: unknown.len(), first: ***first });
        }
        let removed = gone.into_iter().filter_map(|id| Some((id, revocations.get(id)?)));
        let removed =
            removed.map(|(id, one)| Removed { id: id.to_string(), why: one.why.name(), by: one.by.to_string() });
        Ok(removed.collect())
    }
}

/// The manifest of an export that was checked, of the same community as another.
fn verified(
    dir: &Path,
    like: Option<&Manifest>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Manifest, PruneError> {
    let wrong = |source| PruneError::Verify { dir: dir.to_owned(), source };
    let expected = Expected { community: like.and_then(|other| other.community.parse().ok()), ..Expected::default() };
    verify::verify(dir, &expected, progress).map_err(wrong)?;
    let path = dir.join(names::MANIFEST);
    let text = folder::text(&path).map_err(ExportError::io("read", &path))?;
    let changed = || PruneError::Unfit { dir: dir.to_owned(), why: "it was changed meanwhile" };
    Manifest::read(&text).ok_or_else(changed)
}

#[cfg(test)]
mod tests;
