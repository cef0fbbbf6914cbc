//! What is simulated: who takes part, what goes wrong, and until when.

mod deeds;
mod draw;

pub use deeds::{Deed, Forkers, Signers, Voters};

use crate::disk::Loss;
use crate::hostile::Kind;
use crate::node::CrashPoint;
use commonwheel_protocol::agreement::charter::BodyAccess;

/// A fault that is put into one node on purpose, to show that a checker notices it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// A replica takes a record for certified with one acceptance fewer than the quorum.
    QuorumOffByOne,
    /// A validator serves waiting bodies to whoever asks.
    BodiesServedEarly,
    /// A validator gossips a body.
    BodyInGossip,
    /// A validator gives receipts and does not keep the bodies.
    ReceiptWithoutBody,
    /// The contributor stores what it had before redaction.
    RawTextStored,
    /// A replica forgets every certificate that it learns.
    CertificatesForgotten,
    /// A validator signs two batches under one number, as one does that was restored from a backup and
    /// goes on from there.
    NumberTwice,
    /// A node loses what waits in it whenever it crashes.
    WaitingLost,
    /// A validator blames whoever asks it something.
    BlamesEveryone,
    /// The same, where nobody looks at who is blamed.
    BansEveryone,
    /// Nobody is banned, whatever it did.
    NobodyBans,
    /// Nobody blames anyone.
    BlamesNobody,
    /// A replica forgets every certificate that it learns until all is quiet.
    CertificatesLate,
    /// A validator keeps something of every message that it gets.
    KeepsEverything,
    /// A replica asks for the same thing again and again.
    AskingWithoutEnd,
    /// A replica forgets every withdrawal that it learns, and erases nothing.
    TombstonesForgotten,
    /// A replica keeps withdrawals, and the bodies too.
    NothingErased,
    /// The last validator goes on signing when it has signed a successor, and in a fork.
    SignsOn,
    /// No disk compares what it reads with its id.
    RotTrusted,
    /// A replica forgets every successor of a round after the first.
    HigherRoundsForgotten,
    /// A replica forgets every proof that a validator has contradicted itself.
    ProofsForgotten,
}

/// How the network treats messages until it heals.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// Gossip messages lost, in percent.
    pub gossip_loss: u64,
    /// Requests and replies lost, in percent.
    pub ask_loss: u64,
    /// Messages delivered twice, in percent: gossip, requests and replies.
    pub duplicates: u64,
    /// Messages in which a bit turns over, in a thousand. Between nodes that follow the
    /// protocol that breaks the connection; what a misbehaving one sends arrives changed.
    pub flips: u64,
    /// The longest delay; each message has its own, so that they overtake each other.
    pub delay_ms: u64,
}

impl Weather {
    /// Nothing lost, short delays.
    pub const CALM: Weather = Weather { gossip_loss: 0, ask_loss: 0, duplicates: 0, flips: 0, delay_ms: 40 };
}

/// A simulation's phases, after TigerBeetle's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Anything goes wrong. What is promised must be kept; nothing need come of what is tried.
    Safety,
    /// Everything that is down or cut off is up again, disks and networks work, and no node that
    /// follows the protocol fails any more. Those that do not go on misbehaving. Whatever was or is
    /// contributed must be accepted everywhere before this phase ends.
    Liveness,
    /// The same, and nothing is new: only the regular questions may be left.
    Quiet,
}

