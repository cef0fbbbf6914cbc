//! Requests and replies on the exchange protocol. The signed things that go with them are in
//! [`super::signed`].

use super::gossip::{blocks, blocks_within};
use super::signed::cids;
use crate::bytes::{Cid, DecodeError, FieldError, Fields, Node, decode, encode};
use crate::limits::{FRAME_BYTES, REQUEST_IDS, SUCCESSORS};
use crate::record::RecordId;
use crate::sign::PublicKey;

pub use super::signed::{Acknowledgement, Peer, Purpose, Receipt, Session, Statement};
use super::signed::{links, records};

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
    /// One step of reconciliation of what is said of waiting records.
    Waiting(Vec<u8>),
    /// Headers, receipts and verdicts of waiting records, by item.
    Live(Vec<[u8; 32]>),
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
    /// Please take these operations: withdrawals, flags, motions and so on.
    Operate(Vec<Vec<u8>>),
    /// Operations that are spread but not reconciled, from after this one on.
    Spread(Option<Cid>),
    /// What this validator has signed under a charter, after its batch of this number: for itself, when it
    /// has been restored from a backup.
    Own {
        /// Whose.
        validator: PublicKey,
        /// The number of the last batch that it still has.
        after: i64,
    },
    /// Blocks that are public and need no statement: terms of charters, pages of releases.
    Blocks(Vec<Cid>),
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
        /// The text of the newest charter's terms.
        terms: Vec<u8>,
        /// The resolutions by which it was succeeded, in order; at most [`SUCCESSORS`].
        successors: Vec<Vec<u8>>,
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
    /// To [`Ask::Live`]: what fits, in the order asked.
    Live {
        /// A [`super::gossip::Message`].
        message: Vec<u8>,
    },
    /// To [`Ask::Reconcile`] and [`Ask::Waiting`]; empty when nothing is left to say.
    Reconcile(Vec<u8>),
    /// To [`Ask::Fetch`]: as many as fit, of those that may be had.
    Records {
        /// Records.
        parcels: Vec<Parcel>,
        /// Durable operations, by item.
        operations: Vec<Vec<u8>>,
    },
    /// To [`Ask::Operate`].
    Operated {
        /// What has been taken, by a validator.
        acknowledgement: Option<Vec<u8>>,
        /// Which of the operations, counted from 0, were refused, and why.
        refused: Vec<(usize, String)>,
    },
    /// To [`Ask::Spread`] and [`Ask::Own`]: a gossip message, and after which operation to ask again.
    Spread {
        /// A [`super::gossip::Message`].
        message: Vec<u8>,
        /// Ask again after this one.
        next: Option<Cid>,
    },
    /// To [`Ask::Blocks`]: as many as fit, of those that are here.
    Blocks(Vec<Vec<u8>>),
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
            Ask::Waiting(message) => {
                entries.push(("message", Some(Node::bytes(message.clone()))));
                "waiting"
            }
            Ask::Live(items) => {
                entries.push(("items", Some(write_items(items))));
                "live"
            }
            Ask::Reconcile(message) => {
                entries.push(("message", Some(Node::bytes(message.clone()))));
                "reconcile"
            }
            Ask::Operate(operations) => {
                entries.push(("operations", Some(byte_strings(operations))));
                "operate"
            }
            Ask::Spread(after) => {
                entries.push(("after", after.map(Node::from)));
                "spread"
            }
            Ask::Own { validator, after } => {
                entries.push(("validator", Some(Node::bytes(validator.0))));
                entries.push(("after", Some((*after).into())));
                "own"
            }
            Ask::Blocks(blocks) => {
                entries.push(("blocks", Some(Node::List(blocks.iter().map(|cid| Node::Link(*cid)).collect()))));
                "blocks"
            }
            Ask::Fetch { statement, items, records } => {
                entries.push(("statement", Some(Node::bytes(statement.clone()))));
                entries.push(("items", Some(write_items(items))));
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
            "waiting" => Ask::Waiting(fields.bytes("message")?),
            "live" => Ask::Live(read_items(&mut fields)?),
            "reconcile" => Ask::Reconcile(fields.bytes("message")?),
            "fetch" => Ask::Fetch {
                statement: fields.bytes("statement")?,
                items: read_items(&mut fields)?,
                records: records(&mut fields, "records")?,
            },
            "operate" => Ask::Operate(blocks(&mut fields, "operations")?),
            "spread" => Ask::Spread(fields.link_opt("after")?),
            "own" => Ask::Own {
                validator: PublicKey(fields.array("validator")?),
                after: fields.int_in("after", 0..=crate::limits::INT_MAX)?,
            },
            "blocks" => Ask::Blocks(cids(&mut fields, "blocks")?),
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
            Answer::Charter { founding, terms, successors } => (
                "charter",
                vec![
                    ("founding", Some(Node::bytes(founding.clone()))),
                    ("terms", Some(Node::bytes(terms.clone()))),
                    ("successors", (!successors.is_empty()).then(|| byte_strings(successors))),
                ],
            ),
            Answer::Session(session) => ("session", vec![("session", Some(Node::bytes(session.clone())))]),
            Answer::Submitted { receipt, refused } => {
                ("submitted", vec![("receipt", receipt.clone().map(Node::Bytes)), ("refused", Some(reasons(refused)))])
            }
            Answer::Operated { acknowledgement, refused } => (
                "operated",
                vec![
                    ("acknowledgement", acknowledgement.clone().map(Node::Bytes)),
                    ("refused", Some(reasons(refused))),
                ],
            ),
            Answer::Spread { message, next } => {
                ("spread", vec![("message", Some(Node::bytes(message.clone()))), ("next", next.map(Node::from))])
            }
            Answer::Blocks(blocks) => ("blocks", vec![("blocks", Some(byte_strings(blocks)))]),
            Answer::Live { message } => ("live", vec![("message", Some(Node::bytes(message.clone())))]),
            Answer::Reconcile(message) => ("reconcile", vec![("message", Some(Node::bytes(message.clone())))]),
            Answer::Records { parcels, operations } => (
                "records",
                vec![
                    ("records", Some(write_parcels(parcels))),
                    ("operations", (!operations.is_empty()).then(|| byte_strings(operations))),
                ],
            ),
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
            "charter" => Answer::Charter {
                founding: fields.bytes("founding")?,
                terms: fields.bytes("terms")?,
                successors: blocks_within(&mut fields, "successors", SUCCESSORS)?,
            },
            "session" => Answer::Session(fields.bytes("session")?),
            "submitted" => {
                Answer::Submitted { receipt: fields.bytes_opt("receipt")?, refused: read_reasons(&mut fields)? }
            }
            "operated" => Answer::Operated {
                acknowledgement: fields.bytes_opt("acknowledgement")?,
                refused: read_reasons(&mut fields)?,
            },
            "spread" => Answer::Spread { message: fields.bytes("message")?, next: fields.link_opt("next")? },
            "blocks" => Answer::Blocks(blocks_within(&mut fields, "blocks", REQUEST_IDS)?),
            "live" => Answer::Live { message: fields.bytes("message")? },
            "reconcile" => Answer::Reconcile(fields.bytes("message")?),
            "records" => Answer::Records {
                parcels: read_parcels(&mut fields)?,
                operations: blocks_within(&mut fields, "operations", REQUEST_IDS)?,
            },
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

fn byte_strings(blocks: &[Vec<u8>]) -> Node {
    Node::List(blocks.iter().map(|block| Node::bytes(block.clone())).collect())
}

fn write_items(items: &[[u8; 32]]) -> Node {
    Node::List(items.iter().map(|item| Node::bytes(*item)).collect())
}

fn read_items(fields: &mut Fields) -> Result<Vec<[u8; 32]>, FieldError> {
    fields.items("items", REQUEST_IDS, |node| match node {
        Node::Bytes(item) => item.try_into().map_err(|_| FieldError::value("items", "expected items of 32 bytes")),
        other => Err(FieldError::Type { field: "items", expected: "bytes", found: other.kind() }),
    })
}

fn reasons(refused: &[(usize, String)]) -> Node {
    Node::List(refused.iter().map(|(at, why)| Node::List(vec![Node::Int(*at as i64), Node::text(why)])).collect())
}

fn read_reasons(fields: &mut Fields) -> Result<Vec<(usize, String)>, FieldError> {
    fields.items("refused", REQUEST_IDS, |node| match node {
        Node::List(pair) => match &pair[..] {
            [Node::Int(at), Node::Text(why)] if *at >= 0 && why.len() <= 1024 => Ok((*at as usize, why.to_string())),
            _ => Err(FieldError::value("refused", "expected [position, reason]")),
        },
        other => Err(FieldError::Type { field: "refused", expected: "a list", found: other.kind() }),
    })
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
