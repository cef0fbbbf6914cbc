//! Opening, filling and harming stores, for the tests beside this folder.
#![allow(dead_code, clippy::unwrap_used)]

use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::ledger::{Batch, Ledger, Shelf, Store};
use commonwheel_storage::{CarStore, Options, StoreError, conformance};
use std::fs;
use std::path::{Path, PathBuf};

/// Small files, so that batches cross from one into the next, and so few entries in sled that the index has runs.
pub const SMALL: Options = Options { file_bytes: 300, recent_entries: 12 };

/// With so few entries in sled that most of the index is in runs.
pub fn open(dir: &Path) -> Result<CarStore, StoreError> {
    CarStore::open_with(dir, conformance::derive, Options { recent_entries: 12, ..Options::default() })
}

pub fn refused(dir: &Path) -> StoreError {
    open(dir).err().expect("opening is refused")
}

pub fn id(block: &[u8]) -> Cid {
    Cid::of(Codec::Raw, block)
}

pub fn put(store: &mut CarStore, shelf: Shelf, blocks: &[&str]) {
    let mut batch = Batch::default();
    for block in blocks {
        batch.put(shelf, id(block.as_bytes()), block.as_bytes().to_vec());
    }
    store.commit(&batch).unwrap();
}

pub fn erase(store: &mut CarStore, shelf: Shelf, block: &str) {
    let mut batch = Batch::default();
    batch.erase(shelf, id(block.as_bytes()));
    store.commit(&batch).unwrap();
}

pub fn holds(store: &CarStore, shelf: Shelf, block: &str) -> bool {
    let found = store.block(shelf, &id(block.as_bytes())).unwrap();
    assert!(found.as_ref().is_none_or(|found| found == block.as_bytes()));
    assert_eq!(found.is_some(), store.holds(shelf, &id(block.as_bytes())).unwrap());
    found.is_some()
}

pub fn keys(store: &CarStore) -> Vec<String> {
    let entries = store.scan(b"", None, 1000).unwrap();
    entries.into_iter().map(|entry| String::from_utf8(entry.key).unwrap()).collect()
}

pub fn first_file(dir: &Path, series: &str) -> PathBuf {
    dir.join(series).join("00000001.car")
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

pub fn replace(dir: &Path, part: &str, from: &Path) {
    fs::remove_dir_all(dir.join(part)).unwrap();
    copy(&from.join(part), &dir.join(part));
}

pub fn assert_sound(dir: &Path) {
    let report = CarStore::check(dir, &mut |_, _| {}).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
}

/// The offset at which a block's section begins, for blocks short enough for a one-byte length.
pub fn section_of(file: &Path, block: &str) -> usize {
    let bytes = fs::read(file).unwrap();
    let at = bytes.windows(block.len()).position(|window| window == block.as_bytes()).unwrap();
    at - Cid::LEN - 1
}
