//! The event loop: everything that happens, in order of (time, sequence).

mod deeds;
mod drive;
mod faults;
mod misbehave;
mod schedule;
mod successions;
mod traffic;

use crate::Failed;
use crate::check::{self, Checks, View};
use crate::community::{self, Community, seed};
use crate::hostile::{Hostile, mind};
use crate::network::{Delivery, Network};
use crate::node::{CrashPoint, Node};
use crate::penalties::Penalties;
use crate::plan::{Plan, Weather};
use crate::random::Random;
use crate::records::{self, Shared};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{AskId, Input};
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::record::header::HOUR_S;
use commonwheel_protocol::sign::SecretKey;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

/// Between two ticks of a node.
const TICK_MS: u64 = 100;

/// What a simulation without violations came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// A hash over everything that happened, in order.
    pub trace: Cid,
    /// Transitions of all cores.
    pub steps: u64,
    /// Records with a certificate.
    pub accepted: usize,
    /// Fsyncs of each node's disk.
    pub syncs: Vec<u64>,
    /// Charters on the path to the one that leads in the end.
    pub charters: usize,
    /// Records that their author withdrew.
    pub withdrawn: usize,
    /// Decisions and releases that a quorum signed.
    pub resolved: usize,
}

/// A rule that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The seed that shows it.
    pub seed: u64,
    /// When, in milliseconds from the start.
    pub at_ms: u64,
    /// Which rule, and what was found.
    pub what: String,
    /// What the command line takes beside the seed to repeat it.
    pub options: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violation { seed, at_ms, what, options } = self;
        write!(
            f,
            "seed {seed} at {at_ms} ms: {what}; repeat with `cargo run --release -p sim -- --seed {seed}{options}`"
        )
    }
}

/// Runs a plan to its end.
///
/// # Errors
/// The first rule that does not hold.
pub fn run(plan: &Plan) -> Result<Report, Violation> {
    let failed = |what: String| Violation { seed: plan.seed, at_ms: 0, what, options: String::new() };
    let mut world = World::new(plan).map_err(|error| failed(format!("cannot set up: {error}")))?;
    world.run().map_err(|what| Violation { at_ms: world.now, ..failed(what) })
}

enum Event {
    Tick(usize),
    Deliver(Delivery),
    Crash(usize, CrashPoint),
    Start(usize),
    Split(Vec<bool>),
    Mend,
    Unhear(BTreeSet<(usize, usize)>),
    Hear,
    /// The connection with this number fails.
    Break(usize, usize, u64),
    Rejoin(usize, usize),
    /// A ban is over.
    Pardon,
    Backup(usize),
    Restore(usize),
    /// A bit of a stored block turns over.
    Rot(usize),
    /// People give up a disk that was found to be damaged.
    GiveUp(usize),
    Contribute(usize),
    /// People try what the plan says.
    Do(usize),
    Misbehave(usize),
    Heal,
}

/// Why a core made a step: where its verdict or its reply goes.
enum Cause {
    Own,
    Gossip(usize, Rc<[u8]>),
    Request(usize, AskId),
}

struct World<'p> {
    plan: &'p Plan,
    weather: Weather,
    random: Random,
    now: u64,
    queue: BTreeMap<(u64, u64), Event>,
    sequence: u64,
    community: Community,
    records: Vec<Shared>,
    nodes: Vec<Node>,
    network: Network,
    penalties: Penalties,
    minds: BTreeMap<usize, Box<dyn Hostile>>,
    checks: Checks,
    /// Records whose author has learned that, and why, they are refused.
    told: BTreeSet<RecordId>,
    /// Handfuls of records that became durable where they were contributed.
    shared: BTreeSet<usize>,
    /// What became of what people do.
    doing: deeds::Doing,
    /// Taken once.
    crash_on_contributing: Option<CrashPoint>,
    /// Whether the crash at one sync that the plan asks for has happened.
    crashed_at_sync: bool,
    trace: Cid,
    steps: u64,
}

impl<'p> World<'p> {
    fn new(plan: &'p Plan) -> Result<Self, Failed> {
        let mut random = Random::new(plan.seed);
        let (n, f, q) = plan.quorum;
        let community = Community::found_with(n, f, q, plan.bodies, &|charter| {
            if plan.has_recovery() {
                charter.recovery = community::recovery().iter().map(SecretKey::public).collect();
            }
        })?;
        let records =
            records::write(plan.records + plan.late_records, plan.revised(), plan.body_bytes, &community, &mut random)?;
        let mut nodes = Vec::new();
        for index in 0..plan.nodes() {
            let has_key = index < n || plan.is_newcomer(index);
            let (key, honest) = (has_key.then(|| seed(index).validator()), plan.kind_of(index).is_none());
            let off = plan.skewed.iter().find(|(node, _)| *node == index).map_or(0, |(_, by_ms)| *by_ms);
            let into_hour = plan.hour_ends_ms.map_or(0, |ends| HOUR_S * 1_000 - ends as i64);
            let skew_ms = into_hour + off + random.within(0, 1_500) as i64;
            nodes.push(Node::new(index, key, honest, skew_ms, &community)?);
        }
        let mut world = World {
            weather: plan.weather,
            now: 0,
            queue: BTreeMap::new(),
            sequence: 0,
            network: Network::new(plan, &mut random),
            penalties: Penalties::default(),
            minds: (0..plan.nodes())
                .filter_map(|node| Some((node, mind(plan.kind_of(node)?, community.validators.get(node)))))
                .collect(),
            checks: Checks::all(),
            told: BTreeSet::new(),
            shared: BTreeSet::new(),
            doing: deeds::Doing::new(community.charter().id()),
            crash_on_contributing: plan.crash_on_contributing,
            crashed_at_sync: false,
            trace: Cid::of_cbor(b""),
            steps: 0,
            community,
            records,
            nodes,
            random,
            plan,
        };
        world.schedule();
        Ok(world)
    }

