//! Drafting a release from what is held here, and comparing one with it.

use super::counted::Counted;
use super::facts::Counting;
use crate::agreement::Lineage;
use crate::agreement::state::Standing;
use crate::bytes::Cid;
use crate::index;
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::limits::{PAGE_ROWS, RELEASE_PAGES};
use crate::operation::decision::Scope;
use crate::operation::release::{ReleaseRow, pages, read_page, root};
use crate::operation::{Decision, Release, Ruling};
use crate::record::header::HourTime;
use crate::record::{Body, RecordId, SignedHeader};
use std::collections::{BTreeMap, BTreeSet};

/// A release as it would be cut here and now, with its pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The release.
    pub release: Release,
    /// Its pages, in order.
    pub pages: Vec<Vec<u8>>,
}

/// Why no release can be cut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRelease {
    /// The community holds releases back.
    #[error("the community has decided on an embargo; see `commonwheel decision list`")]
    Embargo,
    /// The state is not known here.
    #[error("pages of the release that closed the last charter are not here yet; wait until they are")]
    Incomplete,
    /// A body that an embargo must be compared with is not here.
    #[error("{0} accepted record(s) lack their text here; wait until they have come")]
    Bodies(usize),
    /// More records than a release can hold.
    #[error("a release holds at most {most} records; found {0}", most = PAGE_ROWS * RELEASE_PAGES)]
    TooMany(usize),
}

/// What of a release is not as it would be here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// How many of its rows are as here.
    pub same: usize,
    /// Pages that are not here.
    pub pages_missing: BTreeSet<Cid>,
    /// Its pages or their order do not lead to its root, or its count is another.
    pub malformed: bool,
    /// Records in it that are not accepted here (yet), or are no longer.
    pub not_accepted: Vec<RecordId>,
    /// Records whose licence or preference is another here.
    pub differing: Vec<RecordId>,
    /// Records under an embargo.
    pub embargoed: Vec<RecordId>,
    /// Records of the release before that are accepted here and not in it.
    pub dropped: Vec<RecordId>,
    /// Records accepted here that are not in it; they may have been accepted after the cut.
    pub left_out: usize,
    /// It does not follow the newest release known here.
    pub out_of_order: bool,
}

impl Comparison {
    /// Why it should not be signed, in a sentence; `None` when it may be.
    pub fn objection(&self) -> Option<String> {
        let some = |ids: &[RecordId], what: &str| {
            ids.first().map(|id| format!("{} record(s) {what}, such as {id}", ids.len()))
        };
        if !self.pages_missing.is_empty() {
            return Some(format!("{} of its pages are not here yet; try again in a minute", self.pages_missing.len()));
        }
        if self.malformed {
            return Some("its pages do not lead to its root".into());
        }
        if self.out_of_order {
            return Some("it does not follow the newest release that is known here".into());
        }
        some(&self.not_accepted, "in it are not accepted here")
            .or_else(|| some(&self.differing, "in it have another licence or preference here"))
            .or_else(|| some(&self.embargoed, "in it are under an embargo"))
            .or_else(|| some(&self.dropped, "of the release before are accepted here and not in it"))
    }
}

/// Cuts a release of everything that is accepted here and under no embargo.
///
/// # Errors
/// When the ledger fails; the inner error says why there can be no release.
pub fn draft(lineage: &Lineage, now_s: i64, ledger: &impl Ledger) -> Result<Result<Draft, NoRelease>, LedgerError> {
    let counting = Counting::load(lineage, ledger)?;
    if counting.incomplete {
        return Ok(Err(NoRelease::Incomplete));
    }
    let embargoes = embargoes(counting.decisions.values(), now_s);
    if embargoes.iter().any(|scope| **scope == Scope::default()) {
        return Ok(Err(NoRelease::Embargo));
    }
    let (mut rows, mut unknown) = (Vec::new(), 0);
    let counted = Counted::load(lineage, ledger)?.unwrap_or_default();
    for id in counted.accepted() {
        let id = id?;
        match is_embargoed(&id, &embargoes, ledger)? {
            Some(true) => {}
            Some(false) => rows.extend(row(&id, ledger)?),
            None => unknown += 1,
        }
    }
    if unknown > 0 {
        return Ok(Err(NoRelease::Bodies(unknown)));
    }
    if rows.len() > PAGE_ROWS * RELEASE_PAGES {
        return Ok(Err(NoRelease::TooMany(rows.len())));
    }
    let head = lineage.head().charter;
    let newest = counting.newest();
    let (ids, pages): (Vec<_>, Vec<_>) = pages(&rows).into_iter().unzip();
    let release = Release {
        community: head.community(),
        charter: head.id(),
        number: newest.map_or(0, |(_, release)| release.number) + 1,
        previous: newest.map(|(id, _)| *id),
        time: HourTime::hour(now_s),
        count: rows.len() as i64,
        root: root(&rows),
        pages: ids,
    };
    Ok(Ok(Draft { release, pages }))
}

/// Rebuilds what a release says from what is held here.
///
/// # Errors
/// When the ledger fails.
pub fn compare(
    release: &Release,
    lineage: &Lineage,
    counting: &Counting,
    now_s: i64,
    ledger: &impl Ledger,
) -> Result<Comparison, LedgerError> {
    compare_with(&[], release, lineage, counting, now_s, ledger)
}

