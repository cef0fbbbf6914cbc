//! The classifier of high risk: which classes of sensitive matter a text is about, and where it shows.
//!
//! It looks at redacted text alone, so that a validator comes to the classes that the contributor saw:
//! what the redactor took out stands there as a placeholder, and `[coordinates]` is a word like any other.
//!
//! A class has *signals*. A signal is seen where one of its terms stands, or, if it has `after`, where a term
//! follows one of those in the same sentence with at most `gap` words between. Its weight says, in percent, how
//! sure one may be of the class when only this is seen; several signals within [`WINDOW`] words add up as
//! independent hints do: 1 − ∏(1 − weight). From the class's `threshold` on, the class is reported.
//! One pass of an automaton over the text; a signal is counted once however often it is seen.

pub(super) mod phrases;
pub(super) mod words;

use super::Kind;
use phrases::{Collection, Phrases};
use serde::Deserialize;
use std::fmt;
use std::ops::Range;
use words::Words;

/// How far apart signals may stand that add up, in words.
const WINDOW: usize = 80;
/// Signals of all classes together.
const SIGNALS: usize = 256;
/// Terms of all signals together.
const TERMS: usize = 8192;
/// A term, in bytes.
const TERM_BYTES: usize = 96;
/// Words between `after` and a term, at most.
const GAP: usize = 16;
/// Places of a class that are reported; more help nobody who looks at a preview.
const SPANS: usize = 64;

/// A class of sensitive matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RiskClass {
    /// A child, or somebody who writes as one.
    Minors,
    /// Somebody's health.
    Medical,
    /// What measures a body: fingerprints, faces, voices, genes.
    Biometric,
    /// Where somebody is to be found, to the house.
    Location,
    /// What opens a door: passwords, keys, numbers of identity.
    Credentials,
    /// Words that are meant to command a model that reads the record.
    PromptInjection,
}

impl RiskClass {
    /// Every class.
    pub const ALL: [RiskClass; 6] = [
        RiskClass::Minors,
        RiskClass::Medical,
        RiskClass::Biometric,
        RiskClass::Location,
        RiskClass::Credentials,
        RiskClass::PromptInjection,
    ];

    /// The name in charters, rulesets and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            RiskClass::Minors => "minors",
            RiskClass::Medical => "medical",
            RiskClass::Biometric => "biometric",
            RiskClass::Location => "location",
            RiskClass::Credentials => "credentials",
            RiskClass::PromptInjection => "prompt-injection",
        }
    }

    /// The class of a name.
    pub fn named(name: &str) -> Option<Self> {
        RiskClass::ALL.into_iter().find(|class| class.as_str() == name)
    }

    /// What the class is about, in a few words for a person.
    pub fn meaning(self) -> &'static str {
        match self {
            RiskClass::Minors => "a child or young person",
            RiskClass::Medical => "somebody's health",
            RiskClass::Biometric => "fingerprints, faces, voices or genes",
            RiskClass::Location => "where somebody lives or is",
            RiskClass::Credentials => "passwords, keys or identity numbers",
            RiskClass::PromptInjection => "commands to a model that reads it",
        }
    }
}

impl fmt::Display for RiskClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A class as a ruleset's file describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskSpec {
    /// Which; each at most once.
    pub class: RiskClass,
    /// From which confidence on it is reported, in percent.
    pub threshold: u8,
    /// What it is known by.
    pub signals: Vec<SignalSpec>,
}

/// One signal of a class.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalSpec {
    /// How sure this alone makes of the class, in percent.
    pub weight: u8,
    /// One of these must come before the term, when there are any.
    #[serde(default)]
    pub after: Vec<String>,
    /// With at most so many words between.
    #[serde(default)]
    pub gap: usize,
    /// Words and phrases; `~` is a number from 1 to 17, `#` another number, `[ip]` a placeholder, and a last
    /// word that ends in `*` may go on.
    pub terms: Vec<String>,
}

