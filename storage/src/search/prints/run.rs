//! One run of the table: a file of entries in order, behind a directory of them.
//!
//! Eight bytes say what it is, the last of them how many bits of a fingerprint lead through the directory. That has, for
//! each value of these bits and one more, the number of the first entry that has them or more: eight bytes, big-endian. Then come
//! the entries, [`ENTRY`] bytes each. Where one was erased there is a copy of the one beside it, which the directory may not lead to; the
//! one that was copied it does.

use super::{Found, damaged};
use crate::read_at::read_exact_at;
use commonwheel_protocol::search::trace::PRINT_BITS;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Bytes of an entry: a fingerprint and an order.
pub(super) const ENTRY: usize = PRINT_BYTES + 8;
const PRINT_BYTES: usize = PRINT_BITS as usize / 8;
/// What a run begins with.
pub(super) const MAGIC: [u8; 7] = *b"prints1";
/// Bytes before the directory.
pub(super) const HEAD: u64 = MAGIC.len() as u64 + 1;
/// Bytes of a place in the directory.
pub(super) const PLACE: u64 = 8;
/// Entries between two places of the directory, on average, at most.
const APART: u64 = 128;
/// Entries that are read at once: most places of the directory have fewer, though fingerprints are the least of several
/// hashes, and four times as many begin with zeros as would if they were spread evenly.
pub(super) const AT_ONCE: u64 = 1_024;

/// That a record holds a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::search) struct Entry {
    /// The fingerprint, of [`PRINT_BITS`] bits.
    pub print: u64,
    /// The record's [`order`](super::order).
    pub order: u64,
}

impl Entry {
    /// As it stands in a run: in the order of entries.
    pub(super) fn to_bytes(self) -> [u8; ENTRY] {
        let mut bytes = [0; ENTRY];
        bytes[..PRINT_BYTES].copy_from_slice(&self.print.to_be_bytes()[8 - PRINT_BYTES..]);
        bytes[PRINT_BYTES..].copy_from_slice(&self.order.to_be_bytes());
        bytes
    }

    fn of(bytes: &[u8; ENTRY]) -> Entry {
        let (mut print, mut order) = ([0; 8], [0; 8]);
        print[8 - PRINT_BYTES..].copy_from_slice(&bytes[..PRINT_BYTES]);
        order.copy_from_slice(&bytes[PRINT_BYTES..]);
        Entry { print: u64::from_be_bytes(print), order: u64::from_be_bytes(order) }
    }
}

/// The name of a run's file.
pub(in crate::search) fn file_name(number: u64) -> String {
    format!("prints.{number}.run")
}

/// Whether a file has the name of a run.
pub(in crate::search) fn is_run(name: &str) -> bool {
    name.starts_with("prints.") && name.ends_with(".run")
}

/// How many bits lead through the directory of a run of so many entries.
pub(super) fn bits_for(entries: u64) -> u32 {
    entries.div_ceil(APART).next_power_of_two().ilog2().min(PRINT_BITS)
}

/// The first bits of a fingerprint.
pub(super) fn place_of(print: u64, bits: u32) -> u64 {
    print >> (PRINT_BITS - bits)
}

/// Where the entries begin, behind a directory by so many bits.
pub(super) fn start(bits: u32) -> u64 {
    HEAD + PLACE * ((1 << bits) + 1)
}

/// A run, open to be read.
pub(in crate::search) struct Run {
    number: u64,
    path: PathBuf,
    file: File,
    bits: u32,
    entries: u64,
}

impl Run {
    /// Opens the run of a number.
    ///
    /// # Errors
    /// When the file is not there or is no whole run.
    pub(in crate::search) fn open(path: &Path, number: u64) -> io::Result<Run> {
        let file = File::open(path)?;
        let mut head = [0; HEAD as usize];
        read_exact_at(&file, 0, &mut head)?;
        let bits = u32::from(head[MAGIC.len()]);
        if head[..MAGIC.len()] != MAGIC || bits > PRINT_BITS {
            return Err(damaged());
        }
        let mut run = Run { number, path: path.to_owned(), file, bits, entries: 0 };
        run.entries = run.place(1 << bits)?;
        let size = run.entries.checked_mul(ENTRY as u64).and_then(|size| size.checked_add(start(bits)));
        if size == Some(run.file.metadata()?.len()) { Ok(run) } else { Err(damaged()) }
    }

