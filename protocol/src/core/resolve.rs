//! From motions to resolutions: this validator's voice, and counting the voices of all.

use super::operate::{Taken, motions_on};
use super::{Core, Effect, Notice, Step, release};
use crate::agreement::Succession;
use crate::bytes::{Cid, Codec};
use crate::index;
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::operation::{Decision, Matter, Motion, Release, Resolution, Ruling};
use crate::record::RecordId;
use crate::record::header::{DAY_S, HOUR_S};
use std::collections::{BTreeMap, BTreeSet};

/// Pages of one release that are fetched before anyone here has looked at it.
const BLOCKS_AHEAD: usize = 64;

/// How long after it was written a release or a decision is still signed.
pub(super) const OPEN_S: i64 = 7 * DAY_S;

impl Core {
    /// Signs a motion for a matter, unless something speaks against it, and keeps the blocks that go with it:
    /// pages of a release, terms of a charter.
    pub(super) fn vote(
        &mut self,
        matter: Matter,
        blocks: Vec<Vec<u8>>,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        let id = matter.id();
        for block in blocks {
            let named = public_blocks(&matter);
            let ids = [Cid::of_cbor(&block), Cid::of(Codec::Raw, &block)];
            if let Some(cid) = ids.into_iter().find(|cid| named.contains(cid)) {
                step.batch.put(Shelf::Certified, cid, block);
            }
        }
        if let Some(why) = self.objection(&matter, ledger, step)? {
            step.effects.push(Effect::Notice(Notice::NotSigned(id, why)));
            return Ok(());
        }
        let Some(key) = self.role.validator.clone() else { return Ok(()) };
        let bytes = Motion::sign(matter, &key).to_bytes();
        match self.take_operation(&bytes, ledger, step)? {
            Ok(Taken::New) => {
                self.outbox.operations.push(bytes);
                self.changed = true;
                step.effects.push(Effect::Notice(Notice::Signed(id)));
            }
            Ok(Taken::Known) => step.effects.push(Effect::Notice(Notice::Signed(id))),
            Ok(Taken::Ignored(why)) => step.effects.push(Effect::Notice(Notice::NotSigned(id, why.into()))),
            Err(refused) => step.effects.push(Effect::Notice(Notice::NotSigned(id, refused.why))),
        }
        Ok(())
    }

    /// Keeps blocks that an open matter, or one that counts, names and that are not here yet.
    pub(super) fn keep_wanted(&mut self, blocks: Vec<Vec<u8>>, step: &mut Step) {
        for block in blocks {
            let ids = [Cid::of_cbor(&block), Cid::of(Codec::Raw, &block)];
            if let Some(cid) = ids.into_iter().find(|cid| self.wanted.remove(cid)) {
                step.batch.put(Shelf::Certified, cid, block);
                self.changed = true;
            }
        }
    }

    /// What speaks against this node signing a matter; `None` when nothing does.
    fn objection(&self, matter: &Matter, ledger: &impl Ledger, step: &Step) -> Result<Option<String>, LedgerError> {
        let Some(key) = self.role.validator.as_ref().map(|key| key.public()) else {
            return Ok(Some("this node has no key to sign with".into()));
        };
        if matter.community() != self.community {
            return Ok(Some("it is about another community".into()));
        }
        if let Matter::Successor(successor) = matter {
            return self.objection_to_successor(successor, &key, ledger, step);
        }
        if matter.charter() != self.charter.id() {
            return Ok(Some("it is under a charter that does not lead here".into()));
        }
        if self.signing().is_none() {
            return Ok(Some(self.why_not_signing().into()));
        }
        let age_s = self.now.unix_s() - matter.time_s();
        if !(-2 * HOUR_S..OPEN_S).contains(&age_s) {
            return Ok(Some("expected a time at most seven days past or two hours ahead; propose it again".into()));
        }
        Ok(match matter {
            Matter::Release(release) => self.objection_to_release(release, ledger, step)?,
            Matter::Decision(decision) => self.objection_to_decision(decision, ledger)?,
            Matter::Successor(_) => None,
        })
    }

