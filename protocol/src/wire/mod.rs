//! What nodes say to each other: gossip messages, and requests with their replies.

pub mod exchange;
pub mod gossip;
pub mod invite;
pub mod signed;
