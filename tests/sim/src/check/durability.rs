//! What a validator has acknowledged is in its store, before the receipt leaves and after a crash;
//! an acceptance promises the same.

use super::{Check, Sent, View};
use crate::node::Node;
use commonwheel_protocol::agreement::{self, Verdict};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::ledger::{Batch, Ledger, Shelf};
use commonwheel_protocol::record::{RecordId, SignedHeader};
use commonwheel_protocol::wire::exchange::{Answer, Receipt};
use std::collections::{BTreeMap, BTreeSet};

/// What has been promised.
#[derive(Default)]
pub struct Durability {
    /// By which node, for which record, with which body.
    promises: BTreeMap<(usize, RecordId), Cid>,
    /// Batches by which they were made: a validator that lost its disk hears its own again.
    made_by: BTreeSet<Cid>,
}

impl Durability {
    fn promise(&mut self, node: &Node, id: RecordId) -> Result<(), String> {
        if self.promises.contains_key(&(node.index, id)) {
            return Ok(());
        }
        let block =
            [Shelf::Certified, Shelf::Live].into_iter().find_map(|shelf| node.store.block(shelf, &id.0).ok()?);
        let header = block.and_then(|bytes| SignedHeader::verify(&bytes).ok());
        let header = header.ok_or_else(|| format!("node {} promises to hold {id} and lacks its header", node.index))?;
        self.promises.insert((node.index, id), header.header().body);
        Ok(())
    }

    fn kept(&mut self, view: &View, node: &Node) -> Result<(), String> {
        let promises = self.promises.iter().filter(|((who, _), _)| *who == node.index);
        let lacking: Vec<_> = promises.filter(|((_, id), body)| !holds(node, id, body)).map(|(key, _)| *key).collect();
        for key in lacking {
            let record = view.records.iter().find(|record| record.id == key.1);
            if !record.map_or(Ok(false), |record| super::may_be_lacking(view, node, record))? {
                return Err(format!("node {} promised to hold {} and lacks it", node.index, key.1));
            }
            self.promises.remove(&key);
        }
        Ok(())
    }
}

fn holds(node: &Node, id: &RecordId, body: &Cid) -> bool {
    let on = |shelves: [Shelf; 2], cid: &Cid| shelves.into_iter().any(|on| node.store.holds(on, cid) == Ok(true));
    on([Shelf::Certified, Shelf::Live], &id.0) && on([Shelf::Certified, Shelf::Waiting], body)
}

impl Check for Durability {
    fn name(&self) -> &'static str {
        "durability"
    }

    fn sent(&mut self, view: &View, sent: &Sent) -> Result<(), String> {
        let Sent::Reply { from, bytes, .. } = sent else { return Ok(()) };
        let Ok(Answer::Submitted { receipt: Some(receipt), .. }) = Answer::read(bytes) else { return Ok(()) };
        let receipt = Receipt::verify(&receipt).map_err(|error| error.to_string())?;
        receipt.records.iter().try_for_each(|id| self.promise(&view.nodes[*from], *id))?;
        self.kept(view, &view.nodes[*from])
    }

    fn committed(&mut self, view: &View, node: &Node, batch: &Batch) -> Result<(), String> {
        if let Some(me) = node.public() {
            for (_, cid, bytes) in batch.puts.iter().filter(|(shelf, ..)| *shelf == Shelf::Live) {
                let Ok(said) = agreement::Batch::verify(bytes) else { continue };
                if said.signed().validator == me && self.made_by.insert(*cid) {
                    let mut accepts = said.entries().iter().filter(|entry| entry.verdict == Verdict::Accept);
                    accepts.try_for_each(|entry| self.promise(node, entry.record))?;
                }
            }
        }
        self.kept(view, node)
    }

    fn opened(&mut self, view: &View, node: &Node) -> Result<(), String> {
        self.kept(view, node)
    }

    fn restored(&mut self, _view: &View, node: &Node) -> Result<(), String> {
        self.promises.retain(|(who, id), body| *who != node.index || holds(node, id, body));
        Ok(())
    }

    fn end(&mut self, view: &View) -> Result<(), String> {
        view.honest().try_for_each(|node| self.kept(view, node))
    }
}
