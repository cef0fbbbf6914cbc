//! What a validator makes of records that say the same, or nearly.

#![allow(clippy::unwrap_used)]

use commonwheel_protocol::agreement::charter::BodyAccess;
use commonwheel_protocol::agreement::{Class, Verdict};
use commonwheel_protocol::bytes::{Cid, Codec, Node, encode};
use commonwheel_protocol::core::{Core, Effect, Input, Millis, Notice, Role, Token};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::Store;
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::Vocabulary;
use commonwheel_protocol::record::header::{HourTime, SizeClass};
use commonwheel_protocol::record::{Header, RecordId};
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::wire::exchange::{Answer, Ask, Parcel, Peer};
use commonwheel_storage::MemoryStore;
use sim::community::{Community, START_S};
use sim::introduce::introduce;

const MILL: &str = "The old mill by the river had not turned for thirty years when the children came to mend its wheel with \
    paddles of ash and an axle of iron, and waited for the flood.";
const BREAD: &str = "To bake a sour loaf, feed the starter in the evening, mix flour and water in the morning, fold the dough \
    often, and let it rest in a cool place before it goes into a hot oven.";

/// A validator, its core and its store.
struct Judge {
    community: Community,
    core: Core,
    store: MemoryStore,
}

fn open(community: &Community, store: &mut MemoryStore) -> Core {
    let key = community.validators[0].clone();
    let role = Role { peer: Peer(vec![1]), validator: Some(key), reader: Seed::new([9; 32]).reader(&community.id()) };
    let now = Millis(START_S * 1000);
    let mut core = Core::open(community.rulesets(), role, now, store).unwrap();
    introduce(&mut core, store, &Peer(vec![1]), community, now).unwrap();
    core
}

impl Judge {
    /// The only validator, which certifies what it accepts.
    fn alone() -> Self {
        Judge::of(1, 0, 1)
    }

    /// One of four, where everything goes on waiting.
    fn one_of_four() -> Self {
        Judge::of(4, 1, 3)
    }

    fn of(n: usize, f: usize, q: usize) -> Self {
        let community = Community::found(n, f, q, BodyAccess::OnCertificate).unwrap();
        let mut store = community.joined_store().unwrap();
        let core = open(&community, &mut store);
        Judge { community, core, store }
    }

    /// The core is lost, and comes back from the store.
    fn reopen(&mut self) {
        self.core = open(&self.community, &mut self.store);
    }

    fn step(&mut self, input: Input) -> Vec<Effect> {
        let step = self.core.step(Millis(START_S * 1000), input, &self.store).unwrap();
        self.store.commit(&step.batch).unwrap();
        step.effects
    }

    /// What is said of a record that just came, and the detail.
    fn judge(&mut self, record: &Record) -> (Verdict, String) {
        let mut effects = self.step(Input::Contribute(vec![record.parcel.clone()]));
        effects.extend((0..3).flat_map(|_| self.step(Input::Tick)));
        let detail = effects.into_iter().find_map(|effect| match effect {
            Effect::Notice(Notice::Failed(id, why)) if id == record.id => Some(why),
            _ => None,
        });
        (self.said(record), detail.unwrap_or_default())
    }

    fn said(&self, record: &Record) -> Verdict {
        index::verdicts(&self.store, &record.id).unwrap().last().unwrap().verdict
    }

    fn author(&self, number: u8) -> SecretKey {
        Seed::new([100 + number; 32]).pseudonym(&self.community.id())
    }

    /// A chat of one message, changed before it is signed.
    fn record(&self, author: u8, text: &str, salt: u8, change: impl Fn(&mut Header)) -> Record {
        let message = Node::map([("role", Some(Node::text("user"))), ("content", Some(Node::text(text)))]);
        let content = [
            ("kind", Some(Node::text("chat"))),
            ("label", Some(Node::text("good"))),
            ("messages", Some(Node::List(vec![message]))),
        ];
        self.sign(author, &body(salt, content), change)
    }

