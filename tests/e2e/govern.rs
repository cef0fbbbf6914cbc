//! What a quorum decides: releases, takedowns, and another charter.

use crate::files::{holds, tree};
use crate::scene::{Scene, charter_of_four, charter_of_one, contribute, settled, shared, status, text};
use commonwheel_node::demo::cluster::{Place, until};
use serde_json::Value;

#[test]
fn a_release_that_one_proposes_and_a_quorum_signs_is_listed_by_a_replica() {
    let mut scene = Scene::of_four("certificate");
    scene.start(0..4);
    let (mut replica, contributor) = (scene.join("replica"), scene.join("contributor"));
    replica.start(&[]).unwrap();
    contribute(&contributor, &scene.chats("kettles", 2), &["--until", "accepted"]);
    settled(scene.running().chain([&replica]), 2);

    let proposed = scene.validators[0].json(["release", "propose"]).unwrap();
    assert_eq!((&proposed["resolved"], &proposed["open"]["voices"]), (&Value::from(false), &Value::from(1)));
    let (id, early) = (text(&proposed["id"]), replica.json(["release", "list"]).unwrap());
    assert!(!early.as_array().unwrap().iter().any(|one| one["state"] == "released"), "{early}");
    for at in [1, 2] {
        let review = reviewed(&scene.validators[at], &id);
        assert_eq!((&review["same"], &review["left_out"]), (&Value::from(2), &Value::from(0)), "{review}");
        scene.validators[at].json(["release", "sign", &id, "--yes"]).unwrap();
    }
    let release = released(&replica, 1);
    assert_eq!((text(&release["id"]), &release["count"]), (id.clone(), &Value::from(2)));
    assert_eq!(release["signers"].as_array().unwrap().len(), 3, "{release}");
    let again = scene.validators[3].try_command(["release", "sign", &id, "--yes"]).unwrap();
    assert!(holds(&again.stderr, b"resolved already"), "{}", String::from_utf8_lossy(&again.stderr));
}

#[test]
fn texts_that_open_on_release_come_to_a_replica_with_the_release_and_not_before() {
    let mut scene = Scene::of_one("release");
    let (mut replica, contributor) = (scene.join("replica"), scene.join("contributor"));
    replica.start(&[]).unwrap();
    let records = shared(&contribute(&contributor, &scene.chats("kettles", 1), &["--until", "accepted"]));
    until("the replica knows that it is accepted", || Ok(replica.community()?.accepted == 1)).unwrap();
    assert_eq!(status(&replica, &records[0])["body_here"], false);
    let proposed = scene.validators[0].json(["release", "propose"]).unwrap();
    assert_eq!(proposed["resolved"], true, "one steward is a quorum");
    until("the text comes with the release", || Ok(status(&replica, &records[0])["body_here"] == true)).unwrap();
    let again = scene.validators[0].try_command(["release", "propose"]).unwrap();
    assert!(holds(&again.stderr, b"nothing has changed"), "{}", String::from_utf8_lossy(&again.stderr));
    replica.stop().unwrap();
    scene.validators[0].stop().unwrap();
}

