//! The index: what is recent in a sled tree, the rest in sorted files that never change. It follows from the blocks, and can
//! be thrown away.
//!
//! | key | value |
//! |---|---|
//! | `l` shelf cid | where the block stands |
//! | `e` shelf place | nothing: the section at that place was erased |
//! | `d` key `00 00` shelf cid | value of an entry that the block contributes |
//!
//! The key of an entry ends with the block that contributes it, so that the index is a function of
//! the set of blocks even where two blocks contribute one key: the first by (shelf, id) is seen.
//! A zero byte in the key is written `00 ff`, which keeps the order of the keys.
//!
//! In the tree and in the files each value has a byte before it; a value without says that the entry is gone. When the tree
//! has some hundred thousand of them they are written to a file, a *run*, and another tree takes its place; runs are made one
//! on a thread beside (docs/adr/0031-the-index-in-sorted-runs.md). So neither sled's memory for its pages nor the work to
//! find a key grows with what the store holds. In the tree alone are
//!
//! | key | value |
//! |---|---|
//! | `m` series | how far the series has been read |
//! | `c` | how many entries were put into the tree |
//!
//! Reading order: `keys`, `page`, `run`, `write`, `merged` (tree and runs read as one), `runs`, this, `opening`.

mod keys;
mod merged;
mod opening;
mod page;
mod run;
mod runs;
#[cfg(test)]
mod tests;
mod write;

use crate::StoreError;
use crate::series::{Location, Position};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::ledger::{IndexEntry, Shelf};
use keys::{
    entry_key, erased_key, escape, location_bytes, location_key, mark_key, owner_of, read_location, shelf_byte,
    unescape,
};
use merged::Merged;
use opening::State;
use runs::Runs;
use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;

/// Blocks in one sled batch, which takes memory out of proportion to its size.
pub(crate) const BATCH_BLOCKS: usize = 100;
/// What an entry's value begins with, so that it is told from what says that the entry is gone.
const HELD: u8 = 1;
/// So many times the entries may be in sled where they cannot be written to a run, as on a full disk.
const PATIENCE: u64 = 4;
/// How many entries were put into the tree.
const COUNT: &[u8] = b"c";

/// Which series a mark belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SeriesId {
    /// A shelf's.
    Shelf(Shelf),
    /// The tombstones'.
    Erasures,
}

impl SeriesId {
    const ALL: [SeriesId; 4] = [
        SeriesId::Shelf(Shelf::Certified),
        SeriesId::Shelf(Shelf::Waiting),
        SeriesId::Shelf(Shelf::Live),
        SeriesId::Erasures,
    ];
}

/// How far a series has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The last section that was read; it shows that the files are still those that were read.
    pub last: Location,
}

/// A block's place in the world: its shelf and its id.
pub(crate) type Owner = (Shelf, Cid);

/// The open index.
pub(crate) struct Index {
    // Before sled, which others wait for when they open the index.
    runs: Runs,
    recent: sled::Tree,
    db: sled::Db,
    /// Which tree is the recent one.
    generation: u64,
    /// How many entries were put into it.
    entries: u64,
    /// How many are, before they are written to a run.
    most: u64,
    /// The same until that is tried again, where it failed.
    seal_at: u64,
    path: PathBuf,
}

