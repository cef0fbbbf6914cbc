//! Exports without what overlaps with benchmarks: what they hold, and what of it can be checked.

use super::*;
use crate::benchmark;
use crate::export::fixture::{Certified, Commons, TERMS, source};
use crate::export::{ExportOptions, ExportSummary, Origin, export};
use commonwheel_protocol::agreement::customs::Federated;
use commonwheel_protocol::dataset::View;
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::record::content::{Content, Example};
use commonwheel_protocol::text::RawText;
use std::fs;
use std::sync::Arc;
use tempfile::TempDir;

const QUESTION: &str = "A mill turns 40 sacks of wheat into flour in five hours, so how many sacks in eight?";
const SHORT: &str = "Which river turns the oldest mill of the valley?";

struct Case {
    commons: Commons,
    records: Vec<Certified>,
    /// The records that overlap: with the first file in its items 3 and 2, with the second in its item 1.
    overlap: Vec<Certified>,
    temp: TempDir,
}

impl Case {
    fn new() -> Case {
        Case::of(Commons::named("a"))
    }

    fn of(commons: Commons) -> Case {
        let example = |n: u8, prompt: &str, ideal: &str| {
            let content = Content::Example(Example { prompt: RawText::new(prompt), ideal: RawText::new(ideal) });
            commons.with_content(n, content, Licence::Cc0, "train-ai=y")
        };
        let question = QUESTION.to_uppercase().replace(' ', "\n");
        let overlap = vec![
            example(70, &format!("Tell me! {question} Thanks."), "64"),
            example(71, &format!("{SHORT} I forgot."), "The Soča."),
            example(72, "Who?", &format!("{QUESTION} {SHORT}")),
        ];
        let near = [
            example(73, &QUESTION.replace("wheat", "rye"), "64"),
            example(74, &SHORT.replace("oldest", "older"), "The Soča."),
        ];
        let records = [commons.talks(), overlap.clone(), near.to_vec()].concat();
        Case { commons, records, overlap, temp: TempDir::new().unwrap() }
    }

    fn dir(&self) -> PathBuf {
        self.temp.path().join("out")
    }

