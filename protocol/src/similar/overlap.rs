//! Passages that a text shares with the items of benchmarks, so that a dataset can leave out what would give their
//! answers away.
//!
//! Words are those of [`super::words`]: case, accents, marks and white space make no difference. The number of words
//! follows Brown et al., *Language Models are Few-Shot Learners* (2020), appendix C, which looks for 13 words in a row,
//! and for fewer, down to 8, where examples are short.

use super::words::{each_word, mixed};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Words in a row that a text and an item share, unless another number is asked for.
pub const RUN_WORDS: usize = 13;
/// How many may be asked for. Fewer than the first would be phrases that everybody uses.
pub const RUNS: RangeInclusive<usize> = LEAST_WORDS..=50;
/// The fewest words of a text that is compared as a whole, since it is shorter than a run.
pub const LEAST_WORDS: usize = 8;
/// Words of all items together: 16 bytes each.
pub const BENCHMARK_WORDS: u64 = 50_000_000;

/// Where a text of a benchmark stands: the file's place among those that are given, and the number of its item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// The file, from 0.
    pub file: u16,
    /// The item in it, from 1.
    pub number: u32,
}

/// A run of words of a benchmark, by its hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    hash: u64,
    item: Item,
}

const _: () = assert!(size_of::<Run>() == 16, "what a word of a benchmark costs");

/// There is no room for more items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the benchmarks have more than the {BENCHMARK_WORDS} words that are compared at once; give fewer files")]
pub struct Full;

/// The texts of benchmarks while they are read.
#[derive(Clone)]
pub struct Reading {
    run: usize,
    runs: Vec<Run>,
    words: u64,
    /// For each number of words, whether a text of so many is compared as a whole.
    whole: Vec<bool>,
}

/// Benchmarks, to look up texts in. It holds hashes of 64 bits and no text: two different runs have one hash in about
/// one of 2^64 cases, so that of a thousand million runs, looked up among 50 million, one in some 370 trials is wrong.
pub struct Benchmarks {
    run: usize,
    /// In order, each hash once for each file, with its lowest item.
    runs: Vec<Run>,
    whole: Vec<bool>,
    /// Where the runs begin whose hashes begin with each number of so many bits.
    starts: Vec<u32>,
    bits: u32,
}

impl Reading {
    /// Nothing read yet. Texts overlap that share so many words in a row.
    ///
    /// # Panics
    /// When the number is none of [`RUNS`].
    pub fn new(run: usize) -> Self {
        assert!(RUNS.contains(&run), "words in a row");
        Reading { run, runs: Vec::new(), words: 0, whole: vec![false; run] }
    }

    /// Takes one text of an item. A text with at least as many words as a run gives every run in it; a shorter one of
    /// at least [`LEAST_WORDS`] is a run itself; one with fewer is not compared. Whether it is.
    ///
    /// # Errors
    /// When there are too many words in all.
    pub fn add(&mut self, item: Item, text: &str) -> Result<bool, Full> {
        let words = words(text);
        self.words += words.len() as u64;
        if self.words > BENCHMARK_WORDS {
            return Err(Full);
        }
        if words.len() < LEAST_WORDS {
            return Ok(false);
        }
        let length = self.run.min(words.len());
        if let Some(whole) = self.whole.get_mut(length) {
            *whole = true;
        }
        self.runs.extend(words.windows(length).map(|run| Run { hash: run.iter().fold(0, longer), item }));
        Ok(true)
    }

    /// How many words were read.
    pub fn words(&self) -> u64 {
        self.words
    }

    /// What was read, in order.
    pub fn done(self) -> Benchmarks {
        let Reading { run, mut runs, whole, .. } = self;
        runs.sort_unstable();
        runs.dedup_by_key(|run| (run.hash, run.item.file));
        // Some 16 runs for each start.
        let bits = runs.len().max(16).ilog2() - 4;
        let start = |first: u64| runs.partition_point(|run| run.hash >> (64 - bits) < first) as u32;
        let starts = match bits {
            0 => vec![0, runs.len() as u32],
            _ => (0..=1 << bits).map(start).collect(),
        };
        Benchmarks { run, runs, whole, starts, bits }
    }
}

impl Benchmarks {
    /// Looks up a text: of each file, by its place, with which a run is shared, the first such item.
    pub fn look(&self, text: &str, found: &mut BTreeMap<u16, u32>) {
        let words = words(text);
        for at in 0..words.len() {
            let mut hash = 0;
            for (length, word) in (1..=self.run).zip(&words[at..]) {
                hash = longer(hash, word);
                if length == self.run || self.whole[length] {
                    for Item { file, number } in self.items(hash) {
                        found.entry(file).and_modify(|first| *first = number.min(*first)).or_insert(number);
                    }
                }
            }
        }
    }

