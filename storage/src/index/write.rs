//! Writing runs: one of what is recent, and one of several that are there.

use super::merged::Merged;
use super::page::{self, Filling, HEAD, Kind};
use super::run::{self, Place, Run};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes after which what was written is handed to the disk, so that the end of a large run does not wait for all of it.
const DURABLE: u64 = 32 << 20;
/// Entries after which a merge looks whether it is told to stop.
const LOOKED: u64 = 4096;

/// A run that is being written, entry by entry.
pub(super) struct Writer {
    file: BufWriter<File>,
    written: u64,
    synced: u64,
    entries: u64,
    leaf: Filling,
    inner: Filling,
    top: Filling,
    /// The least key that leads to the leaf that is being filled, and the one to the inner page.
    leads: Vec<u8>,
    leads_inner: Vec<u8>,
    last: Vec<u8>,
}

impl Writer {
    /// Begins a run in a new file.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn create(path: &Path) -> io::Result<Writer> {
        Ok(Writer {
            file: BufWriter::with_capacity(64 << 10, File::create(path)?),
            written: 0,
            synced: 0,
            entries: 0,
            leaf: Filling::new(Kind::Leaf),
            inner: Filling::new(Kind::Inner),
            top: Filling::new(Kind::Top),
            leads: Vec::new(),
            leads_inner: Vec::new(),
            last: Vec::new(),
        })
    }

    /// Adds the next entry.
    ///
    /// # Errors
    /// When its key does not come after the last one, or the system refuses.
    pub(super) fn push(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        if self.entries > 0 && *key <= *self.last {
            return Err(page::damaged());
        }
        if self.leaf.is_empty() && self.entries > 0 {
            let same = self.last.iter().zip(key).take_while(|(one, other)| one == other).count();
            self.leads = key[..=same].to_vec();
        }
        self.leaf.push(key, value)?;
        self.last.clear();
        self.last.extend_from_slice(key);
        self.entries += 1;
        if self.leaf.is_full() { self.end_leaf() } else { Ok(()) }
    }

    fn end_leaf(&mut self) -> io::Result<()> {
        let leaf = self.leaf.take();
        let place = self.put(&leaf)?;
        if self.inner.is_empty() {
            self.leads_inner.clone_from(&self.leads);
        }
        self.inner.push(&self.leads, &place.to_bytes())?;
        if self.inner.is_full() { self.end_inner() } else { Ok(()) }
    }

    fn end_inner(&mut self) -> io::Result<()> {
        let inner = self.inner.take();
        let place = self.put(&inner)?;
        self.top.push(&self.leads_inner, &place.to_bytes())
    }

    fn put(&mut self, page: &[u8]) -> io::Result<Place> {
        self.file.write_all(page)?;
        let place = Place { offset: self.written, bytes: page.len() as u32 };
        self.written += page.len() as u64;
        if self.written - self.synced >= DURABLE {
            self.file.flush()?;
            self.file.get_ref().sync_data()?;
            self.synced = self.written;
        }
        Ok(place)
    }

    /// Makes the run whole and durable, but for its name in the folder.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn finish(mut self) -> io::Result<()> {
        if !self.leaf.is_empty() {
            self.end_leaf()?;
        }
        if !self.inner.is_empty() {
            self.end_inner()?;
        }
        let top = self.top.take();
        debug_assert!(top.len() >= HEAD);
        let place = self.put(&top)?;
        self.file.write_all(&run::end(place, self.entries))?;
        self.file.flush()?;
        self.file.get_ref().sync_all()
    }
}

/// Writes the entries of some runs, the newest first, as another, durably. What says that something is gone is left out
/// where no older run is left that could hold it. Says whether it did: when it is told to stop it leaves off and removes
/// what it has written.
///
/// # Errors
/// When a run is damaged, or the system refuses; what was written is removed, if it can be.
pub(super) fn merge(runs: &[Run], oldest: bool, into: &Path, stop: &AtomicBool) -> io::Result<bool> {
    let done = write(runs, oldest, into, stop);
    if !matches!(done, Ok(true)) {
        fs::remove_file(into)
            .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
    }
    done
}

fn write(runs: &[Run], oldest: bool, into: &Path, stop: &AtomicBool) -> io::Result<bool> {
    let mut writer = Writer::create(into)?;
    let mut merged = Merged::of_runs(runs, b"")?;
    let mut seen: u64 = 0;
    while let Some((key, value)) = merged.next()? {
        if !(oldest && value.is_empty()) {
            writer.push(key, value)?;
        }
        seen += 1;
        if seen.is_multiple_of(LOOKED) && stop.load(Ordering::Relaxed) {
            return Ok(false);
        }
    }
    // A page that was passed over would be missing for good.
    if merged.passed() != runs.iter().map(Run::entries).sum::<u64>() {
        return Err(page::damaged());
    }
    writer.finish()?;
    Ok(true)
}
