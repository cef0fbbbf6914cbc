//! Charters, foundings, batches, certificates, Merkle trees, reconciled items.

use super::checks::member_number;
use super::records::some_record;
use super::succession::{self, facts};
use super::tools::{file, hex, invalid, oversized, part, resealed, valid_with, with};
use super::world::{World, charter};
use commonwheel_protocol::agreement::attestation::{Class, Entry, Verdict};
use commonwheel_protocol::agreement::{Batch, Charter, Founding, RiskPolicy, merkle};
use commonwheel_protocol::bytes::{Cid, Codec, Node, encode};
use commonwheel_protocol::index::Item;
use commonwheel_protocol::limits::{ATTESTATION_ENTRIES, CERTIFICATE_BYTES, CHARTER_BYTES, PATTERNS};
use commonwheel_protocol::record::{RecordId, SignedHeader};
use commonwheel_protocol::redact::RiskClass;
use commonwheel_protocol::sign::{Domain, PublicKey};
use serde_json::{Value, json};

/// `charters.json`: charters alone, and foundings.
pub fn charters(world: &World) -> Value {
    let bytes = world.charter.to_bytes();
    let steward = charter(&world.validators[..1]);
    let key = world.validator(0);
    let signed = [(key.public(), Founding::sign(&steward, &key))].into();
    let alone = Founding::new(&steward, &signed).expect("the one has signed");
    let community = |founding: &Founding| facts(founding.charter());
    let mut vectors = vec![
        reading("charter", valid_with("a charter of four", &bytes, community(&world.founding))),
        reading("charter", valid_with("a charter of one", &steward.to_bytes(), community(&alone))),
        reading("founding", valid_with("a founding by four", world.founding.bytes(), community(&world.founding))),
        reading("founding", valid_with("a founding by one", alone.bytes(), community(&alone))),
    ];
    let rich = Charter { patterns: vec![member_number()], risks: RiskPolicy::usual(), ..world.charter.clone() };
    let (facts, rich) = (facts(&rich), rich.to_bytes());
    vectors.push(reading("charter", valid_with("a charter with patterns and risks", &rich, facts)));
    vectors.extend(broken_charters(&bytes));
    vectors.extend(broken_rules(&rich));
    vectors.extend(succession::charters(world));
    let four = world.founding.bytes();
    let foundings: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a signature is missing", with(four, &["signatures", "3"], None), "field-value:signatures"),
        ("two signatures changed places", swapped(four), "signature"),
        (
            "the charter was changed after signing",
            with(four, &["charter", "name"], Some(Node::text("Other"))),
            "signature",
        ),
        (
            "a signature is short",
            with(four, &["signatures", "0"], Some(Node::bytes([0; 63]))),
            "field-value:signatures",
        ),
        ("another type", with(four, &["type"], Some(Node::text("charter"))), "field-value:type"),
    ];
    vectors.extend(foundings.into_iter().map(|(name, bytes, why)| reading("founding", invalid(name, &bytes, why))));
    vectors.push(reading("founding", oversized("larger than any", CHARTER_BYTES + 1, "field-value:charter")));
    file("charter or founding", Value::Null, vectors)
}

fn broken_charters(bytes: &[u8]) -> Vec<Value> {
    let int = |value: i64| Some(Node::Int(value));
    let text = |text: &str| Some(Node::text(text));
    let first = part(bytes, &["validators", "0"]);
    let licences = |ids: &[&str]| Some(Node::List(ids.iter().map(|id| Node::text(*id)).collect()));
    let cases: Vec<(&str, &[&str], Option<Node>, &str)> = vec![
        ("q = 2 of n = 4, f = 1: two quorums need not share an honest one", &["q"], int(2), "field-value:q"),
        ("q = 4 of n = 4, f = 1: the honest do not suffice", &["q"], int(4), "field-value:q"),
        ("no validators", &["validators"], Some(Node::List(vec![])), "field-value:validators"),
        ("one validator twice", &["validators", "1"], Some(first), "field-value:validators"),
        ("a validator without a name", &["validators", "0", "name"], text(""), "field-value:name"),
        (
            "a short encryption key",
            &["validators", "0", "encryption"],
            Some(Node::bytes([1; 31])),
            "field-value:encryption",
        ),
        ("no licences", &["licences"], licences(&[]), "field-value:licences"),
        ("licences out of order", &["licences"], licences(&["CC0-1.0", "CC-BY-4.0"]), "field-value:licences"),
        ("a licence twice", &["licences"], licences(&["CC0-1.0", "CC0-1.0"]), "field-value:licences"),
        ("a licence that is not on the list", &["licences"], licences(&["GPL-3.0-only"]), "field-value:licences"),
        ("a preference that is not canonical", &["preference"], text("train-ai=y,search=y"), "field-value:preference"),
        ("a policy that is not known", &["bodies"], text("everyone"), "field-value:bodies"),
        ("a number is missing", &["numbers", "waiting_days"], None, "field-value:numbers"),
        ("a number out of range", &["numbers", "past_hours"], int(23), "field-value:numbers"),
        ("a number that is not known", &["numbers", "colours"], int(3), "field-unknown"),
        ("a protocol version of 0", &["protocol"], int(0), "field-value:protocol"),
        ("drafted before 1970", &["drafted"], int(-1), "field-value:drafted"),
        ("terms that are dag-cbor", &["terms"], Some(Node::Link(Cid::of_cbor(b"t"))), "field-value:terms"),
        ("a short recovery key", &["recovery", "0"], Some(Node::bytes([1; 31])), "field-value:recovery"),
        ("without scope", &["scope"], None, "field-missing:scope"),
        ("an unknown field", &["ext"], Some(Node::map([])), "field-unknown"),
    ];
    cases
        .into_iter()
        .map(|(name, path, value, why)| reading("charter", invalid(name, &with(bytes, path, value), why)))
        .collect()
}

