//! Views: what an export has of them, and that nothing in them can be changed, left out or slipped in.

use super::*;
use crate::export::events::Events;
use crate::export::fixture::{Certified, Commons, TERMS, source};
use crate::export::{ExportOptions, ExportSummary, Origin, Which, export};
use commonwheel_protocol::agreement::customs::Federated;
use commonwheel_protocol::dataset::{Filter, Purpose, View, ViewRows};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::Category;
use commonwheel_protocol::record::content::{Content, Example};
use commonwheel_protocol::text::RawText;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use std::collections::BTreeMap;
use std::fs;
use tempfile::TempDir;

const MILL: &str = "The old mill by the river had not turned for thirty years when Ana and her brother came to mend the \
    wheel. They cut new paddles from ash, set the axle on iron, and waited for the spring flood to try it.";
const BREAD: &str = "To bake a sour loaf, feed the starter in the evening, mix flour and water in the morning, fold the dough \
    four times in two hours, and let it rest in a cool place until the next day before it goes into a hot oven.";

struct Case {
    commons: Commons,
    records: Vec<Certified>,
    temp: TempDir,
}

impl Case {
    fn new() -> Case {
        let commons = Commons::named("a");
        let records = [commons.records(), commons.talks()].concat();
        Case { commons, records, temp: TempDir::new().unwrap() }
    }

    /// Two records that say the same, one that is like them, and one that is only as long.
    fn alike(&self) -> Vec<Certified> {
        let texts = [MILL.to_owned(), MILL.to_owned(), MILL.replace("Ana", "[NAME_3]"), BREAD.to_owned()];
        let of = |(n, text): (u8, String)| {
            let content = Content::Example(Example {
                prompt: RawText::new(text),
                ideal: RawText::new("Кто знает? 不知道。"),
            });
            self.commons.with_content(n, content, Licence::Cc0, "train-ai=y")
        };
        (60..).zip(texts).map(of).collect()
    }

    fn dir(&self) -> PathBuf {
        self.temp.path().join("out")
    }

    fn options(&self, views: &[View], purpose: Option<Purpose>) -> ExportOptions {
        let views = views.iter().copied().collect();
        let filter = Filter { purpose, ..Filter::default() };
        ExportOptions { replace: true, filter, views, ..ExportOptions::to(self.dir()) }
    }

    fn export(&self, options: &ExportOptions) -> ExportSummary {
        let store = self.commons.store(&self.records);
        export(&source(&store, &self.commons, TERMS), &[], options, &mut |_, _| {}).unwrap()
    }

    /// Every problem, each on a line; nothing when it is verified.
    fn problems(&self) -> String {
        match verify(&self.dir(), &Expected::default(), &mut |_, _| {}) {
            Ok(_) => String::new(),
            Err(VerifyError::Failed(problems)) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
            Err(error) => panic!("{error}"),
        }
    }

    fn fix_sums(&self) {
        let dir = self.dir();
        let mut paths = folder::files(&dir).unwrap();
        paths.remove(names::SUMS);
        let line = |path: &String| format!("{}  {path}\n", HEXLOWER.encode(&hash_of(&dir.join(path)).unwrap()));
        fs::write(dir.join(names::SUMS), paths.iter().map(line).collect::<String>()).unwrap();
    }

    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let read = |path: String| (path.clone(), fs::read(self.dir().join(path)).unwrap());
        folder::files(&self.dir()).unwrap().into_iter().map(read).collect()
    }
}

/// For readers that share no code with this one.
pub(super) fn write_for_readers(folder: &Path) {
    let mut case = Case::new();
    case.records.extend(case.alike());
    let options = ExportOptions { out: folder.join("with-views"), ..case.options(&View::ALL, None) };
    case.export(&options);
    let case = Case { records: of_many_preferences(&case.commons, 257), ..case };
    let options = ExportOptions { out: folder.join("in-many-files"), ..case.options(&[View::Parquet], None) };
    case.export(&options);
}

