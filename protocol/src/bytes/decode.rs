//! Reading canonical DAG-CBOR, and nothing else.
//!
//! `ciborium-ll` reads the item heads; every rule that it does not enforce is enforced here, on
//! the received bytes: no trailing bytes, no duplicate or unordered keys, no non-shortest heads,
//! no indefinite lengths, no floats, no tag but 42, a bounded depth.

use super::{Cid, Key, Node, encode::LINK_TAG};
use crate::limits::{DEPTH, INT_MAX};
use ciborium_ll::{Decoder, Header};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Why bytes are not canonical DAG-CBOR. Offsets count from the start of the input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The input ends inside an item.
    #[error("the bytes end inside an item at offset {0}")]
    Truncated(usize),
    /// Bytes follow the item.
    #[error("{0} bytes follow the item")]
    Trailing(usize),
    /// A head that CBOR does not define.
    #[error("malformed item head at offset {0}")]
    Malformed(usize),
    /// A length or an integer that could be written shorter.
    #[error("the item at offset {0} is not written in its shortest form")]
    NonShortest(usize),
    /// A string, list or map of indefinite length.
    #[error("indefinite length at offset {0}")]
    Indefinite(usize),
    /// A floating-point number.
    #[error("floating-point number at offset {0}; only whole numbers are allowed")]
    Float(usize),
    /// A simple value other than false, true and null.
    #[error("simple value {1} at offset {0}; only false, true and null are allowed")]
    Simple(usize, u8),
    /// An integer outside ±(2^53 − 1).
    #[error("integer outside ±(2^53−1) at offset {0}")]
    IntegerRange(usize),
    /// A tag other than 42.
    #[error("tag {1} at offset {0}; only 42 (a link) is allowed")]
    Tag(usize, u64),
    /// A link that is not a content id with the prefix 00.
    #[error("tag 42 at offset {0} does not hold a content id that Commonwheel uses")]
    Link(usize),
    /// Text that is not UTF-8.
    #[error("text at offset {0} is not UTF-8")]
    Utf8(usize),
    /// A map key that is not text.
    #[error("map key at offset {0} is not text")]
    KeyType(usize),
    /// Keys out of order.
    #[error("map key at offset {0} is out of order: shorter keys come first, then byte order")]
    KeyOrder(usize),
    /// The same key twice.
    #[error("map key at offset {0} stands twice")]
    DuplicateKey(usize),
    /// Nesting deeper than [`DEPTH`].
    #[error("nested deeper than {DEPTH} levels at offset {0}")]
    Depth(usize),
}

/// The value that the bytes encode, if they are its one canonical encoding.
///
/// # Errors
/// The first rule that the bytes break.
pub fn decode(bytes: &[u8]) -> Result<Node, DecodeError> {
    let mut reader = Reader { bytes, at: 0 };
    let node = reader.item(0)?;
    match bytes.len() - reader.at {
        0 => Ok(node),
        left => Err(DecodeError::Trailing(left)),
    }
}

/// The entries of the map that the bytes encode, in the order in which they stand there, by the rules of [`decode`]:
/// quicker than a map for who looks at each once. Another value than a map has none.
///
/// # Errors
/// As [`decode`].
pub fn decode_entries(bytes: &[u8]) -> Result<Vec<(&str, Node)>, DecodeError> {
    let mut reader = Reader { bytes, at: 0 };
    let Ok(Header::Map(Some(len))) = reader.head() else { return decode(bytes).map(|_| Vec::new()) };
    let mut entries = Vec::with_capacity(len.min(16));
    reader.entries(0, len, 0, &mut |key, value| entries.push((key, value)))?;
    match bytes.len() - reader.at {
        0 => Ok(entries),
        left => Err(DecodeError::Trailing(left)),
    }
}

