//! One transition as the real driver makes it.

use super::{Cause, Event, World};
use crate::check::Sent;
use crate::disk::Loss;
use crate::network::What;
use crate::node::{CrashPoint, index_of};
use crate::plan::Planted;
use crate::planted;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{Effect, Input, Judgement, Notice, Step};
use commonwheel_protocol::ledger::{Batch, Store};

impl World<'_> {
    /// One transition as the real driver makes it: step, commit, and only then the effects.
    pub(super) fn step(&mut self, at: usize, input: Input, cause: Cause) -> Result<(), String> {
        let node = &mut self.nodes[at];
        let now = node.clock(self.now);
        let Some(core) = node.core.as_mut() else { return Ok(()) };
        let asked = match &input {
            Input::Request { bytes, .. } if !node.honest => Some(bytes.clone()),
            _ => None,
        };
        let mut step = match core.step(now, input, &node.store.reading()) {
            Ok(step) => step,
            // A node whose disk is damaged stops.
            Err(_) if node.store.rotten().next().is_some() => return self.give_up(at),
            Err(error) => return Err(format!("step: {error}")),
        };
        self.steps += 1;
        if let Some(fault) = self.plan.planted {
            let asker = if let Cause::Request(from, _) = cause { Some(from) } else { None };
            let phase = self.plan.phase(self.now);
            planted::spoil(fault, self.plan, (at, phase), asker, (&node.store, &self.community), &mut step);
        }
        self.twist(at, asked.as_deref(), &mut step);
        let doom = self.nodes[at].doom.filter(|_| !step.batch.is_empty());
        if doom == Some(CrashPoint::BeforeCommit) {
            return self.crash(at);
        }
        if let Some((sync, loss)) = self.crashes_at_sync(at, &step.batch) {
            let crashed = self.nodes[at].store.crash_in(&step.batch, sync, loss, &mut self.random);
            crashed.map_err(|error| format!("commit: {error}"))?;
            return self.crash(at);
        }
        self.nodes[at].store.commit(&step.batch).map_err(|error| format!("commit: {error}"))?;
        self.remember(at, &step);
        self.check(|checks, view| checks.committed(view, at, &step.batch))?;
        if doom == Some(CrashPoint::BeforeEffects) {
            return self.crash(at);
        }
        let answers = step.effects.iter().any(|effect| matches!(effect, Effect::Reply(..)));
        if let (Cause::Request(asker, ask), false) = (&cause, answers) {
            self.time_out(at, *asker, *ask);
        }
        step.effects.into_iter().try_for_each(|effect| self.act(at, effect, &cause))
    }

    /// At which of the syncs of this commit the node crashes, if at one: as the plan says, or by its doom.
    fn crashes_at_sync(&mut self, at: usize, batch: &Batch) -> Option<(u64, Loss)> {
        let node = &self.nodes[at];
        let (before, syncs) = (node.store.syncs(), node.store.syncs_of(batch));
        if let Some((who, sync, loss)) = self.plan.crash_at_sync
            && (who, true) == (at, (before..before + syncs).contains(&sync))
            && !self.crashed_at_sync
        {
            self.crashed_at_sync = true;
            return Some((sync - before, loss));
        }
        match node.doom {
            Some(CrashPoint::AtSync(loss)) if syncs > 0 => Some((self.random.index(syncs as usize) as u64, loss)),
            _ => None,
        }
    }

    pub(super) fn act(&mut self, at: usize, effect: Effect, cause: &Cause) -> Result<(), String> {
        match effect {
            Effect::Publish(bytes) => {
                self.sent(Sent::Gossip { from: at, bytes: &bytes })?;
                self.flood(at, None, bytes.into());
            }
            Effect::Judge(_, judgement) => {
                if let (Judgement::Accept, Cause::Gossip(from, bytes)) = (judgement, cause) {
                    self.flood(at, Some(*from), bytes.clone());
                }
            }
            Effect::Reply(_, bytes) => {
                let Cause::Request(asker, ask) = cause else { return Err("driver: a reply without a request".into()) };
                self.sent(Sent::Reply { from: at, to: *asker, bytes: &bytes })?;
                if self.random.percent(self.weather.ask_loss) {
                    self.time_out(at, *asker, *ask);
                } else {
                    self.send(at, *asker, What::Reply(*ask, Some(bytes)));
                }
            }
            Effect::Ask { peer, ask, bytes } => {
                let to = index_of(&peer);
                self.sent(Sent::Ask { from: at, to, bytes: &bytes })?;
                if self.random.percent(self.weather.ask_loss) {
                    self.time_out(to, at, ask);
                } else {
                    self.send(at, to, What::Request(ask, bytes));
                }
            }
            Effect::Notice(Notice::Refused(id, _)) if at == self.plan.contributor() => drop(self.told.insert(id)),
            Effect::Penalise(who, offence) => {
                let judged = index_of(&who);
                self.check(|checks, view| checks.penalised(view, at, judged, offence))?;
                let bans = self.plan.bans && self.plan.planted != Some(Planted::NobodyBans);
                if bans && let Some(until) = self.penalties.add(self.now, at, judged, offence) {
                    self.check(|checks, view| checks.banned(view, at, judged))?;
                    self.at(until, Event::Pardon);
                    self.refresh()?;
                }
            }
            Effect::Notice(Notice::Damaged(_)) => {
                let when = self.now + self.random.within(100, 5_000);
                self.at(when, Event::GiveUp(at));
            }
            Effect::Notice(_) => {}
        }
        Ok(())
    }

    /// Adds a step to the trace.
    pub(super) fn remember(&mut self, at: usize, step: &Step) {
        let mut bytes = self.trace.to_bytes().to_vec();
        bytes.extend_from_slice(&self.now.to_be_bytes());
        bytes.push(at as u8);
        step.batch.puts.iter().for_each(|(_, cid, _)| bytes.extend_from_slice(&cid.to_bytes()));
        for effect in &step.effects {
            match effect {
                Effect::Publish(sent) | Effect::Reply(_, sent) => bytes.extend_from_slice(sent),
                Effect::Ask { peer, ask, bytes: sent } => {
                    bytes.extend_from_slice(&peer.0);
                    bytes.extend_from_slice(&ask.0.to_be_bytes());
                    bytes.extend_from_slice(sent);
                }
                Effect::Judge(_, judgement) => bytes.push(*judgement as u8),
                Effect::Penalise(..) | Effect::Notice(_) => bytes.push(255),
            }
        }
        self.trace = Cid::of_cbor(&bytes);
    }
}
