//! The DAG-CBOR data model, without floats.

use super::Cid;
use compact_str::CompactString;
use std::collections::BTreeMap;

/// The key of a map. Nearly all are short, and take no memory of their own: a record has some forty of them.
pub type Key = CompactString;

/// Any value that Commonwheel's bytes can hold.
///
/// Map keys are kept in Rust's string order; [`super::encode`] writes them in DAG-CBOR order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number within ±(2^53 − 1).
    Int(i64),
    /// A byte string.
    Bytes(Vec<u8>),
    /// A text string. Those of up to 24 bytes, as most are that name something, take no memory of their own.
    Text(CompactString),
    /// A list.
    List(Vec<Node>),
    /// A map with text keys.
    Map(BTreeMap<Key, Node>),
    /// A link to another block (CBOR tag 42).
    Link(Cid),
}

impl Node {
    /// A text value.
    pub fn text(value: impl Into<CompactString>) -> Node {
        Node::Text(value.into())
    }

    /// A byte string value.
    pub fn bytes(value: impl Into<Vec<u8>>) -> Node {
        Node::Bytes(value.into())
    }

    /// A map of the entries whose value is present.
    pub fn map<'a>(entries: impl IntoIterator<Item = (&'a str, Option<Node>)>) -> Node {
        Node::Map(entries.into_iter().filter_map(|(k, v)| Some((k.into(), v?))).collect())
    }

    /// What kind of value this is, for error messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Node::Null => "null",
            Node::Bool(_) => "a boolean",
            Node::Int(_) => "an integer",
            Node::Bytes(_) => "a byte string",
            Node::Text(_) => "a text string",
            Node::List(_) => "a list",
            Node::Map(_) => "a map",
            Node::Link(_) => "a link",
        }
    }
}

impl From<i64> for Node {
    fn from(value: i64) -> Self {
        Node::Int(value)
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Node::Bool(value)
    }
}

impl From<Cid> for Node {
    fn from(value: Cid) -> Self {
        Node::Link(value)
    }
}
