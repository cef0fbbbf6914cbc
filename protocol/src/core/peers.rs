//! Who is connected, what has been asked of them, and what was asked for.

use super::waiting::Hearing;
use super::{AskId, Core, Effect, Millis, Offence, Step};
use crate::bytes::Cid;
use crate::index::Item;
use crate::ledger::{Ledger, LedgerError};
use crate::record::RecordId;
use crate::record::header::HourTime;
use crate::sign::PublicKey;
use crate::wire::exchange::{Ask, Peer, Purpose, Statement};
use std::collections::BTreeSet;

/// After this long a request counts as unanswered.
const ASK_TIMEOUT_MS: u64 = 40_000;
/// After this long a peer that gave no answer of use is asked again to give or to take records.
const REST_MS: u64 = 2_000;
/// Requests under way to one peer.
const ASKS_PER_PEER: usize = 8;

/// What is known of a connected peer.
#[derive(Debug, Default)]
pub(super) struct PeerState {
    /// The validator's key that it has proved.
    pub validator: Option<PublicKey>,
    /// Requests under way.
    pub asks: BTreeSet<AskId>,
    /// Items that it has and this node lacks, still to be fetched.
    pub to_fetch: BTreeSet<Item>,
    /// What it has said of what waits.
    pub hearing: Hearing,
    /// Whether a reconciliation with it has come to its end.
    pub reconciled: bool,
    /// How many were missing in the reconciliation under way.
    pub missing: usize,
    /// Own records that it has answered for, with a receipt or a refusal.
    pub submitted: BTreeSet<RecordId>,
    /// Own operations that it has answered for.
    pub operated: BTreeSet<Cid>,
    /// Records whose body it was asked for and did not give; forgotten at each reconciliation.
    pub lacks: BTreeSet<RecordId>,
    /// How often it has asked since then.
    pub asked: u32,
    pub asked_since: Millis,
    /// The statements that it has made in this hour.
    pub stated: (i64, BTreeSet<Cid>),
    /// Until when it is asked neither to give nor to take records, since it just failed to.
    pub rests_until: Option<Millis>,
}

impl PeerState {
    pub(super) fn rests(&self, now: Millis) -> bool {
        self.rests_until.is_some_and(|until| now < until)
    }
}

/// A request under way.
#[derive(Debug)]
pub(super) struct Pending {
    pub peer: Peer,
    pub what: Asked,
    pub deadline: Millis,
}

/// What a request was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Prove,
    Waiting,
    Live(Vec<Item>),
    Reconcile,
    Submit(Vec<RecordId>),
    Operate(Vec<Cid>),
    Spread,
    Own,
    Blocks(Vec<Cid>),
    Fetch { items: Vec<Item>, records: Vec<RecordId> },
}

impl Core {
    pub(super) fn connected(&mut self, peer: Peer, ledger: &impl Ledger, step: &mut Step) -> Result<(), LedgerError> {
        self.disconnected(&peer);
        self.peers.insert(peer.clone(), PeerState::default());
        self.ask(&peer, Ask::Prove, Asked::Prove, step);
        self.begin_hearing(&peer, step);
        self.ask(&peer, Ask::Spread(None), Asked::Spread, step);
        self.begin_reconcile(&peer, ledger, step)
    }

    pub(super) fn disconnected(&mut self, peer: &Peer) {
        self.peers.remove(peer);
        self.asks.retain(|_, pending| pending.peer != *peer);
    }

    /// Sends a request, unless the peer is gone or has too many under way.
    pub(super) fn ask(&mut self, peer: &Peer, ask: Ask, what: Asked, step: &mut Step) -> bool {
        let Some(state) = self.peers.get_mut(peer) else { return false };
        if state.asks.len() >= ASKS_PER_PEER {
            return false;
        }
        let id = AskId(self.next_ask);
        self.next_ask += 1;
        state.asks.insert(id);
        self.asks.insert(id, Pending { peer: peer.clone(), what, deadline: self.now.plus(ASK_TIMEOUT_MS) });
        step.effects.push(Effect::Ask { peer: peer.clone(), ask: id, bytes: ask.to_bytes(&self.community) });
        true
    }

    /// Takes a request off the list; `None` when it was given up before.
    pub(super) fn answered(&mut self, ask: AskId) -> Option<Pending> {
        let pending = self.asks.remove(&ask)?;
        if let Some(state) = self.peers.get_mut(&pending.peer) {
            state.asks.remove(&ask);
        }
        Some(pending)
    }

    /// Leaves a peer alone for a while that failed to give or to take records.
    pub(super) fn let_rest(&mut self, peer: &Peer) {
        if let Some(state) = self.peers.get_mut(peer) {
            state.rests_until = Some(self.now.plus(REST_MS));
        }
    }

    /// The same, when that is what it was asked for.
    pub(super) fn let_rest_after(&mut self, peer: &Peer, what: &Asked) {
        if let Asked::Submit(_) | Asked::Fetch { .. } = what {
            self.let_rest(peer);
        }
    }

    /// Remembers which of the bodies asked for a peer did not give. An answer holds what fits, in
    /// the order asked, so that what stands after the last one given may still be had.
    pub(super) fn note_lacking(&mut self, peer: &Peer, asked: &[RecordId], given: &BTreeSet<RecordId>) {
        let Some(state) = self.peers.get_mut(peer) else { return };
        let upto = asked.iter().rposition(|id| given.contains(id)).unwrap_or(asked.len());
        state.lacks.extend(asked.iter().take(upto).filter(|id| !given.contains(id)));
    }

    /// Notes when everything that some peer has and this node lacked was fetched: what it had to erase is erased.
    pub(super) fn note_catching_up(&mut self) {
        if self.caught_up {
            return;
        }
        let fetching = |peer: &Peer| self.asking(peer, |asked| matches!(asked, Asked::Fetch { .. }));
        let done =
            |(peer, state): (&Peer, &PeerState)| state.reconciled && state.to_fetch.is_empty() && !fetching(peer);
        self.caught_up = self.peers.iter().any(done);
    }

    pub(super) fn give_up_late_asks(&mut self) {
        let late: Vec<_> = self.asks.iter().filter(|(_, ask)| ask.deadline <= self.now).map(|(id, _)| *id).collect();
        for id in late {
            self.answered(id);
        }
    }

    /// Whether a request of this kind is under way to a peer.
    pub(super) fn asking(&self, peer: &Peer, kind: impl Fn(&Asked) -> bool) -> bool {
        self.asks.values().any(|pending| pending.peer == *peer && kind(&pending.what))
    }

    /// The signed statement with which this node asks a peer for bodies.
    pub(super) fn statement(&self, answerer: &Peer) -> Vec<u8> {
        let (key, purpose) = match self.role.validator.as_ref().filter(|_| self.validates()) {
            Some(key) => (key, Purpose::Validate),
            None => (&self.role.reader, Purpose::Replicate),
        };
        let statement = Statement {
            community: self.community,
            who: key.public(),
            purpose,
            terms: self.charter.terms,
            asker: self.role.peer.clone(),
            answerer: answerer.clone(),
            time: HourTime::hour(self.now.unix_s()),
        };
        statement.sign(key)
    }

    pub(super) fn penalise(&mut self, peer: &Peer, offence: Offence, step: &mut Step) {
        step.effects.push(Effect::Penalise(peer.clone(), offence));
    }
}
