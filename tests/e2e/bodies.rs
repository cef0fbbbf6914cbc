//! Who may have a body, and when.

use crate::files::{chats, holds};
use crate::peer::{Peer, parcels};
use crate::scene::{Scene, contribute, settled, shared, status};
use commonwheel_node::demo::cluster::until;
use commonwheel_node::keys;
use commonwheel_node::net::{Keypair, PeerId};
use commonwheel_protocol::agreement::{Certificate, Charter};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::index::{self, Item, prefix};
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::limits::REQUEST_IDS;
use commonwheel_protocol::reconcile::Snapshot;
use commonwheel_protocol::record::{RecordId, SignedHeader};
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::wire::exchange::{Answer, Ask, Purpose, Refusal};
use std::sync::Arc;

/// Words of every chat here, which no peer may see before its time.
const WORDS: &[u8] = b"mostly patience and glue";

#[test]
fn a_waiting_body_goes_to_validators_alone_and_a_certified_one_to_all_when_the_charter_says_so() {
    let mut scene = Scene::of_four("certificate");
    scene.start(0..4);
    let mut contributor = scene.join("contributor");
    contributor.start(&[]).unwrap();
    until("the contributor knows the validators", || Ok(contributor.community()?.validators_present.len() == 4))
        .unwrap();
    let asker = Asker::new(&scene);
    scene.validators[2].kill().unwrap();
    scene.validators[3].kill().unwrap();

    assert!(holds(chats("kettles", 1).as_bytes(), WORDS));
    let outcome = contribute(&contributor, &scene.chats("kettles", 1), &[]);
    let record: RecordId = shared(&outcome)[0].parse().unwrap();
    let validator = &scene.validators[0];
    until("the validators have its body", || {
        let seen = status(validator, &record.to_string());
        Ok(seen["body_here"] == true && seen["accepted_by"] == 2)
    })
    .unwrap();

    asker.gets_no_waiting_body(record);
    asker.is_refused_with_a_wrong_statement(&scene, record);

    scene.start([2, 3]);
    settled(scene.running(), 1);
    asker.gets_the_certified_body(record);
    for message in asker.peer.heard() {
        assert!(!holds(&message, WORDS), "gossip carries a body");
    }
    assert!(!asker.peer.heard().is_empty(), "the asker has heard the gossip");

    scene.validators[0].stop().unwrap();
    let store = scene.store(&scene.validators[0]);
    let start = index::key(prefix::STATEMENT, &[&asker.key.public().0]);
    let kept = store.scan(&start, None, 10).unwrap();
    assert!(!kept.is_empty(), "the statements are kept as receipts");
    for entry in kept {
        let statement = index::last_cid(&entry.key).unwrap();
        assert!(store.holds(Shelf::Live, &statement).unwrap());
    }
}

#[test]
fn bodies_are_kept_from_all_others_where_the_charter_says_on_release_or_gated() {
    for access in ["release", "gated"] {
        let scene = Scene::of_one(access);
        let mut contributor = scene.join("contributor");
        contributor.start(&[]).unwrap();
        let outcome = contribute(&contributor, &scene.chats("kettles", 3), &["--until", "accepted"]);
        let records: Vec<RecordId> = shared(&outcome).iter().map(|id| id.parse().unwrap()).collect();
        let asker = Asker::new(&scene);

        // Who asks by id wants the bodies alone.
        assert!(asker.gets(&[], &bulk(&records)).is_empty(), "{access}");
        let by_item = asker.gets(&asker.reconcile(), &[]);
        assert_eq!(by_item.len(), 3, "{access}");
        for parcel in by_item {
            assert!(parcel.body.is_none(), "{access}");
            let certificate = Certificate::verify(&parcel.certificate.unwrap(), &asker.charter).unwrap();
            assert_eq!(certificate.record(), SignedHeader::verify(&parcel.header).unwrap().id());
        }
        assert!(!asker.peer.heard().iter().any(|message| holds(message, WORDS)));
    }
}

/// As many ids as one request may name, among them these.
fn bulk(records: &[RecordId]) -> Vec<RecordId> {
    let unknown = (0u32..).map(|n| RecordId(Cid::of_cbor(&n.to_be_bytes())));
    records.iter().copied().chain(unknown).take(REQUEST_IDS).collect()
}

/// A peer that is no validator, connected to the first one.
struct Asker {
    peer: Peer,
    key: SecretKey,
    charter: Charter,
    validator: PeerId,
}

impl Asker {
    fn new(scene: &Scene) -> Asker {
        let (community, charter) = scene.charter();
        let peer = Peer::with(community, Keypair::generate_ed25519(), Arc::new(|_, _| None));
        let validator = peer.dial(&scene.validators[0].addresses[0]);
        Asker { peer, key: SecretKey::from_seed(&[7; 32]), charter, validator }
    }

