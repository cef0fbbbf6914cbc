//! Proofs that a validator has contradicted itself reach every honest node, and nobody is accused who has not: whose
//! key was stolen, or whose disk was lost, may be.

use super::{Check, View};
use crate::node::Node;
use crate::plan::Deed;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::index::operations::equivocations;
use commonwheel_protocol::sign::PublicKey;
use std::collections::BTreeSet;

/// Looks only at the end.
pub struct Evidence;

impl Check for Evidence {
    fn name(&self) -> &'static str {
        "evidence"
    }

    fn end(&mut self, view: &View) -> Result<(), String> {
        let mut all: Option<BTreeSet<(Cid, PublicKey)>> = None;
        for node in view.honest() {
            let held = accused(node)?;
            if let Some(others) = all.as_ref().filter(|others| **others != held) {
                let (here, there) = (held.len(), others.len());
                return Err(format!(
                    "node {} holds proofs against {here} validators, others against {there}",
                    node.index
                ));
            }
            all = Some(held);
        }
        let stolen = view.plan.deeds.iter().any(|(_, deed)| matches!(deed, Deed::Fork(_)));
        for (_, key) in all.into_iter().flatten() {
            let innocent =
                |node: &&Node| node.honest && node.public() == Some(key) && !view.plan.loses_disk(node.index);
            if let Some(node) = view.nodes.iter().find(innocent).filter(|_| !stolen) {
                return Err(format!("validator {} is accused and has not contradicted itself", node.index));
            }
        }
        Ok(())
    }
}

fn accused(node: &Node) -> Result<BTreeSet<(Cid, PublicKey)>, String> {
    let held = equivocations(&node.store).map_err(|error| error.to_string())?;
    Ok(held.into_iter().map(|(charter, validator, _)| (charter, validator)).collect())
}
