use super::*;
use crate::export::fixture::{Certified, Commons, TERMS, source};
use crate::export::{ExportOptions, car, export};
use commonwheel_protocol::bytes::{Codec, Node};
use commonwheel_protocol::dataset::Row;
use commonwheel_protocol::ledger::{Batch, Shelf, Store};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::Preference;
use std::fs;
use tempfile::TempDir;

struct Case {
    commons: Commons,
    records: Vec<Certified>,
    temp: TempDir,
}

impl Case {
    fn new() -> Self {
        let commons = Commons::named("a");
        // Three more examples share a file, so that rows have neighbours.
        let mut records = commons.records();
        records.extend((20u8..60).step_by(10).map(|n| {
            let body = [("kind", Node::text("example")), ("salt", Node::bytes([n; 32])), ("prompt", Node::text("?"))];
            let body = Node::map(body.map(|(key, value)| (key, Some(value))));
            commons.certified(n, commonwheel_protocol::bytes::encode(&body))
        }));
        let case = Case { commons, records, temp: TempDir::new().unwrap() };
        case.commons.export(&case.commons.store(&case.records), &case.dir()).unwrap();
        case
    }

    fn dir(&self) -> PathBuf {
        self.temp.path().join("out")
    }

    fn verify(&self) -> Result<VerifySummary, VerifyError> {
        verify(&self.dir(), &Expected::default(), &mut |_, _| {})
    }

    /// The problems, as they are shown; none when the export is verified.
    fn problems(&self) -> Vec<String> {
        match self.verify() {
            Ok(_) => vec![],
            Err(VerifyError::Failed(problems)) => problems.iter().map(Problem::to_string).collect(),
            Err(error) => vec![error.to_string()],
        }
    }

    /// A file of rows with several rows, and its lines.
    fn rows(&self) -> (PathBuf, Vec<String>) {
        let paths = folder::files(&self.dir()).unwrap();
        let lines = |path: &PathBuf| fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
        let data = paths.iter().filter(|path| path.starts_with("data/")).map(|path| self.dir().join(path));
        data.map(|path| (path.clone(), lines(&path))).find(|(_, lines)| lines.len() > 2).unwrap()
    }

