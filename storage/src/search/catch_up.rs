//! How the index follows the certified shelf, and lets go of what is erased there.

use super::fill::{self, Raw, Slice};
use super::folder::Change;
use super::prints::Found;
use super::work::Done;
use super::{Hit, Holders, SearchIndex};
use crate::car::Next;
use crate::erase::Tombstone;
use crate::series::{Location, Position, Sections, Series};
use crate::{CarStore, StoreError};
use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::dataset::Filter;
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::search::Query;
use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap};
use std::io;
use std::sync::atomic::AtomicBool;

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
        let (records, change) = self.next_slice(most, SLICE_BYTES)?;
        self.search.ask(|index| {
            if let Some(slice) = index.change(records, &change)? {
                fill::add(&index.dir, &index.index, index.fields, &slice)?;
            }
            while let Some(segments) = fill::to_merge(&index.index)? {
                fill::merge(&index.index, &segments)?;
            }
            index.reload()?;
            while let Some(merge) = index.to_merge()? {
                if fill::merge_runs(&index.dir, &index.index, &merge, &AtomicBool::new(false))? {
                    index.take_merged(&merge)?;
                }
            }
            Ok(())
        })?;
        self.come()
    }

    /// The same for who has other work to do: a short slice is read, and the rest is done on a thread of its own. While
    /// that lasts nothing more is read, searches are answered from what was there before, and whoever erases waits
    /// until it is done. Only the making of one run of fingerprints from several is waited for by nobody: it leaves off for
    /// an erasure.
    ///
    /// # Errors
    /// As [`CarStore::catch_up_search`], of this slice or of the one before.
    pub fn catch_up_search_beside(&mut self) -> Result<CaughtUp, StoreError> {
        if !self.search.is_busy() {
            self.search.settle()?;
            self.ready_search()?;
            let segments = self.search.ask(|index| fill::to_merge(&index.index))?.flatten();
            // Erasures that come one after another do not keep the index from taking up what is new.
            let runs = match self.search.has_left_off() {
                false => self.search.ask(|index| index.to_merge())?.flatten(),
                true => None,
            };
            if let Some(segments) = segments {
                self.search.begin(true, move |_, index, _, _| fill::merge(index, &segments).map(|()| Done::Written))?;
            } else if let Some(merge) = runs {
                self.search.begin(false, move |dir, index, _, stop| {
                    let done = fill::merge_runs(dir, index, &merge, stop)?;
                    Ok(if done { Done::Merged(merge) } else { Done::LeftOff })
                })?;
            } else {
                let (records, change) = self.next_slice(SHORT_RECORDS, SHORT_BYTES)?;
                let slice = self.search.ask(|index| index.change(records, &change))?;
                if slice.as_ref().is_none_or(Option::is_none) {
                    self.search.nothing_is_new();
                }
                if let Some(slice) = slice.flatten() {
                    self.search.begin(true, move |dir, index, fields, _| {
                        fill::add(dir, index, fields, &slice).map(|()| Done::Written)
                    })?;
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
        let again = state.map_or(0, |state| state.again().len()) + usize::from(self.search.is_awaited());
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
        let find = |index: &mut SearchIndex| {
            let found: io::Result<Vec<_>> = prints.iter().map(|print| index.prints.holders(*print, most)).collect();
            Ok(found?)
        };
        let none = || prints.iter().map(|_| Found { orders: Vec::new(), all: 0 }).collect();
        let found = self.search.ask(find)?.unwrap_or_else(none);
        // Many fingerprints lead to the same records.
        let mut known: HashMap<u64, Vec<RecordId>> = HashMap::new();
        let mut holders = Vec::new();
        for Found { orders, all } in found {
            let mut records = Vec::new();
            for order in orders {
                let of = match known.entry(order) {
                    Entry::Occupied(of) => of.into_mut(),
                    Entry::Vacant(place) => place.insert(self.at_order(order)?),
                };
                records.extend_from_slice(of);
            }
            records.truncate(most);
            holders.push(Holders { records, all });
        }
        Ok(holders)
    }

    /// The certified records whose ids' hashes begin with an order: hardly ever more than one.
    fn at_order(&self, order: u64) -> Result<Vec<RecordId>, StoreError> {
        /// Of those that somebody has made alike on purpose, as many are named.
        const ALIKE: usize = 4;
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&order.to_be_bytes());
        let id = Cid::from_digest(Codec::DagCbor, digest).to_bytes();
        let start = index::key(prefix::CERTIFIED, &[&id[..Cid::LEN - 32 + 8]]);
        let found = self.index.scan(&start, None, ALIKE)?;
        Ok(found.iter().filter_map(|entry| index::last_cid(&entry.key).map(RecordId)).collect())
    }

    /// Lets go of what these blocks of the certified shelf hold, which may still be here: when this returns, no word and no
    /// fingerprint of it is in the folder of the search index.
    ///
    /// # Errors
    /// When that fails, and removing the index too.
    pub(crate) fn forget_in_search(&mut self, blocks: &[Cid]) -> Result<(), StoreError> {
        let (files, index) = (&self.files, &self.index);
        self.search.forget(blocks, &|cid| {
            let location = index.location(Shelf::Certified, cid).ok()??;
            files.shelf_ref(Shelf::Certified).block(cid, location).ok()?
        })
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
        if gone.is_empty() { Ok(()) } else { self.forget_in_search(&gone).and_then(|()| self.ensure()) }
    }

    /// Makes the index again when forgetting has removed it.
    fn ensure(&mut self) -> Result<(), StoreError> {
        if self.search.index.is_none() { self.search.create() } else { Ok(()) }
    }

    /// The next records, and how the state is changed once they are added.
    fn next_slice(&mut self, most: usize, most_bytes: u64) -> Result<(Vec<Raw>, Change), StoreError> {
        if let Some(slice) = self.slice(most, most_bytes)? {
            return Ok(slice);
        }
        self.search.create()?;
        Ok(self.slice(most, most_bytes)?.unwrap_or_default())
    }

    /// The same; nothing when the index is to take up again what is not here, and so is of another store.
    fn slice(&self, most: usize, most_bytes: u64) -> Result<Option<(Vec<Raw>, Change)>, StoreError> {
        let Some(search) = self.search.index.as_ref() else { return Ok(Some((Vec::new(), Change::default()))) };
        let mut change = Change { erasures: Some(self.files.erasures.end()), ..Change::default() };
        let (mut records, mut bytes) = (Vec::new(), 0);
        for (record, body) in search.state.again().iter().rev() {
            if records.len() >= most || bytes >= most_bytes {
                break;
            }
            change.again += 1;
            let (Some(header), Some(block)) = (self.certified(record)?, self.certified(body)?) else { return Ok(None) };
            bytes += block.len() as u64;
            records.push(Raw { record: *record, header, body: *body, bytes: block, printed: true });
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
                        records.push(Raw { record: cid, header: block, body: entry.body, bytes: body, printed: false });
                    }
                    None => change.lacking.push((entry.body, cid)),
                }
            } else if here {
                for record in search.state.lacking(&cid) {
                    if let Some(header) = self.certified(record)? {
                        let bytes = block.clone();
                        records.push(Raw { record: *record, header, body: cid, bytes, printed: false });
                    }
                    change.came.push(cid);
                }
                recent.push_front((cid, block));
                recent.truncate(RECENT);
            }
        }
        change.certified = Some(sections.at());
        Ok(Some((records, change)))
    }

    fn header(&self, record: &Cid) -> Result<Option<index::HeaderEntry>, StoreError> {
        index::header(self, Shelf::Certified, &RecordId(*record)).map_err(|_| StoreError::IndexEntry)
    }

    fn certified(&self, cid: &Cid) -> Result<Option<Vec<u8>>, StoreError> {
        let location = self.index.location(Shelf::Certified, cid)?;
        location.map(|location| self.read(Shelf::Certified, cid, location)).transpose()
    }
}

impl SearchIndex {
    /// Changes the state as a slice does, and gives what is to be added for it to count; nothing where nothing changes.
    fn change(&mut self, records: Vec<Raw>, change: &Change) -> tantivy::Result<Option<Slice>> {
        if !self.state.is_changed_by(change) {
            return Ok(None);
        }
        self.state.change(&self.dir, change)?;
        let run = records.iter().any(|record| !record.printed).then(|| self.state.next_run());
        run.into_iter().for_each(|run| self.state.take_run(run));
        Ok(Some(Slice { records, run, state: self.state.to_string() }))
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
