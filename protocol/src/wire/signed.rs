//! Signed things that peers exchange: receipts, statements of who asks, proofs of a validator's key.

use crate::bytes::{Cid, FieldError, Fields, Node};
use crate::limits::REQUEST_IDS;
use crate::record::RecordId;
use crate::record::header::HourTime;
use crate::sign::{self, Domain, PublicKey, SecretKey, SignedError};

/// A peer, by the bytes of its transport id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer(pub Vec<u8>);

/// "I hold these bodies durably", by a validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The community.
    pub community: Cid,
    /// Who holds them.
    pub validator: PublicKey,
    /// Whose bodies: 1 to [`REQUEST_IDS`].
    pub records: Vec<RecordId>,
}

impl Receipt {
    /// The signed receipt's bytes.
    pub fn sign(community: Cid, records: &[RecordId], key: &SecretKey) -> Vec<u8> {
        key.seal(
            Domain::Receipt,
            Node::map([
                ("type", Some(Node::text(Domain::Receipt.name()))),
                ("community", Some(community.into())),
                ("validator", Some(Node::bytes(key.public().0))),
                ("records", Some(links(records))),
            ]),
        )
    }

    /// Checks received bytes.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn verify(bytes: &[u8]) -> Result<Self, SignedError> {
        let mut fields = sign::open(Domain::Receipt, "validator", bytes)?;
        let receipt = Receipt {
            community: fields.link("community")?,
            validator: PublicKey(fields.array("validator")?),
            records: records(&mut fields, "records")?,
        };
        fields.end()?;
        Ok(receipt)
    }
}

/// What somebody wants bodies for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To check and attest: validators only.
    Validate,
    /// To hold a full copy.
    Replicate,
}

impl Purpose {
    /// The purpose's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Purpose::Validate => "validate",
            Purpose::Replicate => "replicate",
        }
    }
}

/// Who asks for bodies, for what use, under which terms, in which session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The community.
    pub community: Cid,
    /// Who asks: a validator's key, or a reader's.
    pub who: PublicKey,
    /// For what.
    pub purpose: Purpose,
    /// The terms that the asker has accepted.
    pub terms: Cid,
    /// The asking peer of the session.
    pub asker: Peer,
    /// The answering peer of the session.
    pub answerer: Peer,
    /// When, rounded to the hour.
    pub time: HourTime,
}

impl Statement {
    /// The signed statement's bytes. `who` must be the key's public half.
    pub fn sign(&self, key: &SecretKey) -> Vec<u8> {
        assert_eq!(key.public(), self.who, "a statement is signed by the key that it names");
        key.seal(
            Domain::Statement,
            Node::map([
                ("type", Some(Node::text(Domain::Statement.name()))),
                ("community", Some(self.community.into())),
                ("who", Some(Node::bytes(self.who.0))),
                ("use", Some(Node::text(self.purpose.name()))),
                ("terms", Some(self.terms.into())),
                ("asker", Some(Node::bytes(self.asker.0.clone()))),
                ("answerer", Some(Node::bytes(self.answerer.0.clone()))),
                ("time", Some(self.time.unix_s().into())),
            ]),
        )
    }

    /// Checks received bytes.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn verify(bytes: &[u8]) -> Result<Self, SignedError> {
        let mut fields = sign::open(Domain::Statement, "who", bytes)?;
        let statement = Statement {
            community: fields.link("community")?,
            who: PublicKey(fields.array("who")?),
            purpose: match fields.text("use")?.as_str() {
                "validate" => Purpose::Validate,
                "replicate" => Purpose::Replicate,
                _ => return Err(FieldError::value("use", "expected validate or replicate").into()),
            },
            terms: fields.link("terms")?,
            asker: peer(&mut fields, "asker")?,
            answerer: peer(&mut fields, "answerer")?,
            time: HourTime::read(fields.int("time")?)?,
        };
        fields.end()?;
        Ok(statement)
    }
}

