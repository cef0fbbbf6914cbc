//! Signs two successors in one round: what the others propose and one of its own, or two of its own. Half of
//! its neighbours hear of the one, half of the other.

use super::{Act, Around, Hostile};
use crate::random::Random;
use commonwheel_protocol::agreement::{Charter, Lineage, Succession};
use commonwheel_protocol::core::status;
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::operation::{Matter, Motion};
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::wire::gossip::Message;

pub(super) struct Forks {
    key: SecretKey,
}

impl Forks {
    pub fn new(key: SecretKey) -> Self {
        Forks { key }
    }

    fn motion(&self, charter: Charter) -> Vec<u8> {
        let motion = Motion::sign(Matter::Successor(Box::new(charter)), &self.key).to_bytes();
        Message { operations: vec![motion], ..Message::default() }.to_bytes()
    }
}

/// A successor of the charter that leads which others have moved, if one is known.
fn proposed(lineage: &Lineage, around: &Around) -> Option<Charter> {
    let head = lineage.head().charter.id();
    let mut found = None;
    let _ = index::each(around.store, &[prefix::MOTION], |entry| {
        let block = index::last_cid(&entry.key).map(|cid| around.store.block(Shelf::Live, &cid)).transpose()?;
        if let Some(motion) = block.flatten().and_then(|bytes| Motion::verify(&bytes).ok())
            && let Matter::Successor(charter) = motion.matter
            && charter.succeeds.as_ref().is_some_and(|succeeds| succeeds.predecessor == head)
            && !OWN.contains(&charter.scope.as_str())
        {
            found = found.take().or(Some(*charter));
        }
        Ok(())
    });
    found
}

/// The scopes of what it makes up.
const OWN: [&str; 2] = ["Something else", "Something else again"];

impl Hostile for Forks {
    fn act(&mut self, around: &Around, _random: &mut Random) -> Vec<Act> {
        let Ok(lineage) = status::lineage(around.store) else { return vec![] };
        let head = lineage.head().charter;
        if head.validator(&self.key.public()).is_none() {
            return vec![];
        }
        let made_up = |scope: &str| {
            let mut charter = head.clone();
            charter.scope = scope.into();
            charter.succeeds = Some(Succession {
                community: charter.community(),
                predecessor: head.id(),
                round: 1,
                closing: Default::default(),
            });
            charter
        };
        let one = proposed(&lineage, around).unwrap_or_else(|| made_up(OWN[1]));
        let other = Charter { scope: OWN[0].into(), ..one.clone() };
        let (one, other) = (self.motion(one), self.motion(other));
        let told = around.neighbours.iter().enumerate();
        told.map(|(at, to)| Act::Tell(*to, if at % 2 == 0 { one.clone() } else { other.clone() })).collect()
    }
}
