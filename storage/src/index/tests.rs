use super::merged::Merged;
use super::run::Run;
use super::write::Writer;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn written(dir: &Path, number: u64, entries: &Model) -> Run {
    let path = dir.join(format!("{number}.run"));
    let mut writer = Writer::create(&path).unwrap();
    entries.iter().for_each(|(key, value)| writer.push(key, value).unwrap());
    writer.finish().unwrap();
    Run::open(&path, number).unwrap()
}

/// Entries of a length that makes some hundred leaves and several inner pages, with keys that share their beginnings.
fn many() -> Model {
    let key = |n: u32| [&b"l\0"[..], &Cid::of_cbor(&(n / 3).to_be_bytes()).to_bytes(), &n.to_be_bytes()].concat();
    (0..9_000).map(|n| (key(n), [&[HELD][..], &vec![7; n as usize % 90]].concat())).collect()
}

fn read(mut merged: Merged<'_>) -> Model {
    let mut found = Model::new();
    while let Some((key, value)) = merged.next().unwrap() {
        assert!(found.insert(key.to_vec(), value.to_vec()).is_none(), "each key once");
    }
    found
}

#[test]
fn a_run_finds_each_of_its_entries_nothing_else_and_all_that_follow_a_key() {
    let dir = tempfile::tempdir().unwrap();
    let entries = many();
    let run = written(dir.path(), 1, &entries);
    assert_eq!(run.entries(), entries.len() as u64);
    for (key, value) in &entries {
        assert_eq!(run.get(key).unwrap().as_ref(), Some(value));
        for other in [&key[..key.len() - 1], &[&key[..], &[0]].concat()] {
            assert_eq!(run.get(other).unwrap(), None);
        }
    }
    let keys: Vec<_> = entries.keys().cloned().collect();
    for key in keys.iter().step_by(997).flat_map(|key| [key.clone(), [key, &[0][..]].concat(), key[..9].to_vec()]) {
        let following =
            entries.range(key.clone()..).map(|(key, value)| (key.clone(), value.clone())).collect::<Model>();
        assert_eq!(read(Merged::of_runs([&run], &key).unwrap()), following);
    }
    for (key, there) in [(&b""[..], true), (b"a", true), (b"m", false)] {
        assert_eq!(run.get(key).unwrap(), None);
        assert_eq!(Merged::of_runs([&run], key).unwrap().next().unwrap().is_some(), there);
    }
    let empty = written(dir.path(), 2, &Model::new());
    assert_eq!(empty.get(b"l").unwrap(), None);
    assert_eq!(read(Merged::of_runs([&empty], b"").unwrap()), Model::new());
}

#[test]
fn a_run_that_is_cut_or_changed_anywhere_is_refused_or_gives_what_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let entries = many();
    drop(written(dir.path(), 1, &entries));
    let path = dir.path().join("1.run");
    let whole = fs::read(&path).unwrap();
    for size in [0, 1, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..size]).unwrap();
        assert!(Run::open(&path, 1).is_err(), "cut to {size}");
    }
    let mut refused = 0;
    let harmed = |at: usize, by: u8| {
        let mut harmed = whole.clone();
        harmed[at] ^= by;
        (at, harmed)
    };
    let anywhere = (0..whole.len()).step_by(whole.len() / 60).chain(whole.len() - 40..whole.len());
    // The kind and the length of the first page, by every bit.
    let head = (0..5).flat_map(|at| (0..8).map(move |bit| (at, 1 << bit)));
    for (at, harmed) in anywhere.map(|at| harmed(at, 0x41)).chain(head.map(|(at, by)| harmed(at, by))) {
        fs::write(&path, &harmed).unwrap();
        let mut found = Model::new();
        let all = Run::open(&path, 1).map_err(sled::Error::Io).and_then(|run| {
            let mut merged = Merged::of_runs([&run], b"")?;
            while let Some((key, value)) = merged.next()? {
                found.insert(key.to_vec(), value.to_vec());
            }
            Ok(run.entries())
        });
        refused += usize::from(all.is_err());
        assert!(all.is_err() || found == entries, "changed at {at}");
        assert!(found.iter().all(|(key, value)| entries.get(key) == Some(value)), "changed at {at}");
    }
    assert!(refused > 140, "{refused}");
}

