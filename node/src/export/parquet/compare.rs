//! Whether a file by another version holds what the rows give: other bytes, and the same values.
//!
//! The file may come from anywhere. It is read column by column in step with the rows, and `guard` bounds what that takes.

use super::group::{Group, Values};
use super::guard::{self, Guarded, Unpacked};
use super::schema::{self, columns};
use super::{EncodeError, Judged, footer};
use commonwheel_protocol::dataset::columns::COLUMNS;
use commonwheel_protocol::dataset::{CANARY, Canary, FORMAT, Partition, QualityRow, Split};
use commonwheel_storage::caught;
use parquet::basic::Compression;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::file::statistics::Statistics;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead};
use std::path::Path;
use std::sync::Arc;

/// Once so much of the rows is held, it is compared, counted as [`Group::held`] does.
const HELD_BYTES: usize = 4 << 20;
/// How many things are named that are not known here, and how much is said of each name, in characters.
const NAMED: usize = 100;
const NAME_CHARS: usize = 60;

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

/// Compares a file with the rows from which it says it follows, `rows_bytes` long, and what is said of each of these.
/// Returns what of it is not known here, in words, and so was not compared: columns that this version does not write, above
/// all.
///
/// # Errors
/// When something in it differs, or cannot be read.
pub fn compare<R: BufRead>(
    rows: R,
    rows_bytes: u64,
    quality: impl Iterator<Item = QualityRow>,
    partition: &Partition,
    canary: &Canary,
    path: &Path,
) -> Result<Vec<String>, Differs> {
    let compared = || Compared::open(path, rows_bytes, partition, canary)?.all(Judged::new(rows, quality));
    // Decoders are made for files of honest writers.
    caught(compared).unwrap_or_else(|| Err(differs("a reader fails over it")))
}

/// A file that is compared.
struct Compared {
    file: Arc<File>,
    metadata: ParquetMetaData,
    /// The leaves of each column that is known here, by their places in the file.
    leaves: Vec<Vec<usize>>,
    unknown: BTreeSet<String>,
    unpacked: Arc<Unpacked>,
}

impl Compared {
    fn open(path: &Path, rows_bytes: u64, partition: &Partition, canary: &Canary) -> Result<Self, Differs> {
        let file = File::open(path)?;
        let metadata = footer::metadata(&file, rows_bytes)?;
        if metadata.file_metadata().created_by() != footer::written_by(path)?.as_deref() {
            return Err(differs("it names another writer than the text at its end"));
        }
        let (leaves, unknown, unpacked) = (Vec::new(), BTreeSet::new(), Arc::new(Unpacked::new()));
        let mut compared = Compared { file: Arc::new(file), metadata, leaves, unknown, unpacked };
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
        let others: Vec<_> = others.map(|one| format!("what it says of itself as {}", named(&one.key))).collect();
        others.into_iter().for_each(|what| self.note(what));
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
        unknown.iter().for_each(|name| self.note(format!("the column {}", named(name))));
        Ok(())
    }

    /// Notes what is not known here; of very many things only that there are more.
    fn note(&mut self, what: String) {
        if self.unknown.len() < NAMED {
            self.unknown.insert(what);
        } else if !self.unknown.contains(&what) {
            self.unknown.insert("\u{2026} and more".to_owned());
        }
    }

    /// Compares everything.
    fn all(mut self, mut rows: Judged<impl BufRead, impl Iterator<Item = QualityRow>>) -> Result<Vec<String>, Differs> {
        self.pass_over_unread();
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

    /// Notes in which ways columns are written that are not read here, and passes over each of these in every group.
    fn pass_over_unread(&mut self) {
        let mut unread = BTreeSet::new();
        for leaves in &mut self.leaves {
            let groups = self.metadata.row_groups().iter();
            let ways: Vec<_> =
                groups.flat_map(|group| leaves.iter().filter_map(|leaf| unread_way(group.column(*leaf)))).collect();
            if !ways.is_empty() {
                leaves.clear();
                unread.extend(ways);
            }
        }
        unread.into_iter().for_each(|way| self.note(way));
    }

    /// Compares one group of rows; returns how many they are.
    fn group(
        &mut self,
        number: usize,
        rows: &mut Judged<impl BufRead, impl Iterator<Item = QualityRow>>,
    ) -> Result<i64, Differs> {
        let about = self.metadata.row_group(number).clone();
        self.indexes(&about);
        self.unpacked.begin_group();
        let mut readers = Vec::new();
        for leaves in &self.leaves {
            let open = |leaf: &usize| Column::open(&self.file, &about, *leaf, &self.unpacked);
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
            self.unpacked.allow_bytes(group.held());
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
        if about.columns().iter().any(has) {
            self.note("its indexes".to_owned());
        }
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

/// How a column is written, if that is a way which is not read here.
fn unread_way(chunk: &ColumnChunkMetaData) -> Option<String> {
    match chunk.compression() {
        Compression::UNCOMPRESSED | Compression::ZSTD(_) => {}
        other => return Some(format!("what is packed with {other}")),
    }
    chunk.encodings().find(|one| !guard::is_read(*one)).map(|other| format!("what is laid out as {other}"))
}

/// A name that a file states, as it may be shown.
fn named(name: &str) -> String {
    let mut begins: String = name.chars().take(NAME_CHARS).collect();
    if begins.len() < name.len() {
        begins.push('\u{2026}');
    }
    format!("{begins:?}")
}

fn differs(what: impl Into<String>) -> Differs {
    Differs::What(what.into())
}
