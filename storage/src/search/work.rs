//! The search index of a store, opened when it is first needed, and what is done with it on a thread of its own.

use super::schema::Fields;
use super::{SEARCH, SearchIndex, failed, guarded, remove};
use crate::StoreError;
use commonwheel_protocol::bytes::Cid;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use tantivy::Index;

/// The search index of a store.
pub(crate) struct Search {
    dir: PathBuf,
    opened: bool,
    pub(super) index: Option<SearchIndex>,
    /// What is being written. Nothing else is until it is done.
    work: Option<JoinHandle<tantivy::Result<()>>>,
}

impl Search {
    /// The search index of the store in a folder.
    pub(crate) fn of(store: &Path) -> Search {
        Search { dir: store.join(SEARCH), opened: false, index: None, work: None }
    }

    /// The index, if there is one.
    ///
    /// # Errors
    /// When a damaged one cannot be removed.
    pub(super) fn open(&mut self) -> Result<Option<&mut SearchIndex>, StoreError> {
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
        // What is being written may be one of them.
        if self.settle().is_err() {
            return self.drop_index();
        }
        let Some(index) = self.open()? else { return Ok(()) };
        match guarded(|| index.forget(blocks)) {
            Ok(()) => Ok(()),
            Err(_) => self.drop_index(),
        }
    }

    /// Where removing fails, the next who needs the index finds the folder again: what is erased must not stay there.
    fn drop_index(&mut self) -> Result<(), StoreError> {
        self.wait();
        (self.opened, self.index) = (false, None);
        remove(&self.dir)
    }

    /// Makes a new index in the place of the one that is there, if there is one.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn create(&mut self) -> Result<(), StoreError> {
        self.wait();
        (self.opened, self.index) = (false, None);
        self.index = Some(SearchIndex::create(&self.dir)?);
        self.opened = true;
        Ok(())
    }

    /// Asks an index that is there. One that cannot answer is removed.
    ///
    /// # Errors
    /// What the index said.
    pub(super) fn ask<T>(
        &mut self,
        what: impl FnOnce(&mut SearchIndex) -> tantivy::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let Some(index) = self.open()? else { return Ok(None) };
        match guarded(|| what(index)) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => Err(self.give_up(error)?),
        }
    }

    /// Removes an index that has failed.
    fn give_up(&mut self, error: tantivy::TantivyError) -> Result<StoreError, StoreError> {
        let error = failed(&self.dir)(error);
        self.drop_index()?;
        Ok(error)
    }

    /// Begins something on a thread of its own. Nothing else may be under way.
    ///
    /// # Errors
    /// When no thread can be had; the index is removed then, since its state has moved on.
    pub(super) fn begin(
        &mut self,
        what: impl FnOnce(Index, Fields) -> tantivy::Result<()> + Send + 'static,
    ) -> Result<(), StoreError> {
        self.wait();
        let Some(SearchIndex { index, fields, .. }) = self.index.as_ref() else { return Ok(()) };
        let (index, fields) = (index.clone(), *fields);
        let begun = thread::Builder::new().name("search".to_owned());
        match begun.spawn(move || guarded(|| what(index, fields))) {
            Ok(work) => self.work = Some(work),
            Err(error) => return Err(self.give_up(error.into())?),
        }
        Ok(())
    }

    /// Whether something is still being written.
    pub(super) fn is_busy(&self) -> bool {
        self.work.as_ref().is_some_and(|work| !work.is_finished())
    }

    /// Whether something is being written, or was and is not searched yet.
    pub(super) fn has_work(&self) -> bool {
        self.work.is_some()
    }

    /// Waits until nothing is being written, and lets it be searched.
    ///
    /// # Errors
    /// When it could not be written; the index is removed then.
    pub(super) fn settle(&mut self) -> Result<(), StoreError> {
        let Some(done) = self.wait() else { return Ok(()) };
        let reloaded = done.and_then(|()| self.index.as_ref().map_or(Ok(()), |index| index.reader.reload()));
        reloaded.or_else(|error| Err(self.give_up(error)?))
    }

    fn wait(&mut self) -> Option<tantivy::Result<()>> {
        let work = self.work.take()?;
        Some(work.join().unwrap_or_else(|_| Err(super::damaged())))
    }
}

impl Drop for Search {
    /// Who opens the store next finds nobody writing.
    fn drop(&mut self) {
        self.wait();
    }
}