/// Some entries, a third of which say that something is gone.
fn some() -> impl Strategy<Value = Model> {
    let value = prop_oneof![Just(vec![]), (0..9u8).prop_map(|n| vec![HELD, n]), Just(vec![HELD])];
    prop::collection::btree_map(prop::collection::vec(0..3u8, 1..4), value, 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_several_entries_of_a_key_the_newest_counts_in_the_tree_in_runs_and_in_runs_made_one(
        layers in prop::collection::vec(some(), 1..6),
        from in prop::collection::vec(0..3u8, 0..3),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let all: Model = layers.iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
        let held = |all: &Model| all.iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| (key.clone(), value.clone())).collect::<Model>();
        let behind = |all: &Model| all.range(from.clone()..).map(|(key, value)| (key.clone(), value.clone())).collect::<Model>();
        let runs: Vec<Run> = layers.iter().rev().zip(1..).map(|(layer, number)| written(dir.path(), number, layer)).collect();
        prop_assert_eq!(read(Merged::of_runs(&runs, &from).unwrap()), behind(&all));

        let db = sled::Config::new().temporary(true).open().unwrap();
        layers.last().unwrap().iter().for_each(|(key, value)| drop(db.insert(key, &value[..]).unwrap()));
        prop_assert_eq!(read(Merged::of(&db, &runs[1..], &from).unwrap()), behind(&all));
        let mut merged = Merged::of(&db, &runs[1..], &from).unwrap();
        let mut found = Model::new();
        while let Some((key, value)) = merged.next_held().unwrap() {
            found.insert(key.to_vec(), [&[HELD], value].concat());
        }
        prop_assert_eq!(found, held(&behind(&all)));

        for oldest in [false, true] {
            let into = dir.path().join("merged");
            prop_assert!(write::merge(&runs, oldest, &into, &AtomicBool::new(false)).unwrap());
            let one = Run::open(&into, 99).unwrap();
            let expected = if oldest { held(&all) } else { all.clone() };
            prop_assert_eq!(read(Merged::of_runs([&one], b"").unwrap()), expected, "gone is said as long as an older run may hold it");
        }
    }
}

/// An index of so many blocks without a byte, the n-th at the n-th place, that writes a run after every 500 entries.
fn filled(path: &Path, blocks: u32) -> Index {
    let (mut index, _) = Index::open(path, 500).unwrap();
    for n in (0..blocks).collect::<Vec<_>>().chunks(50) {
        let mut changes = Changes::default();
        n.iter().for_each(|n| changes.add(Shelf::Live, &id(*n), at(*n), vec![entry(*n)]));
        changes.mark(SeriesId::Shelf(Shelf::Live), at(n[n.len() - 1]));
        index.apply(changes).unwrap();
    }
    index
}

fn id(n: u32) -> Cid {
    Cid::of_cbor(&n.to_be_bytes())
}

fn at(n: u32) -> Location {
    Location { at: Position { file: 1, offset: u64::from(n) }, size: 0 }
}

fn entry(n: u32) -> IndexEntry {
    IndexEntry { key: n.to_be_bytes().to_vec(), value: vec![] }
}

fn assert_holds(index: &Index, blocks: u32, gone: impl Fn(u32) -> bool) {
    for n in 0..blocks {
        assert_eq!(index.location(Shelf::Live, &id(n)).unwrap(), (!gone(n)).then(|| at(n)), "{n}");
    }
    let expected: Vec<_> = (0..blocks).filter(|n| !gone(*n)).map(entry).collect();
    assert_eq!(index.scan(b"", None, blocks as usize + 1).unwrap(), expected);
    let mut known: Vec<_> = (0..blocks).filter(|n| !gone(*n)).map(|n| (id(n), at(n))).collect();
    known.sort_by_key(|(cid, _)| *cid);
    assert_eq!(index.locations(Shelf::Live).collect::<Result<Vec<_>, _>>().unwrap(), known);
    assert_eq!(index.mark(SeriesId::Shelf(Shelf::Live)).unwrap().map(|mark| mark.last), Some(at(blocks - 1)));
}

fn run_files(path: &Path) -> Vec<String> {
    let files = fs::read_dir(path.join("runs")).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Waits for what is being made one, as the next change would if it were done.
fn settled(index: &mut Index) {
    while !index.runs.is_settled() {
        index.take_merged().unwrap();
        index.runs.begin_merge();
    }
}

#[test]
fn what_sled_holds_and_the_number_of_runs_stay_small_however_much_is_put() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index");
    let mut index = filled(&path, 8_000);
    assert!(index.recent.len() <= 600, "{} in sled", index.recent.len());
    settled(&mut index);
    assert!(index.runs.numbers().len() <= 4, "{:?}", index.runs.numbers());
    assert_eq!(run_files(&path).len(), index.runs.numbers().len(), "runs that count no more are removed");
    assert_holds(&index, 8_000, |_| false);
    drop(index);
    let (index, made) = Index::open(&path, 500).unwrap();
    assert_eq!(made, None);
    assert_holds(&index, 8_000, |_| false);
}

#[test]
fn what_is_removed_is_gone_from_every_run_and_from_those_made_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index");
    let mut index = filled(&path, 3_000);
    let gone = |n: u32| n.is_multiple_of(7);
    let removed: Vec<u32> = (0..3_000).filter(|n| gone(*n)).collect();
    for (place, n) in removed.iter().enumerate() {
        let mut changes = Changes::default();
        match place % 2 {
            0 => changes.remove(Shelf::Live, &id(*n), &[entry(*n)]),
            _ => {
                changes.remove(Shelf::Live, &id(*n), &[]);
                index.remove_contributed(&BTreeSet::from([(Shelf::Live, id(*n))])).unwrap();
            }
        }
        index.apply(changes).unwrap();
    }
    assert_holds(&index, 3_000, gone);
    settled(&mut index);
    assert_holds(&index, 3_000, gone);
    let mut again = Changes::default();
    again.add(Shelf::Live, &id(0), at(0), vec![entry(0)]);
    index.apply(again).unwrap();
    assert_holds(&index, 3_000, |n| gone(n) && n > 0);
}

