//! Patterns that a community adds to a ruleset, such as the form of its member numbers.

use super::rule::compile_pattern;
use super::{Kind, RuleSpec, Ruleset, RulesetError, RulesetSpec, Validator};
use crate::bytes::{Cid, Codec, FieldError, Fields, Node, encode};
use crate::limits::{PATTERN_BYTES, PATTERN_LABEL_BYTES, PATTERNS};
use regex_automata::meta::Regex;

/// A compiled pattern, in bytes. A machine of this size costs about as much time as a builtin rule.
const COMPILED_BYTES: usize = 64 * 1024;
/// Of how many characters of ordinary prose, out of a thousand, a pattern may take.
const MOST_PER_MILLE: usize = 5;
/// How sure a finding is, in percent: the community says so, and no check digit does.
const CONFIDENCE: u8 = 90;

/// Ordinary prose, in which patterns should find next to nothing.
const PROSE: &str = include_str!("prose.txt");
/// What stands in every body whatever its author wrote: a pattern that finds any of it would make every
/// record wrong.
const STRUCTURE: &str = include_str!("structure.txt");

/// One pattern of a community.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommunityPattern {
    /// What it finds, for people: 1 to 32 lower-case letters, digits and hyphens.
    pub label: String,
    /// A regular expression in the syntax of the `regex` crate, with character classes spelt out. A match
    /// counts when no letter, digit or underscore goes on with it.
    pub pattern: String,
}

/// Why a community's pattern cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    /// No pattern that any rule could have.
    #[error("pattern {label:?}: {source}")]
    Form {
        /// Which pattern.
        label: String,
        /// What is wrong with it.
        source: Box<RulesetError>,
    },
    /// Too large once compiled.
    #[error("pattern {0:?}: expected at most {COMPILED_BYTES} compiled bytes; use fewer repetitions or alternatives")]
    Size(String),
    /// It takes ordinary prose for personal data.
    #[error(
        "pattern {label:?}: it takes {found} of 1000 characters of ordinary prose, at most {MOST_PER_MILLE} are allowed; \
         make it more specific"
    )]
    Prose {
        /// Which pattern.
        label: String,
        /// Characters out of a thousand.
        found: usize,
    },
    /// It matches what every record holds.
    #[error(
        "pattern {label:?}: it matches {word:?}, which stands in records whatever their text; make it more specific"
    )]
    Structure {
        /// Which pattern.
        label: String,
        /// What it matches; a word of ours, not of a person.
        word: String,
    },
    /// The ruleset with them does not compile.
    #[error("the ruleset with the community's patterns cannot be used: {0}")]
    Ruleset(#[from] RulesetError),
}

impl CommunityPattern {
    /// Whether the pattern is sound: it compiles within its size, means the same with any Unicode version,
    /// and leaves alone ordinary prose and what every record holds.
    ///
    /// # Errors
    /// The first of these that does not hold.
    pub fn check(&self) -> Result<(), PatternError> {
        let label = || self.label.clone();
        compile_pattern(&self.pattern, 1)
            .map_err(|source| PatternError::Form { label: label(), source: Box::new(source) })?;
        let regex = Regex::builder()
            .configure(Regex::config().nfa_size_limit(Some(COMPILED_BYTES)))
            .build(&self.pattern)
            .map_err(|_| PatternError::Size(label()))?;
        if let Some(word) = structure().find(|word| standing_alone(&regex, word) > 0) {
            return Err(PatternError::Structure { label: label(), word: word.to_owned() });
        }
        let found = (standing_alone(&regex, PROSE) * 1000).div_ceil(PROSE.len());
        if found > MOST_PER_MILLE {
            return Err(PatternError::Prose { label: label(), found });
        }
        Ok(())
    }

    fn to_node(&self) -> Node {
        Node::map([("label", Some(Node::text(&self.label))), ("pattern", Some(Node::text(&self.pattern)))])
    }

