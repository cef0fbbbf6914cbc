//! The whole main job on one machine: four validators, a replica and a contributor, each a real
//! process, over libp2p on loopback.

pub mod cluster;
mod story;

pub use story::{DemoOptions, Summary, run};
