//! What a node makes of the answers to its own requests.

use super::peers::{Asked, PeerState, Pending};
use super::{AskId, Core, Effect, Notice, Offence, Step};
use crate::bytes::Cid;
use crate::index::Item;
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::limits::REQUEST_IDS;
use crate::record::{RecordId, SignedHeader};
use crate::wire::exchange::{Answer, Ask, Parcel, Peer, Receipt, Session};
use crate::wire::gossip::Message;
use std::collections::BTreeSet;

impl Core {
    pub(super) fn learn(
        &mut self,
        ask: AskId,
        bytes: Option<Vec<u8>>,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        let Some(Pending { peer, what, .. }) = self.answered(ask) else { return Ok(()) };
        let Some(bytes) = bytes else {
            self.let_rest_after(&peer, &what);
            return Ok(());
        };
        let Ok(answer) = Answer::read(&bytes) else {
            self.let_rest_after(&peer, &what);
            self.penalise(&peer, Offence::Malformed, step);
            return Ok(());
        };
        match (what, answer) {
            (what, Answer::Refused(_)) => {
                self.let_rest_after(&peer, &what);
                Ok(())
            }
            (Asked::Prove, Answer::Session(bytes)) => {
                self.learn_validator(&peer, &bytes, step);
                self.submit_own(&peer, ledger, step)
            }
            (Asked::Live(items), Answer::Live { message }) => {
                let message = Message::read_page(&message);
                let said = message.as_ref().map_or(0, |message| message.headers.len());
                self.note_heard(&peer, &items, said);
                self.hear_message(&peer, message, ledger, step)?;
                self.hear_from(&peer, step);
                Ok(())
            }
            (Asked::Waiting, Answer::Reconcile(message)) => {
                if !self.learn_waiting(&peer, &message, step) {
                    self.penalise(&peer, Offence::Malformed, step);
                }
                Ok(())
            }
            (Asked::Reconcile, Answer::Reconcile(message)) => self.learn_missing(&peer, &message, ledger, step),
            (Asked::Submit(records), Answer::Submitted { receipt, refused }) => {
                self.learn_submitted(&peer, &records, receipt, refused, ledger, step)
            }
            (Asked::Fetch { items, records }, Answer::Records { parcels, operations }) => {
                let parcels = (&parcels[..], &operations[..]);
                self.learn_records(&peer, &items, &records, parcels, ledger, step)
            }
            (Asked::Operate(sent), Answer::Operated { acknowledgement, refused }) => {
                self.learn_operated(&peer, &sent, acknowledgement, refused, step);
                Ok(())
            }
            (Asked::Spread, Answer::Spread { message, next }) => {
                self.hear_message(&peer, Message::read_page(&message), ledger, step)?;
                if let Some(after) = next {
                    self.ask(&peer, Ask::Spread(Some(after)), Asked::Spread, step);
                }
                Ok(())
            }
            (Asked::Own, Answer::Spread { message, .. }) => self.learn_own(&peer, &message, ledger, step),
            (Asked::Blocks(asked), Answer::Blocks(blocks)) => {
                self.learn_blocks(&peer, &asked, blocks, step);
                Ok(())
            }
            (what, _) => {
                self.let_rest_after(&peer, &what);
                self.penalise(&peer, Offence::Malformed, step);
                Ok(())
            }
        }
    }

    fn learn_validator(&mut self, peer: &Peer, bytes: &[u8], step: &mut Step) {
        let session = Session::verify(bytes).ok().filter(|session| {
            session.community == self.community
                && session.asker == self.role.peer
                && session.answerer == *peer
                // Under a charter that does not lead here, or not yet, a key may well be a validator's.
                && (session.charter != self.charter.id() || self.charter.validator(&session.validator).is_some())
        });
        let Some(session) = session else {
            return self.penalise(peer, Offence::False, step);
        };
        // Under another charter it may be a validator of which nothing is known here yet: nobody is at fault.
        if session.charter == self.charter.id()
            && let Some(state) = self.peers.get_mut(peer)
        {
            state.validator = Some(session.validator);
            self.confirmed.insert(session.validator);
            step.effects.push(Effect::Notice(Notice::Validator(session.validator, peer.clone())));
        }
    }

    pub(super) fn begin_reconcile(
        &mut self,
        peer: &Peer,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        if !self.asking(peer, |asked| *asked == Asked::Reconcile) {
            let message = self.snapshot(ledger)?.open();
            if let Some(state) = self.peers.get_mut(peer) {
                state.missing = 0;
            }
            self.ask(peer, Ask::Reconcile(message), Asked::Reconcile, step);
        }
        Ok(())
    }

