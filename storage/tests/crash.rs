//! Crashes, damage and bad folders: what opening mends, and what it refuses.

#![allow(clippy::unwrap_used)]

mod support;

use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::ledger::{Batch, Ledger, Shelf, Store};
use commonwheel_storage::{CarStore, StoreError, conformance};
use std::fs;
use std::path::Path;
use support::{SMALL, assert_sound, copy, erase, first_file, holds, id, keys, open, put, refused, replace, section_of};

#[test]
fn a_file_cut_anywhere_in_its_last_section_loses_that_section_alone() {
    let home = tempfile::tempdir().unwrap();
    let whole = home.path().join("whole");
    let mut store = open(&whole).unwrap();
    put(&mut store, Shelf::Certified, &["a=1", "b=1"]);
    drop(store);
    let before = home.path().join("before");
    copy(&whole, &before);
    let mut store = open(&whole).unwrap();
    put(&mut store, Shelf::Certified, &["last=1"]);
    drop(store);
    let bytes = fs::read(first_file(&whole, "certified")).unwrap();
    let start = fs::metadata(first_file(&before, "certified")).unwrap().len() as usize;

    for cut in start..bytes.len() {
        for index_from in [Some(&whole), Some(&before), None] {
            let dir = home.path().join(format!("cut-{cut}"));
            copy(&whole, &dir);
            fs::write(first_file(&dir, "certified"), &bytes[..cut]).unwrap();
            fs::remove_dir_all(dir.join("index")).unwrap();
            if let Some(from) = index_from {
                copy(&from.join("index"), &dir.join("index"));
            }
            let mut store = open(&dir).unwrap();
            assert_eq!(store.open_report().truncated_bytes, (cut - start) as u64);
            assert!(holds(&store, Shelf::Certified, "a=1") && holds(&store, Shelf::Certified, "b=1"));
            assert!(!holds(&store, Shelf::Certified, "last=1"));
            assert_eq!(keys(&store), ["a", "b"]);
            put(&mut store, Shelf::Certified, &["last=1"]);
            assert!(holds(&store, Shelf::Certified, "last=1"));
            drop(store);
            assert_sound(&dir);
            fs::remove_dir_all(&dir).unwrap();
        }
    }
}

#[test]
fn a_file_cut_inside_its_header_gets_its_header_again() {
    let home = tempfile::tempdir().unwrap();
    drop(open(home.path()).unwrap());
    for cut in 0..18 {
        let file = first_file(home.path(), "live");
        fs::write(&file, &fs::read(&file).unwrap()[..cut]).unwrap();
        drop(open(home.path()).unwrap());
        assert_eq!(fs::read(&file).unwrap().len(), 18);
    }
}

#[test]
fn a_missing_unreadable_or_older_index_is_made_anew() {
    type Harm = fn(&Path);
    let harms: [(&str, Harm); 4] = [
        ("missing", |index| fs::remove_dir_all(index).unwrap()),
        ("an empty folder", |index| {
            fs::remove_dir_all(index).unwrap();
            fs::create_dir(index).unwrap();
        }),
        ("an empty file", |index| fs::write(index.join("db"), b"").unwrap()),
        ("garbage", |index| fs::write(index.join("db"), b"garbage".repeat(100_000)).unwrap()),
    ];
    for (name, harm) in harms {
        let home = tempfile::tempdir().unwrap();
        let mut store = open(home.path()).unwrap();
        put(&mut store, Shelf::Certified, &["a=1", "b=1"]);
        erase(&mut store, Shelf::Certified, "b=1");
        drop(store);
        harm(&home.path().join("index"));
        let store = open(home.path()).unwrap();
        assert!(store.open_report().rebuilt.is_some(), "{name}");
        assert!(holds(&store, Shelf::Certified, "a=1"), "{name}");
        assert!(!holds(&store, Shelf::Certified, "b=1"), "{name}");
        assert_eq!(keys(&store), ["a"], "{name}");
        drop(store);
        assert_sound(home.path());
    }
}

#[test]
fn an_index_damaged_anywhere_is_brought_up_to_the_files_again() {
    let home = tempfile::tempdir().unwrap();
    let (now, past) = (home.path().join("now"), home.path().join("past"));
    let mut store = open(&now).unwrap();
    let blocks: Vec<String> = (0..300).map(|n| format!("key{n:03}=1")).collect();
    put(&mut store, Shelf::Live, &blocks.iter().map(String::as_str).collect::<Vec<_>>());
    erase(&mut store, Shelf::Live, "key150=1");
    drop(store);
    copy(&now, &past);
    let whole = fs::read(now.join("index/db")).unwrap();
    for at in (0..whole.len()).step_by(whole.len() / 20) {
        let mut harmed = whole.clone();
        harmed.iter_mut().skip(at).take(600).for_each(|byte| *byte ^= 0x55);
        replace(&now, "index", &past);
        fs::write(now.join("index/db"), &harmed).unwrap();
        assert_eq!(keys(&open(&now).unwrap()).len(), 299, "damage at {at}");
        assert_sound(&now);
    }
}

