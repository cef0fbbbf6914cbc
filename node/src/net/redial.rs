//! When to dial the bootstrap addresses again.

use super::address::peer_of;
use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId};
use std::time::{Duration, Instant};

const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The addresses that a node keeps a connection to.
pub(super) struct Bootstrap(Vec<Entry>);

struct Entry {
    addr: Multiaddr,
    /// Who answers there: from the address, or known since the first connection.
    peer: Option<PeerId>,
    dialing: Option<ConnectionId>,
    wait: Duration,
    due: Instant,
}

impl Bootstrap {
    pub(super) fn new(addrs: Vec<Multiaddr>, local: PeerId, now: Instant) -> Self {
        let entry = |addr: Multiaddr| Entry { peer: peer_of(&addr), addr, dialing: None, wait: FIRST_WAIT, due: now };
        Bootstrap(addrs.into_iter().map(entry).filter(|entry| entry.peer != Some(local)).collect())
    }

    /// Dials what is due and not connected; `dial` returns the id of the attempt it has begun.
    pub(super) fn dial_due(
        &mut self,
        now: Instant,
        connected: impl Fn(&PeerId) -> bool,
        mut dial: impl FnMut(&Multiaddr) -> Option<ConnectionId>,
    ) {
        for entry in &mut self.0 {
            let there = entry.peer.as_ref().is_some_and(&connected);
            if there && now >= entry.due + LONGEST_WAIT {
                entry.wait = FIRST_WAIT;
            }
            if there || entry.dialing.is_some() || now < entry.due {
                continue;
            }
            entry.dialing = dial(&entry.addr);
            if entry.dialing.is_none() {
                entry.back_off(now);
            }
        }
    }

    /// An attempt has succeeded. The wait still grows until a connection has lasted, so that a peer
    /// that accepts and hangs up at once is not dialled every second.
    pub(super) fn succeeded(&mut self, now: Instant, attempt: ConnectionId, peer: PeerId) {
        if let Some(entry) = self.0.iter_mut().find(|entry| entry.dialing == Some(attempt)) {
            entry.dialing = None;
            entry.peer = Some(peer);
            entry.back_off(now);
        }
    }

    /// An attempt has failed.
    pub(super) fn failed(&mut self, now: Instant, attempt: ConnectionId) {
        if let Some(entry) = self.0.iter_mut().find(|entry| entry.dialing == Some(attempt)) {
            entry.dialing = None;
            entry.back_off(now);
        }
    }

    /// Forgets addresses at which this node itself has answered.
    pub(super) fn is_self(&mut self, attempt: ConnectionId) {
        self.0.retain(|entry| entry.dialing != Some(attempt));
    }
}

impl Entry {
    fn back_off(&mut self, now: Instant) {
        self.due = now + self.wait;
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_while_nobody_answers() {
        let start = Instant::now();
        let mut bootstrap = Bootstrap::new(vec!["/ip4/192.0.2.1/tcp/9".parse().unwrap()], PeerId::random(), start);
        let mut dialled_at = Vec::new();
        for second in 0..200 {
            let now = start + Duration::from_secs(second);
            bootstrap.dial_due(
                now,
                |_| false,
                |_| {
                    dialled_at.push(second);
                    None
                },
            );
        }
        assert_eq!(dialled_at, [0, 1, 3, 7, 15, 31, 63, 123, 183]);
    }

    #[test]
    fn a_connected_peer_is_not_dialled_and_a_lost_one_is_at_once() {
        let (start, peer) = (Instant::now(), PeerId::random());
        let mut bootstrap = Bootstrap::new(vec!["/ip4/192.0.2.1/tcp/9".parse().unwrap()], PeerId::random(), start);
        let attempt = ConnectionId::new_unchecked(1);
        bootstrap.dial_due(start, |_| false, |_| Some(attempt));
        bootstrap.succeeded(start, attempt, peer);
        let later = start + Duration::from_secs(3600);
        bootstrap.dial_due(later, |other| *other == peer, |_| panic!("dialled a connected peer"));
        let mut dialled = false;
        bootstrap.dial_due(
            later,
            |_| false,
            |_| {
                dialled = true;
                None
            },
        );
        assert!(dialled);
    }

    #[test]
    fn a_peer_that_hangs_up_at_once_is_dialled_ever_more_rarely_until_a_connection_lasts() {
        let (start, peer, attempt) = (Instant::now(), PeerId::random(), ConnectionId::new_unchecked(1));
        let mut bootstrap = Bootstrap::new(vec!["/ip4/192.0.2.1/tcp/9".parse().unwrap()], PeerId::random(), start);
        let mut dials = |seconds: std::ops::Range<u64>, connected: bool| {
            let mut count = 0;
            for second in seconds {
                let now = start + Duration::from_secs(second);
                let mut dialled = false;
                bootstrap.dial_due(
                    now,
                    |_| connected,
                    |_| {
                        dialled = true;
                        Some(attempt)
                    },
                );
                if dialled {
                    bootstrap.succeeded(now, attempt, peer);
                    count += 1;
                }
            }
            count
        };
        assert_eq!(dials(0..60, false), 6, "at 0, 1, 3, 7, 15 and 31 seconds");
        assert_eq!(dials(60..300, true), 0);
        assert_eq!(dials(300..304, false), 3, "at once, then after one and two seconds");
    }
}
