//! Rulesets: what is looked for, as data, and its checked and compiled form.

use super::risk::{Risk, RiskError, RiskSpec, Risks};
use super::{Kind, Validator};
use crate::bytes::Cid;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;

/// Rules in one ruleset.
const RULES: usize = 256;
/// A pattern, in bytes.
const PATTERN_BYTES: usize = 2048;
/// A compiled pattern, in bytes.
const COMPILED_BYTES: usize = 1 << 20;
/// A ruleset's name, in bytes.
const NAME_BYTES: usize = 64;
/// Core findings that a record may have before a person must look at it.
const QUARANTINE_ABOVE: u32 = 5;

/// A ruleset as its file holds it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesetSpec {
    /// A short name, such as "core".
    pub name: String,
    /// Counted up whenever a rule changes.
    pub version: u32,
    /// A record with more core findings than this goes to quarantine.
    #[serde(default = "quarantine_above")]
    pub quarantine_above: u32,
    /// The rules. Their order does not matter.
    pub rules: Vec<RuleSpec>,
    /// What makes a text one of high risk.
    #[serde(default)]
    pub risks: Vec<RiskSpec>,
}

/// One rule: a pattern that proposes and a validator that decides.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// What the rule finds.
    pub kind: Kind,
    /// A regular expression in the syntax of the `regex` crate, with character classes spelt out.
    pub pattern: String,
    /// What a match must also satisfy.
    #[serde(default)]
    pub validator: Validator,
    /// What a text must contain for the rule to be tried at all.
    #[serde(default)]
    pub needs: Vec<Needs>,
    /// Which capture is the finding; the whole match when none is named.
    pub group: Option<usize>,
    /// How sure a finding is, in percent.
    pub confidence: u8,
    /// Whether findings count towards quarantine.
    pub core: bool,
}

/// Something cheap to see that a text must contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Needs {
    /// A digit, 0 to 9.
    Digit,
    /// The sign "@".
    At,
    /// A full stop.
    Dot,
    /// A colon.
    Colon,
    /// The sign "+".
    Plus,
}

impl Needs {
    fn bit(self) -> u8 {
        1 << self as u8
    }
}

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
        source: Box<regex::Error>,
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

/// A checked and compiled ruleset. Cheap enough to share, too dear to build for each text.
#[derive(Clone, Debug)]
pub struct Ruleset {
    id: Cid,
    name: String,
    version: u32,
    quarantine_above: u32,
    pub(super) rules: Vec<Rule>,
    risks: Risks,
}

#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) kind: Kind,
    pub(super) regex: Regex,
    pub(super) validator: Validator,
    pub(super) needs: u8,
    pub(super) group: Option<usize>,
    pub(super) confidence: u8,
    pub(super) core: bool,
}

impl Ruleset {
    /// The ruleset that `spec` describes. `id` is the content id of the file that it was read from.
    ///
    /// # Errors
    /// When the name, the number of rules or a rule is outside what [`RulesetError`] lists.
    pub fn compile(spec: RulesetSpec, id: Cid) -> Result<Ruleset, RulesetError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if spec.name.is_empty() || spec.name.len() > NAME_BYTES || !spec.name.bytes().all(plain) {
            return Err(RulesetError::Name);
        }
        if spec.rules.is_empty() || spec.rules.len() > RULES {
            return Err(RulesetError::Rules(spec.rules.len()));
        }
        let rules = spec.rules.iter().enumerate().map(|(i, rule)| Rule::compile(rule, i + 1));
        Ok(Ruleset {
            id,
            rules: rules.collect::<Result<_, _>>()?,
            risks: Risks::compile(&spec.risks)?,
            name: spec.name,
            version: spec.version,
            quarantine_above: spec.quarantine_above,
        })
    }

    /// The classes of high risk that a redacted text is of, and where it shows.
    pub fn risks(&self, redacted: &str) -> Vec<Risk> {
        self.risks.of(redacted)
    }

    /// The content id that headers name.
    pub fn id(&self) -> &Cid {
        &self.id
    }

    /// The short name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version under that name.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// How many core findings a record may have before it goes to quarantine.
    pub fn quarantine_above(&self) -> u32 {
        self.quarantine_above
    }
}

