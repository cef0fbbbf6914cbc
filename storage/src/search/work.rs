//! The search index of a store, opened when it is first needed, and what is done with it on a thread of its own.

use super::folder::Merge;
use super::forget::Body;
use super::schema::Fields;
use super::{SEARCH, SearchIndex, failed, guarded, remove};
use crate::StoreError;
use commonwheel_protocol::bytes::Cid;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use tantivy::Index;

/// The search index of a store.
pub(crate) struct Search {
    dir: PathBuf,
    opened: bool,
    pub(super) index: Option<SearchIndex>,
    /// What is being written. Nothing else is until it is done.
    work: Option<Work>,
    /// Whether what was begun last left off.
    left_off: bool,
}

/// What is being done on a thread of its own.
struct Work {
    thread: JoinHandle<tantivy::Result<Done>>,
    /// Tells it to leave off, where it can.
    stop: Arc<AtomicBool>,
    /// Whether who searches waits for it.
    awaited: bool,
}

/// What was done on a thread of its own.
pub(super) enum Done {
    /// Something was written that counts.
    Written,
    /// Runs of fingerprints were made one.
    Merged(Merge),
    /// It was told to leave off, and has left nothing.
    LeftOff,
}

impl Search {
    /// The search index of the store in a folder.
    pub(crate) fn of(store: &Path) -> Search {
        Search { dir: store.join(SEARCH), opened: false, index: None, work: None, left_off: false }
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
    pub(super) fn forget(&mut self, blocks: &[Cid], body: Body<'_>) -> Result<(), StoreError> {
        // What is being written may be one of them.
        self.stop();
        if self.settle().is_err() {
            return self.drop_index();
        }
        let Some(index) = self.open()? else { return Ok(()) };
        match guarded(|| index.forget(blocks, body)) {
            Ok(()) => Ok(()),
            Err(_) => self.drop_index(),
        }
    }

    /// Where removing fails, the next who needs the index finds the folder again: what is erased must not stay there.
    fn drop_index(&mut self) -> Result<(), StoreError> {
        self.leave_off();
        (self.opened, self.index) = (false, None);
        remove(&self.dir)
    }

    /// Makes a new index in the place of the one that is there, if there is one.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn create(&mut self) -> Result<(), StoreError> {
        self.leave_off();
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

    /// Begins something on a thread of its own, for which who searches waits or does not. Nothing else may be under way.
    ///
    /// # Errors
    /// When no thread can be had; the index is removed then, since its state has moved on.
    pub(super) fn begin(
        &mut self,
        awaited: bool,
        what: impl FnOnce(&Path, &Index, Fields, &AtomicBool) -> tantivy::Result<Done> + Send + 'static,
    ) -> Result<(), StoreError> {
        self.wait();
        let Some(SearchIndex { index, fields, .. }) = self.index.as_ref() else { return Ok(()) };
        let (dir, index, fields, stop) = (self.dir.clone(), index.clone(), *fields, Arc::<AtomicBool>::default());
        let told = Arc::clone(&stop);
        let begun = thread::Builder::new().name("search".to_owned());
        match begun.spawn(move || guarded(|| what(&dir, &index, fields, &told))) {
            Ok(thread) => self.work = Some(Work { thread, stop, awaited }),
            Err(error) => return Err(self.give_up(error.into())?),
        }
        Ok(())
    }

    /// Whether something is still being written.
    pub(super) fn is_busy(&self) -> bool {
        self.work.as_ref().is_some_and(|work| !work.thread.is_finished())
    }

    /// Whether something is being written, or was and is not searched yet, for which who searches waits.
    pub(super) fn is_awaited(&self) -> bool {
        self.work.as_ref().is_some_and(|work| work.awaited)
    }

    /// Whether what was begun last left off: then it is the turn of something else.
    pub(super) fn has_left_off(&self) -> bool {
        self.left_off
    }

    /// Notes that nothing else has a turn: what left off may begin again.
    pub(super) fn nothing_is_new(&mut self) {
        self.left_off = false;
    }

    /// Waits until nothing is being written, and lets it be searched.
    ///
    /// # Errors
    /// When it could not be written; the index is removed then.
    pub(super) fn settle(&mut self) -> Result<(), StoreError> {
        let Some(done) = self.wait() else { return Ok(()) };
        self.left_off = matches!(done, Ok(Done::LeftOff));
        let Some(index) = self.index.as_mut() else { return Ok(()) };
        let counts = guarded(|| match done? {
            Done::Written => index.reload(),
            Done::Merged(merge) => index.take_merged(&merge),
            Done::LeftOff => Ok(()),
        });
        counts.or_else(|error| Err(self.give_up(error)?))
    }

    fn leave_off(&mut self) {
        self.stop();
        self.wait();
    }

    fn stop(&self) {
        self.work.iter().for_each(|work| work.stop.store(true, Ordering::Relaxed));
    }

    fn wait(&mut self) -> Option<tantivy::Result<Done>> {
        let work = self.work.take()?;
        Some(work.thread.join().unwrap_or_else(|_| Err(super::damaged())))
    }
}

impl Drop for Search {
    /// Who opens the store next finds nobody writing.
    fn drop(&mut self) {
        self.leave_off();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::prints::{self, Entry};
    use super::*;
    use crate::{CarStore, conformance};
    use commonwheel_protocol::ledger::{Batch, Shelf, Store};
    use std::time::{Duration, Instant};

    #[test]
    fn what_can_leave_off_is_told_to_by_an_erasure_and_by_closing() {
        let home = tempfile::tempdir().unwrap();
        let mut search = Search::of(home.path());
        search.create().unwrap();
        let told = Arc::new(AtomicBool::new(false));
        let begin = |search: &mut Search| {
            let told = Arc::clone(&told);
            told.store(false, Ordering::Relaxed);
            let until = Instant::now() + Duration::from_secs(60);
            let wait = move |_: &Path, _: &Index, _: Fields, stop: &AtomicBool| {
                while !stop.load(Ordering::Relaxed) && Instant::now() < until {
                    thread::yield_now();
                }
                told.store(stop.load(Ordering::Relaxed), Ordering::Relaxed);
                Ok(Done::LeftOff)
            };
            search.begin(false, wait).unwrap();
        };
        begin(&mut search);
        search.forget(&[Cid::of_cbor(b"any")], &|_| None).unwrap();
        assert!(told.load(Ordering::Relaxed) && search.index.is_some() && search.has_left_off());
        begin(&mut search);
        drop(search);
        assert!(told.load(Ordering::Relaxed));
    }

    #[test]
    fn nobody_waits_for_runs_that_are_made_one_and_what_is_new_has_its_turn_after_one_that_left_off() {
        let home = tempfile::tempdir().unwrap();
        let mut store = CarStore::open(home.path(), conformance::derive).unwrap();
        store.catch_up_search(1).unwrap();
        let index = store.search.index.as_mut().unwrap();
        for number in [0, 1] {
            prints::put(&index.dir, number, vec![Entry { print: number, order: 1 }]).unwrap();
            index.state.take_run(number);
        }
        index.reload().unwrap();
        store.search.left_off = true;
        let mut batch = Batch::default();
        batch.put(Shelf::Certified, Cid::of_cbor(b"new"), b"new".to_vec());
        store.commit(&batch).unwrap();
        let runs = |store: &CarStore| store.search.index.as_ref().unwrap().state.runs().to_vec();

        assert!(!store.catch_up_search_beside().unwrap().is_complete(), "what is new is being added");
        store.search.settle().unwrap();
        assert_eq!(runs(&store), [0, 1]);
        let come = store.catch_up_search_beside().unwrap();
        assert!(come.is_complete() && store.search.work.is_some(), "runs are being made one");
        store.search.settle().unwrap();
        assert_eq!(runs(&store), [2]);
        assert_eq!(store.search.index.as_ref().unwrap().prints.holders(1, 9).unwrap().orders, [1]);
    }
}
