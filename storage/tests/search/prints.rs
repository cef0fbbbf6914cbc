//! Fingerprints: who holds one, whatever was added, erased and interrupted, and that nothing of what is erased stays.

use super::{Record, catch_up, erase, folder, open, put, sorted};
use crate::support::copy;
use crate::world::World;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::ledger::{Batch, Shelf, Store};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::search::{Document, trace};
use commonwheel_storage::CarStore;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Words that no other number gives.
fn words(number: u64) -> String {
    (0..9).map(|word| format!("w{number}x{word}")).collect::<Vec<_>>().join(" ")
}

/// Records of which each has words of its own, words that half of them have, and words that all have.
fn records(world: &World, numbers: std::ops::Range<u8>) -> Vec<Record> {
    let text = |number: u8| [words(number.into()), words(1_000 + u64::from(number) % 2), words(2_000)].join(" and ");
    numbers.map(|number| Record::saying(world, number, &text(number))).collect()
}

fn prints(record: &Record) -> Vec<u64> {
    trace::prints(&Document::texts(&record.body).unwrap())
}

/// The first bytes of an id's hash, as they stand beside a fingerprint.
fn order(record: &Record) -> [u8; 8] {
    *record.id.0.digest().first_chunk().unwrap()
}

/// Asserts that the holders of every fingerprint of these records are those of them that are live.
fn assert_holders(store: &mut CarStore, all: &[Record], live: impl Fn(&Record) -> bool, when: &str) {
    let mut expected: BTreeMap<u64, Vec<RecordId>> = BTreeMap::new();
    for record in all {
        for print in prints(record) {
            let holders = expected.entry(print).or_default();
            holders.extend(live(record).then_some(record.id));
        }
    }
    let asked: Vec<_> = expected.keys().copied().collect();
    for most in [3, 64] {
        let found = store.holders(&asked, most).unwrap();
        for ((print, holders), found) in expected.iter().zip(found) {
            let first: Vec<_> = sorted(holders.clone()).into_iter().take(most).collect();
            assert_eq!((found.records, found.all), (first, holders.len() as u64), "of {print:x} {when}");
        }
    }
}

/// Asserts that no file of the folder has the bytes of a record's fingerprints or its place beside one.
fn assert_nothing_of(search: &Path, gone: &Record, others: &[&Record]) {
    let others: BTreeSet<_> = others.iter().flat_map(|record| prints(record)).collect();
    let own = prints(gone).into_iter().filter(|print| !others.contains(print)).map(|print| print.to_be_bytes());
    let own: Vec<_> = own.collect();
    assert!(own.len() > 1);
    for file in fs::read_dir(search).unwrap().map(|file| file.unwrap().path()) {
        let bytes = fs::read(&file).unwrap();
        let held = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(!own.iter().any(|print| held(&print[3..])), "a fingerprint in {}", file.display());
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        // One list names the records that lack their body.
        assert!(name.starts_with("lacking.") || !held(&order(gone)), "{name}");
    }
}

fn holds_all_of(search: &Path, record: &Record) -> bool {
    let runs = fs::read_dir(search).unwrap().map(|file| file.unwrap().path());
    let runs = runs.filter(|path| path.extension().is_some_and(|kind| kind == "run"));
    let runs: Vec<_> = runs.map(|path| fs::read(path).unwrap()).collect();
    prints(record).iter().all(|print| {
        let entry = [&print.to_be_bytes()[3..], &order(record)].concat();
        runs.iter().any(|run| run.windows(entry.len()).any(|window| window == entry))
    })
}

/// Puts blocks in batches of a few, so that slices and runs are several.
fn fill(store: &mut CarStore, records: &[Record], slice: usize) {
    put(store, &records.iter().collect::<Vec<_>>());
    catch_up(store, slice);
}

