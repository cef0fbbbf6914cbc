//! Which records an export is asked to hold.

use super::{Earlier, ExportOptions, list};
use crate::benchmark::Loaded;
use commonwheel_protocol::dataset::{Contaminated, Filter, Overlap, overlaps};
use commonwheel_protocol::record::RecordId;
use std::collections::BTreeMap;
use std::path::Path;

/// What records must be to have a row.
#[derive(Clone, Default)]
pub struct Wanted<'a> {
    /// What they must say.
    pub filter: Filter,
    /// With what they may not overlap.
    pub benchmarks: Option<&'a Loaded>,
    /// The export that is written again, if it is: no other record than before gets a row.
    pub earlier: Option<&'a Earlier>,
    /// Where long lists may lie; nothing for the system's folder for what is temporary.
    pub lists: Option<&'a Path>,
}

impl<'a> Wanted<'a> {
    /// What is asked for.
    pub fn of(options: &'a ExportOptions) -> Self {
        let (filter, benchmarks) = (options.filter.clone(), options.benchmarks.as_deref());
        Wanted { filter, benchmarks, earlier: None, lists: Some(list::above(&options.out)) }
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

    /// Keeps a record in mind of which it is known what it overlaps with.
    pub fn put(&mut self, id: &RecordId, found: BTreeMap<u16, u32>) {
        self.0.insert(*id, found);
    }

    /// What the manifest says of them: with what they were compared, and how many overlap.
    pub fn stated(&self, compared: &Overlap) -> Overlap {
        Overlap { left_out: self.0.len(), ..compared.clone() }
    }

    /// Their lines, by id.
    pub fn lines(&self, compared: &Overlap) -> Vec<Contaminated> {
        self.0.iter().map(|(id, found)| compared.line(id, found)).collect()
    }
}
