//! Requests and replies on the exchange protocol, and the signed things that go with them.

use crate::bytes::{Cid, DecodeError, FieldError, Fields, Node, decode, encode};
use crate::limits::{FRAME_BYTES, REQUEST_IDS};
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

/// A record in transit: bytes that have not been checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parcel {
    /// The signed header.
    pub header: Vec<u8>,
    /// The body, where the receiver may have it.
    pub body: Option<Vec<u8>>,
    /// The certificate, where there is one.
    pub certificate: Option<Vec<u8>>,
}

/// What one peer asks of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The founding and the terms.
    Charter,
    /// Proof of a validator's key.
    Prove,
    /// Please hold and check these records: headers with bodies.
    Submit(Vec<Parcel>),
    /// Headers, receipts and verdicts of records that wait, from after this record on.
    Live(Option<RecordId>),
    /// One step of reconciliation of certified records.
    Reconcile(Vec<u8>),
    /// Records: by reconciled item, and by id. Begins with the signed statement.
    Fetch {
        /// Who asks, for what.
        statement: Vec<u8>,
        /// Certified records, by [`crate::index::Item`].
        items: Vec<[u8; 32]>,
        /// Records by id: waiting ones for validators, or certified ones whose body is missing.
        records: Vec<RecordId>,
    },
}

/// Why a request was not met. Coarse, since it goes to anyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The community is not held here.
    UnknownCommunity,
    /// Only a validator can do that.
    NotAValidator,
    /// The statement does not hold: another session, other terms, or not who it says.
    Statement,
    /// The request is not well-formed.
    Malformed,
    /// Too much at once; try later.
    Busy,
}

impl Refusal {
    const ALL: [Refusal; 5] =
        [Refusal::UnknownCommunity, Refusal::NotAValidator, Refusal::Statement, Refusal::Malformed, Refusal::Busy];

    /// The refusal's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Refusal::UnknownCommunity => "unknown-community",
            Refusal::NotAValidator => "not-a-validator",
            Refusal::Statement => "statement",
            Refusal::Malformed => "malformed",
            Refusal::Busy => "busy",
        }
    }
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To [`Ask::Charter`].
    Charter {
        /// The founding block.
        founding: Vec<u8>,
        /// The text of the terms.
        terms: Vec<u8>,
    },
    /// To [`Ask::Prove`].
    Session(Vec<u8>),
    /// To [`Ask::Submit`].
    Submitted {
        /// A receipt for what is held now; absent when nothing is.
        receipt: Option<Vec<u8>>,
        /// Which of the records, counted from 0, were refused, and why: for their author.
        refused: Vec<(usize, String)>,
    },
    /// To [`Ask::Live`]: a gossip message, and whether more follows after the last header.
    Live {
        /// A [`super::gossip::Message`].
        message: Vec<u8>,
        /// Ask again after this record.
        next: Option<RecordId>,
    },
    /// To [`Ask::Reconcile`]; empty when nothing is left to say.
    Reconcile(Vec<u8>),
    /// To [`Ask::Fetch`]: as many as fit, of those that may be had.
    Records(Vec<Parcel>),
    /// To anything.
    Refused(Refusal),
}

/// Why bytes are not a request or a reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// Longer than a frame may be.
    #[error("a frame is at most {FRAME_BYTES} bytes; found {0}")]
    Oversized(usize),
    /// Not canonical.
    #[error("the frame is not canonical DAG-CBOR: {0}")]
    Bytes(#[from] DecodeError),
    /// Not the fields expected.
    #[error("the frame is not well-formed: {0}")]
    Fields(#[from] FieldError),
}

impl Ask {
    /// Canonical bytes of the request to a community.
    pub fn to_bytes(&self, community: &Cid) -> Vec<u8> {
        let mut entries = vec![("community", Some(Node::from(*community)))];
        let name = match self {
            Ask::Charter => "charter",
            Ask::Prove => "prove",
            Ask::Submit(parcels) => {
                entries.push(("records", Some(write_parcels(parcels))));
                "submit"
            }
            Ask::Live(after) => {
                entries.push(("after", after.map(|id| id.0.into())));
                "live"
            }
            Ask::Reconcile(message) => {
                entries.push(("message", Some(Node::bytes(message.clone()))));
                "reconcile"
            }
            Ask::Fetch { statement, items, records } => {
                entries.push(("statement", Some(Node::bytes(statement.clone()))));
                entries.push(("items", Some(Node::List(items.iter().map(|i| Node::bytes(*i)).collect()))));
                entries.push(("records", Some(links(records))));
                "fetch"
            }
        };
        entries.push(("ask", Some(Node::text(name))));
        encode(&Node::map(entries))
    }

    /// Reads received bytes.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn read(bytes: &[u8]) -> Result<(Cid, Self), ExchangeError> {
        let mut fields = open_frame(bytes)?;
        let community = fields.link("community")?;
        let ask = match fields.text("ask")?.as_str() {
            "charter" => Ask::Charter,
            "prove" => Ask::Prove,
            "submit" => Ask::Submit(read_parcels(&mut fields)?),
            "live" => Ask::Live(fields.link_opt("after")?.map(|cid| RecordId::linked(cid, "after")).transpose()?),
            "reconcile" => Ask::Reconcile(fields.bytes("message")?),
            "fetch" => Ask::Fetch {
                statement: fields.bytes("statement")?,
                items: fields.items("items", REQUEST_IDS, |node| match node {
                    Node::Bytes(item) => {
                        item.try_into().map_err(|_| FieldError::value("items", "expected items of 32 bytes"))
                    }
                    other => Err(FieldError::Type { field: "items", expected: "bytes", found: other.kind() }),
                })?,
                records: records(&mut fields, "records")?,
            },
            _ => return Err(FieldError::value("ask", "expected a request of protocol version 1").into()),
        };
        fields.end()?;
        Ok((community, ask))
    }
}

