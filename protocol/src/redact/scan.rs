//! One pass over a text that says where which rule is worth trying.
//!
//! It looks for the keywords of all rules at once, and for the starts that are no words: runs of
//! digits, "@", and the signs of an assignment. What is seen depends on the few bytes around it
//! alone, so that a part of a text is seen alike alone or in place.

use super::Validator;
use super::keywords::Keywords;
use super::rule::is_escaped;
use super::sieve::{BLOCK, Marks, Sieve, WINDOW};
use serde::Deserialize;
use std::ops::Range;

/// A run of letters and digits of at least this many bytes may be a key or an address.
const RUN_BYTES: usize = 20;
/// Bytes that are looked at together for runs: a run holds such a part wherever it lies.
const RUN_PART: usize = 8;
const _: () = assert!(2 * RUN_PART - 1 <= RUN_BYTES);
/// Rules that may begin at digits.
pub(super) const DIGIT_RULES: usize = 64;
/// Numbers with at least so many digits, but one, are alike.
const DIGIT_COUNTS: usize = 32;
/// How far apart digits of one number stand at most, as in "1) (2".
const GAP_BYTES: usize = 3;

/// Where, other than at its keywords, a rule is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// At the first digit of each run of digits.
    Digits,
    /// At each "@".
    At,
    /// At each ":".
    Colon,
    /// At each "=" and ":".
    Assign,
    /// At each run of 20 or more letters and digits.
    Run,
}

/// What the scan must know of a rule.
pub(super) struct Wanted<'a> {
    pub(super) starts: &'a [Start],
    pub(super) keywords: &'a [String],
    /// Whether nothing is found at a keyword that goes on with a word.
    pub(super) word: bool,
    /// How many digits must follow a digit start, this run and what goes on after separators.
    pub(super) digits: usize,
    /// Which bytes may stand before and after the run of digits, as in "a-z°"; any, when empty.
    pub(super) before: &'a str,
    pub(super) after: &'a str,
    /// What decides at the digits, if there is no pattern.
    pub(super) validator: Validator,
}

/// The starts and keywords of a ruleset, compiled.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    anywhere: Keywords,
    /// Keywords that are seen at the beginnings of words alone: elsewhere their rules find nothing.
    at_words: Keywords,
    sieve: Sieve,
    by_digits: ByDigits,
    by_at: Vec<usize>,
    by_colon: Vec<usize>,
    by_equals: Vec<usize>,
    by_run: Vec<usize>,
}

