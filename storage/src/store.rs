//! The store on disk.

use crate::car;
use crate::erase::{Tombstone, carry_out};
use crate::index::{BATCH_BLOCKS, Changes, Index, SeriesId};
use crate::recover::{self, Files, OpenReport};
use crate::search::Search;
use crate::series::{Location, Position};
use crate::{StoreError, folder};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::ledger::{Batch, Blocks, Derive, IndexEntry, Ledger, LedgerError, Shelf, Store};
use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

type Put = (Shelf, Cid, Vec<u8>);

/// How a store writes.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// A new file is begun before one grows beyond this, in bytes.
    pub file_bytes: u64,
    /// Entries of the index that sled holds, before they are written to a file beside it.
    pub recent_entries: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { file_bytes: 256 << 20, recent_entries: 1 << 17 }
    }
}

/// A store in a folder: CAR files as the truth, an index beside them that follows from them.
///
/// Invariant: the index names every block whose section is in the files and was not erased, and
/// nothing else. Between commits it holds; after a failed one, the next opening restores it.
///
/// A batch that was not acknowledged may survive a crash in part: per shelf, the first of its blocks.
pub struct CarStore {
    pub(crate) files: Files,
    pub(crate) index: Index,
    pub(crate) search: Search,
    derive: Derive,
    report: OpenReport,
    pub(crate) poisoned: bool,
    // Last, so that it is released after everything else is closed.
    _lock: File,
}

impl CarStore {
    /// Opens the store in `dir`, making it if the folder holds none.
    ///
    /// # Errors
    /// When it is in use, of another version or damaged, or the system refuses.
    pub fn open(dir: &Path, derive: Derive) -> Result<CarStore, StoreError> {
        CarStore::open_with(dir, derive, Options::default())
    }

    /// The same, with options.
    ///
    /// # Errors
    /// As [`CarStore::open`].
    pub fn open_with(dir: &Path, derive: Derive, options: Options) -> Result<CarStore, StoreError> {
        let lock = folder::create(dir)?;
        CarStore::open_locked(dir, derive, options, lock)
    }

    /// Throws the index of a store away and makes it anew from the blocks.
    ///
    /// # Errors
    /// As [`CarStore::open`], and when the folder holds no store.
    pub fn rebuild_index(dir: &Path, derive: Derive) -> Result<OpenReport, StoreError> {
        let lock = folder::existing(dir)?;
        Index::remove(&dir.join(recover::INDEX))?;
        crate::search::remove(&dir.join(crate::search::SEARCH))?;
        CarStore::open_locked(dir, derive, Options::default(), lock).map(|store| store.report)
    }

    /// What opening had to mend.
    pub fn open_report(&self) -> &OpenReport {
        &self.report
    }

    /// Every block of a shelf with its id, in the order of their ids.
    pub fn blocks(&self, shelf: Shelf) -> impl Iterator<Item = Result<(Cid, Vec<u8>), LedgerError>> + '_ {
        self.index.locations(shelf).map(move |item| {
            let (cid, location) = item?;
            Ok((cid, self.read(shelf, &cid, location)?))
        })
    }

    fn open_locked(dir: &Path, derive: Derive, options: Options, lock: File) -> Result<CarStore, StoreError> {
        let mut files = Files::open(dir, options.file_bytes)?;
        let (index, report) = recover::open_index(dir, &mut files, options.recent_entries, derive)?;
        Ok(CarStore { files, index, search: Search::of(dir), derive, report, poisoned: false, _lock: lock })
    }

    pub(crate) fn read(&self, shelf: Shelf, cid: &Cid, location: Location) -> Result<Vec<u8>, StoreError> {
        let series = self.files.shelf_ref(shelf);
        let block = series.block(cid, location)?;
        block.ok_or_else(|| damaged(series.path(location.at.file), location.at))
    }

    fn put_all(&mut self, puts: &[Put]) -> Result<(), StoreError> {
        let puts = self.missing(puts)?;
        let before = Shelf::ALL.map(|shelf| self.files.shelf_ref(shelf).end());
        let locations = self.append(&puts).inspect_err(|_| {
            // The store takes no more changes now. What cannot be cut off here, opening cuts off.
            for (shelf, end) in Shelf::ALL.into_iter().zip(before) {
                let _ = self.files.shelf(shelf).truncate(end);
            }
        })?;
        for chunk in puts.iter().zip(&locations).collect::<Vec<_>>().chunks(BATCH_BLOCKS) {
            let mut changes = Changes::default();
            for ((shelf, cid, block), location) in chunk {
                changes.add(*shelf, cid, **location, (self.derive)(*shelf, cid, block));
                changes.mark(SeriesId::Shelf(*shelf), **location);
            }
            self.index.apply(changes)?;
        }
        Ok(())
    }

    /// The puts that change something: neither held already nor earlier in the batch.
    fn missing<'a>(&self, puts: &'a [Put]) -> Result<Vec<&'a Put>, StoreError> {
        let mut seen = BTreeSet::new();
        let mut missing = Vec::new();
        for put in puts {
            let (shelf, cid, _) = put;
            if seen.insert((*shelf, *cid)) && self.index.location(*shelf, cid)?.is_none() {
                missing.push(put);
            }
        }
        Ok(missing)
    }

    fn append(&mut self, puts: &[&Put]) -> Result<Vec<Location>, StoreError> {
        let mut locations = Vec::with_capacity(puts.len());
        for (shelf, cid, block) in puts {
            locations.push(self.files.shelf(*shelf).append(cid, block)?);
        }
        for shelf in Shelf::ALL {
            if puts.iter().any(|(touched, _, _)| *touched == shelf) {
                self.files.shelf(shelf).sync()?;
            }
        }
        Ok(locations)
    }

    /// What is erased leaves the search index first: after a crash in between it lacks something, and the next
    /// erasure of the block finds it gone.
    fn forget(&mut self, erasures: &[(Shelf, Cid)]) -> Result<(), StoreError> {
        let certified = erasures.iter().filter(|(shelf, _)| *shelf == Shelf::Certified);
        let blocks: Vec<_> = certified.map(|(_, cid)| *cid).collect();
        if blocks.is_empty() { Ok(()) } else { self.forget_in_search(&blocks) }
    }

    fn erase_all(&mut self, erasures: &[(Shelf, Cid)]) -> Result<(), StoreError> {
        let before = self.files.erasures.end();
        let written = self.write_tombstones(erasures).inspect_err(|_| {
            let _ = self.files.erasures.truncate(before);
        })?;
        for chunk in written.chunks(BATCH_BLOCKS) {
            let tombstones: Vec<Tombstone> = chunk.iter().map(|(tombstone, _)| *tombstone).collect();
            let last = chunk[chunk.len() - 1].1;
            let left = carry_out(&self.files.shelves, &mut self.index, self.derive, &tombstones, last)?;
            if let Some(Tombstone { shelf, location, .. }) = left.first() {
                return Err(damaged(self.files.shelf_ref(*shelf).path(location.at.file), location.at));
            }
        }
        Ok(())
    }

    fn write_tombstones(&mut self, erasures: &[(Shelf, Cid)]) -> Result<Vec<(Tombstone, Location)>, StoreError> {
        let mut written = Vec::new();
        for (shelf, block) in erasures.iter().copied().collect::<BTreeSet<_>>() {
            if let Some(location) = self.index.location(shelf, &block)? {
                let tombstone = Tombstone { shelf, block, location };
                let bytes = tombstone.encode();
                written.push((tombstone, self.files.erasures.append(&Cid::of_cbor(&bytes), &bytes)?));
            }
        }
        if !written.is_empty() {
            self.files.erasures.sync()?;
        }
        Ok(written)
    }
}

