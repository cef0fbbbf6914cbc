//! What this validator compares new records with, and what it makes of a likeness.
//!
//! Of two waiting records that are alike, one has to give way, and to all validators the same, or neither would
//! ever have a quorum. An author's own duplicate gives way to the one with the lower id. What is like another
//! author's waits for a person anyway: there what this validator has let pass counts too. Records that it refused
//! are not compared with, so that what was refused for another fault can be shared again without it.

use super::{Core, Effect, Notice, Step};
use crate::agreement::checks::{Demands, Failure, Known, check, check_matches};
use crate::agreement::{Charter, Verdict};
use crate::bytes::Cid;
use crate::index::{self, prefix};
use crate::ledger::{Batch, Ledger, LedgerError, Shelf};
use crate::limits::{BODY_BYTES, SIMILAR_RECORDS};
use crate::record::{RecordId, SignedHeader};
use crate::sign::PublicKey;
use crate::similar::{Similar, Sketch};

/// Bytes of bodies read in one tick after opening, so that no tick takes long, and what a record counts at least.
const READ_BYTES: usize = 2 * BODY_BYTES;
const RECORD_BYTES: usize = 1024;
/// Records looked up at once.
const PAGE: usize = 256;

/// Sketches of the bodies that are here, and how far they have been read.
pub(super) struct Compared {
    index: Similar,
    reading: Option<Reading>,
}

/// Which records are being read, and after which.
struct Reading {
    shelf: Shelf,
    after: Option<Vec<u8>>,
}

impl Compared {
    pub(super) fn new() -> Self {
        Compared { index: Similar::default(), reading: Some(Reading { shelf: Shelf::Certified, after: None }) }
    }

    /// Forgets the records whose bodies a batch erases, and leaves nowhere.
    pub(super) fn forget_erased(&mut self, batch: &Batch, ledger: &impl Ledger) -> Result<(), LedgerError> {
        for (shelf, cid) in &batch.erasures {
            let other = match shelf {
                Shelf::Certified => Shelf::Waiting,
                Shelf::Waiting => Shelf::Certified,
                Shelf::Live => continue,
            };
            let put = batch.puts.iter().any(|(_, put, _)| put == cid);
            let stays = put || (ledger.holds(other, cid)? && !batch.erasures.contains(&(other, *cid)));
            if !stays {
                self.index.remove_body(cid);
            }
        }
        Ok(())
    }
}

impl Core {
    /// Reads on in the bodies that lay here on opening; whether all have been. Until then nothing is judged.
    pub(super) fn read_similar(&mut self, ledger: &impl Ledger, step: &mut Step) -> Result<bool, LedgerError> {
        let mut room = READ_BYTES;
        while let Some(Reading { shelf, mut after }) = self.similar.reading.take() {
            if self.similar.index.len() >= SIMILAR_RECORDS {
                break;
            }
            let prefix = if shelf == Shelf::Certified { prefix::CERTIFIED } else { prefix::WAITING };
            let page = ledger.scan(&[prefix], after.as_deref(), PAGE)?;
            for entry in &page {
                if room == 0 {
                    self.similar.reading = Some(Reading { shelf, after });
                    return Ok(false);
                }
                after = Some(entry.key.clone());
                let Some(id) = index::last_cid(&entry.key).map(RecordId) else { continue };
                let read = self.read_one(&id, shelf, ledger, step)?;
                room = room.saturating_sub(read.max(RECORD_BYTES));
            }
            self.similar.reading = match (shelf, page.len() == PAGE) {
                (shelf, true) => Some(Reading { shelf, after }),
                (Shelf::Certified, false) => Some(Reading { shelf: Shelf::Live, after: None }),
                _ => None,
            };
        }
        Ok(true)
    }

