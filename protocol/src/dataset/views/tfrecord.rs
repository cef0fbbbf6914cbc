//! All rows as records of TensorFlow: a `tf.train.Example` each, framed as TFRecord files are.
//!
//! Source: TensorFlow's description of TFRecord; `example.proto` and `feature.proto`; the wire format of Protocol
//! Buffers. A message here is only ever bytes with a length before them, so that no library is needed.

use crate::dataset::columns::{COLUMNS, Cell, Column, Field, Form, Kind, Value, cells};
use crate::dataset::quality::{QUALITY_COLUMNS, QualityRow};
use crate::dataset::row::RowError;
use std::collections::BTreeMap;

/// What masking adds, so that a checksum of bytes with checksums in them is no weaker.
const MASK_DELTA: u32 = 0xa282_ead8;

/// The record of a row, from the row's one text and what is said of it in the light of all others: length, checksum of the
/// length, an Example, checksum of that.
///
/// # Errors
/// When the line is not a row.
pub fn record(line: &str, judged: &QualityRow) -> Result<Vec<u8>, RowError> {
    let example = example(&cells(line)?, &judged.cells());
    let length = (example.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(example.len() + 16);
    record.extend(length);
    record.extend(masked(&length));
    record.extend_from_slice(&example);
    record.extend(masked(&example));
    Ok(record)
}

fn masked(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(MASK_DELTA).to_le_bytes()
}

/// The features in the order of their names: a column's own, or that of the column, a slash, and the field.
fn example(cells: &[Cell], judged: &[Cell]) -> Vec<u8> {
    let mut features = BTreeMap::new();
    for (column, cell) in COLUMNS.iter().zip(cells).chain(QUALITY_COLUMNS.iter().zip(judged)) {
        match cell {
            Cell::None => {}
            Cell::One(value) => drop(features.insert(column.name.to_owned(), feature(kind_of(column), [Some(value)]))),
            Cell::Many(values) if column.form == Form::Texts => {
                features.insert(column.name.to_owned(), feature(Kind::Text, values.iter().map(Option::as_ref)));
            }
            Cell::Many(values) => {
                let fields = column.form.fields();
                for (at, Field { name, kind, .. }) in fields.iter().enumerate() {
                    let mine = values.iter().skip(at).step_by(fields.len()).map(Option::as_ref);
                    features.insert(format!("{}/{name}", column.name), feature(*kind, mine));
                }
            }
        }
    }
    let entry = |(name, feature): (String, Vec<u8>)| [message(1, name.as_bytes()), message(2, &feature)].concat();
    let features: Vec<_> = features.into_iter().map(|one| message(1, &entry(one))).collect();
    message(1, &features.concat())
}

fn kind_of(column: &Column) -> Kind {
    match column.form {
        Form::One(kind) => kind,
        Form::Time => Kind::Int,
        _ => Kind::Text,
    }
}

/// A list of bytes (1) or of integers (3). What is not there is empty or 0, so that lists of one column are equally
/// long.
fn feature<'a>(kind: Kind, values: impl IntoIterator<Item = Option<&'a Value<'a>>>) -> Vec<u8> {
    let mut list = Vec::new();
    for value in values {
        match (kind, value) {
            (Kind::Text, Some(Value::Text(text))) => list.extend(message(1, text.as_bytes())),
            (Kind::Text, _) => list.extend(message(1, b"")),
            (_, Some(Value::Int(value))) => varint(*value as u64, &mut list),
            (_, value) => varint(u64::from(value == Some(&Value::Bool(true))), &mut list),
        }
    }
    match kind {
        Kind::Text => message(1, &list),
        // The integers of a list stand packed in one field.
        Kind::Int | Kind::Bool => message(3, &if list.is_empty() { list } else { message(1, &list) }),
    }
}

/// A field that holds bytes or another message.
fn message(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = Vec::with_capacity(bytes.len() + 6);
    field.push(number << 3 | 2);
    varint(bytes.len() as u64, &mut field);
    field.extend_from_slice(bytes);
    field
}

fn varint(mut value: u64, to: &mut Vec<u8>) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}
