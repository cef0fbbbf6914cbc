//! Views that are not lines of text. That other programs read them is for tests/readers and tests/loaders.

use super::tests::{TEA, chat, example, row};
use super::*;
use crate::bytes::Node;

/// The files of a view of these rows, with archives of at most so many bytes.
fn files(view: View, rows: &[Row], shard: u64) -> (BTreeMap<String, Vec<u8>>, Vec<ViewRows>) {
    let mut views = Views { shard, ..Views::new([view], super::tests::canary()) };
    let mut files = BTreeMap::<String, Vec<u8>>::new();
    let mut put = |path: &str, bytes: &[u8]| {
        files.entry(path.to_owned()).or_default().extend(bytes);
        Ok::<_, ()>(())
    };
    for row in rows {
        views.add(row, &row.line().unwrap(), &row.partition().unwrap(), &mut put).unwrap();
    }
    let (no_flags, mut records) = (BTreeMap::new(), Vec::new());
    let finished = views.finish(Beside { path: &[], flags: &no_flags }, &mut put).unwrap();
    for (view, partition, path) in views.of_columns().filter(|(view, ..)| *view == View::TfRecord) {
        let of = rows.iter().filter(|row| row.partition().unwrap() == *partition);
        let record = |(row, judged): (&Row, _)| tfrecord::record(&row.line().unwrap(), &judged).unwrap();
        records.push((view, path, of.zip(finished.rows(partition)).flat_map(record).collect::<Vec<_>>()));
    }
    records.into_iter().for_each(|(_, path, bytes)| drop(files.insert(path, bytes)));
    let sealed =
        |(path, bytes): (&String, &Vec<u8>)| (path.clone(), Sealed { bytes: bytes.len() as u64, sha256: [1; 32] });
    let stated = views.stated(&files.iter().map(sealed).collect());
    (files, stated)
}

/// The files in an archive: their names and contents.
fn untar(mut archive: &[u8]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    assert!(archive.len().is_multiple_of(512));
    while archive[0] != 0 {
        let field = |from: usize, to: usize| {
            let text = std::str::from_utf8(&archive[from..to]).unwrap();
            text.trim_end_matches(['\0', ' ']).to_owned()
        };
        let number = |from: usize, to: usize| usize::from_str_radix(&field(from, to), 8).unwrap();
        let sum: usize = archive[..512]
            .iter()
            .enumerate()
            .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { usize::from(*byte) })
            .sum();
        assert_eq!(number(148, 156), sum, "the checksum of the header");
        assert_eq!((number(136, 148), &archive[257..265]), (0, &b"ustar\x0000"[..]), "no time");
        let size = number(124, 136);
        found.push((field(0, 100), String::from_utf8(archive[512..512 + size].to_vec()).unwrap()));
        archive = &archive[512 + size.next_multiple_of(512)..];
    }
    assert_eq!(archive, [0; 1024]);
    found
}

/// The Examples in a file of records, whose lengths and checksums hold.
fn unframe(mut file: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let holds = |bytes: &[u8], sum: &[u8]| {
        crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes() == sum
    };
    while !file.is_empty() {
        let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        assert!(holds(&file[..8], &file[8..12]) && holds(&file[12..12 + length], &file[12 + length..16 + length]));
        found.push(&file[12..12 + length]);
        file = &file[16 + length..];
    }
    found
}

#[test]
fn an_archive_holds_each_row_and_what_is_said_in_it() {
    let rows = [chat("good", &TEA), row("hologram", vec![("depth", Node::Int(3))])];
    let (files, stated) = files(View::WebDataset, &rows, u64::MAX);
    let path = "views/webdataset/licence=CC-BY-4.0/preference=train-ai-y/2027-01-000000.tar";
    let id = |at: usize| rows[at].id().to_string();
    let wanted = [
        (format!("{}.json", id(0)), rows[0].line().unwrap()),
        (format!("{}.txt", id(0)), "user: Tea?\n\nassistant: Yes.\n\"Now\"".to_owned()),
        (format!("{}.json", id(1)), rows[1].line().unwrap()),
    ];
    assert_eq!(untar(&files[path]), wanted);
    assert_eq!((files.len(), stated[0].rows, stated[0].files[0].rows), (1, 2, 2));
}

