//! Rows as works under one licence each: which, what they say, and that nothing in them can be changed or slipped in.

use super::*;
use crate::export::fixture::{Certified, Commons, TERMS, source};
use crate::export::{ExportError, ExportOptions, ExportSummary, Origin, export};
use commonwheel_protocol::agreement::customs::Federated;
use commonwheel_protocol::bytes::{Node, encode};
use commonwheel_protocol::dataset::{Filter, Merging};
use commonwheel_protocol::licence::Licence;
use std::fs;
use tempfile::TempDir;

struct Case {
    commons: Commons,
    records: Vec<Certified>,
    temp: TempDir,
}

impl Case {
    fn new() -> Case {
        let commons = Commons::named("a");
        let says = |n, licence, preference| commons.says(n, "Rest helps.", licence, preference);
        let mut records = vec![
            says(1, Licence::Cc0, "search=y, train-ai=y"),
            says(2, Licence::Cc0, "train-ai=y"),
            says(4, Licence::CcBy4, "train-ai=n;exceptions=cc-cr"),
            says(7, Licence::CcBySa4, "train-ai=y"),
            says(8, Licence::Mit, "train-ai=y"),
            says(11, Licence::Apache2, "train-ai=n"),
        ];
        records.extend(commons.talks());
        Case { commons, records, temp: TempDir::new().unwrap() }
    }

    fn dir(&self) -> PathBuf {
        self.temp.path().join("out")
    }

    fn options(&self, merge: Merging, licences: &[Licence]) -> ExportOptions {
        let filter = Filter { licences: licences.iter().copied().collect(), ..Filter::default() };
        ExportOptions { replace: true, filter, merge: Some(merge), ..ExportOptions::to(self.dir()) }
    }

    fn try_export(&self, options: &ExportOptions) -> Result<ExportSummary, ExportError> {
        let store = self.commons.store(&self.records);
        export(&source(&store, &self.commons, TERMS), &[], options, &mut |_, _| {})
    }

    fn said(&self, options: &ExportOptions) -> Vec<String> {
        let summary = self.try_export(options).unwrap();
        assert_eq!(self.problems(), "");
        summary.merged.iter().map(|work| work.said()).collect()
    }

    /// Every problem, each on a line; nothing when it is verified.
    fn problems(&self) -> String {
        match verify(&self.dir(), &Expected::default(), &mut |_, _| {}) {
            Ok(_) => String::new(),
            Err(VerifyError::Failed(problems)) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
            Err(error) => panic!("{error}"),
        }
    }

    fn fix_sums(&self, dir: &Path) {
        for dir in [dir, &self.dir()] {
            let mut paths = folder::files(dir).unwrap();
            paths.remove(names::SUMS);
            let line = |path: &String| format!("{}  {path}\n", HEXLOWER.encode(&hash_of(&dir.join(path)).unwrap()));
            fs::write(dir.join(names::SUMS), paths.iter().map(line).collect::<String>()).unwrap();
        }
    }
}

/// A record of an author, whose number tells its licence, with a part of a third party under this one.
fn with_part(commons: &Commons, n: u8, licence: &str) -> Certified {
    let right = [("by", "third-party"), ("source", "a wiki"), ("licence", licence)];
    let right = Node::map(right.map(|(key, value)| (key, Some(Node::text(value)))));
    commons.certified(
        n,
        encode(&Node::map([
            ("kind", Some(Node::text("wiki"))),
            ("rights", Some(Node::List(vec![right]))),
            ("salt", Some(Node::bytes([n; 32]))),
        ])),
    )
}

impl Case {
    /// With parts under a stricter licence, under the same, and under one that is not known: the first and the last lie in
    /// one file.
    fn with_parts() -> Case {
        let case = Case::new();
        let parts = [(8, "CC-BY-SA-4.0"), (11, "cc-by-4.0"), (28, "all rights reserved")];
        let records = parts.map(|(n, licence)| with_part(&case.commons, n, licence)).to_vec();
        Case { records, ..case }
    }
}

#[test]
fn a_third_partys_part_binds_the_work_by_its_own_licence_or_keeps_its_row_out_of_every_work() {
    let mut case = Case::with_parts();
    let said = case.said(&case.options(Merging::Separate, &[]));
    let preference = "search=y, train-ai=n;exceptions=cc-cr";
    let expected = format!(
        "CC-BY-SA-4.0: 1 under CC-BY-4.0, 1 under CC-BY-SA-4.0; 1 of them by parts of third parties; AI use {preference}; \
         credit is still owed for 2"
    );
    assert_eq!(said, std::slice::from_ref(&expected));
    let ids = |dir: &Path| {
        let merged = folder::files(dir).unwrap().into_iter().filter(|path| path.starts_with(names::MERGED));
        let text: String = merged.map(|path| fs::read_to_string(dir.join(path)).unwrap()).collect();
        case.records.iter().map(|one| text.contains(&one.id().to_string())).collect::<Vec<_>>()
    };
    assert_eq!(ids(&case.dir()), [true, true, false]);
    let readme = fs::read_to_string(case.dir().join(names::README)).unwrap();
    assert!(readme.contains("1 row is counted under the licence of a third party's part"), "{readme}");
    assert!(readme.contains("1 row is in no work: each has a part of a third party"), "{readme}");
    let refused = case.try_export(&case.options(Merging::One, &[])).unwrap_err();
    let id = case.records[2].id();
    assert!(matches!(refused, ExportError::Part { record, .. } if record == id), "{refused}");
    case.records.truncate(2);
    assert_eq!(case.said(&case.options(Merging::One, &[])), [expected]);
}

