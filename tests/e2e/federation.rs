//! A community for health support, whose texts a person looks at first and which open with a release, and an open
//! community that may copy some of them.

use crate::files::{holds, tree};
use crate::govern::{release, sign};
use crate::scene::{Scene, contribute, shared, status, text};
use crate::withdrawal::{remains, secrets};
use commonwheel_config::charter::EXAMPLES;
use commonwheel_node::community;
use commonwheel_node::demo::cluster::{Place, until};
use commonwheel_node::run::wire::CommunityInfo;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const MEDICAL: (&str, &str) = (
    "I was diagnosed with bipolar disorder and take lithium. How do I plan a quiet week?",
    "Keep the same hours, leave room between visits, and tell one friend how you are.",
);
const PLAIN: (&str, &str) = ("How do I plan a quiet week?", "With few visits, and early evenings without a screen.");
const SHARE_ALIKE: (&str, &str) = ("What is a good walk for a tired day?", "A short one, with a bench half way along.");

#[test]
fn a_language_community_copies_what_a_health_community_lets_it_and_withdrawals_follow_the_copies() {
    let (mut scene, mut language) = founded();
    scene.start(0..4);
    language.command(["community", "join", &scene.invite(), "--yes"]).unwrap();
    language.start(&[]).unwrap();
    let (patient, linguist) = (scene.join("patient"), joined(&scene, &language));

    // In the health community: a medical record waits for people, the others do not.
    let give = |name: &str, chat: (&str, &str), more: &[&str]| {
        let outcome = contribute(&patient, &scene.file(name, line(chat)), more);
        shared(&outcome).pop().unwrap()
    };
    let by = ["--licence", "CC-BY-4.0"];
    let medical = give("medical.jsonl", MEDICAL, &by);
    let plain = give("plain.jsonl", PLAIN, &[&by[..], &["--until", "accepted"]].concat());
    give("alike.jsonl", SHARE_ALIKE, &["--licence", "CC-BY-SA-4.0", "--until", "accepted"]);
    accepted_by_people(&scene, &medical);

    // The node of the language community follows it, and has no text before the release.
    until("it knows of all three", || Ok(here(&language, "Health support").accepted == 3)).unwrap();
    assert_eq!(here(&language, "Health support").incomplete, 3);
    let early = refused(&language, &export(&scene, "early"));
    assert!(early.contains("Health support") && early.contains("no release counts here yet"), "{early}");
    release(&scene.validators[0], &scene.validators[1..3], 1);
    released_in(&language, "Health support");
    until("the texts come with it", || Ok(here(&language, "Health support").incomplete == 0)).unwrap();
    let secrets = secrets(&medical.parse().unwrap(), &scene.store(&language));
    assert!(!remains(&language, &secrets).is_empty(), "the text is here and can be found");

    // The language community has records of its own.
    let own = contribute(&linguist, &scene.chats("kettles", 2), &["--until", "accepted"]);
    assert_eq!(shared(&own).len(), 2);
    shows_who_may_copy_what(&language);

    let out = scene.root().join("first");
    let written = language.json(export(&scene, "first")).unwrap();
    let copy = &written["copies"][0];
    assert_eq!((&written["rows"], &copy["rows"], &copy["records"]), (&json!(2), &json!(2), &json!(3)), "{written}");
    assert_eq!(copy["left_out"], json!({ "licence": 1, "use": 0, "kind": 0, "class": 0 }));
    let by_quorum = "each signed by its author and accepted by 3 of 4 validators";
    let health = text(&copy["community"]);
    let said = proved(&language, &out);
    let from = format!("From Health support ({health}): 2 records of release 1 copied, {by_quorum}");
    assert!(
        said.starts_with("2 records, each signed by its author and accepted by 1 of 1 validators; complete. "),
        "{said}"
    );
    assert!(said.ends_with(&format!("{from}; complete except 1 left out for the licence.")), "{said}");
    let ids = rows(&out.join("copies").join(&health));
    assert!(ids.contains_key(&medical) && ids.contains_key(&plain) && ids.len() == 2, "{ids:?}");
    assert_eq!(rows(&out).keys().collect::<Vec<_>>(), sorted(&shared(&own)));
    let alone = proved(&language, &out.join("copies").join(&health));
    assert!(alone.starts_with("2 records of release 1 copied"), "{alone}");

    a_validator_of_the_origin_writes_the_same(&scene, &language, &out);

    // What the health community decides is not decided for the language community.
    let until_day = ["--reason", "negotiation", "--until", "2099-01-01", "--yes"];
    let freeze = [&["decision", "propose", "freeze"][..], &until_day].concat();
    let id = text(&scene.validators[0].json(freeze).unwrap()["id"]);
    scene.validators[1..3].iter().for_each(|place| sign(place, &["decision", "sign", &id, "--yes"]));
    let frozen = |place: &Place| here(place, "Health support").governance.decisions.len() == 1;
    until("the node knows of the freeze", || Ok(frozen(&language))).unwrap();
    let more = contribute(&linguist, &scene.chats("clocks", 1), &["--until", "accepted"]);
    assert_eq!(more["shared"][0]["state"], "accepted", "{more}");

    // The author withdraws: the copying node erases, and the next export has a reason instead of the row.
    patient.json(["withdraw", &medical, "--yes"]).unwrap();
    until("the node has erased it", || Ok(status(&language, &medical)["state"] == "withdrawn")).unwrap();
    assert_eq!(remains(&language, &secrets), Vec::<String>::new());
    let left = language.json(export(&scene, "second")).unwrap();
    assert_eq!((&left["rows"], &left["copies"][0]["rows"]), (&json!(3), &json!(1)), "{left}");
    let out = scene.root().join("second");
    let said = proved(&language, &out);
    let one =
        format!("1 record of release 1 copied, {by_quorum}; complete except 1 withdrawn, 1 left out for the licence.");
    assert!(said.starts_with("3 records, ") && said.ends_with(&one), "{said}");
    let leak = |bytes: &[u8]| secrets.iter().any(|secret| holds(bytes, secret));
    assert!(!tree(&out).values().any(|bytes| leak(bytes)), "nothing of it is in the next export");

    // Copying goes one way alone, and needs a node that follows.
    let back = ["export", "--community", "Health support", "--with", "Language", "--out", "back"];
    assert!(refused(&language, &back).contains("does not let the community"));
    let unknown = ["export", "--community", "Language", "--with", "Riverbank", "--out", "nowhere"];
    assert!(refused(&language, &unknown).contains("commonwheel community join INVITE"));
    let itself = ["export", "--community", "Language", "--with", "language", "--out", "itself"];
    assert!(refused(&language, &itself).contains("--with names others"));
    language.stop().unwrap();
}

