//! What is known of an export that is written again: which rows it had, and what the exports that are read say.

use commonwheel_protocol::core::counted::Counted;
use commonwheel_protocol::core::facts::Counting;
use commonwheel_protocol::dataset::Overlap;
use commonwheel_protocol::ledger::{Ledger, LedgerError};
use commonwheel_protocol::record::RecordId;
use std::collections::{BTreeMap, BTreeSet};

/// An export as it was before.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    /// The records with a row.
    pub rows: BTreeSet<RecordId>,
    /// The records that it knew to be accepted.
    pub known: BTreeSet<RecordId>,
    /// Those of which it said that their bodies were not at hand.
    pub incomplete: BTreeSet<RecordId>,
    /// How many it left out for what their bodies say, but for benchmarks.
    pub left_out: usize,
    /// With which benchmarks it was compared, if it was.
    pub compared: Option<Overlap>,
    /// The records that overlap with these, and with which items, as [`overlaps`] gives them.
    ///
    /// [`overlaps`]: commonwheel_protocol::dataset::overlaps
    pub overlapping: BTreeMap<RecordId, BTreeMap<u16, u32>>,
    /// Where exports are all that is known: in which releases erased records were, as they state it. Nothing where a
    /// replica knows.
    pub held: Option<BTreeMap<RecordId, BTreeSet<i64>>>,
}

/// Why a record has no row again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Had {
    /// It was left out for what its body says.
    LeftOut,
    /// It was left out since it overlaps with these items of benchmarks.
    Overlaps(BTreeMap<u16, u32>),
    /// It was not there, or its body was not.
    Nothing,
}

impl Earlier {
    /// Why a record whose header fits gets no row, if it had none.
    pub fn against(&self, id: &RecordId) -> Option<Had> {
        if self.rows.contains(id) {
            return None;
        }
        let overlaps = self.overlapping.get(id).map(|found| Had::Overlaps(found.clone()));
        let had = self.left_out > 0 && self.known.contains(id) && !self.incomplete.contains(id);
        Some(overlaps.unwrap_or(if had { Had::LeftOut } else { Had::Nothing }))
    }
}

/// Whether exports are all that is known. They hold one certificate of each record, and of releases only the pages
/// that they need.
pub fn known_apart(earlier: Option<&Earlier>) -> bool {
    earlier.is_some_and(|earlier| earlier.held.is_some())
}

/// What an edition follows from, but for its records, where no state does since pages of a closing release are not
/// here.
pub fn counted(counting: &Counting, ledger: &impl Ledger) -> Result<Counted, LedgerError> {
    Counted::of(counting.facts(ledger)?, |_| false, ledger)
}
