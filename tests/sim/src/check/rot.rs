//! What has rotted on a disk is never served, and no node starts over it: opening says that it is damaged.

use super::{Check, Sent, View};
use crate::node::Node;
use crate::records::contains;

/// Looks at everything that is sent, and at every start.
pub struct Rot;

impl Check for Rot {
    fn name(&self) -> &'static str {
        "rot"
    }

    fn sent(&mut self, view: &View, sent: &Sent) -> Result<(), String> {
        for (cid, rotten) in view.nodes[sent.from()].store.rotten() {
            if contains(sent.bytes(), rotten) {
                return Err(format!("node {} sends what is left of the block {cid}", sent.from()));
            }
        }
        Ok(())
    }

    fn opened(&mut self, _view: &View, node: &Node) -> Result<(), String> {
        match node.store.rotten().next() {
            Some((cid, _)) => Err(format!("node {} starts though the block {cid} is damaged", node.index)),
            None => Ok(()),
        }
    }

    fn end(&mut self, view: &View) -> Result<(), String> {
        view.honest().try_for_each(|node| self.opened(view, node))
    }
}
