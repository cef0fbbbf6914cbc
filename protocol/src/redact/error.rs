//! What a ruleset may not be.

use super::digits::DIGIT_RULES;
use super::risk::RiskError;
use std::ops::RangeInclusive;

/// Rules in one ruleset.
pub(super) const RULES: usize = 512;
/// A pattern, in bytes.
pub(super) const PATTERN_BYTES: usize = 2048;
/// A compiled pattern, in bytes.
pub(super) const COMPILED_BYTES: usize = 1 << 20;
/// A ruleset's name, in bytes.
pub(super) const NAME_BYTES: usize = 64;
/// Keywords of one rule.
pub(super) const KEYWORDS: usize = 512;
/// A keyword, in bytes.
pub(super) const KEYWORD_BYTES: RangeInclusive<usize> = 3..=64;
/// How far a pattern may look from where it is tried, in bytes. A private key fits.
pub(super) const REACH: usize = 16 * 1024;

/// Why a ruleset cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesetError {
    /// The name is empty, too long or not plain.
    #[error("a ruleset's name is 1 to {NAME_BYTES} lower-case letters, digits and hyphens; rename it")]
    Name,
    /// There are no rules, or too many.
    #[error("a ruleset has 1 to {RULES} rules; found {0}")]
    Rules(usize),
    /// A pattern is too long.
    #[error("rule {rule}: a pattern has at most {PATTERN_BYTES} bytes; found {bytes}; split the rule")]
    Long {
        /// Counted from 1.
        rule: usize,
        /// Its length.
        bytes: usize,
    },
    /// A pattern uses a class whose meaning changes with Unicode.
    #[error("rule {rule}: the class \\{class} changes with Unicode versions; spell it out, for example [0-9]")]
    Class {
        /// Counted from 1.
        rule: usize,
        /// The letter after the backslash.
        class: char,
    },
    /// A pattern is not a regular expression, or is too large once compiled.
    #[error("rule {rule}: not a regular expression of at most {COMPILED_BYTES} compiled bytes: {source}")]
    Pattern {
        /// Counted from 1.
        rule: usize,
        /// What the compiler says.
        source: Box<regex_automata::meta::BuildError>,
    },
    /// A pattern matches the empty text, so it would match everywhere.
    #[error("rule {0}: the pattern matches an empty text; make it need at least one character")]
    Empty(usize),
    /// The capture that the rule names is not in its pattern.
    #[error("rule {rule}: group {group} is not in the pattern; the first is 1")]
    Group {
        /// Counted from 1.
        rule: usize,
        /// The group named.
        group: usize,
    },
    /// A rule has neither a pattern nor a place where it is tried.
    #[error("rule {0}: expected a pattern, or starts or keywords with a validator; found neither; add one")]
    Nothing(usize),
    /// A pattern ignores case by Unicode's tables.
    #[error("rule {0}: ignoring case changes with Unicode versions; write (?i-u:…) around ASCII letters")]
    Case(usize),
    /// Too many rules begin at digits.
    #[error("at most {DIGIT_RULES} rules start at digits; found {0}; join some")]
    Digits(usize),
    /// A keyword is too short, too long, or there are too many.
    #[error("rule {rule}: at most {KEYWORDS} keywords of {KEYWORD_BYTES:?} bytes each; change them")]
    Keyword {
        /// Counted from 1.
        rule: usize,
    },
    /// There is no such table of disguised characters.
    #[error("normalisation is 1 or 2; found {0}; a newer version of Commonwheel may know it")]
    Normalisation(u8),
    /// A rule looks further than it may.
    #[error("rule {rule}: reach is 1 to {REACH} bytes, and more than back; found {reach}")]
    Reach {
        /// Counted from 1.
        rule: usize,
        /// The number found.
        reach: usize,
    },
    /// The confidence is not a percentage.
    #[error("rule {rule}: confidence is 1 to 100 percent; found {confidence}")]
    Confidence {
        /// Counted from 1.
        rule: usize,
        /// The number found.
        confidence: u8,
    },
    /// What it says of risks cannot be used.
    #[error(transparent)]
    Risks(#[from] RiskError),
}
