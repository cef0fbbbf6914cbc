//! The main job, on the bundled sample.

use crate::files::{self, holds, tree};
use crate::scene::{Scene, contribute, names, settled, shared, status, text};
use commonwheel_node::demo::cluster::Place;
use serde_json::Value;
use std::ffi::OsStr;
use std::path::Path;

const FORMATS: &str = "jsonl,alpaca,hh-rlhf,kto,openai,preference,quality,sft,sharegpt,tsv";
const SAMPLE: [&str; 4] = ["conversations.jsonl", "open-webui-export.json", "notes.txt", "questions.jsonl"];

#[test]
fn a_chat_on_one_disk_becomes_a_verified_row_on_another_machine_without_its_personal_data() {
    let mut scene = Scene::of_four("certificate");
    scene.start(0..4);
    let (mut replica, contributor) = (scene.join("replica"), scene.join("contributor"));
    replica.start(&[]).unwrap();

    let mut records = Vec::new();
    for file in SAMPLE {
        records.extend(shared(&share(&contributor, file)));
    }
    assert!(records.len() >= 30, "the sample holds {} records", records.len());
    let root = settled(scene.running().chain([&replica]), records.len());

    every_record_is_mine_and_accepted(&contributor, &records);
    nothing_is_shared_twice(&contributor);
    let accepted = release_one_and_discard_one(&contributor, records.len());
    let new_root = settled(scene.running().chain([&replica]), accepted);
    assert_ne!(root, new_root, "another record makes another state");

    exports_are_byte_identical_and_verify(&scene, &[&replica, &scene.validators[2]], &new_root);
    no_planted_value_is_on_any_disk(scene.root());
    no_secret_is_outside_its_key_file(&scene, [&replica, &contributor]);
    replica.stop().unwrap();
    scene.validators.iter_mut().for_each(|place| place.stop().unwrap());
}

fn share(contributor: &Place, file: &str) -> Value {
    let source: &[&str] = match file {
        "questions.jsonl" => &["--until", "accepted", "--source", "village school", "--source-licence", "CC0-1.0"],
        _ => &["--until", "accepted"],
    };
    contribute(contributor, &files::sample(file), source)
}

fn every_record_is_mine_and_accepted(contributor: &Place, records: &[String]) {
    let mine = contributor.json(["mine"]).unwrap();
    let mut accepted: Vec<_> = mine.as_array().unwrap().iter().filter(|one| one["state"] == "accepted").collect();
    accepted.sort_by_key(|one| text(&one["id"]));
    let mut expected = records.to_vec();
    expected.sort();
    assert_eq!(accepted.iter().map(|one| text(&one["id"])).collect::<Vec<_>>(), expected);

    let status = status(contributor, &records[0]);
    assert_eq!(status["state"], "accepted");
    assert!(status["certificate"].is_string() && status["body_here"] == true);
    let accepted_by = status["accepted_by"].as_u64().unwrap();
    assert!(accepted_by >= 3, "accepted by {accepted_by}");
    assert!(!names(&status["held_by"]).is_empty(), "the receipt tells who holds it");
}

fn nothing_is_shared_twice(contributor: &Place) {
    let held = quarantined(contributor).len();
    for file in SAMPLE {
        let again = share(contributor, file);
        assert_eq!(shared(&again), Vec::<String>::new(), "{file}");
        let held_before = |line: &String| line.contains("since before");
        assert!(names(&again["quarantined"]).iter().all(held_before), "{file}: {again}");
        assert!(!names(&again["duplicates"]).is_empty(), "{file}");
    }
    assert_eq!(quarantined(contributor).len(), held, "what is in quarantine is not put there again");
}

fn quarantined(contributor: &Place) -> Vec<u64> {
    let list = contributor.json(["quarantine", "list"]).unwrap();
    list.as_array().unwrap().iter().map(|one| one["number"].as_u64().unwrap()).collect()
}

/// Gives how many records there are then.
fn release_one_and_discard_one(contributor: &Place, records: usize) -> usize {
    let held = quarantined(contributor);
    let [first, second, ..] = held[..] else { panic!("the sample holds two items with much personal data: {held:?}") };
    let shown = contributor.json(["quarantine", "show", &first.to_string()]).unwrap();
    assert!(shown["findings"].as_i64().unwrap() > 5 && !names(&shown["texts"]).is_empty(), "{shown}");

    let released = contributor.json(["quarantine", "release", &first.to_string(), "--yes"]).unwrap();
    assert!(released["id"].is_string());
    contributor.json(["quarantine", "discard", &second.to_string(), "--yes"]).unwrap();
    assert_eq!(quarantined(contributor), held[2..]);
    let gone = contributor.try_command(["quarantine", "release", &first.to_string(), "--yes"]).unwrap();
    assert_eq!(gone.status.code(), Some(1), "what was released is there no more");
    records + 1
}

fn exports_are_byte_identical_and_verify(scene: &Scene, places: &[&Place], root: &str) {
    let mut exports = Vec::new();
    for place in places {
        let out = scene.root().join(format!("export-{}", place.name));
        let export: [&OsStr; 5] =
            ["export".as_ref(), "--format".as_ref(), FORMATS.as_ref(), "--out".as_ref(), out.as_ref()];
        let written = place.json(export).unwrap();
        let views = written["views"].as_array().unwrap();
        assert_eq!(views.len(), FORMATS.split(',').count() - 1);
        let carried = |view: &Value| view["rows"].as_u64().unwrap() + view["left_out"].as_u64().unwrap();
        assert!(views.iter().all(|view| carried(view) == written["rows"]), "{views:?}");
        let verified =
            place.json([OsStr::new("verify"), out.as_ref(), "--state-root".as_ref(), root.as_ref()]).unwrap();
        assert_eq!(verified["valid"], true, "{verified}");
        exports.push(tree(&out));
    }
    let [first, second] = &exports[..] else { panic!("two exports") };
    assert!(first.len() > 5, "rows, certificates, manifest and hashes: {:?}", first.keys());
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    let differing: Vec<_> =
        first.iter().filter(|(path, bytes)| second[*path] != **bytes).map(|(path, _)| path).collect();
    assert!(differing.is_empty(), "{differing:?}");
}

fn no_planted_value_is_on_any_disk(root: &Path) {
    let planted = files::planted();
    assert!(planted.len() > 40);
    let mut found = Vec::new();
    for (path, bytes) in tree(root) {
        let bytes = files::opened(&bytes);
        found.extend(planted.iter().filter(|value| holds(&bytes, value.as_bytes())).map(|value| (path.clone(), value)));
    }
    assert!(found.is_empty(), "{found:?}");
}

fn no_secret_is_outside_its_key_file<'a>(scene: &'a Scene, others: [&'a Place; 2]) {
    let mut secrets = Vec::new();
    for place in scene.validators.iter().chain(others) {
        for file in [place.home.identity(), place.home.transport()] {
            // A contributor's node that ran for one command has no lasting transport key.
            let Ok(key) = std::fs::read_to_string(file) else { continue };
            let hex = key.lines().find_map(|line| line.strip_prefix("secret: ")).unwrap()[..64].to_owned();
            let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap();
            secrets.extend([data_encoding::BASE64.encode(&bytes).into_bytes(), hex.into_bytes(), bytes]);
        }
    }
    for (path, bytes) in tree(scene.root()) {
        let is_key = path.extension().is_some_and(|ending| ending == "key");
        assert!(is_key || !secrets.iter().any(|secret| holds(&bytes, secret)), "{}", path.display());
    }
}
