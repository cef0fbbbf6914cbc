//! A validator that is killed in the middle of its work.

use crate::scene::{Scene, names, settled, text};
use commonwheel_node::demo::cluster::{Place, until};
use commonwheel_protocol::core::status;
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
    let work = contributor.spawn(args).unwrap();

    for (victim, begun) in [(1, 1), (2, RECORDS / 2)] {
        until("the validator is in the middle of it", || {
            let seen = scene.validators[victim].community()?;
            Ok(seen.accepted + seen.waiting >= begun)
        })
        .unwrap();
        scene.validators[victim].kill().unwrap();
        keeps_what_it_acknowledged(&scene, &contributor, victim);
        scene.start([victim]);
    }

    let done = work.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    settled(scene.running().chain([&contributor]), RECORDS);
    scene.validators.iter_mut().for_each(|place| place.stop().unwrap());
    for validator in &scene.validators {
        let checked = validator.command(["store", "check"]).unwrap();
        assert_eq!(checked.status.code(), Some(0), "{}", String::from_utf8_lossy(&checked.stdout));
    }
}

/// Each record for which the contributor has the validator's receipt, or of which somebody has its
/// acceptance, is whole on the validator's disk.
fn keeps_what_it_acknowledged(scene: &Scene, contributor: &Place, victim: usize) {
    let name = &scene.validators[victim].name;
    let mine = contributor.json(["mine"]).unwrap();
    let promised: Vec<_> = mine
        .as_array()
        .unwrap()
        .iter()
        .filter(|record| names(&record["held_by"]).contains(name))
        .map(|record| text(&record["id"]))
        .collect();
    assert!(!promised.is_empty(), "{name} has given receipts before it was killed");
    let (store, (_, charter)) = (scene.store(&scene.validators[victim]), scene.charter());
    for id in promised {
        let found = status::of(&id.parse().unwrap(), &charter, &store).unwrap();
        assert!(found.is_some_and(|found| found.body_here), "{name} has lost {id}");
    }
}
