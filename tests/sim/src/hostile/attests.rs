//! Accepts whatever there is: what it has not seen, what is not sound, and what it made up itself.

use super::{Act, Around, Hostile, MOST_MADE_UP};
use crate::random::Random;
use commonwheel_protocol::agreement::Verdict;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::limits::ATTESTATION_ENTRIES;
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::sign::SecretKey;

pub(super) struct Attests {
    key: SecretKey,
    number: i64,
    made_up: u64,
}

impl Attests {
    pub fn new(key: SecretKey) -> Self {
        // Above what its core signs, which it does too.
        Attests { key, number: 1_000_000, made_up: 0 }
    }
}

impl Hostile for Attests {
    fn act(&mut self, around: &Around, random: &mut Random) -> Vec<Act> {
        let mut acts = Vec::new();
        if self.made_up < MOST_MADE_UP {
            self.made_up += 1;
            acts.push(Act::Gossip(around.vouch_for_nothing(&self.key, self.made_up)));
        }
        let unknown = (0..ATTESTATION_ENTRIES).map(|_| RecordId(Cid::of_cbor(&random.bytes::<8>())));
        let everything: Vec<_> = around.known().into_iter().chain(unknown).take(ATTESTATION_ENTRIES).collect();
        let accepts: Vec<_> = everything.into_iter().map(|id| (id, Verdict::Accept)).collect();
        acts.push(Act::Gossip(around.batch(&self.key, self.number, &accepts)));
        self.number += 1;
        acts
    }
}
