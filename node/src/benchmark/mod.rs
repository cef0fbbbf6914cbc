//! Reads files of benchmarks, so that an export can leave out what overlaps with them.
//!
//! Every text in them counts, however deep. What of an item cannot be read is reported, and the rest goes on; a file
//! that has no items by itself, since it is one JSON value and that is broken, is refused, and so is a packed one that
//! cannot be unpacked to its end. See docs/DATASET.md,
//! *Without benchmarks*.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod items;
mod texts;

use crate::gunzip::{self, Gunzip};
use commonwheel_protocol::dataset::{BenchmarkFile, Overlap};
use commonwheel_protocol::similar::{Benchmarks, Full, Item, LEAST_WORDS, Reading};
use data_encoding::HEXLOWER;
use items::{Form, Place, Stopped};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;

/// The bytes of all files together, unpacked.
pub const BYTES: u64 = 2 << 30;
/// Files that are given at once.
pub const FILES: usize = 1000;
/// Items that could not be read of which it is said why; others are counted.
pub const REPORTED: usize = 20;

/// Benchmarks, read.
#[derive(Debug)]
pub struct Loaded {
    /// To look up texts in.
    pub benchmarks: Benchmarks,
    /// By which rule, and what the files are: as a manifest says it, with nothing left out yet.
    pub overlap: Overlap,
    /// Items that could not be read, at most [`REPORTED`].
    pub unread: Vec<Unread>,
}

/// An item that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// The file's base name.
    pub file: String,
    /// The item in it, from 1.
    pub item: u32,
    /// What was expected; never content.
    pub why: &'static str,
}

/// Why benchmarks are not compared with.
#[derive(Debug, thiserror::Error)]
pub enum BenchmarkError {
    /// The system refused.
    #[error("could not read {}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file of another sort.
    #[error(
        "expected a benchmark as .jsonl, .json, .txt, .csv or .tsv, or one of these as .gz; found {}\nHint: other forms can be written as .jsonl, one item a line", .0.display()
    )]
    Unknown(PathBuf),
    /// A file whose name cannot be stated.
    #[error("expected a file whose name is UTF-8; found {}", .0.display())]
    Name(PathBuf),
    /// Two files that would be told apart by their folders alone.
    #[error("two files are called {0}, and an export names benchmarks by that; rename one")]
    Twice(String),
    /// Too many files.
    #[error("expected at most {FILES} benchmark files; found {0}")]
    Files(usize),
    /// A file of one JSON value that does not parse.
    #[error(
        "{} is not JSON: {why} at line {line}, column {column}; nothing was written\nHint: a file with an item a line is called .jsonl", path.display()
    )]
    Json {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: &'static str,
        /// Where.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// Too many words.
    #[error(transparent)]
    Full(#[from] Full),
    /// Too many bytes.
    #[error("the benchmarks have more than the {BYTES} bytes that are read; give fewer files")]
    Bytes,
    /// Nothing that could overlap.
    #[error(
        "{} has no text of at least {LEAST_WORDS} words that could be read, so that nothing can overlap with it", .0.display()
    )]
    Nothing(PathBuf),
}

