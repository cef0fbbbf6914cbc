//! What a plan decides beforehand.

use super::{Event, World};
use crate::disk::Loss;
use crate::node::CrashPoint;

impl World<'_> {
    /// Everything that the plan decides beforehand.
    pub(super) fn schedule(&mut self) {
        let (plan, heal) = (self.plan, self.plan.heal_ms);
        for node in 0..plan.nodes() {
            let down = plan.down.iter().find(|(who, ..)| *who == node);
            self.at(down.map_or(0, |(_, _, until)| *until), Event::Start(node));
            if let Some((_, from, _)) = down.filter(|(_, from, _)| *from > 0) {
                self.at(0, Event::Start(node));
                self.at(*from, Event::Crash(node, CrashPoint::Idle));
            }
            self.at(7 * node as u64, Event::Tick(node));
        }
        for handful in 0..plan.handfuls {
            let when = self.random.within(500, heal * 2 / 3);
            self.at(when, Event::Contribute(handful));
        }
        let late = self.random.within(heal, heal + 3_000);
        self.at(late, Event::Contribute(plan.handfuls));
        for _ in 0..plan.crashes {
            let (when, node) = (self.random.within(1_000, heal - 1), self.random.index(plan.nodes()));
            let points = [CrashPoint::Idle, CrashPoint::BeforeCommit, CrashPoint::BeforeEffects];
            let losses = [Loss::Process, Loss::Power];
            let point = match self.random.index(6) {
                point @ 0..3 => points[point],
                loss => CrashPoint::AtSync(losses[loss % 2]),
            };
            self.at(when, Event::Crash(node, point));
        }
        for _ in 0..plan.partitions {
            let sides = (0..plan.nodes()).map(|_| self.random.percent(50)).collect();
            let when = self.random.within(500, heal - 1);
            let until = self.random.within(when, heal);
            self.at(when, Event::Split(sides));
            self.at(until, Event::Mend);
        }
        for _ in 0..plan.one_way {
            let deaf: Vec<_> = (0..plan.nodes()).map(|_| self.random.percent(40)).collect();
            let pairs = (0..plan.nodes()).flat_map(|from| (0..plan.nodes()).map(move |to| (from, to)));
            let pairs = pairs.filter(|(from, to)| !deaf[*from] && deaf[*to]).collect();
            let when = self.random.within(500, heal - 1);
            let until = self.random.within(when, heal);
            self.at(when, Event::Unhear(pairs));
            self.at(until, Event::Hear);
        }
        for (node, taken, restored) in &plan.restored {
            self.at(*taken, Event::Backup(*node));
            self.at(*restored, Event::Restore(*node));
        }
        for (node, when) in &plan.rots {
            self.at(*when, Event::Rot(*node));
        }
        for (at, (when, _)) in plan.deeds.iter().enumerate() {
            self.at(*when, Event::Do(at));
        }
        for node in self.minds.keys().copied().collect::<Vec<_>>() {
            self.at(900 + 10 * node as u64, Event::Misbehave(node));
        }
        self.at(heal, Event::Heal);
    }
}
