//! Both engines against the suite, and the one on disk against the one in memory as its model.

#![allow(clippy::unwrap_used)]

use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::ledger::{Batch, Blocks, Ledger, Shelf, Store};
use commonwheel_storage::{CarStore, MemoryStore, Options, conformance};
use proptest::prelude::*;
use std::cell::Cell;
use std::fs;
use std::path::Path;

/// Small files, so that batches cross from one into the next, and so few entries in sled that the index has runs.
const SMALL: Options = Options { file_bytes: 300, recent_entries: 40 };

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
        let options = if count.get() % 2 == 0 { SMALL } else { Options::default() };
        CarStore::open_with(&home.path().join(count.get().to_string()), derive, options).unwrap()
    });
}

#[derive(Clone, Debug)]
enum Action {
    Commit { puts: Vec<(Shelf, u8)>, erasures: Vec<(Shelf, u8)> },
    Reopen,
    ReopenWithoutIndex,
}

fn action() -> impl Strategy<Value = Action> {
    let blocks = || prop::collection::vec((prop::sample::select(Shelf::ALL.to_vec()), 0..12u8), 0..8);
    prop_oneof![
        6 => (blocks(), blocks()).prop_map(|(puts, erasures)| Action::Commit { puts, erasures }),
        1 => Just(Action::Reopen),
        1 => Just(Action::ReopenWithoutIndex),
    ]
}

/// Blocks whose entries overlap, of different lengths; one of zeros, one empty.
fn block(n: u8) -> Vec<u8> {
    match n {
        0 => vec![],
        1 => vec![0; 40],
        n => format!("shared={n}\nk{}={n}\nown{n}=1\n{}", n % 3, "x".repeat(usize::from(n) * 13)).into_bytes(),
    }
}

fn id(n: u8) -> Cid {
    Cid::of(Codec::Raw, &block(n))
}

fn assert_same(store: &CarStore, model: &MemoryStore) {
    let mut again = Blocks::default();
    for shelf in Shelf::ALL {
        for n in 0..12 {
            assert_eq!(store.block(shelf, &id(n)), model.block(shelf, &id(n)));
            assert_eq!(store.holds(shelf, &id(n)), model.holds(shelf, &id(n)));
        }
        for first in 0..12 {
            let some: Vec<_> = (first..first + 6).map(|n| id(n % 12)).collect();
            let expected = model.read_blocks(shelf, &some).unwrap();
            assert_eq!(store.read_blocks(shelf, &some).unwrap(), expected);
            store.read_into(shelf, &some, &mut again).unwrap();
            assert_eq!(again.to_vecs(), expected);
        }
        let blocks: Vec<_> = store.blocks(shelf).map(Result::unwrap).collect();
        let expected: Vec<_> = model.blocks(shelf).map(|(cid, block)| (*cid, block.to_vec())).collect();
        let sorted = |mut blocks: Vec<(Cid, Vec<u8>)>| {
            blocks.sort();
            blocks
        };
        assert_eq!(sorted(blocks), sorted(expected));
    }
    let entries = model.scan(b"", None, 1000).unwrap();
    assert_eq!(store.scan(b"", None, 1000).unwrap(), entries);
    for entry in entries {
        assert_eq!(store.value(&entry.key).unwrap(), Some(entry.value));
    }
}

fn open(dir: &Path) -> CarStore {
    CarStore::open_with(dir, conformance::derive, SMALL).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_car_store_behaves_as_the_memory_store_does(actions in prop::collection::vec(action(), 1..16)) {
        let home = tempfile::tempdir().unwrap();
        let mut model = MemoryStore::new(conformance::derive);
        let mut store = Some(open(home.path()));
        for action in actions {
            match action {
                Action::Commit { puts, erasures } => {
                    let puts = puts.into_iter().map(|(shelf, n)| (shelf, id(n), block(n))).collect();
                    let erasures = erasures.into_iter().map(|(shelf, n)| (shelf, id(n))).collect();
                    let batch = Batch { puts, erasures };
                    model.commit(&batch).unwrap();
                    store.as_mut().unwrap().commit(&batch).unwrap();
                }
                Action::Reopen => {
                    drop(store.take());
                    let opened = open(home.path());
                    prop_assert_eq!(opened.open_report(), &Default::default(), "a clean stop leaves nothing to mend");
                    store = Some(opened);
                }
                Action::ReopenWithoutIndex => {
                    drop(store.take());
                    fs::remove_dir_all(home.path().join("index")).unwrap();
                    store = Some(open(home.path()));
                }
            }
            assert_same(store.as_ref().unwrap(), &model);
        }
        drop(store);
        let report = CarStore::check(home.path(), &mut |_, _| {}).unwrap();
        prop_assert!(report.is_sound(), "{:?}", report.problems);
    }
}
