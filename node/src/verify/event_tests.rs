//! Exports of a community to which everything has happened, and of its releases.

use super::*;
use crate::export::events::{Events, LATER_TERMS, decide, resolve, withdraw};
use crate::export::fixture::Certified;
use crate::export::{ExportError, Which, car};
use commonwheel_protocol::core::status;
use commonwheel_protocol::dataset::Row;
use commonwheel_protocol::operation::Ruling;
use commonwheel_storage::MemoryStore;
use std::collections::BTreeMap;
use std::fs;
use tempfile::TempDir;

pub(super) struct Case {
    pub(super) events: Events,
    temp: TempDir,
}

impl Case {
    pub(super) fn new() -> Self {
        Case { events: Events::new(), temp: TempDir::new().unwrap() }
    }

    pub(super) fn dir(&self) -> PathBuf {
        self.temp.path().join("out")
    }

    pub(super) fn export(&self, store: &MemoryStore, release: Option<Which>) -> BTreeMap<String, Vec<u8>> {
        self.events.commons.export_release(store, &self.dir(), release).unwrap();
        let read = |path: String| (path.clone(), fs::read(self.dir().join(path)).unwrap());
        folder::files(&self.dir()).unwrap().into_iter().map(read).collect()
    }

    fn refused(&self, store: &MemoryStore, release: Option<Which>) -> ExportError {
        self.events.commons.export_release(store, &self.dir(), release).unwrap_err()
    }

    pub(super) fn manifest(&self) -> Manifest {
        Manifest::read(&fs::read_to_string(self.dir().join(names::MANIFEST)).unwrap()).unwrap()
    }

    pub(super) fn verify(&self) -> Result<VerifySummary, VerifyError> {
        verify(&self.dir(), &Expected::default(), &mut |_, _| {})
    }

    pub(super) fn problems(&self) -> String {
        match self.verify() {
            Ok(summary) => panic!("verified: {}", summary.sentence()),
            Err(VerifyError::Failed(problems)) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
            Err(error) => panic!("{error}"),
        }
    }

    /// Writes a file, and the hashes that then are right.
    pub(super) fn write(&self, path: &str, bytes: &[u8]) {
        let dir = self.dir();
        fs::write(dir.join(path), bytes).unwrap();
        let mut paths = folder::files(&dir).unwrap();
        paths.remove(names::SUMS);
        let line = |path: &String| format!("{}  {path}\n", HEXLOWER.encode(&hash_of(&dir.join(path)).unwrap()));
        fs::write(dir.join(names::SUMS), paths.iter().map(line).collect::<String>()).unwrap();
    }

    /// The blocks of an archive.
    pub(super) fn blocks(&self, name: &str) -> Vec<(Cid, Vec<u8>)> {
        let (mut reader, _) = car::CarReader::open(File::open(self.dir().join(name)).unwrap()).unwrap();
        std::iter::from_fn(|| reader.next_block().unwrap()).collect()
    }

    pub(super) fn write_blocks(&self, name: &str, blocks: &[(Cid, Vec<u8>)]) {
        let mut bytes = car::header(&blocks[0].0);
        for (cid, block) in blocks {
            bytes.extend(car::section(cid, block));
        }
        self.write(name, &bytes);
    }

    /// Every change of one block of an archive, however the hashes are mended, is a problem.
    fn tamper(&self, name: &str) {
        let good = self.blocks(name);
        for at in 1..good.len() {
            let mut without = good.clone();
            without.remove(at);
            let mut twice = good.clone();
            twice.insert(at, good[at].clone());
            let mut forged = good.clone();
            let block = &mut forged[at].1;
            *block.last_mut().unwrap() ^= 1;
            forged[at].0 = Cid::of(good[at].0.codec(), block);
            for (how, blocks) in [("without", without), ("twice", twice), ("forged", forged)] {
                self.write_blocks(name, &blocks);
                assert!(self.verify().is_err(), "{name} {how} block {at} of {}", good.len());
            }
            if at + 1 < good.len() {
                let mut swapped = good.clone();
                swapped.swap(at, at + 1);
                self.write_blocks(name, &swapped);
                assert!(self.verify().is_err(), "{name} with block {at} of {} after the next", good.len());
            }
        }
        self.write_blocks(name, &good);
        assert!(self.verify().is_ok());
    }
}

