//! The matters of a community, open and resolved, for people to look at.

use super::facts::{self, Counting};
use super::resolve::OPEN_S;
use crate::agreement::{Charter, Lineage};
use crate::bytes::Cid;
use crate::index::{self, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::operation::matter::{newcomers, recovery_quorum};
use crate::operation::{Matter, Motion, Resolution};
use crate::sign::PublicKey;
use std::collections::{BTreeMap, BTreeSet};

/// A matter that is put to the validators and not resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Its id.
    pub id: Cid,
    /// What is proposed.
    pub matter: Matter,
    /// Who is for it, as far as is known here.
    pub voices: BTreeSet<PublicKey>,
}

/// How far an open matter has come under the charter whose validators decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Voices of validators.
    pub voices: usize,
    /// How many it takes.
    pub needed: usize,
    /// Voices of recovery keys, and how many of these would do as well; for successors of a charter with such keys.
    pub recovery: Option<(usize, usize)>,
    /// Validators that a successor names for the first time and that have not agreed yet.
    pub awaited: Vec<PublicKey>,
}

impl Open {
    /// How far it has come; `charter` is the one that the matter names.
    pub fn progress(&self, charter: &Charter) -> Progress {
        let count = |has: &dyn Fn(&PublicKey) -> bool| self.voices.iter().filter(|key| has(key)).count();
        let recovers = matches!(self.matter, Matter::Successor(_)) && !charter.recovery.is_empty();
        Progress {
            voices: count(&|key| charter.validator(key).is_some()),
            needed: charter.quorum.q(),
            recovery: recovers.then(|| (count(&|key| charter.recovery.contains(key)), recovery_quorum(charter))),
            awaited: newcomers(&self.matter, charter).into_iter().filter(|key| !self.voices.contains(key)).collect(),
        }
    }
}

/// The matters that can still be resolved, by id: under the charter that leads; of releases those that would be the
/// newest, of successors those in a higher round than any that is certified; of releases and decisions those that are not
/// too old to be signed.
///
/// # Errors
/// When the ledger fails.
pub fn open(
    lineage: &Lineage,
    counting: &Counting,
    now_s: i64,
    ledger: &impl Ledger,
) -> Result<Vec<Open>, LedgerError> {
    let mut found: BTreeMap<Cid, Open> = BTreeMap::new();
    for_each_motion(ledger, |motion| {
        let id = motion.matter.id();
        let open = found.entry(id).or_insert_with(|| Open { id, matter: motion.matter, voices: BTreeSet::new() });
        open.voices.insert(motion.signer);
    })?;
    let mut open = Vec::new();
    let newest = counting.newest().map_or(0, |(_, release)| release.number);
    for (id, one) in found {
        let resolved = !ledger.scan(&index::key(prefix::MATTER, &[&id.to_bytes()]), None, 1)?.is_empty();
        let late = now_s - one.matter.time_s() >= OPEN_S;
        let overtaken = match &one.matter {
            Matter::Release(release) => late || release.number <= newest,
            Matter::Successor(charter) => round(charter) <= round_certified(lineage),
            Matter::Decision(_) => late,
        };
        if !resolved && !overtaken && one.matter.charter() == lineage.head().charter.id() {
            open.push(one);
        }
    }
    Ok(open)
}

fn round(successor: &Charter) -> i64 {
    successor.succeeds.as_ref().map_or(0, |succeeds| succeeds.round)
}

/// The highest round in which a successor of the charter that leads is certified; 0 when none is.
pub fn round_certified(lineage: &Lineage) -> i64 {
    let head = lineage.head().charter.id();
    let of_head = |charter: &&Charter| charter.succeeds.as_ref().is_some_and(|succeeds| succeeds.predecessor == head);
    lineage.charters().map(|(_, charter)| charter).filter(of_head).map(round).max().unwrap_or(0)
}

/// The highest round of any successor of the charter that leads that was ever seen here, certified or not; 0 when
/// none was.
///
/// # Errors
/// When the ledger fails.
pub fn round_seen(lineage: &Lineage, ledger: &impl Ledger) -> Result<i64, LedgerError> {
    let (head, mut highest) = (lineage.head().charter.id(), round_certified(lineage));
    for_each_motion(ledger, |motion| {
        if let Matter::Successor(charter) = &motion.matter
            && charter.succeeds.as_ref().is_some_and(|succeeds| succeeds.predecessor == head)
        {
            highest = highest.max(round(charter));
        }
    })?;
    Ok(highest)
}

/// Every resolution that is held and convinces under a charter of the path, by matter.
///
/// # Errors
/// When the ledger fails.
pub fn resolved(lineage: &Lineage, ledger: &impl Ledger) -> Result<BTreeMap<Cid, Resolution>, LedgerError> {
    let path = lineage.path();
    let mut found = BTreeMap::new();
    for (matter, block) in index::operations::resolutions(ledger, None)? {
        let Some(resolution) = facts::resolution(&block, ledger)? else { continue };
        let under = resolution.matter().charter();
        if path.iter().any(|charter| charter.id() == under && resolution.convinces(charter).is_ok()) {
            found.insert(matter, resolution);
        }
    }
    Ok(found)
}

/// What a successor of the charter that leads must name for everything to stay that counts now: the releases that no
/// other follows, those that somebody has signed and that may still be resolved, and decisions in force, takedowns always.
///
/// # Errors
/// When the ledger fails.
pub fn closing(
    lineage: &Lineage,
    counting: &Counting,
    now_s: i64,
    ledger: &impl Ledger,
) -> Result<BTreeSet<Cid>, LedgerError> {
    let followed: BTreeSet<_> = counting.releases.values().filter_map(|release| release.previous).collect();
    let releases = counting.releases.keys().filter(|id| !followed.contains(id)).copied();
    let decisions = counting.decisions.iter().filter(|(_, decision)| {
        decision.ruling.erases().is_some() || (decision.holds_at(now_s) && decision.ruling.name() != "lift")
    });
    let mut closing: BTreeSet<_> = releases.chain(decisions.map(|(id, _)| *id)).collect();
    let head = lineage.head().charter.id();
    for_each_motion(ledger, |motion| {
        if let Matter::Release(release) = &motion.matter
            && release.charter == head
            && !followed.contains(&motion.matter.id())
        {
            closing.insert(motion.matter.id());
        }
    })?;
    Ok(closing)
}

fn for_each_motion(ledger: &impl Ledger, mut see: impl FnMut(Motion)) -> Result<(), LedgerError> {
    index::each(ledger, &[prefix::MOTION], |entry| {
        if let Some(block) = index::last_cid(&entry.key)
            && let Some(bytes) = ledger.block(Shelf::Live, &block)?
            && let Ok(motion) = Motion::verify(&bytes)
        {
            see(motion);
        }
        Ok(())
    })
}
