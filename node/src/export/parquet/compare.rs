//! Whether a file by another version holds what the rows give: other bytes, and the same values.
//!
//! The file may come from anywhere. It is read column by column in step with the rows, and `guard` bounds what that takes.

use super::group::{Group, Values};
use super::guard::{Guarded, Unpacked};
use super::schema::{self, columns};
use super::{EncodeError, Judged};
use commonwheel_protocol::dataset::columns::COLUMNS;
use commonwheel_protocol::dataset::{CANARY, Canary, FORMAT, Partition, QualityRow, Split};
use parquet::basic::Compression;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::file::statistics::Statistics;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// The longest description at a file's end: of 2,000 groups of rows, some 32 MiB.
const FOOTER_BYTES: u64 = 64 << 20;
/// Once so much of the rows is held, it is compared, counted as [`Group::held`] does.
const HELD_BYTES: usize = 4 << 20;

/// Why a file does not hold what the rows give.
#[derive(Debug, thiserror::Error)]
pub enum Differs {
    /// It says or holds something else.
    #[error("{0}")]
    What(String),
    /// It cannot be read as Parquet.
    #[error("it cannot be read as Parquet: {0}")]
    Parquet(#[from] ParquetError),
    /// The rows cannot be read.
    #[error(transparent)]
    Rows(#[from] EncodeError),
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Compares a file with the rows from which it says it follows, and what is said of each of these. Returns what of it is
/// not known here, in words, and so was not compared: columns that this version does not write, above all.
///
/// # Errors
/// When something in it differs, or cannot be read.
pub fn compare<R: BufRead>(
    rows: R,
    quality: impl Iterator<Item = QualityRow>,
    partition: &Partition,
    canary: &Canary,
    path: &Path,
) -> Result<Vec<String>, Differs> {
    let compared = || Compared::open(path, partition, canary)?.all(Judged::new(rows, quality));
    // Decoders are made for files of honest writers.
    catch_unwind(AssertUnwindSafe(compared)).unwrap_or_else(|_| Err(differs("a reader fails over it")))
}

/// A file that is compared.
struct Compared {
    file: Arc<File>,
    metadata: ParquetMetaData,
    /// The leaves of each column that is known here, by their places in the file.
    leaves: Vec<Vec<usize>>,
    unknown: BTreeSet<String>,
}

impl Compared {
    fn open(path: &Path, partition: &Partition, canary: &Canary) -> Result<Self, Differs> {
        let mut file = File::open(path)?;
        let mut end = [0; 8];
        file.seek(SeekFrom::End(-8)).and_then(|_| file.read_exact(&mut end))?;
        let footer = u64::from(u32::from_le_bytes([end[0], end[1], end[2], end[3]]));
        if footer > FOOTER_BYTES {
            return Err(differs("its description is longer than any that is written"));
        }
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&file)?;
        let mut compared = Compared { file: Arc::new(file), metadata, leaves: Vec::new(), unknown: BTreeSet::new() };
        compared.said(partition, canary)?;
        compared.schema()?;
        Ok(compared)
    }

    /// That the file says of itself what one of this partition does.
    fn said(&mut self, partition: &Partition, canary: &Canary) -> Result<(), Differs> {
        let apart = (partition.split == Split::Evaluation).then(|| canary.text().to_owned());
        let wanted = [
            ("licence", Some(partition.licence.to_string())),
            ("preference", Some(partition.preference.to_string())),
            (CANARY, apart),
        ];
        let said = self.metadata.file_metadata().key_value_metadata().cloned().unwrap_or_default();
        for (key, value) in &wanted {
            let found: Vec<_> = said.iter().filter(|one| one.key == *key).map(|one| one.value.as_ref()).collect();
            if found != value.iter().map(Some).collect::<Vec<_>>() {
                return Err(differs(format!("it does not say the {key} of its rows, or another")));
            }
        }
        let others = said.iter().filter(|one| wanted.iter().all(|(key, _)| one.key != *key));
        let others = others.filter(|one| one.key != "format" || one.value.as_deref() != Some(FORMAT));
        self.unknown.extend(others.map(|one| format!("what it says of itself as {:?}", one.key)));
        Ok(())
    }

    /// Finds the columns: each of those of the rows must be there.
    fn schema(&mut self) -> Result<(), Differs> {
        let (ours, found) = (schema::schema()?, self.metadata.file_metadata().schema_descr());
        let roots = found.root_schema().get_fields();
        let names: BTreeSet<_> = roots.iter().map(|field| field.name()).collect();
        if names.len() < roots.len() {
            return Err(differs("two of its columns have one name"));
        }
        let known: BTreeSet<_> = columns().map(|column| column.name).collect();
        let mut unknown: BTreeSet<_> =
            names.iter().filter(|name| !known.contains(**name)).map(|name| (*name).to_owned()).collect();
        for (column, field) in columns().zip(ours.get_fields()) {
            let place = roots.iter().position(|root| root.name() == column.name);
            let leaves = |root: usize| {
                (0..found.num_columns()).filter(|leaf| found.get_column_root_idx(*leaf) == root).collect()
            };
            match place {
                Some(place) if roots[place] == *field => self.leaves.push(leaves(place)),
                Some(_) => {
                    unknown.insert(column.name.to_owned());
                    self.leaves.push(Vec::new());
                }
                None if COLUMNS.contains(column) => {
                    return Err(differs(format!("it lacks the column {}", column.name)));
                }
                None => self.leaves.push(Vec::new()),
            }
        }
        self.unknown.extend(unknown.into_iter().map(|name| format!("the column {name:?}")));
        Ok(())
    }

    /// Compares everything.
    fn all(mut self, mut rows: Judged<impl BufRead, impl Iterator<Item = QualityRow>>) -> Result<Vec<String>, Differs> {
        let mut chunks =
            self.metadata.row_groups().iter().flat_map(RowGroupMetaData::columns).map(|chunk| chunk.compression());
        if let Some(other) = chunks.find(|one| !matches!(one, Compression::UNCOMPRESSED | Compression::ZSTD(_))) {
            self.unknown.insert(format!("what is packed with {other}"));
            return Ok(self.unknown.into_iter().collect());
        }
        let mut count = 0;
        for number in 0..self.metadata.num_row_groups() {
            count += self.group(number, &mut rows)?;
        }
        let more = rows.push_next(&mut Group::new())?;
        if more || self.metadata.file_metadata().num_rows() != count {
            return Err(differs("it has fewer rows than it should, or says another number"));
        }
        Ok(self.unknown.into_iter().collect())
    }

    /// Compares one group of rows; returns how many they are.
    fn group(
        &mut self,
        number: usize,
        rows: &mut Judged<impl BufRead, impl Iterator<Item = QualityRow>>,
    ) -> Result<i64, Differs> {
        let about = self.metadata.row_group(number).clone();
        self.indexes(&about);
        let unpacked = Arc::new(Unpacked::default());
        let mut readers = Vec::new();
        for leaves in &self.leaves {
            let open = |leaf: &usize| Column::open(&self.file, &about, *leaf, &unpacked);
            readers.push(leaves.iter().map(open).collect::<Result<Vec<_>, _>>()?);
        }
        let mut left = about.num_rows();
        while left > 0 {
            let (mut group, mut taken) = (Group::new(), 0);
            while left > 0 && group.held() < HELD_BYTES {
                if !rows.push_next(&mut group)? {
                    return Err(differs("it has more rows than it should"));
                }
                (left, taken) = (left - 1, taken + 1);
            }
            for (column, (readers, values)) in columns().zip(readers.iter_mut().zip(group.columns())) {
                for (reader, values) in readers.iter_mut().zip(values) {
                    if !reader.is(values, taken)? {
                        let name = column.name;
                        return Err(differs(format!("its column {name} is not what follows from the rows")));
                    }
                }
            }
        }
        for (column, readers) in columns().zip(&mut readers) {
            for reader in readers {
                if !reader.ends()? {
                    return Err(differs(format!("what it says of its column {} is not so", column.name)));
                }
            }
        }
        Ok(about.num_rows())
    }

    /// Notes what readers may go by besides the values.
    fn indexes(&mut self, about: &RowGroupMetaData) {
        let has = |column: &ColumnChunkMetaData| {
            [column.bloom_filter_offset(), column.column_index_offset(), column.offset_index_offset()]
                .iter()
                .any(Option::is_some)
        };
        self.unknown.extend(about.columns().iter().any(has).then(|| "its indexes".to_owned()));
    }
}

/// A column of a group of rows, which is read in step with these.
struct Column {
    place: usize,
    reader: ColumnReader,
    about: ColumnChunkMetaData,
    unpacked: Arc<Unpacked>,
    /// How many values were read, and how many of them were null.
    values: u64,
    nulls: u64,
}

impl Column {
    fn open(
        file: &Arc<File>,
        group: &RowGroupMetaData,
        place: usize,
        unpacked: &Arc<Unpacked>,
    ) -> Result<Self, Differs> {
        let about = group.column(place).clone();
        let rows = usize::try_from(group.num_rows()).map_err(|_| differs("a group of rows has fewer than none"))?;
        let places = [about.data_page_offset(), about.compressed_size(), about.dictionary_page_offset().unwrap_or(0)];
        if places.iter().any(|place| *place < 0) {
            return Err(differs("a column lies before the beginning of the file"));
        }
        let guarded = Guarded::new(file.clone(), place, unpacked.clone());
        let pages = SerializedPageReader::new(Arc::new(guarded), &about, rows, None)?;
        let reader = get_column_reader(about.column_descr_ptr(), Box::new(pages));
        Ok(Column { place, reader, about, unpacked: unpacked.clone(), values: 0, nulls: 0 })
    }

    /// Whether the next so many rows have these values.
    fn is(&mut self, wanted: &Values, rows: usize) -> Result<bool, Differs> {
        let levels = if wanted.leaf.most > 0 { wanted.present.len() } else { rows };
        self.unpacked.allow(self.place, levels);
        self.values += levels as u64;
        self.nulls += wanted.present.iter().filter(|level| **level < wanted.leaf.most).count() as u64;
        // Bounds of an older form are in no order that anybody agrees on, and readers pass over them.
        let said = self.about.statistics().filter(|said| !said.is_min_max_deprecated());
        let same = match (&mut self.reader, said) {
            (ColumnReader::ByteArrayColumnReader(reader), said) => read(reader, wanted, rows)?.is_some_and(|found| {
                let (least, most) = match said {
                    Some(Statistics::ByteArray(said)) => (said.min_opt(), said.max_opt()),
                    _ => (None, None),
                };
                within(least, most, &found) && wanted.texts().eq(found.iter().map(ByteArray::data))
            }),
            (ColumnReader::Int64ColumnReader(reader), said) => read(reader, wanted, rows)?.is_some_and(|found| {
                let (least, most) = match said {
                    Some(Statistics::Int64(said)) => (said.min_opt(), said.max_opt()),
                    _ => (None, None),
                };
                within(least, most, &found) && found == wanted.ints
            }),
            (ColumnReader::BoolColumnReader(reader), said) => read(reader, wanted, rows)?.is_some_and(|found| {
                let (least, most) = match said {
                    Some(Statistics::Boolean(said)) => (said.min_opt(), said.max_opt()),
                    _ => (None, None),
                };
                within(least, most, &found) && found == wanted.bools
            }),
            _ => false,
        };
        Ok(same)
    }

    /// Whether nothing follows, and it has as many values as it says, on each page and in all.
    fn ends(&mut self) -> Result<bool, Differs> {
        self.unpacked.allow(self.place, 0);
        let more = match &mut self.reader {
            ColumnReader::ByteArrayColumnReader(reader) => more(reader)?,
            ColumnReader::Int64ColumnReader(reader) => more(reader)?,
            ColumnReader::BoolColumnReader(reader) => more(reader)?,
            _ => true,
        };
        let seen = self.unpacked.seen(self.place);
        let nulls = self.about.statistics().and_then(Statistics::null_count_opt);
        let counted = u64::try_from(self.about.num_values()) == Ok(self.values) && seen == self.values;
        Ok(!more && counted && nulls.is_none_or(|nulls| nulls == self.nulls))
    }
}

/// Whether there is one row more in a column.
fn more<T: DataType>(reader: &mut ColumnReaderImpl<T>) -> Result<bool, Differs> {
    let (mut present, mut again) = (Vec::new(), Vec::new());
    let (found, ..) = reader.read_records(1, Some(&mut present), Some(&mut again), &mut Vec::new())?;
    Ok(found > 0)
}

/// The next so many rows of a column; nothing when it has fewer, or some lie otherwise than is wanted.
fn read<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    wanted: &Values,
    rows: usize,
) -> Result<Option<Vec<T::T>>, Differs> {
    let (mut present, mut again, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let optional = (wanted.leaf.most > 0).then_some(&mut present);
    let repeated = wanted.leaf.repeated.then_some(&mut again);
    let (found, ..) = reader.read_records(rows, optional, repeated, &mut values)?;
    Ok((found == rows && present == wanted.present && again == wanted.again).then_some(values))
}

/// Whether values lie between the least and the greatest that are said, by which readers pass over groups of rows.
fn within<T: PartialOrd>(least: Option<&T>, most: Option<&T>, values: &[T]) -> bool {
    values.iter().all(|value| least.is_none_or(|least| least <= value) && most.is_none_or(|most| value <= most))
}

fn differs(what: impl Into<String>) -> Differs {
    Differs::What(what.into())
}