/// What is wrong with patterns and risks.
fn broken_rules(bytes: &[u8]) -> Vec<Value> {
    let text = |text: &str| Some(Node::text(text));
    let pattern = part(bytes, &["patterns", "0"]);
    let patterns = |n: usize| Some(Node::List(vec![pattern.clone(); n]));
    let allowed = RiskClass::ALL.map(|class| (class.as_str(), Some(Node::text("allow"))));
    let cases: Vec<(&str, &[&str], Option<Node>, &str)> = vec![
        ("patterns that are none", &["patterns"], patterns(0), "field-value:patterns"),
        ("a pattern too many", &["patterns"], patterns(PATTERNS + 1), "field-value:patterns"),
        ("a label twice", &["patterns"], patterns(2), "field-value:patterns"),
        ("a label with a capital", &["patterns", "0", "label"], text("Member"), "field-value:patterns"),
        ("a label of no letter", &["patterns", "0", "label"], text(""), "field-value:patterns"),
        ("a long label", &["patterns", "0", "label"], text(&"m".repeat(33)), "field-value:patterns"),
        ("an empty pattern", &["patterns", "0", "pattern"], text(""), "field-value:patterns"),
        ("a long pattern", &["patterns", "0", "pattern"], text(&"x".repeat(257)), "field-value:patterns"),
        ("a pattern without label", &["patterns", "0", "label"], None, "field-missing:label"),
        ("a pattern with more", &["patterns", "0", "core"], Some(true.into()), "field-unknown"),
        ("a class is missing", &["risks", "minors"], None, "field-value:risks"),
        ("an action that is not known", &["risks", "minors"], text("maybe"), "field-value:risks"),
        ("a class that is not known", &["risks", "politics"], text("block"), "field-unknown"),
        ("risks that say nothing", &["risks"], Some(Node::map(allowed)), "field-value:risks"),
    ];
    cases
        .into_iter()
        .map(|(name, path, value, why)| reading("charter", invalid(name, &with(bytes, path, value), why)))
        .collect()
}

fn swapped(founding: &[u8]) -> Vec<u8> {
    let (first, second) = (part(founding, &["signatures", "0"]), part(founding, &["signatures", "1"]));
    with(&with(founding, &["signatures", "0"], Some(second)), &["signatures", "1"], Some(first))
}

/// Says of one vector what it is read as, where a file holds several kinds.
pub fn reading(reads: &str, mut vector: Value) -> Value {
    vector["reads"] = json!(reads);
    vector
}

