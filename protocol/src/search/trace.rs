//! Where a text was taken from: fingerprints by which its sources are found, and the spans that both have.
//!
//! Fingerprints are chosen by winnowing (Schleimer, Wilkerson and Aiken, 2003): of every [`WINDOW`] runs of
//! [`GRAM`] words that begin side by side, the one with the least hash. Two texts that have a span of
//! [`SPAN`] words in common have such a window in common, and so a fingerprint; a record is then compared word by
//! word, so that a fingerprint alone names nobody.

use super::words::{Word, each_word};
use std::collections::{BTreeMap, VecDeque};

/// Words in a run that is hashed.
pub const GRAM: usize = 5;
/// Runs of which one is kept.
pub const WINDOW: usize = 4;
/// The shortest span that is found for certain, in words.
pub const SPAN: usize = GRAM + WINDOW - 1;

/// A fingerprint has this many bits: few enough to be small in an index, and enough that among the hundred million
/// of a million records one that nobody meant is met once in ten thousand times.
const PRINT_BITS: u32 = 40;

/// The fingerprints of texts, each once, in order. None comes from two texts.
pub fn prints<S: AsRef<str>>(texts: &[S]) -> Vec<u64> {
    let mut all = Vec::new();
    for text in texts {
        let mut words = Vec::new();
        each_word(text.as_ref(), &mut |word, _| words.push(hash(word)));
        winnow(&words, &mut |_, print| all.push(print));
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn hash(word: &str) -> u64 {
    let start = 0x9ae1_6a3b_2f90_404f;
    word.bytes().fold(start, |hash: u64, byte| mix(hash ^ u64::from(byte)))
}

/// A number in which each bit of the given one is in every bit.
fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    let x = (x ^ (x >> 29)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    x ^ (x >> 32)
}

/// Calls `keep` with each fingerprint of a text's words, and the word at which its run begins.
fn winnow(words: &[u64], keep: &mut impl FnMut(usize, u64)) {
    // The runs of the window that can still be the least one of it, least first.
    let mut window: VecDeque<(usize, u64)> = VecDeque::new();
    let mut kept = None;
    for (at, gram) in words.windows(GRAM).enumerate() {
        let all = gram.iter().fold(0, |hash: u64, word| mix(hash.rotate_left(7) ^ word));
        // The last of equals is the least: it stays in the window for longer.
        while window.back().is_some_and(|(_, last)| *last >= all) {
            window.pop_back();
        }
        window.push_back((at, all));
        if at + 1 < WINDOW {
            continue;
        }
        while window.front().is_some_and(|(first, _)| *first + WINDOW <= at) {
            window.pop_front();
        }
        if let Some((first, print)) = window.front().copied()
            && kept != Some(first)
        {
            kept = Some(first);
            keep(first, print >> (64 - PRINT_BITS));
        }
    }
}

/// A text whose sources are looked for.
pub struct Traced {
    words: Vec<Word>,
    /// Each word as a number.
    numbers: Vec<u32>,
    known: BTreeMap<String, u32>,
    prints: Vec<(usize, u64)>,
}

/// Words of a text that a record has too, in this order. Neither of its neighbours continues it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first word, counted from 0.
    pub first: usize,
    /// How many words.
    pub words: usize,
}

impl Traced {
    /// Reads a text.
    pub fn of(text: &str) -> Traced {
        let (mut words, mut hashes) = (Vec::new(), Vec::new());
        let (mut numbers, mut known) = (Vec::new(), BTreeMap::new());
        each_word(text, &mut |folded, at| {
            hashes.push(hash(folded));
            let next = known.len() as u32;
            numbers.push(match known.get(folded) {
                Some(number) => *number,
                None => *known.entry(folded.to_owned()).or_insert(next),
            });
            words.push(Word { folded: folded.to_owned(), at });
        });
        let mut prints = Vec::new();
        winnow(&hashes, &mut |at, print| prints.push((at, print)));
        Traced { words, numbers, known, prints }
    }

    /// Its words.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// Its fingerprints, each with the word at which its run begins.
    pub fn prints(&self) -> &[(usize, u64)] {
        &self.prints
    }

    /// Where a span stands in the text, in bytes.
    pub fn at(&self, span: Span) -> std::ops::Range<usize> {
        self.words[span.first].at.start..self.words[span.first + span.words - 1].at.end
    }

    /// The spans of at least so many words that stand in one of these texts too, by their first word. None lies in
    /// another.
    pub fn spans<S: AsRef<str>>(&self, texts: &[S], least: usize) -> Vec<Span> {
        let mut runs = Runs::default();
        for text in texts {
            runs.add(text.as_ref(), &self.known, least);
        }
        let mut spans = Vec::new();
        let (mut state, mut length) = (0, 0);
        for (at, word) in self.numbers.iter().map(Some).chain([None]).enumerate() {
            let before = length;
            match word {
                Some(word) => runs.step(&mut state, &mut length, *word),
                None => length = 0,
            }
            // What the last word ended is as long as it gets, if this one does not continue it.
            if before >= least && length != before + 1 {
                spans.push(Span { first: at - before, words: before });
            }
        }
        spans
    }
}

/// Every run of words of some texts, as an automaton: of n words it has 2n states at most, and finds the longest run
/// that ends at each word of another text in one pass, whatever is repeated in either.
#[derive(Default)]
struct Runs {
    states: Vec<State>,
    last: usize,
}

#[derive(Clone, Default)]
struct State {
    /// The longest run that leads here.
    length: usize,
    /// The state of the longest end of it that stands elsewhere too.
    shorter: Option<usize>,
    /// By word, in order.
    next: Vec<(u32, usize)>,
}

impl State {
    fn next(&self, word: u32) -> Option<usize> {
        self.next.binary_search_by_key(&word, |(word, _)| *word).ok().map(|found| self.next[found].1)
    }

    fn lead(&mut self, word: u32, to: usize) {
        match self.next.binary_search_by_key(&word, |(word, _)| *word) {
            Ok(found) => self.next[found].1 = to,
            Err(place) => self.next.insert(place, (word, to)),
        }
    }
}

impl Runs {
    /// Adds the runs of a text whose words are all known, where they are long enough to matter.
    fn add(&mut self, text: &str, known: &BTreeMap<String, u32>, least: usize) {
        let mut run = Vec::new();
        let mut end = |run: &mut Vec<u32>| {
            if run.len() >= least {
                // Nothing continues from the run before: another beginning of the same automaton.
                self.last = 0;
                run.iter().for_each(|word| self.push(*word));
            }
            run.clear();
        };
        each_word(text, &mut |word, _| match known.get(word) {
            Some(number) => run.push(*number),
            None => end(&mut run),
        });
        end(&mut run);
    }

    fn push(&mut self, word: u32) {
        if self.states.is_empty() {
            self.states.push(State::default());
        }
        // Another text may have led here before.
        if let Some(there) = self.states[self.last].next(word) {
            self.last = match self.states[there].length == self.states[self.last].length + 1 {
                true => there,
                false => self.split(self.last, word, there),
            };
            return;
        }
        let new = self.states.len();
        self.states.push(State { length: self.states[self.last].length + 1, ..State::default() });
        let mut at = Some(self.last);
        while let Some(state) = at
            && self.states[state].next(word).is_none()
        {
            self.states[state].lead(word, new);
            at = self.states[state].shorter;
        }
        let shorter = match at {
            None => 0,
            Some(state) => {
                let there = self.states[state].next(word).unwrap_or_default();
                match self.states[there].length == self.states[state].length + 1 {
                    true => there,
                    false => self.split(state, word, there),
                }
            }
        };
        self.states[new].shorter = Some(shorter);
        self.last = new;
    }

    /// A state for the runs through `from` alone, of those that led to `there`.
    fn split(&mut self, from: usize, word: u32, there: usize) -> usize {
        let copy = self.states.len();
        let length = self.states[from].length + 1;
        self.states.push(State { length, ..self.states[there].clone() });
        self.states[there].shorter = Some(copy);
        let mut at = Some(from);
        while let Some(state) = at
            && self.states[state].next(word) == Some(there)
        {
            self.states[state].lead(word, copy);
            at = self.states[state].shorter;
        }
        copy
    }

    /// Follows another text by a word: `length` words before and with it are a run.
    fn step(&self, state: &mut usize, length: &mut usize, word: u32) {
        if self.states.is_empty() {
            return;
        }
        loop {
            if let Some(next) = self.states[*state].next(word) {
                (*state, *length) = (next, *length + 1);
                return;
            }
            match self.states[*state].shorter {
                Some(shorter) => (*state, *length) = (shorter, self.states[shorter].length),
                None => {
                    *length = 0;
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
