//! What is made of an operation that comes by gossip: by whom it is, under which charter, about what, and when.

use super::equivocations as proofs;
use super::held::Held;
use super::operations::{decision, later, release_of, renewed, resolved, signed_by, successor};
use super::states::{certificate, record, under};
use super::tools::{file, hex, with};
use super::world::{NOW_S, TERMS, World};
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::bytes::{Cid, Node};
use commonwheel_protocol::core::{Core, Effect, Input, Judgement, Millis, Role, Token};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::limits::OPERATION_BYTES;
use commonwheel_protocol::operation::member::FlagReason;
use commonwheel_protocol::operation::{Decision, Flag, Matter, Membership, Motion, Ruling, Support, Withdrawal};
use commonwheel_protocol::record::header::{HOUR_S, HourTime};
use commonwheel_protocol::record::{RecordId, SignedHeader};
use commonwheel_protocol::sign::{Domain, PublicKey, SecretKey};
use commonwheel_protocol::wire::exchange::Peer;
use commonwheel_protocol::wire::gossip::Message;
use serde_json::{Value, json};
use std::sync::Arc;

/// Two hours after the records were made.
const JUDGED_S: i64 = NOW_S + 2 * HOUR_S;

/// What a node that holds some blocks makes of the last of these operations, each in a message of its own.
pub fn judgement(blocks: &[Vec<u8>], terms: &str, now_s: i64, operations: &[Vec<u8>]) -> &'static str {
    let mut held = Held::of(blocks);
    held.text(terms);
    let reader = Seed::new([0x55; 32]).reader(&Cid::of_cbor(b"any"));
    let role = Role { peer: Peer(vec![1]), validator: None, reader };
    let now = Millis(now_s as u64 * 1000);
    let mut core = Core::open(Arc::new(|_: &Charter| None), role, now, &held).expect("the blocks are a community's");
    let mut judged = None;
    for operation in operations {
        let bytes = Message { operations: vec![operation.clone()], ..Message::default() }.to_bytes();
        let input = Input::Gossip { from: Peer(vec![2]), token: Token(1), bytes };
        let step = core.step(now, input, &held).expect("what is held can be read");
        held.commit(&step.batch);
        judged = step.effects.into_iter().find_map(|effect| match effect {
            Effect::Judge(_, judgement) => Some(judgement),
            _ => None,
        });
    }
    match judged.expect("each message is judged") {
        Judgement::Accept => "accept",
        Judgement::Ignore => "ignore",
        Judgement::Reject => "reject",
    }
}

/// How a message is judged that holds one operation with this outcome.
fn class(outcome: &str) -> &'static str {
    match outcome {
        "taken" => "accept",
        "known" => "ignore",
        _ if outcome.starts_with("ignored:") => "ignore",
        _ => "reject",
    }
}

/// A name, operations that came before, the operation, and its outcome.
type Case<'a> = (&'a str, Vec<Vec<u8>>, Vec<u8>, &'a str);

/// `judged.json`
pub fn judged(world: &World) -> Value {
    let scene = Scene::of(world);
    let mut cases = scene.by_authors();
    cases.extend(scene.by_members());
    cases.extend(scene.by_validators());
    cases.extend(scene.resolutions());
    cases.extend(scene.equivocations());
    let vectors = cases.into_iter().map(|(name, after, operation, outcome)| {
        let all = [after.clone(), vec![operation.clone()]].concat();
        let gossip = judgement(&scene.blocks, TERMS, JUDGED_S, &all);
        assert_eq!(gossip, class(outcome), "{name}");
        let mut vector = json!({ "name": name, "hex": hex(&operation), "valid": true,
            "facts": { "outcome": outcome, "gossip": gossip } });
        if !after.is_empty() {
            vector["after"] = after.iter().map(|bytes| hex(bytes)).collect();
        }
        vector
    });
    let mut vectors: Vec<_> = vectors.collect();
    vectors.push(json!({ "name": "larger than any operation", "zeros": OPERATION_BYTES + 1, "valid": true,
        "facts": { "outcome": "operation-oversized", "gossip": "reject" } }));
    let blocks: Vec<_> = scene.blocks.iter().map(|block| hex(block)).collect();
    file("judged", json!({ "blocks": blocks, "terms": TERMS, "now_s": JUDGED_S }), vectors)
}

