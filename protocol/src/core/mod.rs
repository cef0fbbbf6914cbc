//! The one transition: `step(now, input, ledger) -> (batch, effects)`.
//!
//! The driver commits the batch, and only when that is durable carries out the effects. So
//! nothing leaves a node before it is durable there, by shape and not by discipline. The core has
//! no clock, no network and no disk; the node and the simulator drive the same one.

mod accept;
mod answer;
mod contradict;
mod contribute;
pub mod counted;
mod decide;
mod erase;
mod expire;
pub mod facts;
pub mod fate;
mod hear;
mod io;
mod learn;
pub mod matters;
pub mod members;
pub mod notes;
mod operate;
mod peers;
pub mod release;
mod reload;
mod resolve;
pub mod review;
mod similar;
mod spread;
pub mod status;
mod succession;
pub mod talk;
mod tick;
mod waiting;

pub use io::{AskId, Effect, Input, Judgement, Millis, Notice, Offence, Token};

use crate::agreement::{Charter, Lineage, Verdict};
use crate::bytes::Cid;
use crate::ledger::{Batch, Ledger, LedgerError, Shelf};
use crate::record::RecordId;
use crate::redact::Ruleset;
use crate::sign::{PublicKey, SecretKey};
use crate::wire::exchange::Peer;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What one transition leads to.
#[must_use = "a step's batch must be committed before its effects are carried out"]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// To commit first.
    pub batch: Batch,
    /// To carry out then.
    pub effects: Vec<Effect>,
    /// Who has vouched for what in this step: the ledger does not show it yet.
    vouched: BTreeSet<(RecordId, PublicKey)>,
}

/// Who a node is in one community.
#[derive(Clone, Debug)]
pub struct Role {
    /// This node's own transport id.
    pub peer: Peer,
    /// The key with which it validates under the charters that name it.
    pub validator: Option<SecretKey>,
    /// The key with which it says who asks for bodies.
    pub reader: SecretKey,
}

/// The rules of redaction of a charter; `None` when this program does not have them.
pub type Rulesets = Arc<dyn Fn(&Charter) -> Option<Arc<Ruleset>> + Send + Sync>;

/// A node's part in one community. Everything in here can be lost: it is rebuilt by
/// [`Core::open`] from the ledger, and by asking peers again.
pub struct Core {
    lineage: Lineage,
    /// The charter that leads.
    charter: Charter,
    community: Cid,
    rulesets: Rulesets,
    /// That of the charter that leads.
    ruleset: Option<Arc<Ruleset>>,
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
    /// What is said of what waits, to be reconciled.
    hearsay: waiting::Waiting,
    /// The matters that count under the charter that leads.
    counting: facts::Counting,
    /// Whether something came that may change which matters count.
    changed: bool,
    /// Whether two successors are certified in one round.
    forked: bool,
    /// In which round this validator has signed a successor of the charter that leads.
    signed_round: Option<i64>,
    /// The other validators that have said what this one has signed.
    told_own: BTreeSet<PublicKey>,
    /// Matters for which new voices came.
    matters: BTreeSet<Cid>,
    /// How many motions of each signer are kept.
    motions_by: BTreeMap<PublicKey, usize>,
    /// How many flags, support and memberships of each member are kept.
    spread_by: BTreeMap<PublicKey, usize>,
    /// Batches that the step under way has heard.
    heard_now: contradict::Heard,
    /// Validators that a proof of equivocation is held of, by charter.
    accused: BTreeSet<(Cid, PublicKey)>,
    /// Public blocks that are not here: pages, terms.
    wanted: BTreeSet<Cid>,
    /// Up to which of them was asked for last: nobody may have some of them.
    wanted_to: Option<Cid>,
    /// Operations signed here that are pushed to validators.
    own_operations: BTreeSet<Cid>,
    /// What moderators have decided and the next batch says.
    reviewed: BTreeMap<RecordId, Verdict>,
    /// Withdrawals that the step under way keeps and that are not durable, by record.
    withdrawn_now: BTreeMap<RecordId, Cid>,
    /// Accepted records of which the last step took a withdrawal: a revision that came in the same answer goes too.
    withdrawn_last: BTreeSet<RecordId>,
    /// Records of released editions, where bodies are open on release.
    released: BTreeSet<RecordId>,
    /// Whether this node serves bodies: it was reconciled since it was opened, or held none then. What it has may
    /// have been withdrawn while it was off.
    caught_up: bool,
    /// Records accepted only under a charter that was succeeded, to be attested again.
    lapsed: BTreeSet<RecordId>,
    /// How far the search for what has expired has come.
    expired_to: Option<Vec<u8>>,
    /// The number of the own batch up to which it was looked whether it speaks of anything that is known.
    words_to: i64,
    /// What a validator compares new records with.
    similar: similar::Compared,
}

