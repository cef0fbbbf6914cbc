//! The search index beside a store: what it finds, how it follows, and that what is erased leaves it.

#![allow(clippy::unwrap_used)]

mod follow;
mod prints;
#[path = "../support/mod.rs"]
mod support;
#[allow(dead_code)]
#[path = "../../../protocol/examples/vectors/world.rs"]
mod world;

use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::dataset::Filter;
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::{Batch, Shelf, Store};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::record::content::{Chat, Content, Label, Message, Role};
use commonwheel_protocol::record::{RecordId, SignedHeader};
use commonwheel_protocol::search::{Query, VERSION, trace};
use commonwheel_storage::CarStore;
use commonwheel_storage::search::{CaughtUp, SEARCH, held};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use support::copy;
use tempfile::TempDir;
use world::World;

/// A record: its id, its header and its body.
#[derive(Clone)]
struct Record {
    id: RecordId,
    header: Vec<u8>,
    body: Vec<u8>,
}

impl Record {
    /// A chat that says this. The number makes it unlike others that say the same.
    fn saying(world: &World, number: u8, text: &str) -> Record {
        let messages =
            vec![Message::new(Role::User, world.clean(text)), Message::new(Role::Assistant, world.clean("So."))];
        let label = if number.is_multiple_of(2) { Label::Good } else { Label::Fail };
        let mut body = world.body(number, Content::Chat(Chat { messages, label, note: None }));
        body.language = Some(if number < 100 { "de-AT" } else { "fr" }.to_owned());
        let body = body.to_bytes().unwrap();
        let mut header = world.header(&body);
        header.licence = if number.is_multiple_of(3) { Licence::Cc0 } else { Licence::CcBy4 };
        let header = header.sign(&world.named());
        Record { id: SignedHeader::verify(&header).unwrap().id(), header, body }
    }

    fn body_id(&self) -> Cid {
        Cid::of_cbor(&self.body)
    }
}

fn open(dir: &Path) -> CarStore {
    CarStore::open(dir, index::derive).unwrap()
}

fn put(store: &mut CarStore, records: &[&Record]) {
    let mut batch = Batch::default();
    for record in records {
        batch.put(Shelf::Certified, record.body_id(), record.body.clone());
        batch.put(Shelf::Certified, record.id.0, record.header.clone());
    }
    store.commit(&batch).unwrap();
}

fn erase(store: &mut CarStore, blocks: &[Cid]) {
    let mut batch = Batch::default();
    blocks.iter().for_each(|block| batch.erase(Shelf::Certified, *block));
    store.commit(&batch).unwrap();
}

fn catch_up(store: &mut CarStore, most: usize) -> usize {
    (1..).find(|_| store.catch_up_search(most).unwrap().is_complete()).unwrap()
}

fn found(store: &mut CarStore, words: &[&str], filter: &str) -> Vec<RecordId> {
    let filter: Filter = serde_json::from_str(filter).unwrap();
    let hits = store.search(&Query::read(words).unwrap(), &filter, 10).unwrap();
    hits.into_iter().map(|hit| hit.record).collect()
}

fn ids(records: &[&Record]) -> Vec<RecordId> {
    records.iter().map(|record| record.id).collect()
}

fn sorted(mut ids: Vec<RecordId>) -> Vec<RecordId> {
    ids.sort();
    ids
}

fn folder(home: &TempDir) -> (PathBuf, PathBuf) {
    (home.path().join("store"), home.path().join("store").join(SEARCH))
}

