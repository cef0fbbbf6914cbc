//! The words before a number.

use super::super::is_word;

/// How far before a number words are read that say what it is, in bytes.
const CONTEXT_BYTES: usize = 48;

/// What of a line is before a number, in lower case.
pub(super) struct Line {
    /// Zeros behind it.
    text: [u8; CONTEXT_BYTES],
    length: usize,
    /// The places where a word can begin, each a bit.
    starts: u64,
    /// Which two bytes stand there, each two as one of 64 bits.
    pairs: u64,
}

impl Line {
    pub(super) fn before(text: &str, at: usize) -> Line {
        let mut from = at.saturating_sub(CONTEXT_BYTES);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let bytes = &text.as_bytes()[from..at];
        let bytes = &bytes[memchr::memrchr(b'\n', bytes).map_or(0, |end| end + 1)..];
        let mut line = Line { text: [0; CONTEXT_BYTES], length: bytes.len(), starts: 0, pairs: 0 };
        line.text[..bytes.len()].copy_from_slice(bytes);
        line.text.make_ascii_lowercase();
        let within = (1 << bytes.len()) - 1;
        line.starts = !(word_bytes(&line.text) << 1) & within;
        each_bit(line.starts, |at| {
            line.pairs |= pair(&line.text[at..]);
            false
        });
        line
    }

    /// Whether the line holds a word that begins there; short ones must end there too. A word has two
    /// bytes at least.
    #[inline]
    pub(super) fn has_word(&self, word: &str) -> bool {
        self.pairs & pair(word.as_bytes()) != 0 && self.has_whole_word(word.as_bytes())
    }

    #[inline(never)]
    fn has_whole_word(&self, word: &[u8]) -> bool {
        let line = &self.text[..self.length];
        let goes_on = |at: usize| line.get(at).is_some_and(|byte| is_word(char::from(*byte)));
        each_bit(self.starts, |at| {
            // Most differ at once.
            let begins = self.text[at] == word[0] && line[at..].starts_with(word);
            begins && (word.len() > 4 || !goes_on(at + word.len()))
        })
    }
}

/// The first two bytes as one of 64 bits.
#[inline]
fn pair(bytes: &[u8]) -> u64 {
    let second = bytes.get(1).copied().unwrap_or_default();
    1 << ((bytes[0].wrapping_mul(37) ^ second) & 63)
}

/// Which bytes are letters, digits and underscores.
fn word_bytes(text: &[u8; CONTEXT_BYTES]) -> u64 {
    let flags = text.map(|byte| u8::from(byte.is_ascii_alphanumeric() || byte == b'_'));
    let eights = flags.as_chunks::<8>().0.iter().rev();
    // The product has the eight bytes' bits side by side in its highest byte.
    let bits = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    eights.fold(0, |all, eight| all << 8 | bits(eight))
}

/// Whether `is` holds for the number of a bit that is set.
fn each_bit(bits: u64, mut is: impl FnMut(usize) -> bool) -> bool {
    let mut left = bits;
    while left != 0 {
        if is(left.trailing_zeros() as usize) {
            return true;
        }
        left &= left - 1;
    }
    false
}
