//! Writing the accepted records, or a release, as a dataset that anyone can check without this node.
//!
//! docs/DATASET.md says what lies where. Everything here is a function of the state, or of a release and
//! the erasures since, so that every replica that holds them writes the same bytes. `selection` says what
//! is written, `writer` writes it.

mod again;
pub mod car;
pub mod columns;
pub mod copying;
mod error;
pub mod folder;
mod hashed;
mod list;
pub(crate) mod merge;
pub mod parquet;
mod pool;
mod resolved;
mod selected;
mod selection;
pub mod stop;
mod views;
mod wanted;
mod writer;

use crate::benchmark::{Loaded, Unread};
use crate::community::printable;
pub use again::{Again, Left, follows};
use commonwheel_protocol::agreement::charter::BodyAccess;
use commonwheel_protocol::agreement::state::Standing;
use commonwheel_protocol::agreement::{Charter, Founding};
use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::core::facts::{self, Counting};
use commonwheel_protocol::core::status;
use commonwheel_protocol::dataset::{
    Chosen, Filter, ForUse, LeftOut, Manifest, MergedRows, Merging, Overlap, View, ViewRows, names,
};
use commonwheel_protocol::index::CertifiedRecords;
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};
use commonwheel_protocol::record::RecordId;
pub use error::ExportError;
use folder::Staging;
pub use selection::{ByBody, Difference, Earlier, Revised, difference};
use selection::{Of, Selected, Selection};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wanted::Wanted;
use writer::Writer;
pub use writer::Written;

/// How an export is written.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// The folder to write.
    pub out: PathBuf,
    /// Replace an earlier export of the same community.
    pub replace: bool,
    /// Write what is here when some accepted records have no body here.
    pub allow_incomplete: bool,
    /// The release to write; without one, the records that are accepted now.
    pub release: Option<Which>,
    /// Which records are written. With a use in it, only what allows that.
    pub filter: Filter,
    /// Benchmarks: what overlaps with them is left out, in copies too.
    pub benchmarks: Option<Arc<Loaded>>,
    /// In which forms the rows are written besides the canonical one. Copies have that one alone.
    pub views: BTreeSet<View>,
    /// Whether the rows are written as works under one licence each, too. Copies are not.
    pub merge: Option<Merging>,
}

impl ExportOptions {
    /// Everything that is accepted now, in the canonical form, in a folder that is not there yet.
    pub fn to(out: PathBuf) -> Self {
        ExportOptions {
            out,
            replace: false,
            allow_incomplete: false,
            release: None,
            filter: Filter::default(),
            benchmarks: None,
            views: BTreeSet::new(),
            merge: None,
        }
    }
}

/// Which release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The newest.
    Latest,
    /// The one with this number.
    Number(i64),
    /// The one whose matter's id begins so.
    Id(String),
}

impl std::str::FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let id = || text.starts_with("bafyrei").then(|| Which::Id(text.to_owned()));
        let number = || text.parse().ok().filter(|number| *number > 0).map(Which::Number);
        let latest = (text == "latest").then_some(Which::Latest);
        latest
            .or_else(number)
            .or_else(id)
            .ok_or_else(|| "expected a number, latest, or a release's id or the beginning of it".to_owned())
    }
}

impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Which::Latest => f.write_str("latest"),
            Which::Number(number) => number.fmt(f),
            Which::Id(id) => id.fmt(f),
        }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportSummary {
    /// The folder.
    pub dir: PathBuf,
    /// The community's id.
    pub community: String,
    /// The community's name in the charter that leads, or in that of the release.
    pub name: String,
    /// The state root; none for a release.
    pub state_root: Option<String>,
    /// The release's number.
    pub release: Option<i64>,
    /// The edition's name; none while a row is missing.
    pub edition: Option<String>,
    /// How many records are accepted, or are in the release and not erased.
    pub records: usize,
    /// How many of them have a row.
    pub rows: usize,
    /// How many records of the release were erased since.
    pub erased: usize,
    /// How many have none, because their bodies are not here.
    pub incomplete: usize,
    /// How many rows each file has.
    pub files: BTreeMap<String, usize>,
    /// The same rows in other forms: how many each carries, and in which files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<ViewRows>,
    /// The rows as works under one licence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<MergedRows>,
    /// Whether the charter opens bodies to everyone who asks.
    pub open: bool,
    /// For which use it is, and what was left out for that; nothing where it holds everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<ForUse>,
    /// Which records were asked for, and how many others there are; nothing where all were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Chosen>,
    /// With which benchmarks no row overlaps, and how much was left out; nothing where rows were compared with none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decontaminated: Option<Overlap>,
    /// Items of benchmarks that could not be read, the first of them; `decontaminated` counts all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
    /// What was left out of a copy; nothing in an export of a community for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
    /// What was copied from other communities, by their ids.
    pub copies: Vec<ExportSummary>,
}

impl ExportSummary {
    /// Whether every record that should have a row has one, in the copies too, and every item of a benchmark was read.
    pub fn is_complete(&self) -> bool {
        self.incomplete == 0 && self.unread.is_empty() && self.copies.iter().all(ExportSummary::is_complete)
    }
}

/// A community as it is known here.
pub struct Source<'a, L> {
    /// Its records.
    pub ledger: &'a L,
    /// Its founding.
    pub founding: &'a Founding,
    /// The text of its first charter's terms.
    pub terms: &'a str,
}

/// A community whose records are copied.
pub struct Origin<'a, L> {
    /// The community.
    pub source: Source<'a, L>,
    /// Its release to copy; without one, as the other community is exported: what is accepted now, or the newest
    /// release. A community that opens bodies only with a release is copied by its newest in either case.
    pub release: Option<Which>,
}

/// Writes the accepted records, or what is left of a release, into a new folder, which appears only when it
/// is complete; and beside them, from each origin, those that it lets this community copy. Origins are other
/// communities, each once.
///
/// `progress` is called with the number of records done and of all, for each community, and then with that of the rows in
/// columns and in works, where these are asked for. Memory grows only with the list of ids.
///
/// # Errors
/// See [`ExportError`]. Then the folder is as it was before.
pub fn export<L: Ledger>(
    source: &Source<L>,
    origins: &[Origin<L>],
    options: &ExportOptions,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<ExportSummary, ExportError> {
    let community = source.founding.community();
    let own = Job::select(source, options, options.release.as_ref(), None)?;
    let mut jobs = BTreeMap::new();
    for origin in origins {
        let founding = origin.source.founding;
        let of = |error: ExportError| error.of(founding);
        let release = origin.release.as_ref().or(options.release.as_ref().map(|_| &Which::Latest));
        let job = Job::select(&origin.source, options, release, Some(&community)).map_err(of)?;
        jobs.insert(founding.community(), job);
    }
    let staging = Staging::beside(&options.out, &community.to_string(), options.replace)?;
    let mut copies = BTreeMap::new();
    for (origin, job) in &jobs {
        let dir = staging.path().join(names::COPIES).join(origin.to_string());
        let written = job
            .write(&dir, &BTreeSet::new(), None, &BTreeMap::new(), progress)
            .map_err(|error| error.of(job.source.founding))?;
        copies.insert(*origin, written);
    }
    let written = own.write(staging.path(), &options.views, options.merge, &copies, progress)?;
    if !copies.is_empty() {
        folder::sync_folder(&staging.path().join(names::COPIES))?;
    }
    staging.publish()?;
    let copied = jobs.iter().zip(copies).map(|((_, job), (_, copy))| job.summary(&options.out, copy.manifest, vec![]));
    let copied = copied.collect();
    let unread = options.benchmarks.as_ref().map(|benchmarks| benchmarks.unread.clone()).unwrap_or_default();
    Ok(ExportSummary { unread, ..own.summary(&options.out, written.manifest, copied) })
}

/// What of a community another one may copy, as far as it is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Copyable {
    /// The release that would be copied; nothing where it is what is accepted now.
    pub release: Option<i64>,
    /// How many records may be copied.
    pub may_copy: usize,
    /// How many may not.
    pub left_out: LeftOut,
    /// How many have no body here, so that it cannot be told or they cannot be copied.
    pub incomplete: usize,
}