/// The same, with pages that are at hand and not yet in the ledger.
pub(super) fn compare_with(
    at_hand: &[Vec<u8>],
    release: &Release,
    lineage: &Lineage,
    counting: &Counting,
    now_s: i64,
    ledger: &impl Ledger,
) -> Result<Comparison, LedgerError> {
    let mut found = Comparison::default();
    let newest = counting.newest();
    found.out_of_order = release.previous != newest.map(|(id, _)| *id)
        || release.number != newest.map_or(0, |(_, newest)| newest.number) + 1;
    let at_hand: BTreeMap<_, _> = at_hand.iter().map(|page| (Cid::of_cbor(page), page)).collect();
    let Some(rows) = rows_with(&at_hand, release, ledger, &mut found.pages_missing)? else { return Ok(found) };
    found.malformed = rows.len() as i64 != release.count
        || root(&rows) != release.root
        || !rows.is_sorted_by(|a, b| a.record < b.record);
    let counted = Counted::load(lineage, ledger)?.unwrap_or_default();
    let embargoes = embargoes(counting.decisions.values(), now_s);
    let in_it: BTreeSet<_> = rows.iter().map(|row| row.record).collect();
    for theirs in &rows {
        let id = theirs.record;
        if counted.standing(&id)? != Some(Standing::Accepted) {
            found.not_accepted.push(id);
        } else if row(&id, ledger)?.as_ref() != Some(theirs) {
            found.differing.push(id);
        } else if is_embargoed(&id, &embargoes, ledger)? != Some(false) {
            found.embargoed.push(id);
        } else {
            found.same += 1;
        }
    }
    let others = counted.accepted().filter(|id| !matches!(id, Ok(id) if in_it.contains(id)));
    let left_out = others.collect::<Result<BTreeSet<_>, _>>()?;
    found.left_out = left_out.len();
    if let Some((_, before)) = newest
        && let Some(before) = self::rows(before, ledger, &mut found.pages_missing)?
    {
        for one in before.iter().filter(|one| left_out.contains(&one.record)) {
            if is_embargoed(&one.record, &embargoes, ledger)? == Some(false) {
                found.dropped.push(one.record);
            }
        }
    }
    Ok(found)
}

/// The rows of a release, in order; `None` when a page is not here, which is then named.
///
/// # Errors
/// When the ledger fails.
pub fn rows(
    release: &Release,
    ledger: &impl Ledger,
    missing: &mut BTreeSet<Cid>,
) -> Result<Option<Vec<ReleaseRow>>, LedgerError> {
    rows_with(&BTreeMap::new(), release, ledger, missing)
}

fn rows_with(
    at_hand: &BTreeMap<Cid, &Vec<u8>>,
    release: &Release,
    ledger: &impl Ledger,
    missing: &mut BTreeSet<Cid>,
) -> Result<Option<Vec<ReleaseRow>>, LedgerError> {
    let mut rows = Vec::new();
    for page in &release.pages {
        let held = ledger.block(Shelf::Certified, page)?;
        let bytes = held.as_ref().or_else(|| at_hand.get(page).copied());
        match bytes.and_then(|bytes| read_page(bytes).ok()) {
            Some(page) => rows.extend(page),
            None => drop(missing.insert(*page)),
        }
    }
    Ok(missing.is_empty().then_some(rows))
}

/// A record's row, from its header; `None` when it is not here.
fn row(id: &RecordId, ledger: &impl Ledger) -> Result<Option<ReleaseRow>, LedgerError> {
    let bytes = ledger.block(Shelf::Certified, &id.0)?;
    let header = bytes.and_then(|bytes| SignedHeader::verify(&bytes).ok());
    Ok(header.map(|header| ReleaseRow {
        record: *id,
        licence: header.header().licence,
        preference: header.header().preference.clone(),
    }))
}

/// The embargoes among decisions that hold at a moment.
pub fn embargoes<'a>(decisions: impl Iterator<Item = &'a Decision>, now_s: i64) -> Vec<&'a Scope> {
    let holding = decisions.filter(|decision| decision.holds_at(now_s));
    holding
        .filter_map(|decision| match &decision.ruling {
            Ruling::Embargo(scope) => Some(scope),
            _ => None,
        })
        .collect()
}

/// Whether a record is under one of these embargoes; `None` when its body would tell and is not here.
pub fn is_embargoed(id: &RecordId, embargoes: &[&Scope], ledger: &impl Ledger) -> Result<Option<bool>, LedgerError> {
    if embargoes.is_empty() {
        return Ok(Some(false));
    }
    if embargoes.iter().any(|scope| **scope == Scope::default()) {
        return Ok(Some(true));
    }
    let Some(header) = index::header(ledger, Shelf::Certified, id)? else { return Ok(None) };
    let Some(bytes) = ledger.block(Shelf::Certified, &header.body)? else { return Ok(None) };
    let Ok(body) = Body::<String>::verify(&bytes) else { return Ok(None) };
    Ok(Some(embargoes.iter().any(|scope| applies(scope, &body))))
}

fn applies(scope: &Scope, body: &Body<String>) -> bool {
    let language = body.language.as_deref().and_then(|tag| tag.split('-').next()).map(str::to_ascii_lowercase);
    let tag = |wanted: &String| body.tags.iter().any(|tag| tag.eq_ignore_ascii_case(wanted));
    scope.language.as_ref().is_none_or(|wanted| language.as_ref() == Some(wanted))
        && scope.tag.as_ref().is_none_or(tag)
        && scope.kind.as_ref().is_none_or(|wanted| body.content.kind() == wanted)
}

/// The records of all releases that count, as far as their pages are here.
///
/// # Errors
/// When the ledger fails.
pub fn released(counting: &Counting, ledger: &impl Ledger) -> Result<BTreeSet<RecordId>, LedgerError> {
    let mut released = BTreeSet::new();
    let pages: BTreeSet<_> = counting.releases.values().flat_map(|release| &release.pages).collect();
    for page in pages {
        if let Some(rows) = ledger.block(Shelf::Certified, page)?.and_then(|bytes| read_page(&bytes).ok()) {
            released.extend(rows.iter().map(|row| row.record));
        }
    }
    Ok(released)
}
