//! What happens to records and charters over a community's life, with real cores.

#![allow(clippy::unwrap_used)]

mod charters;
mod cluster;
mod erasing;
mod evidence;
mod strikes;
mod waiting;
