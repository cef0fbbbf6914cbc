//! The rows: each rebuilt into the bytes that its author signed and the validators accepted.

use super::VerifyError;
use super::archive::Archive;
use super::problem::Problems;
use commonwheel_protocol::dataset::{Partition, ROW_BYTES, Row};
use commonwheel_protocol::record::{RecordId, SignedHeader};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Checks rows against an archive, file by file.
pub struct Rows<'a> {
    archive: &'a Archive,
    counts: BTreeMap<Partition, usize>,
    /// For each certified record, whether a row of it was seen.
    seen: Vec<bool>,
    done: usize,
}

impl<'a> Rows<'a> {
    /// No rows yet.
    pub fn new(archive: &'a Archive) -> Self {
        let seen = archive.ids().map(|_| false).collect();
        Rows { archive, counts: BTreeMap::new(), seen, done: 0 }
    }

    /// Checks every row of one file.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn check_file(
        &mut self,
        dir: &Path,
        path: &str,
        problems: &mut Problems,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<(), VerifyError> {
        let wrong = |source| VerifyError::Io { path: dir.join(path), source };
        let mut file = BufReader::new(File::open(dir.join(path)).map_err(wrong)?);
        let (mut line, mut number, mut last) = (Vec::new(), 0, None);
        loop {
            line.clear();
            file.by_ref().take(ROW_BYTES as u64).read_until(b'\n', &mut line).map_err(wrong)?;
            if line.is_empty() {
                return Ok(());
            }
            number += 1;
            progress(self.done.min(self.seen.len()), self.seen.len());
            self.done += 1;
            let Some(text) = line.strip_suffix(b"\n") else {
                let what = format!("expected a line of at most {ROW_BYTES} bytes that ends in a newline");
                problems.add(path, Some(number), what);
                return Ok(());
            };
            match self.check_row(text, path) {
                Ok(id) if last.is_some_and(|last| last >= id) => {
                    problems.add(path, Some(number), "out of order: each record once, by id");
                }
                Ok(id) => last = Some(id),
                Err(what) => problems.add(path, Some(number), what),
            }
        }
    }

    /// How many rows each file should have, and the certified records without a row.
    pub fn finish(self) -> (BTreeMap<Partition, usize>, Vec<RecordId>) {
        let absent = self.archive.ids().zip(&self.seen).filter(|(_, seen)| !**seen).map(|(id, _)| id);
        (self.counts, absent.collect())
    }

    fn check_row(&mut self, line: &[u8], path: &str) -> Result<RecordId, String> {
        let line = std::str::from_utf8(line).map_err(|_| "the line is not UTF-8")?;
        let row = Row::read(line).map_err(|error| error.to_string())?;
        let header = SignedHeader::verify(&row.header_bytes()).map_err(|error| error.to_string())?;
        let body = row.body_bytes();
        if !header.header().body.matches(&body) {
            return Err("the body's columns do not hash to the body that the header names".into());
        }
        if !header.commits_to(&body) {
            return Err("the body is not of the size class that the header names".into());
        }
        let founding = self.archive.founding();
        if header.header().community != founding.community() || row.charter() != founding.charter().id() {
            return Err("the row is of another community or charter".into());
        }
        let partition = row.partition().map_err(|error| error.to_string())?;
        if partition.path() != path {
            return Err(format!("the row belongs in {}", partition.path()));
        }
        let (at, time) = self.archive.find(&row.id()).ok_or("the record has no certificate")?;
        if time != header.header().time {
            return Err("the certificate states another time than the header".into());
        }
        if std::mem::replace(&mut self.seen[at], true) {
            return Err("the record has another row already".into());
        }
        *self.counts.entry(partition).or_default() += 1;
        Ok(row.id())
    }
}
