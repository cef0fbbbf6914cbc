//! The values of some rows, column by column, until they are encoded together.
//!
//! Parquet writes nested values as flat ones with two levels each: how much of the path to the value is there, and
//! where a list goes on. Source: the Dremel paper, and Parquet's specification of nested encoding.

use super::schema::{Leaf, columns, leaves};
use bytes::BytesMut;
use commonwheel_protocol::dataset::columns::{Cell, Kind, Value};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedFileWriter;
use std::io::Write;

/// What a value takes besides its bytes, roughly: its place, and what the encoder keeps of it.
const VALUE_BYTES: usize = 48;
/// What the levels take, of a value that is there or is not.
const LEVEL_BYTES: usize = 4;

/// Rows that are not encoded yet.
pub struct Group {
    /// Of each column, its leaves.
    columns: Vec<Vec<Values>>,
    held: usize,
}

/// The values of one leaf.
pub struct Values {
    /// Which.
    pub leaf: Leaf,
    /// How much of the path to each value is there; nothing where every row has one.
    pub present: Vec<i16>,
    /// Whether each is in the same list as the one before; nothing where there are no lists.
    pub again: Vec<i16>,
    texts: BytesMut,
    ends: Vec<usize>,
    /// Those that are integers.
    pub ints: Vec<i64>,
    /// Those that are true or false.
    pub bools: Vec<bool>,
}

impl Group {
    /// No rows.
    pub fn new() -> Self {
        let values = |leaf| Values {
            leaf,
            present: Vec::new(),
            again: Vec::new(),
            texts: BytesMut::new(),
            ends: Vec::new(),
            ints: Vec::new(),
            bools: Vec::new(),
        };
        let columns = columns().map(|column| leaves(column).into_iter().map(values).collect());
        Group { columns: columns.collect(), held: 0 }
    }

    /// How much memory they take, roughly, in bytes: a function of the rows alone.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Takes one row more: its values in each of the columns.
    pub fn push<'a>(&mut self, cells: impl Iterator<Item = &'a Cell<'a>>) {
        for (leaves, cell) in self.columns.iter_mut().zip(cells) {
            let width = leaves.len();
            for (at, leaf) in leaves.iter_mut().enumerate() {
                self.held += match cell {
                    Cell::None => leaf.push(None, 0, 0),
                    Cell::One(value) => leaf.push(Some(value), 0, 0),
                    // A list that is there and empty.
                    Cell::Many(values) if values.is_empty() && leaf.leaf.repeated => leaf.push(None, 1, 0),
                    Cell::Many(values) => {
                        let mine = values.iter().skip(at).step_by(width).enumerate();
                        mine.map(|(nth, value)| leaf.push(value.as_ref(), leaf.leaf.most - 1, i16::from(nth > 0))).sum()
                    }
                };
            }
        }
    }

    /// Of each column, its leaves.
    pub fn columns(&self) -> &[Vec<Values>] {
        &self.columns
    }

    /// How much memory there is for texts, in bytes.
    #[cfg(test)]
    pub fn room(&self) -> usize {
        self.columns.iter().flatten().map(|leaf| leaf.texts.capacity()).sum()
    }

    /// Encodes them as one group, and forgets them. The memory of texts is used again, where at least a half of it was used:
    /// so it stays bounded, whichever columns the next rows have.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write_to<W: Write + Send>(&mut self, to: &mut SerializedFileWriter<W>) -> Result<(), ParquetError> {
        if std::mem::take(&mut self.held) == 0 {
            return Ok(());
        }
        let mut group = to.next_row_group()?;
        for leaf in self.columns.iter_mut().flatten() {
            let lacking = || ParquetError::General("the schema has fewer columns than the rows".to_owned());
            let mut column = group.next_column()?.ok_or_else(lacking)?;
            let present = (leaf.leaf.most > 0).then_some(&leaf.present[..]);
            let again = leaf.leaf.repeated.then_some(&leaf.again[..]);
            let (room, all) = (leaf.texts.capacity(), std::mem::take(&mut leaf.texts).freeze());
            match leaf.leaf.kind {
                Kind::Text => {
                    let begins = [0].iter().chain(&leaf.ends);
                    let slice = |(begin, end): (&usize, &usize)| ByteArray::from(all.slice(*begin..*end));
                    let values: Vec<_> = begins.zip(&leaf.ends).map(slice).collect();
                    column.typed::<ByteArrayType>().write_batch(&values, present, again)?;
                }
                Kind::Int => drop(column.typed::<Int64Type>().write_batch(&leaf.ints, present, again)?),
                Kind::Bool => drop(column.typed::<BoolType>().write_batch(&leaf.bools, present, again)?),
            }
            column.close()?;
            // Nothing else holds them any more.
            if room <= 2 * all.len() {
                leaf.texts = all.try_into_mut().unwrap_or_default();
            }
            leaf.clear();
        }
        group.close()?;
        Ok(())
    }
}

impl Values {
    /// Those that are texts, as UTF-8.
    pub fn texts(&self) -> impl Iterator<Item = &[u8]> {
        [0].iter().chain(&self.ends).zip(&self.ends).map(|(begin, end)| &self.texts[*begin..*end])
    }

    /// Takes one value, or says that there is none and how much of the path to it is; `again` is 1 where it is in the
    /// same list as the one before. Returns what it takes in bytes.
    fn push(&mut self, value: Option<&Value>, path: i16, again: i16) -> usize {
        let size = match value {
            None => 0,
            Some(Value::Text(text)) => {
                self.texts.extend_from_slice(text.as_bytes());
                self.ends.push(self.texts.len());
                VALUE_BYTES + text.len()
            }
            Some(Value::Int(value)) => {
                self.ints.push(*value);
                VALUE_BYTES
            }
            Some(Value::Bool(value)) => {
                self.bools.push(*value);
                VALUE_BYTES
            }
        };
        if self.leaf.most > 0 {
            self.present.push(if value.is_some() { self.leaf.most } else { path });
        }
        if self.leaf.repeated {
            self.again.push(again);
        }
        size + LEVEL_BYTES
    }

    fn clear(&mut self) {
        self.present.clear();
        self.again.clear();
        self.texts.clear();
        self.ends.clear();
        self.ints.clear();
        self.bools.clear();
    }
}
