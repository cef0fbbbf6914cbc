//! The importers, from the same files that the node compiles, without the rest of it: libp2p alone takes longer to build
//! than the fuzzer may run.
#![allow(missing_docs)]

#[path = "../../../node/src/gunzip.rs"]
pub mod gunzip;
#[path = "../../../node/src/import/mod.rs"]
pub mod import;

pub mod sound;