/// A community in which the fifth validator has taken the place of the fourth, with one record that stays and one that waits.
struct Scene<'w> {
    world: &'w World,
    head: Charter,
    blocks: Vec<Vec<u8>>,
    one: SignedHeader,
    waits: SignedHeader,
    unknown: SignedHeader,
    foreign: SignedHeader,
}

impl Scene<'_> {
    fn of(world: &World) -> Scene<'_> {
        let author = world.named();
        let one = record(world, &author, 1, None);
        let (waits, unknown) = (record(world, &author, 2, Some(&one)), record(world, &author, 3, None));
        let mut foreign = unknown.header().clone();
        foreign.community = Cid::of_cbor(b"another community");
        let foreign = SignedHeader::verify(&foreign.sign(&author)).expect("the generator's own header");
        let (release, pages) = release_of(world, world.charter.id(), None, &[one.id()]);
        let head = renewed(world, 1, &[release.id()]);
        let succession = Matter::Successor(Box::new(head.clone()));
        let mut blocks = vec![
            world.founding.bytes().to_vec(),
            one.bytes().to_vec(),
            certificate(world, &world.charter, &one, [0, 1, 2]),
            waits.bytes().to_vec(),
            resolved(world, &release, &world.charter, &[]),
            resolved(world, &succession, &world.charter, &[world.validator(4)]),
        ];
        blocks.extend(pages);
        Scene { world, head, blocks, one, waits, unknown, foreign }
    }

    fn by_authors(&self) -> Vec<Case<'static>> {
        let author = self.world.named();
        let withdrawal = |header: &SignedHeader, time| Withdrawal::sign(header, time, &author);
        let (one, waits) = (withdrawal(&self.one, later()), withdrawal(&self.waits, later()));
        let mut two = [one.clone(), withdrawal(&self.one, HourTime::hour(JUDGED_S))];
        two.sort_by_key(|bytes| Cid::of_cbor(bytes));
        let [low, high] = two;
        let changed = with(&one, &["payload", "time"], Some(Node::Int(0)));
        let mixed = with(&one, &["header"], Some(Node::bytes(self.waits.bytes())));
        let old = withdrawal(&self.one, HourTime::hour(0));
        vec![
            ("a withdrawal of what is certified", vec![], one.clone(), "taken"),
            ("a withdrawal of what waits", vec![], waits, "taken"),
            ("a withdrawal may be of any hour", vec![], old, "taken"),
            ("a withdrawal of what is not here", vec![], withdrawal(&self.unknown, later()), "ignored:record"),
            ("a second withdrawal with a higher id", vec![low.clone()], high.clone(), "known"),
            ("a second withdrawal with a lower id", vec![high], low, "taken"),
            ("the same withdrawal", vec![one.clone()], one, "known"),
            ("a withdrawal that was changed", vec![], changed, "signature"),
            ("a withdrawal with the header of another", vec![], mixed, "field-value:header"),
            ("a withdrawal in another community", vec![], withdrawal(&self.foreign, later()), "refused:community"),
        ]
    }

    fn by_members(&self) -> Vec<Case<'static>> {
        let (community, key) = (self.world.community, self.world.author.pseudonym(&self.world.community));
        let member = key.public();
        let flag = |record: RecordId, reason, hours| {
            let time = HourTime::hour(JUDGED_S + hours * HOUR_S);
            Flag { community, member, record, reason, time }.sign(&key)
        };
        let support = |petition: RecordId| Support { community, member, petition, time: later() }.sign(&key);
        let admits = |sponsor: &SecretKey, member: PublicKey, time| {
            Membership { community, sponsor: sponsor.public(), member, time }.sign(sponsor)
        };
        let (one, unknown) = (self.one.id(), self.unknown.id());
        let flagged = flag(one, FlagReason::Rights, 0);
        let [validator, former] = [0, 3].map(|i| self.world.validator(i));
        let admitted = admits(&validator, member, later());
        let sponsored = Seed::new([0x22; 32]).named(&community).public();
        let elsewhere = Cid::of_cbor(b"another community");
        let foreign = Flag { community: elsewhere, member, record: one, reason: FlagReason::Rights, time: later() };
        vec![
            ("a flag", vec![], flagged.clone(), "taken"),
            ("a flag as old as allowed", vec![], flag(one, FlagReason::Rights, -744), "taken"),
            ("a flag an hour older", vec![], flag(one, FlagReason::Rights, -745), "ignored:time"),
            ("a flag as early as allowed", vec![], flag(one, FlagReason::Rights, 2), "taken"),
            ("a flag an hour earlier", vec![], flag(one, FlagReason::Rights, 3), "ignored:time"),
            ("a flag of what is not here", vec![], flag(unknown, FlagReason::Rights, 0), "ignored:record"),
            ("another flag by the same key", vec![flagged], flag(one, FlagReason::Safety, 1), "known"),
            ("a flag in another community", vec![], foreign.sign(&key), "refused:community"),
            ("support", vec![], support(one), "taken"),
            ("support of what is not here", vec![], support(unknown), "ignored:record"),
            ("a membership", vec![], admitted.clone(), "taken"),
            ("a membership again", vec![admitted], admits(&validator, member, HourTime::hour(JUDGED_S)), "known"),
            ("a membership by a former validator", vec![], admits(&former, member, later()), "ignored:sponsor"),
            (
                "a membership by a member, where members do not sponsor",
                vec![],
                admits(&key, sponsored, later()),
                "ignored:sponsor",
            ),
            ("a kind of a later version", vec![], later_kind(&key), "ignored:kind"),
        ]
    }

    fn freeze(&self, charter: &Charter) -> Matter {
        under(decision(self.world, Ruling::Freeze), charter)
    }

    fn by_validators(&self) -> Vec<Case<'static>> {
        let [first, former, newcomer] = [0, 3, 4].map(|i| self.world.validator(i));
        let motion = |matter: &Matter, key: &SecretKey| Motion::sign(matter.clone(), key).to_bytes();
        let freeze = self.freeze(&self.head);
        let Matter::Decision(decided) = &freeze else { unreachable!("a decision was made") };
        let nowhere = Matter::Decision(Decision { charter: Cid::of_cbor(b"no charter"), ..decided.clone() });
        let foreign = Matter::Decision(Decision { community: Cid::of_cbor(b"no community"), ..decided.clone() });
        let next = successor(&self.head, 1, &[]);
        let rival = successor(&self.world.charter, 2, &[]);
        let mut astray = next.clone();
        astray.succeeds.as_mut().expect("a successor").predecessor =
            release_of(self.world, self.world.charter.id(), None, &[self.one.id()]).0.id();
        let of = |charter: &Charter| Matter::Successor(Box::new(charter.clone()));
        let mut joined = next.clone();
        joined.validators[3].signing = Seed::new([0x33; 32]).validator().public();
        let lift = under(decision(self.world, Ruling::Lift(Cid::of_cbor(b"nothing"))), &self.head);
        let (again, resolved) = (motion(&freeze, &first), self.resolved(&freeze));
        let changed = with(&again, &["payload", "reason"], Some(Node::text("flood")));
        vec![
            ("a motion", vec![], again.clone(), "taken"),
            ("a motion by the newcomer", vec![], motion(&freeze, &newcomer), "taken"),
            ("a motion by nobody in the charter", vec![], motion(&freeze, &self.world.named()), "refused:voice"),
            ("a motion by a former validator", vec![], motion(&freeze, &former), "refused:voice"),
            ("a decision by a recovery key", vec![], motion(&freeze, &super::operations::recovery()), "refused:voice"),
            ("a motion that was changed", vec![], changed, "signature"),
            (
                "a motion under the predecessor",
                vec![],
                motion(&self.freeze(&self.world.charter), &former),
                "ignored:charter",
            ),
            ("a motion under a charter that is not known", vec![], motion(&nowhere, &first), "ignored:charter"),
            ("a motion in another community", vec![], motion(&foreign, &first), "refused:community"),
            ("a motion on a matter that is resolved", vec![resolved], again, "known"),
            ("a successor, by a validator", vec![], motion(&of(&next), &first), "taken"),
            ("a successor, by a recovery key", vec![], motion(&of(&next), &super::operations::recovery()), "taken"),
            ("a successor, by a newcomer", vec![], motion(&of(&joined), &Seed::new([0x33; 32]).validator()), "taken"),
            (
                "a successor, by nobody in either charter",
                vec![],
                motion(&of(&next), &self.world.named()),
                "refused:voice",
            ),
            ("another successor of the predecessor", vec![], motion(&of(&rival), &former), "taken"),
            ("a successor of a release", vec![], motion(&of(&astray), &first), "ignored:charter"),
            ("a lift of what nobody has", vec![], motion(&lift, &first), "taken"),
        ]
    }

    fn equivocations(&self) -> Vec<Case<'static>> {
        let (world, head) = (self.world, self.head.id());
        let [first, former] = [0, 3].map(|i| world.validator(i));
        let (numbered, unsaid) = (proofs::numbered(world, head, &first), proofs::unsaid(world, head, &first));
        let changed = with(&numbered, &["statements", "0", "signed", "payload", "count"], Some(Node::Int(3)));
        vec![
            ("a proof of equivocation", vec![], numbered.clone(), "taken"),
            ("another of the same validator", vec![numbered.clone()], unsaid, "known"),
            ("one of a former validator", vec![], proofs::two_successors(world, &former), "taken"),
            ("one that was changed", vec![], changed, "signature"),
            ("one of nobody in the charter", vec![], proofs::numbered(world, head, &former), "refused:voice"),
            (
                "one under a charter that is not known",
                vec![],
                proofs::numbered(world, Cid::of_cbor(b"no charter"), &first),
                "ignored:charter",
            ),
        ]
    }

    /// A resolution under the head.
    fn resolved(&self, matter: &Matter) -> Vec<u8> {
        signed_by(matter, &[0, 1, 4].map(|i| self.world.validator(i)))
    }

    fn resolutions(&self) -> Vec<Case<'static>> {
        let keys: Vec<_> = (0..5).map(|i| self.world.validator(i)).collect();
        let freeze = self.freeze(&self.head);
        let Matter::Decision(decided) = &freeze else { unreachable!("a decision was made") };
        let nowhere = Matter::Decision(Decision { charter: Cid::of_cbor(b"no charter"), ..decided.clone() });
        let takedown = under(decision(self.world, Ruling::Takedown(self.one.id())), &self.head);
        let mut joined = successor(&self.head, 1, &[]);
        joined.validators[3].signing = Seed::new([0x33; 32]).validator().public();
        let joined = Matter::Successor(Box::new(joined));
        let late = self.freeze(&self.world.charter);
        let good = self.resolved(&freeze);
        let by_others = signed_by(&freeze, &keys[..3]);
        let (lower, higher) = match Cid::of_cbor(&good) < Cid::of_cbor(&by_others) {
            true => (good.clone(), by_others),
            false => (by_others, good.clone()),
        };
        let reworded = with(&good, &["payload", "reason"], Some(Node::text("flood")));
        vec![
            ("a resolution", vec![], good.clone(), "taken"),
            ("a resolution that erases", vec![], self.resolved(&takedown), "taken"),
            ("the same by others, with a higher id", vec![lower.clone()], higher.clone(), "known"),
            ("the same by others, with a lower id", vec![higher], lower, "taken"),
            ("a resolution that was changed", vec![], reworded, "signature"),
            ("two voices of three", vec![], signed_by(&freeze, &keys[..2]), "resolution-quorum"),
            ("a quorum and a former validator", vec![], signed_by(&freeze, &keys), "resolution-stranger"),
            ("a newcomer has not agreed", vec![], self.resolved(&joined), "resolution-unwilling"),
            ("a resolution of the predecessor's", vec![], signed_by(&late, &keys[1..4]), "taken"),
            ("a resolution under a charter that is not known", vec![], self.resolved(&nowhere), "ignored:charter"),
        ]
    }
}

fn later_kind(key: &SecretKey) -> Vec<u8> {
    key.seal(Domain::Flag, Node::map([("type", Some(Node::text("dance")))]))
}
