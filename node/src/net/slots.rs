//! Bounds on how many incoming exchange streams are open at once.

use libp2p::PeerId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// Incoming streams of one peer: a replica fetches over a few at a time.
pub const STREAMS_PER_PEER: usize = 16;
/// Incoming streams in all: 16 busy peers. Each may buffer one frame.
pub const STREAMS: usize = 256;

const _: () = assert!(STREAMS_PER_PEER < STREAMS, "one peer cannot take every stream");

/// Counts open streams by peer.
///
/// Invariant: no count is above [`STREAMS_PER_PEER`], and their sum is at most [`STREAMS`].
#[derive(Clone, Default)]
pub(super) struct Slots(Arc<Mutex<BTreeMap<PeerId, usize>>>);

/// The right to one open stream; returned when dropped.
pub(super) struct Slot {
    slots: Slots,
    peer: PeerId,
}

impl Slots {
    /// A slot, or `None` when the peer or everybody together has as many as allowed.
    pub(super) fn take(&self, peer: PeerId) -> Option<Slot> {
        let mut open = self.lock();
        let all: usize = open.values().sum();
        let own = open.get(&peer).copied().unwrap_or(0);
        if own >= STREAMS_PER_PEER || all >= STREAMS {
            return None;
        }
        open.insert(peer, own + 1);
        Some(Slot { slots: self.clone(), peer })
    }

    /// The counts stay right when another thread panics between two operations on them.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<PeerId, usize>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.slots.lock();
        match open.get_mut(&self.peer) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(open.remove(&self.peer)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_peer_has_sixteen_streams_and_a_closed_one_makes_room() {
        let (slots, peer) = (Slots::default(), PeerId::random());
        let mut held: Vec<Slot> = (0..STREAMS_PER_PEER).filter_map(|_| slots.take(peer)).collect();
        assert_eq!(held.len(), STREAMS_PER_PEER);
        assert!(slots.take(peer).is_none());
        held.pop();
        assert!(slots.take(peer).is_some());
    }

    #[test]
    fn many_peers_together_have_no_more_than_the_total() {
        let slots = Slots::default();
        let held: Vec<Slot> = (0..STREAMS + 1).filter_map(|_| slots.take(PeerId::random())).collect();
        assert_eq!(held.len(), STREAMS);
        drop(held);
        assert!(slots.lock().is_empty());
    }
}
