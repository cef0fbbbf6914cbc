//! Adding records to an index, and making its segments few: what may be done on a thread of its own.

use super::folder::{self, Merge};
use super::prints::{self, Entry};
use super::schema::Fields;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::search::{Document, trace};
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use tantivy::index::SegmentId;
use tantivy::indexer::NoMergePolicy;
use tantivy::{Index, IndexWriter};

/// Records in the largest segments: as many are taken up again when one of them is erased, and the more there are, the
/// fewer segments each search asks.
const SEGMENT_RECORDS: u32 = 32_768;
/// As many segments of about one size are made one.
const FAN: usize = 8;
/// Memory for the words of records that are being written, in bytes.
const WRITER_BYTES: usize = 128 << 20;

/// A record as the store holds it: ids and bytes of header and body.
pub(super) struct Raw {
    pub record: Cid,
    pub header: Vec<u8>,
    pub body: Cid,
    pub bytes: Vec<u8>,
    /// Whether the table holds its fingerprints already.
    pub printed: bool,
}

/// What is added, and what says that it is there.
pub(super) struct Slice {
    pub records: Vec<Raw>,
    /// The number of the run that takes fingerprints which the table does not hold; nothing when it holds all.
    pub run: Option<u64>,
    /// The state of the index with all of this in it.
    pub state: String,
}

/// Adds records to an index in a folder, and with them the state that says how far it has come, in one change: the run of
/// fingerprints counts when the state that names it does.
///
/// # Errors
/// When the index cannot be written.
pub(super) fn add(dir: &Path, index: &Index, fields: Fields, slice: &Slice) -> tantivy::Result<()> {
    let mut writer = writer(index)?;
    let mut entries = Vec::new();
    for Raw { record, header, body, bytes, printed } in &slice.records {
        let Some(document) = Document::of(header, bytes) else { continue };
        writer.add_document(fields.document(record, body, &document))?;
        if !printed {
            let order = prints::order(record);
            entries.extend(trace::prints(&document.texts).into_iter().map(|print| Entry { print, order }));
        }
    }
    if let Some(run) = slice.run {
        prints::put(dir, run, entries)?;
    }
    let mut commit = writer.prepare_commit()?;
    commit.set_payload(&slice.state);
    commit.commit()?;
    writer.wait_merging_threads()
}

/// Makes some segments one.
///
/// # Errors
/// When the index cannot be read or written.
pub(super) fn merge(index: &Index, segments: &[SegmentId]) -> tantivy::Result<()> {
    let mut writer = writer(index)?;
    writer.merge(segments).wait()?;
    writer.garbage_collect_files().wait()?;
    writer.wait_merging_threads()
}

/// Makes some runs of fingerprints one, which counts from then on, and removes them. Says whether it did: it leaves off when
/// it is told to stop.
///
/// # Errors
/// When the index cannot be read or written.
pub(super) fn merge_runs(dir: &Path, index: &Index, merge: &Merge, stop: &AtomicBool) -> tantivy::Result<bool> {
    if !prints::merge(dir, &merge.from, merge.into, stop)? {
        return Ok(false);
    }
    folder::write_meta(dir, &folder::with_state(index.load_metas()?, &merge.state))?;
    merge.from.iter().try_for_each(|number| fs::remove_file(dir.join(prints::file_name(*number))))?;
    folder::sync(dir)?;
    Ok(true)
}

fn writer(index: &Index) -> tantivy::Result<IndexWriter> {
    let writer = index.writer_with_num_threads(1, WRITER_BYTES)?;
    // What is merged is said here, so that nothing is while something is erased.
    writer.set_merge_policy(Box::new(NoMergePolicy));
    Ok(writer)
}

/// Segments that are better one: see [`chosen`].
///
/// # Errors
/// When the index cannot be read.
pub(super) fn to_merge(index: &Index) -> tantivy::Result<Option<Vec<SegmentId>>> {
    let segments = index.load_metas()?.segments;
    let mut sizes: Vec<_> = segments.iter().map(|segment| (segment.max_doc(), segment.id())).collect();
    sizes.sort_unstable();
    let records: Vec<_> = sizes.iter().map(|(records, _)| *records).collect();
    Ok(chosen(&records).map(|chosen| sizes[chosen].iter().map(|(_, id)| *id).collect()))
}

/// Which of some segments, by the records in each from the fewest to the most, are better one: [`FAN`] of about one size,
/// the smallest such first, or as many of these as a segment may hold the records of.
fn chosen(records: &[u32]) -> Option<Range<usize>> {
    let level = |records: u32| records.max(1).ilog2() / FAN.ilog2();
    let mut first = 0;
    for some in records.chunk_by(|one, other| level(*one) == level(*other)) {
        let mut all = 0;
        let fits = |records: &&u32| {
            all += **records;
            all <= SEGMENT_RECORDS
        };
        let count = some.iter().take(FAN).take_while(fits).count();
        if some.len() >= FAN && count > 1 {
            return Some(first..first + count);
        }
        first += some.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_merged_when_as_many_are_of_about_one_size_the_smallest_first() {
        assert_eq!(chosen(&[]), None);
        assert_eq!(chosen(&[3; FAN - 1]), None);
        assert_eq!(chosen(&[3; FAN]), Some(0..FAN));
        assert_eq!(chosen(&[1, 2, 3, 4, 5, 5, 5, 6, 7, 7]), Some(0..FAN));
        // Of another size, so that a record is written again only when what it lies in becomes some times as large.
        assert_eq!(chosen(&[1, 1, 1, 1, 1, 1, 1, 8]), None);
        assert_eq!(chosen(&[1, 1, 1, 8, 9, 10, 11, 12, 13, 14, 15, 700]), Some(3..11));
        // Each record, one by one, is written again but a few times.
        let (mut segments, mut written) = (Vec::new(), 0);
        for _ in 0..4096 {
            segments.push(1);
            segments.sort_unstable();
            while let Some(some) = chosen(&segments) {
                let all = segments.drain(some).sum();
                written += all;
                segments.push(all);
                segments.sort_unstable();
            }
        }
        assert_eq!((segments, written), (vec![4096], 4 * 4096));
    }

    #[test]
    fn no_segment_holds_more_than_one_erasure_may_cost() {
        assert_eq!(chosen(&[SEGMENT_RECORDS / FAN as u32; FAN]), Some(0..FAN));
        assert_eq!(chosen(&[SEGMENT_RECORDS / FAN as u32 + 1; FAN]), Some(0..FAN - 1));
        assert_eq!(chosen(&[SEGMENT_RECORDS / 2; FAN]), Some(0..2));
        // None is merged with nothing, which would go on for ever.
        assert_eq!(chosen(&[SEGMENT_RECORDS / 2 + 1; FAN]), None);
        assert_eq!(chosen(&[SEGMENT_RECORDS; 3 * FAN]), None);
    }
}
