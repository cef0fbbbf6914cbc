//! Signs two batches under each number, and tells half of its neighbours the one and half the other.

use super::{Act, Around, Hostile};
use crate::random::Random;
use commonwheel_protocol::agreement::{Class, Verdict};
use commonwheel_protocol::sign::SecretKey;

pub(super) struct Contradicts {
    key: SecretKey,
    number: i64,
}

impl Contradicts {
    pub fn new(key: SecretKey) -> Self {
        Contradicts { key, number: 1 }
    }
}

impl Hostile for Contradicts {
    fn act(&mut self, around: &Around, random: &mut Random) -> Vec<Act> {
        let known: Vec<_> = around.known().into_iter().filter(|_| random.percent(60)).take(100).collect();
        if known.is_empty() {
            return vec![];
        }
        let of = |verdict| known.iter().map(|id| (*id, verdict)).collect::<Vec<_>>();
        let yes = around.batch(&self.key, self.number, &of(Verdict::Accept));
        let no = [Verdict::Reject(Class::Size), Verdict::Quarantine(Class::Review)][random.index(2)];
        let no = around.batch(&self.key, self.number, &of(no));
        self.number += 1;
        let told = around.neighbours.iter().enumerate();
        told.map(|(at, to)| Act::Tell(*to, if at % 2 == 0 { yes.clone() } else { no.clone() })).collect()
    }
}
