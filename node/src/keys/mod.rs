//! Key files: the seed that stands for a person or a co-op, and the transport key of the node.
//!
//! The two have nothing in common: who signs must not follow from who connects.

mod file;
mod identity;
mod passphrase;
mod profile;
mod transport;

pub use identity::{create, export, import, load, load_seed, read_backup};
pub use passphrase::{PASSPHRASE_VARIABLE, Passphrase};
pub use profile::Profile;
pub use transport::load_or_create_transport;

use std::io;
use std::path::{Path, PathBuf};

/// Why a key file, or the profile beside it, cannot be read or written. It never holds key material.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Something is there already.
    #[error(
        "{0} already exists and is never overwritten\nHint: choose another file, or move that one away if it is not needed"
    )]
    Exists(PathBuf),
    /// There is no identity yet.
    #[error(
        "there is no identity at {0}\nHint: make one with `commonwheel identity new`, or restore one with `commonwheel identity import FILE`"
    )]
    Missing(PathBuf),
    /// Others on this machine can read the key.
    #[error("{path} should be readable by its owner alone (mode 0600); found mode {mode:04o}\nHint: chmod 600 {path}")]
    Readable {
        /// The key file.
        path: String,
        /// Its permission bits.
        mode: u32,
    },
    /// The file does not hold what it should.
    #[error(
        "{path} is damaged or another kind of file: expected {expected}\nHint: use another backup; a transport.key can be deleted, and a new one is made"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What should stand in it.
        expected: &'static str,
    },
    /// The passphrase does not open the file.
    #[error(
        "the passphrase does not open {0}, or the file was changed\nHint: try again; a lost passphrase cannot be recovered"
    )]
    WrongPassphrase(PathBuf),
    /// There is nobody to ask for the passphrase.
    #[error("{0} is protected by a passphrase\nHint: run this in a terminal, or set {PASSPHRASE_VARIABLE}")]
    NeedsPassphrase(PathBuf),
    /// Too short to protect anything.
    #[error("a passphrase needs at least {least} characters; found {0}\nHint: take four or five random words", least = passphrase::CHARACTERS)]
    ShortPassphrase(usize),
    /// The profile breaks a rule.
    #[error("{key}: expected {expected}\nHint: change it with `commonwheel identity profile` or `identity mode`")]
    Profile {
        /// What to change.
        key: &'static str,
        /// What should stand there.
        expected: String,
    },
    /// The system gives no randomness.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// The system refuses.
    #[error("cannot use {path}: {why}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
}

impl KeyError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> KeyError {
        |why| KeyError::Io { path: path.to_owned(), why }
    }
}

/// 32 bytes of randomness, wiped after use.
fn random_secret() -> Result<zeroize::Zeroizing<[u8; 32]>, KeyError> {
    let mut secret = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(&mut *secret).map_err(KeyError::Random)?;
    Ok(secret)
}
