//! Which release is exported, which releases bear on it, and what they held that is erased.

use super::Known;
use super::again::known_apart;
use super::seen::Walked;
use crate::export::{ExportError, Which};
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::release;
use commonwheel_protocol::dataset::Revocations;
use commonwheel_protocol::index::Certified;
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};
use commonwheel_protocol::operation::release::read_page;
use commonwheel_protocol::operation::{Matter, Release};
use commonwheel_protocol::record::RecordId;
use std::collections::{BTreeMap, BTreeSet};

impl<L: Ledger> Known<'_, L> {
    /// The release that is asked for.
    pub(super) fn release(&self, which: &Which) -> Result<(Cid, Release), ExportError> {
        if let (Which::Id(id), true) = (which, known_apart(self.earlier)) {
            let release = id.parse().ok().and_then(|id| Some((id, self.resolved(&id)?.clone())));
            return release.ok_or_else(|| ExportError::NoRelease(which.clone()));
        }
        let wanted = |(id, release): &(&Cid, &Release)| match which {
            Which::Latest => self.counting.newest().is_some_and(|(newest, _)| newest == *id),
            Which::Number(number) => release.number == *number,
            Which::Id(text) => id.to_string().starts_with(text),
        };
        let found: Vec<_> = self.counting.releases.iter().filter(wanted).collect();
        match found[..] {
            [] if *which == Which::Latest => Err(ExportError::NothingReleased),
            [] => Err(ExportError::NoRelease(which.clone())),
            [(id, release)] => Ok((*id, release.clone())),
            _ => Err(ExportError::SeveralReleases(found.iter().map(|(id, _)| id.to_string()).collect())),
        }
    }

    /// A release that counts; where exports are all that is known, one that convinces.
    fn resolved(&self, id: &Cid) -> Option<&Release> {
        let convinces = || match self.matters.get(id) {
            Some((Matter::Release(release), _)) if known_apart(self.earlier) => Some(release),
            _ => None,
        };
        self.counting.releases.get(id).or_else(convinces)
    }

    /// The releases before one, back to the first.
    pub(super) fn before(&self, release: &Release) -> Result<BTreeMap<Cid, &Release>, ExportError> {
        let (mut before, mut at) = (BTreeMap::new(), release.previous);
        while let Some(id) = at.filter(|id| !before.contains_key(id)) {
            let Some(earlier) = self.resolved(&id) else {
                return Err(ExportError::NoEarlier { number: release.number, id });
            };
            before.insert(id, earlier);
            at = earlier.previous;
        }
        Ok(before)
    }

    /// Every record that was certified under a charter of the path and is not purged, whether or not it still
    /// counts: what was released stays so, and what superseded it has erased it.
    pub(super) fn certified(&self) -> Result<Walked, LedgerError> {
        let path: Vec<_> = self.path.iter().map(Charter::id).collect();
        let counts = |found: &Certified| {
            found.certificates.iter().any(|(_, charter)| path.contains(charter)) && !self.purged.contains(&found.id)
        };
        Walked::of(self.counting.facts(self.ledger)?, counts, &path, self.ledger, &self.lists)
    }

    /// The releases that close charters of the path up to a place, each with its charter's place.
    pub(super) fn named_up_to(&self, leading: usize) -> BTreeMap<Cid, (&Release, usize)> {
        let succeeds = self.path[..=leading].iter().filter_map(|charter| charter.succeeds.as_ref());
        let named = succeeds.flat_map(|succeeds| &succeeds.closing).filter_map(|id| {
            let release = self.counting.releases.get(id)?;
            let place = self.path.iter().position(|charter| charter.id() == release.charter)?;
            Some((*id, (release, place)))
        });
        named.collect()
    }

    /// The records of those releases, each with the place of the first charter under which it counted.
    pub(super) fn released_up_to(&self, leading: usize) -> Result<BTreeMap<RecordId, usize>, ExportError> {
        let mut released = BTreeMap::new();
        for (release, place) in self.named_up_to(leading).into_values() {
            let rows = match release::rows(release, self.ledger, &mut BTreeSet::new())? {
                // An export holds one certificate of each record, the one that was taken by those pages.
                None if known_apart(self.earlier) => continue,
                rows => rows.ok_or(ExportError::Unknown)?,
            };
            for row in rows {
                let first = released.entry(row.record).or_insert(place);
                *first = place.min(*first);
            }
        }
        Ok(released)
    }

    /// What is erased of the records that are known, with those of these releases that held it.
    pub(super) fn revoked(&self, releases: &[&Release]) -> Result<Revocations, ExportError> {
        let mut revocations = Revocations::of(self.walked.counted.facts(), &self.counting.decisions);
        if revocations.is_empty() {
            return Ok(revocations);
        }
        for release in releases {
            let mut missing = 0;
            for page in &release.pages {
                let rows = self.ledger.block(Shelf::Certified, page)?.and_then(|page| read_page(&page).ok());
                missing += usize::from(rows.is_none());
                rows.iter().flatten().for_each(|row| revocations.hold(&row.record, release.number));
            }
            let stated = self.earlier.and_then(|earlier| earlier.held.as_ref());
            if missing > 0
                && let Some(stated) = stated
            {
                let held = stated.iter().filter(|(_, numbers)| numbers.contains(&release.number));
                held.for_each(|(id, _)| revocations.hold(id, release.number));
            } else if missing > 0 {
                return Err(ExportError::Pages { number: release.number, missing });
            }
        }
        Ok(revocations)
    }
}
