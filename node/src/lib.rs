//! The Commonwheel node: the only crate with tokio and libp2p.

pub mod cli;
pub mod export;
pub mod home;
pub mod import;
pub mod verify;