/// A validator of the health community that joins the other one holds more, and writes the same bytes.
fn a_validator_of_the_origin_writes_the_same(scene: &Scene, language: &Place, out: &Path) {
    let pharmacy = &scene.validators[3];
    pharmacy.command(["community", "join", &invite(language), "--yes"]).unwrap();
    until("it has followed the language community", || {
        let there = pharmacy.info()?.communities.into_iter().find(|one| one.name == "Language");
        Ok(there.is_some_and(|one| (one.accepted, one.incomplete) == (2, 0)))
    })
    .unwrap();
    pharmacy.command(export(scene, "pharmacy")).unwrap();
    let (one, other) = (tree(out), tree(&scene.root().join("pharmacy")));
    assert!(one.keys().eq(other.keys()), "{:?}", other.keys());
    let differing: Vec<_> = one.iter().filter(|(path, bytes)| other[*path] != **bytes).map(|(path, _)| path).collect();
    assert!(differing.is_empty(), "{differing:?}");
}

/// The health community, whose charter lets the language community copy, and the steward of that one.
fn founded() -> (Scene, Place) {
    let mut steward = None;
    let names = ["Clinic", "Carers", "Selfhelp", "Pharmacy"];
    let scene = Scene::found_by(&names, |cluster, validators| {
        let place = cluster.place("Language").unwrap();
        let charter = filled("language", std::slice::from_ref(&place), "");
        cluster.found_by(std::slice::from_ref(&place), &charter).unwrap();
        let language = community::chosen(&place.home, None).unwrap().id().to_string();
        steward = Some(place);
        filled("health-support", validators, &language)
    });
    (scene, steward.unwrap())
}

/// An example charter with the keys of these validators, and the id of the community that may copy.
fn filled(name: &str, validators: &[Place], other: &str) -> String {
    let (_, example) = EXAMPLES.into_iter().find(|(example, _)| *example == name).unwrap();
    let shown: Vec<_> = validators.iter().map(|place| place.json(["identity", "show"]).unwrap()).collect();
    let mut keys = shown.iter().flat_map(|keys| ["signing", "encryption"].map(|field| text(&keys["validator"][field])));
    let line = |line: &str| match line.split_once(" = \"REPLACE") {
        Some(("community", _)) => format!("community = {other:?}\n"),
        Some((field, _)) => format!("{field} = {:?}\n", keys.next().unwrap()),
        None => format!("{line}\n"),
    };
    example.lines().map(line).collect()
}

