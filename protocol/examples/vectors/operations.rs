//! Operations other than records: withdrawals, what members do, motions, resolutions, pages of releases.

use super::agreement::reading;
use super::records::some_record;
use super::tools::{Break, broken, file, hex, invalid, oversized, part, resealed, resigned, valid_with, with};
use super::world::{NOW_S, World};
use commonwheel_protocol::agreement::charter::Validator;
use commonwheel_protocol::agreement::succession::Succession;
use commonwheel_protocol::agreement::{Charter, merkle};
use commonwheel_protocol::bytes::{Cid, Node, encode};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::limits::{OPERATION_BYTES, PAGE_ROWS, RELEASE_PAGES, VALIDATORS};
use commonwheel_protocol::operation::decision::{Condition, Reason, Scope};
use commonwheel_protocol::operation::member::FlagReason;
use commonwheel_protocol::operation::release::{self, ReleaseRow};
use commonwheel_protocol::operation::{
    Decision, Flag, Matter, Membership, Motion, Release, Resolution, Ruling, Support, Withdrawal,
};
use commonwheel_protocol::preference::Preference;
use commonwheel_protocol::record::header::HourTime;
use commonwheel_protocol::record::{RecordId, SignedHeader};
use commonwheel_protocol::sign::{Domain, SecretKey};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An hour after the records were made.
pub fn later() -> HourTime {
    HourTime::hour(NOW_S + 3600)
}

/// A decision of the first charter's validators.
pub fn decision(world: &World, ruling: Ruling) -> Matter {
    Matter::Decision(Decision {
        community: world.community,
        charter: world.charter.id(),
        until: ruling.needs_end().then(|| HourTime::hour(NOW_S + 30 * 86_400)),
        ruling,
        reason: Reason::Consent,
        condition: Condition::Lifted,
        explained: None,
        time: later(),
    })
}

/// A release of these records, in order, and its pages.
pub fn release_of(
    world: &World,
    charter: Cid,
    previous: Option<(i64, Cid)>,
    records: &[RecordId],
) -> (Matter, Vec<Vec<u8>>) {
    let rows: Vec<_> = records.iter().map(|record| row(*record)).collect();
    let pages = release::pages(&rows);
    let matter = Matter::Release(Release {
        community: world.community,
        charter,
        number: previous.map_or(1, |(number, _)| number + 1),
        previous: previous.map(|(_, id)| id),
        time: later(),
        count: rows.len() as i64,
        root: release::root(&rows),
        pages: pages.iter().map(|(page, _)| *page).collect(),
    });
    (matter, pages.into_iter().map(|(_, bytes)| bytes).collect())
}

fn row(record: RecordId) -> ReleaseRow {
    let preference = Preference::read("train-ai=y, search=y").expect("it names known uses");
    ReleaseRow { record, licence: Licence::CcBy4, preference }
}

/// A charter that takes the place of another.
pub fn successor(of: &Charter, round: i64, closing: &[Cid]) -> Charter {
    let (community, predecessor) = (of.community(), of.id());
    let closing = closing.iter().copied().collect();
    let succeeds = Some(Succession { community, predecessor, round, closing });
    Charter { succeeds, drafted: of.drafted + 3600 * round, ..of.clone() }
}

/// The block of a matter with these signatures, in the order of their keys, whether or not they convince.
pub fn signed_by(matter: &Matter, keys: &[SecretKey]) -> Vec<u8> {
    let voices: BTreeMap<_, _> = keys.iter().map(|key| (key.public(), Motion::sign(matter.clone(), key))).collect();
    let pair = |motion: &Motion| Node::List(vec![Node::bytes(motion.signer.0), Node::bytes(motion.signature)]);
    encode(&Node::map([
        ("type", Some(Node::text("resolution"))),
        ("payload", Some(part(&matter.payload(), &[]))),
        ("signatures", Some(Node::List(voices.values().map(pair).collect()))),
    ]))
}

/// The resolution of a matter that the first three validators, and whoever is added, have signed.
pub fn resolved(world: &World, matter: &Matter, charter: &Charter, added: &[SecretKey]) -> Vec<u8> {
    let keys = (0..3).map(|i| world.validator(i)).chain(added.iter().cloned());
    let voices = keys.map(|key| Motion::sign(matter.clone(), &key));
    let voices = voices.map(|motion| (motion.signer, motion.signature)).collect();
    Resolution::form(matter, &voices, charter).expect("a quorum has signed").bytes().to_vec()
}

