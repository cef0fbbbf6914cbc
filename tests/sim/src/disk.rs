//! A disk: what a running node reads, and what of it a crash leaves.
//!
//! A commit is several writes with an fsync after each group of them, in the order of the real
//! store ([`commonwheel_storage::CarStore`]): blocks are appended to the files of their shelves; each
//! touched shelf is synced; tombstones are written and synced; erased sections are overwritten with
//! zeros and synced, a hundred at a time. A crash may fall at any of these syncs. Then what was
//! synced before is there; of the rest, a process that dies leaves what it had written, and a power
//! cut leaves of every file some part from the front: the torn section at its end is cut off on
//! opening. A tombstone that is there is carried out on opening.
//!
//! A block that was synced may rot: a bit of it turns over where it lies. The index still says that it is
//! there. Whoever reads it compares it with its id and is told that it is damaged, and opening, which here reads
//! everything, refuses. (The real store reads on opening what its index has not seen, and the rest when
//! it is asked for; `commonwheel check` reads everything.) Nothing is cut off or mended: the disk is lost.

use crate::random::Random;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::ledger::{Batch, IndexEntry, Ledger, LedgerError, Shelf, Store};
use commonwheel_storage::MemoryStore;
use std::collections::{BTreeMap, BTreeSet};

/// Tombstones that are carried out between two syncs, as in the real store.
const ERASED_AT_ONCE: usize = 100;

/// What a crash takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The process: what it has written stays, synced or not.
    Process,
    /// The power: of what is not synced, some part from the front of each file stays.
    Power,
}

/// A node's disk.
#[derive(Clone)]
pub struct Disk {
    /// What the node reads. Between two commits the same is durable.
    live: MemoryStore,
    syncs: u64,
    /// Blocks that have rotted, and what stands in their place.
    rotten: BTreeMap<(Shelf, Cid), Vec<u8>>,
    /// Whether what is read is compared with its id. Only a disk that is faulty on purpose does not.
    unchecked: bool,
}

/// A disk as its node reads it: with what has rotted there. The checkers read the disk itself.
pub struct Reading<'a>(&'a Disk);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum File {
    Shelf(Shelf),
    Erasures,
}

/// One step of a commit.
enum Operation {
    Append(Shelf, Cid, Vec<u8>),
    Tombstone(Shelf, Cid),
    /// Zeros in place of what the tombstones name. Whoever opens the store does that again, so that
    /// it makes no difference how far it came.
    Zeros,
    Sync(File),
}

impl Operation {
    fn file(&self) -> Option<File> {
        match self {
            Operation::Append(shelf, ..) => Some(File::Shelf(*shelf)),
            Operation::Tombstone(..) => Some(File::Erasures),
            Operation::Zeros | Operation::Sync(_) => None,
        }
    }
}

impl Disk {
    /// A disk that holds what a store does.
    pub fn new(store: MemoryStore) -> Self {
        Disk { live: store, syncs: 0, rotten: BTreeMap::new(), unchecked: false }
    }

    /// How many fsyncs there were so far.
    pub fn syncs(&self) -> u64 {
        self.syncs
    }

    /// How many fsyncs committing a batch takes.
    pub fn syncs_of(&self, batch: &Batch) -> u64 {
        self.operations(batch).iter().filter(|operation| matches!(operation, Operation::Sync(_))).count() as u64
    }

    /// Commits a batch, and crashes at the given one of its syncs, counted from 0, before that is
    /// done. What is left is what the node finds when it starts again.
    ///
    /// # Errors
    /// When the batch is not one.
    pub fn crash_in(&mut self, batch: &Batch, sync: u64, loss: Loss, random: &mut Random) -> Result<(), LedgerError> {
        let (mut durable, mut written, mut left) = (Vec::new(), Vec::new(), sync);
        for operation in self.operations(batch) {
            match operation {
                Operation::Sync(_) if left == 0 => break,
                Operation::Sync(file) => {
                    left -= 1;
                    let (synced, rest) = written.into_iter().partition(|write: &Operation| write.file() == Some(file));
                    durable.extend::<Vec<_>>(synced);
                    written = rest;
                }
                write => written.push(write),
            }
        }
        self.syncs += sync;
        match loss {
            Loss::Process => written.truncate(random.index(written.len() + 1)),
            Loss::Power => written = front_of_each_file(written, random),
        }
        durable.extend(written);
        self.live.commit(&found_on_opening(durable))
    }

    /// A copy of what is durable, as a backup takes it between two commits.
    pub fn backup(&self) -> MemoryStore {
        self.live.clone()
    }

