//! One CARv1 file's bytes: a header, then sections of `varint(length) cid block`.
//!
//! Source: the IPLD specification of CARv1. Stricter than it: only the ids that
//! Commonwheel uses, shortest varints, and a limit on the length of a section.

use commonwheel_protocol::bytes::{Cid, Codec, Node, encode};
use commonwheel_protocol::limits::FRAME_BYTES;
use std::io::{self, Read};

/// The largest block that a section may carry.
pub(crate) const BLOCK_BYTES: usize = FRAME_BYTES - Cid::LEN;
/// Length of a [`header`] without roots.
pub(crate) const HEADER_BYTES: u64 = 18;
/// Enough for [`FRAME_BYTES`], seven bits a byte.
const VARINT_BYTES: usize = 4;
/// How much [`holds_section`] hashes before it gives up.
const SEARCH_BYTES: usize = 32 * FRAME_BYTES;

const _: () = assert!(FRAME_BYTES < 1 << (7 * VARINT_BYTES), "a section's length fits in its varint");

/// What stands at one place of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// A whole section whose bytes match their id.
    Section(Cid, Vec<u8>),
    /// A whole section of this many bytes of block, which do not match their id.
    Mismatch(usize),
    /// No section: why. What follows cannot be read.
    Broken(&'static str),
    /// The end of the file.
    End,
}

/// The first bytes of a file: `{"roots": […], "version": 1}` after its length. The store's own files
/// have no roots.
pub fn header(roots: &[Cid]) -> Vec<u8> {
    let roots = Node::List(roots.iter().map(|root| (*root).into()).collect());
    let node = encode(&Node::map([("roots", Some(roots)), ("version", Some(Node::Int(1)))]));
    let mut out = varint(node.len());
    out.extend_from_slice(&node);
    out
}

/// The section of a block.
pub fn section(cid: &Cid, block: &[u8]) -> Vec<u8> {
    let mut out = section_head(cid, block.len());
    out.reserve_exact(block.len());
    out.extend_from_slice(block);
    out
}

/// What stands before a block of `size` bytes in its section.
pub fn section_head(cid: &Cid, size: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(VARINT_BYTES + Cid::LEN);
    push_varint(Cid::LEN + size, &mut out);
    out.extend_from_slice(&cid.to_bytes());
    out
}

/// What stands at the beginning of a section: the length of its head, the block's id and its size. Nothing when no head of
/// a section stands there whole.
pub(crate) fn read_head(bytes: &[u8]) -> Option<(usize, Cid, usize)> {
    let prefix = 1 + bytes.iter().take(VARINT_BYTES).position(|byte| byte & 0x80 == 0)?;
    let length = read_varint(&bytes[..prefix]).filter(|length| (Cid::LEN..=FRAME_BYTES).contains(length))?;
    let head = prefix + Cid::LEN;
    let cid = Cid::from_bytes(bytes.get(prefix..head)?).ok()?;
    Some((head, cid, length - Cid::LEN))
}

/// Length of the section of a block of `size` bytes.
pub(crate) fn section_bytes(size: usize) -> usize {
    varint_bytes(Cid::LEN + size) + Cid::LEN + size
}

/// What takes the place of an erased block of `size` bytes: zeros, under their own id.
pub(crate) fn erased(size: usize) -> Vec<u8> {
    let zeros = vec![0; size];
    section(&Cid::of(Codec::Raw, &zeros), &zeros)
}

/// Whether a section looks like [`erased`]. A block of zeros that was put looks the same.
pub(crate) fn looks_erased(cid: &Cid, block: &[u8]) -> bool {
    cid.codec() == Codec::Raw && block.iter().all(|byte| *byte == 0)
}