/// `operations.json`: the bytes of every kind, and resolutions read under the charter of the context.
pub fn operations(world: &World) -> Value {
    let mut vectors = by_authors(world);
    vectors.extend(by_members(world));
    vectors.extend(motions(world));
    vectors.extend(resolutions(world));
    vectors.extend(successions(world));
    vectors.extend(super::equivocations::vectors(world));
    vectors.extend(pages(world));
    let mut kinds = vec![
        invalid("of a later version", &world.named().seal(Domain::Flag, later_kind()), "operation-unknown-kind"),
        invalid("a block without type", &encode(&Node::map([])), "operation-unknown-kind"),
        invalid("a record, which is no operation of this kind", &world.record().0, "operation-unknown-kind"),
        oversized("larger than any operation", OPERATION_BYTES + 1, "operation-oversized"),
    ];
    vectors.append(&mut kinds);
    file("operation", json!({ "charter": hex(&world.charter.to_bytes()) }), vectors)
}

fn later_kind() -> Node {
    Node::map([("type", Some(Node::text("dance")))])
}

fn by_authors(world: &World) -> Vec<Value> {
    let (header, body) = world.record();
    let header = SignedHeader::verify(&header).expect("the generator's own header");
    let (secret, nonce) = world.anonymous();
    let mut hidden = world.header(&body);
    (hidden.author, hidden.nonce, hidden.time) = (secret.public(), Some(nonce), HourTime::day(NOW_S));
    let hidden = SignedHeader::verify(&hidden.sign(&secret)).expect("the generator's own header");
    let facts = |header: &SignedHeader| {
        json!({ "kind": "withdrawal", "community": world.community.to_string(), "record": header.id().to_string(),
            "author": header.header().author.to_string() })
    };
    let good = Withdrawal::sign(&header, later(), &world.named());
    let other = Withdrawal::sign(&hidden, later(), &secret);
    let sealed = |key: &SecretKey, path: &[&str], value| resigned(&good, Domain::Withdrawal, key, path, value);
    let named = world.named();
    let forged = with(header.bytes(), &["payload", "time"], Some(Node::Int(0)));
    let stranger = world.validator(0);
    let by_stranger =
        resigned(&good, Domain::Withdrawal, &stranger, &["author"], Some(Node::bytes(stranger.public().0)));
    let link = |name: &[u8]| Some(Node::Link(Cid::of_cbor(name)));
    vec![
        valid_with("a withdrawal", &good, facts(&header)),
        valid_with("a withdrawal of an anonymous record", &other, facts(&hidden)),
        invalid("a header of another record", &sealed(&named, &["record"], link(b"another")), "field-value:header"),
        invalid("a header of another community", &sealed(&named, &["community"], link(b"c")), "field-value:header"),
        invalid("somebody else's withdrawal", &by_stranger, "field-value:header"),
        invalid(
            "a header by another author",
            &with(&good, &["header"], Some(Node::bytes(hidden.bytes()))),
            "field-value:header",
        ),
        invalid(
            "a header that was changed",
            &with(&good, &["header"], Some(Node::bytes(forged))),
            "field-value:header",
        ),
        invalid("without header", &with(&good, &["header"], None), "field-missing:header"),
        invalid("a time within the hour", &sealed(&named, &["time"], Some(Node::Int(1))), "field-value:time"),
        invalid("an unknown field", &sealed(&named, &["ext"], Some(Node::Int(1))), "field-unknown"),
        invalid("beside the payload", &with(&good, &["ext"], Some(Node::Int(1))), "field-unknown"),
        invalid("changed after signing", &with(&good, &["payload", "time"], Some(Node::Int(0))), "signature"),
    ]
}

