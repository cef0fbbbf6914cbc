//! What one walk over the index shows of each record that counts, so that selecting needs no other.

use super::{Known, Proved};
use crate::export::ExportError;
use crate::export::list::{Item, List};
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::agreement::state::{Facts, Standing};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::counted::Counted;
use commonwheel_protocol::index::{self, Certified};
use commonwheel_protocol::ledger::{Ledger, LedgerError};
use commonwheel_protocol::record::RecordId;
use std::collections::BTreeMap;
use std::path::Path;

/// The records that count, each with what was seen of it.
pub(super) struct Walked {
    pub counted: Counted<List<RecordId>>,
    /// In the order of the records.
    seen: List<Seen>,
}

/// Under which of the newest charters of a path a record has certificates: a bit for each, the newest first.
#[derive(Clone, Copy)]
struct Seen(u32);

impl Walked {
    /// Those that `counts` takes of the certified ones, on a path of charters. Their lists may lie in the folder `lists`.
    ///
    /// # Errors
    /// When the ledger or a list fails.
    pub(super) fn of(
        facts: Facts,
        counts: impl Fn(&Certified) -> bool,
        path: &[Cid],
        ledger: &impl Ledger,
        lists: &Path,
    ) -> Result<Self, LedgerError> {
        let (mut seen, mut put) = (List::beside(lists), Ok(()));
        let sees = |found: &Certified| {
            let counts = counts(found);
            if counts && put.is_ok() {
                put = seen.add(&Seen::of_certified(found, path));
            }
            counts
        };
        let counted = Counted::of(List::beside(lists), facts, sees, ledger)?;
        put.map(|()| Walked { counted, seen })
    }

    /// Some of the records with what was seen of them, in ascending order, as they are given; nothing for one that does
    /// not count.
    fn of_these<'w>(
        &'w self,
        records: impl Iterator<Item = Result<RecordId, LedgerError>> + 'w,
    ) -> impl Iterator<Item = Result<(RecordId, Option<Seen>), LedgerError>> + 'w {
        let all = self.counted.ids().iter().zip(self.seen.iter());
        let mut all = all.map(|(id, seen)| Ok::<_, LedgerError>((id?, seen?))).peekable();
        records.map(move |id| {
            let id = id?;
            while all.next_if(|found| matches!(found, Ok((other, _)) if *other < id)).is_some() {}
            let found = all.next_if(|found| !matches!(found, Ok((other, _)) if *other != id)).transpose()?;
            Ok((id, found.map(|(_, seen)| seen)))
        })
    }

    /// What became of some of the records that count, which are in ascending order.
    ///
    /// # Errors
    /// When a list fails.
    pub(super) fn standings(
        &self,
        records: impl Iterator<Item = RecordId>,
    ) -> Result<BTreeMap<RecordId, Standing>, LedgerError> {
        let found = self.of_these(records.map(Ok)).filter_map(|found| match found {
            Ok((id, seen)) => seen.map(|_| Ok((id, self.counted.standing_of(&id)))),
            Err(error) => Some(Err(error)),
        });
        found.collect()
    }
}

impl Item for Seen {
    const BYTES: usize = 4;

    fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.0.to_be_bytes());
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(u32::from_be_bytes).map(Seen)
    }
}

impl Seen {
    fn of_certified(found: &Certified, path: &[Cid]) -> Self {
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
        records: impl Iterator<Item = Result<RecordId, LedgerError>>,
        wanted: impl Fn(&RecordId) -> (bool, usize),
        apart: impl Fn(&RecordId) -> bool,
    ) -> Result<Proved, ExportError> {
        let charters: Vec<_> = self.path.iter().map(Charter::id).collect();
        let mut proved = Proved::beside(&self.lists);
        for found in self.walked.of_these(records) {
            let (id, seen) = found?;
            let missing = || ExportError::Missing { record: id, what: "certificate" };
            let seen = seen.ok_or_else(missing)?;
            let (wants_row, place) = wanted(&id);
            let newest_first = std::iter::once(place).chain((0..charters.len()).rev());
            let mut shown = None;
            for place in newest_first {
                let under = match seen.under(place, charters.len()) {
                    Some(under) => under,
                    None => index::certificates(self.ledger, &id)?.iter().any(|(_, under)| *under == charters[place]),
                };
                if under {
                    shown = Some(place);
                    break;
                }
            }
            let place = shown.ok_or_else(missing)?;
            let row = wants_row && self.has_row(&id, apart(&id), &mut proved)?;
            proved.records.add(&super::Selected::new(id, place, row))?;
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
                let seen = Seen::of_certified(&found, &path);
                for place in 0..length {
                    let told = (place + 32 >= length).then(|| under.contains(&place));
                    assert_eq!(seen.under(place as usize, length as usize), told, "{place} of {length}");
                }
            }
        }
    }
}
