//! Withdrawal, revision, takedown, retention.

use crate::cluster::{Cluster, fresh, terms};
use commonwheel_protocol::agreement::state::Standing;
use commonwheel_protocol::agreement::{self, Certificate, Class, Entry, Verdict};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::notes::{Opinion, Review, refusal};
use commonwheel_protocol::core::{Effect, Input, Millis, Notice};
use commonwheel_protocol::index::{self, Item};
use commonwheel_protocol::ledger::{Batch, Ledger, Shelf, Store};
use commonwheel_protocol::operation::{Matter, Motion, Resolution, Ruling, Withdrawal};
use commonwheel_protocol::reconcile::Snapshot;
use commonwheel_protocol::record::header::HourTime;
use commonwheel_protocol::record::{Body, RecordId, SignedHeader};
use commonwheel_protocol::wire::exchange::{Answer, Ask, Parcel, Peer, Refusal};
use sim::records;
use std::collections::VecDeque;

fn withdraw(cluster: &mut Cluster, header: &SignedHeader) {
    let key = records::author(&cluster.community);
    let bytes = Withdrawal::sign(header, HourTime::hour(cluster.now.unix_s()), &key);
    let last = cluster.members.len() - 1;
    let _ = cluster.give(last, Input::Operate(vec![bytes]));
    cluster.settle();
}

/// The body's salt, and a text of it, as they stand in stored bytes.
fn traces(cluster: &Cluster, header: &SignedHeader) -> [Vec<u8>; 2] {
    let last = cluster.members.len() - 1;
    let store = &cluster.members[last].store;
    let body = &header.header().body;
    let bytes = store.block(Shelf::Certified, body).unwrap().or(store.block(Shelf::Waiting, body).unwrap()).unwrap();
    let parsed = Body::<String>::verify(&bytes).unwrap();
    [parsed.salt.0.to_vec(), parsed.title.unwrap().into_bytes()]
}

fn nothing_is_left(cluster: &Cluster, traces: &[Vec<u8>; 2]) {
    for at in cluster.running() {
        for trace in traces {
            assert!(!cluster.holds_text(at, trace), "node {at} still holds something of it");
        }
    }
}

#[test]
fn a_withdrawal_erases_the_record_everywhere_and_validators_acknowledge_it() {
    let mut cluster = Cluster::new(2);
    let (gone, stays) = (cluster.share(0, |_| {}), cluster.share(1, |_| {}));
    assert_eq!(cluster.agreed(&gone.id()), Some(Standing::Accepted));
    let traces = traces(&cluster, &gone);
    withdraw(&mut cluster, &gone);
    assert_eq!(cluster.agreed(&gone.id()), Some(Standing::Withdrawn));
    assert_eq!(cluster.agreed(&stays.id()), Some(Standing::Accepted));
    nothing_is_left(&cluster, &traces);
    assert!(cluster.converged());
    let acknowledged = cluster.notices.iter().filter(|(_, notice)| matches!(notice, Notice::Acknowledged(..))).count();
    assert_eq!(acknowledged, 4);
}

#[test]
fn a_replica_that_was_off_erases_before_anything_else_and_brings_nothing_back() {
    let mut cluster = Cluster::new(2);
    let gone = cluster.share(0, |_| {});
    let traces = traces(&cluster, &gone);
    cluster.stop(4);
    withdraw(&mut cluster, &gone);
    assert!(cluster.holds_text(4, &traces[0]), "it is off");
    cluster.start(4);
    cluster.settle();
    nothing_is_left(&cluster, &traces);
    assert!(cluster.converged());
}

#[test]
fn what_waits_can_be_withdrawn_and_is_never_accepted() {
    let mut cluster = Cluster::new(1);
    (1..4).for_each(|at| cluster.stop(at));
    let header = cluster.share(0, |_| {});
    let traces = traces(&cluster, &header);
    withdraw(&mut cluster, &header);
    nothing_is_left(&cluster, &traces);
    (1..4).for_each(|at| cluster.start(at));
    cluster.settle();
    assert_eq!(cluster.agreed(&header.id()), None);
    nothing_is_left(&cluster, &traces);
}

#[test]
fn a_revision_supersedes_and_a_withdrawal_covers_every_revision() {
    let mut cluster = Cluster::new(2);
    let first = cluster.share(0, |_| {});
    let first_traces = traces(&cluster, &first);
    let second = cluster.share(1, |header| header.revises = Some(first.id()));
    assert_eq!(cluster.agreed(&first.id()), Some(Standing::Superseded));
    assert_eq!(cluster.agreed(&second.id()), Some(Standing::Accepted));
    assert!(cluster.running().all(|at| !cluster.holds_text(at, &first_traces[0])), "the old body is erased");
    let second_traces = traces(&cluster, &second);
    withdraw(&mut cluster, &first);
    assert_eq!(cluster.agreed(&second.id()), Some(Standing::Withdrawn));
    nothing_is_left(&cluster, &second_traces);
    let third = cluster.share(2, |header| header.revises = Some(second.id()));
    assert_eq!(cluster.agreed(&third.id()), None, "nothing of it is accepted any more");
}

