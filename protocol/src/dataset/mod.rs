//! The dataset: what an export holds, as functions of records alone.
//!
//! docs/DATASET.md describes the same for readers in other languages. Start at [`Row`]; then
//! [`Manifest`], which names every file.

mod authors;
mod bundle;
mod chosen;
mod civil;
pub mod columns;
mod copied;
mod dag_json;
mod edition;
pub mod filter;
mod manifest;
mod merged;
mod overlap;
mod partition;
mod parts;
mod purpose;
mod quality;
mod revocations;
mod row;
mod split;
mod views;

pub use authors::{Author, Authors};
pub use bundle::{Census, bundle};
pub use chosen::Chosen;
pub use civil::{Month, NoMonth, rfc3339, unix_s};
pub use copied::{Copied, LeftOut};
pub use dag_json::pretty;
pub use edition::{Contents, Gone, edition};
pub use filter::{Facts, Filter, FilterError};
pub use manifest::{ErasedRow, FORMAT, FileRows, Manifest, ReleaseName, Sealed, Subject, Tally, ViewRows, names};
pub use merged::{MergedRows, Merging, Work, apart, unmerged};
pub use overlap::{BenchmarkFile, Contaminated, Overlap, SharedItem, overlaps};
pub use partition::{Partition, Partitions};
pub use parts::Bound;
pub use purpose::{ForUse, Purpose, Unfit};
pub use quality::{Beside, Finished, QUALITY_COLUMNS, Quality, QualityRow};
pub use revocations::{Revocation, Revocations};
pub use row::{HEADER_COLUMNS, RESERVED, ROW_BYTES, Row, RowError};
pub use split::{CANARY, Canary, Draw, Split, Voice};
pub use views::{View, Views, tfrecord};
