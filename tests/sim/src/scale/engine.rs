//! The event loop: like the simulator's, without faults, and fast enough for a thousand nodes.

use super::mesh::Mesh;
use super::seeded::{self, Seeded};
use super::{DELAY_MS, FINE_TICK_MS, Part, Setup, TICK_MS, Tally, Times};
use crate::Failed;
use crate::community::START_S;
use crate::node::{index_of, peer};
use crate::random::Random;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{AskId, Core, Effect, Input, Judgement, Millis, Notice, Role, Step, Token};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::ledger::Store;
use commonwheel_protocol::record::{RecordId, SignedHeader};
use commonwheel_protocol::wire::exchange::Parcel;
use commonwheel_storage::MemoryStore;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

type Outcome<T> = Result<T, Failed>;

struct Gossip {
    id: Cid,
    bytes: Vec<u8>,
    parts: Vec<(Part, usize)>,
}

enum Event {
    Tick(usize),
    Connect(usize, usize),
    Gossip(usize, usize, Rc<Gossip>),
    Request(usize, usize, Part, AskId, Vec<u8>),
    Reply(usize, Part, AskId, Vec<u8>),
}

enum Cause {
    Own,
    Gossip(usize, Rc<Gossip>),
    Request(usize, Part, AskId),
}

struct Node {
    core: Core,
    store: MemoryStore,
    seen: BTreeSet<Cid>,
    received: Tally,
}

pub(super) struct Engine {
    setup: Setup,
    quorum: usize,
    mesh: Mesh,
    nodes: Vec<Node>,
    queue: BTreeMap<(u64, u64), Event>,
    now: u64,
    sequence: u64,
    fine: bool,
    records: Vec<Parcel>,
    unsound: Parcel,
    /// When which record was certified where.
    certified: BTreeMap<RecordId, Vec<(usize, u64)>>,
}

impl Engine {
    pub fn new(setup: Setup) -> Outcome<Self> {
        let Seeded { community, store, records, unsound } = seeded::community(setup.validators)?;
        let mut random = Random::new(setup.seed);
        let mesh = Mesh::new(setup.nodes, setup.validators, &mut random);
        let mut nodes = Vec::new();
        for at in 0..=setup.nodes {
            let mut seed = [100; 32];
            seed[..8].copy_from_slice(&(at as u64).to_be_bytes());
            let role = Role {
                peer: peer(at),
                validator: community.validators.get(at).cloned(),
                reader: Seed::new(seed).reader(&community.id()),
            };
            let core = Core::open(community.rulesets(), role, Millis(START_S * 1000), &store)?;
            nodes.push(Node { core, store: store.clone(), seen: BTreeSet::new(), received: Tally::default() });
        }
        let mut engine = Engine {
            setup,
            quorum: community.charter().quorum.q(),
            mesh,
            nodes,
            queue: BTreeMap::new(),
            now: 0,
            sequence: 0,
            fine: false,
            records,
            unsound,
            certified: BTreeMap::new(),
        };
        for at in 0..=setup.nodes {
            engine.after(random.within(0, TICK_MS - 1), Event::Tick(at));
            for other in engine.mesh.connected[at].clone() {
                engine.after(random.within(0, 5_000), Event::Connect(at, other));
            }
        }
        Ok(engine)
    }

    pub fn quorum(&self) -> usize {
        self.quorum
    }

    /// Whether, from now on, validators and the author tick so often that it costs next to nothing.
    pub fn tick_finely(&mut self, finely: bool) {
        self.fine = finely;
    }

