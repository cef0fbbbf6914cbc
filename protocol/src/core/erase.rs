//! Erasing what was withdrawn, taken down or replaced by a revision.

use super::facts::{erased_in, group, group_by};
use super::{Core, Effect, Notice, Step};
use crate::agreement::Batch;
use crate::agreement::state::{Fact, Facts, Standing};
use crate::bytes::Cid;
use crate::index::{self, Erasure, HeaderEntry, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::operation::Ruling;
use crate::record::{RecordId, SignedHeader};
use crate::wire::exchange::Receipt;
use std::collections::{BTreeMap, BTreeSet};

impl Core {
    /// Erases the bodies of a record and of all that revises it, or that it revises.
    pub(super) fn erase_group(
        &mut self,
        record: &RecordId,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        for member in group(record, ledger)? {
            self.erase_body_of(&member, ledger, step)?;
        }
        Ok(())
    }

    /// The same for a record that was withdrawn, whose header need not be held any more.
    pub(super) fn erase_group_with(
        &mut self,
        header: &SignedHeader,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        for member in self.group_with(header, ledger)? {
            self.erase_body_of(&member, ledger, step)?;
        }
        Ok(())
    }

    /// Erases again what erasures that are held speak of: a power cut may have come between the two.
    pub(super) fn reload_erased(&mut self, ledger: &impl Ledger) -> Result<(), LedgerError> {
        let mut erased = BTreeMap::new();
        index::each(ledger, &[prefix::ERASURE], |entry| {
            let record = entry.key.get(1..1 + Cid::LEN).and_then(|id| Cid::from_bytes(id).ok()).map(RecordId);
            let durable = entry.key.get(1 + Cid::LEN) == Some(&b'c');
            record.into_iter().for_each(|record| *erased.entry(record).or_insert(false) |= durable);
            Ok(())
        })?;
        let mut step = Step::default();
        for (record, durable) in erased {
            if erased_in(&record, &group(&record, ledger)?, &self.counting, ledger)?.is_none() {
                continue;
            }
            match durable && ledger.holds(Shelf::Certified, &record.0)? {
                true => self.erase_group(&record, ledger, &mut step)?,
                false => self.erase_alone(&record, ledger, &mut step)?,
            }
        }
        for (shelf, cid) in step.batch.erasures {
            if ledger.holds(shelf, &cid)? {
                self.leftovers.erase(shelf, cid);
            }
        }
        Ok(())
    }

    /// Erases the body of a waiting record, unless one that it revises, or that revises it, repeats the body and
    /// stays: and takes it out of the waiting room.
    pub(super) fn erase_alone(
        &mut self,
        id: &RecordId,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        let Some(header) = self.waiting_header(id, ledger)? else { return self.erase_body_of(id, ledger, step) };
        let others = self.group_with(&header, ledger)?;
        for other in others.iter().filter(|other| *other != id) {
            let held = [Shelf::Certified, Shelf::Live].map(|shelf| index::header(ledger, shelf, other));
            for found in held {
                let repeats = found?.is_some_and(|found| found.body == header.header().body);
                if repeats && erased_in(other, &others, &self.counting, ledger)?.is_none() {
                    return self.drop_waiting(&header, ledger, step);
                }
            }
        }
        self.erase_body_of(id, ledger, step)
    }

    /// Does what a decision says of a record.
    pub(super) fn erase_by(
        &mut self,
        ruling: &Ruling,
        record: &RecordId,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        step.effects.push(Effect::Notice(Notice::Erased(*record)));
        match ruling {
            Ruling::Purge(_) => {
                self.erase_body_of(record, ledger, step)?;
                for (certificate, _) in index::certificates(ledger, record)? {
                    step.batch.erase(Shelf::Certified, certificate);
                }
                step.batch.erase(Shelf::Certified, record.0);
                step.batch.puts.retain(|(_, cid, _)| *cid != record.0);
                Ok(())
            }
            _ if ledger.holds(Shelf::Certified, &record.0)? || self.just_certified(record, step) => {
                self.erase_group(record, ledger, step)
            }
            // What is not accepted covers nothing else.
            _ => self.erase_alone(record, ledger, step),
        }
    }

    /// Erases one record's body, wherever it lies, and takes it out of the waiting room.
    pub(super) fn erase_body_of(
        &mut self,
        id: &RecordId,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        if let Some(header) = index::header(ledger, Shelf::Certified, id)? {
            self.erase_body(&header.body, step);
            self.incomplete.remove(id);
        }
        // Once in a step, whatever asks for it: the counts of what waits are kept here.
        if !step.batch.erasures.contains(&(Shelf::Live, id.0))
            && let Some(header) = self.waiting_header(id, ledger)?
        {
            self.erase_body(&header.header().body, step);
            self.drop_waiting(&header, ledger, step)?;
        }
        // What this very step was about to keep.
        let headers = step.batch.puts.iter().filter(|(_, cid, _)| *cid == id.0);
        let in_step: Vec<_> = headers.filter_map(|(_, _, bytes)| SignedHeader::verify(bytes).ok()).collect();
        for header in in_step {
            self.erase_body(&header.header().body, step);
            self.incomplete.remove(id);
            if step.batch.puts.iter().any(|(shelf, cid, _)| *shelf == Shelf::Live && *cid == id.0) {
                step.batch.puts.retain(|(shelf, cid, _)| *shelf != Shelf::Live || *cid != id.0);
                self.no_longer_waits(&header);
            }
        }
        Ok(())
    }

    /// Takes a record out of the waiting room, with the receipts and verdicts that speak of nothing else.
    fn drop_waiting(
        &mut self,
        header: &SignedHeader,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        let id = header.id();
        step.batch.erase(Shelf::Live, id.0);
        self.no_longer_waits(header);
        self.drop_refusals(&id, ledger, step)?;
        let mut about = BTreeMap::new();
        index::each(ledger, &index::key(prefix::RECEIPT, &[&id.0.to_bytes()]), |entry| {
            if let Some(cid) = index::last_cid(&entry.key)
                && let Some(bytes) = ledger.block(Shelf::Live, &cid)?
                && let Ok(receipt) = Receipt::verify(&bytes)
            {
                about.insert(cid, receipt.records);
            }
            Ok(())
        })?;
        for verdict in index::verdicts(ledger, &id)? {
            if let Some(bytes) = ledger.block(Shelf::Live, &verdict.batch)?
                && let Ok(batch) = Batch::verify(&bytes)
            {
                about.insert(verdict.batch, batch.entries().iter().map(|entry| entry.record).collect());
            }
        }
        for (cid, records) in about {
            let mut speaks = false;
            for other in records {
                speaks = speaks || self.stays_known(&other, ledger, step)?;
            }
            if !speaks {
                step.batch.erase(Shelf::Live, cid);
            }
        }
        Ok(())
    }

    /// Whether a record is known here after this step, waiting or accepted.
    pub(super) fn stays_known(&self, id: &RecordId, ledger: &impl Ledger, step: &Step) -> Result<bool, LedgerError> {
        let dropped = step.batch.erasures.contains(&(Shelf::Live, id.0));
        let certified = ledger.holds(Shelf::Certified, &id.0)? || self.just_certified(id, step);
        Ok(certified || (!dropped && ledger.holds(Shelf::Live, &id.0)?))
    }

    fn erase_body(&mut self, body: &Cid, step: &mut Step) {
        step.batch.puts.retain(|(_, cid, _)| cid != body);
        step.batch.erase(Shelf::Waiting, *body);
        step.batch.erase(Shelf::Certified, *body);
    }

    /// Whether a record's body must not be kept: it, or what it revises, is withdrawn or taken down, or a
    /// newer revision of it counts.
    pub(super) fn is_gone(
        &self,
        header: &SignedHeader,
        ledger: &impl Ledger,
    ) -> Result<Option<Option<Erasure>>, LedgerError> {
        let members = self.group_with(header, ledger)?;
        if let Some(kind) = erased_in(&header.id(), &members, &self.counting, ledger)? {
            return Ok(Some(Some(kind)));
        }
        Ok((self.standing_with(header, ledger)? == Some(Standing::Superseded)).then_some(None))
    }

    /// What a record's standing would be among the certified ones of its group, if it were certified.
    fn standing_with(&self, header: &SignedHeader, ledger: &impl Ledger) -> Result<Option<Standing>, LedgerError> {
        let facts = self.certified_group(header, ledger)?;
        Ok(facts.standings().get(&header.id()).copied())
    }

    fn certified_group(&self, header: &SignedHeader, ledger: &impl Ledger) -> Result<Facts, LedgerError> {
        let (id, of) = (header.id(), header.header());
        let mut facts = Facts::default();
        for member in self.group_with(header, ledger)? {
            if let Some(HeaderEntry { author, revises, .. }) = index::header(ledger, Shelf::Certified, &member)? {
                facts.records.insert(member, Fact { author, revises });
            }
        }
        facts.records.insert(id, Fact { author: of.author, revises: of.revises });
        Ok(facts)
    }

    /// The group of a record whose header may not be here yet.
    fn group_with(&self, header: &SignedHeader, ledger: &impl Ledger) -> Result<Vec<RecordId>, LedgerError> {
        let mut members = group_by(&header.id(), Some(header.header().author), ledger)?;
        if let Some(revised) = header.header().revises {
            let others = group(&revised, ledger)?;
            let author = others.iter().find_map(|id| index::header(ledger, Shelf::Certified, id).transpose());
            let live = others.iter().find_map(|id| index::header(ledger, Shelf::Live, id).transpose());
            let known = author.or(live).transpose()?.map(|found| found.author);
            if known == Some(header.header().author) {
                members.extend(others.into_iter().filter(|id| !members.contains(id)).collect::<Vec<_>>());
            }
        }
        Ok(members)
    }

    /// Erases the bodies that a newly certified record supersedes.
    pub(super) fn erase_superseded(
        &mut self,
        header: &SignedHeader,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        let body_of = |id: &RecordId| -> Result<Option<Cid>, LedgerError> {
            match *id == header.id() {
                true => Ok(Some(header.header().body)),
                false => Ok(index::header(ledger, Shelf::Certified, id)?.map(|header| header.body)),
            }
        };
        let standings = self.certified_group(header, ledger)?.standings();
        let accepted = standings.iter().find(|(_, standing)| **standing == Standing::Accepted);
        // A revision of the header alone repeats the body.
        let mut stays: BTreeSet<_> = accepted.map(|(id, _)| body_of(id)).transpose()?.flatten().into_iter().collect();
        // What still waits and would be superseded at once waits for nothing.
        let mut dropped = Vec::new();
        for id in self.group_with(header, ledger)? {
            let Some(waiting) = self.waiting_header(&id, ledger)?.filter(|_| id != header.id()) else { continue };
            let mut facts = self.certified_group(header, ledger)?;
            let (author, revises) = (waiting.header().author, waiting.header().revises);
            facts.records.insert(id, Fact { author, revises });
            if facts.standings().get(&id) == Some(&Standing::Superseded) {
                dropped.push(waiting);
            } else {
                stays.insert(waiting.header().body);
            }
        }
        for (id, _) in standings.iter().filter(|(_, standing)| **standing == Standing::Superseded) {
            if body_of(id)?.is_none_or(|body| !stays.contains(&body)) {
                self.erase_body_of(id, ledger, step)?;
            }
        }
        for waiting in dropped {
            if !stays.contains(&waiting.header().body) {
                self.erase_body(&waiting.header().body, step);
            }
            self.drop_waiting(&waiting, ledger, step)?;
        }
        Ok(())
    }
}