/// Why risks of a ruleset cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RiskError {
    /// A class stands twice.
    #[error("risks: {0} stands twice; put its signals together")]
    Twice(RiskClass),
    /// A percentage is none.
    #[error("risks: {class}: threshold and weights are 1 to 100 percent; found {found}")]
    Percent {
        /// Of which class.
        class: RiskClass,
        /// The number found.
        found: u8,
    },
    /// Too many signals or terms, or a gap that is too wide.
    #[error("risks: {what} is at most {most}; found {found}")]
    Many {
        /// Of what.
        what: &'static str,
        /// The limit.
        most: usize,
        /// The number found.
        found: usize,
    },
    /// A term is empty, too long, more than one sentence, or has a placeholder that nothing is replaced by.
    #[error(
        "risks: {class}: the term {term:?} is no phrase of 1 to {TERM_BYTES} bytes within a sentence, with known placeholders"
    )]
    Term {
        /// Of which class.
        class: RiskClass,
        /// The term.
        term: String,
    },
    /// The automaton would be too large.
    #[error("risks: too many terms for one automaton; use fewer")]
    Size,
}

/// A class that a text was found to be of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Risk {
    /// Which.
    pub class: RiskClass,
    /// How sure this is, in percent.
    pub confidence: u8,
    /// What gave rise to it, in bytes of the text: in order, without overlaps, at most 64.
    pub spans: Vec<Range<usize>>,
}

/// A ruleset's signals, compiled.
#[derive(Clone, Debug)]
pub(super) struct Risks {
    classes: Vec<Class>,
    signals: Vec<Signal>,
    phrases: Phrases<Use>,
}

#[derive(Clone, Debug)]
struct Class {
    class: RiskClass,
    threshold: u8,
    /// Which of the signals are its own.
    signals: Range<usize>,
}

#[derive(Clone, Debug)]
struct Signal {
    /// Which of the classes.
    class: usize,
    weight: u8,
    /// How many words may stand between, when something must come before.
    gap: Option<usize>,
}

/// What a phrase is to a signal.
#[derive(Clone, Copy, Debug)]
enum Use {
    After(usize),
    Term(usize),
}

impl Risks {
    /// The signals that `specs` describe.
    pub(super) fn compile(specs: &[RiskSpec]) -> Result<Self, RiskError> {
        let (mut signals, mut classes, mut all, mut terms) = (Vec::new(), Vec::<Class>::new(), Collection::new(), 0);
        for spec in specs {
            let class = spec.class;
            if classes.iter().any(|other| other.class == class) {
                return Err(RiskError::Twice(class));
            }
            let first = signals.len();
            for signal in &spec.signals {
                let percents = [spec.threshold, signal.weight];
                if let Some(found) = percents.into_iter().find(|percent| !(1..=100).contains(percent)) {
                    return Err(RiskError::Percent { class, found });
                }
                most("a gap", GAP, signal.gap)?;
                let after = signal.after.iter().map(|term| (term, Use::After(signals.len())));
                for (term, usage) in after.chain(signal.terms.iter().map(|term| (term, Use::Term(signals.len())))) {
                    terms += 1;
                    if term.len() > TERM_BYTES || !names_kinds(term) || !all.add(term, usage) {
                        return Err(RiskError::Term { class, term: term.chars().take(TERM_BYTES).collect() });
                    }
                }
                let gap = (!signal.after.is_empty()).then_some(signal.gap);
                signals.push(Signal { class: classes.len(), weight: signal.weight, gap });
            }
            classes.push(Class { class, threshold: spec.threshold, signals: first..signals.len() });
        }
        most("the number of signals", SIGNALS, signals.len())?;
        most("the number of terms", TERMS, terms)?;
        Ok(Risks { classes, signals, phrases: all.build().map_err(|_| RiskError::Size)? })
    }