    /// Reads what stands in a charter: the form alone, since what a regular expression means is for those
    /// who redact.
    fn read(node: Node) -> Result<Self, FieldError> {
        let wrong = |why: String| FieldError::value("patterns", why);
        let mut fields = Fields::of(node)?;
        let (label, pattern) = (fields.text("label")?, fields.text("pattern")?);
        fields.end()?;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !(1..=PATTERN_LABEL_BYTES).contains(&label.len()) || !label.bytes().all(plain) {
            let why = format!("expected labels of 1 to {PATTERN_LABEL_BYTES} lower-case letters, digits and hyphens");
            return Err(wrong(why));
        }
        if !(1..=PATTERN_BYTES).contains(&pattern.len()) {
            return Err(wrong(format!("expected patterns of 1 to {PATTERN_BYTES} bytes, found {}", pattern.len())));
        }
        Ok(CommunityPattern { label, pattern })
    }

    fn rule(&self) -> RuleSpec {
        RuleSpec {
            validator: Validator::Word,
            confidence: CONFIDENCE,
            ..RuleSpec::searching(Kind::Custom, self.pattern.as_str())
        }
    }
}

/// The id of a ruleset together with a community's patterns: what headers name.
///
/// Without patterns it is the ruleset's own id; with them the raw CID of the canonical map of both,
/// `{base, patterns}`.
pub fn effective_id(base: &Cid, patterns: &[CommunityPattern]) -> Cid {
    if patterns.is_empty() {
        return *base;
    }
    let both = Node::map([("base", Some((*base).into())), ("patterns", to_node(patterns))]);
    Cid::of(Codec::Raw, &encode(&both))
}

impl Ruleset {
    /// The ruleset of a community: `spec`, whose file has the id `base`, with the community's patterns.
    ///
    /// # Errors
    /// When a pattern is not sound, or the ruleset is not.
    pub fn of_community(
        mut spec: RulesetSpec,
        base: &Cid,
        patterns: &[CommunityPattern],
    ) -> Result<Ruleset, PatternError> {
        patterns.iter().try_for_each(CommunityPattern::check)?;
        spec.rules.extend(patterns.iter().map(CommunityPattern::rule));
        Ok(Ruleset::compile(spec, effective_id(base, patterns))?)
    }
}

/// The words that stand in bodies whatever their author wrote, counts by kind included.
fn structure() -> impl Iterator<Item = &'static str> {
    STRUCTURE.lines().chain(Kind::ALL.into_iter().map(Kind::as_str))
}

/// How many bytes of `text` the expression matches in words of their own.
fn standing_alone(regex: &Regex, text: &str) -> usize {
    let alone = |found: &regex_automata::Match| Validator::Word.check(text, found.range()).is_some();
    regex.find_iter(text).filter(alone).map(|found| found.len()).sum()
}

/// Patterns as a charter holds them; nothing when there are none.
pub(crate) fn to_node(patterns: &[CommunityPattern]) -> Option<Node> {
    (!patterns.is_empty()).then(|| Node::List(patterns.iter().map(CommunityPattern::to_node).collect()))
}