    fn items(&self, hash: u64) -> impl Iterator<Item = Item> {
        let first = if self.bits == 0 { 0 } else { (hash >> (64 - self.bits)) as usize };
        let near = &self.runs[self.starts[first] as usize..self.starts[first + 1] as usize];
        let at = near.partition_point(|run| run.hash < hash);
        near[at..].iter().take_while(move |run| run.hash == hash).map(|run| run.item)
    }
}

impl std::fmt::Debug for Benchmarks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Benchmarks({} runs)", self.runs.len())
    }
}

fn words(text: &str) -> Vec<u64> {
    let mut words = Vec::new();
    each_word(text, &mut |word| words.push(word));
    words
}

fn longer(run: u64, word: &u64) -> u64 {
    mixed(run ^ word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const QUESTION: &str = "A mill turns 40 sacks of wheat into flour in five hours, so how many sacks in eight?";

    fn of(run: usize, items: &[&str]) -> Benchmarks {
        let mut reading = Reading::new(run);
        for (number, text) in (1..).zip(items) {
            reading.add(Item { file: 0, number }, text).unwrap();
        }
        reading.done()
    }

    fn found(benchmarks: &Benchmarks, text: &str) -> Option<u32> {
        let mut found = BTreeMap::new();
        benchmarks.look(text, &mut found);
        found.get(&0).copied()
    }

    #[test]
    fn a_text_overlaps_that_shares_thirteen_words_in_a_row_and_not_with_twelve() {
        let benchmarks = of(
            RUN_WORDS,
            &["Nothing else is here but these few and quite unrelated words, one after another.", QUESTION],
        );
        let words: Vec<_> = QUESTION.split(' ').collect();
        for at in 0..=words.len() - 13 {
            let shared = |count: usize| format!("So I asked: {} Who knows?", words[at..at + count].join(" "));
            assert_eq!(found(&benchmarks, &shared(13)), Some(2), "from word {at}");
            assert_eq!(found(&benchmarks, &shared(12)), None, "from word {at}");
        }
        let other = QUESTION.to_uppercase().replace(' ', "\n  ").replace(',', " —");
        assert_eq!(found(&benchmarks, &other), Some(2), "case, marks and white space make no difference");
    }

    #[test]
    fn a_short_item_overlaps_as_a_whole_and_a_very_short_one_never() {
        let nine = "Which of these rivers turns the old mill?";
        let ten = "Which of these rivers turns the old mill wheel today?";
        let benchmarks = of(RUN_WORDS, &[nine, ten, "What is the capital of Peru?"]);
        assert_eq!(found(&benchmarks, &format!("Tell me. {nine} The Soča.")), Some(1));
        assert_eq!(found(&benchmarks, &nine.replace("old ", "")), None);
        assert_eq!(found(&benchmarks, "So: which of these rivers turns the old mill wheel today? All."), Some(1));
        assert_eq!(found(&benchmarks, "What is the capital of Peru?"), None);
        assert!(found(&of(RUN_WORDS, &[ten]), "These rivers turns the old mill wheel today").is_none());
    }

    #[test]
    fn of_each_file_the_first_item_is_named() {
        let mut reading = Reading::new(RUN_WORDS);
        for (file, number) in [(1, 9), (0, 7), (0, 4), (1, 12)] {
            assert_eq!(reading.add(Item { file, number }, QUESTION), Ok(true));
        }
        assert_eq!(reading.add(Item { file: 2, number: 1 }, "Too few words."), Ok(false));
        let mut found = BTreeMap::new();
        reading.done().look(QUESTION, &mut found);
        assert_eq!(found, BTreeMap::from([(0, 4), (1, 9)]));
    }

    #[test]
    fn more_words_than_are_compared_are_an_error() {
        let mut reading = Reading::new(RUN_WORDS);
        reading.words = BENCHMARK_WORDS - 3;
        assert_eq!(reading.add(Item { file: 0, number: 1 }, "Three more words"), Ok(false));
        assert_eq!(reading.add(Item { file: 0, number: 2 }, "One"), Err(Full));
    }

    proptest! {
        /// Against the rule as it is said, word by word.
        #[test]
        fn what_is_found_is_what_the_rule_says(
            run in 8usize..15,
            items in prop::collection::vec(prop::collection::vec(0..2u8, 0..24), 1..40),
            text in prop::collection::vec(0..2u8, 0..60),
        ) {
            let say = |words: &[u8]| words.iter().map(|w| format!("w{w} ")).collect::<String>();
            let texts: Vec<_> = items.iter().map(|words| say(words)).collect();
            let benchmarks = of(run, &texts.iter().map(String::as_str).collect::<Vec<_>>());
            let holds = |part: &[u8]| text.windows(part.len()).any(|window| window == part);
            let overlaps = |item: &Vec<u8>| match item.len() {
                0..8 => false,
                few if few < run => holds(item),
                _ => item.windows(run).any(holds),
            };
            let expected = items.iter().position(overlaps).map(|at| at as u32 + 1);
            prop_assert_eq!(found(&benchmarks, &say(&text)), expected);
        }
    }
}
