//! The store in memory, for the simulator and for tests.

use crate::store::check_puts;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::ledger::{Batch, Derive, IndexEntry, Ledger, LedgerError, Shelf, Store};
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included, Unbounded};

type ByBlock = BTreeMap<(Shelf, Cid), Vec<u8>>;

/// A store that lasts as long as the value. It behaves as [`crate::CarStore`] does.
#[derive(Clone)]
pub struct MemoryStore {
    derive: Derive,
    blocks: ByBlock,
    /// By key, then by the block that contributes the entry: the first of those is seen.
    entries: BTreeMap<Vec<u8>, ByBlock>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(derive: Derive) -> MemoryStore {
        MemoryStore { derive, blocks: BTreeMap::new(), entries: BTreeMap::new() }
    }

    /// Every block of a shelf with its id, in the order of their ids.
    pub fn blocks(&self, shelf: Shelf) -> impl Iterator<Item = (&Cid, &[u8])> {
        self.blocks.iter().filter(move |((on, _), _)| *on == shelf).map(|((_, cid), block)| (cid, block.as_slice()))
    }
}

impl Ledger for MemoryStore {
    fn block(&self, shelf: Shelf, cid: &Cid) -> Result<Option<Vec<u8>>, LedgerError> {
        Ok(self.blocks.get(&(shelf, *cid)).cloned())
    }

    fn holds(&self, shelf: Shelf, cid: &Cid) -> Result<bool, LedgerError> {
        Ok(self.blocks.contains_key(&(shelf, *cid)))
    }

    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        Ok(self.entries.get(key).and_then(|by_block| by_block.values().next()).cloned())
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<IndexEntry>, LedgerError> {
        let from = match after {
            Some(after) if after >= prefix => Excluded(after),
            _ => Included(prefix),
        };
        let entries = self.entries.range::<[u8], _>((from, Unbounded));
        let found = entries.take_while(|(key, _)| key.starts_with(prefix)).take(limit);
        let first = found.filter_map(|(key, by_block)| Some((key.clone(), by_block.values().next()?.clone())));
        Ok(first.map(|(key, value)| IndexEntry { key, value }).collect())
    }
}

impl Store for MemoryStore {
    fn commit(&mut self, batch: &Batch) -> Result<(), LedgerError> {
        check_puts(batch)?;
        for (shelf, cid, block) in &batch.puts {
            for IndexEntry { key, value } in (self.derive)(*shelf, cid, block) {
                self.entries.entry(key).or_default().insert((*shelf, *cid), value);
            }
            self.blocks.insert((*shelf, *cid), block.clone());
        }
        for (shelf, cid) in &batch.erasures {
            let Some(block) = self.blocks.remove(&(*shelf, *cid)) else { continue };
            for IndexEntry { key, .. } in (self.derive)(*shelf, cid, &block) {
                let Some(by_block) = self.entries.get_mut(&key) else { continue };
                by_block.remove(&(*shelf, *cid));
                if by_block.is_empty() {
                    self.entries.remove(&key);
                }
            }
        }
        Ok(())
    }
}
