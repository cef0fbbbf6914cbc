//! Reading pages of a file that may come from anywhere: how much each may take is known before it is decoded.
//!
//! A page says in its header how long it is when it is unpacked and how many values it has, and the library makes room for
//! what is said. So each header is looked at first.

use super::thrift;
use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// The most values of a page.
const PAGE_VALUES: u64 = 4 << 20;
/// The most bytes that the pages take which are unpacked at one time, of all columns together: a group of rows that this
/// program writes has 36 MiB at most. And so many bytes may all pages of a file have more than its values do.
const UNPACKED_BYTES: u64 = 256 << 20;
/// What a page costs besides its bytes, however short it is.
const PAGE_BYTES: u64 = 1 << 10;
/// What an entry of a dictionary takes besides its bytes, and the fewest bytes that say one.
const ENTRY_BYTES: u64 = 32;
const LEAST_ENTRY_BYTES: u64 = 4;
/// How values may be laid out on a page. What decoding others takes is not known from the page: those of texts that go
/// by their differences, above all, take room for as many texts as they say, each with what it shares with the one before.
const ENCODINGS: [Encoding; 5] = [
    Encoding::PLAIN,
    Encoding::PLAIN_DICTIONARY,
    Encoding::RLE,
    Encoding::RLE_DICTIONARY,
    Encoding::DELTA_BINARY_PACKED,
];

/// Whether pages whose values are laid out so are read.
pub fn is_read(encoding: Encoding) -> bool {
    // Of levels, and never of values.
    #[expect(deprecated)]
    let levels = Encoding::BIT_PACKED;
    encoding == levels || ENCODINGS.contains(&encoding)
}

/// The file as the reader of one column sees it.
pub struct Guarded {
    file: Arc<File>,
    /// Which column.
    column: usize,
    unpacked: Arc<Unpacked>,
}

/// What is unpacked of each column of a group of rows: its dictionary and its page, in bytes; and how much may yet be.
pub struct Unpacked(Mutex<Room>);

struct Room {
    columns: Vec<Column>,
    /// What all pages may take that are yet to come, in bytes.
    left: u64,
}

#[derive(Clone, Copy, Default)]
struct Column {
    dictionary: u64,
    page: u64,
    values: u64,
    seen: u64,
}