#[test]
fn an_index_ahead_of_the_files_is_made_anew() {
    let home = tempfile::tempdir().unwrap();
    let (now, past) = (home.path().join("now"), home.path().join("past"));
    let mut store = open(&now).unwrap();
    put(&mut store, Shelf::Live, &["a=1"]);
    drop(store);
    copy(&now, &past);
    let mut store = open(&now).unwrap();
    put(&mut store, Shelf::Live, &["b=1"]);
    drop(store);
    replace(&now, "live", &past);
    let store = open(&now).unwrap();
    assert_eq!(store.open_report().rebuilt, Some("the index did not fit the files"));
    assert_eq!(keys(&store), ["a"]);
    drop(store);
    assert_sound(&now);
}

#[test]
fn rebuilding_the_index_gives_the_same_index() {
    let home = tempfile::tempdir().unwrap();
    let mut store = open(home.path()).unwrap();
    put(&mut store, Shelf::Live, &["a=1", "b=1", "c=1"]);
    erase(&mut store, Shelf::Live, "b=1");
    put(&mut store, Shelf::Certified, &["a=2"]);
    let before = store.scan(b"", None, 100).unwrap();
    drop(store);
    assert_eq!(CarStore::rebuild_index(home.path(), conformance::derive).unwrap().indexed_blocks, 3);
    assert_eq!(open(home.path()).unwrap().scan(b"", None, 100).unwrap(), before);
}

#[test]
fn a_flipped_byte_in_an_older_section_is_reported_with_file_and_offset() {
    let home = tempfile::tempdir().unwrap();
    let whole = home.path().join("whole");
    let mut store = open(&whole).unwrap();
    put(&mut store, Shelf::Certified, &["a=1", "older=1", "b=1", "c=1"]);
    drop(store);
    let file = first_file(&whole, "certified");
    let start = section_of(&file, "older=1");
    for at in start..start + 1 + Cid::LEN + "older=1".len() {
        let dir = home.path().join("harmed");
        copy(&whole, &dir);
        let file = first_file(&dir, "certified");
        let mut bytes = fs::read(&file).unwrap();
        bytes[at] ^= 0x40;
        fs::write(&file, &bytes).unwrap();
        let place = format!("{} at offset {start}", file.display());

        let report = CarStore::check(&dir, &mut |_, _| {}).unwrap();
        assert!(report.problems.iter().any(|problem| problem.starts_with(&place)), "{:?}", report.problems);
        let store = open(&dir).unwrap();
        assert!(store.block(Shelf::Certified, &id(b"a=1")).unwrap().is_some(), "the rest can be read");
        let error = store.block(Shelf::Certified, &id(b"older=1")).unwrap_err();
        assert!(error.0.contains(&format!("offset {start}")), "{error}");
        drop(store);

        fs::remove_dir_all(dir.join("index")).unwrap();
        let error = refused(&dir);
        assert!(matches!(&error, StoreError::Corrupt { offset, .. } if *offset == start as u64), "{error}");
        assert_eq!(fs::read(&file).unwrap(), bytes, "nothing is cut off");
        fs::remove_dir_all(&dir).unwrap();
    }
}

#[test]
fn a_flipped_byte_in_the_last_section_that_was_made_durable_is_no_torn_tail() {
    for shelf in ["certified", "live"] {
        let home = tempfile::tempdir().unwrap();
        let mut store = open(home.path()).unwrap();
        for on in [Shelf::Certified, Shelf::Live] {
            put(&mut store, on, &["a=1", "last=1"]);
        }
        drop(store);
        let file = first_file(home.path(), shelf);
        let mut bytes = fs::read(&file).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&file, &bytes).unwrap();
        let error = open(home.path()).err().unwrap();
        assert!(matches!(&error, StoreError::Corrupt { file: named, .. } if *named == file), "{error}");
        assert_eq!(fs::read(&file).unwrap(), bytes, "nothing is cut off");
    }
}

