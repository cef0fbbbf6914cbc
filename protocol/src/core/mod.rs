//! The one transition: `step(now, input, ledger) -> (batch, effects)`.
//!
//! The driver commits the batch, and only when that is durable carries out the effects. So
//! nothing leaves a node before it is durable there, by shape and not by discipline. The core has
//! no clock, no network and no disk; the node and the simulator drive the same one.

mod accept;
mod answer;
mod contribute;
mod hear;
mod learn;
mod peers;
mod similar;
pub mod status;
mod tick;

use crate::agreement::{Charter, Founding};
use crate::bytes::Cid;
use crate::index::{self, prefix};
use crate::ledger::{Batch, Ledger, LedgerError, Shelf};
use crate::record::RecordId;
use crate::redact::Ruleset;
use crate::sign::{PublicKey, SecretKey};
use crate::wire::exchange::{Parcel, Peer};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u64);

impl Millis {
    /// Seconds since 1970.
    pub fn unix_s(self) -> i64 {
        (self.0 / 1000) as i64
    }

    fn plus(self, ms: u64) -> Millis {
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
}

/// What one transition leads to.
#[must_use = "a step's batch must be committed before its effects are carried out"]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// To commit first.
    pub batch: Batch,
    /// To carry out then.
    pub effects: Vec<Effect>,
}

/// Who a node is in one community.
#[derive(Clone, Debug)]
pub struct Role {
    /// This node's own transport id.
    pub peer: Peer,
    /// The key with which it validates, if the charter names it.
    pub validator: Option<SecretKey>,
    /// The key with which it says who asks for bodies.
    pub reader: SecretKey,
}

/// A node's part in one community. Everything in here can be lost: it is rebuilt by
/// [`Core::open`] from the ledger, and by asking peers again.
pub struct Core {
    founding: Founding,
    terms: Vec<u8>,
    charter: Charter,
    community: Cid,
    ruleset: Arc<Ruleset>,
    role: Role,
    now: Millis,
    peers: BTreeMap<Peer, peers::PeerState>,
    asks: BTreeMap<AskId, peers::Pending>,
    next_ask: u64,
    outbox: Outbox,
    /// Waiting records with a body that this validator has not judged yet.
    to_check: BTreeSet<RecordId>,
    /// Waiting records without a body here.
    bodiless: BTreeSet<RecordId>,
    /// Waiting records with a body here, on a node that is no validator: those signed here.
    own: BTreeSet<RecordId>,
    /// Certified records without a body here, though it may be had.
    incomplete: BTreeSet<RecordId>,
    /// Waiting records of which something new was learned, to be counted at the next tick.
    to_count: BTreeSet<RecordId>,
    /// Records with a quorum of acceptances, to be certified here if nobody else does by then.
    ripe: BTreeMap<RecordId, Millis>,
    /// How many records each author has waiting.
    waiting_by_author: BTreeMap<PublicKey, usize>,
    waiting: usize,
    /// The number of this validator's last batch.
    last_batch: i64,
    /// What a power cut left of batches that were never acknowledged, to be erased at the first tick.
    leftovers: Batch,
    /// Waiting records that are over their author's rate, until the hour is over.
    next_hour: BTreeSet<RecordId>,
    /// How many records of each author were accepted here in the hour under way.
    accepted_by_author: (i64, BTreeMap<PublicKey, i64>),
    /// Validators that have proved their keys and confirmed the charter since this was opened.
    confirmed: BTreeSet<PublicKey>,
    snapshot: Option<Arc<crate::reconcile::Snapshot>>,
    next_sync: Millis,
    /// What a validator compares new records with.
    similar: similar::Compared,
}

/// What is to be gossiped at the next tick.
#[derive(Default)]
struct Outbox {
    headers: Vec<RecordId>,
    batches: Vec<Vec<u8>>,
    certificates: Vec<Vec<u8>>,
}

impl Core {
    /// A node's part in a community whose founding and terms the ledger holds.
    ///
    /// # Errors
    /// When the ledger fails, or does not hold what it should.
    pub fn open(
        founding: Founding,
        ruleset: Arc<Ruleset>,
        mut role: Role,
        now: Millis,
        ledger: &impl Ledger,
    ) -> Result<Self, LedgerError> {
        let charter = founding.charter().clone();
        let terms = ledger.block(Shelf::Certified, &charter.terms)?.ok_or_else(|| {
            LedgerError("the store lacks the text of the charter's terms; join the community again".into())
        })?;
        role.validator.take_if(|key| charter.validator(&key.public()).is_none() || !charter.understood());
        let mut core = Core {
            community: founding.community(),
            founding,
            terms,
            charter,
            ruleset,
            role,
            now,
            peers: BTreeMap::new(),
            asks: BTreeMap::new(),
            next_ask: 0,
            outbox: Outbox::default(),
            to_check: BTreeSet::new(),
            bodiless: BTreeSet::new(),
            own: BTreeSet::new(),
            incomplete: BTreeSet::new(),
            to_count: BTreeSet::new(),
            ripe: BTreeMap::new(),
            waiting_by_author: BTreeMap::new(),
            waiting: 0,
            last_batch: 0,
            leftovers: Batch::default(),
            next_hour: BTreeSet::new(),
            accepted_by_author: (0, BTreeMap::new()),
            confirmed: BTreeSet::new(),
            snapshot: None,
            next_sync: now,
            similar: similar::Compared::new(),
        };
        core.reload(ledger)?;
        Ok(core)
    }

