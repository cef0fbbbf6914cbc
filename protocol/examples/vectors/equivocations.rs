//! Proofs that a validator has contradicted itself, and what is none.

use super::operations::successor;
use super::records::some_record;
use super::tools::{Break, broken, invalid, part, valid_with, with};
use super::world::World;
use commonwheel_protocol::agreement::{Batch, Class, Entry, Verdict};
use commonwheel_protocol::bytes::{Cid, Node, encode};
use commonwheel_protocol::operation::equivocation::{Contradiction, Statement};
use commonwheel_protocol::operation::{Equivocation, Matter, Motion};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::sign::SecretKey;
use serde_json::{Value, json};

const REFUSED: Verdict = Verdict::Reject(Class::Schema);

/// A batch with this number, whose second verdict is about the world's record.
fn batch(world: &World, charter: Cid, key: &SecretKey, number: i64, verdict: Verdict) -> Batch {
    let other = RecordId(Cid::of_cbor(&number.to_be_bytes()));
    let entries = [Entry { record: other, verdict: Verdict::Accept }, Entry { record: some_record(world), verdict }];
    let bytes = Batch::sign(world.community, charter, number, &entries, key);
    Batch::verify(&bytes).expect("the generator's own batch")
}

/// A voice for one of several successors.
fn voice(world: &World, key: &SecretKey, round: i64, scope: &str) -> Motion {
    let mut next = successor(&world.charter, round, &[]);
    next.scope = scope.into();
    Motion::sign(Matter::Successor(Box::new(next)), key)
}

/// Two batches of one key under a charter, with one number.
pub fn numbered(world: &World, charter: Cid, key: &SecretKey) -> Vec<u8> {
    let [one, other] = [Verdict::Accept, REFUSED].map(|verdict| batch(world, charter, key, 7, verdict));
    Equivocation::between(&one, &other).expect("they contradict each other").bytes().to_vec()
}

/// An acceptance that is unsaid in a later batch.
pub fn unsaid(world: &World, charter: Cid, key: &SecretKey) -> Vec<u8> {
    let one = batch(world, charter, key, 1, Verdict::Accept);
    let other = batch(world, charter, key, 2, REFUSED);
    Equivocation::between(&one, &other).expect("they contradict each other").bytes().to_vec()
}

/// Two successors of the world's charter in one round.
pub fn two_successors(world: &World, key: &SecretKey) -> Vec<u8> {
    let [one, other] = ["One.", "Another."].map(|scope| Statement::Voice(Box::new(voice(world, key, 1, scope))));
    Equivocation::of(&one, &other).expect("they contradict each other").bytes().to_vec()
}

fn facts(bytes: &[u8]) -> Value {
    let proof = Equivocation::verify(bytes).expect("the generator's own proof");
    let (what, of) = match proof.contradiction {
        Contradiction::Number(number) => ("number", json!(number)),
        Contradiction::Verdict(record) => ("verdict", json!(record.to_string())),
        Contradiction::Round(round) => ("round", json!(round)),
    };
    json!({ "kind": "equivocation", "community": proof.community.to_string(), "charter": proof.charter.to_string(),
        "validator": proof.validator.to_string(), "contradiction": what, "of": of })
}

/// The statements in the order of their bytes.
fn both(one: Node, other: Node) -> Vec<u8> {
    let mut statements = vec![one, other];
    statements.sort_by_key(encode);
    list(statements)
}

fn list(statements: Vec<Node>) -> Vec<u8> {
    encode(&Node::map([("type", Some(Node::text("equivocation"))), ("statements", Some(Node::List(statements)))]))
}

/// What `operations.json` holds of them.
pub fn vectors(world: &World) -> Vec<Value> {
    let (charter, key, other) = (world.charter.id(), world.validator(0), world.validator(1));
    let good = [
        ("a proof: two batches with one number", numbered(world, charter, &key)),
        ("a proof: an acceptance that is unsaid", unsaid(world, charter, &key)),
        ("a proof: two successors in one round", two_successors(world, &key)),
    ];
    let mut vectors: Vec<_> = good.iter().map(|(name, bytes)| valid_with(name, bytes, facts(bytes))).collect();
    let root = |number, verdict, key: &SecretKey| {
        let batch = batch(world, charter, key, number, verdict);
        Node::map([("signed", Some(batch.signed().envelope().clone()))])
    };
    let said = |number, verdict| {
        let batch = batch(world, charter, &key, number, verdict);
        let path = batch.proof(1).into_iter().map(Node::bytes).collect();
        let mut parts = vec![some_record(world).0.into(), Node::text(verdict.name())];
        parts.extend(verdict.class().map(|class| Node::text(class.name())));
        Node::map([
            ("signed", Some(batch.signed().envelope().clone())),
            ("entry", Some(Node::List(parts))),
            ("index", Some(Node::Int(1))),
            ("path", Some(Node::List(path))),
        ])
    };
    let moved =
        |round, scope: &str| Node::map([("motion", Some(Node::bytes(voice(world, &key, round, scope).to_bytes())))]);
    let accept = Verdict::Accept;
    let none = [
        ("two batches with two numbers", both(root(7, accept, &key), root(8, accept, &key))),
        ("two validators' batches", both(root(7, accept, &key), root(7, REFUSED, &other))),
        ("a refusal that becomes an acceptance", both(said(1, REFUSED), said(2, accept))),
        ("two refusals", both(said(1, REFUSED), said(2, Verdict::Quarantine(Class::Review)))),
        ("a root and a verdict", both(root(7, accept, &key), said(7, REFUSED))),
        ("successors in two rounds", both(moved(1, "One."), moved(2, "One."))),
        ("one statement", list(vec![root(7, accept, &key)])),
        ("one statement twice", list(vec![root(7, accept, &key), root(7, accept, &key)])),
        ("no statement", list(vec![])),
    ];
    vectors.extend(none.map(|(name, bytes)| invalid(&format!("no proof: {name}"), &bytes, "field-value:statements")));
    let (first, second) = (part(&good[0].1, &["statements", "0"]), part(&good[0].1, &["statements", "1"]));
    let swapped = list(vec![second, first]);
    vectors.push(invalid("a proof in another order", &swapped, "field-value:statements"));
    let number = Some(Node::Int(9));
    let cases: Vec<Break> = vec![
        (
            "a proof changed after signing",
            &good[0].1,
            &["statements", "0", "signed", "payload", "count"],
            Some(Node::Int(3)),
            "signature",
        ),
        (
            "a path that leads elsewhere",
            &good[1].1,
            &["statements", "0", "index"],
            Some(Node::Int(0)),
            "field-value:path",
        ),
        ("an entry without path", &good[1].1, &["statements", "0", "path"], None, "field-missing:path"),
        ("an entry without index", &good[1].1, &["statements", "0", "index"], None, "field-missing:index"),
        ("a proof with more", &good[0].1, &["ext"], number, "field-unknown"),
    ];
    vectors.extend(broken(cases));
    let motion = encode(&part(&good[2].1, &["statements", "0"]));
    let extended = with(&motion, &["ext"], Some(Node::Int(1)));
    let extended = both(part(&extended, &[]), part(&good[2].1, &["statements", "1"]));
    vectors.push(invalid("a motion with more beside it", &extended, "field-unknown"));
    vectors
}
