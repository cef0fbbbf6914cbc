//! What people do beside contributing: they withdraw, revise, vote, and try again until it is done.

use super::successions::Round;
use super::{Cause, Event, World};
use crate::check;
use crate::community::{START_S, TERMS, seed};
use crate::node::Node;
use crate::plan::{Deed, Phase, Voters};
use crate::records;
use commonwheel_protocol::agreement::charter::Validator;
use commonwheel_protocol::agreement::{Charter, Succession};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{Core, Input, release};
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::Ledger;
use commonwheel_protocol::operation::decision::{Condition, Reason};
use commonwheel_protocol::operation::{Decision, Matter, Ruling, Withdrawal};
use commonwheel_protocol::record::header::{HOUR_S, HourTime};
use commonwheel_protocol::record::{RecordId, SignedHeader};
use std::collections::{BTreeMap, BTreeSet};

/// Between two attempts.
const AGAIN_MS: u64 = 800;
/// How long people wait for a release to be signed before they draft it anew: something may have been
/// withdrawn that is in it.
const PATIENCE_MS: u64 = 6_000;

/// A matter with the pages or terms that go with it.
type Put = (Matter, Vec<Vec<u8>>);

/// A matter that is put to the vote.
#[derive(Clone)]
struct Proposal {
    matter: Matter,
    /// Pages or terms that go with it, and who has them.
    blocks: Vec<Vec<u8>>,
    drafter: usize,
    drafted_ms: u64,
}

/// What became of what people do.
pub(super) struct Doing {
    /// Withdrawn records, and when that was durable where it was done.
    pub withdrawn: BTreeMap<RecordId, u64>,
    /// What is put to the vote, by deed.
    proposals: BTreeMap<usize, Proposal>,
    /// Everything that was ever put to the vote: a successor names it, so that nothing is forgotten that
    /// is resolved while it is signed.
    proposed: BTreeMap<Cid, Cid>,
    /// The deed that is replacing the charter.
    pub succeeding: Option<usize>,
    /// The charter that leads, as far as people know.
    pub head: Cid,
    /// What is proposed in rounds that compete, by deed.
    pub rounds: BTreeMap<usize, Vec<Round>>,
    /// Charters on the leading path.
    pub charters: usize,
    /// What only the contributor knows of, and does again when its disk is lost.
    own: BTreeSet<usize>,
}

impl Doing {
    pub fn new(head: Cid) -> Self {
        Doing {
            withdrawn: BTreeMap::new(),
            proposals: BTreeMap::new(),
            proposed: BTreeMap::new(),
            succeeding: None,
            head,
            rounds: BTreeMap::new(),
            charters: 1,
            own: BTreeSet::new(),
        }
    }

    /// What the contributor has done, which its disk no longer tells.
    pub fn forget_own(&mut self) -> BTreeSet<usize> {
        std::mem::take(&mut self.own)
    }
}