fn by_members(world: &World) -> Vec<Value> {
    let (key, record, community) = (world.named(), some_record(world), world.community);
    let (validator, time) = (world.validator(0), later());
    let flag = |reason| Flag { community, member: key.public(), record, reason, time }.sign(&key);
    let support = Support { community, member: key.public(), petition: record, time }.sign(&key);
    let membership = Membership { community, sponsor: validator.public(), member: key.public(), time }.sign(&validator);
    let (who, id) = (key.public().to_string(), record.to_string());
    let facts = |kind: &str, fields: Value| {
        let mut facts = json!({ "kind": kind, "community": community.to_string() });
        facts.as_object_mut().expect("a map").extend(fields.as_object().expect("a map").clone());
        facts
    };
    let mut vectors: Vec<_> = FlagReason::ALL
        .iter()
        .map(|reason| {
            let facts = facts("flag", json!({ "member": who, "record": id }));
            valid_with(&format!("a flag: {}", reason.name()), &flag(*reason), facts)
        })
        .collect();
    vectors.push(valid_with(
        "support of a petition",
        &support,
        facts("support", json!({ "member": who, "petition": id })),
    ));
    let admits = json!({ "sponsor": validator.public().to_string(), "member": who });
    vectors.push(valid_with("a membership", &membership, facts("membership", admits)));
    let flagged = flag(FlagReason::Rights);
    let raw = Some(Node::Link(world.charter.terms));
    let int = |value: i64| Some(Node::Int(value));
    type Case<'a> = (&'a str, &'a [u8], Domain, &'a SecretKey, &'a [&'a str], Option<Node>, &'a str);
    let cases: Vec<Case> = vec![
        (
            "a reason in words",
            &flagged,
            Domain::Flag,
            &key,
            &["reason"],
            Some(Node::text("rude")),
            "field-value:reason",
        ),
        ("a flag without record", &flagged, Domain::Flag, &key, &["record"], None, "field-missing:record"),
        ("a flag of terms", &flagged, Domain::Flag, &key, &["record"], raw.clone(), "field-value:record"),
        ("a flag with a note", &flagged, Domain::Flag, &key, &["note"], Some(Node::text("see")), "field-unknown"),
        ("support of terms", &support, Domain::Support, &key, &["petition"], raw, "field-value:petition"),
        ("support within the hour", &support, Domain::Support, &key, &["time"], int(1), "field-value:time"),
        ("nobody is admitted", &membership, Domain::Membership, &validator, &["member"], None, "field-missing:member"),
        (
            "a key of 31 bytes",
            &membership,
            Domain::Membership,
            &validator,
            &["member"],
            Some(Node::bytes([1; 31])),
            "field-value:member",
        ),
    ];
    for (name, of, domain, key, path, value, why) in cases {
        vectors.push(invalid(name, &resealed(of, domain, key, path, value), why));
    }
    let other = Some(Node::bytes(validator.public().0));
    for (of, signer) in [(&flagged, "member"), (&support, "member")] {
        vectors.push(invalid("in somebody else's name", &with(of, &["payload", signer], other.clone()), "signature"));
    }
    vectors
}

/// What a motion and a resolution say of their matter.
fn matter_facts(kind: &str, matter: &Matter) -> Value {
    json!({ "kind": kind, "community": matter.community().to_string(), "charter": matter.charter().to_string(),
        "matter": matter.id().to_string() })
}

fn rulings(world: &World) -> Vec<Ruling> {
    let record = some_record(world);
    let scope = Scope { language: Some("es".into()), tag: Some("health".into()), kind: Some("chat".into()) };
    vec![
        Ruling::Takedown(record),
        Ruling::Purge(record),
        Ruling::Ban(world.named().public()),
        Ruling::Embargo(Scope::default()),
        Ruling::Embargo(scope),
        Ruling::Freeze,
        Ruling::Shift(Preference::read("train-ai=n, search=y").expect("it names known uses")),
        Ruling::RateCap(0),
        Ruling::Lift(decision(world, Ruling::Takedown(record)).id()),
    ]
}

