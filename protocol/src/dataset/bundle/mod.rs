//! The files that make an export a bundle: what people and programs need to load, cite and lawfully use it.
//!
//! All of them follow from the charter, the manifest, the release and what was counted of the rows, so that whoever
//! checks an export makes them again and compares. `census` counts, `context` gathers the facts, and the templates in
//! `texts/` say them. docs/DATASET.md, *Bundle*, says the same for others.

mod census;
mod columns;
mod context;
mod counts;
mod credits;
mod croissant;
mod licences;
mod texts;

use super::dag_json::pretty;
use super::manifest::Manifest;
use crate::agreement::Charter;
use crate::bytes::decode;
use crate::licence::Licence;
use crate::operation::{Matter, Resolution};
pub use census::Census;
use std::collections::BTreeSet;

/// The names of a bundle's files that are not always there.
pub mod names {
    /// Whom to credit, a line each. Only where there is a row.
    pub const ATTRIBUTION: &str = "attribution.jsonl";
    /// The display names of authors, from the profiles among the rows, a line each. Only where there is one.
    pub const AUTHORS: &str = "authors.jsonl";
    /// The release as the validators signed it, as DAG-JSON. Only in an edition.
    pub const RELEASE: &str = "release.json";
    /// The legal texts of the licences that rows carry.
    pub const LICENCES: &str = "LICENSES";
}

/// The files of a bundle: their paths and texts. `charter` is the one that the manifest names; `release` is the
/// resolution on the release, of an edition.
pub fn bundle(
    charter: &Charter,
    manifest: &Manifest,
    census: &Census,
    release: Option<&Resolution>,
) -> Vec<(String, String)> {
    let matter = release.and_then(|resolution| match resolution.matter() {
        Matter::Release(release) => Some(release),
        _ => None,
    });
    let facts = context::facts(charter, manifest, census, matter);
    let mut files: Vec<_> = texts::texts(&facts).into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    if census.rows() > 0 {
        files.push((names::ATTRIBUTION.to_owned(), census.credits().to_text(census.names())));
    }
    let authors = census.names().to_text();
    if !authors.is_empty() {
        files.push((names::AUTHORS.to_owned(), authors));
    }
    if let Some(node) = release.and_then(|resolution| decode(resolution.bytes()).ok()) {
        files.push((names::RELEASE.to_owned(), pretty(&node)));
    }
    let licences: BTreeSet<Licence> = census.columns().keys().map(|file| file.licence).collect();
    let text = |licence: Licence| (format!("{}/{licence}.txt", names::LICENCES), licences::text(licence).to_owned());
    files.extend(licences.into_iter().map(text));
    files
}
