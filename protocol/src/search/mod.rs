//! Finding records by their words: what a record's words are, what is asked for, and what stands where.
//!
//! Pure rules; the index that they fill lies in `storage`. One normal form of words serves both [`Query`] (find the
//! records that hold these words) and [`trace`] (find where a text was taken from). It may follow the tables of
//! Unicode, since no validator and no state depends on it: an index names the version of them that made it
//! ([`VERSION`]). Reasons are in `docs/adr/0022-the-search-index.md`.

mod document;
mod query;
mod snippet;
mod terms;
pub mod trace;
mod words;

pub use document::Document;
pub use query::{Query, QueryError};
pub use snippet::{Part, snippet};
pub use terms::{Wanted, terms, wanted};
pub use words::{Word, each_word};

/// Which rules fill an index. One that was filled by others is made anew.
pub const VERSION: u32 = 4;

/// The versions of Unicode whose tables words follow: of the compiler's library, and of the normal forms.
pub fn unicode() -> String {
    let show = |(major, minor, patch): (u64, u64, u64)| format!("{major}.{minor}.{patch}");
    let (major, minor, patch) = char::UNICODE_VERSION;
    let (a, b, c) = unicode_normalization::UNICODE_VERSION;
    let library = show((major.into(), minor.into(), patch.into()));
    format!("{library} {}", show((u64::from(a), u64::from(b), u64::from(c))))
}
