//! Range-based set reconciliation of certified records, over (time, item).
//!
//! The Negentropy protocol, version 1. This module knows no network: it turns a message into the
//! next one. Both sides are stateless between messages; the set may even grow in between.

use crate::index::Item;
use crate::limits::RECONCILE_BYTES;
use negentropy::{Id, Negentropy, NegentropyStorageVector};

/// A snapshot of the items that one side holds.
pub struct Snapshot(NegentropyStorageVector);

/// Why a message could not be read. The peer that sent it is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReconcileError {
    /// Longer than a message may be.
    #[error("a reconciliation message is at most {RECONCILE_BYTES} bytes; found {0}")]
    Oversized(usize),
    /// Not a message of the protocol.
    #[error("the reconciliation message is not one of Negentropy version 1")]
    Malformed,
}

impl From<negentropy::Error> for ReconcileError {
    fn from(_: negentropy::Error) -> Self {
        ReconcileError::Malformed
    }
}

/// What one message told the side that asks.
#[derive(Debug, PartialEq, Eq)]
pub struct Progress {
    /// The next message to send; `None` when all differences are known.
    pub next: Option<Vec<u8>>,
    /// Items that the other side has and this one lacks, in order.
    pub missing: Vec<Item>,
}

impl Snapshot {
    /// Takes items with their times in seconds since 1970.
    pub fn new(items: impl IntoIterator<Item = (i64, Item)>) -> Self {
        let mut storage = NegentropyStorageVector::new();
        for (time_s, item) in items {
            storage.insert(time_s.max(0) as u64, Id::from_byte_array(item.0)).expect("not yet sealed");
        }
        storage.seal().expect("not yet sealed");
        Snapshot(storage)
    }

    /// The first message of the side that asks.
    pub fn open(&self) -> Vec<u8> {
        self.machine().initiate().expect("a new machine has not begun, and a sealed set can be read")
    }

    /// The answer to a message of the side that asks.
    ///
    /// # Errors
    /// When the message is not one.
    pub fn answer(&self, message: &[u8]) -> Result<Vec<u8>, ReconcileError> {
        check(message)?;
        Ok(self.machine().reconcile(message)?)
    }

    /// What an answer says, for the side that asks.
    ///
    /// # Errors
    /// When the answer is not one.
    pub fn read(&self, answer: &[u8]) -> Result<Progress, ReconcileError> {
        check(answer)?;
        let mut machine = self.machine();
        machine.set_initiator();
        let (mut have, mut need) = (Vec::new(), Vec::new());
        let next = machine.reconcile_with_ids(answer, &mut have, &mut need)?;
        let mut missing: Vec<_> = need.into_iter().map(|id| Item(id.to_bytes())).collect();
        missing.sort(); // the library hands them out in the order of a randomly seeded hash
        Ok(Progress { next, missing })
    }

    fn machine(&self) -> Negentropy<'_, NegentropyStorageVector> {
        Negentropy::borrowed(&self.0, (RECONCILE_BYTES - 1024) as u64).expect("the frame limit is above 4096")
    }
}

fn check(message: &[u8]) -> Result<(), ReconcileError> {
    if message.len() > RECONCILE_BYTES { Err(ReconcileError::Oversized(message.len())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};
    use std::collections::BTreeSet;

    fn item(n: u16) -> (i64, Item) {
        (i64::from(n / 7) * 3600, Item(Sha256::digest(n.to_be_bytes()).into()))
    }

    fn missing(asks: &BTreeSet<u16>, answers: &BTreeSet<u16>) -> BTreeSet<Item> {
        let ours = Snapshot::new(asks.iter().map(|n| item(*n)));
        let theirs = Snapshot::new(answers.iter().map(|n| item(*n)));
        let mut missing = BTreeSet::new();
        let mut message = ours.open();
        for _ in 0..64 {
            let progress = ours.read(&theirs.answer(&message).unwrap()).unwrap();
            missing.extend(progress.missing);
            match progress.next {
                Some(next) => message = next,
                None => return missing,
            }
        }
        panic!("reconciliation does not end");
    }

    proptest! {
        #[test]
        fn finds_exactly_what_the_other_side_has_and_this_one_lacks(
            ours in prop::collection::btree_set(0u16..600, 0..300),
            theirs in prop::collection::btree_set(0u16..600, 0..300),
        ) {
            let expected: BTreeSet<_> = theirs.difference(&ours).map(|n| item(*n).1).collect();
            prop_assert_eq!(missing(&ours, &theirs), expected);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let set = Snapshot::new((0..40).map(item));
            let _ = set.answer(&bytes);
            let _ = set.read(&bytes);
        }
    }

    #[test]
    fn ten_thousand_against_none_ends_within_the_message_limit() {
        let all: BTreeSet<_> = (0..10_000).collect();
        assert_eq!(missing(&BTreeSet::new(), &all).len(), 10_000);
        assert_eq!(missing(&all, &BTreeSet::new()).len(), 0);
    }
}
