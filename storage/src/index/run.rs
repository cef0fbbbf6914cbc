//! One run of the index: a file of entries in order that never changes, and how one is found in it.
//!
//! Leaves come one after another, each inner page after the leaves to which it leads, then the page that leads to the inner
//! ones, which is kept in memory, and an end that says where that is. A key is found by two positioned reads.

use super::page::{self, HEAD, Kind, damaged};
use crate::read_at::{read_at, read_exact_at};
use std::fs::File;
use std::io;
use std::path::Path;

/// What a run ends with.
const MAGIC: [u8; 8] = *b"cw-run-1";
/// Bytes of the end: where the top page is, how many entries there are, the CRC-32 of both, [`MAGIC`].
const END: usize = Place::BYTES + 8 + 4 + MAGIC.len();

/// Where a page stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub offset: u64,
    pub bytes: u32,
}

impl Place {
    const BYTES: usize = 12;

    /// As the value of an entry that leads to it.
    pub(super) fn to_bytes(self) -> [u8; Place::BYTES] {
        let mut bytes = [0; Place::BYTES];
        bytes[..8].copy_from_slice(&self.offset.to_be_bytes());
        bytes[8..].copy_from_slice(&self.bytes.to_be_bytes());
        bytes
    }

    fn of(bytes: &[u8]) -> io::Result<Place> {
        let (offset, rest) = bytes.split_first_chunk().ok_or_else(damaged)?;
        let size = rest.try_into().map_err(|_| damaged())?;
        Ok(Place { offset: u64::from_be_bytes(*offset), bytes: u32::from_be_bytes(size) })
    }
}

/// The end of a run, behind its top page.
pub(super) fn end(top: Place, entries: u64) -> Vec<u8> {
    let said = [&top.to_bytes()[..], &entries.to_be_bytes()].concat();
    [&said[..], &page::sum(&[&said]).to_be_bytes(), &MAGIC].concat()
}

/// A run, open to be read.
pub(super) struct Run {
    file: File,
    number: u64,
    entries: u64,
    /// Where the pages end and the top page begins.
    end: u64,
    /// The least key that leads to each inner page, and where it is.
    top: Vec<(Box<[u8]>, Place)>,
}

impl Run {
    /// Opens the run in a file.
    ///
    /// # Errors
    /// When it is not there, no whole run, or the system refuses.
    pub(super) fn open(path: &Path, number: u64) -> io::Result<Run> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut found = [0; END];
        let before = size.checked_sub(END as u64).ok_or_else(damaged)?;
        read_exact_at(&file, before, &mut found)?;
        let (place, rest) = found.split_at(Place::BYTES);
        let place = Place::of(place)?;
        let entries = u64::from_be_bytes(*rest.first_chunk().ok_or_else(damaged)?);
        if found[..] != end(place, entries) || place.offset.checked_add(u64::from(place.bytes)) != Some(before) {
            return Err(damaged());
        }
        let mut bytes = vec![0; place.bytes as usize];
        read_exact_at(&file, place.offset, &mut bytes)?;
        let (kind, body) = page::open(&bytes)?;
        let mut top = Vec::new();
        page::each(body, |(key, value)| {
            top.push((Box::from(key), Place::of(value)));
            true
        })?;
        let top = top.into_iter().map(|(key, place)| Ok((key, place?))).collect::<io::Result<Vec<_>>>()?;
        if kind != Kind::Top { Err(damaged()) } else { Ok(Run { file, number, entries, end: place.offset, top }) }
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// How many entries there are, with those that say that something is gone.
    pub(super) fn entries(&self) -> u64 {
        self.entries
    }

    /// The value of a key.
    ///
    /// # Errors
    /// When the run cannot be read.
    pub(super) fn get(&self, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let mut buffer = [0; page::MOST];
        let Some(leaf) = self.leaf(key, &mut buffer)? else { return Ok(None) };
        let mut found = None;
        page::each(self.read(leaf, Kind::Leaf, &mut buffer)?, |(other, value)| {
            if other == key {
                found = Some(value.to_vec());
            }
            other < key
        })?;
        Ok(found)
    }

    /// Its entries from a key on.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn from(&self, key: &[u8]) -> io::Result<Cursor<'_>> {
        let mut buffer = [0; page::MOST];
        let next = self.leaf(key, &mut buffer)?.map_or(self.end, |leaf| leaf.offset);
        let mut cursor = Cursor { run: self, bytes: Vec::new(), at: 0, end: 0, found: None, next };
        cursor.advance()?;
        while cursor.entry().is_some_and(|(other, _)| other < key) {
            cursor.advance()?;
        }
        Ok(cursor)
    }

    /// The only leaf that may hold a key, or the first with a greater one; nothing in a run of none.
    fn leaf(&self, key: &[u8], buffer: &mut [u8; page::MOST]) -> io::Result<Option<Place>> {
        let inner = self.top.partition_point(|(least, _)| **least <= *key).saturating_sub(1);
        let Some((_, inner)) = self.top.get(inner) else { return Ok(None) };
        let mut found = None;
        page::each(self.read(*inner, Kind::Inner, buffer)?, |(least, place)| {
            let leads = found.is_none() || least <= key;
            if leads {
                found = Some(place);
            }
            leads
        })?;
        found.map(Place::of).transpose()
    }

    fn read<'b>(&self, place: Place, kind: Kind, buffer: &'b mut [u8; page::MOST]) -> io::Result<&'b [u8]> {
        let bytes = buffer.get_mut(..place.bytes as usize).ok_or_else(damaged)?;
        read_exact_at(&self.file, place.offset, bytes)?;
        let (found, body) = page::open(bytes)?;
        if found == kind { Ok(body) } else { Err(damaged()) }
    }
}

/// The entries of a run, one after another.
pub(super) struct Cursor<'r> {
    run: &'r Run,
    /// What was read of the file at once, of which the leaf that it stands in ends at `end`.
    bytes: Vec<u8>,
    at: usize,
    end: usize,
    /// Where in `bytes` key and value of the entry are.
    found: Option<(usize, usize, usize)>,
    /// Where the next page stands in the file.
    next: u64,
}

impl Cursor<'_> {
    /// The entry that it stands at; nothing at the end.
    pub(super) fn entry(&self) -> Option<page::Entry<'_>> {
        let (key, value, end) = self.found?;
        Some((&self.bytes[key..value], &self.bytes[value..end]))
    }

    /// Goes on to the next entry.
    ///
    /// # Errors
    /// When the run cannot be read.
    pub(super) fn advance(&mut self) -> io::Result<()> {
        loop {
            if let Some(((key, value), next)) = page::entry(&self.bytes[..self.end], self.at)? {
                let value_at = next - value.len();
                self.found = Some((value_at - key.len(), value_at, next));
                self.at = next;
                return Ok(());
            }
            if !self.turn()? {
                self.found = None;
                return Ok(());
            }
        }
    }

    /// Goes on to the next leaf, if there is one.
    fn turn(&mut self) -> io::Result<bool> {
        while self.next < self.run.end {
            self.bytes.resize(page::MOST, 0);
            let most = usize::try_from(self.run.end - self.next).unwrap_or(usize::MAX).min(page::MOST);
            let read = read_at(&self.run.file, self.next, &mut self.bytes[..most])?;
            let (kind, body) = page::open(&self.bytes[..read])?;
            let end = HEAD + body.len();
            self.next += end as u64;
            match kind {
                Kind::Leaf => (self.at, self.end) = (HEAD, end),
                Kind::Inner => continue,
                Kind::Top => return Err(damaged()),
            }
            return Ok(true);
        }
        Ok(false)
    }
}