    fn statement(&self) -> Vec<u8> {
        self.peer.statement(&self.key, Purpose::Replicate, &self.charter, self.validator).sign(&self.key)
    }

    /// What comes for these, with a statement that holds.
    fn gets(&self, items: &[[u8; 32]], records: &[RecordId]) -> Vec<commonwheel_protocol::wire::exchange::Parcel> {
        parcels(self.peer.fetch(self.validator, self.statement(), items, records))
    }

    /// The items that the validator has, by reconciling with nothing.
    fn reconcile(&self) -> Vec<[u8; 32]> {
        self.reconcile_by(Ask::Reconcile)
    }

    fn reconcile_by(&self, ask: impl Fn(Vec<u8>) -> Ask) -> Vec<[u8; 32]> {
        let nothing = Snapshot::new([]);
        match self.peer.ask(self.validator, &ask(nothing.open())) {
            Some(Answer::Reconcile(message)) => {
                let progress = nothing.read(&message).unwrap();
                progress.missing.iter().map(|item| item.0).collect()
            }
            other => panic!("expected a reconciliation, found {other:?}"),
        }
    }

    fn gets_no_waiting_body(&self, record: RecordId) {
        assert_eq!(self.gets(&[], &[record]), []);
        assert_eq!(self.gets(&[], &bulk(&[record])), []);
        assert_eq!(self.reconcile(), Vec::<[u8; 32]>::new(), "only certified records are reconciled");
        let made_up = Item::of(&record, &Cid::of_cbor(b"no certificate")).0;
        assert_eq!(self.gets(&[made_up], &[]), []);
        let ask = Ask::Live(self.reconcile_by(Ask::Waiting));
        let live = self.peer.ask_bytes(self.validator, &ask.to_bytes(&self.peer.community)).unwrap();
        assert!(holds(&live, &record_header(&live, record)), "that it waits is public");
        assert!(!holds(&live, WORDS), "what it says is not");
    }

    fn is_refused_with_a_wrong_statement(&self, scene: &Scene, record: RecordId) {
        let (peer, validators) = (&self.peer, &scene.validators);
        let validate = |key: &SecretKey| peer.statement(key, Purpose::Validate, &self.charter, self.validator);
        let no_validator = validate(&self.key).sign(&self.key);
        let validators_key = keys::load_seed(&validators[2].home).unwrap().validator();
        let other = keys::load_or_create_transport(&validators[2].home).unwrap().public().to_peer_id();
        let other = commonwheel_protocol::wire::exchange::Peer(other.to_bytes());
        let mut overheard = validate(&validators_key);
        overheard.asker = other.clone();
        let mut redirected = validate(&validators_key);
        redirected.answerer = other;
        let mut forged = validate(&validators_key).sign(&validators_key);
        *forged.last_mut().unwrap() ^= 1;
        let statements = [
            ("another peer's session", overheard.sign(&validators_key)),
            ("a session with another peer", redirected.sign(&validators_key)),
            ("a false signature", forged),
        ];
        // By another charter it may be one: it is not refused, and gets no waiting text.
        assert_eq!(parcels(peer.fetch(self.validator, no_validator, &[], &bulk(&[record]))), []);
        for (what, statement) in statements {
            let answer = peer.fetch(self.validator, statement, &[], &[record]);
            assert_eq!(answer, Answer::Refused(Refusal::Statement), "{what}");
        }
    }

    fn gets_the_certified_body(&self, record: RecordId) {
        let items = self.reconcile();
        assert_eq!(items.len(), 1);
        for parcels in [self.gets(&items, &[]), self.gets(&[], &bulk(&[record]))] {
            let [parcel] = &parcels[..] else { panic!("one record") };
            let header = SignedHeader::verify(&parcel.header).unwrap();
            let body = parcel.body.as_ref().expect("the charter opens bodies on certificate");
            assert!(header.id() == record && header.commits_to(body) && holds(body, WORDS));
        }
    }
}

/// The bytes of a waiting record's header in an answer to [`Ask::Live`].
fn record_header(answer: &[u8], record: RecordId) -> Vec<u8> {
    let Ok(Answer::Live { message }) = Answer::read(answer) else { panic!("expected live traffic") };
    let message = commonwheel_protocol::wire::gossip::Message::read(&message).unwrap();
    let is = |header: &&Vec<u8>| SignedHeader::verify(header).is_ok_and(|header| header.id() == record);
    message.headers.iter().find(is).expect("the header").clone()
}
