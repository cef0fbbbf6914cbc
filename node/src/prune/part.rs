//! One export in a folder, its own or a copy, and what proves what of it is erased.

use super::known::{Both, Export};
use super::{PruneError, Removed, folders, read, unfit};
use crate::export::folder::Staging;
use crate::export::{self, Again, ByBody, Earlier, ExportOptions, Left, Source, Which};
use crate::verify::VerifySummary;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::dataset::{Filter, ForUse, Manifest, Merging, Revocations, View};
use commonwheel_protocol::ledger::Ledger;
use commonwheel_protocol::record::RecordId;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// An export that is pruned.
pub struct Part {
    /// Where it lies, and its founding.
    pub export: Export,
    /// What it says of itself.
    pub manifest: Manifest,
    /// By what it was written.
    pub options: ExportOptions,
    /// What it had.
    pub earlier: Earlier,
    /// The community for which it is a copy, if it is one.
    to: Option<Cid>,
}

impl Part {
    /// The export in a folder, and then the copies in it, as they were checked.
    ///
    /// # Errors
    /// When they cannot be read, or written again.
    pub fn all(dir: &Path, manifest: &Manifest, checked: &VerifySummary) -> Result<Vec<Part>, PruneError> {
        let folders = folders(dir, manifest);
        folders.iter().map(|(community, folder)| Part::open(dir, folder, by_body(checked, community))).collect()
    }

    fn open(dir: &Path, folder: &Path, by_body: BTreeSet<RecordId>) -> Result<Part, PruneError> {
        let (manifest, export) = (read(folder)?, Export::open(folder)?);
        let to = manifest.copied.as_ref().map(|copied| copied.to.parse());
        let to = to.transpose().map_err(|_| unfit(dir, "it is a copy for a community that has no such id"))?;
        let view =
            |name: &str| View::named(name).ok_or_else(|| unfit(dir, "it has views that this program does not know"));
        let views = manifest.views.iter().map(|rows| view(&rows.format)).collect::<Result<_, _>>()?;
        let options = ExportOptions {
            replace: true,
            allow_incomplete: true,
            release: manifest.release.as_ref().map(|release| Which::Id(release.id.clone())),
            filter: rule(&manifest).1,
            views,
            // Whether one work was asked for makes no difference where one was written: fewer rows need no more works.
            merge: (!manifest.merged.is_empty()).then_some(Merging::Separate),
            ..ExportOptions::to(dir.to_owned())
        };
        let earlier = Earlier {
            rows: export.rows()?,
            by_body,
            left_out: left_out(&manifest),
            left_out_since: None,
            overlapping: manifest
                .decontaminated
                .as_ref()
                .map_or(Ok(BTreeMap::new()), |said| export.overlapping(said))?,
            compared: manifest.decontaminated.clone(),
            held: None,
        };
        Ok(Part { export, manifest, options, earlier, to })
    }

    /// The rows that go, each by what erases it.
    ///
    /// # Errors
    /// When some would go that nothing erases.
    pub fn removed(&self, rows: &BTreeSet<RecordId>, revocations: &Revocations) -> Result<Vec<Removed>, PruneError> {
        let gone: Vec<_> = self.earlier.rows.difference(rows).collect();
        let unknown: Vec<_> = gone.iter().filter(|id| revocations.get(id).is_none()).collect();
        if let Some(first) = unknown.first() {
            return Err(PruneError::Unknown { count: unknown.len(), first: ***first });
        }
        let copied_from = self.to.map(|_| self.manifest.community.clone());
        let removed = gone.into_iter().filter_map(|id| Some((id, revocations.get(id)?)));
        let removed = removed.map(|(id, one)| {
            let (why, by) = (one.why.name(), one.by.to_string());
            Removed { id: id.to_string(), why, by, copied_from: copied_from.clone() }
        });
        Ok(removed.collect())
    }
}

/// The records that an export, or a copy in it, left out for what their bodies say.
pub fn by_body(checked: &VerifySummary, community: &str) -> BTreeSet<RecordId> {
    let mut parts = [checked].into_iter().chain(&checked.copies);
    parts.find(|one| one.community == community).map(|one| one.left_out_by_body.clone()).unwrap_or_default()
}