#[test]
fn a_takedown_takes_a_quorum_and_cannot_be_lifted() {
    let mut cluster = Cluster::new(1);
    let header = cluster.share(0, |_| {});
    let traces = traces(&cluster, &header);
    let matter = cluster.decision(Ruling::Takedown(header.id()), None);
    assert_eq!(cluster.vote(&matter, &[], &[0, 1]), Vec::<String>::new());
    assert_eq!(cluster.agreed(&header.id()), Some(Standing::Accepted), "two of four are no quorum");
    cluster.vote(&matter, &[], &[2]);
    assert_eq!(cluster.agreed(&header.id()), Some(Standing::TakenDown));
    nothing_is_left(&cluster, &traces);
    let lift = cluster.decision(Ruling::Lift(matter.id()), None);
    cluster.vote(&lift, &[], &[0, 1, 2]);
    assert_eq!(cluster.agreed(&header.id()), Some(Standing::TakenDown));
    assert!(cluster.converged());
}

#[test]
fn a_takedown_covers_a_revision_that_came_before_what_it_revises() {
    let mut cluster = Cluster::new(2);
    let first = cluster.share(0, |_| {});
    let second = cluster.share(1, |header| header.revises = Some(first.id()));
    let traces = traces(&cluster, &second);
    cluster.stop(4);
    let mut batch = Batch::default();
    for (cid, block) in cluster.members[4].store.blocks(Shelf::Certified) {
        let of_first = Certificate::verify(block, cluster.community.charter()).is_ok_and(|c| c.record() == first.id());
        if *cid != first.id().0 && !of_first {
            batch.put(Shelf::Certified, *cid, block.to_vec());
        }
    }
    let takedown = cluster.decision(Ruling::Takedown(first.id()), None);
    cluster.vote(&takedown, &[], &[0, 1, 2]);
    // A replica that has the revision, and the decision, and has yet to learn of the record.
    for (cid, block) in cluster.members[0].store.blocks(Shelf::Certified) {
        if Resolution::verify(block).is_ok() {
            batch.put(Shelf::Certified, *cid, block.to_vec());
        }
    }
    cluster.members[4].store = fresh(&cluster.community);
    cluster.members[4].store.commit(&batch).unwrap();
    cluster.start(4);
    cluster.settle();
    assert_eq!(cluster.agreed(&second.id()), Some(Standing::TakenDown));
    nothing_is_left(&cluster, &traces);
    assert!(cluster.converged());
}

#[test]
fn a_takedown_that_a_successor_names_covers_the_group_though_its_record_was_revised() {
    let mut cluster = Cluster::new(2);
    let first = cluster.share(0, |_| {});
    let _ = cluster.release(0, &[0, 1, 2]);
    let second = cluster.share(1, |header| header.revises = Some(first.id()));
    let traces = traces(&cluster, &second);
    cluster.stop(4);
    let takedown = cluster.decision(Ruling::Takedown(first.id()), None);
    cluster.vote(&takedown, &[], &[0, 1, 2]);
    let next = Matter::Successor(Box::new(cluster.successor(1, |_| {})));
    cluster.vote(&next, &terms(), &[0, 1, 2]);
    (0..6).for_each(|at| cluster.stop(at));
    // The replica learns of the successor first, and of the decision under what it then calls the charter before.
    cluster.start(4);
    for matter in [next, takedown] {
        let resolution = {
            let blocks = cluster.members[0].store.blocks(Shelf::Certified);
            let mut resolutions = blocks.filter_map(|(_, block)| Resolution::verify(block).ok());
            resolutions.find(|resolution| *resolution.matter() == matter).unwrap()
        };
        assert!(cluster.holds_text(4, &traces[0]), "it does not know yet");
        let _ = cluster.give(4, Input::Operate(vec![resolution.bytes().to_vec()]));
        let _ = cluster.give(4, Input::Tick);
    }
    nothing_is_left(&cluster, &traces);
}

