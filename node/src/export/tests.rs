use super::events::Events;
use super::fixture::{Certified, Commons, TERMS, source};
use super::hashed::HashedFile;
use super::*;
use crate::export::folder::files;
use commonwheel_protocol::dataset::{Row, names};
use commonwheel_protocol::ledger::{Batch, Store};
use commonwheel_protocol::record::SignedHeader;
use std::fs;
use tempfile::TempDir;

/// Every file of a folder with its bytes.
fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    files(dir).unwrap().into_iter().map(|path| (path.clone(), fs::read(dir.join(path)).unwrap())).collect()
}

fn names_in(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn rows_rebuild_every_kind_of_record_and_lie_in_their_partition_by_id() {
    let (commons, temp) = (Commons::named("a"), TempDir::new().unwrap());
    let records: BTreeMap<_, _> = commons.records().into_iter().map(|one| (one.id(), one)).collect();
    let summary = commons.export(&commons.store(records.values()), &temp.path().join("out")).unwrap();
    assert_eq!((summary.records, summary.rows, summary.incomplete), (records.len(), records.len(), 0));
    let mut seen = 0;
    for path in summary.files.keys() {
        let text = fs::read_to_string(temp.path().join("out").join(path)).unwrap();
        let rows: Vec<_> = text.strip_suffix('\n').unwrap().split('\n').map(|l| Row::read(l).unwrap()).collect();
        assert!(rows.is_sorted_by_key(Row::id) && rows.len() == summary.files[path]);
        for row in rows {
            let Certified { header, body, .. } = &records[&row.id()];
            assert_eq!(SignedHeader::verify(&row.header_bytes()).as_ref(), Ok(header));
            assert_eq!(row.body_bytes(), *body);
            let header = header.header();
            let folder = format!("data/licence={}/preference={}/20", header.licence, header.preference.slug());
            assert!(path.starts_with(&folder) && path == &row.partition().unwrap().path());
            seen += 1;
        }
    }
    assert_eq!(seen, records.len());
    assert_eq!(names_in(temp.path()), ["out"], "nothing is left beside the export");
}

#[test]
fn replicas_with_the_same_records_write_the_same_bytes() {
    let (commons, temp) = (Commons::named("a"), TempDir::new().unwrap());
    let records = commons.records();
    let (one, two) = (temp.path().join("one"), temp.path().join("two"));
    commons.export(&commons.store(&records), &one).unwrap();
    commons.export(&commons.store(records.iter().rev()), &two).unwrap();
    assert_eq!(contents(&one), contents(&two));
}

#[test]
fn sums_name_every_other_file_in_order() {
    let (commons, temp) = (Commons::named("a"), TempDir::new().unwrap());
    let out = temp.path().join("out");
    commons.export(&commons.store(&commons.records()), &out).unwrap();
    let sums = fs::read_to_string(out.join(names::SUMS)).unwrap();
    let listed: Vec<_> = folder::read_sums(&sums).unwrap().into_iter().map(|(_, path)| path.to_owned()).collect();
    let mut expected = files(&out).unwrap();
    expected.remove(names::SUMS);
    assert_eq!(listed, expected.into_iter().collect::<Vec<_>>());
}

#[test]
fn a_record_without_its_body_is_named_and_needs_consent() {
    let (commons, temp) = (Commons::named("a"), TempDir::new().unwrap());
    let records = commons.records();
    let mut store = commons.store(&records);
    let mut erase = Batch::default();
    erase.erase(Shelf::Certified, records[0].header.header().body);
    store.commit(&erase).unwrap();
    let out = temp.path().join("out");
    let refused = commons.export(&store, &out).unwrap_err();
    assert!(matches!(refused, ExportError::Incomplete { missing: 1, .. }), "{refused}");
    assert!(names_in(temp.path()).is_empty(), "a refused export leaves nothing");
    let options = ExportOptions { allow_incomplete: true, ..ExportOptions::to(out.clone()) };
    let summary = export(&source(&store, &commons, TERMS), &[], &options, &mut |_, _| {}).unwrap();
    assert_eq!((summary.rows, summary.incomplete), (records.len() - 1, 1));
    let manifest = Manifest::read(&fs::read_to_string(out.join(names::MANIFEST)).unwrap()).unwrap();
    assert_eq!(manifest.incomplete, [records[0].id().to_string()]);
}

#[test]
fn only_an_earlier_export_of_the_same_community_is_replaced_and_only_on_demand() {
    let (commons, temp) = (Commons::named("a"), TempDir::new().unwrap());
    let (records, out) = (commons.records(), temp.path().join("out"));
    let forced = |commons: &Commons, store: &commonwheel_storage::MemoryStore| {
        let options = ExportOptions { replace: true, ..ExportOptions::to(out.clone()) };
        export(&source(store, commons, TERMS), &[], &options, &mut |_, _| {})
    };
    let occupied = |result| matches!(result, Err(ExportError::Occupied { .. }));
    fs::create_dir(&out).unwrap();
    commons.export(&commons.store(&records[..3]), &out).unwrap();
    let earlier = contents(&out);
    let kept = ExportOptions::to(out.clone());
    let unforced = export(&source(&commons.store(&records), &commons, TERMS), &[], &kept, &mut |_, _| {});
    assert!(occupied(unforced), "not without --force");
    let other = Commons::named("another");
    assert!(occupied(forced(&other, &other.store(&other.records()))), "not another community's");
    fs::write(out.join("notes.txt"), "mine").unwrap();
    assert!(occupied(forced(&commons, &commons.store(&records))), "not with a file of somebody's own in it");
    fs::remove_file(out.join("notes.txt")).unwrap();
    assert_eq!(contents(&out), earlier, "a refused export changes nothing");
    forced(&commons, &commons.store(&records)).unwrap();
    assert_eq!(contents(&out).len(), files(&out).unwrap().len());
    assert_ne!(contents(&out), earlier);
    assert_eq!(names_in(temp.path()), ["out"]);
    fs::remove_file(out.join(names::MANIFEST)).unwrap();
    assert!(occupied(forced(&commons, &commons.store(&records))), "not what is no export");
}

#[test]
fn a_community_without_records_has_an_empty_dataset() {
    let (commons, temp) = (Commons::named("a"), TempDir::new().unwrap());
    let summary = commons.export(&commons.store([]), &temp.path().join("out")).unwrap();
    assert_eq!((summary.rows, summary.files.len()), (0, 0));
}

#[test]
fn terms_that_the_charter_does_not_name_are_refused() {
    let (commons, temp) = (Commons::named("a"), TempDir::new().unwrap());
    let options = ExportOptions::to(temp.path().join("out"));
    let refused = export(&source(&commons.store([]), &commons, "Other terms"), &[], &options, &mut |_, _| {});
    assert!(matches!(refused, Err(ExportError::Terms)));
}

#[test]
fn files_larger_than_the_buffer_are_hashed_as_they_are_written() {
    let temp = TempDir::new().unwrap();
    let mut file = HashedFile::create(temp.path(), "a/b").unwrap();
    let line = vec![b'x'; 40_000];
    for _ in 0..5 {
        file.write(&line).unwrap();
    }
    let (name, hash) = file.finish().unwrap();
    let written = fs::read(temp.path().join(name)).unwrap();
    assert_eq!(written.len(), 200_000);
    assert_eq!(hash, data_encoding::HEXLOWER.encode(Cid::of(Codec::Raw, &written).digest()));
}

#[test]
fn a_release_is_asked_for_by_number_by_id_or_as_the_latest() {
    let id = Cid::of_cbor(b"release").to_string();
    for (text, which) in [("latest", Which::Latest), ("7", Which::Number(7)), (&id, Which::Id(id.clone()))] {
        assert_eq!(text.parse(), Ok(which.clone()));
        assert_eq!(which.to_string(), text);
    }
    for text in ["", "0", "-1", "newest", "bafk"] {
        assert!(text.parse::<Which>().is_err(), "{text:?}");
    }
}

#[test]
fn an_export_of_the_format_before_can_be_replaced() {
    let (commons, temp) = (Commons::named("a"), TempDir::new().unwrap());
    let out = temp.path().join("out");
    commons.export(&commons.store([]), &out).unwrap();
    let manifest = out.join(names::MANIFEST);
    let older = fs::read_to_string(&manifest).unwrap().replace("commonwheel-export/3", "commonwheel-export/2");
    fs::write(&manifest, &older).unwrap();
    commons.export(&commons.store([]), &out).unwrap();
    assert_ne!(fs::read_to_string(&manifest).unwrap(), older);
    fs::write(&manifest, older.replace("commonwheel-export/2", "another-export/1")).unwrap();
    assert!(matches!(commons.export(&commons.store([]), &out), Err(ExportError::Occupied { .. })));
}

#[test]
fn from_one_release_to_the_next_each_record_that_came_or_went_is_told_with_why() {
    let events = Events::new();
    let [one, two] = [1, 2].map(Which::Number);
    let found = difference(&events.store(), &one, &two).unwrap();
    let [revised, revision, taken] = [&events.revised, &events.revision, &events.taken].map(|one| one.id().to_string());
    assert_eq!((found.from, found.to), (1, 2));
    assert_eq!(found.revised, [Revised { id: revised.clone(), by: revision.clone() }]);
    assert_eq!(found.taken_down, std::slice::from_ref(&taken));
    assert!(found.withdrawn.is_empty() && found.left_out.is_empty());
    assert!(!found.added.contains(&revision));
    let back = difference(&events.store(), &two, &one).unwrap();
    assert_eq!((back.in_both, back.added), (found.in_both, vec![taken]));
    assert_eq!(back.revised, [Revised { id: revision, by: revised }]);
    let same = difference(&events.store(), &two, &two).unwrap();
    assert_eq!((same.added.len(), same.revised.len(), same.taken_down.len()), (0, 0, 0));
    assert_eq!(same.in_both, found.in_both + found.added.len() + found.revised.len());
    let none = difference(&events.store(), &one, &Which::Number(9));
    assert!(matches!(none, Err(ExportError::NoRelease(Which::Number(9)))));
}
