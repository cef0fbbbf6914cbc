//! What offences cost a peer, and when that gets it banned: the rule of the real node's driver
//! (`node/src/net/penalties.rs`), with the same numbers. Each node counts by itself, and forgets
//! when it stops.

use commonwheel_protocol::core::Offence;
use std::collections::BTreeMap;

/// Points at which a peer is disconnected and refused.
const BAN_AT: u64 = 100;
/// How long a ban lasts.
const BAN_MS: u64 = 3_600_000;
/// In how long everything short of a ban is forgiven.
const FORGIVEN_MS: u64 = 600_000;

/// Points out of a hundred that an offence costs.
fn cost(offence: Offence) -> u64 {
    match offence {
        Offence::Malformed | Offence::False => 30,
        Offence::Oversized => 60,
        // The driver counts it as a flood.
        Offence::Unwanted => 12,
    }
}

/// Penalty points and bans, by who judges and who is judged.
#[derive(Default)]
pub(crate) struct Penalties {
    /// In units of which one is forgiven each millisecond, and since when.
    points: BTreeMap<(usize, usize), (u64, u64)>,
    banned_until: BTreeMap<(usize, usize), u64>,
}

impl Penalties {
    /// Counts an offence; until when the peer is banned, if this has just got it banned.
    pub fn add(&mut self, now_ms: u64, judge: usize, judged: usize, offence: Offence) -> Option<u64> {
        let pair = (judge, judged);
        if self.bans(now_ms, judge, judged) {
            return None;
        }
        let unit = FORGIVEN_MS / BAN_AT;
        let before = self.points.get(&pair).map_or(0, |(value, at)| value.saturating_sub(now_ms - at));
        let value = before + cost(offence) * unit;
        if value < BAN_AT * unit {
            self.points.insert(pair, (value, now_ms));
            return None;
        }
        self.points.remove(&pair);
        self.banned_until.insert(pair, now_ms + BAN_MS);
        Some(now_ms + BAN_MS)
    }

    /// Whether a node refuses another now.
    pub fn bans(&self, now_ms: u64, judge: usize, judged: usize) -> bool {
        self.banned_until.get(&(judge, judged)).is_some_and(|until| now_ms < *until)
    }

    /// A node stops: what it has counted is in its memory alone.
    pub fn forget(&mut self, judge: usize) {
        self.points.retain(|(who, _), _| *who != judge);
        self.banned_until.retain(|(who, _), _| *who != judge);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offences_add_up_to_a_ban_that_ends_after_an_hour() {
        let mut penalties = Penalties::default();
        assert_eq!(penalties.add(0, 1, 2, Offence::Oversized), None);
        assert_eq!(penalties.add(10_000, 1, 2, Offence::Oversized), Some(10_000 + BAN_MS), "the second one suffices");
        assert!(penalties.bans(10_000 + BAN_MS - 1, 1, 2) && !penalties.bans(10_000 + BAN_MS, 1, 2));
        assert!(!penalties.bans(10_000, 3, 2), "another judges by itself");
        penalties.forget(1);
        assert!(!penalties.bans(10_000, 1, 2));
    }

    #[test]
    fn rare_offences_are_forgiven() {
        let mut penalties = Penalties::default();
        assert!((0..120).all(|time| penalties.add(time * 300_000, 1, 2, Offence::Malformed).is_none()));
    }

    #[test]
    fn the_numbers_are_those_of_the_real_node() {
        let real = include_str!("../../../node/src/net/penalties.rs");
        let costs = [
            ("Malformed", Offence::Malformed),
            ("Invalid", Offence::False),
            ("Oversized", Offence::Oversized),
            ("Flood", Offence::Unwanted),
        ];
        for (name, offence) in costs {
            assert!(real.contains(&format!("Offence::{name} => {}.0,", cost(offence))), "{name}");
        }
        assert!(real.contains(&format!("BAN_AT: f64 = {BAN_AT}.0;")));
        assert!(real.contains(&format!("BAN: Duration = Duration::from_secs({});", BAN_MS / 1_000)));
        assert!(real.contains(&format!("FORGIVEN_PER_SECOND: f64 = BAN_AT / {}.0;", FORGIVEN_MS / 1_000)));
    }
}
