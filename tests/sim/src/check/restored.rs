//! A validator signs one batch under each of its numbers, also after an old backup was put in the
//! place of its disk: what it said since the backup counts, though it has forgotten it.

use super::{Check, Sent, View};
use commonwheel_protocol::agreement::Batch;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::sign::PublicKey;
use commonwheel_protocol::wire::exchange::Answer;
use commonwheel_protocol::wire::gossip::Message;
use std::collections::{BTreeMap, BTreeSet};

/// Every batch that was sent, by validator and number.
#[derive(Default)]
pub struct Restored {
    batches: BTreeMap<(PublicKey, i64), Cid>,
    seen: BTreeSet<Cid>,
}

impl Restored {
    fn look(&mut self, view: &View, bytes: &[u8]) -> Result<(), String> {
        let cid = Cid::of_cbor(bytes);
        if !self.seen.insert(cid) {
            return Ok(());
        }
        let Ok(batch) = Batch::verify(bytes) else { return Ok(()) };
        let (who, number) = (batch.signed().validator, batch.signed().number);
        let place = view.nodes.iter().position(|node| node.public() == Some(who));
        let Some(place) = place.filter(|place| view.nodes[*place].honest) else { return Ok(()) };
        if *self.batches.entry((who, number)).or_insert(cid) != cid {
            return Err(format!("validator {place} has signed two batches under the number {number}"));
        }
        Ok(())
    }
}

impl Check for Restored {
    fn name(&self) -> &'static str {
        "restored"
    }

    fn sent(&mut self, view: &View, sent: &Sent) -> Result<(), String> {
        let message = match sent {
            Sent::Gossip { bytes, .. } => Message::read(bytes).ok(),
            Sent::Reply { bytes, .. } => match Answer::read(bytes) {
                Ok(Answer::Live { message }) => Message::read_page(&message).ok(),
                _ => None,
            },
            Sent::Ask { .. } => None,
        };
        message.iter().flat_map(|message| &message.batches).try_for_each(|batch| self.look(view, batch))
    }
}
