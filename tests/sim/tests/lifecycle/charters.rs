//! Releases, succession, forks, backups.

use crate::cluster::{Cluster, fresh, terms};
use commonwheel_protocol::agreement::state::Standing;
use commonwheel_protocol::agreement::{Batch, Entry, Verdict};
use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::core::{Input, Notice, Token, notes};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::operation::{Matter, Motion};
use commonwheel_protocol::record::SignedHeader;
use commonwheel_protocol::wire::exchange::Peer;
use commonwheel_protocol::wire::gossip::Message;
use sim::records;
use std::collections::BTreeSet;

#[test]
fn a_release_takes_a_quorum_that_has_rebuilt_it() {
    let mut cluster = Cluster::new(1);
    let header = cluster.share(0, |_| {});
    let (id, refused) = cluster.release(0, &[0, 1]);
    assert_eq!(refused, Vec::<String>::new());
    assert!(cluster.core(4).counting().releases.is_empty());
    let matter = {
        let store = &cluster.members[0].store;
        let draft = commonwheel_protocol::core::release::draft(cluster.core(0).lineage(), cluster.now.unix_s(), store);
        Matter::Release(draft.unwrap().unwrap().release)
    };
    assert_eq!(matter.id(), id, "the same state gives the same release on another day of the hour");
    assert_eq!(cluster.vote(&matter, &[], &[2]), Vec::<String>::new(), "its pages were fetched");
    for at in cluster.running() {
        let counting = cluster.core(at).counting();
        assert_eq!(counting.releases.len(), 1, "node {at}");
        assert!(counting.missing.is_empty(), "node {at} has the pages");
    }
    assert!(cluster.converged());
    assert_eq!(cluster.agreed(&header.id()), Some(Standing::Accepted));
}

#[test]
fn a_release_that_holds_what_is_not_accepted_here_is_not_signed() {
    let mut cluster = Cluster::new(1);
    let _ = cluster.share(0, |_| {});
    cluster.stop(1);
    let _ = cluster.share(1, |_| {});
    let store = &cluster.members[0].store;
    let draft = commonwheel_protocol::core::release::draft(cluster.core(0).lineage(), cluster.now.unix_s(), store);
    let draft = draft.unwrap().unwrap();
    (0..5).filter(|at| *at != 1).for_each(|at| cluster.stop(at));
    cluster.start(1);
    cluster.settle();
    let matter = Matter::Release(draft.release);
    let refused = cluster.vote(&matter, &draft.pages, &[1]);
    assert!(refused[0].contains("not yet said") || refused[0].contains("not accepted here"), "{refused:?}");
}

#[test]
fn a_lost_validator_is_replaced_and_released_records_stay_accepted() {
    let mut cluster = Cluster::new(2);
    let released = cluster.share(0, |_| {});
    let _ = cluster.release(0, &[0, 1, 2]);
    let after = cluster.share(1, |_| {});
    cluster.stop(3);
    let newcomer = Seed::new([77; 32]);
    cluster.with_key(4, &newcomer);
    let next = cluster.replaced(1, 3, &newcomer);
    let matter = Matter::Successor(Box::new(next.clone()));
    assert_eq!(cluster.vote(&matter, &terms(), &[0, 1, 2]), Vec::<String>::new());
    assert_ne!(cluster.core(0).charter().id(), next.id(), "the newcomer has not agreed to serve");
    assert_eq!(cluster.vote(&matter, &terms(), &[4]), Vec::<String>::new());
    cluster.settle();
    for at in cluster.running() {
        assert_eq!(cluster.core(at).charter().id(), next.id(), "node {at}");
    }
    assert_eq!(cluster.agreed(&released.id()), Some(Standing::Accepted), "through the release that closed");
    assert_eq!(cluster.agreed(&after.id()), Some(Standing::Accepted), "attested again by the new validators");
    let fresh = cluster.share(2, |_| {});
    assert_eq!(cluster.agreed(&fresh.id()), Some(Standing::Accepted));
    assert!(cluster.converged());
}

