//! Opening an index, making one, and throwing one away.

use super::runs::Runs;
use super::{COUNT, Index};
use crate::{StoreError, folder};
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// Changes when what stands in the trees or in the runs does. Another version is rebuilt.
const VERSION: &[u8] = b"2";
const VERSION_KEY: &[u8] = b"v";
/// Which tree is the recent one, and which runs count: the key in sled's own tree.
pub(super) const STATE: &[u8] = b"s";
/// The folder of the runs.
const RUNS: &str = "runs";
/// The file in which sled keeps its pages.
pub(super) const SLED_FILE: &str = "db";
const CACHE_BYTES: u64 = 32 << 20;
/// How long sled may take to close. After that, opening says what is wrong.
const CLOSING: Duration = Duration::from_secs(10);

/// What counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Which tree is the recent one.
    pub generation: u64,
    /// The runs, by their numbers, the oldest first.
    pub runs: Vec<u64>,
}

impl State {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        [self.generation].iter().chain(&self.runs).flat_map(|number| number.to_be_bytes()).collect()
    }

    fn of(bytes: &[u8]) -> Option<State> {
        let (numbers, []) = bytes.as_chunks() else { return None };
        let (generation, runs) = numbers.split_first()?;
        let runs = runs.iter().map(|number| u64::from_be_bytes(*number)).collect();
        Some(State { generation: u64::from_be_bytes(*generation), runs })
    }
}

/// The name of a recent tree.
pub(super) fn tree(generation: u64) -> String {
    format!("recent.{generation}")
}

impl Index {
    /// Opens the index at `path`, or makes a new one and says why. Up to `most` entries stay in sled.
    ///
    /// # Errors
    /// When the system refuses; an index that cannot be read is replaced.
    pub(crate) fn open(path: &Path, most: u64) -> Result<(Index, Option<&'static str>), StoreError> {
        if !path.exists() {
            return Ok((Index::create(path, most)?, Some("the index was missing")));
        }
        let opened = open_sled(path).and_then(|db| Index::of(db, path, most));
        match opened.and_then(|index| index.map(Index::tidied).transpose()) {
            Err(StoreError::Index { source: sled::Error::Io(source), .. }) if !is_damage(&source) => {
                Err(StoreError::Io { action: "open the index in", path: path.to_owned(), source })
            }
            Err(_) => Ok((Index::create(path, most)?, Some("the index could not be read"))),
            Ok(None) => Ok((Index::create(path, most)?, Some("the index had another version"))),
            Ok(Some(index)) => Ok((index, None)),
        }
    }

    /// Opens an index that is there already, of this version.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn existing(path: &Path) -> Result<Option<Index>, StoreError> {
        if path.exists() { Index::of(open_sled(path)?, path, u64::MAX) } else { Ok(None) }
    }

    /// Makes an empty index in place of whatever is there.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn create(path: &Path, most: u64) -> Result<Index, StoreError> {
        Index::remove(path)?;
        folder::create_durably(path)?;
        let mut made = sled::Batch::default();
        made.insert(VERSION_KEY, VERSION);
        made.insert(STATE, State::default().to_bytes());
        let db = open_sled(path)?;
        db.apply_batch(made).map_err(failed(path))?;
        Index::of(db, path, most)?.ok_or(StoreError::IndexEntry)
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

    /// What sled and the files beside it hold; nothing when it is of another version.
    fn of(db: sled::Db, path: &Path, most: u64) -> Result<Option<Index>, StoreError> {
        if db.get(VERSION_KEY).map_err(failed(path))?.as_deref() != Some(VERSION) {
            return Ok(None);
        }
        let state = db.get(STATE).map_err(failed(path))?;
        let state = state.and_then(|state| State::of(&state)).ok_or(StoreError::IndexEntry)?;
        let runs = Runs::open(path.join(RUNS), &state.runs).map_err(|error| failed(path)(error.into()))?;
        let name = tree(state.generation);
        if state.generation > 0 && !db.tree_names().iter().any(|other| *other == name.as_bytes()) {
            return Err(StoreError::IndexEntry);
        }
        let recent = db.open_tree(name).map_err(failed(path))?;
        let count = recent.get(COUNT).map_err(failed(path))?;
        let entries = count.map(|count| (*count).try_into().map(u64::from_be_bytes)).transpose();
        let entries = entries.map_err(|_| StoreError::IndexEntry)?.unwrap_or(0);
        let (generation, path) = (state.generation, path.to_owned());
        Ok(Some(Index { runs, recent, db, generation, entries, most, seal_at: most, path }))
    }

    /// The same without what a crash left of trees and runs that do not count.
    fn tidied(mut self) -> Result<Index, StoreError> {
        let mut trees = self.db.tree_names();
        trees.retain(|name| name.starts_with(b"recent.") && name != tree(self.generation).as_bytes());
        let files = self.runs.leftovers().map_err(|error| failed(&self.path)(error.into()))?;
        if !trees.is_empty() || !files.is_empty() {
            self.sync().map_err(failed(&self.path))?;
        }
        trees.iter().try_for_each(|name| self.db.drop_tree(name).map(|_| ())).map_err(failed(&self.path))?;
        files.iter().try_for_each(fs::remove_file).map_err(|error| failed(&self.path)(error.into()))?;
        if self.runs.are_several() {
            self.runs.begin_merge();
        }
        Ok(self)
    }
}

fn open_sled(path: &Path) -> Result<sled::Db, StoreError> {
    wait_until_closed(path);
    sled::Config::new().path(path).cache_capacity(CACHE_BYTES).open().map_err(failed(path))
}

fn failed(path: &Path) -> impl FnOnce(sled::Error) -> StoreError + '_ {
    |source| StoreError::Index { folder: path.to_owned(), source }
}

/// Waits until an index that was just dropped has let go of its files, which sled's threads do a
/// little later. The caller holds the store's lock, so that nobody else can have them open.
fn wait_until_closed(path: &Path) {
    let Ok(file) = File::options().write(true).open(path.join(SLED_FILE)) else { return };
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