/// A validator's proof of its key, and of the charter it goes by, for one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The community.
    pub community: Cid,
    /// The newest charter that the validator knows.
    pub charter: Cid,
    /// Who.
    pub validator: PublicKey,
    /// The peer that asked for the proof.
    pub asker: Peer,
    /// The peer that the validator is.
    pub answerer: Peer,
}

impl Session {
    /// The signed proof's bytes. `validator` must be the key's public half.
    pub fn sign(&self, key: &SecretKey) -> Vec<u8> {
        assert_eq!(key.public(), self.validator, "a session is signed by the key that it names");
        key.seal(
            Domain::Session,
            Node::map([
                ("type", Some(Node::text(Domain::Session.name()))),
                ("community", Some(self.community.into())),
                ("charter", Some(self.charter.into())),
                ("validator", Some(Node::bytes(self.validator.0))),
                ("asker", Some(Node::bytes(self.asker.0.clone()))),
                ("answerer", Some(Node::bytes(self.answerer.0.clone()))),
            ]),
        )
    }

    /// Checks received bytes.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn verify(bytes: &[u8]) -> Result<Self, SignedError> {
        let mut fields = sign::open(Domain::Session, "validator", bytes)?;
        let session = Session {
            community: fields.link("community")?,
            charter: fields.link("charter")?,
            validator: PublicKey(fields.array("validator")?),
            asker: peer(&mut fields, "asker")?,
            answerer: peer(&mut fields, "answerer")?,
        };
        fields.end()?;
        Ok(session)
    }
}

/// "I have these operations, and have done what they ask", by a validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The community.
    pub community: Cid,
    /// Who.
    pub validator: PublicKey,
    /// The operations' CIDs: 1 to [`REQUEST_IDS`].
    pub operations: Vec<Cid>,
}

impl Acknowledgement {
    /// The signed bytes.
    pub fn sign(community: Cid, operations: &[Cid], key: &SecretKey) -> Vec<u8> {
        let list = operations.iter().map(|cid| Node::Link(*cid)).collect();
        key.seal(
            Domain::Acknowledgement,
            Node::map([
                ("type", Some(Node::text(Domain::Acknowledgement.name()))),
                ("community", Some(community.into())),
                ("validator", Some(Node::bytes(key.public().0))),
                ("operations", Some(Node::List(list))),
            ]),
        )
    }

    /// Checks received bytes.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn verify(bytes: &[u8]) -> Result<Self, SignedError> {
        let mut fields = sign::open(Domain::Acknowledgement, "validator", bytes)?;
        let acknowledgement = Acknowledgement {
            community: fields.link("community")?,
            validator: PublicKey(fields.array("validator")?),
            operations: cids(&mut fields, "operations")?,
        };
        fields.end()?;
        Ok(acknowledgement)
    }
}

pub(super) fn cids(fields: &mut Fields, field: &'static str) -> Result<Vec<Cid>, FieldError> {
    fields.items(field, REQUEST_IDS, |node| match node {
        Node::Link(cid) => Ok(cid),
        other => Err(FieldError::Type { field, expected: "a link", found: other.kind() }),
    })
}

pub(super) fn links(records: &[RecordId]) -> Node {
    Node::List(records.iter().map(|id| id.0.into()).collect())
}

pub(super) fn records(fields: &mut Fields, field: &'static str) -> Result<Vec<RecordId>, FieldError> {
    fields.items(field, REQUEST_IDS, |node| match node {
        Node::Link(cid) => RecordId::linked(cid, field),
        other => Err(FieldError::Type { field, expected: "a link", found: other.kind() }),
    })
}

fn peer(fields: &mut Fields, field: &'static str) -> Result<Peer, FieldError> {
    let bytes = fields.bytes(field)?;
    if bytes.len() <= 64 { Ok(Peer(bytes)) } else { Err(FieldError::value(field, "expected at most 64 bytes")) }
}
