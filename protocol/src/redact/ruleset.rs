//! Rulesets: what is looked for, as data, and its checked and compiled form.

use super::digits::DIGIT_RULES;
use super::error::{NAME_BYTES, RULES};
use super::normal::Table;
use super::risk::{Risk, RiskSpec, Risks};
use super::rule::Rule;
use super::scan::{Scan, Wanted};
use super::{Kind, Needs, RulesetError, Start, Validator};
use crate::bytes::Cid;
use serde::Deserialize;

/// How far a pattern sees, in bytes, where a rule does not say.
const REACH_BYTES: usize = 256;
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
    /// Which table of disguised characters is used: 1 or 2.
    #[serde(default = "normalisation")]
    pub normalisation: u8,
    /// The rules. Their order does not matter.
    pub rules: Vec<RuleSpec>,
    /// What makes a text one of high risk.
    #[serde(default)]
    pub risks: Vec<RiskSpec>,
}

impl RulesetSpec {
    /// Version 1 of a ruleset with these rules, nothing else said.
    pub fn of(name: impl Into<String>, rules: Vec<RuleSpec>) -> Self {
        let (quarantine_above, normalisation) = (QUARANTINE_ABOVE, normalisation());
        RulesetSpec { name: name.into(), version: 1, quarantine_above, normalisation, rules, risks: vec![] }
    }
}

/// One rule: a pattern that proposes and a validator that decides.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// What the rule finds.
    pub kind: Kind,
    /// Where the rule is tried, beside its keywords. A rule without starts and keywords is searched
    /// for everywhere, which costs more.
    #[serde(default)]
    pub starts: Vec<Start>,
    /// The rule is tried where one of these begins, in whatever case of ASCII letters.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// How many digits there must be from a digit start on, separators between them.
    #[serde(default)]
    pub digits: usize,
    /// Which characters may stand before the run of digits at a digit start: characters and ranges,
    /// as in "a-zA-Z"; any, when empty. Of those beyond ASCII one byte is looked at.
    #[serde(default)]
    pub before: String,
    /// Which characters may stand after it.
    #[serde(default)]
    pub after: String,
    /// Whether a keyword must not continue a word: no ASCII letter, digit or underscore before it.
    #[serde(default)]
    pub word: bool,
    /// A regular expression in the syntax of the `regex` crate, with character classes spelt out.
    /// A rule that is tried somewhere must match there; it may leave the pattern out, and the
    /// validator gets the keyword, the digits or the sign.
    #[serde(default)]
    pub pattern: String,
    /// How many bytes the pattern sees from where it is tried; 256 when nothing is said.
    #[serde(default = "reach")]
    pub reach: usize,
    /// How many bytes before its keyword the pattern begins, for what has its mark in the middle.
    #[serde(default)]
    pub back: usize,
    /// What a match must also satisfy.
    #[serde(default)]
    pub validator: Validator,
    /// What a text must contain for a rule that is searched for to be tried at all.
    #[serde(default)]
    pub needs: Vec<Needs>,
    /// Which capture is the finding; the whole match when none is named.
    pub group: Option<usize>,
    /// How sure a finding is, in percent.
    pub confidence: u8,
    /// Whether findings count towards quarantine.
    pub core: bool,
}

/// A checked and compiled ruleset. Cheap enough to share, too dear to build for each text.
#[derive(Clone, Debug)]
pub struct Ruleset {
    id: Cid,
    name: String,
    version: u32,
    quarantine_above: u32,
    pub(super) table: Table,
    pub(super) rules: Vec<Rule>,
    pub(super) scan: Scan,
    /// What the texts must contain for the rules that are searched for.
    pub(super) any_searched: bool,
    risks: Risks,
}

impl RuleSpec {
    /// A rule that searches for `pattern` everywhere, nothing else said.
    pub fn searching(kind: Kind, pattern: impl Into<String>) -> Self {
        RuleSpec {
            kind,
            starts: vec![],
            keywords: vec![],
            digits: 0,
            before: String::new(),
            after: String::new(),
            word: false,
            pattern: pattern.into(),
            reach: REACH_BYTES,
            back: 0,
            validator: Validator::None,
            needs: vec![],
            group: None,
            confidence: 90,
            core: true,
        }
    }

    /// Whether the rule is tried where the scan says, and not searched for.
    pub(super) fn is_located(&self) -> bool {
        !self.starts.is_empty() || !self.keywords.is_empty()
    }
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
        let rules: Vec<Rule> = rules.collect::<Result<_, _>>()?;
        let wanted = spec.rules.iter().map(|rule| Wanted {
            starts: &rule.starts,
            keywords: &rule.keywords,
            // With bytes before it, the rule looks for the word's beginning elsewhere.
            word: rule.word && rule.back == 0,
            digits: rule.digits,
            before: &rule.before,
            after: &rule.after,
            pattern: if rule.back == 0 { &rule.pattern } else { "" },
            validator: if rule.pattern.is_empty() { rule.validator } else { Validator::None },
        });
        let digits = spec.rules.iter().filter(|rule| rule.starts.contains(&Start::Digits)).count();
        if digits > DIGIT_RULES {
            return Err(RulesetError::Digits(digits));
        }
        Ok(Ruleset {
            id,
            table: Table::numbered(spec.normalisation).ok_or(RulesetError::Normalisation(spec.normalisation))?,
            scan: Scan::new(wanted),
            any_searched: rules.iter().any(Rule::is_searched),
            rules,
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

fn normalisation() -> u8 {
    1
}

fn reach() -> usize {
    REACH_BYTES
}

fn quarantine_above() -> u32 {
    QUARANTINE_ABOVE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(pattern: &str, change: impl FnOnce(&mut RulesetSpec)) -> Result<Ruleset, RulesetError> {
        let rule = RuleSpec::searching(Kind::Phone, pattern);
        let mut spec = RulesetSpec::of("t", vec![rule]);
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
        let many = |s: &mut RulesetSpec| s.rules = vec![s.rules[0].clone(); 513];
        assert!(matches!(compile("x", many), Err(RulesetError::Rules(513))));
    }
}
