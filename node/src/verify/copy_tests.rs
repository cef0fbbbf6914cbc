//! Copies from another community: what is in them, what is left out and why, and what is found out.

use super::*;
use crate::export::events::{Events, withdraw};
use crate::export::fixture::{Certified, Commons, TERMS, source, store_of};
use crate::export::{ExportError, ExportOptions, ExportSummary, Origin, Which, car, export};
use commonwheel_protocol::agreement::customs::Federated;
use commonwheel_protocol::bytes::{Node, encode};
use commonwheel_protocol::dataset::{Filter, Purpose};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::Category;
use commonwheel_protocol::redact::RiskClass;
use commonwheel_storage::MemoryStore;
use std::collections::BTreeMap;
use std::fs;
use tempfile::TempDir;

const MEDICAL: &str = "I was diagnosed with bipolar disorder and take lithium.";
const CHILD: &str = "My 9-year-old daughter refuses to go to bed.";

/// A community that copies, the one that it copies from, and a folder.
struct Case {
    own: Commons,
    origin: Commons,
    temp: TempDir,
}

impl Case {
    /// `change` changes what may be copied: examples under CC0 that may be evaluated, medical ones too.
    fn with(change: impl Fn(&mut Federated)) -> Self {
        let own = Commons::named("Language");
        let mut terms = Federated {
            community: own.founding.community(),
            licences: [Licence::Cc0].into(),
            uses: [Category::Evaluate].into(),
            kinds: ["example".to_owned()].into(),
            classes: [RiskClass::Medical].into(),
        };
        change(&mut terms);
        let origin = Commons::with("Health", |charter| {
            charter.customs.federation.insert(terms.community, terms.clone());
        });
        Case { own, origin, temp: TempDir::new().unwrap() }
    }

    /// Two records that may be copied, and one for each reason why not, which the seventh has all at once.
    fn records(&self) -> Vec<Certified> {
        let says = |n, text, licence, preference| self.origin.says(n, text, licence, preference);
        vec![
            says(1, "Rest helps.", Licence::Cc0, "evaluate=y, train-ai=n"),
            says(2, MEDICAL, Licence::Cc0, "evaluate=y"),
            says(4, "Rest helps.", Licence::CcBy4, "evaluate=y"),
            says(7, "Rest helps.", Licence::Cc0, "train-ai=y"),
            says(8, CHILD, Licence::Cc0, "evaluate=y"),
            self.origin.profile(10, Licence::Cc0, "evaluate=y"),
            says(11, CHILD, Licence::CcBy4, "train-ai=y"),
        ]
    }

    fn dir(&self) -> PathBuf {
        self.temp.path().join("out")
    }

    fn copy(&self) -> PathBuf {
        self.dir().join(names::COPIES).join(self.origin.founding.community().to_string())
    }

    fn export(&self, store: &MemoryStore, release: Option<Which>) -> Result<ExportSummary, ExportError> {
        self.export_for(None, store, release)
    }

    fn export_for(
        &self,
        purpose: Option<Purpose>,
        store: &MemoryStore,
        release: Option<Which>,
    ) -> Result<ExportSummary, ExportError> {
        let own = self.own.store(&self.own.records());
        let origins = [Origin { source: source(store, &self.origin, TERMS), release }];
        let options = ExportOptions {
            replace: true,
            filter: Filter { purpose, ..Filter::default() },
            ..ExportOptions::to(self.dir())
        };
        export(&source(&own, &self.own, TERMS), &origins, &options, &mut |_, _| {})
    }

    fn written(&self) -> ExportSummary {
        self.export(&self.origin.store(&self.records()), None).unwrap()
    }

    fn verify(&self, dir: &Path) -> String {
        match verify(dir, &Expected::default(), &mut |_, _| {}) {
            Ok(summary) => summary.sentence(),
            Err(VerifyError::Failed(problems)) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
            Err(error) => panic!("{error}"),
        }
    }

    /// Writes or removes a file of the copy, and mends both lists of hashes.
    fn change(&self, path: &str, text: Option<&str>) {
        match text {
            Some(text) => fs::write(self.copy().join(path), text).unwrap(),
            None => fs::remove_file(self.copy().join(path)).unwrap(),
        }
        self.mend();
    }