    fn sign(&self, author: u8, body: &[u8], change: impl Fn(&mut Header)) -> Record {
        let (key, charter) = (self.author(author), self.community.charter());
        let mut header = Header {
            community: self.community.id(),
            author: key.public(),
            nonce: None,
            licence: Licence::CcBy4,
            preference: charter.preference.clone(),
            terms: charter.terms,
            ruleset: charter.ruleset,
            body: Cid::of_cbor(body),
            size_class: SizeClass::of(body.len()),
            revises: None,
            corrects: None,
            about: None,
            time: HourTime::hour(START_S as i64),
        };
        change(&mut header);
        let header = header.sign(&key);
        let id = RecordId(Cid::of_cbor(&header));
        Record { id, parcel: Parcel { header, body: Some(body.to_vec()), certificate: None } }
    }
}

fn body<const N: usize>(salt: u8, content: [(&str, Option<Node>); N]) -> Vec<u8> {
    let assured = ["of_age", "has_rights", "no_sensitive_data"].map(|name| (name, Some(Node::Bool(true))));
    let own = Node::List(vec![Node::map([("by", Some(Node::text("own")))])]);
    let rest = [
        ("salt", Some(Node::bytes([salt; 32]))),
        ("preference_given", Some(Node::text("train-ai=y, search=y"))),
        ("vocabulary", Some(Node::text(Vocabulary::CURRENT.to_string()))),
        ("rights", Some(own)),
        ("assurances", Some(Node::map(assured))),
    ];
    encode(&Node::map(content.into_iter().chain(rest)))
}

#[derive(Clone)]
struct Record {
    id: RecordId,
    parcel: Parcel,
}

const REVIEW: Verdict = Verdict::Quarantine(Class::Review);
const DUPLICATE: Verdict = Verdict::Reject(Class::Duplicate);

#[test]
fn what_an_author_shares_again_is_refused_and_what_is_nearly_the_same_is_not() {
    let mut judge = Judge::alone();
    let (first, again) = (judge.record(1, MILL, 1, |_| {}), judge.record(1, MILL, 2, |_| {}));
    let near = judge.record(1, &MILL.replace("thirty", "forty"), 3, |_| {});
    assert_eq!(judge.judge(&first).0, Verdict::Accept);
    assert_eq!(judge.judge(&near).0, Verdict::Accept);
    let (verdict, why) = judge.judge(&again);
    assert_eq!(verdict, DUPLICATE);
    assert!(why.contains(&first.id.to_string()), "{why}");
}

#[test]
fn the_author_is_told_at_once_that_it_was_shared_before() {
    let mut judge = Judge::alone();
    let (first, again) = (judge.record(1, MILL, 1, |_| {}), judge.record(1, MILL, 2, |_| {}));
    assert_eq!(judge.judge(&first).0, Verdict::Accept);
    let peer = Peer(vec![2]);
    let _ = judge.step(Input::Connected(peer.clone()));
    let bytes = Ask::Submit(vec![again.parcel]).to_bytes(&judge.community.id());
    let effects = judge.step(Input::Request { from: peer, token: Token(1), bytes });
    let Some(Effect::Reply(_, reply)) = effects.last() else { panic!("{effects:?}") };
    let Ok(Answer::Submitted { receipt: None, refused }) = Answer::read(reply) else { panic!("{reply:?}") };
    assert!(refused[0].1.contains(&first.id.to_string()), "{refused:?}");
}

#[test]
fn what_is_like_another_authors_waits_for_a_person() {
    let mut judge = Judge::alone();
    let first = judge.record(1, MILL, 1, |_| {});
    assert_eq!(judge.judge(&first).0, Verdict::Accept);
    for (salt, text) in [(2, MILL.to_owned()), (3, MILL.replace("thirty", "forty")), (4, MILL.to_uppercase())] {
        let (verdict, why) = judge.judge(&judge.record(2, &text, salt, |_| {}));
        assert_eq!(verdict, REVIEW, "{text}");
        assert!(why.contains(&first.id.to_string()) && why.contains("stricter"), "{why}");
    }
    assert_eq!(judge.judge(&judge.record(2, BREAD, 5, |_| {})).0, Verdict::Accept);
    let greeting = "Hello, how are you?";
    assert_eq!(judge.judge(&judge.record(1, greeting, 6, |_| {})).0, Verdict::Accept);
    let (verdict, why) = judge.judge(&judge.record(2, &greeting.to_uppercase(), 7, |_| {}));
    assert_eq!(verdict, Verdict::Accept, "too short to be anybody's: {why}");
}

