//! What a validator has acknowledged is in its store, before the receipt leaves and after a crash;
//! an acceptance promises the same.

use super::{Check, Sent, View};
use crate::node::Node;
use commonwheel_protocol::agreement::{self, Verdict};
use commonwheel_protocol::ledger::{Batch, Ledger, Shelf};
use commonwheel_protocol::record::{RecordId, SignedHeader};
use commonwheel_protocol::wire::exchange::{Answer, Receipt};
use std::collections::BTreeSet;

/// What has been promised: by which node, for which record.
#[derive(Default)]
pub struct Durability(BTreeSet<(usize, RecordId)>);

impl Durability {
    fn kept(&self, view: &View, node: usize) -> Result<(), String> {
        let mine = self.0.iter().filter(|(who, _)| *who == node);
        mine.map(|(_, id)| holds(&view.nodes[node], id)).collect()
    }
}

fn holds(node: &Node, id: &RecordId) -> Result<(), String> {
    let lost = |what: &str| Err(format!("node {} promised to hold {id} and lacks its {what}", node.index));
    let found = [Shelf::Certified, Shelf::Live].into_iter().find_map(|shelf| node.store.block(shelf, &id.0).ok()?);
    let Some(header) = found.and_then(|bytes| SignedHeader::verify(&bytes).ok()) else { return lost("header") };
    let body = header.header().body;
    let here = [Shelf::Certified, Shelf::Waiting].into_iter().any(|shelf| node.store.holds(shelf, &body) == Ok(true));
    if here { Ok(()) } else { lost("body") }
}

impl Check for Durability {
    fn name(&self) -> &'static str {
        "durability"
    }

    fn sent(&mut self, view: &View, sent: &Sent) -> Result<(), String> {
        let Sent::Reply { from, bytes, .. } = sent else { return Ok(()) };
        let Ok(Answer::Submitted { receipt: Some(receipt), .. }) = Answer::read(bytes) else { return Ok(()) };
        let receipt = Receipt::verify(&receipt).map_err(|error| error.to_string())?;
        self.0.extend(receipt.records.iter().map(|id| (*from, *id)));
        self.kept(view, *from)
    }

    fn committed(&mut self, view: &View, node: &Node, batch: &Batch) -> Result<(), String> {
        if let Some(place) = node.validator {
            let me = view.community.validators[place].public();
            for (_, _, bytes) in batch.puts.iter().filter(|(shelf, ..)| *shelf == Shelf::Live) {
                let Ok(said) = agreement::Batch::verify(bytes) else { continue };
                let accepts = said.entries().iter().filter(|entry| entry.verdict == Verdict::Accept);
                if said.signed().validator == me {
                    self.0.extend(accepts.map(|entry| (node.index, entry.record)));
                }
            }
        }
        self.kept(view, node.index)
    }

    fn opened(&mut self, view: &View, node: &Node) -> Result<(), String> {
        self.kept(view, node.index)
    }

    fn end(&mut self, view: &View) -> Result<(), String> {
        view.honest().try_for_each(|node| self.kept(view, node.index))
    }
}
