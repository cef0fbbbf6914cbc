//! From verdicts to certificates.

use super::{Core, Effect, Notice, Step, facts};
use crate::agreement::certificate::Acceptance;
use crate::agreement::charter::BodyAccess;
use crate::agreement::{Batch, Certificate, Verdict};
use crate::bytes::Cid;
use crate::index::{self, Erasure};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::limits::{GOSSIP_ITEMS, LIVE_PAGE_BYTES};
use crate::record::{RecordId, SignedHeader};
use crate::sign::PublicKey;
use crate::wire::gossip::Message;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// How long the other validators wait for the one whose turn it is to certify.
pub(super) const TURN_MS: u64 = 2_000;
/// Records certified in one step, so that no step takes long.
const CERTIFIED_PER_TICK: usize = 256;

impl Core {
    /// Whether this validator has said anything of a record.
    pub(super) fn judged(&self, id: &RecordId, ledger: &impl Ledger) -> Result<bool, LedgerError> {
        let me = self.validator();
        let here = self.charter.id();
        let mut verdicts = index::verdicts(ledger, id)?.into_iter();
        Ok(verdicts.any(|verdict| Some(verdict.validator) == me && verdict.charter == here))
    }

    /// Counts the acceptances of records of which something new was learned. At a quorum the
    /// validator whose turn it is certifies now, the others only if it does not. Runs on ticks, so
    /// that verdicts are counted when they are in the ledger, in whatever order, and with or
    /// before whichever header they came.
    pub(super) fn count(&mut self, ledger: &impl Ledger) -> Result<(), LedgerError> {
        for id in std::mem::take(&mut self.to_count) {
            if !self.validates() || self.ripe.contains_key(&id) || !self.lacks_certificate(&id, ledger)? {
                continue;
            }
            let verdicts = index::verdicts(ledger, &id)?;
            let here = self.charter.id();
            let accepts =
                verdicts.iter().filter(|verdict| verdict.verdict == Verdict::Accept && verdict.charter == here);
            let accepting: BTreeSet<_> = accepts.map(|verdict| verdict.validator).collect();
            if accepting.len() >= self.charter.quorum.q() {
                let due = if self.my_turn(&id) { self.now } else { self.now.plus(TURN_MS) };
                self.ripe.insert(id, due);
            }
        }
        Ok(())
    }

    /// One validator's turn for each record, by the record's hash: so that usually one
    /// certificate exists, and not one for each validator.
    pub(super) fn my_turn(&self, id: &RecordId) -> bool {
        self.turn(id) == self.validator()
    }

    /// The validator whose turn it is to speak first of a record.
    pub(super) fn turn(&self, id: &RecordId) -> Option<PublicKey> {
        let place = usize::from(id.0.digest()[0]) % self.charter.quorum.n();
        self.charter.validators.get(place).map(|validator| validator.signing)
    }

    /// Certifies what is ripe and due. Runs on ticks, when the verdicts are in the ledger.
    /// Nothing is certified while a fork stops acceptance.
    pub(super) fn certify_ripe(&mut self, ledger: &impl Ledger, step: &mut Step) -> Result<(), LedgerError> {
        if self.forked {
            return Ok(());
        }
        let due = self.ripe.iter().filter(|(_, due)| **due <= self.now).map(|(id, _)| *id);
        let due: Vec<_> = due.take(CERTIFIED_PER_TICK).collect();
        let mut batches = BTreeMap::new();
        for id in due {
            self.ripe.remove(&id);
            let Some(header) = self.header_to_certify(&id, ledger)? else { continue };
            let acceptances = self.acceptances(&id, &mut batches, ledger)?;
            let Ok(certificate) = Certificate::form(id, header.header().time, &self.charter, acceptances) else {
                continue;
            };
            self.certify(&header, &certificate, ledger, step)?;
            self.outbox.certificates.push(certificate.bytes().to_vec());
        }
        Ok(())
    }

    /// One acceptance of each validator that has accepted, with its proof. `batches` holds those
    /// read before, since one batch speaks of many records.
    fn acceptances(
        &self,
        id: &RecordId,
        batches: &mut BTreeMap<Cid, Option<Batch>>,
        ledger: &impl Ledger,
    ) -> Result<Vec<Acceptance>, LedgerError> {
        let mut by_validator: BTreeMap<PublicKey, (Cid, usize)> = BTreeMap::new();
        for verdict in index::verdicts(ledger, id)? {
            let counts = verdict.verdict == Verdict::Accept && verdict.charter == self.charter.id();
            if counts && self.charter.validator(&verdict.validator).is_some() {
                by_validator.entry(verdict.validator).or_insert((verdict.batch, verdict.index));
            }
        }
        let mut acceptances = Vec::new();
        for (cid, index) in by_validator.into_values() {
            if let Entry::Vacant(place) = batches.entry(cid) {
                place.insert(ledger.block(Shelf::Live, &cid)?.and_then(|bytes| Batch::verify(&bytes).ok()));
            }
            acceptances.extend(batches[&cid].as_ref().and_then(|batch| Acceptance::of(batch, index)));
        }
        Ok(acceptances)
    }

