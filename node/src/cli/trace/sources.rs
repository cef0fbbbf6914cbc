//! The records that have spans of a text: found by fingerprints, then compared word by word.

use super::Source;
use crate::cli::search::{Accepted, line};
use crate::run::Access;
use commonwheel_protocol::dataset::Facts;
use commonwheel_protocol::ledger::LedgerError;
use commonwheel_protocol::record::{Body, RecordId};
use commonwheel_protocol::search::Document;
use commonwheel_protocol::search::trace::{GRAM, Span, Traced};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Of the records that hold a fingerprint this many are compared.
const COMPARED: usize = 64;
/// Records whose texts are kept for the next text.
const KEPT: usize = 1_024;

/// A record, with its texts.
type Texts = (Rc<Source>, Vec<String>);

/// The records of a community, as sources of texts.
pub(super) struct Sources {
    accepted: Accepted,
    least: usize,
    read: BTreeMap<RecordId, Option<Texts>>,
}

/// The records that have a span.
#[derive(Default)]
pub(super) struct Of {
    /// By their ids.
    pub records: Vec<Rc<Source>>,
    /// How many more hold a fingerprint of it, and were not compared.
    pub more: u64,
}

/// What was found of a text.
pub(super) struct Found {
    /// The spans, by their first word.
    pub spans: BTreeMap<Span, Of>,
    /// Places outside of them at which more records have the same few words than are compared.
    pub common: usize,
}

impl Sources {
    /// For spans of so many words at least.
    ///
    /// # Errors
    /// When the ledger fails.
    pub(super) fn load(access: &Access, least: usize) -> Result<Sources, LedgerError> {
        Ok(Sources { accepted: Accepted::load(access)?, least, read: BTreeMap::new() })
    }

    /// The spans of a text, by their first word, with the records that have them, as far as these were compared. A span
    /// within a longer one is told only of records that lack the longer one.
    ///
    /// # Errors
    /// When the ledger or the index fails.
    pub(super) fn spans(&mut self, traced: &Traced, access: &mut Access) -> anyhow::Result<Found> {
        let prints: BTreeSet<_> = traced.prints().iter().map(|(_, print)| *print).collect();
        let prints: Vec<_> = prints.into_iter().collect();
        let (mut candidates, mut unseen) = (BTreeSet::new(), BTreeMap::new());
        for (print, holders) in prints.iter().zip(access.holders(&prints, COMPARED)?) {
            unseen.insert(*print, holders.all.saturating_sub(holders.records.len() as u64));
            candidates.extend(holders.records);
        }
        let mut spans: BTreeMap<Span, Of> = BTreeMap::new();
        let least = self.least;
        for id in candidates {
            if let Some((source, texts)) = self.read(&id, access)? {
                for span in traced.spans(texts, least) {
                    spans.entry(span).or_default().records.push(Rc::clone(source));
                }
            }
        }
        let (places, mut in_spans) = (traced.prints(), BTreeSet::new());
        for (span, of) in &mut spans {
            let first = places.partition_point(|(at, _)| *at < span.first);
            for (at, print) in places[first..].iter().take_while(|(at, _)| at + GRAM <= span.first + span.words) {
                in_spans.insert(*at);
                of.more = of.more.max(unseen.get(print).copied().unwrap_or(0));
            }
        }
        let open = places.iter().filter(|(at, print)| unseen.get(print) > Some(&0) && !in_spans.contains(at));
        let common = open.count();
        Ok(Found { spans, common })
    }

    fn read(&mut self, id: &RecordId, access: &Access) -> Result<Option<&Texts>, LedgerError> {
        if !self.read.contains_key(id) {
            if self.read.len() >= KEPT {
                self.read.clear();
            }
            let record = self.accepted.read(id, access)?;
            let read = record.and_then(|record| {
                let header = record.header.header();
                let body = Body::verify(&record.body).ok()?;
                let source = Source {
                    id: id.to_string(),
                    licence: header.licence.spdx(),
                    preference: header.preference.to_string(),
                    author: header.author.to_string(),
                    anonymous: header.nonce.is_some(),
                    attribution: body.attribution.as_deref().map(line),
                    kind: body.content.kind(),
                    title: body.title.as_deref().map(line),
                    models: Facts::of(header, &record.body).models.iter().map(|name| line(name)).collect(),
                };
                Some((Rc::new(source), Document::texts(&record.body)?))
            });
            self.read.insert(*id, read);
        }
        Ok(self.read.get(id).and_then(Option::as_ref))
    }
}
