//! What a person shares: a small signed header, and a salted body that it commits to by hash.

pub mod content;
