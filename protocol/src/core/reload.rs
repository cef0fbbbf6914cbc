//! Reading again from the ledger what a core keeps in memory.

use super::notes::reviews;
use super::{Core, release};
use crate::agreement::charter::BodyAccess;
use crate::bytes::Cid;
use crate::index::{self, prefix};
use crate::ledger::{Batch, Ledger, LedgerError, Shelf};
use crate::record::RecordId;
use crate::sign::PublicKey;
use std::collections::{BTreeMap, BTreeSet};

impl Core {
    pub(super) fn reload(&mut self, ledger: &impl Ledger) -> Result<(), LedgerError> {
        self.bodiless.clear();
        self.own.clear();
        self.incomplete.clear();
        self.lapsed.clear();
        self.waiting_by_author.clear();
        self.signed_round = self.round_signed(ledger)?;
        self.reload_erased(ledger)?;
        self.reload_bodies(ledger)?;
        let erased = |id: &RecordId, leftovers: &Batch| leftovers.erasures.contains(&(Shelf::Live, id.0));
        let mut waiting = Vec::new();
        index::each_record(ledger, prefix::WAITING, |id, header| waiting.push((id, header.body)))?;
        waiting.retain(|(id, _)| !erased(id, &self.leftovers));
        self.waiting = waiting.len();
        self.hearsay.changed(waiting.iter().map(|(id, _)| *id));
        for (id, body) in waiting {
            if ledger.holds(Shelf::Certified, &id.0)? {
                self.leftovers.erase(Shelf::Live, id.0);
                if ledger.holds(Shelf::Certified, &body)? {
                    self.leftovers.erase(Shelf::Waiting, body);
                }
                continue;
            }
            self.to_count.insert(id);
            if let Some(header) = self.waiting_header(&id, ledger)? {
                *self.waiting_by_author.entry(header.header().author).or_default() += 1;
            }
            if !self.holds_body(&body, ledger)? {
                self.bodiless.insert(id);
            } else if !self.validates() {
                self.own.insert(id);
            } else {
                if !self.judged(&id, ledger)? {
                    self.to_check.insert(id);
                }
                if !self.vouched_before(&id, ledger)? {
                    self.announce(id);
                }
            }
        }
        self.reload_certified(ledger)?;
        self.reload_talk(ledger)?;
        if let Some(me) = self.validator() {
            index::each(ledger, &index::key(prefix::BATCH, &[&me.0]), |entry| {
                let number = entry.key[33..].first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes));
                self.last_batch = self.last_batch.max(number);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Clears bodies that wait and that no header names: a crash came after a body was durable and before its header
    /// was. Nothing would ever erase them, since a withdrawal of what is not known here is passed over.
    fn reload_bodies(&mut self, ledger: &impl Ledger) -> Result<(), LedgerError> {
        let (mut named, mut orphans) = (BTreeSet::new(), Vec::new());
        index::each_record(ledger, prefix::WAITING, |_, header| named.extend([header.body]))?;
        index::each(ledger, &[prefix::WAITING_BODY], |entry| {
            orphans.extend(index::last_cid(&entry.key).filter(|body| !named.contains(body)));
            Ok(())
        })?;
        if orphans.is_empty() {
            return Ok(());
        }
        // A certified record's body may still lie where it waited.
        index::each_record(ledger, prefix::CERTIFIED, |_, header| named.extend([header.body]))?;
        for body in orphans {
            if !named.contains(&body) || ledger.holds(Shelf::Certified, &body)? {
                self.leftovers.erase(Shelf::Waiting, body);
            }
        }
        Ok(())
    }

    /// Clears receipts, verdicts and notes of refusals that speak of no record that is known here: a crash came
    /// before they were erased with it.
    fn reload_talk(&mut self, ledger: &impl Ledger) -> Result<(), LedgerError> {
        let mut speaks: BTreeMap<Cid, bool> = BTreeMap::new();
        for prefix in [prefix::RECEIPT, prefix::VERDICT, prefix::REFUSAL] {
            index::each(ledger, &[prefix], |entry| {
                let record = entry.key.get(1..1 + Cid::LEN).and_then(|bytes| Cid::from_bytes(bytes).ok());
                if let (Some(record), Some(block)) = (record, index::last_cid(&entry.key)) {
                    let dropped = self.leftovers.erasures.contains(&(Shelf::Live, record));
                    let known = speaks.entry(block).or_default();
                    *known = *known
                        || ledger.holds(Shelf::Certified, &record)?
                        || (!dropped && ledger.holds(Shelf::Live, &record)?);
                }
                Ok(())
            })?;
        }
        for (block, _) in speaks.into_iter().filter(|(_, speaks)| !speaks) {
            self.leftovers.erase(Shelf::Live, block);
        }
        Ok(())
    }

    fn reload_certified(&mut self, ledger: &impl Ledger) -> Result<(), LedgerError> {
        let mut certified = Vec::new();
        index::each_record(ledger, prefix::CERTIFIED, |id, header| certified.push((id, header.body)))?;
        for (id, body) in certified {
            if !ledger.holds(Shelf::Certified, &body)?
                && let Some(header) = self.certified_header(&id, ledger)?
                && self.is_gone(&header, ledger)?.is_none()
            {
                self.incomplete.insert(id);
            }
            if self.note_lapsed(&id, ledger)? && !self.judged(&id, ledger)? {
                self.to_check.insert(id);
            }
        }
        // A record has one certificate under each charter, the lowest; and none without its header.
        let mut before = None;
        index::each(ledger, &[prefix::CERTIFICATE], |entry| {
            let record = entry.key.get(1..1 + Cid::LEN).and_then(|bytes| Cid::from_bytes(bytes).ok());
            if let (Some(record), Some(certificate)) = (record, index::last_cid(&entry.key)) {
                let of = (record, entry.value.clone());
                if before.as_ref() == Some(&of) || !ledger.holds(Shelf::Certified, &record)? {
                    self.leftovers.erase(Shelf::Certified, certificate);
                }
                before = Some(of);
            }
            Ok(())
        })?;
        if self.charter.bodies == BodyAccess::OnRelease {
            self.released = release::released(&self.counting, ledger)?;
        }
        Ok(())
    }

    /// What is volatile about operations.
    pub(super) fn reload_operations(&mut self, ledger: &impl Ledger) -> Result<(), LedgerError> {
        let of = |key: &[u8], at: usize| {
            key.get(at..at + 32).and_then(|bytes| bytes.first_chunk::<32>()).map(|key| PublicKey(*key))
        };
        for (prefix, at) in [(prefix::FLAG, 1 + Cid::LEN), (prefix::SUPPORT, 1 + Cid::LEN), (prefix::MEMBER, 33)] {
            index::each(ledger, &[prefix], |entry| {
                if let Some(member) = of(&entry.key, at) {
                    *self.spread_by.entry(member).or_default() += 1;
                }
                Ok(())
            })?;
        }
        index::each(ledger, &[prefix::MOTION], |entry| {
            self.matters.extend(entry.key.get(1..1 + Cid::LEN).and_then(|bytes| Cid::from_bytes(bytes).ok()));
            if let Some(signer) = of(&entry.key, 1 + Cid::LEN) {
                *self.motions_by.entry(signer).or_default() += 1;
            }
            Ok(())
        })?;
        self.reload_accused(ledger)?;
        self.reload_reviews(ledger)?;
        self.want_of_open(ledger)?;
        self.wanted.extend(self.counting.missing.iter().copied());
        self.want_terms(ledger)
    }

    /// What people decided here and this validator has not said yet: it signs nothing right after a start.
    fn reload_reviews(&mut self, ledger: &impl Ledger) -> Result<(), LedgerError> {
        let Some(me) = self.validator() else { return Ok(()) };
        let mut records = BTreeSet::new();
        index::each(ledger, &[prefix::REVIEW], |entry| {
            let id = entry.key.get(1..1 + Cid::LEN).and_then(|bytes| Cid::from_bytes(bytes).ok());
            records.extend(id.map(RecordId));
            Ok(())
        })?;
        for record in records {
            let Some(last) = reviews(&record, ledger)?.pop() else { continue };
            let said = index::verdicts(ledger, &record)?.into_iter().filter(|verdict| verdict.validator == me);
            let said = said.max_by_key(|verdict| verdict.number).map(|verdict| verdict.verdict);
            if said != Some(last.opinion.verdict()) && self.header_to_certify(&record, ledger)?.is_some() {
                self.reviewed.insert(record, last.opinion.verdict());
            }
        }
        Ok(())
    }
}
