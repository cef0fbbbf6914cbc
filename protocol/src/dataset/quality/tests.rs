//! What is said of rows, and that it is the same in whatever order files come.

use super::*;
use crate::agreement::charter::tests::charter;
use crate::bytes::{Node, decode, encode};
use crate::licence::Licence;
use crate::record::header::tests::{header, key};
use crate::record::header::{HourTime, SizeClass};
use crate::similar::some_body;

const MILL: &str = "The old mill by the river had not turned for thirty years when Ana and her brother came to mend the \
    wheel. They cut new paddles from ash, set the axle on iron, and waited for the spring flood to try it.";

fn message(role: &str, text: &str) -> Node {
    Node::map([("role", Some(Node::text(role))), ("content", Some(Node::text(text)))])
}

/// The row of a chat in which this is said, with more entries.
fn row(text: &str, salt: u8, charter: &Charter, more: &[(&str, Node)]) -> Row {
    let Ok(Node::Map(mut body)) = decode(&some_body(salt)) else { panic!("a body") };
    body.insert("messages".into(), Node::List(vec![message("user", text)]));
    body.extend(more.iter().map(|(key, value)| ((*key).into(), value.clone())));
    let body = encode(&Node::Map(body));
    let mut header = header();
    (header.body, header.size_class) = (Cid::of_cbor(&body), SizeClass::of(body.len()));
    if salt.is_multiple_of(2) {
        (header.licence, header.time) = (Licence::Cc0, HourTime::hour(1_700_000_000));
    }
    Row::of(&header.sign(&key()), &body, &charter.id()).unwrap()
}

/// The columns of these rows, by id. Within a file they come in the order of ids, as in an export.
fn columns(
    rows: &[Row],
    path: &[Charter],
    flags: &BTreeMap<RecordId, u32>,
    reversed: bool,
) -> BTreeMap<String, QualityRow> {
    let mut files: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for row in rows {
        files.entry(row.partition().unwrap()).or_default().insert(row.id(), row);
    }
    let mut files: Vec<_> = files.into_iter().collect();
    if reversed {
        files.reverse();
    }
    let mut quality = Quality::default();
    for (partition, rows) in &files {
        rows.values().for_each(|row| assert!(quality.add(row, partition)));
    }
    let finished = quality.finish(Beside { path, flags });
    let mut found = BTreeMap::new();
    for partition in finished.partitions() {
        let rows: Vec<_> = finished.rows(partition).collect();
        let ids: Vec<RecordId> = rows.iter().map(|row| RecordId(row.id.parse().unwrap())).collect();
        assert!(ids.is_sorted(), "the order of the rows");
        assert_eq!(finished.lines(partition).map(|line| line.matches('\n').count()).sum::<usize>(), rows.len());
        found.extend(rows.into_iter().map(|row| (row.id.clone(), row)));
    }
    found
}

#[test]
fn each_row_says_what_is_like_it_and_what_it_is() {
    let (one, two) = (charter(4, 1, 3), charter(1, 0, 1));
    let right = |by: &str| Node::map([("by", Some(Node::text(by)))]);
    let rows = [
        row(MILL, 1, &one, &[]),
        row(MILL, 2, &one, &[]),
        row(&MILL.replace("Ana", "Mira"), 3, &two, &[("false_alarms", Node::Int(2))]),
        row(
            "Guten Morgen, wie geht es Ihnen heute?",
            4,
            &one,
            &[("rights", Node::List(vec![right("own"), right("model")]))],
        ),
    ];
    let flags = BTreeMap::from([(rows[3].id(), 2)]);
    let path = [one, two];
    let found = columns(&rows, &path, &flags, false);
    assert_eq!(found, columns(&rows, &path, &flags, true));
    let of = |at: usize| &found[&rows[at].id().to_string()];
    let lowest = |of: &[usize]| of.iter().map(|at| rows[*at].id()).min().unwrap().to_string();
    for at in [0, 1] {
        assert_eq!((&of(at).duplicate_cluster, of(at).duplicate_cluster_size), (&lowest(&[0, 1]), 2));
    }
    for at in [0, 1, 2] {
        assert_eq!((&of(at).near_duplicate_cluster, of(at).near_duplicate_cluster_size), (&lowest(&[0, 1, 2]), 3));
        assert_eq!((&of(at).detected_language[..], of(at).language_confidence), ("en", 100));
        assert_eq!(of(at).messages, 1);
    }
    assert_eq!((of(2).duplicate_cluster_size, &of(2).duplicate_cluster), (1, &rows[2].id().to_string()));
    assert_eq!((of(2).accepted_by, of(2).validators, of(2).reviewed), (1, 1, true));
    assert_eq!((of(0).accepted_by, of(0).validators, of(0).reviewed), (3, 4, false));
    assert_eq!((of(0).characters as usize, of(0).words), (MILL.len(), 42));
    let german = of(3);
    assert_eq!((german.flags, of(0).flags, &german.detected_language[..]), (2, 0, "de"));
    assert_eq!((german.rights_own, german.rights_model, german.rights_third_party), (true, true, false));
    assert_eq!((&german.licence[..], &of(0).licence[..]), ("CC0-1.0", "CC-BY-4.0"));
    assert_eq!(german.near_duplicate_cluster_size, 1);
}

#[test]
fn a_note_counts_for_what_it_is_about_and_a_kind_to_come_is_like_no_other() {
    let charter = charter(1, 0, 1);
    let about = row(MILL, 1, &charter, &[]);
    let other = |kind: &str, text: &str, about: Option<RecordId>| {
        let body = encode(&Node::map([
            ("kind", Some(Node::text(kind))),
            ("salt", Some(Node::bytes([9; 32]))),
            ("text", Some(Node::text(text))),
        ]));
        let mut header = header();
        (header.body, header.size_class, header.about) = (Cid::of_cbor(&body), SizeClass::of(body.len()), about);
        Row::of(&header.sign(&key()), &body, &charter.id()).unwrap()
    };
    let rows = [
        about.clone(),
        other("note", "Kept.", Some(about.id())),
        other("petition", "Asked.", Some(about.id())),
        other("hologram", MILL, None),
    ];
    let found = columns(&rows, &[], &BTreeMap::new(), false);
    let of = |at: usize| &found[&rows[at].id().to_string()];
    assert_eq!((of(0).notes, of(1).notes), (2, 0));
    assert_eq!((of(3).near_duplicate_cluster_size, of(3).words), (1, 42));
    assert_eq!((of(0).accepted_by, of(0).validators), (0, 0), "the charter is not on the path");
}

#[test]
fn length_counts_what_is_said_and_made_and_not_what_is_said_about_it() {
    let charter = charter(1, 0, 1);
    let message =
        |role: &str, text: &str| Node::map([("role", Some(Node::text(role))), ("content", Some(Node::text(text)))]);
    let said = [
        message("system", "Responde en español, por favor."),
        message("user", "Would you rather have tea this morning?"),
    ];
    let rows = [row(
        "x",
        1,
        &charter,
        &[
            ("messages", Node::List(said.to_vec())),
            ("title", Node::text("A title of some words")),
            ("note", Node::text("A note of some words")),
        ],
    )];
    let found = columns(&rows, &[], &BTreeMap::new(), false).into_values().next().unwrap();
    assert_eq!((found.words, found.messages, found.characters), (5 + 7, 2, 31 + 39));
    assert_eq!(found.detected_language, "en", "instructions to the model have no part in it");
}
