//! What is withdrawn or taken down goes, and does not come back: from the moment a node knows it, no
//! block that it stores and nothing that it sends holds the body's salt; and in the end every node knows it.

use super::{Check, Sent, View, is_gone};
use crate::node::Node;
use crate::plan::Phase;
use crate::records::{BODY_MARK, Shared, contains};
use commonwheel_protocol::ledger::{Batch, Ledger, Shelf};
use std::collections::BTreeSet;

/// Looks at everything.
pub struct Withdrawal;

/// Whether a node knows that a body must go: of every record that has it.
fn must_go(view: &View, node: &Node, record: &Shared) -> Result<bool, String> {
    for other in view.records.iter().filter(|other| other.body == record.body) {
        if !is_gone(node, &other.id)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn holds_body(node: &Node, record: &Shared) -> bool {
    [Shelf::Waiting, Shelf::Certified].into_iter().any(|shelf| node.store.holds(shelf, &record.body) == Ok(true))
}

/// Whether a batch says what may make a body go, or brings one.
fn matters(batch: &Batch) -> bool {
    let says = |bytes: &[u8]| [&b"withdrawal"[..], b"decision", b"header", b"salt"].iter().any(|w| contains(bytes, w));
    batch.puts.iter().any(|(_, _, bytes)| says(bytes))
}

impl Check for Withdrawal {
    fn name(&self) -> &'static str {
        "withdrawal"
    }

    fn sent(&mut self, view: &View, sent: &Sent) -> Result<(), String> {
        if !contains(sent.bytes(), BODY_MARK) {
            return Ok(());
        }
        let node = &view.nodes[sent.from()];
        for (at, record) in view.records.iter().enumerate() {
            if contains(sent.bytes(), &record.salt) && must_go(view, node, record)? {
                return Err(format!("node {} sends the body of record {at}, which it knows to be erased", node.index));
            }
        }
        Ok(())
    }

    fn committed(&mut self, view: &View, node: &Node, batch: &Batch) -> Result<(), String> {
        for (_, cid, bytes) in batch.puts.iter().filter(|(_, _, bytes)| contains(bytes, BODY_MARK)) {
            let of = |record: &&Shared| record.body != *cid && contains(bytes, &record.salt);
            if view.records.iter().any(|record| of(&record)) {
                return Err(format!("node {} stores a body inside of another block", node.index));
            }
        }
        if !matters(batch) {
            return Ok(());
        }
        for (at, record) in view.records.iter().enumerate() {
            if holds_body(node, record) && must_go(view, node, record)? {
                return Err(format!("node {} holds the body of record {at}, which it knows to be erased", node.index));
            }
        }
        Ok(())
    }

    fn end(&mut self, view: &View) -> Result<(), String> {
        for node in view.honest() {
            for (id, since_ms) in view.withdrawn {
                let Some(at) = view.records.iter().position(|record| record.id == *id) else { continue };
                let record = &view.records[at];
                let only = view.records.iter().filter(|other| other.body == record.body).count() == 1;
                let found: BTreeSet<_> = Shelf::ALL.into_iter().flat_map(|shelf| node.store.blocks(shelf)).collect();
                let left = found.iter().any(|(_, block)| contains(block, &record.salt));
                if left && (only || must_go(view, node, record)?) && view.plan.phase(*since_ms) != Phase::Quiet {
                    return Err(format!("node {} still holds record {at}, withdrawn at {since_ms} ms", node.index));
                }
            }
        }
        Ok(())
    }
}
