//! Messages are within their limits, nobody is asked without end, and what a liar makes others
//! keep is bounded.

use super::{Check, Sent, View};
use crate::plan::QUIET_MS;
use commonwheel_protocol::ledger::Shelf;
use commonwheel_protocol::limits::{FRAME_BYTES, GOSSIP_BYTES};
use std::collections::BTreeMap;

/// Requests of one node to another in one second.
const MOST_ASKS_PER_SECOND: usize = 40;
/// The same in all of the quiet time at the end: two or three rounds of the regular questions
/// (proof, live, reconcile), and a fetch with each.
const MOST_ASKS_WHEN_QUIET: usize = 12;

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
        // Per record and validator: a header, a receipt or two, a few batches. Made-up records count.
        let records = view.records.len() + 12;
        let most = 200 + records * view.plan.quorum.0 * 8;
        for node in view.honest() {
            let live = node.store.blocks(Shelf::Live).count();
            if live > most {
                return Err(format!(
                    "node {} keeps {live} blocks of live traffic; expected at most {most}",
                    node.index
                ));
            }
        }
        Ok(())
    }
}
