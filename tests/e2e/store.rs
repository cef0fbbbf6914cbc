//! The store of a home that has been in use.

use crate::scene::{Scene, contribute, settled};

#[test]
fn a_used_store_is_sound_and_its_index_can_be_thrown_away() {
    let mut scene = Scene::of_one("certificate");
    let mut replica = scene.join("replica");
    replica.start(&[]).unwrap();
    contribute(&scene.join("contributor"), &scene.chats("kettles", 20), &["--until", "accepted"]);
    let root = settled(scene.running().chain([&replica]), 20);
    replica.stop().unwrap();
    scene.validators[0].stop().unwrap();

    for place in [&replica, &scene.validators[0]] {
        let checked = place.json(["store", "check"]).unwrap();
        assert_eq!((&checked["sound"], checked["problems"].as_array().unwrap().len()), (&true.into(), 0), "{checked}");
        assert!(checked["blocks"].as_u64().unwrap() >= 60, "header, body and certificate of each: {checked}");
        let rebuilt = place.json(["store", "rebuild-index"]).unwrap();
        assert_eq!(rebuilt["truncated_bytes"], 0, "{rebuilt}");
    }
    let store = replica.home.community(&scene.charter().0).join("store");
    std::fs::remove_dir_all(store.join("index")).unwrap();
    replica.start(&[]).unwrap();
    scene.validators[0].start(&[]).unwrap();
    assert_eq!(settled([&replica, &scene.validators[0]], 20), root);
    replica.stop().unwrap();

    let car = files(&store).into_iter().find(|name| name.ends_with(".car")).unwrap();
    let mut bytes = std::fs::read(&car).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&car, bytes).unwrap();
    let damaged = replica.try_command(["store", "check"]).unwrap();
    assert_eq!(damaged.status.code(), Some(4), "a flipped bit is found");
}

fn files(folder: &std::path::Path) -> Vec<String> {
    crate::files::tree(folder).keys().map(|path| folder.join(path).to_string_lossy().into_owned()).collect()
}
