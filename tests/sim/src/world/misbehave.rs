//! What misbehaving nodes do of their own accord.

use super::{Event, World};
use crate::hostile::{Act, Around};
use crate::network::What;
use crate::plan::Phase;
use commonwheel_protocol::core::{AskId, Step};

/// Requests that no core has sent: their answers mean nothing to it.
const OF_NO_CORE: AskId = AskId(u64::MAX);

impl World<'_> {
    pub(super) fn misbehave(&mut self, node: usize) -> Result<(), String> {
        let next = self.now + self.random.within(300, 2_000);
        self.at(next, Event::Misbehave(node));
        let neighbours = self.network.neighbours(node);
        if !self.nodes[node].is_up() || neighbours.is_empty() {
            return Ok(());
        }
        let around = Around {
            store: &self.nodes[node].store,
            community: &self.community,
            neighbours: &neighbours,
            healed: self.plan.phase(self.now) != Phase::Safety,
        };
        let Some(mind) = self.minds.get_mut(&node) else { return Ok(()) };
        for act in mind.act(&around, &mut self.random) {
            match act {
                Act::Gossip(bytes) => self.flood(node, None, bytes.into()),
                Act::Tell(to, bytes) if !self.plan.without_gossip => self.send(node, to, What::Gossip(bytes.into())),
                Act::Tell(..) => {}
                Act::Ask(to, bytes) => self.send(node, to, What::Request(OF_NO_CORE, bytes)),
            }
        }
        Ok(())
    }

    /// Lets a misbehaving node change what it is about to do.
    pub(super) fn twist(&mut self, at: usize, asked: Option<&[u8]>, step: &mut Step) {
        if let Some(mind) = self.minds.get_mut(&at) {
            mind.twist(step, asked, &mut self.random);
        }
    }
}
