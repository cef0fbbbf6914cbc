//! What one release holds that another does not, and why.

use super::Known;
use crate::export::wanted::Wanted;
use crate::export::{ExportError, Which};
use commonwheel_protocol::core::{release, status};
use commonwheel_protocol::ledger::Ledger;
use commonwheel_protocol::operation::Release;
use commonwheel_protocol::record::RecordId;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// From an earlier release to a later one. Ids are in the order of their bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The number of the one.
    pub from: i64,
    /// The number of the other.
    pub to: i64,
    /// How many records both hold.
    pub in_both: usize,
    /// Records that are new.
    pub added: Vec<String>,
    /// Records that a revision has replaced, each with that.
    pub revised: Vec<Revised>,
    /// Records that their authors have withdrawn.
    pub withdrawn: Vec<String>,
    /// Records that were taken down or purged by quorum.
    pub taken_down: Vec<String>,
    /// Records that are not erased and that the other leaves out all the same, as under an embargo.
    pub left_out: Vec<String>,
}

/// A record and what replaced it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Revised {
    /// The record.
    pub id: String,
    /// Its revision.
    pub by: String,
}

/// Compares two releases of the community as they were signed. Why a record is gone is what is known now.
///
/// # Errors
/// When one of them, or a page of it, is not here.
pub fn difference(ledger: &impl Ledger, from: &Which, to: &Which) -> Result<Difference, ExportError> {
    let mut known = Known::load(ledger, &Wanted::default(), None)?;
    // What was released under an earlier charter tells of its end, too.
    known.walked = known.certified()?;
    let (from, to) = (known.release(from)?.1, known.release(to)?.1);
    let (before, after) = (known.records(&from)?, known.records(&to)?);
    let revocations = known.revoked(&[])?;
    let mut found = Difference { from: from.number, to: to.number, ..Difference::default() };
    let (gone, new) = (before.difference(&after), after.difference(&before));
    let mut new: BTreeSet<_> = new.copied().collect();
    found.in_both = before.intersection(&after).count();
    let mut replaced = BTreeMap::new();
    for id in gone {
        let revision = status::group(id, ledger)?.into_iter().find(|other| other != id && after.contains(other));
        if let Some(revision) = revision {
            replaced.insert(*id, revision);
            continue;
        }
        let why = revocations.get(id).map(|revocation| revocation.why.name());
        let list = match why {
            Some("withdrawn") => &mut found.withdrawn,
            Some("taken-down" | "purged") => &mut found.taken_down,
            _ => &mut found.left_out,
        };
        list.push(id.to_string());
    }
    let revisions: BTreeSet<_> = replaced.values().copied().collect();
    new.retain(|id| !revisions.contains(id));
    found.added = new.iter().map(RecordId::to_string).collect();
    let revised = replaced.into_iter().map(|(id, by)| Revised { id: id.to_string(), by: by.to_string() });
    found.revised = revised.collect();
    Ok(found)
}

impl<L: Ledger> Known<'_, L> {
    fn records(&self, release: &Release) -> Result<BTreeSet<RecordId>, ExportError> {
        let mut missing = BTreeSet::new();
        let rows = release::rows(release, self.ledger, &mut missing)?;
        let absent = || ExportError::Pages { number: release.number, missing: missing.len() };
        Ok(rows.ok_or_else(absent)?.iter().map(|row| row.record).collect())
    }
}
