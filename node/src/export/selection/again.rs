//! What is known of an export that is written again: which rows it had, and what the exports that are read say.

use super::Known;
use commonwheel_protocol::agreement::federation::Why;
use commonwheel_protocol::dataset::Overlap;
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};
use commonwheel_protocol::record::{Header, RecordId};
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
    /// The same of a newer copy of the same community by the same rule, if that is what is known since.
    pub left_out_since: Option<(BTreeSet<RecordId>, ByBody)>,
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

    /// Whether no reason has more records than in another.
    fn is_within(self, other: ByBody) -> bool {
        self.kind <= other.kind && self.class <= other.class && self.unasked <= other.unasked
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

/// Records that an export left out for what their bodies say, as far as they are not erased.
#[derive(Default)]
pub struct StillOut {
    records: BTreeSet<RecordId>,
    /// How many have each reason, of those whose bodies are at hand and still show one.
    shown: ByBody,
}

impl StillOut {
    /// How many these are for each reason; nothing where that cannot be told. What the export stated is the most of each.
    pub fn reasons(&self, earlier: &Earlier) -> Option<ByBody> {
        let stated = earlier.left_out;
        let since = || earlier.left_out_since.as_ref().filter(|(records, _)| *records == self.records);
        let shown = Some(self.shown).filter(|shown| shown.count() == self.records.len());
        let told = shown.or_else(|| since().map(|(_, reasons)| *reasons)).filter(|told| told.is_within(stated));
        stated.of_these(self.records.len()).or(told)
    }
}

impl<L: Ledger> Known<'_, L> {
    /// Notes a record that a copy has left out for its body, with the reason if its body shows one here.
    pub(super) fn still_out(&self, id: &RecordId, header: &Header, still: &mut StillOut) -> Result<(), LedgerError> {
        still.records.insert(*id);
        let (Some(copying), Some(body)) = (&self.copying, self.ledger.block(Shelf::Certified, &header.body)?) else {
            return Ok(());
        };
        let unasked = || self.chosen.as_ref().is_some_and(|chosen| chosen.refuses(header, &body));
        match copying.against(header, &body) {
            Ok(Some(Why::Kind(_))) => still.shown.kind += 1,
            Ok(Some(Why::Class(_))) => still.shown.class += 1,
            Ok(None) if unasked() => still.shown.unasked += 1,
            _ => {}
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use commonwheel_protocol::bytes::Cid;

    #[test]
    fn of_records_that_were_left_out_those_that_are_erased_count_no_more_where_their_reason_is_known() {
        let stated = |kind, class, unasked| ByBody { kind, class, unasked };
        assert_eq!(stated(2, 1, 3).of_these(6), Some(stated(2, 1, 3)));
        assert_eq!(stated(2, 1, 3).of_these(5), None);
        assert_eq!(stated(2, 1, 3).of_these(0), Some(stated(0, 0, 0)));
        assert_eq!(stated(0, 4, 0).of_these(3), Some(stated(0, 3, 0)));
        assert_eq!(stated(0, 4, 0).of_these(5), None, "more than there were");
    }

    #[test]
    fn what_is_told_of_the_others_is_taken_only_where_it_is_of_all_of_them_and_no_more_than_was_stated() {
        let ids = |n: u8| (0..n).map(|n| RecordId(Cid::of_cbor(&[n]))).collect::<BTreeSet<_>>();
        let by_body = |kind, class, unasked| ByBody { kind, class, unasked };
        let told = |shown, since: Option<(u8, ByBody)>| {
            let left_out_since = since.map(|(records, reasons)| (ids(records), reasons));
            let earlier = Earlier { left_out: by_body(2, 1, 1), left_out_since, ..Earlier::default() };
            StillOut { records: ids(3), shown }.reasons(&earlier)
        };
        assert_eq!(told(by_body(1, 1, 1), None), Some(by_body(1, 1, 1)));
        assert_eq!(told(by_body(1, 1, 0), None), None, "of one nothing is known");
        assert_eq!(told(by_body(0, 3, 0), None), None, "its rule is another by now");
        assert_eq!(told(ByBody::default(), Some((3, by_body(2, 1, 0)))), Some(by_body(2, 1, 0)));
        assert_eq!(told(ByBody::default(), Some((4, by_body(2, 1, 0)))), None, "it is said of others too");
        assert_eq!(told(ByBody::default(), Some((3, by_body(0, 1, 2)))), None, "more than were stated");
    }
}
