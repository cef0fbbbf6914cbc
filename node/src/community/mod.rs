//! Communities on this machine: founding one, joining one, and what is kept of it.
//!
//! A community's folder appears whole (it is renamed into place) and is checked whenever it is
//! loaded: the charter's signatures, its hash in the folder's name, the hash of the terms.

mod consent;
mod draft;
mod folder;
mod join;
#[cfg(test)]
pub(crate) mod testing;

pub use consent::Consent;
pub use draft::Draft;
pub use folder::{all, chosen, ids, load, resolve};
pub use join::{Checked, Offer, accept, check};

use commonwheel_protocol::agreement::Founding;
use commonwheel_protocol::bytes::{Cid, FieldError};
use commonwheel_protocol::sign::SignedError;
use std::io;
use std::path::{Path, PathBuf};

/// At most so many addresses are kept for a community.
pub const PEERS: usize = 256;

/// A community that this machine takes part in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Community {
    /// The signed charter.
    pub founding: Founding,
    /// The text of the terms that the charter names.
    pub terms: String,
    /// Where it is kept.
    pub folder: PathBuf,
}

impl Community {
    /// The community's id.
    pub fn id(&self) -> Cid {
        self.founding.community()
    }

    /// Where the community's store lies. The store creates it.
    pub fn store(&self) -> PathBuf {
        self.folder.join("store")
    }
}

/// Why a community cannot be founded, joined, found or kept.
#[derive(Debug, thiserror::Error)]
pub enum CommunityError {
    /// There is none on this machine.
    #[error("there is no community on this machine\nHint: join one with `commonwheel community join INVITE`")]
    NoneHere,
    /// None of this name.
    #[error(
        "no community here has this name or an id that begins so; here: {known}\nHint: `commonwheel community list` shows ids"
    )]
    NotFound {
        /// Names of those that are here.
        known: String,
    },
    /// Several of this name.
    #[error("{found} communities fit\nHint: name one by its id: {ids}")]
    Ambiguous {
        /// How many.
        found: usize,
        /// Their ids.
        ids: String,
    },
    /// Bytes that are no charter draft.
    #[error(
        "not a charter draft: {0}\nHint: `commonwheel community draft CHARTER.toml` makes one; send it as an attachment, unchanged"
    )]
    NotADraft(FieldError),
    /// Signed bytes that do not hold.
    #[error("the charter does not hold: {0}\nHint: ask for it again; somebody may have changed it")]
    Charter(SignedError),
    /// The terms are not those that the charter names.
    #[error(
        "the terms are not those that the charter names: expected the text with the hash {expected}; found {found}\nHint: somebody changed them; ask for the original"
    )]
    Terms {
        /// Their id in the charter.
        expected: Cid,
        /// The id of the text.
        found: Cid,
    },
    /// A founding that the invite does not speak of.
    #[error(
        "the invite is for another community: expected the charter {expected}; the peer sent {found}\nHint: ask the person who invited you for a new invite"
    )]
    Invite {
        /// The id in the invite.
        expected: Cid,
        /// The id of what was received.
        found: Cid,
    },
    /// The peer's charters do not lead to the one that the invite names.
    #[error(
        "the charters that the peer sent do not lead to the one of the invite: expected {expected} among them\nHint: the peer may be behind or on another branch; try again later, or ask for an invite of another node"
    )]
    Unreached {
        /// The charter of the invite.
        expected: Cid,
    },
    /// A successor that does not hold.
    #[error("a successor charter that the peer sent does not hold: {0}\nHint: ask for an invite of another node")]
    Succession(String),
    /// A charter of a later protocol version.
    #[error(
        "the charter needs version {found} of the protocol; this version of Commonwheel knows version {known}\nHint: install a newer version"
    )]
    Protocol {
        /// What the charter says.
        found: i64,
        /// What this code understands.
        known: i64,
    },
    /// The charter's rules of redaction cannot be used here.
    #[error("{0}\nHint: ask whoever drafted the charter, or install a newer version")]
    Ruleset(#[from] commonwheel_config::ruleset::CharterRulesetError),
    /// This identity is no validator of the draft.
    #[error(
        "the charter does not name this identity as a validator, with both of its keys\nHint: send both keys that `commonwheel identity show` prints to whoever drafts the charter"
    )]
    NotNamed,
    /// Drafts of different charters cannot be put together.
    #[error("the drafts are of different charters: {first} and {other}\nHint: all validators sign copies of one draft")]
    DifferentDrafts {
        /// The hash of one charter.
        first: Cid,
        /// The hash of the other.
        other: Cid,
    },
    /// Validators have not signed yet.
    #[error(
        "{missing} of {of} signatures are missing: {names}\nHint: each of them runs `commonwheel community sign` on a copy of the draft and sends it back"
    )]
    Unsigned {
        /// How many are missing.
        missing: usize,
        /// How many are needed.
        of: usize,
        /// Whose.
        names: String,
    },
    /// A file in the community's folder is not what it should be.
    #[error("{path}: expected {expected}\nHint: move the folder away and join again")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What should stand in it.
        expected: String,
    },
    /// Too many addresses.
    #[error("at most {most} addresses are kept; found {found}\nHint: leave some out of {path}")]
    Addresses {
        /// The limit.
        most: usize,
        /// How many there are.
        found: usize,
        /// Where they stand.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("cannot use {path}: {why}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
}

// The messages hold their causes already, so that a printed chain does not say them twice.
impl From<FieldError> for CommunityError {
    fn from(error: FieldError) -> Self {
        CommunityError::NotADraft(error)
    }
}

impl From<SignedError> for CommunityError {
    fn from(error: SignedError) -> Self {
        CommunityError::Charter(error)
    }
}

impl CommunityError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> CommunityError {
        |why| CommunityError::Io { path: path.to_owned(), why }
    }
}

/// Text from somebody else as it may be shown on a terminal: without control characters (other than
/// line breaks) and without those that reverse the direction of what follows.
pub fn printable(text: &str) -> String {
    let hidden = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect()
}
