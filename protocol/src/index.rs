//! The index entries that follow from one block.

use crate::bytes::Cid;
use crate::ledger::{IndexEntry, Shelf};

/// The entries that a block on a shelf contributes.
pub fn derive(_shelf: Shelf, _cid: &Cid, _bytes: &[u8]) -> Vec<IndexEntry> {
    Vec::new()
}