#[test]
fn what_is_erased_is_in_no_byte_of_the_folder_and_its_neighbours_are_traced_at_once() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let (dir, search) = folder(&home);
    let all = records(&world, 0..30);
    let mut store = open(&dir);
    fill(&mut store, &all, 12);
    assert!(all.iter().all(|record| holds_all_of(&search, record)), "the test knows how entries are written");
    // One by its body, one by its header, and one that waits to be taken up again.
    for (number, gone) in [all[3].body_id(), all[4].id.0, all[5].body_id()].into_iter().enumerate() {
        erase(&mut store, &[gone]);
        let kept: Vec<_> = all[..3].iter().chain(&all[4 + number..]).collect();
        assert_nothing_of(&search, &all[3 + number], &kept);
        let live = |record: &Record| !all[3..=3 + number].iter().any(|gone| gone.id == record.id);
        assert_holders(&mut store, &all, live, "before they are taken up again");
    }
    let live = |record: &Record| !all[3..6].iter().any(|gone| gone.id == record.id);
    let size = || super::follow::size(&search, |name| name.ends_with(".run"));
    let before = size();
    let new = Record::saying(&world, 30, &words(30));
    put(&mut store, &[&new]);
    // All of them in one slice with another.
    catch_up(&mut store, 100);
    assert_eq!(
        size(),
        before + 24 + 13 * prints(&new).len() as u64,
        "the table holds the others' fingerprints already"
    );
    assert_holders(&mut store, &all, live, "after they were taken up again");
    drop(store);
    let mut store = open(&dir);
    assert_holders(&mut store, &all, live, "when it is opened again");
    put(&mut store, &[&all[3], &all[4], &all[5]]);
    catch_up(&mut store, 7);
    assert_holders(&mut store, &all, |_| true, "when what was erased has come back");
}

#[test]
fn what_was_erased_comes_back_once_though_it_was_waiting_to_be_taken_up_again() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let (dir, search) = folder(&home);
    let all = records(&world, 0..10);
    let mut store = open(&dir);
    fill(&mut store, &all, 100);
    erase(&mut store, &[all[0].body_id()]);
    // All others wait now.
    erase(&mut store, &[all[1].body_id(), all[2].id.0]);
    erase(&mut store, &[all[9].id.0, all[9].body_id()]);
    put(&mut store, &[&all[0], &all[1], &all[2]]);
    catch_up(&mut store, 4);
    let hits = |store: &mut CarStore| {
        let query = commonwheel_protocol::search::Query::read(&["w2000x1"]).unwrap();
        let hits = store.search(&query, &commonwheel_protocol::dataset::Filter::default(), 100).unwrap();
        sorted(hits.into_iter().map(|hit| hit.record).collect())
    };
    let nine = sorted(all[..9].iter().map(|record| record.id).collect());
    assert_eq!(hits(&mut store), nine, "each once");
    assert_holders(&mut store, &all[..9], |_| true, "after some came back");
    drop(store);
    assert_nothing_of(&search, &all[9], &all[..9].iter().collect::<Vec<_>>());
    let mut store = open(&dir);
    catch_up(&mut store, 4);
    assert_eq!(hits(&mut store), nine);
}

#[test]
fn a_table_from_a_backup_lets_go_of_records_whose_text_is_not_here_any_more() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let (dir, search) = folder(&home);
    let all = records(&world, 0..20);
    let backup = home.path().join("backup");
    let mut store = open(&dir);
    fill(&mut store, &all, 8);
    // Some of it waits to be taken up again when the backup is made.
    erase(&mut store, &[all[0].body_id()]);
    drop(store);
    copy(&search, &backup);
    let mut store = open(&dir);
    erase(&mut store, &[all[1].body_id()]);
    erase(&mut store, &[all[19].body_id(), all[18].id.0]);
    drop(store);
    fs::remove_dir_all(&search).unwrap();
    copy(&backup, &search);
    assert!(holds_all_of(&search, &all[1]) && holds_all_of(&search, &all[19]));
    let mut store = open(&dir);
    store.catch_up_search(1).unwrap();
    for gone in [0, 1, 18, 19] {
        assert_nothing_of(&search, &all[gone], &all[2..18].iter().collect::<Vec<_>>());
    }
    catch_up(&mut store, 4);
    assert_holders(&mut store, &all, |record| all[2..18].iter().any(|kept| kept.id == record.id), "from a backup");
}