#[test]
fn a_takedown_of_what_is_not_accepted_covers_nothing_else() {
    let mut cluster = Cluster::new(2);
    let first = cluster.share(0, |_| {});
    let traces = traces(&cluster, &first);
    (2..4).for_each(|at| cluster.stop(at));
    let second = cluster.share(1, |header| header.revises = Some(first.id()));
    let takedown = cluster.decision(Ruling::Takedown(second.id()), None);
    cluster.vote(&takedown, &[], &[0, 1]);
    let third = Motion::sign(takedown, &cluster.community.validators[2]).to_bytes();
    let _ = cluster.give(4, Input::Operate(vec![third]));
    cluster.settle();
    (2..4).for_each(|at| cluster.start(at));
    cluster.settle();
    assert_eq!(cluster.agreed(&second.id()), None);
    assert_eq!(cluster.agreed(&first.id()), Some(Standing::Accepted));
    for at in cluster.running().collect::<Vec<_>>() {
        assert!(cluster.holds_text(at, &traces[0]), "node {at} has lost the text of an accepted record");
    }
    assert!(cluster.converged());
}

#[test]
fn a_purge_erases_the_header_too() {
    let mut cluster = Cluster::new(1);
    let (header, other) = (cluster.share(0, |_| {}), cluster.share(1, |_| {}));
    let matter = cluster.decision(Ruling::Purge(header.id()), None);
    cluster.vote(&matter, &[], &[0, 1, 2]);
    cluster.settle();
    for at in cluster.running() {
        assert!(!cluster.members[at].store.holds(Shelf::Certified, &header.id().0).unwrap());
    }
    assert_eq!(cluster.agreed(&header.id()), None);
    assert_eq!(cluster.agreed(&other.id()), Some(Standing::Accepted));
    assert!(cluster.converged());
}

#[test]
fn a_purge_waits_until_the_revisions_are_gone_too() {
    let mut cluster = Cluster::new(1);
    let first = cluster.share(0, |_| {});
    let second = cluster.share(1, |header| header.revises = Some(first.id()));
    let purge = cluster.decision(Ruling::Purge(second.id()), None);
    let refused = cluster.vote(&purge, &[], &[0]);
    assert!(refused[0].contains("down first"), "{refused:?}");
    let takedown = cluster.decision(Ruling::Takedown(first.id()), None);
    cluster.vote(&takedown, &[], &[0, 1, 2]);
    assert_eq!(cluster.vote(&purge, &[], &[0, 1, 2]), Vec::<String>::new());
    cluster.settle();
    assert_eq!(cluster.agreed(&first.id()), Some(Standing::TakenDown));
    assert_eq!(cluster.agreed(&second.id()), None);
    assert!(cluster.converged());
}

#[test]
fn a_body_whose_header_a_crash_took_is_cleared_at_the_next_start() {
    let mut cluster = Cluster::new(1);
    (1..4).for_each(|at| cluster.stop(at));
    let waits = cluster.share(0, |_| {});
    cluster.stop(0);
    let orphan = b"\xa1dsaltDsalt".to_vec();
    let mut batch = Batch::default();
    batch.put(Shelf::Waiting, Cid::of_cbor(&orphan), orphan.clone());
    cluster.members[0].store.commit(&batch).unwrap();
    assert!(cluster.holds_text(0, b"Dsalt"));
    cluster.start(0);
    cluster.settle();
    assert!(!cluster.holds_text(0, b"Dsalt"));
    let store = &cluster.members[0].store;
    assert!(store.holds(Shelf::Waiting, &waits.header().body).unwrap(), "what a header names stays");
}

#[test]
fn why_a_record_is_refused_outlives_a_restart_and_goes_with_the_record() {
    let mut cluster = Cluster::new(1);
    let author = records::author(&cluster.community).public();
    let ban = cluster.decision(Ruling::Ban(author), None);
    cluster.vote(&ban, &[], &[0, 1, 2]);
    let header = cluster.share(0, |_| {});
    cluster.stop(4);
    let why = |cluster: &Cluster, at: usize| refusal(&header.id(), &cluster.members[at].store).unwrap();
    assert!(why(&cluster, 4).unwrap().contains("membership.banned"));
    assert_eq!(why(&cluster, 0), None, "the reason is for its author alone");
    cluster.start(4);
    cluster.settle();
    assert!(why(&cluster, 4).is_some());
    withdraw(&mut cluster, &header);
    assert_eq!(why(&cluster, 4), None);
}

#[test]
fn a_refused_text_is_erased_after_the_charters_time_and_a_waiting_one_later() {
    let mut cluster =
        Cluster::with(1, commonwheel_protocol::agreement::charter::BodyAccess::OnCertificate, &|charter| {
            charter.numbers.insert("refused_days".into(), 3);
            charter.numbers.insert("waiting_days".into(), 9);
        });
    (2..4).for_each(|at| cluster.stop(at));
    let waits = cluster.share(0, |_| {});
    let refused = cluster.submit(1, |_| {});
    let (waiting, refusing) = (traces(&cluster, &waits), traces(&cluster, &refused));
    for at in 0..2 {
        let review = Review {
            record: refused.id(),
            opinion: Opinion::Reject,
            moderator: "m".into(),
            note: String::new(),
            time_s: cluster.now.unix_s(),
            flags: 0,
        };
        let _ = cluster.give(at, Input::Review(review));
    }
    cluster.settle();
    cluster.days(4);
    for at in 0..2 {
        assert!(!cluster.holds_text(at, &refusing[0]), "refused three days ago");
        assert!(cluster.holds_text(at, &waiting[0]), "still waits");
    }
    cluster.days(6);
    assert!((0..2).all(|at| !cluster.holds_text(at, &waiting[0])), "waited for nine days");
}

