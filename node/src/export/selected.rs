//! What an export holds and what proves it, as it was selected.

use super::list::{Item, List};
use super::selection::StillOut;
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::agreement::state::StateRoot;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::dataset::{Chosen, Contaminated, Contents, Copied, ForUse, Overlap, Revocations, Tally};
use commonwheel_protocol::ledger::LedgerError;
use commonwheel_protocol::operation::Resolution;
use commonwheel_protocol::record::RecordId;
use std::collections::BTreeSet;

/// What is written. Blocks are named, and read when they are written.
pub struct Selection {
    /// The charters that something in it names, from the first on.
    pub path: Vec<Charter>,
    /// Which of them leads, or is the release's.
    pub leading: usize,
    /// Resolutions: the successors of the path, then the others by their matters' ids.
    pub resolutions: Vec<Cid>,
    /// Pages of releases, in order, each once.
    pub pages: Vec<Cid>,
    /// Withdrawals, by the records' ids.
    pub withdrawals: Vec<Cid>,
    /// The records, by id.
    pub records: List<Selected>,
    /// Records that should have a row and have none, because their bodies are not here, as far as bodies were read to select.
    pub incomplete: Vec<RecordId>,
    /// What is erased, with the releases that held it.
    pub revocations: Revocations,
    /// How many records became what.
    pub tally: Tally,
    /// For whom it is copied, and what is left out; nothing for an export of a community for itself.
    pub copied: Option<Copied>,
    /// For which use it is, and what is left out for that; nothing where everything is written.
    pub purpose: Option<ForUse>,
    /// Which records were asked for, and how many others there are; nothing where all were.
    pub chosen: Option<Chosen>,
    /// Of a copy that is written again, what it left out for bodies and is not erased.
    pub still_out: StillOut,
    /// With which benchmarks no row overlaps, and what was left out for that; nothing where rows were compared with none.
    pub decontaminated: Option<(Overlap, Vec<Contaminated>)>,
    /// Flags of the records that have a row, each with its record, by record and member, where the charter exports notes.
    pub flags: Vec<(RecordId, Cid)>,
    /// Those of the records that are kept apart for evaluation.
    pub apart: BTreeSet<RecordId>,
    /// What it is of.
    pub of: Of,
    /// The state root when it was selected.
    pub root: StateRoot,
}

/// A record, the charter that shows that it was accepted, and whether it has a row.
#[derive(Clone, Copy, Debug)]
pub struct Selected {
    /// The record.
    pub id: RecordId,
    /// Whether it has a row, if its body is here; else its header is written.
    pub row: bool,
    /// The certificate's charter, as its place on the path.
    place: u32,
}

impl Selected {
    /// A record that a certificate under the charter at this place shows to be accepted.
    pub fn new(id: RecordId, place: usize, row: bool) -> Self {
        // No path has so many charters: each is the work of people.
        Selected { id, row, place: u32::try_from(place).unwrap_or(u32::MAX) }
    }

    /// The certificate's charter, as its place on the path.
    pub fn charter(&self) -> usize {
        self.place as usize
    }
}

impl Item for Selected {
    const BYTES: usize = RecordId::BYTES + 5;

    fn put(&self, to: &mut Vec<u8>) {
        self.id.put(to);
        to.push(u8::from(self.row));
        to.extend_from_slice(&self.place.to_be_bytes());
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        let (id, rest) = bytes.split_at_checked(RecordId::BYTES)?;
        let (row, place) = rest.split_first()?;
        Some(Selected { id: RecordId::of(id)?, row: *row == 1, place: u32::from_be_bytes(place.try_into().ok()?) })
    }
}

impl List<Selected> {
    /// How many have a row.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub fn rows(&self) -> Result<usize, LedgerError> {
        let mut rows = 0;
        for one in self.iter() {
            rows += usize::from(one?.row);
        }
        Ok(rows)
    }

    /// One of these records, if it is among them.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub fn of(&self, id: &RecordId) -> Result<Option<Selected>, LedgerError> {
        self.find(|one| one.id.cmp(id))
    }
}

/// What an export is of.
pub enum Of {
    /// The accepted records of a state.
    State(StateRoot),
    /// What is left of a release.
    Edition {
        /// The release's matter.
        id: Cid,
        /// Its number.
        number: i64,
        /// What is left.
        contents: Contents,
    },
}

impl Of {
    /// The resolution on the release, if these are its bytes.
    pub fn release(&self, bytes: &[u8]) -> Option<Resolution> {
        let Of::Edition { id, .. } = self else { return None };
        Resolution::verify(bytes).ok().filter(|resolution| resolution.matter().id() == *id)
    }
}
