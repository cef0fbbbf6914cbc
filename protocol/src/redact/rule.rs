//! One rule, compiled, and trying it on a text.

use super::error::{COMPILED_BYTES, KEYWORD_BYTES, KEYWORDS, PATTERN_BYTES, REACH};
use super::pinned::{self, Unpinned};
use super::steps::Steps;
use super::{Finding, Kind, RuleSpec, RulesetError, Validator};
use regex_automata::hybrid::dfa::DFA;
use regex_automata::meta::Regex;
use regex_automata::util::start;
use regex_automata::{Anchored, Input};
use serde::Deserialize;
use std::ops::Range;

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

/// A checked and compiled rule.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    kind: Kind,
    /// None when a rule that is tried somewhere leaves all to its validator.
    regex: Option<Regex>,
    /// The same pattern, if steps are enough and no capture is wanted.
    steps: Option<Steps>,
    /// With which bytes a match can begin.
    first: Option<Box<Beginning>>,
    located: bool,
    word: bool,
    reach: usize,
    back: usize,
    validator: Validator,
    needs: u8,
    group: Option<usize>,
    confidence: u8,
    core: bool,
}

impl Rule {
    /// # Errors
    /// When the rule, counted from 1, is outside the limits of [`RulesetError`].
    pub(super) fn compile(spec: &RuleSpec, rule: usize) -> Result<Rule, RulesetError> {
        if !(1..=100).contains(&spec.confidence) {
            return Err(RulesetError::Confidence { rule, confidence: spec.confidence });
        }
        if !(1..=REACH).contains(&spec.reach) || spec.back >= spec.reach {
            return Err(RulesetError::Reach { rule, reach: spec.reach });
        }
        if spec.keywords.len() > KEYWORDS || spec.keywords.iter().any(|word| !KEYWORD_BYTES.contains(&word.len())) {
            return Err(RulesetError::Keyword { rule });
        }
        let regex = (!spec.pattern.is_empty()).then(|| compile_pattern(&spec.pattern, rule)).transpose()?;
        if regex.is_none() && (!spec.is_located() || spec.validator == Validator::None) {
            return Err(RulesetError::Nothing(rule));
        }
        let groups = regex.as_ref().map_or(1, Regex::captures_len);
        if let Some(group) = spec.group.filter(|group| *group == 0 || *group >= groups) {
            return Err(RulesetError::Group { rule, group });
        }
        Ok(Rule {
            kind: spec.kind,
            regex,
            steps: if spec.group.is_none() { Steps::of(&spec.pattern) } else { None },
            first: first_bytes(&spec.pattern).map(Box::new),
            located: spec.is_located(),
            word: spec.word,
            reach: spec.reach,
            back: spec.back,
            validator: spec.validator,
            needs: spec.needs.iter().fold(0, |bits, need| bits | need.bit()),
            group: spec.group,
            confidence: spec.confidence,
            core: spec.core,
        })
    }

    /// Whether the rule is searched for everywhere.
    pub(super) fn is_searched(&self) -> bool {
        !self.located
    }

    /// Whether a text with these traits (see [`met_by`]) can hold anything for this rule.
    pub(super) fn can_match(&self, met: u8) -> bool {
        self.needs & !met == 0
    }

    /// Whether the rule finds nothing at `start`, in this text and in parts of it: see [`Validator::is_hopeless`].
    #[inline]
    pub(super) fn is_hopeless(&self, text: &str, start: &Range<usize>) -> bool {
        match (&self.regex, &self.first) {
            (None, _) => self.validator.is_hopeless(text, start),
            (Some(_), Some(first)) => {
                let from = start.start.checked_sub(self.back).and_then(|from| text.as_bytes().get(from..));
                !from.is_some_and(|from| first.fits(from))
            }
            _ => false,
        }
    }

    /// What the rule finds at `start`, where the scan saw a keyword, digits or a sign.
    #[inline]
    pub(super) fn at(&self, text: &str, start: Range<usize>) -> Option<Range<usize>> {
        let from = match self.back {
            0 => start.start,
            back => start.start.checked_sub(back).filter(|from| text.is_char_boundary(*from))?,
        };
        if self.word && continues_word(&text.as_bytes()[..from]) {
            return None;
        }
        let span = match &self.regex {
            None => start,
            Some(regex) => {
                let window = from..text.len().min(from + self.reach);
                match &self.steps {
                    Some(steps) => steps.at(&text.as_bytes()[window]).map(|length| from..from + length)?,
                    None => self.matched(regex, Input::new(text).range(window).anchored(Anchored::Yes))?,
                }
            }
        };
        self.validator.check(text, span).filter(|span| !span.is_empty())
    }

    /// Adds what the rule finds anywhere in `text`.
    pub(super) fn search(&self, text: &str, findings: &mut Vec<Finding>) {
        let Some(regex) = &self.regex else { return };
        let mut at = 0;
        while at < text.len() {
            let Some(candidate) = regex.search(&Input::new(text).range(at..)) else { return };
            let from = candidate.start();
            let group = match self.group {
                None => Some(candidate.range()),
                Some(_) => self.matched(regex, Input::new(text).range(from..)),
            };
            let checked = group.and_then(|span| self.validator.check(text, span)).filter(|span| !span.is_empty());
            at = match checked {
                Some(span) if span.end > at => {
                    let end = span.end;
                    findings.push(self.finding(span));
                    end
                }
                _ => next_start(text, from),
            };
        }
    }

