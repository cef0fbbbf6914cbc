//! The versions of the IETF AI Preferences vocabulary (draft-ietf-aipref-vocab), and what their labels mean here.

use super::Category;
use std::fmt;
use std::str::FromStr;

/// A version that statements are read by: a revision of the draft that has labels, from 01 (June 2025) to 08
/// (September 2026).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vocabulary(u8);

/// A version that is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a version of the vocabulary from ietf-aipref-01 to ietf-aipref-08")]
pub struct UnknownVocabulary;

/// What a label says when its value is `n`; and `y`, for the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is this category by name.
    Is(Category),
    /// Refusing it refuses these, which it contains or which contain it. A yes to it says nothing, since it would say
    /// more than was said or less.
    Refuses(&'static [Category]),
}

use Category::{Evaluate, Search, TrainAi};
use Meaning::{Is, Refuses};

/// Each label with the revision that first had it. What a later revision dropped is still refused by it.
const LABELS: [(&str, u8, Meaning); 12] = [
    // Commonwheel's own extension, of no revision.
    ("evaluate", 1, Is(Evaluate)),
    ("search", 1, Is(Search)),
    ("tdm", 1, Refuses(&[Search, TrainAi])),
    ("ai", 1, Refuses(&[TrainAi])),
    ("genai", 1, Refuses(&[TrainAi])),
    // Input to a model that answers: none of our categories.
    ("inference", 1, Refuses(&[])),
    ("all", 2, Refuses(&[Search, TrainAi])),
    ("train-ai", 2, Is(TrainAi)),
    ("train-genai", 2, Refuses(&[TrainAi])),
    ("ai-use", 2, Refuses(&[TrainAi])),
    ("bots", 3, Refuses(&[Search, TrainAi])),
    // It contains search in revision 04.
    ("ai-output", 4, Refuses(&[Search])),
];

impl Vocabulary {
    /// The version that statements are read by unless they say otherwise: draft 07 of 19 August 2026.
    pub const CURRENT: Vocabulary = Vocabulary(7);

    /// Every version, the oldest first.
    pub fn all() -> impl Iterator<Item = Vocabulary> {
        (1..=8).map(Vocabulary)
    }

    /// The labels that this version or an earlier one had, with what they mean.
    pub(super) fn labels(self) -> impl Iterator<Item = (&'static str, Meaning)> {
        LABELS.into_iter().filter(move |(_, since, _)| *since <= self.0).map(|(label, _, meaning)| (label, meaning))
    }
}

impl fmt::Display for Vocabulary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ietf-aipref-{:02}", self.0)
    }
}

impl FromStr for Vocabulary {
    type Err = UnknownVocabulary;

    fn from_str(text: &str) -> Result<Self, UnknownVocabulary> {
        Vocabulary::all().find(|version| version.to_string() == text).ok_or(UnknownVocabulary)
    }
}
