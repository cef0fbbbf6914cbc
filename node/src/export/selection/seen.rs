//! What one walk over the index shows of each record that counts, so that selecting needs no other.

use super::{Known, Proved};
use crate::export::ExportError;
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::agreement::state::Facts;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::counted::Counted;
use commonwheel_protocol::index::{self, Certified};
use commonwheel_protocol::ledger::{Ledger, LedgerError};
use commonwheel_protocol::record::RecordId;

/// The records that count, each with what was seen of it.
pub(super) struct Walked {
    pub counted: Counted,
    /// In the order of the records. Four bytes each, since there may be millions.
    seen: Vec<Seen>,
}

/// Under which of the newest charters of a path a record has certificates: a bit for each, the newest first.
#[derive(Clone, Copy)]
struct Seen(u32);

impl Walked {
    /// Those that `counts` takes of the certified ones, on a path of charters.
    ///
    /// # Errors
    /// When the ledger fails.
    pub(super) fn of(
        facts: Facts,
        counts: impl Fn(&Certified) -> bool,
        path: &[Cid],
        ledger: &impl Ledger,
    ) -> Result<Self, LedgerError> {
        let mut seen = Vec::new();
        let counted = Counted::of(
            facts,
            |found| {
                let counts = counts(found);
                seen.extend(counts.then(|| Seen::of(found, path)));
                counts
            },
            ledger,
        )?;
        Ok(Walked { counted, seen })
    }

    /// Some of the records with what was seen of them, in ascending order, as they are given; nothing for one that does
    /// not count.
    fn of_these<'w>(&'w self, records: &'w [RecordId]) -> impl Iterator<Item = (&'w RecordId, Option<Seen>)> {
        let mut all = self.counted.ids().iter().zip(&self.seen).peekable();
        records.iter().map(move |id| {
            while all.next_if(|(other, _)| *other < id).is_some() {}
            (id, all.next_if(|(other, _)| *other == id).map(|(_, seen)| *seen))
        })
    }
}

impl Seen {
    fn of(found: &Certified, path: &[Cid]) -> Self {
        let newest = path.iter().rev().take(u32::BITS as usize).enumerate();
        let under = newest.filter(|(_, charter)| found.certificates.iter().any(|(_, under)| under == *charter));
        Seen(under.fold(0, |bits, (place, _)| bits | 1 << place))
    }

    /// Whether there is a certificate under the charter at a place of a path of so many, where a bit tells.
    fn under(self, place: usize, path: usize) -> Option<bool> {
        let place = path - 1 - place;
        (place < u32::BITS as usize).then(|| self.0 >> place & 1 == 1)
    }
}

impl<L: Ledger> Known<'_, L> {
    /// Under which charters certificates show that records were accepted: under the one at the place that `wanted`
    /// names, that of the first release that closed it and holds the record, else the one that leads; if there is none,
    /// under the newest. `wanted` says, too, whether the record should have a row. The records are in ascending order.
    pub(super) fn prove(
        &self,
        records: &[RecordId],
        wanted: impl Fn(&RecordId) -> (bool, usize),
        apart: impl Fn(&RecordId) -> bool,
    ) -> Result<Proved, ExportError> {
        let charters: Vec<_> = self.path.iter().map(Charter::id).collect();
        let mut proved = Proved { records: Vec::with_capacity(records.len()), ..Proved::default() };
        for (id, seen) in self.walked.of_these(records) {
            let missing = || ExportError::Missing { record: *id, what: "certificate" };
            let seen = seen.ok_or_else(missing)?;
            let (wants_row, place) = wanted(id);
            let newest_first = std::iter::once(place).chain((0..charters.len()).rev());
            let mut shown = None;
            for place in newest_first {
                let under = match seen.under(place, charters.len()) {
                    Some(under) => under,
                    None => index::certificates(self.ledger, id)?.iter().any(|(_, under)| *under == charters[place]),
                };
                if under {
                    shown = Some(place);
                    break;
                }
            }
            let place = shown.ok_or_else(missing)?;
            let row = wants_row && self.has_row(id, apart(id), &mut proved)?;
            proved.records.push(super::Selected::new(*id, place, row));
        }
        Ok(proved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonwheel_protocol::index::HeaderEntry;
    use commonwheel_protocol::sign::PublicKey;

    #[test]
    fn what_is_seen_tells_of_the_newest_charters_and_of_no_others() {
        let charter = |n: u32| Cid::of_cbor(&n.to_be_bytes());
        let header = HeaderEntry { time_s: 0, body: charter(0), author: PublicKey([0; 32]), revises: None };
        for length in [1, 2, 32, 33, 40] {
            let path: Vec<_> = (0..length).map(charter).collect();
            for under in [vec![], vec![0], vec![length - 1], vec![length / 2, length - 1], (0..length).collect()] {
                let certificates = under.iter().map(|n| (charter(99), charter(*n))).collect();
                let found = Certified { id: RecordId(charter(7)), header, certificates };
                let seen = Seen::of(&found, &path);
                for place in 0..length {
                    let told = (place + 32 >= length).then(|| under.contains(&place));
                    assert_eq!(seen.under(place as usize, length as usize), told, "{place} of {length}");
                }
            }
        }
    }
}