#[test]
fn an_archive_ends_before_it_is_too_long_and_the_next_goes_on() {
    let rows: Vec<_> = (0..7).map(|n| row("example", vec![("prompt", Node::text("1".repeat(n * 900)))])).collect();
    let size = |row: &Row| webdataset::files(&row.id().to_string(), &row.line().unwrap(), &tsv::said(row)).len() as u64;
    let most = rows.iter().map(size).max().unwrap() + 1024;
    let (files, stated) = files(View::WebDataset, &rows, most);
    assert!(files.len() > 2 && files.values().all(|file| file.len() as u64 <= most), "{}", files.len());
    let names: Vec<_> = files.values().flat_map(|file| untar(file)).map(|(name, _)| name).collect();
    let ids: Vec<_> = rows.iter().map(|row| format!("{}.json", row.id())).collect();
    assert_eq!(names.into_iter().filter(|name| name.ends_with("json")).collect::<Vec<_>>(), ids);
    let counts: Vec<_> = stated[0].files.iter().map(|file| (file.path.as_str(), file.rows)).collect();
    assert!(counts.iter().zip(&files).all(|((path, rows), (found, file))| {
        path == found && untar(file).iter().filter(|(name, _)| name.ends_with("json")).count() == *rows
    }));
    // One row that is longer than an archive may be has one of its own.
    assert_eq!(super::binary_tests::files(View::WebDataset, &rows, 1).0.len(), rows.len());
}

#[test]
fn a_record_is_framed_and_its_features_are_in_the_order_of_their_names() {
    let rows = [chat("good", &TEA), example()];
    let (files, stated) = files(View::TfRecord, &rows, 1);
    let path = "views/tfrecord/licence=CC-BY-4.0/preference=train-ai-y/2027-01.tfrecord";
    assert_eq!((files.len(), stated[0].files[0].rows), (1, 2));
    let examples = unframe(&files[path]);
    let has = |example: &[u8], feature: &[u8]| example.windows(feature.len()).any(|window| window == feature);
    // Entry of the map, its key, a feature, a list of bytes, the values.
    let roles = b"\x0a\x24\x0a\x0dmessages/role\x12\x13\x0a\x11\x0a\x04user\x0a\x09assistant";
    assert!(has(examples[0], roles) && !has(examples[1], b"messages/"));
    // A list of integers, packed: 1_800_000_000_000 milliseconds, and two ratings that are not there.
    assert!(has(examples[0], b"\x0a\x04time\x12\x0a\x1a\x08\x0a\x06\x80\xa0\xf1\xc2\xb1\x34"));
    assert!(has(examples[0], b"\x0a\x0fmessages/rating\x12\x06\x1a\x04\x0a\x02\x00\x00"));
    let at = |name: &[u8]| examples[0].windows(name.len()).position(|window| window == name).unwrap();
    // What is said of a row in the light of all others stands beside it: two messages, and nobody looked at it.
    assert!(has(examples[0], b"\x0a\x19\x0a\x10quality_messages\x12\x05\x1a\x03\x0a\x01\x02"));
    assert!(examples.iter().all(|example| has(example, b"\x0a\x10quality_reviewed\x12\x05\x1a\x03\x0a\x01\x00")));
    assert!(
        at(b"ai_preference") < at(b"author") && at(b"kind") < at(b"label") && at(b"label") < at(b"messages/content")
    );
}

#[test]
fn a_row_counts_in_columns_before_they_are_written() {
    let (files, _) = files(View::Parquet, &[example()], 1);
    assert!(files.is_empty());
    let mut views = Views::new([View::Parquet, View::Tsv], super::tests::canary());
    let (row, mut nothing) = (example(), |_: &str, _: &[u8]| Ok::<_, ()>(()));
    views.add(&row, &row.line().unwrap(), &row.partition().unwrap(), &mut nothing).unwrap();
    let path = "views/parquet/licence=CC-BY-4.0/preference=train-ai-y/2027-01.parquet";
    assert_eq!(views.of_columns().collect::<Vec<_>>(), [(View::Parquet, &row.partition().unwrap(), path.to_owned())]);
    let stated = views.stated(&BTreeMap::from([(path.to_owned(), Sealed { bytes: 1, sha256: [1; 32] })]));
    assert_eq!((stated[0].rows, stated[0].files[0].rows, stated[1].rows), (1, 1, 1));
}