const CREATIVE_COMMONS: [Licence; 3] = [Licence::Cc0, Licence::CcBy4, Licence::CcBySa4];

/// For readers that share no code with this one.
pub(super) fn write_for_readers(folder: &Path) {
    let case = Case::new();
    for (name, merge, licences) in
        [("merged", Merging::One, &CREATIVE_COMMONS[..]), ("merged-apart", Merging::Separate, &[])]
    {
        let options = ExportOptions { out: folder.join(name), ..case.options(merge, licences) };
        case.try_export(&options).unwrap();
    }
    let case = Case::with_parts();
    let options = ExportOptions { out: folder.join("merged-with-parts"), ..case.options(Merging::Separate, &[]) };
    case.try_export(&options).unwrap();
}

#[test]
fn rows_become_one_work_under_the_strictest_licence_and_preference_and_the_rest_stays_as_it_is() {
    let case = Case::new();
    let filter = case.options(Merging::One, &CREATIVE_COMMONS);
    case.try_export(&ExportOptions { merge: None, ..filter.clone() }).unwrap();
    let without = folder::files(&case.dir()).unwrap();
    assert_eq!(
        case.said(&filter),
        [
            "CC-BY-SA-4.0: 1 under CC-BY-4.0, 1 under CC-BY-SA-4.0, 12 under CC0-1.0; AI use train-ai=n;exceptions=cc-cr; \
          credit is still owed for 2"
        ]
    );
    let with = folder::files(&case.dir()).unwrap();
    let added: Vec<_> = with.difference(&without).collect();
    assert!(without.is_subset(&with) && added.iter().all(|path| path.starts_with("merged/CC-BY-SA-4.0/")), "{added:?}");
    let text: String = added.iter().map(|path| fs::read_to_string(case.dir().join(path)).unwrap()).collect();
    let begins = r#"{"work_licence":"CC-BY-SA-4.0","work_preference":"train-ai=n;exceptions=cc-cr","id":"#;
    assert_eq!(text.lines().filter(|line| line.starts_with(begins)).count(), 14);
    let readme = fs::read_to_string(case.dir().join(names::README)).unwrap();
    assert!(readme.contains("12 under CC0-1.0; AI use train-ai=n;exceptions=cc-cr."), "{readme}");
    assert!(!readme.contains("several works"), "{readme}");
}

#[test]
fn what_cannot_become_one_work_is_refused_and_explained_or_kept_apart() {
    let case = Case::new();
    let refused = case.try_export(&case.options(Merging::One, &[])).unwrap_err().to_string();
    assert!(refused.contains("cannot become one work") && refused.contains("--merge separate"), "{refused}");
    assert!(refused.contains("MIT is no") || refused.contains("Apache-2.0 is no"), "{refused}");
    assert!(!case.dir().exists(), "nothing is written");
    let said = case.said(&case.options(Merging::Separate, &[]));
    assert_eq!(
        said,
        [
            "Apache-2.0: 1 under Apache-2.0; AI use train-ai=n; credit is still owed for 1",
            "CC-BY-SA-4.0: 1 under CC-BY-4.0, 1 under CC-BY-SA-4.0, 12 under CC0-1.0; AI use \
             train-ai=n;exceptions=cc-cr; credit is still owed for 2",
            "MIT: 1 under MIT; AI use train-ai=y; credit is still owed for 1",
        ]
    );
    let readme = fs::read_to_string(case.dir().join(names::README)).unwrap();
    assert!(readme.contains("They are several works, since"), "{readme}");
    assert_eq!(case.said(&case.options(Merging::One, &[Licence::Mit])).len(), 1, "one licence is one work");
    let none = case.commons.store([]);
    let options = case.options(Merging::One, &[]);
    export(&source(&none, &case.commons, TERMS), &[], &options, &mut |_, _| {}).unwrap();
    assert_eq!(case.problems(), "", "of no rows there is no work");
}

