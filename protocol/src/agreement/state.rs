//! The state: what became of each record, as a pure function of what is held and of the charter that leads.
//!
//! Nothing here reads a body, a clock, or which of several certificates proves a record. Two replicas
//! that hold the same operations and have pinned the same charter have the same state root, in whatever
//! order the operations came.

use super::merkle::{self, Hash};
use crate::bytes::{Cid, Node, encode};
use crate::record::RecordId;
use crate::sign::PublicKey;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

/// The root of a state: the CID of a block that holds charter, count and Merkle roots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateRoot(pub Cid);

/// What became of a record that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is accepted, and is the newest of its revisions.
    Accepted = 1,
    /// A newer revision is accepted.
    Superseded = 2,
    /// Its author has taken it back.
    Withdrawn = 3,
    /// A quorum has taken it down.
    TakenDown = 4,
}

impl Standing {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Accepted => "accepted",
            Standing::Superseded => "superseded",
            Standing::Withdrawn => "withdrawn",
            Standing::TakenDown => "taken-down",
        }
    }
}

/// What the state function needs to know of a record that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Who signed it.
    pub author: PublicKey,
    /// What it says that it replaces.
    pub revises: Option<RecordId>,
}

/// Everything that the state is a function of, with what does not count already left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The records that count: certified under the charter that leads, or in a release that closes another.
    pub records: BTreeMap<RecordId, Fact>,
    /// Records that their authors have withdrawn.
    pub withdrawn: BTreeSet<RecordId>,
    /// Records that a decision which counts has taken down.
    pub taken_down: BTreeSet<RecordId>,
    /// Decisions that count, by matter.
    pub decisions: BTreeSet<Cid>,
    /// Releases that count, by matter.
    pub releases: BTreeSet<Cid>,
}

impl Facts {
    /// What became of each record that counts.
    pub fn standings(&self) -> BTreeMap<RecordId, Standing> {
        let mut standings: BTreeMap<_, _> = self.records.keys().map(|id| (*id, self.alone(id))).collect();
        for members in self.groups().into_values() {
            let members: Vec<_> = members.into_iter().map(|(_, id)| id).collect();
            standings.extend(members.iter().copied().zip(self.standings_of(&members)));
        }
        standings
    }

    /// The records that revise each other, the newest last; and alone each other record that is erased.
    pub(crate) fn each_group(&self) -> Vec<Vec<RecordId>> {
        let groups = self.groups().into_values();
        let mut all: Vec<Vec<_>> = groups.map(|members| members.into_iter().map(|(_, id)| id).collect()).collect();
        let linked: BTreeSet<_> = all.iter().flatten().copied().collect();
        let erased: BTreeSet<_> = self.withdrawn.union(&self.taken_down).collect();
        let alone = erased.into_iter().filter(|id| self.records.contains_key(id) && !linked.contains(id));
        all.extend(alone.map(|id| vec![*id]));
        all
    }

    /// The first record of the group of each record that revises another one, or is revised; any other is alone, and is
    /// its own first.
    pub fn firsts(&self) -> BTreeMap<RecordId, RecordId> {
        let groups = self.groups();
        groups.iter().flat_map(|(first, members)| members.iter().map(|(_, id)| (*id, *first))).collect()
    }

    /// What became of the records of one group.
    pub(crate) fn standings_of(&self, members: &[RecordId]) -> Vec<Standing> {
        let withdrawn = members.iter().any(|id| self.withdrawn.contains(id));
        let taken_down = members.iter().any(|id| self.taken_down.contains(id));
        let standing = |place| match (withdrawn, taken_down) {
            (true, _) => Standing::Withdrawn,
            (false, true) => Standing::TakenDown,
            _ if place + 1 == members.len() => Standing::Accepted,
            _ => Standing::Superseded,
        };
        (0..members.len()).map(standing).collect()
    }

    fn alone(&self, id: &RecordId) -> Standing {
        match (self.withdrawn.contains(id), self.taken_down.contains(id)) {
            (true, _) => Standing::Withdrawn,
            (false, true) => Standing::TakenDown,
            (false, false) => Standing::Accepted,
        }
    }

    /// The records that revise each other, by the first of them, in the order of (number, id). The number
    /// of a revision is how many records lie before it.
    fn groups(&self) -> BTreeMap<RecordId, BTreeSet<(usize, RecordId)>> {
        // Each record's first one and number, so that a chain is walked once.
        let mut places: BTreeMap<RecordId, (RecordId, usize)> = BTreeMap::new();
        for id in self.records.keys().filter(|id| self.revised(id).is_some()) {
            let mut chain = vec![*id];
            while let Some(last) = chain.last()
                && !places.contains_key(last)
                && let Some(before) = self.revised(last)
            {
                chain.push(before);
            }
            let end = chain[chain.len() - 1];
            let (first, number) = *places.entry(end).or_insert((end, 0));
            for (after, id) in chain.iter().rev().enumerate() {
                places.insert(*id, (first, number + after));
            }
        }
        let mut groups: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (id, (first, number)) in places {
            groups.entry(first).or_default().insert((number, id));
        }
        groups
    }