/// How many records an export left out for what their bodies say, as it states it.
fn left_out(manifest: &Manifest) -> ByBody {
    let copied = manifest.copied.as_ref().map(|copied| copied.left_out).unwrap_or_default();
    let unasked = manifest.filter.as_ref().map_or(0, |chosen| chosen.by_body);
    ByBody { kind: copied.kind, class: copied.class, unasked }
}

/// By which rule an export left records out: for whom it is a copy, for which use it is, and what was asked for.
fn rule(manifest: &Manifest) -> (Option<&String>, Filter) {
    let asks = manifest.filter.as_ref().map(|chosen| chosen.asks.clone()).unwrap_or_default();
    let purpose = manifest.purpose.as_ref().and_then(ForUse::purpose);
    (manifest.copied.as_ref().map(|copied| &copied.to), Filter { purpose, ..asks })
}

/// What is known of the community of a part.
pub struct Proof<'a, L> {
    by: By<'a, L>,
    /// Which records a newer copy by the same rule left out for what their bodies say, and for which reasons.
    left_out: Option<(BTreeSet<RecordId>, ByBody)>,
    /// The charters that must lead to the one by which that goes.
    charters: BTreeSet<String>,
    /// Whether it is more than the part itself.
    pub proves: bool,
}

enum By<'a, L> {
    Exports(Box<Both>),
    Replica(Source<'a, L>),
}

impl<'a, L: Ledger> Proof<'a, L> {
    /// Another export of the same community.
    ///
    /// # Errors
    /// When something cannot be read or written.
    pub fn by_export(
        dir: &Path,
        whole: &Manifest,
        part: &Part,
        newer: &Export,
        manifest: &Manifest,
        by_body: &BTreeSet<RecordId>,
    ) -> Result<Self, PruneError> {
        let place = Staging::beside(dir, &whole.community, true)?;
        let both = Both::load(&part.export, newer, &part.earlier.by_body, part.options.release.is_some(), place)?;
        let charters = part.manifest.charters.iter().chain(&manifest.charters).cloned().collect();
        let left_out = (rule(manifest) == rule(&part.manifest)).then(|| (by_body.clone(), left_out(manifest)));
        Ok(Proof { by: By::Exports(Box::new(both)), left_out, charters, proves: true })
    }

    /// A replica.
    pub fn by_replica(part: &Part, replica: &Source<'a, L>) -> Self {
        let Source { ledger, founding, terms } = *replica;
        let charters = part.manifest.charters.iter().cloned().collect();
        Proof { by: By::Replica(Source { ledger, founding, terms }), left_out: None, charters, proves: true }
    }

    /// Nothing but the part itself.
    ///
    /// # Errors
    /// When something cannot be read or written.
    pub fn nothing(dir: &Path, whole: &Manifest, part: &Part) -> Result<Self, PruneError> {
        let itself = Proof::by_export(dir, whole, part, &part.export, &part.manifest, &part.earlier.by_body)?;
        Ok(Proof { proves: false, ..itself })
    }

    /// What is left of the part.
    ///
    /// # Errors
    /// When that cannot be told.
    pub fn left<'p>(&'p self, dir: &Path, part: &'p Part) -> Result<Box<dyn Left + 'p>, PruneError> {
        match &self.by {
            By::Exports(both) => {
                let Export { founding, terms, .. } = &part.export;
                let (held, left_out_since) = (Some(both.held.clone()), self.left_out.clone());
                let earlier = Earlier { held, left_out_since, ..part.earlier.clone() };
                self.select(Source { ledger: &both.store, founding, terms }, dir, part, &earlier)
            }
            By::Replica(Source { ledger, founding, terms }) => {
                self.select(Source { ledger: *ledger, founding, terms }, dir, part, &part.earlier)
            }
        }
    }

    fn select<'p, K: Ledger>(
        &self,
        source: Source<'p, K>,
        dir: &Path,
        part: &Part,
        earlier: &Earlier,
    ) -> Result<Box<dyn Left + 'p>, PruneError> {
        export::follows(source.ledger, &self.charters)?.then_some(()).ok_or(PruneError::Fork)?;
        let untold = "it left out records for several reasons that only their texts show, and some of these are erased: \
            which reason each had cannot be told, nor which the others have, whose texts are not here";
        match Again::select(source, &part.options, earlier, part.to.as_ref())? {
            Some(again) => Ok(Box::new(again)),
            None => Err(unfit(dir, untold)),
        }
    }
}
