//! Opening: removes what a crash left half-written, and brings the index up to the files.

use crate::StoreError;
use crate::car::{self, Next};
use crate::erase::{Tombstone, carry_out};
use crate::index::{BATCH_BLOCKS, Changes, Index, SeriesId};
use crate::series::{Location, Position, Series};
use commonwheel_protocol::ledger::{Derive, Shelf};
use std::path::Path;

/// What opening a store had to mend. All zero after a clean stop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// Bytes of half-written sections removed from the ends of files. None was acknowledged.
    pub truncated_bytes: u64,
    /// Blocks that the index had not seen yet.
    pub indexed_blocks: u64,
    /// Tombstones whose erasure was done, or done again.
    pub replayed_erasures: u64,
    /// Why the index was made anew, if it was.
    pub rebuilt: Option<&'static str>,
}

/// The files of a store.
pub(crate) struct Files {
    /// In the order of [`Shelf::ALL`].
    pub shelves: [Series; 3],
    /// The tombstones.
    pub erasures: Series,
}

impl Files {
    /// Opens every series below `dir`.
    ///
    /// # Errors
    /// When a file is missing or the system refuses.
    pub(crate) fn open(dir: &Path, file_bytes: u64) -> Result<Files, StoreError> {
        let series = |name: &str| Series::open(&dir.join(name), file_bytes);
        let [certified, waiting, live] = Shelf::ALL.map(Shelf::name);
        Ok(Files { shelves: [series(certified)?, series(waiting)?, series(live)?], erasures: series(ERASURES)? })
    }

    /// The files of one shelf.
    pub(crate) fn shelf(&mut self, shelf: Shelf) -> &mut Series {
        &mut self.shelves[position(shelf)]
    }

    /// The same, for reading.
    pub(crate) fn shelf_ref(&self, shelf: Shelf) -> &Series {
        &self.shelves[position(shelf)]
    }
}

/// The folder of the tombstones' series.
pub(crate) const ERASURES: &str = "erasures";
/// The folder of the index.
pub(crate) const INDEX: &str = "index";

fn position(shelf: Shelf) -> usize {
    match shelf {
        Shelf::Certified => 0,
        Shelf::Waiting => 1,
        Shelf::Live => 2,
    }
}

/// Opens the index below `dir` and brings it up to the files, from scratch where it must be. Up to `recent` entries of it
/// stay in sled.
///
/// # Errors
/// When a file is damaged before its torn tail, or the system refuses.
pub(crate) fn open_index(
    dir: &Path,
    files: &mut Files,
    recent: u64,
    derive: Derive,
) -> Result<(Index, OpenReport), StoreError> {
    let path = dir.join(INDEX);
    let (mut index, mut rebuilt) = Index::open(&path, recent)?;
    let mut report = OpenReport::default();
    // A mark is trusted only after the tombstones were replayed: the section that it names may be
    // one that was being erased when the power went.
    replay_erasures(&mut index, files, derive, &mut report)?;
    if rebuilt.is_none() && !marks_fit(&index, files)? {
        refuse_rot(&index, files)?;
        drop(index);
        index = Index::create(&path, recent)?;
        rebuilt = Some("the index did not fit the files");
        replay_erasures(&mut index, files, derive, &mut report)?;
    }
    for shelf in Shelf::ALL {
        read_shelf(&mut index, files.shelf(shelf), shelf, derive, &mut report)?;
    }
    report.rebuilt = rebuilt.filter(|_| report.indexed_blocks > 0);
    Ok((index, report))
}

