//! Which records of an export the charter keeps apart for evaluation.

use super::Known;
use crate::export::ExportError;
use commonwheel_protocol::core::counted::Ids;
use commonwheel_protocol::dataset::{Draw, Split, Voice};
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::record::RecordId;
use std::collections::BTreeSet;

impl<L: Ledger> Known<'_, L> {
    /// Those of these records, which are all of the export in ascending order, that the charter at `leading` keeps apart.
    pub(super) fn apart(&self, records: &impl Ids, leading: usize) -> Result<BTreeSet<RecordId>, ExportError> {
        let Some(draw) = Draw::of(&self.path[leading]) else { return Ok(BTreeSet::new()) };
        let voice = |id: &RecordId| -> Result<Option<Voice>, ExportError> {
            Ok(self.ledger.block(Shelf::Certified, &id.0)?.and_then(|header| Voice::of(&header)))
        };
        let other = |id: &RecordId| if records.holds(id)? { voice(id) } else { Ok(None) };
        let mut apart = BTreeSet::new();
        for id in records.each() {
            let id = id?;
            let own = voice(&id)?.ok_or(ExportError::Missing { record: id, what: "header" })?;
            if draw.split(&own, other)? == Split::Evaluation {
                apart.insert(id);
            }
        }
        Ok(apart)
    }
}
