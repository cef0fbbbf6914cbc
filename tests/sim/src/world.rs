//! The event loop: everything that happens, in order of (time, sequence).

use crate::check::{Checks, Sent, View};
use crate::community::Community;
use crate::liar::Liar;
use crate::network::{Delivery, Network, What};
use crate::node::{CrashPoint, Node, index_of, peer};
use crate::plan::{Plan, Weather};
use crate::planted;
use crate::random::Random;
use crate::records::{self, Shared};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{AskId, Effect, Input, Judgement, Notice, Step, Token};
use commonwheel_protocol::ledger::{Batch, Ledger, Shelf, Store};
use commonwheel_protocol::record::RecordId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

/// After this long the driver reports a lost request, as the real one does.
const ASK_TIMEOUT_MS: u64 = 10_000;
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
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violation { seed, at_ms, what } = self;
        write!(f, "seed {seed} at {at_ms} ms: {what}; repeat with `cargo run --release -p sim -- --seed {seed}`")
    }
}

/// Runs a plan to its end.
///
/// # Errors
/// The first rule that does not hold.
pub fn run(plan: &Plan) -> Result<Report, Violation> {
    let failed = |what: String| Violation { seed: plan.seed, at_ms: 0, what };
    let mut world = World::new(plan).map_err(|error| failed(format!("cannot set up: {error}")))?;
    world.run().map_err(|what| Violation { seed: plan.seed, at_ms: world.now, what })
}

enum Event {
    Tick(usize),
    Deliver(Delivery),
    Crash(usize, CrashPoint),
    Start(usize),
    Split(Vec<bool>),
    Mend,
    Contribute(usize),
    Lie,
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
    liar: Option<Liar>,
    checks: Checks,
    /// Records whose author has learned that, and why, they are refused.
    told: BTreeSet<RecordId>,
    /// Taken once.
    crash_on_contributing: Option<CrashPoint>,
    trace: Cid,
    steps: u64,
}

impl<'p> World<'p> {
    fn new(plan: &'p Plan) -> Result<Self, Box<dyn std::error::Error>> {
        let mut random = Random::new(plan.seed);
        let (n, f, q) = plan.quorum;
        let community = Community::found(n, f, q, plan.bodies)?;
        let records = records::write(plan.records, plan.body_bytes, &community, &mut random)?;
        let mut nodes = Vec::new();
        for index in 0..plan.nodes() {
            let (validator, honest) = ((index < n).then_some(index), plan.liar != Some(index));
            nodes.push(Node::new(index, validator, honest, random.within(0, 1_500), &community)?);
        }
        let mut world = World {
            weather: plan.weather,
            now: 0,
            queue: BTreeMap::new(),
            sequence: 0,
            network: Network::new(plan, &mut random),
            liar: plan.liar.map(|place| Liar::new(place, community.validators[place].clone())),
            checks: Checks::all(),
            told: BTreeSet::new(),
            crash_on_contributing: plan.crash_on_contributing,
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

    /// Everything that the plan decides beforehand.
    fn schedule(&mut self) {
        let (plan, heal) = (self.plan, self.plan.heal_ms);
        for node in 0..plan.nodes() {
            let down = plan.down.iter().find(|(who, ..)| *who == node);
            self.at(down.map_or(0, |(_, _, until)| *until), Event::Start(node));
            if let Some((_, from, _)) = down.filter(|(_, from, _)| *from > 0) {
                self.at(0, Event::Start(node));
                self.at(*from, Event::Crash(node, CrashPoint::Idle));
            }
            self.at(7 * node as u64, Event::Tick(node));
        }
        for handful in 0..plan.handfuls {
            let when = self.random.within(500, heal * 2 / 3);
            self.at(when, Event::Contribute(handful));
        }
        for _ in 0..plan.crashes {
            let (when, node) = (self.random.within(1_000, heal - 1), self.random.index(plan.nodes()));
            let points = [CrashPoint::Idle, CrashPoint::BeforeCommit, CrashPoint::BeforeEffects, CrashPoint::MidCommit];
            let point = points[self.random.index(4)];
            self.at(when, Event::Crash(node, point));
        }
        for _ in 0..plan.partitions {
            let sides = (0..plan.nodes()).map(|_| self.random.percent(50)).collect();
            let when = self.random.within(500, heal - 1);
            let until = self.random.within(when, heal);
            self.at(when, Event::Split(sides));
            self.at(until, Event::Mend);
        }
        if self.liar.is_some() {
            self.at(900, Event::Lie);
        }
        self.at(heal, Event::Heal);
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
        Ok(Report { trace: self.trace, steps: self.steps, accepted })
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
            Event::Contribute(handful) => self.contribute(handful),
            Event::Lie => self.lie(),
            Event::Heal => self.heal(),
        }
    }

    fn heal(&mut self) -> Result<(), String> {
        self.weather = Weather::CALM;
        self.network.sides = None;
        for node in 0..self.nodes.len() {
            self.nodes[node].doom = None;
            if !self.plan.down.iter().any(|(who, _, until)| *who == node && *until > self.now) {
                self.start(node)?;
            }
        }
        self.refresh()
    }

    fn start(&mut self, node: usize) -> Result<(), String> {
        if self.nodes[node].is_up() {
            return Ok(());
        }
        self.nodes[node].start(self.now, &self.community).map_err(|error| format!("open: {error}"))?;
        self.check(|checks, view| checks.opened(view, node))?;
        self.refresh()
    }

    fn crash(&mut self, node: usize) -> Result<(), String> {
        if !self.nodes[node].is_up() {
            return Ok(());
        }
        self.nodes[node].crash();
        let back = self.now + self.random.within(200, 8_000);
        if !self.plan.down.iter().any(|(who, from, _)| *who == node && *from == self.now) {
            self.at(back, Event::Start(node));
        }
        self.refresh()
    }

    fn refresh(&mut self) -> Result<(), String> {
        let up: Vec<_> = self.nodes.iter().map(Node::is_up).collect();
        for (node, other, connected) in self.network.refresh(&up) {
            let input = if connected { Input::Connected(peer(other)) } else { Input::Disconnected(peer(other)) };
            self.step(node, input, Cause::Own)?;
        }
        Ok(())
    }

    /// Hands the contributor some records; again later if they did not become durable.
    fn contribute(&mut self, handful: usize) -> Result<(), String> {
        let of_handful = self.records.iter().enumerate().filter(|(i, _)| i % self.plan.handfuls == handful);
        let records: Vec<_> = of_handful.map(|(_, record)| record.clone()).collect();
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
            on([Shelf::Live, Shelf::Certified], &record.id.0) && on([Shelf::Waiting, Shelf::Certified], &record.body)
        };
        if !records.iter().all(kept) {
            self.at(self.now + 500, Event::Contribute(handful));
        }
        Ok(())
    }