impl Index {
    /// Where a block stands.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(crate) fn location(&self, shelf: Shelf, cid: &Cid) -> Result<Option<Location>, StoreError> {
        self.get(&location_key(shelf, cid), read_location)?.transpose()
    }

    /// Where every block of a shelf stands, by id.
    pub(crate) fn locations(&self, shelf: Shelf) -> impl Iterator<Item = Result<(Cid, Location), StoreError>> + '_ {
        let prefix = [b'l', shelf_byte(shelf)];
        let mut merged = Some(self.merged(&prefix));
        std::iter::from_fn(move || {
            let found = match merged.as_mut()? {
                Err(_) => None,
                Ok(merged) => Some(merged.next_held().map_err(self.failed()).and_then(|found| {
                    let found = found.filter(|(key, _)| key.starts_with(&prefix));
                    found.map(|(key, value)| read_block_at(key, value)).transpose()
                })),
            };
            match found {
                Some(Ok(Some(block))) => Some(Ok(block)),
                // What failed is said once.
                Some(Err(error)) => {
                    merged = None;
                    Some(Err(error))
                }
                Some(Ok(None)) => {
                    merged = None;
                    None
                }
                None => merged.take().and_then(Result::err).map(Err),
            }
        })
    }

    /// Whether the section at a place was erased.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(crate) fn is_erased(&self, shelf: Shelf, at: Position) -> Result<bool, StoreError> {
        Ok(self.get(&erased_key(shelf, at), |_| ())?.is_some())
    }

    /// How far a series has been read.
    ///
    /// # Errors
    /// When sled fails.
    pub(crate) fn mark(&self, series: SeriesId) -> Result<Option<Mark>, StoreError> {
        let bytes = self.recent.get(mark_key(series)).map_err(self.failed())?;
        bytes.map(|bytes| Ok(Mark { last: read_location(&bytes)? })).transpose()
    }

    /// The value of an entry.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(crate) fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let mut prefix = escape(key);
        prefix.extend([0, 0]);
        let mut merged = self.merged(&prefix)?;
        let first = merged.next_held().map_err(self.failed())?;
        Ok(first.filter(|(stored, _)| stored.starts_with(&prefix)).map(|(_, value)| value.to_vec()))
    }

    /// See [`commonwheel_protocol::ledger::Ledger::scan`].
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(crate) fn scan(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<IndexEntry>, StoreError> {
        let prefix = escape(prefix);
        let mut from = prefix.clone();
        if let Some(after) = after {
            // Greater than every entry of exactly this key, less than every longer key.
            let mut bound = escape(after);
            bound.extend([0, 1]);
            from = from.max(bound);
        }
        let mut found: Vec<IndexEntry> = Vec::new();
        let mut merged = self.merged(&from)?;
        while found.len() < limit
            && let Some((stored, value)) = merged.next_held().map_err(self.failed())?
            && stored.starts_with(&prefix)
        {
            let key = unescape(stored)?;
            if found.last().is_none_or(|last| last.key != key) {
                found.push(IndexEntry { key, value: value.to_vec() });
            }
        }
        Ok(found)
    }

    /// Removes every entry that these blocks contribute, by looking at all entries. For blocks whose
    /// bytes are gone already.
    ///
    /// # Errors
    /// When the index cannot be read or written.
    pub(crate) fn remove_contributed(&mut self, owners: &BTreeSet<Owner>) -> Result<(), StoreError> {
        let owners: BTreeSet<_> = owners.iter().map(|(shelf, cid)| keys::owner_bytes(*shelf, cid)).collect();
        let mut gone = Vec::new();
        let mut merged = self.merged(b"d")?;
        while let Some((stored, _)) = merged.next_held().map_err(self.failed())?
            && stored.starts_with(b"d")
        {
            if owner_of(stored).is_some_and(|owner| owners.contains(owner)) {
                gone.push(stored.to_vec());
            }
        }
        drop(merged);
        for some in gone.chunks(BATCH_BLOCKS) {
            let mut changes = Changes::default();
            some.iter().for_each(|stored| changes.gone(stored));
            self.apply(changes)?;
        }
        Ok(())
    }

    /// Makes changes, all or none.
    ///
    /// # Errors
    /// When the system or sled refuses.
    pub(crate) fn apply(&mut self, changes: Changes) -> Result<(), StoreError> {
        let Changes { mut batch, entries } = changes;
        batch.insert(COUNT, &(self.entries + entries).to_be_bytes());
        self.recent.apply_batch(batch).map_err(self.failed())?;
        self.entries += entries;
        // What changes no entry, as opening a store does, writes no run.
        if entries > 0 && self.entries >= self.seal_at {
            self.seal().map_err(self.failed())
        } else if self.runs.is_merged() {
            self.take_merged().map_err(self.failed())
        } else {
            Ok(())
        }
    }

    /// Reads all there is to the end.
    ///
    /// # Errors
    /// When something cannot be read.
    pub(crate) fn read_through(&self) -> Result<(), StoreError> {
        let mut merged = self.merged(b"")?;
        while merged.next_held().map_err(self.failed())?.is_some() {}
        Ok(())
    }

    /// Writes what is recent to a run, and begins another tree. Where no run can be written, the entries stay where they are,
    /// and it is tried again after as many more.
    fn seal(&mut self) -> sled::Result<()> {
        if self.runs.are_many() {
            self.runs.begin_merge();
        }
        if self.runs.is_merged() || self.runs.are_many() {
            self.take_merged()?;
        }
        let entries = self.recent.iter().filter(|entry| !matches!(entry, Ok((key, _)) if is_of_the_tree(key)));
        if let Err(error) = self.runs.add(entries) {
            self.seal_at = self.entries + self.most;
            return if self.entries < PATIENCE.saturating_mul(self.most) { Ok(()) } else { Err(error) };
        }
        let next = self.db.open_tree(opening::tree(self.generation + 1))?;
        let mut marks = sled::Batch::default();
        for key in SeriesId::ALL.map(mark_key) {
            if let Some(mark) = self.recent.get(key)? {
                marks.insert(&key, mark);
            }
        }
        next.apply_batch(marks)?;
        self.generation += 1;
        self.write_state()?;
        self.recent = next;
        (self.entries, self.seal_at) = (0, self.most);
        self.db.drop_tree(opening::tree(self.generation - 1))?;
        self.runs.begin_merge();
        Ok(())
    }

    /// Has the run that was made of several take their place.
    fn take_merged(&mut self) -> sled::Result<()> {
        let replaced = self.runs.take_merged();
        if !replaced.is_empty() {
            self.write_state()?;
            self.runs.remove(&replaced);
        }
        Ok(())
    }

    /// Says which tree and which runs count, durably: what counted before may be removed after it.
    fn write_state(&self) -> sled::Result<()> {
        let state = State { generation: self.generation, runs: self.runs.numbers() };
        self.db.insert(opening::STATE, state.to_bytes())?;
        self.sync()
    }

    /// Makes what sled holds durable. What sled calls a flush is not that for the disk.
    fn sync(&self) -> sled::Result<()> {
        self.db.flush()?;
        Ok(File::options().write(true).open(self.path.join(opening::SLED_FILE))?.sync_all()?)
    }

    /// The newest value of a key, if the entry is not gone.
    fn get<T>(&self, key: &[u8], read: impl FnOnce(&[u8]) -> T) -> Result<Option<T>, StoreError> {
        if let Some(value) = self.recent.get(key).map_err(self.failed())? {
            return Ok(value.split_first().map(|(_, value)| read(value)));
        }
        for run in self.runs.newest_first() {
            if let Some(value) = run.get(key).map_err(|error| self.failed()(error.into()))? {
                return Ok(value.split_first().map(|(_, value)| read(value)));
            }
        }
        Ok(None)
    }

    fn merged(&self, from: &[u8]) -> Result<Merged<'_>, StoreError> {
        Merged::of(&self.recent, self.runs.newest_first(), from).map_err(self.failed())
    }

    fn failed(&self) -> impl Fn(sled::Error) -> StoreError + use<> {
        let folder = self.path.clone();
        move |source| StoreError::Index { folder: folder.clone(), source }
    }
}

