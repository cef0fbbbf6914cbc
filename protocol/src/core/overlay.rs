//! A ledger as it will be once a batch is committed, as far as its blocks go.

use crate::bytes::Cid;
use crate::ledger::{Batch, IndexEntry, Ledger, LedgerError, Shelf};

/// A ledger with the blocks that a step is about to keep. The index is that of the ledger.
pub(super) struct Overlay<'a, L> {
    pub ledger: &'a L,
    pub batch: &'a Batch,
}

impl<L: Ledger> Ledger for Overlay<'_, L> {
    fn block(&self, shelf: Shelf, cid: &Cid) -> Result<Option<Vec<u8>>, LedgerError> {
        match self.batch.puts.iter().find(|(on, put, _)| (*on, put) == (shelf, cid)) {
            Some((_, _, bytes)) => Ok(Some(bytes.clone())),
            None => self.ledger.block(shelf, cid),
        }
    }

    fn holds(&self, shelf: Shelf, cid: &Cid) -> Result<bool, LedgerError> {
        Ok(self.batch.puts.iter().any(|(on, put, _)| (*on, put) == (shelf, cid)) || self.ledger.holds(shelf, cid)?)
    }

    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        self.ledger.value(key)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<IndexEntry>, LedgerError> {
        self.ledger.scan(prefix, after, limit)
    }
}
