//! Replacing what was found by placeholders, the same ones throughout a record.

use super::find::{Finding, ROUNDS, each_gap, merge_overlaps};
use super::normal::Normal;
use super::{Kind, PlaceholderName, Ruleset, Terms, placeholder};
use crate::text::{RawText, Redacted};
use sha2::{Digest, Sha256};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

/// Redacts the texts of one record.
///
/// Each distinct value gets one placeholder, so that a record that names an address twice still
/// shows that it is the same one. Make a new redactor for each record: placeholders must not link
/// records. It keeps digests of values, never the values.
pub struct Redactor<'a> {
    ruleset: &'a Ruleset,
    terms: Option<&'a Terms>,
    numbers: BTreeMap<Value, u32>,
    /// By kind.
    last_number: [u32; Kind::ALL.len()],
    /// What stays in the text although it is found.
    kept: BTreeSet<Value>,
    /// By kind.
    counts: [u32; Kind::ALL.len()],
    core: u32,
}

/// A kind and the digest of one of its values.
type Value = (Kind, [u8; 32]);

/// A redacted text and what was done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redaction {
    /// The text with placeholders.
    pub text: Redacted,
    /// The placeholders that this put there, and what it left there as a false alarm, in order.
    pub marks: Vec<Mark>,
}

/// One finding and the placeholder that stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What was found.
    pub kind: Kind,
    /// Which placeholder of this kind.
    pub number: u32,
    /// The placeholder, or what stays in its place, in bytes of the redacted text.
    pub placeholder: Range<usize>,
    /// What it replaced, in bytes of the original text.
    pub original: Range<usize>,
    /// How sure the finding is, in percent.
    pub confidence: u8,
    /// Whether it was declared a false alarm and stays in the text as it was.
    pub kept: bool,
}

impl Mark {
    /// What the placeholder says.
    pub fn name(&self) -> PlaceholderName {
        PlaceholderName { kind: self.kind, number: self.number }
    }
}

impl<'a> Redactor<'a> {
    /// A redactor for one record.
    pub fn new(ruleset: &'a Ruleset) -> Self {
        Redactor {
            ruleset,
            terms: None,
            numbers: BTreeMap::new(),
            last_number: [0; Kind::ALL.len()],
            kept: BTreeSet::new(),
            counts: [0; Kind::ALL.len()],
            core: 0,
        }
    }

    /// The same, hiding a person's own terms too.
    pub fn hiding(self, terms: &'a Terms) -> Self {
        Redactor { terms: Some(terms).filter(|terms| !terms.is_empty()), ..self }
    }

    /// A redactor for the same record from its beginning, which leaves these false alarms in the
    /// text. Every other value keeps its placeholder. What is found only because they stay, and is
    /// no part of them, is hidden too.
    ///
    /// # Errors
    /// The first name that stands for no value of its own that was found in this record.
    pub fn keeping(&self, false_alarms: &BTreeSet<PlaceholderName>) -> Result<Self, NoSuchFinding> {
        let value = |name: &PlaceholderName| {
            let found = self.numbers.iter().find(|((kind, _), number)| (*kind, **number) == (name.kind, name.number));
            found.map(|(value, _)| *value).ok_or(NoSuchFinding(*name))
        };
        Ok(Redactor {
            numbers: self.numbers.clone(),
            last_number: self.last_number,
            kept: false_alarms.iter().map(value).collect::<Result<_, _>>()?,
            terms: self.terms,
            ..Redactor::new(self.ruleset)
        })
    }

    /// The text with a placeholder for each finding.
    ///
    /// Placeholders that are already in the text stay, and their numbers are not given again.
    pub fn redact(&mut self, raw: &RawText) -> Redaction {
        let (mut redacted, mut marks) = (String::with_capacity(raw.len()), Vec::new());
        self.redact_into(raw.expose(), &mut redacted, &mut marks);
        Redaction { text: Redacted::from_redactor(redacted), marks }
    }

