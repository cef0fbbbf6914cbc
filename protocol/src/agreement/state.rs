//! The state root: one value that two replicas share exactly when they hold the same outcomes.

use super::merkle;
use crate::bytes::{Cid, Node, encode};
use crate::record::RecordId;

/// The root of a state: the CID of a block that holds charter, count and Merkle root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateRoot(pub Cid);

/// What became of a record, as the state root covers it.
const ACCEPTED: u8 = 1;

/// The state root of the accepted records under a pinned charter.
///
/// `accepted` holds the ids in ascending order. Which of several certificates proves a record is
/// not part of the state.
pub fn root(charter: &Cid, accepted: &[RecordId]) -> StateRoot {
    debug_assert!(accepted.is_sorted(), "ids are in order");
    let leaves: Vec<_> = accepted.iter().map(|id| [&id.0.to_bytes()[..], &[ACCEPTED]].concat()).collect();
    StateRoot(Cid::of_cbor(&block(charter, leaves.len(), merkle::root(&leaves))))
}

/// The block whose CID is the state root.
fn block(charter: &Cid, count: usize, records: merkle::Hash) -> Vec<u8> {
    encode(&Node::map([
        ("type", Some(Node::text("state"))),
        ("charter", Some((*charter).into())),
        ("count", Some((count as i64).into())),
        ("records", Some(Node::bytes(records))),
    ]))
}

impl std::fmt::Display for StateRoot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
