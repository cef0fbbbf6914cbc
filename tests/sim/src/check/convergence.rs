//! After the network has healed, honest nodes agree: one state root, one set of certificates, and
//! every sound record is accepted that was not taken back, whoever lied or was away, and under whichever
//! charter.

use super::{Check, View};
use crate::node::Node;
use commonwheel_protocol::agreement::charter::BodyAccess;
use commonwheel_protocol::agreement::state::Standing;
use commonwheel_protocol::core::status::{self, Counting};
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};
use std::collections::BTreeSet;

/// Looks only at the end.
pub struct Convergence;

impl Check for Convergence {
    fn name(&self) -> &'static str {
        "convergence"
    }

    fn end(&mut self, view: &View) -> Result<(), String> {
        for node in view.honest() {
            everything_sound_is_accepted(view, node)?;
        }
        let mut roots = BTreeSet::new();
        let mut certificates = BTreeSet::new();
        for node in view.honest() {
            let root = status::lineage(&node.store)
                .and_then(|lineage| status::state_root(&lineage, &node.store))
                .map_err(|error| error.to_string())?;
            roots.insert(format!("{root:?}"));
            certificates.insert(certificates_of(node)?);
        }
        if roots.contains("None") {
            return Err("an honest node has no state".into());
        }
        if roots.len() != 1 {
            return Err(format!("honest nodes have {} state roots", roots.len()));
        }
        if certificates.len() != 1 {
            return Err(format!("honest nodes have {} different sets of certificates", certificates.len()));
        }
        the_author_knows_what_is_refused(view)
    }
}

fn everything_sound_is_accepted(view: &View, node: &Node) -> Result<(), String> {
    // Where bodies are kept for releases, an author whose disk was lost does not get its own back.
    let restored = view.plan.loses_disk(node.index);
    let has_bodies = node.validates()
        || view.plan.bodies == BodyAccess::OnCertificate
        || (node.index == view.plan.contributor() && !restored);
    let words = |error: LedgerError| error.to_string();
    let lineage = status::lineage(&node.store).map_err(words)?;
    let standings = status::standings(&lineage, &node.store).map_err(words)?;
    let counting = Counting::load(&lineage, &node.store).map_err(words)?;
    for record in view.records {
        let alone = status::standing(&record.id, &lineage, &counting, &node.store).map_err(words)?;
        if alone.as_ref() != standings.get(&record.id) {
            return Err(format!("node {} says one thing of a record alone and another of all", node.index));
        }
    }
    for (at, record) in view.records.iter().enumerate().filter(|(_, record)| record.sound) {
        let accepted = standings.get(&record.id) == Some(&Standing::Accepted);
        if !accepted && !super::may_be_lacking(view, node, record)? {
            return Err(format!("node {} lacks record {at} of the contributor", node.index));
        }
        let held = node.store.holds(Shelf::Certified, &record.body) == Ok(true);
        if has_bodies && !held && !super::may_be_lacking(view, node, record)? {
            return Err(format!("node {} lacks the body of record {at} of the contributor", node.index));
        }
    }
    Ok(())
}

fn certificates_of(node: &Node) -> Result<Vec<Vec<u8>>, String> {
    let mut keys = Vec::new();
    index::each(&node.store, &[prefix::CERTIFICATE], |entry| {
        keys.push(entry.key.clone());
        Ok(())
    })
    .map_err(|error| error.to_string())?;
    Ok(keys)
}

fn the_author_knows_what_is_refused(view: &View) -> Result<(), String> {
    let refused = view.records.iter().enumerate().filter(|(_, record)| !record.sound);
    for (at, record) in refused {
        let author = &view.nodes[view.plan.contributor()];
        // What is gone is no longer submitted, and nobody says what would be wrong with it.
        let gone = view.withdrawn.contains_key(&record.id) || super::is_gone(author, &record.id)?;
        if view.plan.author.is_none() && !gone && !view.told.contains(&record.id) {
            return Err(format!("the author never learned why record {at} is refused"));
        }
    }
    Ok(())
}