    fn lie(&mut self) -> Result<(), String> {
        let Some(mut liar) = self.liar.take() else { return Ok(()) };
        if self.nodes[liar.node].is_up() {
            for message in liar.lies(&self.nodes[liar.node].store, &self.community, &mut self.random) {
                self.flood(liar.node, None, message.into());
            }
        }
        self.liar = Some(liar);
        let next = self.now + self.random.within(300, 2_000);
        self.at(next, Event::Lie);
        Ok(())
    }

    fn deliver(&mut self, delivery: Delivery) -> Result<(), String> {
        let Delivery { from, to, connection, what } = delivery;
        if self.network.connection(from, to) != Some(connection) {
            return Ok(());
        }
        match what {
            What::Gossip(bytes) => {
                if !self.nodes[to].seen.insert(Cid::of_cbor(&bytes)) {
                    return Ok(());
                }
                let input = Input::Gossip { from: peer(from), token: Token(self.steps), bytes: bytes.to_vec() };
                self.step(to, input, Cause::Gossip(from, bytes))
            }
            What::Request(ask, bytes) => {
                let input = Input::Request { from: peer(from), token: Token(self.steps), bytes };
                self.step(to, input, Cause::Request(from, ask))
            }
            What::Reply(ask, bytes) => self.step(to, Input::Reply { ask, bytes }, Cause::Own),
        }
    }

    /// One transition as the real driver makes it: step, commit, and only then the effects.
    fn step(&mut self, at: usize, input: Input, cause: Cause) -> Result<(), String> {
        let node = &mut self.nodes[at];
        let now = node.clock(self.now);
        let Some(core) = node.core.as_mut() else { return Ok(()) };
        let mut step = core.step(now, input, &node.store).map_err(|error| format!("step: {error}"))?;
        self.steps += 1;
        if let Some(fault) = self.plan.planted {
            let asker = if let Cause::Request(from, _) = cause { Some(from) } else { None };
            planted::spoil(fault, self.plan, at, asker, &node.store, &mut step);
        }
        if let Some(liar) = self.liar.as_mut().filter(|liar| liar.node == at) {
            liar.twist(&mut step, &mut self.random);
        }
        let doom = node.doom.filter(|_| !step.batch.is_empty());
        if doom == Some(CrashPoint::BeforeCommit) {
            return self.crash(at);
        }
        if doom == Some(CrashPoint::MidCommit) {
            let kept = self.random.index(step.batch.puts.len() + 1);
            let torn = Batch { puts: step.batch.puts[..kept].to_vec(), erasures: vec![] };
            node.store.commit(&torn).map_err(|error| format!("commit: {error}"))?;
            return self.crash(at);
        }
        node.store.commit(&step.batch).map_err(|error| format!("commit: {error}"))?;
        self.remember(at, &step);
        self.check(|checks, view| checks.committed(view, at, &step.batch))?;
        if doom == Some(CrashPoint::BeforeEffects) {
            return self.crash(at);
        }
        step.effects.into_iter().try_for_each(|effect| self.act(at, effect, &cause))
    }