    /// The classes that `text` is of, in the order of [`RiskClass`].
    pub(super) fn of(&self, text: &str) -> Vec<Risk> {
        if self.signals.is_empty() {
            return Vec::new();
        }
        let words = Words::of(text);
        let mut look = Look {
            risks: self,
            words: &words,
            before: vec![None; self.signals.len()],
            seen: vec![None; self.signals.len()],
            found: self.classes.iter().map(|of| Risk { class: of.class, confidence: 0, spans: vec![] }).collect(),
        };
        self.phrases.each(&words, &mut |phrase| {
            for usage in phrase.uses {
                match *usage {
                    Use::After(signal) => look.before[signal] = Some((phrase.first, phrase.last)),
                    Use::Term(signal) => look.term(signal, phrase.first, phrase.last),
                }
            }
        });
        let mut found: Vec<Risk> = look.found.into_iter().filter(|risk| risk.confidence > 0).collect();
        found.iter_mut().for_each(|risk| join(&mut risk.spans));
        found.sort_by_key(|risk| risk.class);
        found
    }
}

/// One look at a text.
struct Look<'a> {
    risks: &'a Risks,
    words: &'a Words,
    /// For each signal, the last words seen that must come before its terms.
    before: Vec<Option<(usize, usize)>>,
    /// For each signal, the words where it was seen last.
    seen: Vec<Option<(usize, usize)>>,
    found: Vec<Risk>,
}

impl Look<'_> {
    /// A term of a signal stands at the words `first` to `last`.
    fn term(&mut self, signal: usize, first: usize, last: usize) {
        let begin = match (self.risks.signals[signal].gap, self.before[signal]) {
            (None, _) => first,
            (Some(gap), Some((begin, end))) if end < first && first - end <= gap + 1 => {
                if self.words.sentence(end) != self.words.sentence(first) {
                    return;
                }
                begin
            }
            (Some(_), _) => return,
        };
        self.seen[signal] = Some((begin, last));
        let class = self.risks.signals[signal].class;
        let Class { threshold, signals, .. } = &self.risks.classes[class];
        let near = signals.clone().filter_map(|i| {
            let (first, end) = self.seen[i].filter(|(_, end)| last - end.min(&last) <= WINDOW)?;
            Some((self.risks.signals[i].weight, first, end))
        });
        let confidence = together_sure(near.clone().map(|(weight, ..)| weight));
        if confidence < *threshold {
            return;
        }
        let risk = &mut self.found[class];
        risk.confidence = risk.confidence.max(confidence);
        for (_, first, last) in near {
            let span = self.words.span(first, last);
            if risk.spans.len() < SPANS && !risk.spans.contains(&span) {
                risk.spans.push(span);
            }
        }
    }
}

/// How sure several independent hints make, in percent: 1 − ∏(1 − weight), in whole millionths.
fn together_sure(weights: impl Iterator<Item = u8>) -> u8 {
    let doubt = weights.fold(1_000_000u32, |doubt, weight| doubt * (100 - u32::from(weight).min(100)) / 100);
    (100 - doubt.div_ceil(10_000)) as u8
}

/// Sorts spans and joins those that share a byte.
fn join(spans: &mut Vec<Range<usize>>) {
    spans.sort_by_key(|span| (span.start, span.end));
    spans.dedup_by(|next, kept| {
        let joined = next.start < kept.end;
        if joined {
            kept.end = kept.end.max(next.end);
        }
        joined
    });
}

/// Whether every placeholder in a term is one that the redactor writes.
fn names_kinds(term: &str) -> bool {
    let inside = |word: &str| Some(word.strip_prefix('[')?.strip_suffix(']')?.to_ascii_lowercase());
    term.split_whitespace().filter_map(inside).all(|name| Kind::from_name(&name).is_some())
}

fn most(what: &'static str, most: usize, found: usize) -> Result<(), RiskError> {
    if found <= most { Ok(()) } else { Err(RiskError::Many { what, most, found }) }
}

#[cfg(test)]
mod tests;
