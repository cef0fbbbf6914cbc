//! What can go wrong with a store on disk.

use crate::car;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::ledger::LedgerError;
use std::io;
use std::path::{Path, PathBuf};

/// Why a store could not be opened, read or written. Names files, offsets and ids, never content.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process, or another part of this one, has the folder open.
    #[error("the store in {} is in use\nHint: another command or a node works on it; wait, or stop the node with `commonwheel stop`", .0.display())]
    InUse(PathBuf),
    /// The folder holds no store.
    #[error("{} holds no store: the file VERSION is missing\nHint: check the path of the data folder", .0.display())]
    NotAStore(PathBuf),
    /// The folder was written by another version.
    #[error("the store in {} has version {found:?}; this program reads \"1\"\nHint: use the program that wrote it", folder.display())]
    Version {
        /// The store's folder.
        folder: PathBuf,
        /// What VERSION says, at most 16 characters of it.
        found: String,
    },
    /// A file does not hold what was once made durable there.
    #[error("{} is damaged at offset {offset}: {why}\nHint: restore the file from a backup or from another replica", file.display())]
    Corrupt {
        /// The damaged file.
        file: PathBuf,
        /// Where in it, in bytes.
        offset: u64,
        /// What was expected there.
        why: &'static str,
    },
    /// The operating system refused.
    #[error("cannot {action} {}: {source}{}", path.display(), hint(source))]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The index failed; the blocks are not affected.
    #[error("the index in {} failed: {source}\nHint: `commonwheel store rebuild-index` makes a new one", folder.display())]
    Index {
        /// The index's folder.
        folder: PathBuf,
        /// What sled said.
        source: sled::Error,
    },
    /// The index holds an entry of a shape that this version does not write.
    #[error("the index holds a malformed entry\nHint: `commonwheel store rebuild-index` makes a new one")]
    IndexEntry,
    /// The search index failed; the blocks are not affected. It was removed, and the next search makes a new one.
    #[error("the search index in {} failed: {why}\nHint: search again; a new one is made from the records", folder.display())]
    Search {
        /// The index's folder.
        folder: PathBuf,
        /// What the search engine said.
        why: String,
    },
    /// A block was put under another block's id.
    #[error("expected the bytes that {0} names; found others. Nothing was written")]
    Mismatch(Cid),
    /// A block was put that is larger than any reader accepts.
    #[error("block {cid} has {found} bytes; at most {} are allowed. Nothing was written", car::BLOCK_BYTES)]
    TooLarge {
        /// The block.
        cid: Cid,
        /// Its size, in bytes.
        found: usize,
    },
    /// An earlier write failed, so that what is on the disk is not known.
    #[error(
        "the store takes no more changes, because an earlier write failed\nHint: mend its cause, then start again; what was acknowledged is kept"
    )]
    Poisoned,
}

impl StoreError {
    /// Wraps what the system said, for `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
        move |source| StoreError::Io { action, path: path.to_owned(), source }
    }
}

impl From<StoreError> for LedgerError {
    fn from(error: StoreError) -> Self {
        LedgerError(error.to_string())
    }
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "\nHint: free some space on that disk",
        io::ErrorKind::PermissionDenied => "\nHint: run as the user that owns the data folder",
        _ => "",
    }
}
