//! Rules of one validator that need a clock or a history, without a network.

#![allow(clippy::unwrap_used)]

use commonwheel_protocol::agreement::charter::BodyAccess;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{Core, Effect, Input, Millis, Notice, Role, Token, status};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::{IndexEntry, Ledger, LedgerError, Shelf, Store};
use commonwheel_protocol::record::header::{HOUR_S, HourTime};
use commonwheel_protocol::record::{Header, SignedHeader};
use commonwheel_protocol::wire::exchange::{Answer, Ask, Parcel, Peer, Purpose, Refusal, Statement};
use commonwheel_storage::MemoryStore;
use sim::community::{Community, START_S};
use sim::random::Random;
use sim::records;
use std::cell::Cell;

/// A community of one validator, its core and its store.
struct Steward {
    community: Community,
    core: Core,
    store: MemoryStore,
    now: Millis,
}

impl Steward {
    fn new(per_hour: i64) -> Self {
        let community = Community::found_with(1, 0, 1, BodyAccess::OnCertificate, &|charter| {
            charter.numbers.insert("records_per_author_per_hour".into(), per_hour);
        })
        .unwrap();
        let (store, now) = (community.joined_store().unwrap(), Millis(START_S * 1000));
        let key = community.validators[0].clone();
        let role =
            Role { peer: Peer(vec![1]), validator: Some(key), reader: Seed::new([9; 32]).reader(&community.id()) };
        let core = Core::open(community.founding.clone(), community.ruleset.clone(), role, now, &store).unwrap();
        Steward { community, core, store, now }
    }

    fn step(&mut self, input: Input) -> Vec<Effect> {
        let step = self.core.step(self.now, input, &self.store).unwrap();
        self.store.commit(&step.batch).unwrap();
        step.effects
    }

    fn ticks(&mut self, count: usize) -> Vec<Effect> {
        (0..count).flat_map(|_| self.step(Input::Tick)).collect()
    }

    fn accepted(&self) -> usize {
        status::accepted(&self.store).unwrap().len()
    }
}

#[test]
fn an_authors_records_over_the_hourly_rate_wait_for_the_next_hour() {
    let mut steward = Steward::new(2);
    let parcels = records::sound(3, &steward.community).unwrap();
    let _ = steward.step(Input::Contribute(parcels));
    let _ = steward.ticks(5);
    assert_eq!(steward.accepted(), 2);
    steward.now = Millis(steward.now.0 + HOUR_S as u64 * 1000);
    let _ = steward.ticks(5);
    assert_eq!(steward.accepted(), 3);
}

/// A store that counts the waiting bodies that are read.
struct Counting<'a>(&'a MemoryStore, Cell<usize>);

impl Ledger for Counting<'_> {
    fn block(&self, shelf: Shelf, cid: &Cid) -> Result<Option<Vec<u8>>, LedgerError> {
        self.1.set(self.1.get() + usize::from(shelf == Shelf::Waiting));
        self.0.block(shelf, cid)
    }

    fn holds(&self, shelf: Shelf, cid: &Cid) -> Result<bool, LedgerError> {
        self.0.holds(shelf, cid)
    }

    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        self.0.value(key)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<IndexEntry>, LedgerError> {
        self.0.scan(prefix, after, limit)
    }
}

#[test]
fn the_bodies_of_records_over_the_rate_are_not_even_read() {
    let mut steward = Steward::new(2);
    let parcels = records::sound(20, &steward.community).unwrap();
    let _ = steward.step(Input::Contribute(parcels));
    let counting = Counting(&steward.store, Cell::new(0));
    let _ = steward.core.step(steward.now, Input::Tick, &counting).unwrap();
    assert_eq!(counting.1.get(), 2);
}

#[test]
fn many_large_bodies_are_not_all_checked_in_one_tick() {
    let mut steward = Steward::new(100);
    let written = records::write(5, 900_000, &steward.community, &mut Random::new(1)).unwrap();
    for record in &written {
        let _ = steward.step(Input::Contribute(vec![record.parcel.clone()]));
    }
    let judged = |steward: &Steward| {
        let judged = |id| !index::verdicts(&steward.store, id).unwrap().is_empty();
        written.iter().filter(|record| judged(&record.id)).count()
    };
    let _ = steward.ticks(1);
    assert_eq!(judged(&steward), 3);
    let _ = steward.ticks(2);
    assert_eq!(judged(&steward), 5);
}

#[test]
fn a_revision_by_another_key_is_refused_and_by_the_same_key_is_not() {
    let mut steward = Steward::new(100);
    let parcels = records::sound(1, &steward.community).unwrap();
    let first = SignedHeader::verify(&parcels[0].header).unwrap();
    let _ = steward.step(Input::Contribute(parcels.clone()));
    let _ = steward.ticks(3);
    assert_eq!(steward.accepted(), 1);
    let stranger = Seed::new([77; 32]).pseudonym(&steward.community.id());
    for (key, accepted) in [(stranger, 1), (records::author(&steward.community), 2)] {
        let header = Header { author: key.public(), revises: Some(first.id()), ..first.header().clone() };
        let parcel = Parcel { header: header.sign(&key), ..parcels[0].clone() };
        let _ = steward.step(Input::Contribute(vec![parcel]));
        let effects = steward.ticks(3);
        let failed = effects.iter().any(|effect| matches!(effect, Effect::Notice(Notice::Failed(..))));
        assert_eq!((steward.accepted(), failed), (accepted, accepted == 1));
    }
}

#[test]
fn a_peer_makes_a_few_statements_an_hour_and_no_more() {
    let mut steward = Steward::new(100);
    let peer = Peer(vec![2]);
    let _ = steward.step(Input::Connected(peer.clone()));
    let mut refused = Vec::new();
    for i in 0..6u8 {
        let key = Seed::new([100 + i; 32]).reader(&steward.community.id());
        let statement = Statement {
            community: steward.community.id(),
            who: key.public(),
            purpose: Purpose::Replicate,
            terms: steward.community.charter().terms,
            asker: peer.clone(),
            answerer: Peer(vec![1]),
            time: HourTime::hour(START_S as i64),
        };
        let ask = Ask::Fetch { statement: statement.sign(&key), items: vec![], records: vec![] };
        let bytes = ask.to_bytes(&steward.community.id());
        let effects = steward.step(Input::Request { from: peer.clone(), token: Token(u64::from(i)), bytes });
        refused.extend(effects.iter().filter_map(|effect| match effect {
            Effect::Reply(_, bytes) => Some(Answer::read(bytes) == Ok(Answer::Refused(Refusal::Busy))),
            _ => None,
        }));
    }
    assert_eq!(refused, [false, false, false, false, true, true]);
}
