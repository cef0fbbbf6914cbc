//! Takes everything and says nothing: neither gossip, its own or others', nor answers, nor questions.

use super::Hostile;
use crate::random::Random;
use commonwheel_protocol::core::{Effect, Step};

pub(super) struct Silent;

impl Hostile for Silent {
    fn twist(&mut self, step: &mut Step, _asked: Option<&[u8]>, _random: &mut Random) {
        step.effects.retain(|effect| matches!(effect, Effect::Penalise(..) | Effect::Notice(_)));
    }
}