    fn mend(&self) {
        for dir in [self.copy(), self.dir()].into_iter().filter(|dir| dir.exists()) {
            let paths = folder::files(&dir).unwrap();
            let line = |path: &String| format!("{}  {path}\n", HEXLOWER.encode(&hash_of(&dir.join(path)).unwrap()));
            let lines = paths.iter().filter(|path| *path != names::SUMS).map(line).collect::<String>();
            fs::write(dir.join(names::SUMS), lines).unwrap();
        }
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.copy().join(path)).unwrap()
    }

    fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        let read = |path: String| (path.clone(), fs::read(self.dir().join(path)).unwrap());
        folder::files(&self.dir()).unwrap().into_iter().map(read).collect()
    }
}

/// An export with a copy, for the readers that share no code with this one.
pub(super) fn write_for_readers(folder: &Path) {
    let case = Case::with(|_| {});
    case.written();
    fs::create_dir_all(folder).unwrap();
    fs::rename(case.dir(), folder.join("with-a-copy")).unwrap();
}

#[test]
fn a_copy_holds_what_the_origins_charter_lets_be_copied_and_counts_the_rest_by_reason() {
    let case = Case::with(|_| {});
    let summary = case.written();
    let [copy] = &summary.copies[..] else { panic!("one copy") };
    let left_out = copy.left_out.unwrap();
    assert_eq!((copy.records, copy.rows, copy.incomplete), (7, 2, 0));
    assert_eq!((left_out.licence, left_out.usage, left_out.kind, left_out.class), (2, 1, 1, 1));
    let community = case.origin.founding.community();
    let from = "2 records copied, each signed by its author and accepted by 3 of 4 validators; complete except 2 left \
                out for the licence, 1 left out for the AI-use preference, 2 left out for kind or class of high risk, \
                which only the copy says.";
    let own = "10 records, each signed by its author and accepted by 3 of 4 validators; complete.";
    assert_eq!(case.verify(&case.dir()), format!("{own} From Health ({community}): {from}"));
    assert_eq!(case.verify(&case.copy()), from, "the copy alone");
    let text: String = copy.files.keys().map(|path| case.read(path)).collect();
    assert!(text.contains("bipolar") && !text.contains("daughter"));
    for sums in [case.dir(), case.copy()].map(|dir| fs::read_to_string(dir.join(names::SUMS)).unwrap()) {
        assert!(folder::read_sums(&sums).unwrap().iter().any(|(_, path)| path.ends_with(names::CERTIFICATES)));
    }
}

#[test]
fn a_class_of_high_risk_that_the_charter_does_not_name_is_left_out() {
    let case = Case::with(|terms| terms.classes.clear());
    let left_out = case.written().copies[0].left_out.unwrap();
    assert_eq!((left_out.kind, left_out.class), (1, 2), "the medical one too");
    assert!(case.verify(&case.dir()).contains("3 left out for kind or class of high risk"));
}

#[test]
fn replicas_write_the_same_copy_and_the_communitys_own_files_are_as_without_one() {
    let case = Case::with(|_| {});
    case.written();
    let one = case.contents();
    case.export(&case.origin.store(case.records().iter().rev()), None).unwrap();
    assert_eq!(one, case.contents());
    case.own.export(&case.own.store(&case.own.records()), &case.dir()).unwrap();
    let plain = case.contents();
    let differing: Vec<_> =
        plain.iter().filter(|(path, bytes)| one[*path] != **bytes).map(|(path, _)| &path[..]).collect();
    assert_eq!(differing, [names::README, names::SUMS, names::MANIFEST]);
}

#[test]
fn what_is_withdrawn_at_the_origin_is_in_no_later_copy() {
    let case = Case::with(|_| {});
    let records = case.records();
    case.written();
    let mut blocks: Vec<_> = records.iter().flat_map(Certified::blocks).collect();
    blocks.retain(|(cid, _)| *cid != records[1].header.header().body);
    blocks.push((case.origin.founding.cid(), case.origin.founding.bytes().to_vec()));
    blocks.push(withdraw(&records[1].header, 2));
    let summary = case.export(&store_of(&blocks), None).unwrap();
    assert_eq!((summary.copies[0].records, summary.copies[0].rows), (6, 1));
    assert!(case.verify(&case.dir()).contains("complete except 1 withdrawn, 2 left out for the licence"));
    assert!(!case.contents().values().any(|bytes| bytes.windows(7).any(|window| window == b"bipolar")));
}

