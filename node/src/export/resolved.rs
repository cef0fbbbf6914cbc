//! What was resolved in a community, and the blocks that say so.

use commonwheel_protocol::agreement::Lineage;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};
use commonwheel_protocol::operation::{Matter, Resolution};
use std::collections::{BTreeMap, BTreeSet};

/// What convinces under a charter of the path, with the lowest block of each.
pub fn matters(lineage: &Lineage, ledger: &impl Ledger) -> Result<BTreeMap<Cid, (Matter, Cid)>, LedgerError> {
    let path = lineage.path();
    let mut matters = BTreeMap::new();
    for (id, block) in index::operations::resolutions(ledger, None)? {
        let bytes = ledger.block(Shelf::Certified, &block)?;
        let Some(resolution) = bytes.and_then(|bytes| Resolution::verify(&bytes).ok()) else { continue };
        let under = path.iter().find(|charter| charter.id() == resolution.matter().charter());
        if under.is_some_and(|charter| resolution.convinces(charter).is_ok()) {
            matters.entry(id).or_insert_with(|| (resolution.matter().clone(), block));
        }
    }
    Ok(matters)
}

/// The same blocks, each once, where it stands first.
pub fn once(all: impl Iterator<Item = Cid>) -> Vec<Cid> {
    let mut seen = BTreeSet::new();
    all.filter(|one| seen.insert(*one)).collect()
}