    /// Moves a record to the certified shelf: certificate, the body if it is here, header.
    ///
    /// A power cut before the batch is acknowledged may leave its first blocks. The header, which
    /// is what makes a record count as accepted, is therefore the last.
    pub(super) fn certify(
        &mut self,
        header: &SignedHeader,
        certificate: &Certificate,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        let (id, body) = (header.id(), header.header().body);
        let gone = self.is_gone(header, ledger)?;
        if gone == Some(Some(Erasure::Purge)) {
            return Ok(());
        }
        step.batch.put(Shelf::Certified, certificate.cid(), certificate.bytes().to_vec());
        match self.body(&body, ledger)? {
            _ if gone.is_some() => step.batch.erase(Shelf::Waiting, body),
            Some(bytes) => {
                self.remember(&id, &body, &bytes);
                step.batch.put(Shelf::Certified, body, bytes);
                step.batch.erase(Shelf::Waiting, body);
            }
            None => drop(self.incomplete.insert(id)),
        }
        // A revision may have come before what it revises, and be here: it goes with that.
        if self.make_withdrawals_durable(&id, ledger, step)? || gone.flatten().is_some() {
            self.erase_group_with(header, ledger, step)?;
        }
        step.batch.put(Shelf::Certified, id.0, header.bytes().to_vec());
        if ledger.holds(Shelf::Live, &id.0)? {
            step.batch.erase(Shelf::Live, id.0);
            self.no_longer_waits(header);
        }
        self.drop_refusals(&id, ledger, step)?;
        // What only a charter before this one accepted is attested again.
        match certificate.charter() == self.charter.id() {
            true => drop(self.lapsed.remove(&id)),
            false if self.validates() && !self.counting.closing.contains(&id) => {
                self.lapsed.insert(id);
                self.to_check.insert(id);
            }
            false => {}
        }
        self.erase_superseded(header, ledger, step)?;
        step.effects.push(Effect::Notice(Notice::Accepted(id)));
        Ok(())
    }