/// Reads files, in which `run` words in a row are an overlap.
///
/// `progress` is called with the bytes read and those of all files, packed where they are.
///
/// # Errors
/// See [`BenchmarkError`]: then nothing can be compared. An item that cannot be read is none.
pub fn load(paths: &[PathBuf], run: usize, progress: &mut dyn FnMut(usize, usize)) -> Result<Loaded, BenchmarkError> {
    if paths.len() > FILES {
        return Err(BenchmarkError::Files(paths.len()));
    }
    let mut named = BTreeMap::new();
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| BenchmarkError::Name(path.clone()))?;
        let form = Form::of(path).ok_or_else(|| BenchmarkError::Unknown(path.clone()))?;
        if named.insert(name.to_owned(), (path, form)).is_some() {
            return Err(BenchmarkError::Twice(name.to_owned()));
        }
    }
    let mut all = 0;
    for path in paths {
        let wrong = |source| BenchmarkError::Io { path: path.clone(), source };
        all += path.metadata().map_err(wrong)?.len();
    }
    let (mut reading, mut files, mut unread) = (Reading::new(run), Vec::new(), Vec::new());
    let (mut done, mut room) = (0, BYTES);
    for (place, (name, (path, form))) in (0u16..).zip(named) {
        let wrong = |source| BenchmarkError::Io { path: path.clone(), source };
        let mut shown = |read: u64| progress(read.min(all) as usize, all as usize);
        let (hash, read) = (Sha256::new(), 0);
        let file = File::open(path).map_err(wrong)?;
        let mut file = Hashed { file, hash, read, before: done, shown: &mut shown };
        let packed = path.metadata().map_err(wrong)?.len();
        let mut content = content(&mut file, packed).map_err(wrong)?.take(room);
        let mut seen = Seen { place, name: &name, reading: &mut reading, last: 0, unread: &mut unread, counts: [0; 3] };
        let stopped = form.read(BufReader::with_capacity(1 << 16, &mut content), &mut |found| seen.take(found));
        let [items, compared, unread] = seen.counts;
        room = content.limit();
        drop(content);
        done += file.read;
        if room == 0 {
            return Err(BenchmarkError::Bytes);
        }
        stopped.map_err(|stopped| match stopped {
            Stopped::Full(full) => full.into(),
            Stopped::Io(source) => wrong(source),
            Stopped::Json { why, line, column } => BenchmarkError::Json { path: path.clone(), why, line, column },
        })?;
        if compared == 0 {
            return Err(BenchmarkError::Nothing(path.clone()));
        }
        let sha256 = HEXLOWER.encode(&file.hash.finalize());
        files.push(BenchmarkFile { name, sha256, items, compared, unread });
    }
    Ok(Loaded { benchmarks: reading.done(), overlap: Overlap::new(run, files), unread })
}

/// What is in a file of so many bytes, which is packed or not.
fn content<'a>(file: &'a mut Hashed<'_>, packed: u64) -> io::Result<Box<dyn Read + 'a>> {
    let mut start = Vec::new();
    file.by_ref().take(2).read_to_end(&mut start)?;
    let gzip = gunzip::is_gzip(&start);
    let whole = io::Cursor::new(start).chain(file);
    Ok(if gzip { Box::new(Gunzip::new(whole, packed)) } else { Box::new(whole) })
}

impl Loaded {
    /// How many items could not be read.
    pub fn unread_items(&self) -> usize {
        self.overlap.files.iter().map(|file| file.unread).sum()
    }
}

/// What is seen of a file.
struct Seen<'a> {
    place: u16,
    name: &'a str,
    reading: &'a mut Reading,
    /// The newest item of which a text is compared.
    last: u32,
    unread: &'a mut Vec<Unread>,
    /// Items, those of which a text is compared, and those that cannot be read.
    counts: [usize; 3],
}

impl Seen<'_> {
    fn take(&mut self, found: Place<'_>) -> Result<(), Full> {
        let [items, compared, unread] = &mut self.counts;
        match found {
            Place::Item => *items += 1,
            Place::Text(number, text) => {
                if self.reading.add(Item { file: self.place, number }, text)? && self.last != number {
                    self.last = number;
                    *compared += 1;
                }
            }
            Place::Unread(item, why) => {
                *items += 1;
                *unread += 1;
                if self.unread.len() < REPORTED {
                    self.unread.push(Unread { file: self.name.to_owned(), item, why });
                }
            }
        }
        Ok(())
    }
}

/// A file that is hashed and shown while it is read.
struct Hashed<'a> {
    file: File,
    hash: Sha256,
    read: u64,
    /// What was read of other files.
    before: u64,
    shown: &'a mut dyn FnMut(u64),
}

impl Read for Hashed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.hash.update(&buffer[..n]);
        self.read += n as u64;
        (self.shown)(self.before + self.read);
        Ok(n)
    }
}

#[cfg(test)]
mod tests;
