//! Many phrases looked for in one pass.

use super::words::{Words, phrase};
use aho_corasick::{AhoCorasick, BuildError};
use std::collections::BTreeMap;

/// Phrases, each with what it is used for.
#[derive(Clone, Debug)]
pub(in crate::redact) struct Phrases<U> {
    automaton: AhoCorasick,
    phrases: Vec<Phrase<U>>,
}

#[derive(Clone, Debug)]
struct Phrase<U> {
    /// Whether its last word may go on, as in `diagnos*`.
    open: bool,
    uses: Vec<U>,
}

/// A phrase that was seen.
pub(in crate::redact) struct Seen<'a, U> {
    /// Its first and last word.
    pub(in crate::redact) first: usize,
    pub(in crate::redact) last: usize,
    pub(in crate::redact) uses: &'a [U],
}

/// Phrases being collected.
pub(in crate::redact) struct Collection<U>(BTreeMap<(String, bool), Vec<U>>);

impl<U> Collection<U> {
    /// No phrases.
    pub(in crate::redact) fn new() -> Self {
        Collection(BTreeMap::new())
    }

    /// Adds a use of a phrase; false when it has no word, or the end of a sentence in it.
    pub(in crate::redact) fn add(&mut self, text: &str, usage: U) -> bool {
        let (text, open) = text.strip_suffix('*').map_or((text, false), |text| (text, true));
        let plain = phrase(text);
        let sound = !plain.is_empty() && !plain.contains(" .");
        if sound {
            self.0.entry((plain, open)).or_default().push(usage);
        }
        sound
    }

    /// All phrases, ready to be looked for.
    pub(in crate::redact) fn build(self) -> Result<Phrases<U>, BuildError> {
        let automaton = AhoCorasick::new(self.0.keys().map(|(plain, _)| plain))?;
        let phrases = self.0.into_iter().map(|((_, open), uses)| Phrase { open, uses });
        Ok(Phrases { automaton, phrases: phrases.collect() })
    }
}

impl<U> Phrases<U> {
    /// Calls `see` for each phrase in `words`, in the order in which they end.
    pub(in crate::redact) fn each<'a>(&'a self, words: &Words, see: &mut dyn FnMut(Seen<'a, U>)) {
        let plain = words.plain();
        for found in self.automaton.find_overlapping_iter(plain) {
            let phrase = &self.phrases[found.pattern().as_usize()];
            let ended = matches!(plain.as_bytes().get(found.end()), None | Some(b' '));
            if ended || phrase.open {
                see(Seen { first: words.at(found.start()), last: words.at(found.end() - 1), uses: &phrase.uses });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Vec<(&'static str, usize, usize)> {
        let mut all = Collection::new();
        for phrase in ["my daughter", "daughter", "diagnos*", "~ years", "Née à"] {
            assert!(all.add(phrase, phrase));
        }
        let mut seen = Vec::new();
        let phrases = all.build().expect("few phrases");
        phrases.each(&Words::of(text), &mut |one| seen.push((one.uses[0], one.first, one.last)));
        seen.sort_unstable();
        seen
    }

    #[test]
    fn phrases_begin_and_end_with_words_unless_they_say_otherwise() {
        assert_eq!(seen("My  daughter's 9 years"), [("daughter", 1, 1), ("my daughter", 0, 1), ("~ years", 3, 4)]);
        assert_eq!(seen("granddaughter, daughters, amy daughter"), [("daughter", 3, 3)]);
        assert_eq!(seen("the diagnosis is misdiagnosed"), [("diagnos*", 1, 1)]);
        assert_eq!(seen("98 years, nee a"), [("Née à", 2, 3)]);
        assert_eq!(seen("my. Daughter"), [("daughter", 2, 2)]);
    }

    #[test]
    fn a_phrase_has_a_word_and_ends_no_sentence() {
        let mut all = Collection::new();
        assert!(!all.add("*", 0) && !all.add("…", 0) && !all.add("e.g. this", 0));
        assert!(all.add("e g", 0));
    }
}
