//! Where a text was taken from: fingerprints by which its sources are found, and the spans that both have.
//!
//! Fingerprints are chosen by winnowing (Schleimer, Wilkerson and Aiken, 2003): of every [`WINDOW`] runs of
//! [`GRAM`] words that begin side by side, the one with the least hash. Two texts that have a span of
//! [`SPAN`] words in common have such a window in common, and so a fingerprint; a record is then compared word by
//! word, so that a fingerprint alone names nobody.

use super::words::each_word;
use runs::Runs;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

mod runs;

/// Words in a run that is hashed.
pub const GRAM: usize = 5;
/// Runs of which one is kept.
pub const WINDOW: usize = 4;
/// The shortest span that is found for certain, in words.
pub const SPAN: usize = GRAM + WINDOW - 1;

/// A fingerprint has this many bits: few enough to be small in an index, and enough that among the hundred million
/// of a million records one that nobody meant is met once in ten thousand times.
pub const PRINT_BITS: u32 = 40;

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

/// Places of fingerprints that a record has too belong together when no more words than this lie between them. Whatever
/// both texts have lies whole around such places: in a span, one begins in every [`WINDOW`] words.
const NEAR: usize = 2 * SPAN;

/// A text whose sources are looked for.
pub struct Traced {
    /// Where each word stands, in bytes.
    places: Vec<Range<usize>>,
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
        let (mut places, mut hashes) = (Vec::new(), Vec::new());
        let (mut numbers, mut known) = (Vec::new(), BTreeMap::new());
        each_word(text, &mut |folded, at| {
            hashes.push(hash(folded));
            let next = known.len() as u32;
            numbers.push(match known.get(folded) {
                Some(number) => *number,
                None => *known.entry(folded.to_owned()).or_insert(next),
            });
            places.push(at);
        });
        let mut prints = Vec::new();
        winnow(&hashes, &mut |at, print| prints.push((at, print)));
        Traced { places, numbers, known, prints }
    }

    /// How many words it has.
    pub fn words(&self) -> usize {
        self.places.len()
    }

    /// Its fingerprints, each with the word at which its run begins, in order.
    pub fn prints(&self) -> &[(usize, u64)] {
        &self.prints
    }

    /// Where a span stands in the text, in bytes.
    pub fn at(&self, span: Span) -> Range<usize> {
        self.places[span.first].start..self.places[span.first + span.words - 1].end
    }

    /// The spans of at least so many words ([`SPAN`] or more) that stand in one of these texts too and hold one of
    /// some fingerprints, or lie near one that does; by their first word, and none within another. The fingerprints are
    /// named by where they stand in [`Traced::prints`], in order. With all of them it is every span there is.
    ///
    /// Also says up to which fingerprint this text is compared with these now: those before need not be named again.
    ///
    /// It takes time that grows with the texts, with the fingerprints that are named, and with what is the same around
    /// them, whatever is repeated in either.
    pub fn spans<S: AsRef<str>>(&self, texts: &[S], named: &[usize], least: usize) -> (Vec<Span>, usize) {
        let least = least.max(SPAN);
        let theirs = prints(texts);
        let shared = |place: &usize| theirs.binary_search(&self.prints[*place].1).is_ok();
        let (mut runs, mut spans, mut until) = (None, Vec::new(), 0);
        for place in named.iter().filter(|place| shared(place)) {
            if *place < until {
                continue;
            }
            let first = self.farthest(*place, (0..*place).rev(), shared);
            let last = self.farthest(*place, *place + 1..self.prints.len(), shared);
            until = last + 1;
            let from = self.prints[first].0.saturating_sub(WINDOW - 1);
            let to = (self.prints[last].0 + GRAM + WINDOW - 1).min(self.numbers.len());
            let runs = runs.get_or_insert_with(|| Runs::of(texts, &self.known, least));
            runs.spans(&self.numbers[from..to], least, &mut |first, words| {
                spans.push(Span { first: from + first, words });
            });
        }
        (spans, until)
    }

    /// The last of some places, one after another away from this one, that is shared and near the one before it that is.
    fn farthest(&self, from: usize, others: impl Iterator<Item = usize>, shared: impl Fn(&usize) -> bool) -> usize {
        let mut last = from;
        for other in others {
            if self.prints[last].0.abs_diff(self.prints[other].0) > NEAR {
                break;
            }
            if shared(&other) {
                last = other;
            }
        }
        last
    }
}

#[cfg(test)]
mod tests;
