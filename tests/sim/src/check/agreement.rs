//! A record certified anywhere has a valid certificate, and never becomes uncertified: on a
//! node only by an old backup that is restored there, and never everywhere.

use super::{Check, View};
use crate::node::Node;
use commonwheel_protocol::agreement::{Certificate, Lineage};
use commonwheel_protocol::core::status;
use commonwheel_protocol::ledger::{Batch, Shelf};
use commonwheel_protocol::record::RecordId;
use std::collections::{BTreeMap, BTreeSet};

/// What each node has accepted so far, and what any has ever.
#[derive(Default)]
pub struct Agreement {
    by_node: BTreeMap<usize, BTreeSet<RecordId>>,
    ever: BTreeSet<RecordId>,
}

impl Agreement {
    fn look(&mut self, view: &View, node: &Node) -> Result<(), String> {
        let accepted: BTreeSet<_> =
            status::standings(&lineage(node)?, &node.store).map_err(|error| error.to_string())?.into_keys().collect();
        let before = self.by_node.entry(node.index).or_default();
        if let Some(undone) = before.difference(&accepted).next() {
            return Err(format!("node {} no longer holds {undone} as certified", node.index));
        }
        for id in accepted.difference(before) {
            valid(view, node, id)?;
            self.ever.insert(*id);
        }
        *before = accepted;
        Ok(())
    }
}

fn lineage(node: &Node) -> Result<Lineage, String> {
    status::lineage(&node.store).map_err(|error| error.to_string())
}

fn valid(view: &View, node: &Node, id: &RecordId) -> Result<(), String> {
    if view.records.iter().any(|record| record.id == *id && !record.sound) {
        return Err(format!("node {} holds {id} as certified, which no honest validator accepts", node.index));
    }
    let known = status::of(id, &lineage(node)?, &node.store).map_err(|error| error.to_string())?;
    match known.and_then(|known| known.certificate) {
        Some(certificate) if certificate.record() == *id => Ok(()),
        _ => Err(format!("node {} holds {id} as certified without a certificate that verifies", node.index)),
    }
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
            for (_, block) in node.store.blocks(Shelf::Certified) {
                let claims = commonwheel_protocol::bytes::decode(block).is_ok_and(|block| {
                    matches!(block, commonwheel_protocol::bytes::Node::Map(map) if map.contains_key("acceptances"))
                });
                if claims && Certificate::verify(block, view.community.charter()).is_err() {
                    return Err(format!("node {} keeps a certificate that does not verify", node.index));
                }
            }
        }
        let held: BTreeSet<_> = view.honest().filter_map(|node| self.by_node.get(&node.index)).flatten().collect();
        match self.ever.iter().find(|id| !held.contains(id)) {
            Some(undone) => Err(format!("{undone} was certified, and no honest node holds it any more")),
            None => Ok(()),
        }
    }
}
