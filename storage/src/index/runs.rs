//! The runs of an index, and the thread that makes several of them one.

use super::merged::MOST_RUNS;
use super::page::damaged;
use super::run::Run;
use super::write::{self, Writer};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// A run stays by itself when it has at least so many times the entries of all newer ones together, so that their number
/// grows with the logarithm of all.
const APART: u64 = 3;
/// When there are so many on opening, some are made one at once: merges that were left off would never end otherwise.
const SEVERAL: usize = 8;
/// When there are so many, who adds another waits until some are one.
const MANY: usize = 32;

const _: () = assert!(MANY < MOST_RUNS, "all are read at once");

/// The runs that count, open.
pub(super) struct Runs {
    dir: PathBuf,
    /// The oldest first.
    runs: Vec<Run>,
    /// The number of the next run.
    next: u64,
    merging: Option<Merging>,
    /// Why runs could not be made one, the last time.
    failed: Option<io::Error>,
}

/// What is being made of several runs.
struct Merging {
    thread: JoinHandle<io::Result<bool>>,
    /// Tells it to leave off.
    stop: Arc<AtomicBool>,
    /// The newest runs at its begin, the oldest of them first.
    from: Vec<u64>,
    into: u64,
}

impl Runs {
    /// Opens runs by their numbers, the oldest first.
    ///
    /// # Errors
    /// When one is not there, is damaged, they are more than can be, or the system refuses.
    pub(super) fn open(dir: PathBuf, numbers: &[u64]) -> io::Result<Runs> {
        if numbers.len() > MOST_RUNS {
            return Err(damaged());
        }
        let runs = numbers.iter().map(|number| Run::open(&file(&dir, *number), *number));
        let runs = runs.collect::<io::Result<Vec<_>>>()?;
        Ok(Runs { dir, runs, next: numbers.iter().max().map_or(1, |last| last + 1), merging: None, failed: None })
    }