fn motions(world: &World) -> Vec<Value> {
    let key = world.validator(0);
    let (release, _) = release_of(world, world.charter.id(), None, &[some_record(world)]);
    let next = Matter::Successor(Box::new(successor(&world.charter, 1, &[release.id()])));
    let takedown = decision(world, Ruling::Takedown(some_record(world)));
    let (ruled, released) = (Motion::sign(takedown.clone(), &key), Motion::sign(release.clone(), &key).to_bytes());
    let mut vectors = Vec::new();
    for (name, matter) in [("decision", &takedown), ("release", &release), ("successor", &next)] {
        let mut facts = matter_facts("motion", matter);
        facts["signer"] = json!(key.public().to_string());
        vectors.push(valid_with(&format!("a motion: {name}"), &Motion::sign(matter.clone(), &key).to_bytes(), facts));
    }
    let ruled = ruled.to_bytes();
    let again = |of: &[u8], domain, path: &[&str], value| resigned(of, domain, &key, path, value);
    let text = |text: &str| Some(Node::text(text));
    let int = |value: i64| Some(Node::Int(value));
    let matter = again(&ruled, Domain::Decision, &["type"], text("verdict"));
    vectors.push(invalid("a matter of another type", &matter, "field-value:type"));
    let embargo = Motion::sign(decision(world, Ruling::Embargo(Scope::default())), &key).to_bytes();
    type Case<'a> = (&'a str, &'a [u8], Domain, &'a [&'a str], Option<Node>, &'a str);
    let cases: Vec<Case> = vec![
        (
            "a ruling that is not known",
            &ruled,
            Domain::Decision,
            &["ruling", "rule"],
            text("exile"),
            "field-value:rule",
        ),
        ("a takedown of nothing", &ruled, Domain::Decision, &["ruling", "record"], None, "field-missing:record"),
        ("a takedown of a key too", &ruled, Domain::Decision, &["ruling", "key"], int(1), "field-unknown"),
        ("a reason that is not known", &ruled, Domain::Decision, &["reason"], text("mood"), "field-value:reason"),
        (
            "a condition in words",
            &ruled,
            Domain::Decision,
            &["condition"],
            text("when we say"),
            "field-value:condition",
        ),
        ("a decision with a note", &ruled, Domain::Decision, &["note"], text("see"), "field-unknown"),
        ("a decision within the hour", &ruled, Domain::Decision, &["time"], int(1), "field-value:time"),
        ("an end within the hour", &embargo, Domain::Decision, &["until"], int(NOW_S + 1), "field-value:until"),
        ("an embargo without end", &embargo, Domain::Decision, &["until"], None, "field-value:until"),
        ("an embargo on words", &embargo, Domain::Decision, &["ruling", "tag"], text("bad news"), "field-value:tag"),
        (
            "an embargo on a capital",
            &embargo,
            Domain::Decision,
            &["ruling", "language"],
            text("ES"),
            "field-value:language",
        ),
        ("a release numbered 0", &released, Domain::Release, &["number"], int(0), "field-value:number"),
        ("a release without pages", &released, Domain::Release, &["pages"], None, "field-missing:pages"),
        ("a page too few", &released, Domain::Release, &["count"], int(PAGE_ROWS as i64 + 1), "field-value:pages"),
        ("a page too many", &released, Domain::Release, &["count"], int(0), "field-value:pages"),
        (
            "more records than any release",
            &released,
            Domain::Release,
            &["count"],
            int((PAGE_ROWS * RELEASE_PAGES) as i64 + 1),
            "field-value:count",
        ),
        ("a page that is no link", &released, Domain::Release, &["pages", "0"], int(1), "field-type:pages"),
        ("a root of 31 bytes", &released, Domain::Release, &["root"], Some(Node::bytes([0; 31])), "field-value:root"),
    ];
    vectors.extend(
        cases
            .into_iter()
            .map(|(name, of, domain, path, value, why)| invalid(name, &again(of, domain, path, value), why)),
    );
    let charter = world.charter.to_bytes();
    let first = with(&ruled, &["payload"], Some(part(&charter, &[])));
    let first = with(&first, &["signature"], Some(Node::bytes(key.sign(Domain::Charter, &charter))));
    vectors.push(invalid("a first charter as a matter", &first, "field-missing:succeeds"));
    let other = Some(Node::bytes(world.validator(1).public().0));
    let outside: Vec<Break> = vec![
        ("a motion in another's name", &ruled, &["signer"], other, "signature"),
        ("a motion changed after signing", &ruled, &["payload", "reason"], text("rights"), "signature"),
        ("a motion without signer", &ruled, &["signer"], None, "field-missing:signer"),
        ("a motion with more", &ruled, &["ext"], int(1), "field-unknown"),
    ];
    vectors.extend(broken(outside));
    let crossed = resigned(&ruled, Domain::Release, &key, &["reason"], text("rights"));
    vectors.push(invalid("signed for another purpose", &crossed, "signature"));
    vectors
}