    fn learn_missing(
        &mut self,
        peer: &Peer,
        message: &[u8],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        let Ok(progress) = self.snapshot(ledger)?.read(message) else {
            self.penalise(peer, Offence::Malformed, step);
            return Ok(());
        };
        let Some(state) = self.peers.get_mut(peer) else { return Ok(()) };
        state.missing += progress.missing.len();
        state.to_fetch.extend(progress.missing);
        match progress.next {
            Some(next) if state.to_fetch.len() <= MOST_TO_FETCH => {
                self.ask(peer, Ask::Reconcile(next), Asked::Reconcile, step);
            }
            _ => {
                state.reconciled = true;
                step.effects.push(Effect::Notice(Notice::Reconciled(peer.clone(), state.missing)));
            }
        }
        self.fetch_from(peer, step);
        Ok(())
    }

    /// Fetches, from one peer, what it has and this node lacks: one request at a time.
    pub(super) fn fetch_from(&mut self, peer: &Peer, step: &mut Step) {
        if self.asking(peer, |asked| matches!(asked, Asked::Fetch { .. })) {
            return;
        }
        let busy = self.being_fetched();
        let Some(state) = self.peers.get(peer).filter(|state| !state.rests(self.now)) else { return };
        let items: Vec<_> = state.to_fetch.iter().filter(|i| !busy.0.contains(i)).take(REQUEST_IDS).copied().collect();
        let mut records = Vec::new();
        if items.is_empty() {
            records = self.bodies_to_ask(state, &busy.1);
        }
        if items.is_empty() && records.is_empty() {
            return;
        }
        let wire = items.iter().map(|item| item.0).collect();
        let ask = Ask::Fetch { statement: self.statement(peer), items: wire, records: records.clone() };
        self.ask(peer, ask, Asked::Fetch { items, records }, step);
    }

    /// Which records' bodies to ask a peer for.
    fn bodies_to_ask(&self, peer: &PeerState, busy: &BTreeSet<RecordId>) -> Vec<RecordId> {
        let between_validators = peer.validator.is_some() && self.validates();
        let waiting = self.bodiless.iter().filter(|_| between_validators);
        // What was certified under a charter before may lie with nobody but its former validators and its author.
        let certified = self.incomplete.iter().filter(|id| self.may_ask_for_body(id) || self.validates());
        waiting
            .chain(certified)
            .filter(|id| !busy.contains(id) && !peer.lacks.contains(id))
            .take(REQUEST_IDS)
            .copied()
            .collect()
    }

    fn being_fetched(&self) -> (BTreeSet<Item>, BTreeSet<RecordId>) {
        let mut busy = (BTreeSet::new(), BTreeSet::new());
        for pending in self.asks.values() {
            if let Asked::Fetch { items, records } = &pending.what {
                busy.0.extend(items);
                busy.1.extend(records);
            }
        }
        busy
    }

    fn learn_records(
        &mut self,
        peer: &Peer,
        items: &[Item],
        records: &[RecordId],
        (parcels, operations): (&[Parcel], &[Vec<u8>]),
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        let (mut came, mut bodies) = (BTreeSet::new(), BTreeSet::new());
        // Erasures first: what they erase is then not kept again.
        for bytes in operations {
            let item = Item::of_bytes(bytes);
            let taken = self.take_operation(bytes, ledger, step)?;
            if taken.is_err() || !items.contains(&item) {
                self.let_rest(peer);
                let offence = taken.err().map_or(Offence::Unwanted, |refused| refused.offence);
                self.penalise(peer, offence, step);
                return Ok(());
            }
            came.insert(item);
        }
        for parcel in parcels {
            match self.learn_record(parcel, items, records, ledger, step)? {
                Ok((id, item)) => {
                    came.extend(item);
                    bodies.extend(parcel.body.as_ref().map(|_| id));
                }
                Err(offence) => {
                    self.let_rest(peer);
                    self.penalise(peer, offence, step);
                    return Ok(());
                }
            }
        }
        self.note_lacking(peer, records, &bodies);
        if let Some(state) = self.peers.get_mut(peer) {
            // The rest is asked for again, unless nothing at all came.
            let some = !parcels.is_empty() || !operations.is_empty();
            state.to_fetch.retain(|item| !came.contains(item) && (some || !items.contains(item)));
            if some && !state.to_fetch.is_empty() {
                self.fetch_from(peer, step);
            }
        }
        Ok(())
    }