#[test]
fn what_waits_here_for_others_counts_against_another_author_too() {
    let mut judge = Judge::one_of_four();
    assert_eq!(judge.judge(&judge.record(1, MILL, 1, |_| {})).0, Verdict::Accept);
    for salt in 2..6 {
        assert_eq!(judge.judge(&judge.record(salt, MILL, salt, |_| {})).0, REVIEW, "whichever id is lower");
    }
}

#[test]
fn a_revision_and_a_correction_may_be_like_what_they_change() {
    let mut judge = Judge::alone();
    let first = judge.record(1, MILL, 1, |_| {});
    assert_eq!(judge.judge(&first).0, Verdict::Accept);
    let revision = judge.record(1, MILL, 2, |header| header.revises = Some(first.id));
    assert_eq!(judge.judge(&revision).0, Verdict::Accept);
    // Whichever comes first, while neither is certified.
    let mut waits = Judge::one_of_four();
    let older = waits.record(1, BREAD, 5, |_| {});
    let newer = waits.record(1, BREAD, 6, |header| header.revises = Some(older.id));
    assert_eq!((waits.judge(&newer).0, waits.judge(&older).0), (Verdict::Accept, Verdict::Accept));
    let both = format!("{MILL} {BREAD}");
    let bread = judge.record(1, &both, 3, |_| {});
    assert_eq!(judge.judge(&bread).0, Verdict::Accept);
    let corrected = Node::text(both.replace("hot", "very hot"));
    let content = [("kind", Some(Node::text("correction"))), ("corrected", Some(corrected))];
    let correction = judge.sign(2, &body(4, content), |header| header.corrects = Some(bread.id));
    assert_eq!(judge.judge(&correction).0, Verdict::Accept);
}

#[test]
fn what_was_refused_for_another_fault_can_be_shared_again_without_it() {
    let mut judge = Judge::one_of_four();
    for salt in 0..8 {
        let text = format!("{MILL} {BREAD} {salt}");
        let wrong = judge.record(1, &text, salt, |header| header.terms = Cid::of(Codec::Raw, b"older terms"));
        assert_eq!(judge.judge(&wrong).0, Verdict::Reject(Class::Terms));
        if salt % 2 == 0 {
            judge.reopen();
        }
        assert_eq!(judge.judge(&judge.record(1, &text, salt + 100, |_| {})).0, Verdict::Accept);
    }
}

#[test]
fn of_two_that_come_at_once_every_validator_accepts_the_same_one() {
    for salt in 0..6 {
        let (mut one, mut other) = (Judge::one_of_four(), Judge::one_of_four());
        let mut twins = [one.record(1, MILL, salt, |_| {}), one.record(1, MILL, salt + 100, |_| {})];
        twins.sort_by_key(|record| record.id);
        let [low, high] = twins;
        assert_eq!((one.judge(&low).0, one.judge(&high).0), (Verdict::Accept, DUPLICATE));
        assert_eq!((other.judge(&high).0, other.judge(&low).0), (Verdict::Accept, Verdict::Accept));
    }
}

#[test]
fn a_validator_that_was_away_compares_with_what_it_had() {
    let mut judge = Judge::alone();
    for salt in 0..40 {
        // Enough that reading them takes more than one tick.
        let filler = format!("and then page {salt} said line {salt} again ").repeat(2_500);
        assert_eq!(judge.judge(&judge.record(1, &filler, salt, |_| {})).0, Verdict::Accept);
    }
    let first = judge.record(1, MILL, 50, |_| {});
    assert_eq!(judge.judge(&first).0, Verdict::Accept);
    judge.reopen();
    let copy = judge.record(2, MILL, 51, |_| {});
    let _ = judge.step(Input::Contribute(vec![copy.parcel.clone()]));
    let mut ticks = 0;
    while index::verdicts(&judge.store, &copy.id).unwrap().is_empty() {
        let _ = judge.step(Input::Tick);
        ticks += 1;
        assert!(ticks < 10, "it is judged in the end");
    }
    assert!(ticks > 1, "not before all is read");
    assert_eq!(judge.said(&copy), REVIEW);
}