/// Whether a key of the tree is none of an entry.
fn is_of_the_tree(key: &[u8]) -> bool {
    key == COUNT || key.starts_with(b"m")
}

fn read_block_at(key: &[u8], value: &[u8]) -> Result<(Cid, Location), StoreError> {
    let cid = key.get(2..).and_then(|cid| Cid::from_bytes(cid).ok()).ok_or(StoreError::IndexEntry)?;
    Ok((cid, read_location(value)?))
}

/// Changes to the index that are made together.
#[derive(Default)]
pub(crate) struct Changes {
    batch: sled::Batch,
    entries: u64,
}

impl Changes {
    /// A block and its entries.
    pub(crate) fn add(&mut self, shelf: Shelf, cid: &Cid, location: Location, entries: Vec<IndexEntry>) {
        self.held(location_key(shelf, cid), &location_bytes(location));
        for entry in entries {
            self.held(entry_key(&entry.key, shelf, cid), &entry.value);
        }
    }

    /// The block is gone, and with it these entries.
    pub(crate) fn remove(&mut self, shelf: Shelf, cid: &Cid, entries: &[IndexEntry]) {
        self.gone(&location_key(shelf, cid));
        for entry in entries {
            self.gone(&entry_key(&entry.key, shelf, cid));
        }
    }

    /// The section at a place was erased.
    pub(crate) fn erased(&mut self, shelf: Shelf, at: Position) {
        self.held(erased_key(shelf, at), &[]);
    }

    /// The series has been read up to here.
    pub(crate) fn mark(&mut self, series: SeriesId, last: Location) {
        self.batch.insert(&mark_key(series), location_bytes(last));
    }

    fn held(&mut self, key: Vec<u8>, value: &[u8]) {
        self.batch.insert(key, [&[HELD], value].concat());
        self.entries += 1;
    }

    fn gone(&mut self, key: &[u8]) {
        self.batch.insert(key, &[]);
        self.entries += 1;
    }
}
