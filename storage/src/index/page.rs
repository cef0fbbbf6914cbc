//! Pages of a run: entries in the order of their keys, behind a head that shows whether they are whole.
//!
//! A page begins with its kind, the bytes of its entries and the CRC-32 of both and of the entries, big-endian; an entry with
//! the bytes of its key and of its value, two each.

use std::io;

/// Bytes before the entries of a page.
pub(super) const HEAD: usize = 9;
/// Bytes of a page's head before the check sum.
const SUMMED: usize = 5;
/// Bytes before the key of an entry.
const ENTRY_HEAD: usize = 4;
/// A page is full when its entries have so many bytes.
pub(super) const FULL: usize = 4096;
/// The longest key or value, in bytes.
const LONGEST: usize = 640;
/// The longest page of a kind other than [`Kind::Top`], in bytes: the last entry may go beyond what makes it full.
pub(super) const MOST: usize = HEAD + FULL + ENTRY_HEAD + 2 * LONGEST;

/// What the values of a page are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Entries of the index.
    Leaf = 1,
    /// Where leaves stand, by the least key that leads to each.
    Inner = 2,
    /// Where inner pages stand.
    Top = 3,
}

/// A page that is being filled.
pub(super) struct Filling {
    kind: Kind,
    bytes: Vec<u8>,
}

impl Filling {
    /// An empty one.
    pub(super) fn new(kind: Kind) -> Filling {
        Filling { kind, bytes: vec![0; HEAD] }
    }

    /// Adds an entry, whose key comes after all others.
    ///
    /// # Errors
    /// When the key or the value is longer than any entry's of the index.
    pub(super) fn push(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        if key.len() > LONGEST || value.len() > LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "an entry of the index is too long"));
        }
        for part in [key, value] {
            self.bytes.extend((part.len() as u16).to_be_bytes());
        }
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(value);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.len() == HEAD
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= HEAD + FULL
    }

    /// The whole page; an empty one of its kind follows it.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let mut page = std::mem::replace(&mut self.bytes, vec![0; HEAD]);
        let (head, body) = page.split_at_mut(HEAD);
        head[0] = self.kind as u8;
        head[1..SUMMED].copy_from_slice(&(body.len() as u32).to_be_bytes());
        let sum = sum(&[&head[..SUMMED], body]);
        head[SUMMED..].copy_from_slice(&sum.to_be_bytes());
        page
    }
}

/// Splits what begins with a page into its kind and its entries.
///
/// # Errors
/// When it is no whole page.
pub(super) fn open(bytes: &[u8]) -> io::Result<(Kind, &[u8])> {
    let read = || {
        let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
        let kind = [Kind::Leaf, Kind::Inner, Kind::Top].into_iter().find(|kind| *kind as u8 == head[0])?;
        let (length, stated) = (head[1..SUMMED].try_into().ok()?, head[SUMMED..].try_into().ok()?);
        let body = rest.get(..u32::from_be_bytes(length) as usize)?;
        (sum(&[&head[..SUMMED], body]) == u32::from_be_bytes(stated)).then_some((kind, body))
    };
    read().ok_or_else(damaged)
}

/// An entry that begins at a place of a page's entries, and where the next one does; nothing at their end.
///
/// # Errors
/// When none can begin there.
pub(super) fn entry(body: &[u8], at: usize) -> io::Result<Option<(Entry<'_>, usize)>> {
    if at == body.len() {
        return Ok(None);
    }
    let read = || {
        let rest = body.get(at..)?;
        let (key, rest) = rest.split_first_chunk()?;
        let (value, rest) = rest.split_first_chunk()?;
        let (key, value) = (usize::from(u16::from_be_bytes(*key)), usize::from(u16::from_be_bytes(*value)));
        let both = rest.get(..key + value)?;
        Some((both.split_at(key), at + ENTRY_HEAD + both.len()))
    };
    read().map(Some).ok_or_else(damaged)
}

/// A key and a value.
pub(super) type Entry<'a> = (&'a [u8], &'a [u8]);

/// Calls `see` with each entry of a page, in order, until it says that it has seen enough.
///
/// # Errors
/// When the page is damaged.
pub(super) fn each<'a>(body: &'a [u8], mut see: impl FnMut(Entry<'a>) -> bool) -> io::Result<()> {
    let mut at = 0;
    while let Some((found, next)) = entry(body, at)? {
        if !see(found) {
            break;
        }
        at = next;
    }
    Ok(())
}

/// The CRC-32 of some bytes, one part after another.
pub(super) fn sum(parts: &[&[u8]]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    parts.iter().for_each(|part| sum.update(part));
    sum.finalize()
}

/// That a run does not hold what was written to it.
pub(super) fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a run of the index is damaged")
}