impl Scan {
    /// Compiles what rules want, in their order.
    pub(super) fn new<'a>(rules: impl Iterator<Item = Wanted<'a>> + Clone) -> Scan {
        let having = |starts: &[Start]| {
            let has = |rule: &Wanted| rule.starts.iter().any(|start| starts.contains(start));
            rules.clone().enumerate().filter(|(_, rule)| has(rule)).map(|(index, _)| index).collect::<Vec<_>>()
        };
        let words = |at_word: bool| {
            let words = rules.clone().enumerate();
            let words = words.flat_map(|(index, rule)| rule.keywords.iter().map(move |word| (word, index, rule.word)));
            let begins = |word: &str| word.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            let chosen = words.filter(move |(word, _, alone)| (*alone && begins(word)) == at_word);
            Keywords::new(chosen.map(|(word, index, _)| (word.as_str(), index)))
        };
        let (anywhere, at_words) = (words(false), words(true));
        Scan {
            sieve: Sieve::new(anywhere.words(), at_words.words()),
            anywhere,
            at_words,
            by_digits: ByDigits::new(rules.clone()),
            by_at: having(&[Start::At]),
            by_colon: having(&[Start::Colon, Start::Assign]),
            by_equals: having(&[Start::Assign]),
            by_run: having(&[Start::Run]),
        }
    }

    /// Calls `candidate` with each rule and the span where it is to be tried.
    pub(super) fn each(&self, text: &str, mut candidate: impl FnMut(usize, Range<usize>)) {
        let bytes = text.as_bytes();
        if !self.by_run.is_empty() {
            each_run(bytes, |run| self.by_run.iter().for_each(|rule| candidate(*rule, run.clone())));
        }
        let mut number = Number::default();
        for base in (0..bytes.len()).step_by(BLOCK) {
            let mut padded = [0; WINDOW];
            let window = match base.checked_sub(1).and_then(|before| bytes[before..].first_chunk()) {
                Some(window) => window,
                None => {
                    // At the ends of the text there are zeros beside it.
                    let (lead, rest) = (base.min(1), &bytes[base - base.min(1)..]);
                    let length = rest.len().min(WINDOW - 1 + lead);
                    padded[1 - lead..][..length].copy_from_slice(&rest[..length]);
                    &padded
                }
            };
            let marks = Marks::of(window);
            let anywhere = self.sieve.anywhere(window);
            let at_words = self.sieve.at_words(window, word_starts(bytes, base, &marks));
            let mut left = anywhere | at_words | marks.signs;
            while left != 0 {
                let bit = left & left.wrapping_neg();
                let at = base + left.trailing_zeros() as usize;
                left &= left - 1;
                if anywhere & bit != 0 {
                    self.anywhere.at(&bytes[at..], |rule, length| candidate(rule, at..at + length));
                }
                if at_words & bit != 0 {
                    self.at_words.at(&bytes[at..], |rule, length| candidate(rule, at..at + length));
                }
                match CLASS[usize::from(bytes[at])] {
                    0 => {}
                    DIGIT if marks.signs & bit == 0 => {}
                    DIGIT => {
                        let (run, digits) = number.left(bytes, at);
                        self.by_digits.each(bytes, at..at + run, digits, |rule| candidate(rule, at..at + run));
                    }
                    sign => self.sign(sign, at, &mut candidate),
                }
            }
        }
    }

    /// As [`Scan::each`] for the keywords at the beginnings of words, if one begins with `text`.
    pub(super) fn each_first(&self, text: &str, mut candidate: impl FnMut(usize, Range<usize>)) {
        self.at_words.at(text.as_bytes(), |rule, length| candidate(rule, 0..length));
    }

    /// A sign other than a digit.
    fn sign(&self, sign: u8, at: usize, candidate: &mut impl FnMut(usize, Range<usize>)) {
        let rules = match sign {
            AT => &self.by_at,
            COLON => &self.by_colon,
            _ => &self.by_equals,
        };
        rules.iter().for_each(|rule| candidate(*rule, at..at + 1));
    }
}

/// Where in the block at `base` words begin.
fn word_starts(bytes: &[u8], base: usize, marks: &Marks) -> u64 {
    if !marks.escapes && !is_escaped(&bytes[..base]) {
        return marks.words;
    }
    // The letter of an escape is no word, and one may begin behind it.
    let length = BLOCK.min(bytes.len() - base);
    let escaped = (0..length).filter(|index| is_escaped(&bytes[..base + index]));
    escaped.fold(marks.words, |starts, index| starts | 1 << index)
}

/// The rules that begin at digits: sets of them by what the digits and the bytes beside them allow.
#[derive(Clone, Debug)]
struct ByDigits {
    /// The rules, each with its bit in the sets below.
    rules: Vec<usize>,
    /// By how many digits the number has, and the most for all that have more.
    enough: [u64; DIGIT_COUNTS],
    /// By the byte before and after the run; at the ends of the text that is a zero.
    before: [u64; 256],
    after: [u64; 256],
    /// By the length of the run, and the most for all that are longer.
    runs: [u64; DIGIT_COUNTS],
}

