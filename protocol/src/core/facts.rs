//! What the state is a function of, read from the ledger.

use super::counted::{Counted, fact};
use crate::agreement::state::{Facts, Standing, StateRoot};
use crate::agreement::{Charter, Founding, Lineage};
use crate::bytes::Cid;
use crate::index::{self, CertifiedRecords, Erasure, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::operation::{Decision, Matter, Release, Resolution, Ruling, release};
use crate::record::RecordId;
use crate::sign::PublicKey;
use std::collections::{BTreeMap, BTreeSet};

/// The succession of charters, as far as it is held, with the charter that is pinned here.
///
/// # Errors
/// When the ledger fails or holds no founding.
pub fn lineage(ledger: &impl Ledger) -> Result<Lineage, LedgerError> {
    let none = || LedgerError("the store holds no founding; join the community again".into());
    let block = ledger.scan(&[prefix::FOUNDING], None, 1)?.first().and_then(|entry| index::last_cid(&entry.key));
    let bytes = ledger.block(Shelf::Certified, &block.ok_or_else(none)?)?.ok_or_else(none)?;
    let mut lineage = Lineage::new(Founding::verify(&bytes).map_err(|_| none())?);
    let mut left = Vec::new();
    for (_, block) in index::operations::resolutions(ledger, Some(b's'))? {
        left.extend(resolution(&block, ledger)?);
    }
    // A successor can be taken up once its predecessor is: at most one more of them in each round.
    loop {
        let before = left.len();
        left.retain(|successor| lineage.add(successor).is_err());
        if left.len() == before {
            break;
        }
    }
    if let Some((_, charter)) = super::notes::pinned(ledger)? {
        lineage.pin(&charter);
    }
    Ok(lineage)
}

/// A resolution's block on the certified shelf.
pub(super) fn resolution(block: &Cid, ledger: &impl Ledger) -> Result<Option<Resolution>, LedgerError> {
    let bytes = ledger.block(Shelf::Certified, block)?;
    Ok(bytes.and_then(|bytes| Resolution::read(&bytes).ok()))
}

/// The matters that count under the charter that leads, and what follows from them.
#[derive(Clone, Debug, Default)]
pub struct Counting {
    /// Decisions, by matter.
    pub decisions: BTreeMap<Cid, Decision>,
    /// Releases, by matter.
    pub releases: BTreeMap<Cid, Release>,
    /// Records in releases that close a charter.
    pub closing: BTreeSet<RecordId>,
    /// Pages of releases that are not here.
    pub missing: BTreeSet<Cid>,
    /// Pages of closing releases that are not here: without them there is no state.
    pub incomplete: bool,
}

impl Counting {
    /// Reads the resolutions that are held, and leaves out what does not count.
    ///
    /// # Errors
    /// When the ledger fails.
    pub fn load(lineage: &Lineage, ledger: &impl Ledger) -> Result<Self, LedgerError> {
        let mut matters = BTreeMap::new();
        for (matter, block) in index::operations::resolutions(ledger, None)? {
            let Some(resolution) = resolution(&block, ledger)? else { continue };
            let under = lineage.charter(&resolution.matter().charter());
            if under.is_some_and(|under| resolution.convinces(under).is_ok()) {
                matters.insert(matter, resolution.matter().clone());
            }
        }
        let mut counting = Counting::of(lineage, &matters);
        for id in lineage.closing() {
            let Some(release) = counting.releases.get(&id).cloned() else { continue };
            for page in &release.pages {
                match ledger.block(Shelf::Certified, page)?.and_then(|bytes| release::read_page(&bytes).ok()) {
                    Some(rows) => counting.closing.extend(rows.iter().map(|row| row.record)),
                    None => counting.incomplete = true,
                }
            }
        }
        for page in counting.releases.values().flat_map(|release| &release.pages) {
            if !ledger.holds(Shelf::Certified, page)? {
                counting.missing.insert(*page);
            }
        }
        Ok(counting)
    }

    /// What counts of matters that a quorum has resolved, by id. Nothing is known of their pages yet.
    pub fn of(lineage: &Lineage, matters: &BTreeMap<Cid, Matter>) -> Self {
        let path: BTreeSet<_> = lineage.path().iter().map(|charter| charter.id()).collect();
        let (head, named) = (lineage.head().charter.id(), lineage.closing());
        let on_path = |matter: &Matter| path.contains(&matter.charter());
        let matters: BTreeMap<_, _> = matters.iter().filter(|(_, matter)| on_path(matter)).collect();
        let mut counting = Counting::default();
        for (id, matter) in &matters {
            let counts = matter.charter() == head || named.contains(*id);
            match matter {
                Matter::Decision(decision) if counts => drop(counting.decisions.insert(**id, decision.clone())),
                Matter::Release(release) if counts => {
                    counting.releases.insert(**id, release.clone());
                    counting.earlier(release, &matters);
                }
                _ => {}
            }
        }
        counting.lift();
        counting
    }

    /// The releases before one that counts.
    fn earlier(&mut self, release: &Release, matters: &BTreeMap<&Cid, &Matter>) {
        let mut at = release.previous;
        while let Some(id) = at
            && let Some(Matter::Release(earlier)) = matters.get(&id)
            && self.releases.insert(id, earlier.clone()).is_none()
        {
            at = earlier.previous;
        }
    }

    /// Takes out the decisions that another lifts. What is erased stays erased.
    fn lift(&mut self) {
        let lifts = self.decisions.values().filter_map(|decision| match decision.ruling {
            Ruling::Lift(lifted) => Some(lifted),
            _ => None,
        });
        for lifted in lifts.collect::<Vec<_>>() {
            if self.decisions.get(&lifted).is_some_and(|decision| decision.ruling.erases().is_none()) {
                self.decisions.remove(&lifted);
            }
        }
    }

    /// Records that a decision which counts has taken down: with their groups, or alone where their headers go too.
    pub fn taken_down(&self) -> BTreeSet<RecordId> {
        self.decisions.values().filter_map(|decision| decision.ruling.erases()).collect()
    }

    /// Whether a decision which counts has taken down a record.
    pub fn takes_down(&self, record: &RecordId) -> bool {
        self.decisions.values().any(|decision| decision.ruling == Ruling::Takedown(*record))
    }

    /// Whether a decision which counts has purged a record.
    pub fn purged(&self, record: &RecordId) -> bool {
        self.decisions.values().any(|decision| decision.ruling == Ruling::Purge(*record))
    }

    /// The newest release, by its number and then by its matter's id.
    pub fn newest(&self) -> Option<(&Cid, &Release)> {
        self.releases.iter().max_by_key(|(id, release)| (release.number, **id))
    }
}

/// What the state is a function of; `None` while a page of a closing release is not here.
///
/// # Errors
/// When the ledger fails.
pub fn facts(lineage: &Lineage, ledger: &impl Ledger) -> Result<Option<Facts>, LedgerError> {
    let counting = Counting::load(lineage, ledger)?;
    if counting.incomplete {
        return Ok(None);
    }
    let (mut facts, counts) = (counting.facts(ledger)?, counting.counts(lineage.head().charter.id()));
    for found in CertifiedRecords::of(ledger) {
        let found = found?;
        if counts(&found) {
            facts.records.insert(found.id, fact(&found.header));
        }
    }
    Ok(Some(facts))
}

/// What became of each record that counts; nothing while a page of a closing release is not here.
///
/// # Errors
/// When the ledger fails.
pub fn standings(lineage: &Lineage, ledger: &impl Ledger) -> Result<BTreeMap<RecordId, Standing>, LedgerError> {
    Ok(facts(lineage, ledger)?.map(|facts| facts.standings()).unwrap_or_default())
}

/// What became of one record, if it counts: what [`standings`] says of it, without reading the others.
///
/// # Errors
/// When the ledger fails.
pub fn standing(
    record: &RecordId,
    lineage: &Lineage,
    counting: &Counting,
    ledger: &impl Ledger,
) -> Result<Option<Standing>, LedgerError> {
    if counting.incomplete {
        return Ok(None);
    }
    let head = lineage.head().charter.id();
    let mut facts = Facts { taken_down: counting.taken_down(), ..Facts::default() };
    for id in group(record, ledger)? {
        let Some(header) = index::header(ledger, Shelf::Certified, &id)? else { continue };
        let counts = counting.closing.contains(&id)
            || index::certificates(ledger, &id)?.iter().any(|(_, charter)| *charter == head);
        if counts && !counting.purged(&id) {
            facts.records.insert(id, fact(&header));
        }
        let erasures = index::operations::erasures(ledger, &id)?;
        if erasures.iter().any(|(kind, durable, _)| *durable && *kind == Erasure::Withdrawal) {
            facts.withdrawn.insert(id);
        }
    }
    Ok(facts.standings().get(record).copied())
}

/// The ids of all accepted records, in order.
///
/// # Errors
/// When the ledger fails.
pub fn accepted(lineage: &Lineage, ledger: &impl Ledger) -> Result<Vec<RecordId>, LedgerError> {
    let counted = Counted::load(lineage, ledger)?.unwrap_or_default();
    counted.accepted().collect()
}

/// The state root; `None` under a protocol version that this code does not understand, and while a page of
/// a closing release is not here.
///
/// # Errors
/// When the ledger fails.
pub fn state_root(lineage: &Lineage, ledger: &impl Ledger) -> Result<Option<StateRoot>, LedgerError> {
    let head = lineage.head().charter;
    if !head.understood() {
        return Ok(None);
    }
    Counted::load(lineage, ledger)?.map(|counted| counted.root(&head.id())).transpose()
}

/// Whether a record is only accepted under a charter that was succeeded, and in no release that closed it: it waits
/// to be attested again under `head`, the charter that leads.
///
/// # Errors
/// When the ledger fails.
pub fn lapsed(
    record: &RecordId,
    head: &Charter,
    counting: &Counting,
    ledger: &impl Ledger,
) -> Result<bool, LedgerError> {
    if head.succeeds.is_none() || counting.closing.contains(record) {
        return Ok(false);
    }
    let held = index::certificates(ledger, record)?;
    Ok(!held.is_empty() && held.iter().all(|(_, charter)| *charter != head.id()))
}

/// The records that revise each other with this one, as far as they are known: by one author, the earliest first.
///
/// # Errors
/// When the ledger fails.
pub fn group(record: &RecordId, ledger: &impl Ledger) -> Result<Vec<RecordId>, LedgerError> {
    group_by(record, None, ledger)
}

/// The same for a record whose header may not be here, when its author is known.
pub(super) fn group_by(
    record: &RecordId,
    author: Option<PublicKey>,
    ledger: &impl Ledger,
) -> Result<Vec<RecordId>, LedgerError> {
    let header = |id: &RecordId| -> Result<Option<index::HeaderEntry>, LedgerError> {
        let live = index::header(ledger, Shelf::Live, id)?;
        Ok(match live {
            None => index::header(ledger, Shelf::Certified, id)?,
            live => live,
        })
    };
    let (mut first, mut author) = (*record, header(record)?.map(|found| found.author).or(author));
    while let Some(found) = header(&first)?
        && let Some(revised) = found.revises
        && header(&revised)?.is_some_and(|before| before.author == found.author)
    {
        (first, author) = (revised, Some(found.author));
    }
    let (mut members, mut at, mut seen) = (vec![first], 0, BTreeSet::from([first]));
    while let Some(id) = members.get(at).copied() {
        at += 1;
        let start = index::key(prefix::REVISION, &[&id.0.to_bytes()]);
        let mut revisions = Vec::new();
        index::each(ledger, &start, |entry| {
            revisions.extend(index::last_cid(&entry.key).map(RecordId));
            Ok(())
        })?;
        for revision in revisions {
            if !seen.contains(&revision) && header(&revision)?.map(|found| found.author) == author {
                seen.insert(revision);
                members.push(revision);
            }
        }
    }
    Ok(members)
}

/// How a record is erased, if it is: a withdrawal goes before a takedown. Its own live withdrawal counts too; of
/// its group, what is durable.
///
/// # Errors
/// When the ledger fails.
pub fn erased(record: &RecordId, counting: &Counting, ledger: &impl Ledger) -> Result<Option<Erasure>, LedgerError> {
    erased_in(record, &group(record, ledger)?, counting, ledger)
}

pub(super) fn erased_in(
    record: &RecordId,
    group: &[RecordId],
    counting: &Counting,
    ledger: &impl Ledger,
) -> Result<Option<Erasure>, LedgerError> {
    if counting.purged(record) {
        return Ok(Some(Erasure::Purge));
    }
    let mut taken_down = false;
    for member in group {
        for (kind, durable, _) in index::operations::erasures(ledger, member)? {
            if kind == Erasure::Withdrawal && (durable || member == record) {
                return Ok(Some(Erasure::Withdrawal));
            }
            // As for a withdrawal: what is not accepted covers nothing else.
            let covers = member == record || ledger.holds(Shelf::Certified, &member.0)?;
            taken_down |= kind == Erasure::Takedown && covers && counting.takes_down(member);
        }
    }
    Ok(taken_down.then_some(Erasure::Takedown))
}