/// Patterns of a charter, checked together.
pub(crate) fn read_all(fields: &mut Fields) -> Result<Vec<CommunityPattern>, FieldError> {
    let patterns = fields.items("patterns", PATTERNS, CommunityPattern::read)?;
    let twice = |(i, one): (usize, &CommunityPattern)| patterns[..i].iter().any(|other| other.label == one.label);
    match patterns.iter().enumerate().any(twice) {
        true => Err(FieldError::value("patterns", "expected each label once")),
        false => Ok(patterns),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Redactor;
    use crate::text::RawText;

    fn pattern(pattern: &str) -> CommunityPattern {
        CommunityPattern { label: "member-number".into(), pattern: pattern.into() }
    }

    #[test]
    fn patterns_of_numbers_that_a_community_gives_are_sound() {
        for sound in ["RB-[0-9]{6}", "M[0-9]{4}/[0-9]{2}", "(?i-u:flat) [A-D][0-9]{2}", "[A-Z]{2}[0-9]{7}", "[0-9]{10}"]
        {
            assert!(pattern(sound).check().is_ok(), "{sound}");
        }
    }

    #[test]
    fn patterns_that_cost_or_take_too_much_are_refused() {
        let refused = |text: &str| pattern(text).check().expect_err(text);
        let wrong = |text: &str| match refused(text) {
            PatternError::Form { source, .. } => *source,
            other => panic!("{text}: {other}"),
        };
        assert!(matches!(wrong(r"M\d+"), RulesetError::Class { class: 'd', .. }));
        assert!(matches!(wrong("(M"), RulesetError::Pattern { .. }));
        assert!(matches!(wrong("(([a-f]{50}){50}){50}"), RulesetError::Pattern { .. }));
        assert!(matches!(wrong("[0-9]*"), RulesetError::Empty(_)));
        assert!(matches!(wrong("(?si:flat)"), RulesetError::Case(_)));
        assert!(matches!(refused("[a-f]{4000}"), PatternError::Size(_)));
        for common in ["[A-Z][a-z]+", "the", "[0-9]{4}", "[A-Za-z]{8}", "[^0-9]", "(?i-u:the [a-z]+)"] {
            let error = refused(common);
            assert!(matches!(error, PatternError::Prose { .. } | PatternError::Structure { .. }), "{common}: {error}");
        }
        assert!(matches!(refused("(?s:.)"), PatternError::Structure { .. }));
        assert!(matches!(refused("assistant"), PatternError::Structure { .. }));
        assert!(matches!(refused("[a-z]{5}-[a-z]{2}"), PatternError::Structure { .. }));
    }

    #[test]
    fn what_the_form_of_bodies_says_is_in_the_sample() {
        let cddl = include_str!("../../../docs/commonwheel.cddl");
        let bodies = cddl.split("; Section 9.").nth(1).and_then(|rest| rest.split("; Section 10.").next());
        let word = regex::Regex::new(r#"([a-z_]+)"?: |"([^"]+)""#).expect("an expression");
        let bodies = bodies.expect("section 9").lines().map(|line| line.split("; ").next().unwrap_or_default());
        let words: Vec<String> = bodies
            .flat_map(|line| {
                word.captures_iter(line).map(|c| c.get(1).or(c.get(2)).map_or("", |m| m.as_str()).to_owned())
            })
            .collect();
        assert!(words.len() > 80, "{words:?}");
        for word in words {
            assert!(STRUCTURE.lines().any(|line| line == word), "{word} is not in structure.txt");
        }
    }

    #[test]
    fn the_id_pins_the_base_and_every_pattern() {
        let base = Cid::of(Codec::Raw, b"base");
        let of = |texts: &[&str]| effective_id(&base, &texts.iter().map(|text| pattern(text)).collect::<Vec<_>>());
        assert_eq!(of(&[]), base);
        let ids = [of(&["A[0-9]"]), of(&["B[0-9]"]), of(&["A[0-9]", "B[0-9]"]), of(&["B[0-9]", "A[0-9]"])];
        assert!(ids.iter().enumerate().all(|(i, id)| *id != base && !ids[..i].contains(id)));
        assert_ne!(effective_id(&Cid::of(Codec::Raw, b"other"), &[pattern("A[0-9]")]), ids[0]);
    }

    #[test]
    fn what_a_pattern_finds_is_hidden_and_found_by_no_second_pass() {
        let mail = RuleSpec { kind: Kind::Email, validator: Validator::Email, ..pattern("@").rule() };
        let spec = RulesetSpec::of("t", vec![mail]);
        let base = Cid::of(Codec::Raw, b"base");
        let ruleset = Ruleset::of_community(spec, &base, &[pattern("RB-[0-9]{6}")]).expect("sound");
        assert_eq!(*ruleset.id(), effective_id(&base, &[pattern("RB-[0-9]{6}")]));
        let text = "RB-204881, rb@example.org, RB-2048815, RB-204881 again";
        let redacted = Redactor::new(&ruleset).redact(&RawText::new(text)).text;
        assert_eq!(redacted.as_str(), "[CUSTOM_1], [EMAIL_1], RB-2048815, [CUSTOM_1] again");
        assert_eq!(ruleset.second_pass(redacted.as_str()), 0);
    }
}
