//! Exports of records that somebody asked for: what they hold, and that nothing can be slipped in or left out.

use super::*;
use crate::export::events::Events;
use crate::export::fixture::{Certified, Commons, TERMS, source};
use crate::export::{ExportOptions, ExportSummary, Origin, Which, export};
use commonwheel_protocol::agreement::customs::Federated;
use commonwheel_protocol::dataset::{Filter, View};
use commonwheel_protocol::ledger::{Batch, Shelf, Store};
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
        let records = [commons.records(), commons.talks()].concat();
        Case { commons, records, temp: TempDir::new().unwrap() }
    }

    fn dir(&self) -> PathBuf {
        self.temp.path().join("out")
    }

    fn options(&self, filter: &str) -> ExportOptions {
        let filter = serde_json::from_str(filter).unwrap();
        ExportOptions { replace: true, filter, ..ExportOptions::to(self.dir()) }
    }

    fn export(&self, filter: &str) -> ExportSummary {
        let store = self.commons.store(&self.records);
        export(&source(&store, &self.commons, TERMS), &[], &self.options(filter), &mut |_, _| {}).unwrap()
    }

    /// The sentence, or every problem.
    fn verified(&self) -> String {
        match verify(&self.dir(), &Expected::default(), &mut |_, _| {}) {
            Ok(summary) => summary.sentence(),
            Err(VerifyError::Failed(problems)) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
            Err(error) => panic!("{error}"),
        }
    }

    /// Changes a file of the export or of a copy in it, and both lists of hashes.
    fn restate(&self, dir: &Path, from: &str, to: &str) {
        let path = dir.join(names::MANIFEST);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        self.mend(dir);
    }

    fn mend(&self, dir: &Path) {
        for dir in [dir, &self.dir()] {
            let mut paths = folder::files(dir).unwrap();
            paths.remove(names::SUMS);
            let line = |path: &String| format!("{}  {path}\n", HEXLOWER.encode(&hash_of(&dir.join(path)).unwrap()));
            fs::write(dir.join(names::SUMS), paths.iter().map(line).collect::<String>()).unwrap();
        }
    }
}

const FAILED: &str = r#"{"label":["fail"],"language":["pt"],"month":["2027-01"]}"#;

/// A community that lets `own` copy everything under CC0.
fn origin_for(own: &Commons) -> Commons {
    let community = own.founding.community();
    let (uses, kinds, classes) = ([].into(), [].into(), [].into());
    let terms = Federated { community, licences: [Licence::Cc0].into(), uses, kinds, classes };
    Commons::with("Health", |charter| drop(charter.customs.federation.insert(community, terms.clone())))
}

/// Writes an export of chats that failed, with a copy of such chats beside it.
fn with_a_copy(case: &Case, options: &ExportOptions) -> ExportSummary {
    let origin = origin_for(&case.commons);
    let records = [origin.talks(), origin.records()].concat();
    let (store, copied) = (case.commons.store(&case.records), origin.store(&records));
    let origins = [Origin { source: source(&copied, &origin, TERMS), release: None }];
    export(&source(&store, &case.commons, TERMS), &origins, options, &mut |_, _| {}).unwrap()
}

