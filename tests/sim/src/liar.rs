//! A validator that misbehaves in every way at once, within what one key can sign.

use crate::community::Community;
use crate::disk::Disk;
use crate::random::Random;
use commonwheel_protocol::agreement::{Batch, Class, Entry, Verdict};
use commonwheel_protocol::bytes::{Cid, Node, encode};
use commonwheel_protocol::core::status;
use commonwheel_protocol::core::{Effect, Step};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::record::header::{HourTime, SizeClass};
use commonwheel_protocol::record::{Header, RecordId};
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::wire::exchange::{Answer, Receipt, Refusal};
use commonwheel_protocol::wire::gossip::Message;

/// Made-up headers that a liar vouches for, in all: what they cost others is bounded by the limits
/// on waiting records, which are larger than a simulation should be.
const MOST_MADE_UP: u64 = 12;

/// The liar.
pub struct Liar {
    /// Which node it is.
    pub node: usize,
    key: SecretKey,
    number: i64,
    made_up: u64,
}

impl Liar {
    pub fn new(node: usize, key: SecretKey) -> Self {
        Liar { node, key, number: 1, made_up: 0 }
    }

    /// Drops half of what an honest core would have published, and answers some requests falsely.
    pub fn twist(&mut self, step: &mut Step, random: &mut Random) {
        step.effects.retain(|effect| !matches!(effect, Effect::Publish(_)) || random.percent(50));
        for effect in &mut step.effects {
            if let Effect::Reply(_, bytes) = effect
                && random.percent(20)
            {
                *bytes = match random.index(3) {
                    0 => Answer::Refused(Refusal::Busy).to_bytes(),
                    1 => Answer::Records(vec![]).to_bytes(),
                    _ => random.bytes::<40>().to_vec(),
                };
            }
        }
    }

    /// Some messages to gossip.
    pub fn lies(&mut self, store: &Disk, community: &Community, random: &mut Random) -> Vec<Vec<u8>> {
        let mut known = status::accepted(store).unwrap_or_default();
        let _ = index::each_record(store, prefix::WAITING, |id, _| known.push(id));
        let unknown = RecordId(Cid::of_cbor(&random.bytes::<8>()));
        match random.index(7) {
            0 => known.iter().map(|id| self.batch(&[(*id, Verdict::Reject(Class::Size))], community)).collect(),
            1 => {
                // Accepts, and rejects under the same number.
                let of = |verdict| known.iter().take(20).map(|id| (*id, verdict)).collect::<Vec<_>>();
                let accepts = self.batch(&of(Verdict::Accept), community);
                self.number -= 1;
                vec![accepts, self.batch(&of(Verdict::Quarantine(Class::Review)), community)]
            }
            2 => vec![self.batch(&[(unknown, Verdict::Accept)], community)],
            3 => {
                let mixed = [(unknown, Verdict::Accept), (unknown, Verdict::Reject(Class::Rate))];
                vec![self.batch(&mixed, community)]
            }
            4 if self.made_up < MOST_MADE_UP => vec![self.vouch_for_nothing(community)],
            5 => vec![self.forged_certificate(known.first().copied().unwrap_or(unknown), community)],
            _ => vec![random.bytes::<64>().to_vec(), vec![0; 70_000]],
        }
    }

    fn batch(&mut self, said: &[(RecordId, Verdict)], community: &Community) -> Vec<u8> {
        let entries: Vec<_> =
            said.iter().map(|(record, verdict)| Entry { record: *record, verdict: *verdict }).collect();
        if entries.is_empty() {
            return Message::default().to_bytes();
        }
        let bytes = Batch::sign(community.id(), community.charter().id(), self.number, &entries, &self.key);
        self.number += 1;
        Message { batches: vec![bytes], ..Message::default() }.to_bytes()
    }

    /// A header of its own making, and a receipt for a body that does not exist.
    fn vouch_for_nothing(&mut self, community: &Community) -> Vec<u8> {
        self.made_up += 1;
        let author = Seed::new([201; 32]).pseudonym(&community.id());
        let header = Header {
            community: community.id(),
            author: author.public(),
            nonce: None,
            licence: Licence::CcBy4,
            preference: community.charter().preference.clone(),
            terms: community.charter().terms,
            ruleset: *community.ruleset.id(),
            body: Cid::of_cbor(&self.made_up.to_be_bytes()),
            size_class: SizeClass::of(8),
            revises: None,
            corrects: None,
            time: HourTime::hour(crate::community::START_S as i64),
        };
        let bytes = header.sign(&author);
        let receipt = Receipt::sign(community.id(), &[RecordId(Cid::of_cbor(&bytes))], &self.key);
        Message { headers: vec![bytes], receipts: vec![receipt], ..Message::default() }.to_bytes()
    }

    /// Its own acceptance, as often as a quorum needs.
    fn forged_certificate(&mut self, record: RecordId, community: &Community) -> Vec<u8> {
        let entries = [Entry { record, verdict: Verdict::Accept }];
        let bytes = Batch::sign(community.id(), community.charter().id(), self.number, &entries, &self.key);
        let Ok(batch) = Batch::verify(&bytes) else { return bytes };
        let proof = Node::map([
            ("signed", Some(batch.signed().envelope().clone())),
            ("index", Some(0.into())),
            ("path", Some(Node::List(vec![]))),
        ]);
        let certificate = encode(&Node::map([
            ("type", Some(Node::text("certificate"))),
            ("record", Some(record.0.into())),
            ("time", Some((crate::community::START_S as i64).into())),
            ("charter", Some(community.charter().id().into())),
            ("acceptances", Some(Node::List(vec![proof; community.charter().quorum.q()]))),
        ]));
        Message { certificates: vec![certificate], ..Message::default() }.to_bytes()
    }
}
