//! Replacing what was found by placeholders, the same ones throughout a record.

use super::normal::Normal;
use super::{Kind, Ruleset, placeholder};
use crate::text::{RawText, Redacted};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::ops::Range;

/// Redacts the texts of one record.
///
/// Each distinct value gets one placeholder, so that a record that names an address twice still
/// shows that it is the same one. Make a new redactor for each record: placeholders must not link
/// records. It keeps digests of values, never the values.
pub struct Redactor<'a> {
    ruleset: &'a Ruleset,
    numbers: BTreeMap<(Kind, [u8; 32]), u32>,
    last_number: BTreeMap<Kind, u32>,
    counts: BTreeMap<Kind, u32>,
    core: u32,
}

/// A redacted text and what was done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redaction {
    /// The text with placeholders.
    pub text: Redacted,
    /// The placeholders that this put there, in order.
    pub marks: Vec<Mark>,
}

/// One finding and the placeholder that stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What was found.
    pub kind: Kind,
    /// The placeholder, in bytes of the redacted text.
    pub placeholder: Range<usize>,
    /// What it replaced, in bytes of the original text.
    pub original: Range<usize>,
    /// How sure the finding is, in percent.
    pub confidence: u8,
}

impl<'a> Redactor<'a> {
    /// A redactor for one record.
    pub fn new(ruleset: &'a Ruleset) -> Self {
        let empty = BTreeMap::new();
        Redactor { ruleset, numbers: BTreeMap::new(), last_number: empty.clone(), counts: empty, core: 0 }
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
        for old in placeholder::all(text) {
            let last = self.last_number.entry(old.kind).or_default();
            *last = old.number.max(*last);
        }
        let mut from = 0;
        for finding in self.ruleset.find(text) {
            redacted.push_str(&text[from..finding.span.start]);
            from = finding.span.end;
            let number = self.number(finding.kind, &text[finding.span.clone()]);
            *self.counts.entry(finding.kind).or_default() += 1;
            self.core += u32::from(finding.core);
            let start = redacted.len();
            placeholder::write(redacted, finding.kind, number);
            let (kind, confidence) = (finding.kind, finding.confidence);
            marks.push(Mark { kind, placeholder: start..redacted.len(), original: finding.span, confidence });
        }
        redacted.push_str(&text[from..]);
    }

    /// How many findings of each kind there were so far, repetitions included.
    pub fn counts(&self) -> &BTreeMap<Kind, u32> {
        &self.counts
    }

    /// Whether the record has more core findings than the ruleset allows without a person's look.
    pub fn quarantine(&self) -> bool {
        self.core > self.ruleset.quarantine_above()
    }

    /// How many findings so far are of the kinds that count towards quarantine.
    pub fn core_findings(&self) -> u32 {
        self.core
    }

    /// The placeholder's number for a value.
    fn number(&mut self, kind: Kind, value: &str) -> u32 {
        let same = Sha256::digest(kind.same_value(Normal::of(value, self.ruleset.table).as_str()));
        let last = self.last_number.entry(kind).or_default();
        match self.numbers.entry((kind, same.into())) {
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

impl fmt::Debug for Redactor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({:?}, {} core findings)", self.counts, self.core)
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
        assert_eq!(
            redactor.counts().iter().map(|(k, n)| (*k, *n)).collect::<Vec<_>>(),
            [(Kind::Phone, 5), (Kind::Name, 4)]
        );
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

    #[test]
    fn nothing_that_is_printed_for_debugging_holds_a_value() {
        let ruleset = ruleset();
        let mut redactor = Redactor::new(&ruleset);
        redact(&mut redactor, "aaaa");
        assert!(!format!("{redactor:?}").contains("aaaa"));
    }
}