/// For readers that share no code with this one.
pub(super) fn write_for_readers(folder: &Path) {
    let case = Case::new();
    let chats = r#"{"use":"train-ai","honour":["cc-cr"],"label":["fail","good"],"language":["pt"],"month":["..2026-11"],"kind":["chat"]}"#;
    for (name, filter) in [("by-a-filter", chats), ("by-another-filter", r#"{"model":["other"],"tag":["maths"]}"#)] {
        let options = ExportOptions { out: folder.join(name), ..case.options(filter) };
        with_a_copy(&case, &options);
    }
}

#[test]
fn an_export_by_a_filter_holds_what_matches_and_counts_the_rest() {
    let case = Case::new();
    for (filter, rows, by_header, by_body) in [
        (FAILED, 1, 5, 14),
        (r#"{"licence":["CC0-1.0"]}"#, 12, 8, 0),
        (r#"{"licence":["CC-BY-4.0","MIT"],"kind":["correction","rubric"]}"#, 2, 16, 2),
        (r#"{"kind":["example"]}"#, 2, 0, 18),
        (r#"{"model":["LLAMA3.2:3B"],"tag":["maths"],"language":["en"]}"#.to_lowercase().as_str(), 1, 0, 19),
        (r#"{"month":["2030-01.."]}"#, 0, 20, 0),
        (r#"{"model":["other"]}"#, 4, 0, 16),
    ] {
        let summary = case.export(filter);
        let chosen = summary.filter.unwrap();
        assert_eq!((summary.rows, chosen.by_header, chosen.by_body), (rows, by_header, by_body), "{filter}");
        assert_eq!(summary.records, 20);
        let said = case.verified();
        assert!(said.starts_with(&format!("{rows} record")) && said.contains("; complete except"), "{said}");
        assert_eq!(said.contains("which only the export says"), by_body > 0, "{said}");
    }
}

#[test]
fn the_sentence_and_the_readme_say_what_was_asked_for() {
    let case = Case::new();
    case.export(FAILED);
    assert!(case.verified().ends_with(
        "; complete except 19 left out since they are not what was asked for (label fail; language pt; month 2027-01), 14 \
         of them for what their texts say, which only the export says."
    ));
    let readme = fs::read_to_string(case.dir().join(names::README)).unwrap();
    assert!(readme.contains("Only some records were asked for: label fail; language pt; month 2027\\-01"), "{readme}");
    assert!(readme.contains("| left out since they were not asked for | 19 |"), "{readme}");
}

#[test]
fn a_use_comes_before_what_else_is_asked_for_and_views_hold_what_the_rows_are() {
    let case = Case::new();
    let store = case.commons.store(&case.records);
    let filter = r#"{"use":"train-ai","label":["fail","good"]}"#;
    let options = ExportOptions { views: [View::Kto, View::Tsv].into(), ..case.options(filter) };
    let summary = export(&source(&store, &case.commons, TERMS), &[], &options, &mut |_, _| {}).unwrap();
    let (purpose, chosen) = (summary.purpose.unwrap(), summary.filter.unwrap());
    assert_eq!((summary.rows, purpose.unhonoured, chosen.by_header, chosen.by_body), (5, 10, 0, 5));
    assert_eq!((summary.views[1].rows, purpose.failed_chats), (5, 1));
    assert!(case.verified().starts_with("5 records for train-ai, "));
}

#[test]
fn what_a_manifest_says_of_its_filter_is_checked() {
    let case = Case::new();
    let other = |filter: &str, from: &str, to: &str| {
        case.export(filter);
        assert!(case.verified().contains("; complete except"));
        case.restate(&case.dir(), from, to);
        case.verified()
    };
    for (from, to, what) in [
        ("\"pt\"", "\"en\"", "none that the export's filter asks for"),
        ("\"fail\"", "\"good\"", "none that the export's filter asks for"),
        ("\"2027-01\"\n", "\"2027-02\"\n", "none that the export's filter asks for"),
        ("\"2027-01\"\n", "\"..2027-01\"\n", "by their headers 0 records are not asked for"),
        ("\"by_header\": 5", "\"by_header\": 4", "by their headers 5 records"),
        ("\"by_body\": 14", "\"by_body\": 13", "14 record(s) whose headers are fit have no row; it states 13"),
        ("\"by_body\": 14", "\"by_body\": 18446744073709551615", "14 record(s) whose headers are fit have no row"),
        ("\"fail\"", "\"bad\"", "not a manifest of a format that this program knows"),
        ("\"asks\": {", "\"asks\": {\"use\": \"train-ai\",", "it asks for nothing, or for a use"),
        ("\"filter\"", "\"filters\"", "not a manifest"),
    ] {
        let said = other(FAILED, from, to);
        assert!(said.contains(what), "{from} as {to}: {said}");
    }
    let said = other(r#"{"licence":["CC0-1.0"]}"#, "\"by_body\": 0", "\"by_body\": 1");
    assert!(said.contains("its filter asks nothing of bodies"), "{said}");
}

#[test]
fn an_export_of_everything_cannot_be_passed_off_as_one_by_a_filter_nor_lack_rows_under_the_name_of_one() {
    let case = Case::new();
    case.export("{}");
    let filter = r#""filter": {"asks": {"label": ["fail"]}, "by_header": 0, "by_body": 0}, "#;
    let incomplete = "\"incomplete\": []";
    case.restate(&case.dir(), incomplete, &format!("{incomplete}, {}", filter.trim_end_matches(", ")));
    assert!(case.verified().contains("none that the export's filter asks for"));

    // A row less, counted as left out for its body under a filter that reads none.
    let summary = case.export(r#"{"licence":["CC0-1.0"]}"#);
    let path = case.dir().join(summary.files.keys().next().unwrap());
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.split_inclusive('\n').skip(1).collect::<String>()).unwrap();
    case.restate(&case.dir(), "\"by_body\": 0", "\"by_body\": 1");
    assert!(case.verified().contains("is certified and has no row, nor a header"));
}

#[test]
fn a_copy_is_by_the_same_filter_as_the_export_beside_which_it_lies() {
    let case = Case::new();
    let summary = with_a_copy(&case, &case.options(FAILED));
    let copy = &summary.copies[0];
    assert_eq!((copy.rows, copy.left_out.unwrap().licence), (1, 8));
    let chosen = copy.filter.as_ref().unwrap();
    assert_eq!((chosen.by_header, chosen.by_body), (1, 10));
    let said = case.verified();
    assert!(said.contains("From Health (") && said.matches("asked for (label fail").count() == 2, "{said}");
    let dir = case.dir().join(names::COPIES).join(&copy.community);
    case.restate(&dir, "\"by_body\": 10", "\"by_body\": 9");
    assert!(case.verified().contains("it states 9 as left out"), "{}", case.verified());
    with_a_copy(&case, &case.options(FAILED));
    case.restate(&dir, "\"2027-01\"\n", "\"2027-01..2027-02\"\n");
    assert!(case.verified().contains("by another filter, than the export beside which it lies"), "{}", case.verified());
}

#[test]
fn an_edition_by_a_filter_has_a_name_of_its_own_and_that_is_checked() {
    let (events, case) = (Events::new(), Case::new());
    let store = events.store();
    let mut editions = BTreeSet::new();
    for filter in ["{}", r#"{"month":["2026-11"]}"#, r#"{"kind":["example"],"month":["..2026-11"]}"#] {
        let options = ExportOptions { release: Some(Which::Number(2)), ..case.options(filter) };
        let summary = export(&source(&store, &events.commons, TERMS), &[], &options, &mut |_, _| {}).unwrap();
        let said = case.verified();
        assert!(said.contains(" of release 2"), "{said}");
        editions.insert(summary.files.keys().cloned().collect::<Vec<_>>().join(" ") + &summary.edition.unwrap());
    }
    assert!(editions.len() > 1, "{editions:?}");
}

#[test]
fn a_record_whose_body_is_not_here_is_incomplete_where_its_header_matches_and_left_out_where_not() {
    let case = Case::new();
    let mut store = case.commons.store(&case.records);
    let mut erase = Batch::default();
    for one in [&case.records[3], &case.records[5]] {
        erase.erase(Shelf::Certified, one.header.header().body);
    }
    store.commit(&erase).unwrap();
    let licence = case.records[3].header.header().licence;
    assert_ne!(licence, case.records[5].header.header().licence);
    for filter in [format!(r#"{{"licence":["{licence}"]}}"#), format!(r#"{{"licence":["{licence}"],"tag":["maths"]}}"#)]
    {
        let options = ExportOptions { allow_incomplete: true, ..case.options(&filter) };
        let summary = export(&source(&store, &case.commons, TERMS), &[], &options, &mut |_, _| {}).unwrap();
        assert_eq!(summary.incomplete, 1);
        assert!(case.verified().contains("1 more record has no row here"), "{}", case.verified());
    }
}

#[test]
fn a_hostile_name_in_a_filter_changes_neither_the_readme_nor_what_a_terminal_shows() {
    let case = Case::new();
    let asks = Filter { tags: ["<b>\u{1b}[31m\n# owned".parse().unwrap()].into(), ..Filter::default() };
    case.export(&serde_json::to_string(&asks).unwrap());
    let said = case.verified();
    assert!(said.contains("complete except 20 left out") && !said.contains('\u{1b}') && !said.contains('\n'), "{said}");
    let readme = fs::read_to_string(case.dir().join(names::README)).unwrap();
    assert!(!readme.contains("<b>") && !readme.contains("\n# owned") && !readme.contains('\u{1b}'), "{readme}");
}
