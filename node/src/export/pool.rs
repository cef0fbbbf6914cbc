//! Files that are written side by side: of each partition one, which may be thousands.
//!
//! None stays open, and together they hold back only so much. What grows with each file is its name and the state of
//! its hash, some 400 bytes.

use super::hashed::HashedFile;
use super::{ExportError, folder};
use commonwheel_protocol::dataset::Sealed;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How much memory all files of a pool hold back together, in bytes, before the fuller ones are written out.
const HELD_BYTES: usize = 16 << 20;

/// Files of one folder, by what their rows have in common.
pub struct Pool<'a, K> {
    dir: &'a Path,
    files: BTreeMap<K, HashedFile>,
    /// How many bytes they hold back together.
    held: usize,
    /// How many they may.
    most: usize,
    /// How many files there may be.
    room: usize,
}

/// A file that is whole.
pub struct Finished {
    /// Its path inside the export.
    pub path: String,
    /// How often something was appended to it.
    pub writes: usize,
    /// Its length and its hash.
    pub sealed: Sealed,
}

impl<'a, K: Ord + Clone> Pool<'a, K> {
    /// No files yet, in this folder.
    pub fn new(dir: &'a Path) -> Self {
        Pool { dir, files: BTreeMap::new(), held: 0, most: HELD_BYTES, room: folder::FILES }
    }

    /// Appends to the file with this key, which is created at `path` when it is not there yet.
    ///
    /// # Errors
    /// When the system refuses, or there would be more files than an export may have.
    pub fn write(&mut self, key: &K, path: impl FnOnce() -> String, bytes: &[u8]) -> Result<(), ExportError> {
        let full = self.files.len() >= self.room;
        match self.files.get_mut(key) {
            Some(file) => {
                let before = file.held();
                file.write(bytes)?;
                self.held = self.held + file.held() - before;
            }
            None if full => return Err(ExportError::Files),
            None => {
                let mut file = HashedFile::create(self.dir, &path())?;
                file.write(bytes)?;
                self.held += file.held();
                self.files.insert(key.clone(), file);
            }
        }
        if self.held > self.most { self.write_out() } else { Ok(()) }
    }

    /// Makes the files and the names of their folders durable, and says what they are.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn finish(self) -> Result<BTreeMap<K, Finished>, ExportError> {
        let mut folders = BTreeSet::new();
        let mut finished = BTreeMap::new();
        for (key, file) in self.files {
            let inside = file.path().ancestors().skip(1).take_while(|folder| *folder != self.dir);
            folders.extend(inside.map(Path::to_owned));
            finished.insert(key, file.seal()?);
        }
        folders.iter().map(PathBuf::as_path).chain([self.dir]).try_for_each(folder::sync_folder)?;
        Ok(finished)
    }

    /// Writes out what the fuller files hold back, which is at least half of all: to open a file for a few bytes costs
    /// more than to write them.
    fn write_out(&mut self) -> Result<(), ExportError> {
        let enough = self.held / self.files.len() / 2;
        for file in self.files.values_mut().filter(|file| file.held() >= enough) {
            self.held -= file.held();
            file.write_out()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::TempDir;

    /// Writes 5,000 lines to 300 files, and returns these and how much was held back at most.
    fn written(most: usize) -> (BTreeMap<String, (usize, Sealed, String)>, usize) {
        let dir = TempDir::new().unwrap();
        let mut pool = Pool { most, ..Pool::new(dir.path()) };
        let mut held = 0;
        for line in 0..5_000_usize {
            let key = line * line % 300;
            pool.write(&key, || format!("a/{}/{key}", key % 7), format!("{line}\n").as_bytes()).unwrap();
            held = held.max(pool.held);
            assert_eq!(pool.held, pool.files.values().map(HashedFile::held).sum::<usize>());
        }
        let read = |one: Finished| {
            let text = fs::read_to_string(dir.path().join(&one.path)).unwrap();
            (one.path, (one.writes, one.sealed, text))
        };
        (pool.finish().unwrap().into_values().map(read).collect(), held)
    }

    #[test]
    fn what_is_held_back_together_has_a_limit_and_changes_no_file() {
        let (free, _) = written(usize::MAX);
        let (close, held) = written(64);
        assert!(free == close && held <= 64, "{held}");
        assert!(free.values().all(|(writes, sealed, text)| {
            let hash = commonwheel_protocol::bytes::Cid::of(commonwheel_protocol::bytes::Codec::Raw, text.as_bytes());
            (text.lines().count(), text.len() as u64, hash.digest()) == (*writes, sealed.bytes, &sealed.sha256)
        }));
        assert_eq!(free.values().map(|(writes, _, _)| writes).sum::<usize>(), 5_000);
    }

    #[test]
    fn no_more_files_are_written_than_an_export_may_have() {
        let dir = TempDir::new().unwrap();
        let mut pool = Pool { room: 2, ..Pool::new(dir.path()) };
        let mut write = |key: u8| pool.write(&key, || key.to_string(), b"row");
        assert!([1, 2, 1, 2].into_iter().all(|key| write(key).is_ok()));
        assert!(matches!(write(3), Err(ExportError::Files)));
    }
}
