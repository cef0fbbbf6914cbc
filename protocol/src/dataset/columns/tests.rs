use super::*;
use crate::bytes::{Cid, Node, encode};
use crate::dataset::Row;
use crate::dataset::dag_json::tests::any_node;
use crate::record::header::SizeClass;
use crate::record::header::tests::{header, key};
use proptest::prelude::*;
use serde_json::{Map, Value as Json};

/// The text of the row of a body with these entries.
fn line(entries: Vec<(&str, Node)>) -> String {
    let entries = entries.into_iter().map(|(key, value)| (key, Some(value)));
    let fixed = [("kind", Some(Node::text("chat"))), ("salt", Some(Node::bytes([7; 32])))];
    let body = encode(&Node::map(fixed.into_iter().chain(entries)));
    let mut header = header();
    (header.body, header.size_class) = (Cid::of_cbor(&body), SizeClass::of(body.len()));
    Row::of(&header.sign(&key()), &body, &header.community).unwrap().line().unwrap()
}

fn json(value: &Value) -> Json {
    match value {
        Value::Text(text) => text.clone().into_owned().into(),
        Value::Int(value) => (*value).into(),
        Value::Bool(value) => (*value).into(),
    }
}

fn object(fields: &[Field], values: &[Option<Value>]) -> Json {
    let entries =
        fields.iter().zip(values).filter_map(|(field, value)| Some((field.name.to_owned(), json(value.as_ref()?))));
    Json::Object(entries.collect())
}

/// What the row says, told from its cells alone.
fn row_of(cells: &[Cell]) -> Map<String, Json> {
    assert_eq!(cells.len(), COLUMNS.len());
    let mut row = Map::new();
    for (column, cell) in COLUMNS.iter().zip(cells) {
        let value = match (column.form, cell) {
            (_, Cell::None) if HEADER_COLUMNS.contains(&column.of) => Json::Null,
            (_, Cell::None) => continue,
            (Form::Time, Cell::One(Value::Int(ms))) => super::super::rfc3339(ms / 1000).unwrap().into(),
            (Form::More, Cell::One(Value::Text(text))) => {
                row.extend(serde_json::from_str::<Map<String, Json>>(text).unwrap());
                continue;
            }
            (_, Cell::One(value)) => json(value),
            (Form::Texts, Cell::Many(values)) => values.iter().flatten().map(json).collect(),
            (Form::Map(fields), Cell::Many(values)) => object(fields, values),
            (Form::Maps(fields), Cell::Many(values)) => {
                values.chunks(fields.len()).map(|values| object(fields, values)).collect()
            }
            (Form::Counts(_), Cell::Many(values)) => {
                let pair = |pair: &[Option<Value>]| match pair {
                    [Some(Value::Text(kind)), Some(count)] => (kind.clone().into_owned(), json(count)),
                    _ => panic!("a name and a count"),
                };
                Json::Object(values.chunks(2).map(pair).collect())
            }
            (form, cell) => panic!("{cell:?} is not {form:?}"),
        };
        row.insert(column.of.to_owned(), value);
    }
    row
}

fn assert_whole(line: &str) {
    assert_eq!(row_of(&cells(line).unwrap()), serde_json::from_str(line).unwrap(), "{line}");
}

fn found<'a>(cells: &'a [Cell<'a>], name: &str) -> &'a Cell<'a> {
    &cells[COLUMNS.iter().position(|column| column.name == name).unwrap()]
}

fn message(role: &str, more: Option<(&str, Node)>) -> Node {
    let fields = [("role", Some(Node::text(role))), ("content", Some(Node::text("Tea?\n\"Now\"")))];
    Node::map(fields.into_iter().chain(more.map(|(key, value)| (key, Some(value)))))
}

#[test]
fn each_column_of_a_row_is_one_and_in_the_order_of_the_row() {
    let header: Vec<_> = COLUMNS.iter().map(|column| column.of).take(HEADER_COLUMNS.len()).collect();
    assert_eq!(header, HEADER_COLUMNS);
    let mut names: Vec<_> = COLUMNS.iter().map(|column| column.name).collect();
    assert!(!names.contains(&"licence") && !names.contains(&"preference"), "these are folders");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), COLUMNS.len());
}

#[test]
fn what_has_the_form_of_a_column_stands_there_and_all_else_in_the_last() {
    let rated = Some(("rating", Node::Int(7)));
    let line = line(vec![
        ("messages", Node::List(vec![message("user", None), message("assistant", rated)])),
        ("tags", Node::List(vec![])),
        ("redactions", Node::map([("email", Some(Node::Int(2)))])),
        ("rating", Node::text("best")),
        ("title", Node::Null),
        ("more", Node::Int(1)),
        ("ext", Node::map([("/", Some(Node::bytes([1])))])),
    ]);
    assert_whole(&line);
    let cells = cells(&line).unwrap();
    let text = |text: &'static str| Some(Value::Text(text.into()));
    let said = vec![
        text("user"),
        text("Tea?\n\"Now\""),
        None,
        None,
        None,
        text("assistant"),
        text("Tea?\n\"Now\""),
        None,
        None,
        Some(Value::Int(7)),
    ];
    assert_eq!(found(&cells, "messages"), &Cell::Many(said));
    assert_eq!(found(&cells, "tags"), &Cell::Many(vec![]));
    assert_eq!(found(&cells, "redactions"), &Cell::Many(vec![text("email"), Some(Value::Int(2))]));
    assert_eq!(found(&cells, "time"), &Cell::One(Value::Int(1_800_000_000_000)));
    let more = r#"{"title":null,"rating":"best","ext":{"/":{"map":{"/":{"/":{"bytes":"AQ"}}}}},"more":1}"#;
    assert_eq!(found(&cells, MORE), &Cell::One(Value::Text(more.into())));
}

