//! Both engines against the suite; then crashes and damage.

use crate::{CarStore, MemoryStore, conformance};
use std::cell::Cell;

#[test]
fn the_memory_store_keeps_every_promise() {
    conformance::run(MemoryStore::new);
}

#[test]
fn the_car_store_keeps_every_promise() {
    let home = tempfile::tempdir().unwrap();
    let count = Cell::new(0);
    conformance::run(|derive| {
        count.set(count.get() + 1);
        CarStore::open(&home.path().join(count.get().to_string()), derive).unwrap()
    });
}