pub(super) fn number(number: i64) -> Option<Which> {
    Some(Which::Number(number))
}

fn why(manifest: &Manifest, record: &Certified) -> Option<String> {
    let id = record.id().to_string();
    manifest.erased.iter().find(|erased| erased.id == id).map(|erased| erased.why.clone())
}

#[test]
fn a_state_is_exported_with_its_root_and_with_a_reason_for_each_record_that_has_no_row() {
    let case = Case::new();
    let store = case.events.store();
    case.export(&store, None);
    let summary = case.verify().unwrap();
    assert_eq!(
        summary.sentence(),
        "13 records, each signed by its author and accepted by 3 of 4 or 4 of 5 validators; complete except \
         1 withdrawn, 1 taken down, 1 taken down with all traces, 1 superseded by its revision, 1 note kept back."
    );
    let root = status::state_root(&status::lineage(&store).unwrap(), &store).unwrap().unwrap();
    assert_eq!(summary.state_root, Some(root.to_string()));
    let (manifest, successor) = (case.manifest(), case.events.successor.id().to_string());
    assert_eq!(manifest.charters, [case.events.commons.founding.community().to_string(), successor.clone()]);
    assert_eq!((manifest.charter, manifest.rows), (successor, case.events.kept.len() + 2));
    assert_eq!(fs::read_to_string(case.dir().join(names::TERMS)).unwrap(), LATER_TERMS);
    let lapsed = case.events.lapsed.id();
    for path in manifest.files.iter().map(|file| &file.path) {
        let text = fs::read_to_string(case.dir().join(path)).unwrap();
        assert!(text.lines().all(|line| Row::read(line).unwrap().id() != lapsed), "it is not accepted any more");
    }
}

#[test]
fn an_edition_holds_what_is_left_of_its_release_and_says_why_the_rest_is_not() {
    let case = Case::new();
    let (events, store) = (&case.events, case.events.store());
    case.export(&store, number(1));
    let summary = case.verify().unwrap();
    assert_eq!(
        summary.sentence(),
        "11 records of release 1, each signed by its author and accepted by 3 of 4 validators; complete except \
         1 withdrawn, 2 taken down, 1 taken down with all traces, 1 superseded by its revision, 1 note kept back."
    );
    let manifest = case.manifest();
    assert_eq!(manifest.state_root, None);
    assert_eq!(manifest.charters, [events.commons.founding.community().to_string()], "those of the release");
    let reasons = [
        (&events.revised, "superseded"),
        (&events.taken, "taken-down"),
        (&events.gone[0], "withdrawn"),
        (&events.gone[1], "taken-down"),
        (&events.gone[2], "purged"),
    ];
    for (record, reason) in reasons {
        assert_eq!(why(&manifest, record).as_deref(), Some(reason));
    }
    case.export(&store, Some(Which::Latest));
    let summary = case.verify().unwrap();
    assert_eq!((summary.release, summary.rows, case.manifest().erased.len()), (Some(2), 12, 3));
    assert_eq!(case.export(&store, number(2)), case.export(&store, Some(Which::Id(events.releases[1].to_string()))));
}

#[test]
fn replicas_that_learned_in_another_order_write_the_same_bytes() {
    let case = Case::new();
    let (one, two) = (case.events.store(), case.events.other_store());
    for release in [None, number(1), number(2)] {
        assert_eq!(case.export(&one, release.clone()), case.export(&two, release));
    }
}

