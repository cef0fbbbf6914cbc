//! Sets of blocks, and the state that follows from each, in whatever order they come.

use super::held::Held;
use super::operations::{decision, later, release_of, renewed, resolved, signed_by, successor};
use super::tools::{file, hex};
use super::world::World;
use commonwheel_protocol::agreement::certificate::Acceptance;
use commonwheel_protocol::agreement::{Batch, Certificate, Charter, Entry, Verdict};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::facts;
use commonwheel_protocol::operation::{Decision, Matter, Ruling, Withdrawal};
use commonwheel_protocol::record::{RecordId, SignedHeader};
use commonwheel_protocol::sign::SecretKey;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What follows from blocks and a pin: head, fork, root, standings, and the matters that count.
pub fn state_of(blocks: &[Vec<u8>], pin: Option<Cid>) -> Value {
    let held = Held::of(blocks);
    let mut lineage = held.lineage();
    if let Some(pin) = pin {
        assert!(lineage.pin(&pin), "the pinned charter is certified");
    }
    let head = lineage.head();
    let fork: Vec<_> = head.fork.iter().map(ToString::to_string).collect();
    let mut found = json!({ "head": head.charter.id().to_string(), "fork": fork });
    let root = facts::state_root(&lineage, &held).expect("what is held can be read");
    found["state_root"] = json!(root.map(|root| root.to_string()));
    if let Some(facts) = facts::facts(&lineage, &held).expect("what is held can be read") {
        let standings = facts.standings().into_iter().map(|(id, standing)| (id.to_string(), standing as u8));
        found["standings"] = json!(standings.collect::<BTreeMap<_, _>>());
        found["decisions"] = facts.decisions.iter().map(ToString::to_string).collect();
        found["releases"] = facts.releases.iter().map(ToString::to_string).collect();
    }
    found
}