    fn at(&mut self, when: u64, event: Event) {
        self.sequence += 1;
        self.queue.insert((when.max(self.now), self.sequence), event);
    }

    fn run(&mut self) -> Result<Report, String> {
        while let Some(((when, _), event)) = self.queue.pop_first() {
            if when > self.plan.end_ms {
                break;
            }
            self.now = when;
            self.happen(event)?;
        }
        self.check(|checks, view| checks.end(view))?;
        let accepted = self.records.iter().filter(|record| record.sound).count();
        let syncs = self.nodes.iter().map(|node| node.store.syncs()).collect();
        let (charters, withdrawn, resolved) = self.done();
        Ok(Report { trace: self.trace, steps: self.steps, accepted, syncs, charters, withdrawn, resolved })
    }

    fn happen(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Tick(node) => {
                self.at(self.now + TICK_MS, Event::Tick(node));
                self.step(node, Input::Tick, Cause::Own)
            }
            Event::Deliver(delivery) => self.deliver(delivery),
            Event::Crash(node, CrashPoint::Idle) => self.crash(node),
            Event::Crash(node, point) => {
                self.nodes[node].doom = self.nodes[node].is_up().then_some(point);
                Ok(())
            }
            Event::Start(node) => self.start(node),
            Event::Split(sides) => {
                self.network.sides = Some(sides);
                self.refresh()
            }
            Event::Mend => {
                self.network.sides = None;
                self.refresh()
            }
            Event::Unhear(pairs) => {
                self.network.unheard = pairs;
                Ok(())
            }
            Event::Hear => {
                self.network.unheard.clear();
                Ok(())
            }
            Event::Break(a, b, connection) => self.break_link(a, b, connection),
            Event::Rejoin(a, b) => {
                self.network.set_broken(a, b, false);
                self.refresh()
            }
            Event::Pardon => self.refresh(),
            Event::Backup(node) => {
                self.nodes[node].backup = Some(self.nodes[node].store.backup());
                Ok(())
            }
            Event::Restore(node) => self.restore(node),
            Event::Rot(node) => {
                self.nodes[node].store.rot(&mut self.random);
                Ok(())
            }
            Event::GiveUp(node) => self.give_up(node),
            Event::Contribute(handful) => self.contribute(handful),
            Event::Do(deed) => self.try_deed(deed),
            Event::Misbehave(node) => self.misbehave(node),
            Event::Heal => self.heal(),
        }
    }

    /// The records of a handful; the one after the last is of those that come late.
    fn of_handful(&self, handful: usize) -> impl Iterator<Item = &Shared> {
        let (early, handfuls) = (self.plan.records, self.plan.handfuls);
        let of = move |i: usize| if i < early { i % handfuls } else { handfuls };
        let first = early + self.plan.late_records;
        self.records.iter().take(first).enumerate().filter(move |(i, _)| of(*i) == handful).map(|(_, record)| record)
    }

    /// Hands the contributor some records; again later if they did not become durable.
    fn contribute(&mut self, handful: usize) -> Result<(), String> {
        let records: Vec<_> = self.of_handful(handful).cloned().collect();
        if self.share(&records)? {
            self.shared.insert(handful);
        } else {
            self.at(self.now + 500, Event::Contribute(handful));
        }
        Ok(())
    }

    /// Hands the contributor records; whether they are durable now, or withdrawn.
    fn share(&mut self, records: &[Shared]) -> Result<bool, String> {
        let contributor = self.plan.contributor();
        let parcels = records.iter().map(|record| record.parcel.clone()).collect();
        if self.nodes[contributor].is_up()
            && let Some(point) = self.crash_on_contributing.take()
        {
            self.nodes[contributor].doom = Some(point);
        }
        self.step(contributor, Input::Contribute(parcels), Cause::Own)?;
        let store = &self.nodes[contributor].store;
        let on = |shelves: [Shelf; 2], cid: &Cid| shelves.into_iter().any(|on| store.holds(on, cid) == Ok(true));
        let kept = |record: &Shared| {
            let body = on([Shelf::Waiting, Shelf::Certified], &record.body);
            store.holds(Shelf::Certified, &record.id.0) == Ok(true)
                || (store.holds(Shelf::Live, &record.id.0) == Ok(true) && body)
                || check::is_gone(&self.nodes[contributor], &record.id) == Ok(true)
        };
        Ok(records.iter().all(kept))
    }

    fn check(&mut self, look: impl FnOnce(&mut Checks, &View) -> Result<(), String>) -> Result<(), String> {
        let view = View {
            plan: self.plan,
            community: &self.community,
            records: &self.records,
            nodes: &self.nodes,
            now_ms: self.now,
            told: &self.told,
            withdrawn: &self.doing.withdrawn,
        };
        look(&mut self.checks, &view)
    }
}
