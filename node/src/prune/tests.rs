use super::*;
use crate::benchmark;
use crate::export::events::{Events, decide, resolve, withdraw};
use crate::export::fixture::{Certified, Commons, TERMS, source, store_of};
use crate::export::{ExportOptions, Which, export};
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::dataset::{Merging, Partition, View};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::operation::Ruling;
use commonwheel_storage::MemoryStore;
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;

/// A community before and after more was erased: one withdrawn, one taken down, one revised.
struct Case {
    temp: TempDir,
    events: Events,
    before: MemoryStore,
    after: MemoryStore,
    erased: BTreeMap<String, &'static str>,
}

impl Case {
    fn new() -> Self {
        Case::of(Events::new())
    }

    fn of(events: Events) -> Self {
        let [.., revised, taken, withdrawn] = &events.kept[..] else { panic!("expected more records") };
        let revision = events.commons.example(50, 50, None, &events.successor);
        let takedown = decide(&events.successor, Ruling::Takedown(taken.id()));
        let mut more = vec![resolve(&events.commons, &takedown, &events.successor), withdraw(&withdrawn.header, 26)];
        more.extend(revision.blocks());
        let (before, after) = (events.store(), events.store_with(&more));
        let erased =
            BTreeMap::from([(taken.id().to_string(), "taken-down"), (withdrawn.id().to_string(), "withdrawn")]);
        assert_ne!(revised.id(), revision.id());
        Case { temp: TempDir::new().unwrap(), before, after, erased, events }
    }

    fn dir(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }

    fn export(&self, store: &MemoryStore, name: &str, change: impl Fn(&mut ExportOptions)) -> PathBuf {
        let mut options = ExportOptions::to(self.dir(name));
        change(&mut options);
        export(&source(store, &self.events.commons, TERMS), &[], &options, &mut |_, _| {}).unwrap();
        self.dir(name)
    }

    fn release(&self, store: &MemoryStore, name: &str, number: i64) -> PathBuf {
        self.export(store, name, |options| options.release = Some(Which::Number(number)))
    }

    /// The hidden folders that lie beside exports.
    fn beside(&self) -> Vec<String> {
        let names = fs::read_dir(self.temp.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with('.')).collect()
    }

    fn why(&self, pruned: &Pruned) -> BTreeMap<String, &'static str> {
        pruned.removed.iter().map(|one| (one.id.clone(), one.why)).collect()
    }
}

pub(super) fn prune(dir: &Path, by: &Path) -> Result<Pruned, PruneError> {
    by_export(dir, by, false, &mut |_, _| {})
}

/// What a node knows that follows one community.
pub(super) fn of_one<'a>(store: &'a MemoryStore, commons: &'a Commons) -> BTreeMap<String, Source<'a, MemoryStore>> {
    [(commons.founding.community().to_string(), source(store, commons, TERMS))].into()
}

pub(super) fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |path: String| (path.clone(), fs::read(dir.join(path)).unwrap());
    folder::files(dir).unwrap().into_iter().map(read).collect()
}

pub(super) fn assert_same(one: &Path, two: &Path) {
    let (one, two) = (files(one), files(two));
    let differing: Vec<_> = one.keys().chain(two.keys()).filter(|path| one.get(*path) != two.get(*path)).collect();
    assert!(differing.is_empty(), "{differing:?}");
}

fn check(dir: &Path) {
    verify::verify(dir, &Expected::default(), &mut |_, _| {}).unwrap();
}

#[test]
fn rows_that_are_kept_apart_for_evaluation_stay_apart() {
    let keeps = |charter: &mut Charter| charter.customs.evaluation = Some(500);
    let case = Case::of(Events::of(Commons::with("eventful", keeps), keeps));
    let (older, newer) = (case.release(&case.before, "older", 2), case.release(&case.after, "newer", 2));
    assert!(files(&older).keys().any(|path| Partition::is_apart(path)));
    prune(&older, &newer).unwrap();
    check(&older);
    assert_same(&older, &newer);
}