    /// As [`Redactor::redact`], appending the redacted text and its marks to what the caller has:
    /// for filters, which use the same memory again and again.
    pub fn redact_into(&mut self, text: &str, redacted: &mut String, marks: &mut Vec<Mark>) {
        self.respect_placeholders(text);
        let (found, kept) = self.judge(text);
        marks.reserve(found.len());
        let mut from = 0;
        for finding in found {
            let kept = is_within(&finding.span, &kept);
            let number = self.number(finding.kind, &text[finding.span.clone()]);
            redacted.push_str(&text[from..finding.span.start]);
            from = finding.span.end;
            let start = redacted.len();
            if kept {
                redacted.push_str(&text[finding.span.clone()]);
            } else {
                self.count(&finding);
                placeholder::write(redacted, finding.kind, number);
            }
            let Finding { kind, span, confidence, .. } = finding;
            marks.push(Mark { kind, number, placeholder: start..redacted.len(), original: span, confidence, kept });
        }
        redacted.push_str(&text[from..]);
    }

    /// Sees to it that the numbers of placeholders in `text` are not given again.
    pub(super) fn respect_placeholders(&mut self, text: &str) {
        for old in placeholder::all(text) {
            let last = &mut self.last_number[old.kind as usize];
            *last = old.number.max(*last);
        }
    }

    /// What the ruleset and the person's terms find.
    pub(super) fn find(&self, text: &str) -> Vec<Finding> {
        self.terms.map_or_else(|| self.ruleset.find(text), |terms| terms.find_with(self.ruleset, text))
    }

    pub(super) fn count(&mut self, finding: &Finding) {
        self.counts[finding.kind as usize] += 1;
        self.core += u32::from(finding.core);
    }

    /// What is found, in order; and those of it that stay as false alarms.
    fn judge(&self, text: &str) -> (Vec<Finding>, Vec<Finding>) {
        let found = self.find(text);
        if self.kept.is_empty() {
            return (found, Vec::new());
        }
        let keeps = |f: &Finding| self.kept.contains(&self.value(f.kind, &text[f.span.clone()]));
        let (kept, mut hidden): (Vec<_>, Vec<_>) = found.into_iter().partition(keeps);
        let kept = if kept.is_empty() { kept } else { self.hide_around(text, kept, &mut hidden) };
        hidden.extend(kept.iter().cloned());
        hidden.sort_by_key(|finding| finding.span.start);
        (hidden, kept)
    }

    /// Looks at what stays, as it stands among placeholders. What is found there besides parts of
    /// `kept` is hidden as well, until nothing is: nobody has judged it. Gives back what then stays.
    fn hide_around(&self, text: &str, mut kept: Vec<Finding>, hidden: &mut Vec<Finding>) -> Vec<Finding> {
        for round in 0..=ROUNDS {
            let mut more = Vec::new();
            each_gap(0..text.len(), hidden, |gap| {
                let found = self.find(&text[gap.clone()]).into_iter();
                let in_text = |f: Finding| Finding { span: f.span.start + gap.start..f.span.end + gap.start, ..f };
                more.extend(found.map(in_text).filter(|finding| !is_within(&finding.span, &kept)));
            });
            if more.is_empty() {
                return kept;
            }
            // Only a text built for the purpose comes here: then nothing of it stays.
            if round == ROUNDS {
                more.append(&mut kept);
            }
            hidden.append(&mut more);
            merge_overlaps(hidden);
            kept.retain(|kept| !touches(&kept.span, hidden));
        }
        kept
    }

    /// How many findings of each kind there were so far, repetitions included.
    pub fn counts(&self) -> impl Iterator<Item = (Kind, u32)> {
        Kind::ALL.into_iter().zip(self.counts).filter(|(_, count)| *count > 0)
    }

    /// Whether the record has more core findings than the ruleset allows without a person's look.
    pub fn quarantine(&self) -> bool {
        self.core > self.ruleset.quarantine_above()
    }

    /// How many findings so far are of the kinds that count towards quarantine.
    pub fn core_findings(&self) -> u32 {
        self.core
    }

    /// A kind and a value's digest: the same for all its spellings.
    fn value(&self, kind: Kind, value: &str) -> Value {
        (kind, Sha256::digest(kind.same_value(Normal::of(value, self.ruleset.table).as_str())).into())
    }

