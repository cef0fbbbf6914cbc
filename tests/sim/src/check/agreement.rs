//! A record certified anywhere has a valid certificate, and never becomes uncertified under its charter:
//! on a node only by an old backup that is restored there, and never everywhere. Under a charter that
//! succeeds, what was released stays, except by withdrawal or takedown; and no charter has two successors
//! in one round.

use super::{Check, View};
use crate::node::Node;
use commonwheel_protocol::agreement::state::{Facts, Standing};
use commonwheel_protocol::agreement::{Certificate, Lineage};
use commonwheel_protocol::bytes::{self, Cid, decode};
use commonwheel_protocol::core::counted::Counted;
use commonwheel_protocol::core::{release, status};
use commonwheel_protocol::ledger::{Batch, Shelf};
use commonwheel_protocol::record::RecordId;
use std::collections::{BTreeMap, BTreeSet};

/// What a node has told last.
struct Told {
    head: Cid,
    standings: BTreeMap<RecordId, Standing>,
    /// Accepted records that are in a release which counts.
    released: BTreeSet<RecordId>,
}

/// What each node has accepted so far, and what any has ever.
#[derive(Default)]
pub struct Agreement {
    by_node: BTreeMap<usize, Told>,
    ever: BTreeSet<RecordId>,
}

impl Agreement {
    fn look(&mut self, view: &View, node: &Node) -> Result<(), String> {
        let lineage = lineage(node)?;
        if !view.plan.forks() {
            no_fork(node, &lineage)?;
        }
        // While a page of a closing release is to come, there is no state.
        let Some(facts) = status::facts(&lineage, &node.store).map_err(|error| error.to_string())? else {
            return Ok(());
        };
        small(node, &lineage, &facts)?;
        let counting = status::Counting::load(&lineage, &node.store).map_err(|error| error.to_string())?;
        let (head, standings) = (lineage.head().charter.id(), facts.standings());
        let accepted = |id: &RecordId| standings.get(id) == Some(&Standing::Accepted);
        if let Some(before) = self.by_node.get(&node.index) {
            let kept = before.standings.keys().filter(|id| before.head == head || before.released.contains(id));
            if let Some(undone) = kept.into_iter().find(|id| !standings.contains_key(id)) {
                return Err(format!("node {} no longer holds {undone} as certified", node.index));
            }
        }
        for id in standings.keys().filter(|id| !self.ever.contains(id)) {
            valid(view, node, &lineage, id)?;
        }
        self.ever.extend(standings.keys());
        let released = release::released(&counting, &node.store).map_err(|error| error.to_string())?;
        let released = released.into_iter().filter(accepted).collect();
        self.by_node.insert(node.index, Told { head, standings, released });
        Ok(())
    }
}

/// What is kept of the state where there are many records says what the state says.
fn small(node: &Node, lineage: &Lineage, facts: &Facts) -> Result<(), String> {
    let counted = Counted::load(lineage, &node.store).map_err(|error| error.to_string())?.unwrap_or_default();
    let head = lineage.head().charter.id();
    let standings = facts.standings();
    let accepted = standings.iter().filter(|(_, standing)| **standing == Standing::Accepted).map(|(id, _)| *id);
    let same = counted.accepted().eq(accepted.map(Ok))
        && counted.standings().eq(standings.clone().into_iter().map(Ok))
        && counted.root(&head) == Ok(facts.root(&head));
    if same { Ok(()) } else { Err(format!("node {} counts other records than those of its state", node.index)) }
}

fn lineage(node: &Node) -> Result<Lineage, String> {
    status::lineage(&node.store).map_err(|error| error.to_string())
}

/// With at most f liars, and recovery keys that work with the validators, no charter has two certified successors in one round.
fn no_fork(node: &Node, lineage: &Lineage) -> Result<(), String> {
    let rounds = lineage.charters().flat_map(|(id, _)| lineage.successors(id));
    match rounds.into_iter().find(|(_, successors)| successors.len() > 1) {
        Some((round, _)) => Err(format!("node {} knows two certified successors in round {round}", node.index)),
        None => Ok(()),
    }
}

fn valid(view: &View, node: &Node, lineage: &Lineage, id: &RecordId) -> Result<(), String> {
    if view.records.iter().any(|record| record.id == *id && !record.sound) {
        return Err(format!("node {} holds {id} as certified, which no honest validator accepts", node.index));
    }
    let known = status::of(id, lineage, &node.store).map_err(|error| error.to_string())?;
    match known.and_then(|known| known.certificate) {
        Some(certificate) if certificate.record() == *id => Ok(()),
        _ => Err(format!("node {} holds {id} as certified without a certificate that verifies", node.index)),
    }
}

/// Whether a block claims to be a certificate, and verifies under no charter that is known.
fn is_false_certificate(block: &[u8], lineage: &Lineage) -> bool {
    let claims = matches!(decode(block), Ok(bytes::Node::Map(map)) if map.contains_key("acceptances"));
    claims && !lineage.charters().any(|(_, charter)| Certificate::verify(block, charter).is_ok())
}

impl Check for Agreement {
    fn name(&self) -> &'static str {
        "agreement"
    }

    fn committed(&mut self, view: &View, node: &Node, batch: &Batch) -> Result<(), String> {
        let puts = batch.puts.iter().any(|(shelf, ..)| *shelf == Shelf::Certified);
        if puts || batch.erasures.iter().any(|(shelf, _)| *shelf == Shelf::Certified) {
            self.look(view, node)?;
        }
        Ok(())
    }

    fn opened(&mut self, view: &View, node: &Node) -> Result<(), String> {
        self.look(view, node)
    }

    fn restored(&mut self, _view: &View, node: &Node) -> Result<(), String> {
        self.by_node.remove(&node.index);
        Ok(())
    }

    fn end(&mut self, view: &View) -> Result<(), String> {
        for node in view.honest() {
            self.look(view, node)?;
            let lineage = lineage(node)?;
            if node.store.blocks(Shelf::Certified).any(|(_, block)| is_false_certificate(block, &lineage)) {
                return Err(format!("node {} keeps a certificate that does not verify", node.index));
            }
        }
        for id in &self.ever {
            let held = |node: &Node| self.by_node.get(&node.index).is_some_and(|told| told.standings.contains_key(id));
            let record = view.records.iter().find(|record| record.id == *id);
            let mut undone = !view.honest().any(held);
            for node in view.honest() {
                // What was not released lapses with its charter, and what is gone is not accepted again.
                undone &= !record.map_or(Ok(false), |record| super::may_be_lacking(view, node, record))?;
            }
            if undone {
                return Err(format!("{id} was certified, and no honest node holds it any more"));
            }
        }
        Ok(())
    }
}
