//! What charters may say of who contributes, and of the charters before them.

use super::agreement::reading;
use super::operations::successor;
use super::tools::{invalid, part, valid_with, with};
use super::world::World;
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::agreement::customs::{Customs, Federated, Membership};
use commonwheel_protocol::bytes::{Cid, Node};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::Category;
use commonwheel_protocol::redact::RiskClass;
use commonwheel_protocol::sign::Domain;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One more than may stay of a predecessor.
const TOO_MANY_STAY: u32 = 513;

/// What a reader finds in a charter.
pub fn facts(charter: &Charter) -> Value {
    json!({ "charter": charter.id().to_string(), "community": charter.community().to_string(),
        "ruleset": charter.ruleset_id().to_string() })
}

/// Charters with customs, successors, and what is wrong with some.
pub fn charters(world: &World) -> Vec<Value> {
    let federated = |name: &[u8], uses: &[Category], kinds: &[&str]| Federated {
        community: Cid::of_cbor(name),
        licences: [Licence::Cc0, Licence::CcBy4].into(),
        uses: uses.iter().copied().collect(),
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        classes: BTreeSet::new(),
    };
    let (sister, cousin) = (federated(b"sister", &Category::ALL, &["chat", "code"]), federated(b"cousin", &[], &[]));
    let customs = Customs {
        membership: Membership::Sponsored,
        languages: ["en".to_owned(), "es".to_owned()].into(),
        export_notes: true,
        evaluation: Some(100),
        federation: [sister, cousin].map(|one| (one.community, one)).into(),
    };
    let rich = Charter { customs, ..world.charter.clone() };
    let mut classes = rich.clone();
    for one in classes.customs.federation.values_mut() {
        one.classes = [RiskClass::PromptInjection, RiskClass::Medical, RiskClass::Biometric].into();
    }
    let invited = Customs { membership: Membership::Invited, ..Customs::default() };
    let invited = Charter { customs: invited, ..world.charter.clone() };
    let closing = [Cid::of_cbor(b"one"), Cid::of_cbor(b"two")];
    let next = successor(&world.charter, 1, &closing);
    let (bare, third) = (successor(&world.charter, 2, &[]), successor(&next, 1, &[]));
    let mut vectors: Vec<_> = [
        ("a charter with every custom", &rich),
        ("a charter that lets classes of high risk be copied", &classes),
        ("a charter that says who is invited", &invited),
        ("a successor", &next),
        ("a successor that nothing stays of", &bare),
        ("a successor of a successor", &third),
    ]
    .into_iter()
    .map(|(name, charter)| reading("charter", valid_with(name, &charter.to_bytes(), facts(charter))))
    .collect();
    let (rich, next) = (rich.to_bytes(), next.to_bytes());
    vectors.extend(broken_customs(&rich));
    vectors.extend(broken_successions(&next));
    vectors
        .push(reading("founding", invalid("a successor is founded", &founded(world, &bare), "field-value:succeeds")));
    vectors
}

