use super::*;
use crate::dataset::dag_json::tests::any_node;
use crate::identity::Nonce;
use crate::record::SignedHeader;
use crate::record::header::tests::{header, key};
use crate::record::header::{HourTime, SizeClass};
use proptest::prelude::*;

/// A signed header that commits to a body.
fn signed(body: &[u8]) -> Vec<u8> {
    let mut header = header();
    (header.body, header.size_class) = (Cid::of_cbor(body), SizeClass::of(body.len()));
    header.sign(&key())
}

fn body() -> Vec<u8> {
    encode(&Node::map([
        ("kind", Some(Node::text("example"))),
        ("salt", Some(Node::bytes([0xab; 32]))),
        ("prompt", Some(Node::text("Quelle heure est-il ?\n\u{2028}\"½\""))),
        ("ideal", Some(Node::text("Midi."))),
        ("ext", Some(Node::map([("seen", Some(Cid::of_cbor(b"x").into()))]))),
        ("aaa", Some(Node::Null)),
    ]))
}

#[test]
fn a_row_has_the_documented_columns_in_the_documented_order() {
    let (body, charter) = (body(), Cid::of_cbor(b"charter"));
    let header_bytes = signed(&body);
    let line = Row::of(&header_bytes, &body, &charter).unwrap().line().unwrap();
    let header = header();
    let expected = format!(
        concat!(
            r#"{{"id":"{id}","community":"{community}","charter":"{charter}","author":"{author}","#,
            r#""author_mode":"key","nonce":null,"time":"2027-01-15T08:00:00Z","licence":"CC-BY-4.0","#,
            r#""preference":"train-ai=y","terms":"{terms}","ruleset":"{ruleset}","revises":null,"#,
            r#""corrects":null,"about_record":null,"body":"{body}","size_class":8,"signature":"{signature}","#,
            r#""kind":"example","prompt":"Quelle heure est-il ?\n{ls}\"½\"","ideal":"Midi.","#,
            r#""ext":{{"seen":{{"/":"{link}"}}}},"salt":"{salt}","aaa":null}}"#
        ),
        id = Cid::of_cbor(&header_bytes),
        community = header.community,
        charter = charter,
        author = header.author,
        terms = header.terms,
        ruleset = header.ruleset,
        body = Cid::of_cbor(&body),
        signature = HEXLOWER.encode(&header_bytes[header_bytes.len() - 64..]),
        ls = '\u{2028}',
        link = Cid::of_cbor(b"x"),
        salt = "ab".repeat(32),
    );
    assert_eq!(line, expected);
}

#[test]
fn header_and_body_are_rebuilt_from_the_row_alone() {
    let body = body();
    let mut anonymous = header();
    anonymous.nonce = Some(Nonce([9; 16]));
    anonymous.time = HourTime::day(1_800_000_000);
    anonymous.revises = Some(RecordId(Cid::of_cbor(b"one")));
    anonymous.corrects = Some(RecordId(Cid::of_cbor(b"two")));
    for header_bytes in [signed(&body), anonymous.sign(&key())] {
        let row = Row::of(&header_bytes, &body, &Cid::of_cbor(b"charter")).unwrap();
        let read = Row::read(&row.line().unwrap()).unwrap();
        assert_eq!(read, row);
        assert_eq!(read.header_bytes(), header_bytes);
        assert_eq!(read.body_bytes(), body);
        assert_eq!(SignedHeader::verify(&read.header_bytes()).unwrap().id(), read.id());
    }
}

#[test]
fn every_column_of_a_header_has_its_place_and_no_known_body_uses_its_name() {
    let names: std::collections::BTreeSet<_> = HEADER_COLUMNS.into_iter().chain(BODY_COLUMNS).collect();
    assert_eq!(names.len(), HEADER_COLUMNS.len() + BODY_COLUMNS.len());
    let body = encode(&Node::map([("author", Some(Node::text("x")))]));
    assert_eq!(Row::of(&signed(&body), &body, &Cid::of_cbor(b"c")), Err(RowError::Collision("author")));
}

#[test]
fn no_body_says_what_an_export_says_of_its_line() {
    for name in RESERVED {
        let body = encode(&Node::map([(name, Some(Node::text("CC0-1.0")))]));
        let refused = Err(RowError::Collision(name));
        assert_eq!(Row::of(&signed(&body), &body, &Cid::of_cbor(b"c")), refused, "the record is no row");
        let other = encode(&Node::map([("work_licences", Some(Node::text("CC0-1.0")))]));
        let line = Row::of(&signed(&body), &other, &Cid::of_cbor(b"c")).unwrap().line().unwrap();
        let line = line.replacen("work_licences", name, 1);
        assert_eq!(Row::read(&line), refused, "nor is the line");
    }
}

#[test]
fn another_text_of_the_same_row_is_refused() {
    let body = body();
    let line = Row::of(&signed(&body), &body, &Cid::of_cbor(b"c")).unwrap().line().unwrap();
    let cases = [
        line.replacen(':', ": ", 1),
        line.replace("é", "\\u00e9").replace("½", "\\u00bd"),
        line.replace(r#""size_class":8"#, r#""size_class":8.0"#),
        line.replace(r#""ideal":"Midi.""#, r#""ideal":"Minuit.","ideal":"Midi.""#),
        line.replace(r#""author_mode":"key""#, r#""author_mode":"anonymous""#),
        line.replace(r#""nonce":null,"#, ""),
        line.replace(&"ab".repeat(32), &"AB".repeat(32)),
        line.replace("2027-01-15T08:00:00Z", "2027-01-15T08:00:00+00:00"),
        format!("{line} "),
        line[1..].to_owned(),
        "[]".to_owned(),
    ];
    for case in cases {
        assert_ne!(case, line);
        assert!(Row::read(&case).is_err(), "{case}");
    }
}

#[test]
fn a_changed_header_column_gives_another_id_and_is_refused() {
    let body = body();
    let line = Row::of(&signed(&body), &body, &Cid::of_cbor(b"c")).unwrap().line().unwrap();
    for (from, to) in [("CC-BY-4.0", "CC0-1.0"), ("train-ai=y", "search=y"), ("T08:00", "T09:00")] {
        assert_eq!(Row::read(&line.replace(from, to)), Err(RowError::Id));
    }
}

#[test]
fn the_longest_row_of_the_largest_body_is_within_the_limit() {
    let items = vec![Node::Bytes(vec![]); BODY_BYTES - 64];
    let body = encode(&Node::map([("ext", Some(Node::List(items)))]));
    assert!(body.len() <= BODY_BYTES);
    let line = Row::of(&signed(&body), &body, &Cid::of_cbor(b"c")).unwrap().line().unwrap();
    assert!(line.len() < ROW_BYTES, "{} bytes", line.len());
}

proptest! {
    #[test]
    fn rows_of_any_body_rebuild_its_bytes(
        mut entries in prop::collection::btree_map(any::<String>().prop_map(Key::from), any_node(), 0..6),
        salt in prop::option::of(any::<[u8; 32]>()),
    ) {
        entries.retain(|key, _| key != "salt" && ![&HEADER_COLUMNS[..], &RESERVED].concat().contains(&key.as_str()));
        entries.extend(salt.map(|salt| (Key::new("salt"), Node::bytes(salt))));
        let body = encode(&Node::Map(entries));
        let row = Row::of(&signed(&body), &body, &Cid::of_cbor(b"charter")).unwrap();
        let line = row.line().unwrap();
        prop_assert!(!line.contains('\n'));
        let read = Row::read(&line).unwrap();
        prop_assert_eq!(read.body_bytes(), body);
        prop_assert_eq!(read, row);
    }
}
