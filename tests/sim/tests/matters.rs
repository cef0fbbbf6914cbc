//! Rules of matters that are put to validators, without a network.

#![allow(clippy::unwrap_used)]

use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::agreement::charter::BodyAccess;
use commonwheel_protocol::agreement::succession::Succession;
use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::core::{Core, Effect, Input, Millis, Notice, Role, Token, matters, release};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::ledger::{Batch, Shelf, Store};
use commonwheel_protocol::limits::MOTIONS_PER_SIGNER;
use commonwheel_protocol::operation::decision::{Condition, Reason};
use commonwheel_protocol::operation::{Decision, Matter, Motion, Ruling};
use commonwheel_protocol::record::header::{DAY_S, HourTime};
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::wire::exchange::{Answer, Ask, Peer, Session};
use commonwheel_protocol::wire::gossip::Message;
use commonwheel_storage::MemoryStore;
use sim::community::{Community, START_S};
use sim::records;
use std::collections::BTreeSet;

struct Node {
    core: Core,
    store: MemoryStore,
}

impl Node {
    fn of(community: &Community, validator: Option<SecretKey>) -> Node {
        let store = community.joined_store().unwrap();
        let reader = Seed::new([9; 32]).reader(&community.id());
        let role = Role { peer: Peer(vec![1]), validator, reader };
        Node { core: Core::open(community.rulesets(), role, Millis(START_S * 1000), &store).unwrap(), store }
    }

    fn step(&mut self, input: Input) -> Vec<Effect> {
        let step = self.core.step(Millis(START_S * 1000), input, &self.store).unwrap();
        self.store.commit(&step.batch).unwrap();
        step.effects
    }

    fn vote(&mut self, matter: &Matter, blocks: Vec<Vec<u8>>) -> Result<(), String> {
        let effects = self.step(Input::Vote { matter: Box::new(matter.clone()), blocks });
        let said = effects.into_iter().find_map(|effect| match effect {
            Effect::Notice(Notice::Signed(_)) => Some(Ok(())),
            Effect::Notice(Notice::NotSigned(_, why)) => Some(Err(why)),
            _ => None,
        });
        said.unwrap()
    }

    /// What this node asks when it has just met a peer, as the requests come.
    fn asks(&mut self, peer: &Peer) -> Vec<Ask> {
        let met = self.step(Input::Connected(peer.clone()));
        let ticked = self.step(Input::Tick);
        let asks = met.into_iter().chain(ticked).filter_map(|effect| match effect {
            Effect::Ask { bytes, .. } => Ask::read(&bytes).ok().map(|(_, ask)| ask),
            _ => None,
        });
        asks.collect()
    }
}

fn steward() -> Community {
    Community::found(1, 0, 1, BodyAccess::OnCertificate).unwrap()
}

/// A successor of the founding charter with other terms.
fn successor(community: &Community, terms: &[u8]) -> Matter {
    let succeeds =
        Succession { community: community.id(), predecessor: community.id(), round: 1, closing: BTreeSet::new() };
    let terms = Cid::of(Codec::Raw, terms);
    Matter::Successor(Box::new(Charter { terms, succeeds: Some(succeeds), ..community.charter().clone() }))
}

#[test]
fn who_proposes_a_release_brings_its_pages_and_signs_it_at_once() {
    let community = steward();
    let mut node = Node::of(&community, Some(community.validators[0].clone()));
    let _ = node.step(Input::Contribute(records::sound(1, 100, &community).unwrap()));
    (0..3).for_each(|_| drop(node.step(Input::Tick)));
    let draft = release::draft(node.core.lineage(), START_S as i64, &node.store).unwrap().unwrap();
    assert_eq!(draft.release.count, 1);
    let matter = Matter::Release(draft.release);
    assert!(node.vote(&matter, Vec::new()).unwrap_err().contains("pages"));
    assert_eq!(node.vote(&matter, draft.pages), Ok(()));
    let _ = node.step(Input::Tick);
    assert!(matters::resolved(node.core.lineage(), &node.store).unwrap().contains_key(&matter.id()));
}

