//! Starting and stopping a node.

use crate::scene::{Scene, contribute, settled, shared, status};
use commonwheel_node::demo::cluster::Place;
use std::process::Command;

#[test]
fn a_node_stops_well_on_sigterm_and_sigint_and_a_contribution_needs_none_to_run() {
    let mut scene = Scene::of_one("certificate");
    let mut contributor = scene.join("contributor");
    let without = contribute(&contributor, &scene.chats("kettles", 1), &["--until", "accepted"]);
    assert_eq!(without["shared"][0]["state"], "accepted");

    contributor.start(&[]).unwrap();
    let through = contribute(&contributor, &scene.chats("clocks", 1), &["--until", "accepted"]);
    let record = &shared(&through)[0];
    assert_eq!(through["shared"][0]["state"], "accepted");
    assert_eq!(status(&contributor, record)["state"], "accepted");
    let root = settled(scene.running().chain([&contributor]), 2);

    for name in ["TERM", "INT"] {
        signal(&contributor, name);
        contributor.ended().unwrap();
        assert!(!contributor.home.socket().exists(), "the node takes its socket along");
        assert_eq!(status(&contributor, record)["state"], "accepted", "commands read the store themselves");
        contributor.start(&[]).unwrap();
        assert_eq!(settled([&contributor], 2), root);
    }
    contributor.stop().unwrap();
    scene.validators[0].stop().unwrap();
}

fn signal(place: &Place, name: &str) {
    let pid = place.pid().unwrap().to_string();
    assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
}
