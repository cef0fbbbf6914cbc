//! The dataset: what an export holds, as functions of records alone.
//!
//! docs/DATASET.md describes the same for readers in other languages. Start at [`Row`]; then
//! [`Manifest`], which names every file.

mod civil;
mod dag_json;
mod manifest;
mod row;

pub use civil::{Month, rfc3339, unix_s};
pub use dag_json::pretty;
pub use manifest::{FORMAT, FileRows, Manifest, Partition, names, readme};
pub use row::{HEADER_COLUMNS, ROW_BYTES, Row, RowError};