#[test]
fn what_a_newer_edition_of_the_release_proves_erased_is_removed_and_the_two_are_the_same_then() {
    let case = Case::new();
    let views = |options: &mut ExportOptions| {
        options.release = Some(Which::Number(2));
        options.views = [View::Tsv, View::Sft].into();
    };
    let old = case.export(&case.before, "old", views);
    let new = case.export(&case.after, "new", views);
    let pruned = prune(&old, &new).unwrap();
    assert_eq!(case.why(&pruned), case.erased);
    assert_eq!(pruned.rows_before, pruned.rows + 2);
    assert_same(&old, &new);
    check(&old);
    let mut left: Vec<_> = fs::read_dir(case.temp.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["new", "old"], "nothing is left beside them");
    let again = prune(&old, &new).unwrap();
    assert!(again.removed.is_empty() && again.export.is_none());
}

#[test]
fn an_older_release_is_pruned_by_a_later_one_and_by_a_state() {
    let case = Case::new();
    let wanted = case.release(&case.after, "wanted", 1);
    for name in ["edition", "state"] {
        let old = case.release(&case.before, &format!("old-{name}"), 1);
        let by = match name {
            "edition" => case.release(&case.after, name, 2),
            _ => case.export(&case.after, name, |_| {}),
        };
        let pruned = prune(&old, &by).unwrap();
        assert_eq!(case.why(&pruned), case.erased);
        check(&old);
        let rows =
            |dir: &Path| files(dir).into_iter().filter(|(path, _)| path.starts_with("data/")).collect::<Vec<_>>();
        assert_eq!(rows(&old), rows(&wanted), "{name}");
        if name == "edition" {
            assert_same(&old, &wanted);
        }
    }
}

#[test]
fn a_state_and_what_was_left_out_by_choice_are_pruned_too() {
    let case = Case::new();
    let old = case.export(&case.before, "old", |_| {});
    let new = case.export(&case.after, "new", |_| {});
    let pruned = prune(&old, &new).unwrap();
    assert_eq!(case.why(&pruned), case.erased);
    let now = verify::verify(&old, &Expected::default(), &mut |_, _| {}).unwrap();
    let newest = verify::verify(&new, &Expected::default(), &mut |_, _| {}).unwrap();
    assert_eq!((now.state_root, now.incomplete), (newest.state_root, 1), "what is new has no row, and is named");

    for filter in [r#"{"kind":["chat","example","translation"]}"#, r#"{"use":"train-ai"}"#] {
        let filtered = |options: &mut ExportOptions| {
            options.release = Some(Which::Number(2));
            options.replace = true;
            options.filter = serde_json::from_str(filter).unwrap();
        };
        let (old, wanted) = (case.export(&case.before, "part", filtered), case.export(&case.after, "wanted", filtered));
        let whole = case.release(&case.after, &format!("whole-{}", filter.len()), 2);
        let pruned = prune(&old, &whole).unwrap();
        check(&old);
        match pruned.removed.is_empty() {
            true => assert_eq!(pruned.rows, 0, "what holds no row keeps its bytes"),
            false => assert_same(&old, &wanted),
        }
        fs::remove_dir_all(&old).unwrap();
        fs::remove_dir_all(&wanted).unwrap();
    }
}

/// How the folder of an export and the bundle that prunes it are named to a process that is killed over it.
const KILLED: [&str; 2] = ["COMMONWHEEL_PRUNED", "COMMONWHEEL_PRUNED_BY"];

