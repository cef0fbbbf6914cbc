//! Terms that a person wants hidden, whatever they are: names, an employer, places.
//!
//! They stay on the person's machine. A term is found as a whole word, whatever its case, its
//! accents, and the spaces, hyphens or underscores between its words. What validators run again
//! knows no terms: text among their placeholders is looked at by the ruleset as it would be there.

use super::find::{Finding, ROUNDS, merge_overlaps};
use super::fold::{Folded, fold};
use super::{Kind, Ruleset, placeholder};
use aho_corasick::{AhoCorasick, Match};
use std::fmt;
use std::ops::Range;

/// Terms of one person. Each text is searched for all of them at once.
const TERMS: usize = 1000;
/// A term, in bytes.
const TERM_BYTES: usize = 200;
/// Letters and digits that a term has at least. A single one stands in every other sentence.
const TERM_CHARS: usize = 2;
/// How sure a finding is, in percent: the person has said so.
const CONFIDENCE: u8 = 100;
/// Letters of a word that takes an ending. Shorter ones would become other words.
const INFLECTED_CHARS: usize = 4;
/// Endings of a plural or a genitive that may follow a term. They stay in the text.
const ENDINGS: [&str; 2] = ["s", "es"];

/// Terms, ready to be searched for.
#[derive(Clone)]
pub struct Terms {
    /// None when there are no terms.
    patterns: Option<AhoCorasick>,
    /// Whether each pattern's last word takes an ending.
    inflects: Vec<bool>,
}

/// Why terms cannot be used. Says which one by its place, never what it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// There are too many.
    #[error("expected at most {TERMS} terms, found {0}; remove some")]
    Many(usize),
    /// One is too long.
    #[error("term {term}: expected at most {TERM_BYTES} bytes, found {bytes}; hide its rarest words instead")]
    Long {
        /// Counted from 1.
        term: usize,
        /// Its length.
        bytes: usize,
    },
    /// One is too short.
    #[error("term {0}: expected at least {TERM_CHARS} letters or digits; write more of it")]
    Short(usize),
}

impl Terms {
    /// No terms.
    pub fn none() -> Terms {
        Terms { patterns: None, inflects: Vec::new() }
    }

    /// These terms. What stands before the first and after the last letter or digit of one does not
    /// matter, and the same term twice is one.
    ///
    /// # Errors
    /// When there are too many, or one is too long or too short.
    pub fn new<T: AsRef<str>>(terms: &[T]) -> Result<Terms, TermsError> {
        if terms.len() > TERMS {
            return Err(TermsError::Many(terms.len()));
        }
        let mut patterns = Vec::new();
        for (number, term) in (1..).zip(terms) {
            let term = term.as_ref();
            if term.len() > TERM_BYTES {
                return Err(TermsError::Long { term: number, bytes: term.len() });
            }
            let pattern = Terms::same(term);
            if pattern.chars().filter(|c| c.is_alphanumeric()).count() < TERM_CHARS {
                return Err(TermsError::Short(number));
            }
            patterns.push(pattern);
        }
        patterns.sort_unstable();
        patterns.dedup();
        if patterns.is_empty() {
            return Ok(Terms::none());
        }
        // Two hundred kilobytes of patterns are far below what the automaton can number.
        let automaton = AhoCorasick::new(&patterns).map_err(|_| TermsError::Many(terms.len()))?;
        Ok(Terms { patterns: Some(automaton), inflects: patterns.iter().map(|pattern| inflects(pattern)).collect() })
    }

    /// The form by which two spellings of a term are the same.
    pub fn same(term: &str) -> String {
        fold(term).trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
    }

