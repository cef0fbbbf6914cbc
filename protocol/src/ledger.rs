//! The door between the rules and the store.
//!
//! The truth is a set of immutable blocks on three shelves. Everything that is looked up by
//! something other than a block's id is an index entry *derived from one block alone*
//! ([`crate::index::derive`]), so that any index can be thrown away and rebuilt by reading blocks.

use crate::bytes::Cid;
use std::fmt;
use std::ops::Range;

/// Where a block lies. One block may lie on several shelves; each copy is erased apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shelf {
    /// The durable set of the design: charters, terms, and certified records (header, body,
    /// certificate). The only shelf served in bulk.
    Certified,
    /// Bodies of records without a certificate. Never served in bulk.
    Waiting,
    /// Headers without a certificate, attestations, receipts, statements of who asked for bodies.
    Live,
}

impl Shelf {
    /// Every shelf, in the order in which a rebuild reads them.
    pub const ALL: [Shelf; 3] = [Shelf::Certified, Shelf::Waiting, Shelf::Live];

    /// The name of the shelf, used for its folder.
    pub fn name(self) -> &'static str {
        match self {
            Shelf::Certified => "certified",
            Shelf::Waiting => "waiting",
            Shelf::Live => "live",
        }
    }
}

/// A change, committed whole or not at all from the reader's point of view.
///
/// Invariant: every `put` carries bytes that hash to its id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Blocks to add, in order. Adding a block that the shelf already holds does nothing.
    pub puts: Vec<(Shelf, Cid, Vec<u8>)>,
    /// Blocks to erase. Erasing a block that the shelf does not hold does nothing.
    pub erasures: Vec<(Shelf, Cid)>,
}

impl Batch {
    /// Whether committing this would change nothing.
    pub fn is_empty(&self) -> bool {
        self.puts.is_empty() && self.erasures.is_empty()
    }

    /// Adds one block.
    pub fn put(&mut self, shelf: Shelf, cid: Cid, bytes: Vec<u8>) {
        self.puts.push((shelf, cid, bytes));
    }

    /// Erases one block.
    pub fn erase(&mut self, shelf: Shelf, cid: Cid) {
        self.erasures.push((shelf, cid));
    }
}

/// A key and a value that a block contributes to the index. Ids, offsets and numbers only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexEntry {
    /// At most [`crate::limits::INDEX_KEY_BYTES`]; starts with a one-byte prefix.
    pub key: Vec<u8>,
    /// At most [`crate::limits::INDEX_VALUE_BYTES`].
    pub value: Vec<u8>,
}

/// How index entries follow from one block. Must be pure. A block it cannot read gives none.
pub type Derive = fn(Shelf, &Cid, &[u8]) -> Vec<IndexEntry>;

/// Blocks that were read together, in memory that is used again for the next.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    /// What is kept, and room behind it.
    bytes: Vec<u8>,
    kept: usize,
    /// Where each of the blocks that were asked for stands in what is kept, if it was found.
    places: Vec<Option<Range<usize>>>,
}

/// How much room is kept for the next blocks, in bytes: enough for those of nearly every record.
const KEPT_BYTES: usize = 64 << 10;

impl Blocks {
    /// Forgets what was read: so many blocks are asked for, and none of them is found yet.
    pub fn begin(&mut self, count: usize) {
        self.bytes.truncate(KEPT_BYTES);
        self.bytes.shrink_to(KEPT_BYTES);
        self.kept = 0;
        self.places.clear();
        self.places.resize(count, None);
    }

    /// The block that was asked for at this place; nothing when it is not there.
    pub fn get(&self, place: usize) -> Option<&[u8]> {
        self.bytes.get(self.places.get(place)?.clone()?)
    }

    /// Whether every block was found.
    pub fn are_found(&self) -> bool {
        self.places.iter().all(Option::is_some)
    }

    /// Takes the block that was asked for at this place.
    pub fn put(&mut self, place: usize, block: &[u8]) {
        self.room(block.len()).copy_from_slice(block);
        self.find(place, 0..block.len());
        self.keep(block.len());
    }

    /// Room for so many bytes, to read blocks into. What stands there is kept only by [`Blocks::keep`].
    pub fn room(&mut self, bytes: usize) -> &mut [u8] {
        let end = self.kept + bytes;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        &mut self.bytes[self.kept..end]
    }

