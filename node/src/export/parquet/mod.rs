//! Rows as Apache Parquet, for tools that read columns.
//!
//! A file follows from the rows of one partition, from what can be said of them in the light of all others, and from the
//! [`WRITER`]: where groups of rows end depends on these alone, so that whoever has them can make the file again. It is
//! written after the rows, from the file in which they lie, one at a time: so memory is bounded however many partitions
//! there are (docs/adr/0020). `schema` says what the columns are, `group` holds the values of some rows until they are
//! encoded, `footer` reads the end of a file, `compare` tells whether one by another version holds the same, and `guard` and
//! `thrift` bound what reading that takes.

mod compare;
mod footer;
mod group;
mod guard;
mod schema;
mod thrift;

use commonwheel_protocol::dataset::columns::cells;
use commonwheel_protocol::dataset::{CANARY, Canary, FORMAT, Partition, QualityRow, ROW_BYTES, RowError, Split};
pub use compare::{Differs, compare};
pub use footer::written_by;
use group::Group;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use std::io::{self, BufRead, Read, Write};
use std::sync::Arc;

/// What each file says of its writer. Two files of the same rows by the same writer are the same bytes; whatever
/// changes them changes this text: the versions of the libraries, and the number of this list of columns and of how they
/// are written.
pub const WRITER: &str =
    concat!("commonwheel version ", env!("CARGO_PKG_VERSION"), " (build columns-3-parquet-60.1.0-zstd-1.5.7)");

/// Once so much is held, it becomes a group of rows, counted as [`Group::held`] does.
const GROUP_BYTES: usize = 16 << 20;
/// When a page ends, in bytes before compression.
const PAGE_BYTES: usize = 1 << 20;
/// The most values of a dictionary, in bytes; beyond that values are written plainly.
const DICTIONARY_BYTES: usize = 1 << 20;
/// The effort of zstd, and that for values in which there is nothing to find.
const ZSTD_LEVEL: i32 = 3;
const ZSTD_LEAST_LEVEL: i32 = 1;

/// Why rows were not written as Parquet.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The rows cannot be read.
    #[error("the rows could not be read: {0}")]
    Read(#[from] io::Error),
    /// A line is none.
    #[error("line {number} is not a row: {source}")]
    Row {
        /// Which, counted from 1.
        number: usize,
        /// Why.
        source: RowError,
    },
    /// Of a row nothing is said.
    #[error("line {0} has no quality columns; this is a bug")]
    Unjudged(usize),
    /// The file cannot be written as Parquet.
    #[error("{0}")]
    Write(#[from] ParquetError),
    /// The file cannot be written.
    #[error("{0}")]
    Sink(io::Error),
}

/// Writes the rows of one partition, each a line, as one file, with what `quality` says of each. `seen` is called after
/// each.
///
/// # Errors
/// When the rows cannot be read, are none, or the file cannot be written.
pub fn encode(
    rows: impl BufRead,
    quality: impl Iterator<Item = QualityRow>,
    partition: &Partition,
    canary: &Canary,
    to: impl Write + Send,
    seen: &mut dyn FnMut(),
) -> Result<(), EncodeError> {
    let schema = Arc::new(schema::schema()?);
    let mut writer = SerializedFileWriter::new(to, schema, Arc::new(properties(partition, canary)?))?;
    let (mut group, mut rows) = (Group::new(), Judged::new(rows, quality));
    while rows.push_next(&mut group)? {
        if group.held() >= GROUP_BYTES {
            group.write_to(&mut writer)?;
        }
        seen();
    }
    group.write_to(&mut writer)?;
    writer.close()?;
    Ok(())
}

/// The rows of a partition, each a line, and what is said of each.
struct Judged<R, Q> {
    rows: R,
    quality: Q,
    line: Vec<u8>,
    number: usize,
}

impl<R: BufRead, Q: Iterator<Item = QualityRow>> Judged<R, Q> {
    fn new(rows: R, quality: Q) -> Self {
        Judged { rows, quality, line: Vec::new(), number: 0 }
    }

    /// Adds the values of the next row to a group; whether there was one.
    fn push_next(&mut self, group: &mut Group) -> Result<bool, EncodeError> {
        self.line.clear();
        self.rows.by_ref().take(ROW_BYTES as u64).read_until(b'\n', &mut self.line)?;
        if self.line.is_empty() {
            return Ok(false);
        }
        self.number += 1;
        let number = self.number;
        let not_json = EncodeError::Row { number, source: RowError::Json };
        let text = self.line.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok()).ok_or(not_json)?;
        let cells = cells(text).map_err(|source| EncodeError::Row { number, source })?;
        let judged = self.quality.next().ok_or(EncodeError::Unjudged(number))?;
        group.push(cells.iter().chain(&judged.cells()));
        Ok(true)
    }
}

/// How a file is written. What is kept apart bears the canary here too, where it is not compressed.
fn properties(partition: &Partition, canary: &Canary) -> Result<WriterProperties, ParquetError> {
    let apart = (partition.split == Split::Evaluation).then(|| (CANARY, canary.text().to_owned()));
    let about = [
        ("format", FORMAT.to_owned()),
        ("licence", partition.licence.to_string()),
        ("preference", partition.preference.to_string()),
    ];
    let about = about.into_iter().chain(apart).map(|(key, value)| KeyValue::new(key.to_owned(), value));
    let mut properties = WriterProperties::builder()
        .set_created_by(WRITER.to_owned())
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_key_value_metadata(Some(about.collect()))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_data_page_size_limit(PAGE_BYTES)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true);
    let least = Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEAST_LEVEL)?);
    for path in schema::drawn() {
        properties = properties.set_column_compression(path, least);
    }
    for path in schema::plain() {
        properties =
            properties.set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, Encoding::PLAIN);
    }
    Ok(properties.build())
}

#[cfg(test)]
mod compare_tests;
#[cfg(test)]
mod tests;