impl Ledger for CarStore {
    fn block(&self, shelf: Shelf, cid: &Cid) -> Result<Option<Vec<u8>>, LedgerError> {
        let location = self.index.location(shelf, cid)?;
        Ok(location.map(|location| self.read(shelf, cid, location)).transpose()?)
    }

    fn read_blocks(&self, shelf: Shelf, cids: &[Cid]) -> Result<Vec<Option<Vec<u8>>>, LedgerError> {
        let mut found = Blocks::default();
        self.read_into(shelf, cids, &mut found)?;
        Ok(found.to_vecs())
    }

    /// Blocks that stand behind one that the index knows are taken without asking it: only what it knows is in the files, and
    /// what is erased is there no more.
    fn read_into(&self, shelf: Shelf, cids: &[Cid], into: &mut Blocks) -> Result<(), LedgerError> {
        into.begin(cids.len());
        for (at, cid) in cids.iter().enumerate() {
            if into.get(at).is_none()
                && let Some(location) = self.index.location(shelf, cid)?
            {
                let series = self.files.shelf_ref(shelf);
                series.neighbours(location, cids, into)?;
                if into.get(at).is_none() {
                    return Err(damaged(series.path(location.at.file), location.at).into());
                }
            }
        }
        Ok(())
    }

    fn holds(&self, shelf: Shelf, cid: &Cid) -> Result<bool, LedgerError> {
        Ok(self.index.location(shelf, cid)?.is_some())
    }

    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        Ok(self.index.value(key)?)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<IndexEntry>, LedgerError> {
        Ok(self.index.scan(prefix, after, limit)?)
    }
}

impl Store for CarStore {
    fn commit(&mut self, batch: &Batch) -> Result<(), LedgerError> {
        if self.poisoned {
            return Err(StoreError::Poisoned.into());
        }
        check_puts(batch)?;
        self.poisoned = true;
        self.put_all(&batch.puts)?;
        self.forget(&batch.erasures)?;
        self.erase_all(&batch.erasures)?;
        self.poisoned = false;
        Ok(())
    }
}

/// Refuses a batch with a block that is too large or does not match its id.
///
/// # Errors
/// The first such block.
pub(crate) fn check_puts(batch: &Batch) -> Result<(), StoreError> {
    for (_, cid, block) in &batch.puts {
        if block.len() > car::BLOCK_BYTES {
            return Err(StoreError::TooLarge { cid: *cid, found: block.len() });
        }
        if !cid.matches(block) {
            return Err(StoreError::Mismatch(*cid));
        }
    }
    Ok(())
}

fn damaged(file: PathBuf, at: Position) -> StoreError {
    StoreError::Corrupt { file, offset: at.offset, why: "expected the block that the index says is there" }
}