    /// The placeholder's number for a value.
    pub(super) fn number(&mut self, kind: Kind, value: &str) -> u32 {
        let value = self.value(kind, value);
        let last = &mut self.last_number[kind as usize];
        match self.numbers.entry(value) {
            Entry::Occupied(known) => *known.get(),
            // A body has no room for as many placeholders, a stream may. The last number is shared,
            // and what has it is not remembered: nothing is shown for want of a number, and memory
            // stays bounded.
            Entry::Vacant(_) if *last >= placeholder::LAST_NUMBER - 1 => {
                *last = placeholder::LAST_NUMBER;
                *last
            }
            Entry::Vacant(new) => {
                *last += 1;
                *new.insert(*last)
            }
        }
    }
}

/// Whether a span is a part of one of the findings, which are in order.
fn is_within(span: &Range<usize>, findings: &[Finding]) -> bool {
    let next = findings.partition_point(|finding| finding.span.end < span.end);
    findings.get(next).is_some_and(|finding| finding.span.start <= span.start)
}

/// Whether a span shares a character with one of the findings, which are in order.
pub(super) fn touches(span: &Range<usize>, findings: &[Finding]) -> bool {
    let next = findings.partition_point(|finding| finding.span.end <= span.start);
    findings.get(next).is_some_and(|finding| finding.span.start < span.end)
}

/// A placeholder's name that stands for no single value of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the name of a placeholder that was put into this text, found {0}")]
pub struct NoSuchFinding(pub PlaceholderName);

