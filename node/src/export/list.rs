//! Lists that may be too long for memory: the last items stay in it, those before lie in a file without a name, which the
//! system removes with the process, however that ends.

use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::counted::Ids;
use commonwheel_protocol::ledger::LedgerError;
use commonwheel_protocol::record::RecordId;
use commonwheel_storage::read_exact_at;
use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// Bytes that stay in memory. A list that has no more has no file; in tests some lists have one.
const KEPT: usize = if cfg!(test) { 300 } else { 1 << 20 };
/// Items that are read at once.
const AT_ONCE: usize = 1024;

/// What a list can hold. Ids and numbers only: it may lie in a folder of the system's for a while.
pub trait Item: Sized {
    /// Bytes of each.
    const BYTES: usize;

    /// Adds its bytes.
    fn put(&self, to: &mut Vec<u8>);

    /// What these bytes stand for.
    fn of(bytes: &[u8]) -> Option<Self>;
}

impl Item for RecordId {
    const BYTES: usize = Cid::LEN;

    fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.0.to_bytes());
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        Cid::from_bytes(bytes).ok().map(RecordId)
    }
}

/// Items in the order in which they were put.
pub struct List<T> {
    dir: PathBuf,
    file: Option<File>,
    /// How many are in the file.
    filed: usize,
    kept: Vec<u8>,
    of: PhantomData<T>,
}

impl<T: Item> List<T> {
    /// An empty one, whose file would be in a folder.
    pub fn beside(dir: &Path) -> Self {
        List { dir: dir.to_owned(), file: None, filed: 0, kept: Vec::new(), of: PhantomData }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.filed + self.kept.len() / T::BYTES
    }

    /// Adds one behind the others.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn add(&mut self, item: &T) -> Result<(), LedgerError> {
        item.put(&mut self.kept);
        if self.kept.len() < KEPT { Ok(()) } else { self.put_away().map_err(|error| self.failed(&error)) }
    }

    fn put_away(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile_in(&self.dir)?),
        };
        file.seek(SeekFrom::Start((self.filed * T::BYTES) as u64))?;
        file.write_all(&self.kept)?;
        self.filed += self.kept.len() / T::BYTES;
        self.kept.clear();
        Ok(())
    }

    /// All from the one with a number on, counted from 0.
    pub fn from(&self, at: usize) -> impl Iterator<Item = Result<T, LedgerError>> {
        let (mut at, mut read, mut next) = (at, Vec::new(), 0);
        std::iter::from_fn(move || {
            if next == read.len() {
                let some = AT_ONCE.min(self.len().checked_sub(at).filter(|left| *left > 0)?);
                // What cannot be read is said each time, so that it is never taken for the end.
                if let Err(error) = self.read(at, some, &mut read) {
                    read.clear();
                    next = 0;
                    return Some(Err(error));
                }
                (at, next) = (at + read.len() / T::BYTES, 0);
            }
            next += T::BYTES;
            Some(self.item(&read[next - T::BYTES..next]))
        })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Result<T, LedgerError>> {
        self.from(0)
    }

    /// One that compares as equal, of a list that ascends.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub fn find(&self, compare: impl Fn(&T) -> Ordering) -> Result<Option<T>, LedgerError> {
        let (mut from, mut to, mut read) = (0, self.len(), Vec::new());
        while from < to {
            let middle = from + (to - from) / 2;
            self.read(middle, 1, &mut read)?;
            let found = self.item(&read)?;
            match compare(&found) {
                Ordering::Less => from = middle + 1,
                Ordering::Greater => to = middle,
                Ordering::Equal => return Ok(Some(found)),
            }
        }
        Ok(None)
    }

    /// Reads as many as there are of some from one on, at least one if there is one.
    fn read(&self, at: usize, some: usize, into: &mut Vec<u8>) -> Result<(), LedgerError> {
        into.clear();
        match (&self.file, at < self.filed) {
            (Some(file), true) => {
                into.resize(some.min(self.filed - at) * T::BYTES, 0);
                read_exact_at(file, (at * T::BYTES) as u64, into).map_err(|error| self.failed(&error))
            }
            _ => {
                let kept = &self.kept[(at - self.filed) * T::BYTES..];
                into.extend_from_slice(&kept[..kept.len().min(some * T::BYTES)]);
                Ok(())
            }
        }
    }

    fn item(&self, bytes: &[u8]) -> Result<T, LedgerError> {
        T::of(bytes).ok_or_else(|| self.failed(&io::ErrorKind::InvalidData.into()))
    }

    fn failed(&self, source: &io::Error) -> LedgerError {
        let place = self.dir.display();
        LedgerError(format!(
            "cannot keep a list of records in {place}: {source}\nHint: see that it can be written to, and has 100 bytes free for each record"
        ))
    }
}

