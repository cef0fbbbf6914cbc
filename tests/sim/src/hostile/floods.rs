//! Asks one node again and again, as fast as the network takes it.

use super::{Act, Around, Hostile};
use crate::random::Random;
use commonwheel_protocol::wire::exchange::Ask;

/// Requests at once, and in each phase: some times what a node answers in ten seconds.
const AT_ONCE: usize = 400;
const IN_A_PHASE: usize = 3_200;

#[derive(Default)]
pub(super) struct Floods {
    victim: Option<usize>,
    sent: usize,
    healed: bool,
}

impl Hostile for Floods {
    fn act(&mut self, around: &Around, random: &mut Random) -> Vec<Act> {
        if around.healed != self.healed {
            (self.healed, self.sent) = (around.healed, 0);
        }
        let gone = self.victim.is_none_or(|victim| !around.neighbours.contains(&victim));
        if gone && !around.neighbours.is_empty() {
            self.victim = Some(around.neighbours[random.index(around.neighbours.len())]);
        }
        let Some(victim) = self.victim.filter(|_| self.sent < IN_A_PHASE) else { return vec![] };
        self.sent += AT_ONCE;
        let ask = Ask::Prove.to_bytes(&around.community.id());
        vec![ask; AT_ONCE].into_iter().map(|ask| Act::Ask(victim, ask)).collect()
    }
}