/// What is to be gossiped at the next tick.
#[derive(Default)]
struct Outbox {
    /// Waiting headers, and when each is due: at once for the validator whose turn it is.
    headers: BTreeMap<RecordId, Millis>,
    batches: Vec<Vec<u8>>,
    certificates: Vec<Vec<u8>>,
    operations: Vec<Vec<u8>>,
}

impl Core {
    /// A node's part in a community whose founding and terms the ledger holds.
    ///
    /// # Errors
    /// When the ledger fails, or does not hold what it should.
    pub fn open(rulesets: Rulesets, role: Role, now: Millis, ledger: &impl Ledger) -> Result<Self, LedgerError> {
        let lineage = facts::lineage(ledger)?;
        let head = lineage.head();
        let (charter, forked) = (head.charter.clone(), !head.fork.is_empty());
        if !ledger.holds(Shelf::Certified, &lineage.founding().charter().terms)? {
            let why = "the store lacks the text of the charter's terms; join the community again";
            return Err(LedgerError(why.into()));
        }
        let mut core = Core {
            community: lineage.community(),
            ruleset: rulesets(&charter),
            lineage,
            charter,
            rulesets,
            role,
            now,
            forked,
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
            hearsay: waiting::Waiting::default(),
            counting: facts::Counting::default(),
            changed: true,
            signed_round: None,
            told_own: BTreeSet::new(),
            matters: BTreeSet::new(),
            motions_by: BTreeMap::new(),
            spread_by: BTreeMap::new(),
            heard_now: contradict::Heard::default(),
            accused: BTreeSet::new(),
            wanted: BTreeSet::new(),
            wanted_to: None,
            own_operations: BTreeSet::new(),
            reviewed: BTreeMap::new(),
            withdrawn_now: BTreeMap::new(),
            withdrawn_last: BTreeSet::new(),
            released: BTreeSet::new(),
            caught_up: false,
            lapsed: BTreeSet::new(),
            expired_to: None,
            words_to: 0,
            similar: similar::Compared::new(),
        };
        core.counting = facts::Counting::load(&core.lineage, ledger)?;
        core.reload(ledger)?;
        core.reload_operations(ledger)?;
        let alone = core.charter.quorum.n() == 1 && core.validates();
        core.caught_up = alone || ledger.scan(&[crate::index::prefix::CERTIFIED], None, 1)?.is_empty();
        Ok(core)
    }

    /// One transition.
    ///
    /// # Errors
    /// When the ledger fails: the driver must stop.
    pub fn step(&mut self, now: Millis, input: Input, ledger: &impl Ledger) -> Result<Step, LedgerError> {
        self.now = self.now.max(now);
        let mut step = Step::default();
        self.withdrawn_now.clear();
        for id in std::mem::take(&mut self.withdrawn_last) {
            self.erase_group(&id, ledger, &mut step)?;
        }
        self.heard_now = contradict::Heard::default();
        self.refresh(ledger, &mut step)?;
        self.refresh_waiting(ledger)?;
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
            Input::Operate(operations) => self.operate_own(&operations, ledger, &mut step)?,
            Input::Vote { matter, blocks } => self.vote(*matter, blocks, ledger, &mut step)?,
            Input::Keep(blocks) => self.keep_wanted(blocks, &mut step),
            Input::Review(review) => self.review(&review, ledger, &mut step)?,
        }
        let mut leftovers = std::mem::take(&mut self.leftovers).erasures;
        leftovers.retain(|(on, id)| !step.batch.puts.iter().any(|(shelf, cid, _)| (shelf, cid) == (on, id)));
        // The step's erasures reach the ledger after what waits was brought up to it.
        let gone = leftovers.iter().filter(|(shelf, _)| *shelf == Shelf::Live);
        self.hearsay.changed(gone.map(|(_, id)| RecordId(*id)));
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

    /// The charter that leads.
    pub fn charter(&self) -> &Charter {
        &self.charter
    }

    /// The community's charters, and the one that is pinned here.
    pub fn lineage(&self) -> &Lineage {
        &self.lineage
    }

    /// The decisions and releases that count.
    pub fn counting(&self) -> &facts::Counting {
        &self.counting
    }

    /// Why this node signs nothing now; `None` when it does, or is no validator.
    pub fn silent_because(&self) -> Option<&'static str> {
        (self.validates() && self.signing().is_none()).then(|| self.why_not_signing())
    }

    /// The community's id.
    pub fn community(&self) -> Cid {
        self.community
    }

    /// The validator's key, when the charter that leads names it.
    pub fn validator(&self) -> Option<PublicKey> {
        let key = self.role.validator.as_ref().map(SecretKey::public)?;
        (self.charter.understood() && self.charter.validator(&key).is_some()).then_some(key)
    }

    /// The validators that are connected and have proved their keys.
    pub fn present_validators(&self) -> BTreeSet<PublicKey> {
        self.peers.values().filter_map(|peer| peer.validator).chain(self.validator()).collect()
    }

    /// How many accepted records lack their body here.
    pub fn incomplete(&self) -> usize {
        self.incomplete.len()
    }
}