    /// Whether there are no terms.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_none()
    }

    /// How many different terms there are.
    pub fn len(&self) -> usize {
        self.inflects.len()
    }

    /// What the ruleset finds in `text` and what these terms find, with the promises of
    /// [`Ruleset::find`]: among their placeholders the ruleset finds nothing more.
    pub(super) fn find_with(&self, ruleset: &Ruleset, text: &str) -> Vec<Finding> {
        let Some(patterns) = &self.patterns else { return ruleset.find(text) };
        let mut found = Vec::new();
        let mut parts = vec![(0..text.len(), 0)];
        while let Some((part, round)) = parts.pop() {
            let mut findings = ruleset.find(&text[part.clone()]);
            let own = self.find(patterns, &text[part.clone()], &findings);
            if round == ROUNDS && !own.is_empty() {
                // Only a text built for the purpose comes here: it is hidden whole.
                found.push(finding(part));
                continue;
            }
            findings.extend(own.iter().cloned().map(finding));
            merge_overlaps(&mut findings);
            parts.extend(gaps_beside(&own, &findings, part.len()).map(|gap| (shift(gap, part.start), round + 1)));
            found.extend(findings.into_iter().map(|f| Finding { span: shift(f.span, part.start), ..f }));
        }
        found.sort_by_key(|finding| finding.span.start);
        found
    }

    /// Where terms stand in `text`, in order and without overlaps, never inside a placeholder. At the
    /// edges of the ruleset's findings words end, since placeholders will stand there.
    fn find(&self, patterns: &AhoCorasick, text: &str, findings: &[Finding]) -> Vec<Range<usize>> {
        let is_edge = |at: usize| {
            let next = findings.partition_point(|finding| finding.span.end < at);
            let beside = findings[next..].iter().take(2);
            beside.into_iter().any(|finding| finding.span.start == at || finding.span.end == at)
        };
        let mut found: Vec<Range<usize>> = Vec::new();
        for part in placeholder::outside(text) {
            // Most texts hold none, and for those the way back need not be known.
            if !patterns.is_match(&fold(&text[part.clone()])) {
                continue;
            }
            let folded = Folded::of(&text[part.clone()]);
            let is_end = |at: usize| !joined(&folded.text, at) || is_edge(folded.origin[at] + part.start);
            let is_word = |hit: &Match| {
                let with_ending =
                    |ending: &&str| folded.text[hit.end()..].starts_with(*ending) && is_end(hit.end() + ending.len());
                let inflected = || self.inflects[hit.pattern()] && ENDINGS.iter().any(with_ending);
                is_end(hit.start()) && (is_end(hit.end()) || inflected())
            };
            let mut here: Vec<_> = patterns
                .find_overlapping_iter(&folded.text)
                .filter(is_word)
                .map(|hit| shift(folded.original(hit.range()), part.start))
                .collect();
            here.sort_unstable_by_key(|span| (span.start, span.end));
            for span in here {
                match found.last_mut() {
                    Some(last) if span.start < last.end => last.end = last.end.max(span.end),
                    _ => found.push(span),
                }
            }
        }
        found
    }
}

impl fmt::Debug for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Terms({})", self.len())
    }
}

fn finding(span: Range<usize>) -> Finding {
    Finding { kind: Kind::Term, span, confidence: CONFIDENCE, core: false }
}

fn shift(span: Range<usize>, by: usize) -> Range<usize> {
    span.start + by..span.end + by
}

/// What stands beside findings that hold a term, up to the next finding: there something may look
/// different once the term is gone. Everything else was looked at as it stays.
fn gaps_beside<'a>(
    own: &'a [Range<usize>],
    findings: &'a [Finding],
    len: usize,
) -> impl Iterator<Item = Range<usize>> + 'a {
    let holds_term = move |finding: &Finding| {
        let first = own.partition_point(|term| term.end <= finding.span.start);
        own.get(first).is_some_and(|term| term.start < finding.span.end)
    };
    (0..=findings.len()).filter_map(move |at| {
        let (left, right) = (at.checked_sub(1).map(|left| &findings[left]), findings.get(at));
        let gap = left.map_or(0, |left| left.span.end)..right.map_or(len, |right| right.span.start);
        (left.is_some_and(holds_term) || right.is_some_and(holds_term)).then_some(gap).filter(|gap| !gap.is_empty())
    })
}

fn inflects(pattern: &str) -> bool {
    let last = pattern.rsplit(' ').next().unwrap_or(pattern);
    last.chars().count() >= INFLECTED_CHARS && last.chars().all(char::is_alphabetic)
}

/// Whether what stands before and behind a place belongs to one word.
fn joined(text: &str, at: usize) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_unspaced(c));
    part(text[..at].chars().next_back()) && part(text[at..].chars().next())
}

/// Letters of scripts that put no space between words, or hang particles onto them: Thai, Lao,
/// Burmese, Khmer, kana, Han and Hangul.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF | 0x1000..=0x11FF | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF
        | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

#[cfg(test)]
mod tests {
    use super::super::{Redactor, RuleSpec, RulesetSpec, Validator};
    use super::*;
    use crate::bytes::Cid;
    use crate::text::RawText;

    /// Two words with an initial capital are a name, three digits a telephone number.
    fn ruleset() -> Ruleset {
        let mail = RuleSpec { validator: Validator::Email, ..RuleSpec::searching(Kind::Email, "@") };
        let name = RuleSpec::searching(Kind::Name, "[A-Z][a-z]+ [A-Z][a-z]+");
        let rules = vec![name, RuleSpec::searching(Kind::Phone, "[0-9]{3}"), mail];
        Ruleset::compile(RulesetSpec::of("t", rules), Cid::of_cbor(b"")).expect("it is within the limits")
    }

    fn hidden(terms: &[&str], text: &str) -> String {
        let (ruleset, terms) = (ruleset(), Terms::new(terms).unwrap());
        let redacted = Redactor::new(&ruleset).hiding(&terms).redact(&RawText::new(text)).text.as_str().to_owned();
        assert_eq!(ruleset.second_pass(&redacted), 0, "{redacted}");
        redacted
    }

