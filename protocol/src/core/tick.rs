//! What happens as time passes: verdicts are signed, gossip leaves, peers are asked again.

use super::accept::TURN_MS;
use super::peers::Asked;
use super::{Core, Effect, Notice, Step, status};
use crate::agreement::checks::Failure;
use crate::agreement::reason::Reason;
use crate::agreement::{Batch, Charter, Class, Entry, Verdict};
use crate::bytes::Cid;
use crate::index::{self, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::limits::{ATTESTATION_ENTRIES, BODY_BYTES, GOSSIP_BYTES, GOSSIP_ITEMS, REVISIONS};
use crate::record::header::HOUR_S;
use crate::record::{RecordId, SignedHeader};
use crate::wire::exchange::Ask;
use crate::wire::gossip::Message;
use std::collections::BTreeMap;

/// Between two reconciliations with peers.
const SYNC_EVERY_MS: u64 = 5_000;
/// Bytes of bodies after which no further record is checked in a tick, so that no tick takes long.
const CHECKED_BYTES: usize = 2 * BODY_BYTES;

impl Core {
    pub(super) fn tick(&mut self, ledger: &impl Ledger, step: &mut Step) -> Result<(), LedgerError> {
        self.give_up_late_asks();
        self.note_catching_up();
        self.expire(ledger, step)?;
        self.expire_words(ledger, step)?;
        self.count(ledger)?;
        self.count_voices(ledger, step)?;
        self.certify_ripe(ledger, step)?;
        self.attest(ledger, step)?;
        self.gossip(ledger, step)?;
        let sync = self.next_sync <= self.now;
        if sync {
            self.next_sync = self.now.plus(SYNC_EVERY_MS);
        }
        let peers: Vec<_> = self.peers.keys().cloned().collect();
        for peer in peers {
            if sync && let Some(state) = self.peers.get_mut(&peer) {
                state.lacks.clear();
            }
            self.fetch_from(&peer, step);
            self.hear_from(&peer, step);
            self.ask_blocks(&peer, ledger, step)?;
            self.ask_own(&peer, step);
            self.submit_own(&peer, ledger, step)?;
            self.push_operations(&peer, ledger, step)?;
            if sync {
                self.begin_reconcile(&peer, ledger, step)?;
                self.begin_hearing(&peer, step);
                if !self.asking(&peer, |asked| *asked == Asked::Spread) {
                    self.ask(&peer, Ask::Spread(None), Asked::Spread, step);
                }
                let unproved = self.peers.get(&peer).is_some_and(|state| state.validator.is_none());
                if unproved && !self.asking(&peer, |asked| *asked == Asked::Prove) {
                    self.ask(&peer, Ask::Prove, Asked::Prove, step);
                }
            }
        }
        Ok(())
    }

    /// Checks waiting records and signs one batch of verdicts.
    fn attest(&mut self, ledger: &impl Ledger, step: &mut Step) -> Result<(), LedgerError> {
        let Some(key) = self.signing().cloned() else { return Ok(()) };
        if !self.read_similar(ledger, step)? {
            return Ok(());
        }
        let (mut entries, mut checked) = (Vec::new(), 0);
        self.begin_hour();
        while entries.len() < ATTESTATION_ENTRIES
            && let Some((record, verdict)) = self.reviewed.pop_first()
        {
            // What a person says goes before what the machine would: not both in one batch.
            self.to_check.remove(&record);
            if !self.takes_back(&record, verdict, ledger)? {
                entries.push(Entry { record, verdict });
            }
        }
        // What is put off counts too: looking at it costs time, and there may be very many.
        for _ in entries.len()..ATTESTATION_ENTRIES {
            if checked >= CHECKED_BYTES {
                break;
            }
            let Some(id) = self.to_check.pop_first() else { break };
            match self.judge(&id, &mut checked, ledger, step)? {
                // A word on each of many records too many would only be noise: they wait.
                Some(Verdict::Reject(Class::Rate)) => drop(self.next_hour.insert(id)),
                Some(verdict) if self.takes_back(&id, verdict, ledger)? => {}
                Some(verdict) => {
                    if matches!(verdict, Verdict::Reject(_)) {
                        self.forget(&id);
                    }
                    entries.push(Entry { record: id, verdict });
                }
                None => {}
            }
        }
        if entries.is_empty() {
            return Ok(());
        }
        // Never a number again, even by a validator that has lost what it signed last.
        self.last_batch = (self.last_batch + 1).max(self.now.unix_s());
        let bytes = Batch::sign(self.community, self.charter.id(), self.last_batch, &entries, &key);
        step.batch.put(Shelf::Live, Cid::of_cbor(&bytes), bytes.clone());
        self.to_count.extend(entries.iter().map(|entry| entry.record));
        self.hearsay.changed(entries.iter().map(|entry| entry.record));
        self.outbox.batches.push(bytes);
        Ok(())
    }

    /// Whether a verdict would take back this validator's own acceptance under this charter. An acceptance may have
    /// become part of a certificate anywhere: to sign both would be to contradict oneself.
    pub(super) fn takes_back(
        &self,
        record: &RecordId,
        verdict: Verdict,
        ledger: &impl Ledger,
    ) -> Result<bool, LedgerError> {
        let Some(me) = self.validator().filter(|_| verdict != Verdict::Accept) else { return Ok(false) };
        let charter = self.charter.id();
        let mut said = index::verdicts(ledger, record)?.into_iter();
        Ok(said.any(|one| one.validator == me && one.charter == charter && one.verdict == Verdict::Accept))
    }

    /// This validator's verdict on a waiting record; `None` when there is nothing to say. Adds the
    /// bytes of the body to `checked`.
    fn judge(
        &mut self,
        id: &RecordId,
        checked: &mut usize,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Option<Verdict>, LedgerError> {
        let Some(header) = self.header_to_certify(id, ledger)? else { return Ok(None) };
        let before = self.accepted_before(id, ledger)?;
        if before.is_none() && (self.frozen() || self.exceeds_rate(&header)) {
            return Ok(Some(Verdict::Reject(Class::Rate)));
        }
        if self.is_gone(&header, ledger)?.is_some() {
            return Ok(None);
        }
        if let Some(failure) = self.against_author(&header, ledger)?
            && before.is_none()
        {
            step.effects.push(Effect::Notice(Notice::Failed(*id, failure.told())));
            return Ok(Some(failure.verdict));
        }
        let Some(body) = self.body(&header.header().body, ledger)? else { return Ok(None) };
        *checked += body.len();
        if header.header().revises.is_some() && status::group(id, ledger)?.len() > REVISIONS {
            let why = format!("expected at most {REVISIONS} revisions of one record; share it as a new one");
            let failure = Failure::new(Reason::Revises, why);
            step.effects.push(Effect::Notice(Notice::Failed(*id, failure.told())));
            return Ok(Some(failure.verdict));
        }
        if self.revises_anothers(&header, ledger)? {
            let why = "a revision is signed by the key of the record that it revises";
            let failure = Failure::new(Reason::Revises, why);
            step.effects.push(Effect::Notice(Notice::Failed(*id, failure.told())));
            return Ok(Some(failure.verdict));
        }
        let Some(checked) = self.check_all(&header, &body, before.as_ref(), ledger)? else { return Ok(None) };
        Ok(Some(match checked {
            Ok(()) => {
                *self.accepted_by_author.1.entry(header.header().author).or_default() += 1;
                Verdict::Accept
            }
            Err(failure) => {
                step.effects.push(Effect::Notice(Notice::Failed(*id, failure.told())));
                failure.verdict
            }
        }))
    }

    /// With a new hour the counts begin anew, and what was put off is looked at again.
    fn begin_hour(&mut self) {
        let hour = self.now.unix_s() / HOUR_S;
        if self.accepted_by_author.0 != hour {
            self.accepted_by_author = (hour, BTreeMap::new());
            self.to_check.append(&mut self.next_hour);
        }
    }

    /// Whether the author has had as many records accepted here in this hour as the charter allows.
    fn exceeds_rate(&self, header: &SignedHeader) -> bool {
        let accepted = self.accepted_by_author.1.get(&header.header().author).copied().unwrap_or(0);
        accepted >= self.hourly_most()
    }

    /// The newest charter before the one that leads under which a record was accepted, if there is one.
    fn accepted_before(&self, id: &RecordId, ledger: &impl Ledger) -> Result<Option<Charter>, LedgerError> {
        if self.charter.succeeds.is_none() {
            return Ok(None);
        }
        let held = index::certificates(ledger, id)?;
        let mut path = self.lineage.path().into_iter().rev();
        Ok(path.find(|charter| held.iter().any(|(_, under)| *under == charter.id())).cloned())
    }

    /// Whether the record revises one that is known here to be by another key.
    fn revises_anothers(&self, header: &SignedHeader, ledger: &impl Ledger) -> Result<bool, LedgerError> {
        let Some(revised) = header.header().revises else { return Ok(false) };
        let bytes = match ledger.block(Shelf::Certified, &revised.0)? {
            None => ledger.block(Shelf::Live, &revised.0)?,
            certified => certified,
        };
        let revised = bytes.and_then(|bytes| SignedHeader::verify(&bytes).ok());
        Ok(revised.is_some_and(|revised| revised.header().author != header.header().author))
    }

    /// Publishes what is due, in messages within the limit.
    fn gossip(&mut self, ledger: &impl Ledger, step: &mut Step) -> Result<(), LedgerError> {
        let mut messages = Messages::default();
        for (id, due) in std::mem::take(&mut self.outbox.headers) {
            if due > self.now {
                self.outbox.headers.insert(id, due);
                continue;
            }
            let Some(header) = ledger.block(Shelf::Live, &id.0)? else { continue };
            if !self.my_turn(&id) && self.vouched_in_turn(&id, ledger)? {
                continue;
            }
            if let Some(receipt) = self.own_receipt(&id, ledger, step)? {
                messages.add_vouched(header, receipt);
            }
        }
        for batch in std::mem::take(&mut self.outbox.batches) {
            messages.add(batch, |message| &mut message.batches);
        }
        for certificate in std::mem::take(&mut self.outbox.certificates) {
            messages.add(certificate, |message| &mut message.certificates);
        }
        for operation in std::mem::take(&mut self.outbox.operations) {
            messages.add(operation, |message| &mut message.operations);
        }
        step.effects.extend(messages.finish().into_iter().map(|message| Effect::Publish(message.to_bytes())));
        Ok(())
    }

    /// Tells the others of a waiting record, once: the validator whose turn it is at once, this one later and only
    /// if that one has not vouched for it by then.
    pub(super) fn announce(&mut self, id: RecordId) {
        let due = if self.my_turn(&id) { self.now } else { self.now.plus(TURN_MS) };
        self.outbox.headers.entry(id).or_insert(due);
    }

    /// Whether the validator whose turn it is has vouched for a record: it then tells the others.
    fn vouched_in_turn(&self, id: &RecordId, ledger: &impl Ledger) -> Result<bool, LedgerError> {
        let Some(turn) = self.turn(id) else { return Ok(false) };
        let start = index::key(prefix::RECEIPT, &[&id.0.to_bytes(), &turn.0]);
        Ok(!ledger.scan(&start, None, 1)?.is_empty())
    }

    /// This validator's receipt for a record: the one given before, or a new one.
    fn own_receipt(
        &mut self,
        id: &RecordId,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Option<Vec<u8>>, LedgerError> {
        let Some(key) = self.role.validator.as_ref().filter(|_| self.validates()) else { return Ok(None) };
        let start = index::key(prefix::RECEIPT, &[&id.0.to_bytes(), &key.public().0]);
        if let Some(entry) = ledger.scan(&start, None, 1)?.first()
            && let Some(cid) = index::last_cid(&entry.key)
        {
            return ledger.block(Shelf::Live, &cid);
        }
        let receipt = crate::wire::exchange::Receipt::sign(self.community, &[*id], key);
        step.batch.put(Shelf::Live, Cid::of_cbor(&receipt), receipt.clone());
        self.hearsay.changed([*id]);
        Ok(Some(receipt))
    }
}

/// Messages being filled, each within its limits.
#[derive(Default)]
struct Messages {
    full: Vec<Message>,
    open: Message,
}

impl Messages {
    fn room(&mut self, bytes: usize) {
        let open = &self.open;
        if open.size() + bytes > GOSSIP_BYTES - 1024 || open.items() >= GOSSIP_ITEMS {
            self.full.push(std::mem::take(&mut self.open));
        }
    }

    fn add(&mut self, block: Vec<u8>, list: impl Fn(&mut Message) -> &mut Vec<Vec<u8>>) {
        self.room(block.len() + 4);
        list(&mut self.open).push(block);
    }

    fn add_vouched(&mut self, header: Vec<u8>, receipt: Vec<u8>) {
        self.room(header.len() + receipt.len() + 8);
        if !self.open.receipts.contains(&receipt) {
            self.open.receipts.push(receipt);
        }
        self.open.headers.push(header);
    }

    fn finish(mut self) -> Vec<Message> {
        if !self.open.is_empty() {
            self.full.push(self.open);
        }
        self.full
    }
}
