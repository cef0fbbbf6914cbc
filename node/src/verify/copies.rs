//! Copies: what lies beside an export, and why records of a copy have no row.
//!
//! A header shows for ever whether its licence and preference let a record be copied. Kind and class of a record
//! that was left out are in a body that is not here: of those a copy states how many there are, and no more
//! is proved than that no record is missing without being counted.

use super::Place;
use super::operations::Operations;
use super::problem::Problems;
use crate::export::copying::Copying;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::dataset::{Copied, ForUse, LeftOut, Manifest, names};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::redact::RiskClass;
use std::collections::{BTreeMap, BTreeSet};

/// The hash of each file, by its path in its export.
pub type Hashes = BTreeMap<String, [u8; 32]>;

/// The files of an export, and those of each copy beside it, by the origin's id.
pub fn split(files: &Hashes) -> (Hashes, BTreeMap<Cid, Hashes>) {
    let (mut own, mut copies) = (Hashes::new(), BTreeMap::<Cid, Hashes>::new());
    for (path, hash) in files {
        let inside = path.strip_prefix(names::COPIES).and_then(|path| path.strip_prefix('/')?.split_once('/'));
        match inside.and_then(|(folder, file)| Some((folder.parse::<Cid>().ok()?, folder, file))) {
            // One folder for each id: another spelling of it is no part of an export.
            Some((id, folder, file)) if id.to_string() == folder => {
                copies.entry(id).or_default().insert(file.to_owned(), *hash);
            }
            _ => drop(own.insert(path.clone(), *hash)),
        }
    }
    (own, copies)
}

/// By what a copy was made, if the manifest says that it is one. Nothing, with a problem, when that cannot be.
pub fn copying(stated: &Manifest, place: &Place, operations: &Operations, problems: &mut Problems) -> Option<Copying> {
    let mut wrong = |what: &str| {
        problems.add(names::MANIFEST, None, what);
        None
    };
    match (&stated.copied, place.to) {
        (None, None) => None,
        (None, Some(_)) => wrong("it is no copy, and lies beside an export of another community"),
        (Some(copied), Some(to)) if copied.to != to => {
            wrong("it is a copy for another community than the one beside whose export it lies")
        }
        (Some(_), None) if !place.beside.is_empty() => wrong("it is a copy, and copies hold no others"),
        (Some(copied), _) => match copied.to.parse().ok().and_then(|to| Copying::new(to, &operations.path)) {
            None => wrong("the community for which it is a copy has no such id"),
            Some(copying) if !copying.is_named() => {
                wrong("it is a copy for a community that the charter that leads does not let copy")
            }
            some => some,
        },
    }
}

/// Counts what a purpose leaves out, by its header, and takes it from `without_row`; what may not be copied at all
/// is left for [`account`].
pub fn unfit(
    copying: Option<&Copying>,
    purpose: &mut Option<ForUse>,
    operations: &Operations,
    without_row: &mut Vec<RecordId>,
) {
    let Some(counting) = purpose else { return };
    let Some(rule) = counting.purpose() else { return };
    without_row.retain(|id| {
        let Some(header) = operations.headers.get(id) else { return true };
        if copying.is_some_and(|copying| copying.against_header(header).is_some()) {
            return true;
        }
        let against = rule.against(&header.preference);
        against.iter().for_each(|why| counting.add(*why));
        against.is_none()
    });
}

/// What was left out of a copy. Takes it from `without_row`, the records that would have a row in an export of the
/// whole; those remain that the manifest names as incomplete.
pub fn account(
    copying: &Copying,
    stated: &Manifest,
    operations: &Operations,
    without_row: &mut Vec<RecordId>,
    problems: &mut Problems,
) -> Copied {
    let mut wrong = |what: String| problems.add(names::MANIFEST, None, what);
    let named: BTreeSet<_> = stated.incomplete.iter().collect();
    let said = stated.copied.as_ref().map(|copied| copied.left_out).unwrap_or_default();
    let mut left_out = LeftOut { kind: said.kind, class: said.class, ..LeftOut::default() };
    let mut open = 0;
    without_row.retain(|id| match operations.headers.get(id).and_then(|header| copying.against_header(header)) {
        Some(why) => {
            left_out.add(&why);
            false
        }
        None if named.contains(&id.to_string()) => true,
        None => {
            open += 1;
            false
        }
    });
    if (said.licence, said.usage) != (left_out.licence, left_out.usage) {
        let found = format!("{} and {}", left_out.licence, left_out.usage);
        wrong(format!("by their headers {found} records are left out for licence and use; it states other numbers"));
    }
    if open != said.by_body() {
        let stated = said.by_body();
        wrong(format!(
            "{open} record(s) that may be copied by their headers have no row; it states {stated} as left out for kind or class"
        ));
    }
    if let Some(terms) = copying.charter().customs.federation.get(copying.to()) {
        let no_kind = terms.kinds.is_empty() && said.kind > 0;
        if no_kind || (terms.classes.len() == RiskClass::ALL.len() && said.class > 0) {
            wrong(
                "it states records left out for a kind or class, and the charter lets every one be copied".to_owned(),
            );
        }
    }
    Copied::new(copying.to(), &copying.charter().id(), left_out)
}
