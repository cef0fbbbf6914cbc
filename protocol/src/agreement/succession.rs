//! What a successor charter says of the charter whose place it takes.

use crate::bytes::{Cid, FieldError, Fields, Key, Node};
use crate::limits::{CLOSING, INT_MAX};
use std::collections::{BTreeMap, BTreeSet};

/// The place that a successor charter takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    /// The community: the id of its first charter.
    pub community: Cid,
    /// The charter whose quorum, or whose recovery keys, sign.
    pub predecessor: Cid,
    /// Which attempt to succeed that charter this is, from 1. The highest certified one leads.
    pub round: i64,
    /// What of the predecessor's matters stays: the releases that close it, whose records stay accepted, and
    /// decisions.
    pub closing: BTreeSet<Cid>,
}

impl Succession {
    pub(super) fn to_node(&self) -> Node {
        Node::map([
            ("community", Some(self.community.into())),
            ("predecessor", Some(self.predecessor.into())),
            ("round", Some(self.round.into())),
            ("closing", Some(Node::List(self.closing.iter().map(|id| Node::Link(*id)).collect()))),
        ])
    }

    pub(super) fn read(map: BTreeMap<Key, Node>) -> Result<Self, FieldError> {
        let mut fields = Fields::of(Node::Map(map))?;
        fields.present("closing")?;
        let closing = fields.items("closing", CLOSING, read_link)?;
        if !closing.is_sorted_by(|a, b| a < b) {
            return Err(FieldError::value("closing", "expected ascending order, each once"));
        }
        let succession = Succession {
            community: fields.link("community")?,
            predecessor: fields.link("predecessor")?,
            round: fields.int_in("round", 1..=INT_MAX)?,
            closing: closing.into_iter().collect(),
        };
        fields.end()?;
        Ok(succession)
    }
}

fn read_link(node: Node) -> Result<Cid, FieldError> {
    match node {
        Node::Link(cid) => Ok(cid),
        other => Err(FieldError::Type { field: "closing", expected: "a link", found: other.kind() }),
    }
}
