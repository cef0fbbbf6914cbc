//! Looking for personal data in a text.

use super::normal::Normal;
use super::rule::met_by;
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
        let normal = Normal::of(part, self.table);
        let mut findings = Vec::new();
        self.search(normal.as_str(), &mut findings);
        // Where a rule has found something it looks on behind it.
        let mut ends = vec![0; self.rules.len()];
        self.scan.each(normal.as_str(), |rule, start| {
            if start.start >= ends[rule]
                && let Some(span) = self.rules[rule].at(normal.as_str(), start)
            {
                ends[rule] = span.end;
                let finding = self.rules[rule].finding(span);
                if finding.kind != Kind::Email || !normal.mixes_widths(&finding.span) {
                    findings.push(finding);
                }
            }
        });
        merge_overlaps(&mut findings);
        for finding in &mut findings {
            let span = normal.original(&finding.span);
            finding.span = span.start + offset..span.end + offset;
        }
        findings
    }

    /// Adds what the rules find that are searched for everywhere.
    fn search(&self, text: &str, findings: &mut Vec<Finding>) {
        if self.any_searched {
            let met = met_by(text);
            let rules = self.rules.iter().filter(|rule| rule.is_searched() && rule.can_match(met));
            rules.for_each(|rule| rule.search(text, findings));
        }
    }
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
}