/// Whether every mark names a section that is there.
fn marks_fit(index: &Index, files: &Files) -> Result<bool, StoreError> {
    let shelves = Shelf::ALL.into_iter().zip(&files.shelves).map(|(shelf, series)| (SeriesId::Shelf(shelf), series));
    for (id, series) in shelves.chain([(SeriesId::Erasures, &files.erasures)]) {
        if !mark_fits(index, id, series)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Refuses files that are damaged before what the index has seen of them. It saw nothing that was not made durable
/// before, so that this is no torn tail: what is cut off after a power cut never reaches so far.
fn refuse_rot(index: &Index, files: &Files) -> Result<(), StoreError> {
    let shelves = Shelf::ALL.into_iter().zip(&files.shelves).map(|(shelf, series)| (SeriesId::Shelf(shelf), series));
    for (id, series) in shelves.chain([(SeriesId::Erasures, &files.erasures)]) {
        let Some(mark) = index.mark(id)?.filter(|mark| mark.last.end() <= series.end()) else { continue };
        if let Some(at) = series.walk(Position::START, &mut |_, _, _| Ok(()))?.filter(|at| *at < mark.last.end()) {
            let why = "a block that was durable does not match its id";
            return Err(StoreError::Corrupt { file: series.path(at.file), offset: at.offset, why });
        }
    }
    Ok(())
}

fn mark_fits(index: &Index, id: SeriesId, series: &Series) -> Result<bool, StoreError> {
    let Some(mark) = index.mark(id)? else { return Ok(true) };
    let fits = mark.last.end() <= series.end()
        && matches!(series.read(mark.last.at)?, Next::Section(_, block) if block.len() == mark.last.size as usize);
    Ok(fits)
}

/// Carries out every tombstone after the mark.
fn replay_erasures(
    index: &mut Index,
    files: &mut Files,
    derive: Derive,
    report: &mut OpenReport,
) -> Result<(), StoreError> {
    let Files { shelves, erasures } = files;
    // A mark that does not fit is left to the caller; then the tombstones are read from the start.
    let fits = mark_fits(index, SeriesId::Erasures, erasures)?;
    let mark = index.mark(SeriesId::Erasures)?.filter(|_| fits);
    let mut pending: Vec<(Tombstone, Location)> = Vec::new();
    let mut flush = |pending: &mut Vec<(Tombstone, Location)>| {
        let Some((_, last)) = pending.last().copied() else { return Ok(()) };
        let tombstones: Vec<Tombstone> = pending.drain(..).map(|(tombstone, _)| tombstone).collect();
        carry_out(shelves, index, derive, &tombstones, last)?;
        report.replayed_erasures += tombstones.len() as u64;
        Ok::<(), StoreError>(())
    };
    let torn = erasures.walk(mark.map_or(Position::START, |mark| mark.last.end()), &mut |location, _, block| {
        let tombstone = Tombstone::decode(&block).ok_or_else(|| StoreError::Corrupt {
            file: erasures.path(location.at.file),
            offset: location.at.offset,
            why: "expected a tombstone",
        })?;
        pending.push((tombstone, location));
        if pending.len() == BATCH_BLOCKS { flush(&mut pending) } else { Ok(()) }
    })?;
    flush(&mut pending)?;
    report.truncated_bytes += remove_tail(erasures, torn)?;
    Ok(())
}

/// Adds every block after the mark.
fn read_shelf(
    index: &mut Index,
    series: &mut Series,
    shelf: Shelf,
    derive: Derive,
    report: &mut OpenReport,
) -> Result<(), StoreError> {
    let id = SeriesId::Shelf(shelf);
    let from = index.mark(id)?.map_or(Position::START, |mark| mark.last.end());
    let (mut changes, mut pending) = (Changes::default(), 0);
    let torn = series.walk(from, &mut |location, cid, block| {
        let erased = car::looks_erased(&cid, &block) && index.is_erased(shelf, location.at)?;
        if !erased && index.location(shelf, &cid)?.is_none() {
            changes.add(shelf, &cid, location, derive(shelf, &cid, &block));
            report.indexed_blocks += 1;
        }
        changes.mark(id, location);
        pending += 1;
        if pending == BATCH_BLOCKS {
            pending = 0;
            index.apply(std::mem::take(&mut changes))?;
        }
        Ok(())
    })?;
    index.apply(changes)?;
    report.truncated_bytes += remove_tail(series, torn)?;
    Ok(())
}

fn remove_tail(series: &mut Series, torn: Option<Position>) -> Result<u64, StoreError> {
    let Some(at) = torn else { return Ok(0) };
    let bytes = series.end().offset - at.offset;
    series.truncate(at)?;
    Ok(bytes)
}
