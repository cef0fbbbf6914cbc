//! The Commonwheel node: the only crate with tokio and libp2p.

pub mod benchmark;
pub mod cli;
pub mod community;
pub mod contribute;
pub mod demo;
pub mod export;
pub mod govern;
pub mod gunzip;
pub mod home;
pub mod import;
pub mod keys;
pub mod net;
mod percent;
pub mod prune;
pub mod run;
pub mod torrent;
pub mod usage;
pub mod verify;
