//! Operations between peers: pushing one's own, taking those of others, giving back what a validator signed.

use super::answer::add;
use super::operate::Taken;
use super::peers::Asked;
use super::{Core, Effect, Notice, Offence, Step};
use crate::agreement::checks::{Demands, check};
use crate::agreement::{Batch, Verdict};
use crate::bytes::{Cid, Codec};
use crate::index::{self, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::limits::{FRAME_BYTES, GOSSIP_ITEMS, LIVE_PAGE_BYTES, SUCCESSORS, TERMS_BYTES};
use crate::record::SignedHeader;
use crate::sign::PublicKey;
use crate::wire::exchange::{Acknowledgement, Answer, Ask, Peer, Refusal};
use crate::wire::gossip::Message;

use super::notes::{Opinion, Review};

/// Operations pushed in one request.
const OPERATE_AT_ONCE: usize = 16;
/// Public blocks asked for in one request.
const BLOCKS_AT_ONCE: usize = 12;

impl Core {
    /// Keeps operations that were signed here, and pushes them to validators.
    pub(super) fn operate_own(
        &mut self,
        operations: &[Vec<u8>],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        for bytes in operations {
            let cid = Cid::of_cbor(bytes);
            match self.take_operation(bytes, ledger, step)? {
                Ok(Taken::New | Taken::Known) => {
                    self.own_operations.insert(cid);
                    if self.validates() {
                        self.outbox.operations.push(bytes.clone());
                    }
                }
                Ok(Taken::Ignored(why)) => step.effects.push(Effect::Notice(Notice::NotTaken(cid, why.into()))),
                Err(refused) => step.effects.push(Effect::Notice(Notice::NotTaken(cid, refused.why))),
            }
        }
        Ok(())
    }

    /// Pushes own operations to a validator that has not answered for them yet.
    pub(super) fn push_operations(
        &mut self,
        peer: &Peer,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        let Some(state) = self.peers.get(peer).filter(|state| state.validator.is_some() && !state.rests(self.now))
        else {
            return Ok(());
        };
        let todo: Vec<_> = self.own_operations.difference(&state.operated).take(OPERATE_AT_ONCE).copied().collect();
        if todo.is_empty() || self.asking(peer, |asked| matches!(asked, Asked::Operate(_))) {
            return Ok(());
        }
        let (mut sent, mut operations) = (Vec::new(), Vec::new());
        for cid in todo {
            let live = ledger.block(Shelf::Live, &cid)?;
            let bytes = if live.is_some() { live } else { ledger.block(Shelf::Certified, &cid)? };
            match bytes {
                Some(bytes) => {
                    sent.push(cid);
                    operations.push(bytes);
                }
                None => drop(self.own_operations.remove(&cid)),
            }
        }
        if !sent.is_empty() {
            self.ask(peer, Ask::Operate(operations), Asked::Operate(sent), step);
        }
        Ok(())
    }

    /// Takes operations that were pushed, and acknowledges those that are held.
    pub(super) fn take_operations(
        &mut self,
        from: &Peer,
        operations: &[Vec<u8>],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Answer, LedgerError> {
        let Some(key) = self.role.validator.clone().filter(|_| self.validates()) else {
            return Ok(Answer::Refused(Refusal::NotAValidator));
        };
        let (mut taken, mut refused) = (Vec::new(), Vec::new());
        for (at, bytes) in operations.iter().enumerate() {
            match self.take_operation(bytes, ledger, step)? {
                Ok(Taken::New) => {
                    taken.push(Cid::of_cbor(bytes));
                    self.outbox.operations.push(bytes.clone());
                }
                Ok(Taken::Known) => taken.push(Cid::of_cbor(bytes)),
                Ok(Taken::Ignored(why)) => refused.push((at, why.to_owned())),
                Err(bad) => {
                    // For another community: its sender may have taken the wrong one.
                    if bad.offence != Offence::Unwanted {
                        self.penalise(from, bad.offence, step);
                    }
                    refused.push((at, bad.why));
                }
            }
        }
        let acknowledgement = (!taken.is_empty()).then(|| Acknowledgement::sign(self.community, &taken, &key));
        Ok(Answer::Operated { acknowledgement, refused })
    }

    /// Keeps a validator's acknowledgement: it shows the author that the withdrawal is carried out.
    pub(super) fn learn_operated(
        &mut self,
        peer: &Peer,
        sent: &[Cid],
        acknowledgement: Option<Vec<u8>>,
        refused: Vec<(usize, String)>,
        step: &mut Step,
    ) {
        let Some(validator) = self.peers.get(peer).and_then(|state| state.validator) else { return };
        let mut settled = Vec::new();
        if let Some(bytes) = acknowledgement {
            let good = Acknowledgement::verify(&bytes).ok().filter(|one| {
                one.validator == validator
                    && one.community == self.community
                    && one.operations.iter().all(|cid| sent.contains(cid))
            });
            let Some(good) = good else { return self.penalise(peer, Offence::False, step) };
            step.batch.put(Shelf::Live, Cid::of_cbor(&bytes), bytes);
            settled.extend(&good.operations);
            step.effects.push(Effect::Notice(Notice::Acknowledged(validator, good.operations)));
        }
        for (at, why) in refused {
            if let Some(cid) = sent.get(at) {
                settled.push(*cid);
                step.effects.push(Effect::Notice(Notice::NotTaken(*cid, why)));
            }
        }
        if settled.is_empty() {
            return self.let_rest(peer);
        }
        if let Some(state) = self.peers.get_mut(peer) {
            state.operated.extend(settled);
        }
    }

    /// One page of the operations that are not reconciled.
    pub(super) fn spread_page(&self, after: Option<Cid>, ledger: &impl Ledger) -> Result<Answer, LedgerError> {
        let from = after.map(|cid| index::key(prefix::SPREAD, &[&cid.to_bytes()]));
        let page = ledger.scan(&[prefix::SPREAD], from.as_deref(), GOSSIP_ITEMS)?;
        let (mut message, mut next) = (Message::default(), None);
        for entry in &page {
            let Some(cid) = index::last_cid(&entry.key) else { continue };
            let Some(bytes) = ledger.block(Shelf::Live, &cid)? else { continue };
            if message.size() + bytes.len() > LIVE_PAGE_BYTES / 4 && !message.is_empty() {
                return Ok(Answer::Spread { message: message.to_bytes(), next });
            }
            message.operations.push(bytes);
            next = Some(cid);
        }
        let next = next.filter(|_| page.len() == GOSSIP_ITEMS);
        if next.is_none() {
            self.add_lapsed(&mut message, ledger)?;
        }
        Ok(Answer::Spread { message: message.to_bytes(), next })
    }

    /// What a validator has signed under the charter that leads, as far as it is here: batches from a number on,
    /// and motions.
    pub(super) fn signed_by(
        &self,
        validator: &PublicKey,
        after: i64,
        ledger: &impl Ledger,
    ) -> Result<Answer, LedgerError> {
        let mut message = Message::default();
        let start = index::key(prefix::BATCH, &[&validator.0]);
        // Every number up to `after` sorts before this key.
        let from = index::key(prefix::BATCH, &[&validator.0, &(after + 1).to_be_bytes()]);
        for entry in ledger.scan(&start, Some(&from), GOSSIP_ITEMS)? {
            let Some(cid) = index::last_cid(&entry.key) else { continue };
            let Some(bytes) = ledger.block(Shelf::Live, &cid)? else { continue };
            if message.size() + bytes.len() > LIVE_PAGE_BYTES / 2 {
                break;
            }
            add(&mut message.batches, bytes);
        }
        for motion in super::succession::motions_by(validator, ledger)? {
            let bytes = motion.to_bytes();
            if message.size() + bytes.len() < LIVE_PAGE_BYTES && message.operations.len() < GOSSIP_ITEMS {
                message.operations.push(bytes);
            }
        }
        Ok(Answer::Spread { message: message.to_bytes(), next: None })
    }

    /// Takes back what this validator has signed. A peer that has nothing new to give counts as heard.
    pub(super) fn learn_own(
        &mut self,
        peer: &Peer,
        message: &[u8],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        // A successor may have come since it asked, which does not name it.
        let Some(me) = self.validator() else { return Ok(()) };
        let Ok(message) = Message::read_page(message) else {
            self.penalise(peer, Offence::Malformed, step);
            return Ok(());
        };
        let mut new = false;
        for bytes in &message.batches {
            let Ok(batch) = Batch::verify(bytes) else {
                self.penalise(peer, Offence::False, step);
                return Ok(());
            };
            let (cid, signed) = (Cid::of_cbor(bytes), batch.signed());
            if signed.validator == me && signed.charter == self.charter.id() && !ledger.holds(Shelf::Live, &cid)? {
                self.last_batch = self.last_batch.max(signed.number);
                self.words_to = self.words_to.min(signed.number - 1);
                self.to_count.extend(batch.entries().iter().map(|entry| entry.record));
                self.hearsay.changed(batch.entries().iter().map(|entry| entry.record));
                step.batch.put(Shelf::Live, cid, bytes.clone());
                new = true;
            }
        }
        for bytes in &message.operations {
            match self.take_operation(bytes, ledger, step)? {
                Ok(taken) => new |= taken == Taken::New,
                Err(refused) => {
                    self.penalise(peer, refused.offence, step);
                    return Ok(());
                }
            }
        }
        if new {
            self.changed = true;
        } else if let Some(other) = self.peers.get(peer).and_then(|state| state.validator) {
            self.told_own.insert(other);
        }
        Ok(())
    }

    /// The founding, what succeeded it, and the newest terms.
    pub(super) fn charters(&self, ledger: &impl Ledger) -> Result<Answer, LedgerError> {
        let mut successors = Vec::new();
        for charter in self.lineage.path().into_iter().skip(1).take(SUCCESSORS) {
            let start = index::key(prefix::MATTER, &[&charter.id().to_bytes()]);
            let block = ledger.scan(&start, None, 1)?.first().and_then(|entry| index::last_cid(&entry.key));
            if let Some(block) = block {
                successors.extend(ledger.block(Shelf::Certified, &block)?);
            }
        }
        let terms = ledger.block(Shelf::Certified, &self.charter.terms)?.unwrap_or_default();
        Ok(Answer::Charter { founding: self.lineage.founding().bytes().to_vec(), terms, successors })
    }

    /// Public blocks, as many as fit: terms of charters and pages of releases, nothing else.
    pub(super) fn public(&self, cids: &[Cid], ledger: &impl Ledger) -> Result<Answer, LedgerError> {
        let (mut blocks, mut size, mut read) = (Vec::new(), 0, 0);
        for cid in cids {
            // What is asked for may be anything that lies here: no more is read than could be answered with.
            if read > FRAME_BYTES {
                break;
            }
            let Some(bytes) = ledger.block(Shelf::Certified, cid)? else { continue };
            read += bytes.len();
            let public = match cid.codec() {
                // Terms, of a charter that leads, led or is proposed: nothing else on this shelf is raw.
                Codec::Raw => true,
                Codec::DagCbor => crate::operation::release::read_page(&bytes).is_ok(),
            };
            if public && size + bytes.len() + 64 <= FRAME_BYTES - 4096 {
                size += bytes.len() + 64;
                blocks.push(bytes);
            }
        }
        Ok(Answer::Blocks(blocks))
    }

    /// Asks a peer for public blocks that are not here.
    pub(super) fn ask_blocks(&mut self, peer: &Peer, ledger: &impl Ledger, step: &mut Step) -> Result<(), LedgerError> {
        if self.wanted.is_empty() || self.asking(peer, |asked| matches!(asked, Asked::Blocks(_))) {
            return Ok(());
        }
        if self.peers.get(peer).is_none_or(|state| state.rests(self.now)) {
            return Ok(());
        }
        let mut asked = Vec::new();
        let (before, after): (Vec<_>, Vec<_>) =
            self.wanted.iter().copied().partition(|cid| Some(*cid) <= self.wanted_to);
        for cid in after.into_iter().chain(before).take(BLOCKS_AT_ONCE) {
            self.wanted_to = Some(cid);
            match ledger.holds(Shelf::Certified, &cid)? {
                true => drop(self.wanted.remove(&cid)),
                false => asked.push(cid),
            }
        }
        if !asked.is_empty() {
            self.ask(peer, Ask::Blocks(asked.clone()), Asked::Blocks(asked), step);
        }
        Ok(())
    }

    pub(super) fn learn_blocks(&mut self, peer: &Peer, asked: &[Cid], blocks: Vec<Vec<u8>>, step: &mut Step) {
        if blocks.is_empty() {
            return self.let_rest(peer);
        }
        for bytes in blocks {
            let ids = [Cid::of_cbor(&bytes), Cid::of(Codec::Raw, &bytes)];
            let Some(cid) = ids.into_iter().find(|cid| asked.contains(cid)) else {
                return self.penalise(peer, Offence::Unwanted, step);
            };
            if cid.codec() == Codec::Raw && bytes.len() > TERMS_BYTES {
                return self.penalise(peer, Offence::Oversized, step);
            }
            self.wanted.remove(&cid);
            self.changed = true;
            step.batch.put(Shelf::Certified, cid, bytes);
        }
    }

    /// Why a person cannot accept a waiting record: its text is not here, or it fails a check that is no
    /// matter of opinion.
    fn machine_refuses(&self, header: &SignedHeader, ledger: &impl Ledger) -> Result<Option<String>, LedgerError> {
        let Some(body) = self.body(&header.header().body, ledger)? else {
            return Ok(Some("its text is not here, and an acceptance promises to hold it".into()));
        };
        let Some(ruleset) = &self.ruleset else { return Ok(Some(self.why_not_signing().into())) };
        let demands = Demands { charter: &self.charter, before: None, ruleset, now_s: self.now.unix_s() };
        Ok(match check(header, &body, &demands) {
            Err(failure) if matches!(failure.verdict, Verdict::Reject(_)) => Some(failure.detail),
            _ => None,
        })
    }

    /// Notes what a moderator says, and says it to the others with the next batch.
    pub(super) fn review(&mut self, review: &Review, ledger: &impl Ledger, step: &mut Step) -> Result<(), LedgerError> {
        let not_taken = |why: String| Effect::Notice(Notice::NotTaken(review.record.0, why));
        if !review.fits() || !self.known(&review.record, ledger, step)? {
            step.effects.push(not_taken("expected a record that is known here, and a note of at most 16 KiB".into()));
            return Ok(());
        }
        let waits = self.header_to_certify(&review.record, ledger)?;
        if review.opinion == Opinion::Accept
            && let Some(header) = &waits
            && let Some(why) = self.machine_refuses(header, ledger)?
        {
            step.effects.push(not_taken(why));
            return Ok(());
        }
        if waits.is_some() && self.takes_back(&review.record, review.opinion.verdict(), ledger)? {
            let why = "this validator has accepted the record, and takes no acceptance back; propose its takedown with \
                       `commonwheel decision propose`";
            step.effects.push(not_taken(why.into()));
            return Ok(());
        }
        let flags = super::review::flags(&review.record, ledger)?.len() as i64;
        let note = Review { flags, ..review.clone() }.to_bytes();
        step.batch.put(Shelf::Live, Cid::of_cbor(&note), note);
        if self.validates() && waits.is_some() {
            self.reviewed.insert(review.record, review.opinion.verdict());
        }
        Ok(())
    }
}
