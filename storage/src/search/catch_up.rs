//! How the index follows the certified shelf, and lets go of what is erased there.

use super::fill::{self, Raw};
use super::folder::Change;
use super::{Hit, Holders};
use crate::car::Next;
use crate::erase::Tombstone;
use crate::series::{Location, Position, Sections, Series};
use crate::{CarStore, StoreError};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::dataset::Filter;
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::search::Query;
use std::collections::VecDeque;

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
/// The same for one whose store has other work to do.
const SHORT_BYTES: u64 = 1 << 20;
/// Records of such a slice.
const SHORT_RECORDS: usize = 256;
/// Blocks that were just read, in which a header's body is looked for before it is read again.
const RECENT: usize = 8;

impl CarStore {
    /// Brings the search index further, by so many records at most, and says how far it has come; it is made when
    /// there is none. Whoever searches calls this until it is complete.
    ///
    /// # Errors
    /// When the store or the index cannot be read or written. An index that cannot is removed.
    pub fn catch_up_search(&mut self, most: usize) -> Result<CaughtUp, StoreError> {
        self.search.settle()?;
        self.ready_search()?;
        let (records, change) = self.slice(most, SLICE_BYTES)?;
        self.search.ask(|index| {
            if index.state.is_changed_by(&change) {
                index.state.change(&index.dir, &change)?;
                fill::add(&index.index, index.fields, &records, &index.state.to_string())?;
            }
            while let Some(segments) = fill::to_merge(&index.index)? {
                fill::merge(&index.index, &segments)?;
            }
            index.reader.reload()
        })?;
        self.come()
    }

    /// The same for who has other work to do: a short slice is read, and the rest is done on a thread of its own. While
    /// that lasts nothing more is read, searches are answered from what was there before, and whoever erases waits
    /// until it is done.
    ///
    /// # Errors
    /// As [`CarStore::catch_up_search`], of this slice or of the one before.
    pub fn catch_up_search_beside(&mut self) -> Result<CaughtUp, StoreError> {
        if !self.search.is_busy() {
            self.search.settle()?;
            self.ready_search()?;
            let to_merge = self.search.ask(|index| fill::to_merge(&index.index))?.flatten();
            if let Some(segments) = to_merge {
                self.search.begin(move |index, _| fill::merge(&index, &segments))?;
            } else {
                let (records, change) = self.slice(SHORT_RECORDS, SHORT_BYTES)?;
                let changed = self.search.ask(|index| {
                    let changed = index.state.is_changed_by(&change);
                    if changed {
                        index.state.change(&index.dir, &change)?;
                    }
                    Ok(changed.then(|| index.state.to_string()))
                })?;
                if let Some(state) = changed.flatten() {
                    self.search.begin(move |index, fields| fill::add(&index, fields, &records, &state))?;
                }
            }
        }
        self.come()
    }

    /// Has an index that holds nothing that was erased, if need be a new one.
    fn ready_search(&mut self) -> Result<(), StoreError> {
        if self.poisoned {
            return Err(StoreError::Poisoned);
        }
        let end = self.files.shelf_ref(Shelf::Certified).end();
        // A mark past the files is of other files: what such an index holds is not known to be here.
        if self.search.open()?.is_none_or(|index| index.state.certified.is_some_and(|at| at > end)) {
            self.search.create()?;
        }
        self.forget_what_was_erased()
    }

    /// How far the index has come.
    fn come(&self) -> Result<CaughtUp, StoreError> {
        let state = self.search.index.as_ref().map(|index| &index.state);
        let start = state.and_then(|state| state.certified).unwrap_or(Position::START);
        let series = self.files.shelf_ref(Shelf::Certified);
        let (left, all) = (bytes_between(series, start)?, bytes_between(series, Position::START)?);
        let again = state.map_or(0, |state| state.again().len()) + usize::from(self.search.has_work());
        Ok(CaughtUp { done: all - left, all: all + again as u64 })
    }

    /// The records that hold all of a query and match a filter, as far as the search index has come: at most so many,
    /// the most relevant first, equals by their ids. Whether they count is not asked.
    ///
    /// # Errors
    /// When the index cannot be read; it is removed then.
    pub fn search(&mut self, query: &Query, filter: &Filter, limit: usize) -> Result<Vec<Hit>, StoreError> {
        Ok(self.search.ask(|index| index.find(query, filter, limit))?.unwrap_or_default())
    }

    /// For each of some fingerprints the records that hold it, as far as the search index has come: of each the first
    /// `most` by their ids are named.
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

    /// The next records, and how the state is changed once they are added.
    fn slice(&self, most: usize, most_bytes: u64) -> Result<(Vec<Raw>, Change), StoreError> {
        let Some(search) = self.search.index.as_ref() else { return Ok((Vec::new(), Change::default())) };
        let mut change = Change { erasures: Some(self.files.erasures.end()), ..Change::default() };
        let (mut records, mut bytes) = (Vec::new(), 0);
        for record in search.state.again().iter().rev() {
            if records.len() >= most || bytes >= most_bytes {
                break;
            }
            change.again += 1;
            let Some(entry) = self.header(record)? else { continue };
            match (self.certified(record)?, self.certified(&entry.body)?) {
                (Some(header), Some(body)) => {
                    bytes += body.len() as u64;
                    records.push(Raw { record: *record, header, body: entry.body, bytes: body });
                }
                _ => change.lacking.push((entry.body, *record)),
            }
        }
        let series = self.files.shelf_ref(Shelf::Certified);
        let mut sections = Forward::from(series, search.state.certified.unwrap_or(Position::START))?;
        let mut recent: VecDeque<(Cid, Vec<u8>)> = VecDeque::new();
        while records.len() < most
            && bytes < most_bytes
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
                        records.push(Raw { record: cid, header: block, body: entry.body, bytes: body });
                    }
                    None => change.lacking.push((entry.body, cid)),
                }
            } else if here {
                for record in search.state.lacking(&cid) {
                    if let Some(header) = self.certified(record)? {
                        records.push(Raw { record: *record, header, body: cid, bytes: block.clone() });
                    }
                    change.came.push(cid);
                }
                recent.push_front((cid, block));
                recent.truncate(RECENT);
            }
        }
        change.certified = Some(sections.at());
        Ok((records, change))
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
