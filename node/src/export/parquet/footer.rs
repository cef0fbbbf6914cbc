//! The end of a file of Parquet: who wrote it, told without decoding anything; and what it says of its columns and groups
//! of rows, looked at before it is decoded.

use super::thrift;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How much of a file's end is read for its writer. The name stands behind all that grows with the rows.
const END_BYTES: u64 = 4096;
/// What every version of this program begins its name with.
const OURS: &[u8] = b"commonwheel version ";
/// The length of the description and the mark that stand behind it.
const TAIL_BYTES: u64 = 8;
/// The longest description: so much, and so much of the bytes of the rows. Decoded it takes some times its length. This
/// program writes 16 KiB for each group of rows, whose values take 16 MiB.
const DESCRIPTION_BYTES: u64 = 1 << 20;
const DESCRIPTION_OF_ROWS: u64 = 64;
const DESCRIPTION_MOST_BYTES: u64 = 64 << 20;
/// The most elements of a schema, and how deep they may lie: this program writes some hundred, the deepest the fifth. A
/// library makes room for as many as they say, and goes as deep as they lie.
const ELEMENTS: usize = 10_000;
const DEEPEST: usize = 16;

/// What a file says of its writer, if that is a version of this program. It is a claim and no proof.
///
/// # Errors
/// When the file cannot be read.
pub fn written_by(path: &Path) -> io::Result<Option<String>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(END_BYTES)))?;
    let mut end = Vec::new();
    file.take(END_BYTES).read_to_end(&mut end)?;
    Ok(named_in(&end))
}

/// A text in the footer stands behind its length, which is below 128 and so one byte.
fn named_in(end: &[u8]) -> Option<String> {
    let at = end.windows(OURS.len()).rposition(|window| window == OURS)?;
    let length = usize::from(*end.get(at.checked_sub(1)?)?);
    let name = std::str::from_utf8(end.get(at..at + length)?).ok()?;
    name.chars().all(|char| char.is_ascii_graphic() || char == ' ').then(|| name.to_owned())
}

