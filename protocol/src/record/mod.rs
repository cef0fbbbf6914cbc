//! What a person shares: a small signed header, and a salted body that it commits to by hash.

pub mod body;
pub mod content;
mod content_bytes;
pub mod header;

pub use body::{Body, BodyError};
pub use header::{Header, HeaderError, RecordId, SignedHeader};
