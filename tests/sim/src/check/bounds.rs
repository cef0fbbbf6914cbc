//! Messages are within their limits, nobody is asked without end, and what a liar makes others
//! keep is bounded.

use super::{Check, Sent, View};
use crate::node::Node;
use crate::plan::QUIET_MS;
use commonwheel_protocol::agreement::Batch;
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::limits::{FRAME_BYTES, GOSSIP_BYTES};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::wire::exchange::Receipt;
use std::collections::BTreeMap;

/// Requests of one node to another in one second.
const MOST_ASKS_PER_SECOND: usize = 40;
/// The same in all of the quiet time at the end: two or three rounds of the regular questions
/// (proof, live, spread, reconcile), and a fetch with each.
const MOST_ASKS_WHEN_QUIET: usize = 15;

/// Requests by who, whom and second.
#[derive(Default)]
pub struct Bounds {
    asks: BTreeMap<(usize, usize, u64), usize>,
    quiet: BTreeMap<(usize, usize), usize>,
}

impl Check for Bounds {
    fn name(&self) -> &'static str {
        "bounds"
    }

    fn sent(&mut self, view: &View, sent: &Sent) -> Result<(), String> {
        let (most, from) = (if matches!(sent, Sent::Gossip { .. }) { GOSSIP_BYTES } else { FRAME_BYTES }, sent.from());
        if sent.bytes().len() > most {
            return Err(format!("node {from} sends {} bytes; at most {most} are allowed", sent.bytes().len()));
        }
        let Sent::Ask { to, .. } = sent else { return Ok(()) };
        let second = self.asks.entry((from, *to, view.now_ms / 1000)).or_default();
        *second += 1;
        if *second > MOST_ASKS_PER_SECOND {
            return Err(format!("node {from} asks node {to} more than {MOST_ASKS_PER_SECOND} times in a second"));
        }
        if view.now_ms + QUIET_MS > view.plan.end_ms {
            let quiet = self.quiet.entry((from, *to)).or_default();
            *quiet += 1;
            if *quiet > MOST_ASKS_WHEN_QUIET {
                return Err(format!("node {from} keeps asking node {to} though nothing is new"));
            }
        }
        Ok(())
    }

    fn end(&mut self, view: &View) -> Result<(), String> {
        view.honest().try_for_each(keeps_nothing_about_unknown_records)
    }
}

/// What is said about a record is bounded by the records that wait, and those are bounded.
fn keeps_nothing_about_unknown_records(node: &Node) -> Result<(), String> {
    let held =
        |id: &RecordId| [Shelf::Live, Shelf::Certified].iter().any(|on| node.store.holds(*on, &id.0) == Ok(true));
    for (_, block) in node.store.blocks(Shelf::Live) {
        let about: Vec<_> = match (Batch::verify(block), Receipt::verify(block)) {
            (Ok(batch), _) => batch.entries().iter().map(|entry| entry.record).collect(),
            (_, Ok(receipt)) => receipt.records,
            _ => continue,
        };
        if !about.iter().any(held) {
            return Err(format!("node {} keeps verdicts or receipts about records that it does not know", node.index));
        }
    }
    Ok(())
}
