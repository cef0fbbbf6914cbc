//! Which records say the same, or nearly: sketches of bodies, and an index of them.
//!
//! For validators, when they judge; never for the state, which reads no body. In memory alone: a sketch confirms
//! a guess about a text, so that it goes when the text does. Why MinHash, and how well it tells apart, is in
//! `docs/adr/0014-near-duplicates.md`.

mod index;
mod sketch;
#[cfg(test)]
mod tests;
mod words;

pub use index::{Match, NEAR, Similar};
pub use sketch::Sketch;
#[cfg(test)]
pub(crate) use tests::some_body;
