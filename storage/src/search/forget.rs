//! Letting go of what is erased: segments are thrown away whole, fingerprints are overwritten in their places.

use super::folder::{self, Doomed};
use super::prints::{self, Gone};
use super::{SearchIndex, ask};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::search::{Document, trace};
use std::collections::{BTreeMap, BTreeSet};
use tantivy::{TantivyDocument, Term};

/// The bytes of a body, if they are still here.
pub(super) type Body<'b> = &'b dyn Fn(&Cid) -> Option<Vec<u8>>;

impl SearchIndex {
    /// Lets go of every record whose header or body is one of these blocks: when this returns no word and no fingerprint of
    /// them is in the folder. It is quick where the bodies can still be read.
    ///
    /// # Errors
    /// When a file cannot be read, written or removed; then the index is to be removed.
    pub(super) fn forget(&mut self, blocks: &[Cid], body: Body<'_>) -> tantivy::Result<()> {
        let erased: BTreeSet<_> = blocks.iter().copied().collect();
        let mut doomed = self.holding(&erased)?;
        if doomed.gone.is_empty() {
            return Ok(());
        }
        folder::mark_erasing(&self.dir)?;
        doomed.runs = self.prints.erase(&prints_of(&doomed.gone, body))?;
        self.state.forget(&self.dir, &doomed)?;
        let mut meta = self.index.load_metas()?;
        meta.segments.retain(|segment| !doomed.segments.contains(&segment.id()));
        let meta = folder::with_state(meta, &self.state.to_string());
        folder::write_meta(&self.dir, &meta)?;
        self.reload()?;
        Ok(folder::clean(&self.dir, &meta, &self.state)?)
    }

    /// The records of these blocks, and what goes with them.
    fn holding(&self, erased: &BTreeSet<Cid>) -> tantivy::Result<Doomed> {
        let mut doomed = Doomed::default();
        for segment in self.reader.searcher().segment_readers() {
            let mut gone = BTreeSet::new();
            for field in [self.fields.record, self.fields.body] {
                let inverted = segment.inverted_index(field)?;
                for block in erased {
                    let term = Term::from_field_bytes(field, &block.to_bytes());
                    gone.extend(ask::documents(&inverted, &term)?);
                }
            }
            if gone.is_empty() {
                continue;
            }
            doomed.segments.insert(segment.segment_id());
            let store = segment.get_store_reader(1)?;
            for (document, stored) in (0..).zip(store.iter::<TantivyDocument>(None)) {
                let ids = self.fields.ids_of(&stored?).ok_or_else(super::damaged)?;
                let to = if gone.contains(&document) { &mut doomed.gone } else { &mut doomed.again };
                to.push(ids);
            }
        }
        for (place, (record, body)) in self.state.again().iter().enumerate() {
            if erased.contains(record) || erased.contains(body) {
                doomed.waiting.push(place);
                doomed.gone.push((*record, *body));
            }
        }
        let lacking = doomed.gone.iter().filter(|(record, body)| erased.contains(body) && !erased.contains(record));
        doomed.lacking = lacking.map(|(record, body)| (*body, *record)).collect();
        Ok(doomed)
    }
}

/// The fingerprints of records, as far as their bodies are here. They follow from those alone.
fn prints_of(records: &[(Cid, Cid)], body: Body<'_>) -> Vec<Gone> {
    let mut by_body: BTreeMap<_, Vec<_>> = BTreeMap::new();
    records.iter().for_each(|(record, body)| by_body.entry(body).or_default().push(prints::order(record)));
    let mut gone = Vec::new();
    for (id, orders) in by_body {
        let texts = body(id).and_then(|bytes| Document::texts(&bytes));
        let prints = texts.map(|texts| trace::prints(&texts));
        gone.extend(orders.into_iter().map(|order| Gone { order, prints: prints.clone() }));
    }
    gone
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_folder_is_marked_before_anything_in_it_is_overwritten_and_not_any_more_when_all_is() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("search");
        let mut index = SearchIndex::create(&dir).unwrap();
        let id = |number: u8| Cid::of_cbor(&[number]);
        let again = (0..5).map(|number| (id(number), id(number + 100))).collect();
        index.state.forget(&dir, &Doomed { again, ..Doomed::default() }).unwrap();
        let list = || {
            let files = std::fs::read_dir(&dir).unwrap().map(|file| file.unwrap().path());
            let list = files.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "ids")).unwrap();
            std::fs::read(list).unwrap()
        };
        let (before, asked) = (list(), Cell::new(0));
        let marked = |_: &Cid| {
            asked.set(asked.get() + 1);
            assert!(dir.join(folder::ERASING).exists());
            assert_eq!(list(), before);
            None
        };
        index.forget(&[id(101), id(0), id(4)], &marked).unwrap();
        assert_eq!(asked.get(), 3);
        assert!(!dir.join(folder::ERASING).exists());
        assert_eq!(index.state.again(), [(id(2), id(102)), (id(3), id(103))]);
        assert_eq!(SearchIndex::open(&dir).unwrap().unwrap().state, index.state);
    }
}
