//! How the index follows the certified shelf, and lets go of what is erased there.

use super::folder::State;
use super::{Hit, Holders, SEARCH, SearchIndex, failed, guarded, remove};
use crate::car::Next;
use crate::erase::Tombstone;
use crate::series::{Location, Position, Sections, Series};
use crate::{CarStore, StoreError};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::dataset::Filter;
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::search::{Document, Query};
use std::collections::VecDeque;
use std::path::PathBuf;
use tantivy::TantivyDocument;

/// How far the search index has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaughtUp {
    /// Bytes of the certified shelf that it has read, and records that it has taken up again.
    pub done: u64,
    /// Of how many.
    pub all: u64,
}

impl CaughtUp {
    /// Whether nothing is left to do.
    pub fn is_complete(&self) -> bool {
        self.done == self.all
    }
}

/// A slice ends after so many bytes of the shelf and of bodies, whatever they hold.
const SLICE_BYTES: u64 = 64 << 20;
/// Blocks that were just read, in which a header's body is looked for before it is read again.
const RECENT: usize = 8;

/// The search index of a store, opened when it is first needed.
pub(crate) struct Search {
    dir: PathBuf,
    opened: bool,
    index: Option<SearchIndex>,
}

impl Search {
    /// The search index of the store in a folder.
    pub(crate) fn of(store: &std::path::Path) -> Search {
        Search { dir: store.join(SEARCH), opened: false, index: None }
    }

    fn open(&mut self) -> Result<Option<&mut SearchIndex>, StoreError> {
        if !self.opened {
            self.index = SearchIndex::open(&self.dir)?;
            self.opened = true;
        }
        Ok(self.index.as_mut())
    }

    /// Lets go of the records of these blocks. When this returns, nothing of them is in the folder; an index that
    /// cannot let go of them is removed.
    ///
    /// # Errors
    /// When that fails too.
    pub(crate) fn forget(&mut self, blocks: &[Cid]) -> Result<(), StoreError> {
        let Some(index) = self.open()? else { return Ok(()) };
        match guarded(|| index.forget(blocks)) {
            Ok(()) => Ok(()),
            Err(_) => self.drop_index(),
        }
    }

    /// Where removing fails, the next who needs the index finds the folder again: what is erased must not stay there.
    fn drop_index(&mut self) -> Result<(), StoreError> {
        (self.opened, self.index) = (false, None);
        remove(&self.dir)
    }

    /// Makes a new index in the place of the one that is there, if there is one.
    fn create(&mut self) -> Result<(), StoreError> {
        (self.opened, self.index) = (false, None);
        self.index = Some(SearchIndex::create(&self.dir)?);
        self.opened = true;
        Ok(())
    }

    /// Asks an index that is there. One that cannot answer is removed.
    fn ask<T>(&mut self, what: impl FnOnce(&mut SearchIndex) -> tantivy::Result<T>) -> Result<Option<T>, StoreError> {
        let Some(index) = self.open()? else { return Ok(None) };
        match guarded(|| what(index)) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => {
                let error = failed(&self.dir)(error);
                self.drop_index()?;
                Err(error)
            }
        }
    }
}

impl CarStore {
    /// Brings the search index further, by so many records at most, and says how far it has come; it is made when
    /// there is none. Whoever searches calls this until it is complete.
    ///
    /// # Errors
    /// When the store or the index cannot be read or written. An index that cannot is removed.
    pub fn catch_up_search(&mut self, most: usize) -> Result<CaughtUp, StoreError> {
        if self.poisoned {
            return Err(StoreError::Poisoned);
        }
        let end = self.files.shelf_ref(Shelf::Certified).end();
        // A mark past the files is of other files: what such an index holds is not known to be here.
        if self.search.open()?.is_none_or(|index| index.state.certified.is_some_and(|at| at > end)) {
            self.search.create()?;
        }
        self.forget_what_was_erased()?;
        let before = self.search.index.as_ref().map(|index| index.state.clone()).unwrap_or_default();
        let (documents, state) = self.slice(&before, most)?;
        if state != before {
            self.search.ask(|index| index.add(documents, state.clone()))?;
        }
        let series = self.files.shelf_ref(Shelf::Certified);
        let start = state.certified.unwrap_or(Position::START);
        let (left, all) = (bytes_between(series, start)?, bytes_between(series, Position::START)?);
        let again = state.again.len() as u64;
        Ok(CaughtUp { done: all - left, all: all + again })
    }

    /// The records that hold all of a query and match a filter, as far as the search index has come: at most so many,
    /// the most relevant first, equals by their ids. Whether they count is not asked.
    ///
    /// # Errors
    /// When the index cannot be read; it is removed then.
    pub fn search(&mut self, query: &Query, filter: &Filter, limit: usize) -> Result<Vec<Hit>, StoreError> {
        Ok(self.search.ask(|index| index.find(query, filter, limit))?.unwrap_or_default())
    }

    /// For each of some fingerprints the records that hold it, as far as the search index has come: at most `most` of
    /// each are named.
    ///
    /// # Errors
    /// When the index cannot be read; it is removed then.
    pub fn holders(&mut self, prints: &[u64], most: usize) -> Result<Vec<Holders>, StoreError> {
        let none = || prints.iter().map(|_| Holders { records: Vec::new(), all: 0 }).collect();
        Ok(self.search.ask(|index| index.holders(prints, most))?.unwrap_or_else(none))
    }

