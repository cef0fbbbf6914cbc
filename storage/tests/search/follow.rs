//! How the index follows a store: what a slice costs, what comes late, and what is done on a thread of its own.

use super::{Record, catch_up, erase, folder, found, ids, open, put, sorted};
use crate::support::copy;
use crate::world::World;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::dataset::Filter;
use commonwheel_protocol::ledger::{Batch, Shelf, Store};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::search::Query;
use commonwheel_storage::CarStore;
use commonwheel_storage::search::held;
use std::fs;
use std::path::Path;

fn saying(world: &World, numbers: std::ops::Range<u8>, text: &str) -> Vec<Record> {
    numbers.map(|number| Record::saying(world, number, text)).collect()
}

fn put_headers(store: &mut CarStore, records: &[Record]) {
    let mut batch = Batch::default();
    records.iter().for_each(|record| batch.put(Shelf::Certified, record.id.0, record.header.clone()));
    store.commit(&batch).unwrap();
}

/// Every record that holds a word, each as often as it is indexed.
fn holding(store: &mut CarStore, word: &str) -> Vec<RecordId> {
    let hits = store.search(&Query::read(&[word]).unwrap(), &Filter::default(), 1000).unwrap();
    sorted(hits.into_iter().map(|hit| hit.record).collect())
}

fn all_ids(records: &[Record]) -> Vec<RecordId> {
    sorted(ids(&records.iter().collect::<Vec<_>>()))
}

/// Bytes of the files with such a name.
pub fn size(dir: &Path, name: impl Fn(&str) -> bool) -> u64 {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    let named = files.filter(|entry| name(entry.file_name().to_str().unwrap()));
    named.map(|entry| entry.metadata().unwrap().len()).sum()
}

fn meta(dir: &Path) -> u64 {
    size(dir, |name| name == "meta.json")
}

fn beside(store: &mut CarStore) {
    // The thread is waited for by asking.
    while !store.catch_up_search_beside().unwrap().is_complete() {
        std::thread::yield_now();
    }
}

#[test]
fn a_header_without_a_body_costs_two_ids_once_and_no_slice_after_that() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let (dir, search) = folder(&home);
    let mut store = open(&dir);
    let lacking = saying(&world, 0..60, "mill");
    put_headers(&mut store, &lacking[..1]);
    catch_up(&mut store, 10);
    let small = meta(&search);
    put_headers(&mut store, &lacking);
    catch_up(&mut store, 10);
    assert!(meta(&search) < small + 16, "{small} bytes have become {}", meta(&search));
    let list = |dir: &Path| size(dir, |name| name.starts_with("lacking."));
    assert_eq!(list(&search), 60 * 2 * Cid::LEN as u64);

    drop(store);
    let mut store = open(&dir);
    put(&mut store, &lacking[..59].iter().collect::<Vec<_>>());
    catch_up(&mut store, 7);
    assert_eq!(holding(&mut store, "mill"), all_ids(&lacking[..59]), "each once");
    // Those that came are left out when the list next changes.
    put_headers(&mut store, &saying(&world, 60..61, "mill"));
    catch_up(&mut store, 7);
    drop(store);
    let mut store = open(&dir);
    catch_up(&mut store, 7);
    assert_eq!(list(&search), 2 * 2 * Cid::LEN as u64);
}

#[test]
fn the_list_of_what_is_lacking_is_not_written_again_for_every_body_that_comes() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let (dir, search) = folder(&home);
    let mut store = open(&dir);
    let lacking = saying(&world, 0..60, "mill");
    put_headers(&mut store, &lacking[..40]);
    catch_up(&mut store, 100);
    let name = || {
        let names = fs::read_dir(&search).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("lacking.")).collect::<Vec<_>>()
    };
    let before = name();
    for (came, lacks) in [(0, 40), (1, 41), (2, 42)] {
        put(&mut store, &[&lacking[came]]);
        put_headers(&mut store, &lacking[lacks..=lacks]);
        catch_up(&mut store, 100);
        assert_eq!(name(), before, "it is added to: {came} and {lacks}");
    }
    drop(store);
    let mut store = open(&dir);
    put(&mut store, &lacking[3..43].iter().collect::<Vec<_>>());
    catch_up(&mut store, 100);
    assert_eq!(holding(&mut store, "mill"), all_ids(&lacking[..43]));
}

