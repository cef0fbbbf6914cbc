//! The index: a sled tree that follows from the files, and can be thrown away.
//!
//! | key | value |
//! |---|---|
//! | `v` | version of this table |
//! | `m` series | how far the series has been read |
//! | `l` shelf cid | where the block stands |
//! | `e` shelf place | nothing: the section at that place was erased |
//! | `d` key `00 00` shelf cid | value of an entry that the block contributes |
//!
//! The key of an entry ends with the block that contributes it, so that the index is a function of
//! the set of blocks even where two blocks contribute one key: the first by (shelf, id) is seen.
//! A zero byte in the key is written `00 ff`, which keeps the order of the keys.

use crate::series::{Location, Position};
use crate::{StoreError, folder};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::ledger::{IndexEntry, Shelf};
use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// Changes when the table above does. Another version is rebuilt.
const VERSION: &[u8] = b"1";
const CACHE_BYTES: u64 = 64 << 20;
/// How long sled may take to close. After that, opening says what is wrong.
const CLOSING: Duration = Duration::from_secs(10);
const OWNER_BYTES: usize = 1 + Cid::LEN;
/// Blocks in one sled batch, which takes memory out of proportion to its size.
pub(crate) const BATCH_BLOCKS: usize = 100;

/// Which series a mark belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SeriesId {
    /// A shelf's.
    Shelf(Shelf),
    /// The tombstones'.
    Erasures,
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
    tree: sled::Db,
    path: PathBuf,
}

impl Index {
    /// Opens the index at `path`, or makes a new one and says why.
    ///
    /// # Errors
    /// When the system refuses; an index that cannot be read is replaced.
    pub(crate) fn open(path: &Path) -> Result<(Index, Option<&'static str>), StoreError> {
        if !path.exists() {
            return Ok((Index::create(path)?, Some("the index was missing")));
        }
        match Index::open_sled(path) {
            Err(StoreError::Index { source: sled::Error::Io(source), .. }) if !is_damage(&source) => {
                Err(StoreError::Io { action: "open the index in", path: path.to_owned(), source })
            }
            Err(_) => Ok((Index::create(path)?, Some("the index could not be read"))),
            Ok(index) if index.get(b"v")?.as_deref() != Some(VERSION) => {
                drop(index);
                Ok((Index::create(path)?, Some("the index had another version")))
            }
            Ok(index) => Ok((index, None)),
        }
    }

