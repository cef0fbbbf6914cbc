//! Finding many keywords at once, in whatever case of ASCII letters.
//!
//! The first four bytes at each place are hashed into a small table of bits; few places pass, and
//! there the keywords are compared. No place depends on the one before it, which is what makes this
//! quicker than walking an automaton.

use std::collections::BTreeMap;

/// Bits in the table, as a power of two: at some hundred keywords about one in a hundred is set.
const TABLE_BITS: u32 = 16;
/// Lists of keywords to compare, as a power of two.
const BUCKET_BITS: u32 = 12;
/// The bytes that are hashed. A shorter keyword stands for itself and any byte behind it.
const HEAD: usize = 4;

/// Some keywords, each with an index, ready to be found.
#[derive(Clone, Debug)]
pub(super) struct Keywords {
    bits: Vec<u64>,
    buckets: Vec<Vec<u16>>,
    words: Vec<Box<[u8]>>,
    /// What belongs to each word.
    owners: Vec<Vec<usize>>,
}

impl Keywords {
    /// Keywords with what belongs to them; one may come several times. Each has three bytes or more.
    pub(super) fn new<'a>(pairs: impl Iterator<Item = (&'a str, usize)>) -> Self {
        let mut owners: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
        for (word, owner) in pairs {
            owners.entry(word.to_ascii_lowercase().into_bytes()).or_default().push(owner);
        }
        let mut keywords = Keywords {
            bits: vec![0; 1 << (TABLE_BITS - 6)],
            buckets: vec![Vec::new(); 1 << BUCKET_BITS],
            words: Vec::new(),
            owners: Vec::new(),
        };
        for (index, (word, owners)) in owners.into_iter().enumerate() {
            if word.len() >= HEAD {
                keywords.enter(head(&word), index as u16);
            } else {
                (0..=u8::MAX).for_each(|next| keywords.enter(head(&[&word[..], &[next]].concat()), index as u16));
            }
            keywords.words.push(word.into_boxed_slice());
            keywords.owners.push(owners);
        }
        keywords
    }

    fn enter(&mut self, head: u32, word: u16) {
        let hash = hash(head);
        self.bits[hash >> 6] |= 1 << (hash & 63);
        let bucket = &mut self.buckets[hash >> (TABLE_BITS - BUCKET_BITS)];
        if !bucket.contains(&word) {
            bucket.push(word);
        }
    }

    /// Whether a keyword may begin with the four bytes in `head`.
    #[inline(always)]
    pub(super) fn may_begin(&self, head: u32) -> bool {
        let hash = hash(head);
        self.bits[hash >> 6] >> (hash & 63) & 1 == 1
    }

    /// Calls `found` with the length of each keyword at the start of `rest` and each of its owners.
    pub(super) fn at(&self, rest: &[u8], mut found: impl FnMut(usize, usize)) {
        for index in &self.buckets[hash(head(rest)) >> (TABLE_BITS - BUCKET_BITS)] {
            let word = &self.words[usize::from(*index)];
            if rest.get(..word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word)) {
                self.owners[usize::from(*index)].iter().for_each(|owner| found(*owner, word.len()));
            }
        }
    }
}

/// The first four bytes, zeros where there are fewer, little-endian.
pub(super) fn head(bytes: &[u8]) -> u32 {
    match bytes.first_chunk() {
        Some(head) => u32::from_le_bytes(*head),
        None => bytes.iter().rev().fold(0, |head, byte| head << 8 | u32::from(*byte)),
    }
}

/// Letters of either case have one hash.
#[inline(always)]
fn hash(head: u32) -> usize {
    ((head | 0x2020_2020).wrapping_mul(0x9E37_79B1) >> (32 - TABLE_BITS)) as usize
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
        assert_eq!(seen(&["token", "tok", "oke"], "a ToKen"), [(2, 1, 3), (2, 0, 5), (3, 2, 3)]);
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
