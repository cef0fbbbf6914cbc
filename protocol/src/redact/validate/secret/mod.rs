//! Credentials: what services, programs and people call secret.

pub(super) mod assigned;
mod base64;
pub(super) mod header;
pub(super) mod jwt;
pub(super) mod kubernetes;
pub(super) mod log;
mod look;
pub(super) mod private_key;
mod reading;
pub(super) mod url;
mod value;
mod words;