/// What a file says of itself and its groups of rows, beside rows of so many bytes.
///
/// # Errors
/// When it cannot be read, is none, or says what would take too much to decode.
pub fn metadata(mut file: &File, rows_bytes: u64) -> Result<ParquetMetaData> {
    let wrong = |what: &str| ParquetError::General(what.to_owned());
    let length = file.metadata()?.len();
    let at = length.checked_sub(TAIL_BYTES).ok_or_else(|| wrong("it is too short"))?;
    let mut tail = [0; TAIL_BYTES as usize];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut tail)?;
    let [a, b, c, d, mark @ ..] = tail;
    let described = u64::from(u32::from_le_bytes([a, b, c, d]));
    let most = (DESCRIPTION_BYTES + rows_bytes / DESCRIPTION_OF_ROWS).min(DESCRIPTION_MOST_BYTES);
    if mark != *b"PAR1" {
        return Err(wrong("it does not end in PAR1"));
    }
    if described > most {
        return Err(wrong("its description is longer than any that is written"));
    }
    file.seek(SeekFrom::Start(at.checked_sub(described).ok_or_else(|| wrong("it is too short"))?))?;
    let mut description = Vec::new();
    file.take(described).read_to_end(&mut description)?;
    if !thrift::schema_is_sound(&description, ELEMENTS, DEEPEST) {
        return Err(wrong("its schema is none, or larger than any that is written"));
    }
    ParquetMetaDataReader::decode_metadata(&description)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn the_writer_is_told_from_the_end_of_any_bytes() {
        let name = "commonwheel version 9.0.0 (build x)";
        let named = |length: u8, text: &str| [b"PAR1\x28", &[length][..], text.as_bytes(), b"\x1cPAR1"].concat();
        assert_eq!(named_in(&named(name.len() as u8, name)).as_deref(), Some(name));
        for wrong in [&b""[..], b"PAR1", OURS, &named(255, name), &named(24, "commonwheel version \u{1b}[2J")] {
            assert_eq!(named_in(wrong), None);
        }
    }
    /// A file that ends in this description.
    fn file(description: &[u8], length: u32) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[b"PAR1", description, &length.to_le_bytes(), b"PAR1"].concat()).unwrap();
        file
    }

    /// A description of this schema, whose elements are a name each, and how many lie in it if any do.
    fn described(elements: &[(&str, Option<u32>)]) -> Vec<u8> {
        // A zigzag integer in five bytes, whatever it is.
        let integer = |value: u32| {
            let value = u64::from(value) << 1;
            (0..5).map(move |place| (value >> (7 * place)) as u8 & 0x7f | if place < 4 { 0x80 } else { 0 })
        };
        let element = |(name, children): &(&str, Option<u32>)| {
            let rest: Vec<u8> = match children {
                Some(children) => [0x15].into_iter().chain(integer(*children)).collect(),
                None => Vec::new(),
            };
            let (kind, length) =
                if children.is_some() { (vec![0x35, 0], name.len()) } else { (vec![0x15, 0, 0x25, 0], name.len()) };
            [kind, vec![0x18, length as u8], name.as_bytes().to_vec(), rest, vec![0]].concat()
        };
        let count = elements.len() as u64;
        let count = [count as u8 & 0x7f | 0x80, (count >> 7) as u8 & 0x7f | 0x80, (count >> 14) as u8];
        let elements: Vec<u8> = elements.iter().flat_map(element).collect();
        // The version, the schema, no rows and no groups of them.
        [&[0x15, 2, 0x19, 0xfc][..], &count, &elements, &[0x16, 0, 0x19, 0x0c, 0]].concat()
    }

    fn refused(description: &[u8]) -> String {
        metadata(&file(description, description.len() as u32), 0).unwrap_err().to_string()
    }

    #[test]
    fn a_schema_that_asks_for_room_or_depth_without_end_is_refused_before_it_is_decoded() {
        let good = described(&[("row", Some(2)), ("a", None), ("b", Some(1)), ("c", None)]);
        let found = metadata(&file(&good, good.len() as u32), 0).unwrap();
        assert_eq!(found.file_metadata().schema_descr().num_columns(), 2);
        let larger = "larger than any that is written";
        let nested = |depth: usize| {
            let mut elements = vec![("g", Some(1)); depth];
            elements.push(("leaf", None));
            described(&elements)
        };
        assert!(metadata(&file(&nested(DEEPEST - 2), nested(DEEPEST - 2).len() as u32), 0).is_ok());
        // Deep enough to end a process by the depth of its stack, and then one that is just too deep.
        assert!(refused(&nested(60_000)).contains(larger));
        assert!(refused(&nested(DEEPEST - 1)).contains(larger));
        // As many children as ask for 16 GiB before the first of them is read.
        assert!(refused(&described(&[("row", Some(i32::MAX as u32)), ("a", None)])).contains(larger));
        assert!(refused(&described(&[("row", Some(1)), ("a", None), ("b", None)])).contains(larger), "two roots");
        let many = |count: usize| {
            let mut elements = vec![("a", None); count];
            elements.insert(0, ("row", Some(count as u32)));
            described(&elements)
        };
        assert!(refused(&many(ELEMENTS)).contains(larger));
        assert!(metadata(&file(&many(ELEMENTS - 1), many(ELEMENTS - 1).len() as u32), 0).is_ok());
    }

    #[test]
    fn a_description_is_as_long_as_the_rows_can_need_and_lies_in_the_file() {
        let good = described(&[("row", Some(1)), ("a", None)]);
        let longer = [&good[..], &vec![0; DESCRIPTION_BYTES as usize]].concat();
        let read =
            |length: usize, rows| metadata(&file(&longer, length as u32), rows).map_err(|error| error.to_string());
        assert!(refused(&longer).contains("longer than any"));
        let more = longer.len() as u64 - DESCRIPTION_BYTES;
        assert!(read(longer.len(), DESCRIPTION_OF_ROWS * (more - 1)).unwrap_err().contains("longer than any"));
        assert!(read(longer.len(), DESCRIPTION_OF_ROWS * more).is_ok());
        assert!(read(longer.len() + 5, u64::MAX).unwrap_err().contains("too short"));
        assert!(read(DESCRIPTION_MOST_BYTES as usize + 1, u64::MAX).unwrap_err().contains("longer than any"));
    }
}
