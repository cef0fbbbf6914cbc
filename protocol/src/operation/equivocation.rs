//! Proof that a validator has contradicted itself: two signatures of its own that no honest one gives.
//!
//! It convinces anybody who has the charter, whoever passes it on, and voids nothing: what the validator accepted
//! stays accepted, since others have built on it. It is for people, who may leave it out of the next charter.

use super::{Matter, Motion, OperationError};
use crate::agreement::attestation::{Entry, SignedRoot};
use crate::agreement::certificate::read_path;
use crate::agreement::merkle::{self, Hash};
use crate::agreement::{Batch, Charter, Verdict};
use crate::bytes::{Cid, FieldError, Fields, Node, encode};
use crate::limits::{ATTESTATION_ENTRIES, OPERATION_BYTES};
use crate::record::RecordId;
use crate::sign::{PublicKey, SignedError};
use std::collections::BTreeMap;

/// What two signatures contradict each other in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contradiction {
    /// Two different batches have this number.
    Number(i64),
    /// This record was accepted, and then was not.
    Verdict(RecordId),
    /// Two charters are to succeed one in this round.
    Round(i64),
}

/// One of the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// A batch, by its signed root alone.
    Root(SignedRoot),
    /// One verdict of a batch, with the path that proves it.
    Said {
        /// What is signed.
        signed: SignedRoot,
        /// The verdict.
        entry: Entry,
        /// Where it stands in the batch, from 0.
        index: usize,
        /// From its leaf to the root.
        path: Vec<Hash>,
    },
    /// A voice for a successor.
    Voice(Box<Motion>),
}

/// A proof whose signatures and contradiction have been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equivocation {
    /// The community.
    pub community: Cid,
    /// Under which charter the validator spoke.
    pub charter: Cid,
    /// Who contradicts itself.
    pub validator: PublicKey,
    /// In what.
    pub contradiction: Contradiction,
    bytes: Vec<u8>,
}

impl Statement {
    /// The statement that one entry of a batch makes; `None` when it has no such entry.
    pub fn said(batch: &Batch, index: usize) -> Option<Self> {
        let entry = *batch.entries().get(index)?;
        Some(Statement::Said { signed: batch.signed().clone(), entry, index, path: batch.proof(index) })
    }

    fn to_node(&self) -> Node {
        match self {
            Statement::Root(signed) => Node::map([("signed", Some(signed.envelope().clone()))]),
            Statement::Said { signed, entry, index, path } => Node::map([
                ("signed", Some(signed.envelope().clone())),
                ("entry", Some(entry.to_node())),
                ("index", Some((*index as i64).into())),
                ("path", Some(Node::List(path.iter().map(|hash| Node::bytes(*hash)).collect()))),
            ]),
            Statement::Voice(motion) => Node::map([("motion", Some(Node::bytes(motion.to_bytes())))]),
        }
    }

    fn read(node: Node) -> Result<Self, SignedError> {
        let mut fields = Fields::of(node)?;
        if let Some(bytes) = fields.bytes_opt("motion")? {
            fields.end()?;
            return Ok(Statement::Voice(Box::new(Motion::verify(&bytes)?)));
        }
        let signed = SignedRoot::verify(Node::Map(fields.map("signed")?))?;
        let Some(entry) = fields.list_opt("entry")? else {
            fields.end()?;
            return Ok(Statement::Root(signed));
        };
        let entry = Entry::read(Node::List(entry))?;
        let index = fields.int_in("index", 0..=ATTESTATION_ENTRIES as i64 - 1)? as usize;
        fields.present("path")?;
        let path = read_path(&mut fields)?;
        fields.end()?;
        if merkle::root_from_proof(&entry.leaf(), index, signed.count, &path) != Some(signed.root) {
            return Err(FieldError::value("path", "it does not lead to the signed root").into());
        }
        Ok(Statement::Said { signed, entry, index, path })
    }

    fn speaker(&self) -> (Cid, Cid, PublicKey) {
        match self {
            Statement::Root(signed) | Statement::Said { signed, .. } => {
                (signed.community, signed.charter, signed.validator)
            }
            Statement::Voice(motion) => (motion.matter.community(), motion.matter.charter(), motion.signer),
        }
    }