impl ByDigits {
    fn new<'a>(rules: impl Iterator<Item = Wanted<'a>>) -> Self {
        let mut by = ByDigits {
            rules: vec![],
            enough: [0; DIGIT_COUNTS],
            before: [0; 256],
            after: [0; 256],
            runs: [0; DIGIT_COUNTS],
        };
        let wanted = rules.enumerate().filter(|(_, rule)| rule.starts.contains(&Start::Digits));
        for (bit, (index, rule)) in wanted.enumerate() {
            let allow = |sets: &mut [u64], allows: &dyn Fn(usize) -> bool| {
                let sets = sets.iter_mut().enumerate().filter(|(place, _)| allows(*place));
                sets.for_each(|(_, set)| *set |= 1 << bit);
            };
            allow(&mut by.enough, &|digits| digits >= rule.digits.min(DIGIT_COUNTS - 1));
            allow(&mut by.before, &|byte| {
                let listed = rule.before.is_empty() || is_listed(rule.before, byte as u8);
                listed && rule.validator.may_follow(byte as u8)
            });
            allow(&mut by.after, &|byte| rule.after.is_empty() || is_listed(rule.after, byte as u8));
            allow(&mut by.runs, &|digits| rule.validator.may_begin(digits));
            by.rules.push(index);
        }
        by
    }

    fn each(&self, bytes: &[u8], run: Range<usize>, digits: usize, mut rule: impl FnMut(usize)) {
        let byte = |at: usize| usize::from(bytes.get(at).copied().unwrap_or_default());
        let beside = self.before[byte(run.start.wrapping_sub(1))] & self.after[byte(run.end)];
        let run = self.runs[run.len().min(DIGIT_COUNTS - 1)];
        let mut left = beside & run & self.enough[digits.min(DIGIT_COUNTS - 1)];
        while left != 0 {
            rule(self.rules[left.trailing_zeros() as usize]);
            left &= left - 1;
        }
    }
}

/// Whether a list of bytes such as "a-z°-" holds this one: a hyphen between two is a range.
fn is_listed(list: &str, byte: u8) -> bool {
    let mut rest = list.as_bytes();
    while let [first, more @ ..] = rest {
        let (range, next) = match more {
            [b'-', last, next @ ..] => (*first..=*last, next),
            _ => (*first..=*first, more),
        };
        if range.contains(&byte) {
            return true;
        }
        rest = next;
    }
    false
}

/// The number that digits belong to: runs of digits with little between them.
#[derive(Default)]
struct Number {
    end: usize,
    digits: usize,
}

impl Number {
    /// The digits of the run that begins at `at`, and how many the number has from there on.
    fn left(&mut self, bytes: &[u8], at: usize) -> (usize, usize) {
        if at >= self.end {
            *self = Number { end: at, digits: 0 };
            let mut gap = 0;
            for (index, byte) in bytes[at..].iter().enumerate() {
                if byte.is_ascii_digit() {
                    (self.end, self.digits, gap) = (at + index + 1, self.digits + 1, 0);
                } else if matches!(byte, b' ' | b'.' | b'-' | b'/' | b'(' | b')' | b'+' | b',' | b'~')
                    && gap < GAP_BYTES
                {
                    gap += 1;
                } else {
                    break;
                }
            }
        }
        let left = self.digits;
        let run = bytes[at..self.end].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.digits -= run;
        (run, left)
    }
}

/// Calls `run` with each run of letters and digits of at least [`RUN_BYTES`] bytes.
fn each_run(bytes: &[u8], mut run: impl FnMut(Range<usize>)) {
    // Such a run holds a whole block. Most blocks of prose hold a space or a full stop, which are
    // below the digits, and are passed by at once.
    let mut at = 0;
    while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk::<RUN_PART>()) {
        if holds_below_digits(u64::from_le_bytes(*block)) || !block.iter().all(u8::is_ascii_alphanumeric) {
            at += RUN_PART;
            continue;
        }
        let before = bytes[..at].iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let after = bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        if before + after >= RUN_BYTES {
            let start = at - before;
            // The letter of an escape such as "\n" is no part of what follows.
            let escaped = start > 0 && bytes[start - 1] == b'\\' && matches!(bytes[start], b'n' | b'r' | b't');
            run(start + usize::from(escaped)..at + after);
        }
        at += after;
        at = at.next_multiple_of(RUN_PART);
    }
}

/// Whether one of eight bytes is below "0".
fn holds_below_digits(block: u64) -> bool {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    block.wrapping_sub(ZEROS) & !block & TOPS != 0
}

const DIGIT: u8 = 1;
const AT: u8 = 2;
const COLON: u8 = 3;
const EQUALS: u8 = 4;

const CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut digit = b'0';
    while digit <= b'9' {
        table[digit as usize] = DIGIT;
        digit += 1;
    }
    table[b'@' as usize] = AT;
    table[b':' as usize] = COLON;
    table[b'=' as usize] = EQUALS;
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(starts: &[Start], keywords: &[&str], digits: usize, text: &str) -> Vec<String> {
        let keywords: Vec<String> = keywords.iter().map(|word| (*word).to_owned()).collect();
        let wanted = [()].iter().map(|()| Wanted {
            starts,
            keywords: &keywords,
            word: false,
            digits,
            before: "",
            after: "",
            validator: Validator::None,
        });
        let mut seen = Vec::new();
        Scan::new(wanted).each(text, |_, span| seen.push(text[span].to_owned()));
        seen
    }

    #[test]
    fn every_occurrence_of_a_keyword_is_a_start_in_any_case() {
        assert_eq!(seen(&[], &["key", "my key"], 0, "My KEY, monkey"), ["My KEY", "KEY", "key"]);
        assert_eq!(seen(&[], &["téléphone"], 0, "mon téléphone"), ["téléphone"]);
    }

    #[test]
    fn a_keyword_at_the_beginnings_of_words_is_seen_there_alone() {
        let keywords = ["dear ".to_owned()];
        let wanted = Wanted {
            starts: &[],
            keywords: &keywords,
            word: true,
            digits: 0,
            before: "",
            after: "",
            validator: Validator::None,
        };
        let scan = Scan::new([()].iter().map(|()| Wanted { ..wanted }));
        for offset in 0..140 {
            for (text, seen) in [("Dear A", true), ("\\nDear A", true), ("_dear A", false), ("\\xdear A", false)] {
                let text = format!("{}{text}", "-".repeat(offset));
                let mut any = false;
                scan.each(&text, |_, span| any |= text[span].eq_ignore_ascii_case("dear "));
                assert_eq!(any, seen, "{text}");
            }
        }
    }

    #[test]
    fn a_number_is_tried_at_each_of_its_runs_that_has_enough_digits_left() {
        assert_eq!(seen(&[Start::Digits], &[], 7, "12 555-0123, or 2009: 4"), ["12", "555"]);
        assert_eq!(seen(&[Start::Digits], &[], 1, "a1b22"), ["1", "22"]);
        assert_eq!(seen(&[Start::Digits], &[], 5, "(1) (2)33, 5 -- (6)77"), ["1"]);
    }

    #[test]
    fn a_rule_says_what_may_stand_beside_its_digits() {
        let wanted = |before, after| Wanted {
            starts: &[Start::Digits],
            keywords: &[],
            word: false,
            digits: 1,
            before,
            after,
            validator: Validator::None,
        };
        let rules = [("", ".°"), ("a-z", ""), ("", ""), ("+-", "")];
        let scan = Scan::new(rules.iter().map(|(before, after)| wanted(before, after)));
        let mut seen = Vec::new();
        scan.each("x1.2 3° 4 -5", |rule, span| seen.push((rule, span.start)));
        assert_eq!(seen, [(0, 1), (1, 1), (2, 1), (2, 3), (0, 5), (2, 5), (2, 9), (2, 12), (3, 12)]);
    }

    #[test]
    fn long_runs_are_seen_wherever_they_lie() {
        for offset in 0..45 {
            let long = "x".repeat(20);
            let text = format!("{}{long} {}", " ".repeat(offset), "y".repeat(19));
            assert_eq!(seen(&[Start::Run], &[], 0, &text), [long]);
        }
        assert_eq!(seen(&[Start::Run], &[], 0, &"z".repeat(100)), ["z".repeat(100)]);
    }

    #[test]
    fn signs_are_seen_by_those_who_asked() {
        assert_eq!(seen(&[Start::Assign], &[], 0, "a=b:c@d"), ["=", ":"]);
        assert_eq!(seen(&[Start::At, Start::Colon], &["b:c"], 0, "a=b:c@d"), ["b:c", ":", "@"]);
    }
}
