//! One pass over a text that says where which rule is worth trying.
//!
//! It looks for the keywords of all rules at once, and for the starts that are no words: runs of
//! digits, "@", and the signs of an assignment. What is seen depends on the few bytes around it
//! alone, so that a part of a text is seen alike alone or in place.

use super::Validator;
use super::digits::{ByDigits, Number};
use super::keywords::Keywords;
use super::rule::is_escaped;
use super::sieve::{BLOCK, Marks, RUN_PART, Sieve, WINDOW};
use super::validate::is_among_hexadecimal;
use serde::Deserialize;
use std::ops::Range;

/// A run of letters and digits of at least this many bytes may be a key or an address.
const RUN_BYTES: usize = 20;
// One of that length has a part in a block that shows, wherever it lies.
const _: () = assert!(2 * RUN_PART <= RUN_BYTES);
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
    /// What decides at the digits: a pattern, or else a validator; neither if they begin elsewhere.
    pub(super) pattern: &'a str,
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
    /// Those that find nothing at a colon without hexadecimal digits beside it.
    by_colon_in_hexadecimal: Vec<usize>,
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
        let hexadecimal: Vec<bool> =
            rules.clone().map(|rule| rule.pattern.is_empty() && rule.validator.wants_hexadecimal()).collect();
        let at_colon = |wanted: bool| {
            let rules = having(&[Start::Colon, Start::Assign]).into_iter();
            rules.filter(|rule| hexadecimal[*rule] == wanted).collect()
        };
        // All keywords of a rule are looked for together, so that they are seen in order.
        let words = |at_word: bool| {
            let begins = |word: &String| word.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            let chosen = move |rule: &Wanted| (rule.word && rule.keywords.iter().all(begins)) == at_word;
            let chosen = rules.clone().enumerate().filter(move |(_, rule)| chosen(rule));
            Keywords::new(chosen.flat_map(|(index, rule)| rule.keywords.iter().map(move |word| (word.as_str(), index))))
        };
        let (anywhere, at_words) = (words(false), words(true));
        Scan {
            sieve: Sieve::new(anywhere.words(), at_words.words()),
            anywhere,
            at_words,
            by_digits: ByDigits::new(rules.clone()),
            by_at: having(&[Start::At]),
            by_colon: at_colon(false),
            by_colon_in_hexadecimal: at_colon(true),
            by_equals: having(&[Start::Assign]),
            by_run: having(&[Start::Run]),
        }
    }

    /// Calls `candidate` with each rule and the span where it is to be tried. Of each rule, first come
    /// those at its keywords, then those at its starts, 64 bytes by 64 bytes, each in order.
    pub(super) fn each(&self, text: &str, mut candidate: impl FnMut(usize, Range<usize>)) {
        let bytes = text.as_bytes();
        let (mut number, mut run_end, mut before) = (Number::default(), 0, 0);
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
            if marks.runs != 0 && !self.by_run.is_empty() {
                run_end = self.runs(bytes, base, &marks, run_end, &mut candidate);
            }
            let (anywhere, at_words) = self.sieve.places(window, word_starts(bytes, base, &marks));
            each_bit(anywhere, |index| {
                let at = base + index;
                self.anywhere.at(&bytes[at..], |rule, length| candidate(rule, at..at + length));
            });
            each_bit(at_words, |index| {
                let at = base + index;
                self.at_words.at(&bytes[at..], |rule, length| candidate(rule, at..at + length));
            });
            let deep = if marks.signs == 0 { 0 } else { marks.deep(before) };
            before = marks.alphanumeric;
            each_bit(marks.signs, |index| match bytes[base + index] {
                b'0'..=b'9' => {
                    let deep = deep >> index & 1 == 1;
                    self.by_digits.each(bytes, base + index, deep, &mut number, &mut candidate);
                }
                _ => self.sign(bytes, base + index, &mut candidate),
            });
        }
    }

    /// As [`Scan::each`] for the keywords at the beginnings of words, if one begins with `text`.
    pub(super) fn each_first(&self, text: &str, mut candidate: impl FnMut(usize, Range<usize>)) {
        self.at_words.at(text.as_bytes(), |rule, length| candidate(rule, 0..length));
    }

    /// The long runs of letters and digits of which a part stands in the block at `base`. Those up to
    /// `seen` were seen before; gives back up to where they now are.
    fn runs(
        &self,
        bytes: &[u8],
        base: usize,
        marks: &Marks,
        mut seen: usize,
        candidate: &mut impl FnMut(usize, Range<usize>),
    ) -> usize {
        let behind = |seen: usize| u64::MAX.checked_shl(seen.saturating_sub(base) as u32).unwrap_or_default();
        let mut parts = marks.runs & behind(seen);
        while parts != 0 {
            let index = parts.trailing_zeros();
            let length = (marks.alphanumeric >> index).trailing_ones();
            let before = (!marks.alphanumeric & !(u64::MAX << index)).checked_ilog2().map_or(0, |last| last + 1);
            let (mut start, mut end) = (base + before as usize, base + (index + length) as usize);
            if before == 0 {
                start -= bytes[..start].iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            }
            if (index + length) as usize == BLOCK {
                end += bytes[end..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            }
            if end - start >= RUN_BYTES {
                // The letter of an escape such as "\n" is no part of what follows.
                let start = start + usize::from(is_escaped(&bytes[..=start]));
                self.by_run.iter().for_each(|rule| candidate(*rule, start..end));
            }
            seen = end;
            parts &= behind(seen);
        }
        seen
    }

    /// The sign at `at`, other than a digit.
    fn sign(&self, bytes: &[u8], at: usize, candidate: &mut impl FnMut(usize, Range<usize>)) {
        let rules = match bytes[at] {
            b'@' => &self.by_at,
            b':' => &self.by_colon,
            _ => &self.by_equals,
        };
        rules.iter().for_each(|rule| candidate(*rule, at..at + 1));
        if bytes[at] == b':' && is_among_hexadecimal(bytes, at) {
            self.by_colon_in_hexadecimal.iter().for_each(|rule| candidate(*rule, at..at + 1));
        }
    }
}

/// Calls `each` with the number of each bit that is set.
fn each_bit(bits: u64, mut each: impl FnMut(usize)) {
    let mut left = bits;
    while left != 0 {
        each(left.trailing_zeros() as usize);
        left &= left - 1;
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
            pattern: "",
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
            pattern: "",
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
            pattern: "",
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
