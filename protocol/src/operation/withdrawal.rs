//! An author takes a record back. It always wins.

use super::OperationError;
use crate::bytes::{Cid, FieldError, Fields, Node, decode, encode};
use crate::record::header::HourTime;
use crate::record::{RecordId, SignedHeader};
use crate::sign::{self, Domain, SecretKey, SignedError};

/// A withdrawal. It carries the header of what it withdraws, so that anyone can check it, whatever
/// else they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    header: SignedHeader,
    time: HourTime,
    bytes: Vec<u8>,
}

impl Withdrawal {
    /// The signed withdrawal's bytes. `key` must be the record's author's.
    pub fn sign(header: &SignedHeader, time: HourTime, key: &SecretKey) -> Vec<u8> {
        assert_eq!(key.public(), header.header().author, "a withdrawal is signed by the record's author");
        let payload = Node::map([
            ("type", Some(Node::text(Domain::Withdrawal.name()))),
            ("community", Some(header.header().community.into())),
            ("record", Some(header.id().0.into())),
            ("author", Some(Node::bytes(key.public().0))),
            ("time", Some(time.unix_s().into())),
        ]);
        let signature = key.sign(Domain::Withdrawal, &encode(&payload));
        encode(&Node::map([
            ("header", Some(Node::bytes(header.bytes()))),
            ("payload", Some(payload)),
            ("signature", Some(Node::bytes(signature))),
        ]))
    }

    /// Checks received bytes: the header, and that its author signs.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn verify(bytes: &[u8]) -> Result<Self, OperationError> {
        let mut block = Fields::of(decode(bytes).map_err(SignedError::from)?)?;
        let header = SignedHeader::verify(&block.bytes("header")?)
            .map_err(|error| FieldError::value("header", error.to_string()))?;
        let (payload, signature) = (block.map("payload")?, block.array::<64>("signature")?);
        block.end()?;
        let envelope = Node::map([("payload", Some(Node::Map(payload))), ("signature", Some(Node::bytes(signature)))]);
        let mut fields = sign::open_node(Domain::Withdrawal, "author", envelope)?;
        let (community, record) = (fields.link("community")?, fields.link("record")?);
        let author = fields.array::<32>("author")?;
        let time = HourTime::read(fields.int("time")?)?;
        fields.end()?;
        let of = header.header();
        if record != header.id().0 || author != of.author.0 || community != of.community {
            let why = "expected the header of the record, by the same author, in the same community";
            return Err(FieldError::value("header", why).into());
        }
        Ok(Withdrawal { header, time, bytes: bytes.to_vec() })
    }

    /// What is withdrawn.
    pub fn record(&self) -> RecordId {
        self.header.id()
    }

    /// Its header.
    pub fn header(&self) -> &SignedHeader {
        &self.header
    }

    /// The community.
    pub fn community(&self) -> Cid {
        self.header.header().community
    }

    /// When.
    pub fn time(&self) -> HourTime {
        self.time
    }

    /// The bytes as they were received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