impl Ids for List<RecordId> {
    fn push(&mut self, id: RecordId) -> Result<(), LedgerError> {
        self.add(&id)
    }

    fn each(&self) -> impl Iterator<Item = Result<RecordId, LedgerError>> {
        self.iter()
    }

    fn holds(&self, id: &RecordId) -> Result<bool, LedgerError> {
        Ok(self.find(|other| other.cmp(id))?.is_some())
    }
}

/// The folder for lists of what is written to `out`: the first above it that is there.
pub fn above(out: &Path) -> &Path {
    let above = out.ancestors().skip(1).map(|dir| if dir.as_os_str().is_empty() { Path::new(".") } else { dir });
    above.into_iter().find(|dir| dir.is_dir()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: usize) -> RecordId {
        RecordId(Cid::of_cbor(&n.to_be_bytes()))
    }

    #[test]
    fn a_list_gives_what_was_put_whether_it_fits_in_memory_or_not() {
        let dir = tempfile::tempdir().unwrap();
        let most = KEPT / RecordId::BYTES + 1;
        for length in [0, 1, most - 1, most, most + 1, 2 * most + 3, AT_ONCE, 2 * AT_ONCE + 1] {
            let mut ids: Vec<_> = (0..length).map(id).collect();
            ids.sort();
            let mut list = List::beside(dir.path());
            ids.iter().for_each(|id| list.add(id).unwrap());
            assert_eq!((list.len(), list.file.is_some()), (length, length >= most));
            assert!(list.kept.len() < KEPT);
            assert_eq!(list.iter().collect::<Result<Vec<_>, _>>().unwrap(), ids);
            for at in [0, 1, length / 2, length.saturating_sub(1), length] {
                let behind = &ids[at.min(length)..];
                assert_eq!(list.from(at).collect::<Result<Vec<_>, _>>().unwrap(), behind, "{at} of {length}");
            }
            for id in ids.iter().step_by(length / 50 + 1) {
                assert_eq!(list.find(|other| other.cmp(id)).unwrap(), Some(*id));
            }
            assert!(!list.holds(&id(length)).unwrap());
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "its file has no name");
    }

    #[test]
    fn a_list_that_cannot_be_kept_or_read_says_where_and_is_not_taken_for_a_shorter_one() {
        let gone = Path::new("/nowhere/at/all");
        let mut list = List::beside(gone);
        let failed = (0..2 * KEPT / RecordId::BYTES).find_map(|n| list.add(&id(n)).err()).unwrap().to_string();
        assert!(failed.contains("/nowhere/at/all") && failed.contains("Hint"), "{failed}");

        let dir = tempfile::tempdir().unwrap();
        let mut list = List::beside(dir.path());
        (0..2 * KEPT / RecordId::BYTES).for_each(|n| list.add(&id(n)).unwrap());
        list.file.as_ref().unwrap().set_len(100).unwrap();
        assert!(list.iter().next().unwrap().is_err());
        assert!(list.iter().nth(5).unwrap().is_err());
        assert!(list.find(|other| other.cmp(&id(0))).is_err());
    }

    #[test]
    fn what_is_written_to_a_folder_has_its_lists_above_it() {
        let dir = tempfile::tempdir().unwrap();
        for out in ["out", "not/there/yet/out"] {
            assert_eq!(above(&dir.path().join(out)), dir.path());
        }
        assert_eq!(above(Path::new("out")), Path::new("."));
    }
}
