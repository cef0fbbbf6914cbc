//! What waits is told to whoever lacks some of it, and not again.

use crate::cluster::Cluster;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{Input, Token, status};
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::Ledger;
use commonwheel_protocol::operation::Ruling;
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::wire::exchange::{Peer, Receipt};
use commonwheel_protocol::wire::gossip::Message;
use sim::records;

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
