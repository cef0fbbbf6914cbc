//! Finding many keywords at once, in whatever case of ASCII letters.
//!
//! The first four bytes at each place, and the first three for the keywords that have no more, are
//! hashed into small tables of bits; few places pass, and there the keywords are compared. No place
//! depends on the one before it, which is what makes this quicker than walking an automaton.

use std::collections::BTreeMap;

/// Bits in a table, as a power of two: at some hundred keywords about one in a hundred is set.
const TABLE_BITS: u32 = 17;
/// Lists of keywords to compare, as a power of two.
const BUCKET_BITS: u32 = 10;
/// What is left of a head of four bytes when the last is taken away.
const THREE: u32 = 0x00ff_ffff;

/// Some keywords, each with what belongs to it, ready to be found.
#[derive(Clone, Debug)]
pub(super) struct Keywords {
    /// Keywords of four bytes and more, by the first four.
    long: Heads,
    /// Keywords of three bytes.
    short: Heads,
    words: Vec<Box<[u8]>>,
    owners: Vec<Vec<usize>>,
}

impl Keywords {
    /// Keywords with what belongs to them; one may come several times. Each has three bytes or more.
    pub(super) fn new<'a>(pairs: impl Iterator<Item = (&'a str, usize)>) -> Self {
        let mut owners: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
        for (word, owner) in pairs {
            owners.entry(word.to_ascii_lowercase().into_bytes()).or_default().push(owner);
        }
        let heads = |long: bool, mask: u32| {
            let words = owners.keys().enumerate().filter(move |(_, word)| (word.len() > 3) == long);
            Heads::new(words.map(|(index, word)| Entry::new(word, index as u16, mask)).collect())
        };
        Keywords {
            long: heads(true, u32::MAX),
            short: heads(false, THREE),
            words: owners.keys().map(|word| word.clone().into_boxed_slice()).collect(),
            owners: owners.into_values().collect(),
        }
    }

    /// Whether a keyword may begin with the four bytes in `head`.
    #[inline(always)]
    pub(super) fn may_begin(&self, head: u32) -> bool {
        let head = fold(head);
        self.long.may_hold(head) | self.short.may_hold(head & THREE)
    }

    /// Calls `found` with each owner of each keyword at the start of `rest` and the keyword's length.
    pub(super) fn at(&self, rest: &[u8], mut found: impl FnMut(usize, usize)) {
        let (here, next) = (fold(head(rest)), fold(head(rest.get(4..).unwrap_or_default())));
        let mut word = |index: u16| {
            let word = &self.words[usize::from(index)];
            if rest.get(..word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word)) {
                self.owners[usize::from(index)].iter().for_each(|owner| found(*owner, word.len()));
            }
        };
        if self.long.may_hold(here) {
            self.long.holding(here, next).for_each(&mut word);
        }
        if self.short.may_hold(here & THREE) {
            self.short.holding(here & THREE, next).for_each(&mut word);
        }
    }
}

/// The first bytes of some words, and which words begin with them.
#[derive(Clone, Debug)]
struct Heads {
    bits: Vec<u64>,
    /// Where in `entries` each bucket begins, and the last ends.
    buckets: Vec<u16>,
    entries: Vec<Entry>,
}

/// A word, and of it what tells most others apart.
#[derive(Clone, Debug)]
struct Entry {
    head: u32,
    /// The second four bytes, and which of their bits the word has.
    next: u32,
    mask: u32,
    word: u16,
}

impl Entry {
    fn new(word: &[u8], index: u16, head_mask: u32) -> Self {
        let second = word.get(4..).unwrap_or_default();
        let bits = 8 * second.len().min(4) as u32;
        let mask = if bits == 0 { 0 } else { u32::MAX >> (32 - bits) };
        Entry { head: fold(head(word)) & head_mask, next: fold(head(second)) & mask, mask, word: index }
    }
}

impl Heads {
    fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_unstable_by_key(|entry| (bucket(hash(entry.head)), entry.word));
        let mut bits = vec![0; 1 << (TABLE_BITS - 6)];
        for entry in &entries {
            let hash = hash(entry.head);
            bits[hash >> 6] |= 1 << (hash & 63);
        }
        let before = |place: usize| entries.partition_point(|entry| bucket(hash(entry.head)) < place) as u16;
        Heads { bits, buckets: (0..=1 << BUCKET_BITS).map(before).collect(), entries }
    }

    #[inline(always)]
    fn may_hold(&self, head: u32) -> bool {
        let hash = hash(head);
        self.bits[hash >> 6] >> (hash & 63) & 1 == 1
    }

    /// The words that begin with `head` and may go on with `next`.
    fn holding(&self, head: u32, next: u32) -> impl Iterator<Item = u16> + '_ {
        let place = bucket(hash(head));
        let range = usize::from(self.buckets[place])..usize::from(self.buckets[place + 1]);
        let alike = move |entry: &&Entry| entry.head == head && entry.next == next & entry.mask;
        self.entries[range].iter().filter(alike).map(|entry| entry.word)
    }
}

/// The first four bytes, zeros where there are fewer, little-endian.
pub(super) fn head(bytes: &[u8]) -> u32 {
    match bytes.first_chunk() {
        Some(head) => u32::from_le_bytes(*head),
        None => bytes.iter().rev().fold(0, |head, byte| head << 8 | u32::from(*byte)),
    }
}

/// Letters of either case are one.
#[inline(always)]
fn fold(head: u32) -> u32 {
    head | 0x2020_2020
}

#[inline(always)]
fn hash(head: u32) -> usize {
    (head.wrapping_mul(0x9E37_79B1) >> (32 - TABLE_BITS)) as usize
}

fn bucket(hash: usize) -> usize {
    hash >> (TABLE_BITS - BUCKET_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(words: &[&str], text: &str) -> Vec<(usize, usize, usize)> {
        let keywords = Keywords::new(words.iter().enumerate().map(|(index, word)| (*word, index)));
        let mut seen = Vec::new();
        for at in 0..text.len() {
            let rest = &text.as_bytes()[at..];
            if keywords.may_begin(head(rest)) {
                keywords.at(rest, |owner, length| seen.push((at, owner, length)));
            }
        }
        seen
    }

    #[test]
    fn keywords_are_found_in_any_case_at_any_place() {
        assert_eq!(seen(&["token", "tok", "oke"], "a ToKen"), [(2, 0, 5), (2, 1, 3), (3, 2, 3)]);
        assert_eq!(seen(&["fax"], "fax Fax! fa"), [(0, 0, 3), (4, 0, 3)]);
        assert_eq!(seen(&["fax", "FAX"], "fax"), [(0, 0, 3), (0, 1, 3)]);
        assert_eq!(seen(&["téléphone"], "mon téléphone"), [(4, 0, 11)]);
    }

    #[test]
    fn a_keyword_that_is_cut_short_is_none() {
        assert!(seen(&["password"], "passwor").is_empty());
        assert!(seen(&["i'm"], "i'").is_empty());
    }
}