#[test]
fn the_terms_of_a_proposed_charter_are_fetched_and_given_before_anybody_agrees() {
    let community = Community::found(4, 1, 3, BodyAccess::OnCertificate).unwrap();
    let terms = b"Other terms.".to_vec();
    let matter = successor(&community, &terms);
    let motion = Motion::sign(matter.clone(), &community.validators[0]).to_bytes();
    let mut node = Node::of(&community, None);
    let message = Message { operations: vec![motion], ..Message::default() };
    let peer = Peer(vec![2]);
    let _ = node.step(Input::Gossip { from: peer.clone(), token: Token(1), bytes: message.to_bytes() });
    let Matter::Successor(charter) = &matter else { unreachable!() };
    let wants = |asks: Vec<Ask>| asks.iter().any(|ask| *ask == Ask::Blocks(vec![charter.terms]));
    assert!(wants(node.asks(&peer)));
    let role = Role { peer: Peer(vec![1]), validator: None, reader: Seed::new([9; 32]).reader(&community.id()) };
    node.core = Core::open(community.rulesets(), role, Millis(START_S * 1000), &node.store).unwrap();
    assert!(wants(node.asks(&peer)), "also after a restart");

    let mut proposer = Node::of(&community, Some(community.validators[0].clone()));
    let _ = proposer.vote(&matter, vec![terms.clone()]);
    let bytes = Ask::Blocks(vec![charter.terms]).to_bytes(&community.id());
    let effects = proposer.step(Input::Request { from: peer, token: Token(2), bytes });
    let given = effects.iter().any(|effect| match effect {
        Effect::Reply(_, bytes) => Answer::read(bytes) == Ok(Answer::Blocks(vec![terms.clone()])),
        _ => false,
    });
    assert!(given);
}

#[test]
fn a_validator_of_a_charter_that_is_not_known_yet_is_not_at_fault() {
    let community = steward();
    let mut node = Node::of(&community, None);
    let (peer, newcomer) = (Peer(vec![2]), Seed::new([50; 32]).validator());
    for (charter, at_fault) in [(Cid::of_cbor(b"a successor"), false), (community.id(), true)] {
        let effects = node.step(Input::Connected(peer.clone()));
        let ask = effects.iter().find_map(|effect| match effect {
            Effect::Ask { ask, bytes, .. } if matches!(Ask::read(bytes), Ok((_, Ask::Prove))) => Some(*ask),
            _ => None,
        });
        let session = Session {
            community: community.id(),
            charter,
            validator: newcomer.public(),
            asker: Peer(vec![1]),
            answerer: peer.clone(),
        };
        let bytes = Some(Answer::Session(session.sign(&newcomer)).to_bytes());
        let effects = node.step(Input::Reply { ask: ask.unwrap(), bytes });
        assert_eq!(effects.iter().any(|effect| matches!(effect, Effect::Penalise(..))), at_fault);
    }
}

#[test]
fn a_validator_that_has_signed_very_many_matters_still_signs() {
    let community = steward();
    let key = community.validators[0].clone();
    let ban = |n: usize| {
        Matter::Decision(Decision {
            community: community.id(),
            charter: community.id(),
            ruling: Ruling::Ban(Seed::new([n as u8; 32]).pseudonym(&Cid::of_cbor(&n.to_be_bytes())).public()),
            reason: Reason::Flood,
            condition: Condition::Lifted,
            until: None,
            explained: None,
            time: HourTime::hour(START_S as i64),
        })
    };
    let mut node = Node::of(&community, Some(key.clone()));
    let mut batch = Batch::default();
    for n in 0..MOTIONS_PER_SIGNER {
        let motion = Motion::sign(ban(n), &key).to_bytes();
        batch.put(Shelf::Live, Cid::of_cbor(&motion), motion);
    }
    node.store.commit(&batch).unwrap();
    let role = Role { peer: Peer(vec![1]), validator: Some(key), reader: Seed::new([9; 32]).reader(&community.id()) };
    node.core = Core::open(community.rulesets(), role, Millis(START_S * 1000), &node.store).unwrap();
    assert_eq!(node.vote(&ban(MOTIONS_PER_SIGNER), Vec::new()), Ok(()));
}

#[test]
fn what_is_too_old_to_be_signed_is_open_no_more() {
    let community = Community::found(4, 1, 3, BodyAccess::OnCertificate).unwrap();
    let matter = Matter::Decision(Decision {
        community: community.id(),
        charter: community.id(),
        ruling: Ruling::Freeze,
        reason: Reason::Protest,
        condition: Condition::Lifted,
        until: Some(HourTime::hour(START_S as i64 + 90 * DAY_S)),
        explained: None,
        time: HourTime::hour(START_S as i64),
    });
    let mut node = Node::of(&community, None);
    let motion = Motion::sign(matter, &community.validators[0]).to_bytes();
    let bytes = Message { operations: vec![motion], ..Message::default() }.to_bytes();
    let _ = node.step(Input::Gossip { from: Peer(vec![2]), token: Token(1), bytes });
    let open = |days: i64| {
        let now_s = START_S as i64 + days * DAY_S;
        matters::open(node.core.lineage(), node.core.counting(), now_s, &node.store).unwrap().len()
    };
    assert_eq!((open(0), open(6), open(7)), (1, 1, 0));
}
