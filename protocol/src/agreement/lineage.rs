//! Which charter leads: the succession of charters from a pinned one.
//!
//! Nothing here is a vote: it is a function of the successors that are certified and of the charter
//! that this replica has pinned. Of several successors of one charter the highest round leads; two in
//! one round are a fork, at which the succession stops until a higher round is certified. What
//! branches off below the pin is evidence and changes nothing.

use super::charter::Charter;
use super::founding::Founding;
use crate::bytes::Cid;
use crate::operation::matter::Unconvincing;
use crate::operation::{Matter, Resolution};
use std::collections::{BTreeMap, BTreeSet};

/// The certified charters of a community, and the one that this replica has pinned.
#[derive(Clone, Debug)]
pub struct Lineage {
    founding: Founding,
    /// The first charter, and every certified successor, by id.
    charters: BTreeMap<Cid, Charter>,
    /// By predecessor, by round: two in one round are a fork.
    successors: BTreeMap<Cid, BTreeMap<i64, BTreeSet<Cid>>>,
    pin: Cid,
}

/// Where the succession has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// The charter that leads.
    pub charter: &'a Charter,
    /// The certified successors of it among which nothing decides yet; empty when there is no fork.
    pub fork: BTreeSet<Cid>,
}

/// Why a successor is not taken up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SuccessionError {
    /// The resolution is about something else.
    #[error("expected a resolution on a successor charter")]
    NotASuccessor,
    /// Its predecessor is not known here; it may come later.
    #[error("the charter that it succeeds is not known here")]
    UnknownPredecessor,
    /// Its signatures do not convince.
    #[error("{0}")]
    Unconvincing(#[from] Unconvincing),
}

impl Lineage {
    /// A lineage of one charter, which is pinned.
    pub fn new(founding: Founding) -> Self {
        let charter = founding.charter().clone();
        let pin = charter.id();
        Lineage { founding, charters: BTreeMap::from([(pin, charter)]), successors: BTreeMap::new(), pin }
    }

    /// Takes up a certified successor; whether it was new.
    ///
    /// # Errors
    /// When its predecessor is not known, or its signatures do not convince under that.
    pub fn add(&mut self, resolution: &Resolution) -> Result<bool, SuccessionError> {
        let Matter::Successor(charter) = resolution.matter() else { return Err(SuccessionError::NotASuccessor) };
        let Some(succeeds) = &charter.succeeds else { return Err(SuccessionError::NotASuccessor) };
        let Some(predecessor) = self.charters.get(&succeeds.predecessor) else {
            return Err(SuccessionError::UnknownPredecessor);
        };
        resolution.convinces(predecessor)?;
        let id = charter.id();
        let rounds = self.successors.entry(succeeds.predecessor).or_default();
        rounds.entry(succeeds.round).or_default().insert(id);
        Ok(self.charters.insert(id, (**charter).clone()).is_none())
    }

    /// Pins a charter that is known; whether it is.
    pub fn pin(&mut self, charter: &Cid) -> bool {
        let known = self.charters.contains_key(charter);
        if known {
            self.pin = *charter;
        }
        known
    }

    /// The charter that is pinned.
    pub fn pinned(&self) -> Cid {
        self.pin
    }

    /// The charter that leads, from the pinned one on.
    pub fn head(&self) -> Head<'_> {
        let mut at = self.pin;
        loop {
            let last = self.successors.get(&at).and_then(|rounds| rounds.values().next_back());
            match last {
                Some(leading) if leading.len() == 1 => at = *leading.first().expect("there is one"),
                fork => return Head { charter: &self.charters[&at], fork: fork.cloned().unwrap_or_default() },
            }
        }
    }

    /// The charters from the first to the one that leads.
    pub fn path(&self) -> Vec<&Charter> {
        let mut path = vec![self.head().charter];
        while let Some(succeeds) = path.last().and_then(|charter| charter.succeeds.as_ref()) {
            path.push(&self.charters[&succeeds.predecessor]);
        }
        path.reverse();
        path
    }

    /// The releases that close the charters before the one that leads: what of them stays accepted.
    pub fn closing(&self) -> BTreeSet<Cid> {
        self.path().iter().filter_map(|charter| charter.succeeds.as_ref()).flat_map(|s| s.closing.clone()).collect()
    }

    /// The certified successors of a charter, by round; two in one round are a fork.
    pub fn successors(&self, charter: &Cid) -> impl DoubleEndedIterator<Item = (&i64, &BTreeSet<Cid>)> {
        self.successors.get(charter).into_iter().flatten()
    }

    /// A certified charter of this community, on whatever branch.
    pub fn charter(&self, id: &Cid) -> Option<&Charter> {
        self.charters.get(id)
    }

    /// Every certified charter, with its id.
    pub fn charters(&self) -> impl Iterator<Item = (&Cid, &Charter)> {
        self.charters.iter()
    }

    /// The founding.
    pub fn founding(&self) -> &Founding {
        &self.founding
    }

    /// The community's id.
    pub fn community(&self) -> Cid {
        self.founding.community()
    }
}

#[cfg(test)]
mod tests;
