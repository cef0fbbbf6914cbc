//! Sends more than is allowed: longer messages, longer lists, longer answers.

use super::{Act, Around, Hostile};
use crate::random::Random;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{Effect, Step};
use commonwheel_protocol::limits::{GOSSIP_BYTES, GOSSIP_ITEMS, HEADER_BYTES, REQUEST_IDS};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::wire::exchange::{Answer, Ask, Parcel};
use commonwheel_protocol::wire::gossip::Message;

pub(super) struct Oversizes;

impl Hostile for Oversizes {
    fn twist(&mut self, step: &mut Step, _asked: Option<&[u8]>, random: &mut Random) {
        for effect in &mut step.effects {
            if let Effect::Reply(_, bytes) = effect
                && random.percent(5)
            {
                let header = vec![7; HEADER_BYTES + 1];
                let parcel = Parcel { header, body: None, certificate: None };
                *bytes = Answer::Records { parcels: vec![parcel; REQUEST_IDS + 1], operations: vec![] }.to_bytes();
            }
        }
    }

    fn act(&mut self, around: &Around, random: &mut Random) -> Vec<Act> {
        let id = RecordId(Cid::of_cbor(&random.bytes::<8>()));
        match random.index(4) {
            0 => vec![Act::Gossip(vec![random.next() as u8; GOSSIP_BYTES + 1])],
            1 => {
                let block = random.bytes::<8>().to_vec();
                let long = Message { batches: vec![block; GOSSIP_ITEMS + 1], ..Message::default() };
                vec![Act::Gossip(long.to_bytes())]
            }
            2 => {
                let header = vec![random.next() as u8; HEADER_BYTES + 1];
                vec![Act::Gossip(Message { headers: vec![header], ..Message::default() }.to_bytes())]
            }
            _ => {
                let records = vec![id; REQUEST_IDS + 1];
                let ask = Ask::Fetch { statement: vec![], items: vec![], records }.to_bytes(&around.community.id());
                around.neighbours.iter().map(|to| Act::Ask(*to, ask.clone())).collect()
            }
        }
    }
}
