//! Several cores that hear each other at once: what a community does over its life, without weather.

use commonwheel_protocol::agreement::charter::{BodyAccess, Quorum, Validator};
use commonwheel_protocol::agreement::state::Standing;
use commonwheel_protocol::agreement::{Charter, Succession};
use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::core::{Core, Effect, Input, Millis, Notice, Role, Token, status};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::ledger::{Batch, Shelf, Store};
use commonwheel_protocol::operation::decision::{Condition, Reason};
use commonwheel_protocol::operation::{Decision, Matter, Ruling};
use commonwheel_protocol::record::header::{DAY_S, HourTime};
use commonwheel_protocol::record::{Header, RecordId, SignedHeader};
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::wire::exchange::{Ask, Parcel, Peer};
use commonwheel_storage::MemoryStore;
use sim::community::{Community, START_S, TERMS};
use sim::records;
use std::collections::VecDeque;

/// One node: its core while it runs, and its store.
pub struct Member {
    pub core: Option<Core>,
    pub store: MemoryStore,
    key: Option<SecretKey>,
}

/// Validators first, then the others; all connected with all.
pub struct Cluster {
    pub community: Community,
    pub members: Vec<Member>,
    pub now: Millis,
    pub notices: Vec<(usize, Notice)>,
    /// How often somebody asked what is said of waiting records.
    pub heard: usize,
    links: Vec<Vec<bool>>,
    queue: VecDeque<(usize, Input)>,
    asked: Vec<(usize, usize, commonwheel_protocol::core::AskId)>,
}

fn peer(at: usize) -> Peer {
    Peer(vec![b'n', at as u8])
}

impl Cluster {
    /// Four validators, of which one may lie, with `others` beside them.
    pub fn new(others: usize) -> Self {
        Cluster::with(others, BodyAccess::OnCertificate, &|_| {})
    }

    pub fn with(others: usize, bodies: BodyAccess, change: &dyn Fn(&mut Charter)) -> Self {
        let community = Community::found_with(4, 1, 3, bodies, change).unwrap();
        let count = 4 + others;
        let members = (0..count).map(|at| Member {
            core: None,
            store: community.joined_store().unwrap(),
            key: community.validators.get(at).cloned(),
        });
        let members = members.collect();
        let mut cluster = Cluster {
            community,
            members,
            now: Millis(START_S * 1000),
            notices: Vec::new(),
            heard: 0,
            links: vec![vec![false; count]; count],
            queue: VecDeque::new(),
            asked: Vec::new(),
        };
        (0..count).for_each(|at| cluster.start(at));
        cluster.settle();
        cluster
    }

    /// Gives a node that is no validator a key, with which a successor may name it.
    pub fn with_key(&mut self, at: usize, seed: &Seed) {
        self.stop(at);
        self.members[at].key = Some(seed.validator());
        self.start(at);
        self.settle();
    }

    pub fn start(&mut self, at: usize) {
        let role = Role {
            peer: peer(at),
            validator: self.members[at].key.clone(),
            reader: Seed::new([150 + at as u8; 32]).reader(&self.community.id()),
        };
        let core = Core::open(self.community.rulesets(), role, self.now, &self.members[at].store).unwrap();
        self.members[at].core = Some(core);
        for other in 0..self.members.len() {
            if other != at && self.members[other].core.is_some() {
                self.links[at][other] = true;
                self.links[other][at] = true;
                self.queue.push_back((at, Input::Connected(peer(other))));
                self.queue.push_back((other, Input::Connected(peer(at))));
            }
        }
        self.run();
    }

    pub fn stop(&mut self, at: usize) {
        self.members[at].core = None;
        for other in 0..self.members.len() {
            if std::mem::take(&mut self.links[at][other]) {
                self.links[other][at] = false;
                self.queue.push_back((other, Input::Disconnected(peer(at))));
            }
        }
        self.asked.retain(|(asker, asked, _)| *asker != at && *asked != at);
        self.run();
    }

