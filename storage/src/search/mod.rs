//! The search index: which records hold which words and fingerprints, in a folder beside the others.
//!
//! It is derived and can be thrown away. It is made when somebody first searches, and follows the certified shelf
//! from a mark, as far as it is asked to. It holds words, so that what is erased must leave it first: the segments that
//! hold an erased record are thrown away whole, at once, and their other records are taken up again when somebody next
//! searches (docs/adr/0022-the-search-index.md). Nothing that goes wrong with it stops a store.
//!
//! `folder` is what lies on disk, with `lists` of ids; `schema` what a document has; `catch_up` how it follows, `fill` what
//! is done with it then, `work` on which thread; `ask` what it answers.

mod ask;
mod catch_up;
mod fill;
mod folder;
mod lists;
mod schema;
mod work;

pub use ask::{Hit, Holders, held};
pub use catch_up::CaughtUp;
pub(crate) use work::Search;

use crate::{StoreError, caught};
use commonwheel_protocol::bytes::Cid;
use folder::State;
use schema::Fields;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use tantivy::directory::MmapDirectory;
use tantivy::index::SegmentId;
use tantivy::{Index, IndexReader, ReloadPolicy, TantivyDocument, TantivyError, Term};

/// The folder of the search index in a store's folder.
pub const SEARCH: &str = "search";

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
        let state = meta.payload.as_deref().and_then(|text| State::read(text, dir));
        let (Some(state), Some(fields)) = (state, Fields::of(&index)) else { return Ok(None) };
        schema::register(&mut index);
        // What a crash has left may hold words that nobody would ever erase.
        folder::clean(dir, &meta, &state)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Some(SearchIndex { dir: dir.to_owned(), index, reader, fields, state }))
    }

    /// Lets go of every record whose header or body is one of these blocks: when this returns no word of them is in
    /// the folder.
    ///
    /// # Errors
    /// When a file cannot be read, written or removed.
    pub(crate) fn forget(&mut self, blocks: &[Cid]) -> tantivy::Result<()> {
        let erased: BTreeSet<_> = blocks.iter().copied().collect();
        let Doomed { segments, again, lacking } = self.holding(&erased)?;
        if !self.state.forget(&self.dir, &again, &lacking)? && segments.is_empty() {
            return Ok(());
        }
        let mut meta = self.index.load_metas()?;
        meta.segments.retain(|segment| !segments.contains(&segment.id()));
        let meta = folder::with_state(meta, &self.state);
        folder::write_meta(&self.dir, &meta)?;
        folder::clean(&self.dir, &meta, &self.state)?;
        self.reader.reload()
    }

    /// The segments that hold one of these blocks' records, and the other records in them.
    fn holding(&self, erased: &BTreeSet<Cid>) -> tantivy::Result<Doomed> {
        let mut doomed = Doomed::default();
        for segment in self.reader.searcher().segment_readers() {
            // Each that is gone, with the body that it loses.
            let mut gone = BTreeMap::new();
            for (field, is_body) in [(self.fields.record, false), (self.fields.body, true)] {
                let inverted = segment.inverted_index(field)?;
                for block in erased {
                    let term = Term::from_field_bytes(field, &block.to_bytes());
                    let documents = ask::documents(&inverted, &term)?;
                    gone.extend(documents.into_iter().map(|document| (document, is_body.then_some(*block))));
                }
            }
            if gone.is_empty() {
                continue;
            }
            doomed.segments.insert(segment.segment_id());
            let store = segment.get_store_reader(1)?;
            for (document, stored) in (0..).zip(store.iter::<TantivyDocument>(None)) {
                let Some(record) = self.fields.record_of(&stored?) else { continue };
                match gone.get(&document) {
                    None => doomed.again.push(record),
                    Some(Some(body)) if !erased.contains(&record) => doomed.lacking.push((*body, record)),
                    Some(_) => {}
                }
            }
        }
        Ok(doomed)
    }
}

/// What an erasure throws away.
#[derive(Default)]
struct Doomed {
    segments: BTreeSet<SegmentId>,
    /// The other records in them.
    again: Vec<Cid>,
    /// The bodies that are erased, with records that are not.
    lacking: Vec<(Cid, Cid)>,
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
    caught(what).unwrap_or_else(|| Err(damaged()))
}

/// What is said of an index that made the engine panic.
fn damaged() -> TantivyError {
    TantivyError::SystemError("it is damaged".to_owned())
}

/// Wraps what the search engine said, for `map_err`.
fn failed(dir: &Path) -> impl FnOnce(TantivyError) -> StoreError {
    move |error| StoreError::Search { folder: dir.to_owned(), why: error.to_string() }
}
