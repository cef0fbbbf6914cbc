//! Erasing blocks, and crashes in the middle of it.

#![allow(clippy::unwrap_used)]

mod support;

use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::ledger::{Batch, Ledger, Shelf, Store};
use commonwheel_storage::CarStore;
use std::fs;
use std::path::{Path, PathBuf};
use support::{assert_sound, copy, erase, first_file, holds, keys, open, put, replace, section_of};
use tempfile::TempDir;

/// A store that held `"secret=1"` with a long tail, before and after it was erased.
fn erased() -> (TempDir, PathBuf, PathBuf, String) {
    let home = tempfile::tempdir().unwrap();
    let (now, past) = (home.path().join("now"), home.path().join("past"));
    let secret = format!("secret=1\n{}", "tail".repeat(15));
    let mut store = open(&now).unwrap();
    put(&mut store, Shelf::Waiting, &["a=1", &secret, "b=1"]);
    drop(store);
    copy(&now, &past);
    let mut store = open(&now).unwrap();
    erase(&mut store, Shelf::Waiting, &secret);
    drop(store);
    (home, now, past, secret)
}

fn assert_erased(dir: &Path, secret: &str) {
    let store = open(dir).unwrap();
    assert!(!holds(&store, Shelf::Waiting, secret));
    assert_eq!(keys(&store), ["a", "b"]);
    drop(store);
    let bytes = fs::read(first_file(dir, "waiting")).unwrap();
    assert!(!bytes.windows(8).any(|window| window == b"tailtail"), "the bytes are gone");
    assert_sound(dir);
}

#[test]
fn an_erased_block_leaves_no_byte_and_every_archive_verifies() {
    let (_home, now, past, secret) = erased();
    assert_erased(&now, &secret);
    let length = |dir: &Path| fs::metadata(first_file(dir, "waiting")).unwrap().len();
    assert_eq!(length(&now), length(&past));
    let report = CarStore::check(&now, &mut |_, _| {}).unwrap();
    assert_eq!((report.shelves[1].blocks, report.shelves[1].erased), (2, 1));
}

#[test]
fn a_crash_between_tombstone_and_erasure_is_finished_on_opening() {
    let (_home, now, past, secret) = erased();
    replace(&now, "waiting", &past);
    replace(&now, "index", &past);
    let report = CarStore::check(&now, &mut |_, _| {}).unwrap();
    assert!(!report.is_sound(), "until then a check says so");
    assert_erased(&now, &secret);
}

#[test]
fn a_crash_between_erasure_and_index_is_finished_on_opening() {
    let (_home, now, past, secret) = erased();
    replace(&now, "index", &past);
    assert_erased(&now, &secret);
}

#[test]
fn a_half_done_erasure_is_finished_on_opening() {
    let (home, now, past, secret) = erased();
    let (before, after) =
        (fs::read(first_file(&past, "waiting")).unwrap(), fs::read(first_file(&now, "waiting")).unwrap());
    let start = section_of(&first_file(&past, "waiting"), &secret);
    for cut in (start..start + 1 + Cid::LEN + secret.len()).step_by(7) {
        for with_index in [true, false] {
            let dir = home.path().join("torn");
            copy(&now, &dir);
            fs::write(first_file(&dir, "waiting"), [&after[..cut], &before[cut..]].concat()).unwrap();
            replace(&dir, "index", &past);
            if !with_index {
                fs::remove_dir_all(dir.join("index")).unwrap();
            }
            assert_erased(&dir, &secret);
            fs::remove_dir_all(&dir).unwrap();
        }
    }
}

#[test]
fn a_tombstone_never_touches_a_later_copy() {
    let (_home, now, _past, secret) = erased();
    let mut store = open(&now).unwrap();
    put(&mut store, Shelf::Waiting, &[&secret]);
    drop(store);
    assert!(holds(&open(&now).unwrap(), Shelf::Waiting, &secret));
    fs::remove_dir_all(now.join("index")).unwrap();
    let mut store = open(&now).unwrap();
    assert!(holds(&store, Shelf::Waiting, &secret));
    erase(&mut store, Shelf::Waiting, &secret);
    drop(store);
    assert_erased(&now, &secret);
}

#[test]
fn a_block_that_looks_like_a_tombstone_erases_nothing() {
    let (_home, now, _past, secret) = erased();
    let tombstones = fs::read(first_file(&now, "erasures")).unwrap();
    let forged = tombstones[18 + 2 + Cid::LEN..].to_vec();
    let mut store = open(&now).unwrap();
    let mut batch = Batch::default();
    batch.put(Shelf::Live, Cid::of_cbor(&forged), forged.clone());
    store.commit(&batch).unwrap();
    put(&mut store, Shelf::Waiting, &[&secret]);
    drop(store);
    fs::remove_dir_all(now.join("index")).unwrap();
    let store = open(&now).unwrap();
    assert!(holds(&store, Shelf::Waiting, &secret));
    assert_eq!(store.block(Shelf::Live, &Cid::of_cbor(&forged)).unwrap(), Some(forged));
}
