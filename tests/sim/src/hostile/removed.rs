//! Holds a removed key: once another validator has taken its place, it goes on accepting, and voting to take
//! records down, under the charter that named it.

use super::{Act, Around, Hostile};
use crate::community::START_S;
use crate::random::Random;
use commonwheel_protocol::agreement::Verdict;
use commonwheel_protocol::core::status;
use commonwheel_protocol::operation::decision::{Condition, Reason};
use commonwheel_protocol::operation::{Decision, Matter, Motion, Ruling};
use commonwheel_protocol::record::header::HourTime;
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::wire::gossip::Message;

/// Votes in all, so that it does not only fill its room for motions.
const MOST_VOTES: usize = 4;

pub(super) struct Removed {
    key: SecretKey,
    number: i64,
    votes: usize,
}

impl Removed {
    pub fn new(key: SecretKey) -> Self {
        Removed { key, number: 2_000_000_000, votes: 0 }
    }
}

impl Hostile for Removed {
    fn act(&mut self, around: &Around, random: &mut Random) -> Vec<Act> {
        let named = status::lineage(around.store)
            .is_ok_and(|lineage| lineage.head().charter.validator(&self.key.public()).is_some());
        let known: Vec<_> = around.known().into_iter().take(100).collect();
        if named || known.is_empty() {
            return vec![];
        }
        let accepts: Vec<_> = known.iter().map(|id| (*id, Verdict::Accept)).collect();
        self.number += 1;
        let mut acts = vec![Act::Gossip(around.batch(&self.key, self.number, &accepts))];
        if self.votes < MOST_VOTES {
            self.votes += 1;
            let matter = Matter::Decision(Decision {
                community: around.community.id(),
                charter: around.community.charter().id(),
                ruling: Ruling::Takedown(known[random.index(known.len())]),
                reason: Reason::Other,
                condition: Condition::Lifted,
                until: None,
                explained: None,
                time: HourTime::hour(START_S as i64),
            });
            let motion = Motion::sign(matter, &self.key).to_bytes();
            acts.push(Act::Gossip(Message { operations: vec![motion], ..Message::default() }.to_bytes()));
        }
        acts
    }
}