#[test]
fn a_takedown_by_quorum_erases_the_text_on_every_node() {
    let mut scene = Scene::of_four("certificate");
    scene.start(0..4);
    let (mut replica, contributor) = (scene.join("replica"), scene.join("contributor"));
    replica.start(&[]).unwrap();
    let records = shared(&contribute(&contributor, &scene.chats("kettles", 1), &["--until", "accepted"]));
    contribute(&contributor, &scene.chats("clocks", 1), &["--until", "accepted"]);
    let before = settled(scene.running().chain([&replica]), 2);

    let stranger = scene.validators[0].try_command(["decision", "propose", "freeze", "--reason", "protest", "--yes"]);
    assert!(holds(&stranger.unwrap().stderr, b"--until"), "what holds records back has an end");
    let propose = ["decision", "propose", "takedown", &records[0], "--reason", "personal-data", "--yes"];
    let id = text(&scene.validators[0].json(propose).unwrap()["id"]);
    let replica_has_it = status(&replica, &records[0])["body_here"] == true;
    assert!(replica_has_it, "one voice erases nothing");
    for at in [1, 2] {
        sign(&scene.validators[at], &["decision", "sign", &id, "--yes"]);
    }
    let after = settled(scene.running().chain([&replica]), 1);
    assert_ne!(before, after);
    let gone = |place: &Place| Ok(status(place, &records[0])["body_here"] == false);
    until("the text is gone everywhere", || crate::scene::all(scene.running().chain([&replica]), gone)).unwrap();
    let listed = replica.json(["decision", "list"]).unwrap();
    assert_eq!((&listed[0]["state"], &listed[0]["rule"]), (&"in-force".into(), &"takedown".into()), "{listed}");
    scene.validators.iter_mut().for_each(|place| place.stop().unwrap());
    replica.stop().unwrap();
    for place in scene.validators.iter().chain([&replica]) {
        let left = tree(place.home.path()).into_iter().find(|(_, bytes)| holds(bytes, b"With kettles"));
        assert!(left.is_none(), "{}: {:?}", place.name, left.map(|(path, _)| path));
    }
}

#[test]
fn a_validator_is_replaced_and_what_was_released_stays_accepted() {
    let mut scene = Scene::of_four("certificate");
    scene.start(0..4);
    let (mut newcomer, contributor) = (scene.join("Library"), scene.join("contributor"));
    newcomer.start(&[]).unwrap();
    contribute(&contributor, &scene.chats("kettles", 2), &["--until", "accepted"]);
    settled(scene.running().chain([&newcomer]), 2);
    release(&scene.validators[0], &scene.validators[1..3], 1);

    let v = &scene.validators;
    let toml = scene.file("next.toml", charter_of_four([&v[0], &v[1], &v[2], &newcomer], "certificate"));
    let toml = toml.to_str().unwrap();
    let proposed = v[0].json(["community", "succeed", toml, "--yes"]).unwrap();
    let id = text(&proposed["id"]);
    for place in [&v[1], &v[2]] {
        sign(place, &["community", "agree", &id, "--yes"]);
    }
    until("the newcomer is awaited", || {
        let open = &newcomer.json(["community", "succession"])?["open"][0];
        Ok(open["voices"] == 3 && open["awaited"] == serde_json::json!(["Library"]))
    })
    .unwrap();
    let silent = v[0].community().unwrap().silent.unwrap();
    assert!(silent.contains("signed a successor"), "{silent}");
    sign(&newcomer, &["community", "agree", &id, "--yes"]);

    let everybody = || scene.running().chain([&newcomer]);
    let led = |place: &Place| Ok(place.community()?.governance.charter == id);
    until("the successor leads everywhere", || crate::scene::all(everybody(), led)).unwrap();
    settled(everybody(), 2);
    assert!(newcomer.community().unwrap().validator && !v[3].community().unwrap().validator);
    let outcome = contribute(&contributor, &scene.chats("clocks", 1), &["--until", "accepted"]);
    assert_eq!(outcome["shared"][0]["state"], "accepted", "{outcome}");
    settled(everybody(), 3);

    let speaks = |place: &Place| Ok(place.community()?.silent.is_none());
    until("all validators sign again", || crate::scene::all([&newcomer, &v[0], &v[1]], speaks)).unwrap();
    release(&newcomer, &v[0..2], 2);
    until("the invite names the successor, which has a release", || {
        Ok(text(&v[0].json(["community", "invite"])?["charter"]) == id)
    })
    .unwrap();
    let late = scene.join("late");
    let shown = late.json(["community", "show"]).unwrap();
    assert_eq!((text(&shown["id"]), text(&shown["succeeds"]["community"])), (id, scene.charter().0.to_string()));
    let validators: Vec<_> = shown["validators"].as_array().unwrap().iter().map(|one| text(&one["name"])).collect();
    assert_eq!(validators, ["Riverbank", "Orchard", "Harbour", "Library"]);
}