    /// Lets time pass.
    pub fn run_for(&mut self, ms: u64) -> Outcome<()> {
        let until = self.now + ms;
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 < until) {
            self.now = entry.key().0;
            let event = entry.remove();
            self.happen(event)?;
        }
        self.now = until;
        Ok(())
    }

    /// Lets time pass, and says what a node received meanwhile on average: one that is no
    /// validator, and one that is.
    pub fn count(&mut self, ms: u64) -> Outcome<(Tally, Tally)> {
        self.forget_received();
        self.count_more(ms)
    }

    /// Counts anew from here.
    pub fn forget_received(&mut self) {
        self.nodes.iter_mut().for_each(|node| node.received = Tally::default());
    }

    /// As [`Engine::count`], with what was received since it was forgotten.
    pub fn count_more(&mut self, ms: u64) -> Outcome<(Tally, Tally)> {
        self.run_for(ms)?;
        let average = |nodes: &[Node]| {
            let mut sum = Tally::default();
            nodes.iter().for_each(|node| sum = std::mem::take(&mut sum).plus(&node.received));
            sum.over(nodes.len() as f64)
        };
        let (validators, others) = self.nodes[..self.setup.nodes].split_at(self.setup.validators);
        Ok((average(others), average(validators)))
    }

    /// Hands the author some records, all at one moment.
    pub fn contribute(&mut self, count: usize) -> Outcome<Vec<(RecordId, u64)>> {
        let parcels: Vec<_> = self.records.drain(..count).collect();
        let mut ids = Vec::new();
        for parcel in &parcels {
            ids.push((SignedHeader::verify(&parcel.header)?.id(), self.now));
        }
        self.step(self.setup.nodes, Input::Contribute(parcels), Cause::Own)?;
        Ok(ids)
    }

    /// Hands the author a record that every validator refuses.
    pub fn contribute_refused(&mut self) -> Outcome<()> {
        self.step(self.setup.nodes, Input::Contribute(vec![self.unsound.clone()]), Cause::Own)
    }

    /// How long it took until these records were certified, on average.
    pub fn times(&self, contributed: &[(RecordId, u64)]) -> Outcome<Times> {
        let (mut sum, count) = (Times::default(), contributed.len() as u64);
        for (id, since) in contributed {
            let mut when: Vec<_> = self.certified.get(id).into_iter().flatten().map(|(_, ms)| ms - since).collect();
            when.sort_unstable();
            if when.len() < self.setup.nodes {
                return Err(format!("{id} is certified on {} of {} nodes", when.len(), self.setup.nodes).into());
            }
            let at = |percent: usize| when[(when.len() * percent).div_ceil(100) - 1];
            sum.first_ms += when[0];
            sum.half_ms += at(50);
            sum.most_ms += at(99);
            sum.all_ms += at(100);
        }
        let Times { first_ms, half_ms, most_ms, all_ms } = sum;
        Ok(Times {
            first_ms: first_ms / count,
            half_ms: half_ms / count,
            most_ms: most_ms / count,
            all_ms: all_ms / count,
        })
    }

    fn after(&mut self, ms: u64, event: Event) {
        self.sequence += 1;
        self.queue.insert((self.now + ms, self.sequence), event);
    }

    fn happen(&mut self, event: Event) -> Outcome<()> {
        match event {
            Event::Tick(at) => {
                let often = self.fine && (at < self.setup.validators || at == self.setup.nodes);
                self.after(if often { FINE_TICK_MS } else { TICK_MS }, Event::Tick(at));
                self.step(at, Input::Tick, Cause::Own)
            }
            Event::Connect(at, other) => self.step(at, Input::Connected(peer(other)), Cause::Own),
            Event::Gossip(from, to, gossip) => self.hear(from, to, gossip),
            Event::Request(from, to, part, ask, bytes) => {
                self.nodes[to].received.add(part, 1.0, bytes.len());
                let input = Input::Request { from: peer(from), token: Token(0), bytes };
                self.step(to, input, Cause::Request(from, part, ask))
            }
            Event::Reply(to, part, ask, bytes) => {
                self.nodes[to].received.add(part, 1.0, bytes.len());
                self.step(to, Input::Reply { ask, bytes: Some(bytes) }, Cause::Own)
            }
        }
    }

    fn hear(&mut self, from: usize, to: usize, gossip: Rc<Gossip>) -> Outcome<()> {
        let node = &mut self.nodes[to];
        if !node.seen.insert(gossip.id) {
            node.received.add(Part::Copies, 1.0, gossip.bytes.len());
            return Ok(());
        }
        let share = 1.0 / gossip.parts.len() as f64;
        gossip.parts.iter().for_each(|(part, bytes)| node.received.add(*part, share, *bytes));
        let input = Input::Gossip { from: peer(from), token: Token(0), bytes: gossip.bytes.clone() };
        self.step(to, input, Cause::Gossip(from, gossip))
    }

    fn step(&mut self, at: usize, input: Input, cause: Cause) -> Outcome<()> {
        let now = Millis(START_S * 1000 + self.now);
        let node = &mut self.nodes[at];
        let Step { batch, effects, .. } = node.core.step(now, input, &node.store)?;
        node.store.commit(&batch)?;
        effects.into_iter().try_for_each(|effect| self.act(at, effect, &cause))
    }

    fn act(&mut self, at: usize, effect: Effect, cause: &Cause) -> Outcome<()> {
        match (effect, cause) {
            (Effect::Publish(bytes), _) => {
                let (id, parts) = (Cid::of_cbor(&bytes), Part::of_gossip(&bytes));
                self.nodes[at].seen.insert(id);
                let gossip = Rc::new(Gossip { id, bytes, parts });
                for to in self.mesh.connected[at].clone() {
                    self.after(DELAY_MS, Event::Gossip(at, to, gossip.clone()));
                }
            }
            (Effect::Judge(_, Judgement::Accept), Cause::Gossip(from, gossip)) => {
                for to in self.mesh.gossip[at].clone().into_iter().filter(|to| to != from) {
                    self.after(DELAY_MS, Event::Gossip(at, to, gossip.clone()));
                }
            }
            (Effect::Reply(_, bytes), Cause::Request(asker, part, ask)) => {
                self.after(DELAY_MS, Event::Reply(*asker, *part, *ask, bytes));
            }
            (Effect::Ask { peer, ask, bytes }, _) => {
                self.after(DELAY_MS, Event::Request(at, index_of(&peer), Part::of_ask(&bytes), ask, bytes));
            }
            (Effect::Notice(Notice::Accepted(id)), _) if at < self.setup.nodes => {
                self.certified.entry(id).or_default().push((at, self.now));
            }
            (Effect::Penalise(who, offence), _) => {
                return Err(format!("node {at} blames node {} for {offence:?}", index_of(&who)).into());
            }
            _ => {}
        }
        Ok(())
    }
}