    /// Two files of benchmarks.
    fn benchmarks(&self) -> Vec<PathBuf> {
        let texts = [
            (
                "arith.jsonl",
                format!("{{\"q\": \"few\"}}\n{{\"q\": [\"{SHORT}\"]}}\n{{\"q\": \"{QUESTION}\", \"a\": 64}}\n"),
            ),
            ("mills.txt", format!("{SHORT}\n")),
        ];
        let write = |(name, text): (&str, String)| {
            let path = self.temp.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        texts.map(write).to_vec()
    }

    fn options(&self, run: usize) -> ExportOptions {
        let loaded = benchmark::load(&self.benchmarks(), run, &mut |_, _| {}).unwrap();
        ExportOptions { replace: true, benchmarks: Some(Arc::new(loaded)), ..ExportOptions::to(self.dir()) }
    }

    fn export(&self, options: &ExportOptions) -> ExportSummary {
        let store = self.commons.store(&self.records);
        export(&source(&store, &self.commons, TERMS), &[], options, &mut |_, _| {}).unwrap()
    }

    /// The sentence, or every problem, when these benchmarks are at hand.
    fn verified_with(&self, benchmarks: &[PathBuf]) -> String {
        let expected = Expected { benchmarks: benchmarks.to_vec(), ..Expected::default() };
        match verify(&self.dir(), &expected, &mut |_, _| {}) {
            Ok(summary) => summary.sentence(),
            Err(VerifyError::Failed(problems)) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
            Err(error) => error.to_string(),
        }
    }

    /// Changes a file of the export, and the list of hashes.
    fn change(&self, name: &str, from: &str, to: &str) {
        let path = self.dir().join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let dir = self.dir();
        let mut paths = folder::files(&dir).unwrap();
        paths.remove(names::SUMS);
        let line = |path: &String| format!("{}  {path}\n", HEXLOWER.encode(&hash_of(&dir.join(path)).unwrap()));
        fs::write(dir.join(names::SUMS), paths.iter().map(line).collect::<String>()).unwrap();
    }

    fn listed(&self) -> String {
        fs::read_to_string(self.dir().join(names::CONTAMINATED)).unwrap()
    }
}

/// For readers that share no code with this one: an export, and beside the folder of exports the benchmarks.
pub(super) fn write_for_readers(folder: &Path) {
    let case = Case::new();
    let beside = folder.with_file_name("benchmarks");
    fs::create_dir_all(&beside).unwrap();
    for file in case.benchmarks() {
        fs::copy(&file, beside.join(file.file_name().unwrap())).unwrap();
    }
    let options = ExportOptions { out: folder.join("without-benchmarks"), ..case.options(13) };
    case.export(&options);
}

#[test]
fn what_overlaps_has_no_row_and_is_listed_with_the_item() {
    let case = Case::new();
    let summary = case.export(&ExportOptions { views: [View::Tsv, View::Quality].into(), ..case.options(13) });
    assert_eq!((summary.rows, summary.records), (12, 15));
    let said = summary.decontaminated.unwrap();
    let names: Vec<_> =
        said.files.iter().map(|file| (&file.name[..], file.items, file.compared, file.unread)).collect();
    assert_eq!(names, [("arith.jsonl", 3, 2, 0), ("mills.txt", 1, 1, 0)]);
    assert_eq!((said.words, said.least, said.left_out), (13, 8, 3));
    let id = |at: usize| case.overlap[at].id();
    let mut lines = [
        (id(0), r#"[{"file":"arith.jsonl","item":3}]"#),
        (id(1), r#"[{"file":"arith.jsonl","item":2},{"file":"mills.txt","item":1}]"#),
        (id(2), r#"[{"file":"arith.jsonl","item":2},{"file":"mills.txt","item":1}]"#),
    ];
    lines.sort();
    let lines: String =
        lines.iter().map(|(id, overlaps)| format!("{{\"id\":\"{id}\",\"overlaps\":{overlaps}}}\n")).collect();
    assert_eq!(case.listed(), lines);
    for (path, bytes) in folder::files(&case.dir())
        .unwrap()
        .into_iter()
        .map(|path| (path.clone(), fs::read(case.dir().join(path)).unwrap()))
    {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains("Soča") || !text.contains("oldest mill"), "{path}");
        assert!(!text.contains(&*case.temp.path().to_string_lossy()), "{path} names a folder of this machine");
    }
}

#[test]
fn whoever_has_the_files_can_check_that_nothing_overlaps_and_others_are_told_what_was_not_checked() {
    let case = Case::new();
    case.export(&case.options(13));
    let files = case.benchmarks();
    let without = case.verified_with(&[]);
    assert!(without.contains("3 left out since they are said to overlap with benchmarks"), "{without}");
    assert!(without.contains("no row overlaps with arith.jsonl, mills.txt, only the export says"), "{without}");
    let with = case.verified_with(&files);
    assert!(with.contains("no row overlaps with arith.jsonl, mills.txt.") && !with.contains("only"), "{with}");
    let one = case.verified_with(&files[..1]);
    assert!(one.contains("no row overlaps with arith.jsonl; that no row overlaps with mills.txt, only"), "{one}");
    fs::write(&files[1], "Another benchmark of the same name, with enough words in it to be compared.").unwrap();
    assert!(case.verified_with(&files).contains("compared with this mills.txt"), "{}", case.verified_with(&files));

    case.export(&ExportOptions { benchmarks: None, ..case.options(13) });
    assert!(!case.dir().join(names::CONTAMINATED).exists());
    let overlapping = case.verified_with(&case.benchmarks());
    assert!(overlapping.contains("the row overlaps with item 3 of the benchmark arith.jsonl"), "{overlapping}");
}

#[test]
fn an_export_that_names_no_benchmarks_is_compared_with_any() {
    let mut case = Case::new();
    let overlap: Vec<_> = case.overlap.iter().map(Certified::id).collect();
    case.records.retain(|one| !overlap.contains(&one.id()));
    case.export(&ExportOptions { benchmarks: None, ..case.options(13) });
    let said = case.verified_with(&case.benchmarks());
    assert!(said.ends_with("complete. No row overlaps with arith.jsonl, mills.txt."), "{said}");
}

#[test]
fn a_row_that_overlaps_though_the_export_says_none_does_is_found_with_the_files() {
    let mut case = Case::new();
    let part: Vec<_> = QUESTION.split(' ').take(14).collect();
    let content = Content::Example(Example { prompt: RawText::new(part.join(" ")), ideal: RawText::new("64") });
    let partly = case.commons.with_content(75, content, Licence::Cc0, "train-ai=y");
    case.records.push(partly.clone());
    let files = case.benchmarks();
    case.export(&case.options(20));
    assert!(!case.listed().contains(&partly.id().to_string()), "of seventeen words it shares but fourteen");
    assert!(case.verified_with(&files).contains("no row overlaps"), "{}", case.verified_with(&files));
    case.change(names::MANIFEST, "\"words\": 20", "\"words\": 13");
    let problems = case.verified_with(&files);
    assert!(problems.contains("the row overlaps with item 3 of the benchmark arith.jsonl"), "{problems}");
}

#[test]
fn what_an_export_says_of_what_overlaps_cannot_be_changed_unseen() {
    let case = Case::new();
    let id = |at: usize| case.overlap[at].id().to_string();
    let found = |name: &str, from: &str, to: &str| {
        case.export(&case.options(13));
        case.change(name, from, to);
        case.verified_with(&[])
    };
    let line = {
        case.export(&case.options(13));
        case.listed().lines().next().unwrap().to_owned() + "\n"
    };
    let kept = case.records[0].id().to_string();
    for (name, from, to, problem) in [
        (names::CONTAMINATED, &line[..], "", "it names 2 records; the manifest says 3"),
        (names::CONTAMINATED, &line, &(line.clone() + &line), "by id, each once"),
        (names::CONTAMINATED, "\"item\":3", "\"item\":0", "expected a record and the items"),
        (names::CONTAMINATED, "\"item\":3", "\"item\": 3", "expected a record and the items"),
        (names::CONTAMINATED, "arith.jsonl", "other.jsonl", "expected a record and the items"),
        (names::CONTAMINATED, &id(0), &kept, "has a row, or has none for another reason"),
        (names::MANIFEST, "\"left_out\": 3", "\"left_out\": 2", "it names 3 records; the manifest says 2"),
        (names::MANIFEST, "\"least\": 8", "\"least\": 7", "by a rule that this program does not know"),
        (names::MANIFEST, "\"words\": 13", "\"words\": 7", "by a rule that this program does not know"),
        (names::MANIFEST, "mills.txt", "../mills.txt", "by a rule that this program does not know"),
        (names::MANIFEST, "\"compared\": 2", "\"compared\": 0", "by a rule that this program does not know"),
        (names::MANIFEST, "\"compared\": 2", "\"compared\": 4", "by a rule that this program does not know"),
        (names::MANIFEST, "\"unread\": 0", "\"unread\": 2", "by a rule that this program does not know"),
    ] {
        let problems = found(name, from, to);
        assert!(problems.contains(problem), "{name}: {to}: {problems}");
    }
    case.export(&case.options(13));
    fs::remove_file(case.dir().join(names::CONTAMINATED)).unwrap();
    assert!(case.verified_with(&[]).contains("missing"));
}

#[test]
fn an_item_that_cannot_be_read_is_counted_and_the_export_is_not_called_complete() {
    let case = Case::new();
    let path = case.temp.path().join("broken.jsonl");
    fs::write(&path, format!("{{\"q\"\n\"{QUESTION}\"\n")).unwrap();
    let loaded = benchmark::load(std::slice::from_ref(&path), 13, &mut |_, _| {}).unwrap();
    let summary = case.export(&ExportOptions { benchmarks: Some(Arc::new(loaded)), ..case.options(13) });
    assert!(!summary.is_complete() && summary.incomplete == 0);
    let file = &summary.decontaminated.unwrap().files[0];
    assert_eq!((file.items, file.compared, file.unread, summary.unread[0].item), (2, 1, 1, 1));
    let but = "broken.jsonl (but for 1 of its 2 items, which could not be read)";
    let without = case.verified_with(&[]);
    assert!(without.contains(&format!("that no row overlaps with {but}, only the export says")), "{without}");
    let with = case.verified_with(std::slice::from_ref(&path));
    assert!(with.contains(&format!("; no row overlaps with {but}.")), "{with}");
    let expected = Expected { benchmarks: vec![path], ..Expected::default() };
    assert!(!verify(&case.dir(), &expected, &mut |_, _| {}).unwrap().is_whole(), "it is no check of all");
    assert!(verify(&case.dir(), &Expected::default(), &mut |_, _| {}).unwrap().is_whole());
}

#[test]
fn a_copy_holds_nothing_that_overlaps_either() {
    let own = Case::new();
    let to = own.commons.founding.community();
    let terms = || Federated {
        community: to,
        licences: [Licence::Cc0].into(),
        uses: [].into(),
        kinds: [].into(),
        classes: [].into(),
    };
    let origin = Case::of(Commons::with("Health", |charter| drop(charter.customs.federation.insert(to, terms()))));
    let (copied, store) = (origin.commons.store(&origin.records), own.commons.store(&own.records));
    let origins = [Origin { source: source(&copied, &origin.commons, TERMS), release: None }];
    let options = own.options(13);
    let summary = export(&source(&store, &own.commons, TERMS), &origins, &options, &mut |_, _| {}).unwrap();
    assert_eq!((summary.rows, summary.copies[0].rows), (12, 12));
    assert_eq!(summary.copies[0].decontaminated.as_ref().unwrap().left_out, 3);
    let said = own.verified_with(&own.benchmarks());
    assert!(said.matches("no row overlaps with arith.jsonl, mills.txt").count() == 2, "{said}");
    let manifest = format!("{}/{}/{}", names::COPIES, summary.copies[0].community, names::MANIFEST);
    own.change(&manifest, "arith.jsonl", "arith.json");
    assert!(own.verified_with(&[]).contains("other benchmarks than the export beside which it lies"));
}

#[test]
fn the_callers_benchmarks_are_read_once_however_many_copies_lie_beside_an_export() {
    let case = Case::new();
    case.export(&case.options(20));
    let stated = Manifest::read(&fs::read_to_string(case.dir().join(names::MANIFEST)).unwrap()).unwrap();
    let expected = Expected { benchmarks: case.benchmarks(), ..Expected::default() };
    let (once, mut problems) = (OnceCell::new(), Problems::default());
    for _ in 0..3 {
        let loaded = overlap::load(&expected, &stated, &once, &mut problems).unwrap().unwrap();
        assert_eq!((loaded.overlap.words, loaded.overlap.files.len(), problems.count()), (20, 2, 0));
        expected.benchmarks.iter().for_each(|file| drop(fs::remove_file(file)));
    }
}
