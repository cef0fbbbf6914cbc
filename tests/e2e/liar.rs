//! A validator that lies. Its key is one of the four; its node is in this process.

use crate::peer::Peer;
use crate::scene::{Scene, contribute, names, settled, shared, status};
use commonwheel_node::demo::cluster::until;
use commonwheel_node::keys;
use commonwheel_node::net::PeerId;
use commonwheel_protocol::agreement::attestation::{Batch, Class, Entry, Verdict};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::record::{RecordId, SignedHeader};
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::wire::exchange::{self, Answer, Ask, Receipt, Session};
use commonwheel_protocol::wire::gossip::Message;
use std::sync::Arc;

#[test]
fn a_validator_that_refuses_everything_or_contradicts_itself_changes_no_outcome() {
    let mut scene = Scene::of_four("certificate");
    scene.start(0..3);
    let liar = Liar::join(&scene, 3);
    let (mut replica, mut contributor) = (scene.join("replica"), scene.join("contributor"));
    replica.start(&[]).unwrap();
    contributor.start(&scene.addresses()).unwrap();

    let chats = contribute(&contributor, &scene.chats("kettles", 5), &["--until", "held"]);
    let records = shared(&chats);
    let ids: Vec<RecordId> = records.iter().map(|id| id.parse().unwrap()).collect();
    liar.says(1, &ids, Verdict::Reject(Class::Schema));
    let root = settled(scene.running().chain([&replica]), records.len());

    // What it says now is about records that everybody knows, so that everybody keeps it.
    liar.says(2, &ids, Verdict::Accept);
    liar.says(3, &ids, Verdict::Reject(Class::Review));
    liar.says(4, &liar.made_up(), Verdict::Accept);
    for validator in scene.running() {
        until("the contradiction is shown", || {
            Ok(names(&status(validator, &records[0])["contradictions"]) == ["Foundry"])
        })
        .unwrap();
        let seen = status(validator, &records[0]);
        assert_eq!(seen["state"], "accepted");
        let refused = |word: &serde_json::Value| word["validator"] == "Foundry" && word["verdict"] == "reject";
        assert!(seen["verdicts"].as_array().unwrap().iter().any(refused), "{seen}");
    }

    // It goes on to send garbage until nobody listens to it any more; the others go on.
    until("the liar is disconnected", || {
        liar.sends_garbage();
        Ok(!liar.honest.iter().any(|peer| liar.peer.connected_to(*peer)))
    })
    .unwrap();
    assert_eq!(settled(scene.running().chain([&replica]), records.len()), root, "nothing made up was accepted");
    contribute(&contributor, &scene.chats("clocks", 2), &["--until", "accepted"]);
    settled(scene.running().chain([&replica, &contributor]), records.len() + 2);
}

/// It proves its key and gives receipts for bodies that it throws away.
struct Liar {
    peer: Peer,
    honest: Vec<PeerId>,
    key: SecretKey,
    charter: Cid,
}

impl Liar {
    fn join(scene: &Scene, place: usize) -> Liar {
        let home = &scene.validators[place].home;
        let key = keys::load_seed(home).unwrap().validator();
        let transport = keys::load_or_create_transport(home).unwrap();
        let (community, charter) = scene.charter();
        let me = exchange::Peer(transport.public().to_peer_id().to_bytes());
        let (signer, id) = (key.clone(), charter.id());
        let manners = move |from: PeerId, request: &[u8]| {
            let (_, ask) = Ask::read(request).ok()?;
            let asker = exchange::Peer(from.to_bytes());
            let answer = match ask {
                Ask::Prove => {
                    let validator = signer.public();
                    let session = Session { community, charter: id, validator, asker, answerer: me.clone() };
                    Answer::Session(session.sign(&signer))
                }
                Ask::Submit(parcels) => {
                    let headers = parcels.iter().filter_map(|parcel| SignedHeader::verify(&parcel.header).ok());
                    let records: Vec<_> = headers.map(|header| header.id()).collect();
                    Answer::Submitted { receipt: Some(Receipt::sign(community, &records, &signer)), refused: vec![] }
                }
                Ask::Fetch { .. } => Answer::Records { parcels: vec![], operations: vec![] },
                _ => return None,
            };
            Some(answer.to_bytes())
        };
        let peer = Peer::with(community, transport, Arc::new(manners));
        let honest = scene.running().map(|place| peer.dial(&place.addresses[0])).collect();
        scene.meet(4);
        Liar { peer, honest, key, charter: charter.id() }
    }

    /// Gossips one verdict on each record.
    fn says(&self, number: i64, records: &[RecordId], verdict: Verdict) {
        let entries: Vec<_> = records.iter().map(|record| Entry { record: *record, verdict }).collect();
        let batch = Batch::sign(self.peer.community, self.charter, number, &entries, &self.key);
        self.peer.publish(Message { batches: vec![batch], ..Message::default() }.to_bytes());
    }

    fn made_up(&self) -> Vec<RecordId> {
        (0..20).map(|n: u8| RecordId(Cid::of_cbor(&[n]))).collect()
    }

    fn sends_garbage(&self) {
        for peer in &self.honest {
            let _ = self.peer.ask_bytes(*peer, b"nonsense");
        }
    }
}