    /// Its number.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Its file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How many entries it has, with copies.
    pub(in crate::search) fn entries(&self) -> u64 {
        self.entries
    }

    /// Where in the file an entry stands, in bytes.
    pub(super) fn offset(&self, entry: u64) -> u64 {
        start(self.bits) + entry * ENTRY as u64
    }

    /// Entries by their numbers.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(in crate::search) fn read(&self, range: Range<u64>) -> io::Result<Vec<Entry>> {
        let mut bytes = vec![0; (range.end - range.start) as usize * ENTRY];
        read_exact_at(&self.file, self.offset(range.start), &mut bytes)?;
        Ok(bytes.as_chunks::<ENTRY>().0.iter().map(Entry::of).collect())
    }

    fn place(&self, place: u64) -> io::Result<u64> {
        let mut bytes = [0; PLACE as usize];
        read_exact_at(&self.file, HEAD + place * PLACE, &mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    /// The entries that begin as a fingerprint does, by their numbers.
    fn near(&self, print: u64) -> io::Result<Range<u64>> {
        let mut bytes = [0; 2 * PLACE as usize];
        read_exact_at(&self.file, HEAD + place_of(print, self.bits) * PLACE, &mut bytes)?;
        let [from, to] = [0, 1].map(|place| u64::from_be_bytes(bytes.as_chunks().0[place]));
        let near = from..to;
        if near.start <= near.end && near.end <= self.entries { Ok(near) } else { Err(damaged()) }
    }

    /// The first of some entries that is not as is said; the first of them are.
    fn first_not(&self, mut range: Range<u64>, is: impl Fn(&Entry) -> bool) -> io::Result<u64> {
        while range.end - range.start > AT_ONCE {
            let middle = range.start + (range.end - range.start) / 2;
            match self.read(middle..middle + 1)?.iter().all(&is) {
                true => range.start = middle + 1,
                false => range.end = middle,
            }
        }
        Ok(range.start + self.read(range)?.partition_point(is) as u64)
    }

    /// Who holds a fingerprint: everyone where they have [`AT_ONCE`] entries or fewer, else the first `most` and how many entries
    /// there are.
    ///
    /// # Errors
    /// When the run cannot be read.
    pub(super) fn holders(&self, print: u64, most: usize) -> io::Result<Found> {
        let near = self.near(print)?;
        let mut orders = Vec::new();
        let mut take = |entries: Vec<Entry>| {
            orders.extend(entries.iter().filter(|entry| entry.print == print).map(|entry| entry.order));
            orders.dedup();
            orders.len()
        };
        if near.end - near.start <= AT_ONCE {
            let all = take(self.read(near)?) as u64;
            return Ok(Found { orders, all });
        }
        let from = self.first_not(near.clone(), |entry| entry.print < print)?;
        let to = self.first_not(from..near.end, |entry| entry.print == print)?;
        let (mut at, mut taken) = (from, 0);
        while at < to && taken < most.max(1) {
            let end = to.min(at + AT_ONCE);
            taken = take(self.read(at..end)?);
            at = end;
        }
        let few = to - from <= AT_ONCE;
        Ok(Found { all: if few { taken as u64 } else { to - from }, orders })
    }

    /// Where an entry and its copies stand.
    ///
    /// # Errors
    /// When the run cannot be read.
    pub(super) fn copies(&self, entry: Entry) -> io::Result<Range<u64>> {
        let near = self.near(entry.print)?;
        let mut from = self.first_not(near.clone(), |other| *other < entry)?;
        let mut to = self.first_not(from..near.end, |other| *other == entry)?;
        if from == to {
            return Ok(from..to);
        }
        // Copies may stand where the directory leads for others.
        while from > 0 {
            let start = from.saturating_sub(AT_ONCE);
            let same = self.read(start..from)?.iter().rev().take_while(|other| **other == entry).count() as u64;
            from -= same;
            if from > start {
                break;
            }
        }
        while to < self.entries {
            let end = self.entries.min(to + AT_ONCE);
            let same = self.read(to..end)?.iter().take_while(|other| **other == entry).count() as u64;
            to += same;
            if to < end {
                break;
            }
        }
        Ok(from..to)
    }
}