#[test]
fn a_body_that_is_not_here_is_missed_only_where_the_header_lets_it_be_copied() {
    let case = Case::with(|_| {});
    let records = case.records();
    let without = |n: usize| {
        let mut blocks: Vec<_> = records.iter().flat_map(Certified::blocks).collect();
        blocks.retain(|(cid, _)| *cid != records[n].header.header().body);
        blocks.push((case.origin.founding.cid(), case.origin.founding.bytes().to_vec()));
        store_of(&blocks)
    };
    let refused = case.export(&without(0), None).unwrap_err().to_string();
    assert!(refused.contains("Health") && refused.contains("1 of 7 accepted records have no body here"), "{refused}");
    let (own, store) = (case.own.store([]), without(0));
    let origins = [Origin { source: source(&store, &case.origin, TERMS), release: None }];
    let options = ExportOptions { replace: true, allow_incomplete: true, ..ExportOptions::to(case.dir()) };
    let summary = export(&source(&own, &case.own, TERMS), &origins, &options, &mut |_, _| {}).unwrap();
    assert_eq!((summary.copies[0].rows, summary.copies[0].incomplete, summary.is_complete()), (1, 1, false));
    assert!(case.verify(&case.copy()).contains("incomplete: 1 more record has no row here, besides 2 left out"));
    assert!(case.export(&without(2), None).unwrap().is_complete(), "its licence keeps it back in any case");
}

/// What may be copied of the examples in [`Events`]: all of them.
fn all_examples(to: &Commons) -> Federated {
    Federated {
        community: to.founding.community(),
        licences: Licence::ALL.into_iter().collect(),
        uses: [Category::Search].into(),
        kinds: ["example".to_owned()].into(),
        classes: [].into(),
    }
}

#[test]
fn editions_are_copied_by_the_charter_that_leads_even_if_only_that_names_the_community() {
    let own = Commons::named("Language");
    let terms = all_examples(&own);
    let events = Events::of(Commons::named("eventful"), |successor| {
        successor.customs.federation.insert(terms.community, terms.clone());
    });
    let case = Case { own, origin: Commons::named("unused"), temp: TempDir::new().unwrap() };
    for release in [1, 2] {
        let mut written = Vec::new();
        for store in [events.store(), events.other_store()] {
            let own = case.own.store([]);
            let origins =
                [Origin { source: source(&store, &events.commons, TERMS), release: Some(Which::Number(release)) }];
            let options = ExportOptions { replace: true, ..ExportOptions::to(case.dir()) };
            let summary = export(&source(&own, &case.own, TERMS), &origins, &options, &mut |_, _| {}).unwrap();
            let said = case.verify(&case.dir());
            assert!(said.contains(&format!("of release {release} copied")) && said.contains("withdrawn"), "{said}");
            assert!(summary.copies[0].rows > 0 && summary.copies[0].edition.is_some());
            written.push(case.contents());
        }
        assert_eq!(written[0], written[1]);
    }
    let copied = case.dir().join(names::COPIES).join(events.commons.founding.community().to_string());
    let manifest = Manifest::read(&fs::read_to_string(copied.join(names::MANIFEST)).unwrap()).unwrap();
    assert_eq!(manifest.copied.unwrap().charter, events.successor.id().to_string());
    assert_eq!(manifest.charter, events.commons.founding.charter().id().to_string());
}

#[test]
fn a_successor_that_no_longer_names_a_community_ends_its_copying_of_older_releases_too() {
    let own = Commons::named("Language");
    let terms = all_examples(&own);
    let commons = Commons::with("eventful", |charter| {
        charter.customs.federation.insert(terms.community, terms.clone());
    });
    let events = Events::of(commons, |successor| successor.customs.federation.clear());
    let (temp, store, own_store) = (TempDir::new().unwrap(), events.store(), own.store([]));
    let origins = [Origin { source: source(&store, &events.commons, TERMS), release: Some(Which::Number(1)) }];
    let out = temp.path().join("out");
    let options = ExportOptions { replace: true, ..ExportOptions::to(out) };
    let refused = export(&source(&own_store, &own, TERMS), &origins, &options, &mut |_, _| {}).unwrap_err();
    assert!(refused.to_string().contains("does not let the community"), "{refused}");
}