    /// One transition.
    ///
    /// # Errors
    /// When the ledger fails: the driver must stop.
    pub fn step(&mut self, now: Millis, input: Input, ledger: &impl Ledger) -> Result<Step, LedgerError> {
        self.now = self.now.max(now);
        let mut step = Step::default();
        match input {
            Input::Tick => self.tick(ledger, &mut step)?,
            Input::Connected(peer) => self.connected(peer, ledger, &mut step)?,
            Input::Disconnected(peer) => self.disconnected(&peer),
            Input::Gossip { from, token, bytes } => {
                let judgement = self.hear(&from, &bytes, ledger, &mut step)?;
                step.effects.push(Effect::Judge(token, judgement));
            }
            Input::Request { from, token, bytes } => {
                let answer = self.answer(&from, &bytes, ledger, &mut step)?;
                step.effects.push(Effect::Reply(token, answer.to_bytes()));
            }
            Input::Reply { ask, bytes } => self.learn(ask, bytes, ledger, &mut step)?,
            Input::Contribute(parcels) => self.contribute(&parcels, ledger, &mut step)?,
        }
        let mut leftovers = std::mem::take(&mut self.leftovers).erasures;
        leftovers.retain(|(on, id)| !step.batch.puts.iter().any(|(shelf, cid, _)| (shelf, cid) == (on, id)));
        step.batch.erasures.extend(leftovers);
        self.similar.forget_erased(&step.batch, ledger)?;
        // Not before: a snapshot taken later in this step would lack what the step changes.
        let (puts, erasures) = (&step.batch.puts, &step.batch.erasures);
        let mut shelves = puts.iter().map(|(shelf, ..)| shelf).chain(erasures.iter().map(|(shelf, _)| shelf));
        if shelves.any(|shelf| *shelf == Shelf::Certified) {
            self.snapshot = None;
        }
        Ok(step)
    }

    /// The community's charter.
    pub fn charter(&self) -> &Charter {
        &self.charter
    }

    /// The community's id.
    pub fn community(&self) -> Cid {
        self.community
    }

    /// The validator's key, when this node is one.
    pub fn validator(&self) -> Option<PublicKey> {
        self.role.validator.as_ref().map(SecretKey::public)
    }

    /// The validators that are connected and have proved their keys.
    pub fn present_validators(&self) -> BTreeSet<PublicKey> {
        self.peers.values().filter_map(|peer| peer.validator).chain(self.validator()).collect()
    }

    /// How many accepted records lack their body here.
    pub fn incomplete(&self) -> usize {
        self.incomplete.len()
    }

    fn reload(&mut self, ledger: &impl Ledger) -> Result<(), LedgerError> {
        let mut waiting = Vec::new();
        index::each_record(ledger, prefix::WAITING, |id, header| waiting.push((id, header.body)))?;
        self.waiting = waiting.len();
        for (id, body) in waiting {
            if ledger.holds(Shelf::Certified, &id.0)? {
                self.leftovers.erase(Shelf::Live, id.0);
                if ledger.holds(Shelf::Certified, &body)? {
                    self.leftovers.erase(Shelf::Waiting, body);
                }
                continue;
            }
            self.to_count.insert(id);
            if let Some(header) = self.waiting_header(&id, ledger)? {
                *self.waiting_by_author.entry(header.header().author).or_default() += 1;
            }
            if !self.holds_body(&body, ledger)? {
                self.bodiless.insert(id);
            } else if self.role.validator.is_none() {
                self.own.insert(id);
            } else {
                if !self.judged(&id, ledger)? {
                    self.to_check.insert(id);
                }
                if !self.vouched_before(&id, ledger)? {
                    self.outbox.headers.push(id);
                }
            }
        }
        let mut certified = Vec::new();
        index::each_record(ledger, prefix::CERTIFIED, |id, header| certified.push((id, header.body)))?;
        for (id, body) in certified {
            if !ledger.holds(Shelf::Certified, &body)? {
                self.incomplete.insert(id);
            }
        }
        // A record has one certificate, the lowest; and none without its header.
        let mut before = None;
        index::each(ledger, &[prefix::CERTIFICATE], |entry| {
            let record = entry.key.get(1..1 + Cid::LEN).and_then(|bytes| Cid::from_bytes(bytes).ok());
            if let (Some(record), Some(certificate)) = (record, index::last_cid(&entry.key))
                && (before.replace(record) == Some(record) || !ledger.holds(Shelf::Certified, &record)?)
            {
                self.leftovers.erase(Shelf::Certified, certificate);
            }
            Ok(())
        })?;
        if let Some(me) = self.validator() {
            index::each(ledger, &index::key(prefix::BATCH, &[&me.0]), |entry| {
                let number = entry.key[33..].first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes));
                self.last_batch = self.last_batch.max(number);
                Ok(())
            })?;
        }
        Ok(())
    }
}