    fn act(&mut self, at: usize, effect: Effect, cause: &Cause) -> Result<(), String> {
        match effect {
            Effect::Publish(bytes) => {
                self.sent(Sent::Gossip { from: at, bytes: &bytes })?;
                self.flood(at, None, bytes.into());
            }
            Effect::Judge(_, judgement) => {
                if let (Judgement::Accept, Cause::Gossip(from, bytes)) = (judgement, cause) {
                    self.flood(at, Some(*from), bytes.clone());
                }
            }
            Effect::Reply(_, bytes) => {
                let Cause::Request(asker, ask) = cause else { return Err("driver: a reply without a request".into()) };
                self.sent(Sent::Reply { from: at, to: *asker, bytes: &bytes })?;
                if self.random.percent(self.weather.ask_loss) {
                    self.time_out(at, *asker, *ask);
                } else {
                    self.send(at, *asker, What::Reply(*ask, Some(bytes)));
                }
            }
            Effect::Ask { peer, ask, bytes } => {
                let to = index_of(&peer);
                self.sent(Sent::Ask { from: at, to, bytes: &bytes })?;
                if self.random.percent(self.weather.ask_loss) {
                    self.time_out(to, at, ask);
                } else {
                    self.send(at, to, What::Request(ask, bytes));
                }
            }
            Effect::Notice(Notice::Refused(id, _)) if at == self.plan.contributor() => drop(self.told.insert(id)),
            Effect::Penalise(who, offence) => {
                let (judge, judged) = (&self.nodes[at], &self.nodes[index_of(&who)]);
                if judge.honest && judged.honest && self.plan.planted.is_none() {
                    return Err(format!("fairness: node {at} blames honest node {} for {offence:?}", index_of(&who)));
                }
            }
            Effect::Notice(_) => {}
        }
        Ok(())
    }

    /// Now and then nobody ever says that a request was lost.
    fn time_out(&mut self, answerer: usize, asker: usize, ask: AskId) {
        let Some(connection) = self.network.connection(answerer, asker) else { return };
        if self.random.percent(80) {
            let delivery = Delivery { from: answerer, to: asker, connection, what: What::Reply(ask, None) };
            self.at(self.now + ASK_TIMEOUT_MS, Event::Deliver(delivery));
        }
    }

    fn flood(&mut self, from: usize, except: Option<usize>, bytes: Rc<[u8]>) {
        self.nodes[from].seen.insert(Cid::of_cbor(&bytes));
        if self.plan.without_gossip {
            return;
        }
        for to in self.network.neighbours(from) {
            if Some(to) == except || self.random.percent(self.weather.gossip_loss) {
                continue;
            }
            self.send(from, to, What::Gossip(bytes.clone()));
            if self.random.percent(self.weather.duplicates) {
                self.send(from, to, What::Gossip(bytes.clone()));
            }
        }
    }

    fn send(&mut self, from: usize, to: usize, what: What) {
        let Some(connection) = self.network.connection(from, to) else { return };
        let arrives = self.now + self.random.within(1, self.weather.delay_ms);
        self.at(arrives, Event::Deliver(Delivery { from, to, connection, what }));
    }

    fn sent(&mut self, sent: Sent) -> Result<(), String> {
        self.check(|checks, view| checks.sent(view, &sent))
    }

    fn check(&mut self, look: impl FnOnce(&mut Checks, &View) -> Result<(), String>) -> Result<(), String> {
        let view = View {
            plan: self.plan,
            community: &self.community,
            records: &self.records,
            nodes: &self.nodes,
            now_ms: self.now,
            told: &self.told,
        };
        look(&mut self.checks, &view)
    }

    /// Adds a step to the trace.
    fn remember(&mut self, at: usize, step: &Step) {
        let mut bytes = self.trace.to_bytes().to_vec();
        bytes.extend_from_slice(&self.now.to_be_bytes());
        bytes.push(at as u8);
        step.batch.puts.iter().for_each(|(_, cid, _)| bytes.extend_from_slice(&cid.to_bytes()));
        for effect in &step.effects {
            match effect {
                Effect::Publish(sent) | Effect::Reply(_, sent) => bytes.extend_from_slice(sent),
                Effect::Ask { peer, ask, bytes: sent } => {
                    bytes.extend_from_slice(&peer.0);
                    bytes.extend_from_slice(&ask.0.to_be_bytes());
                    bytes.extend_from_slice(sent);
                }
                Effect::Judge(_, judgement) => bytes.push(*judgement as u8),
                Effect::Penalise(..) | Effect::Notice(_) => bytes.push(255),
            }
        }
        self.trace = Cid::of_cbor(&bytes);
    }
}
