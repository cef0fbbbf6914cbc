//! What offences cost a peer, and when they get it banned.

use libp2p::PeerId;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Points at which a peer is disconnected and blocked.
const BAN_AT: f64 = 100.0;
/// How long a ban lasts.
pub(super) const BAN: Duration = Duration::from_secs(3600);
/// Points forgiven each second: everything short of a ban is forgotten in ten minutes.
const FORGIVEN_PER_SECOND: f64 = BAN_AT / 600.0;
/// Peers remembered, and peers banned, at once. Keys cost nothing, so memory of them is bounded.
const REMEMBERED: usize = 4096;

/// What a peer did wrong. Only for what the peer itself is at fault for: an honest peer can
/// forward what is merely old, unknown here or not yet decidable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offence {
    /// Bytes that do not decode.
    Malformed,
    /// Something well-formed that breaks a rule that anyone can check, such as a wrong signature.
    Invalid,
    /// More bytes or items than the protocol allows.
    Oversized,
    /// More requests or messages than it may send in a while.
    Flood,
    /// A request accepted and not answered, or answered with something else.
    Unanswered,
}

impl Offence {
    /// Points out of the hundred that get a peer banned. Not divisors of a hundred: the second,
    /// fourth or ninth offence shall suffice though the first has been forgiven a little meanwhile.
    fn cost(self) -> f64 {
        match self {
            Offence::Malformed => 30.0,
            Offence::Invalid => 30.0,
            Offence::Oversized => 60.0,
            Offence::Flood => 12.0,
            Offence::Unanswered => 6.0,
        }
    }
}

/// Penalty points and bans, by peer.
#[derive(Default)]
pub(super) struct Penalties {
    points: BTreeMap<PeerId, Points>,
    banned_until: BTreeMap<PeerId, Instant>,
}

#[derive(Clone, Copy)]
struct Points {
    value: f64,
    at: Instant,
}

impl Points {
    fn at(self, now: Instant) -> f64 {
        let forgiven = now.saturating_duration_since(self.at).as_secs_f64() * FORGIVEN_PER_SECOND;
        (self.value - forgiven).max(0.0)
    }
}

impl Penalties {
    /// Counts an offence. True when it has just got the peer banned.
    pub(super) fn add(&mut self, now: Instant, peer: PeerId, offence: Offence) -> bool {
        if self.banned_until.contains_key(&peer) {
            return false;
        }
        let value = self.points(now, &peer) + offence.cost();
        if value < BAN_AT {
            make_room(&mut self.points, &peer, |points| points.at(now));
            self.points.insert(peer, Points { value, at: now });
            return false;
        }
        self.points.remove(&peer);
        self.banned_until.insert(peer, now + BAN);
        true
    }

    /// The points a peer has now.
    pub(super) fn points(&self, now: Instant, peer: &PeerId) -> f64 {
        self.points.get(peer).map_or(0.0, |points| points.at(now))
    }

    /// Every peer with points, and how many; those without any are forgotten on the next call.
    pub(super) fn scores(&mut self, now: Instant) -> Vec<(PeerId, f64)> {
        let scores: Vec<_> = self.points.iter().map(|(peer, points)| (*peer, points.at(now))).collect();
        self.points.retain(|_, points| points.at(now) > 0.0);
        scores
    }

    /// Takes the peers whose ban is over, and those whose ban must make room for newer ones.
    pub(super) fn end_bans(&mut self, now: Instant) -> Vec<PeerId> {
        let mut bans: Vec<(Instant, PeerId)> = self.banned_until.iter().map(|(peer, end)| (*end, *peer)).collect();
        bans.sort_unstable();
        let surplus = bans.len().saturating_sub(REMEMBERED);
        let ended: Vec<PeerId> = bans
            .iter()
            .enumerate()
            .filter(|(place, (end, _))| *place < surplus || *end <= now)
            .map(|(_, (_, peer))| *peer)
            .collect();
        for peer in &ended {
            self.banned_until.remove(peer);
        }
        ended
    }
}

/// Forgets the entry with the least value when a new one would not fit.
fn make_room(points: &mut BTreeMap<PeerId, Points>, peer: &PeerId, value: impl Fn(&Points) -> f64) {
    if points.len() < REMEMBERED || points.contains_key(peer) {
        return;
    }
    let least = points.iter().min_by(|a, b| value(a.1).total_cmp(&value(b.1))).map(|(peer, _)| *peer);
    if let Some(least) = least {
        points.remove(&least);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offences_add_up_to_one_ban_that_ends_after_an_hour() {
        let (mut penalties, peer, now) = (Penalties::default(), PeerId::random(), Instant::now());
        assert!(!penalties.add(now, peer, Offence::Oversized));
        let now = now + Duration::from_secs(10);
        assert!(penalties.add(now, peer, Offence::Oversized), "the second one suffices");
        assert!(!penalties.add(now, peer, Offence::Oversized), "a banned peer is not banned again");
        assert!(penalties.end_bans(now + BAN - Duration::from_secs(1)).is_empty());
        assert_eq!(penalties.end_bans(now + BAN), [peer]);
        assert!(!penalties.add(now + BAN, peer, Offence::Oversized), "it starts afresh");
    }

    #[test]
    fn rare_offences_are_forgiven() {
        let (mut penalties, peer, start) = (Penalties::default(), PeerId::random(), Instant::now());
        for minute in 0..120 {
            let now = start + Duration::from_secs(60 * 5 * minute);
            assert!(!penalties.add(now, peer, Offence::Malformed));
        }
        let later = start + Duration::from_secs(60 * 5 * 200);
        penalties.scores(later);
        assert!(penalties.scores(later).is_empty());
    }

    #[test]
    fn memory_of_offenders_is_bounded_and_keeps_the_worst() {
        let (mut penalties, worst, now) = (Penalties::default(), PeerId::random(), Instant::now());
        penalties.add(now, worst, Offence::Oversized);
        for _ in 0..REMEMBERED + 10 {
            penalties.add(now, PeerId::random(), Offence::Unanswered);
        }
        assert_eq!(penalties.points.len(), REMEMBERED);
        assert!(penalties.points(now, &worst) > 0.0);
    }
}