#[test]
fn a_replica_that_slept_through_two_successions_fetches_the_terms_of_both() {
    let mut cluster = Cluster::new(1);
    cluster.stop(4);
    let texts =
        ["Be kinder.", "Be kindest."].map(|text| (Cid::of(Codec::Raw, text.as_bytes()), text.as_bytes().to_vec()));
    for (cid, text) in &texts {
        let next = Matter::Successor(Box::new(cluster.successor(1, |charter| charter.terms = *cid)));
        assert_eq!(cluster.vote(&next, std::slice::from_ref(text), &[0, 1, 2]), Vec::<String>::new());
        cluster.settle();
    }
    cluster.start(4);
    cluster.settle();
    assert_eq!(cluster.core(4).charter().terms, texts[1].0);
    let store = &cluster.members[4].store;
    assert!(texts.iter().all(|(cid, _)| store.holds(Shelf::Certified, cid).unwrap()), "exports hold them");
}

#[test]
fn a_removed_validators_late_signatures_count_for_nothing() {
    let mut cluster = Cluster::new(2);
    let _ = cluster.share(0, |_| {});
    let old = cluster.core(0).charter().id();
    let newcomer = Seed::new([77; 32]);
    cluster.with_key(4, &newcomer);
    let matter = Matter::Successor(Box::new(cluster.replaced(1, 3, &newcomer)));
    cluster.vote(&matter, &terms(), &[0, 1, 2, 4]);
    assert_eq!(cluster.core(3).validator(), None);
    let late = cluster.share(1, |_| {});
    let verdicts = index::verdicts(&cluster.members[0].store, &late.id()).unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.charter != old));
    assert_eq!(cluster.agreed(&late.id()), Some(Standing::Accepted));
}

#[test]
fn two_successors_in_one_round_stop_acceptance_until_a_higher_round() {
    let mut cluster = Cluster::new(1);
    let kept = cluster.share(0, |_| {});
    // Two of the four lie: more than the charter promises to bear.
    let (one, two) = (cluster.successor(1, |_| {}), cluster.successor(1, |c| c.scope = "Something else".into()));
    let honest = [Matter::Successor(Box::new(one)), Matter::Successor(Box::new(two))];
    let keys = cluster.community.validators.clone();
    for matter in &honest {
        let motions = keys[..3].iter().map(|key| Motion::sign(matter.clone(), key).to_bytes());
        let _ = cluster.give(4, Input::Operate(motions.collect()));
    }
    cluster.settle();
    assert!(cluster.notices.iter().any(|(_, notice)| matches!(notice, Notice::Forked(both) if both.len() == 2)));
    let waits = cluster.share(1, |_| {});
    assert_eq!(cluster.agreed(&waits.id()), None, "nothing is accepted");
    assert_eq!(cluster.agreed(&kept.id()), Some(Standing::Accepted));
    let third = Matter::Successor(Box::new(cluster.successor(2, |_| {})));
    let motions = keys[..3].iter().map(|key| Motion::sign(third.clone(), key).to_bytes());
    let _ = cluster.give(4, Input::Operate(motions.collect()));
    cluster.settle();
    cluster.settle();
    assert_eq!(cluster.agreed(&waits.id()), Some(Standing::Accepted));
    assert!(cluster.converged());
}

#[test]
fn what_was_certified_under_a_round_that_was_replaced_is_exchanged_too() {
    let mut cluster = Cluster::new(2);
    let keys = cluster.community.validators.clone();
    let rounds: Vec<_> = (1..3).map(|round| Matter::Successor(Box::new(cluster.successor(round, |_| {})))).collect();
    cluster.stop(4);
    for (number, matter) in rounds.into_iter().enumerate() {
        let motions = keys[..3].iter().map(|key| Motion::sign(matter.clone(), key).to_bytes());
        let _ = cluster.give(5, Input::Operate(motions.collect()));
        cluster.settle();
        let header = cluster.share(number, |_| {});
        assert_eq!(cluster.agreed(&header.id()), Some(Standing::Accepted));
    }
    cluster.start(4);
    cluster.settle();
    let items = |at: usize| {
        let mut items = BTreeSet::new();
        index::each(&cluster.members[at].store, &[prefix::ITEM], |entry| {
            items.insert(entry.key.clone());
            Ok(())
        })
        .unwrap();
        items
    };
    assert_eq!(items(4), items(0), "otherwise they would ask each other for ever");
    assert!(cluster.converged());
}

