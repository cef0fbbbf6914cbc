//! The redactor: finds personal data in text and puts placeholders in its place.
//!
//! ```text
//! RulesetSpec --compile--> Ruleset --find--> [Finding]     every kind, span and confidence
//!                             |
//!                         Redactor (one per record) --redact--> Redaction { text, marks }
//! ```
//!
//! A ruleset is data: rules, each with the places where it is tried, perhaps a pattern, and one of a
//! closed list of [`Validator`]s, and a name, version and content id that headers carry. The same ruleset finds the same things on every
//! machine, because validators of a community run it again: [`Ruleset::second_pass`] finds nothing
//! in what a [`Redactor`] wrote. Patterns spell their character classes out, so that a newer
//! Unicode table changes nothing.
//!
//! In one call: `Redactor::new(&ruleset).redact(&RawText::new(text))`, where the newest ruleset is
//! `commonwheel_config::ruleset::builtin()`.

mod clues;
mod digits;
mod error;
mod find;
mod fold;
mod keywords;
mod kind;
mod normal;
pub(crate) mod pattern;
mod pinned;
mod placeholder;
mod redactor;
mod risk;
mod rule;
mod ruleset;
mod scan;
mod sieve;
mod steps;
mod stream;
mod terms;
mod validate;

pub use clues::{Clue, ClueKind, clues};
pub use error::RulesetError;
pub use find::Finding;
pub use kind::Kind;
pub use pattern::{CommunityPattern, PatternError, effective_id};
pub use placeholder::{NotAPlaceholder, PlaceholderName};
pub use redactor::{Mark, NoSuchFinding, Redaction, Redactor};
pub use risk::{Risk, RiskClass, RiskError, RiskSpec, SignalSpec};
pub use rule::Needs;
pub use ruleset::{RuleSpec, Ruleset, RulesetSpec};
pub use scan::Start;
pub use stream::{Piece, Stream};
pub use terms::{Terms, TermsError};
pub use validate::Validator;