/// Somebody who has joined the language community alone.
fn joined(scene: &Scene, language: &Place) -> Place {
    let place = scene.stranger("linguist");
    place.command(["community", "join", &invite(language), "--yes"]).unwrap();
    place
}

fn invite(language: &Place) -> String {
    text(&language.json(["community", "invite", "Language"]).unwrap()["invite"])
}

/// A chat as a line of JSON.
fn line((question, answer): (&str, &str)) -> String {
    let turn = |role: &str, content: &str| json!({ "role": role, "content": content });
    json!({ "messages": [turn("user", question), turn("assistant", answer)] }).to_string() + "\n"
}

/// A record that waits for people at three validators, until each has looked.
fn accepted_by_people(scene: &Scene, record: &str) {
    assert_ne!(status(&scene.validators[0], record)["state"], "accepted", "no machine accepts it");
    for place in &scene.validators[..3] {
        until("it is in the queue for a person", || {
            let queue = place.json(["review", "list"])?;
            Ok(queue.as_array().unwrap().iter().any(|one| one["id"] == record && one["held_back"].is_string()))
        })
        .unwrap();
        assert_ne!(status(place, record)["state"], "accepted", "two voices are no quorum");
        place.command(["review", "accept", record]).unwrap();
    }
    until("it is accepted", || Ok(status(&scene.validators[3], record)["state"] == "accepted")).unwrap();
}

/// How a community of this name is at a node that follows several.
fn here(place: &Place, name: &str) -> CommunityInfo {
    place.info().unwrap().communities.into_iter().find(|one| one.name == name).unwrap()
}

/// Waits until the node has a release of the community.
fn released_in(place: &Place, name: &str) {
    until("the release is here", || Ok(here(place, name).governance.release.is_some())).unwrap();
}

fn export(scene: &Scene, name: &str) -> [String; 7] {
    let out = scene.root().join(name).display().to_string();
    ["export", "--community", "Language", "--with", "Health support", "--out", &out].map(str::to_owned)
}

fn refused<S: AsRef<std::ffi::OsStr>>(place: &Place, args: &[S]) -> String {
    let output = place.try_command(args).unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

/// What `verify` says.
fn proved(place: &Place, dir: &Path) -> String {
    text(&place.json([Path::new("verify"), dir]).unwrap()["proved"])
}

/// The rows of an export, by id; those of its copies are not among them.
fn rows(dir: &Path) -> BTreeMap<String, Value> {
    let files = tree(&dir.join("data"));
    let lines = files.values().flat_map(|bytes| bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()));
    lines.map(|line| serde_json::from_slice::<Value>(line).unwrap()).map(|row| (text(&row["id"]), row)).collect()
}

fn sorted(ids: &[String]) -> Vec<&String> {
    let mut ids: Vec<_> = ids.iter().collect();
    ids.sort();
    ids
}

fn shows_who_may_copy_what(language: &Place) {
    let shown = language.json(["federation", "show", "--community", "Language"]).unwrap();
    let origin = &shown["origins"][0];
    assert_eq!((&shown["federation"], &origin["name"]), (&json!([]), &json!("Health support")), "{shown}");
    assert_eq!(origin["terms"]["classes"], json!(["medical"]));
    let records = &origin["records"];
    assert_eq!((&records["release"], &records["may_copy"], &records["incomplete"]), (&json!(1), &json!(2), &json!(0)));
    let other = language.json(["federation", "show", "--community", "Health support"]).unwrap();
    assert_eq!(other["federation"][0]["community"], shown["community"]);
    assert_eq!(other["origins"][0]["terms"], Value::Null);
    let mut people = std::process::Command::new(env!("CARGO_BIN_EXE_commonwheel"));
    people.arg("--home").arg(language.home.path()).args(["federation", "show", "--community", "Language"]);
    let printed = people.output().unwrap().stdout;
    for part in ["lets no other community copy", "of release 1: 2 may be copied", "1 left out for the licence"] {
        assert!(holds(&printed, part.as_bytes()), "{part}: {}", String::from_utf8_lossy(&printed));
    }
}
