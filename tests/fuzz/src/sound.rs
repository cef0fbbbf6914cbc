//! A sound item of every format: what the importers' own tests break.

use crate::import::Format;
pub use samples::samples;

#[path = "../../../node/src/import/samples.rs"]
mod samples;
