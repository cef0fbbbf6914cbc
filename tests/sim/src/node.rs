//! One simulated node: a store that survives crashes, and a core that does not.

use crate::community::{Community, START_S};
use crate::disk::{Disk, Loss};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{Core, Millis, Role};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::ledger::LedgerError;
use commonwheel_protocol::sign::{PublicKey, SecretKey};
use commonwheel_protocol::wire::exchange::Peer;
use commonwheel_storage::MemoryStore;
use std::collections::BTreeMap;

/// Where in a step a crash happens. At each of them a real node can die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashPoint {
    /// Between two steps.
    Idle,
    /// The next batch is never committed.
    BeforeCommit,
    /// At one of the fsyncs of the next batch.
    AtSync(Loss),
    /// The next batch is durable, and none of its effects happens.
    BeforeEffects,
}

/// A node.
pub struct Node {
    /// Its place in the world, and its transport id.
    pub index: usize,
    /// What survives.
    pub store: Disk,
    /// The key of a validator, or of a node that may become one.
    pub key: Option<SecretKey>,
    /// Whether it follows the protocol.
    pub honest: bool,
    pub(crate) core: Option<Core>,
    pub(crate) doom: Option<CrashPoint>,
    /// When it last saw which gossip message in this life.
    pub(crate) seen: BTreeMap<Cid, u64>,
    /// The last backup of its store.
    pub(crate) backup: Option<MemoryStore>,
    /// How far its clock is ahead.
    skew_ms: i64,
}

impl Node {
    pub(crate) fn new(
        index: usize,
        key: Option<SecretKey>,
        honest: bool,
        skew_ms: i64,
        community: &Community,
    ) -> Result<Self, LedgerError> {
        let store = Disk::new(community.joined_store()?);
        Ok(Node { index, store, key, honest, core: None, doom: None, seen: BTreeMap::new(), backup: None, skew_ms })
    }

    /// Whether it runs.
    pub fn is_up(&self) -> bool {
        self.core.is_some()
    }

    /// The public half of its key.
    pub fn public(&self) -> Option<PublicKey> {
        self.key.as_ref().map(SecretKey::public)
    }

    /// Whether the charter that it goes by names it as a validator.
    pub fn validates(&self) -> bool {
        self.core.as_ref().is_some_and(|core| core.validator().is_some())
    }

    pub(crate) fn clock(&self, now_ms: u64) -> Millis {
        Millis((START_S * 1000 + now_ms).saturating_add_signed(self.skew_ms))
    }

    pub(crate) fn start(&mut self, now_ms: u64, community: &Community) -> Result<(), LedgerError> {
        let role = Role {
            peer: peer(self.index),
            validator: self.key.clone(),
            reader: reader_seed(self.index).reader(&community.id()),
        };
        self.store.open()?;
        self.core = Some(Core::open(community.rulesets(), role, self.clock(now_ms), &self.store.reading())?);
        Ok(())
    }

    pub(crate) fn crash(&mut self) {
        self.core = None;
        self.doom = None;
        self.seen.clear();
    }
}

fn reader_seed(index: usize) -> Seed {
    let mut bytes = [100; 32];
    bytes[..8].copy_from_slice(&(index as u64).to_be_bytes());
    Seed::new(bytes)
}

/// The transport id of a node.
pub fn peer(index: usize) -> Peer {
    Peer(vec![b'n', (index >> 8) as u8, index as u8])
}

/// The node with a transport id.
pub fn index_of(peer: &Peer) -> usize {
    peer.0[1..].iter().fold(0, |index, byte| index << 8 | usize::from(*byte))
}
