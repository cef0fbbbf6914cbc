//! Looking for personal data in a text.

use super::normal::Normal;
use super::rule::{continues_word, met_by};
use super::{Kind, Ruleset, placeholder};
use std::ops::Range;

/// How often what is left of a text is looked at again after findings are taken out of it.
pub(super) const ROUNDS: usize = 8;
/// Candidates for which there is room from the beginning: as many as a message has.
const CANDIDATES: usize = 32;
/// Findings for which there is room from the first one on.
const FINDINGS: usize = 8;

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
        for part in placeholder::outside(text) {
            let normal = Normal::of(&text[part.clone()], self.table);
            let mut here = self.find_in(&normal);
            for finding in &mut here {
                let span = normal.original(&finding.span);
                finding.span = span.start + part.start..span.end + part.start;
            }
            if found.is_empty() {
                found = here;
            } else {
                found.append(&mut here);
            }
        }
        found
    }

    /// How many things are found in a text that has been redacted: none, if it was done with this
    /// ruleset. What validators check.
    pub fn second_pass(&self, text: &str) -> usize {
        self.find(text).len()
    }

    /// Everything found in a normalised text without placeholders.
    fn find_in(&self, normal: &Normal<'_>) -> Vec<Finding> {
        let whole = 0..normal.as_str().len();
        let mut refused = Vec::with_capacity(CANDIDATES);
        let mut found = self.look(normal, &whole, &mut refused);
        if found.is_empty() {
            return found;
        }
        // Long runs come first, then all the rest: two lists in order, which this sort is quick with.
        refused.sort_by_key(|candidate| candidate.start.start);
        let mut more = Vec::new();
        each_gap(whole, &found, |gap| self.look_within(normal, gap, 1, &refused, &mut more));
        if !more.is_empty() {
            found.append(&mut more);
            found.sort_by_key(|finding| finding.span.start);
        }
        found
    }

    /// Adds what is found in `gap`, and in what is left of it then, until nothing is.
    fn look_within(
        &self,
        normal: &Normal<'_>,
        gap: Range<usize>,
        round: usize,
        refused: &[Candidate],
        found: &mut Vec<Finding>,
    ) {
        let bytes = normal.as_str().as_bytes();
        let from = refused.partition_point(|candidate| candidate.start.start < gap.start);
        let refused_here = refused.get(from).is_some_and(|candidate| candidate.start.start < gap.end);
        let goes_on = gap.start > 0 && (bytes[gap.start - 1].is_ascii_alphanumeric() || bytes[gap.start - 1] == b'_');
        if !refused_here && !goes_on && !self.any_searched {
            return;
        }
        let mut more = self.look_again(normal, &gap, &refused[from..]);
        if more.is_empty() {
            return;
        }
        // Only a text built for the purpose comes here: it is hidden whole.
        if round == ROUNDS {
            more.truncate(1);
            more[0].span = gap.clone();
        }
        each_gap(gap, &more, |gap| self.look_within(normal, gap, round + 1, refused, found));
        found.append(&mut more);
    }

    /// What is found in a part at first sight, its spans counted from there. Candidates that a rule
    /// refused are added to `refused`.
    fn look(&self, normal: &Normal<'_>, part: &Range<usize>, refused: &mut Vec<Candidate>) -> Vec<Finding> {
        let text = &normal.as_str()[part.clone()];
        let mut findings = Vec::new();
        self.search(text, &mut findings);
        let place = Place { normal, text, from: part.start };
        let mut ends = Ends::new(self.rules.len());
        self.scan.each(text, |rule, start| {
            if !self.rules[rule].is_hopeless(text, &start) {
                self.judge(&place, rule, start, &mut ends, &mut findings, refused);
            }
        });
        merge_overlaps(&mut findings);
        findings
    }

    /// Adds what a rule finds at a place to `findings`, or the place to `refused`.
    #[inline(never)]
    fn judge(
        &self,
        place: &Place,
        rule: usize,
        start: Range<usize>,
        ends: &mut Ends,
        findings: &mut Vec<Finding>,
        refused: &mut Vec<Candidate>,
    ) {
        match self.try_at(place, rule, &start, ends) {
            Some(finding) => {
                findings.reserve(if findings.is_empty() { FINDINGS } else { 1 });
                findings.push(finding);
            }
            None => refused.push(Candidate { rule, start }),
        }
    }

    /// What is found in `gap`, a part with findings beside it, now that they are gone.
    /// The candidates are those of the whole text that were refused there and behind.
    fn look_again(&self, normal: &Normal<'_>, gap: &Range<usize>, refused: &[Candidate]) -> Vec<Finding> {
        let part = &normal.as_str()[gap.clone()];
        let bytes = normal.as_str().as_bytes();
        let cut = gap.start > 0 && bytes[gap.start - 1].is_ascii_alphanumeric();
        let mut findings = if cut && bytes[gap.start].is_ascii_alphanumeric() {
            // The rest of a run of letters and digits may be a candidate that was none before.
            self.look(normal, gap, &mut Vec::new())
        } else {
            let mut findings = Vec::new();
            self.search(part, &mut findings);
            let continued = continues_word(&bytes[..gap.start]);
            let refused = refused.iter().take_while(|candidate| candidate.start.start < gap.end);
            let place = Place { normal, text: part, from: gap.start };
            let mut ends = Ends::new(self.rules.len());
            // What went on with a word may now begin one, and was not seen before.
            if continued {
                self.scan.each_first(part, |rule, start| {
                    findings.extend(self.try_at(&place, rule, &start, &mut ends));
                });
            }
            for candidate in refused {
                if candidate.start.end <= gap.end {
                    let start = candidate.start.start - gap.start..candidate.start.end - gap.start;
                    findings.extend(self.try_at(&place, candidate.rule, &start, &mut ends));
                }
            }
            merge_overlaps(&mut findings);
            findings
        };
        for finding in &mut findings {
            finding.span = finding.span.start + gap.start..finding.span.end + gap.start;
        }
        findings
    }

    #[inline(always)]
    fn try_at(&self, place: &Place, rule: usize, start: &Range<usize>, ends: &mut Ends) -> Option<Finding> {
        if start.start < ends.of(rule) {
            return None;
        }
        let mut finding = self.rules[rule].finding(self.rules[rule].at(place.text, start.clone())?);
        let span = place.from + finding.span.start..place.from + finding.span.end;
        // With letters of two widths it is no address, but the mailbox in it may be somebody's.
        if finding.kind == Kind::Email
            && place.normal.mixes_widths(&span)
            && let Some(at) = place.text[finding.span.clone()].find('@')
        {
            finding.span.end = finding.span.start + at + 1;
        }
        ends.set(rule, finding.span.end);
        Some(finding)
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

/// A part of a normalised text, and where it begins there.
struct Place<'a> {
    normal: &'a Normal<'a>,
    text: &'a str,
    from: usize,
}

/// A place where a rule was tried.
struct Candidate {
    rule: usize,
    start: Range<usize>,
}

/// Where each rule's last finding ended: it looks on behind it. Empty until something is found.
struct Ends {
    rules: usize,
    ends: Vec<usize>,
}

impl Ends {
    fn new(rules: usize) -> Self {
        Ends { rules, ends: Vec::new() }
    }

    fn of(&self, rule: usize) -> usize {
        self.ends.get(rule).copied().unwrap_or_default()
    }

    fn set(&mut self, rule: usize, end: usize) {
        self.ends.resize(self.rules, 0);
        self.ends[rule] = end;
    }
}

/// Calls `gap` with each part of `whole` between findings; none is empty.
pub(super) fn each_gap(whole: Range<usize>, findings: &[Finding], mut gap: impl FnMut(Range<usize>)) {
    let mut from = whole.start;
    let ends = findings.iter().map(|finding| (finding.span.start, finding.span.end));
    for (start, next) in ends.chain([(whole.end, whole.end)]) {
        if from < start {
            gap(from..start);
        }
        from = next;
    }
}

/// Sorts findings and joins those that share a character.
pub(super) fn merge_overlaps(findings: &mut Vec<Finding>) {
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
