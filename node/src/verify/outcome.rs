//! What follows from operations, certificates and rows: what counts, what became of each record, and
//! which records must have a row.

use super::archive::Archive;
use super::operations::Operations;
use super::problem::Problems;
use commonwheel_protocol::agreement::state::{Fact, Facts, Standing, StateRoot};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::facts::Counting;
use commonwheel_protocol::dataset::{Contents, Revocations, Tally, names};
use commonwheel_protocol::operation::release::{self, ReleaseRow};
use commonwheel_protocol::operation::{Matter, Release};
use commonwheel_protocol::record::RecordId;
use std::collections::{BTreeMap, BTreeSet};

/// The release of which an export is an edition.
pub struct Released<'a> {
    /// Its matter.
    pub id: Cid,
    /// The release.
    pub release: &'a Release,
    /// The place of its charter on the path.
    pub leading: usize,
    /// Its rows, by record.
    pub rows: Vec<ReleaseRow>,
}

impl<'a> Released<'a> {
    /// The release with this id, whose pages are those in the archive; else `None`, with a problem.
    pub fn find(id: Cid, operations: &'a Operations, problems: &mut Problems) -> Option<Self> {
        let Some(Matter::Release(release)) = operations.matters.get(&id) else {
            problems.add(names::MANIFEST, None, "it names a release that is not in operations.car");
            return None;
        };
        let rows = rows_of(&[release], operations, problems)?.pop()?;
        Some(Released { id, release, leading: operations.place(&release.charter)?, rows })
    }
}

/// What was found.
pub struct Outcome {
    /// The place on the path of the charter that leads, or of the release's.
    pub leading: usize,
    /// How many records became what.
    pub tally: Tally,
    /// The state root; none for an edition.
    pub root: Option<StateRoot>,
    /// What is left of the release; none for a state.
    pub contents: Option<Contents>,
    /// The records that should have a row and have none.
    pub incomplete: Vec<RecordId>,
    /// What is erased; in which releases it was is not known yet.
    pub revocations: Revocations,
    /// Each release that may have held it, by its number, with its records as far as its pages are here.
    pub releases: BTreeMap<i64, Option<BTreeSet<RecordId>>>,
}

/// Judges the records that have rows, with `rows` their authors, and those of which only headers are here.
/// `None`, with problems, when something does not fit together.
pub fn judge(
    operations: &Operations,
    archive: &Archive,
    released: Option<&Released>,
    rows: &BTreeMap<RecordId, Fact>,
    problems: &mut Problems,
) -> Option<Outcome> {
    let before = problems.count();
    let mut facts = Facts { records: rows.clone(), withdrawn: operations.withdrawn.clone(), ..Facts::default() };
    join(operations, archive, &mut facts, problems);
    let purged = operations.purged();
    for id in purged.iter().filter(|id| facts.records.contains_key(id)) {
        problems.add(names::OPERATIONS, None, format!("record {id} is purged and yet here"));
    }
    for id in facts.withdrawn.iter().filter(|id| !facts.records.contains_key(id)) {
        problems.add(names::OPERATIONS, None, format!("record {id}, which is withdrawn, is no part of this export"));
    }
    let outcome = match released {
        None => state(operations, archive, facts, &purged, rows, problems),
        Some(released) => edition(operations, released, facts, &purged, rows, problems),
    };
    outcome.filter(|_| problems.count() == before)
}

/// Adds the records without a row, and compares both with the certificates.
fn join(operations: &Operations, archive: &Archive, facts: &mut Facts, problems: &mut Problems) {
    for (id, header) in &operations.headers {
        let fact = Fact { author: header.author, revises: header.revises };
        let mut wrong = |what: &str| problems.add(names::OPERATIONS, None, format!("record {id}: {what}"));
        if facts.records.insert(*id, fact).is_some() {
            wrong("its header is here although it has a row");
        }
        match archive.find(id) {
            None => wrong("it has no certificate"),
            Some((_, accepted)) if accepted.time != header.time => {
                wrong("its certificate states another time than its header");
            }
            Some(_) => {}
        }
    }
    for one in archive.accepted().iter().filter(|one| !facts.records.contains_key(&one.record)) {
        problems.add(names::DATA, None, format!("record {} is certified and has no row, nor a header", one.record));
    }
}