#[test]
fn whenever_it_is_killed_the_folder_is_the_old_or_the_new_one_and_the_next_time_finishes_it() {
    if let [Some(dir), Some(by)] = KILLED.map(std::env::var_os) {
        drop(prune(dir.as_ref(), by.as_ref()));
        return;
    }
    let case = Case::new();
    let by = case.release(&case.after, "by", 2);
    let (mut old, mut new) = (0, 0);
    for step in ["created", "written", "exchanged", "hidden", "removed"] {
        let dir = case.release(&case.before, "pruned", 2);
        let before = files(&dir);
        let name =
            "prune::tests::whenever_it_is_killed_the_folder_is_the_old_or_the_new_one_and_the_next_time_finishes_it";
        let mut process = Command::new(std::env::current_exe().unwrap());
        process.args(["--exact", name]).envs(KILLED.into_iter().zip([&dir, &by])).env("COMMONWHEEL_STOP_AT", step);
        let ended = process.output().unwrap();
        assert!(!ended.status.success(), "{step}: {}", String::from_utf8_lossy(&ended.stdout));
        match files(&dir) {
            left if left == before => old += 1,
            left if left == files(&by) => new += 1,
            left => panic!("{step}: {:?}", left.keys()),
        }
        assert!(!case.beside().is_empty(), "{step}: nothing was left, so that nothing was killed");
        prune(&dir, &by).unwrap();
        assert_same(&dir, &by);
        assert_eq!(case.beside(), Vec::<String>::new(), "{step}");
        fs::remove_dir_all(dir).unwrap();
    }
    assert_eq!((old, new), (2, 3));
}

#[test]
fn works_are_made_again_from_the_rows_that_are_left() {
    let case = Case::new();
    let merged = |options: &mut ExportOptions| {
        options.release = Some(Which::Number(2));
        options.merge = Some(Merging::Separate);
    };
    let (old, new) = (case.export(&case.before, "old", merged), case.export(&case.after, "new", merged));
    let work = |dir: &Path| files(dir).into_iter().filter(|(path, _)| path.starts_with(names::MERGED)).collect();
    let before: Vec<(String, Vec<u8>)> = work(&old);
    let whole = case.release(&case.after, "whole", 2);
    assert_eq!(case.why(&prune(&old, &whole).unwrap()), case.erased);
    assert_same(&old, &new);
    assert!(!before.is_empty() && before != work(&old), "{:?}", before.len());
    check(&old);
}

#[test]
fn what_overlaps_with_benchmarks_stays_out_and_is_listed_as_long_as_it_is_not_erased() {
    const QUESTION: &str = "How many sacks of wheat does the old mill by the river grind in eight hours?";
    let (commons, temp) = (Commons::named("millers"), TempDir::new().unwrap());
    let says = |n: u8, text: &str| commons.says(n, text, Licence::Cc0, "train-ai=y");
    let records = [says(60, QUESTION), says(61, &format!("So? {QUESTION}")), says(62, "Which tea?"), says(63, "Why?")];
    let mut after: Vec<_> = records.iter().flat_map(Certified::blocks).collect();
    after.extend([&records[0], &records[2]].into_iter().zip([60, 62]).map(|(one, who)| withdraw(&one.header, who)));
    after.push((commons.founding.cid(), commons.founding.bytes().to_vec()));
    let (before, after) = (commons.store(&records), store_of(&after));
    let benchmark = temp.path().join("mills.txt");
    fs::write(&benchmark, format!("{QUESTION}\n")).unwrap();
    let export = |store: &MemoryStore, name: &str, benchmarks: &[PathBuf]| {
        let loaded = benchmark::load(benchmarks, 13, &mut |_, _| {}).unwrap();
        let benchmarks = (!benchmarks.is_empty()).then(|| Arc::new(loaded));
        let options = ExportOptions { benchmarks, ..ExportOptions::to(temp.path().join(name)) };
        export(&source(store, &commons, TERMS), &[], &options, &mut |_, _| {}).unwrap();
        options.out
    };
    let clean = [benchmark.clone()];
    let (by_bundle, by_replica_) = (export(&before, "bundle", &clean), export(&before, "replica", &clean));
    let (wanted, whole) = (export(&after, "wanted", &clean), export(&after, "whole", &[]));
    let listed = |dir: &Path| fs::read_to_string(dir.join(names::CONTAMINATED)).unwrap().lines().count();
    assert_eq!((listed(&by_bundle), listed(&wanted)), (2, 1));
    for pruned in [
        prune(&by_bundle, &whole).unwrap(),
        by_replica(&by_replica_, &of_one(&after, &commons), false, &mut |_, _| {}).unwrap(),
    ] {
        assert_eq!((pruned.removed.len(), &pruned.removed[0].id, pruned.rows), (1, &records[2].id().to_string(), 1));
        assert_same(&pruned.dir, &wanted);
        let expected = Expected { benchmarks: clean.to_vec(), ..Expected::default() };
        verify::verify(&pruned.dir, &expected, &mut |_, _| {}).unwrap();
    }
}