#[test]
fn what_a_validator_signed_about_what_is_gone_and_is_given_back_is_kept_for_as_long_as_records_wait() {
    let mut cluster = Cluster::new(1);
    let header = cluster.share(0, |_| {});
    let id = cluster.community.id();
    let key = cluster.community.validators[0].clone();
    let record = RecordId(Cid::of_cbor(b"gone before its disk was replaced"));
    let entries = |record| [Entry { record, verdict: Verdict::Reject(Class::Schema) }];
    let number = cluster.now.unix_s();
    let batch = |number, record| agreement::Batch::sign(id, id, number, &entries(record), &key);
    let (gone, known) = (batch(number, record), batch(number + 1, header.id()));
    let mut held = Batch::default();
    [&gone, &known].into_iter().for_each(|bytes| held.put(Shelf::Live, Cid::of_cbor(bytes), bytes.clone()));
    cluster.members[1].store.commit(&held).unwrap();
    // Another holds it, and gives it back to one that has just started.
    cluster.stop(0);
    cluster.start(0);
    cluster.settle();
    let has =
        |cluster: &Cluster, bytes: &[u8]| cluster.members[0].store.holds(Shelf::Live, &Cid::of_cbor(bytes)).unwrap();
    assert!(has(&cluster, &gone) && has(&cluster, &known));
    cluster.days(29);
    assert!(has(&cluster, &gone), "the record may still come, and must not be judged otherwise");
    cluster.days(3);
    assert!(!has(&cluster, &gone));
    assert!(has(&cluster, &known));
}

#[test]
fn a_revision_that_comes_in_one_answer_with_the_withdrawal_of_what_it_revises_is_not_kept() {
    let mut cluster = Cluster::new(2);
    let first = cluster.share(0, |_| {});
    cluster.stop(4);
    let second = cluster.share(1, |header| header.revises = Some(first.id()));
    let traces = traces(&cluster, &second);
    let store = &cluster.members[0].store;
    let (certificate, _) = index::certificates(store, &second.id()).unwrap().remove(0);
    let block = |cid: &Cid| store.block(Shelf::Certified, cid).unwrap();
    let parcel = Parcel {
        header: second.bytes().to_vec(),
        body: block(&second.header().body),
        certificate: block(&certificate),
    };
    let time = HourTime::hour(cluster.now.unix_s());
    let withdrawal = Withdrawal::sign(&first, time, &records::author(&cluster.community));
    let item = Item::of(&second.id(), &certificate);
    let of_withdrawal = Item::of_bytes(&withdrawal);
    (0..6).for_each(|at| cluster.stop(at));
    cluster.start(4);
    // Only somebody who keeps what was withdrawn can give both.
    let liar = Peer(vec![b'n', 99]);
    let offered = Snapshot::new([(second.header().time.unix_s(), item), (time.unix_s(), of_withdrawal)]);
    let member = &mut cluster.members[4];
    let core = member.core.as_mut().unwrap();
    let (mut inputs, mut given) = (VecDeque::from([Input::Connected(liar)]), false);
    for second in 1..20 {
        inputs.push_back(Input::Tick);
        while let Some(input) = inputs.pop_front() {
            let step = core.step(Millis(cluster.now.0 + second * 1_000), input, &member.store).unwrap();
            member.store.commit(&step.batch).unwrap();
            for effect in step.effects {
                let Effect::Ask { ask, bytes, .. } = effect else { continue };
                let answer = match Ask::read(&bytes).unwrap().1 {
                    Ask::Reconcile(message) => Answer::Reconcile(offered.answer(&message).unwrap()),
                    Ask::Fetch { items, .. } if items.contains(&item.0) && items.contains(&of_withdrawal.0) => {
                        given = true;
                        Answer::Records { parcels: vec![parcel.clone()], operations: vec![withdrawal.clone()] }
                    }
                    _ => Answer::Refused(Refusal::Busy),
                };
                inputs.push_back(Input::Reply { ask, bytes: Some(answer.to_bytes()) });
            }
        }
    }
    assert!(given, "it was asked for both");
    assert_eq!(cluster.standing(4, &second.id()), Some(Standing::Withdrawn));
    nothing_is_left(&cluster, &traces);
}
