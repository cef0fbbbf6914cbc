//! What a seed leads to.

use super::{Plan, QUIET_MS, SETTLE_MS, SKEW_MS, Weather};
use crate::hostile::Kind;
use crate::random::Random;
use commonwheel_protocol::agreement::charter::BodyAccess;

impl Plan {
    /// What a seed leads to: any mixture of the faults. `nodes` counts all nodes, at least 6.
    pub fn from_seed(seed: u64, nodes: Option<usize>) -> Self {
        let mut random = Random::new(seed ^ 0x5eed);
        let quorum = match random.within(0, 9) {
            0 => (1, 0, 1),
            1 => (3, 0, 2),
            2 => (5, 1, 4),
            _ => (4, 1, 3),
        };
        let heal_ms = random.within(15_000, 45_000);
        let weather = Weather {
            gossip_loss: random.within(0, 60),
            ask_loss: random.within(0, 40),
            duplicates: random.within(0, 30),
            flips: 0,
            delay_ms: random.within(20, 4_000),
        };
        let mut more = Random::new(seed ^ 0xfa17);
        let strangers: Vec<_> = match more.within(0, 9) {
            0..5 => vec![],
            5..8 => vec![any_of(&Kind::STRANGERS, &mut more)],
            _ => vec![any_of(&Kind::STRANGERS, &mut more), any_of(&Kind::STRANGERS, &mut more)],
        };
        let replicas = nodes.map_or(2, |nodes| nodes.saturating_sub(quorum.0 + strangers.len() + 1).max(1));
        let mut plan = Plan {
            quorum,
            bodies: if random.percent(70) { BodyAccess::OnCertificate } else { BodyAccess::OnRelease },
            replicas,
            strangers,
            late_records: more.within(0, 3) as usize,
            records: random.within(3, 14) as usize,
            handfuls: random.within(1, 4) as usize,
            weather,
            heal_ms,
            end_ms: heal_ms + SETTLE_MS + QUIET_MS,
            crashes: random.within(0, 6) as usize,
            partitions: random.within(0, 3) as usize,
            bans: Random::new(seed ^ 0xba25).percent(50),
            ..Plan::calm(seed)
        };
        match Random::new(seed ^ 0x6055).within(0, 19) {
            0 | 1 => plan.without_gossip = true,
            2 | 3 => plan.weather.gossip_loss = 100,
            _ => {}
        }
        plan.one_way = more.within(0, 3) as usize;
        plan.weather.flips = more.within(0, 20);
        let off = more.within(0, 2);
        plan.skewed =
            (0..off).map(|_| (more.index(plan.nodes()), more.within(0, 2 * SKEW_MS) as i64 - SKEW_MS as i64)).collect();
        if more.percent(40) {
            let replica = more.within(quorum.0 as u64, (quorum.0 + replicas) as u64) as usize;
            let node = if replica == quorum.0 + replicas { plan.contributor() } else { replica };
            plan.restored.push(backup(node, heal_ms, &mut more));
        }
        let kind = any_of(&Kind::VALIDATORS[..4], &mut more);
        plan.liar = (quorum.1 > 0 && random.percent(50)).then(|| (random.index(quorum.0), kind));
        if more.percent(25) {
            plan = plan.with_a_restored_validator();
        }
        if random.percent(30) && quorum.0 > 1 {
            // As many as it takes to stop acceptance; the last of them comes back only at the end.
            plan.down = (0..quorum.0 - quorum.2 + 1).map(|i| (i, 0, heal_ms - 1_000 * i as u64)).collect();
        }
        plan.with_deeds().with_rot()
    }

    /// The same, now and then with a block that rots: of a validator only where one may fail and none does otherwise.
    fn with_rot(mut self) -> Self {
        let mut random = Random::new(self.seed ^ 0x0207);
        let validator_may = self.quorum.1 > 0 && self.liar.is_none();
        let validator_may = validator_may && self.restored.iter().all(|(node, ..)| *node >= self.quorum.0);
        let may = |node: &usize| {
            let named = *node < self.quorum.0 || self.is_newcomer(*node);
            self.kind_of(*node).is_none() && !self.loses_disk(*node) && (!named || validator_may)
        };
        let nodes: Vec<_> = (0..self.nodes()).filter(may).collect();
        if random.percent(20) && !nodes.is_empty() {
            self.rots.push((nodes[random.index(nodes.len())], random.within(2_000, self.heal_ms - 500)));
        }
        self
    }

    /// The same with one more node whose disk is replaced by an old backup: an honest validator.
    #[must_use]
    pub fn with_a_restored_validator(mut self) -> Self {
        let mut random = Random::new(self.seed ^ 0xbacc);
        let honest: Vec<_> = (0..self.quorum.0).filter(|place| self.kind_of(*place).is_none()).collect();
        let node = honest[random.index(honest.len())];
        self.restored.push(backup(node, self.heal_ms, &mut random));
        self
    }
}

fn any_of(kinds: &[Kind], random: &mut Random) -> Kind {
    kinds[random.index(kinds.len())]
}

fn backup(node: usize, heal_ms: u64, random: &mut Random) -> (usize, u64, u64) {
    let taken = random.within(0, heal_ms / 2);
    (node, taken, random.within(taken + 1, heal_ms - 1))
}
