//! Looking for personal data in a text.

use super::normal::Normal;
use super::ruleset::{Rule, met_by};
use super::{Kind, Ruleset, placeholder};
use std::ops::Range;

/// How often what is left of a text is looked at again after findings are taken out of it.
const ROUNDS: usize = 8;

/// Personal data in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// Where it stands, in bytes of the UTF-8 text.
    pub span: Range<usize>,
    /// How sure this is, in percent.
    pub confidence: u8,
    /// Whether it counts towards quarantine.
    pub core: bool,
}

impl Ruleset {
    /// Everything found in `text`, in order and without overlaps, never inside a placeholder.
    ///
    /// Where findings overlap, one finding covers them all and has the most specific kind. A
    /// placeholder separates what is left and right of it, and the parts between findings are
    /// looked at again as if placeholders stood there, until nothing more is found. So replacing
    /// each finding by a placeholder gives a text in which nothing is found.
    pub fn find(&self, text: &str) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut parts: Vec<(Range<usize>, usize)> =
            placeholder::outside(text).into_iter().map(|part| (part, 0)).collect();
        while let Some((part, round)) = parts.pop() {
            let mut findings = self.find_in_part(&text[part.clone()], part.start);
            // Only a text built for the purpose comes here: it is hidden whole.
            if round == ROUNDS && !findings.is_empty() {
                findings.truncate(1);
                findings[0].span = part.clone();
            }
            if findings.is_empty() {
                continue;
            }
            let mut from = part.start;
            for finding in &findings {
                parts.push((from..finding.span.start, round + 1));
                from = finding.span.end;
            }
            parts.push((from..part.end, round + 1));
            parts.retain(|(part, _)| !part.is_empty());
            found.append(&mut findings);
        }
        found.sort_by_key(|finding| finding.span.start);
        found
    }

    /// How many things are found in a text that has been redacted: none, if it was done with this
    /// ruleset. What validators check.
    pub fn second_pass(&self, text: &str) -> usize {
        self.find(text).len()
    }

    fn find_in_part(&self, part: &str, offset: usize) -> Vec<Finding> {
        let normal = Normal::of(part);
        let met = met_by(normal.as_str());
        let mut findings = Vec::new();
        for rule in self.rules.iter().filter(|rule| rule.needs & !met == 0) {
            rule.find(normal.as_str(), &mut findings);
        }
        merge_overlaps(&mut findings);
        for finding in &mut findings {
            let span = normal.original(&finding.span);
            finding.span = span.start + offset..span.end + offset;
        }
        findings
    }
}

impl Rule {
    /// Adds what this rule finds in `text`, which is normalised.
    fn find(&self, text: &str, findings: &mut Vec<Finding>) {
        let mut at = 0;
        while at < text.len() {
            let Some(candidate) = self.regex.find_at(text, at) else { return };
            let group = match self.group {
                None => Some(candidate.range()),
                Some(group) => self
                    .regex
                    .captures_at(text, candidate.start())
                    .and_then(|captures| captures.get(group).map(|capture| capture.range())),
            };
            let checked = group.and_then(|span| self.validator.check(text, span)).filter(|span| !span.is_empty());
            at = match checked {
                Some(span) if span.end > at => {
                    let end = span.end;
                    findings.push(Finding { kind: self.kind, span, confidence: self.confidence, core: self.core });
                    end
                }
                _ => next_start(text, candidate.start()),
            };
        }
    }
}

/// Where the next candidate can begin after one at `from` was refused: past the run of letters and
/// digits there, since no validator accepts a beginning in the middle of one.
fn next_start(text: &str, from: usize) -> usize {
    let rest = &text[from..];
    let run = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
    from + run.max(rest.chars().next().map_or(1, char::len_utf8))
}

/// Sorts findings and joins those that share a character.
fn merge_overlaps(findings: &mut Vec<Finding>) {
    findings.sort_by_key(|finding| (finding.span.start, finding.span.end));
    findings.dedup_by(|next, kept| {
        if next.span.start >= kept.span.end {
            return false;
        }
        kept.span.end = kept.span.end.max(next.span.end);
        kept.core |= next.core;
        if (next.kind, std::cmp::Reverse(next.confidence)) < (kept.kind, std::cmp::Reverse(kept.confidence)) {
            (kept.kind, kept.confidence) = (next.kind, next.confidence);
        }
        true
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(kind: Kind, span: Range<usize>, confidence: u8) -> Finding {
        Finding { kind, span, confidence, core: kind != Kind::Phone }
    }

    #[test]
    fn overlapping_findings_become_one_of_the_most_specific_kind() {
        let mut findings = vec![
            finding(Kind::Phone, 8..20, 80),
            finding(Kind::Card, 4..10, 99),
            finding(Kind::Ip, 20..25, 90),
            finding(Kind::Name, 12..14, 70),
        ];
        merge_overlaps(&mut findings);
        assert_eq!(findings, [finding(Kind::Card, 4..20, 99), finding(Kind::Ip, 20..25, 90)]);
    }

    #[test]
    fn the_next_candidate_begins_after_a_run_of_letters_and_digits() {
        assert_eq!(next_start("ab12 3", 1), 4);
        assert_eq!(next_start("é1", 0), 2);
    }
}
