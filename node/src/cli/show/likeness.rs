//! Which accepted records say the same as one, or nearly.

use crate::cli::search::Accepted;
use crate::run::Access;
use commonwheel_protocol::core::status;
use commonwheel_protocol::record::{RecordId, SignedHeader};
use commonwheel_protocol::search::{Document, trace};
use commonwheel_protocol::similar::{Similar, Sketch};
use serde::Serialize;
use std::collections::BTreeMap;

/// A record that is like another.
#[derive(Serialize)]
pub struct Like {
    /// Which.
    pub record: String,
    /// How much of their words' order they share, in percent.
    pub similarity: u8,
    /// Whether nothing but the salt differs.
    pub exact: bool,
}

/// Records of one fingerprint that are looked at, and records that are compared: those that share the most.
const LOOKED_AT: usize = 16;
const COMPARED: usize = 64;

/// The accepted records that are like one, the most similar first: judged as validators judge likeness, of those that
/// the search index finds as far as it has come. None where there is no index, or it cannot be read: a record can be shown
/// without.
///
/// # Errors
/// When the store cannot be read.
pub fn of(header: &SignedHeader, access: &mut Access) -> anyhow::Result<Vec<Like>> {
    let Some(body) = status::body(&header.header().body, access)? else { return Ok(Vec::new()) };
    let (Some(texts), Ok(Some(sketch))) = (Document::texts(&body), Sketch::of(&body)) else { return Ok(Vec::new()) };
    let mut shared: BTreeMap<RecordId, usize> = BTreeMap::new();
    for holders in access.holders(&trace::prints(&texts), LOOKED_AT).unwrap_or_default() {
        holders.records.into_iter().for_each(|record| *shared.entry(record).or_default() += 1);
    }
    shared.remove(&header.id());
    if shared.is_empty() {
        return Ok(Vec::new());
    }
    let mut most: Vec<_> = shared.into_iter().map(|(record, prints)| (std::cmp::Reverse(prints), record)).collect();
    most.sort();
    let (accepted, mut similar) = (Accepted::load(access)?, Similar::default());
    for (_, record) in most.into_iter().take(COMPARED) {
        let Some(other) = accepted.read(&record, access)? else { continue };
        if let Ok(Some(sketch)) = Sketch::of(&other.body) {
            similar.insert(record, &other.header.header().body, sketch);
        }
    }
    let like = similar.look(&sketch).into_iter();
    Ok(like.map(|one| Like { record: one.record.to_string(), similarity: one.similarity, exact: one.exact }).collect())
}
