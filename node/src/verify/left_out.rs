//! Why records that would have a row have none: for the use that an export is for, and since they were not asked for.
//!
//! A header shows for ever whether its licence, preference and month match. What only a body shows is gone with it: of
//! those that were left out for that an export states how many there are, and no more is proved than that no record is
//! missing without being counted.

use super::operations::Operations;
use super::problem::Problems;
use crate::export::copying::Copying;
use commonwheel_protocol::dataset::{Chosen, Filter, ForUse, Manifest, Split, names};
use commonwheel_protocol::record::{Header, RecordId};
use std::collections::BTreeSet;

/// What an export was asked for: the use, and what else.
pub type Asked = Filter;

/// What a manifest says that it was asked for.
pub fn asked(stated: &Manifest) -> Asked {
    let asks = stated.filter.as_ref().map(|chosen| chosen.asks.clone()).unwrap_or_default();
    Filter { purpose: stated.purpose.as_ref().and_then(ForUse::purpose), ..asks }
}

/// Counts what a purpose leaves out, by its header and by where that `lies`, and takes it from `without_row`; what may not be copied at all
/// is left for [`super::copies::account`].
pub fn unfit(
    copying: Option<&Copying>,
    purpose: &mut Option<ForUse>,
    lies: &dyn Fn(&Header) -> Split,
    operations: &Operations,
    without_row: &mut Vec<RecordId>,
) {
    let Some(counting) = purpose else { return };
    let Some(rule) = counting.purpose() else { return };
    take(copying, operations, without_row, |header| {
        let against = rule.against(&header.preference).or_else(|| rule.against_split(lies(header)));
        against.iter().for_each(|why| counting.add(*why));
        against.is_some()
    });
}

/// Counts what was not asked for by its header, in the same way.
pub fn unasked(
    copying: Option<&Copying>,
    stated: &Manifest,
    operations: &Operations,
    without_row: &mut Vec<RecordId>,
    problems: &mut Problems,
) -> Option<Chosen> {
    let chosen = stated.filter.as_ref()?;
    let mut by_header = 0;
    take(copying, operations, without_row, |header| {
        let refused = chosen.refuses_header(header);
        by_header += usize::from(refused);
        refused
    });
    if chosen.by_header != by_header {
        let what = format!("by their headers {by_header} records are not asked for; it states another number");
        problems.add(names::MANIFEST, None, what);
    }
    if chosen.by_body > 0 && !chosen.reads_bodies() {
        let what = "it states records left out for what their bodies say, and its filter asks nothing of bodies";
        problems.add(names::MANIFEST, None, what);
    }
    Some(Chosen { by_header, ..chosen.clone() })
}

/// Takes from `without_row` what was left out for its body, as the manifest says: all that it does not name as
/// incomplete. There must be as many as it states. Gives these records.
pub fn by_body(stated: &Manifest, without_row: &mut Vec<RecordId>, problems: &mut Problems) -> BTreeSet<RecordId> {
    let copied = stated.copied.as_ref().map(|copied| copied.left_out.by_body());
    let chosen = stated.filter.as_ref().map(|chosen| chosen.by_body);
    let Some(said) = [copied, chosen].into_iter().flatten().reduce(usize::saturating_add) else {
        return BTreeSet::new();
    };
    let named: BTreeSet<_> = stated.incomplete.iter().collect();
    let taken: BTreeSet<_> = without_row.extract_if(.., |id| !named.contains(&id.to_string())).collect();
    let open = taken.len();
    if open != said {
        problems.add(
            names::MANIFEST,
            None,
            format!(
                "{open} record(s) whose headers are fit have no row; it states {said} as left out for what their bodies \
                 say (kind, class or what was asked for)"
            ),
        );
    }
    taken
}

/// Takes out the records whose headers `is_out` says so of, but for those that may not be copied at all.
fn take(
    copying: Option<&Copying>,
    operations: &Operations,
    without_row: &mut Vec<RecordId>,
    mut is_out: impl FnMut(&Header) -> bool,
) {
    without_row.retain(|id| {
        let Some(header) = operations.headers.get(id) else { return true };
        let forbidden = copying.is_some_and(|copying| copying.against_header(header).is_some());
        forbidden || !is_out(header)
    });
}
