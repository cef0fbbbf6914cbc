//! What a community keeps apart for evaluation: where it lies, how it is marked, and that nothing of it slips away.

use super::*;
use crate::export::fixture::{Certified, Commons, TERMS, author, source};
use crate::export::{ExportOptions, ExportSummary, export, folder};
use commonwheel_protocol::dataset::{Draw, Filter, Purpose, Row, View};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::Category;
use commonwheel_protocol::record::SignedHeader;
use std::fs;
use tempfile::TempDir;

struct Case {
    commons: Commons,
    /// Of authors who were drawn, then of others, then a correction by one of these of the first.
    records: Vec<Certified>,
    drawn: usize,
    temp: TempDir,
}

impl Case {
    fn new() -> Case {
        let commons = Commons::with("keeps some apart", |charter| charter.customs.evaluation = Some(300));
        let community = commons.founding.community();
        let draw = Draw::of(commons.founding.charter()).unwrap();
        let is_drawn = |n: &u8| draw.draws(&author(*n).pseudonym(&community).public());
        let (drawn, others): (Vec<u8>, Vec<u8>) = (1..=20).partition(is_drawn);
        assert!(drawn.len() >= 2 && others.len() >= 2);
        let says = |n: &u8| commons.says(*n, "Rest helps.", Licence::Cc0, "evaluate=y, train-ai=y");
        let mut records: Vec<_> = drawn.iter().chain(&others).map(says).collect();
        records.push(corrects(&commons, others[0], &records[0]));
        Case { commons, records, drawn: drawn.len(), temp: TempDir::new().unwrap() }
    }

    fn dir(&self) -> PathBuf {
        self.temp.path().join("out")
    }