fn resolutions(world: &World) -> Vec<Value> {
    let keys: Vec<_> = (0..5).map(|i| world.validator(i)).collect();
    let under = |bytes: &[u8], matter: &Matter, name: &str| {
        let resolution = Resolution::verify(bytes).expect("the generator's own resolution");
        let mut facts = matter_facts("resolution", matter);
        facts["signers"] = resolution.signers().map(ToString::to_string).collect();
        reading("resolution", valid_with(name, bytes, facts))
    };
    let mut vectors = Vec::new();
    for ruling in rulings(world) {
        let matter = decision(world, ruling.clone());
        let name = format!("a resolution: {}", ruling.name());
        vectors.push(under(&resolved(world, &matter, &world.charter, &[]), &matter, &name));
    }
    let (empty, _) = release_of(world, world.charter.id(), None, &[]);
    let (second, _) = release_of(world, world.charter.id(), Some((1, empty.id())), &[some_record(world)]);
    for (name, matter) in [("a resolution: an empty release", &empty), ("a resolution: a second release", &second)] {
        vectors.push(under(&resolved(world, matter, &world.charter, &[]), matter, name));
    }
    let matter = decision(world, Ruling::Takedown(some_record(world)));
    let four = signed_by(&matter, &keys[..4]);
    vectors.push(under(&four, &matter, "a resolution with a voice more than it takes"));
    let good = resolved(world, &matter, &world.charter, &[]);
    let (first, second) = (part(&good, &["signatures", "0"]), part(&good, &["signatures", "1"]));
    let swapped = with(&with(&good, &["signatures", "0"], Some(second)), &["signatures", "1"], Some(first.clone()));
    let text = |text: &str| Some(Node::text(text));
    let short = Node::List(vec![Node::bytes([1; 31]), Node::bytes([0; 64])]);
    let cases: Vec<Break> = vec![
        ("a voice counted twice", &good, &["signatures", "1"], Some(first), "field-value:signatures"),
        ("voices out of order", &swapped, &["type"], text("resolution"), "field-value:signatures"),
        ("a voice without key", &good, &["signatures", "0"], Some(short), "field-value:signatures"),
        ("a resolution changed after signing", &good, &["payload", "reason"], text("rights"), "signature"),
        ("a resolution with more", &good, &["ext"], Some(Node::Int(1)), "field-unknown"),
    ];
    vectors.extend(broken(cases));
    let many: Vec<_> = (0..=3 * VALIDATORS).map(|i| Seed::new([i as u8 + 1; 32]).validator()).collect();
    vectors.push(invalid("more voices than any charter has", &signed_by(&matter, &many), "field-value:signatures"));
    let Matter::Decision(decided) = &matter else { unreachable!("a decision was made") };
    let elsewhere = Matter::Decision(Decision { charter: Cid::of_cbor(b"another charter"), ..decided.clone() });
    let foreign = Matter::Decision(Decision { community: Cid::of_cbor(b"another community"), ..decided.clone() });
    let unconvincing = [
        ("two voices of three", signed_by(&matter, &keys[..2]), "resolution-quorum"),
        ("no voice", signed_by(&matter, &[]), "resolution-quorum"),
        ("a quorum and a stranger", signed_by(&matter, &keys), "resolution-stranger"),
        (
            "a recovery key on a decision",
            signed_by(&matter, &[&keys[..3], &[recovery()]].concat()),
            "resolution-stranger",
        ),
        ("put to the validators of another charter", signed_by(&elsewhere, &keys[..3]), "resolution-other-charter"),
        ("of another community", signed_by(&foreign, &keys[..3]), "resolution-other-community"),
    ];
    let bad = |(name, bytes, why): (&str, Vec<u8>, &str)| reading("resolution", invalid(name, &bytes, why));
    vectors.extend(unconvincing.map(bad));
    vectors
}

/// The one recovery key of the world's charter.
pub fn recovery() -> SecretKey {
    Seed::new([0x77; 32]).validator()
}

/// The world's successor in which the fifth validator takes the place of the fourth.
pub fn renewed(world: &World, round: i64, closing: &[Cid]) -> Charter {
    let mut next = successor(&world.charter, round, closing);
    let (signing, encryption) = (world.validator(4).public(), world.validators[4].encryption_public());
    next.validators[3] = Validator { name: "validator 5".into(), signing, encryption };
    next
}

