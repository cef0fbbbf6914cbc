//! Which records an export is asked to hold.

use super::{Earlier, ExportOptions};
use crate::benchmark::Loaded;
use commonwheel_protocol::dataset::{Contaminated, Filter, Overlap, overlaps};
use commonwheel_protocol::record::RecordId;
use std::collections::BTreeMap;

/// What records must be to have a row.
#[derive(Clone, Default)]
pub struct Wanted<'a> {
    /// What they must say.
    pub filter: Filter,
    /// With what they may not overlap.
    pub benchmarks: Option<&'a Loaded>,
    /// The export that is written again, if it is: no other record than before gets a row.
    pub earlier: Option<&'a Earlier>,
}

impl<'a> Wanted<'a> {
    /// What is asked for.
    pub fn of(options: &'a ExportOptions) -> Self {
        Wanted { filter: options.filter.clone(), benchmarks: options.benchmarks.as_deref(), earlier: None }
    }
}

/// Records that overlap with benchmarks, and have no row for that.
#[derive(Default)]
pub struct Overlapping(BTreeMap<RecordId, BTreeMap<u16, u32>>);

impl Overlapping {
    /// Whether a body overlaps with benchmarks; then its record is kept in mind.
    pub fn take(&mut self, id: &RecordId, body: &[u8], benchmarks: &Loaded) -> bool {
        let found = overlaps(body, &benchmarks.benchmarks);
        let overlaps = !found.is_empty();
        if overlaps {
            self.0.insert(*id, found);
        }
        overlaps
    }

    /// What the manifest says of them.
    pub fn stated(&self, benchmarks: &Loaded) -> Overlap {
        Overlap { left_out: self.0.len(), ..benchmarks.overlap.clone() }
    }

    /// Their lines, by id.
    pub fn lines(&self, benchmarks: &Loaded) -> Vec<Contaminated> {
        self.0.iter().map(|(id, found)| benchmarks.overlap.line(id, found)).collect()
    }
}