    /// Puts a backup in the place of everything, or what a node has that joins anew.
    pub fn restore(&mut self, backup: MemoryStore) {
        self.live = backup;
        self.rotten.clear();
    }

    /// Turns over one bit of one block that is stored.
    pub fn rot(&mut self, random: &mut Random) {
        let all: Vec<_> =
            Shelf::ALL.into_iter().flat_map(|on| self.live.blocks(on).map(move |(cid, _)| (on, *cid))).collect();
        let (shelf, cid) = all[random.index(all.len())];
        if let Ok(Some(mut bytes)) = self.live.block(shelf, &cid) {
            random.flip(&mut bytes);
            self.rotten.insert((shelf, cid), bytes);
        }
    }

    /// What stands in the place of blocks that have rotted and were not erased since.
    pub fn rotten(&self) -> impl Iterator<Item = (&Cid, &[u8])> {
        let held = self.rotten.iter().filter(|((shelf, cid), _)| self.live.holds(*shelf, cid) == Ok(true));
        held.map(|((_, cid), bytes)| (cid, &bytes[..]))
    }

    /// The disk as its node reads it.
    pub fn reading(&self) -> Reading<'_> {
        Reading(self)
    }

    /// Reads everything, as opening does.
    ///
    /// # Errors
    /// When a block is not what its id says.
    pub fn open(&self) -> Result<(), LedgerError> {
        match self.rotten().next() {
            Some((cid, _)) if !self.unchecked => Err(damaged(cid)),
            _ => Ok(()),
        }
    }

    /// Never again compares what is read with its id: a fault put in on purpose.
    pub fn trust_everything(&mut self) {
        self.unchecked = true;
    }

    /// Every block of a shelf with its id, in the order of their ids.
    pub fn blocks(&self, shelf: Shelf) -> impl Iterator<Item = (&Cid, &[u8])> {
        self.live.blocks(shelf)
    }

    fn operations(&self, batch: &Batch) -> Vec<Operation> {
        let (mut operations, mut touched, mut added) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        for (shelf, cid, bytes) in &batch.puts {
            if self.live.holds(*shelf, cid) != Ok(true) && added.insert((*shelf, *cid)) {
                operations.push(Operation::Append(*shelf, *cid, bytes.clone()));
                touched.insert(*shelf);
            }
        }
        operations.extend(touched.into_iter().map(|shelf| Operation::Sync(File::Shelf(shelf))));
        let held =
            |(shelf, cid): &(Shelf, Cid)| added.contains(&(*shelf, *cid)) || self.live.holds(*shelf, cid) == Ok(true);
        let erased: Vec<_> = batch.erasures.iter().copied().collect::<BTreeSet<_>>().into_iter().filter(held).collect();
        operations.extend(erased.iter().map(|(shelf, cid)| Operation::Tombstone(*shelf, *cid)));
        if !erased.is_empty() {
            operations.push(Operation::Sync(File::Erasures));
        }
        for some in erased.chunks(ERASED_AT_ONCE) {
            for shelf in some.iter().map(|(shelf, _)| *shelf).collect::<BTreeSet<_>>() {
                operations.extend([Operation::Zeros, Operation::Sync(File::Shelf(shelf))]);
            }
        }
        operations
    }
}

fn damaged(cid: &Cid) -> LedgerError {
    LedgerError(format!("damaged: expected the block {cid}"))
}

impl Ledger for Reading<'_> {
    fn block(&self, shelf: Shelf, cid: &Cid) -> Result<Option<Vec<u8>>, LedgerError> {
        let Some(block) = self.0.live.block(shelf, cid)? else { return Ok(None) };
        match self.0.rotten.get(&(shelf, *cid)) {
            Some(rotten) if self.0.unchecked || cid.matches(rotten) => Ok(Some(rotten.clone())),
            Some(_) => Err(damaged(cid)),
            None => Ok(Some(block)),
        }
    }

    fn holds(&self, shelf: Shelf, cid: &Cid) -> Result<bool, LedgerError> {
        self.0.live.holds(shelf, cid)
    }

    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        self.0.live.value(key)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<IndexEntry>, LedgerError> {
        self.0.live.scan(prefix, after, limit)
    }
}

/// Of the writes to each file, some from the front.
fn front_of_each_file(written: Vec<Operation>, random: &mut Random) -> Vec<Operation> {
    let mut by_file: BTreeMap<Option<File>, Vec<Operation>> = BTreeMap::new();
    for write in written {
        by_file.entry(write.file()).or_default().push(write);
    }
    for writes in by_file.values_mut() {
        writes.truncate(random.index(writes.len() + 1));
    }
    by_file.into_values().flatten().collect()
}