#[test]
fn acceptances_that_come_during_a_fork_make_no_certificate() {
    let mut cluster = Cluster::new(1);
    (1..5).for_each(|at| cluster.stop(at));
    let keys = cluster.community.validators.clone();
    for scope in ["One thing", "Another thing"] {
        let successor = Matter::Successor(Box::new(cluster.successor(1, |charter| charter.scope = scope.into())));
        let motions = keys[1..].iter().map(|key| Motion::sign(successor.clone(), key).to_bytes());
        let _ = cluster.give(0, Input::Operate(motions.collect()));
    }
    cluster.settle();
    assert!(cluster.core(0).silent_because().is_some_and(|why| why.contains("certified in one round")));
    let parcel = records::sound(1, 100, &cluster.community).unwrap().remove(0);
    let record = SignedHeader::verify(&parcel.header).unwrap().id();
    let _ = cluster.give(0, Input::Contribute(vec![parcel]));
    let (community, charter) = (cluster.community.id(), cluster.community.charter().id());
    let entries = [Entry { record, verdict: Verdict::Accept }];
    let batches = keys[1..].iter().map(|key| Batch::sign(community, charter, 1, &entries, key));
    let bytes = Message { batches: batches.collect(), ..Message::default() }.to_bytes();
    let _ = cluster.give(0, Input::Gossip { from: Peer(vec![b'n', 4]), token: Token(1), bytes });
    cluster.settle();
    let verdicts = index::verdicts(&cluster.members[0].store, &record).unwrap();
    assert_eq!(verdicts.len(), 3, "a quorum of acceptances is here");
    assert_eq!(cluster.standing(0, &record), None);
}

#[test]
fn a_validator_signs_one_successor_a_round_and_nothing_under_the_predecessor() {
    let mut cluster = Cluster::new(1);
    let _ = cluster.share(0, |_| {});
    let one = Matter::Successor(Box::new(cluster.successor(1, |_| {})));
    assert_eq!(cluster.vote(&one, &terms(), &[0]), Vec::<String>::new());
    let other = Matter::Successor(Box::new(cluster.successor(1, |c| c.scope = "Something else".into())));
    assert!(cluster.vote(&other, &terms(), &[0])[0].contains("round 1"));
    assert!(cluster.core(0).silent_because().is_some());
    let (_, refused) = cluster.release(0, &[0]);
    assert!(refused[0].contains("signed a successor"), "{refused:?}");
}

#[test]
fn who_has_signed_a_higher_round_signs_nothing_under_a_lower_one() {
    let mut cluster = Cluster::new(1);
    let _ = cluster.share(0, |_| {});
    let keys = cluster.community.validators.clone();
    let one = Matter::Successor(Box::new(cluster.successor(1, |_| {})));
    let two = Matter::Successor(Box::new(cluster.successor(2, |c| c.scope = "Something else".into())));
    (0..5).for_each(|at| cluster.stop(at));
    // Nobody tells two of the four that a quorum has signed round 1, and they sign round 2.
    for (at, key) in keys.iter().enumerate().take(2) {
        cluster.start(at);
        let _ = cluster.give(at, Input::Operate(vec![Motion::sign(two.clone(), key).to_bytes()]));
        cluster.stop(at);
    }
    cluster.start(4);
    let motions = keys[..3].iter().map(|key| Motion::sign(one.clone(), key).to_bytes());
    let _ = cluster.give(4, Input::Operate(motions.collect()));
    (0..4).for_each(|at| cluster.start(at));
    cluster.settle();
    assert!(cluster.running().all(|at| cluster.core(at).charter().id() == one.id()), "round 1 is certified");
    // A release would pin it, and one that lies could complete round 2 afterwards, for whoever comes later.
    let (_, refused) = cluster.release(2, &[0, 1]);
    assert!(refused.len() == 2 && refused.iter().all(|why| why.contains("may yet lead")), "{refused:?}");
    // Nor do they sign what would come after it.
    let after = Matter::Successor(Box::new(cluster.successor(1, |charter| charter.scope = "And another".into())));
    let refused = cluster.vote(&after, &terms(), &[0, 1, 2]);
    assert!(refused.len() == 2 && refused.iter().all(|why| why.contains("after a lower round")), "{refused:?}");
    // So round 2 is completed, by somebody who has released nothing under round 1.
    assert_eq!(cluster.vote(&two, &terms(), &[3]), Vec::<String>::new());
    cluster.settle();
    assert!(cluster.running().all(|at| cluster.core(at).charter().id() == two.id()), "the higher round leads");
    let header = cluster.share(1, |_| {});
    assert_eq!(cluster.agreed(&header.id()), Some(Standing::Accepted));
    let (_, refused) = cluster.release(0, &[0, 1, 2]);
    assert_eq!(refused, Vec::<String>::new());
    let third = Matter::Successor(Box::new(cluster.successor(3, |charter| {
        charter.succeeds.as_mut().unwrap().predecessor = cluster.community.charter().id();
    })));
    assert!(cluster.vote(&third, &terms(), &[0])[0].contains("has a release already"));
    assert!(cluster.converged());
}

