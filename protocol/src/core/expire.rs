//! Erasing what was kept for as long as the charter says: what waits, and words about what is gone.

use super::{Core, Effect, Notice, Step};
use crate::agreement::{Batch, Verdict};
use crate::index::{self, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::record::RecordId;
use crate::record::header::DAY_S;

/// Waiting records looked at in one tick for how long they have been kept.
const EXPIRY_PAGE: usize = 256;
/// Own batches looked at in one tick: each has a signature that is checked.
const WORDS_PAGE: usize = 16;

impl Core {
    /// Whether a waiting record has been kept for as long as the charter says.
    pub(super) fn has_expired(&self, id: &RecordId, time_s: i64, ledger: &impl Ledger) -> Result<bool, LedgerError> {
        let age_s = self.now.unix_s() - time_s;
        if age_s > self.charter.number("waiting_days") * DAY_S {
            return Ok(true);
        }
        if age_s <= self.charter.number("refused_days") * DAY_S {
            return Ok(false);
        }
        let me = self.validator();
        let mine = index::verdicts(ledger, id)?.into_iter().filter(|verdict| Some(verdict.validator) == me);
        Ok(mine.max_by_key(|verdict| verdict.number).is_some_and(|last| matches!(last.verdict, Verdict::Reject(_))))
    }

    /// Erases what has waited for too long, some of it in each tick. The author's own copy on a node that is
    /// no validator goes too: nobody will accept it any more.
    pub(super) fn expire(&mut self, ledger: &impl Ledger, step: &mut Step) -> Result<(), LedgerError> {
        let page = ledger.scan(&[prefix::WAITING], self.expired_to.as_deref(), EXPIRY_PAGE)?;
        self.expired_to = match page.len() == EXPIRY_PAGE {
            true => page.last().map(|entry| entry.key.clone()),
            false => None,
        };
        for entry in page {
            let Some(id) = index::last_cid(&entry.key).map(RecordId) else { continue };
            let Some(header) = index::header(ledger, Shelf::Live, &id)? else { continue };
            if self.has_expired(&id, header.time_s, ledger)? && !ledger.holds(Shelf::Certified, &id.0)? {
                self.erase_body_of(&id, ledger, step)?;
                step.effects.push(Effect::Notice(Notice::Expired(id)));
            }
        }
        Ok(())
    }

    /// Erases batches that this validator signed so long ago that nothing they speak of can wait any more, if nothing
    /// of it is known here. Such a batch is given back after its disk was replaced, with records that went meanwhile.
    ///
    /// Until then it is kept: what it speaks of may still come, and must not be judged otherwise.
    pub(super) fn expire_words(&mut self, ledger: &impl Ledger, step: &mut Step) -> Result<(), LedgerError> {
        let Some(me) = self.validator() else { return Ok(()) };
        // Batches are numbered by the time; a record's time is at most a day off that of its first verdict.
        let before = self.now.unix_s() - (self.charter.number("waiting_days") + 1) * DAY_S;
        let start = index::key(prefix::BATCH, &[&me.0]);
        let from = index::key(prefix::BATCH, &[&me.0, &(self.words_to + 1).to_be_bytes()]);
        for entry in ledger.scan(&start, Some(&from), WORDS_PAGE)? {
            let number = entry.key.get(33..).and_then(|rest| rest.first_chunk::<8>()).map(|at| i64::from_be_bytes(*at));
            let Some((number, cid)) = number.zip(index::last_cid(&entry.key)) else { continue };
            if number >= before {
                break;
            }
            self.words_to = number;
            let Some(batch) = ledger.block(Shelf::Live, &cid)?.and_then(|bytes| Batch::verify(&bytes).ok()) else {
                continue;
            };
            if !self.speaks_of_known(&batch, ledger, step)? {
                step.batch.erase(Shelf::Live, cid);
            }
        }
        Ok(())
    }

    /// Whether a batch has a word on a record that is known here, after this step.
    fn speaks_of_known(&self, batch: &Batch, ledger: &impl Ledger, step: &Step) -> Result<bool, LedgerError> {
        for entry in batch.entries() {
            if self.stays_known(&entry.record, ledger, step)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
