//! What co-ops released, exported and verified on two machines, before and after a withdrawal.

use crate::files::tree;
use crate::govern::{release, released};
use crate::scene::{Scene, contribute, settled, shared, status, text};
use commonwheel_node::demo::cluster::{Place, until};
use serde_json::json;
use std::ffi::OsStr;

#[test]
fn an_edition_is_the_same_on_every_machine_and_accounts_for_what_was_withdrawn() {
    let mut scene = Scene::of_four("certificate");
    scene.start(0..4);
    let (mut replica, contributor) = (scene.join("replica"), scene.join("contributor"));
    replica.start(&[]).unwrap();
    let ids = shared(&contribute(&contributor, &scene.chats("kettles", 3), &["--until", "accepted"]));
    settled(scene.running().chain([&replica]), 3);
    release(&scene.validators[0], &scene.validators[1..3], 1);
    let places = [&scene.validators[3], &replica];
    places.iter().for_each(|place| drop(released(place, 1)));

    let by = "each signed by its author and accepted by 3 of 4 validators";
    let whole = exported(&scene, places, "whole", &["--release", "latest", "--format", "jsonl,quality"], &[]);
    assert_eq!(whole, format!("3 records of release 1, {by}; complete."));

    contributor.json(["withdraw", &ids[0], "--yes"]).unwrap();
    until("both know of the withdrawal", || {
        Ok(places.iter().all(|place| status(place, &ids[0])["state"] == "withdrawn"))
    })
    .unwrap();
    let left = exported(&scene, places, "left", &["--release", "1", "--format", "jsonl,quality"], &[]);
    assert_eq!(left, format!("2 records of release 1, {by}; complete except 1 withdrawn."));
    // The release as a bundle, in one command, with quality columns; and what was exported before, pruned by another machine's replica and by
    // that bundle: the same bytes each.
    let edition = tree(&scene.root().join(format!("left-{}", places[0].name)));
    let built = scene.root().join("built");
    let args = ["release", "build", "1", "--out"].map(OsStr::new);
    places[1].command(args.into_iter().chain([built.as_os_str()])).unwrap();
    assert!(tree(&built) == edition, "what `release build` writes is the edition");
    assert!(edition.keys().any(|path| path.starts_with("views/quality/")), "{:?}", edition.keys());
    let pruned = places.map(|place| scene.root().join(format!("whole-{}", place.name)));
    let gone = |args: &[&OsStr]| places[0].json(args.iter().copied()).unwrap()["removed"][0]["id"].clone();
    assert_eq!(gone(&["prune".as_ref(), pruned[0].as_ref()]), ids[0].as_str());
    assert_eq!(gone(&["prune".as_ref(), pruned[1].as_ref(), "--by".as_ref(), built.as_ref()]), ids[0].as_str());
    assert!(pruned.iter().all(|dir| tree(dir) == edition), "what `prune` leaves is the edition");
    let root = places[0].community().unwrap().state_root.unwrap();
    let state = exported(&scene, places, "state", &[], &["--state-root", &root]);
    assert_eq!(state, format!("2 records, {by}; complete except 1 withdrawn."));

    let new = shared(&contribute(&contributor, &scene.chats("teapots", 1), &["--until", "accepted"]));
    settled(scene.running().chain([&replica]), 3);
    release(&scene.validators[0], &scene.validators[1..3], 2);
    places.iter().for_each(|place| drop(released(place, 2)));
    for place in places {
        let found = place.json(["diff", "1", "latest"]).unwrap();
        assert_eq!((&found["added"], &found["withdrawn"]), (&json!(new), &json!([ids[0]])), "{found}");
        assert_eq!((&found["in_both"], &found["revised"], &found["taken_down"]), (&json!(2), &json!([]), &json!([])));
    }
}

/// What `verify` says of an export, which is the same on each of these machines.
fn exported(scene: &Scene, places: [&Place; 2], name: &str, more: &[&str], expected: &[&str]) -> String {
    let exports = places.map(|place| {
        let out = scene.root().join(format!("{name}-{}", place.name));
        let args: Vec<&OsStr> = ["export", "--out"].into_iter().map(OsStr::new).chain([out.as_os_str()]).collect();
        place.command(args.into_iter().chain(more.iter().map(OsStr::new))).unwrap();
        let args = [OsStr::new("verify"), out.as_os_str()];
        let verified = place.json(args.into_iter().chain(expected.iter().map(OsStr::new))).unwrap();
        (tree(&out), text(&verified["proved"]))
    });
    let [(one, said), (two, _)] = exports;
    let differing: Vec<_> =
        one.iter().filter(|(path, bytes)| two.get(*path) != Some(bytes)).map(|(path, _)| path).collect();
    assert!(differing.is_empty() && one.len() == two.len(), "{name}: {differing:?}");
    said
}