    /// How many bytes were read.
    fn read_one(
        &mut self,
        id: &RecordId,
        shelf: Shelf,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<usize, LedgerError> {
        if self.similar.index.sketch(id).is_some() {
            return Ok(0);
        }
        let Some(header) = index::header(ledger, shelf, id)? else { return Ok(0) };
        if shelf != Shelf::Certified && self.refused(id, ledger)? {
            return Ok(0);
        }
        match self.body(&header.body, ledger) {
            Ok(Some(body)) => {
                self.remember(id, &header.body, &body);
                Ok(body.len())
            }
            Ok(None) => Ok(0),
            // A body that cannot be read is no reason to judge nothing.
            Err(error) => {
                step.effects.push(Effect::Notice(Notice::Damaged(error.0)));
                Ok(0)
            }
        }
    }

    /// Whether the last that this validator said of a record was a refusal.
    fn refused(&self, id: &RecordId, ledger: &impl Ledger) -> Result<bool, LedgerError> {
        let me = self.validator();
        let said = index::verdicts(ledger, id)?.into_iter().rfind(|verdict| Some(verdict.validator) == me);
        Ok(said.is_some_and(|said| matches!(said.verdict, Verdict::Reject(_))))
    }

    /// Compares later records with this one.
    pub(super) fn remember(&mut self, id: &RecordId, cid: &Cid, body: &[u8]) {
        let known = self.similar.index.sketch(id).is_some();
        if self.validates()
            && !known
            && let Ok(Some(sketch)) = Sketch::of(body)
        {
            self.similar.index.insert(*id, cid, sketch);
        }
    }

    /// Compares no later record with this one.
    pub(super) fn forget(&mut self, id: &RecordId) {
        self.similar.index.remove(id);
    }

    /// All that a validator checks of a record: by itself, and beside those that are here. `before` is the charter
    /// under which it was accepted already; `None` comes back when the charter's ruleset is not here.
    pub(super) fn check_all(
        &self,
        header: &SignedHeader,
        body: &[u8],
        before: Option<&Charter>,
        ledger: &impl Ledger,
    ) -> Result<Option<Result<(), Failure>>, LedgerError> {
        let Some(ruleset) = &self.ruleset else { return Ok(None) };
        let demands = Demands { charter: &self.charter, before, ruleset, now_s: self.now.unix_s() };
        let alone = match check(header, body, &demands) {
            Err(failure) if !failure.reason.needs_person() => return Ok(Some(Err(failure))),
            alone => alone,
        };
        // What was accepted under the charter before was compared then.
        if before.is_some() {
            return Ok(Some(alone));
        }
        let beside = check_matches(&self.known_like(header, body, ledger)?);
        Ok(Some(match (alone, beside) {
            (Err(first), Err(second)) if second.reason.needs_person() => {
                Err(Failure { detail: format!("{}; {}", first.detail, second.detail), ..first })
            }
            (alone, Ok(())) => alone,
            (_, beside) => beside,
        }))
    }

    /// The records like this one that count against it.
    fn known_like(&self, header: &SignedHeader, body: &[u8], ledger: &impl Ledger) -> Result<Vec<Known>, LedgerError> {
        let id = header.id();
        let sketch = match self.similar.index.sketch(&id) {
            Some(sketch) => Some(sketch.clone()),
            None => Sketch::of(body).ok().flatten(),
        };
        let mut all = Vec::new();
        for found in sketch.iter().flat_map(|sketch| self.similar.index.look(sketch)) {
            if !found.exact && by(&header.header().author, &found.record, ledger)? {
                // Nothing follows from it, and reading the header would cost more than all the rest.
                continue;
            }
            let certified = ledger.block(Shelf::Certified, &found.record.0)?;
            let accepted = certified.is_some();
            let other = match certified {
                Some(bytes) => SignedHeader::verify(&bytes).ok(),
                None => self.waiting_header(&found.record, ledger)?,
            };
            let Some(other) = other.filter(|_| found.record != id) else { continue };
            let known = Known::of(found, header, &other);
            let judged = !self.to_check.contains(&found.record) && !self.next_hour.contains(&found.record);
            if accepted || found.record < id || (!known.own && judged) {
                all.push(known);
            }
        }
        Ok(all)
    }
}

/// Whether a record that is held is by an author.
fn by(author: &PublicKey, record: &RecordId, ledger: &impl Ledger) -> Result<bool, LedgerError> {
    let on = |shelf: u8| ledger.value(&index::key(prefix::AUTHOR, &[&author.0, &[shelf], &record.0.to_bytes()]));
    Ok(on(b'c')?.is_some() || on(b'w')?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::IndexEntry;
    use crate::similar::Sketch;

    /// A ledger of bodies on shelves.
    struct Held(Vec<(Shelf, Cid)>);

    impl Ledger for Held {
        fn block(&self, _: Shelf, _: &Cid) -> Result<Option<Vec<u8>>, LedgerError> {
            Ok(None)
        }

        fn holds(&self, shelf: Shelf, cid: &Cid) -> Result<bool, LedgerError> {
            Ok(self.0.contains(&(shelf, *cid)))
        }

        fn value(&self, _: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
            Ok(None)
        }

        fn scan(&self, _: &[u8], _: Option<&[u8]>, _: usize) -> Result<Vec<IndexEntry>, LedgerError> {
            Ok(vec![])
        }
    }

    /// Whether a body is compared with after a batch, which lies on these shelves before.
    fn kept(on: &[Shelf], put: &[Shelf], erased: &[Shelf]) -> bool {
        let body = crate::similar::some_body(1);
        let (cid, mut compared) = (Cid::of_cbor(&body), Compared::new());
        let sketch = Sketch::of(&body).expect("a body").expect("with a sketch");
        compared.index.insert(RecordId(Cid::of_cbor(b"header")), &cid, sketch);
        let mut batch = Batch::default();
        put.iter().for_each(|shelf| batch.put(*shelf, cid, body.clone()));
        erased.iter().for_each(|shelf| batch.erase(*shelf, cid));
        let held = Held(on.iter().map(|shelf| (*shelf, cid)).collect());
        compared.forget_erased(&batch, &held).expect("the ledger answers");
        !compared.index.is_empty()
    }

    #[test]
    fn what_is_erased_is_forgotten_unless_it_stays_elsewhere() {
        use Shelf::{Certified, Live, Waiting};
        assert!(!kept(&[Waiting], &[], &[Waiting]), "refused, and its time is over");
        assert!(!kept(&[Certified], &[], &[Certified]), "withdrawn");
        assert!(!kept(&[Certified, Waiting], &[], &[Waiting, Certified]), "withdrawn, with a copy left behind");
        assert!(kept(&[Waiting], &[Certified], &[Waiting]), "certified");
        assert!(kept(&[Certified, Waiting], &[], &[Waiting]), "the copy left behind");
        assert!(kept(&[Waiting], &[], &[Live]), "something else on another shelf");
    }
}
