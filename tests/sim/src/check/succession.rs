//! Charters follow each other as is promised: a validator signs one successor in a round, and nothing under what
//! that may replace; under a forked charter nothing is signed and no certificate formed; and in the end every
//! node goes by the one charter to which the highest certified rounds lead.

use super::{Check, View};
use crate::node::Node;
use commonwheel_protocol::agreement::{self, Certificate, Lineage};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::status;
use commonwheel_protocol::ledger::{Batch, Shelf};
use commonwheel_protocol::operation::{Matter, Motion};
use std::collections::{BTreeMap, BTreeSet};

/// What the validators have signed, and who knows of a fork.
#[derive(Default)]
pub struct Succession {
    /// Successors that each node has signed: the predecessor, the round, and which.
    signed: BTreeMap<usize, BTreeMap<(Cid, i64), Cid>>,
    /// Nodes by whose head, before their next step, there is a fork: and the head.
    forked: BTreeMap<usize, Cid>,
    /// Certificates that some node has held, or was sent by one that need not follow the rules.
    certificates: BTreeSet<Cid>,
    /// Batches and motions that some node has held: a validator that lost its disk gets its own again.
    said: BTreeSet<Cid>,
}

impl Succession {
    /// One more successor that a node has signed.
    fn sign(&mut self, node: &Node, predecessor: Cid, round: i64, successor: Cid) -> Result<(), String> {
        let signed = self.signed.entry(node.index).or_default();
        if *signed.entry((predecessor, round)).or_insert(successor) != successor {
            return Err(format!("validator {} signs two successors in round {round}", node.index));
        }
        Ok(())
    }

    /// Nothing is signed under what a successor that is signed may replace.
    fn may_sign_under(&self, node: &Node, lineage: &Lineage, charter: &Cid) -> Result<(), String> {
        if self.forked.get(&node.index) == Some(charter) {
            return Err(format!("validator {} signs under a charter that is forked", node.index));
        }
        let (mut at, mut followed) = (*charter, 0);
        loop {
            let after = |(predecessor, round): &(Cid, i64)| *predecessor == at && *round > followed;
            if self.signed.get(&node.index).is_some_and(|signed| signed.keys().any(after)) {
                return Err(format!("validator {} signs under a charter that it has signed away", node.index));
            }
            // What branches off below the pin replaces nothing here.
            if at == lineage.pinned() {
                return Ok(());
            }
            let Some(succeeds) = lineage.charter(&at).and_then(|charter| charter.succeeds.as_ref()) else {
                return Ok(());
            };
            (at, followed) = (succeeds.predecessor, succeeds.round);
        }
    }

    fn look(&mut self, view: &View, node: &Node, batch: &Batch) -> Result<(), String> {
        let lineage = status::lineage(&node.store).map_err(|error| error.to_string())?;
        let mut successors = Vec::new();
        for (shelf, cid, block) in &batch.puts {
            if *shelf == Shelf::Certified
                && let Some(charter) = lineage.charters().find_map(|(_, charter)| certified_under(block, charter))
                && self.certificates.insert(*cid)
                && self.forked.get(&node.index) == Some(&charter)
                && view.plan.liar.is_none()
            {
                return Err(format!("node {} forms a certificate under a charter that is forked", node.index));
            }
            let new = self.said.insert(*cid);
            let mine = |key| new && Some(key) == node.public();
            if let Ok(said) = agreement::Batch::verify(block)
                && mine(said.signed().validator)
            {
                self.may_sign_under(node, &lineage, &said.signed().charter)?;
            }
            if let Ok(motion) = Motion::verify(block)
                && mine(motion.signer)
            {
                match &motion.matter {
                    Matter::Successor(charter) => {
                        successors.extend(charter.succeeds.clone().map(|s| (s, charter.id())))
                    }
                    other => self.may_sign_under(node, &lineage, &other.charter())?,
                }
            }
        }
        for (succeeds, id) in successors.into_iter().filter(|_| !view.plan.forks()) {
            self.sign(node, succeeds.predecessor, succeeds.round, id)?;
        }
        self.note_fork(node, &lineage);
        Ok(())
    }

    fn note_fork(&mut self, node: &Node, lineage: &Lineage) {
        let head = lineage.head();
        match head.fork.is_empty() {
            true => drop(self.forked.remove(&node.index)),
            false => drop(self.forked.insert(node.index, head.charter.id())),
        }
    }
}

/// The charter, if a block is a certificate that convinces under it.
fn certified_under(block: &[u8], charter: &agreement::Charter) -> Option<Cid> {
    Certificate::verify(block, charter).is_ok().then(|| charter.id())
}

impl Check for Succession {
    fn name(&self) -> &'static str {
        "succession"
    }

    fn committed(&mut self, view: &View, node: &Node, batch: &Batch) -> Result<(), String> {
        self.look(view, node, batch)
    }

    fn restored(&mut self, _view: &View, node: &Node) -> Result<(), String> {
        // What it has signed and nobody has seen is forgotten; no quorum was part of it.
        self.signed.remove(&node.index);
        self.forked.remove(&node.index);
        Ok(())
    }

    fn opened(&mut self, _view: &View, node: &Node) -> Result<(), String> {
        let lineage = status::lineage(&node.store).map_err(|error| error.to_string())?;
        self.note_fork(node, &lineage);
        Ok(())
    }

    fn end(&mut self, view: &View) -> Result<(), String> {
        let mut rounds: BTreeMap<Cid, BTreeMap<i64, BTreeSet<Cid>>> = BTreeMap::new();
        let mut heads = BTreeMap::new();
        for node in view.honest() {
            let lineage = status::lineage(&node.store).map_err(|error| error.to_string())?;
            heads.insert(node.index, lineage.head().charter.id());
            for (id, charter) in lineage.charters() {
                if let Some(succeeds) = &charter.succeeds {
                    let of = rounds.entry(succeeds.predecessor).or_default();
                    of.entry(succeeds.round).or_default().insert(*id);
                }
            }
        }
        let mut leads = view.community.charter().id();
        while let Some((round, successors)) = rounds.get(&leads).and_then(|rounds| rounds.last_key_value()) {
            if successors.len() > 1 {
                return Err(format!("two successors are certified in round {round}, and none in a higher one"));
            }
            leads = *successors.first().unwrap_or(&leads);
        }
        match heads.iter().find(|(_, head)| **head != leads) {
            Some((node, head)) => Err(format!("node {node} goes by charter {head}; {leads} leads")),
            None => Ok(()),
        }
    }
}
