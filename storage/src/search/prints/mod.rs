//! The table of fingerprints: which records hold which, in files of sorted entries beside the segments.
//!
//! An entry is a fingerprint and a record's *order*, the first eight bytes of its id's hash. A slice of records is written
//! as one run (`write`), which is found in by a directory that names no fingerprint (`run`); runs of about one size are made
//! one. What is erased is overwritten in its place by a copy of the entry beside it (`erase`): so a run stays sorted and as
//! long as it is, and nothing in it tells what stood there. Which runs count is said by the index's state
//! (docs/adr/0030-fingerprints-in-a-table-of-their-own.md).

mod erase;
mod run;
#[cfg(test)]
mod tests;
mod write;

pub(super) use erase::Gone;
pub(super) use run::{Entry, file_name, is_run};
pub(super) use write::{each, merge, put};

use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::search::trace::PRINT_BITS;
use run::Run;
use std::io;
use std::path::Path;

/// A run stays by itself when it has at least so many times the entries of all smaller ones together, so that their number
/// grows with the logarithm of all to the base of one more. A greater one makes fewer runs, and has each entry written more
/// often: with 3 a million records that come 256 at a time are in 6 runs at most and 4 on average, and an entry is written 13
/// times; when they come 16,384 at a time, in 3 and 2, and 6 times.
const APART: u64 = 3;

/// The place of a record among all, as far as the table knows it: the first eight bytes of its id's hash.
pub(super) fn order(record: &Cid) -> u64 {
    record.digest().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The runs that count, open.
pub(super) struct Table {
    runs: Vec<Run>,
}

/// Who holds a fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The orders of those that come first.
    pub orders: Vec<u64>,
    /// How many there are. Where a run has more entries of it than are read at once, each of them is counted, with those
    /// that stand in the place of erased ones.
    pub all: u64,
}

impl Table {
    /// Opens runs by their numbers.
    ///
    /// # Errors
    /// When one is not there, or is none.
    pub(super) fn open(dir: &Path, numbers: &[u64]) -> io::Result<Table> {
        let runs = numbers.iter().map(|number| Run::open(&dir.join(file_name(*number)), *number));
        Ok(Table { runs: runs.collect::<io::Result<_>>()? })
    }

    /// The first `most` records that hold a fingerprint, by their orders, and how many there are.
    ///
    /// # Errors
    /// When a run cannot be read.
    pub(super) fn holders(&self, print: u64, most: usize) -> io::Result<Found> {
        let (mut orders, mut uncounted) = (Vec::new(), 0);
        let runs = if print >> PRINT_BITS == 0 { &self.runs[..] } else { &[] };
        for run in runs {
            let found = run.holders(print, most)?;
            uncounted += found.all - found.orders.len() as u64;
            orders.extend(found.orders);
        }
        orders.sort_unstable();
        orders.dedup();
        let all = orders.len() as u64 + uncounted;
        orders.truncate(most);
        Ok(Found { orders, all })
    }

    /// The runs that are better one, by their numbers.
    pub(super) fn to_merge(&self) -> Option<Vec<u64>> {
        let mut by_size: Vec<_> = self.runs.iter().map(|run| (run.entries().max(1), run.number())).collect();
        by_size.sort_unstable();
        let (mut near, mut smaller) = (0, 0);
        for (place, (size, _)) in by_size.iter().enumerate() {
            if *size < APART * smaller {
                near = place + 1;
            }
            smaller += size;
        }
        (near > 0).then(|| by_size[..near].iter().map(|(_, number)| *number).collect())
    }
}

/// What is said of a run that is not as it was written.
fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the table of fingerprints is damaged")
}