#[test]
fn what_is_taken_up_again_is_named_once_and_a_crash_between_slices_loses_none() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let (dir, search) = folder(&home);
    let mut store = open(&dir);
    let records = saying(&world, 0..60, "mill");
    put(&mut store, &records.iter().collect::<Vec<_>>());
    catch_up(&mut store, 100);
    let small = meta(&search);
    erase(&mut store, &[records[0].body_id()]);
    assert!(meta(&search) < small + 200, "{small} bytes have become {}", meta(&search));
    assert_eq!(holding(&mut store, "mill"), []);
    let before = home.path().join("before");
    copy(&search, &before);
    store.catch_up_search(20).unwrap();
    erase(&mut store, &[records[1].body_id(), records[2].id.0]);
    drop(store);
    let mut store = open(&dir);
    catch_up(&mut store, 20);
    assert_eq!(holding(&mut store, "mill"), all_ids(&records[3..]));
    drop(store);

    // The list of a state that was never written may stand after the one that was.
    fs::remove_dir_all(&search).unwrap();
    copy(&before, &search);
    let list = fs::read_dir(&search).unwrap().map(|entry| entry.unwrap().path());
    let list = list.into_iter().find(|path| path.to_str().unwrap().contains("again.")).unwrap();
    let longer = [fs::read(&list).unwrap(), records[0].id.0.to_bytes().to_vec(), vec![7; 5]].concat();
    fs::write(&list, longer).unwrap();
    let mut store = open(&dir);
    catch_up(&mut store, 20);
    assert_eq!(holding(&mut store, "mill"), all_ids(&records[3..]));
    drop(store);

    fs::remove_dir_all(&search).unwrap();
    copy(&before, &search);
    fs::write(&list, b"short").unwrap();
    let mut store = open(&dir);
    catch_up(&mut store, 20);
    assert_eq!(holding(&mut store, "mill"), all_ids(&records[3..]), "an index without its list is made anew");
}

#[test]
fn a_body_that_was_erased_and_comes_back_is_found_again_once() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let mut store = open(&folder(&home).0);
    let records = saying(&world, 0..4, "mill");
    put(&mut store, &records.iter().collect::<Vec<_>>());
    catch_up(&mut store, 10);
    // The second while it waits to be taken up again.
    for back in [&records[0], &records[1]] {
        erase(&mut store, &[back.body_id()]);
    }
    catch_up(&mut store, 1);
    assert_eq!(holding(&mut store, "mill"), all_ids(&records[2..]));
    put(&mut store, &[&records[0], &records[1]]);
    catch_up(&mut store, 1);
    assert_eq!(holding(&mut store, "mill"), all_ids(&records));
}

#[test]
fn what_is_indexed_on_a_thread_of_its_own_is_as_if_it_were_done_at_once() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let mut store = open(&folder(&home).0);
    let mut all = Vec::new();
    // So many slices that segments are merged.
    for first in (0..100).step_by(10) {
        let records = saying(&world, first..first + 10, "mill");
        put(&mut store, &records.iter().collect::<Vec<_>>());
        beside(&mut store);
        all.extend(records);
        assert_eq!(holding(&mut store, "mill"), all_ids(&all));
    }
    let come = store.catch_up_search_beside().unwrap();
    assert_eq!(come, store.catch_up_search(10).unwrap());
    let segments = size_of_kind(&folder(&home).1, "term");
    assert!(segments < 8, "{segments} segments");
}

fn size_of_kind(dir: &Path, kind: &str) -> usize {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == kind)).count()
}

#[test]
fn what_is_erased_while_it_is_being_indexed_leaves_no_word() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let (dir, search) = folder(&home);
    let mut store = open(&dir);
    let kept = saying(&world, 0..40, "mill");
    let gone = Record::saying(&world, 50, "quartzophone");
    put(&mut store, &kept.iter().chain([&gone]).collect::<Vec<_>>());
    assert!(!store.catch_up_search_beside().unwrap().is_complete(), "it is only begun");
    erase(&mut store, &[gone.body_id()]);
    assert!(!held(&search).unwrap().0.contains("quartzophone"));
    drop(store);
    assert!(!held(&search).unwrap().0.contains("quartzophone"), "nor is it written later");
    let mut store = open(&dir);
    beside(&mut store);
    assert_eq!(holding(&mut store, "mill"), all_ids(&kept));
    assert_eq!(found(&mut store, &["quartzophone"], "{}"), []);
}

#[test]
fn a_store_that_is_closed_while_it_is_being_indexed_can_be_opened_at_once() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let (dir, _) = folder(&home);
    let records = saying(&world, 0..40, "mill");
    let mut store = open(&dir);
    put(&mut store, &records.iter().collect::<Vec<_>>());
    store.catch_up_search_beside().unwrap();
    drop(store);
    let mut store = open(&dir);
    assert!(store.catch_up_search(10).unwrap().is_complete(), "what was begun is done");
    assert_eq!(holding(&mut store, "mill"), all_ids(&records));
}

#[test]
fn a_slice_beside_other_work_ends_after_a_mebibyte_however_few_records_these_are() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let mut store = open(&folder(&home).0);
    let long = "mill and river ".repeat(30_000);
    let records = saying(&world, 0..12, &long);
    put(&mut store, &records.iter().collect::<Vec<_>>());
    let come = store.catch_up_search_beside().unwrap();
    assert!(come.done < 2 << 20 && come.all > 5 << 20, "{come:?}");
    beside(&mut store);
    assert_eq!(holding(&mut store, "mill"), all_ids(&records));
}
