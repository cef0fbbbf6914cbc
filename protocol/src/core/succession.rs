//! Which charter this node goes by, whether it may sign under it, and what happens when another leads.

use super::peers::Asked;
use super::{Core, Effect, Notice, Step, notes};
use crate::agreement::Charter;
use crate::bytes::Cid;
use crate::index::{self, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::operation::{Matter, Motion, Ruling};
use crate::sign::{PublicKey, SecretKey};
use crate::wire::exchange::{Ask, Peer};
use std::collections::BTreeSet;

impl Core {
    /// Whether the charter that leads names this node's key: it may then hold waiting bodies.
    pub(super) fn validates(&self) -> bool {
        self.validator().is_some()
    }

    /// The key to sign verdicts and motions with; `None` when this node is no validator, while a fork
    /// stops acceptance, once it has signed a successor that does not lead yet, and until the others have given back what it has
    /// signed itself (it may have been restored from a backup).
    pub(super) fn signing(&self) -> Option<&SecretKey> {
        let free = !self.forked && self.signed_round.is_none() && self.ruleset.is_some() && self.restored();
        self.role.validator.as_ref().filter(|_| free && self.validates())
    }

    /// Whether enough of the others have said what this validator has signed: with itself, a quorum.
    pub(super) fn restored(&self) -> bool {
        self.told_own.len() + 1 >= self.charter.quorum.q()
    }

    /// Whether the last step took something that decides what counts, or a page of it: the next step goes by it.
    pub fn decided(&self) -> bool {
        self.changed
    }

    /// Reads again what counts, after a resolution or a page has come, and goes by the charter that leads.
    pub(super) fn refresh(&mut self, ledger: &impl Ledger, step: &mut Step) -> Result<(), LedgerError> {
        if !std::mem::take(&mut self.changed) {
            return Ok(());
        }
        if let Some((_, pinned)) = notes::pinned(ledger)?
            && pinned != self.lineage.pinned()
        {
            // It may have been unknown until now.
            self.lineage.pin(&pinned);
        }
        self.counting = super::facts::Counting::load(&self.lineage, ledger)?;
        let head = self.lineage.head();
        let (charter, forked) = (head.charter.clone(), !head.fork.is_empty());
        if forked && !self.forked {
            step.effects.push(Effect::Notice(Notice::Forked(head.fork.into_iter().collect())));
        }
        self.apply_erasures(ledger, step)?;
        self.forked = forked;
        self.wanted.extend(self.counting.missing.iter().copied());
        if charter.bodies == crate::agreement::charter::BodyAccess::OnRelease {
            self.released = super::release::released(&self.counting, ledger)?;
        }
        if charter.id() != self.charter.id() {
            step.effects.push(Effect::Notice(Notice::Succeeded(charter.id())));
            self.go_by(charter, ledger)?;
        }
        self.pin_newest(ledger, step)?;
        self.signed_round = self.round_signed(ledger)?;
        Ok(())
    }

    /// Erases what decisions that count now take down and that is still here, of the record or of its group.
    fn apply_erasures(&mut self, ledger: &impl Ledger, step: &mut Step) -> Result<(), LedgerError> {
        let rulings = self.counting.decisions.values().map(|decision| decision.ruling.clone());
        for ruling in rulings.collect::<Vec<_>>() {
            let Some(record) = ruling.erases() else { continue };
            let mut here = false;
            match ruling {
                Ruling::Purge(_) => here = ledger.holds(Shelf::Certified, &record.0)?,
                _ => {
                    for member in super::facts::group(&record, ledger)? {
                        if let Some(header) = index::header(ledger, Shelf::Certified, &member)? {
                            here |= ledger.holds(Shelf::Certified, &header.body)?;
                        }
                    }
                }
            }
            if here {
                self.erase_by(&ruling, &record, ledger, step)?;
            }
        }
        Ok(())
    }

    /// Goes by another charter: what waits is judged anew, and so is what only its predecessor accepted.
    fn go_by(&mut self, charter: Charter, ledger: &impl Ledger) -> Result<(), LedgerError> {
        self.ruleset = (self.rulesets)(&charter);
        self.charter = charter;
        self.want_terms(ledger)?;
        self.confirmed.clear();
        self.told_own.clear();
        self.hear_again();
        for peer in self.peers.values_mut() {
            peer.validator = None;
            peer.submitted.clear();
        }
        self.reload(ledger)
    }

    /// Remembers which terms are not here, to be fetched: of every charter on the path, since records name them
    /// and exports hold them.
    pub(super) fn want_terms(&mut self, ledger: &impl Ledger) -> Result<(), LedgerError> {
        for charter in self.lineage.path() {
            if !ledger.holds(Shelf::Certified, &charter.terms)? {
                self.wanted.insert(charter.terms);
            }
        }
        Ok(())
    }

    /// Pins the newest charter on the path that has a release: what branches off below it is evidence.
    fn pin_newest(&mut self, ledger: &impl Ledger, step: &mut Step) -> Result<(), LedgerError> {
        let released: BTreeSet<_> = self.counting.releases.values().map(|release| release.charter).collect();
        let path = self.lineage.path();
        let place = |id: &Cid| path.iter().position(|charter| charter.id() == *id);
        let newest = path.iter().map(|charter| charter.id()).rfind(|id| released.contains(id));
        let Some(newest) = newest.filter(|newest| place(newest) > place(&self.lineage.pinned())) else {
            return Ok(());
        };
        self.lineage.pin(&newest);
        let number = notes::pinned(ledger)?.map_or(0, |(number, _)| number) + 1;
        let note = notes::pin(number, newest);
        step.batch.put(Shelf::Live, Cid::of_cbor(&note), note);
        Ok(())
    }

    /// The round in which this validator has signed a successor that may yet take the place of what leads, if it
    /// has: of the charter that leads, or of one before it, in a higher round than the one that is followed. What
    /// branches off below the pin takes no place any more.
    pub(super) fn round_signed(&self, ledger: &impl Ledger) -> Result<Option<i64>, LedgerError> {
        let path = self.lineage.path();
        let mut last = None;
        for motion in self.own_motions(ledger)? {
            if let Matter::Successor(successor) = &motion.matter
                && let Some(succeeds) = &successor.succeeds
                && let Some(at) = path.iter().position(|charter| charter.id() == succeeds.predecessor)
                && path[..=at].iter().any(|charter| charter.id() == self.lineage.pinned())
            {
                let followed = path.get(at + 1).and_then(|charter| charter.succeeds.as_ref()).map(|next| next.round);
                if followed.is_none_or(|followed| succeeds.round > followed) {
                    last = last.max(Some(succeeds.round));
                }
            }
        }
        Ok(last)
    }

    /// Whether a charter comes after another in the succession.
    pub(super) fn descends(&self, charter: &Cid, from: &Cid) -> bool {
        let before = |id: &Cid| Some(self.lineage.charter(id)?.succeeds.as_ref()?.predecessor);
        std::iter::successors(before(charter), before).any(|id| id == *from)
    }

    /// The motions that this validator has signed and that are still held.
    pub(super) fn own_motions(&self, ledger: &impl Ledger) -> Result<Vec<Motion>, LedgerError> {
        let Some(me) = self.role.validator.as_ref().map(SecretKey::public) else { return Ok(Vec::new()) };
        motions_by(&me, ledger)
    }

    /// Asks the peers that are validators for what this one has signed, until enough have answered.
    pub(super) fn ask_own(&mut self, peer: &Peer, step: &mut Step) {
        let Some(me) = self.validator() else { return };
        let Some(other) = self.peers.get(peer).and_then(|state| state.validator) else { return };
        if !self.told_own.contains(&other) && !self.asking(peer, |asked| *asked == Asked::Own) {
            self.ask(peer, Ask::Own { validator: me, after: self.last_batch }, Asked::Own, step);
        }
    }
}

/// The motions of one signer.
pub(super) fn motions_by(signer: &PublicKey, ledger: &impl Ledger) -> Result<Vec<Motion>, LedgerError> {
    let mut motions = Vec::new();
    index::each(ledger, &[prefix::MOTION], |entry| {
        if entry.key.get(1 + Cid::LEN..1 + Cid::LEN + 32) == Some(&signer.0[..])
            && let Some(block) = index::last_cid(&entry.key)
            && let Some(bytes) = ledger.block(Shelf::Live, &block)?
        {
            motions.extend(Motion::verify(&bytes).ok());
        }
        Ok(())
    })?;
    Ok(motions)
}