    /// One input, and all that follows from it at once.
    pub fn give(&mut self, at: usize, input: Input) -> Vec<Notice> {
        let before = self.notices.len();
        self.queue.push_back((at, input));
        self.run();
        let new = self.notices[before..].iter().filter(|(who, _)| *who == at);
        new.map(|(_, notice)| notice.clone()).collect()
    }

    /// Lets so much time pass that everything there is to say is said.
    pub fn settle(&mut self) {
        for _ in 0..16 {
            self.now = Millis(self.now.0 + 1_000);
            for at in 0..self.members.len() {
                self.queue.push_back((at, Input::Tick));
            }
            self.run();
        }
    }

    pub fn days(&mut self, days: i64) {
        self.now = Millis(self.now.0 + (days * DAY_S) as u64 * 1000);
        self.settle();
    }

    fn run(&mut self) {
        while let Some((at, input)) = self.queue.pop_front() {
            let member = &mut self.members[at];
            let Some(core) = member.core.as_mut() else { continue };
            let from = match &input {
                Input::Request { from, .. } => Some(usize::from(from.0[1])),
                _ => None,
            };
            let step = core.step(self.now, input, &member.store).unwrap();
            member.store.commit(&step.batch).unwrap();
            for effect in step.effects {
                self.act(at, from, effect);
            }
        }
    }

    fn act(&mut self, at: usize, from: Option<usize>, effect: Effect) {
        match effect {
            Effect::Publish(bytes) => {
                for to in (0..self.members.len()).filter(|to| self.links[at][*to]) {
                    let input = Input::Gossip { from: peer(at), token: Token(0), bytes: bytes.clone() };
                    self.queue.push_back((to, input));
                }
            }
            Effect::Reply(_, bytes) => {
                let asker = from.unwrap();
                let found = self.asked.iter().position(|(who, whom, _)| *who == asker && *whom == at).unwrap();
                let (_, _, ask) = self.asked.remove(found);
                self.queue.push_back((asker, Input::Reply { ask, bytes: Some(bytes) }));
            }
            Effect::Ask { peer: to, ask, bytes } => {
                let to = usize::from(to.0[1]);
                self.heard += usize::from(matches!(Ask::read(&bytes), Ok((_, Ask::Live(_)))));
                if self.links[at][to] {
                    self.asked.push((at, to, ask));
                    self.queue.push_back((to, Input::Request { from: peer(at), token: Token(0), bytes }));
                }
            }
            Effect::Penalise(who, offence) => panic!("node {at} blames node {who:?} for {offence:?}"),
            Effect::Notice(notice) => self.notices.push((at, notice)),
            Effect::Judge(..) => {}
        }
    }

    /// The contributor's next record, handed to the last node; `change` before it is signed.
    pub fn share(&mut self, number: usize, change: impl Fn(&mut Header)) -> SignedHeader {
        let header = self.submit(number, change);
        self.settle();
        header
    }

    /// As [`Cluster::share`], and nobody has judged it yet.
    pub fn submit(&mut self, number: usize, change: impl Fn(&mut Header)) -> SignedHeader {
        let parcel = records::sound(number + 1, 100, &self.community).unwrap().pop().unwrap();
        let mut header = SignedHeader::verify(&parcel.header).unwrap().header().clone();
        header.time = HourTime::hour(self.now.unix_s());
        change(&mut header);
        let bytes = header.sign(&records::author(&self.community));
        let last = self.members.len() - 1;
        let parcel = Parcel { header: bytes.clone(), ..parcel };
        let _ = self.give(last, Input::Contribute(vec![parcel]));
        let _ = self.give(last, Input::Tick);
        SignedHeader::verify(&bytes).unwrap()
    }

    pub fn core(&self, at: usize) -> &Core {
        self.members[at].core.as_ref().unwrap()
    }

    pub fn standing(&self, at: usize, id: &RecordId) -> Option<Standing> {
        status::standings(self.core(at).lineage(), &self.members[at].store).unwrap().get(id).copied()
    }

