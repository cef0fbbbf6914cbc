//! Reading pages of a file that may come from anywhere: how much each may take is known before it is decoded.
//!
//! A page says in its header how long it is when it is unpacked and how many values it has, and the library makes room for
//! what is said. So each header is looked at first. Source: Parquet's `parquet.thrift`, and Thrift's compact protocol.

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// The most values of a page.
const PAGE_VALUES: u64 = 4 << 20;
/// The most bytes that the pages take which are unpacked at one time, of all columns together: a group of rows that this
/// program writes has 36 MiB at most.
const UNPACKED_BYTES: u64 = 256 << 20;
/// What an entry of a dictionary takes besides its bytes, and the fewest bytes that say one.
const ENTRY_BYTES: u64 = 32;
const LEAST_ENTRY_BYTES: u64 = 4;

/// The file as the reader of one column sees it.
pub struct Guarded {
    file: Arc<File>,
    /// Which column.
    column: usize,
    unpacked: Arc<Unpacked>,
}

/// What is unpacked of each column: its dictionary and its page, in bytes; and how many values it may yet read.
#[derive(Default)]
pub struct Unpacked(Mutex<Vec<Column>>);

#[derive(Clone, Copy, Default)]
struct Column {
    dictionary: u64,
    page: u64,
    values: u64,
    seen: u64,
}

/// What the beginning of a page's header says.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    unpacked: u64,
    values: u64,
    is_dictionary: bool,
}

impl Guarded {
    /// The file for a column.
    pub fn new(file: Arc<File>, column: usize, unpacked: Arc<Unpacked>) -> Self {
        Guarded { file, column, unpacked }
    }
}

impl Unpacked {
    /// Lets a column read pages until they have so many values, and the page that goes on.
    pub fn allow(&self, column: usize, values: usize) {
        let mut columns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if columns.len() <= column {
            columns.resize(column + 1, Column::default());
        }
        columns[column].values = values as u64 + PAGE_VALUES;
    }

    /// How many values the pages have that a column has read.
    pub fn seen(&self, column: usize) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(column).map_or(0, |column| column.seen)
    }

    /// Takes a page of a column in the place of the one before.
    fn take(&self, column: usize, page: &Page) -> Result<()> {
        let mut columns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mine) = columns.get_mut(column) else { return Err(wrong("a page of a column that is not read")) };
        if page.is_dictionary {
            mine.dictionary = page.unpacked + page.values * ENTRY_BYTES;
        } else {
            mine.page = page.unpacked;
            let enough = || wrong("more values than its rows have");
            mine.values = mine.values.checked_sub(page.values).ok_or_else(enough)?;
            mine.seen += page.values;
        }
        let all: u64 = columns.iter().map(|one| one.dictionary + one.page).sum();
        if all <= UNPACKED_BYTES { Ok(()) } else { Err(wrong("pages that are longer than any that are written")) }
    }
}

impl Length for Guarded {
    fn len(&self) -> u64 {
        Length::len(&*self.file)
    }
}

impl ChunkReader for Guarded {
    type T = Header;

    /// Where the library reads the header of a page, unless it has read that before.
    fn get_read(&self, start: u64) -> Result<Header> {
        let file = self.file.get_read(start)?;
        Ok(Header { file, column: self.column, unpacked: self.unpacked.clone(), is_taken: false })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.file.get_bytes(start, length)
    }
}

/// The header of a page, which is looked at when it is read.
pub struct Header {
    file: BufReader<File>,
    column: usize,
    unpacked: Arc<Unpacked>,
    is_taken: bool,
}

impl Read for Header {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if !std::mem::replace(&mut self.is_taken, true) {
            let page = Page::said(self.file.fill_buf()?).ok_or_else(|| wrong("a page whose header is none"));
            page.and_then(|page| self.unpacked.take(self.column, &page)).map_err(io::Error::other)?;
        }
        self.file.read(to)
    }
}