fn broken_customs(bytes: &[u8]) -> Vec<Value> {
    let texts = |words: &[&str]| Some(Node::List(words.iter().map(|word| Node::text(*word)).collect()));
    let text = |text: &str| Some(Node::text(text));
    let (first, second) = (part(bytes, &["customs", "federation", "0"]), part(bytes, &["customs", "federation", "1"]));
    let two = |one: &Node, other: &Node| Some(Node::List(vec![one.clone(), other.clone()]));
    let at = |field: &'static str| ["customs", "federation", "0", field];
    let (licences, uses, kinds, classes, until) = (at("licences"), at("uses"), at("kinds"), at("classes"), at("until"));
    let cases: Vec<(&str, &[&str], Option<Node>, &str)> = vec![
        ("customs that say nothing", &["customs"], Some(Node::map([])), "field-value:customs"),
        ("a membership that is not known", &["customs", "membership"], text("secret"), "field-value:membership"),
        ("open membership is not written", &["customs", "membership"], text("open"), "field-value:customs"),
        ("a language with a region", &["customs", "languages"], texts(&["es-mx"]), "field-value:languages"),
        ("a language with a capital", &["customs", "languages"], texts(&["ES"]), "field-value:languages"),
        ("languages out of order", &["customs", "languages"], texts(&["es", "en"]), "field-value:customs"),
        ("a language twice", &["customs", "languages"], texts(&["es", "es"]), "field-value:customs"),
        ("languages that are none", &["customs", "languages"], texts(&[]), "field-value:customs"),
        ("notes that are not exported", &["customs", "export_notes"], Some(false.into()), "field-value:customs"),
        ("nobody is kept apart", &["customs", "evaluation"], Some(Node::Int(0)), "field-value:evaluation"),
        ("more than half is kept apart", &["customs", "evaluation"], Some(Node::Int(501)), "field-value:evaluation"),
        ("a custom that is not known", &["customs", "dress"], text("formal"), "field-unknown"),
        ("one community twice", &["customs", "federation"], two(&first, &first), "field-value:customs"),
        ("communities out of order", &["customs", "federation"], two(&second, &first), "field-value:customs"),
        ("a copy under no licence", &licences, texts(&[]), "field-value:licences"),
        ("a copy under licences out of order", &licences, texts(&["CC0-1.0", "CC-BY-4.0"]), "field-value:customs"),
        ("a use that is not known", &uses, texts(&["sell"]), "field-value:uses"),
        ("a class that is not known", &classes, texts(&["gossip"]), "field-value:classes"),
        ("classes that are none", &classes, texts(&[]), "field-value:customs"),
        ("a class twice", &classes, texts(&["medical", "medical"]), "field-value:customs"),
        ("classes out of order", &classes, texts(&["biometric", "medical"]), "field-value:customs"),
        ("a class that is no text", &classes, Some(Node::List(vec![Node::Int(1)])), "field-type:classes"),
        ("a kind in words", &kinds, texts(&["long chats"]), "field-value:kinds"),
        ("a custom of a later version", &until, Some(Node::Int(1)), "field-unknown"),
    ];
    all(bytes, cases)
}

fn broken_successions(bytes: &[u8]) -> Vec<Value> {
    let link = |name: &[u8]| Node::Link(Cid::of_cbor(name));
    let (first, second) = (part(bytes, &["succeeds", "closing", "0"]), part(bytes, &["succeeds", "closing", "1"]));
    let list = |items: &[&Node]| Some(Node::List(items.iter().map(|item| (*item).clone()).collect()));
    let mut many: Vec<_> = (0..TOO_MANY_STAY).map(|n| Cid::of_cbor(&n.to_be_bytes())).collect();
    many.sort();
    let many = Some(Node::List(many.into_iter().map(Node::Link).collect()));
    let int = |value: i64| Some(Node::Int(value));
    let cases: Vec<(&str, &[&str], Option<Node>, &str)> = vec![
        ("a successor without predecessor", &["succeeds", "predecessor"], None, "field-missing:predecessor"),
        ("a successor of no community", &["succeeds", "community"], None, "field-missing:community"),
        ("a round of 0", &["succeeds", "round"], int(0), "field-value:round"),
        ("without what stays", &["succeeds", "closing"], None, "field-missing:closing"),
        ("what stays is out of order", &["succeeds", "closing"], list(&[&second, &first]), "field-value:closing"),
        ("what stays stands twice", &["succeeds", "closing"], list(&[&first, &first]), "field-value:closing"),
        ("more stays than may", &["succeeds", "closing"], many, "field-value:closing"),
        ("what stays is no link", &["succeeds", "closing", "0"], int(1), "field-type:closing"),
        ("a successor with a reason", &["succeeds", "reason"], Some(link(b"note")), "field-unknown"),
        ("a succession that is no map", &["succeeds"], int(1), "field-type:succeeds"),
    ];
    all(bytes, cases)
}

fn all(bytes: &[u8], cases: Vec<(&str, &[&str], Option<Node>, &str)>) -> Vec<Value> {
    let charter = |(name, path, value, why): (&str, &[&str], _, &str)| {
        reading("charter", invalid(name, &with(bytes, path, value), why))
    };
    cases.into_iter().map(charter).collect()
}

/// A founding, signed by all, of a charter that is none's first.
fn founded(world: &World, charter: &Charter) -> Vec<u8> {
    let payload = charter.to_bytes();
    let signatures = (0..4).map(|i| Node::bytes(world.validator(i).sign(Domain::Charter, &payload))).collect();
    let good = with(world.founding.bytes(), &["charter"], Some(part(&payload, &[])));
    with(&good, &["signatures"], Some(Node::List(signatures)))
}
