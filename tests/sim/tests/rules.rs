//! Rules of one validator that need a clock or a history, without a network.

#![allow(clippy::unwrap_used)]

use commonwheel_protocol::agreement::charter::BodyAccess;
use commonwheel_protocol::agreement::state::Standing;
use commonwheel_protocol::agreement::{Batch, Entry, Verdict};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{Core, Effect, Input, Millis, Notice, Role, Token, status};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::{IndexEntry, Ledger, LedgerError, Shelf, Store};
use commonwheel_protocol::reconcile::Snapshot;
use commonwheel_protocol::record::header::{HOUR_S, HourTime};
use commonwheel_protocol::record::{Header, RecordId, SignedHeader};
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::wire::exchange::{Answer, Ask, Parcel, Peer, Purpose, Refusal, Statement};
use commonwheel_protocol::wire::gossip::Message;
use commonwheel_storage::MemoryStore;
use sim::community::{Community, START_S};
use sim::introduce::introduce;
use sim::records;
use std::cell::Cell;
use std::collections::BTreeSet;

/// A validator of a community, usually its only one, with its core and its store.
struct Steward {
    community: Community,
    core: Core,
    store: MemoryStore,
    now: Millis,
}

impl Steward {
    fn new(per_hour: i64) -> Self {
        Steward::of(1, 0, 1, per_hour)
    }

    /// The first of n validators.
    fn of(n: usize, f: usize, q: usize, per_hour: i64) -> Self {
        let community = Community::found_with(n, f, q, BodyAccess::OnCertificate, &|charter| {
            charter.numbers.insert("records_per_author_per_hour".into(), per_hour);
        })
        .unwrap();
        let (mut store, now) = (community.joined_store().unwrap(), Millis(START_S * 1000));
        let key = community.validators[0].clone();
        let role =
            Role { peer: Peer(vec![1]), validator: Some(key), reader: Seed::new([9; 32]).reader(&community.id()) };
        let mut core = Core::open(community.rulesets(), role, now, &store).unwrap();
        introduce(&mut core, &mut store, &Peer(vec![1]), &community, now).unwrap();
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

    /// What this node answers to a peer.
    fn answer(&mut self, from: &Peer, ask: &Ask) -> Answer {
        let bytes = ask.to_bytes(&self.community.id());
        let effects = self.step(Input::Request { from: from.clone(), token: Token(0), bytes });
        let reply = effects.iter().find_map(|effect| match effect {
            Effect::Reply(_, bytes) => Answer::read(bytes).ok(),
            _ => None,
        });
        reply.unwrap()
    }

    fn accepted(&self) -> usize {
        status::accepted(self.core.lineage(), &self.store).unwrap().len()
    }
}

#[test]
fn an_authors_records_over_the_hourly_rate_wait_for_the_next_hour() {
    let mut steward = Steward::new(2);
    let parcels = records::sound(3, 100, &steward.community).unwrap();
    let _ = steward.step(Input::Contribute(parcels));
    let _ = steward.ticks(5);
    assert_eq!(steward.accepted(), 2);
    steward.now = Millis(steward.now.0 + HOUR_S as u64 * 1000);
    let _ = steward.ticks(5);
    assert_eq!(steward.accepted(), 3);
}

/// A store that counts the blocks that are read from one shelf.
struct Counting<'a>(&'a MemoryStore, Cell<usize>, Shelf);

impl Ledger for Counting<'_> {
    fn block(&self, shelf: Shelf, cid: &Cid) -> Result<Option<Vec<u8>>, LedgerError> {
        self.1.set(self.1.get() + usize::from(shelf == self.2));
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
    let parcels = records::sound(20, 100, &steward.community).unwrap();
    let _ = steward.step(Input::Contribute(parcels));
    let counting = Counting(&steward.store, Cell::new(0), Shelf::Waiting);
    let _ = steward.core.step(steward.now, Input::Tick, &counting).unwrap();
    assert_eq!(counting.1.get(), 2);
}

