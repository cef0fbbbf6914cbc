//! The search index: which records hold which words and fingerprints, in a folder beside the others.
//!
//! It is derived and can be thrown away. It is made when somebody first searches, and follows the certified shelf
//! from a mark, as far as it is asked to. It holds words, so that what is erased must leave it first: the segments that
//! hold an erased record are thrown away whole, at once, and their other records are taken up again when somebody next
//! searches (docs/adr/0022-the-search-index.md); its fingerprints are overwritten in their places
//! (docs/adr/0030-fingerprints-in-a-table-of-their-own.md). Nothing that goes wrong with it stops a store.
//!
//! `folder` is what lies on disk, with `lists` of ids; `schema` what a document has; `prints` the table of fingerprints;
//! `catch_up` how it follows, `fill` what is done with it then, `work` on which thread; `forget` how it lets go; `ask` what
//! it answers.

mod ask;
mod catch_up;
mod fill;
mod folder;
mod forget;
mod lists;
mod prints;
mod schema;
mod work;

pub use ask::{Hit, Holders, held};
pub use catch_up::CaughtUp;
pub(crate) use work::Search;

use crate::{StoreError, caught};
use folder::{Merge, State};
use prints::Table;
use schema::Fields;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tantivy::directory::MmapDirectory;
use tantivy::{Index, IndexReader, ReloadPolicy, TantivyError};

/// The folder of the search index in a store's folder.
pub const SEARCH: &str = "search";

/// An open search index.
pub(crate) struct SearchIndex {
    dir: PathBuf,
    index: Index,
    reader: IndexReader,
    fields: Fields,
    prints: Table,
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
            let meta = folder::with_state(index.load_metas()?, &State::default().to_string());
            folder::write_meta(dir, &meta)?;
            Ok(())
        };
        make().map_err(failed(dir))?;
        let opened = SearchIndex::read(dir).map_err(failed(dir))?;
        opened.ok_or_else(|| StoreError::Search { folder: dir.to_owned(), why: "it is not as it was just made".into() })
    }

    /// The index of a folder; nothing when other rules made it, or when something was just being erased.
    fn read(dir: &Path) -> tantivy::Result<Option<SearchIndex>> {
        if dir.join(folder::ERASING).exists() {
            return Ok(None);
        }
        let mut index = Index::open(MmapDirectory::open(dir)?)?;
        let meta = index.load_metas()?;
        let state = meta.payload.as_deref().and_then(|text| State::read(text, dir));
        let (Some(state), Some(fields)) = (state, Fields::of(&index)) else { return Ok(None) };
        schema::register(&mut index);
        // What a crash has left may hold words that nobody would ever erase.
        folder::clean(dir, &meta, &state)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let prints = Table::open(dir, state.runs())?;
        Ok(Some(SearchIndex { dir: dir.to_owned(), index, reader, fields, prints, state }))
    }

    /// Has what was written since searched.
    ///
    /// # Errors
    /// When a file cannot be read.
    fn reload(&mut self) -> tantivy::Result<()> {
        self.prints = Table::open(&self.dir, self.state.runs())?;
        self.reader.reload()
    }

    /// Which runs of fingerprints are better one.
    ///
    /// # Errors
    /// When the state cannot be written as text.
    fn to_merge(&self) -> tantivy::Result<Option<Merge>> {
        Ok(self.prints.to_merge().map(|runs| self.state.to_merge(runs)).transpose()?)
    }

    /// Has a run of fingerprints searched in the place of those that it was made of.
    ///
    /// # Errors
    /// When it cannot be read.
    fn take_merged(&mut self, merge: &Merge) -> tantivy::Result<()> {
        self.state.take_merged(merge);
        self.reload()
    }
}

/// Removes an index with everything in it: first what names the rest, so that what a crash leaves of it is no index.
///
/// # Errors
/// When the system refuses.
pub(crate) fn remove(dir: &Path) -> Result<(), StoreError> {
    let remove = || {
        fs::remove_file(dir.join(folder::META)).or_else(not_there)?;
        fs::remove_dir_all(dir)
    };
    let failed = StoreError::io("remove the search index in", dir);
    remove().or_else(not_there).map_err(failed)?;
    dir.parent().map_or(Ok(()), crate::folder::sync)
}

/// What is not there need not be removed.
fn not_there(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
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