#[test]
fn words_phrases_and_filters_find_what_holds_them_the_most_relevant_first() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let mut store = open(&folder(&home).0);
    let short = Record::saying(&world, 1, "The old mill.");
    let long = Record::saying(&world, 2, "An old story of a mill and of many other things that are told at length.");
    let other = Record::saying(&world, 3, "水车坏了，Crème brûlée");
    let late = Record::saying(&world, 104, "The old mill.");
    put(&mut store, &[&long, &short, &other]);
    assert_eq!(found(&mut store, &["mill"], "{}"), [], "nobody has searched yet, and nothing is there");
    assert!(!folder(&home).1.exists());
    catch_up(&mut store, 2);
    assert_eq!(found(&mut store, &["MILL"], "{}"), ids(&[&short, &long]));
    assert_eq!(found(&mut store, &["old mill"], "{}"), ids(&[&short]));
    assert_eq!(found(&mut store, &["mill so"], "{}"), [], "a phrase stands in one text");
    assert_eq!(found(&mut store, &["mill", "told"], "{}"), ids(&[&long]));
    assert_eq!(found(&mut store, &["创"], "{}"), []);
    assert_eq!(found(&mut store, &["车坏", "creme"], "{}"), ids(&[&other]));
    for (filter, expected) in [
        (r#"{"language":["de"]}"#, vec![&short, &long]),
        (r#"{"language":["fr"]}"#, vec![]),
        (r#"{"label":["good"]}"#, vec![&long]),
        (r#"{"licence":["CC0-1.0"]}"#, vec![]),
        (r#"{"use":"search","kind":["chat"],"month":["2027-01"]}"#, vec![&short, &long]),
        (r#"{"use":"evaluate"}"#, vec![]),
    ] {
        assert_eq!(found(&mut store, &["mill"], filter), ids(&expected), "{filter}");
    }
    put(&mut store, &[&late]);
    catch_up(&mut store, 100);
    let equals = sorted(ids(&[&short, &late]));
    assert_eq!(found(&mut store, &["old mill"], "{}"), equals, "equals stand in the order of their ids");
}

#[test]
fn fingerprints_lead_to_every_record_that_has_a_span_and_say_how_many_there_are() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let mut store = open(&folder(&home).0);
    let said = "one of the things that a wheel has in common with a mill is that it turns";
    let all: Vec<_> = (0..12).map(|number| Record::saying(&world, number, &format!("Case {number}: {said}"))).collect();
    put(&mut store, &all.iter().collect::<Vec<_>>());
    catch_up(&mut store, 5);
    let prints = trace::prints(&[said]);
    let holders = store.holders(&prints, 3).unwrap();
    assert_eq!(holders.len(), prints.len());
    let first = sorted(all.iter().map(|record| record.id).collect())[..3].to_vec();
    assert!(holders.iter().any(|one| one.all == 12 && one.records == first), "{holders:?}");
    assert_eq!(store.holders(&[7], 3).unwrap()[0].all, 0);
}

#[test]
fn the_records_that_are_named_for_a_fingerprint_follow_from_those_that_hold_it_however_many_there_are() {
    let world = World::new();
    let said = "one of the things that a wheel has in common with a mill is that it turns";
    let mut all: Vec<_> =
        (0..500u16).map(|number| Record::saying(&world, number as u8, &format!("Case {number}: {said}"))).collect();
    let ids = sorted(all.iter().map(|record| record.id).collect());
    let print = trace::prints(&[said])[0];
    for slice in [400, 7] {
        let home = tempfile::tempdir().unwrap();
        let mut store = open(&folder(&home).0);
        put(&mut store, &all.iter().collect::<Vec<_>>());
        catch_up(&mut store, slice);
        for most in [1, 2, 5, 20, 31, 200, 500] {
            let holders = store.holders(&[print, 7], most).unwrap();
            assert_eq!((&holders[0].records[..], holders[0].all), (&ids[..most], 500), "{most} in slices of {slice}");
            assert_eq!(holders[1].records, []);
        }
        assert!(held(&folder(&home).1).unwrap().1.iter().all(|print| *print < 1 << trace::PRINT_BITS));
        all.reverse();
    }
}

#[test]
fn what_is_erased_leaves_no_word_and_the_others_are_found_again() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let (dir, search) = folder(&home);
    let mut store = open(&dir);
    let kept: Vec<_> = (0..20)
        .map(|number| Record::saying(&world, number, "A mill by the river turns all day and all night"))
        .collect();
    let secret = "Quartzophone xylograph zephyrine brontide of my own making and for nobody else to read";
    let gone = Record::saying(&world, 50, secret);
    let purged = Record::saying(&world, 51, "Limnoria kakistocracy");
    put(&mut store, &kept.iter().chain([&gone, &purged]).collect::<Vec<_>>());
    // Some in slices of their own, so that segments are merged.
    catch_up(&mut store, 1);
    let (words, prints) = held(&search).unwrap();
    let secrets = ["quartzophone", "xylograph", "zephyrine", "brontide", "limnoria", "kakistocracy"];
    assert!(secrets.iter().all(|word| words.contains(*word)) && words.contains("mill"));
    let secret_prints: BTreeSet<_> = trace::prints(&[secret]).into_iter().collect();
    assert!(secret_prints.is_subset(&prints));

    erase(&mut store, &[gone.body_id()]);
    erase(&mut store, &[purged.id.0]);
    let (words, prints) = held(&search).unwrap();
    assert!(secrets.iter().all(|word| !words.contains(*word)), "{words:?}");
    assert!(secret_prints.is_disjoint(&prints));
    let files = fs::read_dir(&search).unwrap().map(|entry| entry.unwrap().path());
    let segments = files.filter(|path| path.extension().is_none_or(|extension| extension != "ids"));
    let id = gone.id.0.to_bytes();
    let names_it = |path: PathBuf| fs::read(path).unwrap().windows(id.len()).any(|window| window == id);
    assert!(!segments.into_iter().any(names_it), "nor is it named, but as one whose body is not here");
    assert_eq!(found(&mut store, &["quartzophone"], "{}"), []);

    catch_up(&mut store, 7);
    let mut all = store.search(&Query::read(&["mill"]).unwrap(), &Filter::default(), 100).unwrap();
    all.sort_by_key(|hit| hit.record);
    let every: Vec<_> = all.into_iter().map(|hit| hit.record).collect();
    assert_eq!(every, sorted(kept.iter().map(|record| record.id).collect()), "each once");
    assert_eq!(found(&mut store, &["limnoria"], "{}"), []);
    let (words, _) = held(&search).unwrap();
    assert!(secrets.iter().all(|word| !words.contains(*word)));
}

#[test]
fn an_index_from_a_backup_lets_go_of_what_was_erased_since() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let (dir, search) = folder(&home);
    let (kept, gone) = (Record::saying(&world, 1, "mill"), Record::saying(&world, 2, "quartzophone"));
    let mut store = open(&dir);
    put(&mut store, &[&kept, &gone]);
    catch_up(&mut store, 10);
    drop(store);
    let backup = home.path().join("backup");
    copy(&search, &backup);
    let mut store = open(&dir);
    erase(&mut store, &[gone.body_id()]);
    drop(store);
    fs::remove_dir_all(&search).unwrap();
    copy(&backup, &search);
    assert!(held(&search).unwrap().0.contains("quartzophone"));
    let mut store = open(&dir);
    catch_up(&mut store, 10);
    assert!(!held(&search).unwrap().0.contains("quartzophone"));
    assert_eq!(found(&mut store, &["mill"], "{}"), ids(&[&kept]));
}

#[test]
fn an_index_that_is_damaged_or_of_other_rules_is_made_anew_and_leftovers_are_removed() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let (dir, search) = folder(&home);
    let record = Record::saying(&world, 1, "mill");
    let mut store = open(&dir);
    put(&mut store, &[&record]);
    catch_up(&mut store, 10);
    drop(store);
    let meta = fs::read_to_string(search.join("meta.json")).unwrap();
    let segment = fs::read_dir(&search).unwrap().map(|entry| entry.unwrap().path());
    let segment = segment.into_iter().find(|path| path.extension().is_some_and(|ext| ext == "term")).unwrap();
    let whole = home.path().join("whole");
    copy(&search, &whole);
    let harms: [(&str, &dyn Fn()); 5] = [
        ("a file is cut off", &|| fs::write(&segment, b"short").unwrap()),
        ("a file is gone", &|| fs::remove_file(&segment).unwrap()),
        ("nothing names the segments", &|| fs::remove_file(search.join("meta.json")).unwrap()),
        ("what names them is no JSON", &|| fs::write(search.join("meta.json"), b"{").unwrap()),
        ("other rules made it", &|| {
            let other = meta.replace(&format!(r#"{{\"version\":{VERSION},"#), r#"{\"version\":0,"#);
            assert_ne!(other, meta);
            fs::write(search.join("meta.json"), other).unwrap();
        }),
    ];
    for (harm, does) in harms {
        fs::remove_dir_all(&search).unwrap();
        copy(&whole, &search);
        does();
        let mut store = open(&dir);
        catch_up(&mut store, 10);
        assert_eq!(found(&mut store, &["mill"], "{}"), ids(&[&record]), "{harm}");
    }
    fs::write(search.join("0123.term"), b"words that a crash has left").unwrap();
    let mut store = open(&dir);
    // An erasure alone opens it.
    erase(&mut store, &[Cid::of_cbor(b"nothing")]);
    assert!(!search.join("0123.term").exists());
    assert_eq!(store.catch_up_search(10).unwrap(), store.catch_up_search(10).unwrap());
    drop(store);
    CarStore::rebuild_index(&dir, index::derive).unwrap();
    assert!(!search.exists(), "it is made when somebody searches");
}

#[test]
fn a_body_that_comes_late_is_found_and_one_that_goes_early_is_not() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    let mut store = open(&folder(&home).0);
    let (late, never) = (Record::saying(&world, 1, "mill"), Record::saying(&world, 2, "mill"));
    let mut batch = Batch::default();
    batch.put(Shelf::Certified, late.id.0, late.header.clone());
    store.commit(&batch).unwrap();
    put(&mut store, &[&never]);
    erase(&mut store, &[never.body_id()]);
    catch_up(&mut store, 10);
    assert_eq!(found(&mut store, &["mill"], "{}"), []);
    put(&mut store, &[&late]);
    catch_up(&mut store, 10);
    assert_eq!(found(&mut store, &["mill"], "{}"), ids(&[&late]));
    let CaughtUp { done, all } = store.catch_up_search(10).unwrap();
    assert_eq!(done, all);
}
