//! Finding and keeping proofs that a validator has contradicted itself: one for each validator and charter.

use super::operate::{Outcome, Taken, refuse};
use super::succession::motions_by;
use super::{Core, Effect, Notice, Step};
use crate::agreement::{Batch, Entry, Verdict};
use crate::bytes::Cid;
use crate::index::{self, VerdictEntry, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::operation::equivocation::Statement;
use crate::operation::{Equivocation, Matter, Motion};
use crate::record::RecordId;
use crate::sign::PublicKey;
use std::collections::{BTreeMap, BTreeSet};

/// Batches that one step has heard: they are not in the ledger yet.
#[derive(Default)]
pub(super) struct Heard {
    batches: Vec<Batch>,
    /// By charter, validator and number.
    numbered: BTreeMap<(Cid, PublicKey, i64), usize>,
    /// By charter, validator, record, and whether it is accepted.
    said: BTreeMap<(Cid, PublicKey, RecordId, bool), usize>,
}

impl Heard {
    /// The proof that a batch makes with one of them, if it does.
    fn contradicts(&self, batch: &Batch) -> Option<Equivocation> {
        let signed = batch.signed();
        let numbered = self.numbered.get(&(signed.charter, signed.validator, signed.number));
        let other = |entry: &Entry| {
            let accepts = entry.verdict == Verdict::Accept;
            self.said.get(&(signed.charter, signed.validator, entry.record, !accepts))
        };
        let candidates = numbered.into_iter().chain(batch.entries().iter().filter_map(other));
        candidates.collect::<BTreeSet<_>>().into_iter().find_map(|at| Equivocation::between(batch, &self.batches[*at]))
    }

    fn add(&mut self, batch: &Batch) {
        let (signed, at) = (batch.signed(), self.batches.len());
        self.numbered.entry((signed.charter, signed.validator, signed.number)).or_insert(at);
        for entry in batch.entries() {
            let accepts = entry.verdict == Verdict::Accept;
            self.said.entry((signed.charter, signed.validator, entry.record, accepts)).or_insert(at);
        }
        self.batches.push(batch.clone());
    }
}

impl Core {
    /// Keeps a proof that somebody else found.
    pub(super) fn take_equivocation(&mut self, proof: &Equivocation, step: &mut Step) -> Outcome {
        match self.lineage.charter(&proof.charter) {
            None => Ok(Taken::Ignored("it is about a charter that is not known here")),
            Some(charter) if !proof.concerns(charter) => refuse("it is about nobody whom the charter names"),
            Some(_) if self.is_accused(&proof.charter, &proof.validator) => Ok(Taken::Known),
            Some(_) => {
                self.keep_proof(proof, step);
                Ok(Taken::New)
            }
        }
    }

    fn is_accused(&self, charter: &Cid, validator: &PublicKey) -> bool {
        self.accused.contains(&(*charter, *validator))
    }

    fn keep_proof(&mut self, proof: &Equivocation, step: &mut Step) {
        self.accused.insert((proof.charter, proof.validator));
        step.batch.put(Shelf::Certified, proof.cid(), proof.bytes().to_vec());
        step.effects.push(Effect::Notice(Notice::Contradicted(proof.validator, proof.contradiction)));
    }

    /// Keeps a proof that was found here, and tells it to others.
    fn accuse(&mut self, proof: Option<Equivocation>, step: &mut Step) {
        let Some(proof) = proof else { return };
        let named = self.lineage.charter(&proof.charter).is_some_and(|charter| proof.concerns(charter));
        if named && !self.is_accused(&proof.charter, &proof.validator) {
            self.outbox.operations.push(proof.bytes().to_vec());
            self.keep_proof(&proof, step);
        }
    }

    /// Compares a batch, which may not be kept, with what its validator has signed before: with `said` of each record
    /// in it.
    pub(super) fn compare_batch(
        &mut self,
        batch: &Batch,
        said: &[Vec<VerdictEntry>],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        let signed = batch.signed();
        if self.is_accused(&signed.charter, &signed.validator) {
            return Ok(());
        }
        let found = self.heard_now.contradicts(batch);
        self.accuse(found, step);
        let numbered = index::key(prefix::BATCH, &[&signed.validator.0, &signed.number.to_be_bytes()]);
        let mut others = BTreeSet::new();
        others.extend(ledger.scan(&numbered, None, 4)?.iter().filter_map(|entry| index::last_cid(&entry.key)));
        for (entry, said) in batch.entries().iter().zip(said) {
            let accepts = entry.verdict == Verdict::Accept;
            let differ = said.iter().filter(|verdict| (verdict.verdict == Verdict::Accept) != accepts);
            others.extend(differ.map(|verdict| verdict.batch));
        }
        for other in others {
            if self.is_accused(&signed.charter, &signed.validator) {
                break;
            }
            let bytes = ledger.block(Shelf::Live, &other)?;
            let other = bytes.and_then(|bytes| Batch::verify(&bytes).ok());
            self.accuse(other.and_then(|other| Equivocation::between(batch, &other)), step);
        }
        self.heard_now.add(batch);
        Ok(())
    }

    /// Compares voices for a successor with others that their signers gave in the same round.
    pub(super) fn compare_voices(
        &mut self,
        matter: &Matter,
        voices: &[Motion],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        let Matter::Successor(_) = matter else { return Ok(()) };
        let mut resolved = Vec::new();
        for (_, block) in index::operations::resolutions(ledger, Some(b's'))? {
            resolved.extend(super::facts::resolution(&block, ledger)?);
        }
        for voice in voices {
            if self.is_accused(&matter.charter(), &voice.signer) {
                continue;
            }
            let mut others = motions_by(&voice.signer, ledger)?;
            others.extend(resolved.iter().filter_map(|resolution| resolution.voice(&voice.signer)));
            let one = Statement::Voice(Box::new(voice.clone()));
            for other in others {
                self.accuse(Equivocation::of(&one, &Statement::Voice(Box::new(other))), step);
            }
        }
        Ok(())
    }

    /// Whom the proofs that are held accuse.
    pub(super) fn reload_accused(&mut self, ledger: &impl Ledger) -> Result<(), LedgerError> {
        let held = index::operations::equivocations(ledger)?;
        self.accused = held.into_iter().map(|(charter, validator, _)| (charter, validator)).collect();
        Ok(())
    }
}