impl World<'_> {
    /// Tries one of the plan's deeds, and again later if it is not done.
    pub(super) fn try_deed(&mut self, at: usize) -> Result<(), String> {
        if self.plan.phase(self.now) == Phase::Quiet {
            return Ok(());
        }
        let deed = self.plan.deeds[at].1;
        let done = match deed {
            Deed::Withdraw(record) => self.withdraw(at, record)?,
            Deed::Revise(_) => {
                let number = self.plan.deeds[..at].iter().filter(|(_, deed)| matches!(deed, Deed::Revise(_))).count();
                let revision = self.records[self.plan.records + self.plan.late_records + number].clone();
                let done = self.share(&[revision])?;
                if done {
                    self.doing.own.insert(at);
                }
                done
            }
            Deed::Compete { place, newcomer, rounds, ends } => self.compete(at, (place, newcomer), rounds, ends)?,
            Deed::Fork(forkers) => self.fork(at, forkers)?,
            _ => self.put_to_the_vote(at, deed)?,
        };
        if !done {
            self.at(self.now + AGAIN_MS, Event::Do(at));
        }
        Ok(())
    }

    fn withdraw(&mut self, at: usize, record: usize) -> Result<bool, String> {
        let (contributor, shared) = (self.plan.contributor(), &self.records[record]);
        let id = shared.id;
        let header = SignedHeader::verify(&shared.parcel.header).map_err(|error| error.to_string())?;
        let time = HourTime::hour(self.nodes[contributor].clock(self.now).unix_s());
        let bytes = Withdrawal::sign(&header, time, &records::author(&self.community));
        self.step(contributor, Input::Operate(vec![bytes]), Cause::Own)?;
        let node = &self.nodes[contributor];
        let done = node.is_up() && check::is_withdrawn(node, &id)?;
        if done {
            self.doing.withdrawn.insert(id, self.now);
            self.doing.own.insert(at);
        }
        Ok(done)
    }

    fn put_to_the_vote(&mut self, at: usize, deed: Deed) -> Result<bool, String> {
        // While the charter is being replaced, nobody begins anything else.
        if self.doing.succeeding.is_some_and(|other| other != at) {
            return Ok(false);
        }
        self.draft(at, deed)?;
        let Some(proposal) = self.doing.proposals.get(&at).cloned() else { return Ok(false) };
        let id = proposal.matter.id();
        for voter in self.voters(deed, &proposal.matter) {
            let blocks = if voter == proposal.drafter { proposal.blocks.clone() } else { vec![] };
            self.vote(voter, &proposal.matter, blocks)?;
        }
        let resolved: Vec<_> = self.nodes.iter().map(|node| is_resolved(node, &id)).collect();
        if resolved.contains(&true) {
            self.succeeded(at, id);
        }
        let (mut up, few) = (self.honest_up(), matches!(deed, Deed::TakeDown(_, Voters::TooFew)));
        Ok(!few && up.all(|node| resolved[node.index]))
    }

    /// Asks a node for its voice, unless it has given it or is down.
    pub(super) fn vote(&mut self, voter: usize, matter: &Matter, blocks: Vec<Vec<u8>>) -> Result<(), String> {
        if !self.nodes[voter].is_up() || has_moved(&self.nodes[voter], &matter.id()) {
            return Ok(());
        }
        self.step(voter, Input::Vote { matter: Box::new(matter.clone()), blocks }, Cause::Own)
    }

    /// Another charter leads, if this deed was to bring that about.
    pub(super) fn succeeded(&mut self, at: usize, charter: Cid) {
        if self.doing.succeeding == Some(at) {
            self.doing.succeeding = None;
            self.doing.head = charter;
            self.doing.charters += 1;
        }
    }

    /// Charters that led, withdrawn records, decisions and releases with a quorum.
    pub(super) fn done(&self) -> (usize, usize, usize) {
        let resolved = |id: &&Cid| self.nodes.iter().any(|node| is_resolved(node, id));
        let resolved = self.doing.proposed.keys().filter(resolved).count();
        (self.doing.charters, self.doing.withdrawn.len(), resolved)
    }

    pub(super) fn honest_up(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.honest && node.is_up())
    }

    /// Drafts what a deed puts to the vote, on some validator, if that is not done or has to be done anew.
    fn draft(&mut self, at: usize, deed: Deed) -> Result<(), String> {
        let Some((node, core)) = self.drafter(at) else { return Ok(()) };
        if let Some(held) = self.doing.proposals.get(&at) {
            let old = held.matter.charter() != core.charter().id();
            let slow = matches!(deed, Deed::Release) && self.now > held.drafted_ms + PATIENCE_MS;
            let done = self.nodes.iter().any(|node| is_resolved(node, &held.matter.id()));
            if done || !(old || slow) {
                return Ok(());
            }
        }
        let Some((matter, blocks)) = self.matter(deed, node, core)? else { return Ok(()) };
        let (drafter, drafted_ms) = (node.index, self.now);
        match &matter {
            Matter::Successor(_) => self.doing.succeeding = Some(at),
            other => drop(self.doing.proposed.insert(other.id(), other.charter())),
        }
        self.doing.proposals.insert(at, Proposal { matter, blocks, drafter, drafted_ms });
        Ok(())
    }

    /// A validator that goes by the charter that leads.
    pub(super) fn drafter(&self, at: usize) -> Option<(&Node, &Core)> {
        let drafters = self.honest_up().filter(|node| node.validates());
        let newest = drafters.filter_map(|node| Some((node, node.core.as_ref()?)));
        let newest: Vec<_> = newest.filter(|(_, core)| core.charter().id() == self.doing.head).collect();
        newest.get(at % newest.len().max(1)).copied()
    }

    fn matter(&self, deed: Deed, node: &Node, core: &Core) -> Result<Option<Put>, String> {
        let now_s = node.clock(self.now).unix_s();
        let ruling = match deed {
            Deed::Withdraw(_) | Deed::Revise(_) | Deed::Compete { .. } | Deed::Fork(_) => return Ok(None),
            Deed::TakeDown(record, _) => Ruling::Takedown(self.records[record].id),
            Deed::Freeze => Ruling::Freeze,
            Deed::RateCap(most) => Ruling::RateCap(most),
            Deed::Release => {
                let draft = release::draft(core.lineage(), now_s, &node.store).map_err(|error| error.to_string())?;
                return Ok(draft.ok().map(|draft| (Matter::Release(draft.release), draft.pages)));
            }
            Deed::Succeed { place, newcomer } => {
                let charter = with_newcomer(self.successor(core, 1, now_s), place, newcomer);
                return Ok(Some((Matter::Successor(Box::new(charter)), vec![TERMS.to_vec()])));
            }
        };
        let until = ruling.needs_end().then(|| HourTime::hour(START_S as i64 + HOUR_S));
        let charter = core.charter();
        let decision = Decision {
            community: charter.community(),
            charter: charter.id(),
            ruling,
            reason: Reason::Negotiation,
            condition: Condition::Agreement,
            until,
            explained: None,
            time: HourTime::hour(now_s),
        };
        Ok(Some((Matter::Decision(decision), vec![])))
    }

    /// A successor of the charter that leads, which changes nothing yet.
    pub(super) fn successor(&self, core: &Core, round: i64, now_s: i64) -> Charter {
        let (counting, mut charter) = (core.counting(), core.charter().clone());
        let of_it = self.doing.proposed.iter().filter(|(_, under)| **under == charter.id()).map(|(id, _)| *id);
        let newest = counting.newest().map(|(id, _)| *id);
        charter.succeeds = Some(Succession {
            community: charter.community(),
            predecessor: charter.id(),
            round,
            closing: newest.into_iter().chain(counting.decisions.keys().copied()).chain(of_it).collect(),
        });
        charter.drafted = now_s;
        charter
    }

    /// Who votes, of those that follow the protocol.
    pub(super) fn voters(&self, deed: Deed, matter: &Matter) -> Vec<usize> {
        let named = |node: &&Node| {
            let Some(key) = node.public() else { return false };
            let under =
                |core: &Core| core.lineage().charter(&matter.charter()).is_some_and(|c| c.validator(&key).is_some());
            node.core.as_ref().is_some_and(under)
                || matches!(matter, Matter::Successor(charter) if charter.validator(&key).is_some())
        };
        let most = match deed {
            Deed::TakeDown(_, Voters::TooFew) => self.plan.quorum.2 - 1,
            _ => usize::MAX,
        };
        let all = self.nodes.iter().filter(|node| node.honest);
        all.filter(named).map(|node| node.index).take(most).collect()
    }
}

/// A charter with another validator in one place.
pub(super) fn with_newcomer(mut charter: Charter, place: usize, newcomer: usize) -> Charter {
    let seed = seed(newcomer);
    charter.validators[place] = Validator {
        name: format!("validator {newcomer}"),
        signing: seed.validator().public(),
        encryption: seed.encryption_public(),
    };
    charter
}

pub(super) fn is_resolved(node: &Node, matter: &Cid) -> bool {
    node.store.scan(&index::key(prefix::MATTER, &[&matter.to_bytes()]), None, 1).is_ok_and(|found| !found.is_empty())
}

/// Whether a node needs not be asked for its voice any more.
fn has_moved(node: &Node, matter: &Cid) -> bool {
    let moved = |key: &[u8; 32]| {
        let start = index::key(prefix::MOTION, &[&matter.to_bytes(), key]);
        node.store.scan(&start, None, 1).is_ok_and(|found| !found.is_empty())
    };
    is_resolved(node, matter) || node.public().is_some_and(|key| moved(&key.0))
}
