//! End to end: real processes over libp2p on loopback, one module for each theme.
//!
//! [`scene`] founds communities and joins homes to them; [`peer`] is a peer in this process that may
//! misbehave; [`files`] writes what people share and searches what is on the disk.

// What cannot go on here fails the test, and says where.
#![allow(clippy::unwrap_used)]

mod absence;
mod bad_input;
mod bodies;
mod crash;
mod editions;
mod federation;
mod files;
mod govern;
mod hostile;
mod liar;
mod look;
mod main_job;
mod node;
mod peer;
mod scene;
mod serving;
mod store;
mod withdrawal;
