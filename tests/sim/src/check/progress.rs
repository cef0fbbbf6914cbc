//! Once the network has healed, whatever was contributed before or since is accepted in time, on every
//! honest node.

use super::{Check, View};
use crate::node::Node;
use crate::plan::Phase;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::ledger::{Batch, Shelf};
use std::collections::BTreeMap;

/// Since when each node holds which header as certified.
#[derive(Default)]
pub struct Progress(BTreeMap<(usize, Cid), u64>);

impl Check for Progress {
    fn name(&self) -> &'static str {
        "progress"
    }

    fn committed(&mut self, view: &View, node: &Node, batch: &Batch) -> Result<(), String> {
        let certified = batch.puts.iter().filter(|(shelf, ..)| *shelf == Shelf::Certified);
        for (_, cid, _) in certified {
            self.0.entry((node.index, *cid)).or_insert(view.now_ms);
        }
        Ok(())
    }

    fn restored(&mut self, _view: &View, node: &Node) -> Result<(), String> {
        self.0.retain(|(who, _), _| *who != node.index);
        Ok(())
    }

    fn end(&mut self, view: &View) -> Result<(), String> {
        for node in view.honest() {
            for (at, record) in view.records.iter().enumerate().filter(|(_, record)| record.sound) {
                // What is not known was certified in a commit that a crash cut short: long ago.
                let since = self.0.get(&(node.index, record.id.0)).copied().unwrap_or(0);
                if view.plan.phase(since) == Phase::Quiet {
                    return Err(format!("node {} holds record {at} as certified only since {since} ms", node.index));
                }
            }
        }
        Ok(())
    }
}
