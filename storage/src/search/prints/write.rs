//! Writing runs: one of new records, and one of several that are there.

use super::damaged;
use super::run::{AT_ONCE, Entry, HEAD, MAGIC, PLACE, Run, bits_for, file_name, place_of, start};
use crate::search::folder;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Entries after which what was written is made durable, so that nobody who waits for a merge to give up waits for all of it.
const DURABLE: u64 = 2 << 20;
/// Entries of each run that are read at once to be merged.
const MERGED: u64 = 8 * AT_ONCE;

/// A run that is being written, entry by entry.
struct Writer {
    entries: BufWriter<File>,
    directory: BufWriter<File>,
    bits: u32,
    /// Places of the directory that are written.
    places: u64,
    written: u64,
    last: Option<Entry>,
}

impl Writer {
    /// A run of so many entries at most.
    fn create(path: &Path, most: u64) -> io::Result<Writer> {
        let bits = bits_for(most);
        let mut directory = BufWriter::new(File::create(path)?);
        directory.write_all(&MAGIC)?;
        directory.write_all(&[bits as u8])?;
        let mut entries = File::options().write(true).open(path)?;
        entries.seek(SeekFrom::Start(start(bits)))?;
        Ok(Writer { entries: BufWriter::new(entries), directory, bits, places: 0, written: 0, last: None })
    }

    /// Adds the next entry, unless it is the last once more.
    fn push(&mut self, entry: Entry) -> io::Result<()> {
        if self.last == Some(entry) {
            return Ok(());
        }
        if self.last.replace(entry).is_some_and(|last| last > entry) {
            return Err(damaged());
        }
        self.places_until(place_of(entry.print, self.bits))?;
        self.entries.write_all(&entry.to_bytes())?;
        self.written += 1;
        if self.written.is_multiple_of(DURABLE) {
            self.entries.flush()?;
            self.entries.get_ref().sync_data()?;
        }
        Ok(())
    }

    fn places_until(&mut self, place: u64) -> io::Result<()> {
        while self.places <= place {
            self.directory.write_all(&self.written.to_be_bytes())?;
            self.places += 1;
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        self.places_until(1 << self.bits)?;
        debug_assert_eq!(HEAD + PLACE * self.places, start(self.bits));
        self.directory.flush()?;
        self.entries.flush()?;
        self.entries.get_ref().sync_all()
    }
}

/// Writes entries as a run, durably.
///
/// # Errors
/// When the system refuses.
pub(in crate::search) fn put(dir: &Path, number: u64, mut entries: Vec<Entry>) -> io::Result<()> {
    entries.sort_unstable();
    let mut writer = Writer::create(&dir.join(file_name(number)), entries.len() as u64)?;
    entries.into_iter().try_for_each(|entry| writer.push(entry))?;
    writer.finish()?;
    folder::sync(dir)
}

/// Writes the entries of some runs as another, durably, each once. Says whether it did: when it is told to stop it leaves off
/// and removes what it has written.
///
/// # Errors
/// When a run is damaged, or the system refuses.
pub(in crate::search) fn merge(dir: &Path, from: &[u64], into: u64, stop: &AtomicBool) -> io::Result<bool> {
    let runs = from.iter().map(|number| Run::open(&dir.join(file_name(*number)), *number));
    let mut runs = runs.map(|run| run.map(Entries::of)).collect::<io::Result<Vec<_>>>()?;
    let path = dir.join(file_name(into));
    let mut writer = Writer::create(&path, runs.iter().map(|run| run.run.entries()).sum())?;
    let mut next = BinaryHeap::new();
    for (number, run) in runs.iter_mut().enumerate() {
        next.extend(run.next()?.map(|entry| Reverse((entry, number))));
    }
    while let Some(Reverse((entry, number))) = next.pop() {
        writer.push(entry)?;
        let run = &mut runs[number];
        if run.left.len() == 0 && stop.load(Ordering::Relaxed) {
            drop(writer);
            fs::remove_file(&path)?;
            return Ok(false);
        }
        next.extend(run.next()?.map(|entry| Reverse((entry, number))));
    }
    writer.finish()?;
    folder::sync(dir)?;
    Ok(true)
}

/// The entries of a run, one after another.
struct Entries {
    run: Run,
    at: u64,
    left: std::vec::IntoIter<Entry>,
}

impl Entries {
    fn of(run: Run) -> Entries {
        Entries { run, at: 0, left: Vec::new().into_iter() }
    }

    fn next(&mut self) -> io::Result<Option<Entry>> {
        if self.left.len() == 0 {
            let end = self.run.entries().min(self.at + MERGED);
            self.left = self.run.read(self.at..end)?.into_iter();
            self.at = end;
        }
        Ok(self.left.next())
    }
}

/// Calls `see` with every entry of a run, in order.
///
/// # Errors
/// When it cannot be read.
pub(in crate::search) fn each(path: &Path, see: &mut dyn FnMut(Entry)) -> io::Result<()> {
    let mut entries = Entries::of(Run::open(path, 0)?);
    while let Some(entry) = entries.next()? {
        see(entry);
    }
    Ok(())
}
