//! The header: small, signed, without free text. Its CID, signature included, is the record's id.

use crate::bytes::{Cid, Codec, FieldError, Fields, Node};
use crate::identity::Nonce;
use crate::licence::Licence;
use crate::limits::HEADER_BYTES;
use crate::preference::Preference;
use crate::sign::{self, Domain, PublicKey, SecretKey, SignedError};
use std::fmt;
use std::str::FromStr;

/// A record's id: the CID of its signed header.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub Cid);

impl RecordId {
    /// The record that a link in `field` names.
    ///
    /// # Errors
    /// When the link is raw: a signed header is DAG-CBOR.
    pub(crate) fn linked(cid: Cid, field: &'static str) -> Result<Self, FieldError> {
        cbor_link(cid, field).map(RecordId)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RecordId {
    type Err = crate::bytes::CidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(RecordId)
    }
}

/// Seconds since 1970-01-01T00:00:00Z, a whole number of hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HourTime(i64);

/// Seconds in an hour.
pub const HOUR_S: i64 = 3600;
/// Seconds in a day, to which anonymous headers are rounded.
pub const DAY_S: i64 = 24 * HOUR_S;

impl HourTime {
    /// The hour in which a moment lies. Anonymous headers use [`HourTime::day`] instead.
    pub fn hour(unix_s: i64) -> Self {
        HourTime(unix_s.max(0) / HOUR_S * HOUR_S)
    }

    /// The day in which a moment lies.
    pub fn day(unix_s: i64) -> Self {
        HourTime(unix_s.max(0) / DAY_S * DAY_S)
    }

    /// Seconds since the epoch.
    pub fn unix_s(self) -> i64 {
        self.0
    }

    /// Reads a whole number of hours, not before the epoch.
    pub(crate) fn read(unix_s: i64) -> Result<Self, FieldError> {
        if unix_s >= 0 && unix_s % HOUR_S == 0 {
            Ok(HourTime(unix_s))
        } else {
            Err(FieldError::value("time", "expected seconds since 1970 rounded to the hour"))
        }
    }
}

/// The size of a body, as the exponent of the next power of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SizeClass(u8);

impl SizeClass {
    /// The class of a body of this many bytes: the least `c` with `len <= 2^c`.
    pub fn of(len: usize) -> Self {
        SizeClass(len.next_power_of_two().trailing_zeros() as u8)
    }

    /// The largest size in the class, in bytes.
    pub fn max_bytes(self) -> u64 {
        1 << self.0
    }
}

/// What a header says. Every field is public for ever, so that none of them can hold free text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The community for which the record is meant.
    pub community: Cid,
    /// The key that signs.
    pub author: PublicKey,
    /// Present for anonymous records: what makes this key unlike the author's others.
    pub nonce: Option<Nonce>,
    /// Under which licence.
    pub licence: Licence,
    /// The AI-use preference in canonical form.
    pub preference: Preference,
    /// The terms that the author accepted: the raw CID of their text.
    pub terms: Cid,
    /// The ruleset that redacted the body: the raw CID of its text.
    pub ruleset: Cid,
    /// The body.
    pub body: Cid,
    /// How large the body is, roughly.
    pub size_class: SizeClass,
    /// The author's own record that this one replaces.
    pub revises: Option<RecordId>,
    /// The record, of anyone, that this one corrects.
    pub corrects: Option<RecordId>,
    /// The record, of anyone, that this note or petition is about.
    pub about: Option<RecordId>,
    /// When, rounded.
    pub time: HourTime,
}

/// The format version of headers.
const VERSION: i64 = 1;

impl Header {
    /// The signed header's bytes. `key` must be the one that `author` names.
    pub fn sign(&self, key: &SecretKey) -> Vec<u8> {
        assert_eq!(key.public(), self.author, "a header is signed by the key that it names");
        key.seal(Domain::Record, self.payload())
    }

