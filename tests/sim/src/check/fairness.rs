//! Nobody is penalised who follows the protocol, and whoever provably does not is, by somebody.

use super::{Check, View};
use crate::plan::Planted;
use commonwheel_protocol::core::Offence;
use std::collections::BTreeSet;

/// Who has been penalised by an honest node.
#[derive(Default)]
pub struct Fairness(BTreeSet<usize>);

impl Check for Fairness {
    fn name(&self) -> &'static str {
        "fairness"
    }

    fn penalised(&mut self, view: &View, judge: usize, judged: usize, offence: Offence) -> Result<(), String> {
        // A node that was made faulty on purpose counts as honest, and may be blamed.
        let counts = view.plan.planted.is_none_or(|fault| fault == Planted::BlamesEveryone);
        if counts && view.nodes[judged].honest {
            return Err(format!("node {judge} blames honest node {judged} for {offence:?}"));
        }
        self.0.insert(judged);
        Ok(())
    }

    fn end(&mut self, view: &View) -> Result<(), String> {
        for node in view.nodes.iter().filter(|node| node.is_up() && !self.0.contains(&node.index)) {
            if let Some(kind) = view.plan.kind_of(node.index).filter(|kind| kind.offends()) {
                return Err(format!("nobody has penalised node {}, which {kind:?}", node.index));
            }
        }
        Ok(())
    }
}
