//! What is simulated: who takes part, what goes wrong, and until when.

use crate::disk::Loss;
use crate::hostile::Kind;
use crate::node::CrashPoint;
use crate::random::Random;
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
    /// Nobody blames anyone.
    BlamesNobody,
    /// A validator keeps something of every message that it gets.
    KeepsEverything,
    /// A replica asks for the same thing again and again.
    AskingWithoutEnd,
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
    /// Bytes of filler in each body.
    pub body_bytes: usize,
    /// In how many handfuls they are contributed.
    pub handfuls: usize,
    /// Until the network heals.
    pub weather: Weather,
    /// When everything that is down or cut off is up again, and nothing is lost any more.
    pub heal_ms: u64,
    /// When all must agree, and only quiet traffic may be left.
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
            crashes: 0,
            partitions: 0,
            one_way: 0,
            skewed: vec![],
            down: vec![],
            restored: vec![],
            without_gossip: false,
            planted: None,
        }
    }

    /// What a seed leads to: any mixture of the faults. `nodes` counts all nodes, at least 6.
    pub fn from_seed(seed: u64, nodes: Option<usize>) -> Self {
        let mut random = Random::new(seed ^ 0x5eed);
        let quorum = match random.within(0, 9) {
            0 => (1, 0, 1),
            1 => (3, 0, 2),
            2 => (5, 1, 4),
            _ => (4, 1, 3),
        };
        let heal_ms = random.within(15_000, 45_000);
        let weather = Weather {
            gossip_loss: random.within(0, 60),
            ask_loss: random.within(0, 40),
            duplicates: random.within(0, 30),
            flips: 0,
            delay_ms: random.within(20, 4_000),
        };
        let replicas = nodes.map_or(2, |nodes| nodes.saturating_sub(quorum.0 + 1).max(1));
        let mut plan = Plan {
            quorum,
            bodies: if random.percent(70) { BodyAccess::OnCertificate } else { BodyAccess::OnRelease },
            replicas,
            records: random.within(3, 14) as usize,
            handfuls: random.within(1, 4) as usize,
            weather,
            heal_ms,
            end_ms: heal_ms + SETTLE_MS + QUIET_MS,
            crashes: random.within(0, 6) as usize,
            partitions: random.within(0, 3) as usize,
            ..Plan::calm(seed)
        };
        match Random::new(seed ^ 0x6055).within(0, 19) {
            0 | 1 => plan.without_gossip = true,
            2 | 3 => plan.weather.gossip_loss = 100,
            _ => {}
        }
        let mut more = Random::new(seed ^ 0xfa17);
        plan.one_way = more.within(0, 3) as usize;
        plan.weather.flips = more.within(0, 20);
        let off = more.within(0, 2);
        plan.skewed =
            (0..off).map(|_| (more.index(plan.nodes()), more.within(0, 2 * SKEW_MS) as i64 - SKEW_MS as i64)).collect();
        if more.percent(40) {
            // Not yet of a validator: see `with_a_restored_validator`.
            let node = more.within(quorum.0 as u64, plan.nodes() as u64 - 1) as usize;
            plan.restored.push(backup(node, heal_ms, &mut more));
        }
        let mut kind = |kinds: &[Kind]| kinds[more.index(kinds.len())];
        let validator = kind(&Kind::VALIDATORS);
        plan.liar = (quorum.1 > 0 && random.percent(50)).then(|| (random.index(quorum.0), validator));
        if random.percent(30) && quorum.0 > 1 {
            // As many as it takes to stop acceptance; the last of them comes back only at the end.
            plan.down = (0..quorum.0 - quorum.2 + 1).map(|i| (i, 0, heal_ms - 1_000 * i as u64)).collect();
        }
        plan
    }

    /// The same with an honest validator whose disk is replaced by an old backup.
    ///
    /// Apart until the core gets its own operations back from others before it signs anything.
    #[must_use]
    pub fn with_a_restored_validator(mut self) -> Self {
        let mut random = Random::new(self.seed ^ 0xbacc);
        let honest: Vec<_> = (0..self.quorum.0).filter(|place| self.kind_of(*place).is_none()).collect();
        let node = honest[random.index(honest.len())];
        self.restored.push(backup(node, self.heal_ms, &mut random));
        self
    }

    /// How a node misbehaves, if it does.
    pub fn kind_of(&self, node: usize) -> Option<Kind> {
        let stranger = node.checked_sub(self.quorum.0 + self.replicas);
        let liar = self.liar.filter(|(place, _)| *place == node).map(|(_, kind)| kind);
        liar.or_else(|| self.strangers.get(stranger?).copied())
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

fn backup(node: usize, heal_ms: u64, random: &mut Random) -> (usize, u64, u64) {
    let taken = random.within(0, heal_ms / 2);
    (node, taken, random.within(taken + 1, heal_ms - 1))
}
