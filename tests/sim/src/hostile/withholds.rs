//! Gives records without their bodies, or no records; forwards no gossip.

use super::Hostile;
use crate::random::Random;
use commonwheel_protocol::core::{Effect, Judgement, Step};
use commonwheel_protocol::wire::exchange::Answer;

pub(super) struct Withholds;

impl Hostile for Withholds {
    fn twist(&mut self, step: &mut Step, _asked: Option<&[u8]>, random: &mut Random) {
        for effect in &mut step.effects {
            match effect {
                Effect::Judge(_, judgement) => *judgement = Judgement::Ignore,
                Effect::Reply(_, bytes) => {
                    let Ok(Answer::Records { mut parcels, operations }) = Answer::read(bytes) else { continue };
                    match random.index(3) {
                        0 => parcels.clear(),
                        _ => parcels.iter_mut().for_each(|parcel| parcel.body = None),
                    }
                    *bytes = Answer::Records { parcels, operations }.to_bytes();
                }
                _ => {}
            }
        }
    }
}
