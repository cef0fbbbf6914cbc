//! Validators and replicas that are not there.

use crate::scene::{Scene, contribute, names, settled, shared, status, text};
use commonwheel_node::demo::cluster::until;

#[test]
fn one_validator_may_be_absent_and_with_two_absent_a_record_waits_until_one_returns() {
    let mut scene = Scene::of_four("certificate");
    scene.start(0..4);
    let (mut contributor, mut replica) = (scene.join("contributor"), scene.join("replica"));
    contributor.start(&[]).unwrap();
    replica.start(&[]).unwrap();
    until("the contributor knows the validators", || Ok(contributor.community()?.validators_present.len() == 4))
        .unwrap();

    scene.validators[3].stop().unwrap();
    let first = contribute(&contributor, &scene.chats("kettles", 3), &["--until", "accepted"]);
    assert!(first["shared"].as_array().unwrap().iter().all(|record| record["state"] == "accepted"), "{first}");
    let accepted_by = status(&contributor, &shared(&first)[0])["accepted_by"].as_u64();
    assert_eq!(accepted_by, Some(3));
    settled(scene.running().chain([&replica, &contributor]), 3);

    replica.stop().unwrap();
    scene.validators[2].kill().unwrap();
    until("its absence is noticed", || Ok(contributor.community()?.validators_present.len() == 2)).unwrap();
    let second = contribute(&contributor, &scene.chats("clocks", 1), &[]);
    let [waiting] = &shared(&second)[..] else { panic!("{second}") };
    let two = ["Orchard", "Riverbank"];
    until("both validators hold it", || Ok(names(&status(&contributor, waiting)["held_by"]) == two)).unwrap();
    until("both validators accept it", || Ok(status(&contributor, waiting)["accepted_by"] == 2)).unwrap();
    let seen = status(&scene.validators[0], waiting);
    assert_eq!((text(&seen["state"]), seen["certificate"].is_null()), ("waiting".to_owned(), true), "{seen}");
    let mine = contributor.json(["mine"]).unwrap();
    assert!(mine.as_array().unwrap().iter().any(|one| one["id"] == **waiting && one["state"] == "waiting"), "{mine}");

    scene.start([2]);
    let root = settled(scene.running().chain([&contributor]), 4);
    assert_eq!(status(&contributor, waiting)["state"], "accepted");

    // One that was off, one that comes late, and the validator that slept through all of it.
    let mut late = scene.join("late");
    late.start(&[]).unwrap();
    replica.start(&scene.addresses()).unwrap();
    scene.start([3]);
    assert_eq!(settled(scene.running().chain([&contributor, &replica, &late]), 4), root);
}

#[test]
fn without_a_quorum_in_sight_no_body_leaves_the_contributors_machine() {
    let mut scene = Scene::of_four("certificate");
    scene.start(0..2);
    let contributor = scene.join("contributor");
    let outcome = contribute(&contributor, &scene.chats("kettles", 1), &["--timeout", "4"]);
    let [record] = &shared(&outcome)[..] else { panic!("{outcome}") };
    assert_eq!(outcome["shared"][0]["state"], "waiting");
    assert_eq!(names(&outcome["shared"][0]["held_by"]), Vec::<String>::new());
    for validator in scene.running() {
        let unknown = validator.try_command(["status", record.as_str()]).unwrap();
        assert_eq!(unknown.status.code(), Some(1), "{} has heard of it", validator.name);
    }

    // With a quorum, the next visit takes along what was left behind.
    scene.start([2]);
    contribute(&contributor, &scene.chats("clocks", 1), &["--until", "accepted"]);
    settled(scene.running(), 2);
}
