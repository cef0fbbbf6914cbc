//! The test vectors, made from fixed seeds. See `tests/vectors/README.md` for their form.

pub mod agreement;
pub mod bytes;
pub mod car;
pub mod checks;
pub mod equivocations;
pub mod held;
pub mod judged;
pub mod keys;
pub mod operations;
pub mod records;
pub mod states;
pub mod succession;
pub mod tools;
pub mod wire;
pub mod world;

use serde_json::Value;
use std::collections::BTreeMap;
use world::World;

/// Every file by name.
pub fn files() -> BTreeMap<String, Vec<u8>> {
    let world = World::new();
    let (car, car_index) = car::sample(&world);
    let mut files: BTreeMap<String, Vec<u8>> = [
        ("cbor.json", bytes::cbor()),
        ("cid.json", bytes::cid()),
        ("keys.json", keys::derivation(&world)),
        ("signatures.json", keys::signatures()),
        ("preferences.json", keys::preferences()),
        ("bodies.json", records::bodies(&world)),
        ("headers.json", records::headers(&world)),
        ("charters.json", agreement::charters(&world)),
        ("batches.json", agreement::batches(&world)),
        ("certificates.json", agreement::certificates(&world)),
        ("operations.json", operations::operations(&world)),
        ("states.json", states::states(&world)),
        ("judged.json", judged::judged(&world)),
        ("trees.json", agreement::trees()),
        ("checks.json", checks::checks(&world)),
        ("signed.json", wire::signed(&world)),
        ("gossip.json", wire::gossip(&world)),
        ("exchange.json", wire::exchange(&world)),
        ("reconcile.json", wire::reconcile(&world)),
        ("invites.json", wire::invites(&world)),
        ("car.json", car_index),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), pretty(&value)))
    .collect();
    files.insert("sample.car".into(), car);
    files
}

fn pretty(value: &Value) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(value).expect("a value can be written");
    text.push(b'\n');
    text
}
