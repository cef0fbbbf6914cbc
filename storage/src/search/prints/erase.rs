//! Taking a record's entries out of the runs, in their places.

use super::Table;
use super::run::{AT_ONCE, Entry, Run};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;

/// A record whose entries are taken out.
pub(in crate::search) struct Gone {
    /// Its [`order`](super::order).
    pub order: u64,
    /// Its fingerprints, each once; nothing when its text is not here any more. Then every entry is looked at.
    pub prints: Option<Vec<u64>>,
}

/// Entries that are looked at together when all are.
const SCANNED: u64 = 64 * AT_ONCE;

impl Table {
    /// Overwrites every entry of some records, durably, by a copy of the one before or after it that stays. Returns the numbers of
    /// runs in which none stays: their files are the caller's to remove.
    ///
    /// # Errors
    /// When the system refuses; what was overwritten is not known then.
    pub(in crate::search) fn erase(&self, gone: &[Gone]) -> io::Result<Vec<u64>> {
        let mut places: Vec<Vec<Range<u64>>> = self.runs.iter().map(|_| Vec::new()).collect();
        let mut unknown = BTreeSet::new();
        for Gone { order, prints } in gone {
            let Some(prints) = prints else {
                unknown.insert(*order);
                continue;
            };
            for print in prints {
                let mut found = false;
                for (run, places) in self.runs.iter().zip(&mut places) {
                    let copies = run.copies(Entry { print: *print, order: *order })?;
                    found |= !copies.is_empty();
                    places.extend(Some(copies).filter(|copies| !copies.is_empty()));
                }
                // One that must be there and is not: then nothing is known of the others.
                if !found {
                    unknown.insert(*order);
                }
            }
        }
        if !unknown.is_empty() {
            for (run, places) in self.runs.iter().zip(&mut places) {
                scan(run, &unknown, places)?;
            }
        }
        let mut empty = Vec::new();
        for (run, places) in self.runs.iter().zip(places) {
            if !overwrite(run, joined(places))? {
                empty.push(run.number());
            }
        }
        Ok(empty)
    }
}

/// Finds the entries of some records by looking at all.
fn scan(run: &Run, orders: &BTreeSet<u64>, places: &mut Vec<Range<u64>>) -> io::Result<()> {
    for start in (0..run.entries()).step_by(SCANNED as usize) {
        let entries = run.read(start..run.entries().min(start + SCANNED))?;
        let found = (start..).zip(entries).filter(|(_, entry)| orders.contains(&entry.order));
        places.extend(found.map(|(place, _)| place..place + 1));
    }
    Ok(())
}

/// Places in order, those that touch as one.
fn joined(mut places: Vec<Range<u64>>) -> Vec<Range<u64>> {
    places.sort_unstable_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<u64>> = Vec::new();
    for range in places {
        match joined.last_mut() {
            Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// Overwrites places, none of which touch. Says whether an entry stays; where none does, nothing is written.
fn overwrite(run: &Run, places: Vec<Range<u64>>) -> io::Result<bool> {
    if places.is_empty() {
        return Ok(true);
    }
    let mut file = File::options().write(true).open(run.path())?;
    for Range { start, end } in places {
        let beside = match start.checked_sub(1) {
            Some(before) => before,
            None if end < run.entries() => end,
            None => return Ok(false),
        };
        let copy: Vec<u8> = run.read(beside..beside + 1)?.iter().flat_map(|entry| entry.to_bytes()).collect();
        file.seek(SeekFrom::Start(run.offset(start)))?;
        file.write_all(&copy.repeat((end - start) as usize))?;
    }
    file.sync_all()?;
    Ok(true)
}