#[test]
fn a_replica_prunes_what_it_knows_to_be_erased_and_refuses_while_it_knows_less() {
    let case = Case::new();
    let old = case.release(&case.before, "old", 2);
    let wanted = case.release(&case.after, "wanted", 2);
    let by =
        |store: &MemoryStore, dry_run| by_replica(&old, &of_one(store, &case.events.commons), dry_run, &mut |_, _| {});
    let before = files(&old);
    let dry = by(&case.after, true).unwrap();
    assert_eq!((case.why(&dry), dry.export.is_none(), files(&old) == before), (case.erased.clone(), true, true));
    assert_eq!(case.why(&by(&case.after, false).unwrap()), case.erased);
    assert_same(&old, &wanted);
}

#[test]
fn revocations_that_are_forged_remove_nothing() {
    let case = Case::new();
    let old = case.release(&case.before, "old", 2);
    let before = files(&old);
    let forged = case.release(&case.before, "forged", 2);
    let (path, sums) = (forged.join(names::REVOCATIONS), forged.join(names::SUMS));
    let text = fs::read_to_string(&path).unwrap();
    let victim = case.events.kept[0].id().to_string();
    let line = text.lines().next().unwrap();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).chain([line.replace(&line[7..66], &victim)]).collect();
    lines.sort_by_key(|line| line[7..66].parse::<commonwheel_protocol::bytes::Cid>().unwrap());
    let old_hash = fs::read_to_string(&sums).unwrap();
    fs::write(&path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let hash = data_encoding::HEXLOWER.encode(&<sha2::Sha256 as sha2::Digest>::digest(fs::read(&path).unwrap()));
    let listed = old_hash.lines().map(|line| match line.ends_with(names::REVOCATIONS) {
        true => format!("{hash}  {}\n", names::REVOCATIONS),
        false => format!("{line}\n"),
    });
    fs::write(&sums, listed.collect::<String>()).unwrap();
    let refused = prune(&old, &forged).unwrap_err();
    assert!(matches!(refused, PruneError::Verify { .. }), "{refused}");
    assert_eq!(files(&old), before);
    // What is no export any more is not pruned either.
    fs::write(old.join(names::README), "other").unwrap();
    let refused = prune(&old, &case.release(&case.after, "new", 2)).unwrap_err();
    assert!(matches!(refused, PruneError::Verify { .. }), "{refused}");
}

#[test]
fn an_export_of_another_community_prunes_nothing() {
    let case = Case::new();
    let old = case.release(&case.before, "old", 2);
    let other = crate::export::fixture::Commons::named("other");
    let out = case.dir("other");
    other.export(&other.store(&other.records()), &out).unwrap();
    assert!(matches!(prune(&old, &out), Err(PruneError::Unfit { .. })));
}

#[test]
fn what_a_prune_that_was_stopped_left_beside_the_folder_goes_with_the_next_though_nothing_else_does() {
    let case = Case::new();
    let (old, new) = (case.release(&case.before, "old", 2), case.release(&case.after, "new", 2));
    prune(&old, &new).unwrap();
    let left = [".old.0.partial", ".old.1.earlier"].map(|name| case.dir(name));
    let leave = || left.iter().for_each(|dir| fs::create_dir_all(dir.join("data")).unwrap());
    leave();
    assert!(prune(&old, &new).unwrap().removed.is_empty());
    assert!(left.iter().all(|dir| !dir.exists()));
    leave();
    by_replica(&old, &of_one(&case.after, &case.events.commons), false, &mut |_, _| {}).unwrap();
    assert!(left.iter().all(|dir| !dir.exists()));
}
