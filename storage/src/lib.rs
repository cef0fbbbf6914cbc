//! The engines behind [`commonwheel_protocol::ledger::Store`].
//!
//! [`CarStore`] keeps every block in append-only CAR files, which are the truth, and finds them
//! through an index that can be thrown away at any time. [`MemoryStore`] keeps everything in
//! memory, for the simulator. [`conformance`] is the suite that both pass.
//!
//! Reading order: `car` (one file's bytes), `read_at`, `handles` and `series` (the files of a shelf), `index`,
//! `erase` (tombstones), `recover` (opening), `store` (reading and committing), `check`; then
//! `search`, an index of words that only searching needs. `caught` keeps panics of libraries silent.

pub mod car;
mod caught;
mod check;
pub mod conformance;
mod erase;
mod error;
mod folder;
mod handles;
mod index;
mod memory;
mod read_at;
mod recover;
pub mod search;
mod series;
mod store;

pub use caught::caught;
pub use check::{CheckReport, ShelfCount};
pub use error::StoreError;
pub use memory::MemoryStore;
pub use read_at::read_exact_at;
pub use recover::OpenReport;
pub use store::{CarStore, Options};