/// So many records, each with another preference, and so in another file.
fn of_many_preferences(commons: &Commons, count: usize) -> Vec<Certified> {
    const SAYS: [&str; 7] = [
        "",
        "=y",
        "=n",
        "=n;exceptions=cc-cr",
        "=n;exceptions=cc-cr-dc",
        "=n;exceptions=cc-cr-ec",
        "=n;exceptions=cc-cr-op",
    ];
    let preference = |n: usize| {
        let uses = ["evaluate", "search", "train-ai"].into_iter().zip([n / 49, n / 7 % 7, n % 7]);
        let says = uses.filter(|(_, says)| *says > 0).map(|(use_, says)| format!("{use_}{}", SAYS[says]));
        says.collect::<Vec<_>>().join(", ")
    };
    (1..=count).map(|n| commons.says((n % 100) as u8, "Which tea?", Licence::Cc0, &preference(n))).collect()
}

#[test]
fn many_files_are_described_by_licence_and_so_are_columns() {
    let described = |case: &Case, views: &[View]| -> (Vec<String>, Vec<String>) {
        case.export(&case.options(views, None));
        assert_eq!(case.problems(), "");
        let text = fs::read_to_string(case.dir().join("croissant.json")).unwrap();
        let croissant: serde_json::Value = serde_json::from_str(&text).unwrap();
        let ids = |list: &serde_json::Value, of: &str| {
            let all = list.as_array().unwrap().iter().filter(|one| one["@type"] == of);
            all.map(|one| one["@id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        (ids(&croissant["recordSet"], "cr:RecordSet"), ids(&croissant["distribution"], "cr:FileSet"))
    };
    let few = Case::new();
    let (sets, files) = described(&few, &[View::Parquet]);
    let by_licence: Vec<_> = sets.iter().filter(|id| id.starts_with("parquet/")).map(|id| &id[8..]).collect();
    assert_eq!(files, by_licence.iter().map(|id| format!("views/parquet/{id}")).collect::<Vec<_>>());
    assert_eq!((sets.len() - files.len(), files.len()), (few.export(&few.options(&[], None)).files.len(), 5));
    let many = |count| Case { records: of_many_preferences(&few.commons, count), ..Case::new() };
    assert_eq!(described(&many(256), &[]).0.len(), 256);
    let (sets, files) = described(&many(257), &[]);
    assert_eq!((sets, files), (vec!["licence=CC0-1.0".to_owned()], vec!["data/licence=CC0-1.0".to_owned()]));
}

#[test]
fn views_lie_beside_the_rows_and_change_nothing_else() {
    let case = Case::new();
    case.export(&case.options(&[], None));
    let without = case.files();
    let summary = case.export(&case.options(&View::ALL, None));
    assert_eq!(case.problems(), "");
    let with = case.files();
    let written = [names::MANIFEST, names::README, names::SUMS, "croissant.json"];
    for (path, bytes) in &without {
        assert!(with[path] == *bytes || written.contains(&&path[..]), "{path}");
    }
    let stated: BTreeSet<_> = summary.views.iter().flat_map(|view| &view.files).map(|file| file.path.clone()).collect();
    let added: BTreeSet<_> = with.keys().filter(|path| !without.contains_key(*path)).cloned().collect();
    assert_eq!(added, stated);
    let counts: Vec<_> = summary.views.iter().map(|view| (&view.format[..], view.rows, view.left_out)).collect();
    assert_eq!(
        counts,
        [
            ("alpaca", 3, 17),
            ("hh-rlhf", 2, 18),
            ("kto", 8, 12),
            ("openai", 10, 10),
            ("parquet", 20, 0),
            ("preference", 5, 15),
            ("quality", 20, 0),
            ("sft", 5, 15),
            ("sharegpt", 5, 15),
            ("tfrecord", 20, 0),
            ("tsv", 20, 0),
            ("webdataset", 20, 0),
        ]
    );
    let readme = String::from_utf8(with[names::README].clone()).unwrap();
    assert!(readme.contains("`views/<format>/`") && readme.contains("hh-rlhf, kto"), "{readme}");
    let of_lines = |view: &&ViewRows| !["parquet", "tfrecord", "webdataset"].contains(&&view.format[..]);
    for view in summary.views.iter().filter(of_lines) {
        let lines = |path: &String| String::from_utf8(with[path].clone()).unwrap().split('\n').count() - 1;
        let heading = usize::from(view.format == "tsv");
        assert!(view.files.iter().all(|file| lines(&file.path) == file.rows + heading), "{view:?}");
    }
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let case = Case::new();
    case.export(&case.options(&View::ALL, None));
    let (one, mut other) = (case.files(), Case::new());
    other.records.reverse();
    other.export(&other.options(&View::ALL, None));
    assert!(one == other.files());
}

#[test]
fn rows_that_are_alike_are_in_one_cluster_and_a_row_less_changes_it() {
    let mut case = Case::new();
    let alike = case.alike();
    case.records.extend(alike.clone());
    let lines = |case: &Case| -> BTreeMap<String, serde_json::Value> {
        let summary = case.export(&case.options(&[View::Quality], None));
        assert_eq!(case.problems(), "");
        let texts = summary.views[0].files.iter().map(|file| fs::read_to_string(case.dir().join(&file.path)).unwrap());
        let lines: Vec<serde_json::Value> = texts
            .flat_map(|text| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>())
            .collect();
        assert_eq!(lines.len(), summary.rows);
        lines.into_iter().map(|line| (line["id"].as_str().unwrap().to_owned(), line)).collect()
    };
    let found = lines(&case);
    let sizes = |at: usize, found: &BTreeMap<String, serde_json::Value>| {
        let line = &found[&alike[at].id().to_string()];
        assert_eq!((&line["detected_language"], &line["rights_third_party"]), (&"en".into(), &true.into()));
        ["duplicate_cluster_size", "near_duplicate_cluster_size"].map(|key| line[key].as_u64().unwrap())
    };
    // Salts differ by the number, and so does one title that these do not have.
    assert_eq!([0, 1, 2, 3].map(|at| sizes(at, &found)), [[2, 3], [2, 3], [1, 3], [1, 1]]);
    case.records.retain(|one| one.id() != alike[0].id());
    assert_eq!([1, 2, 3].map(|at| sizes(at, &lines(&case))), [[1, 2], [1, 2], [1, 1]]);
}

/// A value of a column as JSON has it.
fn told(field: &Field) -> serde_json::Value {
    match field {
        Field::Str(text) => text.clone().into(),
        Field::Long(count) => (*count).into(),
        Field::Bool(is) => (*is).into(),
        other => panic!("no column of these has {other:?}"),
    }
}

#[test]
fn columns_say_of_each_row_what_the_view_of_quality_says_with_that_view_or_without() {
    let mut case = Case::new();
    case.records.extend(case.alike());
    case.export(&case.options(&[View::Parquet], None));
    let alone = case.files();
    let summary = case.export(&case.options(&[View::Parquet, View::Quality], None));
    assert_eq!(case.problems(), "");
    let [columns, lines] = &summary.views[..] else { panic!("{:?}", summary.views) };
    let mut seen = 0;
    for (columns, lines) in columns.files.iter().zip(&lines.files) {
        assert!(
            alone[&columns.path] == case.files()[&columns.path],
            "one view follows from the rows without the other"
        );
        let file = SerializedFileReader::new(File::open(case.dir().join(&columns.path)).unwrap()).unwrap();
        let lines = fs::read_to_string(case.dir().join(&lines.path)).unwrap();
        for (row, line) in file.get_row_iter(None).unwrap().zip(lines.lines()) {
            let row: BTreeMap<_, _> = row.unwrap().into_columns().into_iter().collect();
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(told(&row["id"]), line["id"]);
            let judged = line.as_object().unwrap().iter();
            for (key, value) in judged.filter(|(key, _)| !["id", "licence", "preference"].contains(&&key[..])) {
                assert_eq!(told(&row[&format!("quality_{key}")]), *value, "{key}");
            }
            seen += 1;
        }
    }
    assert_eq!(seen, summary.rows);
}

#[test]
fn a_view_that_does_not_follow_from_the_rows_is_found_though_the_hashes_are_right() {
    let case = Case::new();
    case.export(&case.options(&View::ALL, None));
    let good = case.files();
    for path in good.keys().filter(|path| path.starts_with("views/")) {
        let file = case.dir().join(path);
        let lines: Vec<_> = good[path].split_inclusive(|byte| *byte == b'\n').collect();
        let shorter = lines[..lines.len() - 1].concat();
        let longer = [&good[path][..], lines[lines.len() - 1]].concat();
        let mut changed = good[path].clone();
        let at = changed.len() / 2;
        changed[at] ^= 1;
        for bytes in [shorter, longer, changed] {
            fs::write(&file, bytes).unwrap();
            case.fix_sums();
            assert!(case.problems().contains(&format!("{path}: it is not what follows from the rows")), "{path}");
        }
        fs::remove_file(&file).unwrap();
        case.fix_sums();
        assert!(case.problems().contains(&format!("{path}: it is missing")), "{}", case.problems());
        fs::write(&file, &good[path]).unwrap();
    }
    for extra in [
        "views/sft/licence=CC0-1.0/preference=train-ai-y/2001-01.jsonl",
        "views/sft/licence=CC0-1.0/2001-01.jsonl",
        "views/x",
    ] {
        let file = case.dir().join(extra);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "").unwrap();
        case.fix_sums();
        assert!(case.problems().contains("no part of an export"), "{extra}");
        fs::remove_file(file).unwrap();
    }
    case.fix_sums();
    assert_eq!(case.problems(), "");
}

#[test]
fn what_a_manifest_says_of_views_is_checked() {
    let case = Case::new();
    let restated = |from: &str, to: &str| {
        case.export(&case.options(&[View::Sft, View::Tsv], None));
        let path = case.dir().join(names::MANIFEST);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        case.fix_sums();
        case.problems()
    };
    let other = restated("\"left_out\": 15", "\"left_out\": 0");
    assert!(other.contains("not what follows"), "{other}");
    let unknown = restated("\"format\": \"sft\"", "\"format\": \"hologram\"");
    assert!(unknown.contains("views that this program does not know"), "{unknown}");
    let hidden = restated("\"format\": \"sft\"", "\"format\": \"openai\"");
    assert!(hidden.contains("views/sft") && hidden.contains("no part of an export"), "{hidden}");
    assert!(hidden.contains("views/openai") && hidden.contains("it is missing"), "{hidden}");
}

#[test]
fn views_of_an_export_for_a_use_hold_what_it_holds() {
    let case = Case::new();
    let purpose = Purpose::new(Category::TrainAi, []);
    let summary = case.export(&case.options(&[View::OpenAi, View::Tsv], Some(purpose)));
    assert_eq!(case.problems(), "");
    assert_eq!((summary.rows, summary.views[1].rows), (10, 10));
    let tsv: String =
        summary.views[1].files.iter().map(|file| fs::read_to_string(case.dir().join(&file.path)).unwrap()).collect();
    assert!(!tsv.contains("train-ai=n"));
}

#[test]
fn an_edition_keeps_its_name_and_its_views_lose_what_was_erased() {
    let (events, case) = (Events::new(), Case::new());
    let store = events.store();
    let (mut editions, mut lines) = (BTreeSet::new(), Vec::new());
    for (number, views) in [(1, &[][..]), (1, &[View::Sft, View::Tsv]), (2, &[View::Sft, View::Tsv])] {
        let options = ExportOptions { release: Some(Which::Number(number)), ..case.options(views, None) };
        let summary = export(&source(&store, &events.commons, TERMS), &[], &options, &mut |_, _| {}).unwrap();
        assert_eq!(case.problems(), "");
        editions.insert(summary.edition.unwrap());
        lines.extend(summary.views.iter().find(|view| view.format == "tsv").map(|view| (view.rows, summary.rows)));
    }
    assert_eq!((editions.len(), lines), (2, vec![(11, 11), (12, 12)]));
    let gone = events.gone[0].id().to_string();
    let all = case.files().into_values().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(
        case.files().keys().any(|path| path.starts_with("views/")) && all.into_iter().any(|text| text.contains(&gone))
    );
    let views = case.files().into_iter().filter(|(path, _)| path.starts_with("views/"));
    assert!(views.map(|(_, bytes)| String::from_utf8(bytes).unwrap()).all(|text| !text.contains(&gone)));
}

#[test]
fn a_copy_has_no_views_and_can_have_none() {
    let own = Commons::named("Language");
    let to = own.founding.community();
    let terms = || Federated {
        community: to,
        licences: [Licence::Cc0].into(),
        uses: [].into(),
        kinds: [].into(),
        classes: [].into(),
    };
    let origin = Commons::with("Health", |charter| drop(charter.customs.federation.insert(to, terms())));
    let (copied, case) = (origin.store(&origin.talks()), Case { records: own.talks(), commons: own, ..Case::new() });
    let store = case.commons.store(&case.records);
    let origins = [Origin { source: source(&copied, &origin, TERMS), release: None }];
    let options = case.options(&[View::Sft], None);
    let summary = export(&source(&store, &case.commons, TERMS), &origins, &options, &mut |_, _| {}).unwrap();
    assert_eq!(case.problems(), "");
    assert_eq!((summary.views.len(), summary.copies[0].views.len(), summary.copies[0].rows), (1, 0, 10));
    let manifest = case.dir().join(names::COPIES).join(&summary.copies[0].community).join(names::MANIFEST);
    let text = fs::read_to_string(&manifest).unwrap();
    let view = r#"  "views": [{"format": "tsv", "rows": 0, "left_out": 0, "files": []}],"#;
    fs::write(&manifest, text.replacen("  \"copied\"", &format!("{view}\n  \"copied\""), 1)).unwrap();
    assert!(case.problems().contains("copies have no views"), "{}", case.problems());
}

#[test]
fn columns_by_another_version_are_compared_by_what_they_hold_and_nothing_else_is() {
    let case = Case::new();
    let summary = case.export(&case.options(&[View::Parquet, View::TfRecord], None));
    let file = &summary.views[0].files[0];
    let path = case.dir().join(&file.path);
    let good = fs::read(&path).unwrap();
    let stated =
        [names::MANIFEST, "croissant.json"].map(|name| (name, fs::read_to_string(case.dir().join(name)).unwrap()));
    let put = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        for (name, text) in &stated {
            let hash = HEXLOWER.encode(&Sha256::digest(bytes));
            fs::write(case.dir().join(name), text.replace(&file.sha256, &hash)).unwrap();
        }
        case.fix_sums();
        verify(&case.dir(), &Expected::default(), &mut |_, _| {})
    };
    let own = concat!("version ", env!("CARGO_PKG_VERSION")).as_bytes();
    let at = "version ".len() + good.windows(own.len()).rposition(|window| window == own).unwrap();
    let mut other = good.clone();
    other[at] = b'9';
    let found = put(&other).unwrap();
    let [one] = &found.by_others[..] else { panic!("{:?}", found.by_others) };
    assert_eq!((&one.path, one.writer.contains("version 9"), one.not_compared.len()), (&file.path, true, 0));
    assert!(found.sentence().contains("1 file of columns is by another version"), "{}", found.sentence());
    // Whoever claims another writer gains nothing by it; the own one must write the same bytes.
    for writer in [b'9', good[at]] {
        (other[at], other[20]) = (writer, good[20] ^ 1);
        assert!(put(&other).is_err());
    }
    let records = case.dir().join(&summary.views[1].files[0].path);
    assert!(put(&good).unwrap().by_others.is_empty());
    let claimed = [&fs::read(&records).unwrap()[..], b"\x17commonwheel version 9.9"].concat();
    fs::write(records, claimed).unwrap();
    case.fix_sums();
    assert!(case.problems().contains("it is not what follows from the rows"), "only columns depend on the version");
}
