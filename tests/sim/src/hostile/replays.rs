//! Sends old gossip again: whole, when others have forgotten that they saw it, and in other company,
//! so that it is a new message.

use super::{Act, Around, Hostile};
use crate::random::Random;
use commonwheel_protocol::wire::gossip::Message;

/// Messages remembered.
const MOST_HEARD: usize = 200;

#[derive(Default)]
pub(super) struct Replays {
    heard: Vec<Vec<u8>>,
}

impl Hostile for Replays {
    fn hear(&mut self, bytes: &[u8]) {
        if self.heard.len() < MOST_HEARD {
            self.heard.push(bytes.to_vec());
        }
    }

    fn act(&mut self, _around: &Around, random: &mut Random) -> Vec<Act> {
        if self.heard.is_empty() {
            return vec![];
        }
        let mut any = || self.heard[random.index(self.heard.len())].clone();
        let (whole, one, other) = (any(), any(), any());
        let mut acts = vec![Act::Gossip(whole)];
        if let (Ok(mut mixed), Ok(other)) = (Message::read(&one), Message::read(&other)) {
            mixed.headers.extend(other.headers);
            mixed.receipts = other.receipts;
            mixed.batches.extend(other.batches);
            mixed.certificates.extend(other.certificates);
            acts.push(Act::Gossip(mixed.to_bytes()));
        }
        acts
    }
}
