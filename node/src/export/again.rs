//! An export that is written again with what is known since, in place of itself.

use super::selection::select;
use super::wanted::Wanted;
use super::writer::Written;
use super::{Earlier, ExportError, ExportOptions, ExportSummary, Job, Source};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::status;
use commonwheel_protocol::dataset::{Manifest, Revocations};
use commonwheel_protocol::ledger::Ledger;
use commonwheel_protocol::record::RecordId;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What an export becomes when it is written again. It has no row that it did not have.
pub struct Again<'a, L>(Job<'a, L>);

impl<'a, L: Ledger> Again<'a, L> {
    /// Selects what is left of it; of a copy, for the community `to`. The options are those by which it was written.
    /// Nothing where records are erased that it left out, and it cannot be told for what.
    ///
    /// # Errors
    /// When something that this takes is not known.
    pub fn select(
        source: Source<'a, L>,
        options: &ExportOptions,
        earlier: &Earlier,
        to: Option<&Cid>,
    ) -> Result<Option<Self>, ExportError> {
        let wanted = Wanted { earlier: Some(earlier), ..Wanted::of(options) };
        let mut selection = select(source.ledger, options.release.as_ref(), wanted, to)?;
        if let Some(copied) = &mut selection.copied {
            let Some(left) = selection.still_out.reasons(earlier) else { return Ok(None) };
            (copied.left_out.kind, copied.left_out.class) = (left.kind, left.class);
            selection.chosen.iter_mut().for_each(|chosen| chosen.by_body = left.unasked);
        }
        Ok(Some(Again(Job { source, selection, allow_incomplete: options.allow_incomplete })))
    }
}

/// What is left of an export, whatever it was learned from.
pub trait Left {
    /// The records with a row.
    ///
    /// # Errors
    /// When they cannot be read.
    fn rows(&self) -> Result<BTreeSet<RecordId>, ExportError>;

    /// What is erased.
    fn revocations(&self) -> &Revocations;

    /// Writes it into a folder, beside copies that are written.
    ///
    /// # Errors
    /// When the system refuses.
    fn write(
        &self,
        dir: &Path,
        options: &ExportOptions,
        copies: &BTreeMap<Cid, Written>,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Written, ExportError>;

    /// What was written to this folder, which holds these copies.
    fn summary(&self, dir: &Path, manifest: Manifest, copies: Vec<ExportSummary>) -> ExportSummary;
}

impl<L: Ledger> Left for Again<'_, L> {
    fn rows(&self) -> Result<BTreeSet<RecordId>, ExportError> {
        let rows = self.0.selection.records.iter().filter(|one| !matches!(one, Ok(one) if !one.row));
        Ok(rows.map(|one| one.map(|one| one.id)).collect::<Result<_, _>>()?)
    }

    fn revocations(&self) -> &Revocations {
        &self.0.selection.revocations
    }

    fn write(
        &self,
        dir: &Path,
        options: &ExportOptions,
        copies: &BTreeMap<Cid, Written>,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Written, ExportError> {
        self.0.write(dir, &options.views, options.merge, copies, progress)
    }

    fn summary(&self, dir: &Path, manifest: Manifest, copies: Vec<ExportSummary>) -> ExportSummary {
        self.0.summary(dir, manifest, copies)
    }
}

/// Whether each of these charters leads to the one by which a ledger goes.
///
/// # Errors
/// When the ledger fails.
pub fn follows(ledger: &impl Ledger, charters: &BTreeSet<String>) -> Result<bool, ExportError> {
    let lineage = status::lineage(ledger)?;
    let path: BTreeSet<_> = lineage.path().into_iter().map(|charter| charter.id().to_string()).collect();
    Ok(charters.is_subset(&path))
}
