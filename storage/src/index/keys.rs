//! The keys and values of the index, as its table says.

use super::SeriesId;
use crate::StoreError;
use crate::series::{Location, Position};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::ledger::Shelf;

const OWNER_BYTES: usize = 1 + Cid::LEN;

pub(super) fn shelf_byte(shelf: Shelf) -> u8 {
    match shelf {
        Shelf::Certified => 0,
        Shelf::Waiting => 1,
        Shelf::Live => 2,
    }
}

pub(super) fn owner_bytes(shelf: Shelf, cid: &Cid) -> [u8; OWNER_BYTES] {
    let mut out = [shelf_byte(shelf); OWNER_BYTES];
    out[1..].copy_from_slice(&cid.to_bytes());
    out
}

pub(super) fn location_key(shelf: Shelf, cid: &Cid) -> Vec<u8> {
    [b"l", &owner_bytes(shelf, cid)[..]].concat()
}

pub(super) fn entry_key(key: &[u8], shelf: Shelf, cid: &Cid) -> Vec<u8> {
    [&escape(key)[..], &[0, 0], &owner_bytes(shelf, cid)].concat()
}

pub(super) fn mark_key(series: SeriesId) -> [u8; 2] {
    match series {
        SeriesId::Shelf(shelf) => [b'm', shelf_byte(shelf)],
        SeriesId::Erasures => [b'm', 0xff],
    }
}

pub(super) fn erased_key(shelf: Shelf, at: Position) -> Vec<u8> {
    [&[b'e', shelf_byte(shelf)][..], &at.file.to_be_bytes(), &at.offset.to_be_bytes()].concat()
}

pub(super) fn location_bytes(location: Location) -> Vec<u8> {
    let Location { at, size } = location;
    [&at.file.to_be_bytes()[..], &at.offset.to_be_bytes(), &size.to_be_bytes()].concat()
}

pub(super) fn read_location(bytes: &[u8]) -> Result<Location, StoreError> {
    let read = || {
        let (file, rest) = bytes.split_first_chunk()?;
        let (offset, size) = rest.split_first_chunk()?;
        let at = Position { file: u32::from_be_bytes(*file), offset: u64::from_be_bytes(*offset) };
        Some(Location { at, size: u32::from_be_bytes(size.try_into().ok()?) })
    };
    read().ok_or(StoreError::IndexEntry)
}

/// The block that contributes an entry.
pub(super) fn owner_of(stored: &[u8]) -> Option<&[u8; OWNER_BYTES]> {
    stored.last_chunk()
}

pub(super) fn escape(key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len() + 3 + OWNER_BYTES);
    out.push(b'd');
    for byte in key {
        out.push(*byte);
        if *byte == 0 {
            out.push(0xff);
        }
    }
    out
}

pub(super) fn unescape(stored: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut key = Vec::with_capacity(stored.len());
    let mut rest = stored.get(1..).unwrap_or_default();
    while let Some(at) = rest.iter().position(|byte| *byte == 0) {
        key.extend_from_slice(&rest[..at]);
        match rest.get(at + 1) {
            Some(0) => return Ok(key),
            Some(_) => key.push(0),
            None => break,
        }
        rest = &rest[at + 2..];
    }
    Err(StoreError::IndexEntry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_as_it_was_whatever_zeros_it_holds_and_a_part_of_it_does_not() {
        let cid = Cid::of_cbor(b"block");
        let bytes = [0, 1, 0xff];
        let mut keys = vec![Vec::new()];
        for length in 0..5 {
            let shorter = keys.clone().into_iter().filter(|key: &Vec<u8>| key.len() == length);
            keys.extend(shorter.flat_map(|key| bytes.map(|byte| [&key[..], &[byte]].concat())));
        }
        for key in keys {
            let stored = entry_key(&key, Shelf::Certified, &cid);
            assert_eq!(unescape(&stored).ok(), Some(key.clone()));
            let whole = escape(&key).len();
            assert!((0..=whole + 1).all(|length| unescape(&stored[..length]).is_err()), "{key:?}");
        }
    }
}
