//! Exports for a use: what they hold, and that nothing can be slipped in or left out.

use super::*;
use crate::export::fixture::{Certified, Commons, TERMS, source};
use crate::export::{ExportOptions, ExportSummary, export};
use commonwheel_protocol::dataset::{Facts, Filter, Purpose};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::{Category, Exception};
use commonwheel_protocol::record::content::Label;
use std::fs;
use tempfile::TempDir;

struct Case {
    commons: Commons,
    records: Vec<Certified>,
    temp: TempDir,
}

impl Case {
    /// Two records that may be trained on, and one for each reason why not.
    fn new() -> Case {
        let commons = Commons::named("a");
        let says = |n, preference| commons.says(n, "Rest helps.", Licence::Cc0, preference);
        let records = vec![
            says(1, "train-ai=y"),
            says(2, "search=y, train-ai=y"),
            says(4, "train-ai=n"),
            says(7, "search=y"),
            says(8, "train-ai=n;exceptions=cc-cr"),
            says(11, "train-ai=n;exceptions=cc-cr-op"),
        ];
        Case { commons, records, temp: TempDir::new().unwrap() }
    }

    fn dir(&self) -> PathBuf {
        self.temp.path().join("out")
    }

    fn export(&self, purpose: Option<Purpose>, out: &Path) -> ExportSummary {
        let store = self.commons.store(&self.records);
        let options = ExportOptions {
            replace: true,
            filter: Filter { purpose, ..Filter::default() },
            ..ExportOptions::to(out.to_owned())
        };
        export(&source(&store, &self.commons, TERMS), &[], &options, &mut |_, _| {}).unwrap()
    }

    /// The sentence, or every problem.
    fn verified(&self) -> String {
        match verify(&self.dir(), &Expected::default(), &mut |_, _| {}) {
            Ok(summary) => summary.sentence(),
            Err(VerifyError::Failed(problems)) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
            Err(error) => panic!("{error}"),
        }
    }

    /// Changes the manifest, and the hash of it.
    fn restate(&self, from: &str, to: &str) {
        let (path, sums) = (self.dir().join(names::MANIFEST), self.dir().join(names::SUMS));
        let before = HEXLOWER.encode(&hash_of(&path).unwrap());
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let mended = fs::read_to_string(&sums).unwrap().replace(&before, &HEXLOWER.encode(&hash_of(&path).unwrap()));
        fs::write(&sums, mended).unwrap();
    }
}

fn training(honours: &[Exception]) -> Option<Purpose> {
    Some(Purpose::new(Category::TrainAi, honours.iter().copied()))
}

/// For readers that share no code with this one.
pub(super) fn write_for_readers(folder: &Path) {
    let case = Case::new();
    case.export(training(&[Exception::Credit]), &folder.join("for-a-use"));
}

#[test]
fn an_export_for_a_use_holds_what_permits_it_and_counts_the_rest() {
    let case = Case::new();
    let summary = case.export(training(&[]), &case.dir());
    let counts = summary.purpose.unwrap();
    assert_eq!((summary.records, summary.rows), (6, 2));
    assert_eq!((counts.refused, counts.unknown, counts.unhonoured), (1, 1, 2));
    assert_eq!(
        case.verified(),
        "2 records for train-ai, each signed by its author and accepted by 3 of 4 validators; complete except 1 left out \
         since they refuse train-ai, 2 left out since they refuse train-ai but for a signal that is not honoured, 1 left \
         out since they say nothing of train-ai."
    );
    let readme = fs::read_to_string(case.dir().join(names::README)).unwrap();
    assert!(readme.contains("It was written for the use `train-ai`"), "{readme}");
}

#[test]
fn a_signal_that_is_honoured_lets_in_what_asks_for_it_and_nothing_else() {
    let case = Case::new();
    let summary = case.export(training(&[Exception::Credit]), &case.dir());
    let counts = summary.purpose.unwrap();
    assert_eq!((summary.rows, counts.unhonoured), (3, 1));
    assert_eq!(counts.relied_on, [("cc-cr".to_owned(), 1)].into());
    let said = case.verified();
    let promise = "3 records for train-ai, honouring cc-cr (1 row is here only by that promise), each signed";
    assert!(said.starts_with(promise), "{said}");
    let readme = fs::read_to_string(case.dir().join(names::README)).unwrap();
    assert!(readme.contains("by the promise to honour a signal: 1 for `cc-cr`"), "{readme}");
    case.restate("\"cc-cr\": 1", "\"cc-cr\": 2");
    assert!(case.verified().contains("manifest.json: it is not what follows"));
    let all = case.export(training(&Exception::ALL), &case.dir());
    assert_eq!(all.rows, 4);
    let relied_on = all.purpose.unwrap().relied_on;
    assert_eq!(relied_on, [("cc-cr".to_owned(), 1), ("cc-cr-op".to_owned(), 1)].into());
}

#[test]
fn chats_that_failed_are_counted_and_the_count_is_checked() {
    let case = Case::new();
    let label = |one: &Certified| Facts::of(one.header.header(), &one.body).label;
    let failed = case.commons.records().into_iter().find(|one| label(one) == Some(Label::Fail));
    let mut case = case;
    case.records.push(failed.expect("the fixture has a chat that failed"));
    let honours = [Exception::Credit];
    let summary = case.export(training(&honours), &case.dir());
    assert_eq!(summary.purpose.unwrap().failed_chats, 1);
    case.restate("\"failed_chats\": 1", "\"failed_chats\": 0");
    assert!(case.verified().contains("manifest.json"));
}

#[test]
fn what_a_manifest_says_of_the_use_is_checked() {
    let case = Case::new();
    let other = |from: &str, to: &str| {
        case.export(training(&[]), &case.dir());
        case.restate(from, to);
        case.verified()
    };
    let looser = other("\"honours\": []", "\"honours\": [\"cc-cr\"]");
    assert!(looser.contains("is accepted and has no row"), "{looser}");
    let counted = other("\"refused\": 1", "\"refused\": 2");
    assert!(counted.contains("not what follows"), "{counted}");
    let unknown = other("\"use\": \"train-ai\"", "\"use\": \"everything\"");
    assert!(unknown.contains("does not know"), "{unknown}");
    let another = other("\"use\": \"train-ai\"", "\"use\": \"search\"");
    assert!(another.contains("does not allow the use"), "{another}");
    // Without its purpose it is an export that lacks rows.
    case.export(None, &case.dir());
    assert!(case.verified().starts_with("6 records, "));
}

#[test]
fn an_export_for_a_use_is_the_same_bytes_each_time() {
    let case = Case::new();
    let (one, other) = (case.temp.path().join("one"), case.temp.path().join("other"));
    case.export(training(&[Exception::Credit]), &one);
    case.export(training(&[Exception::Credit]), &other);
    let read = |dir: &Path| fs::read_to_string(dir.join(names::SUMS)).unwrap();
    assert_eq!(read(&one), read(&other));
}