#[test]
fn a_work_that_does_not_follow_from_the_rows_is_found_though_the_hashes_are_right() {
    let case = Case::new();
    case.try_export(&case.options(Merging::Separate, &[])).unwrap();
    let merged: Vec<_> =
        folder::files(&case.dir()).unwrap().into_iter().filter(|path| path.starts_with("merged/")).collect();
    assert_eq!(merged.len(), 3);
    for path in merged {
        let file = case.dir().join(&path);
        let good = fs::read_to_string(&file).unwrap();
        let edits = [
            good.replacen("\"work_licence\":\"", "\"work_licence\":\"X", 1),
            good.replacen("train-ai=", "search=", 1),
            good.split_inclusive('\n').skip(1).collect(),
            good.clone() + good.split_inclusive('\n').next().unwrap(),
        ];
        for edited in edits {
            assert_ne!(edited, good);
            fs::write(&file, edited).unwrap();
            case.fix_sums(&case.dir());
            assert!(case.problems().contains(&format!("{path}: it is not what follows from the rows")), "{path}");
        }
        fs::remove_file(&file).unwrap();
        case.fix_sums(&case.dir());
        assert!(case.problems().contains(&format!("{path}: it is missing")), "{}", case.problems());
        fs::write(&file, good).unwrap();
    }
    let extra = case.dir().join("merged/CC0-1.0/2026-11.jsonl");
    fs::create_dir_all(extra.parent().unwrap()).unwrap();
    fs::write(&extra, "").unwrap();
    case.fix_sums(&case.dir());
    assert!(case.problems().contains("no part of an export"));
    fs::remove_file(extra).unwrap();
    case.fix_sums(&case.dir());
    assert_eq!(case.problems(), "");
}

#[test]
fn what_a_manifest_says_of_works_is_checked() {
    let case = Case::new();
    for (from, to, what) in [
        (
            "\"licence\": \"CC-BY-SA-4.0\",\n      \"preference\": \"train-ai=n",
            "\"licence\": \"CC0-1.0\",\n      \"preference\": \"train-ai=n",
            "not what follows",
        ),
        (
            "\"preference\": \"train-ai=n;exceptions=cc-cr\",\n      \"of\"",
            "\"preference\": \"train-ai=y\",\n      \"of\"",
            "not what follows",
        ),
        ("\"CC0-1.0\": 12", "\"CC0-1.0\": 14", "not what follows"),
        ("\"merged\"", "\"blended\"", "not a manifest"),
    ] {
        case.try_export(&case.options(Merging::Separate, &[])).unwrap();
        let path = case.dir().join(names::MANIFEST);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from} in {text}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        case.fix_sums(&case.dir());
        assert!(case.problems().contains(what), "{from}: {}", case.problems());
    }
}

#[test]
fn a_copy_is_not_merged_and_cannot_be() {
    let case = Case::new();
    let community = case.commons.founding.community();
    let (uses, kinds, classes) = ([].into(), [].into(), [].into());
    let terms = Federated { community, licences: [Licence::Cc0].into(), uses, kinds, classes };
    let origin = Commons::with("Health", |charter| drop(charter.customs.federation.insert(community, terms.clone())));
    let (store, copied) = (case.commons.store(&case.records), origin.store(&origin.talks()));
    let origins = [Origin { source: source(&copied, &origin, TERMS), release: None }];
    let options = case.options(Merging::Separate, &[]);
    let summary = export(&source(&store, &case.commons, TERMS), &origins, &options, &mut |_, _| {}).unwrap();
    assert_eq!(case.problems(), "");
    assert_eq!((summary.merged.len(), summary.copies[0].merged.len(), summary.copies[0].rows), (3, 0, 10));
    let dir = case.dir().join(names::COPIES).join(&summary.copies[0].community);
    let text = fs::read_to_string(dir.join(names::MANIFEST)).unwrap();
    let work = r#"  "merged": [{"licence": "CC0-1.0", "preference": "train-ai=y", "of": {"CC0-1.0": 10}, "parts": 0, "files": []}],"#;
    fs::write(dir.join(names::MANIFEST), text.replacen("  \"copied\"", &format!("{work}\n  \"copied\""), 1)).unwrap();
    case.fix_sums(&dir);
    assert!(case.problems().contains("copies are not merged"), "{}", case.problems());
}

#[test]
fn the_same_rows_become_the_same_works_on_every_machine() {
    let mut case = Case::new();
    let sums = |case: &Case| {
        case.try_export(&case.options(Merging::Separate, &[])).unwrap();
        fs::read_to_string(case.dir().join(names::SUMS)).unwrap()
    };
    let one = sums(&case);
    case.records.reverse();
    assert_eq!(one, sums(&case));
}

#[test]
fn merging_says_how_far_it_is_row_by_row() {
    let case = Case::new();
    let store = case.commons.store(&case.records);
    let told = |merge| {
        let options = ExportOptions { merge, ..case.options(Merging::Separate, &[]) };
        let mut told = Vec::new();
        let summary = export(&source(&store, &case.commons, TERMS), &[], &options, &mut |done, all| {
            told.push((done, all));
        });
        (told, summary.unwrap().rows)
    };
    let ((without, _), (with, rows)) = (told(None), told(Some(Merging::Separate)));
    let merged: Vec<_> = (1..=rows).map(|done| (done, rows)).collect();
    assert_eq!(with, [without, merged].concat());
}