/// The blocks of all sets, by name.
struct Blocks(BTreeMap<&'static str, Vec<u8>>);

impl Blocks {
    fn add(&mut self, name: &'static str, bytes: Vec<u8>) {
        assert!(self.0.insert(name, bytes).is_none(), "{name} stands twice");
    }
}

/// A record of an author, told from others by its salt.
pub fn record(world: &World, key: &SecretKey, salt: u8, revises: Option<&SignedHeader>) -> SignedHeader {
    let body = world.body(salt, world.chat()).to_bytes().expect("a small body");
    let mut header = world.header(&body);
    header.author = key.public();
    header.revises = revises.map(SignedHeader::id);
    SignedHeader::verify(&header.sign(key)).expect("the generator's own header")
}

/// A certificate of three validators, by their places, under a charter.
pub fn certificate(world: &World, charter: &Charter, header: &SignedHeader, who: [usize; 3]) -> Vec<u8> {
    let entries = [Entry { record: header.id(), verdict: Verdict::Accept }];
    let accept = |i: usize| {
        let bytes = Batch::sign(world.community, charter.id(), 1, &entries, &world.validator(i));
        Acceptance::of(&Batch::verify(&bytes).expect("the generator's own batch"), 0)
    };
    let acceptances = who.into_iter().filter_map(accept).collect();
    let formed = Certificate::form(header.id(), header.header().time, charter, acceptances);
    formed.expect("a quorum has accepted").bytes().to_vec()
}

/// A decision, put to the validators of another charter.
pub fn under(matter: Matter, charter: &Charter) -> Matter {
    match matter {
        Matter::Decision(decision) => Matter::Decision(Decision { charter: charter.id(), ..decision }),
        other => other,
    }
}

/// `states.json`
pub fn states(world: &World) -> Value {
    let (author, other) = (world.named(), world.author.pseudonym(&world.community));
    let first = &world.charter;
    let one = record(world, &author, 1, None);
    let alone = record(world, &author, 2, None);
    let (second, rival) = (record(world, &author, 3, Some(&one)), record(world, &author, 4, Some(&one)));
    let third = record(world, &author, 5, Some(&second));
    let theirs = record(world, &other, 6, Some(&one));
    let takedown = decision(world, Ruling::Takedown(second.id()));
    let freeze = decision(world, Ruling::Freeze);
    let (release, pages) = release_of(world, first.id(), None, &in_order([&one, &alone]));
    let (empty, _) = release_of(world, first.id(), Some((1, release.id())), &[]);
    let (closed, rounds) = (renewed(world, 1, &[release.id()]), renewed(world, 2, &[release.id(), freeze.id()]));
    let reached = renewed(world, 3, &[empty.id()]);
    let fork = successor(first, 1, &[]);
    let mut astray = renewed(world, 4, &[]);
    astray.succeeds.as_mut().expect("a successor").predecessor = release.id();
    let grandchild = successor(&closed, 1, &[]);
    let as_matter = |charter: &Charter| Matter::Successor(Box::new(charter.clone()));
    let newcomer = [world.validator(4)];
    let mut blocks = Blocks(BTreeMap::new());
    blocks.add("founding", world.founding.bytes().to_vec());
    for (name, certified, header) in [
        ("one", "one is certified", &one),
        ("alone", "alone is certified", &alone),
        ("second", "second is certified", &second),
        ("rival", "rival is certified", &rival),
        ("third", "third is certified", &third),
        ("theirs", "theirs is certified", &theirs),
    ] {
        blocks.add(name, header.bytes().to_vec());
        blocks.add(certified, certificate(world, first, header, [0, 1, 2]));
    }
    blocks.add("one is certified by others", certificate(world, first, &one, [1, 2, 3]));
    blocks.add("second is certified anew", certificate(world, &closed, &second, [0, 1, 4]));
    blocks.add("one is withdrawn", Withdrawal::sign(&one, later(), &author));
    blocks.add("third is withdrawn", Withdrawal::sign(&third, later(), &author));
    let lift = |of: &Matter| decision(world, Ruling::Lift(of.id()));
    for (name, matter) in [
        ("second is taken down", &takedown),
        ("the takedown is lifted", &lift(&takedown)),
        ("a freeze", &freeze),
        ("the freeze is lifted", &lift(&freeze)),
        ("what nobody has is lifted", &decision(world, Ruling::Lift(Cid::of_cbor(b"nothing")))),
        ("the release", &release),
        ("an empty release", &empty),
    ] {
        blocks.add(name, resolved(world, matter, first, &[]));
    }
    let three = [1, 2, 3].map(|i| world.validator(i));
    blocks.add("the freeze by others", signed_by(&freeze, &three));
    blocks.add("the takedown by two", signed_by(&takedown, &three[..2]));
    blocks.add("alone is taken down under the successor", {
        let matter = under(decision(world, Ruling::Takedown(alone.id())), &closed);
        signed_by(&matter, &[0, 1, 4].map(|i| world.validator(i)))
    });
    blocks.add("the release's page", pages[0].clone());
    for (name, charter, added) in [
        ("the successor", &closed, &newcomer[..]),
        ("the successor of round 2", &rounds, &newcomer[..]),
        ("the successor of round 3", &reached, &newcomer[..]),
        ("another in round 1", &fork, &[]),
    ] {
        blocks.add(name, resolved(world, &as_matter(charter), first, added));
    }
    blocks.add("a successor of a release", signed_by(&as_matter(&astray), &[0, 1, 2, 4].map(|i| world.validator(i))));
    let next = [0, 1, 4].map(|i| world.validator(i));
    blocks.add("the successor's successor", signed_by(&as_matter(&grandchild), &next));
    let all: Vec<_> = blocks.0.keys().copied().collect();
    let drawn = (1..=DRAWN).map(|n| (format!("drawn by lot, {n}"), drawn(&all, n), None));
    let sets = sets(&closed).into_iter().map(|(name, names, pin)| (name.to_owned(), names, pin));
    let vectors = sets.chain(drawn).map(|(name, names, pin)| {
        let held: Vec<_> = names.iter().map(|name| blocks.0[name].clone()).collect();
        let mut vector = json!({ "name": name, "held": names, "valid": true, "facts": state_of(&held, pin) });
        if let Some(pin) = pin {
            vector["pin"] = json!(pin.to_string());
        }
        vector
    });
    let vectors = vectors.collect();
    let named: BTreeMap<_, _> = blocks.0.iter().map(|(name, bytes)| (name, hex(bytes))).collect();
    file("state", json!({ "blocks": named }), vectors)
}

fn in_order<const N: usize>(headers: [&SignedHeader; N]) -> Vec<RecordId> {
    let mut ids = headers.map(SignedHeader::id);
    ids.sort();
    ids.to_vec()
}

/// Sets that nobody chose.
const DRAWN: u64 = 40;

/// The founding, and of the others about two in three.
fn drawn(all: &[&'static str], seed: u64) -> Vec<&'static str> {
    let mut dice = seed;
    let mut keep = |name: &&str| {
        // The multiplier and increment of Knuth's MMIX.
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *name == "founding" || !(dice >> 33).is_multiple_of(3)
    };
    all.iter().copied().filter(|name| keep(name)).collect()
}

type Set = (&'static str, Vec<&'static str>, Option<Cid>);

fn sets(closed: &Charter) -> Vec<Set> {
    const PLAIN: &[&str] = &["founding", "one", "one is certified", "alone", "alone is certified"];
    const REVISED: &[&str] = &["second", "second is certified", "third", "third is certified"];
    const RELEASED: &[&str] = &["the release", "the release's page", "the successor"];
    let of = |parts: &[&[&'static str]]| parts.concat();
    let set = |name, parts: &[&[&'static str]]| (name, of(parts), None);
    vec![
        set("nothing but the founding", &[&["founding"]]),
        set("two records", &[PLAIN]),
        set("a record without certificate is none", &[PLAIN, &["second"]]),
        set("a certificate without its record is none", &[PLAIN, &["second is certified"]]),
        set("two certificates prove no more than one", &[PLAIN, &["one is certified by others"]]),
        set("revisions", &[PLAIN, REVISED]),
        set("a revision whose predecessor is not there", &[PLAIN, &["third", "third is certified"]]),
        set("two revisions of one number", &[PLAIN, &["second", "second is certified", "rival", "rival is certified"]]),
        set("somebody else's revision", &[PLAIN, &["theirs", "theirs is certified"]]),
        set("a withdrawal covers every revision", &[PLAIN, REVISED, &["one is withdrawn"]]),
        set("a withdrawal of the newest covers the oldest", &[PLAIN, REVISED, &["third is withdrawn"]]),
        set("a withdrawal of what does not count", &[PLAIN, &["third", "third is withdrawn"]]),
        set("a takedown covers every revision", &[PLAIN, REVISED, &["second is taken down"]]),
        set("a takedown by two of three is none", &[PLAIN, REVISED, &["the takedown by two"]]),
        set("a withdrawal is above a takedown", &[PLAIN, REVISED, &["second is taken down", "third is withdrawn"]]),
        set("an erasure is not lifted", &[PLAIN, REVISED, &["second is taken down", "the takedown is lifted"]]),
        set("a decision", &[PLAIN, &["a freeze"]]),
        set("the same decision by others", &[PLAIN, &["the freeze by others"]]),
        set("a decision by both", &[PLAIN, &["a freeze", "the freeze by others"]]),
        set("a decision is lifted", &[PLAIN, &["a freeze", "the freeze is lifted"]]),
        set("what nobody has is lifted", &[PLAIN, &["what nobody has is lifted"]]),
        set("a release", &[PLAIN, &["the release"]]),
        set("a succession with its closing release", &[PLAIN, RELEASED]),
        set("without the page there is no state", &[PLAIN, &["the release", "the successor"]]),
        set("a closing release that is not here names nothing", &[PLAIN, &["the successor"]]),
        set("what was certified after the closing release does not count", &[PLAIN, REVISED, RELEASED]),
        set("unless it is certified anew", &[PLAIN, REVISED, RELEASED, &["second is certified anew"]]),
        set("what the predecessor decides late does not count", &[PLAIN, REVISED, RELEASED, &["second is taken down"]]),
        set("what the successor decides does", &[PLAIN, RELEASED, &["alone is taken down under the successor"]]),
        set("a withdrawal counts whatever leads", &[PLAIN, RELEASED, &["one is withdrawn"]]),
        set("a withdrawal of what no longer counts", &[PLAIN, REVISED, RELEASED, &["third is withdrawn"]]),
        set("a decision that stays", &[PLAIN, RELEASED, &["a freeze", "the successor of round 2"]]),
        set(
            "a release is reached from a later one, its rows are not",
            &[PLAIN, RELEASED, &["an empty release", "the successor of round 3"]],
        ),
        set("a fork", &[PLAIN, RELEASED, &["another in round 1"]]),
        set("a higher round decides", &[PLAIN, RELEASED, &["another in round 1", "the successor of round 2"]]),
        set("a succession of two", &[PLAIN, RELEASED, &["the successor's successor"]]),
        set("a successor whose predecessor is not here", &[PLAIN, &["the successor's successor"]]),
        set("a successor of a release is none", &[PLAIN, RELEASED, &["a successor of a release"]]),
        (
            "what branches off below the pin is evidence",
            of(&[PLAIN, RELEASED, &["another in round 1", "the successor of round 2"]]),
            Some(closed.id()),
        ),
    ]
}