#[test]
fn other_terms_are_accepted_anew_members_are_admitted_and_a_recovery_key_signs_a_successor() {
    let mut scene = Scene::of_one("certificate");
    let (contributor, vault) = (scene.join("contributor"), scene.stranger("vault"));
    contribute(&contributor, &scene.chats("kettles", 1), &["--until", "accepted"]);
    let key = scene.root().join("vault.key");
    vault.command(["identity", "export", key.to_str().unwrap(), "--no-passphrase"]).unwrap();
    let recovery = vault.json(["identity", "show"]).unwrap()["validator"]["signing"].to_string();

    let steward = &scene.validators[0];
    scene.file("terms.md", "Only neighbours contribute.");
    let invited = charter_of_one(steward, "terms.md", &recovery, "[customs]\nmembership = \"invited\"\n");
    let toml = scene.file("invited.toml", invited);
    let led = steward.json(["community", "succeed", toml.to_str().unwrap(), "--yes"]).unwrap();
    assert_eq!(led["resolved"], true, "one steward is a quorum");

    let chats = scene.chats("clocks", 1);
    let share = ["contribute", chats.to_str().unwrap(), "--yes", "--until", "accepted", "--timeout", "20"];
    let refused = contributor.try_command(share).unwrap();
    assert!(holds(&refused.stderr, b"only members may contribute"), "{}", String::from_utf8_lossy(&refused.stderr));
    let outcome: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_ne!(outcome["shared"][0]["state"], "accepted", "{outcome}");
    let terms = contributor.json(["community", "terms"]).unwrap();
    assert_eq!(terms["text"], "Only neighbours contribute.");
    assert!(terms["accepted_s"].is_i64(), "they were accepted with --yes, and not the first ones alone");

    let record = text(&outcome["shared"][0]["id"]);
    let shown = contributor.json(["identity", "show"]).unwrap();
    let member = text(&shown["communities"][0]["pseudonym"]);
    steward.json(["member", "admit", &member]).unwrap();
    let listed = steward.json(["member", "list"]).unwrap();
    assert_eq!((&listed["members"][0]["key"], &listed["members"][0]["counts"]), (&member.into(), &true.into()));
    until("the member's record is accepted", || Ok(status(steward, &record)["state"] == "accepted")).unwrap();

    let open = scene.file("open.toml", charter_of_one(steward, "commons-1", "", ""));
    let recover = ["community", "recover", open.to_str().unwrap(), "--key", key.to_str().unwrap(), "--yes"];
    let recovered = text(&steward.json(recover).unwrap()["id"]);
    until("the recovered charter leads", || Ok(steward.community()?.governance.charter == recovered)).unwrap();
    settled([steward], 2);
    scene.validators[0].stop().unwrap();
}

/// One proposes the release of this number, the others sign it, and all of them have it.
pub fn release(first: &Place, others: &[Place], number: i64) {
    let id = text(&first.json(["release", "propose"]).unwrap()["id"]);
    for place in others {
        reviewed(place, &id);
        place.json(["release", "sign", &id, "--yes"]).unwrap();
    }
    for place in others.iter().chain([first]) {
        assert_eq!(text(&released(place, number)["id"]), id);
    }
}

/// What a node says of a proposed release, as soon as it may be signed.
fn reviewed(place: &Place, id: &str) -> Value {
    let mut review = Value::Null;
    until("the release is here with its pages", || {
        let output = place.try_command(["release", "review", id])?;
        review = serde_json::from_slice(&output.stdout).unwrap_or_default();
        Ok(output.status.success())
    })
    .unwrap();
    review
}

/// The release of this number, as soon as it is resolved.
pub fn released(place: &Place, number: i64) -> Value {
    let mut found = Value::Null;
    until("the release is resolved", || {
        let all = place.json(["release", "list"])?;
        let resolved = |one: &&Value| one["number"] == number && one["state"] == "released";
        found = all.as_array().unwrap().iter().find(resolved).cloned().unwrap_or_default();
        Ok(!found.is_null())
    })
    .unwrap();
    found
}

/// Signs a matter as soon as it is known.
pub fn sign(place: &Place, args: &[&str]) {
    until("the matter is here and signed", || Ok(place.try_command(args)?.status.success())).unwrap();
}