impl fmt::Debug for Redactor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: BTreeMap<Kind, u32> = self.counts().collect();
        write!(f, "Redactor({counts:?}, {} core findings)", self.core)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Needs, RuleSpec, RulesetSpec, Validator};
    use super::*;
    use crate::bytes::Cid;

    /// Runs of "a" are names and digits are phones; three are allowed.
    fn ruleset() -> Ruleset {
        let rule = |kind, pattern: &str, core| RuleSpec { core, ..RuleSpec::searching(kind, pattern) };
        let mail = RuleSpec { validator: Validator::Email, needs: vec![Needs::At], ..rule(Kind::Email, "@", true) };
        let rules = vec![rule(Kind::Name, "[aA]+", true), rule(Kind::Phone, "[0-9]+", false), mail];
        let spec = RulesetSpec { quarantine_above: 3, ..RulesetSpec::of("t", rules) };
        Ruleset::compile(spec, Cid::of_cbor(b"")).expect("it is within the limits")
    }

    fn redact(redactor: &mut Redactor, text: &str) -> String {
        redactor.redact(&RawText::new(text)).text.as_str().to_owned()
    }

    #[test]
    fn one_value_has_one_placeholder_throughout_a_record() {
        let ruleset = ruleset();
        let mut redactor = Redactor::new(&ruleset);
        assert_eq!(redact(&mut redactor, "aa 11 aaa AA"), "[NAME_1] [PHONE_1] [NAME_2] [NAME_1]");
        assert_eq!(redact(&mut redactor, "aaa, 2"), "[NAME_2], [PHONE_2]");
        assert_eq!(redact(&mut Redactor::new(&ruleset), "aaa"), "[NAME_1]");
    }

    #[test]
    fn marks_say_what_stands_where_before_and_after() {
        let ruleset = ruleset();
        let raw = "é aa, 11";
        let redaction = Redactor::new(&ruleset).redact(&RawText::new(raw));
        let seen: Vec<(&str, &str)> = redaction
            .marks
            .iter()
            .map(|mark| (&raw[mark.original.clone()], &redaction.text.as_str()[mark.placeholder.clone()]))
            .collect();
        assert_eq!(seen, [("aa", "[NAME_1]"), ("11", "[PHONE_1]")]);
    }

    #[test]
    fn only_core_findings_above_the_limit_lead_to_quarantine() {
        let ruleset = ruleset();
        let mut redactor = Redactor::new(&ruleset);
        redact(&mut redactor, "a 1 a 1 2 3 4 a");
        assert!(!redactor.quarantine());
        redact(&mut redactor, "a");
        assert!(redactor.quarantine());
        assert_eq!(redactor.counts().collect::<Vec<_>>(), [(Kind::Phone, 5), (Kind::Name, 4)]);
    }

    #[test]
    fn placeholders_in_the_text_stay_and_keep_their_numbers() {
        let ruleset = ruleset();
        assert_eq!(redact(&mut Redactor::new(&ruleset), "[NAME_4] x [PHONE_1] a"), "[NAME_4] x [PHONE_1] [NAME_5]");
        assert_eq!(redact(&mut Redactor::new(&ruleset), "[NAME_99999] aa a"), "[NAME_99999] [NAME_99999] [NAME_99999]");
    }

    #[test]
    fn what_a_finding_uncovers_is_found_too() {
        let ruleset = ruleset();
        // The local part would be 70 characters long, until the "a" in its middle is gone.
        let text = format!("{}a{}@home.org", "x".repeat(40), "y".repeat(29));
        let redacted = redact(&mut Redactor::new(&ruleset), &text);
        assert_eq!(redacted, format!("{}[NAME_1][EMAIL_1]", "x".repeat(40)));
        assert_eq!(ruleset.second_pass(&redacted), 0);
    }

    fn names(names: &[&str]) -> BTreeSet<PlaceholderName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn a_false_alarm_stays_wherever_it_stands_and_the_others_keep_their_placeholders() {
        let ruleset = ruleset();
        let mut first = Redactor::new(&ruleset);
        assert_eq!(redact(&mut first, "aa 11 aaa AA"), "[NAME_1] [PHONE_1] [NAME_2] [NAME_1]");
        let mut again = first.keeping(&names(&["NAME_1"])).unwrap();
        let redaction = again.redact(&RawText::new("aa 11 aaa AA"));
        assert_eq!(redaction.text.as_str(), "aa [PHONE_1] [NAME_2] AA");
        let marks: Vec<_> = redaction.marks.iter().map(|mark| (mark.name().to_string(), mark.kept)).collect();
        let expected = [("NAME_1", true), ("PHONE_1", false), ("NAME_2", false), ("NAME_1", true)];
        assert_eq!(marks, expected.map(|(name, kept)| (name.to_owned(), kept)));
        assert_eq!(ruleset.second_pass(redaction.text.as_str()), 2);
        let names = again.counts().find(|(kind, _)| *kind == Kind::Name);
        assert_eq!((names, again.core_findings()), (Some((Kind::Name, 1)), 1), "what stays is not counted");
    }

    #[test]
    fn only_what_was_found_can_be_a_false_alarm() {
        let ruleset = ruleset();
        let mut redactor = Redactor::new(&ruleset);
        redact(&mut redactor, "[NAME_2] aa [PHONE_99999] 11");
        for wrong in ["NAME_1", "NAME_2", "EMAIL_1", "PHONE_1", "PHONE_99999"] {
            let error = redactor.keeping(&names(&["NAME_3", wrong])).unwrap_err();
            assert_eq!(error.0.to_string(), wrong, "{error}");
        }
        assert!(redactor.keeping(&names(&["NAME_3"])).is_ok());
    }

    #[test]
    fn what_stands_beside_a_false_alarm_stays_hidden() {
        let ruleset = ruleset();
        // The local part would be too long for an address, but for the "a" in its middle.
        let text = format!("{}a{}@home.org", "x".repeat(40), "y".repeat(29));
        let mut first = Redactor::new(&ruleset);
        redact(&mut first, &text);
        let kept = redact(&mut first.keeping(&names(&["NAME_1"])).unwrap(), &text);
        assert_eq!(kept, format!("{}a[EMAIL_1]", "x".repeat(40)));
        assert_eq!(ruleset.second_pass(&kept), 1);
    }

    #[test]
    fn values_beyond_the_last_number_share_it_and_are_not_remembered() {
        let ruleset = ruleset();
        let mut redactor = Redactor::new(&ruleset);
        redact(&mut redactor, "[PHONE_99996] 1");
        let seen: Vec<_> = (2..6).map(|n: u32| redact(&mut redactor, &n.to_string())).collect();
        assert_eq!(seen, ["[PHONE_99998]", "[PHONE_99999]", "[PHONE_99999]", "[PHONE_99999]"]);
        assert_eq!((redactor.numbers.len(), redact(&mut redactor, "1")), (2, "[PHONE_99997]".to_owned()));
    }

    #[test]
    fn nothing_that_is_printed_for_debugging_holds_a_value() {
        let ruleset = ruleset();
        let mut redactor = Redactor::new(&ruleset);
        redact(&mut redactor, "aaaa");
        assert!(!format!("{redactor:?}").contains("aaaa"));
    }
}