#[test]
fn a_list_with_one_entry_of_another_form_is_kept_whole_in_the_last_column() {
    for odd in [
        message("user", Some(("mood", Node::Null))),
        message("user", Some(("label", Node::Null))),
        message("user", Some(("rating", Node::text("7")))),
        Node::map([("role", Some(Node::text("user")))]),
        Node::text("user: Tea?"),
    ] {
        let line = line(vec![("messages", Node::List(vec![message("user", None), odd]))]);
        assert_whole(&line);
        let cells = cells(&line).unwrap();
        assert_eq!(found(&cells, "messages"), &Cell::None);
        assert!(matches!(found(&cells, MORE), Cell::One(_)));
    }
    let line = line(vec![("messages", Node::List(vec![message("user", None)]))]);
    let line = line.replacen("\"role\":\"user\"", "\"role\":\"user\",\"role\":\"user\"", 1);
    assert_eq!(found(&cells(&line).unwrap(), "messages"), &Cell::None);
}

/// A row whose title is written so.
fn titled(json: &str) -> String {
    line(vec![("title", Node::text("@"))]).replacen("\"@\"", json, 1)
}

#[test]
fn a_text_says_the_same_however_it_is_escaped() {
    for text in (0..0x300).filter_map(char::from_u32).map(|one| format!("a{one}{one}b{one}")) {
        let line = line(vec![("title", Node::text(&text[..]))]);
        assert_eq!(found(&cells(&line).unwrap(), "title"), &Cell::One(Value::Text(text.into())));
    }
    for json in [r#""\u0041\/\b\f\n""#, r#""\ud83c\udf75 \" \\""#, r#""\\""#, r#""\n""#] {
        let (line, said) = (titled(json), serde_json::from_str::<String>(json).unwrap());
        assert_eq!(found(&cells(&line).unwrap(), "title"), &Cell::One(Value::Text(said.into())), "{json}");
    }
    for json in [r#""\x""#, r#""\u12""#, r#""\""#, "\"\n\"", "\"\u{1f}\"", "\"", "@"] {
        assert_eq!(cells(&titled(json)), Err(RowError::Json), "{json}");
    }
}

#[test]
fn a_number_that_is_no_integer_of_64_bits_is_kept_as_it_is_written() {
    let rated =
        |json: &str| line(vec![("rating", Node::Int(7))]).replacen("\"rating\":7", &format!("\"rating\":{json}"), 1);
    for whole in [0, -1, 10, i64::MIN, i64::MAX] {
        let line = rated(&whole.to_string());
        assert_eq!(found(&cells(&line).unwrap(), "rating"), &Cell::One(Value::Int(whole)));
    }
    for json in ["-0", "7.0", "7e0", "7E0", "9223372036854775808", "-9223372036854775809"] {
        let line = rated(json);
        let cells = cells(&line).unwrap();
        let more = Cell::One(Value::Text(format!("{{\"rating\":{json}}}").into()));
        assert_eq!((found(&cells, "rating"), found(&cells, MORE)), (&Cell::None, &more));
    }
    for json in ["07", "-", "7x", "+7", "7 ", " 7", "\t7", "7,", "truex"] {
        assert_eq!(cells(&rated(json)), Err(RowError::Json), "{json}");
    }
}

#[test]
fn a_line_that_is_no_row_is_refused() {
    let line = line(vec![]);
    for (from, to) in [
        ("{\"id\"", "{\"ID\""),
        ("\"size_class\":", "\"size_class\":\"\",\"x\":"),
        ("\"time\":\"2027-", "\"time\":\"2027"),
        ("\"kind\":", "\"kind\":1,\"kind\":"),
        ("\"nonce\":", "\"nonce\":[,\"x\":"),
    ] {
        assert!(line.contains(from) && cells(&line.replacen(from, to, 1)).is_err(), "{to}");
    }
    assert!(cells(&format!("{line}{{}}")).is_err() && cells("").is_err() && cells("[]").is_err());
}

proptest! {
    #[test]
    fn no_body_loses_anything(
        entries in prop::collection::btree_map(
            prop_oneof![
                prop::sample::select(COLUMNS.iter().skip(HEADER_COLUMNS.len() + 1).map(|c| c.name.to_owned()).filter(|name| name != "salt").collect::<Vec<_>>()),
                "[a-z/]{1,4}",
            ],
            any_node(),
            0..8,
        )
    ) {
        let known = ["id", "body", "time", "kind", "salt"];
        let entries = entries.iter().filter(|(key, _)| !known.contains(&&key[..]));
        assert_whole(&line(entries.map(|(key, node)| (&key[..], node.clone())).collect()));
    }
}