#[test]
fn a_request_for_public_blocks_reads_no_more_bodies_than_an_answer_could_hold_and_gives_none() {
    let mut steward = Steward::new(100);
    let parcels = records::sound(8, 900_000, &steward.community).unwrap();
    let bodies: Vec<_> = parcels.iter().map(|parcel| Cid::of_cbor(parcel.body.as_ref().unwrap())).collect();
    let _ = steward.step(Input::Contribute(parcels));
    let _ = steward.ticks(8);
    assert_eq!(steward.accepted(), 8);
    let bytes = Ask::Blocks(bodies).to_bytes(&steward.community.id());
    let counting = Counting(&steward.store, Cell::new(0), Shelf::Certified);
    let request = Input::Request { from: Peer(vec![2]), token: Token(0), bytes };
    let step = steward.core.step(steward.now, request, &counting).unwrap();
    let reply = step.effects.iter().find_map(|effect| match effect {
        Effect::Reply(_, bytes) => Answer::read(bytes).ok(),
        _ => None,
    });
    assert_eq!(reply, Some(Answer::Blocks(vec![])));
    assert_eq!(counting.1.get(), 3, "2 MiB and the one that passes them");
}

#[test]
fn many_large_bodies_are_not_all_checked_in_one_tick() {
    let mut steward = Steward::new(100);
    let parcels = records::sound(5, 900_000, &steward.community).unwrap();
    let ids: Vec<_> = parcels.iter().map(|parcel| SignedHeader::verify(&parcel.header).unwrap().id()).collect();
    let _ = steward.step(Input::Contribute(parcels));
    let judged = |steward: &Steward| {
        let judged = |id: &&RecordId| !index::verdicts(&steward.store, id).unwrap().is_empty();
        ids.iter().filter(judged).count()
    };
    let _ = steward.ticks(1);
    assert_eq!(judged(&steward), 3);
    let _ = steward.ticks(2);
    assert_eq!(judged(&steward), 5);
}