fn successions(world: &World) -> Vec<Value> {
    let keys: Vec<_> = (0..5).map(|i| world.validator(i)).collect();
    let (plain, renewed) = (successor(&world.charter, 1, &[]), renewed(world, 2, &[Cid::of_cbor(b"release")]));
    let of = |charter: &Charter| Matter::Successor(Box::new(charter.clone()));
    let newcomer = &keys[4];
    let good = [
        ("a resolution: a successor", &plain, resolved(world, &of(&plain), &world.charter, &[])),
        (
            "a resolution: a successor with a newcomer",
            &renewed,
            resolved(world, &of(&renewed), &world.charter, &keys[4..]),
        ),
        ("a successor by recovery", &plain, signed_by(&of(&plain), &[recovery()])),
        (
            "a successor with a newcomer by recovery",
            &renewed,
            signed_by(&of(&renewed), &[recovery(), newcomer.clone()]),
        ),
    ];
    let mut vectors: Vec<_> = good
        .iter()
        .map(|(name, charter, bytes)| {
            let resolution = Resolution::verify(bytes).expect("the generator's own resolution");
            let mut facts = matter_facts("resolution", &of(charter));
            facts["signers"] = resolution.signers().map(ToString::to_string).collect();
            reading("resolution", valid_with(name, bytes, facts))
        })
        .collect();
    let mut foreign = plain.clone();
    foreign.succeeds.as_mut().expect("a successor").community = Cid::of_cbor(b"another community");
    let mut elsewhere = plain.clone();
    elsewhere.succeeds.as_mut().expect("a successor").predecessor = Cid::of_cbor(b"a release, perhaps");
    let bad = [
        ("the newcomer has not agreed", signed_by(&of(&renewed), &keys[..3]), "resolution-unwilling"),
        ("the newcomer is no voice", signed_by(&of(&renewed), &[&keys[..2], &keys[4..]].concat()), "resolution-quorum"),
        ("a successor of another community", signed_by(&of(&foreign), &keys[..3]), "resolution-other-community"),
        ("a successor of something else", signed_by(&of(&elsewhere), &keys[..3]), "resolution-other-charter"),
    ];
    vectors.extend(bad.map(|(name, bytes, why)| reading("resolution", invalid(name, &bytes, why))));
    let mut three = world.charter.clone();
    three.recovery = (0x77..0x7a).map(|i| Seed::new([i; 32]).validator().public()).collect();
    let mixed = signed_by(&of(&successor(&three, 1, &[])), &[&keys[..2], &[recovery()]].concat());
    let mut mixed =
        reading("resolution", invalid("two validators and one recovery key of three", &mixed, "resolution-quorum"));
    mixed["charter"] = json!(hex(&three.to_bytes()));
    vectors.push(mixed);
    vectors
}

fn pages(world: &World) -> Vec<Value> {
    let mut records: Vec<_> = (0..3u8).map(|n| RecordId(Cid::of_cbor(&[n]))).collect();
    records.sort();
    let (_, pages) = release_of(world, world.charter.id(), None, &records);
    let page = &pages[0];
    let leaves: Vec<_> = records.iter().map(|record| row(*record).leaf()).collect();
    let facts = json!({ "rows": records.len(), "root": hex(&merkle::root(&leaves)) });
    let mut vectors = vec![reading("page", valid_with("a page of three rows", page, facts))];
    let of = |record: Node, licence: &str, preference: &str| {
        Some(Node::List(vec![record, Node::text(licence), Node::text(preference)]))
    };
    let record = || Node::Link(records[0].0);
    let cases: Vec<Break> = vec![
        ("a row of two", page, &["rows", "0"], Some(Node::List(vec![record()])), "field-value:rows"),
        ("a row of terms", page, &["rows", "0"], of(world.charter.terms.into(), "MIT", "search=y"), "field-value:rows"),
        ("a licence that is not known", page, &["rows", "0"], of(record(), "GPL", "search=y"), "field-value:rows"),
        ("a preference that is not canonical", page, &["rows", "0"], of(record(), "MIT", "all=n"), "field-value:rows"),
        ("another type of block", page, &["type"], Some(Node::text("batch")), "field-value:type"),
        ("a page with more", page, &["ext"], Some(Node::Int(1)), "field-unknown"),
    ];
    vectors.extend(broken(cases).map(|vector| reading("page", vector)));
    vectors
}