    /// Checks one record and keeps what is new of it; gives its id and the item that it answers.
    fn learn_record(
        &mut self,
        parcel: &Parcel,
        items: &[Item],
        records: &[RecordId],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Result<(RecordId, Option<Item>), Offence>, LedgerError> {
        let Ok(header) = SignedHeader::verify(&parcel.header) else { return Ok(Err(Offence::False)) };
        let id = header.id();
        if header.header().community != self.community {
            return Ok(Err(Offence::False));
        }
        if parcel.body.as_ref().is_some_and(|body| !header.commits_to(body)) {
            return Ok(Err(Offence::False));
        }
        let certificate = match parcel.certificate.as_deref().map(|bytes| self.check_certificate(bytes)) {
            Some(Err(offence)) => return Ok(Err(offence)),
            // Under a charter that does not lead here (yet): it is learned when that does.
            Some(Ok(None)) => {
                let item = parcel.certificate.as_ref().map(|bytes| Item::of(&id, &Cid::of_cbor(bytes)));
                return Ok(Ok((id, item.filter(|item| items.contains(item)))));
            }
            Some(Ok(Some(certificate))) if certificate.record() != id || certificate.time() != header.header().time => {
                return Ok(Err(Offence::False));
            }
            other => other.and_then(|checked| checked.ok().flatten()),
        };
        let item = certificate.as_ref().map(|certificate| Item::of(&id, &certificate.cid()));
        if !records.contains(&id) && !item.is_some_and(|item| items.contains(&item)) {
            return Ok(Err(Offence::Unwanted));
        }
        if let Some(certificate) = &certificate {
            if ledger.holds(Shelf::Certified, &id.0)? {
                self.replace_certificate(certificate, ledger, step)?;
            } else if !self.just_certified(&id, step) {
                self.certify(&header, certificate, ledger, step)?;
            }
        }
        if let Some(body) = &parcel.body {
            self.keep_body(&header, body, certificate.is_some(), ledger, step)?;
        }
        Ok(Ok((id, item)))
    }

    /// Keeps the body of a certified record, or of a waiting one whose header is here.
    pub(super) fn keep_body(
        &mut self,
        header: &SignedHeader,
        body: &[u8],
        certified: bool,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        let (id, cid) = (header.id(), header.header().body);
        let erased_now = step.batch.erasures.contains(&(Shelf::Certified, cid));
        if erased_now || self.is_gone(header, ledger)?.is_some() {
            self.incomplete.remove(&id);
            return Ok(());
        }
        if certified || ledger.holds(Shelf::Certified, &id.0)? {
            step.batch.put(Shelf::Certified, cid, body.to_vec());
            self.incomplete.remove(&id);
            self.remember(&id, &cid, body);
            if self.note_lapsed(&id, ledger)? && !self.judged(&id, ledger)? {
                self.to_check.insert(id);
            }
        } else if self.validates() && self.known(&id, ledger, step)? {
            step.batch.put(Shelf::Waiting, cid, body.to_vec());
            self.bodiless.remove(&id);
            if !self.judged(&id, ledger)? {
                self.to_check.insert(id);
                self.remember(&id, &cid, body);
            }
        }
        Ok(())
    }

    fn learn_submitted(
        &mut self,
        peer: &Peer,
        records: &[RecordId],
        receipt: Option<Vec<u8>>,
        refused: Vec<(usize, String)>,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        let mut settled = BTreeSet::new();
        if let Some(bytes) = receipt {
            // It was asked under a charter that has been succeeded since: it proves its key again first.
            let Some(expected) = self.peers.get(peer).and_then(|state| state.validator) else { return Ok(()) };
            let receipt = Receipt::verify(&bytes).ok().filter(|receipt| {
                receipt.validator == expected
                    && receipt.community == self.community
                    && receipt.records.iter().all(|id| records.contains(id))
            });
            let Some(receipt) = receipt else {
                self.let_rest(peer);
                self.penalise(peer, Offence::False, step);
                return Ok(());
            };
            self.keep_receipt(&receipt, &bytes, ledger, step)?;
            settled.extend(receipt.records);
        }
        let mut noted = BTreeSet::new();
        for (at, why) in refused {
            if let Some(id) = records.get(at) {
                // Once, and not when it waits no more: a quorum may have accepted it before this answer came.
                if self.own.contains(id) && noted.insert(*id) {
                    self.note_refusal(id, why, ledger, step)?;
                }
                settled.insert(*id);
            }
        }
        // What the answer passes over is pushed again, after a rest.
        if settled.len() < records.len() {
            self.let_rest(peer);
        }
        if let Some(state) = self.peers.get_mut(peer) {
            state.submitted.extend(settled);
        }
        self.submit_own(peer, ledger, step)
    }
}

/// Items that may be known to be missing at one time, per peer; the rest is found in the next round.
const MOST_TO_FETCH: usize = 100_000;