#[test]
fn who_has_signed_a_higher_round_is_free_once_the_others_have_released_under_the_lower_one() {
    let mut cluster = Cluster::new(1);
    let _ = cluster.share(0, |_| {});
    let one = Matter::Successor(Box::new(cluster.successor(1, |_| {})));
    let two = Matter::Successor(Box::new(cluster.successor(2, |c| c.scope = "Something else".into())));
    cluster.stop(0);
    assert_eq!(cluster.vote(&one, &terms(), &[1, 2, 3]), Vec::<String>::new());
    (1..5).for_each(|at| cluster.stop(at));
    cluster.start(0);
    let own = Motion::sign(two, &cluster.community.validators[0]).to_bytes();
    let _ = cluster.give(0, Input::Operate(vec![own]));
    (1..5).for_each(|at| cluster.start(at));
    cluster.settle();
    assert_eq!(cluster.core(0).charter().id(), one.id());
    assert!(cluster.core(0).silent_because().is_some());
    let _ = cluster.release(1, &[1, 2, 3]);
    cluster.settle();
    assert_eq!(cluster.core(0).silent_because(), None, "it has pinned round 1, and nothing else can lead here");
    let after = Matter::Successor(Box::new(cluster.successor(1, |charter| charter.scope = "And another".into())));
    assert_eq!(cluster.vote(&after, &terms(), &[0]), Vec::<String>::new());
    assert!(cluster.converged());
}

#[test]
fn a_successor_that_leaves_out_a_signed_release_is_not_signed() {
    let mut cluster = Cluster::new(1);
    let _ = cluster.share(0, |_| {});
    let _ = cluster.release(0, &[0, 1, 2]);
    let bare = cluster.successor(1, |charter| {
        charter.succeeds.as_mut().unwrap().closing = BTreeSet::new();
    });
    let refused = cluster.vote(&Matter::Successor(Box::new(bare)), &terms(), &[0]);
    assert!(refused[0].contains("leaves out release 1"), "{refused:?}");
}

#[test]
fn a_successor_that_would_bring_back_what_was_taken_down_is_not_signed() {
    let mut cluster = Cluster::new(1);
    let header = cluster.share(0, |_| {});
    let _ = cluster.release(0, &[0, 1, 2]);
    let takedown = cluster.decision(commonwheel_protocol::operation::Ruling::Takedown(header.id()), None);
    cluster.vote(&takedown, &[], &[0, 1, 2]);
    let forgetful = cluster.successor(1, |charter| {
        charter.succeeds.as_mut().unwrap().closing.remove(&takedown.id());
    });
    let refused = cluster.vote(&Matter::Successor(Box::new(forgetful)), &terms(), &[0]);
    assert!(refused[0].contains("took down"), "{refused:?}");
    let next = Matter::Successor(Box::new(cluster.successor(1, |_| {})));
    assert_eq!(cluster.vote(&next, &terms(), &[0, 1, 2]), Vec::<String>::new());
    cluster.settle();
    assert_eq!(cluster.agreed(&header.id()), Some(Standing::TakenDown));
}

#[test]
fn a_validator_restored_from_a_backup_gets_back_what_it_signed_before_it_signs() {
    let mut cluster = Cluster::new(1);
    let _ = cluster.share(0, |_| {});
    let backup = cluster.members[0].store.clone();
    let header = cluster.share(1, |_| {});
    let me = cluster.community.validators[0].public();
    let batches = |store: &commonwheel_storage::MemoryStore| {
        let mut numbers = Vec::new();
        index::each(store, &index::key(prefix::BATCH, &[&me.0]), |entry| {
            numbers.push(entry.key.clone());
            Ok(())
        })
        .unwrap();
        numbers
    };
    let signed = batches(&cluster.members[0].store);
    (0..5).for_each(|at| cluster.stop(at));
    cluster.members[0].store = backup;
    cluster.start(0);
    cluster.settle();
    assert!(cluster.core(0).silent_because().is_some(), "alone it signs nothing");
    (1..5).for_each(|at| cluster.start(at));
    cluster.settle();
    assert_eq!(cluster.core(0).silent_because(), None);
    let regained = batches(&cluster.members[0].store);
    assert!(signed.iter().all(|batch| regained.contains(batch)));
    assert_eq!(cluster.agreed(&header.id()), Some(Standing::Accepted));
    let last = cluster.share(2, |_| {});
    assert_eq!(cluster.agreed(&last.id()), Some(Standing::Accepted));
    let numbers: Vec<_> = batches(&cluster.members[1].store).iter().map(|key| key[33..41].to_vec()).collect();
    let distinct: BTreeSet<_> = numbers.iter().collect();
    assert_eq!(numbers.len(), distinct.len(), "no number twice");
}