/// Counts what `to` may copy of a community: of what is accepted now, or of the newest release where bodies open
/// only with one.
///
/// # Errors
/// As [`export`], as far as nothing is written.
pub fn copyable(ledger: &impl Ledger, to: &Cid) -> Result<Copyable, ExportError> {
    let selection = selection::select(ledger, None, Wanted::default(), Some(to))?;
    Ok(Copyable {
        release: match selection.of {
            Of::State(_) => None,
            Of::Edition { number, .. } => Some(number),
        },
        may_copy: selection.records.rows()?,
        left_out: selection.copied.map(|copied| copied.left_out).unwrap_or_default(),
        incomplete: selection.incomplete.len(),
    })
}

/// A community to be written, for itself or as a copy.
struct Job<'a, L> {
    source: Source<'a, L>,
    selection: Selection,
    allow_incomplete: bool,
}

impl<'a, L: Ledger> Job<'a, L> {
    fn select(
        source: &Source<'a, L>,
        options: &ExportOptions,
        release: Option<&Which>,
        to: Option<&Cid>,
    ) -> Result<Self, ExportError> {
        if Cid::of(Codec::Raw, source.terms.as_bytes()) != source.founding.charter().terms {
            return Err(ExportError::Terms);
        }
        let selection = selection::select(source.ledger, release, Wanted::of(options), to)?;
        if !selection.incomplete.is_empty() && !options.allow_incomplete {
            let (missing, records) = (selection.incomplete.len(), selection.tally.accepted);
            return Err(ExportError::Incomplete { missing, records });
        }
        let Source { ledger, founding, terms } = *source;
        let allow_incomplete = options.allow_incomplete;
        Ok(Job { source: Source { ledger, founding, terms }, selection, allow_incomplete })
    }

