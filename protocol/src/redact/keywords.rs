//! Finding many keywords at once, in whatever case of ASCII letters.
//!
//! The first three bytes at a place lead to the few keywords that begin with them. Of each the first
//! eight bytes are compared in one, and then the whole.

use std::collections::BTreeMap;

/// Lists of keywords to compare, as a power of two.
const BUCKET_BITS: u32 = 11;
/// Bytes of a keyword that are compared in one.
const HEAD_BYTES: usize = 8;
/// The first three of eight bytes.
const THREE: u64 = 0x00ff_ffff;

/// Some keywords, each with what belongs to it, ready to be found.
#[derive(Clone, Debug)]
pub(super) struct Keywords {
    /// Where in `entries` each bucket begins, and the last ends.
    buckets: Box<[u16; (1 << BUCKET_BITS) + 1]>,
    entries: Vec<Entry>,
}

/// A keyword.
#[derive(Clone, Debug)]
struct Entry {
    /// Its first eight bytes, if it has so many, and which bits those are.
    head: u64,
    mask: u64,
    /// By which bit letters of either case differ, where there are letters.
    letters: u64,
    word: Box<[u8]>,
    owners: Vec<usize>,
}

impl Keywords {
    /// Keywords with what belongs to them; one may come several times. Each has three bytes or more.
    pub(super) fn new<'a>(pairs: impl Iterator<Item = (&'a str, usize)>) -> Self {
        let mut words: BTreeMap<Box<[u8]>, Vec<usize>> = BTreeMap::new();
        for (word, owner) in pairs {
            words.entry(word.to_ascii_lowercase().into_bytes().into()).or_default().push(owner);
        }
        let mut entries: Vec<Entry> = words.into_iter().map(|(word, owners)| Entry::new(word, owners)).collect();
        // Of those that begin alike, the shortest come last.
        entries.sort_by_key(|entry| (bucket(fold(entry.head)), entry.word.len() == 3));
        let mut buckets = Box::new([0; (1 << BUCKET_BITS) + 1]);
        for (place, begin) in buckets.iter_mut().enumerate() {
            *begin = entries.partition_point(|entry| bucket(fold(entry.head)) < place) as u16;
        }
        Keywords { buckets, entries }
    }

    /// The keywords, in lower case.
    pub(super) fn words(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.entries.iter().map(|entry| &*entry.word)
    }

    /// Calls `found` with each owner of each keyword at the start of `rest` and the keyword's length.
    #[inline]
    pub(super) fn at(&self, rest: &[u8], mut found: impl FnMut(usize, usize)) {
        let here = head(rest);
        let place = bucket(fold(here));
        let entries = &self.entries[usize::from(self.buckets[place])..usize::from(self.buckets[place + 1])];
        for entry in entries.iter().filter(|entry| (here | entry.letters) & entry.mask == entry.head) {
            let beyond = entry.word.len().min(HEAD_BYTES)..entry.word.len();
            if rest.get(beyond.clone()).is_some_and(|here| here.eq_ignore_ascii_case(&entry.word[beyond])) {
                entry.owners.iter().for_each(|owner| found(*owner, entry.word.len()));
            }
        }
    }
}

impl Entry {
    fn new(word: Box<[u8]>, owners: Vec<usize>) -> Self {
        let mask = u64::MAX >> (64 - 8 * word.len().min(HEAD_BYTES));
        let letters = word.iter().map(|byte| u8::from(byte.is_ascii_lowercase()) << 5).collect::<Vec<u8>>();
        Entry { head: head(&word) & mask, mask, letters: head(&letters), word, owners }
    }
}

/// The first eight bytes, zeros where there are fewer, little-endian.
#[inline]
fn head(bytes: &[u8]) -> u64 {
    match bytes.first_chunk() {
        Some(head) => u64::from_le_bytes(*head),
        None => bytes.iter().rev().fold(0, |head, byte| head << 8 | u64::from(*byte)),
    }
}

/// Letters of either case are one.
#[inline]
fn fold(head: u64) -> u64 {
    head | 0x2020_2020_2020_2020
}

/// The bucket by the first three of eight bytes.
#[inline]
fn bucket(head: u64) -> usize {
    (((head & THREE) as u32).wrapping_mul(0x9E37_79B1) >> (32 - BUCKET_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(words: &[&str], text: &str) -> Vec<(usize, usize, usize)> {
        let keywords = Keywords::new(words.iter().enumerate().map(|(index, word)| (*word, index)));
        let mut seen = Vec::new();
        for at in 0..text.len() {
            keywords.at(&text.as_bytes()[at..], |owner, length| seen.push((at, owner, length)));
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