#[test]
fn a_revision_by_another_key_is_refused_and_by_the_same_key_is_not() {
    let mut steward = Steward::new(100);
    let parcels = records::sound(1, 100, &steward.community).unwrap();
    let first = SignedHeader::verify(&parcels[0].header).unwrap();
    let _ = steward.step(Input::Contribute(parcels.clone()));
    let _ = steward.ticks(3);
    assert_eq!(steward.accepted(), 1);
    let stranger = Seed::new([77; 32]).pseudonym(&steward.community.id());
    for (key, standings) in [
        (stranger, vec![Standing::Accepted]),
        (records::author(&steward.community), vec![Standing::Accepted, Standing::Superseded]),
    ] {
        let header = Header { author: key.public(), revises: Some(first.id()), ..first.header().clone() };
        let parcel = Parcel { header: header.sign(&key), ..parcels[0].clone() };
        let _ = steward.step(Input::Contribute(vec![parcel]));
        let effects = steward.ticks(3);
        let failed = effects.iter().any(|effect| matches!(effect, Effect::Notice(Notice::Failed(..))));
        let found = status::standings(steward.core.lineage(), &steward.store).unwrap();
        let mut found: Vec<_> = found.into_values().collect();
        found.sort();
        assert_eq!((found, failed), (standings.clone(), standings.len() == 1));
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

#[test]
fn one_record_submitted_again_in_other_company_is_not_kept_as_another_receipt() {
    let mut steward = Steward::new(100);
    let peer = Peer(vec![2]);
    let _ = steward.step(Input::Connected(peer.clone()));
    let parcels = records::sound(3, 100, &steward.community).unwrap();
    for selection in [&[0, 1, 2][..], &[0], &[1, 0], &[2, 0], &[2, 2]] {
        let chosen = selection.iter().map(|at| parcels[*at].clone()).collect();
        let answer = steward.answer(&peer, &Ask::Submit(chosen));
        assert!(matches!(answer, Answer::Submitted { receipt: Some(_), .. }), "the author has a receipt each time");
    }
    let mut kept = BTreeSet::new();
    let start = [index::prefix::RECEIPT];
    index::each(&steward.store, &start, |entry| {
        kept.extend(index::last_cid(&entry.key));
        Ok(())
    })
    .unwrap();
    assert_eq!(kept.len(), 1);
}

#[test]
fn a_validator_that_repeats_itself_does_not_crowd_out_anothers_verdict() {
    const LIES: usize = 100;
    let mut node = Steward::of(4, 1, 3, 1000);
    let (community, charter) = (node.community.id(), node.community.charter().id());
    let parcels = records::sound(LIES + 1, 100, &node.community).unwrap();
    let ids: Vec<_> = parcels.iter().map(|parcel| SignedHeader::verify(&parcel.header).unwrap().id()).collect();
    let _ = node.step(Input::Contribute(parcels));
    let _ = node.ticks(1);
    let mut others = node.community.validators[1..].to_vec();
    others.sort_by_key(SecretKey::public);
    let (liar, honest) = (&others[0], &others[2]);
    let accept = |record| Entry { record, verdict: Verdict::Accept };
    let mut hear = |batch: Vec<u8>| {
        let bytes = Message { batches: vec![batch], ..Message::default() }.to_bytes();
        let _ = node.step(Input::Gossip { from: Peer(vec![2]), token: Token(1), bytes });
    };
    for (number, other) in ids[1..].iter().enumerate() {
        let unknown = (0..254u8).map(|i| RecordId(Cid::of_cbor(&[i, number as u8])));
        let entries: Vec<_> = [ids[0], *other].into_iter().chain(unknown).map(accept).collect();
        hear(Batch::sign(community, charter, number as i64 + 1, &entries, liar));
    }
    let verdict = Batch::sign(community, charter, 1, &[accept(ids[0])], honest);
    hear(verdict.clone());
    let nothing = Snapshot::new([]);
    let Answer::Reconcile(waiting) = node.answer(&Peer(vec![3]), &Ask::Waiting(nothing.open())) else { panic!() };
    let items = nothing.read(&waiting).unwrap().missing;
    assert_eq!(items.len(), LIES + 1);
    let found = items.into_iter().any(|item| {
        let Answer::Live { message } = node.answer(&Peer(vec![3]), &Ask::Live(vec![item.0])) else { panic!() };
        Message::read_page(&message).unwrap().batches.contains(&verdict)
    });
    assert!(found, "the honest verdict is told to whoever asks");
}

/// A ledger in which one block cannot be read.
struct Damaged<'a>(&'a MemoryStore, Cid);

impl Ledger for Damaged<'_> {
    fn block(&self, shelf: Shelf, cid: &Cid) -> Result<Option<Vec<u8>>, LedgerError> {
        if *cid == self.1 { Err(LedgerError("damaged".into())) } else { self.0.block(shelf, cid) }
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
fn a_peer_that_asks_for_a_damaged_block_does_not_stop_the_node() {
    let mut steward = Steward::new(100);
    let parcels = records::sound(1, 100, &steward.community).unwrap();
    let header = SignedHeader::verify(&parcels[0].header).unwrap();
    let _ = steward.step(Input::Contribute(parcels));
    let _ = steward.ticks(3);
    assert_eq!(steward.accepted(), 1);
    let key = Seed::new([100; 32]).reader(&steward.community.id());
    let statement = Statement {
        community: steward.community.id(),
        who: key.public(),
        purpose: Purpose::Replicate,
        terms: steward.community.charter().terms,
        asker: Peer(vec![2]),
        answerer: Peer(vec![1]),
        time: HourTime::hour(START_S as i64),
    };
    let ask = Ask::Fetch { statement: statement.sign(&key), items: vec![], records: vec![header.id()] };
    let bytes = ask.to_bytes(&steward.community.id());
    let input = Input::Request { from: Peer(vec![2]), token: Token(1), bytes };
    let ledger = Damaged(&steward.store, header.header().body);
    let step = steward.core.step(steward.now, input, &ledger).unwrap();
    let told = |effect: &Effect| matches!(effect, Effect::Notice(Notice::Damaged(_)));
    assert!(step.effects.iter().any(told), "{:?}", step.effects);
}