impl Page {
    /// What a header says; nothing when it is not of the form that every writer gives it, or says what no page can be.
    fn said(header: &[u8]) -> Option<Page> {
        let mut bytes = header.iter().copied();
        let (mut field, mut unpacked) = (0, None);
        loop {
            let next = bytes.next()?;
            let (step, kind) = (next >> 4, next & 15);
            field += (step > 0).then_some(step)?;
            match (field, kind) {
                // An integer: the kind of page, its length unpacked and packed, and a checksum.
                (1..=4, 5) => {
                    let value = integer(&mut bytes)?;
                    unpacked = if field == 2 { Some(value) } else { unpacked };
                }
                // A structure, which begins with the number of values: of a page of values, or of a dictionary.
                (5 | 7 | 8, 12) if bytes.next()? == 0x15 => {
                    let unpacked = u64::try_from(unpacked?).ok()?;
                    let values = u64::try_from(integer(&mut bytes)?).ok()?;
                    let page = Page { unpacked, values, is_dictionary: field == 7 };
                    return page.is_sound().then_some(page);
                }
                _ => return None,
            }
        }
    }

    fn is_sound(&self) -> bool {
        self.values <= PAGE_VALUES && (!self.is_dictionary || self.values * LEAST_ENTRY_BYTES <= self.unpacked)
    }
}

/// An integer of Thrift's compact protocol: seven bits in each byte, the sign in the lowest.
fn integer(bytes: &mut impl Iterator<Item = u8>) -> Option<i64> {
    let mut value = 0_u64;
    for place in 0..5 {
        let byte = bytes.next()?;
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Some((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    None
}

fn wrong(what: &str) -> ParquetError {
    ParquetError::General(format!("it has {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_refused_by_what_its_header_says_before_anything_is_unpacked() {
        let said = |bytes: &[u8]| Page::said(bytes).map(|page| (page.unpacked, page.values, page.is_dictionary));
        // Kind 0, 300 bytes, 40 packed; a page of values with 7 of them.
        assert_eq!(said(&[0x15, 0, 0x15, 0xd8, 4, 0x15, 80, 0x2c, 0x15, 14]), Some((300, 7, false)));
        // Kind 2, 300 bytes, 40 packed, a checksum; a dictionary of 75 values, the most that 300 bytes can say, or 76.
        let dictionary = |values: u8| [0x15, 4, 0x15, 0xd8, 4, 0x15, 80, 0x15, 2, 0x3c, 0x15, values, 1];
        assert_eq!(said(&dictionary(0x96)), Some((300, 75, true)));
        assert_eq!(said(&dictionary(0x98)), None);
        for wrong in [&[][..], &[0], &[0x05, 2], &[0x15, 0, 0x15, 1, 0x15, 0, 0x2c, 0x15, 2], &[0x15; 40], &[0xff; 40]]
        {
            assert_eq!(said(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn columns_share_the_room_for_pages_and_none_reads_on_for_ever() {
        let unpacked = Unpacked::default();
        let page = |unpacked, values, is_dictionary| Page { unpacked, values, is_dictionary };
        unpacked.allow(0, 10);
        unpacked.allow(1, 10);
        assert!(unpacked.take(2, &page(1, 1, false)).is_err());
        assert!(unpacked.take(0, &page(UNPACKED_BYTES - 100, 1, false)).is_ok());
        assert!(unpacked.take(1, &page(100, 1, false)).is_ok());
        assert!(unpacked.take(1, &page(101, 1, false)).is_err());
        assert!(unpacked.take(0, &page(100, 1, false)).is_ok(), "a page goes when the next one comes");
        assert!(unpacked.take(1, &page(100, PAGE_VALUES, false)).is_ok());
        assert!(unpacked.take(1, &page(100, 11, false)).is_err(), "more values than the rows have");
        assert!(unpacked.take(0, &page(UNPACKED_BYTES - 300, 10, true)).is_err(), "entries of a dictionary take room");
    }
}
