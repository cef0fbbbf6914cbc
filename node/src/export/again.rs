//! An export that is written again with what is known since, in place of itself.

use super::selection::select;
use super::wanted::Wanted;
use super::{Earlier, ExportError, ExportOptions, ExportSummary, Job, Source, Staging};
use commonwheel_protocol::core::status;
use commonwheel_protocol::dataset::Revocations;
use commonwheel_protocol::ledger::Ledger;
use commonwheel_protocol::record::RecordId;
use std::collections::{BTreeMap, BTreeSet};

/// What an export becomes when it is written again. It has no row that it did not have.
pub struct Again<'a, L>(Job<'a, L>);

impl<'a, L: Ledger> Again<'a, L> {
    /// Selects what is left of it. The options are those by which it was written.
    ///
    /// # Errors
    /// When something that this takes is not known.
    pub fn select(source: Source<'a, L>, options: &ExportOptions, earlier: &Earlier) -> Result<Self, ExportError> {
        let wanted = Wanted { earlier: Some(earlier), ..Wanted::of(options) };
        let selection = select(source.ledger, options.release.as_ref(), wanted, None)?;
        Ok(Again(Job { source, selection }))
    }

    /// The records with a row.
    pub fn rows(&self) -> BTreeSet<RecordId> {
        self.0.selection.records.iter().filter(|one| one.row).map(|one| one.id).collect()
    }

    /// What is erased.
    pub fn revocations(&self) -> &Revocations {
        &self.0.selection.revocations
    }

    /// Writes it beside the folder and puts it in its place, whole or not at all.
    ///
    /// # Errors
    /// When the system refuses. Then the folder is as it was.
    pub fn write(
        self,
        options: &ExportOptions,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<ExportSummary, ExportError> {
        let community = self.0.source.founding.community().to_string();
        let staging = Staging::beside(&options.out, &community, options.replace)?;
        let written = self.0.write(staging.path(), &options.views, options.merge, &BTreeMap::new(), progress)?;
        staging.publish()?;
        Ok(self.0.summary(&options.out, written.manifest, Vec::new()))
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
