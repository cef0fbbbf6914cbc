//! Gossip: headers with the receipts that vouch for them, batches of verdicts, certificates, operations.
//!
//! Never bodies: no field of the message could hold one. The message itself is not signed; what
//! it carries is.

use crate::bytes::{DecodeError, FieldError, Fields, Node, decode, encode};
use crate::limits::{GOSSIP_BYTES, GOSSIP_ITEMS, HEADER_BYTES, LIVE_PAGE_BYTES};

/// The gossip topic of a community.
pub fn topic(community: &crate::bytes::Cid) -> String {
    format!("/commonwheel/1/{community}")
}

/// One message: the bytes of what it carries, not yet checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Signed headers.
    pub headers: Vec<Vec<u8>>,
    /// Receipts of validators for bodies of those headers.
    pub receipts: Vec<Vec<u8>>,
    /// Batches of verdicts.
    pub batches: Vec<Vec<u8>>,
    /// Certificates.
    pub certificates: Vec<Vec<u8>>,
    /// Operations.
    pub operations: Vec<Vec<u8>>,
}

/// Why bytes are not a gossip message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Longer than a message may be.
    #[error("expected at most {GOSSIP_BYTES} bytes in gossip, {LIVE_PAGE_BYTES} in a page asked for; found {0}")]
    Oversized(usize),
    /// Not canonical.
    #[error("the message is not canonical DAG-CBOR: {0}")]
    Bytes(#[from] DecodeError),
    /// Not the fields of a message.
    #[error("the message is not well-formed: {0}")]
    Fields(#[from] FieldError),
}

impl Message {
    /// Whether it carries nothing.
    pub fn is_empty(&self) -> bool {
        self.lists().iter().all(|list| list.is_empty())
    }

    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&Node::map([
            ("headers", list(&self.headers)),
            ("receipts", list(&self.receipts)),
            ("batches", list(&self.batches)),
            ("certificates", list(&self.certificates)),
            ("operations", list(&self.operations)),
        ]))
    }

    /// Reads a gossip message: at most [`GOSSIP_BYTES`].
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn read(bytes: &[u8]) -> Result<Self, MessageError> {
        Message::read_within(GOSSIP_BYTES, bytes)
    }

    /// Reads a page of what waits, which was asked for: at most [`LIVE_PAGE_BYTES`].
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn read_page(bytes: &[u8]) -> Result<Self, MessageError> {
        Message::read_within(LIVE_PAGE_BYTES, bytes)
    }

    fn read_within(most: usize, bytes: &[u8]) -> Result<Self, MessageError> {
        if bytes.len() > most {
            return Err(MessageError::Oversized(bytes.len()));
        }
        let mut fields = Fields::of(decode(bytes)?)?;
        let message = Message {
            headers: blocks(&mut fields, "headers")?,
            receipts: blocks(&mut fields, "receipts")?,
            batches: blocks(&mut fields, "batches")?,
            certificates: blocks(&mut fields, "certificates")?,
            operations: blocks(&mut fields, "operations")?,
        };
        fields.end()?;
        if message.headers.iter().any(|header| header.len() > HEADER_BYTES) {
            return Err(FieldError::value("headers", format!("expected at most {HEADER_BYTES} bytes each")).into());
        }
        Ok(message)
    }

    /// How many items the longest list has.
    pub fn items(&self) -> usize {
        self.lists().iter().map(|list| list.len()).max().unwrap_or(0)
    }

    fn lists(&self) -> [&Vec<Vec<u8>>; 5] {
        [&self.headers, &self.receipts, &self.batches, &self.certificates, &self.operations]
    }

    /// About how many bytes the message takes.
    pub fn size(&self) -> usize {
        64 + self.lists().iter().flat_map(|part| part.iter()).map(|block| block.len() + 4).sum::<usize>()
    }
}

fn list(blocks: &[Vec<u8>]) -> Option<Node> {
    (!blocks.is_empty()).then(|| Node::List(blocks.iter().map(|block| Node::bytes(block.clone())).collect()))
}

pub(super) fn blocks(fields: &mut Fields, field: &'static str) -> Result<Vec<Vec<u8>>, FieldError> {
    blocks_within(fields, field, GOSSIP_ITEMS)
}

pub(super) fn blocks_within(fields: &mut Fields, field: &'static str, most: usize) -> Result<Vec<Vec<u8>>, FieldError> {
    fields.items(field, most, |node| match node {
        Node::Bytes(bytes) => Ok(bytes),
        other => Err(FieldError::Type { field, expected: "a byte string", found: other.kind() }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_reads_back() {
        let message = Message { headers: vec![vec![1]], batches: vec![vec![2], vec![3]], ..Message::default() };
        assert_eq!(Message::read(&message.to_bytes()), Ok(message));
    }

    #[test]
    fn a_message_cannot_carry_a_body() {
        let with_body = encode(&Node::map([("bodies", Some(Node::List(vec![Node::bytes([0])])))]));
        assert_eq!(Message::read(&with_body), Err(MessageError::Fields(FieldError::Unknown(1))));
        let long = Message { headers: vec![vec![0; HEADER_BYTES + 1]], ..Message::default() };
        assert!(matches!(Message::read(&long.to_bytes()), Err(MessageError::Fields(_))));
    }

    #[test]
    fn a_message_is_refused_past_its_limit() {
        let of = |len| Message { certificates: vec![vec![0; len]], ..Message::default() }.to_bytes();
        let envelope = of(60_000).len() - 60_000;
        assert!(Message::read(&of(GOSSIP_BYTES - envelope)).is_ok());
        let over = GOSSIP_BYTES + 1;
        assert_eq!(Message::read(&of(over - envelope)), Err(MessageError::Oversized(over)));
        assert!(Message::read_page(&of(over - envelope)).is_ok());
    }
}
