//! Successions that do not go as one would wish: rounds that compete, recovery keys, forks.
//!
//! While one of them is under way people put nothing else to the vote, as for any succession.

use super::deeds::{is_resolved, with_newcomer};
use super::{Cause, World};
use crate::community::{TERMS, recovery};
use crate::plan::{Deed, Forkers, Signers};
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::core::Input;
use commonwheel_protocol::operation::{Matter, Motion};
use commonwheel_protocol::sign::SecretKey;

/// The longest time until the next round is proposed.
const NEXT_ROUND_MS: u64 = 5_000;

/// A successor that is proposed in one round, or one of two.
#[derive(Clone)]
pub(super) struct Round {
    charter: Charter,
    /// Who is asked to sign it at first.
    asked: Vec<usize>,
    /// When people lose patience with it.
    until_ms: u64,
}

impl Round {
    fn matter(&self) -> Matter {
        Matter::Successor(Box::new(self.charter.clone()))
    }
}

impl World<'_> {
    /// Proposes rounds that compete, and carries the last of them through.
    pub(super) fn compete(
        &mut self,
        at: usize,
        (place, newcomer): (usize, usize),
        rounds: usize,
        ends: Signers,
    ) -> Result<bool, String> {
        if self.doing.succeeding.is_some_and(|other| other != at) {
            return Ok(false);
        }
        let mut proposed = self.doing.rounds.get(&at).cloned().unwrap_or_default();
        let over = |round: &Round| self.now >= round.until_ms;
        if proposed.len() < rounds && proposed.last().is_none_or(over) {
            // Who knows that one is certified proposes no other.
            if let Some((node, core)) = self.drafter(at) {
                let number = proposed.len() + 1;
                let charter = self.successor(core, number as i64, node.clock(self.now).unix_s());
                let mut charter = with_newcomer(charter, place, newcomer);
                charter.scope = format!("Round {number}");
                self.propose(at, charter);
                proposed = self.doing.rounds.get(&at).cloned().unwrap_or_default();
            }
        }
        let Some(last) = proposed.last().cloned() else { return Ok(false) };
        for (number, round) in proposed.iter().enumerate() {
            let carried = number + 1 == proposed.len() && (number + 1 == rounds || self.now >= round.until_ms);
            let recovers = carried && number + 1 == rounds && ends == Signers::Recovery;
            if recovers {
                self.submit(&round.matter(), &recovery()[..2])?;
            }
            for voter in self.voters(Deed::Compete { place, newcomer, rounds, ends }, &round.matter()) {
                let asked = if recovers { voter == newcomer } else { carried || round.asked.contains(&voter) };
                if asked {
                    self.vote(voter, &round.matter(), vec![TERMS.to_vec()])?;
                }
            }
        }
        self.carried_through(at, &last, proposed.len() == rounds || self.now >= last.until_ms)
    }

    /// Has two successors certified in one round, and carries through one in a higher round once that is seen.
    pub(super) fn fork(&mut self, at: usize, forkers: Forkers) -> Result<bool, String> {
        if self.doing.succeeding.is_some_and(|other| other != at) {
            return Ok(false);
        }
        let mut proposed = self.doing.rounds.get(&at).cloned().unwrap_or_default();
        if proposed.is_empty()
            && let Some((node, core)) = self.drafter(at)
        {
            let charter = self.successor(core, 1, node.clock(self.now).unix_s());
            for scope in ["One thing", "Another thing"] {
                self.propose(at, Charter { scope: scope.into(), ..charter.clone() });
            }
            proposed = self.doing.rounds.get(&at).cloned().unwrap_or_default();
        }
        let [one, other, rest @ ..] = &proposed[..] else { return Ok(false) };
        let known = |round: &Round| self.nodes.iter().any(|node| is_resolved(node, &round.charter.id()));
        let (one_is_known, other_is_known) = (known(one), known(other));
        match forkers {
            Forkers::Thieves => {
                let stolen: Vec<_> = self.stolen(&one.charter);
                for (round, known) in [(one, one_is_known), (other, other_is_known)] {
                    if !known {
                        self.submit(&round.matter(), &stolen)?;
                    }
                }
            }
            Forkers::Recovery => {
                for voter in self.voters(Deed::Fork(forkers), &one.matter()) {
                    self.vote(voter, &one.matter(), vec![TERMS.to_vec()])?;
                }
                if one_is_known && !other_is_known {
                    self.submit(&other.matter(), &recovery()[..2])?;
                }
            }
        }
        if let Some(last) = rest.first() {
            for voter in self.voters(Deed::Fork(forkers), &last.matter()) {
                self.vote(voter, &last.matter(), vec![TERMS.to_vec()])?;
            }
            return self.carried_through(at, last, true);
        }
        let forked = self.honest_up().find(|node| {
            let head = node.core.as_ref().map(|core| core.lineage().head());
            head.is_some_and(|head| head.charter.id() == self.doing.head && !head.fork.is_empty())
        });
        if let Some((node, core)) = forked.and_then(|node| Some((node, node.core.as_ref()?))) {
            let charter = self.successor(core, 2, node.clock(self.now).unix_s());
            self.propose(at, Charter { scope: "What was agreed".into(), ..charter });
        }
        Ok(false)
    }

    fn propose(&mut self, at: usize, charter: Charter) {
        let (mut asked, all) = (Vec::new(), 0..self.nodes.len());
        asked.extend(all.filter(|_| self.random.percent(60)));
        let until_ms = self.now + self.random.within(500, NEXT_ROUND_MS);
        self.doing.succeeding = Some(at);
        self.doing.rounds.entry(at).or_default().push(Round { charter, asked, until_ms });
    }

    /// Whether every node knows that the last round is certified.
    fn carried_through(&mut self, at: usize, last: &Round, no_more: bool) -> Result<bool, String> {
        let id = last.charter.id();
        if no_more && self.nodes.iter().any(|node| is_resolved(node, &id)) {
            self.succeeded(at, id);
        }
        Ok(no_more && self.honest_up().all(|node| is_resolved(node, &id)))
    }

    /// Hands somebody motions that these keys have signed.
    fn submit(&mut self, matter: &Matter, keys: &[SecretKey]) -> Result<(), String> {
        let up: Vec<_> = self.honest_up().map(|node| node.index).collect();
        if up.is_empty() {
            return Ok(());
        }
        let to = up[self.random.index(up.len())];
        let motions = keys.iter().map(|key| Motion::sign(matter.clone(), key).to_bytes()).collect();
        self.step(to, Input::Operate(motions), Cause::Own)
    }

    /// The keys of a quorum of the validators that a charter names.
    fn stolen(&self, charter: &Charter) -> Vec<SecretKey> {
        let named = self.nodes.iter().filter_map(|node| node.key.as_ref());
        let named = named.filter(|key| charter.validator(&key.public()).is_some());
        named.take(charter.quorum.q()).cloned().collect()
    }
}