/// One simulation.
#[derive(Clone, Debug)]
pub struct Plan {
    /// From which all chance follows.
    pub seed: u64,
    /// n, f and q of the charter.
    pub quorum: (usize, usize, usize),
    /// Who else may have bodies.
    pub bodies: BodyAccess,
    /// Nodes that are neither validators nor the contributor.
    pub replicas: usize,
    /// How many records are contributed, and about how large their bodies are.
    pub records: usize,
    /// How many more are contributed after the network has healed.
    pub late_records: usize,
    /// Bytes of filler in each body.
    pub body_bytes: usize,
    /// In how many handfuls they are contributed.
    pub handfuls: usize,
    /// Until the network heals.
    pub weather: Weather,
    /// When the phase of safety ends, and that of liveness begins. See [`Phase`].
    pub heal_ms: u64,
    /// When the phase of liveness ends: all must agree.
    pub end_ms: u64,
    /// Which validator contributes, instead of the contributor.
    pub author: Option<usize>,
    /// Where it crashes, the first time that it is handed records.
    pub crash_on_contributing: Option<CrashPoint>,
    /// At which of its fsyncs, counted from 0 over its life, one node crashes, and what that takes.
    pub crash_at_sync: Option<(usize, u64, Loss)>,
    /// Which validator misbehaves, if one does, and how.
    pub liar: Option<(usize, Kind)>,
    /// Nodes that are nothing in the community and misbehave.
    pub strangers: Vec<Kind>,
    /// Whether whoever has been penalised often enough is banned, as by the real node. If not, what misbehaves goes
    /// on to the end.
    pub bans: bool,
    /// How often some node crashes and starts again.
    pub crashes: usize,
    /// How often the network splits in two.
    pub partitions: usize,
    /// How often some nodes stop hearing others, who go on hearing them.
    pub one_way: usize,
    /// Nodes whose clocks are off, and by how many milliseconds.
    pub skewed: Vec<(usize, i64)>,
    /// Nodes that are down for a while: node, from, until.
    pub down: Vec<(usize, u64, u64)>,
    /// Nodes whose disk is lost and replaced by a backup: node, when that was taken, when it is restored.
    pub restored: Vec<(usize, u64, u64)>,
    /// Nodes on whose disk a bit turns over, and when. Once that is noticed, and at the latest when the network
    /// heals, the disk is given up.
    pub rots: Vec<(usize, u64)>,
    /// What people do beside contributing, and from when on they try.
    pub deeds: Vec<(u64, Deed)>,
    /// When an hour ends, by clocks that are right; otherwise one begins with the simulation.
    pub hour_ends_ms: Option<u64>,
    /// Whether gossip never works at all, so that everything has to be asked for.
    pub without_gossip: bool,
    /// A fault put in on purpose.
    pub planted: Option<Planted>,
}

/// The furthest that a clock is off, in milliseconds. Headers and statements may be two hours ahead
/// of who reads them, in any charter's usual numbers: of two clocks that are off in opposite
/// directions, each has half of that, less the length of a simulation.
pub const SKEW_MS: u64 = 55 * 60 * 1000;
/// How long nodes have to agree after the network has healed: the core's longest wait for a reply
/// (40 s), and a few rounds of asking.
pub const SETTLE_MS: u64 = 70_000;
/// How long, at the end, only quiet traffic may be left.
pub const QUIET_MS: u64 = 10_000;

impl Plan {
    /// Four validators, two replicas, a contributor with ten records, and nothing that goes wrong.
    pub fn calm(seed: u64) -> Self {
        Plan {
            seed,
            quorum: (4, 1, 3),
            bodies: BodyAccess::OnCertificate,
            replicas: 2,
            records: 10,
            late_records: 2,
            body_bytes: 200,
            handfuls: 2,
            weather: Weather::CALM,
            heal_ms: 5_000,
            end_ms: 30_000,
            author: None,
            crash_on_contributing: None,
            crash_at_sync: None,
            liar: None,
            strangers: vec![],
            bans: true,
            crashes: 0,
            partitions: 0,
            one_way: 0,
            skewed: vec![],
            down: vec![],
            restored: vec![],
            rots: vec![],
            deeds: vec![],
            hour_ends_ms: None,
            without_gossip: false,
            planted: None,
        }
    }

    /// In which phase a moment is.
    pub fn phase(&self, now_ms: u64) -> Phase {
        match now_ms {
            _ if now_ms < self.heal_ms => Phase::Safety,
            _ if now_ms + QUIET_MS <= self.end_ms => Phase::Liveness,
            _ => Phase::Quiet,
        }
    }

    /// How a node misbehaves, if it does.
    pub fn kind_of(&self, node: usize) -> Option<Kind> {
        let stranger = node.checked_sub(self.quorum.0 + self.replicas);
        let liar = self.liar.filter(|(place, _)| *place == node).map(|(_, kind)| kind);
        liar.or_else(|| self.strangers.get(stranger?).copied())
    }

    /// Whether a node's disk is lost at some time.
    pub fn loses_disk(&self, node: usize) -> bool {
        self.restored.iter().any(|(who, ..)| *who == node) || self.rots.iter().any(|(who, _)| *who == node)
    }

    /// Nodes in all: validators, then replicas, then strangers, then the contributor.
    pub fn nodes(&self) -> usize {
        self.quorum.0 + self.replicas + self.strangers.len() + 1
    }

    /// The index of the node that contributes.
    pub fn contributor(&self) -> usize {
        self.author.unwrap_or(self.nodes() - 1)
    }
}
