//! Why nothing was exported.

use super::Which;
use super::copying::Unjudged;
use super::folder::FILES;
use crate::community::printable;
use commonwheel_protocol::agreement::Founding;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::dataset::RowError;
use commonwheel_protocol::ledger::LedgerError;
use commonwheel_protocol::licence::{Incompatible, Licence};
use commonwheel_protocol::record::RecordId;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The system refused.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The folder cannot be written to.
    #[error("{} is not a place for this export: {why}\nHint: name a new folder with --out", dir.display())]
    Occupied {
        /// The folder.
        dir: PathBuf,
        /// Why not.
        why: &'static str,
    },
    /// There are too many partitions.
    #[error(
        "this export would have more files than the {FILES} that one may have\nHint: write fewer forms with --format, or \
         fewer records, such as with --use"
    )]
    Files,
    /// The rows cannot become one work.
    #[error(
        "rows under {} cannot become one work: {why}\nHint: --merge separate keeps apart what cannot be mixed; --licence \
         leaves it out",
        licences.join(" and ")
    )]
    Apart {
        /// Under which licences there are rows.
        licences: Vec<String>,
        /// Why not.
        why: Incompatible,
    },
    /// A row that no work can hold.
    #[error(
        "record {record}, under {licence}, has a part of a third party whose licence cannot be mixed with that one, or is \
         no SPDX id that is known here, so that it can be in no work\nHint: --merge separate leaves such rows out of its \
         works and counts them; `commonwheel show` says what a record's rights are"
    )]
    Part {
        /// Which record.
        record: RecordId,
        /// Under which licence it is.
        licence: Licence,
    },
    /// The charter is newer than this program.
    #[error("the charter goes by protocol version {0}, which this program does not know; install a newer one")]
    Protocol(i64),
    /// Without pages of the release that closed the last charter there is no state.
    #[error("pages of the release that closed the last charter are not here yet; wait until they are")]
    Unknown,
    /// Something was accepted, decided or erased meanwhile.
    #[error("the community's state changed while it was read; run the command again")]
    Changed,
    /// A record that must be spoken of is not here.
    #[error("record {0} is in a release and not here yet; wait until this replica has caught up")]
    NotHere(RecordId),
    /// There is no release at all.
    #[error("no release counts here yet; its validators cut one with `commonwheel release propose`")]
    NothingReleased,
    /// There is no such release.
    #[error("no release {0} counts here; `commonwheel release list` shows those that do")]
    NoRelease(Which),
    /// A number, or the beginning of an id, is not enough.
    #[error("several releases are called so; name one of them by its whole id: {}", .0.join(", "))]
    SeveralReleases(Vec<String>),
    /// Pages of the release are not here.
    #[error("{missing} page(s) of release {number} are not here yet; wait until this replica has them")]
    Pages {
        /// The release's number.
        number: i64,
        /// How many.
        missing: usize,
    },
    /// A release that came before is not here.
    #[error("release {id}, which came before release {number}, is not here yet; wait until this replica has it")]
    NoEarlier {
        /// The number of the release that was asked for.
        number: i64,
        /// The one before it, or before one of those.
        id: Cid,
    },
    /// The text of a later charter's terms is not here.
    #[error("the terms of charter {0} are not here yet; wait until this replica has them")]
    NoTerms(Cid),
    /// The terms are others than the charter's.
    #[error("the terms at hand are not those that the charter names; join the community again to get them")]
    Terms,
    /// Some bodies are not here.
    #[error(
        "{missing} of {records} accepted records have no body here; wait until this replica has them, \
         or export the others with --allow-incomplete"
    )]
    Incomplete {
        /// How many.
        missing: usize,
        /// Of how many.
        records: usize,
    },
    /// The charter lets the other community copy nothing.
    #[error(
        "its charter does not let the community {0} copy records\nHint: its validators can sign a successor charter that \
         names that community under [[federation]]; `commonwheel community example` explains it, `commonwheel \
         federation show` says who may copy what"
    )]
    MayNotCopy(Cid),
    /// Whether a record may be copied cannot be told here.
    #[error("whether record {record} may be copied cannot be told: {source}")]
    Unjudged {
        /// Which record.
        record: RecordId,
        /// Why.
        source: Unjudged,
    },
    /// Copying from one of several communities failed.
    #[error("nothing was written, since nothing can be copied from {name} ({community}): {source}")]
    Copy {
        /// The origin's name.
        name: String,
        /// The origin's id.
        community: Cid,
        /// What went wrong there.
        source: Box<ExportError>,
    },
    /// The index and the blocks do not agree.
    #[error("the store holds no {what} for record {record}; run `commonwheel store check`")]
    Missing {
        /// Which record.
        record: RecordId,
        /// What is not there.
        what: &'static str,
    },
    /// A record that cannot be a row.
    #[error("record {record} cannot be written as a row: {source}")]
    Row {
        /// Which record.
        record: RecordId,
        /// Why.
        source: RowError,
    },
}

impl ExportError {
    /// Whether something that is spoken of is not here.
    pub(super) fn lacks_something(&self) -> bool {
        matches!(
            self,
            ExportError::Missing { .. }
                | ExportError::NotHere(_)
                | ExportError::NoEarlier { .. }
                | ExportError::Ledger(_)
        )
    }

    /// The same, saying from which community was to be copied.
    pub(super) fn of(self, origin: &Founding) -> Self {
        let (name, community) = (printable(&origin.charter().name), origin.community());
        ExportError::Copy { name, community, source: Box::new(self) }
    }

    /// That rows under these licences cannot become one work.
    pub(super) fn apart(licences: &BTreeSet<Licence>, why: Incompatible) -> Self {
        ExportError::Apart { licences: licences.iter().map(Licence::to_string).collect(), why }
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| ExportError::Io { action, path: path.to_owned(), source }
    }
}