    /// What was read into the room, and whatever stands behind it.
    pub fn read(&self) -> &[u8] {
        &self.bytes[self.kept..]
    }

    /// Says where in the room the block stands that was asked for at this place.
    pub fn find(&mut self, place: usize, at: Range<usize>) {
        self.places[place] = Some(self.kept + at.start..self.kept + at.end);
    }

    /// Keeps so many bytes of the room: the next begins behind them.
    pub fn keep(&mut self, bytes: usize) {
        self.kept += bytes;
    }

    /// The blocks as they were asked for.
    pub fn to_vecs(&self) -> Vec<Option<Vec<u8>>> {
        (0..self.places.len()).map(|place| self.get(place).map(<[u8]>::to_vec)).collect()
    }
}

/// What the rules may read.
pub trait Ledger {
    /// The bytes of a block on one shelf.
    ///
    /// # Errors
    /// When the storage below fails or holds bytes that do not match the id.
    fn block(&self, shelf: Shelf, cid: &Cid) -> Result<Option<Vec<u8>>, LedgerError>;

    /// The bytes of some blocks on one shelf, in this order. Those that were put one after another are best asked for in
    /// that order: a store may find them together.
    ///
    /// # Errors
    /// As [`Ledger::block`].
    fn read_blocks(&self, shelf: Shelf, cids: &[Cid]) -> Result<Vec<Option<Vec<u8>>>, LedgerError> {
        cids.iter().map(|cid| self.block(shelf, cid)).collect()
    }

    /// The same, for who reads many: in memory that is used again.
    ///
    /// # Errors
    /// As [`Ledger::block`].
    fn read_into(&self, shelf: Shelf, cids: &[Cid], into: &mut Blocks) -> Result<(), LedgerError> {
        into.begin(cids.len());
        let found = self.read_blocks(shelf, cids)?;
        let here = found.iter().enumerate().filter_map(|(place, block)| Some((place, block.as_ref()?)));
        here.for_each(|(place, block)| into.put(place, block));
        Ok(())
    }

    /// Whether a shelf holds a block, without reading it.
    ///
    /// # Errors
    /// When the storage below fails.
    fn holds(&self, shelf: Shelf, cid: &Cid) -> Result<bool, LedgerError>;

    /// One index value.
    ///
    /// # Errors
    /// When the storage below fails.
    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError>;

    /// At most `limit` index entries whose key starts with `prefix` and is greater than `after`
    /// (when given), in the order of their keys' bytes.
    ///
    /// # Errors
    /// When the storage below fails.
    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<IndexEntry>, LedgerError>;
}

/// A ledger that can be written. One writer at a time.
pub trait Store: Ledger {
    /// Makes the batch durable, then visible. When this returns `Ok`, a power cut loses none of it.
    ///
    /// # Errors
    /// When it could not be made durable; after a failed fsync every later commit fails too.
    fn commit(&mut self, batch: &Batch) -> Result<(), LedgerError>;
}

/// Why the storage below could not answer. It names files and offsets, never content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerError(pub String);

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LedgerError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_where_they_were_read_and_none_of_those_before() {
        let mut blocks = Blocks::default();
        blocks.begin(3);
        blocks.put(2, b"last");
        blocks.room(8)[..6].copy_from_slice(b"?first");
        assert_eq!(&blocks.read()[1..6], b"first");
        blocks.find(0, 1..6);
        blocks.keep(6);
        assert!(!blocks.are_found());
        blocks.room(3).copy_from_slice(b"not");
        blocks.put(1, b"");
        assert!(blocks.are_found());
        assert_eq!(blocks.to_vecs(), [&b"first"[..], b"", b"last"].map(|block| Some(block.to_vec())));
        blocks.begin(1);
        assert_eq!((blocks.get(0), blocks.get(1)), (None, None));
    }

    #[test]
    fn the_memory_of_a_long_block_is_not_kept_for_the_next() {
        let mut blocks = Blocks::default();
        blocks.begin(1);
        blocks.put(0, &[7; 3 * KEPT_BYTES]);
        blocks.begin(1);
        assert!(blocks.bytes.capacity() <= KEPT_BYTES);
    }
}
