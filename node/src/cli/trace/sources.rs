//! The records that have spans of a text: found by fingerprints, then compared word by word.

use super::Source;
use crate::cli::search::{Accepted, line};
use crate::run::Access;
use commonwheel_protocol::dataset::Facts;
use commonwheel_protocol::ledger::LedgerError;
use commonwheel_protocol::record::{Body, RecordId};
use commonwheel_protocol::search::Document;
use commonwheel_protocol::search::trace::{GRAM, Span, Traced};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Of the records that hold a fingerprint this many are compared where it stands.
const COMPARED: usize = 64;
/// Fingerprints whose records are looked up and compared at once: with each there are [`COMPARED`] ids in memory at most.
const AT_ONCE: usize = 1_024;
/// Bytes of texts that are kept for when their record is compared again. One record more may be in memory, which has a
/// mebibyte at most.
const KEPT_BYTES: usize = 64 << 20;
/// What a record costs besides its texts, in bytes, no less.
const RECORD_BYTES: usize = 1 << 10;

/// A record, with its texts.
type Texts = (Rc<Source>, Vec<String>);

/// The records of a community, as sources of texts.
pub(super) struct Sources {
    accepted: Accepted,
    least: usize,
    read: BTreeMap<RecordId, Option<Texts>>,
    /// Bytes of what was read.
    bytes: usize,
}

/// The records that have a span.
#[derive(Default)]
pub(super) struct Of {
    /// By their ids.
    pub records: BTreeMap<RecordId, Rc<Source>>,
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
        Ok(Sources { accepted: Accepted::load(access)?, least, read: BTreeMap::new(), bytes: 0 })
    }

    /// The spans of a text, by their first word, with the records that have them, as far as these were compared: where a
    /// fingerprint stands the first [`COMPARED`] that hold it. A span within a longer one is told only of records that
    /// lack the longer one.
    ///
    /// Time grows with the text, and with what is read of records: a record is read for each [`AT_ONCE`] fingerprints of
    /// the text that name it, and compared only around these.
    ///
    /// # Errors
    /// When the ledger or the index fails.
    pub(super) fn spans(&mut self, traced: &Traced, access: &mut Access) -> anyhow::Result<Found> {
        let places = traced.prints();
        // How many records hold the fingerprint of each place, and are not named.
        let mut unseen = vec![0; places.len()];
        let mut spans: BTreeMap<Span, Of> = BTreeMap::new();
        // Up to which place a record is compared, where that is further than the others.
        let mut until: BTreeMap<RecordId, usize> = BTreeMap::new();
        for (number, some) in places.chunks(AT_ONCE).enumerate() {
            let first = number * AT_ONCE;
            let mut by_print: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
            for (place, (_, print)) in (first..).zip(some) {
                by_print.entry(*print).or_default().push(place);
            }
            let prints: Vec<_> = by_print.keys().copied().collect();
            let mut named: BTreeMap<RecordId, Vec<usize>> = BTreeMap::new();
            for (at, holders) in by_print.values().zip(access.holders(&prints, COMPARED)?) {
                let more = holders.all.saturating_sub(holders.records.len() as u64);
                at.iter().for_each(|place| unseen[*place] = more);
                for record in holders.records {
                    let from = until.get(&record).copied().unwrap_or(0);
                    named.entry(record).or_default().extend(at.iter().filter(|place| **place >= from));
                }
            }
            for (id, mut at) in named.into_iter().filter(|(_, at)| !at.is_empty()) {
                at.sort_unstable();
                let least = self.least;
                let Some((source, texts)) = self.read(&id, access)? else { continue };
                let (found, to) = traced.spans(texts, &at, least);
                for span in found {
                    spans.entry(span).or_default().records.insert(id, Rc::clone(source));
                }
                if to > first + some.len() {
                    until.insert(id, to);
                }
            }
            until.retain(|_, to| *to > first + some.len());
        }
        for (span, of) in &mut spans {
            let first = places.partition_point(|(at, _)| *at < span.first);
            let inside = places[first..].iter().take_while(|(at, _)| at + GRAM <= span.first + span.words);
            of.more = unseen[first..].iter().zip(inside).map(|(more, _)| *more).max().unwrap_or(0);
        }
        let common = common(places, &unseen, spans.keys());
        Ok(Found { spans, common })
    }

    fn read(&mut self, id: &RecordId, access: &Access) -> Result<Option<&Texts>, LedgerError> {
        if !self.read.contains_key(id) {
            if self.bytes >= KEPT_BYTES {
                self.read.clear();
                self.bytes = 0;
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
            let bytes = read.iter().flat_map(|(_, texts)| texts).map(String::len).sum::<usize>();
            self.bytes += bytes + RECORD_BYTES;
            self.read.insert(*id, read);
        }
        Ok(self.read.get(id).and_then(Option::as_ref))
    }
}

/// At how many places outside of some spans, which are in order, more records hold the fingerprint than are named.
fn common<'s>(places: &[(usize, u64)], unseen: &[u64], spans: impl Iterator<Item = &'s Span>) -> usize {
    let (mut spans, mut end, mut common) = (spans.peekable(), 0, 0);
    for ((at, _), more) in places.iter().zip(unseen) {
        while let Some(span) = spans.next_if(|span| span.first <= *at) {
            end = end.max(span.first + span.words);
        }
        common += usize::from(*more > 0 && at + GRAM > end);
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_common_only_where_no_span_holds_the_whole_of_them() {
        let places: Vec<_> = [0, 4, 10, 13, 20].map(|at| (at, 7)).to_vec();
        let spans = [Span { first: 2, words: 8 }, Span { first: 9, words: 9 }];
        assert_eq!(common(&places, &[1, 1, 1, 1, 1], spans.iter()), 2, "those at 0 and at 20");
        assert_eq!(common(&places, &[1, 1, 1, 1, 1], spans[..1].iter()), 4);
        assert_eq!(common(&places, &[0, 1, 0, 1, 0], [].iter()), 2);
    }
}
