//! Personal data that the contributor typed is in no byte that is sent or stored.

use super::{Check, Sent, View};
use crate::node::Node;
use crate::records::{PLANTED, contains};
use commonwheel_protocol::ledger::Batch;

/// Looks at everything.
pub struct Canary;

fn found(bytes: &[u8]) -> bool {
    PLANTED.iter().any(|planted| contains(bytes, planted.as_bytes()))
}

impl Check for Canary {
    fn name(&self) -> &'static str {
        "canary"
    }

    fn sent(&mut self, _view: &View, sent: &Sent) -> Result<(), String> {
        if found(sent.bytes()) { Err(format!("node {} sends planted personal data", sent.from())) } else { Ok(()) }
    }

    fn committed(&mut self, _view: &View, node: &Node, batch: &Batch) -> Result<(), String> {
        if batch.puts.iter().any(|(_, _, bytes)| found(bytes)) {
            return Err(format!("node {} stores planted personal data", node.index));
        }
        Ok(())
    }
}
