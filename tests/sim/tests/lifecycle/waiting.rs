//! What waits is told to whoever lacks some of it, and not again.

use crate::cluster::{Cluster, terms};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{Core, Effect, Input, Millis, Token, status};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::index::{self, Item};
use commonwheel_protocol::ledger::{Batch, Ledger, Shelf, Store};
use commonwheel_protocol::limits::LIVE_PAGE_BYTES;
use commonwheel_protocol::operation::{Matter, Ruling};
use commonwheel_protocol::reconcile::Snapshot;
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::wire::exchange::{Answer, Ask, Peer, Receipt, Refusal};
use commonwheel_protocol::wire::gossip::Message;
use sim::records;
use std::collections::VecDeque;

/// A community in which every record of the contributor's is refused.
fn refusing(others: usize) -> Cluster {
    let mut cluster = Cluster::new(others);
    let author = records::author(&cluster.community).public();
    let ban = cluster.decision(Ruling::Ban(author), None);
    cluster.vote(&ban, &[], &[0, 1, 2]);
    cluster
}

/// How many validators a node knows to be against a record, and how many to hold it.
fn known(cluster: &Cluster, at: usize, record: &RecordId) -> Option<(usize, usize)> {
    let found = status::of(record, cluster.core(at).lineage(), &cluster.members[at].store).unwrap()?;
    Some((found.objections().len(), found.held_by.len()))
}

#[test]
fn of_a_refused_record_that_stays_as_it_is_nothing_is_said_again() {
    let mut cluster = refusing(2);
    let header = cluster.share(0, |_| {});
    cluster.settle();
    for at in 0..6 {
        assert_eq!(known(&cluster, at, &header.id()), Some((4, 1)), "node {at}");
    }
    let heard = cluster.heard;
    (0..5).for_each(|_| cluster.settle());
    assert_eq!(cluster.heard, heard);
}

#[test]
fn who_was_off_hears_of_what_waits_from_anybody() {
    let mut cluster = refusing(2);
    cluster.stop(4);
    let header = cluster.share(0, |_| {});
    (0..4).for_each(|at| cluster.stop(at));
    cluster.start(4);
    cluster.settle();
    assert_eq!(known(&cluster, 4, &header.id()), known(&cluster, 5, &header.id()));
    assert!(known(&cluster, 4, &header.id()).is_some_and(|(against, held)| against > 0 && held > 0));
}

#[test]
fn of_many_receipts_of_one_validator_for_one_record_one_is_kept() {
    let mut cluster = refusing(1);
    cluster.stop(3);
    let header = cluster.share(0, |_| {});
    let (id, key) = (cluster.community.id(), cluster.community.validators[3].clone());
    let unknown = |n: u8| RecordId(Cid::of_cbor(&[n]));
    let receipts: Vec<_> = (0..20).map(|n| Receipt::sign(id, &[header.id(), unknown(n)], &key)).collect();
    let bytes = Message { receipts, ..Message::default() }.to_bytes();
    let _ = cluster.give(0, Input::Gossip { from: Peer(vec![b'n', 3]), token: Token(0), bytes });
    let start = index::key(index::prefix::RECEIPT, &[&header.id().0.to_bytes(), &key.public().0]);
    assert_eq!(cluster.members[0].store.scan(&start, None, 100).unwrap().len(), 1);
}

#[test]
fn a_record_for_which_very_many_vouch_is_told_in_a_page_that_can_be_read() {
    let mut cluster = refusing(2);
    cluster.stop(4);
    let header = cluster.share(0, |_| {});
    let id = cluster.community.id();
    let unknown = |n: u16| RecordId(Cid::of_cbor(&n.to_be_bytes()));
    let about: Vec<_> = [header.id()].into_iter().chain((0..400).map(unknown)).collect();
    for at in 0..4 {
        let mut held = Batch::default();
        for n in 0..100 {
            let receipt = Receipt::sign(id, &about, &Seed::new([n; 32]).validator());
            held.put(Shelf::Live, Cid::of_cbor(&receipt), receipt);
        }
        assert!(held.puts.iter().map(|(_, _, bytes)| bytes.len()).sum::<usize>() > LIVE_PAGE_BYTES);
        cluster.members[at].store.commit(&held).unwrap();
    }
    cluster.start(4);
    cluster.settle();
    assert!(known(&cluster, 4, &header.id()).is_some_and(|(against, _)| against > 0));
}