#[test]
fn after_a_crash_at_any_step_of_adding_merging_or_erasing_nothing_is_lost_and_nothing_left() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let (dir, search) = folder(&home);
    let all = records(&world, 0..24);
    let (before, after) = (home.path().join("before"), home.path().join("after"));
    let again = |step: &str, live: &dyn Fn(&Record) -> bool| {
        let mut store = open(&dir);
        catch_up(&mut store, 5);
        assert_holders(&mut store, &all, live, step);
        drop(store);
        let files = fs::read_dir(&search).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut runs: Vec<_> = files.filter(|name| name.ends_with(".run")).collect();
        let meta = fs::read_to_string(search.join("meta.json")).unwrap();
        let named = meta.split(r#"\"runs\":["#).nth(1).unwrap().split(']').next().unwrap();
        let mut named: Vec<_> = named.split(',').map(|number| format!("prints.{number}.run")).collect();
        runs.sort();
        named.sort();
        assert_eq!(runs, named, "{step}");
    };
    let place = |from: &[&Path]| {
        let _ = fs::remove_dir_all(&search);
        from.iter().for_each(|from| copy(from, &search));
    };

    let mut store = open(&dir);
    fill(&mut store, &all[..20], 20);
    drop(store);
    copy(&search, &before);
    let mut store = open(&dir);
    // A slice, whose run is then made one with the other.
    fill(&mut store, &all[20..], 20);
    drop(store);
    copy(&search, &after);
    // The run is written, nothing names it yet.
    place(&[&after, &before]);
    again("a run that nothing names", &|_| true);
    // The new state is written, the old runs are still there.
    place(&[&before, &after]);
    again("runs that were made one", &|_| true);
    // A run was half written.
    place(&[&before]);
    fs::write(search.join("prints.7.run"), b"prints1").unwrap();
    again("a run that was half written", &|_| true);

    // In the middle of an erasure: some entries are overwritten, the state is the old one, the record is still here.
    place(&[&after]);
    let mut store = open(&dir);
    erase(&mut store, &[all[6].body_id()]);
    put(&mut store, &[&all[6]]);
    drop(store);
    copy(&search, &home.path().join("erased"));
    place(&[&home.path().join("erased")]);
    fs::copy(after.join("meta.json"), search.join("meta.json")).unwrap();
    copy_missing(&after, &search);
    fs::write(search.join("erasing"), b"").unwrap();
    again("in the middle of an erasure", &|_| true);
    // The same, and what was to be thrown away then was half removed.
    place(&[&after]);
    fs::remove_file(search.join("meta.json")).unwrap();
    again("half removed", &|_| true);
    // The state is written, the mark and what was thrown away are still there.
    place(&[&home.path().join("erased")]);
    copy_missing(&after, &search);
    fs::write(search.join("erasing"), b"").unwrap();
    again("after an erasure whose mark was not removed", &|_| true);
    assert!(!search.join("erasing").exists());
}

/// Copies the files that are not there.
fn copy_missing(from: &Path, to: &Path) {
    for file in fs::read_dir(from).unwrap().map(|file| file.unwrap()) {
        if !to.join(file.file_name()).exists() {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}

#[test]
fn an_index_that_lacks_a_run_is_made_anew() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let (dir, search) = folder(&home);
    let all = records(&world, 0..4);
    let mut store = open(&dir);
    fill(&mut store, &all, 10);
    drop(store);
    let runs = fs::read_dir(&search).unwrap().map(|file| file.unwrap().path());
    let run = runs.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "run")).unwrap();
    fs::remove_file(run).unwrap();
    let mut store = open(&dir);
    assert!(store.holders(&prints(&all[0]), 3).unwrap().iter().all(|holders| holders.all == 0));
    catch_up(&mut store, 10);
    assert_holders(&mut store, &all, |_| true, "it is made anew");
}

#[test]
fn no_fingerprint_that_somebody_makes_up_harms_the_table() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let mut store = open(&folder(&home).0);
    let all = records(&world, 0..4);
    fill(&mut store, &all, 10);
    let made_up = [0, 1 << trace::PRINT_BITS, u64::MAX, (1 << trace::PRINT_BITS) - 1];
    assert!(store.holders(&made_up, 3).unwrap().iter().all(|holders| holders.all == 0));
    assert_holders(&mut store, &all, |_| true, "after that");
}

