//! What is left of a record that its author took back: nothing of the text, anywhere.

use crate::files::{holds, tree};
use crate::peer::{Peer, parcels};
use crate::scene::{Scene, contribute, settled, shared, status, text};
use commonwheel_node::demo::cluster::{Place, until};
use commonwheel_node::keys;
use commonwheel_protocol::core::status as records;
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::record::{Body, RecordId};
use commonwheel_protocol::search::trace;
use commonwheel_protocol::wire::exchange::Purpose;
use commonwheel_storage::search::{SEARCH, held};

/// The files of a home's stores that hold one of these.
pub fn remains(place: &Place, secrets: &[Vec<u8>]) -> Vec<String> {
    let files = tree(place.home.path());
    assert!(files.keys().any(|path| path.extension().is_some_and(|ext| ext == "car")), "the store is searched");
    let left = files.into_iter().filter(|(_, bytes)| secrets.iter().any(|secret| holds(bytes, secret)));
    left.map(|(path, _)| path.display().to_string()).collect()
}

/// What must be nowhere after a withdrawal: a record's body, its salt, and each of its texts.
pub fn secrets(record: &RecordId, ledger: &impl Ledger) -> Vec<Vec<u8>> {
    let header = records::header(record, ledger).unwrap().unwrap();
    let bytes = records::body(&header.header().body, ledger).unwrap().unwrap();
    let body = Body::<String>::verify(&bytes).unwrap();
    let mut secrets = vec![body.salt.0.to_vec(), bytes];
    body.content.map(&mut |text| secrets.push(text.as_bytes().to_vec()));
    secrets
}

/// The ids of the records that a home finds.
fn found(place: &Place, words: &str) -> Vec<String> {
    let found = place.json(["search", words]).unwrap();
    found["records"].as_array().unwrap().iter().map(|record| text(&record["id"])).collect()
}

#[test]
fn after_a_withdrawal_no_byte_of_the_text_or_its_salt_is_left_and_no_replica_brings_it_back() {
    let mut scene = Scene::of_four("certificate");
    scene.start(0..4);
    let (contributor, mut replica) = (scene.join("contributor"), scene.join("replica"));
    replica.start(&[]).unwrap();
    let outcome = contribute(&contributor, &scene.chats("kettles", 2), &["--until", "accepted"]);
    let ids = shared(&outcome);
    let record: RecordId = ids[0].parse().unwrap();
    let other: RecordId = ids[1].parse().unwrap();
    let (scene_community, _) = scene.charter();
    settled(scene.running().chain([&replica]), 2);

    // Each has searched, so that each has an index of words too: "ba" and "de" tell the two apart.
    for place in scene.running().chain([&contributor, &replica]) {
        assert_eq!(found(place, "kettles called ba"), [ids[0].clone()], "{}", place.name);
    }
    let indexed = |place: &Place| {
        let index = place.home.community(&scene_community).join("store").join(SEARCH);
        held(&index).unwrap()
    };
    let store = scene.store(&scene.validators[0]);
    let of = |secrets: &[Vec<u8>]| {
        trace::prints(&secrets[2..].iter().map(|text| String::from_utf8_lossy(text)).collect::<Vec<_>>())
    };
    let others = of(&secrets(&other, &store));
    let secrets = secrets(&record, &store);
    let prints = of(&secrets);
    let words_left = |place: &Place| {
        let (words, held) = indexed(place);
        assert!(words.contains("kettles"), "the index of {} is looked into", place.name);
        words.contains("ba") || prints.iter().any(|print| held.contains(print) && !others.contains(print))
    };
    let said = secrets[2..].iter().map(|text| String::from_utf8_lossy(text)).collect::<Vec<_>>().join("\n");
    let output = scene.file("output.txt", said);
    let traced = |place: &Place| {
        let traced = place.json(["trace".as_ref(), output.as_os_str()]).unwrap();
        traced["records"].as_array().unwrap().iter().any(|record| record["id"] == ids[0].as_str())
    };
    assert!(traced(&scene.validators[0]) && traced(&contributor));
    assert!(words_left(&scene.validators[0]) && words_left(&replica) && words_left(&contributor));
    assert!(!remains(&scene.validators[0], &secrets).is_empty() && !remains(&replica, &secrets).is_empty());

    // The replica sleeps through all of it.
    replica.stop().unwrap();
    let outcome = contributor.json(["withdraw", &ids[0], "--yes"]).unwrap();
    let erased_by = outcome["withdrawn"][0]["erased_by"].as_array().unwrap().len();
    assert!(erased_by >= 3 && outcome["withdrawn"][0]["done"] == true, "{outcome}");
    until("every validator has erased it", || {
        Ok(scene.running().all(|validator| status(validator, &ids[0])["state"] == "withdrawn"))
    })
    .unwrap();
    for place in scene.running().chain([&contributor]) {
        assert_eq!(remains(place, &secrets), Vec::<String>::new(), "{}", place.name);
        // The other record left with it, and is taken up again by whoever searches next.
        assert_eq!(found(place, "kettles called ba"), Vec::<String>::new());
        assert_eq!(found(place, "kettles"), [ids[1].clone()]);
        assert!(!traced(place) && !words_left(place), "{}", place.name);
    }
    assert!(store.holds(Shelf::Certified, &record.0).unwrap(), "the header stays, with the withdrawal");
    assert_eq!(status(&scene.validators[0], &ids[1])["state"], "accepted");
    drop(store);

    // Alone, the replica does not know yet what it must not serve any more.
    for validator in &mut scene.validators {
        validator.stop().unwrap();
    }
    replica.start(&[]).unwrap();
    assert!(!remains(&replica, &secrets).is_empty());
    let (community, charter) = scene.charter();
    let peer = Peer::new(community);
    let key = keys::load_seed(&scene.validators[0].home).unwrap().reader(&community);
    let asked = peer.dial(&replica.addresses[0]);
    let statement = peer.statement(&key, Purpose::Replicate, &charter, asked).sign(&key);
    let given = parcels(peer.fetch(asked, statement, &[], &[record]));
    assert!(given.iter().all(|parcel| parcel.body.is_none()), "it serves before it has reconciled");

    let known = replica.addresses.clone();
    for validator in &mut scene.validators {
        validator.start(&known).unwrap();
    }
    until("the replica has erased it too", || Ok(status(&replica, &ids[0])["state"] == "withdrawn")).unwrap();
    // What was withdrawn counts, and is not accepted any more.
    let root = settled(scene.running().chain([&replica]), 1);
    assert_eq!(found(&replica, "kettles"), [ids[1].clone()]);
    for place in scene.running().chain([&contributor, &replica]) {
        assert_eq!(remains(place, &secrets), Vec::<String>::new(), "{}", place.name);
        assert!(!words_left(place), "{}", place.name);
    }

    // One that comes late gets the other record alone, and agrees on the state.
    let mut late = scene.join("late");
    late.start(&[]).unwrap();
    assert_eq!(settled([&late, &replica], 1), root);
    assert_eq!(remains(&late, &secrets), Vec::<String>::new());
    let seen = [&ids[0], &ids[1]].map(|id| status(&late, id));
    assert_eq!((&seen[0]["state"], &seen[0]["body_here"]), (&"withdrawn".into(), &false.into()));
    assert_eq!((&seen[1]["state"], &seen[1]["body_here"]), (&"accepted".into(), &true.into()));
}