    /// A withdrawal that came before the certificate is part of the state from now on; whether there was one.
    fn make_withdrawals_durable(
        &self,
        id: &RecordId,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<bool, LedgerError> {
        let mut some = false;
        for (kind, durable, block) in index::operations::erasures(ledger, id)? {
            if kind == Erasure::Withdrawal
                && !durable
                && let Some(bytes) = ledger.block(Shelf::Live, &block)?
            {
                step.batch.put(Shelf::Certified, block, bytes);
                step.batch.erase(Shelf::Live, block);
                some = true;
            }
        }
        // One that came with the certificate is not in the ledger yet.
        if let Some(now) = self.withdrawn_now.get(id) {
            for (shelf, _, _) in step.batch.puts.iter_mut().filter(|(_, cid, _)| cid == now) {
                *shelf = Shelf::Certified;
                some = true;
            }
        }
        Ok(some)
    }

    /// Whether a record is only accepted under a charter that was succeeded, and in no release that closed it.
    pub(super) fn has_lapsed(&self, id: &RecordId, ledger: &impl Ledger) -> Result<bool, LedgerError> {
        facts::lapsed(id, &self.charter, &self.counting, ledger)
    }

    /// Remembers, on a validator, that a record has lapsed; whether it has.
    pub(super) fn note_lapsed(&mut self, id: &RecordId, ledger: &impl Ledger) -> Result<bool, LedgerError> {
        let lapsed = self.validates() && self.has_lapsed(id, ledger)?;
        if lapsed {
            self.lapsed.insert(*id);
        }
        Ok(lapsed)
    }

    /// Adds to a message what this validator has said of lapsed records: they are on no page of what waits, and a
    /// verdict may have been lost on its way.
    pub(super) fn add_lapsed(&self, message: &mut Message, ledger: &impl Ledger) -> Result<(), LedgerError> {
        let (me, here) = (self.validator(), self.charter.id());
        for id in self.lapsed.iter().take(GOSSIP_ITEMS) {
            for verdict in index::verdicts(ledger, id)? {
                let mine = Some(verdict.validator) == me && verdict.charter == here;
                let Some(batch) = ledger.block(Shelf::Live, &verdict.batch)?.filter(|_| mine) else { continue };
                if message.size() + batch.len() > LIVE_PAGE_BYTES / 2 || message.batches.len() == GOSSIP_ITEMS {
                    return Ok(());
                }
                super::answer::add(&mut message.batches, batch);
            }
        }
        Ok(())
    }

    /// Whether a record waits for a certificate: it has none, or has lapsed.
    fn lacks_certificate(&self, id: &RecordId, ledger: &impl Ledger) -> Result<bool, LedgerError> {
        match ledger.holds(Shelf::Certified, &id.0)? {
            true => self.has_lapsed(id, ledger),
            false => ledger.holds(Shelf::Live, &id.0),
        }
    }

    /// The header of a record that waits for a certificate.
    pub(super) fn header_to_certify(
        &self,
        id: &RecordId,
        ledger: &impl Ledger,
    ) -> Result<Option<SignedHeader>, LedgerError> {
        match self.waiting_header(id, ledger)? {
            None if self.has_lapsed(id, ledger)? => self.certified_header(id, ledger),
            waiting => Ok(waiting),
        }
    }

    /// A certified record's header.
    pub(super) fn certified_header(
        &self,
        id: &RecordId,
        ledger: &impl Ledger,
    ) -> Result<Option<SignedHeader>, LedgerError> {
        let bytes = ledger.block(Shelf::Certified, &id.0)?;
        Ok(bytes.and_then(|bytes| SignedHeader::verify(&bytes).ok()))
    }

    /// A body, wherever it lies.
    pub(super) fn body(&self, body: &Cid, ledger: &impl Ledger) -> Result<Option<Vec<u8>>, LedgerError> {
        super::status::body(body, ledger)
    }

    /// Whether a body is here.
    pub(super) fn holds_body(&self, body: &Cid, ledger: &impl Ledger) -> Result<bool, LedgerError> {
        Ok(ledger.holds(Shelf::Waiting, body)? || ledger.holds(Shelf::Certified, body)?)
    }

    /// Whether this very step certifies a record.
    pub(super) fn just_certified(&self, id: &RecordId, step: &Step) -> bool {
        step.batch.puts.iter().any(|(shelf, cid, _)| *shelf == Shelf::Certified && *cid == id.0)
    }

    pub(super) fn no_longer_waits(&mut self, header: &SignedHeader) {
        let id = header.id();
        self.waiting = self.waiting.saturating_sub(1);
        if let Some(count) = self.waiting_by_author.get_mut(&header.header().author) {
            *count -= 1;
            if *count == 0 {
                self.waiting_by_author.remove(&header.header().author);
            }
        }
        self.hearsay.changed([id]);
        self.to_check.remove(&id);
        self.next_hour.remove(&id);
        self.bodiless.remove(&id);
        self.own.remove(&id);
        self.ripe.remove(&id);
    }

    /// Of two certificates for one record every replica keeps the one with the lower CID, so that
    /// replicas agree on the evidence too, whichever came first.
    pub(super) fn replace_certificate(
        &mut self,
        certificate: &Certificate,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<bool, LedgerError> {
        let id = certificate.record();
        let time = index::header(ledger, Shelf::Certified, &id)?.map(|header| header.time_s);
        let mut held = index::certificates(ledger, &id)?.into_iter();
        let held = held.find(|(_, charter)| *charter == certificate.charter()).map(|(cid, _)| cid);
        let replaced = held.is_some_and(|held| step.batch.erasures.contains(&(Shelf::Certified, held)));
        let higher = held.is_some_and(|held| certificate.cid() >= held);
        if time != Some(certificate.time().unix_s()) || higher || replaced {
            return Ok(false);
        }
        step.batch.put(Shelf::Certified, certificate.cid(), certificate.bytes().to_vec());
        match held {
            Some(held) => step.batch.erase(Shelf::Certified, held),
            None => drop((self.to_check.remove(&id), self.lapsed.remove(&id))),
        }
        Ok(true)
    }

    /// Whether anyone who is not a validator may have the body of a certified record.
    pub(super) fn body_is_open(&self, id: &RecordId, ledger: &impl Ledger) -> Result<bool, LedgerError> {
        Ok(match self.charter.bodies {
            BodyAccess::OnCertificate => true,
            BodyAccess::OnRelease => {
                let embargoes = super::release::embargoes(self.counting.decisions.values(), self.now.unix_s());
                self.released.contains(id) && super::release::is_embargoed(id, &embargoes, ledger)? == Some(false)
            }
            BodyAccess::Gated => false,
        })
    }

    /// Whether this node may ask anyone for the body of a certified record.
    pub(super) fn may_ask_for_body(&self, id: &RecordId) -> bool {
        match self.charter.bodies {
            BodyAccess::OnCertificate => true,
            BodyAccess::OnRelease => self.released.contains(id),
            BodyAccess::Gated => false,
        }
    }
}