    /// Opens an index that is there already, of this version.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn existing(path: &Path) -> Result<Option<Index>, StoreError> {
        if !path.exists() {
            return Ok(None);
        }
        let index = Index::open_sled(path)?;
        let known = index.get(b"v")?.as_deref() == Some(VERSION);
        Ok(known.then_some(index))
    }

    /// Makes an empty index in place of whatever is there.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn create(path: &Path) -> Result<Index, StoreError> {
        Index::remove(path)?;
        folder::create_durably(path)?;
        let index = Index::open_sled(path)?;
        index.tree.insert(b"v", VERSION).map_err(index.failed())?;
        Ok(index)
    }

    /// Throws the index at `path` away, if there is one.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
        if !path.exists() {
            return Ok(());
        }
        wait_until_closed(path);
        fs::remove_dir_all(path).map_err(StoreError::io("remove", path))
    }

    /// Where a block stands.
    ///
    /// # Errors
    /// When sled fails.
    pub(crate) fn location(&self, shelf: Shelf, cid: &Cid) -> Result<Option<Location>, StoreError> {
        self.get(&location_key(shelf, cid))?.map(|bytes| read_location(&bytes)).transpose()
    }

    /// Where every block of a shelf stands, by id.
    pub(crate) fn locations(&self, shelf: Shelf) -> impl Iterator<Item = Result<(Cid, Location), StoreError>> + '_ {
        self.tree.scan_prefix([b'l', shelf_byte(shelf)]).map(|item| {
            let (key, value) = item.map_err(self.failed())?;
            let cid = Cid::from_bytes(&key[2..]).map_err(|_| StoreError::IndexEntry)?;
            Ok((cid, read_location(&value)?))
        })
    }

    /// Whether the section at a place was erased.
    ///
    /// # Errors
    /// When sled fails.
    pub(crate) fn is_erased(&self, shelf: Shelf, at: Position) -> Result<bool, StoreError> {
        self.tree.contains_key(erased_key(shelf, at)).map_err(self.failed())
    }

    /// How far a series has been read.
    ///
    /// # Errors
    /// When sled fails.
    pub(crate) fn mark(&self, series: SeriesId) -> Result<Option<Mark>, StoreError> {
        let bytes = self.get(&mark_key(series))?;
        bytes.map(|bytes| Ok(Mark { last: read_location(&bytes)? })).transpose()
    }

    /// The value of an entry.
    ///
    /// # Errors
    /// When sled fails.
    pub(crate) fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let mut prefix = escape(key);
        prefix.extend([0, 0]);
        let first = self.tree.scan_prefix(prefix).next().transpose().map_err(self.failed())?;
        Ok(first.map(|(_, value)| value.to_vec()))
    }

    /// See [`commonwheel_protocol::ledger::Ledger::scan`].
    ///
    /// # Errors
    /// When sled fails.
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
        for item in self.tree.range(from..) {
            let (stored, value) = item.map_err(self.failed())?;
            if found.len() == limit || !stored.starts_with(&prefix) {
                break;
            }
            let key = unescape(&stored)?;
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
    /// When sled fails.
    pub(crate) fn remove_contributed(&self, owners: &BTreeSet<Owner>) -> Result<(), StoreError> {
        let owners: BTreeSet<[u8; OWNER_BYTES]> = owners.iter().map(|(shelf, cid)| owner_bytes(*shelf, cid)).collect();
        for item in self.tree.scan_prefix(b"d") {
            let (stored, _) = item.map_err(self.failed())?;
            let owner = stored.len().checked_sub(OWNER_BYTES).map(|at| &stored[at..]);
            if owner.is_some_and(|owner| owners.iter().any(|known| known == owner)) {
                self.tree.remove(stored).map_err(self.failed())?;
            }
        }
        Ok(())
    }

    /// Makes changes, all or none.
    ///
    /// # Errors
    /// When sled fails.
    pub(crate) fn apply(&self, changes: Changes) -> Result<(), StoreError> {
        self.tree.apply_batch(changes.0).map_err(self.failed())
    }

    fn open_sled(path: &Path) -> Result<Index, StoreError> {
        wait_until_closed(path);
        let opened = sled::Config::new().path(path).cache_capacity(CACHE_BYTES).open();
        let tree = opened.map_err(|source| StoreError::Index { folder: path.to_owned(), source })?;
        Ok(Index { tree, path: path.to_owned() })
    }

    fn get(&self, key: &[u8]) -> Result<Option<sled::IVec>, StoreError> {
        self.tree.get(key).map_err(self.failed())
    }

    fn failed(&self) -> impl FnOnce(sled::Error) -> StoreError + '_ {
        |source| StoreError::Index { folder: self.path.clone(), source }
    }
}

/// Changes to the index that are made together.
#[derive(Default)]
pub(crate) struct Changes(sled::Batch);

impl Changes {
    /// A block and its entries.
    pub(crate) fn add(&mut self, shelf: Shelf, cid: &Cid, location: Location, entries: Vec<IndexEntry>) {
        self.0.insert(location_key(shelf, cid), location_bytes(location));
        for entry in entries {
            self.0.insert(entry_key(&entry.key, shelf, cid), entry.value);
        }
    }

    /// The block is gone, and with it these entries.
    pub(crate) fn remove(&mut self, shelf: Shelf, cid: &Cid, entries: &[IndexEntry]) {
        self.0.remove(location_key(shelf, cid));
        for entry in entries {
            self.0.remove(entry_key(&entry.key, shelf, cid));
        }
    }

    /// The section at a place was erased.
    pub(crate) fn erased(&mut self, shelf: Shelf, at: Position) {
        self.0.insert(erased_key(shelf, at), Vec::new());
    }

    /// The series has been read up to here.
    pub(crate) fn mark(&mut self, series: SeriesId, last: Location) {
        self.0.insert(&mark_key(series), location_bytes(last));
    }
}