#[test]
fn copies_from_several_communities_lie_beside_each_other_and_each_is_checked() {
    let (one, two) = (Case::with(|_| {}), Case::with(|terms| terms.kinds.clear()));
    assert_ne!(one.origin.founding.community(), two.origin.founding.community());
    let stores = [&one, &two].map(|case| case.origin.store(&case.records()));
    let (own, source_of) = (one.own.store([]), |at: usize| source(&stores[at], &[&one, &two][at].origin, TERMS));
    let mut written = Vec::new();
    for order in [[0, 1], [1, 0]] {
        let origins = order.map(|at| Origin { source: source_of(at), release: None });
        let options = ExportOptions { replace: true, ..ExportOptions::to(one.dir()) };
        let summary = export(&source(&own, &one.own, TERMS), &origins, &options, &mut |_, _| {}).unwrap();
        let rows: BTreeSet<_> = summary.copies.iter().map(|copy| copy.rows).collect();
        assert_eq!(rows, [2, 3].into());
        let said = one.verify(&one.dir());
        assert_eq!(said.matches(" From Health (").count(), 2, "{said}");
        written.push(one.contents());
    }
    assert_eq!(written[0], written[1], "in whatever order they are named");
}

#[test]
fn a_charter_of_a_later_protocol_is_not_copied_by() {
    let own = Commons::named("Language");
    let origin = Commons::with("Health", |charter| charter.protocol = 99);
    let case = Case { own, origin, temp: TempDir::new().unwrap() };
    let refused = case.export(&case.origin.store([]), None).unwrap_err().to_string();
    assert!(refused.contains("Health") && refused.contains("protocol version 99"), "{refused}");
}

#[test]
fn a_community_that_the_charter_does_not_name_copies_nothing() {
    let case = Case::with(|terms| terms.community = Cid::of_cbor(b"another"));
    let refused = case.export(&case.origin.store(&case.records()), None).unwrap_err().to_string();
    assert!(refused.contains("Health") && refused.contains("[[federation]]"), "{refused}");
    assert!(!case.dir().exists());
}

#[test]
fn bodies_that_open_on_release_are_copied_with_a_release_alone() {
    let (own, temp) = (Commons::named("Language"), TempDir::new().unwrap());
    let community = own.founding.community();
    let terms = Case::with(|_| {}).origin.founding.charter().customs.federation[&community].clone();
    let origin = Commons::with("Health", |charter| {
        charter.bodies = commonwheel_protocol::agreement::charter::BodyAccess::OnRelease;
        charter.customs.federation.insert(community, terms.clone());
    });
    let case = Case { own, origin, temp };
    let refused = case.export(&case.origin.store(&case.records()), None).unwrap_err().to_string();
    assert!(refused.contains("no release counts here yet"), "{refused}");
}

#[test]
fn what_is_changed_in_a_copy_is_found_out() {
    let case = Case::with(|_| {});
    let write = || drop(case.written());
    let found = |what: &str| {
        let said = case.verify(&case.dir());
        assert!(said.contains(what), "expected {what:?} in {said}");
        write();
    };
    write();
    let manifest = case.read(names::MANIFEST);
    let own = case.own.founding.community().to_string();

    let other = Cid::of_cbor(b"another").to_string();
    case.change(names::MANIFEST, Some(&manifest.replace(&own, &other)));
    found("for another community than the one beside");
    case.change(names::MANIFEST, Some(&manifest.replace(&own, &other)));
    assert!(case.verify(&case.copy()).contains("the charter that leads does not let copy"));
    write();
    for (from, to) in [("\"class\": 1", "\"class\": 0"), ("\"class\": 1", "\"class\": 18446744073709551615")] {
        assert!(manifest.contains(from));
        case.change(names::MANIFEST, Some(&manifest.replace(from, to)));
        found("as left out for what their bodies say");
    }
    case.change(names::MANIFEST, Some(&manifest.replace("\"licence\": 2", "\"licence\": 1")));
    found("states other numbers");

    // A row less, whose header stands with the others: it is not counted as left out.
    let data = case.written().copies[0].files.keys().next().unwrap().clone();
    case.change(&data, None);
    found("is certified and has no row");

    // An export of the origin for itself.
    fs::remove_dir_all(case.copy()).unwrap();
    case.origin.export(&case.origin.store(&case.records()), &case.copy()).unwrap();
    case.mend();
    found("it is no copy");
    // One with every row, which calls itself a copy.
    fs::remove_dir_all(case.copy()).unwrap();
    case.origin.export(&case.origin.store(&case.records()), &case.copy()).unwrap();
    case.change(names::MANIFEST, Some(&manifest));
    found("the row may not be copied: records about a child or young person may not be copied there");

    fs::remove_dir_all(case.copy()).unwrap();
    case.mend();
    found("it names other copies");
    fs::write(case.dir().join(names::COPIES).join("notes.txt"), "mine").unwrap();
    case.mend();
    found("it is no part of an export");
    fs::create_dir_all(case.copy().join(names::COPIES)).unwrap();
    fs::copy(case.copy().join(names::TERMS), case.copy().join(names::COPIES).join(names::TERMS)).unwrap();
    case.mend();
    found("it is no part of an export");
    fs::write(case.copy().join(names::TERMS), "Other terms").unwrap();
    found("its SHA-256 is not the one in SHA256SUMS");
}