#[test]
fn damage_at_the_end_of_a_file_before_the_last_is_not_cut_off() {
    let home = tempfile::tempdir().unwrap();
    let mut store = CarStore::open_with(home.path(), conformance::derive, SMALL).unwrap();
    let blocks: Vec<String> = (0..20).map(|n| format!("key{n:02}=1")).collect();
    put(&mut store, Shelf::Live, &blocks.iter().map(String::as_str).collect::<Vec<_>>());
    drop(store);
    let file = first_file(home.path(), "live");
    let bytes = fs::read(&file).unwrap();
    assert!(bytes.len() <= 300, "files are begun anew at the limit");
    fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
    fs::remove_dir_all(home.path().join("index")).unwrap();
    assert!(matches!(refused(home.path()), StoreError::Corrupt { file: found, .. } if found == file));

    fs::remove_file(&file).unwrap();
    assert!(matches!(refused(home.path()), StoreError::Corrupt { file: found, .. } if found == file), "a missing file");
}

#[test]
fn a_failed_write_leaves_nothing_behind_and_stops_the_store() {
    let home = tempfile::tempdir().unwrap();
    let mut store = CarStore::open_with(home.path(), conformance::derive, SMALL).unwrap();
    put(&mut store, Shelf::Live, &["a=1"]);
    let before = fs::read(first_file(home.path(), "live")).unwrap();
    // The second file cannot be made, so that the batch fails half-way.
    let obstacle = home.path().join("live/00000002.car");
    fs::create_dir(&obstacle).unwrap();
    let mut batch = Batch::default();
    for n in 0..20 {
        let block = format!("key{n}=1").into_bytes();
        batch.put(if n % 2 == 0 { Shelf::Live } else { Shelf::Waiting }, id(&block), block);
    }
    assert!(store.commit(&batch).is_err());
    assert_eq!(fs::read(first_file(home.path(), "live")).unwrap(), before);
    assert_eq!(fs::metadata(first_file(home.path(), "waiting")).unwrap().len(), 18);
    assert!(holds(&store, Shelf::Live, "a=1"), "it can still be read");
    let error = store.commit(&Batch::default()).unwrap_err();
    assert!(error.0.contains("takes no more changes"), "{error}");
    drop(store);
    fs::remove_dir(&obstacle).unwrap();
    let mut store = CarStore::open_with(home.path(), conformance::derive, SMALL).unwrap();
    assert_eq!(keys(&store), ["a"]);
    store.commit(&batch).unwrap();
    drop(store);
    assert_sound(home.path());
}

#[test]
fn a_folder_is_opened_once_at_a_time() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path()).unwrap();
    let error = refused(home.path());
    assert!(matches!(error, StoreError::InUse(_)));
    assert!(error.to_string().contains(&home.path().display().to_string()) && error.to_string().contains("Hint"));
    assert!(matches!(CarStore::check(home.path(), &mut |_, _| {}), Err(StoreError::InUse(_))));
    assert!(matches!(CarStore::rebuild_index(home.path(), conformance::derive), Err(StoreError::InUse(_))));
    drop(store);
    open(home.path()).unwrap();
}

#[test]
fn a_folder_without_a_store_or_of_another_version_is_refused() {
    let home = tempfile::tempdir().unwrap();
    assert!(matches!(CarStore::check(home.path(), &mut |_, _| {}), Err(StoreError::NotAStore(_))));
    assert!(matches!(CarStore::rebuild_index(home.path(), conformance::derive), Err(StoreError::NotAStore(_))));
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "and left as it was");
    drop(open(home.path()).unwrap());
    fs::write(home.path().join("VERSION"), "2\n").unwrap();
    assert!(matches!(refused(home.path()), StoreError::Version { found, .. } if found == "2"));
    fs::remove_file(home.path().join("VERSION")).unwrap();
    assert!(matches!(refused(home.path()), StoreError::Version { .. }), "a store that lost its version");
}

#[test]
fn a_check_counts_what_is_there_and_sees_both_ways_of_a_wrong_index() {
    let home = tempfile::tempdir().unwrap();
    let (now, past) = (home.path().join("now"), home.path().join("past"));
    let mut store = open(&now).unwrap();
    put(&mut store, Shelf::Live, &["a=1"]);
    drop(store);
    copy(&now, &past);
    let mut store = open(&now).unwrap();
    put(&mut store, Shelf::Live, &["b=1"]);
    drop(store);
    let mut last = (0, 0);
    let report = CarStore::check(&now, &mut |done, total| last = (done, total)).unwrap();
    assert!(report.is_sound());
    assert_eq!(report.shelves[2].blocks, 2);
    assert_eq!(last, (report.bytes, report.bytes), "progress ends at the total");

    let older_index = home.path().join("older-index");
    copy(&now, &older_index);
    replace(&older_index, "index", &past);
    assert_eq!(CarStore::check(&older_index, &mut |_, _| {}).unwrap().problem_count, 1);
    replace(&now, "live", &past);
    assert_eq!(CarStore::check(&now, &mut |_, _| {}).unwrap().problem_count, 1);
}
