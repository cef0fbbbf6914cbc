//! The validators that the ruleset core-1 names and that later rulesets do not.
//!
//! Records name the ruleset that redacted them, so what these decide never changes: leave them
//! alone, whatever they miss, and mend the validators of the newest ruleset.

pub(super) mod email;
pub(super) mod ip;
pub(super) mod name;
pub(super) mod phone;

#[cfg(test)]
use super::{Validator, found};
use super::{after, before, is_word, line_before};
