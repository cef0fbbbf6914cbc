//! What people do with a community beside contributing, and when.

use super::Plan;
use crate::hostile::Kind;
use crate::random::Random;

/// Something that people set out to do, and try until it is done or the phase of liveness ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The contributor withdraws the record with this number.
    Withdraw(usize),
    /// The contributor revises it.
    Revise(usize),
    /// Validators vote to take it down: all of them, or one fewer than a quorum.
    TakeDown(usize, Voters),
    /// Validators vote to accept nothing new until the hour ends.
    Freeze,
    /// Validators vote to accept at most so many records of one author until the hour ends.
    RateCap(i64),
    /// One validator drafts a release, and all sign it.
    Release,
    /// The validator at a place of the charter is replaced by a node that has had a key from the start.
    Succeed {
        /// The place.
        place: usize,
        /// The node.
        newcomer: usize,
    },
    /// The same in rounds that compete: some validators sign the first, and before anybody knows what came of it
    /// another is proposed, with other words in it. The last one is carried through.
    Compete {
        /// The place.
        place: usize,
        /// The node, which every round names.
        newcomer: usize,
        /// How many rounds, at most.
        rounds: usize,
        /// Who signs the last one.
        ends: Signers,
    },
    /// Two successors are certified in one round. Once that is seen, people agree on one in a higher round.
    Fork(Forkers),
}

/// Who signs the last of some rounds that compete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signers {
    /// The validators.
    Quorum,
    /// Most of the recovery keys, against validators who are stuck.
    Recovery,
}

/// How there come to be two certified successors in one round: not by f liars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forkers {
    /// The keys of a quorum are stolen, and sign both. Their nodes know nothing of it.
    Thieves,
    /// The validators sign one, and most of the recovery keys the other.
    Recovery,
}

/// Who votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voters {
    /// Every validator that follows the protocol.
    All,
    /// One fewer than a quorum.
    TooFew,
}

/// How long after the network has healed people begin something new, in milliseconds.
const LATE_MS: u64 = 8_000;

impl Plan {
    /// Whether a node has a key with which a successor may name it.
    pub fn is_newcomer(&self, node: usize) -> bool {
        self.deeds.iter().any(|(_, deed)| match deed {
            Deed::Succeed { newcomer, .. } | Deed::Compete { newcomer, .. } => *newcomer == node,
            _ => false,
        })
    }

    /// Whether the charter names recovery keys: where somebody uses them.
    pub fn has_recovery(&self) -> bool {
        let uses =
            |deed: &Deed| matches!(deed, Deed::Compete { ends: Signers::Recovery, .. } | Deed::Fork(Forkers::Recovery));
        self.deeds.iter().any(|(_, deed)| uses(deed))
    }

    /// Whether more than f validators sign what nobody who follows the protocol does, or recovery keys work against
    /// the validators: then, and only then, two successors may be certified in one round.
    pub fn forks(&self) -> bool {
        self.deeds.iter().any(|(_, deed)| matches!(deed, Deed::Fork(_)))
    }

    /// The records that are revised, in the order in which their revisions are numbered: after all others.
    pub fn revised(&self) -> impl Iterator<Item = usize> + '_ {
        self.deeds.iter().filter_map(|(_, deed)| if let Deed::Revise(record) = deed { Some(*record) } else { None })
    }

    /// The same with what people do, drawn from the seed.
    #[must_use]
    pub(super) fn with_deeds(mut self) -> Self {
        let mut random = Random::new(self.seed ^ 0xdeed);
        if random.percent(20) {
            return self;
        }
        let (early, late) = ((1_000, self.heal_ms - 1_000), (self.heal_ms, self.heal_ms + LATE_MS));
        for (from, until) in [early, late] {
            let mut add = |deed, random: &mut Random| self.deeds.push((random.within(from, until), deed));
            for _ in 0..random.within(0, 2) {
                add(Deed::Withdraw(random.index(self.records + self.late_records)), &mut random);
            }
            for _ in 0..random.within(0, 1) {
                add(Deed::Revise(sound(random.index(self.records))), &mut random);
            }
            if random.percent(30) {
                let voters = if random.percent(70) { Voters::All } else { Voters::TooFew };
                add(Deed::TakeDown(random.index(self.records), voters), &mut random);
            }
            for _ in 0..random.within(0, 2) {
                add(Deed::Release, &mut random);
            }
        }
        // With a clock that is off, the hour ends at another time.
        if self.skewed.is_empty() && random.percent(30) {
            self.hour_ends_ms = Some(self.heal_ms + random.within(2_000, 12_000));
            let deed = if random.percent(50) { Deed::Freeze } else { Deed::RateCap(random.within(1, 3) as i64) };
            self.deeds.push((random.within(500, self.heal_ms), deed));
        }
        self.with_successions(&mut random)
    }

    fn with_successions(mut self, random: &mut Random) -> Self {
        let n = self.quorum.0;
        let drawn = [random.percent(20), random.percent(20)];
        let newcomers = (n..n + self.replicas).filter(|node| self.kind_of(*node).is_none());
        let phases = [(1_000, self.heal_ms - 1_000), (self.heal_ms, self.heal_ms + LATE_MS)];
        let phases = phases.into_iter().zip(drawn).filter(|(_, drawn)| *drawn).map(|(phase, _)| phase);
        let successions: Vec<_> = phases.zip(newcomers).collect();
        for (at, ((from, until), newcomer)) in successions.into_iter().enumerate() {
            let when = random.within(from, until);
            let liar = self.liar.map(|(place, _)| place).filter(|_| at == 0 && random.percent(60));
            // The second one replaces another validator than the first.
            let place = liar.unwrap_or_else(|| (random.index(n) + at) % n);
            self.deeds.push((when, Deed::Succeed { place, newcomer }));
            if at == 0 && self.liar.is_none() && self.quorum.1 > 0 && random.percent(50) {
                self.liar = Some((place, Kind::Removed));
            }
        }
        if self.liar.is_none() && self.quorum.1 > 0 && random.percent(20) {
            self.liar = Some((random.index(n), Kind::Forks));
        }
        self.with_rounds()
    }

    /// Makes some successions take several rounds, and now and then lets the succession fork.
    fn with_rounds(mut self) -> Self {
        let mut random = Random::new(self.seed ^ 0x0f0f);
        for (_, deed) in &mut self.deeds {
            if let Deed::Succeed { place, newcomer } = *deed
                && random.percent(60)
            {
                let ends = if random.percent(30) { Signers::Recovery } else { Signers::Quorum };
                *deed = Deed::Compete { place, newcomer, rounds: random.within(2, 3) as usize, ends };
            }
        }
        if self.liar.is_none() && random.percent(15) {
            let forkers = if random.percent(50) { Forkers::Thieves } else { Forkers::Recovery };
            self.deeds.push((random.within(1_000, self.heal_ms + LATE_MS), Deed::Fork(forkers)));
        }
        self
    }
}

/// The number of a sound record, this one or the one before it.
fn sound(record: usize) -> usize {
    if record % 5 == 4 { record - 1 } else { record }
}