impl Answer {
    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (name, mut entries) = match self {
            Answer::Charter { founding, terms } => (
                "charter",
                vec![("founding", Some(Node::bytes(founding.clone()))), ("terms", Some(Node::bytes(terms.clone())))],
            ),
            Answer::Session(session) => ("session", vec![("session", Some(Node::bytes(session.clone())))]),
            Answer::Submitted { receipt, refused } => {
                let refused =
                    refused.iter().map(|(at, why)| Node::List(vec![Node::Int(*at as i64), Node::text(why)])).collect();
                (
                    "submitted",
                    vec![("receipt", receipt.clone().map(Node::Bytes)), ("refused", Some(Node::List(refused)))],
                )
            }
            Answer::Live { message, next } => {
                ("live", vec![("message", Some(Node::bytes(message.clone()))), ("next", next.map(|id| id.0.into()))])
            }
            Answer::Reconcile(message) => ("reconcile", vec![("message", Some(Node::bytes(message.clone())))]),
            Answer::Records(parcels) => ("records", vec![("records", Some(write_parcels(parcels)))]),
            Answer::Refused(why) => ("refused", vec![("why", Some(Node::text(why.name())))]),
        };
        entries.push(("answer", Some(Node::text(name))));
        encode(&Node::map(entries))
    }

    /// Reads received bytes.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn read(bytes: &[u8]) -> Result<Self, ExchangeError> {
        let mut fields = open_frame(bytes)?;
        let answer = match fields.text("answer")?.as_str() {
            "charter" => Answer::Charter { founding: fields.bytes("founding")?, terms: fields.bytes("terms")? },
            "session" => Answer::Session(fields.bytes("session")?),
            "submitted" => Answer::Submitted {
                receipt: fields.bytes_opt("receipt")?,
                refused: fields.items("refused", REQUEST_IDS, |node| match node {
                    Node::List(pair) => match &pair[..] {
                        [Node::Int(at), Node::Text(why)] if *at >= 0 && why.len() <= 1024 => {
                            Ok((*at as usize, why.clone()))
                        }
                        _ => Err(FieldError::value("refused", "expected [position, reason]")),
                    },
                    other => Err(FieldError::Type { field: "refused", expected: "a list", found: other.kind() }),
                })?,
            },
            "live" => Answer::Live {
                message: fields.bytes("message")?,
                next: fields.link_opt("next")?.map(|cid| RecordId::linked(cid, "next")).transpose()?,
            },
            "reconcile" => Answer::Reconcile(fields.bytes("message")?),
            "records" => Answer::Records(read_parcels(&mut fields)?),
            "refused" => {
                let name = fields.text("why")?;
                let why = Refusal::ALL.into_iter().find(|refusal| refusal.name() == name);
                Answer::Refused(why.ok_or_else(|| FieldError::value("why", "expected a known refusal"))?)
            }
            _ => return Err(FieldError::value("answer", "expected a reply of protocol version 1").into()),
        };
        fields.end()?;
        Ok(answer)
    }
}

fn open_frame(bytes: &[u8]) -> Result<Fields, ExchangeError> {
    if bytes.len() > FRAME_BYTES {
        return Err(ExchangeError::Oversized(bytes.len()));
    }
    Ok(Fields::of(decode(bytes)?)?)
}

fn links(records: &[RecordId]) -> Node {
    Node::List(records.iter().map(|id| id.0.into()).collect())
}

fn records(fields: &mut Fields, field: &'static str) -> Result<Vec<RecordId>, FieldError> {
    fields.items(field, REQUEST_IDS, |node| match node {
        Node::Link(cid) => RecordId::linked(cid, field),
        other => Err(FieldError::Type { field, expected: "a link", found: other.kind() }),
    })
}

fn peer(fields: &mut Fields, field: &'static str) -> Result<Peer, FieldError> {
    let bytes = fields.bytes(field)?;
    if bytes.len() <= 64 { Ok(Peer(bytes)) } else { Err(FieldError::value(field, "expected at most 64 bytes")) }
}

fn write_parcels(parcels: &[Parcel]) -> Node {
    let one = |parcel: &Parcel| {
        Node::map([
            ("header", Some(Node::bytes(parcel.header.clone()))),
            ("body", parcel.body.clone().map(Node::Bytes)),
            ("certificate", parcel.certificate.clone().map(Node::Bytes)),
        ])
    };
    Node::List(parcels.iter().map(one).collect())
}

fn read_parcels(fields: &mut Fields) -> Result<Vec<Parcel>, FieldError> {
    fields.items("records", REQUEST_IDS, |node| {
        let mut fields = Fields::of(node)?;
        let parcel = Parcel {
            header: fields.bytes("header")?,
            body: fields.bytes_opt("body")?,
            certificate: fields.bytes_opt("certificate")?,
        };
        fields.end()?;
        Ok(parcel)
    })
}

#[cfg(test)]
mod tests;