/// DAG-CBOR's order of map keys: length first, then bytes (RFC 8949 §4.2.3).
pub(super) fn key_order(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.as_bytes().cmp(b.as_bytes()))
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn item(&mut self, depth: usize) -> Result<Node, DecodeError> {
        let start = self.at;
        match self.head()? {
            Header::Positive(value) => integer(i128::from(value), start),
            Header::Negative(value) => integer(-1 - i128::from(value), start),
            Header::Simple(20) => Ok(Node::Bool(false)),
            Header::Simple(21) => Ok(Node::Bool(true)),
            Header::Simple(22) => Ok(Node::Null),
            Header::Simple(other) => Err(DecodeError::Simple(start, other)),
            Header::Float(_) => Err(DecodeError::Float(start)),
            Header::Bytes(Some(len)) => Ok(Node::Bytes(self.take(len)?.to_vec())),
            Header::Text(Some(len)) => self.text(start, len).map(Node::text),
            Header::Array(Some(len)) => self.list(start, len, depth),
            Header::Map(Some(len)) => self.map(start, len, depth),
            Header::Tag(LINK_TAG) => self.link(start),
            Header::Tag(other) => Err(DecodeError::Tag(start, other)),
            Header::Break | Header::Bytes(None) | Header::Text(None) | Header::Array(None) | Header::Map(None) => {
                Err(DecodeError::Indefinite(start))
            }
        }
    }

    /// The next item's head, refused unless it is the shortest that says the same.
    fn head(&mut self) -> Result<Header, DecodeError> {
        let start = self.at;
        let mut decoder = Decoder::from(&self.bytes[start..]);
        let header = decoder.pull().map_err(|error| match error {
            ciborium_ll::Error::Io(_) => DecodeError::Truncated(start),
            ciborium_ll::Error::Syntax(_) => DecodeError::Malformed(start),
        })?;
        self.at += decoder.offset();
        let argument = match header {
            Header::Positive(value) | Header::Negative(value) | Header::Tag(value) => value,
            Header::Bytes(Some(len)) | Header::Text(Some(len)) | Header::Array(Some(len)) | Header::Map(Some(len)) => {
                len as u64
            }
            Header::Simple(value) => u64::from(value),
            _ => return Ok(header),
        };
        let shortest = match argument {
            0..24 => 1,
            24..0x100 => 2,
            0x100..0x1_0000 => 3,
            0x1_0000..0x1_0000_0000 => 5,
            _ => 9,
        };
        if self.at - start == shortest { Ok(header) } else { Err(DecodeError::NonShortest(start)) }
    }

    fn take(&mut self, len: usize) -> Result<&'b [u8], DecodeError> {
        let taken =
            self.bytes.get(self.at..).and_then(|rest| rest.get(..len)).ok_or(DecodeError::Truncated(self.at))?;
        self.at += len;
        Ok(taken)
    }

    fn text(&mut self, start: usize, len: usize) -> Result<&'b str, DecodeError> {
        std::str::from_utf8(self.take(len)?).map_err(|_| DecodeError::Utf8(start))
    }

    fn list(&mut self, start: usize, len: usize, depth: usize) -> Result<Node, DecodeError> {
        let depth = deeper(start, depth)?;
        // The list grows with what is there, so that a lying length reserves next to nothing.
        let mut items = Vec::with_capacity(len.min(16));
        for _ in 0..len {
            items.push(self.item(depth)?);
        }
        Ok(Node::List(items))
    }

    fn map(&mut self, start: usize, len: usize, depth: usize) -> Result<Node, DecodeError> {
        let mut entries = BTreeMap::new();
        self.entries(start, len, depth, &mut |key, value| drop(entries.insert(Key::new(key), value)))?;
        Ok(Node::Map(entries))
    }

    fn entries(
        &mut self,
        start: usize,
        len: usize,
        depth: usize,
        take: &mut dyn FnMut(&'b str, Node),
    ) -> Result<(), DecodeError> {
        let depth = deeper(start, depth)?;
        let mut previous: Option<&str> = None;
        for _ in 0..len {
            let at = self.at;
            let key = match self.head()? {
                Header::Text(Some(len)) => self.text(at, len)?,
                Header::Text(None) => return Err(DecodeError::Indefinite(at)),
                _ => return Err(DecodeError::KeyType(at)),
            };
            match previous.map(|previous| key_order(previous, key)) {
                Some(Ordering::Equal) => return Err(DecodeError::DuplicateKey(at)),
                Some(Ordering::Greater) => return Err(DecodeError::KeyOrder(at)),
                _ => previous = Some(key),
            }
            take(key, self.item(depth)?);
        }
        Ok(())
    }

    fn link(&mut self, start: usize) -> Result<Node, DecodeError> {
        match self.head()? {
            Header::Bytes(Some(len)) => match self.take(len)? {
                [0, cid @ ..] => Cid::from_bytes(cid).map(Node::Link).map_err(|_| DecodeError::Link(start)),
                _ => Err(DecodeError::Link(start)),
            },
            _ => Err(DecodeError::Link(start)),
        }
    }
}

fn integer(value: i128, start: usize) -> Result<Node, DecodeError> {
    match i64::try_from(value) {
        Ok(value) if (-INT_MAX..=INT_MAX).contains(&value) => Ok(Node::Int(value)),
        _ => Err(DecodeError::IntegerRange(start)),
    }
}

