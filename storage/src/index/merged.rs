//! What is recent and the runs, read as one: of several entries of one key the newest counts.

use super::page::Entry;
use super::run::{Cursor, Run};
use std::io;

/// More runs are never read at once: a bit stands for each, and one for what is recent.
pub(super) const MOST_RUNS: usize = 63;

/// Entries in the order of their keys, each key once. An empty value says that the entry is gone.
pub(super) struct Merged<'a> {
    recent: Option<sled::Iter>,
    head: Option<(sled::IVec, sled::IVec)>,
    /// The newest run first.
    runs: Vec<Cursor<'a>>,
    /// Whose entries have the key that was given last: a bit for each, the lowest for what is recent.
    given: u64,
    /// How many entries were given, with those that are hidden.
    passed: u64,
}

impl<'a> Merged<'a> {
    /// Of runs alone, the newest first, from a key on.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(super) fn of_runs(runs: impl IntoIterator<Item = &'a Run>, from: &[u8]) -> io::Result<Merged<'a>> {
        let runs = runs.into_iter().map(|run| run.from(from)).collect::<io::Result<Vec<_>>>()?;
        match runs.len() <= MOST_RUNS {
            true => Ok(Merged { recent: None, head: None, runs, given: 0, passed: 0 }),
            false => Err(io::Error::other("the index has more runs than are read at once")),
        }
    }

    /// The same with what is recent, which is newer than all runs.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(super) fn of(
        recent: &sled::Tree,
        runs: impl IntoIterator<Item = &'a Run>,
        from: &[u8],
    ) -> Result<Merged<'a>, sled::Error> {
        let mut merged = Merged::of_runs(runs, from)?;
        let mut recent = recent.range(from..);
        merged.head = recent.next().transpose()?;
        merged.recent = Some(recent);
        Ok(merged)
    }

    /// The next entry.
    ///
    /// # Errors
    /// When what holds it cannot be read.
    pub(super) fn next(&mut self) -> Result<Option<Entry<'_>>, sled::Error> {
        self.pass()?;
        let (mut least, mut given): (Option<(usize, &[u8])>, _) = (None, 0);
        for source in 0..=self.runs.len() {
            let Some((key, _)) = self.entry(source) else { continue };
            match least {
                Some((_, other)) if key > other => {}
                Some((_, other)) if key == other => given |= 1 << source,
                _ => (least, given) = (Some((source, key)), 1 << source),
            }
        }
        let least = least.map(|(source, _)| source);
        self.given = given;
        self.passed += u64::from(given.count_ones());
        Ok(least.and_then(|source| self.entry(source)))
    }

    /// The next entry that is not gone, with its value.
    ///
    /// # Errors
    /// As [`Merged::next`].
    pub(super) fn next_held(&mut self) -> Result<Option<Entry<'_>>, sled::Error> {
        loop {
            match self.next()? {
                None => return Ok(None),
                Some((_, [])) => {}
                Some(_) => break,
            }
        }
        let source = self.given.trailing_zeros() as usize;
        Ok(self.entry(source).map(|(key, value)| (key, &value[1..])))
    }

    /// How many entries were given, with those that a newer one of their key hides.
    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    fn entry(&self, source: usize) -> Option<Entry<'_>> {
        match source.checked_sub(1) {
            None => self.head.as_ref().map(|(key, value)| (&key[..], &value[..])),
            Some(run) => self.runs[run].entry(),
        }
    }

    /// Passes over the entries that were given last.
    fn pass(&mut self) -> Result<(), sled::Error> {
        if self.given & 1 == 1 {
            self.head = self.recent.as_mut().and_then(Iterator::next).transpose()?;
        }
        for (place, run) in self.runs.iter_mut().enumerate() {
            if self.given >> (place + 1) & 1 == 1 {
                run.advance()?;
            }
        }
        self.given = 0;
        Ok(())
    }
}