#[test]
fn a_validator_restored_from_a_backup_signs_no_successor_of_any_charter_before_it_knows_what_it_signed() {
    let mut cluster = Cluster::new(1);
    let first = cluster.community.charter().id();
    let next = Matter::Successor(Box::new(cluster.successor(1, |_| {})));
    cluster.vote(&next, &terms(), &[0, 1, 2]);
    cluster.settle();
    let backup = cluster.members[0].store.clone();
    let beside = |cluster: &Cluster, scope: &str| {
        let mut charter = cluster.successor(2, |charter| charter.scope = scope.into());
        charter.succeeds.as_mut().unwrap().predecessor = first;
        Matter::Successor(Box::new(charter))
    };
    let signed = beside(&cluster, "Signed, and lost");
    assert_eq!(cluster.vote(&signed, &terms(), &[0]), Vec::<String>::new());
    (0..5).for_each(|at| cluster.stop(at));
    cluster.members[0].store = backup;
    cluster.start(0);
    // The first charter is none that leads, but it has been told nothing yet.
    let other = beside(&cluster, "Another in the same round");
    let refused = cluster.vote(&other, &terms(), &[0]);
    assert!(refused.len() == 1 && refused[0].contains("restored from a backup"), "{refused:?}");
    (1..5).for_each(|at| cluster.start(at));
    cluster.settle();
    let refused = cluster.vote(&other, &terms(), &[0]);
    assert!(refused.len() == 1 && refused[0].contains("signed another successor in round 2"), "{refused:?}");
}

#[test]
fn a_replica_that_has_pinned_a_charter_ignores_a_branch_by_old_keys() {
    let mut cluster = Cluster::new(2);
    let header = cluster.share(0, |_| {});
    let first = cluster.core(0).charter().clone();
    let next = Matter::Successor(Box::new(cluster.successor(1, |_| {})));
    cluster.vote(&next, &terms(), &[0, 1, 2]);
    cluster.settle();
    let _ = cluster.release(0, &[0, 1, 2]);
    assert_eq!(cluster.core(5).lineage().pinned(), next.id(), "the newest charter with a release");
    // All keys of the first charter are bought, and sign a branch with a higher round.
    let mut branch = first;
    branch.succeeds = Some(commonwheel_protocol::agreement::Succession {
        community: branch.community(),
        predecessor: branch.id(),
        round: 9,
        closing: BTreeSet::new(),
    });
    branch.scope = "Bought".into();
    let branch = Matter::Successor(Box::new(branch));
    let keys = cluster.community.validators.clone();
    let voices = keys.iter().map(|key| (key.public(), Motion::sign(branch.clone(), key).signature)).collect();
    let under = cluster.community.charter().clone();
    let resolution = commonwheel_protocol::operation::Resolution::form(&branch, &voices, &under).unwrap();
    let _ = cluster.give(5, Input::Operate(vec![resolution.bytes().to_vec()]));
    cluster.settle();
    for at in cluster.running() {
        assert_eq!(cluster.core(at).charter().id(), next.id(), "node {at}");
    }
    assert_eq!(cluster.agreed(&header.id()), Some(Standing::Accepted));
    // One that joins with an invite that names the charter goes by it too.
    let mut joined = fresh(&cluster.community);
    let mut batch = commonwheel_protocol::ledger::Batch::default();
    let note = notes::pin(1, next.id());
    batch.put(Shelf::Live, Cid::of_cbor(&note), note);
    commonwheel_protocol::ledger::Store::commit(&mut joined, &batch).unwrap();
    cluster.stop(5);
    cluster.members[5].store = joined;
    cluster.start(5);
    cluster.settle();
    cluster.settle();
    assert!(cluster.members[5].store.holds(Shelf::Certified, &header.id().0).unwrap());
}