    fn export(&self, category: Option<Category>, views: &[View], out: &Path) -> ExportSummary {
        let store = self.commons.store(&self.records);
        let purpose = category.map(|category| Purpose::new(category, []));
        let options = ExportOptions {
            replace: true,
            filter: Filter { purpose, ..Filter::default() },
            views: views.iter().copied().collect(),
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

    /// The lines of the files of rows, by whether they are kept apart.
    fn lines(&self, apart: bool) -> Vec<(String, String)> {
        let files = folder::files(&self.dir()).unwrap().into_iter();
        let files = files.filter(|path| path.starts_with(names::DATA) && Partition::is_apart(path) == apart);
        let read = |path: String| {
            let text = fs::read_to_string(self.dir().join(&path)).unwrap();
            text.lines().map(|line| (path.clone(), line.to_owned())).collect::<Vec<_>>()
        };
        files.flat_map(read).collect()
    }

    /// Puts a text in the place of another in a file, and the list of hashes right.
    fn rewrite(&self, path: &str, from: &str, to: &str) {
        let file = self.dir().join(path);
        let text = fs::read_to_string(&file).unwrap_or_default();
        assert!(text.contains(from), "{path} lacks {from:?}");
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
        let files = folder::files(&self.dir()).unwrap().into_iter().filter(|path| path != names::SUMS);
        let line = |path: String| format!("{}  {path}\n", HEXLOWER.encode(&hash_of(&self.dir().join(&path)).unwrap()));
        fs::write(self.dir().join(names::SUMS), files.map(line).collect::<String>()).unwrap();
    }
}

/// A record by the author `n` that corrects another.
fn corrects(commons: &Commons, n: u8, other: &Certified) -> Certified {
    let like = commons.says(n, "Rest helps, and so does tea.", Licence::Cc0, "evaluate=y, train-ai=y");
    let key = author(n).pseudonym(&commons.founding.community());
    let header = Header { corrects: Some(other.id()), ..like.header.header().clone() };
    let header = SignedHeader::verify(&header.sign(&key)).unwrap();
    let certificate = commons.certificate(&header, 0);
    Certified { header, certificate, ..like }
}

/// For readers that share no code with this one.
pub(super) fn write_for_readers(folder: &Path) {
    let case = Case::new();
    case.export(None, &View::ALL, &folder.join("kept-apart"));
    case.export(Some(Category::TrainAi), &[], &folder.join("nothing-kept-apart"));
}

#[test]
fn what_is_kept_apart_lies_in_files_of_its_own_with_the_canary_in_each_line() {
    let case = Case::new();
    let summary = case.export(None, &View::ALL, &case.dir());
    let canary = Canary::of(&case.commons.founding.community());
    let (apart, main) = (case.lines(true), case.lines(false));
    assert_eq!(summary.rows, case.records.len());
    assert_eq!((apart.len(), main.len()), (case.drawn + 1, case.records.len() - case.drawn - 1));
    assert!(apart.iter().all(|(_, line)| line.contains(canary.text())));
    let correction = case.records.last().unwrap().id().to_string();
    assert!(apart.iter().any(|(_, line)| line.contains(&correction)), "it goes with what it corrects");
    let mut marked = 0;
    for path in folder::files(&case.dir()).unwrap() {
        let is_view = path.starts_with(names::VIEWS);
        if is_view || path.starts_with(names::DATA) {
            let held = fs::read(case.dir().join(&path)).unwrap();
            let bears = held.windows(canary.text().len()).any(|part| part == canary.text().as_bytes());
            assert_eq!(bears, path.contains("-evaluation"), "{path}");
            marked += usize::from(is_view && bears);
        }
    }
    assert!(marked >= 3, "views bear it too");
    assert!(case.verified().starts_with("21 records, "), "{}", case.verified());
}

#[test]
fn nothing_that_is_kept_apart_is_exported_for_training_and_all_of_it_for_evaluation() {
    let case = Case::new();
    let summary = case.export(Some(Category::TrainAi), &[], &case.dir());
    assert_eq!(summary.purpose.unwrap().kept_apart, case.drawn + 1);
    assert!(case.lines(true).is_empty());
    let told = format!("{} left out since the community keeps them apart for evaluation", case.drawn + 1);
    assert!(case.verified().contains(&told), "{}", case.verified());
    let sheet = fs::read_to_string(case.dir().join("DATASHEET.md")).unwrap();
    let left_out = case.drawn + 1;
    let told =
        format!(": {left_out} records are left out, {left_out} of them since they are kept apart for evaluation.");
    assert!(sheet.contains(&told), "{sheet}");
    let stated = format!("\"kept_apart\": {}", case.drawn + 1);
    case.rewrite(names::MANIFEST, &stated, "\"kept_apart\": 0");
    assert!(case.verified().contains("manifest.json: it is not what follows"), "{}", case.verified());
    let summary = case.export(Some(Category::Evaluate), &[], &case.dir());
    assert_eq!((summary.rows, summary.purpose.unwrap().kept_apart), (case.records.len(), 0));
    assert!(case.verified().starts_with("21 records for evaluate"));
}

#[test]
fn the_samples_of_a_readme_load_what_is_kept_apart_only_where_there_is_nothing_else() {
    let mut case = Case::new();
    let samples = |case: &Case| {
        case.export(None, &[], &case.dir());
        let readme = fs::read_to_string(case.dir().join(names::README)).unwrap();
        readme.split_once("## Load it").unwrap().1.split_once("## Check it").unwrap().0.to_owned()
    };
    let count = |text: &str, name: &str| {
        text.matches(&format!("{name}.jsonl\"")).count() + text.matches(&format!("{name}.jsonl'")).count()
    };
    let both = samples(&case);
    assert_eq!((count(&both, "????-??"), both.matches("split=\"train\")").count()), (3, 1), "{both}");
    assert_eq!(both.matches(".jsonl").count(), 4, "and what names the other files: {both}");
    case.records.truncate(case.drawn);
    let apart = samples(&case);
    assert_eq!(
        (count(&apart, "????-??-evaluation"), apart.matches("split=\"evaluation\")").count()),
        (3, 1),
        "{apart}"
    );
}

#[test]
fn a_row_without_the_canary_or_on_the_other_side_is_found() {
    let case = Case::new();
    let canary = Canary::of(&case.commons.founding.community());
    let correction = case.records.last().unwrap().id().to_string();
    let fresh = || {
        case.export(None, &[], &case.dir());
        (case.lines(true), case.lines(false))
    };
    let (apart, main) = fresh();
    let (path, line) = &apart[0];
    case.rewrite(path, line, &canary.unmark(line).unwrap());
    assert!(case.verified().contains("expected the community's canary"), "{}", case.verified());
    fresh();
    let other = Canary::of(&Cid::of_cbor(b"another"));
    case.rewrite(path, canary.text(), other.text());
    assert!(case.verified().contains("expected the community's canary"), "{}", case.verified());
    // Moved to where whoever trains would take it.
    fresh();
    let moved = |line: &str| format!("{}\n{}", canary.unmark(line).unwrap(), main[0].1);
    case.rewrite(&main[0].0, &main[0].1, &moved(line));
    assert!(case.verified().contains("keeps the record apart for evaluation"), "{}", case.verified());
    fresh();
    // A correction lies in its order among its author's other rows.
    let (at, line) = apart.iter().find(|(_, line)| line.contains(&correction)).unwrap();
    let path_of_main = &main[0].0;
    let here: Vec<_> = main.iter().filter(|(path, _)| path == path_of_main).map(|(_, line)| line.clone()).collect();
    let mut with: Vec<_> = here.iter().cloned().chain([canary.unmark(line).unwrap()]).collect();
    with.sort_by_key(|line| Row::read(line).unwrap().id());
    case.rewrite(at, &format!("{line}\n"), "");
    case.rewrite(path_of_main, &here.join("\n"), &with.join("\n"));
    let told = case.verified();
    assert!(told.contains("does not lie where that belongs"), "{told}");
    // And the other way round.
    fresh();
    case.rewrite(path, &apart[0].1, &format!("{}\n{}", canary.mark(&main[0].1), apart[0].1));
    assert!(case.verified().contains("does not keep the record apart"), "{}", case.verified());
}