#[test]
fn an_edition_stays_the_same_until_something_of_its_release_is_erased() {
    let case = Case::new();
    let events = &case.events;
    let before = case.export(&events.store(), number(1));
    let edition = case.manifest().edition;
    let new = events.commons.example(40, 40, None, &events.successor);
    let mut more = new.blocks().to_vec();
    let ruling = Ruling::Takedown(events.late[0].id());
    more.push(resolve(&events.commons, &decide(&events.successor, ruling), &events.successor));
    assert_eq!(
        case.export(&events.store_with(&more), number(1)),
        before,
        "what is not of the release has no part in it"
    );
    let last = events.kept.last().unwrap();
    more.push(withdraw(&last.header, 26));
    let after = case.export(&events.store_with(&more), number(1));
    assert_eq!(why(&case.manifest(), last).as_deref(), Some("withdrawn"));
    assert_ne!(case.manifest().edition, edition);
    assert!(case.verify().is_ok());
    let rows = |files: &BTreeMap<String, Vec<u8>>| -> BTreeSet<String> {
        let data = files.iter().filter(|(path, _)| path.starts_with("data/"));
        data.flat_map(|(_, bytes)| {
            String::from_utf8(bytes.clone()).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
    };
    let (before, after) = (rows(&before), rows(&after));
    let pruned: Vec<_> = before.difference(&after).map(|line| Row::read(line).unwrap().id()).collect();
    assert_eq!((pruned, after.is_subset(&before)), (vec![last.id()], true), "a later edition only lacks rows");
}

#[test]
fn what_superseded_a_released_record_and_lapsed_with_its_charter_still_explains_why_it_is_gone() {
    let case = Case::new();
    let events = &case.events;
    let (last, first) = (events.kept.last().unwrap(), events.commons.founding.charter());
    let revision = events.commons.example(41, 26, Some(last), first);
    let erased = last.header.header().body;
    let held = events.blocks.iter().filter(|(cid, _)| *cid != erased);
    let blocks = revision.blocks();
    let store = crate::export::fixture::store_of(held.chain(&blocks));
    case.export(&store, number(2));
    assert_eq!(why(&case.manifest(), last).as_deref(), Some("superseded"));
    assert_eq!(case.verify().unwrap().superseded, 1);
}

#[test]
fn every_block_of_a_states_archives_is_needed_and_in_its_place() {
    let case = Case::new();
    case.export(&case.events.store(), None);
    case.tamper(names::OPERATIONS);
    case.tamper(names::CERTIFICATES);
}

#[test]
fn every_block_of_an_editions_archives_is_needed_and_in_its_place() {
    let case = Case::new();
    case.export(&case.events.store(), number(1));
    case.tamper(names::OPERATIONS);
    case.tamper(names::CERTIFICATES);
}

#[test]
fn a_row_of_a_record_that_was_withdrawn_cannot_be_put_back() {
    for release in [None, number(1)] {
        let case = Case::new();
        case.export(&case.events.store(), release);
        let gone = &case.events.gone[0];
        let founding = case.events.commons.founding.community();
        let row = Row::of(gone.header.bytes(), &gone.body, &founding).unwrap();
        let path = row.partition().unwrap().path();
        let text = fs::read_to_string(case.dir().join(&path)).unwrap();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.push(row.line().unwrap());
        lines.sort_by_key(|line| Row::read(line).unwrap().id());
        case.write(&path, lines.iter().map(|line| format!("{line}\n")).collect::<String>().as_bytes());
        assert!(case.problems().contains("although it is erased or superseded"), "{}", case.problems());
    }
}

#[test]
fn what_does_not_count_or_has_no_part_in_an_export_cannot_be_added() {
    let case = Case::new();
    let events = &case.events;
    for release in [None, number(1)] {
        case.export(&events.store(), release);
        let (operations, certificates) = (case.blocks(names::OPERATIONS), case.blocks(names::CERTIFICATES));
        let mut more = certificates.clone();
        more.push((Cid::of_cbor(&events.lapsed.certificate), events.lapsed.certificate.clone()));
        more[3..].sort_by_key(|(_, block)| status_id(block));
        case.write_blocks(names::CERTIFICATES, &more);
        let mut headers = operations.clone();
        headers.push((events.lapsed.id().0, events.lapsed.header.bytes().to_vec()));
        let first = headers.iter().position(|(cid, _)| is_header(events, cid)).unwrap();
        headers[first..].sort_by_key(|(cid, _)| *cid);
        case.write_blocks(names::OPERATIONS, &headers);
        let problems = case.problems();
        let said = ["no release that closes it holds it", "has no part in the release"];
        assert!(said.iter().any(|said| problems.contains(said)), "{problems}");
    }
}

/// The record of a certificate's block.
fn status_id(block: &[u8]) -> Cid {
    let mut fields =
        commonwheel_protocol::bytes::Fields::of(commonwheel_protocol::bytes::decode(block).unwrap()).unwrap();
    fields.link("record").unwrap()
}

fn is_header(events: &Events, cid: &Cid) -> bool {
    let [first, second, third] = &events.gone;
    let all = [&events.revised, &events.revision, &events.taken, first, second, third, &events.late[1], &events.note];
    all.iter().any(|one| one.id().0 == *cid)
}

/// Where COMMONWHEEL_EXPORTS names a folder they stay in it: tests/readers/run.sh gives them to the readers that
/// share no code with this one.
#[test]
fn a_state_and_its_releases_are_verified_as_what_they_are() {
    let case = Case::new();
    let folder =
        std::env::var_os("COMMONWHEEL_EXPORTS").map_or_else(|| case.temp.path().join("exports"), PathBuf::from);
    let store = case.events.store();
    for (name, release) in [("state", None), ("release-1", number(1)), ("release-2", number(2))] {
        let dir = folder.join(name);
        let written = case.events.commons.export_release(&store, &dir, release).unwrap();
        let proved = verify(&dir, &Expected::default(), &mut |_, _| {}).unwrap();
        assert_eq!((written.state_root, written.edition), (proved.state_root, proved.edition));
        assert_eq!((written.release, written.rows), (proved.release, proved.rows));
    }
    super::copy_tests::write_for_readers(&folder);
    super::purpose_tests::write_for_readers(&folder);
    super::apart_tests::write_for_readers(&folder);
    super::filter_tests::write_for_readers(&folder);
    super::merge_tests::write_for_readers(&folder);
    super::view_tests::write_for_readers(&folder);
    super::flag_tests::write_for_readers(&folder);
    super::bundle_tests::write_for_readers(&folder);
    super::overlap_tests::write_for_readers(&folder);
}

#[test]
fn a_release_that_does_not_count_or_whose_pages_are_missing_is_not_exported() {
    let case = Case::new();
    let events = &case.events;
    assert!(matches!(case.refused(&events.store(), number(3)), ExportError::NoRelease(Which::Number(3))));
    let of = |cid: Cid| Some(Which::Id(cid.to_string()));
    assert!(matches!(case.refused(&events.store(), of(events.embargo.0)), ExportError::NoRelease(_)));
    let pages = |kind: &Cid| {
        let block = events.blocks.iter().find(|(cid, _)| cid == kind).unwrap();
        crate::export::fixture::store_of(events.blocks.iter().filter(move |one| one.0 != block.0))
    };
    let page = |release: usize| {
        let store = events.store();
        let lineage = status::lineage(&store).unwrap();
        let counting = commonwheel_protocol::core::facts::Counting::load(&lineage, &store).unwrap();
        counting.releases[&events.releases[release]].pages[0]
    };
    let missing = case.refused(&pages(&page(0)), number(1));
    assert!(matches!(missing, ExportError::Pages { number: 1, missing: 1 }), "{missing}");
    assert!(matches!(case.refused(&pages(&page(1)), None), ExportError::Unknown));
    let terms = case.refused(&pages(&events.successor.terms), None);
    assert!(matches!(terms, ExportError::NoTerms(_)), "{terms}");
    let record = case.refused(&pages(&events.kept[0].id().0), None);
    assert!(matches!(record, ExportError::NotHere(_)), "{record}");
}