    /// The record that another revises, if it counts and is by the same author. A chain has no end but
    /// its first record, since a record's id is the hash of what names the one before.
    fn revised(&self, id: &RecordId) -> Option<RecordId> {
        let fact = self.records.get(id)?;
        let revised = fact.revises?;
        (self.records.get(&revised)?.author == fact.author).then_some(revised)
    }

    /// The state root under the charter that leads.
    pub fn root(&self, charter: &Cid) -> StateRoot {
        let Ok(root) = self.root_with(charter, self.standings().into_iter().map(Ok::<_, Infallible>));
        root
    }

    /// The same, from what became of the records that count, in the order of their ids.
    ///
    /// # Errors
    /// The first of theirs.
    pub(crate) fn root_with<E>(
        &self,
        charter: &Cid,
        standings: impl Iterator<Item = Result<(RecordId, Standing), E>>,
    ) -> Result<StateRoot, E> {
        let (mut count, mut tree) = (0, merkle::Growing::default());
        for standing in standings {
            let (id, standing) = standing?;
            tree.push(&leaf(&id, standing));
            count += 1;
        }
        Ok(self.block(charter, count, tree.root()).root())
    }

    fn block(&self, charter: &Cid, count: usize, records: Hash) -> StateBlock {
        let ids = |set: &BTreeSet<Cid>| merkle::root(&set.iter().map(|id| id.to_bytes()).collect::<Vec<_>>());
        let (decisions, releases) = (ids(&self.decisions), ids(&self.releases));
        StateBlock { charter: *charter, count, records, decisions, releases }
    }

    /// For each of these records that counts, the proof of what became of it.
    pub fn prove(&self, charter: &Cid, records: &BTreeSet<RecordId>) -> BTreeMap<RecordId, Inclusion> {
        let standings = self.standings();
        let leaves = leaves(&standings);
        let block = self.block(charter, leaves.len(), merkle::root(&leaves));
        let numbered = standings.iter().enumerate().filter(|(_, (id, _))| records.contains(id));
        let proof = |(index, (id, standing)): (usize, (&RecordId, &Standing))| {
            (*id, Inclusion { block, standing: *standing, index, path: merkle::proof(&leaves, index) })
        };
        numbered.map(proof).collect()
    }
}

fn leaves(standings: &BTreeMap<RecordId, Standing>) -> Vec<Vec<u8>> {
    standings.iter().map(|(id, standing)| leaf(id, *standing)).collect()
}

fn leaf(id: &RecordId, standing: Standing) -> Vec<u8> {
    [&id.0.to_bytes()[..], &[standing as u8]].concat()
}

/// What a state root is the CID of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateBlock {
    /// The charter that leads.
    pub charter: Cid,
    /// How many records count.
    pub count: usize,
    /// The Merkle root of what became of them.
    pub records: Hash,
    /// That of the decisions that count.
    pub decisions: Hash,
    /// That of the releases that count.
    pub releases: Hash,
}

impl StateBlock {
    /// The block's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&Node::map([
            ("type", Some(Node::text("state"))),
            ("charter", Some(self.charter.into())),
            ("count", Some((self.count as i64).into())),
            ("records", Some(Node::bytes(self.records))),
            ("decisions", Some(Node::bytes(self.decisions))),
            ("releases", Some(Node::bytes(self.releases))),
        ]))
    }

    /// The state root.
    pub fn root(&self) -> StateRoot {
        StateRoot(Cid::of_cbor(&self.to_bytes()))
    }
}

/// The proof of what became of one record, under one state root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// What the state root is the CID of.
    pub block: StateBlock,
    /// What became of the record.
    pub standing: Standing,
    /// Where it stands among the records that count.
    pub index: usize,
    /// The hashes beside the path from its leaf to the root of the records.
    pub path: Vec<Hash>,
}

impl Inclusion {
    /// Whether it proves this of the record.
    pub fn proves(&self, record: &RecordId) -> bool {
        let leaf = leaf(record, self.standing);
        merkle::root_from_proof(&leaf, self.index, self.block.count, &self.path) == Some(self.block.records)
    }
}

