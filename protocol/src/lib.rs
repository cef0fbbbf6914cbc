//! The pure rules of Commonwheel.
//!
//! Everything here is a function of its arguments: no clock, no randomness, no network, no disk.
//! Time, keys and storage are passed in. Start reading at [`record`] (what a person shares),
//! [`agreement`] (how validators accept it), then [`core`] (the one transition that ties them).

pub mod agreement;
pub mod bytes;
pub mod core;
pub mod dataset;
pub mod identity;
pub mod index;
pub mod ledger;
pub mod licence;
pub mod limits;
pub mod operation;
pub mod preference;
pub mod reconcile;
pub mod record;
pub mod redact;
pub mod search;
pub mod sign;
pub mod similar;
pub mod text;
pub mod wire;