fn deeper(start: usize, depth: usize) -> Result<usize, DecodeError> {
    if depth < DEPTH { Ok(depth + 1) } else { Err(DecodeError::Depth(start)) }
}

#[cfg(test)]
mod tests {
    use super::super::encode;
    use super::*;
    use proptest::prelude::*;

    fn hex(text: &str) -> Vec<u8> {
        data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
    }

    #[test]
    fn each_rule_refuses_its_own_violation() {
        let cases: &[(&str, DecodeError)] = &[
            ("", DecodeError::Truncated(0)),
            ("6261", DecodeError::Truncated(1)),
            ("0000", DecodeError::Trailing(1)),
            ("1c", DecodeError::Malformed(0)),
            ("1817", DecodeError::NonShortest(0)),
            ("190017", DecodeError::NonShortest(0)),
            ("f814", DecodeError::NonShortest(0)),
            ("780161", DecodeError::NonShortest(0)),
            ("9f00ff", DecodeError::Indefinite(0)),
            ("7f6161ff", DecodeError::Indefinite(0)),
            ("ff", DecodeError::Indefinite(0)),
            ("f93c00", DecodeError::Float(0)),
            ("fb3ff0000000000000", DecodeError::Float(0)),
            ("f7", DecodeError::Simple(0, 23)),
            ("1b0020000000000000", DecodeError::IntegerRange(0)),
            ("3b001fffffffffffff", DecodeError::IntegerRange(0)),
            ("3b7fffffffffffffff", DecodeError::IntegerRange(0)), // i64::MIN, which has no absolute value
            ("3bffffffffffffffff", DecodeError::IntegerRange(0)),
            ("c100", DecodeError::Tag(0, 1)),
            ("d82a00", DecodeError::Link(0)),
            ("d82a4100", DecodeError::Link(0)),
            ("61ff", DecodeError::Utf8(0)),
            ("a10000", DecodeError::KeyType(1)),
            ("a2616200616100", DecodeError::KeyOrder(4)),
            ("a2626161", DecodeError::Truncated(4)),
            ("a262616100616100", DecodeError::KeyOrder(5)),
            ("a2616100616100", DecodeError::DuplicateKey(4)),
        ];
        for (bytes, expected) in cases {
            assert_eq!(decode(&hex(bytes)), Err(expected.clone()), "{bytes}");
        }
    }

    #[test]
    fn depth_is_allowed_to_the_limit_and_not_past_it() {
        let nested = |levels: usize| [vec![0x81; levels], vec![0x00]].concat();
        assert!(decode(&nested(DEPTH)).is_ok());
        assert_eq!(decode(&nested(DEPTH + 1)), Err(DecodeError::Depth(DEPTH)));
    }

    #[test]
    fn integers_reach_the_limit_and_not_past_it() {
        for value in [INT_MAX, -INT_MAX, 0, -1, 23, 24, 255, 256, 65_536, 1 << 32] {
            assert_eq!(decode(&encode(&Node::Int(value))), Ok(Node::Int(value)));
        }
    }

    fn any_node() -> impl Strategy<Value = Node> {
        let leaf = prop_oneof![
            Just(Node::Null),
            any::<bool>().prop_map(Node::Bool),
            (-INT_MAX..=INT_MAX).prop_map(Node::Int),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(Node::Bytes),
            ".{0,20}".prop_map(Node::text),
            any::<[u8; 4]>().prop_map(|seed| Node::Link(Cid::of_cbor(&seed))),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Node::List),
                prop::collection::btree_map(".{0,6}".prop_map(Key::from), inner, 0..6).prop_map(Node::Map),
            ]
        })
    }

    proptest! {
        #[test]
        fn decoding_inverts_encoding(node in any_node()) {
            prop_assert_eq!(decode(&encode(&node)), Ok(node));
        }

        #[test]
        fn whatever_decodes_is_the_canonical_encoding(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(node) = decode(&bytes) {
                prop_assert_eq!(encode(&node), bytes);
            }
        }

        #[test]
        fn entries_are_those_of_the_map_and_the_same_bytes_are_refused(
            node in any_node(),
            change in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
        ) {
            let mut bytes = encode(&Node::map([("a", Some(node)), ("bc", Some(Node::Null))]));
            if let Some((at, byte)) = change {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let expected = decode(&bytes).map(|node| if let Node::Map(map) = node { map } else { BTreeMap::new() });
            let entries = decode_entries(&bytes);
            let found = entries.map(|entries| entries.into_iter().map(|(key, value)| (Key::new(key), value)).collect());
            prop_assert_eq!(found, expected);
        }
    }
}
