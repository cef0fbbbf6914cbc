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
use commonwheel_protocol::dataset::{Copied, LeftOut, Manifest, names};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::redact::RiskClass;
use std::collections::BTreeMap;

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

/// What was left out of a copy. Takes from `without_row`, the records that would have a row in an export of the whole,
/// those that may not be copied by their headers; the others are left for [`super::left_out::by_body`].
pub fn account(
    copying: &Copying,
    stated: &Manifest,
    operations: &Operations,
    without_row: &mut Vec<RecordId>,
    problems: &mut Problems,
) -> Copied {
    let mut wrong = |what: String| problems.add(names::MANIFEST, None, what);
    let said = stated.copied.as_ref().map(|copied| copied.left_out).unwrap_or_default();
    let mut left_out = LeftOut { kind: said.kind, class: said.class, ..LeftOut::default() };
    without_row.retain(|id| {
        let against = operations.headers.get(id).and_then(|header| copying.against_header(header));
        against.iter().for_each(|why| left_out.add(why));
        against.is_none()
    });
    if (said.licence, said.usage) != (left_out.licence, left_out.usage) {
        let found = format!("{} and {}", left_out.licence, left_out.usage);
        wrong(format!("by their headers {found} records are left out for licence and use; it states other numbers"));
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
