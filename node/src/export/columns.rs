//! Files that hold the columns of rows and what is said of these in the light of all others: written after the rows, from
//! the file in which they lie.

use super::parquet::{self, EncodeError};
use commonwheel_protocol::dataset::{Canary, Partition, QualityRow, ROW_BYTES, RowError, View, tfrecord};
use std::io::{BufRead, Read, Write};

/// Writes the rows of one partition, each a line, as a file of a view, with what `quality` says of each. `seen` is called
/// after each.
///
/// # Errors
/// When the rows cannot be read, are none, or the file cannot be written.
pub fn encode(
    view: View,
    rows: impl BufRead,
    quality: impl Iterator<Item = QualityRow>,
    (partition, canary): (&Partition, &Canary),
    to: impl Write + Send,
    seen: &mut dyn FnMut(),
) -> Result<(), EncodeError> {
    match view {
        View::TfRecord => records(rows, quality, to, seen),
        _ => parquet::encode(rows, quality, partition, canary, to, seen),
    }
}

fn records(
    mut rows: impl BufRead,
    mut quality: impl Iterator<Item = QualityRow>,
    mut to: impl Write,
    seen: &mut dyn FnMut(),
) -> Result<(), EncodeError> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        rows.by_ref().take(ROW_BYTES as u64).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            break;
        }
        let text = line.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
        let text = text.ok_or(EncodeError::Row { number, source: RowError::Json })?;
        let judged = quality.next().ok_or(EncodeError::Unjudged(number))?;
        let record = tfrecord::record(text, &judged).map_err(|source| EncodeError::Row { number, source })?;
        to.write_all(&record).map_err(EncodeError::Sink)?;
        seen();
    }
    Ok(())
}
