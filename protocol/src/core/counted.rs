//! The records that count, as small as a list of their ids, which may lie elsewhere: a state is a function of them, and there
//! may be millions.

use super::facts::Counting;
use crate::agreement::Lineage;
use crate::agreement::state::{Fact, Facts, Standing, StateRoot};
use crate::bytes::Cid;
use crate::index::{self, Certified, CertifiedRecords, HeaderEntry, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::record::RecordId;
use std::collections::{BTreeMap, BTreeSet};

/// Ids of records in ascending order, wherever they are kept.
pub trait Ids {
    /// Adds the next.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn push(&mut self, id: RecordId) -> Result<(), LedgerError>;

    /// All of them, in ascending order.
    fn each(&self) -> impl Iterator<Item = Result<RecordId, LedgerError>>;

    /// Whether one is among them.
    ///
    /// # Errors
    /// When they cannot be read.
    fn holds(&self, id: &RecordId) -> Result<bool, LedgerError>;
}

impl Ids for Vec<RecordId> {
    fn push(&mut self, id: RecordId) -> Result<(), LedgerError> {
        Vec::push(self, id);
        Ok(())
    }

    fn each(&self) -> impl Iterator<Item = Result<RecordId, LedgerError>> {
        self.iter().copied().map(Ok)
    }

    fn holds(&self, id: &RecordId) -> Result<bool, LedgerError> {
        Ok(self.binary_search(id).is_ok())
    }
}

/// The records that count, by their ids, and what became of them.
#[derive(Clone, Debug, Default)]
pub struct Counted<I = Vec<RecordId>> {
    ids: I,
    /// What the state is a function of; of the records only those that revise another, are revised or are erased.
    facts: Facts,
    /// Those that are not accepted.
    others: BTreeMap<RecordId, Standing>,
}

impl Counted {
    /// Those of the state; `None` while a page of a closing release is not here.
    ///
    /// # Errors
    /// When the ledger fails.
    pub fn load(lineage: &Lineage, ledger: &impl Ledger) -> Result<Option<Self>, LedgerError> {
        let counting = Counting::load(lineage, ledger)?;
        if counting.incomplete {
            return Ok(None);
        }
        let counts = counting.counts(lineage.head().charter.id());
        Counted::of(Vec::new(), counting.facts(ledger)?, counts, ledger).map(Some)
    }
}

impl<I: Ids> Counted<I> {
    /// Those that `counts` takes of the certified ones, which it sees in ascending order, with their ids kept in `ids`, which
    /// is empty. The facts come with no records.
    ///
    /// # Errors
    /// When the ledger or the list fails.
    pub fn of(
        mut ids: I,
        mut facts: Facts,
        mut counts: impl FnMut(&Certified) -> bool,
        ledger: &impl Ledger,
    ) -> Result<Self, LedgerError> {
        for found in CertifiedRecords::of(ledger) {
            let found = found?;
            if counts(&found) {
                ids.push(found.id)?;
                if found.header.revises.is_some() {
                    facts.records.insert(found.id, fact(&found.header));
                }
            }
        }
        let revised = facts.records.values().filter_map(|fact| fact.revises);
        let borne_on: BTreeSet<_> = revised.chain(facts.withdrawn.iter().chain(&facts.taken_down).copied()).collect();
        for id in borne_on {
            if ids.holds(&id)?
                && let Some(header) = index::header(ledger, Shelf::Certified, &id)?
            {
                facts.records.insert(id, fact(&header));
            }
        }
        let standings = facts.standings().into_iter();
        let others = standings.filter(|(_, standing)| *standing != Standing::Accepted).collect();
        Ok(Counted { ids, facts, others })
    }

    /// The records, in ascending order.
    pub fn ids(&self) -> &I {
        &self.ids
    }

    /// Whether a record counts.
    ///
    /// # Errors
    /// When the list fails.
    pub fn contains(&self, id: &RecordId) -> Result<bool, LedgerError> {
        self.ids.holds(id)
    }

    /// What became of a record, if it counts.
    ///
    /// # Errors
    /// When the list fails.
    pub fn standing(&self, id: &RecordId) -> Result<Option<Standing>, LedgerError> {
        Ok(self.contains(id)?.then(|| self.standing_of(id)))
    }

    /// What became of each, in ascending order.
    pub fn standings(&self) -> impl Iterator<Item = Result<(RecordId, Standing), LedgerError>> {
        self.ids.each().map(|id| id.map(|id| (id, self.standing_of(&id))))
    }

    /// Those that are accepted, in ascending order.
    pub fn accepted(&self) -> impl Iterator<Item = Result<RecordId, LedgerError>> {
        self.ids.each().filter(|id| !matches!(id, Ok(id) if self.others.contains_key(id)))
    }

    /// What else the state is a function of. Of the records it knows only those that revise another, are revised or are
    /// erased.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The state root under the charter that leads.
    ///
    /// # Errors
    /// When the list fails.
    pub fn root(&self, charter: &Cid) -> Result<StateRoot, LedgerError> {
        self.facts.root_with(charter, self.standings())
    }

    /// What became of a record that counts.
    pub fn standing_of(&self, id: &RecordId) -> Standing {
        self.others.get(id).copied().unwrap_or(Standing::Accepted)
    }
}

impl Counting {
    /// Which of the certified records count under the charter that leads.
    pub fn counts(&self, head: Cid) -> impl Fn(&Certified) -> bool {
        let purged = self.all_purged();
        move |found| {
            let certified = || found.certificates.iter().any(|(_, charter)| *charter == head);
            (self.closing.contains(&found.id) || certified()) && !purged.contains(&found.id)
        }
    }

    /// The records that decisions which count have purged.
    pub fn all_purged(&self) -> BTreeSet<RecordId> {
        let purged = self.decisions.values().filter_map(|decision| match decision.ruling {
            crate::operation::Ruling::Purge(record) => Some(record),
            _ => None,
        });
        purged.collect()
    }

    /// What the state is a function of, but for its records.
    ///
    /// # Errors
    /// When the ledger fails.
    pub fn facts(&self, ledger: &impl Ledger) -> Result<Facts, LedgerError> {
        let mut withdrawn = BTreeSet::new();
        index::each(ledger, &[prefix::ERASURE], |entry| {
            if entry.value.first() == Some(&b'w') && entry.key.get(1 + Cid::LEN) == Some(&b'c') {
                withdrawn.extend(entry.key.get(1..1 + Cid::LEN).and_then(|id| Cid::from_bytes(id).ok()).map(RecordId));
            }
            Ok(())
        })?;
        Ok(Facts {
            records: BTreeMap::new(),
            withdrawn,
            taken_down: self.taken_down(),
            decisions: self.decisions.keys().copied().collect(),
            releases: self.releases.keys().copied().collect(),
        })
    }
}

/// What a state needs to know of a header.
pub(super) fn fact(header: &HeaderEntry) -> Fact {
    Fact { author: header.author, revises: header.revises }
}
