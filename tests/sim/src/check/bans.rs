//! No honest node is ever banned by an honest one; and whoever floods, oversizes or lies is, by somebody, while
//! nodes ban at all.

use super::{Check, View};
use std::collections::BTreeSet;

/// Who has been banned by an honest node.
#[derive(Default)]
pub struct Bans(BTreeSet<usize>);

impl Check for Bans {
    fn name(&self) -> &'static str {
        "bans"
    }

    fn banned(&mut self, view: &View, judge: usize, judged: usize) -> Result<(), String> {
        if view.nodes[judged].honest {
            return Err(format!("node {judge} bans honest node {judged}"));
        }
        self.0.insert(judged);
        Ok(())
    }

    fn end(&mut self, view: &View) -> Result<(), String> {
        for node in view.nodes.iter().filter(|node| node.is_up() && !self.0.contains(&node.index)) {
            if let Some(kind) = view.plan.kind_of(node.index).filter(|kind| view.plan.bans && kind.offends()) {
                return Err(format!("nobody has banned node {}, which {kind:?}", node.index));
            }
        }
        Ok(())
    }
}
