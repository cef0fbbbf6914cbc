//! The data model as JSON.
//!
//! Source: the IPLD DAG-JSON specification: links are `{"/": "<cid>"}`, byte strings are
//! `{"/": {"bytes": "<base64 without padding>"}}`, keys stand in the order of their bytes.
//! DAG-JSON cannot write a map that has the key `/`; here such a map is `{"/": {"map": {…}}}`.

use crate::bytes::{Cid, Key, Node};
use crate::limits::INT_MAX;
use data_encoding::BASE64_NOPAD;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// JSON that cannot be read as the data model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotDagJson;

/// A value as JSON for people: indented, with a newline at the end. Deterministic.
pub fn pretty(node: &Node) -> String {
    let mut text = serde_json::to_string_pretty(&DagJson(node)).expect("writing JSON to memory cannot fail");
    text.push('\n');
    text
}

/// Serialises a value by the rules above.
pub(super) struct DagJson<'a>(pub &'a Node);

/// Serialises a map's entries without looking for the key `/`.
struct Entries<'a>(&'a BTreeMap<Key, Node>);

impl Serialize for DagJson<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Node::Null => to.serialize_unit(),
            Node::Bool(value) => to.serialize_bool(*value),
            Node::Int(value) => to.serialize_i64(*value),
            Node::Text(text) => to.serialize_str(text),
            Node::Bytes(bytes) => reserved(to, &BTreeMap::from([("bytes", BASE64_NOPAD.encode(bytes))])),
            Node::Link(cid) => reserved(to, &cid.to_string()),
            Node::List(items) => to.collect_seq(items.iter().map(DagJson)),
            Node::Map(entries) if entries.contains_key("/") => {
                reserved(to, &BTreeMap::from([("map", Entries(entries))]))
            }
            Node::Map(entries) => Entries(entries).serialize(to),
        }
    }
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(key, value)| (key.as_str(), DagJson(value))))
    }
}

fn reserved<S: Serializer>(to: S, inner: &impl Serialize) -> Result<S::Ok, S::Error> {
    to.collect_map([("/", inner)])
}

/// The value that JSON stands for. Whoever needs the one canonical text must write it again and
/// compare.
pub(super) fn read(value: Value) -> Result<Node, NotDagJson> {
    Ok(match value {
        Value::Null => Node::Null,
        Value::Bool(value) => Node::Bool(value),
        Value::Number(number) => match number.as_i64() {
            Some(value) if (-INT_MAX..=INT_MAX).contains(&value) => Node::Int(value),
            _ => return Err(NotDagJson),
        },
        Value::String(text) => Node::text(text),
        Value::Array(items) => Node::List(items.into_iter().map(read).collect::<Result<_, _>>()?),
        Value::Object(mut object) => match object.remove("/") {
            Some(inner) if object.is_empty() => read_reserved(inner)?,
            Some(_) => return Err(NotDagJson),
            None => entries(object)?,
        },
    })
}

fn read_reserved(inner: Value) -> Result<Node, NotDagJson> {
    match inner {
        Value::String(cid) => cid.parse::<Cid>().map(Node::Link).map_err(|_| NotDagJson),
        Value::Object(mut object) => match (object.remove("bytes"), object.remove("map")) {
            (Some(Value::String(text)), None) => {
                BASE64_NOPAD.decode(text.as_bytes()).map(Node::Bytes).map_err(|_| NotDagJson)
            }
            (None, Some(Value::Object(map))) => entries(map),
            _ => Err(NotDagJson),
        },
        _ => Err(NotDagJson),
    }
}

fn entries(object: serde_json::Map<String, Value>) -> Result<Node, NotDagJson> {
    let entries = object.into_iter().map(|(key, value)| Ok((Key::from(key), read(value)?)));
    entries.collect::<Result<_, _>>().map(Node::Map)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(node: &Node) -> String {
        serde_json::to_string(&DagJson(node)).unwrap()
    }

    #[test]
    fn bytes_and_links_are_written_as_dag_json_says() {
        let cid = Cid::of_cbor(&[0xa0]);
        let node = Node::map([
            ("b", Some(Node::bytes([0xfb, 0xff, 1, 2]))),
            ("a", Some(Node::List(vec![cid.into(), Node::Null, Node::Int(-1)]))),
        ]);
        let cid = "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua";
        assert_eq!(text(&node), format!(r#"{{"a":[{{"/":"{cid}"}},null,-1],"b":{{"/":{{"bytes":"+/8BAg"}}}}}}"#));
    }

    #[test]
    fn a_map_that_looks_like_a_link_stays_a_map() {
        let cid = Node::text(Cid::of_cbor(b"x").to_string());
        for inner in [cid, Node::map([("bytes", Some(Node::text("AA")))]), Node::Null] {
            let node = Node::map([("/", Some(inner))]);
            assert_eq!(read(serde_json::from_str(&text(&node)).unwrap()), Ok(node));
        }
    }

    #[test]
    fn floats_large_integers_and_unknown_reserved_forms_are_refused() {
        for json in [
            "1.0",
            "9007199254740992",
            "-9007199254740992",
            "18446744073709551615",
            r#"{"/":"x"}"#,
            r#"{"/":1}"#,
            r#"{"/":{"bytes":"AA=="}}"#,
            r#"{"/":{"bytes":1}}"#,
            r#"{"/":{"bytes":"AA"},"a":1}"#,
        ] {
            assert_eq!(read(serde_json::from_str(json).unwrap()), Err(NotDagJson), "{json}");
        }
    }

    pub(in crate::dataset) fn any_node() -> impl Strategy<Value = Node> {
        let leaf = prop_oneof![
            Just(Node::Null),
            any::<bool>().prop_map(Node::Bool),
            (-INT_MAX..=INT_MAX).prop_map(Node::Int),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(Node::Bytes),
            any::<String>().prop_map(Node::text),
            any::<[u8; 4]>().prop_map(|seed| Node::Link(Cid::of_cbor(&seed))),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            let key = prop_oneof![any::<String>(), Just("/".to_owned()), Just("bytes".to_owned())];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Node::List),
                prop::collection::btree_map(key.prop_map(Key::from), inner, 0..6).prop_map(Node::Map),
            ]
        })
    }

    proptest! {
        #[test]
        fn reading_inverts_writing(node in any_node()) {
            prop_assert_eq!(read(serde_json::from_str(&text(&node)).unwrap()), Ok(node.clone()));
            prop_assert_eq!(read(serde_json::from_str(&pretty(&node)).unwrap()), Ok(node));
        }
    }
}