/// `batches.json`
pub fn batches(world: &World) -> Value {
    let key = world.validator(0);
    let record = |n: u16| RecordId(Cid::of_cbor(&n.to_be_bytes()));
    let sign = |entries: &[Entry]| Batch::sign(world.community, world.community, 1, entries, &key);
    let mut every = vec![Entry { record: record(0), verdict: Verdict::Accept }];
    for (n, class) in Class::ALL.into_iter().enumerate() {
        every.push(Entry { record: record(2 * n as u16 + 1), verdict: Verdict::Reject(class) });
        every.push(Entry { record: record(2 * n as u16 + 2), verdict: Verdict::Quarantine(class) });
    }
    let one = sign(&[Entry { record: some_record(world), verdict: Verdict::Accept }]);
    let bytes = sign(&every);
    let facts = |bytes: &[u8]| {
        let batch = Batch::verify(bytes).expect("the generator's own batch");
        let leaves: Vec<_> = batch.entries().iter().map(|entry| hex(&entry.leaf())).collect();
        json!({ "root": hex(&batch.signed().root), "leaves": leaves })
    };
    let mut vectors = vec![
        valid_with("one acceptance", &one, facts(&one)),
        valid_with("every verdict with every class", &bytes, facts(&bytes)),
    ];
    let entry = |parts: &[&str]| {
        let link = Node::from(record(0).0);
        Some(Node::List([link].into_iter().chain(parts.iter().map(|part| Node::text(*part))).collect()))
    };
    let too_many = Node::List(vec![entry(&["accept"]).expect("an entry"); ATTESTATION_ENTRIES + 1]);
    let cases: Vec<(&str, &[&str], Option<Node>, &str)> = vec![
        ("a verdict that was not signed", &["entries", "1"], entry(&["accept"]), "field-value:entries"),
        ("an entry is missing", &["entries", "3"], None, "field-value:entries"),
        ("an acceptance with a class", &["entries", "0"], entry(&["accept", "size"]), "field-value:entries"),
        ("a rejection without a class", &["entries", "1"], entry(&["reject"]), "field-value:entries"),
        ("a class that is not known", &["entries", "1"], entry(&["reject", "mood"]), "field-value:entries"),
        ("a verdict that is not known", &["entries", "1"], entry(&["maybe", "size"]), "field-value:entries"),
        ("one entry too many", &["entries"], Some(too_many), "field-value:entries"),
        ("changed after signing", &["signed", "payload", "number"], Some(Node::Int(2)), "signature"),
        ("another type", &["type"], Some(Node::text("attestation")), "field-value:type"),
        ("an unknown field", &["ext"], Some(Node::map([])), "field-unknown"),
    ];
    vectors.extend(cases.into_iter().map(|(name, path, value, why)| invalid(name, &with(&bytes, path, value), why)));
    let envelope = encode(&part(&bytes, &["signed"]));
    let roots: Vec<(&str, &[&str], Option<Node>, &str)> = vec![
        ("a batch numbered 0", &["number"], Some(Node::Int(0)), "field-value:number"),
        ("a batch of no entries", &["count"], Some(Node::Int(0)), "field-value:count"),
        ("a count that is not that of the entries", &["count"], Some(Node::Int(18)), "field-value:entries"),
        ("without charter", &["charter"], None, "field-missing:charter"),
    ];
    for (name, path, value, why) in roots {
        let signed = resealed(&envelope, Domain::Attestation, &key, path, value);
        vectors.push(invalid(name, &with(&bytes, &["signed"], Some(part(&signed, &[]))), why));
    }
    file("batch", Value::Null, vectors)
}

