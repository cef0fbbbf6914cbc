//! What the index answers: the records that hold words, the most relevant first, and those that hold fingerprints.

use super::{SearchIndex, prints, schema};
use crate::StoreError;
use commonwheel_protocol::dataset::Filter;
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::search::{self, Query, Wanted};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use tantivy::collector::TopDocs;
use tantivy::index::{InvertedIndexReader, SegmentReader};
use tantivy::query::{BooleanQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, TermQuery, TermSetQuery};
use tantivy::schema::{IndexRecordOption, Type};
use tantivy::{DocId, DocSet, Index, Score, TERMINATED, TantivyDocument, Term};

/// A record that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The record.
    pub record: RecordId,
    /// How relevant it is by BM25, in thousandths.
    pub score: u64,
}

/// The records that hold a fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holders {
    /// Those that come first by their ids, in order.
    pub records: Vec<RecordId>,
    /// How many there are, where they are a thousand at most. Where they are more, those are counted too that were erased
    /// since the table of fingerprints was last made smaller.
    pub all: u64,
}

impl SearchIndex {
    /// The records that hold all of a query and match a filter, at most so many: the most relevant first, equals by
    /// their ids.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn find(&self, query: &Query, filter: &Filter, limit: usize) -> tantivy::Result<Vec<Hit>> {
        let searcher = self.reader.searcher();
        let query = self.query(query, filter)?;
        // Thousandths, since the last bits of a sum depend on which segment a record lies in.
        let by_score_and_id = TopDocs::with_limit(limit.max(1)).tweak_score(|segment: &SegmentReader| {
            let order = segment.fast_fields().u64(schema::ORDER).ok().map(|column| column.first_or_default_col(0));
            move |document: DocId, score: Score| {
                let order = order.as_ref().map_or(0, |order| order.get_val(document));
                ((f64::from(score) * 1000.0).round() as u64, !order)
            }
        });
        let mut hits = Vec::new();
        for ((score, _), address) in searcher.search(&query, &by_score_and_id)? {
            let record = self.fields.record_of(&searcher.doc::<TantivyDocument>(address)?);
            hits.extend(record.map(|record| Hit { record: RecordId(record), score }));
        }
        hits.truncate(limit);
        Ok(hits)
    }

    fn query(&self, query: &Query, filter: &Filter) -> tantivy::Result<BooleanQuery> {
        let mut all: Vec<(Occur, Box<dyn tantivy::query::Query>)> = Vec::new();
        for phrase in query.phrases() {
            let mut terms = phrase.iter().map(|word| Term::from_field_text(self.fields.words, word));
            let one: Box<dyn tantivy::query::Query> = match (phrase.len(), terms.next()) {
                (1, Some(term)) => Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)),
                (_, Some(first)) => Box::new(PhraseQuery::new(std::iter::once(first).chain(terms).collect())),
                (_, None) => Box::new(EmptyQuery),
            };
            all.push((Occur::Must, one));
        }
        for wanted in search::wanted(filter) {
            let terms = self.facts(&wanted)?;
            let one: Box<dyn tantivy::query::Query> = match terms.is_empty() {
                true => Box::new(EmptyQuery),
                false => Box::new(ConstScoreQuery::new(Box::new(TermSetQuery::new(terms)), 0.0)),
            };
            all.push((Occur::Must, one));
        }
        Ok(BooleanQuery::new(all))
    }

    /// The terms of the index that a filter wants.
    fn facts(&self, wanted: &Wanted<'_>) -> tantivy::Result<Vec<Term>> {
        let field = self.fields.facts;
        let (start, suits) = match wanted {
            Wanted::These(terms) => return Ok(terms.iter().map(|term| Term::from_field_text(field, term)).collect()),
            Wanted::Suiting(start, suits) => (start, suits),
        };
        let mut found = BTreeSet::new();
        for segment in self.reader.searcher().segment_readers() {
            let inverted = segment.inverted_index(field)?;
            let mut terms = inverted.terms().range().ge(start).into_stream()?;
            while terms.advance()
                && let Some(rest) = terms.key().strip_prefix(start.as_bytes())
            {
                found.extend(
                    std::str::from_utf8(rest).ok().filter(|rest| suits(rest)).map(|rest| format!("{start}{rest}")),
                );
            }
        }
        Ok(found.into_iter().map(|term| Term::from_field_text(field, &term)).collect())
    }
}

/// Every word that the search index in a folder holds, and every fingerprint: what it would give away. Nothing is
/// changed.
///
/// # Errors
/// When there is no index, or it cannot be read.
pub fn held(dir: &Path) -> Result<(BTreeSet<String>, BTreeSet<u64>), StoreError> {
    let read = || -> tantivy::Result<_> {
        let index = Index::open_in_dir(dir)?;
        let (mut words, mut held) = (BTreeSet::new(), BTreeSet::new());
        for (field, entry) in index.schema().fields().filter(|(_, entry)| entry.is_indexed()) {
            for segment in index.reader()?.searcher().segment_readers() {
                let inverted = segment.inverted_index(field)?;
                let mut terms = inverted.terms().stream()?;
                while terms.advance() {
                    if entry.field_type().value_type() == Type::Str {
                        words.insert(String::from_utf8_lossy(terms.key()).into_owned());
                    }
                }
            }
        }
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.file_name().and_then(OsStr::to_str).is_some_and(prints::is_run) {
                prints::each(&path, &mut |entry| {
                    held.insert(entry.print);
                })?;
            }
        }
        Ok((words, held))
    };
    read().map_err(super::failed(dir))
}

/// The documents of a segment that hold a term.
///
/// # Errors
/// When the index cannot be read.
pub(super) fn documents(inverted: &InvertedIndexReader, term: &Term) -> tantivy::Result<Vec<DocId>> {
    let mut documents = Vec::new();
    if let Some(mut postings) = inverted.read_postings(term, IndexRecordOption::Basic)? {
        while postings.doc() != TERMINATED {
            documents.push(postings.doc());
            postings.advance();
        }
    }
    Ok(documents)
}
