//! Which release is exported, which came before it, and what they held that is erased.

use super::Known;
use crate::export::{ExportError, Which};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::dataset::Revocations;
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::operation::Release;
use commonwheel_protocol::operation::release::read_page;
use std::collections::BTreeMap;

impl<L: Ledger> Known<'_, L> {
    /// The release that is asked for.
    pub(super) fn release(&self, which: &Which) -> Result<(Cid, Release), ExportError> {
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

    /// The releases before one, back to the first.
    pub(super) fn before(&self, release: &Release) -> Result<BTreeMap<Cid, &Release>, ExportError> {
        let (mut before, mut at) = (BTreeMap::new(), release.previous);
        while let Some(id) = at.filter(|id| !before.contains_key(id)) {
            let Some(earlier) = self.counting.releases.get(&id) else {
                return Err(ExportError::NoEarlier { number: release.number, id });
            };
            before.insert(id, earlier);
            at = earlier.previous;
        }
        Ok(before)
    }

    /// What is erased of the records that are known, with those of these releases that held it.
    pub(super) fn revoked(&self, releases: &[&Release]) -> Result<Revocations, ExportError> {
        let mut revocations = Revocations::of(&self.facts, &self.counting.decisions);
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
            if missing > 0 {
                return Err(ExportError::Pages { number: release.number, missing });
            }
        }
        Ok(revocations)
    }
}
