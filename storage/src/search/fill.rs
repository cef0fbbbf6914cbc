//! Adding records to an index, and making its segments few: what may be done on a thread of its own.

use super::schema::Fields;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::search::Document;
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
}

/// Adds records, and with them the state that says how far the index has come, in one change.
///
/// # Errors
/// When the index cannot be written.
pub(super) fn add(index: &Index, fields: Fields, records: &[Raw], state: &str) -> tantivy::Result<()> {
    let mut writer = writer(index)?;
    for Raw { record, header, body, bytes } in records {
        if let Some(document) = Document::of(header, bytes) {
            writer.add_document(fields.document(record, body, &document))?;
        }
    }
    let mut commit = writer.prepare_commit()?;
    commit.set_payload(state);
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

fn writer(index: &Index) -> tantivy::Result<IndexWriter> {
    let writer = index.writer_with_num_threads(1, WRITER_BYTES)?;
    // What is merged is said here, so that nothing is while something is erased.
    writer.set_merge_policy(Box::new(NoMergePolicy));
    Ok(writer)
}

/// Segments that are better one: [`FAN`] of about one size, the smallest such first.
///
/// # Errors
/// When the index cannot be read.
pub(super) fn to_merge(index: &Index) -> tantivy::Result<Option<Vec<SegmentId>>> {
    let mut sizes = index.load_metas()?.segments;
    sizes.sort_by_key(|segment| (segment.max_doc(), segment.id()));
    let level = |records: u32| records.max(1).ilog2() / FAN.ilog2();
    for some in sizes.chunk_by(|one, other| level(one.max_doc()) == level(other.max_doc())) {
        let mut all = 0;
        let fit = some.iter().take(FAN).take_while(|segment| {
            all += segment.max_doc();
            all <= SEGMENT_RECORDS
        });
        let fit: Vec<_> = fit.map(|segment| segment.id()).collect();
        if some.len() >= FAN && fit.len() > 1 {
            return Ok(Some(fit));
        }
    }
    Ok(None)
}