#[test]
fn what_a_crash_leaves_beside_the_state_is_removed_and_a_run_that_is_lost_has_the_index_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index");
    let mut index = filled(&path, 2_000);
    settled(&mut index);
    let (runs, generation) = (run_files(&path), index.generation);
    // Killed while a run was written, or before it counted, or before the tree that it replaces was dropped.
    for left in [generation - 1, generation + 1] {
        index.db.open_tree(opening::tree(left)).unwrap().insert(b"l\x02left", &[HELD]).unwrap();
    }
    fs::write(path.join("runs/99999999.run"), b"half").unwrap();
    drop(index);
    let (index, made) = Index::open(&path, 500).unwrap();
    assert_eq!((made, run_files(&path)), (None, runs.clone()));
    assert_eq!(index.db.tree_names().len(), 2, "sled's own and the recent one");
    assert_holds(&index, 2_000, |_| false);
    drop(index);

    fs::remove_file(path.join("runs").join(&runs[0])).unwrap();
    assert!(Index::existing(&path).is_err());
    let (index, made) = Index::open(&path, 500).unwrap();
    assert_eq!(made, Some("the index could not be read"));
    assert_eq!(index.scan(b"", None, 10).unwrap(), []);
}

#[test]
fn an_index_whose_run_is_damaged_says_how_to_make_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index");
    let mut index = filled(&path, 2_000);
    settled(&mut index);
    drop(index);
    let file = path.join("runs").join(&run_files(&path)[0]);
    let mut bytes = fs::read(&file).unwrap();
    let pages = bytes.len() * 9 / 10;
    bytes[..pages].iter_mut().skip(20).for_each(|byte| *byte ^= 1);
    fs::write(&file, bytes).unwrap();
    let (index, _) = Index::open(&path, 500).unwrap();
    assert!(index.read_through().is_err());
    let error = index.scan(b"", None, 2_000).unwrap_err().to_string();
    assert!(error.contains("a run of the index is damaged") && error.contains("rebuild-index"), "{error}");
    assert!(index.locations(Shelf::Live).count() < 2_000);
    assert!(index.locations(Shelf::Live).last().is_some_and(|last| last.is_err()), "not taken for the end");
}

#[test]
fn runs_that_cannot_be_made_one_stop_no_change_until_there_are_as_many_as_are_read_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index");
    drop(filled(&path, 500));
    let first = path.join("runs").join(&run_files(&path)[0]);
    let mut bytes = fs::read(&first).unwrap();
    bytes[30] ^= 1;
    fs::write(&first, bytes).unwrap();
    let (mut index, _) = Index::open(&path, 4).unwrap();
    let failed = (500..1_000u32).find_map(|n| {
        let mut changes = Changes::default();
        changes.add(Shelf::Live, &id(n), at(n), vec![entry(n)]);
        changes.mark(SeriesId::Shelf(Shelf::Live), at(n));
        index.apply(changes).err().map(|error| (n, error.to_string()))
    });
    let runs = index.runs.numbers().len();
    assert_eq!(runs, merged::MOST_RUNS);
    let (last, error) = failed.unwrap();
    assert!(error.contains("a run of the index is damaged"), "{error}");
    assert_eq!(index.location(Shelf::Live, &id(last)).unwrap(), Some(at(last)), "what was changed is not lost");
}

#[test]
fn entries_stay_in_sled_while_no_run_can_be_written_and_are_written_when_one_can() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index");
    let (mut index, _) = Index::open(&path, 100).unwrap();
    let in_the_way: Vec<_> = (1..10).map(|n| path.join(format!("runs/{n:08}.run"))).collect();
    in_the_way.iter().for_each(|folder| fs::create_dir_all(folder).unwrap());
    let put = |index: &mut Index, n: u32| {
        let mut changes = Changes::default();
        changes.add(Shelf::Live, &id(n), at(n), vec![entry(n)]);
        changes.mark(SeriesId::Shelf(Shelf::Live), at(n));
        index.apply(changes)
    };
    (0..150).for_each(|n| put(&mut index, n).unwrap());
    assert_holds(&index, 150, |_| false);
    drop(index);
    let (mut index, made) = Index::open(&path, 100).unwrap();
    assert_eq!(made, None);
    // As opening a store does where nothing is new.
    index.apply(Changes::default()).unwrap();
    let refused = (150..300).find_map(|n| put(&mut index, n).err()).unwrap();
    assert!(refused.to_string().contains("index"), "{refused}");
    in_the_way.iter().for_each(|folder| fs::remove_dir(folder).unwrap());
    (150..400).for_each(|n| put(&mut index, n).unwrap());
    assert!(index.recent.len() < 110 && !index.runs.numbers().is_empty());
    assert_holds(&index, 400, |_| false);
}