    /// A finding of this rule.
    pub(super) fn finding(&self, span: Range<usize>) -> Finding {
        Finding { kind: self.kind, span, confidence: self.confidence, core: self.core }
    }

    /// The match, or the capture that the rule names.
    fn matched(&self, regex: &Regex, input: Input<'_>) -> Option<Range<usize>> {
        let Some(group) = self.group else { return regex.search(&input).map(|found| found.range()) };
        let mut captures = regex.create_captures();
        regex.search_captures(&input, &mut captures);
        captures.get_group(group).map(|span| span.range())
    }
}

pub(super) fn compile_pattern(pattern: &str, rule: usize) -> Result<Regex, RulesetError> {
    if pattern.len() > PATTERN_BYTES {
        return Err(RulesetError::Long { rule, bytes: pattern.len() });
    }
    pinned::check(pattern).map_err(|what| match what {
        Unpinned::Class(class) => RulesetError::Class { rule, class },
        Unpinned::Case => RulesetError::Case(rule),
    })?;
    let regex = Regex::builder()
        .configure(Regex::config().nfa_size_limit(Some(COMPILED_BYTES)))
        .build(pattern)
        .map_err(|source| RulesetError::Pattern { rule, source: Box::new(source) })?;
    if regex.is_match("") { Err(RulesetError::Empty(rule)) } else { Ok(regex) }
}

/// The first and the second bytes of what a pattern matches.
#[derive(Clone, Debug)]
struct Beginning {
    first: [bool; 256],
    second: [bool; 256],
}

impl Beginning {
    /// Whether a match may begin where `bytes` do.
    fn fits(&self, bytes: &[u8]) -> bool {
        let allowed = |set: &[bool; 256], at: usize| bytes.get(at).map(|byte| set[usize::from(*byte)]);
        allowed(&self.first, 0).unwrap_or(false) && allowed(&self.second, 1).unwrap_or(true)
    }
}

/// With which bytes a match can begin; unknown where it depends on what stands before.
fn first_bytes(pattern: &str) -> Option<Beginning> {
    let dfa = DFA::new(pattern).ok()?;
    if !dfa.get_nfa().look_set_prefix_any().is_empty() {
        return None;
    }
    let mut cache = dfa.create_cache();
    let start = dfa.start_state(&mut cache, &start::Config::new().anchored(Anchored::Yes)).ok()?;
    let mut beginning = Beginning { first: [false; 256], second: [false; 256] };
    for (byte, first) in (0..=u8::MAX).zip(&mut beginning.first) {
        let state = dfa.next_state(&mut cache, start, byte).ok()?;
        *first = !state.is_dead();
        // A match of one byte shows in the state behind any second one.
        for (byte, second) in (0..=u8::MAX).zip(&mut beginning.second) {
            *second |= *first && !dfa.next_state(&mut cache, state, byte).ok()?.is_dead();
        }
    }
    Some(beginning)
}

/// Whether what stands behind `before` goes on with a word. The letter of an escape is none.
pub(super) fn continues_word(before: &[u8]) -> bool {
    match before {
        _ if is_escaped(before) => false,
        [.., byte] => byte.is_ascii_alphanumeric() || *byte == b'_',
        [] => false,
    }
}

/// Whether it ends in an escape such as "\n".
pub(super) fn is_escaped(before: &[u8]) -> bool {
    matches!(before, [.., b'\\', b'n' | b'r' | b't'])
}

/// Where the next candidate can begin after one at `from` was refused: past the run of letters and
/// digits there, since no validator accepts a beginning in the middle of one.
fn next_start(text: &str, from: usize) -> usize {
    let rest = &text[from..];
    let run = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
    from + run.max(rest.chars().next().map_or(1, char::len_utf8))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_candidate_begins_after_a_run_of_letters_and_digits() {
        assert_eq!(next_start("ab12 3", 1), 4);
        assert_eq!(next_start("é1", 0), 2);
    }

    #[test]
    fn a_pattern_says_how_its_matches_begin() {
        let fits = |pattern: &str, text: &str| first_bytes(pattern).expect("it says so").fits(text.as_bytes());
        assert!(fits("ab|cd+", "ab") && fits("ab|cd+", "ad") && fits("ab|cd+", "a"));
        assert!(!fits("ab|cd+", "ba") && !fits("ab|cd+", "aa") && !fits("ab|cd+", ""));
        assert!(fits("a|bc", "a ") && fits("ab?", "ax"));
        assert!(first_bytes("(?-u:\\b)a").is_none());
    }

    #[test]
    fn a_rule_is_tried_where_it_is_told_and_sees_as_far_as_it_may() {
        let spec = RuleSpec {
            keywords: vec!["id-".into()],
            word: true,
            reach: 6,
            ..RuleSpec::searching(Kind::Token, "id-[0-9]+")
        };
        let rule = Rule::compile(&spec, 1).expect("it is within the limits");
        assert_eq!(rule.at("my id-123456", 3..6), Some(3..9));
        assert_eq!(rule.at("myid-1", 2..5), None);
        assert_eq!(rule.at("x id-", 2..5), None);
    }
}