/// Reads what stands next.
///
/// # Errors
/// When the reader fails; a file that ends too early is [`Next::Broken`].
pub fn next_section(reader: &mut impl Read) -> io::Result<Next> {
    let mut prefix = Vec::with_capacity(VARINT_BYTES);
    let length = loop {
        let mut byte = [0];
        if reader.read(&mut byte)? == 0 {
            let end = if prefix.is_empty() { Next::End } else { Next::Broken("the file ends inside a length") };
            return Ok(end);
        }
        prefix.push(byte[0]);
        if byte[0] & 0x80 == 0 || prefix.len() == VARINT_BYTES {
            break read_varint(&prefix);
        }
    };
    let Some(length) = length.filter(|length| (Cid::LEN..=FRAME_BYTES).contains(length)) else {
        return Ok(Next::Broken("expected the length of a section"));
    };
    let mut bytes = vec![0; length];
    match reader.read_exact(&mut bytes) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Ok(Next::Broken("the file ends inside a section"));
        }
        other => other?,
    }
    let block = bytes.split_off(Cid::LEN);
    Ok(match Cid::from_bytes(&bytes) {
        Ok(cid) if cid.matches(&block) => Next::Section(cid, block),
        _ => Next::Mismatch(block.len()),
    })
}

/// Whether a whole, valid section stands anywhere after the first byte.
///
/// Tells a torn tail, after which nothing was ever made durable, from damage to an older section.
/// Answers yes when there is too much to search: then a person has to look.
pub(crate) fn holds_section(bytes: &[u8]) -> bool {
    let mut left = SEARCH_BYTES;
    for at in 2..bytes.len().saturating_sub(Cid::LEN - 1) {
        let Ok(cid) = Cid::from_bytes(&bytes[at..at + Cid::LEN]) else { continue };
        for prefix in (1..=VARINT_BYTES).filter(|prefix| *prefix < at) {
            let Some(length) = read_varint(&bytes[at - prefix..at]) else { continue };
            let Some(block) = bytes[at..].get(Cid::LEN..length) else { continue };
            if length > left || cid.matches(block) {
                return true;
            }
            left -= length;
        }
    }
    false
}

/// Unsigned LEB128.
fn varint(value: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(VARINT_BYTES);
    push_varint(value, &mut out);
    out
}

fn push_varint(mut value: usize, to: &mut Vec<u8>) {
    while value >= 0x80 {
        to.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

/// How many bytes the varint of a value has.
fn varint_bytes(value: usize) -> usize {
    let bits = usize::BITS - (value | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

/// The value of bytes that are exactly one shortest varint.
fn read_varint(bytes: &[u8]) -> Option<usize> {
    let (last, before) = bytes.split_last()?;
    // The last byte alone says that it is the last, and is 0 only where it is the only one.
    let shortest = last & 0x80 == 0 && before.iter().all(|byte| byte & 0x80 > 0) && (*last > 0 || before.is_empty());
    let value = bytes.iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f));
    shortest.then_some(value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_the_one_that_other_readers_expect() {
        assert_eq!(header(&[]), b"\x11\xa2eroots\x80gversion\x01");
        assert_eq!(header(&[]).len() as u64, HEADER_BYTES);
    }

    #[test]
    fn sections_round_trip_up_to_the_limit_and_not_beyond() {
        for size in [0, 1, 91, 92, 127, 128, 16_347, 16_348, BLOCK_BYTES] {
            let block = vec![7; size];
            let bytes = section(&Cid::of_cbor(&block), &block);
            assert_eq!(bytes.len(), section_bytes(size));
            assert_eq!(bytes.len(), erased(size).len());
            assert_eq!(next_section(&mut &bytes[..]).unwrap(), Next::Section(Cid::of_cbor(&block), block));
        }
        let block = vec![7; BLOCK_BYTES + 1];
        let bytes = section(&Cid::of_cbor(&block), &block);
        assert!(matches!(next_section(&mut &bytes[..]).unwrap(), Next::Broken(_)));
    }

    #[test]
    fn malformed_lengths_are_broken() {
        for bytes in [&[0x00][..], &[0x23], &[0xa4, 0x00], &[0xff; 8], &[0x80, 0x80, 0x80, 0x80, 0x01], &[0x80]] {
            assert!(matches!(next_section(&mut &bytes[..]).unwrap(), Next::Broken(_)), "{bytes:02x?}");
        }
    }

    #[test]
    fn a_section_is_found_after_any_garbage_and_a_torn_one_never_is() {
        let whole = section(&Cid::of_cbor(b"block"), b"block");
        for garbage in 1..70 {
            let bytes = [vec![0xff; garbage], whole.clone()].concat();
            assert!(holds_section(&bytes), "after {garbage} bytes");
            assert!(!holds_section(&bytes[..bytes.len() - 1]), "torn after {garbage} bytes");
        }
        assert!(!holds_section(&whole), "what stands at the first byte does not count");
    }
}
