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
    /// The records that it left out for what their bodies say, but for benchmarks: accepted ones whose headers are fit,
    /// that it does not name as incomplete.
    pub by_body: BTreeSet<RecordId>,
    /// How many these are, for each reason.
    pub left_out: ByBody,
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

/// How many records an export left out for what their bodies say: which they are nobody can tell without these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByBody {
    /// In a copy, for their kind.
    pub kind: usize,
    /// In a copy, for a class of high risk.
    pub class: usize,
    /// Since they were not asked for.
    pub unasked: usize,
}

impl ByBody {
    /// How many they are.
    pub fn count(self) -> usize {
        self.kind.saturating_add(self.class).saturating_add(self.unasked)
    }

    /// The same for so many of them as are not erased; nothing where it cannot be told which reason the others had.
    pub fn of_these(self, left: usize) -> Option<ByBody> {
        let one = |stated: usize| if stated > 0 { left } else { 0 };
        let reasons = [self.kind, self.class, self.unasked].iter().filter(|count| **count > 0).count();
        match left {
            all if all == self.count() => Some(self),
            _ if reasons == 1 && left < self.count() => {
                Some(ByBody { kind: one(self.kind), class: one(self.class), unasked: one(self.unasked) })
            }
            0 => Some(ByBody::default()),
            _ => None,
        }
    }
}

/// Why a record has no row again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Had {
    /// It was left out for what its body says.
    LeftOut,
    /// It was left out since it overlaps with these items of benchmarks.
    Overlaps(BTreeMap<u16, u32>),
    /// It was not there, or was left out for another reason that holds no more, or its body was not at hand.
    Nothing,
}

impl Earlier {
    /// Why a record whose header fits gets no row, if it had none.
    pub fn against(&self, id: &RecordId) -> Option<Had> {
        if self.rows.contains(id) {
            return None;
        }
        let overlaps = self.overlapping.get(id).map(|found| Had::Overlaps(found.clone()));
        let had = self.by_body.contains(id);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_records_that_were_left_out_those_that_are_erased_count_no_more_where_their_reason_is_known() {
        let stated = |kind, class, unasked| ByBody { kind, class, unasked };
        assert_eq!(stated(2, 1, 3).of_these(6), Some(stated(2, 1, 3)));
        assert_eq!(stated(2, 1, 3).of_these(5), None);
        assert_eq!(stated(2, 1, 3).of_these(0), Some(stated(0, 0, 0)));
        assert_eq!(stated(0, 4, 0).of_these(3), Some(stated(0, 3, 0)));
        assert_eq!(stated(0, 4, 0).of_these(5), None, "more than there were");
    }
}