    fn payload(&self) -> Node {
        Node::map([
            ("type", Some(Node::text(Domain::Record.name()))),
            ("v", Some(VERSION.into())),
            ("community", Some(self.community.into())),
            ("author", Some(Node::bytes(self.author.0))),
            ("nonce", self.nonce.map(|nonce| Node::bytes(nonce.0))),
            ("licence", Some(Node::text(self.licence.spdx()))),
            ("preference", Some(Node::text(self.preference.to_string()))),
            ("terms", Some(self.terms.into())),
            ("ruleset", Some(self.ruleset.into())),
            ("body", Some(self.body.into())),
            ("size_class", Some(i64::from(self.size_class.0).into())),
            ("revises", self.revises.map(|id| id.0.into())),
            ("corrects", self.corrects.map(|id| id.0.into())),
            ("about", self.about.map(|id| id.0.into())),
            ("time", Some(self.time.0.into())),
        ])
    }

    fn read(mut fields: Fields) -> Result<Self, FieldError> {
        fields.int_in("v", VERSION..=VERSION)?;
        let header = Header {
            community: cbor_link(fields.link("community")?, "community")?,
            author: PublicKey(fields.array("author")?),
            nonce: fields.array_opt("nonce")?.map(Nonce),
            licence: fields.text("licence")?.parse().map_err(|e| FieldError::value("licence", format!("{e}")))?,
            preference: fields
                .text("preference")?
                .parse()
                .map_err(|e| FieldError::value("preference", format!("{e}")))?,
            terms: raw_link(fields.link("terms")?, "terms")?,
            ruleset: raw_link(fields.link("ruleset")?, "ruleset")?,
            body: cbor_link(fields.link("body")?, "body")?,
            size_class: SizeClass(fields.int_in("size_class", 0..=20)? as u8),
            revises: record_opt(&mut fields, "revises")?,
            corrects: record_opt(&mut fields, "corrects")?,
            about: record_opt(&mut fields, "about")?,
            time: HourTime::read(fields.int("time")?)?,
        };
        fields.end()?;
        if header.nonce.is_some() && header.time.0 % DAY_S != 0 {
            return Err(FieldError::value("time", "an anonymous header's time is rounded to the day"));
        }
        Ok(header)
    }
}

fn cbor_link(cid: Cid, field: &'static str) -> Result<Cid, FieldError> {
    if cid.codec() == Codec::DagCbor { Ok(cid) } else { Err(FieldError::value(field, "expected a dag-cbor link")) }
}

fn record_opt(fields: &mut Fields, field: &'static str) -> Result<Option<RecordId>, FieldError> {
    fields.link_opt(field)?.map(|cid| RecordId::linked(cid, field)).transpose()
}

fn raw_link(cid: Cid, field: &'static str) -> Result<Cid, FieldError> {
    if cid.codec() == Codec::Raw { Ok(cid) } else { Err(FieldError::value(field, "expected a raw link")) }
}

/// A header whose bytes and signature have been checked, with the bytes as they were received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHeader {
    header: Header,
    id: RecordId,
    bytes: Vec<u8>,
}

/// Why bytes are not a signed header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Longer than a header may be.
    #[error("a signed header is at most {HEADER_BYTES} bytes; found {0}")]
    Oversized(usize),
    /// Another rule is broken.
    #[error("the header is {0}")]
    Signed(#[from] SignedError),
}

