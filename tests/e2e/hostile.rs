//! Peers that break the rules, each until it is shut out.

use crate::peer::Peer;
use crate::scene::{Scene, contribute, settled};
use commonwheel_node::demo::cluster::until;
use commonwheel_node::net::PeerId;
use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::limits::FRAME_BYTES;
use commonwheel_protocol::preference::Preference;
use commonwheel_protocol::record::Header;
use commonwheel_protocol::record::header::{HourTime, SizeClass};
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::wire::exchange::{Answer, Ask, Parcel, Receipt};
use commonwheel_protocol::wire::gossip::Message;
use futures::AsyncWriteExt;

/// Offences that must suffice: a node forgives a few, not many.
const PATIENCE: usize = 12;

#[test]
fn a_peer_that_breaks_the_rules_is_shut_out_and_the_node_goes_on() {
    let scene = Scene::of_one("certificate");
    let offences: [(&str, Offence); 7] = [
        ("a frame above the limit", oversized_frame),
        ("a malformed frame", |peer, to, _| drop(peer.ask_bytes(to, b"\xff not a request"))),
        ("a tampered body", tampered_body),
        ("a wrong signature", wrong_signature),
        ("a false statement", false_statement),
        ("malformed gossip", |peer, _, n| peer.publish(format!("nonsense {n}").into_bytes())),
        ("gossip about another community", another_community),
    ];
    for (what, offend) in offences {
        let peer = Peer::new(scene.charter().0);
        let node = peer.dial(&scene.validators[0].addresses[0]);
        let mut times = 0;
        until(&format!("a peer is shut out for {what}"), || {
            if peer.connected_to(node) && times < PATIENCE {
                times += 1;
                offend(&peer, node, times);
            }
            Ok(!peer.connected_to(node))
        })
        .unwrap();
        assert!(times > 1, "{what}: one offence alone is forgiven");

        let bystander = Peer::new(scene.charter().0);
        let node = bystander.dial(&scene.validators[0].addresses[0]);
        assert!(matches!(bystander.ask(node, &Ask::Charter), Some(Answer::Charter { .. })), "after {what}");
    }
    let now = scene.validators[0].community().unwrap();
    assert_eq!((now.accepted, now.waiting), (0, 0), "nothing of it was kept");
    contribute(&scene.join("contributor"), &scene.chats("kettles", 1), &["--until", "accepted"]);
}

#[test]
fn replayed_gossip_changes_nothing() {
    let scene = Scene::of_one("certificate");
    let witness = Peer::new(scene.charter().0);
    witness.dial(&scene.validators[0].addresses[0]);
    contribute(&scene.join("contributor"), &scene.chats("kettles", 2), &["--until", "accepted"]);
    let root = settled(scene.running(), 2);
    until("the certificates are heard", || {
        let messages = witness.heard().into_iter().map(|bytes| Message::read(&bytes).unwrap());
        Ok(messages.flat_map(|message| message.certificates).count() >= 2)
    })
    .unwrap();

    let parrot = Peer::new(scene.charter().0);
    let node = parrot.dial(&scene.validators[0].addresses[0]);
    for bytes in witness.heard() {
        parrot.publish(bytes.clone());
        // The same in messages of its own, so that no cache of messages catches it.
        let message = Message::read(&bytes).unwrap();
        for certificate in message.certificates {
            parrot.publish(Message { certificates: vec![certificate], ..Message::default() }.to_bytes());
        }
        for batch in message.batches {
            parrot.publish(Message { batches: vec![batch], ..Message::default() }.to_bytes());
        }
        let (headers, receipts) = (message.headers, message.receipts);
        parrot.publish(Message { headers, receipts, ..Message::default() }.to_bytes());
    }
    assert!(parrot.ask(node, &Ask::Charter).is_some(), "what is merely old is no offence");
    assert_eq!(settled(scene.running(), 2), root);
    assert_eq!(scene.validators[0].community().unwrap().waiting, 0);
}

/// What a peer does, for the n-th time.
type Offence = fn(&Peer, PeerId, usize);

fn oversized_frame(peer: &Peer, node: PeerId, _: usize) {
    let announced = u32::try_from(FRAME_BYTES + 1).unwrap().to_be_bytes();
    let Some(mut frames) = peer.open(node) else { return };
    peer.within(async {
        let Some(raw) = frames.raw() else { return };
        // The node may have shut the door meanwhile.
        let _ = raw.write_all(&announced).await;
        let _ = raw.flush().await;
        let _ = frames.recv().await;
    });
}

fn tampered_body(peer: &Peer, node: PeerId, n: usize) {
    let parcel = Parcel { header: header(peer.community, n), body: Some(b"another body".to_vec()), certificate: None };
    refused(peer, node, parcel);
}

fn wrong_signature(peer: &Peer, node: PeerId, n: usize) {
    let mut header = header(peer.community, n);
    *header.last_mut().unwrap() ^= 1;
    refused(peer, node, Parcel { header, body: Some(BODY.to_vec()), certificate: None });
}

fn refused(peer: &Peer, node: PeerId, parcel: Parcel) {
    match peer.ask(node, &Ask::Submit(vec![parcel])) {
        Some(Answer::Submitted { receipt, refused }) => assert!(receipt.is_none() && refused.len() == 1),
        Some(other) => panic!("expected a refusal, found {other:?}"),
        None => {} // shut out
    }
}

fn false_statement(peer: &Peer, node: PeerId, _: usize) {
    let _ = peer.ask(node, &Ask::Fetch { statement: vec![0xa0], items: vec![], records: vec![] });
}

fn another_community(peer: &Peer, _: PeerId, n: usize) {
    let elsewhere = Cid::of_cbor(b"elsewhere");
    let receipt = Receipt::sign(elsewhere, &[commonwheel_protocol::record::RecordId(elsewhere)], &key());
    let headers = vec![header(elsewhere, n)];
    peer.publish(Message { headers, receipts: vec![receipt], ..Message::default() }.to_bytes());
}

const BODY: &[u8] = b"a body";

fn key() -> SecretKey {
    SecretKey::from_seed(&[9; 32])
}

/// A header that is well-formed and signed.
fn header(community: Cid, n: usize) -> Vec<u8> {
    let header = Header {
        community,
        author: key().public(),
        nonce: None,
        licence: Licence::ALL[0],
        preference: Preference::read("train-ai=y").unwrap(),
        terms: Cid::of(Codec::Raw, b"terms"),
        ruleset: Cid::of_cbor(b"ruleset"),
        body: Cid::of_cbor(BODY),
        size_class: SizeClass::of(BODY.len()),
        revises: None,
        corrects: None,
        about: None,
        time: HourTime::hour(1_700_000_000 + 3600 * n as i64),
    };
    header.sign(&key())
}