impl Rule {
    fn compile(spec: &RuleSpec, rule: usize) -> Result<Rule, RulesetError> {
        if spec.pattern.len() > PATTERN_BYTES {
            return Err(RulesetError::Long { rule, bytes: spec.pattern.len() });
        }
        if let Some(class) = unpinned_class(&spec.pattern) {
            return Err(RulesetError::Class { rule, class });
        }
        if !(1..=100).contains(&spec.confidence) {
            return Err(RulesetError::Confidence { rule, confidence: spec.confidence });
        }
        let regex = RegexBuilder::new(&spec.pattern)
            .size_limit(COMPILED_BYTES)
            .build()
            .map_err(|source| RulesetError::Pattern { rule, source: Box::new(source) })?;
        if regex.is_match("") {
            return Err(RulesetError::Empty(rule));
        }
        if let Some(group) = spec.group.filter(|group| *group == 0 || *group >= regex.captures_len()) {
            return Err(RulesetError::Group { rule, group });
        }
        Ok(Rule {
            kind: spec.kind,
            regex,
            validator: spec.validator,
            needs: spec.needs.iter().fold(0, |bits, need| bits | need.bit()),
            group: spec.group,
            confidence: spec.confidence,
            core: spec.core,
        })
    }
}

/// Which [`Needs`] a text meets, as bits.
pub(super) fn met_by(text: &str) -> u8 {
    text.bytes().fold(0, |bits, byte| bits | TRAITS[usize::from(byte)])
}

const TRAITS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = match byte as u8 {
            b'0'..=b'9' => 1 << Needs::Digit as u8,
            b'@' => 1 << Needs::At as u8,
            b'.' => 1 << Needs::Dot as u8,
            b':' => 1 << Needs::Colon as u8,
            b'+' => 1 << Needs::Plus as u8,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// A class in `pattern` that means another set of characters with another Unicode version.
pub(super) fn unpinned_class(pattern: &str) -> Option<char> {
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c == '\\'
            && let Some(class) = chars.next()
            && "pPwWdDsSbB".contains(class)
        {
            return Some(class);
        }
    }
    None
}

fn quarantine_above() -> u32 {
    QUARANTINE_ABOVE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(pattern: &str, change: impl FnOnce(&mut RulesetSpec)) -> Result<Ruleset, RulesetError> {
        let rule = RuleSpec {
            kind: Kind::Phone,
            pattern: pattern.into(),
            validator: Validator::None,
            needs: vec![],
            group: None,
            confidence: 90,
            core: true,
        };
        let mut spec =
            RulesetSpec { name: "t".into(), version: 1, quarantine_above: 5, rules: vec![rule], risks: vec![] };
        change(&mut spec);
        Ruleset::compile(spec, Cid::of_cbor(b""))
    }

    #[test]
    fn costly_or_unclear_patterns_are_refused() {
        assert!(compile("[0-9]{3}", |_| ()).is_ok());
        assert!(matches!(compile(r"\\\d", |_| ()), Err(RulesetError::Class { rule: 1, class: 'd' })));
        assert!(compile(r"x\\d", |_| ()).is_ok(), "an escaped backslash begins no class");
        assert!(matches!(compile("(x", |_| ()), Err(RulesetError::Pattern { rule: 1, .. })));
        assert!(matches!(compile("((x{99}){99}){99}", |_| ()), Err(RulesetError::Pattern { .. })));
        assert!(matches!(compile("x*", |_| ()), Err(RulesetError::Empty(1))));
        assert!(matches!(compile(&"x".repeat(2049), |_| ()), Err(RulesetError::Long { bytes: 2049, .. })));
    }

    #[test]
    fn numbers_outside_their_range_are_refused() {
        assert!(matches!(compile("(x)", |s| s.rules[0].group = Some(2)), Err(RulesetError::Group { group: 2, .. })));
        assert!(matches!(compile("(x)", |s| s.rules[0].group = Some(0)), Err(RulesetError::Group { .. })));
        assert!(matches!(compile("x", |s| s.rules[0].confidence = 101), Err(RulesetError::Confidence { .. })));
        assert!(matches!(compile("x", |s| s.rules.clear()), Err(RulesetError::Rules(0))));
        assert!(matches!(compile("x", |s| s.name = "A b".into()), Err(RulesetError::Name)));
        let many = |s: &mut RulesetSpec| s.rules = vec![s.rules[0].clone(); 257];
        assert!(matches!(compile("x", many), Err(RulesetError::Rules(257))));
    }
}