impl SignedHeader {
    /// Checks received bytes: size, canonical form, fields, and the author's signature.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn verify(bytes: &[u8]) -> Result<Self, HeaderError> {
        if bytes.len() > HEADER_BYTES {
            return Err(HeaderError::Oversized(bytes.len()));
        }
        let fields = sign::open(Domain::Record, "author", bytes)?;
        let header = Header::read(fields).map_err(SignedError::from)?;
        Ok(SignedHeader { header, id: RecordId(Cid::of_cbor(bytes)), bytes: bytes.to_vec() })
    }

    /// What the header says.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The record's id.
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// The bytes as they were received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether these bytes are the body that the header commits to, of the size that it names.
    pub fn commits_to(&self, body: &[u8]) -> bool {
        self.header.body.matches(body) && self.header.size_class == SizeClass::of(body.len())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::bytes::{decode, encode};

    pub(crate) fn key() -> SecretKey {
        SecretKey::from_seed(&[3; 32])
    }

    pub(crate) fn header() -> Header {
        Header {
            community: Cid::of_cbor(b"community"),
            author: key().public(),
            nonce: None,
            licence: Licence::CcBy4,
            preference: Preference::read("train-ai=y").unwrap(),
            terms: Cid::of(Codec::Raw, b"terms"),
            ruleset: Cid::of(Codec::Raw, b"ruleset"),
            body: Cid::of_cbor(b"body"),
            size_class: SizeClass::of(4),
            revises: None,
            corrects: None,
            about: None,
            time: HourTime::hour(1_800_000_000),
        }
    }

    /// The payload with one field changed, signed again.
    fn resigned(field: &str, value: Option<Node>) -> Vec<u8> {
        let Node::Map(mut envelope) = decode(&header().sign(&key())).unwrap() else { unreachable!() };
        let Some(Node::Map(payload)) = envelope.get_mut("payload") else { unreachable!() };
        match value {
            Some(value) => payload.insert(field.into(), value),
            None => payload.remove(field),
        };
        key().seal(Domain::Record, envelope.remove("payload").unwrap())
    }

    #[test]
    fn a_signed_header_reads_back_and_is_small() {
        let bytes = header().sign(&key());
        let signed = SignedHeader::verify(&bytes).unwrap();
        assert_eq!(signed.header(), &header());
        assert_eq!(signed.id().0, Cid::of_cbor(&bytes));
        assert!(bytes.len() < 640, "{} bytes", bytes.len());
        assert!(signed.commits_to(b"body") && !signed.commits_to(b"bodz"));
    }

    #[test]
    fn every_field_is_checked_even_under_a_good_signature() {
        let cases = [
            ("v", Some(Node::Int(2))),
            ("ext", Some(Node::map([]))),
            ("licence", Some(Node::text("GPL-3.0"))),
            ("preference", Some(Node::text("train-ai=y,search=y"))),
            ("time", Some(Node::Int(1))),
            ("terms", Some(Node::Link(Cid::of_cbor(b"terms")))),
            ("revises", Some(Node::Link(Cid::of(Codec::Raw, b"no record")))),
            ("about", Some(Node::Link(Cid::of(Codec::Raw, b"no record")))),
            ("body", None),
            ("size_class", Some(Node::Int(21))),
            ("nonce", Some(Node::bytes([0; 15]))),
            ("author", Some(Node::bytes([0; 31]))),
        ];
        for (field, value) in cases {
            let refused = SignedHeader::verify(&resigned(field, value));
            assert!(matches!(refused, Err(HeaderError::Signed(SignedError::Fields(_)))), "{field}: {refused:?}");
        }
        assert!(SignedHeader::verify(&resigned("time", Some(Node::Int(HOUR_S)))).is_ok());
    }

    #[test]
    fn anonymous_headers_carry_a_day_and_nothing_finer() {
        let mut anonymous = header();
        anonymous.nonce = Some(Nonce([1; 16]));
        anonymous.time = HourTime::hour(DAY_S + HOUR_S);
        assert!(SignedHeader::verify(&anonymous.sign(&key())).is_err());
        anonymous.time = HourTime::day(DAY_S + HOUR_S);
        assert!(SignedHeader::verify(&anonymous.sign(&key())).is_ok());
    }

    #[test]
    fn a_header_is_refused_past_its_limit_before_it_is_decoded() {
        let long = encode(&Node::Bytes(vec![0; HEADER_BYTES]));
        assert!(matches!(SignedHeader::verify(&long), Err(HeaderError::Oversized(_))));
    }

    #[test]
    fn size_classes_are_the_next_power_of_two() {
        assert_eq!(SizeClass::of(1024).max_bytes(), 1024);
        assert_eq!(SizeClass::of(1025).max_bytes(), 2048);
        assert_eq!(SizeClass::of(crate::limits::BODY_BYTES), SizeClass(20));
    }
}