    /// The files that a crash left: those that are none of these runs.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn leftovers(&self) -> io::Result<Vec<PathBuf>> {
        let listed = match fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listed => listed?,
        };
        let known: Vec<PathBuf> = self.runs.iter().map(|run| file(&self.dir, run.number())).collect();
        let paths = listed.map(|found| found.map(|found| found.path())).collect::<io::Result<Vec<_>>>()?;
        Ok(paths.into_iter().filter(|path| path.is_file() && !known.contains(path)).collect())
    }

    /// Their numbers, the oldest first.
    pub(super) fn numbers(&self) -> Vec<u64> {
        self.runs.iter().map(Run::number).collect()
    }

    /// All of them, the newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().rev()
    }

    /// Whether there are so many that some are made one on opening.
    pub(super) fn are_several(&self) -> bool {
        self.runs.len() >= SEVERAL
    }

    /// Whether adding another has to wait until some are one.
    pub(super) fn are_many(&self) -> bool {
        self.runs.len() >= MANY
    }

    /// Writes entries as the newest run, durably. An empty value says that the entry is gone from older runs.
    ///
    /// # Errors
    /// When the entries cannot be read, the system refuses, or there are as many as can be: then why they could not be made
    /// fewer.
    pub(super) fn add(
        &mut self,
        entries: impl Iterator<Item = sled::Result<(sled::IVec, sled::IVec)>>,
    ) -> Result<(), sled::Error> {
        if self.runs.len() == MOST_RUNS {
            let why = self.failed.take();
            return Err(why.unwrap_or_else(|| io::Error::other("the index has as many runs as can be")).into());
        }
        let number = self.number();
        fs::create_dir_all(&self.dir)?;
        let path = file(&self.dir, number);
        self.write(&path, entries).inspect_err(|_| drop(fs::remove_file(&path)))?;
        self.runs.push(Run::open(&path, number)?);
        Ok(())
    }

    fn write(
        &self,
        path: &Path,
        entries: impl Iterator<Item = sled::Result<(sled::IVec, sled::IVec)>>,
    ) -> Result<(), sled::Error> {
        let mut writer = Writer::create(path)?;
        for entry in entries {
            let (key, value) = entry?;
            if !(self.runs.is_empty() && value.is_empty()) {
                writer.push(&key, &value)?;
            }
        }
        writer.finish()?;
        Ok(self.sync()?)
    }

    /// Begins to make runs one where some are better one, unless that is under way. Where no thread can be had, it is tried
    /// again the next time.
    pub(super) fn begin_merge(&mut self) {
        let from = self.better_one();
        if self.merging.is_some() || from.len() < 2 {
            return;
        }
        let (dir, into, oldest) = (self.dir.clone(), self.number(), from.len() == self.runs.len());
        let stop = Arc::<AtomicBool>::default();
        let (told, newest_first) = (Arc::clone(&stop), from.iter().rev().copied().collect::<Vec<_>>());
        let merge = move || {
            let runs = newest_first.iter().map(|number| Run::open(&file(&dir, *number), *number));
            write::merge(&runs.collect::<io::Result<Vec<_>>>()?, oldest, &file(&dir, into), &told)
        };
        match thread::Builder::new().name("index".to_owned()).spawn(merge) {
            Ok(thread) => self.merging = Some(Merging { thread, stop, from, into }),
            Err(error) => self.failed = Some(error),
        }
    }

    /// Whether [`Runs::take_merged`] need not wait for anything.
    pub(super) fn is_merged(&self) -> bool {
        self.merging.as_ref().is_some_and(|merging| merging.thread.is_finished())
    }

    /// Whether nothing is being made one, and nothing is better one.
    #[cfg(test)]
    pub(super) fn is_settled(&self) -> bool {
        self.merging.is_none() && self.better_one().len() < 2
    }

    /// Takes the one that was made of several in their place, when it is there, and says whose files can be removed once
    /// what counts is written down. What could not be made one stays as it is, and is tried again.
    pub(super) fn take_merged(&mut self) -> Vec<u64> {
        let Some(Merging { thread, from, into, .. }) = self.merging.take() else { return Vec::new() };
        let made = thread.join().unwrap_or_else(|_| Err(io::Error::other("the index's thread ended early")));
        let merged = made.and_then(|made| match made {
            true => self.sync().and_then(|()| Run::open(&file(&self.dir, into), into)).map(Some),
            false => Ok(None),
        });
        let first = self.runs.iter().position(|run| from.first() == Some(&run.number()));
        match (merged, first) {
            (Ok(Some(merged)), Some(first)) => {
                self.runs.splice(first..first + from.len(), [merged]);
                from
            }
            (merged, _) => {
                self.failed = merged.err();
                Vec::new()
            }
        }
    }

    /// Removes the files of runs that count no more. Those that cannot be removed are when the index is opened.
    pub(super) fn remove(&self, numbers: &[u64]) {
        numbers.iter().for_each(|number| drop(fs::remove_file(file(&self.dir, *number))));
    }

    /// The newest runs that are better one: from the oldest on that has less than [`APART`] times the entries of those
    /// after it.
    fn better_one(&self) -> Vec<u64> {
        let mut newer: u64 = self.runs.iter().map(Run::entries).sum();
        for (first, run) in self.runs.iter().enumerate() {
            newer -= run.entries();
            if run.entries() < APART * newer {
                return self.runs[first..].iter().map(Run::number).collect();
            }
        }
        Vec::new()
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    fn sync(&self) -> io::Result<()> {
        #[cfg(unix)]
        File::open(&self.dir)?.sync_all()?;
        Ok(())
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        if let Some(Merging { thread, stop, .. }) = self.merging.take() {
            stop.store(true, Ordering::Relaxed);
            // What it has written is removed when the index is opened next.
            let _ = thread.join();
        }
    }
}

fn file(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:08}.run"))
}