/// The accepted records of a state.
fn state(
    operations: &Operations,
    archive: &Archive,
    mut facts: Facts,
    purged: &BTreeSet<RecordId>,
    rows: &BTreeMap<RecordId, Fact>,
    problems: &mut Problems,
) -> Option<Outcome> {
    let counting = Counting::of(&operations.lineage, &operations.matters);
    let leading = operations.path.len() - 1;
    let named = operations.lineage.closing();
    let closing: Vec<_> = counting.releases.iter().filter(|(id, _)| named.contains(id)).map(|(_, one)| one).collect();
    let rows_of_closing = rows_of(&closing, operations, problems)?;
    let mut releases: BTreeMap<_, _> = counting.releases.values().map(|release| (release.number, None)).collect();
    for (release, rows) in closing.iter().zip(&rows_of_closing) {
        let alone = counting.releases.values().filter(|one| one.number == release.number).count() == 1;
        releases.insert(release.number, alone.then(|| rows.iter().map(|row| row.record).collect()));
    }
    let closing: BTreeSet<_> = rows_of_closing.into_iter().flatten().map(|row| row.record).collect();
    for id in operations.matters.keys() {
        let counts = counting.decisions.contains_key(id) || counting.releases.contains_key(id);
        if !counts {
            problems.add(names::OPERATIONS, None, format!("matter {id} does not count and is no part of an export"));
        }
    }
    for one in archive.accepted() {
        if one.charter != leading && !closing.contains(&one.record) {
            let what =
                format!("record {}: its charter was succeeded, and no release that closes it holds it", one.record);
            problems.add(names::CERTIFICATES, None, what);
        }
    }
    for id in closing.iter().filter(|id| !facts.records.contains_key(id) && !purged.contains(id)) {
        let what = format!("record {id} is in a release that counts and has neither row nor reason why not");
        problems.add(names::DATA, None, what);
    }
    facts.taken_down = counting.taken_down();
    facts.decisions = counting.decisions.keys().copied().collect();
    facts.releases = counting.releases.keys().copied().collect();
    let standings = facts.standings();
    let accepted = standings.iter().filter(|(_, standing)| **standing == Standing::Accepted).map(|(id, _)| *id);
    let accepted: BTreeSet<_> = accepted.collect();
    let (accepted, notes) = without_notes(accepted, operations, leading);
    Some(Outcome {
        leading,
        tally: Tally::of_state(standings.values().copied(), purged.len()).keeping_back(notes),
        root: Some(facts.root(&operations.path[leading].id())),
        contents: None,
        incomplete: without_row(&accepted, rows, problems),
        revocations: Revocations::of(&facts, &counting.decisions),
        releases,
    })
}

/// What is left of a release.
fn edition(
    operations: &Operations,
    released: &Released,
    mut facts: Facts,
    purged: &BTreeSet<RecordId>,
    rows: &BTreeMap<RecordId, Fact>,
    problems: &mut Problems,
) -> Option<Outcome> {
    let leading = released.leading;
    let inside: BTreeSet<_> = released.rows.iter().map(|row| row.record).collect();
    let counting = Counting::of(&operations.lineage, &operations.matters);
    let earlier = before(released.release, operations, problems);
    for id in operations.matters.keys().filter(|id| **id != released.id && !earlier.contains_key(id)) {
        let erases = counting.decisions.get(id).and_then(|decision| decision.ruling.erases());
        facts.taken_down.extend(erases);
        let of_it = |id| facts.records.contains_key(id) || inside.contains(id) || purged.contains(id);
        if !erases.as_ref().is_some_and(of_it) {
            problems.add(
                names::OPERATIONS,
                None,
                format!("matter {id} does not count, or erases nothing of the release or of one before it"),
            );
        }
    }
    let standings = facts.standings();
    let contents = Contents::of(inside.iter().copied(), |id| standings.get(id).copied(), purged);
    for id in &contents.unknown {
        let what = format!("record {id} is in the release and has neither row nor reason why not");
        problems.add(names::DATA, None, what);
    }
    let revocations = Revocations::of(&facts, &counting.decisions);
    let firsts = facts.firsts();
    let first = |id: &RecordId| firsts.get(id).copied().unwrap_or(*id);
    let groups: BTreeSet<_> = revocations.iter().map(|(id, _)| first(id)).collect();
    for id in facts.records.keys().filter(|id| !inside.contains(id) && !groups.contains(&first(id))) {
        problems.add(names::OPERATIONS, None, format!("record {id} has no part in the release"));
    }
    let (wanted, notes) = without_notes(contents.rows.clone(), operations, leading);
    let incomplete = without_row(&wanted, rows, problems);
    let tally = Tally::of_edition(&contents).keeping_back(notes);
    let mut releases: BTreeMap<_, _> = earlier.values().map(|number| (*number, None)).collect();
    releases.insert(released.release.number, Some(inside));
    Some(Outcome { leading, tally, root: None, contents: Some(contents), incomplete, revocations, releases })
}