/// What a page's header says.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    /// How long the page is, packed or unpacked, whichever is more.
    bytes: u64,
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
    /// Of a file of which nothing is read yet.
    pub fn new() -> Self {
        Unpacked(Mutex::new(Room { columns: Vec::new(), left: UNPACKED_BYTES }))
    }

    /// Another group of rows begins, with all its columns.
    pub fn begin_group(&self) {
        self.room(|room| room.columns.clear());
    }

    /// Lets pages take so many bytes more, for values that take as many.
    pub fn allow_bytes(&self, held: usize) {
        self.room(|room| room.left = room.left.saturating_add(held as u64));
    }

    /// Lets a column read pages until they have so many values, and the page that goes on.
    pub fn allow(&self, column: usize, values: usize) {
        self.room(|room| {
            if room.columns.len() <= column {
                room.columns.resize(column + 1, Column::default());
            }
            room.columns[column].values = values as u64 + PAGE_VALUES;
        });
    }

    /// How many values the pages have that a column has read.
    pub fn seen(&self, column: usize) -> u64 {
        self.room(|room| room.columns.get(column).map_or(0, |column| column.seen))
    }

    fn room<T>(&self, does: impl FnOnce(&mut Room) -> T) -> T {
        does(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes a page of a column in the place of the one before.
    fn take(&self, column: usize, page: &Page) -> Result<()> {
        self.room(|room| {
            let longer = || wrong("pages that are longer than any that are written");
            let Some(mine) = room.columns.get_mut(column) else {
                return Err(wrong("a page of a column that is not read"));
            };
            if page.is_dictionary {
                mine.dictionary = page.bytes + page.values * ENTRY_BYTES;
            } else {
                mine.page = page.bytes;
                let enough = || wrong("more values than its rows have");
                mine.values = mine.values.checked_sub(page.values).ok_or_else(enough)?;
                mine.seen += page.values;
            }
            room.left = room.left.checked_sub(page.bytes + PAGE_BYTES).ok_or_else(longer)?;
            let all: u64 = room.columns.iter().map(|one| one.dictionary + one.page).sum();
            if all <= UNPACKED_BYTES { Ok(()) } else { Err(longer()) }
        })
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
        let numbers = thrift::page(header)?;
        let said = |outer: u8, inner: u8| {
            let found = numbers.iter().find(|(place, _)| *place == (outer, inner))?.1;
            i32::try_from(found).ok().and_then(|found| u64::try_from(found).ok())
        };
        // By the kind of page: which structure tells of it, and where this says how its values lie.
        let (inner, laid_out) = match said(1, 0)? {
            0 => (5, 2),
            2 => (7, 2),
            3 => (8, 4),
            _ => return None,
        };
        let is_alone = numbers.iter().all(|((outer, deeper), _)| *deeper == 0 || *outer == inner);
        let encoding = i32::try_from(said(inner, laid_out)?).ok()?;
        let is_dictionary = inner == 7;
        let page = Page { bytes: said(2, 0)?.max(said(3, 0)?), values: said(inner, 1)?, is_dictionary };
        (is_alone && page.is_sound() && ENCODINGS.iter().any(|one| *one as i32 == encoding)).then_some(page)
    }

    fn is_sound(&self) -> bool {
        match self.is_dictionary {
            true => self.values <= PAGE_VALUES && self.values * LEAST_ENTRY_BYTES <= self.bytes,
            false => (1..=PAGE_VALUES).contains(&self.values),
        }
    }
}

fn wrong(what: &str) -> ParquetError {
    ParquetError::General(format!("it has {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A structure of Thrift's compact protocol, of fields with the step to the number, the kind and the value.
    fn fields(fields: &[(u8, u8, &[u8])]) -> Vec<u8> {
        let one = |(step, kind, value): &(u8, u8, &[u8])| [&[step << 4 | kind], *value].concat();
        [fields.iter().map(one).collect::<Vec<_>>().concat(), vec![0]].concat()
    }

    /// A header of a page of this kind with 300 bytes, 40 packed, and what else is said.
    fn header(kind: u8, more: &[(u8, u8, &[u8])]) -> Vec<u8> {
        let begins: [(u8, u8, &[u8]); 3] = [(1, 5, &[kind * 2]), (1, 5, &[0xd8, 4]), (1, 5, &[80])];
        fields(&[&begins[..], more].concat())
    }

    /// So many values, laid out plainly, with their levels.
    fn data(values: u8) -> Vec<u8> {
        fields(&[(1, 5, &[values * 2]), (1, 5, &[0]), (1, 5, &[6]), (1, 5, &[6])])
    }

    fn said(bytes: &[u8]) -> Option<(u64, u64, bool)> {
        Page::said(bytes).map(|page| (page.bytes, page.values, page.is_dictionary))
    }

    #[test]
    fn a_page_is_refused_by_what_its_header_says_before_anything_is_unpacked() {
        assert_eq!(said(&header(0, &[(2, 12, &data(7))])), Some((300, 7, false)));
        // With a checksum; and the entries are 75, the most that 300 bytes can say, or 76.
        let entries = |values: u8| fields(&[(1, 5, &[values << 1 | 0x80, 1]), (1, 5, &[0]), (1, 1, &[])]);
        let dictionary = |values: u8| header(2, &[(1, 5, &[2]), (3, 12, &entries(values))]);
        assert_eq!(said(&dictionary(75)), Some((300, 75, true)));
        assert_eq!(said(&dictionary(76)), None);
        // Of the second version, with what statistics say of the page.
        let statistics = fields(&[(3, 6, &[14]), (2, 8, b"\x02ab"), (1, 8, b"\0"), (1, 1, &[])]);
        let second = |encoding: u8| {
            let numbers: [u8; 6] = [14, 2, 12, encoding * 2, 4, 0];
            let numbers: Vec<_> = numbers.chunks(1).map(|number| (1, 5, number)).collect();
            fields(&[&numbers[..], &[(1, 2, &[]), (1, 12, &statistics)]].concat())
        };
        assert_eq!(said(&header(3, &[(5, 12, &second(0))])), Some((300, 7, false)));
        for encoding in [1, 6, 7, 9, 10, 63] {
            assert_eq!(said(&header(3, &[(5, 12, &second(encoding))])), None, "laid out as {encoding}");
        }
        assert_eq!(said(&header(0, &[(2, 12, &data(0))])), None, "a page without values costs time and says nothing");
        for wrong in [&[][..], &[0], &[0x05, 2], &[0x15, 0, 0x15, 1, 0x15, 0, 0x2c, 0x15, 2], &[0x15; 40], &[0xff; 40]]
        {
            assert_eq!(said(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_header_that_two_readers_could_take_for_two_things_is_refused() {
        let good = data(7);
        // A number in full, by which a length or a count comes a second time; the library goes by the last.
        let longer: (u8, u8, &[u8]) = (0, 5, &[4, 0xfe, 0xff, 0xff, 0xff, 0x0f]);
        assert_eq!(said(&header(0, &[(2, 12, &good), longer])), None);
        let more = fields(&[(1, 5, &[14]), (1, 5, &[0]), (1, 5, &[6]), (1, 5, &[6]), (0, 5, &[2, 0xfe, 0xff, 3])]);
        assert_eq!(said(&header(0, &[(2, 12, &more)])), None);
        // The kind decides which structure tells of the page, whichever comes first.
        let entries = fields(&[(1, 5, &[0xfe, 0xff, 3]), (1, 5, &[0])]);
        for kind in [0, 1, 2, 3] {
            assert_eq!(said(&header(kind, &[(2, 12, &good), (2, 12, &entries)])), None, "{kind}");
        }
        assert_eq!(said(&header(2, &[(2, 12, &good)])), None);
        // A kind of field that is not what its number means: the library goes by the number.
        assert_eq!(said(&header(0, &[(1, 8, b"\x02ab"), (1, 12, &good)])), None);
    }

    #[test]
    fn a_page_takes_as_much_as_it_has_packed_where_that_is_more() {
        let begins: [(u8, u8, &[u8]); 3] = [(1, 5, &[0]), (1, 5, &[2]), (1, 5, &[0xd8, 4])];
        assert_eq!(said(&fields(&[&begins[..], &[(2, 12, &data(7))]].concat())), Some((300, 7, false)));
    }

    #[test]
    fn columns_share_the_room_for_pages_and_none_reads_on_for_ever() {
        let unpacked = Unpacked::new();
        unpacked.allow_bytes(2 * UNPACKED_BYTES as usize);
        let page = |bytes, values, is_dictionary| Page { bytes, values, is_dictionary };
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

    #[test]
    fn all_pages_of_a_file_together_take_little_more_than_its_values() {
        let unpacked = Unpacked::new();
        let page = Page { bytes: UNPACKED_BYTES / 4, values: 1, is_dictionary: false };
        let taken = || {
            unpacked.begin_group();
            unpacked.allow(0, 1);
            unpacked.take(0, &page).is_ok()
        };
        // Groups of rows and pages begin as often as a file says, and each costs what it unpacks.
        assert_eq!((0..9).filter(|_| taken()).count(), 3);
        unpacked.allow_bytes(page.bytes as usize + PAGE_BYTES as usize);
        assert_eq!((0..9).filter(|_| taken()).count(), 1);
    }
}
