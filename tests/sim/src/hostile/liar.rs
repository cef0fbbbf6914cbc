//! A validator that misbehaves in every way at once, within what one key can sign.

use super::{Act, Around, Hostile, MOST_MADE_UP};
use crate::community::Community;
use crate::random::Random;
use commonwheel_protocol::agreement::{Batch, Class, Entry, Verdict};
use commonwheel_protocol::bytes::{Cid, Node, encode};
use commonwheel_protocol::core::{Effect, Step};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::wire::exchange::{Answer, Refusal};
use commonwheel_protocol::wire::gossip::Message;

/// The liar.
pub(super) struct Liar {
    key: SecretKey,
    number: i64,
    made_up: u64,
}

impl Hostile for Liar {
    /// Drops half of what an honest core would have published, and answers some requests falsely.
    fn twist(&mut self, step: &mut Step, _asked: Option<&[u8]>, random: &mut Random) {
        step.effects.retain(|effect| !matches!(effect, Effect::Publish(_)) || random.percent(50));
        for effect in &mut step.effects {
            if let Effect::Reply(_, bytes) = effect
                && random.percent(20)
            {
                *bytes = match random.index(3) {
                    0 => Answer::Refused(Refusal::Busy).to_bytes(),
                    1 => Answer::Records { parcels: vec![], operations: vec![] }.to_bytes(),
                    _ => random.bytes::<40>().to_vec(),
                };
            }
        }
    }

    fn act(&mut self, around: &Around, random: &mut Random) -> Vec<Act> {
        self.lies(around, random).into_iter().map(Act::Gossip).collect()
    }
}

impl Liar {
    pub fn new(key: SecretKey) -> Self {
        Liar { key, number: 1, made_up: 0 }
    }

    /// Some messages to gossip.
    fn lies(&mut self, around: &Around, random: &mut Random) -> Vec<Vec<u8>> {
        let (known, community) = (around.known(), around.community);
        let unknown = RecordId(Cid::of_cbor(&random.bytes::<8>()));
        match random.index(7) {
            0 => known.iter().map(|id| self.batch(&[(*id, Verdict::Reject(Class::Size))], around)).collect(),
            1 => {
                // Accepts, and rejects under the same number.
                let of = |verdict| known.iter().take(20).map(|id| (*id, verdict)).collect::<Vec<_>>();
                let accepts = self.batch(&of(Verdict::Accept), around);
                self.number -= 1;
                vec![accepts, self.batch(&of(Verdict::Quarantine(Class::Review)), around)]
            }
            2 => vec![self.batch(&[(unknown, Verdict::Accept)], around)],
            3 => {
                let mixed = [(unknown, Verdict::Accept), (unknown, Verdict::Reject(Class::Rate))];
                vec![self.batch(&mixed, around)]
            }
            4 if self.made_up < MOST_MADE_UP => {
                self.made_up += 1;
                vec![around.vouch_for_nothing(&self.key, self.made_up)]
            }
            5 => vec![self.forged_certificate(known.first().copied().unwrap_or(unknown), community)],
            _ => vec![random.bytes::<64>().to_vec(), vec![0; 70_000]],
        }
    }

    fn batch(&mut self, said: &[(RecordId, Verdict)], around: &Around) -> Vec<u8> {
        if said.is_empty() {
            return Message::default().to_bytes();
        }
        self.number += 1;
        around.batch(&self.key, self.number - 1, said)
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
