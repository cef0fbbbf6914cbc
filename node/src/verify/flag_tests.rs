//! Flags beside a state, where the charter exports what people say about records.

use super::*;
use crate::export::car;
use crate::export::fixture::{Certified, Commons};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::ledger::{Batch, Shelf, Store};
use commonwheel_protocol::operation::Flag;
use commonwheel_protocol::operation::member::FlagReason;
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::record::header::HourTime;
use commonwheel_storage::MemoryStore;
use std::fs;
use tempfile::TempDir;

struct Case {
    commons: Commons,
    record: Certified,
    temp: TempDir,
}

impl Case {
    fn new(exported: bool) -> Case {
        let commons = Commons::with("flags", |charter| charter.customs.export_notes = exported);
        let record = commons.example(1, 1, None, commons.founding.charter());
        Case { commons, record, temp: TempDir::new().unwrap() }
    }

    fn flag(&self, who: u8, record: RecordId) -> Vec<u8> {
        let community = self.commons.founding.community();
        let key = Seed::new([who; 32]).pseudonym(&community);
        let time = HourTime::hour(1_795_356_000);
        Flag { community, member: key.public(), record, reason: FlagReason::Quality, time }.sign(&key)
    }

    fn store(&self, flags: &[Vec<u8>]) -> MemoryStore {
        let mut store = self.commons.store([&self.record]);
        let mut change = Batch::default();
        flags.iter().for_each(|flag| change.put(Shelf::Live, Cid::of_cbor(flag), flag.clone()));
        store.commit(&change).unwrap();
        store
    }

    fn out(&self) -> PathBuf {
        self.temp.path().join("out")
    }

    fn verified(&self) -> String {
        match verify(&self.out(), &Expected::default(), &mut |_, _| {}) {
            Ok(summary) => summary.sentence(),
            Err(VerifyError::Failed(problems)) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
            Err(error) => panic!("{error}"),
        }
    }

    /// Writes another archive of flags, with the hash that then is right.
    fn write(&self, flags: &[Vec<u8>]) -> String {
        let founding = &self.commons.founding;
        let mut bytes = car::header(&founding.cid());
        bytes.extend(car::section(&founding.cid(), founding.bytes()));
        for flag in flags {
            bytes.extend(car::section(&Cid::of_cbor(flag), flag));
        }
        let (path, sums) = (self.out().join(names::FLAGS), self.out().join(names::SUMS));
        let before = HEXLOWER.encode(&hash_of(&path).unwrap());
        fs::write(&path, bytes).unwrap();
        let mended = fs::read_to_string(&sums).unwrap().replace(&before, &HEXLOWER.encode(&hash_of(&path).unwrap()));
        fs::write(&sums, mended).unwrap();
        self.verified()
    }
}

/// For readers that share no code with this one.
pub(super) fn write_for_readers(folder: &Path) {
    let case = Case::new(true);
    let flags = [7, 8, 9].map(|who| case.flag(who, case.record.id()));
    case.commons.export(&case.store(&flags), &folder.join("with-flags")).unwrap();
}

#[test]
fn flags_lie_beside_the_rows_where_the_charter_says_so() {
    let case = Case::new(true);
    let (one, other) = (case.flag(7, case.record.id()), case.flag(8, case.record.id()));
    let unknown = case.flag(9, RecordId(Cid::of_cbor(b"not here")));
    case.commons.export(&case.store(&[other.clone(), one.clone(), unknown.clone()]), &case.out()).unwrap();
    assert!(case.verified().ends_with("complete. 2 flags lie beside them."), "{}", case.verified());
    let readme = fs::read_to_string(case.out().join(names::README)).unwrap();
    assert!(readme.contains("2 signed flag(s)"));
    let mut both = [one.clone(), other.clone()];
    both.sort_by_key(|flag| Flag::verify(flag).unwrap().member);
    assert!(case.write(&both).ends_with("2 flags lie beside them."));
    both.reverse();
    assert!(case.write(&both).contains("out of order"));
    assert!(case.write(&[one.clone(), one.clone()]).contains("out of order"));
    assert!(case.write(std::slice::from_ref(&unknown)).contains("has no row"));
    let mut forged = one.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert!(case.write(&[forged]).contains("no signed flag"));
    assert!(case.write(&[]).contains("left out when there are none"));
    assert!(case.write(std::slice::from_ref(&one)).contains("manifest.json"), "one fewer than it states");
}

#[test]
fn where_the_charter_exports_no_notes_there_are_no_flags() {
    let case = Case::new(false);
    let flag = case.flag(7, case.record.id());
    case.commons.export(&case.store(&[flag]), &case.out()).unwrap();
    assert!(!case.out().join(names::FLAGS).exists());
    assert!(case.verified().ends_with("complete."));
}
