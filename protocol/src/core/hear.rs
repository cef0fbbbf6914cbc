//! What a node makes of gossip, and of anything else of the same form.

use super::operate::Taken;
use super::{Core, Judgement, Notice, Offence, Step};
use crate::agreement::certificate::CertificateError;
use crate::agreement::{Batch, Certificate, Entry, Verdict};
use crate::bytes::Cid;
use crate::index::{self, VerdictEntry, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::limits::{WAITING_PER_AUTHOR, WAITING_RECORDS};
use crate::record::{RecordId, SignedHeader};
use crate::sign::PublicKey;
use crate::wire::exchange::{Peer, Receipt};
use crate::wire::gossip::{Message, MessageError};
use std::collections::BTreeSet;

impl Core {
    /// Checks a message and keeps what is new in it.
    pub(super) fn hear(
        &mut self,
        from: &Peer,
        bytes: &[u8],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Judgement, LedgerError> {
        self.hear_message(from, Message::read(bytes), ledger, step)
    }

    /// The same for a message that was read, or could not be.
    pub(super) fn hear_message(
        &mut self,
        from: &Peer,
        message: Result<Message, MessageError>,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Judgement, LedgerError> {
        let heard = match message {
            Ok(message) => self.take_in(&message, from, ledger, step)?,
            Err(MessageError::Oversized(_)) => Err(Offence::Oversized),
            Err(_) => Err(Offence::Malformed),
        };
        match heard {
            Ok(true) => Ok(Judgement::Accept),
            Ok(false) => Ok(Judgement::Ignore),
            Err(offence) => {
                self.penalise(from, offence, step);
                Ok(Judgement::Reject)
            }
        }
    }

    /// Whether the message held anything new; or what its sender did wrong, in which case nothing
    /// of it is kept. Everything is checked before anything is.
    fn take_in(
        &mut self,
        message: &Message,
        from: &Peer,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Result<bool, Offence>, LedgerError> {
        let message = self.unheld(message, ledger)?;
        let checked = match self.check_message(&message) {
            Ok(checked) => checked,
            Err(offence) => return Ok(Err(offence)),
        };
        let mut new = false;
        for operation in &message.operations {
            match self.take_operation(operation, ledger, step)? {
                Ok(taken) => new |= taken == Taken::New,
                Err(refused) => return Ok(Err(refused.offence)),
            }
        }
        let vouched: BTreeSet<_> = checked.receipts.iter().flat_map(|(receipt, _)| receipt.records.clone()).collect();
        for header in checked.headers {
            if vouched.contains(&header.id()) || self.vouched_before(&header.id(), ledger)? {
                new |= self.keep_header(&header, ledger, step)?;
            }
        }
        for (receipt, bytes) in checked.receipts {
            new |= self.keep_receipt(&receipt, bytes, ledger, step)?;
        }
        for batch in checked.batches {
            new |= self.keep_batch(&batch, ledger, step)?;
        }
        for certificate in checked.certificates {
            new |= self.keep_certificate(&certificate, from, ledger, step)?;
        }
        Ok(Ok(new))
    }

    /// What of a message is not held already: only that is checked, since checking signatures is
    /// most of the work, and pages of what waits repeat themselves.
    fn unheld(&self, message: &Message, ledger: &impl Ledger) -> Result<Message, LedgerError> {
        let unheld = |blocks: &[Vec<u8>], shelf| -> Result<Vec<Vec<u8>>, LedgerError> {
            let mut left = Vec::new();
            for block in blocks {
                if !ledger.holds(shelf, &Cid::of_cbor(block))? {
                    left.push(block.clone());
                }
            }
            Ok(left)
        };
        Ok(Message {
            headers: unheld(&message.headers, Shelf::Live)?,
            receipts: unheld(&message.receipts, Shelf::Live)?,
            batches: unheld(&message.batches, Shelf::Live)?,
            certificates: unheld(&message.certificates, Shelf::Certified)?,
            operations: message.operations.clone(),
        })
    }

    /// Whether a receipt that is held already, by a validator of the charter that leads, vouches for a record: others
    /// take none by anybody else.
    pub(super) fn vouched_before(&self, id: &RecordId, ledger: &impl Ledger) -> Result<bool, LedgerError> {
        let start = index::key(prefix::RECEIPT, &[&id.0.to_bytes()]);
        let mut vouched = false;
        index::each(ledger, &start, |entry| {
            let key = entry.key[start.len()..].first_chunk::<32>().map(|key| PublicKey(*key));
            vouched |= key.is_some_and(|key| self.charter.validator(&key).is_some());
            Ok(())
        })?;
        Ok(vouched)
    }

    fn check_message<'m>(&self, message: &'m Message) -> Result<Checked<'m>, Offence> {
        let mut checked = Checked::default();
        for bytes in &message.headers {
            let header = SignedHeader::verify(bytes).map_err(|_| Offence::False)?;
            self.ours(header.header().community)?;
            checked.headers.push(header);
        }
        for bytes in &message.receipts {
            let receipt = Receipt::verify(bytes).map_err(|_| Offence::False)?;
            self.ours(receipt.community)?;
            // A receipt names no charter: one by a key that is not named here may be by a validator of a
            // successor that has not come yet.
            if self.charter.validator(&receipt.validator).is_some() {
                checked.receipts.push((receipt, bytes));
            }
        }
        for bytes in &message.batches {
            let batch = Batch::verify(bytes).map_err(|_| Offence::False)?;
            self.ours(batch.signed().community)?;
            // Under a charter that does not lead here verdicts count for nothing, and nobody is at fault: it was
            // succeeded, or its successor has not come yet.
            if batch.signed().charter == self.charter.id() {
                self.charter.validator(&batch.signed().validator).ok_or(Offence::False)?;
                checked.batches.push(batch);
            }
        }
        for bytes in &message.certificates {
            checked.certificates.extend(self.check_certificate(bytes)?);
        }
        Ok(checked)
    }

    /// Checks a certificate; `None` when it is under a charter that is not certified here (yet).
    pub(super) fn check_certificate(&self, bytes: &[u8]) -> Result<Option<Certificate>, Offence> {
        // One under a certified charter that another round has replaced is kept too: it counts for nothing, but those
        // who went by that charter hold it, and would offer it for ever.
        let path = self.lineage.path().into_iter().rev();
        for charter in path.chain(self.lineage.charters().map(|(_, charter)| charter)) {
            match Certificate::verify(bytes, charter) {
                Ok(certificate) => return Ok(Some(certificate)),
                Err(CertificateError::OtherCharter) => {}
                Err(CertificateError::Oversized(_)) => return Err(Offence::Oversized),
                Err(_) => return Err(Offence::False),
            }
        }
        Ok(None)
    }

    fn ours(&self, community: Cid) -> Result<(), Offence> {
        if community == self.community { Ok(()) } else { Err(Offence::False) }
    }

    /// Keeps a waiting header that a validator has vouched for; whether it was new.
    pub(super) fn keep_header(
        &mut self,
        header: &SignedHeader,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<bool, LedgerError> {
        let id = header.id();
        if self.known(&id, ledger, step)? || !self.has_room(header) {
            return Ok(false);
        }
        let gone = self.is_gone(header, ledger)?.is_some();
        if gone || self.has_expired(&id, header.header().time.unix_s(), ledger)? {
            return Ok(false);
        }
        step.batch.put(Shelf::Live, id.0, header.bytes().to_vec());
        self.waiting += 1;
        *self.waiting_by_author.entry(header.header().author).or_default() += 1;
        self.bodiless.insert(id);
        self.to_count.insert(id);
        self.hearsay.changed([id]);
        Ok(true)
    }

    pub(super) fn has_room(&self, header: &SignedHeader) -> bool {
        let by_author = self.waiting_by_author.get(&header.header().author).copied().unwrap_or(0);
        self.waiting < WAITING_RECORDS && by_author < WAITING_PER_AUTHOR
    }

    /// Whether a record's header is held, on a shelf or in the step under way.
    pub(super) fn known(&self, id: &RecordId, ledger: &impl Ledger, step: &Step) -> Result<bool, LedgerError> {
        Ok(step.batch.puts.iter().any(|(_, cid, _)| *cid == id.0)
            || ledger.holds(Shelf::Live, &id.0)?
            || ledger.holds(Shelf::Certified, &id.0)?)
    }

    /// Keeps a receipt that says something new of a record that is known; whether it did.
    pub(super) fn keep_receipt(
        &mut self,
        receipt: &Receipt,
        bytes: &[u8],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<bool, LedgerError> {
        let mut news = false;
        for id in &receipt.records {
            let start = index::key(prefix::RECEIPT, &[&id.0.to_bytes(), &receipt.validator.0]);
            let heard = step.vouched.contains(&(*id, receipt.validator));
            news |= !heard && self.known(id, ledger, step)? && ledger.scan(&start, None, 1)?.is_empty();
        }
        if !news {
            return Ok(false);
        }
        step.batch.put(Shelf::Live, Cid::of_cbor(bytes), bytes.to_vec());
        step.vouched.extend(receipt.records.iter().map(|id| (*id, receipt.validator)));
        self.hearsay.changed(receipt.records.iter().copied());
        step.effects.push(super::Effect::Notice(Notice::Held(receipt.validator, receipt.records.clone())));
        Ok(true)
    }

    fn keep_batch(&mut self, batch: &Batch, ledger: &impl Ledger, step: &mut Step) -> Result<bool, LedgerError> {
        let cid = Cid::of_cbor(batch.bytes());
        if ledger.holds(Shelf::Live, &cid)? {
            return Ok(false);
        }
        let said = said_before(batch, ledger)?;
        self.compare_batch(batch, &said, ledger, step)?;
        if !self.says_something_new(batch, &said, ledger, step)? {
            return Ok(false);
        }
        step.batch.put(Shelf::Live, cid, batch.bytes().to_vec());
        self.to_count.extend(batch.entries().iter().map(|entry| entry.record));
        self.hearsay.changed(batch.entries().iter().map(|entry| entry.record));
        self.ask_why(batch);
        Ok(true)
    }

    /// Of one's own records that a validator has just refused, the next submission tells why.
    fn ask_why(&mut self, batch: &Batch) {
        let refused = batch.entries().iter().filter(|entry| matches!(entry.verdict, Verdict::Reject(_)));
        let own: Vec<_> = refused.map(|entry| entry.record).filter(|record| self.own.contains(record)).collect();
        let signer = batch.signed().validator;
        for state in self.peers.values_mut().filter(|state| state.validator == Some(signer)) {
            own.iter().for_each(|record| {
                state.submitted.remove(record);
            });
        }
    }

    /// Bounds what a validator can make others store: of records that are known, its first
    /// acceptance, and a few other verdicts. What comes before its header is asked for later.
    fn says_something_new(
        &self,
        batch: &Batch,
        said: &[Vec<VerdictEntry>],
        ledger: &impl Ledger,
        step: &Step,
    ) -> Result<bool, LedgerError> {
        for (entry, said) in batch.entries().iter().zip(said) {
            let room = entry.verdict == Verdict::Accept || said.len() < MOST_VERDICTS;
            let repeated = said.iter().any(|verdict| verdict.verdict == entry.verdict);
            if room && !repeated && self.known(&entry.record, ledger, step)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Keeps a certificate, if it is the first of its record or beats the one held.
    fn keep_certificate(
        &mut self,
        certificate: &Certificate,
        from: &Peer,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<bool, LedgerError> {
        let id = certificate.record();
        if self.just_certified(&id, step) {
            // A second certificate in one message. If it is the lower, reconciliation brings it.
            return Ok(false);
        }
        if ledger.holds(Shelf::Certified, &id.0)? {
            let replaced = self.replace_certificate(certificate, ledger, step)?;
            if replaced && certificate.charter() == self.charter.id() {
                self.ripe.remove(&id);
            }
            return Ok(replaced);
        }
        match self.waiting_header(&id, ledger)? {
            Some(header) if header.header().time == certificate.time() => {
                self.certify(&header, certificate, ledger, step)?;
                Ok(true)
            }
            Some(_) => Ok(false),
            None => {
                // The header comes with the record, from whoever sent the certificate.
                if let Some(peer) = self.peers.get_mut(from) {
                    peer.to_fetch.insert(index::Item::of(&id, &certificate.cid()));
                }
                Ok(true)
            }
        }
    }

    /// A waiting record's header.
    pub(super) fn waiting_header(
        &self,
        id: &RecordId,
        ledger: &impl Ledger,
    ) -> Result<Option<SignedHeader>, LedgerError> {
        let bytes = ledger.block(Shelf::Live, &id.0)?;
        Ok(bytes.and_then(|bytes| SignedHeader::verify(&bytes).ok()))
    }
}

/// What a batch's validator has said before, under its charter, of each record in it.
fn said_before(batch: &Batch, ledger: &impl Ledger) -> Result<Vec<Vec<VerdictEntry>>, LedgerError> {
    let signed = batch.signed();
    let own = |verdict: &VerdictEntry| verdict.validator == signed.validator && verdict.charter == signed.charter;
    let of = |entry: &Entry| Ok(index::verdicts(ledger, &entry.record)?.into_iter().filter(own).collect());
    batch.entries().iter().map(of).collect()
}

/// Verdicts of one validator on one record that are kept.
const MOST_VERDICTS: usize = 4;

#[derive(Default)]
struct Checked<'m> {
    headers: Vec<SignedHeader>,
    receipts: Vec<(Receipt, &'m Vec<u8>)>,
    batches: Vec<Batch>,
    certificates: Vec<Certificate>,
}