    /// Why this node does not sign now.
    pub(super) fn why_not_signing(&self) -> &'static str {
        if !self.validates() {
            "the charter that leads does not name this node's key"
        } else if self.forked {
            "two successors are certified in one round; nothing is signed until a higher round is"
        } else if self.signed_round.is_some() {
            "this validator has signed a successor that may yet lead, and signs nothing under this charter"
        } else if self.ruleset.is_none() {
            "this program does not have the charter's rules of redaction"
        } else {
            "the other validators have not yet said what this one has signed; it may have been restored from a backup"
        }
    }

    fn objection_to_decision(&self, decision: &Decision, ledger: &impl Ledger) -> Result<Option<String>, LedgerError> {
        if !decision.holds_at(self.now.unix_s()) {
            return Ok(Some("its end has passed".into()));
        }
        match &decision.ruling {
            Ruling::Lift(lifted) if !self.counting.decisions.contains_key(lifted) => {
                Ok(Some("the decision that it lifts is not in force here".into()))
            }
            Ruling::Purge(record) => self.objection_to_purge(record, ledger),
            _ => Ok(None),
        }
    }

    /// Without the header nothing ties the record's revisions together any more: one of them would be accepted
    /// again. So each has to be gone by itself before.
    fn objection_to_purge(&self, record: &RecordId, ledger: &impl Ledger) -> Result<Option<String>, LedgerError> {
        for other in super::facts::group(record, ledger)?.into_iter().filter(|other| other != record) {
            let erasures = index::operations::erasures(ledger, &other)?;
            let withdrawn = erasures.iter().any(|(kind, durable, _)| *kind == index::Erasure::Withdrawal && *durable);
            if !withdrawn && !self.counting.takes_down(&other) && !self.counting.purged(&other) {
                return Ok(Some(format!("take {other} down first, which it revises or is revised by")));
            }
        }
        Ok(None)
    }

    fn objection_to_release(
        &self,
        release: &Release,
        ledger: &impl Ledger,
        step: &Step,
    ) -> Result<Option<String>, LedgerError> {
        let in_step = step.batch.puts.iter().filter(|(_, cid, _)| release.pages.contains(cid));
        let pages: Vec<_> = in_step.map(|(_, _, bytes)| bytes.clone()).collect();
        let (now_s, counting) = (self.now.unix_s(), &self.counting);
        let comparison = release::compare_with(&pages, release, &self.lineage, counting, now_s, ledger)?;
        Ok(comparison.objection())
    }

    /// One successor a round; none that leaves out a release that this validator has signed.
    fn objection_to_successor(
        &self,
        successor: &crate::agreement::Charter,
        key: &crate::sign::PublicKey,
        ledger: &impl Ledger,
        step: &Step,
    ) -> Result<Option<String>, LedgerError> {
        let Some(succeeds) = &successor.succeeds else { return Ok(Some("it succeeds no charter".into())) };
        let Some(predecessor) = self.lineage.charter(&succeeds.predecessor) else {
            return Ok(Some("the charter that it succeeds is not known here".into()));
        };
        let has_voice = predecessor.validator(key).is_some() || successor.validator(key).is_some();
        if !has_voice && !predecessor.recovery.contains(key) {
            return Ok(Some("neither charter names this node's key".into()));
        }
        if predecessor.validator(key).is_some() && !self.restored_for(predecessor) {
            return Ok(Some(self.why_not_signing().into()));
        }
        let terms_here = ledger.holds(Shelf::Certified, &successor.terms)?
            || step.batch.puts.iter().any(|(_, cid, _)| *cid == successor.terms);
        if !terms_here {
            return Ok(Some("the text of its terms is not here yet; try again in a minute".into()));
        }
        if let Some((round, certified)) = self.lineage.successors(&succeeds.predecessor).next_back()
            && !certified.contains(&successor.id())
            && *round >= succeeds.round
        {
            let state = if certified.len() == 1 { "certified" } else { "forked" };
            return Ok(Some(format!("round {round} is {state} already; propose it in a higher round")));
        }
        // Who has a release under a later charter follows no other branch.
        let own = self.own_motions(ledger)?.into_iter();
        let mut signed = own.filter_map(|motion| match motion.matter {
            Matter::Release(release) => Some(release.charter),
            _ => None,
        });
        let pinned = self.lineage.pinned();
        if self.descends(&pinned, &succeeds.predecessor)
            || signed.any(|charter| self.descends(&charter, &succeeds.predecessor))
        {
            return Ok(Some("a successor of that charter has a release already; succeed that one".into()));
        }
        for motion in self.own_motions(ledger)? {
            let Matter::Successor(signed) = &motion.matter else { continue };
            let Some(before) = signed.succeeds.as_ref().filter(|_| signed.id() != successor.id()) else { continue };
            if before.predecessor == succeeds.predecessor && before.round >= succeeds.round {
                return Ok(Some(format!(
                    "this validator has signed another successor in round {}; propose it in a higher round",
                    before.round
                )));
            }
            if self.comes_by_lower_round(&succeeds.predecessor, before) && !self.descends(&pinned, &before.predecessor)
            {
                return Ok(Some(format!(
                    "this validator has signed a successor of round {} that may yet lead, and nothing that comes after a \
                     lower round; propose it as a successor of {} in a higher round",
                    before.round, before.predecessor
                )));
            }
        }
        let kept = self.with_earlier(&succeeds.closing);
        let resolved = self.counting.releases.iter().map(|(id, release)| (*id, release.clone()));
        // One that this validator has signed may still become a release.
        let moved = self.own_motions(ledger)?.into_iter().filter_map(|motion| match motion.matter {
            Matter::Release(release) => Some((Matter::Release(release.clone()).id(), release)),
            _ => None,
        });
        let mut signed = resolved.chain(moved).filter(|(_, release)| release.charter == succeeds.predecessor);
        if let Some((_, release)) = signed.find(|(id, _)| !kept.contains(id)) {
            return Ok(Some(format!("it leaves out release {} of its predecessor", release.number)));
        }
        self.brought_back(&succeeds.closing, ledger)
    }

    /// A record that was taken down and that these matters, as all that stays of a charter, would bring back.
    fn brought_back(&self, closing: &BTreeSet<Cid>, ledger: &impl Ledger) -> Result<Option<String>, LedgerError> {
        let left_out = self.counting.decisions.iter().filter(|(id, _)| !closing.contains(id));
        let gone: BTreeSet<_> = left_out.filter_map(|(_, decision)| decision.ruling.erases()).collect();
        if gone.is_empty() {
            return Ok(None);
        }
        for release in closing.iter().filter_map(|id| self.counting.releases.get(id)) {
            let rows = release::rows(release, ledger, &mut BTreeSet::new())?.unwrap_or_default();
            if let Some(row) = rows.iter().find(|row| gone.contains(&row.record)) {
                return Ok(Some(format!("it leaves out the decision that took down {}", row.record)));
            }
        }
        Ok(None)
    }

    /// Whether enough of the others have said what this validator has signed. One that the charter that leads does not
    /// name is told nothing by those that it names.
    fn restored_for(&self, predecessor: &crate::agreement::Charter) -> bool {
        self.restored() || (predecessor.id() != self.charter.id() && !self.validates())
    }

    /// Whether a charter is, or comes after, a successor of the same charter in a lower round than the one signed.
    fn comes_by_lower_round(&self, charter: &Cid, signed: &Succession) -> bool {
        let succeeds = |id: &Cid| self.lineage.charter(id)?.succeeds.as_ref();
        let all = std::iter::successors(succeeds(charter), |one| succeeds(&one.predecessor));
        let mut same = all.filter(|one| one.predecessor == signed.predecessor);
        same.next().is_some_and(|one| one.round < signed.round)
    }

    /// Matters, with the releases before those among them that are releases.
    fn with_earlier(&self, named: &BTreeSet<Cid>) -> BTreeSet<Cid> {
        let mut all = named.clone();
        let mut left: Vec<_> = named.iter().copied().collect();
        while let Some(id) = left.pop() {
            let before = self.counting.releases.get(&id).and_then(|release| release.previous);
            left.extend(before.filter(|before| all.insert(*before)));
        }
        all
    }

    /// Counts the voices for matters that are open; with enough of them, the matter is resolved.
    pub(super) fn count_voices(&mut self, ledger: &impl Ledger, step: &mut Step) -> Result<(), LedgerError> {
        for id in std::mem::take(&mut self.matters) {
            let mut voices = BTreeMap::new();
            let mut matter = None;
            for (signer, block) in motions_on(&id, ledger)? {
                let Some(bytes) = ledger.block(Shelf::Live, &block)? else { continue };
                let Ok(motion) = Motion::verify(&bytes) else { continue };
                voices.insert(signer, motion.signature);
                matter = Some(motion.matter);
            }
            let Some(matter) = matter else { continue };
            let Some(charter) = self.lineage.charter(&matter.charter()) else { continue };
            let Ok(resolution) = Resolution::form(&matter, &voices, charter) else { continue };
            if let Ok(Taken::New) = self.take_resolution(&resolution, ledger, step)? {
                self.outbox.operations.push(resolution.bytes().to_vec());
            }
        }
        Ok(())
    }

    /// Remembers which blocks that go with a matter are not here, to be fetched: nobody can agree to what they
    /// cannot read.
    pub(super) fn want_blocks(&mut self, matter: &Matter, ledger: &impl Ledger) -> Result<(), LedgerError> {
        for block in public_blocks(matter).into_iter().take(BLOCKS_AHEAD) {
            if !ledger.holds(Shelf::Certified, &block)? {
                self.wanted.insert(block);
            }
        }
        Ok(())
    }

    /// The same, for every matter that is open.
    pub(super) fn want_of_open(&mut self, ledger: &impl Ledger) -> Result<(), LedgerError> {
        for id in self.matters.clone() {
            let Some((_, block)) = motions_on(&id, ledger)?.into_iter().next() else { continue };
            let Some(bytes) = ledger.block(Shelf::Live, &block)? else { continue };
            if let Ok(motion) = Motion::verify(&bytes) {
                self.want_blocks(&motion.matter, ledger)?;
            }
        }
        Ok(())
    }
}

/// The blocks that go with a matter and that anyone may have.
pub(super) fn public_blocks(matter: &Matter) -> Vec<Cid> {
    match matter {
        Matter::Successor(charter) => vec![charter.terms],
        Matter::Release(release) => release.pages.clone(),
        Matter::Decision(_) => Vec::new(),
    }
}