    /// In what two statements of one speaker contradict each other, if they do.
    fn contradicts(&self, other: &Statement) -> Option<Contradiction> {
        match (self, other) {
            (Statement::Root(a), Statement::Root(b)) => {
                let differ = (a.root, a.count) != (b.root, b.count);
                (a.number == b.number && differ).then_some(Contradiction::Number(a.number))
            }
            (Statement::Said { signed: a, entry: one, .. }, Statement::Said { signed: b, entry: two, .. }) => {
                let undone = match (one.verdict == Verdict::Accept, two.verdict == Verdict::Accept) {
                    (true, false) => a.number <= b.number,
                    (false, true) => b.number <= a.number,
                    _ => false,
                };
                (one.record == two.record && undone).then_some(Contradiction::Verdict(one.record))
            }
            (Statement::Voice(a), Statement::Voice(b)) => {
                let round = |motion: &Motion| match &motion.matter {
                    Matter::Successor(charter) => charter.succeeds.as_ref().map(|succeeds| succeeds.round),
                    _ => None,
                };
                let one = round(a).filter(|one| round(b) == Some(*one) && a.matter.id() != b.matter.id());
                one.map(Contradiction::Round)
            }
            _ => None,
        }
    }
}

impl Equivocation {
    /// The proof that two statements make; `None` when they do not contradict each other, are not by one validator
    /// under one charter, or are too long for an operation.
    pub fn of(one: &Statement, other: &Statement) -> Option<Self> {
        let mut nodes = [one.to_node(), other.to_node()];
        nodes.sort_by_key(encode);
        let bytes = encode(&Node::map([
            ("type", Some(Node::text("equivocation"))),
            ("statements", Some(Node::List(nodes.into()))),
        ]));
        (bytes.len() <= OPERATION_BYTES).then(|| Equivocation::verify(&bytes).ok()).flatten()
    }

    /// The proof that two batches make, if they do.
    pub fn between(one: &Batch, other: &Batch) -> Option<Self> {
        let speaker = |batch: &Batch| Statement::Root(batch.signed().clone()).speaker();
        if speaker(one) != speaker(other) {
            return None;
        }
        let roots = [one, other].map(|batch| Statement::Root(batch.signed().clone()));
        if roots[0].contradicts(&roots[1]).is_some() {
            return Equivocation::of(&roots[0], &roots[1]);
        }
        let at: BTreeMap<_, _> = one.entries().iter().enumerate().map(|(at, entry)| (entry.record, at)).collect();
        other.entries().iter().enumerate().find_map(|(there, entry)| {
            let here = *at.get(&entry.record)?;
            let accepts = [&one.entries()[here], entry].map(|entry| entry.verdict == Verdict::Accept);
            let differ = accepts[0] != accepts[1];
            let (one, other) = (Statement::said(one, here)?, Statement::said(other, there)?);
            differ.then(|| Equivocation::of(&one, &other)).flatten()
        })
    }

    /// Checks received bytes: form, order, both signatures, and that they contradict each other.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn verify(bytes: &[u8]) -> Result<Self, OperationError> {
        let mut fields = Fields::of(crate::bytes::decode(bytes).map_err(SignedError::from)?)?;
        fields.constant("type", "equivocation")?;
        let nodes = fields.items("statements", 2, Ok)?;
        fields.end()?;
        let wrong = |why: &str| FieldError::value("statements", why);
        let [first, second] = <[Node; 2]>::try_from(nodes).map_err(|_| wrong("expected two statements"))?;
        if encode(&first) >= encode(&second) {
            return Err(wrong("expected the order of their bytes, each once").into());
        }
        let (first, second) = (Statement::read(first)?, Statement::read(second)?);
        if first.speaker() != second.speaker() {
            return Err(wrong("expected one validator under one charter").into());
        }
        let (community, charter, validator) = first.speaker();
        let contradiction = first.contradicts(&second).ok_or_else(|| wrong("they do not contradict each other"))?;
        Ok(Equivocation { community, charter, validator, contradiction, bytes: bytes.to_vec() })
    }

    /// Whether it is about a validator that this charter names, speaking under it.
    pub fn concerns(&self, charter: &Charter) -> bool {
        let here = self.charter == charter.id() && self.community == charter.community();
        here && charter.validator(&self.validator).is_some()
    }

    /// The bytes as they were received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The block's CID.
    pub fn cid(&self) -> Cid {
        Cid::of_cbor(&self.bytes)
    }
}

#[cfg(test)]
mod tests;
