//! From a file on somebody's disk to signed records: prepare (redact), choose, sign.
//!
//! ```text
//! import::Item (raw) ──prepare──▶ Prepared (redacted, marked) ──decisions──▶ signed Parcel
//! ```
//! Raw text goes no further than [`prepare::prepare`].

pub mod choices;
pub mod false_alarms;
pub mod hidden;
pub mod member;
pub mod notes;
pub mod pick;
pub mod prepare;
pub mod quarantine;
pub mod shared;
pub mod sign;
pub mod withheld;

pub use choices::{Choices, RightsChoice};
pub use notes::Notes;
pub use prepare::{Marked, Prepared, Rules};