    fn write(
        &self,
        dir: &Path,
        views: &BTreeSet<View>,
        merge: Option<Merging>,
        copies: &BTreeMap<Cid, Written>,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Written, ExportError> {
        let ledger = self.source.ledger;
        match self.write_all(dir, views, merge, copies, progress) {
            Err(error) if error.lacks_something() && selection::has_changed(ledger, &self.selection.root)? => {
                Err(ExportError::Changed)
            }
            written => written,
        }
    }

    fn write_all(
        &self,
        dir: &Path,
        views: &BTreeSet<View>,
        merge: Option<Merging>,
        copies: &BTreeMap<Cid, Written>,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Written, ExportError> {
        let (Source { ledger, founding, terms }, selection) = (&self.source, &self.selection);
        let texts = texts(*ledger, terms, &selection.path)?;
        let mut writer =
            Writer::create(dir, founding, &texts, selection, views.iter().copied(), *ledger)?.merging(merge);
        let mut certified = CertifiedRecords::of(*ledger);
        for (done, one) in selection.records.iter().enumerate() {
            let one = &one?;
            progress(done, selection.records.len());
            let found = certified.find(&one.id)?;
            let found = found.ok_or(ExportError::Missing { record: one.id, what: "certificate" })?;
            writer.record(*ledger, one, &found)?;
            if !writer.bodiless().is_empty() && !self.allow_incomplete {
                self.still_stand(writer.bodiless())?;
                let missing = 1 + bodiless(&mut certified, selection.records.from(done + 1), *ledger)?;
                return Err(ExportError::Incomplete { missing, records: selection.tally.accepted });
            }
        }
        self.still_stand(writer.bodiless())?;
        progress(selection.records.len(), selection.records.len());
        let flags = writer.flags(founding, *ledger)?;
        let wanted = selection.path[selection.leading].terms;
        let text = texts.into_iter().find(|(cid, _)| *cid == wanted).map(|(_, text)| text).unwrap_or_default();
        let text = String::from_utf8(text).map_err(|_| ExportError::Terms)?;
        let all = selection.records.rows()?;
        writer.finish(&text, flags, copies, &mut |done| progress(done, all))
    }

    /// Makes sure that records whose bodies were not found are not erased since they were selected. What else has changed
    /// meanwhile is no matter.
    fn still_stand(&self, records: &[RecordId]) -> Result<(), ExportError> {
        if records.is_empty() {
            return Ok(());
        }
        let ledger = self.source.ledger;
        let lineage = status::lineage(ledger)?;
        let counting = Counting::load(&lineage, ledger)?;
        for id in records {
            let standing = facts::standing(id, &lineage, &counting, ledger)?;
            if counting.purged(id) || standing.is_some_and(|standing| standing != Standing::Accepted) {
                return Err(ExportError::Changed);
            }
        }
        Ok(())
    }

    fn summary(&self, dir: &Path, manifest: Manifest, copies: Vec<ExportSummary>) -> ExportSummary {
        let charter = &self.selection.path[self.selection.leading];
        ExportSummary {
            dir: match manifest.copied {
                Some(_) => dir.join(names::COPIES).join(&manifest.community),
                None => dir.to_owned(),
            },
            name: printable(&charter.name),
            open: match charter.bodies {
                BodyAccess::OnCertificate => true,
                BodyAccess::OnRelease => manifest.release.is_some(),
                BodyAccess::Gated => false,
            },
            community: manifest.community,
            state_root: manifest.state_root,
            release: manifest.release.map(|release| release.number),
            edition: manifest.edition,
            records: manifest.records,
            rows: manifest.rows,
            erased: manifest.erased.len(),
            incomplete: manifest.incomplete.len(),
            files: manifest.files.into_iter().map(|file| (file.path, file.rows)).collect(),
            purpose: manifest.purpose,
            filter: manifest.filter,
            decontaminated: manifest.decontaminated,
            unread: Vec::new(),
            views: manifest.views,
            merged: manifest.merged,
            left_out: manifest.copied.map(|copied| copied.left_out),
            copies,
        }
    }
}

/// How many of some records should have a row and lack a body. They follow those that were found so far.
fn bodiless<L: Ledger>(
    certified: &mut CertifiedRecords<L>,
    records: impl Iterator<Item = Result<Selected, LedgerError>>,
    ledger: &L,
) -> Result<usize, LedgerError> {
    let mut missing = 0;
    for one in records {
        let one = one?;
        if !one.row {
            continue;
        }
        let found = certified.find(&one.id)?;
        let here = found.map(|found| ledger.holds(Shelf::Certified, &found.header.body)).transpose()?;
        missing += usize::from(here == Some(false));
    }
    Ok(missing)
}

/// The terms of charters, each text once, where it comes first.
fn texts(ledger: &impl Ledger, first: &str, path: &[Charter]) -> Result<Vec<(Cid, Vec<u8>)>, ExportError> {
    let mut texts: Vec<(Cid, Vec<u8>)> = Vec::new();
    for charter in path {
        if texts.iter().any(|(cid, _)| *cid == charter.terms) {
            continue;
        }
        let text = match texts.is_empty() {
            true => Some(first.as_bytes().to_vec()),
            false => ledger.block(Shelf::Certified, &charter.terms)?,
        };
        texts.push((charter.terms, text.ok_or_else(|| ExportError::NoTerms(charter.id()))?));
    }
    Ok(texts)
}

pub(crate) use writer::derived;

#[cfg(test)]
pub(crate) mod events;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
