//! Strict bytes: DAG-CBOR in and out, content ids, and readers for maps with known fields.
//!
//! Sources: the IPLD DAG-CBOR specification; RFC 8949 §4.2; the multiformats CID specification.

pub(crate) mod base32;
mod cid;
mod decode;
mod encode;
mod fields;
mod node;

pub use cid::{Cid, CidError, Codec};
pub use decode::{DecodeError, decode, decode_entries};
pub use encode::encode;
pub use fields::{FieldError, Fields};
pub use node::{Key, Node};
