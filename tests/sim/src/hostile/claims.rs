//! Lies about what it holds when others reconcile with it: claims what does not exist, and hides what
//! does. What waits it claims not to know.

use super::Hostile;
use crate::community::START_S;
use crate::random::Random;
use commonwheel_protocol::core::{Effect, Step};
use commonwheel_protocol::index::Item;
use commonwheel_protocol::reconcile::Snapshot;
use commonwheel_protocol::wire::exchange::{Answer, Ask};
use commonwheel_protocol::wire::gossip::Message;

/// Items that it claims at a time.
const CLAIMED: u64 = 40;

#[derive(Default)]
pub(super) struct Claims {
    claimed: Vec<(i64, Item)>,
}

impl Hostile for Claims {
    fn twist(&mut self, step: &mut Step, asked: Option<&[u8]>, random: &mut Random) {
        let asked = asked.and_then(|bytes| Ask::read(bytes).ok());
        for effect in &mut step.effects {
            let Effect::Reply(_, bytes) = effect else { continue };
            match &asked {
                Some((_, Ask::Reconcile(message))) => {
                    if self.claimed.is_empty() || random.percent(10) {
                        let time = |random: &mut Random| START_S as i64 - random.within(0, 100) as i64 * 3600;
                        self.claimed = (0..CLAIMED).map(|_| (time(random), Item(random.bytes()))).collect();
                    }
                    if let Ok(answer) = Snapshot::new(self.claimed.iter().copied()).answer(message) {
                        *bytes = Answer::Reconcile(answer).to_bytes();
                    }
                }
                Some((_, Ask::Waiting(message))) => {
                    let made_up = Snapshot::new([(START_S as i64, Item(random.bytes()))]);
                    if let Ok(answer) = made_up.answer(message) {
                        *bytes = Answer::Reconcile(answer).to_bytes();
                    }
                }
                Some((_, Ask::Live(_))) => {
                    *bytes = Answer::Live { message: Message::default().to_bytes() }.to_bytes();
                }
                _ => {}
            }
        }
    }
}