/// Waits until an index that was just dropped has let go of its files, which sled's threads do a
/// little later. The caller holds the store's lock, so that nobody else can have them open.
fn wait_until_closed(path: &Path) {
    let Ok(file) = File::options().write(true).open(path.join("db")) else { return };
    let deadline = Instant::now() + CLOSING;
    while matches!(file.try_lock(), Err(TryLockError::WouldBlock)) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Whether sled's failure means that its files are bad, not that the system is.
fn is_damage(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{InvalidData, NotFound, UnexpectedEof};
    matches!(error.kind(), InvalidData | NotFound | UnexpectedEof)
}

fn shelf_byte(shelf: Shelf) -> u8 {
    match shelf {
        Shelf::Certified => 0,
        Shelf::Waiting => 1,
        Shelf::Live => 2,
    }
}

fn owner_bytes(shelf: Shelf, cid: &Cid) -> [u8; OWNER_BYTES] {
    let mut out = [shelf_byte(shelf); OWNER_BYTES];
    out[1..].copy_from_slice(&cid.to_bytes());
    out
}

fn location_key(shelf: Shelf, cid: &Cid) -> Vec<u8> {
    [b"l", &owner_bytes(shelf, cid)[..]].concat()
}

fn entry_key(key: &[u8], shelf: Shelf, cid: &Cid) -> Vec<u8> {
    [&escape(key)[..], &[0, 0], &owner_bytes(shelf, cid)].concat()
}

fn mark_key(series: SeriesId) -> [u8; 2] {
    match series {
        SeriesId::Shelf(shelf) => [b'm', shelf_byte(shelf)],
        SeriesId::Erasures => [b'm', 0xff],
    }
}

fn erased_key(shelf: Shelf, at: Position) -> Vec<u8> {
    [&[b'e', shelf_byte(shelf)][..], &at.file.to_be_bytes(), &at.offset.to_be_bytes()].concat()
}

fn location_bytes(location: Location) -> Vec<u8> {
    let Location { at, size } = location;
    [&at.file.to_be_bytes()[..], &at.offset.to_be_bytes(), &size.to_be_bytes()].concat()
}

fn read_location(bytes: &[u8]) -> Result<Location, StoreError> {
    let read = || {
        let (file, rest) = bytes.split_first_chunk()?;
        let (offset, size) = rest.split_first_chunk()?;
        let at = Position { file: u32::from_be_bytes(*file), offset: u64::from_be_bytes(*offset) };
        Some(Location { at, size: u32::from_be_bytes(size.try_into().ok()?) })
    };
    read().ok_or(StoreError::IndexEntry)
}

fn escape(key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len() + 3 + OWNER_BYTES);
    out.push(b'd');
    for byte in key {
        out.push(*byte);
        if *byte == 0 {
            out.push(0xff);
        }
    }
    out
}

fn unescape(stored: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut key = Vec::with_capacity(stored.len());
    let mut rest = stored.get(1..).unwrap_or_default();
    while let Some(at) = rest.iter().position(|byte| *byte == 0) {
        key.extend_from_slice(&rest[..at]);
        match rest.get(at + 1) {
            Some(0) => return Ok(key),
            Some(_) => key.push(0),
            None => break,
        }
        rest = &rest[at + 2..];
    }
    Err(StoreError::IndexEntry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_as_it_was_whatever_zeros_it_holds_and_a_part_of_it_does_not() {
        let cid = Cid::of_cbor(b"block");
        let bytes = [0, 1, 0xff];
        let mut keys = vec![Vec::new()];
        for length in 0..5 {
            let shorter = keys.clone().into_iter().filter(|key: &Vec<u8>| key.len() == length);
            keys.extend(shorter.flat_map(|key| bytes.map(|byte| [&key[..], &[byte]].concat())));
        }
        for key in keys {
            let stored = entry_key(&key, Shelf::Certified, &cid);
            assert_eq!(unescape(&stored).ok(), Some(key.clone()));
            let whole = escape(&key).len();
            assert!((0..=whole + 1).all(|length| unescape(&stored[..length]).is_err()), "{key:?}");
        }
    }
}
