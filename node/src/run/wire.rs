//! What commands and the running node say to each other over the local socket.
//!
//! Each message is a 32-bit big-endian length and that much JSON. Only the owner of the home can
//! open the socket.

use super::search::{SearchAnswer, SearchAsk};
use crate::govern::Governance;
use commonwheel_protocol::ledger::Shelf;
use commonwheel_protocol::limits::FRAME_BYTES;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A message is at most this many bytes.
pub const MESSAGE_BYTES: usize = 64 << 20;

/// The most blocks of one question: with the longest of them the answer is a message still.
pub const BLOCKS: usize = 16;

const _: () =
    assert!(BLOCKS * (FRAME_BYTES * 4 / 3 + 8) < MESSAGE_BYTES, "an answer with the longest blocks fits in a message");

/// Bytes, written as base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base64(pub Vec<u8>);

impl Serialize for Base64 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&data_encoding::BASE64_NOPAD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        data_encoding::BASE64_NOPAD.decode(text.as_bytes()).map(Base64).map_err(serde::de::Error::custom)
    }
}

/// A shelf by name.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShelfName {
    /// [`Shelf::Certified`]
    Certified,
    /// [`Shelf::Waiting`]
    Waiting,
    /// [`Shelf::Live`]
    Live,
}

impl From<Shelf> for ShelfName {
    fn from(shelf: Shelf) -> Self {
        match shelf {
            Shelf::Certified => ShelfName::Certified,
            Shelf::Waiting => ShelfName::Waiting,
            Shelf::Live => ShelfName::Live,
        }
    }
}

impl From<ShelfName> for Shelf {
    fn from(name: ShelfName) -> Self {
        match name {
            ShelfName::Certified => Shelf::Certified,
            ShelfName::Waiting => Shelf::Waiting,
            ShelfName::Live => Shelf::Live,
        }
    }
}

/// What a command asks. Communities and records are named by their CIDs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// How the node is.
    Info,
    /// A block.
    Block(String, ShelfName, String),
    /// Some blocks of one shelf, [`BLOCKS`] at most.
    Blocks(String, ShelfName, Vec<String>),
    /// Whether a block is there.
    Holds(String, ShelfName, String),
    /// An index value.
    Value(String, Base64),
    /// Index entries.
    Scan(String, Base64, Option<Base64>, usize),
    /// Take and push records signed here: headers with bodies.
    Contribute(String, Vec<(Base64, Base64)>),
    /// Take and push operations signed here.
    Operate(String, Vec<Base64>),
    /// Sign a motion for a matter, given by its payload, with this node's key; with the blocks that go with it.
    Vote(String, Base64, Vec<Base64>),
    /// Note what a moderator says of a record, as the bytes of a review.
    Review(String, Base64),
    /// Open a community that has just been joined.
    Open(String),
    /// Ask addresses for a community's charters, up to the one of an invite at least: community, charter, addresses.
    Charter(String, String, Vec<String>),
    /// Keep the terms of a charter that is proposed here.
    Keep(String, Vec<Base64>),
    /// Connect to an address.
    Dial(String),
    /// Ask a community's search index.
    Search(String, SearchAsk),
    /// Stop the node.
    Stop,
}

/// What comes back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Response {
    /// To [`Request::Info`].
    Info(Info),
    /// To [`Request::Block`] and [`Request::Value`].
    Bytes(Option<Base64>),
    /// To [`Request::Blocks`], in its order.
    Blocks(Vec<Option<Base64>>),
    /// To [`Request::Holds`].
    Yes(bool),
    /// To [`Request::Scan`].
    Entries(Vec<(Base64, Base64)>),
    /// To [`Request::Charter`]: the founding, the texts of terms, the successors in order.
    Charter(Base64, Vec<Base64>, Vec<Base64>),
    /// To [`Request::Operate`], [`Request::Vote`] and [`Request::Review`]: what was not done, and why. Nothing
    /// when all was.
    Told(Vec<String>),
    /// To [`Request::Search`].
    Searched(SearchAnswer),
    /// Done.
    Done,
    /// Not done, and why.
    Failed(String),
}

/// How a node is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Info {
    /// The program's version.
    pub version: String,
    /// The node's transport id.
    pub peer: String,
    /// Where it listens, with its id.
    pub addresses: Vec<String>,
    /// Connected peers.
    pub peers: usize,
    /// The communities that it has opened.
    pub communities: Vec<CommunityInfo>,
}

/// How a community is, on this node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CommunityInfo {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether this node validates in it.
    pub validator: bool,
    /// Accepted records: those that are withdrawn, taken down or superseded do not count.
    pub accepted: usize,
    /// Accepted records whose body is not here.
    pub incomplete: usize,
    /// Waiting records known here.
    pub waiting: usize,
    /// The state root; absent under a protocol version that this program does not understand.
    pub state_root: Option<String>,
    /// The digest of the evidence: equal on replicas that hold the same certificates.
    pub evidence: String,
    /// The keys of validators present: connected and proved, or this node itself.
    pub validators_present: BTreeSet<String>,
    /// Why this node signs nothing, though it validates.
    pub silent: Option<String>,
    /// Which charter leads, what is decided and what is open.
    pub governance: Governance,
}