#[test]
fn what_is_erased_while_slices_are_added_and_runs_made_one_leaves_nothing() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let (dir, search) = folder(&home);
    let all = records(&world, 0..40);
    let mut store = open(&dir);
    let mut erased = BTreeSet::new();
    for (number, some) in all.chunks(2).enumerate() {
        put(&mut store, &some.iter().collect::<Vec<_>>());
        // Whatever is under way after so many questions.
        for asked in 0.. {
            if asked == number % 7 && number % 2 == 1 {
                erase(&mut store, &[some[0].body_id()]);
                erased.insert(some[0].id);
                assert_nothing_of(
                    &search,
                    &some[0],
                    &all.iter().filter(|one| one.id != some[0].id).collect::<Vec<_>>(),
                );
            } else if store.catch_up_search_beside().unwrap().is_complete() && asked > 7 {
                break;
            }
            std::thread::yield_now();
        }
    }
    assert_holders(&mut store, &all, |record| !erased.contains(&record.id), "after all of it");
}

#[test]
fn an_index_that_would_take_up_again_what_is_not_here_is_made_anew() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let (dir, search) = folder(&home);
    let all = records(&world, 0..6);
    let mut store = open(&dir);
    fill(&mut store, &all[..5], 10);
    erase(&mut store, &[all[0].body_id()]);
    drop(store);
    let list = fs::read_dir(&search).unwrap().map(|file| file.unwrap().path());
    let list = list.into_iter().find(|path| path.to_str().unwrap().contains("again.")).unwrap();
    let mut ids = fs::read(&list).unwrap();
    ids[..2 * Cid::LEN].copy_from_slice(&[all[5].id.0.to_bytes(), all[5].body_id().to_bytes()].concat());
    fs::write(&list, ids).unwrap();
    let mut store = open(&dir);
    catch_up(&mut store, 10);
    let found = super::found(&mut store, &["w2000x1"], "{}");
    assert_eq!(sorted(found), sorted(all[1..5].iter().map(|record| record.id).collect()));
}

/// Numbers that follow from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        ((self.0 >> 33) % end as u64) as usize
    }
}

#[test]
fn holders_follow_from_what_is_here_whatever_was_added_erased_and_interrupted() {
    let world = World::new();
    let all = records(&world, 0..24);
    for seed in 0..6 {
        let home = tempfile::tempdir().unwrap();
        let (dir, search) = folder(&home);
        let past = home.path().join("past");
        let (mut random, mut store) = (Random(seed), open(&dir));
        let (mut headers, mut bodies) = (BTreeSet::new(), BTreeSet::new());
        for round in 0..50 {
            let record = &all[random.below(all.len())];
            let mut batch = Batch::default();
            match random.below(9) {
                0..=2 => {
                    for record in (0..1 + random.below(6)).map(|_| &all[random.below(all.len())]) {
                        batch.put(Shelf::Certified, record.body_id(), record.body.clone());
                        batch.put(Shelf::Certified, record.id.0, record.header.clone());
                        headers.insert(record.id);
                        bodies.insert(record.id);
                    }
                    store.commit(&batch).unwrap();
                }
                3 => {
                    batch.put(Shelf::Certified, record.id.0, record.header.clone());
                    headers.insert(record.id);
                    store.commit(&batch).unwrap();
                }
                4 | 5 => {
                    if bodies.remove(&record.id) {
                        batch.erase(Shelf::Certified, record.body_id());
                    }
                    if random.below(3) == 0 && headers.remove(&record.id) {
                        batch.erase(Shelf::Certified, record.id.0);
                    }
                    store.commit(&batch).unwrap();
                    let others = all.iter().filter(|other| bodies.contains(&other.id)).collect::<Vec<_>>();
                    // Where nothing was erased, something may just be written.
                    if !batch.erasures.is_empty() && !bodies.contains(&record.id) && search.exists() {
                        assert_nothing_of(&search, record, &others);
                    }
                }
                6 => drop(store.catch_up_search(1 + random.below(4)).unwrap()),
                7 => drop(store.catch_up_search_beside().unwrap()),
                _ => {
                    drop(store);
                    // Now and then the folder of some time ago, with what has been written since beside it.
                    match random.below(3) {
                        0 if past.exists() && search.exists() => copy(&past, &search),
                        1 if search.exists() => {
                            let _ = fs::remove_dir_all(&past);
                            copy(&search, &past);
                        }
                        _ => {}
                    }
                    store = open(&dir);
                }
            }
            if round % 7 == 6 {
                catch_up(&mut store, 1 + random.below(30));
                let live = |record: &Record| headers.contains(&record.id) && bodies.contains(&record.id);
                assert_holders(&mut store, &all, live, &format!("with {seed} after {round}"));
            }
        }
    }
}
