//! What a community decides: the charter that leads, matters that are open or resolved, decisions in force.
//!
//! Everything here reads a ledger; what is signed goes through the running node.

mod leading;
mod overview;
mod seat;
pub mod words;

pub use leading::Leading;
pub use overview::{Decided, Governance, LastRelease, OpenMatter};
pub use seat::{Came, Seat, Wanted};

#[cfg(test)]
mod tests;