impl std::fmt::Display for StateRoot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(n: u8) -> RecordId {
        RecordId(Cid::of_cbor(&[n]))
    }

    fn fact(author: u8, revises: Option<u8>) -> Fact {
        Fact { author: PublicKey([author; 32]), revises: revises.map(id) }
    }

    fn facts(records: &[(u8, u8, Option<u8>)]) -> Facts {
        let records = records.iter().map(|(n, author, revises)| (id(*n), fact(*author, *revises)));
        Facts { records: records.collect(), ..Facts::default() }
    }

    #[test]
    fn the_highest_number_wins_and_then_the_highest_id() {
        let facts = facts(&[(1, 1, None), (2, 1, Some(1)), (3, 1, Some(2)), (4, 1, Some(1)), (5, 1, Some(2))]);
        let standings = facts.standings();
        let accepted: Vec<_> = standings.iter().filter(|(_, s)| **s == Standing::Accepted).map(|(id, _)| *id).collect();
        assert_eq!(accepted, [id(3).max(id(5))]);
        assert_eq!(standings.values().filter(|s| **s == Standing::Superseded).count(), 4);
    }

    #[test]
    fn the_first_of_a_record_is_that_of_its_chain() {
        let facts =
            facts(&[(1, 1, None), (2, 1, Some(1)), (3, 1, Some(2)), (4, 1, Some(9)), (5, 2, Some(1)), (6, 1, Some(4))]);
        let expected = [(1, 1), (2, 1), (3, 1), (4, 4), (6, 4)].map(|(n, first)| (id(n), id(first)));
        assert_eq!(facts.firsts(), BTreeMap::from(expected), "what revises nothing that is here is alone");
    }

    #[test]
    fn a_record_that_revises_somebody_elses_supersedes_nothing() {
        let facts = facts(&[(1, 1, None), (2, 2, Some(1))]);
        assert!(facts.standings().values().all(|standing| *standing == Standing::Accepted));
    }

    #[test]
    fn a_withdrawal_wins_over_a_takedown_and_covers_every_revision() {
        let mut facts = facts(&[(1, 1, None), (2, 1, Some(1)), (3, 1, Some(2)), (9, 1, None)]);
        facts.taken_down.insert(id(3));
        assert_eq!(facts.standings()[&id(1)], Standing::TakenDown);
        facts.withdrawn.insert(id(2));
        let standings = facts.standings();
        assert!([1, 2, 3].iter().all(|n| standings[&id(*n)] == Standing::Withdrawn));
        assert_eq!(standings[&id(9)], Standing::Accepted);
    }

    #[test]
    fn each_record_that_counts_is_proved_under_the_state_root_and_as_nothing_else() {
        let mut facts = facts(&[(1, 1, None), (2, 1, Some(1)), (3, 2, None), (4, 3, None), (5, 4, None)]);
        facts.withdrawn.insert(id(3));
        let charter = Cid::of_cbor(b"charter");
        let all: BTreeSet<_> = (1..=6).map(id).collect();
        let proofs = facts.prove(&charter, &all);
        assert_eq!(proofs.len(), 5, "what does not count has no proof");
        for (record, proof) in proofs {
            assert_eq!(proof.block.root(), facts.root(&charter));
            assert_eq!(proof.standing, facts.standings()[&record]);
            assert!(proof.proves(&record) && !proof.proves(&id(6)));
            let other = Inclusion { standing: Standing::TakenDown, ..proof };
            assert!(!other.proves(&record));
        }
    }

    #[test]
    fn a_revision_of_what_does_not_count_stands_alone() {
        let facts = facts(&[(2, 1, Some(1))]);
        assert_eq!(facts.standings()[&id(2)], Standing::Accepted);
    }

    proptest! {
        /// The state is a function of the set: whatever is added, and however the records are named, each
        /// group has one accepted record or none.
        #[test]
        fn every_group_has_one_accepted_record_unless_it_is_erased(
            links in prop::collection::vec((0u8..3, prop::option::of(0u8..40)), 1..40),
            withdrawn in prop::collection::btree_set(0u8..40, 0..4),
        ) {
            let earlier = |n: usize, link: Option<u8>| link.filter(|to| usize::from(*to) < n);
            let records: Vec<_> =
                links.iter().enumerate().map(|(n, (author, link))| (n as u8, *author, earlier(n, *link))).collect();
            let mut facts = facts(&records);
            facts.withdrawn = withdrawn.into_iter().map(id).collect();
            let standings = facts.standings();
            for members in facts.groups().into_values() {
                let accepted = members.iter().filter(|(_, id)| standings[id] == Standing::Accepted).count();
                let erased = members.iter().any(|(_, id)| facts.withdrawn.contains(id));
                prop_assert_eq!(accepted, usize::from(!erased));
            }
        }
    }
}
