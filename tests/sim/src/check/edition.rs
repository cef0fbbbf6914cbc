//! In the end every node makes the same edition of every release that counts: the same rows, less the same
//! erasures, and the same bytes of headers and bodies, in the same order.

use super::{Check, View};
use crate::node::Node;
use commonwheel_protocol::agreement::state::Standing;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{release, status};
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};
use commonwheel_protocol::operation::Release;
use commonwheel_protocol::record::SignedHeader;
use std::collections::{BTreeMap, BTreeSet};

/// Looks only at the end.
pub struct Edition;

/// What an export of an edition holds.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Edited {
    /// Rows that are left, and rows that were erased.
    rows: (usize, usize),
    /// Over the headers and bodies of those that are left, as they would be written.
    hash: Cid,
}

impl Check for Edition {
    fn name(&self) -> &'static str {
        "edition"
    }

    fn end(&mut self, view: &View) -> Result<(), String> {
        let mut editions: BTreeMap<Cid, BTreeMap<Edited, usize>> = BTreeMap::new();
        let mut whole = BTreeMap::new();
        for node in view.honest() {
            let lineage = status::lineage(&node.store).map_err(|error| error.to_string())?;
            let counting = status::Counting::load(&lineage, &node.store).map_err(|error| error.to_string())?;
            for (id, release) in &counting.releases {
                if let Some(edited) = edit(node, release, &counting).map_err(|error| error.to_string())? {
                    editions.entry(*id).or_default().entry(edited).or_insert(node.index);
                    *whole.entry(*id).or_insert(0) += 1;
                }
            }
        }
        for (id, editions) in &editions {
            if editions.len() > 1 {
                let makers: Vec<_> = editions.iter().map(|(edited, node)| (node, edited.rows)).collect();
                return Err(format!("the edition of release {id} differs between nodes: (node, rows): {makers:?}"));
            }
        }
        let honest = view.honest().count();
        match whole.iter().find(|(_, nodes)| **nodes != honest) {
            Some((id, nodes)) => Err(format!("of {honest} nodes {nodes} have the pages of release {id}")),
            None => Ok(()),
        }
    }
}

/// The edition of a release as a node would export it; `None` while pages are not there.
fn edit(node: &Node, release: &Release, counting: &status::Counting) -> Result<Option<Edited>, LedgerError> {
    let (store, mut missing) = (&node.store, BTreeSet::new());
    let Some(rows) = release::rows(release, store, &mut missing)? else { return Ok(None) };
    let standings = status::standings(&status::lineage(store)?, store)?;
    let (mut bytes, mut left, mut erased) = (Vec::new(), 0, 0);
    for row in &rows {
        if status::erased(&row.record, counting, store)?.is_some() {
            erased += 1;
            continue;
        }
        left += 1;
        let header = store.block(Shelf::Certified, &row.record.0)?.unwrap_or_default();
        // The text of what a revision has replaced is erased too.
        if standings.get(&row.record) == Some(&Standing::Accepted)
            && let Ok(signed) = SignedHeader::verify(&header)
        {
            bytes.extend(store.block(Shelf::Certified, &signed.header().body)?.unwrap_or_default());
        }
        bytes.extend(header);
    }
    Ok(Some(Edited { rows: (left, erased), hash: Cid::of_cbor(&bytes) }))
}
