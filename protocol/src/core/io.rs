//! What goes into the core and what comes out of it.

use super::notes;
use crate::bytes::Cid;
use crate::operation::Matter;
use crate::operation::equivocation::Contradiction;
use crate::record::RecordId;
use crate::sign::PublicKey;
use crate::wire::exchange::{Parcel, Peer};

/// Milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u64);

impl Millis {
    /// Seconds since 1970.
    pub fn unix_s(self) -> i64 {
        (self.0 / 1000) as i64
    }

    pub(super) fn plus(self, ms: u64) -> Millis {
        Millis(self.0 + ms)
    }
}

/// A gossip message or a request that the driver waits to hear about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token(pub u64);

/// What happens to a node.
#[derive(Clone, Debug)]
pub enum Input {
    /// Time passes. The driver sends one about every 100 ms.
    Tick,
    /// A peer is connected.
    Connected(Peer),
    /// A peer is gone.
    Disconnected(Peer),
    /// A gossip message on the community's topic.
    Gossip {
        /// Who forwarded it.
        from: Peer,
        /// To name it in [`Effect::Judge`].
        token: Token,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// A request of a peer.
    Request {
        /// Who asks.
        from: Peer,
        /// To name it in [`Effect::Reply`].
        token: Token,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// The reply to an [`Effect::Ask`]; `None` when the peer gave none.
    Reply {
        /// Which.
        ask: AskId,
        /// Its bytes.
        bytes: Option<Vec<u8>>,
    },
    /// Records signed on this machine: headers with bodies.
    Contribute(Vec<Parcel>),
    /// Operations signed on this machine.
    Operate(Vec<Vec<u8>>),
    /// Sign a motion for a matter with this node's own key; [`Notice::Signed`] or [`Notice::NotSigned`]
    /// says what came of it.
    Vote {
        /// For what.
        matter: Box<Matter>,
        /// Pages of a release, the terms of a charter.
        blocks: Vec<Vec<u8>>,
    },
    /// Keep the terms of charters that are proposed here.
    Keep(Vec<Vec<u8>>),
    /// What a moderator behind this validator says of a record.
    Review(notes::Review),
}

/// A request that this node has sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AskId(pub u64);

/// What the driver does once the batch is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Publish on the community's topic.
    Publish(Vec<u8>),
    /// Say what became of a gossip message.
    Judge(Token, Judgement),
    /// Answer a request.
    Reply(Token, Vec<u8>),
    /// Ask a peer; the answer comes back as [`Input::Reply`].
    Ask {
        /// Whom.
        peer: Peer,
        /// Which.
        ask: AskId,
        /// The request.
        bytes: Vec<u8>,
    },
    /// A peer broke a rule that only it is at fault for.
    Penalise(Peer, Offence),
    /// Something that a person may want to see.
    Notice(Notice),
}

/// What becomes of a gossip message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Valid and new: forward it.
    Accept,
    /// Nothing wrong, nothing new: do not forward it.
    Ignore,
    /// Its sender is at fault.
    Reject,
}

/// What a peer did wrong, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Offence {
    /// Sent what it was not asked for, or asked for what it may not have.
    Unwanted,
    /// Sent bytes that are not well-formed.
    Malformed,
    /// Sent more than is allowed.
    Oversized,
    /// Sent something whose signature, hash or proof is false.
    False,
}

/// Something that a person may want to see. Names ids and keys, never content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A validator holds the bodies of these records.
    Held(PublicKey, Vec<RecordId>),
    /// A validator refused to take a record, and why: for its author.
    Refused(RecordId, String),
    /// This validator's check failed, and why: for the validator's own log.
    Failed(RecordId, String),
    /// A record has a certificate.
    Accepted(RecordId),
    /// A peer has proved a validator's key.
    Validator(PublicKey, Peer),
    /// The store could not give what a peer asked for; in its words.
    Damaged(String),
    /// A peer has been reconciled with; this many records were missing here.
    Reconciled(Peer, usize),
    /// Somebody has moved a matter.
    Proposed(Cid, PublicKey),
    /// This node has signed a motion for a matter.
    Signed(Cid),
    /// This node has not signed a motion for a matter, and why.
    NotSigned(Cid, String),
    /// A matter is resolved.
    Resolved(Cid),
    /// A record has been withdrawn or taken down.
    Erased(RecordId),
    /// A record has waited, or has been kept after a refusal, for as long as the charter says.
    Expired(RecordId),
    /// Another charter leads now.
    Succeeded(Cid),
    /// Several successors are certified in one round: nothing is accepted until a higher round is certified.
    Forked(Vec<Cid>),
    /// A validator has contradicted itself; the proof is kept.
    Contradicted(PublicKey, Contradiction),
    /// A validator has taken operations, and done what they ask.
    Acknowledged(PublicKey, Vec<Cid>),
    /// A validator, or this node, did not take an operation, and why.
    NotTaken(Cid, String),
}
