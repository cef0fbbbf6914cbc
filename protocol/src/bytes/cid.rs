//! Content ids: CIDv1, sha2-256, dag-cbor or raw, written in base32.

use super::base32;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// What a block's bytes are, as the multicodec table numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codec {
    /// Plain bytes (0x55): terms, rulesets and erased sections.
    Raw,
    /// DAG-CBOR (0x71): everything else.
    DagCbor,
}

impl Codec {
    fn code(self) -> u8 {
        match self {
            Codec::Raw => 0x55,
            Codec::DagCbor => 0x71,
        }
    }
}

/// A content id. Its binary form is 36 bytes: `01 codec 12 20` and the SHA-256 of the block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cid {
    codec: Codec,
    digest: [u8; 32],
}

/// Why bytes or text are not a content id that Commonwheel uses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CidError {
    /// The binary form has another length.
    #[error("a content id is 36 bytes long; found {0}")]
    Length(usize),
    /// The prefix names another version, codec or hash.
    #[error("expected a CIDv1 with codec dag-cbor (71) or raw (55) and hash sha2-256 (12 20); found the prefix {0}")]
    Prefix(String),
    /// The text form is not lower-case base32 with the prefix `b`.
    #[error("expected a content id in base32, 59 characters beginning with \"b\"; found {0} characters")]
    Text(usize),
}

impl Cid {
    /// Length of the binary form, in bytes.
    pub const LEN: usize = 36;

    /// The id of a block.
    pub fn of(codec: Codec, bytes: &[u8]) -> Self {
        Cid { codec, digest: Sha256::digest(bytes).into() }
    }

    /// The id of a DAG-CBOR block.
    pub fn of_cbor(bytes: &[u8]) -> Self {
        Cid::of(Codec::DagCbor, bytes)
    }

    /// What the block's bytes are.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// The SHA-256 of the block.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Builds an id from a digest that is already known.
    pub fn from_digest(codec: Codec, digest: [u8; 32]) -> Self {
        Cid { codec, digest }
    }

    /// Whether these bytes are the block that this id names.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        Cid::of(self.codec, bytes) == *self
    }

    /// The binary form.
    pub fn to_bytes(&self) -> [u8; Cid::LEN] {
        let mut out = [0; Cid::LEN];
        out[..4].copy_from_slice(&[0x01, self.codec.code(), 0x12, 0x20]);
        out[4..].copy_from_slice(&self.digest);
        out
    }

    /// Reads the binary form.
    ///
    /// # Errors
    /// When the length, version, codec or hash is another.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CidError> {
        let (prefix, digest) = bytes.split_at_checked(4).ok_or(CidError::Length(bytes.len()))?;
        let codec = match prefix {
            [0x01, 0x71, 0x12, 0x20] => Codec::DagCbor,
            [0x01, 0x55, 0x12, 0x20] => Codec::Raw,
            _ => return Err(CidError::Prefix(data_encoding::HEXLOWER.encode(prefix))),
        };
        let digest = digest.try_into().map_err(|_| CidError::Length(bytes.len()))?;
        Ok(Cid { codec, digest })
    }
}

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        base32::show(&self.to_bytes(), f)
    }
}

impl fmt::Debug for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Cid {
    type Err = CidError;

    fn from_str(text: &str) -> Result<Self, CidError> {
        let wrong = || CidError::Text(text.chars().count());
        let bytes = base32::read(text).ok_or_else(wrong)?;
        Cid::from_bytes(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_binary_forms_round_trip() {
        let cid = Cid::of_cbor(&[0xa0]);
        assert_eq!(cid.to_string(), "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua");
        assert_eq!(cid.to_string().parse(), Ok(cid));
        assert_eq!(Cid::from_bytes(&cid.to_bytes()), Ok(cid));
    }

    #[test]
    fn other_versions_lengths_and_cases_are_refused() {
        let cid = Cid::of_cbor(b"x");
        let mut bytes = cid.to_bytes();
        bytes[1] = 0x70;
        assert!(matches!(Cid::from_bytes(&bytes), Err(CidError::Prefix(_))));
        assert!(matches!(Cid::from_bytes(&bytes[..35]), Err(CidError::Length(35) | CidError::Prefix(_))));
        assert!(matches!(cid.to_string().to_uppercase().parse::<Cid>(), Err(CidError::Text(59))));
        assert!(matches!("".parse::<Cid>(), Err(CidError::Text(0))));
    }
}