/// The numbers of the releases before one, by their matters; each must be here.
fn before(release: &Release, operations: &Operations, problems: &mut Problems) -> BTreeMap<Cid, i64> {
    let (mut before, mut at) = (BTreeMap::new(), release.previous);
    while let Some(id) = at.filter(|id| !before.contains_key(id)) {
        let Some(Matter::Release(earlier)) = operations.matters.get(&id) else {
            problems.add(names::OPERATIONS, None, format!("release {id}, which came before, is not here"));
            break;
        };
        before.insert(id, earlier.number);
        at = earlier.previous;
    }
    before
}

/// Accepted records without those that the charter keeps back, and how many those are.
fn without_notes(
    mut accepted: BTreeSet<RecordId>,
    operations: &Operations,
    leading: usize,
) -> (BTreeSet<RecordId>, usize) {
    let before = accepted.len();
    if !operations.path[leading].customs.export_notes {
        accepted.retain(|id| operations.headers.get(id).is_none_or(|header| header.about.is_none()));
    }
    let notes = before - accepted.len();
    (accepted, notes)
}

/// Those of the records that should have a row which have none. No other record may have one.
fn without_row(wanted: &BTreeSet<RecordId>, rows: &BTreeMap<RecordId, Fact>, problems: &mut Problems) -> Vec<RecordId> {
    for id in rows.keys().filter(|id| !wanted.contains(id)) {
        problems.add(names::DATA, None, format!("record {id} has a row although it is erased or superseded"));
    }
    wanted.iter().filter(|id| !rows.contains_key(id)).copied().collect()
}

/// The rows of releases, in order. Their pages, each once, must be those in the archive, and lead to the
/// releases' roots.
fn rows_of(releases: &[&Release], operations: &Operations, problems: &mut Problems) -> Option<Vec<Vec<ReleaseRow>>> {
    let mut wanted: Vec<Cid> = Vec::new();
    let mut seen = BTreeSet::new();
    wanted.extend(releases.iter().flat_map(|release| &release.pages).filter(|page| seen.insert(**page)));
    if !wanted.iter().eq(operations.pages.iter().map(|(cid, _)| cid)) {
        problems.add(names::OPERATIONS, None, "its pages are not those of the releases, in order, each once");
        return None;
    }
    let pages: BTreeMap<_, _> = operations.pages.iter().map(|(cid, rows)| (*cid, rows)).collect();
    let mut all = Vec::new();
    for one in releases {
        let rows: Vec<_> = one.pages.iter().flat_map(|page| pages[page].iter().cloned()).collect();
        let sorted = rows.is_sorted_by(|a, b| a.record < b.record);
        if !sorted || rows.len() as i64 != one.count || release::root(&rows) != one.root {
            let what = format!("the pages of release {} do not lead to its root", one.number);
            problems.add(names::OPERATIONS, None, what);
            return None;
        }
        all.push(rows);
    }
    Some(all)
}
