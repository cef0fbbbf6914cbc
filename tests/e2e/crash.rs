//! A validator that is killed in the middle of its work.

use crate::scene::{Scene, settled};
use commonwheel_node::demo::cluster::{Place, until};
use commonwheel_node::keys;
use commonwheel_protocol::core::status;
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::Ledger;
use commonwheel_protocol::record::RecordId;
use std::collections::BTreeSet;
use std::ffi::OsStr;

/// Enough for the work to last over both kills.
const RECORDS: usize = 300;

#[test]
fn a_killed_validator_keeps_what_it_gave_receipts_for_and_catches_up() {
    let mut scene = Scene::of_four("certificate");
    scene.start(0..4);
    let mut contributor = scene.join("contributor");
    contributor.start(&[]).unwrap();
    let file = scene.chats("kettles", RECORDS);
    let args: [&OsStr; 7] = [
        "contribute".as_ref(),
        file.as_ref(),
        "--yes".as_ref(),
        "--until".as_ref(),
        "accepted".as_ref(),
        "--timeout".as_ref(),
        "100".as_ref(),
    ];
    let mut promises = 0;
    let mut work = contributor.spawn(args).unwrap();

    for (victim, begun) in [(1, 1), (2, RECORDS / 2)] {
        until("the validator is at work", || {
            let seen = scene.validators[victim].community()?;
            Ok(seen.accepted + seen.waiting >= begun)
        })
        .unwrap();
        scene.validators[victim].kill().unwrap();
        assert!(begun > 1 || work.try_wait().unwrap().is_none(), "it is killed in the middle of the work");
        promises += keeps_what_it_acknowledged(&scene, &contributor, victim);
        scene.start([victim]);
    }
    assert!(promises > 0, "something was acknowledged before the kills");

    let done = work.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    settled(scene.running().chain([&contributor]), RECORDS);
    scene.validators.iter_mut().for_each(|place| place.stop().unwrap());
    for validator in &scene.validators {
        let checked = validator.command(["store", "check"]).unwrap();
        assert_eq!(checked.status.code(), Some(0), "{}", String::from_utf8_lossy(&checked.stdout));
    }
}

/// Each record of which somebody has the validator's receipt or acceptance is whole on its disk.
/// Gives how many those are.
fn keeps_what_it_acknowledged(scene: &Scene, contributor: &Place, victim: usize) -> usize {
    let validator = &scene.validators[victim];
    let key = keys::load_seed(&validator.home).unwrap().validator().public();
    let mut promised = BTreeSet::new();
    for place in scene.running().chain([contributor]) {
        let seen = scene.store(place);
        for record in records(&seen) {
            let found = status::of(&record, &status::lineage(&seen).unwrap(), &seen).unwrap();
            if found.is_some_and(|found| found.held_by.contains(&key) || found.accepting().contains(&key)) {
                promised.insert(record);
            }
        }
    }
    let store = scene.store(validator);
    for record in &promised {
        let found = status::of(record, &status::lineage(&store).unwrap(), &store).unwrap();
        assert!(found.is_some_and(|found| found.body_here), "{} has lost {record}", validator.name);
    }
    promised.len()
}

/// Every record that is known in a store, or through a running node.
fn records(ledger: &impl Ledger) -> Vec<RecordId> {
    let mut records = Vec::new();
    for prefix in [prefix::WAITING, prefix::CERTIFIED] {
        index::each_record(ledger, prefix, |id, _| records.push(id)).unwrap();
    }
    records
}