    /// Writes other lines and the hashes that then are right.
    fn write_rows(&self, path: &Path, lines: &[String]) {
        fs::write(path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        self.fix_sums();
    }

    fn fix_sums(&self) {
        let dir = self.dir();
        let mut paths = folder::files(&dir).unwrap();
        paths.remove(names::SUMS);
        let line = |path: &String| format!("{}  {path}\n", HEXLOWER.encode(&hash_of(&dir.join(path)).unwrap()));
        fs::write(dir.join(names::SUMS), paths.iter().map(line).collect::<String>()).unwrap();
    }

    fn expect(&self, what: &str) {
        let problems = self.problems();
        assert!(problems.iter().any(|problem| problem.contains(what)), "expected {what:?} among {problems:#?}");
    }
}

#[test]
fn an_untouched_export_is_verified_and_the_sentence_says_by_whom() {
    let case = Case::new();
    let summary = case.verify().unwrap();
    assert_eq!((summary.rows, summary.records), (14, 14));
    let said = "14 records, each signed by its author and accepted by 3 of 4 validators; complete.";
    assert_eq!(summary.sentence(), said);
    assert_eq!(thousands(1_234_567), "1,234,567");
}

#[test]
fn a_changed_byte_in_any_file_is_found_with_and_without_right_hashes() {
    let case = Case::new();
    for path in folder::files(&case.dir()).unwrap() {
        let file = case.dir().join(&path);
        let bytes = fs::read(&file).unwrap();
        let last = bytes.len().saturating_sub(1);
        for at in [0, bytes.len() / 3, bytes.len() / 2, last] {
            let mut changed = bytes.clone();
            match changed.get_mut(at) {
                Some(byte) => *byte ^= 1,
                // It is empty, since nothing was erased.
                None => changed.push(b'\n'),
            }
            fs::write(&file, &changed).unwrap();
            assert_ne!(case.problems(), Vec::<String>::new(), "{path} byte {at}");
            if path != names::SUMS {
                case.fix_sums();
                assert_ne!(case.problems(), Vec::<String>::new(), "{path} byte {at} with its hash");
            }
            fs::write(&file, &bytes).unwrap();
            case.fix_sums();
        }
    }
    assert!(case.verify().is_ok());
}

#[test]
fn a_missing_or_additional_file_is_found() {
    let case = Case::new();
    for path in folder::files(&case.dir()).unwrap() {
        let bytes = fs::read(case.dir().join(&path)).unwrap();
        fs::remove_file(case.dir().join(&path)).unwrap();
        assert_ne!(case.problems(), Vec::<String>::new(), "without {path}");
        if path != names::SUMS {
            case.fix_sums();
            assert_ne!(case.problems(), Vec::<String>::new(), "without {path} and its hash");
        }
        fs::write(case.dir().join(&path), bytes).unwrap();
        case.fix_sums();
    }
    for extra in [
        "data/licence=MIT/preference=train-ai-y/2001-01.jsonl",
        "data/licence=MIT/2001-01.jsonl",
        "data/notes",
        "notes\u{1b}[31m",
    ] {
        fs::create_dir_all(case.dir().join("data/licence=MIT/preference=train-ai-y")).unwrap();
        fs::write(case.dir().join(extra), "").unwrap();
        let problems = case.problems().join("\n");
        assert!(problems.contains("not listed in SHA256SUMS") && !problems.contains('\u{1b}'), "{problems}");
        case.fix_sums();
        case.expect("no part of an export");
        fs::remove_file(case.dir().join(extra)).unwrap();
        case.fix_sums();
    }
    assert!(case.verify().is_ok());
}

#[cfg(unix)]
#[test]
fn a_manifest_that_is_much_longer_than_what_it_can_tell_of_is_not_read() {
    let case = Case::new();
    let path = case.dir().join(names::MANIFEST);
    let text = fs::read_to_string(&path).unwrap();
    let many = format!("\"incomplete\": [{}\"\"]", "\"\",".repeat(400_000));
    let long = text.replacen("\"incomplete\": []", &many, 1);
    assert!(long.len() > text.len() + 1_000_000);
    fs::write(&path, long).unwrap();
    case.fix_sums();
    case.expect("by what lies beside it");
}

#[test]
fn a_link_to_elsewhere_is_no_part_of_an_export() {
    let case = Case::new();
    std::os::unix::fs::symlink("/", case.dir().join("data/elsewhere")).unwrap();
    case.expect("neither a file nor a folder");
}

#[test]
fn deleted_swapped_and_repeated_rows_are_found_though_the_hashes_are_right() {
    let case = Case::new();
    let (path, lines) = case.rows();
    case.write_rows(&path, &lines[1..]);
    case.expect("is certified and has no row");
    let mut swapped = lines.clone();
    swapped.swap(0, 1);
    case.write_rows(&path, &swapped);
    case.expect("out of order");
    case.write_rows(&path, &[&lines[..1], &lines[..]].concat());
    case.expect("another row already");
    case.write_rows(&path, &lines);
    assert!(case.verify().is_ok());
}

#[test]
fn a_row_that_says_something_else_is_found_though_the_hashes_are_right() {
    let case = Case::new();
    let files = folder::files(&case.dir()).unwrap();
    let read = |path: &String| fs::read_to_string(case.dir().join(path)).unwrap();
    let path = files.iter().find(|p| p.starts_with("data/") && read(p).contains(r#""label":"fail""#)).unwrap();
    let lines: Vec<_> = read(path).lines().map(str::to_owned).collect();
    let edits = [
        (r#""label":"fail""#, r#""label":"good""#, "do not hash to the body"),
        (r#""train-ai=n;exceptions=cc-cr, search=y""#, r#""search=y""#, "do not hash to the body"),
        (r#""preference":"search=y, train-ai=n;exceptions=cc-cr""#, r#""preference":"train-ai=y""#, r#"column "id""#),
        (r#""author_mode":"anonymous""#, r#""author_mode":"key""#, "not the one text"),
    ];
    for (from, to, problem) in edits {
        let edited: Vec<_> = lines.iter().map(|line| line.replacen(from, to, 1)).collect();
        assert_ne!(edited, lines, "{from}");
        case.write_rows(&case.dir().join(path), &edited);
        case.expect(problem);
    }
}

#[test]
fn a_row_under_the_wrong_licence_preference_or_month_is_found() {
    let case = Case::new();
    let (path, lines) = case.rows();
    let here = path.to_str().unwrap().to_owned();
    let partition = Row::read(&lines[0]).unwrap().partition().unwrap();
    let licence = if partition.licence == Licence::Mit { Licence::Cc0 } else { Licence::Mit };
    for (from, to) in [
        (format!("licence={}", partition.licence), format!("licence={licence}")),
        (format!("preference={}", partition.preference.slug()), "preference=train-ai-y".to_owned()),
        (format!("{}.jsonl", partition.month), "2001-01.jsonl".to_owned()),
        (format!("preference={}/", partition.preference.slug()), String::new()),
    ] {
        let other = PathBuf::from(here.replacen(&from, &to, 1));
        assert_ne!(other, path);
        fs::create_dir_all(other.parent().unwrap()).unwrap();
        fs::rename(&path, &other).unwrap();
        case.write_rows(&other, &lines);
        case.expect("the row belongs in");
        fs::rename(&other, &path).unwrap();
    }
}

#[test]
fn what_the_manifest_says_of_a_file_is_checked() {
    let case = Case::new();
    let path = case.dir().join(names::MANIFEST);
    let text = fs::read_to_string(&path).unwrap();
    let stated = Manifest::read(&text).unwrap();
    let (file, slug) = (&stated.files[0], Preference::of_slug("train-ai-y").unwrap());
    for (key, from, to) in [
        ("licence", &file.licence, "CC0-1.0"),
        ("preference", &file.preference, &slug.to_string()),
        ("month", &file.month, "2001-01"),
        ("sha256", &file.sha256, &"0".repeat(64)),
    ] {
        let (from, to) = (format!("\"{key}\": \"{from}\""), format!("\"{key}\": \"{to}\""));
        let changed = text.replacen(&from, &to, 1);
        assert_ne!(changed, text, "{from}");
        fs::write(&path, changed).unwrap();
        case.fix_sums();
        case.expect("manifest.json: it is not what follows");
    }
    for (from, to) in
        [(format!("\"bytes\": {}", file.bytes), "\"bytes\": 0"), (format!("\"rows\": {},", file.rows), "\"rows\": 0,")]
    {
        let changed = text.replacen(&from, to, 1);
        assert_ne!(changed, text, "{from}");
        fs::write(&path, changed).unwrap();
        case.fix_sums();
        case.expect("manifest.json: it is not what follows");
    }
}

#[test]
fn a_record_that_nobody_accepted_cannot_be_added() {
    let case = Case::new();
    let body = commonwheel_protocol::bytes::encode(&Node::map([("kind", Some(Node::text("example")))]));
    let added = case.commons.certified(20, body);
    let row = Row::of(added.header.bytes(), &added.body, &case.commons.founding.charter().id()).unwrap();
    let path = case.dir().join(row.partition().unwrap().path());
    let mut lines: Vec<_> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
    lines.push(row.line().unwrap());
    lines.sort_by_key(|line| Row::read(line).unwrap().id());
    case.write_rows(&path, &lines);
    case.expect("has no certificate");
}

#[test]
fn certificates_must_be_valid_in_order_and_one_for_each_record() {
    let case = Case::new();
    let path = case.dir().join(names::CERTIFICATES);
    let (founding, other) = (&case.commons.founding, Commons::named("another"));
    let mut records: Vec<_> = case.records.iter().collect();
    records.sort_by_key(|one| one.id());
    let good: Vec<_> = records.iter().map(|one| one.certificate.clone()).collect();
    let write = |founding_bytes: &[u8], certificates: &[Vec<u8>]| {
        let terms = (Cid::of(Codec::Raw, TERMS.as_bytes()), TERMS.as_bytes());
        let mut bytes = car::header(&Cid::of_cbor(founding_bytes));
        let blocks = certificates.iter().map(|block| (Cid::of_cbor(block), &block[..]));
        for (cid, block) in [(Cid::of_cbor(founding_bytes), founding_bytes), terms].into_iter().chain(blocks) {
            bytes.extend(car::section(&cid, block));
        }
        fs::write(&path, bytes).unwrap();
        case.fix_sums();
    };
    let with = |at: usize, certificate: Vec<u8>| {
        let mut changed = good.clone();
        changed[at] = certificate;
        changed
    };
    write(founding.bytes(), &with(0, good[1].clone()));
    case.expect("out of order");
    write(founding.bytes(), &with(0, other.certificate(&records[0].header, 0)));
    case.expect("another charter");
    write(founding.bytes(), &good[1..]);
    case.expect("has no certificate");
    let mut forged = good[0].clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    write(founding.bytes(), &with(0, forged));
    case.expect("block 3");
    for root in [other.founding.bytes(), &good[0]] {
        write(root, &good);
        case.expect("does not name the founding as the one root");
    }
    write(founding.bytes(), &with(0, case.commons.certificate(&records[0].header, 1)));
    assert!(case.verify().is_ok(), "another quorum proves the same");
    write(founding.bytes(), &good);
    assert!(case.verify().is_ok());
}

#[test]
fn an_incomplete_export_is_verified_as_such_and_cannot_hide_what_is_missing() {
    let case = Case::new();
    let mut store = case.commons.store(&case.records);
    let mut erase = Batch::default();
    erase.erase(Shelf::Certified, case.records[0].header.header().body);
    store.commit(&erase).unwrap();
    let options = ExportOptions { replace: true, allow_incomplete: true, ..ExportOptions::to(case.dir()) };
    export(&source(&store, &case.commons, TERMS), &[], &options, &mut |_, _| {}).unwrap();
    let summary = case.verify().unwrap();
    assert!(summary.sentence().ends_with("incomplete: 1 more record has no row here."), "{summary:?}");
    let manifest = case.dir().join(names::MANIFEST);
    let text = fs::read_to_string(&manifest).unwrap();
    let named = format!("[\n    \"{}\"\n  ]", case.records[0].id());
    assert!(text.contains(&named));
    fs::write(&manifest, text.replace(&named, "[]")).unwrap();
    case.fix_sums();
    case.expect("is accepted and has no row");
}

#[test]
fn an_export_of_another_community_or_state_is_refused_when_the_right_one_is_named() {
    let case = Case::new();
    let summary = case.verify().unwrap();
    let right = Expected {
        community: Some(summary.community.parse().unwrap()),
        charter: Some(summary.charter.parse().unwrap()),
        state_root: Some(summary.state_root.unwrap().parse().unwrap()),
        edition: None,
        ..Expected::default()
    };
    assert!(verify(&case.dir(), &right, &mut |_, _| {}).is_ok());
    let other = Some(Cid::of_cbor(b"other"));
    let wrong = [
        Expected { community: other, ..right.clone() },
        Expected { charter: other, ..right.clone() },
        Expected { edition: other, ..right.clone() },
        Expected { state_root: other, ..right },
    ];
    for wrong in wrong {
        assert!(matches!(verify(&case.dir(), &wrong, &mut |_, _| {}), Err(VerifyError::Failed(_))));
    }
}

#[test]
fn problems_are_listed_up_to_a_limit() {
    let case = Case::new();
    let (path, _) = case.rows();
    case.write_rows(&path, &vec!["{}".to_owned(); 3 * PROBLEMS]);
    let Err(VerifyError::Failed(problems)) = case.verify() else { panic!("expected problems") };
    assert_eq!(problems.len(), PROBLEMS);
    assert_eq!(problems[0].line, Some(1));
    assert!(problems[PROBLEMS - 1].what.contains("201 more"), "{}", problems[PROBLEMS - 1]);
}

#[test]
fn a_folder_that_is_no_export_is_an_error_and_not_a_failed_check() {
    let temp = TempDir::new().unwrap();
    let result = verify(temp.path(), &Expected::default(), &mut |_, _| {});
    assert!(matches!(result, Err(VerifyError::NotAnExport(_))));
}

#[test]
fn notes_have_rows_only_where_the_charter_exports_them() {
    for (exported, said) in [(true, "2 records"), (false, "1 record")] {
        let commons = Commons::with("notes", |charter| charter.customs.export_notes = exported);
        let charter = commons.founding.charter();
        let record = commons.example(1, 1, None, charter);
        let note = commons.note(2, &record, charter);
        let temp = TempDir::new().unwrap();
        let out = temp.path().join("out");
        commons.export(&commons.store([&record, &note]), &out).unwrap();
        let summary = verify(&out, &Expected::default(), &mut |_, _| {}).unwrap();
        assert!(summary.sentence().starts_with(&format!("{said}, each")), "{}", summary.sentence());
        assert_eq!((summary.records, summary.notes), (1 + usize::from(exported), usize::from(!exported)));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_read_is_a_problem_and_its_name_drives_no_terminal() {
    use rustix::fs::{Mode, OFlags, openat};
    let case = Case::new();
    let mut folder = case.dir();
    // A path has at most 4,095 bytes: this file can be listed, and made from its folder, and not opened by its path.
    while folder.as_os_str().len() < 3_880 {
        folder.push("d".repeat(200));
    }
    fs::create_dir_all(&folder).unwrap();
    let name = format!("\u{1b}]0;owned\u{7}{}", "n".repeat(240));
    openat(File::open(&folder).unwrap(), &name, OFlags::CREATE | OFlags::WRONLY, Mode::RWXU).unwrap();
    let Err(VerifyError::Failed(problems)) = case.verify() else { panic!("{:?}", case.verify()) };
    let said = problems[0].to_string();
    assert!(said.contains("it cannot be read") && !said.contains(char::is_control), "{said}");
}