    /// Carries tombstones out in the index that it has not seen: an index may be older than the store, from a backup.
    fn forget_what_was_erased(&mut self) -> Result<(), StoreError> {
        let Some(index) = self.search.index.as_ref() else { return Ok(()) };
        let from = index.state.erasures.filter(|from| *from <= self.files.erasures.end());
        let mut erased = Vec::new();
        self.files.erasures.walk(from.unwrap_or(Position::START), &mut |_, _, block| {
            let tombstone = Tombstone::decode(&block).filter(|tombstone| tombstone.shelf == Shelf::Certified);
            erased.extend(tombstone.map(|tombstone| tombstone.block));
            Ok(())
        })?;
        let mut gone = Vec::new();
        for block in erased {
            if !self.holds(Shelf::Certified, &block).map_err(|_| StoreError::IndexEntry)? {
                gone.push(block);
            }
        }
        if gone.is_empty() { Ok(()) } else { self.search.forget(&gone).and_then(|()| self.ensure()) }
    }

    /// Makes the index again when forgetting has removed it.
    fn ensure(&mut self) -> Result<(), StoreError> {
        if self.search.index.is_none() { self.search.create() } else { Ok(()) }
    }

    /// The next documents, and the state once they are added.
    fn slice(&self, before: &State, most: usize) -> Result<(Vec<TantivyDocument>, State), StoreError> {
        let Some(search) = self.search.index.as_ref() else { return Ok((Vec::new(), before.clone())) };
        let mut state = State { erasures: Some(self.files.erasures.end()), ..before.clone() };
        let mut documents = Vec::new();
        let mut add = |record: &Cid, header: &[u8], body: &Cid, bytes: &[u8]| {
            let document = Document::of(header, bytes);
            documents.extend(document.map(|document| search.fields.document(record, body, &document)));
            documents.len()
        };
        let (mut taken, mut bytes) = (0, 0);
        while taken < most
            && bytes < SLICE_BYTES
            && let Some(record) = state.again.pop()
        {
            let Some(entry) = self.header(&record)? else { continue };
            if let (Some(header), Some(body)) = (self.certified(&record)?, self.certified(&entry.body)?) {
                bytes += body.len() as u64;
                taken = add(&record, &header, &entry.body, &body);
            }
        }
        let series = self.files.shelf_ref(Shelf::Certified);
        let mut sections = Forward::from(series, state.certified.unwrap_or(Position::START))?;
        let mut recent: VecDeque<(Cid, Vec<u8>)> = VecDeque::new();
        while taken < most
            && bytes < SLICE_BYTES
            && let Some((location, cid, block)) = sections.next()?
        {
            bytes += block.len() as u64;
            let here = self.index.location(Shelf::Certified, &cid)? == Some(location);
            if let Some(entry) = self.header(&cid)?.filter(|_| here) {
                let read = recent.iter().find(|(body, _)| *body == entry.body).map(|(_, bytes)| bytes.clone());
                match read.map_or_else(|| self.certified(&entry.body), |bytes| Ok(Some(bytes)))? {
                    Some(body) => {
                        // Many headers may name one body.
                        bytes += body.len() as u64;
                        taken = add(&cid, &block, &entry.body, &body);
                    }
                    None => state.lacking.entry(entry.body).or_default().push(cid),
                }
            } else if here {
                for record in state.lacking.remove(&cid).unwrap_or_default() {
                    if let Some(header) = self.certified(&record)? {
                        taken = add(&record, &header, &cid, &block);
                    }
                }
                recent.push_front((cid, block));
                recent.truncate(RECENT);
            }
        }
        state.certified = Some(sections.at());
        Ok((documents, state))
    }

    fn header(&self, record: &Cid) -> Result<Option<index::HeaderEntry>, StoreError> {
        index::header(self, Shelf::Certified, &RecordId(*record)).map_err(|_| StoreError::IndexEntry)
    }

    fn certified(&self, cid: &Cid) -> Result<Option<Vec<u8>>, StoreError> {
        let location = self.index.location(Shelf::Certified, cid)?;
        location.map(|location| self.read(Shelf::Certified, cid, location)).transpose()
    }
}

/// The sections of a series from a place on, one by one.
struct Forward<'s> {
    series: &'s Series,
    sections: Sections,
    file: u32,
}

impl<'s> Forward<'s> {
    fn from(series: &'s Series, at: Position) -> Result<Forward<'s>, StoreError> {
        Ok(Forward { series, sections: series.sections(at)?, file: at.file })
    }

    fn at(&self) -> Position {
        self.sections.at
    }

    /// The next section; nothing at the end.
    fn next(&mut self) -> Result<Option<(Location, Cid, Vec<u8>)>, StoreError> {
        loop {
            let at = self.sections.at;
            if at >= self.series.end() {
                return Ok(None);
            }
            match self.sections.next()? {
                Next::Section(cid, block) => {
                    return Ok(Some((Location { at, size: block.len() as u32 }, cid, block)));
                }
                Next::End if self.file < self.series.end().file => {
                    self.file += 1;
                    self.sections = self.series.sections(Position { file: self.file, ..Position::START })?;
                }
                Next::End | Next::Mismatch(_) | Next::Broken(_) => {
                    let why = "a block that was durable does not match its id";
                    return Err(StoreError::Corrupt { file: self.series.path(at.file), offset: at.offset, why });
                }
            }
        }
    }
}

/// Bytes of a series from a place to its end.
fn bytes_between(series: &Series, from: Position) -> Result<u64, StoreError> {
    let mut bytes = 0;
    for file in from.file..=series.end().file {
        let end = if file == series.end().file { series.end().offset } else { series.len_of(file)? };
        let start = if file == from.file { from.offset } else { Position::START.offset };
        bytes += end.saturating_sub(start);
    }
    Ok(bytes)
}
