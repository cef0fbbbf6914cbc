//! The search index: which records hold which words and fingerprints, in a folder beside the others.
//!
//! It is derived and can be thrown away. It is made when somebody first searches, and follows the certified shelf
//! from a mark, as far as it is asked to. It holds words, so that what is erased must leave it first: the segments that
//! hold an erased record are thrown away whole, at once, and their other records are taken up again when somebody next
//! searches (docs/adr/0022-the-search-index.md). Nothing that goes wrong with it stops a store.
//!
//! `folder` is what lies on disk, `schema` what a document has, `catch_up` how it follows, `ask` what it answers.

mod ask;
mod catch_up;
mod folder;
mod schema;

pub use ask::{Hit, Holders, held};
pub use catch_up::CaughtUp;
pub(crate) use catch_up::Search;

use crate::StoreError;
use commonwheel_protocol::bytes::Cid;
use folder::State;
use schema::Fields;
use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use tantivy::directory::MmapDirectory;
use tantivy::index::SegmentId;
use tantivy::indexer::NoMergePolicy;
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyDocument};

/// The folder of the search index in a store's folder.
pub const SEARCH: &str = "search";

/// Records in the largest segments: as many are taken up again when one of them is erased, and the more there are, the
/// fewer segments each search asks.
const SEGMENT_RECORDS: u32 = 32_768;
/// As many segments of about one size are made one.
const FAN: usize = 8;
/// Memory for the words of records that are being written, in bytes.
const WRITER_BYTES: usize = 128 << 20;

/// An open search index.
pub(crate) struct SearchIndex {
    dir: PathBuf,
    index: Index,
    reader: IndexReader,
    fields: Fields,
    state: State,
}

impl SearchIndex {
    /// Opens the index in a folder. One that is damaged or was made by other rules is removed; then, and when there is
    /// none, nothing is returned.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub(crate) fn open(dir: &Path) -> Result<Option<SearchIndex>, StoreError> {
        if !dir.exists() {
            return Ok(None);
        }
        match guarded(|| SearchIndex::read(dir)) {
            Ok(Some(search)) => Ok(Some(search)),
            Ok(None) | Err(_) => remove(dir).map(|()| None),
        }
    }

    /// Makes an empty index.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn create(dir: &Path) -> Result<SearchIndex, StoreError> {
        remove(dir)?;
        crate::folder::create_durably(dir)?;
        let make = || -> tantivy::Result<()> {
            let index = schema::create(MmapDirectory::open(dir)?)?;
            let meta = folder::with_state(index.load_metas()?, &State::default());
            folder::write_meta(dir, &meta)?;
            Ok(())
        };
        make().map_err(failed(dir))?;
        let opened = SearchIndex::read(dir).map_err(failed(dir))?;
        opened.ok_or_else(|| StoreError::Search { folder: dir.to_owned(), why: "it is not as it was just made".into() })
    }

    /// The index of a folder; nothing when other rules made it.
    fn read(dir: &Path) -> tantivy::Result<Option<SearchIndex>> {
        let mut index = Index::open(MmapDirectory::open(dir)?)?;
        let meta = index.load_metas()?;
        let state = meta.payload.as_deref().and_then(State::read);
        let (Some(state), Some(fields)) = (state, Fields::of(&index)) else { return Ok(None) };
        schema::register(&mut index);
        // What a crash has left may hold words that nobody would ever erase.
        folder::clean(dir, &meta)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Some(SearchIndex { dir: dir.to_owned(), index, reader, fields, state }))
    }

    /// Lets go of every record whose header or body is one of these blocks: when this returns no word of them is in
    /// the folder.
    ///
    /// # Errors
    /// When a file cannot be read, written or removed.
    pub(crate) fn forget(&mut self, blocks: &[Cid]) -> tantivy::Result<()> {
        let erased: BTreeSet<_> = blocks.iter().map(|cid| cid.to_bytes()).collect();
        let (doomed, again) = self.holding(&erased)?;
        let before = (self.state.again.len(), self.state.lacking.len());
        self.state.again.extend(again);
        self.state.forget(blocks);
        if doomed.is_empty() && before == (self.state.again.len(), self.state.lacking.len()) {
            return Ok(());
        }
        let mut meta = self.index.load_metas()?;
        meta.segments.retain(|segment| !doomed.contains(&segment.id()));
        let meta = folder::with_state(meta, &self.state);
        folder::write_meta(&self.dir, &meta)?;
        folder::clean(&self.dir, &meta)?;
        self.reader.reload()
    }

    /// The segments that hold one of these blocks' records, and the other records in them.
    fn holding(&self, erased: &BTreeSet<[u8; Cid::LEN]>) -> tantivy::Result<(BTreeSet<SegmentId>, Vec<Cid>)> {
        let (mut doomed, mut again) = (BTreeSet::new(), Vec::new());
        for segment in self.reader.searcher().segment_readers() {
            let mut gone = BTreeSet::new();
            for field in [self.fields.record, self.fields.body] {
                let inverted = segment.inverted_index(field)?;
                for block in erased {
                    gone.extend(ask::documents(&inverted, &tantivy::Term::from_field_bytes(field, block))?);
                }
            }
            if gone.is_empty() {
                continue;
            }
            doomed.insert(segment.segment_id());
            let store = segment.get_store_reader(1)?;
            for document in segment.doc_ids_alive().filter(|document| !gone.contains(document)) {
                again.extend(self.fields.record_of(&store.get::<TantivyDocument>(document)?));
            }
        }
        Ok((doomed, again))
    }

    /// Adds documents, and marks how far the index has come with them, in one change.
    fn add(&mut self, documents: Vec<TantivyDocument>, state: State) -> tantivy::Result<()> {
        let mut writer: IndexWriter = self.index.writer_with_num_threads(1, WRITER_BYTES)?;
        // Merged here, so that nothing is merged while something is erased.
        writer.set_merge_policy(Box::new(NoMergePolicy));
        for document in documents {
            writer.add_document(document)?;
        }
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&state.to_string());
        commit.commit()?;
        self.state = state;
        while let Some(segments) = self.to_merge()? {
            writer.merge(&segments).wait()?;
        }
        writer.garbage_collect_files().wait()?;
        writer.wait_merging_threads()?;
        self.reader.reload()
    }

    /// Segments that are better one: [`FAN`] of about one size, the smallest such first.
    fn to_merge(&self) -> tantivy::Result<Option<Vec<SegmentId>>> {
        let mut sizes: Vec<_> = self.index.load_metas()?.segments;
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
}

/// Removes an index with everything in it.
///
/// # Errors
/// When the system refuses.
pub(crate) fn remove(dir: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(StoreError::Io { action: "remove the search index in", path: dir.to_owned(), source: error })
        }
        _ => dir.parent().map_or(Ok(()), crate::folder::sync),
    }
}

/// Does something with an index. A file that is damaged inside may make the engine panic, which is an error like others.
fn guarded<T>(what: impl FnOnce() -> tantivy::Result<T>) -> tantivy::Result<T> {
    let panicked = || tantivy::TantivyError::SystemError("it is damaged".to_owned());
    catch_unwind(AssertUnwindSafe(what)).unwrap_or_else(|_| Err(panicked()))
}

/// Wraps what the search engine said, for `map_err`.
fn failed(dir: &Path) -> impl FnOnce(tantivy::TantivyError) -> StoreError {
    move |error| StoreError::Search { folder: dir.to_owned(), why: error.to_string() }
}
