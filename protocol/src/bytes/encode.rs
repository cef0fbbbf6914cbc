//! Writing canonical DAG-CBOR.

use super::Node;
use ciborium_ll::{Encoder, Header};

/// The one canonical encoding of a value.
///
/// # Panics
/// When an integer is outside ±(2^53 − 1): such a value cannot come from [`super::decode`], so
/// writing one is our own bug.
pub fn encode(node: &Node) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write(node, &mut out);
    out
}

/// CBOR tag of a link (IPLD DAG-CBOR).
pub(super) const LINK_TAG: u64 = 42;

fn write(node: &Node, out: &mut Vec<u8>) {
    match node {
        Node::Null => head(Header::Simple(22), out),
        Node::Bool(value) => head(Header::Simple(if *value { 21 } else { 20 }), out),
        Node::Int(value) => {
            assert!(value.abs() <= crate::limits::INT_MAX, "integer outside the canonical range");
            head(
                match u64::try_from(*value) {
                    Ok(positive) => Header::Positive(positive),
                    Err(_) => Header::Negative((-1 - value) as u64),
                },
                out,
            );
        }
        Node::Bytes(bytes) => {
            head(Header::Bytes(Some(bytes.len())), out);
            out.extend_from_slice(bytes);
        }
        Node::Text(text) => write_text(text, out),
        Node::List(items) => {
            head(Header::Array(Some(items.len())), out);
            items.iter().for_each(|item| write(item, out));
        }
        Node::Map(entries) => {
            head(Header::Map(Some(entries.len())), out);
            let mut ordered: Vec<_> = entries.iter().collect();
            ordered.sort_by(|(a, _), (b, _)| super::decode::key_order(a, b));
            for (key, value) in ordered {
                write_text(key, out);
                write(value, out);
            }
        }
        Node::Link(cid) => {
            head(Header::Tag(LINK_TAG), out);
            head(Header::Bytes(Some(super::Cid::LEN + 1)), out);
            out.push(0); // the multibase "identity" prefix that DAG-CBOR requires
            out.extend_from_slice(&cid.to_bytes());
        }
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    head(Header::Text(Some(text.len())), out);
    out.extend_from_slice(text.as_bytes());
}

fn head(header: Header, out: &mut Vec<u8>) {
    Encoder::from(out).push(header).expect("writing to memory cannot fail");
}