    #[test]
    fn a_term_is_hidden_as_a_word_in_every_spelling() {
        let cases = [
            ("at ACME, acme's and “Acme”", "at [TERM_1], [TERM_1]'s and “[TERM_1]”"),
            ("acmeist, pacme and acme2 are none", "acmeist, pacme and acme2 are none"),
            ("see acme_report-24", "see [TERM_1]_report-24"),
            ("the Acmes, two acmes", "the [TERM_1]s, two [TERM_1]s"),
            ("ａｃｍｅ, ac\u{200b}me, äcme", "[TERM_1], [TERM_1], [TERM_1]"),
        ];
        for (text, expected) in cases {
            assert_eq!(hidden(&["Acme"], text), expected);
        }
        let spelt = "josé-maría niño, JOSE MARIA NINO, jose\u{301}\n  maría_niño";
        assert_eq!(hidden(&["José María Niño"], spelt), "[TERM_1], [TERM_1], [TERM_1]");
        assert_eq!(
            hidden(&["Strauß", "İzmir", "Øre"], "STRAUSS izmir IZMIR ore"),
            "[TERM_1] [TERM_2] [TERM_2] [TERM_3]"
        );
    }

    #[test]
    fn short_words_take_no_ending() {
        assert_eq!(hidden(&["Al"], "als al's AL"), "als [TERM_1]'s [TERM_1]");
    }

    #[test]
    fn scripts_without_spaces_need_no_edge_of_a_word() {
        assert_eq!(hidden(&["田中", "김민수"], "私は田中です 김민수는"), "私は[TERM_1]です [TERM_2]는");
    }

    #[test]
    fn of_a_term_in_another_and_beside_another_the_whole_is_hidden() {
        assert_eq!(hidden(&["red", "red house", "house x"], "a red house x, red"), "a [TERM_1], [TERM_2]");
        assert_eq!(hidden(&["an", "an bo cy"], "an bo"), "[TERM_1] bo");
    }

    #[test]
    fn a_term_and_a_finding_are_hidden_together_and_shown_as_the_more_specific() {
        assert_eq!(hidden(&["acme"], "ana@acme.org, acme"), "[EMAIL_1], [TERM_1]");
        assert_eq!(hidden(&["Silva Acme"], "of Ana Silva Acme."), "of [TERM_1].");
        assert_eq!(hidden(&["acme"], "123acme acme123 12acme"), "[PHONE_1][TERM_1] [TERM_1][PHONE_1] 12acme");
    }

    #[test]
    fn what_a_term_uncovers_is_found_too() {
        // The local part would be too long for an address, until the term in its middle is gone.
        let text = format!("{}.acme.{}@home.org", "x".repeat(40), "y".repeat(29));
        assert_eq!(hidden(&[], &text), text);
        assert_eq!(hidden(&["acme"], &text), format!("{}.[TERM_1].[EMAIL_1]", "x".repeat(40)));
    }

    #[test]
    fn no_term_touches_a_placeholder() {
        let terms = ["EMAIL", "email 1", "TERM", "term_1", "[NAME_1]", "11"];
        let text = "[EMAIL_1] [TERM_1] x [NAME_1] [PHONE_11]";
        assert_eq!(hidden(&terms, text), text);
        assert_eq!(hidden(&terms, "EMAIL_1 [ana@acme.org"), "[TERM_1] [[EMAIL_1]");
        assert_eq!(hidden(&["TERM 1"], &hidden(&["TERM 1"], "term-1")), "[TERM_1]");
    }

    #[test]
    fn terms_have_limits_and_errors_do_not_repeat_them() {
        let long = "é".repeat(101);
        assert_eq!(Terms::new(&["ok", &long]).unwrap_err(), TermsError::Long { term: 2, bytes: 202 });
        assert!(Terms::new(&[&long[..200]]).is_ok());
        for short in ["", "x", "[7]", " - "] {
            assert_eq!(Terms::new(&[short]).unwrap_err(), TermsError::Short(1), "{short}");
        }
        let many: Vec<_> = (10..1010).map(|n| n.to_string()).collect();
        assert_eq!(Terms::new(&many).unwrap().len(), 1000);
        assert_eq!(Terms::new(&[many, vec!["x1".to_owned()]].concat()).unwrap_err(), TermsError::Many(1001));
        assert_eq!(Terms::new(&["Ana", "ANA", "(ana)"]).unwrap().len(), 1);
        assert!(Terms::new::<&str>(&[]).unwrap().is_empty());
        assert_eq!(format!("{:?}", Terms::new(&["Ana"]).unwrap()), "Terms(1)");
    }
}