/// What the writes that are left amount to.
fn found_on_opening(writes: Vec<Operation>) -> Batch {
    let mut found = Batch::default();
    for write in writes {
        match write {
            Operation::Append(shelf, cid, bytes) => found.put(shelf, cid, bytes),
            Operation::Tombstone(shelf, cid) => found.erase(shelf, cid),
            Operation::Zeros | Operation::Sync(_) => {}
        }
    }
    found
}

impl Store for Disk {
    fn commit(&mut self, batch: &Batch) -> Result<(), LedgerError> {
        self.syncs += self.syncs_of(batch);
        self.live.commit(batch)
    }
}

impl Ledger for Disk {
    fn block(&self, shelf: Shelf, cid: &Cid) -> Result<Option<Vec<u8>>, LedgerError> {
        self.live.block(shelf, cid)
    }

    fn holds(&self, shelf: Shelf, cid: &Cid) -> Result<bool, LedgerError> {
        self.live.holds(shelf, cid)
    }

    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        self.live.value(key)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<IndexEntry>, LedgerError> {
        self.live.scan(prefix, after, limit)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use commonwheel_protocol::index;

    fn block(n: u8) -> (Cid, Vec<u8>) {
        (Cid::of_cbor(&[n]), vec![n])
    }

    /// Two blocks on each shelf, of which one of each is erased together with an older one.
    fn disk_and_batch() -> (Disk, Batch) {
        let mut disk = Disk::new(MemoryStore::new(index::derive));
        let (old, bytes) = block(0);
        let mut before = Batch::default();
        before.put(Shelf::Waiting, old, bytes);
        disk.commit(&before).unwrap();
        let mut batch = Batch::default();
        for (n, shelf) in [Shelf::Live, Shelf::Certified, Shelf::Live, Shelf::Certified].into_iter().enumerate() {
            let (cid, bytes) = block(n as u8 + 1);
            batch.put(shelf, cid, bytes);
        }
        batch.erase(Shelf::Waiting, old);
        batch.erase(Shelf::Live, block(1).0);
        batch.erase(Shelf::Live, block(99).0);
        (disk, batch)
    }

    #[test]
    fn syncs_are_counted_as_the_real_store_makes_them() {
        let (mut disk, batch) = disk_and_batch();
        assert_eq!(disk.syncs(), 1);
        assert_eq!(disk.syncs_of(&batch), 2 + 1 + 2, "two shelves, the tombstones, zeros on two shelves");
        disk.commit(&batch).unwrap();
        assert_eq!((disk.syncs(), disk.syncs_of(&batch)), (6, 3), "only what was erased is appended again");
    }

    #[test]
    fn a_block_that_has_rotted_is_damaged_for_its_node_and_for_opening_until_it_is_erased() {
        let (mut disk, _) = disk_and_batch();
        let (old, _) = block(0);
        assert!(disk.open().is_ok());
        disk.rot(&mut Random::new(1));
        assert!(disk.open().is_err());
        assert_eq!(disk.reading().holds(Shelf::Waiting, &old), Ok(true), "as the index says");
        assert!(disk.reading().block(Shelf::Waiting, &old).is_err());
        let erasures = vec![(Shelf::Waiting, old)];
        disk.commit(&Batch { puts: vec![], erasures }).unwrap();
        assert!(disk.open().is_ok());
        assert_eq!(disk.reading().block(Shelf::Waiting, &old), Ok(None));
    }

    #[test]
    fn what_was_synced_before_a_crash_is_there_and_no_gap_is_in_what_was_not() {
        for (sync, loss) in (0..5).flat_map(|sync| [(sync, Loss::Process), (sync, Loss::Power)]) {
            for seed in 0..30 {
                let (mut disk, batch) = disk_and_batch();
                disk.crash_in(&batch, sync, loss, &mut Random::new(seed)).unwrap();
                let on = |shelf, n| disk.holds(shelf, &block(n).0).unwrap();
                assert!(!on(Shelf::Certified, 4) || on(Shelf::Certified, 2), "no gap");
                assert!(sync < 1 || on(Shelf::Certified, 4), "the first sync is the certified shelf's");
                assert!(sync < 2 || on(Shelf::Live, 3), "the second is the live shelf's");
                assert!(sync > 1 || on(Shelf::Waiting, 0), "nothing is erased before the shelves are synced");
                assert!(sync < 3 || !on(Shelf::Waiting, 0) && !on(Shelf::Live, 1), "the third is the tombstones'");
            }
        }
    }
}
