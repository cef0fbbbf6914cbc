//! What vectors are made with.

use commonwheel_protocol::bytes::{Cid, Node, decode, encode};
use commonwheel_protocol::sign::{Domain, SecretKey};
use data_encoding::{BASE64_NOPAD, HEXLOWER};
use serde_json::{Map, Value, json};

/// One way to break a good block: a name, the block, the path to the part that is changed, what takes
/// its place (nothing: it is removed), and the reason that follows.
pub type Break<'a> = (&'a str, &'a [u8], &'a [&'a str], Option<Node>, &'a str);

/// Good blocks broken, each in one way.
pub fn broken(breaks: Vec<Break>) -> impl Iterator<Item = Value> {
    breaks.into_iter().map(|(name, of, path, value, why)| invalid(name, &with(of, path, value), why))
}

/// A file of vectors: what the code reads them as, what they share, and the vectors.
pub fn file(reads: &str, context: Value, vectors: Vec<Value>) -> Value {
    let mut file = json!({ "reads": reads, "vectors": vectors });
    if !context.is_null() {
        file["context"] = context;
    }
    file
}

/// Bytes that are accepted: with what they hold, as DAG-JSON, and their CID.
pub fn valid(name: &str, bytes: &[u8]) -> Value {
    let node = decode(bytes).expect("what the generator writes is canonical");
    json!({
        "name": name,
        "hex": hex(bytes),
        "valid": true,
        "cid": Cid::of_cbor(bytes).to_string(),
        "value": dag_json(&node),
    })
}

/// The same, with more that the reader should find.
pub fn valid_with(name: &str, bytes: &[u8], facts: Value) -> Value {
    let mut vector = valid(name, bytes);
    vector["facts"] = facts;
    vector
}

/// Bytes that are refused, and why: a reason of the specification, with the field at fault.
pub fn invalid(name: &str, bytes: &[u8], reason: &str) -> Value {
    json!({ "name": name, "hex": hex(bytes), "valid": false, "reason": reason })
}

/// Zeros that are refused for their number alone.
pub fn oversized(name: &str, count: usize, reason: &str) -> Value {
    json!({ "name": name, "zeros": count, "valid": false, "reason": reason })
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// The DAG-JSON form of a value.
pub fn dag_json(node: &Node) -> Value {
    match node {
        Node::Null => Value::Null,
        Node::Bool(value) => json!(value),
        Node::Int(value) => json!(value),
        Node::Bytes(bytes) => json!({ "/": { "bytes": BASE64_NOPAD.encode(bytes) } }),
        Node::Text(text) => json!(text.as_str()),
        Node::List(items) => items.iter().map(dag_json).collect(),
        Node::Map(entries) => {
            Value::Object(entries.iter().map(|(key, value)| (key.to_string(), dag_json(value))).collect::<Map<_, _>>())
        }
        Node::Link(cid) => json!({ "/": cid.to_string() }),
    }
}

/// The bytes with one part changed or, for `None`, removed. `path` goes through maps by key and
/// through lists by position.
pub fn with(bytes: &[u8], path: &[&str], value: Option<Node>) -> Vec<u8> {
    let mut node = decode(bytes).expect("what is changed was canonical");
    set(&mut node, path, value);
    encode(&node)
}

/// An envelope with one part of its payload changed or removed, signed again.
pub fn resealed(bytes: &[u8], domain: Domain, key: &SecretKey, path: &[&str], value: Option<Node>) -> Vec<u8> {
    let mut payload = part(bytes, &["payload"]);
    set(&mut payload, path, value);
    key.seal(domain, payload)
}

/// The same of a block whose payload and signature have company.
pub fn resigned(bytes: &[u8], domain: Domain, key: &SecretKey, path: &[&str], value: Option<Node>) -> Vec<u8> {
    let mut payload = part(bytes, &["payload"]);
    set(&mut payload, path, value);
    let signature = Node::bytes(key.sign(domain, &encode(&payload)));
    with(&with(bytes, &["payload"], Some(payload)), &["signature"], Some(signature))
}

/// A part of a block.
pub fn part(bytes: &[u8], path: &[&str]) -> Node {
    let mut node = decode(bytes).expect("what is read was canonical");
    for step in path {
        node = child(&mut node, step).clone();
    }
    node
}

fn set(node: &mut Node, path: &[&str], value: Option<Node>) {
    let Some((last, above)) = path.split_last() else {
        *node = value.expect("the whole is replaced, not removed");
        return;
    };
    let parent = above.iter().fold(node, |node, step| child(node, step));
    match (parent, value) {
        (Node::Map(entries), Some(value)) => drop(entries.insert((*last).into(), value)),
        (Node::Map(entries), None) => drop(entries.remove(*last).expect("what is removed was there")),
        (Node::List(items), Some(value)) => items[last.parse::<usize>().expect("a position")] = value,
        (Node::List(items), None) => drop(items.remove(last.parse().expect("a position"))),
        _ => panic!("nothing stands below {last}"),
    }
}

fn child<'n>(node: &'n mut Node, step: &str) -> &'n mut Node {
    match node {
        Node::Map(entries) => entries.get_mut(step).expect("the part is there"),
        Node::List(items) => &mut items[step.parse::<usize>().expect("a position")],
        _ => panic!("nothing stands at {step}"),
    }
}