/// `certificates.json`: read under the charter of the context.
pub fn certificates(world: &World) -> Value {
    let header = SignedHeader::verify(&world.record().0).expect("the generator's own header");
    let certificate = world.certificate(&header);
    let good = certificate.bytes();
    let acceptance = |validator: usize| {
        let batch = world.batch(validator, &header);
        let path = batch.proof(1).iter().map(|hash| Node::bytes(*hash)).collect();
        Node::map([
            ("signed", Some(batch.signed().envelope().clone())),
            ("index", Some(Node::Int(1))),
            ("path", Some(Node::List(path))),
        ])
    };
    let mut in_order: Vec<_> = (0..4).map(|i| (world.validator(i).public(), acceptance(i))).collect();
    in_order.sort_by_key(|(key, _)| *key);
    let of = |order: &[usize]| Some(Node::List(order.iter().map(|i| in_order[*i].1.clone()).collect()));
    let other = Some(Node::Link(Cid::of_cbor(b"another record")));
    let cases: Vec<(&str, &[&str], Option<Node>, &str)> = vec![
        ("two of three", &["acceptances"], of(&[0, 1]), "certificate-quorum"),
        ("four where three are the quorum", &["acceptances"], of(&[0, 1, 2, 3]), "certificate-quorum"),
        ("one validator twice", &["acceptances"], of(&[0, 1, 1]), "certificate-order"),
        ("validators out of order", &["acceptances"], of(&[1, 0, 2]), "certificate-order"),
        ("somebody else's acceptance", &["acceptances", "0"], Some(acceptance(4)), "certificate-not-a-validator"),
        ("another record", &["record"], other.clone(), "certificate-proof"),
        ("another place in the batch", &["acceptances", "0", "index"], Some(Node::Int(0)), "certificate-proof"),
        ("a place past the batch", &["acceptances", "0", "index"], Some(Node::Int(3)), "certificate-proof"),
        ("a path cut short", &["acceptances", "0", "path", "1"], None, "certificate-proof"),
        ("another charter", &["charter"], other, "certificate-other-charter"),
        (
            "a root changed after signing",
            &["acceptances", "0", "signed", "payload", "root"],
            Some(Node::bytes([0; 32])),
            "signature",
        ),
        ("a time within the hour", &["time"], Some(Node::Int(1)), "field-value:time"),
        ("a hash of 31 bytes", &["acceptances", "0", "path", "0"], Some(Node::bytes([0; 31])), "field-value:path"),
        ("an unknown field", &["ext"], Some(Node::map([])), "field-unknown"),
    ];
    let facts = json!({
        "record": header.id().to_string(),
        "validators": certificate.validators().iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    let mut vectors = vec![valid_with("three of four", good, facts)];
    vectors.extend(cases.into_iter().map(|(name, path, value, why)| invalid(name, &with(good, path, value), why)));
    vectors.push(invalid("a byte follows", &[good, &[0]].concat(), "cbor-trailing"));
    vectors.push(invalid("under another charter", &under_another_charter(world, &header), "certificate-other-charter"));
    vectors.push(oversized("larger than any certificate", CERTIFICATE_BYTES + 1, "certificate-oversized"));
    file("certificate", json!({ "charter": hex(&world.charter.to_bytes()) }), vectors)
}

/// A certificate whose signed roots speak of another charter than it claims.
fn under_another_charter(world: &World, header: &SignedHeader) -> Vec<u8> {
    let good = world.certificate(header);
    let key = (0..4).map(|i| world.validator(i)).find(|key| key.public() == good.validators()[0]).expect("a signer");
    let envelope = encode(&part(good.bytes(), &["acceptances", "0", "signed"]));
    let other = Some(Node::Link(Cid::of_cbor(b"another charter")));
    let signed = resealed(&envelope, Domain::Attestation, &key, &["charter"], other);
    with(good.bytes(), &["acceptances", "0", "signed"], Some(part(&signed, &[])))
}

/// `trees.json`: Merkle roots and proofs, reconciled items.
pub fn trees() -> Value {
    let mut vectors = Vec::new();
    for count in [0usize, 1, 2, 3, 5, 8] {
        let leaves: Vec<_> = (0..count).map(|i| vec![i as u8; i]).collect();
        let proofs: Vec<Vec<_>> =
            (0..count).map(|i| merkle::proof(&leaves, i).iter().map(|hash| hex(hash)).collect()).collect();
        let facts = json!({ "root": hex(&merkle::root(&leaves)), "proofs": proofs });
        let leaves: Vec<_> = leaves.iter().map(|leaf| hex(leaf)).collect();
        vectors.push(json!({ "name": format!("a tree of {count}"), "reads": "merkle", "leaves": leaves, "valid": true, "facts": facts }));
    }
    let record = RecordId(Cid::of_cbor(&[0]));
    let certificate = Cid::of(Codec::DagCbor, b"certificate");
    vectors.push(json!({ "name": "an item", "reads": "item", "record": record.to_string(),
        "certificate": certificate.to_string(), "valid": true, "facts": { "item": hex(&Item::of(&record, &certificate).0) } }));
    let operation = Cid::of_cbor(b"operation");
    vectors.push(json!({ "name": "an item of an operation", "reads": "operation item", "valid": true,
        "operation": operation.to_string(), "facts": { "item": hex(&Item::of_operation(&operation).0) } }));
    let (one, two) = (PublicKey([1; 32]), PublicKey([2; 32]));
    let under = Cid::of_cbor(b"charter");
    let said = [(under, two, "accept", None), (under, one, "reject", Some("schema"))].into();
    let waits = RecordId(Cid::of_cbor(b"record"));
    vectors.push(json!({ "name": "an item of what waits", "reads": "waiting item", "valid": true,
        "record": waits.to_string(), "vouching": [one.to_string(), two.to_string()], "charter": under.to_string(),
        "said": [[one.to_string(), "reject", "schema"], [two.to_string(), "accept"]],
        "facts": { "item": hex(&Item::of_waiting(&waits, &[one, two].into(), &said).0) } }));
    let (charter, key) = (Cid::of_cbor(b"charter"), PublicKey([7; 32]));
    vectors.push(json!({ "name": "an item of a proof of equivocation", "reads": "equivocation item", "valid": true,
        "charter": charter.to_string(), "validator": key.to_string(),
        "facts": { "item": hex(&Item::of_equivocation(&charter, &key).0) } }));
    file("merkle or item", Value::Null, vectors)
}
