//! The words before a number.

use super::super::{is_word, line_before};

/// How far before a number words are read that say what it is, in bytes.
const CONTEXT_BYTES: usize = 48;
/// What of a line is before a number, in lower case.
pub(super) struct Line {
    text: String,
    /// Which pairs of bytes stand in it, each as one of 256 bits.
    pairs: [u64; 4],
}

impl Line {
    pub(super) fn before(text: &str, at: usize) -> Line {
        let text = line_before(text, at, CONTEXT_BYTES);
        let mut pairs = [0; 4];
        for two in text.as_bytes().windows(2) {
            let (place, bit) = Line::pair(two);
            pairs[place] |= bit;
        }
        Line { text, pairs }
    }

    fn pair(two: &[u8]) -> (usize, u64) {
        let pair = two[0].wrapping_mul(37) ^ two[1];
        (usize::from(pair >> 6), 1 << (pair & 63))
    }

    /// Whether the line holds a word that begins there; short ones must end there too.
    pub(super) fn has_word(&self, word: &str) -> bool {
        let (line, word) = (self.text.as_bytes(), word.as_bytes());
        let seen = |two: &[u8]| {
            let (place, bit) = Line::pair(two);
            self.pairs[place] & bit != 0
        };
        if !word.windows(2).all(seen) {
            return false;
        }
        // Both are short: a search that prepares itself would cost more than it saves.
        let letter = |at: usize| line.get(at).is_some_and(|b| is_word(char::from(*b)));
        let here = |at: usize| {
            let whole = word.len() > 4 || !letter(at + word.len());
            line[at] == word[0] && line[at..].starts_with(word) && whole && !letter(at.wrapping_sub(1))
        };
        (0..(line.len() + 1).saturating_sub(word.len())).any(here)
    }
}
