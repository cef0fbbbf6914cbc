//! Which records say the same, or nearly: sketches of bodies, an index of them, and clusters; and which texts hold
//! passages of others.
//!
//! For validators, when they judge, and for whoever writes or checks a dataset; never for the state, which reads no
//! body. In memory alone: a sketch confirms a guess about a text, so that it goes when the text does. Why MinHash, and
//! how well it tells apart, is in `docs/adr/0014-near-duplicates.md`; what a dataset says of it in
//! `docs/adr/0024-what-depends-on-the-whole-export.md`.

mod clusters;
mod index;
mod overlap;
mod sketch;
#[cfg(test)]
mod tests;
mod words;

pub use clusters::{Cluster, Clusters, Gathered, Place};
pub use index::{Match, NEAR, Similar};
pub use overlap::{BENCHMARK_WORDS, Benchmarks, Full, Item, LEAST_WORDS, RUN_WORDS, RUNS, Reading};
pub use sketch::Sketch;
#[cfg(test)]
pub(crate) use tests::some_body;
pub use words::count_words;