    /// What every running node thinks of a record; they must agree.
    pub fn agreed(&self, id: &RecordId) -> Option<Standing> {
        let mut all = self.running().map(|at| self.standing(at, id));
        let first = all.next().unwrap();
        assert!(all.all(|other| other == first), "the nodes disagree about {id}");
        first
    }

    pub fn running(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.members.len()).filter(|at| self.members[*at].core.is_some())
    }

    /// All running nodes have one state root.
    pub fn converged(&self) -> bool {
        let roots = self.running().map(|at| {
            let store = &self.members[at].store;
            status::state_root(self.core(at).lineage(), store).unwrap().map(|root| root.0)
        });
        let roots: std::collections::BTreeSet<_> = roots.collect();
        roots.len() == 1 && !roots.contains(&None)
    }

    /// Whether any byte of a body is on a node, on whatever shelf.
    pub fn holds_text(&self, at: usize, body: &[u8]) -> bool {
        let mut blocks = Shelf::ALL.into_iter().flat_map(|shelf| self.members[at].store.blocks(shelf));
        blocks.any(|(_, block)| records::contains(block, body))
    }

    pub fn decision(&self, ruling: Ruling, days: Option<i64>) -> Matter {
        let charter = self.core(0).charter();
        Matter::Decision(Decision {
            community: charter.community(),
            charter: charter.id(),
            ruling,
            reason: Reason::Negotiation,
            condition: Condition::Agreement,
            until: days.map(|days| HourTime::hour(self.now.unix_s() + days * DAY_S)),
            explained: None,
            time: HourTime::hour(self.now.unix_s()),
        })
    }

    /// These nodes sign a matter; gives why each of them did not.
    pub fn vote(&mut self, matter: &Matter, blocks: &[Vec<u8>], who: &[usize]) -> Vec<String> {
        let mut refused = Vec::new();
        for at in who {
            let input = Input::Vote { matter: Box::new(matter.clone()), blocks: blocks.to_vec() };
            refused.extend(self.give(*at, input).into_iter().filter_map(|notice| match notice {
                Notice::NotSigned(_, why) => Some(why),
                _ => None,
            }));
            self.settle();
        }
        refused
    }

    /// Drafts a release on one node, and these sign it.
    pub fn release(&mut self, drafter: usize, who: &[usize]) -> (Cid, Vec<String>) {
        let store = &self.members[drafter].store;
        let draft = commonwheel_protocol::core::release::draft(self.core(drafter).lineage(), self.now.unix_s(), store);
        let draft = draft.unwrap().unwrap();
        let matter = Matter::Release(draft.release);
        let refused = self.vote(&matter, &draft.pages, who);
        (matter.id(), refused)
    }

    /// A successor of the leading charter.
    pub fn successor(&self, round: i64, change: impl Fn(&mut Charter)) -> Charter {
        let core = self.core(0);
        let named =
            core.counting().newest().map(|(id, _)| *id).into_iter().chain(core.counting().decisions.keys().copied());
        let mut charter = core.charter().clone();
        charter.succeeds = Some(Succession {
            community: charter.community(),
            predecessor: charter.id(),
            round,
            closing: named.collect(),
        });
        charter.drafted = self.now.unix_s();
        change(&mut charter);
        charter
    }

    /// Puts a newcomer in the place of a validator.
    pub fn replaced(&self, round: i64, place: usize, by: &Seed) -> Charter {
        self.successor(round, |charter| {
            charter.validators[place] = Validator {
                name: "newcomer".into(),
                signing: by.validator().public(),
                encryption: by.encryption_public(),
            };
            charter.quorum = Quorum::new(4, 1, 3).unwrap();
        })
    }
}

/// The text of the community's terms, which goes with a successor.
pub fn terms() -> Vec<Vec<u8>> {
    vec![TERMS.to_vec()]
}

/// A store with what a node has after joining, and nothing else.
pub fn fresh(community: &Community) -> MemoryStore {
    let mut store = community.joined_store().unwrap();
    store.commit(&Batch::default()).unwrap();
    assert!(store.blocks(Shelf::Certified).any(|(cid, _)| cid.codec() == Codec::Raw));
    store
}