#[test]
fn what_a_hostile_row_says_of_itself_stands_in_no_problem() {
    let case = Case::with(|_| {});
    let said = format!("\u{1b}[2J\u{202e}Ana Weir, 12 Mill Lane {}", "x".repeat(5_000));
    let node = Node::map([("kind", Some(Node::text(&said[..]))), ("salt", Some(Node::Bytes(vec![7; 16])))]);
    let hostile = case.origin.with_body(3, encode(&node), Licence::Cc0, "evaluate=y");
    case.written();
    let manifest = case.read(names::MANIFEST);
    fs::remove_dir_all(case.copy()).unwrap();
    case.origin.export(&case.origin.store(&[hostile]), &case.copy()).unwrap();
    case.change(names::MANIFEST, Some(&manifest));
    let found = case.verify(&case.dir());
    assert!(found.contains("the row may not be copied: records of its kind"), "{found}");
    assert!(!found.contains("Mill Lane") && !found.contains('\u{1b}') && found.len() < 2_000, "{found}");
    // Whatever a problem is put together from.
    let mut problems = Problems::default();
    problems.add(&said, None, &said);
    let [problem] = &problems.into_list()[..] else { panic!("one") };
    assert!(problem.what.len() < 1_000 && !problem.to_string().contains(['\u{1b}', '\u{202e}']), "{problem}");
}

#[test]
fn every_change_of_a_block_in_a_copys_archives_is_a_problem() {
    let case = Case::with(|_| {});
    case.written();
    for name in [names::OPERATIONS, names::CERTIFICATES] {
        let good = fs::read(case.copy().join(name)).unwrap();
        let (mut reader, _) = car::CarReader::open(File::open(case.copy().join(name)).unwrap()).unwrap();
        let blocks: Vec<_> = std::iter::from_fn(|| reader.next_block().unwrap()).collect();
        for at in 1..blocks.len() {
            let mut bytes = car::header(&blocks[0].0);
            for (_, (cid, block)) in blocks.iter().enumerate().filter(|(n, _)| *n != at) {
                bytes.extend(car::section(cid, block));
            }
            fs::write(case.copy().join(name), bytes).unwrap();
            case.mend();
            assert!(verify(&case.dir(), &Expected::default(), &mut |_, _| {}).is_err(), "{name} without block {at}");
        }
        fs::write(case.copy().join(name), good).unwrap();
    }
}

#[test]
fn a_copy_beside_an_export_for_a_use_is_for_that_use() {
    let case = Case::with(|_| {});
    case.written();
    let plain = folder::files(&case.copy()).unwrap().into_iter();
    let plain: Vec<_> = plain.map(|path| (fs::read(case.copy().join(&path)).unwrap(), path)).collect();
    let purpose = Purpose::new(Category::TrainAi, Vec::new());
    case.export_for(Some(purpose), &case.origin.store(&case.records()), None).unwrap();
    assert!(case.verify(&case.dir()).contains("From Health"), "{}", case.verify(&case.dir()));
    fs::remove_dir_all(case.copy()).unwrap();
    for (bytes, path) in plain {
        let path = case.copy().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    case.mend();
    let found = case.verify(&case.dir());
    assert!(found.contains("by another filter, than the export beside which it lies"), "{found}");
}