#[test]
fn a_peer_that_invents_what_waits_is_asked_little_and_the_others_are_heard() {
    let mut cluster = refusing(1);
    let header = cluster.share(0, |_| {});
    let liar = Peer(vec![b'n', 99]);
    let items = (0..1_000u16).map(|n| (cluster.now.unix_s(), Item(*Cid::of_cbor(&n.to_be_bytes()).digest())));
    let invented = Snapshot::new(items.collect::<Vec<_>>());
    let member = &mut cluster.members[4];
    let mut core = member.core.take().unwrap();
    let step = |core: &mut Core, now, input| core.step(Millis(now), input, &member.store).unwrap().effects;
    let mut asks = Vec::new();
    for second in 0..200 {
        let now = cluster.now.0 + second * 1_000;
        let input = if second == 0 { Input::Connected(liar.clone()) } else { Input::Tick };
        let mut effects = VecDeque::from(step(&mut core, now, input));
        let mut in_this_second = 0;
        while let Some(effect) = effects.pop_front() {
            let Effect::Ask { peer, ask, bytes } = effect else { continue };
            if peer != liar {
                continue;
            }
            let answer = match Ask::read(&bytes).unwrap().1 {
                Ask::Waiting(message) => Answer::Reconcile(invented.answer(&message).unwrap()),
                Ask::Live(items) => {
                    in_this_second += 1;
                    assert!(items.len() <= 64);
                    Answer::Live { message: Message::default().to_bytes() }
                }
                _ => Answer::Refused(Refusal::Busy),
            };
            effects.extend(step(&mut core, now, Input::Reply { ask, bytes: Some(answer.to_bytes()) }));
        }
        asks.push(in_this_second);
    }
    assert!(asks.iter().all(|asks| *asks <= 1), "one answer with nothing in it is enough until the next round");
    assert_eq!(asks.iter().sum::<usize>(), 1_000_usize.div_ceil(64), "and nothing is asked for twice");
    cluster.members[4].core = Some(core);
    assert!(known(&cluster, 4, &header.id()).is_some_and(|(against, _)| against > 0));
}

#[test]
fn what_was_said_under_a_former_charter_is_not_told_again_and_again_to_who_came_later() {
    let mut cluster = refusing(3);
    let newcomer = Seed::new([77; 32]);
    cluster.with_key(4, &newcomer);
    cluster.stop(5);
    let header = cluster.share(0, |_| {});
    let next = cluster.replaced(1, 3, &newcomer);
    let id = next.id();
    assert_eq!(cluster.vote(&Matter::Successor(Box::new(next)), &terms(), &[0, 1, 2, 4]), Vec::<String>::new());
    cluster.settle();
    // One comes who knows the succession before it hears of the record.
    let store = &cluster.members[0].store;
    let (_, block) = index::operations::resolutions(store, None).unwrap().into_iter().find(|one| one.0 == id).unwrap();
    let resolution = store.block(Shelf::Certified, &block).unwrap().unwrap();
    let off: Vec<_> = cluster.running().collect();
    off.iter().for_each(|at| cluster.stop(*at));
    cluster.start(5);
    let _ = cluster.give(5, Input::Operate(vec![resolution]));
    off.iter().for_each(|at| cluster.start(*at));
    cluster.settle();
    assert!(cluster.running().all(|at| known(&cluster, at, &header.id()).is_some()));
    let told_again = |cluster: &mut Cluster| {
        let heard = cluster.heard;
        cluster.now = Millis(cluster.now.0 + 700_000);
        cluster.settle();
        cluster.heard - heard
    };
    told_again(&mut cluster);
    assert_eq!((0..3).map(|_| told_again(&mut cluster)).sum::<usize>(), 0);
}
