//! A first look at 64 bytes of a text at once: which of them are what, and where keywords may begin.
//!
//! All of it is done alike for every byte, without branches; few places are left to look at closer.

use super::validate::DEEP;
use std::iter::repeat;

/// Bytes that are looked at together.
pub(super) const BLOCK: usize = 64;
/// The byte before a block, the block, and what keywords that begin in it need of the bytes behind.
pub(super) const WINDOW: usize = 1 + BLOCK + 15;
/// Three bytes, of each so much as tells letters apart.
const PAIR_BITS: u32 = 15;
/// Places in the table of heads, as a power of two: at some hundred keywords few are taken.
const HEAD_BITS: u32 = 15;
/// Four bytes, in which letters of either case are one. Of the last, only so much is looked at as tells
/// letters apart: there are few ways for a short keyword to go on.
const HEAD: u32 = 0x1fdf_dfdf;
/// Six bytes alike.
const HEAD_OF_SIX: u64 = 0xdfdf_dfdf_dfdf;

/// Letters and digits in a row that are a part of a long run.
pub(super) const RUN_PART: usize = 8;

/// Which bytes of a block are what: bit n stands for byte n.
pub(super) struct Marks {
    /// Letters and digits of ASCII and the underscore, where none of them stands before.
    pub(super) words: u64,
    /// The first digits of numbers, "@", ":" and "=".
    pub(super) signs: u64,
    /// Letters and digits of ASCII.
    pub(super) alphanumeric: u64,
    /// Where [`RUN_PART`] of them begin.
    pub(super) runs: u64,
    /// Whether there is a backslash in the block or before it.
    pub(super) escapes: bool,
}

impl Marks {
    /// Never inlined: beside other code the compiler would keep all of this in memory, not in registers.
    #[inline(never)]
    pub(super) fn of(window: &[u8; WINDOW]) -> Marks {
        let (mut alphanumeric, mut words, mut digits, mut signs) =
            (Places::NONE, Places::NONE, Places::NONE, Places::NONE);
        let mut escapes = [0; COLUMNS];
        for column in 0..COLUMNS {
            for row in 0..ROWS {
                let byte = window[1 + COLUMNS * row + column];
                let digit = byte.wrapping_sub(b'0') < 10;
                let letter_or_digit = (byte | 0x20).wrapping_sub(b'a') < 26 || digit;
                alphanumeric.set(column, row, letter_or_digit);
                words.set(column, row, letter_or_digit || byte == b'_');
                digits.set(column, row, digit);
                signs.set(column, row, byte == b'@' || byte == b':' || byte == b'=');
                escapes[column] |= u8::from(byte == b'\\');
            }
        }
        let [alphanumeric, words, digits, signs] = in_order([alphanumeric, words, digits, signs]);
        let before = window[0];
        let word = before.is_ascii_alphanumeric() || before == b'_';
        let mut runs = alphanumeric & alphanumeric >> 1;
        runs &= runs >> 2;
        runs &= runs >> 4;
        Marks {
            words: words & !(words << 1 | u64::from(word)),
            signs: digits & !(digits << 1 | u64::from(before.is_ascii_digit())) | signs,
            alphanumeric,
            runs,
            escapes: before == b'\\' || escapes != [0; COLUMNS],
        }
    }
}

impl Marks {
    /// Places behind [`DEEP`] letters and digits, some of them perhaps at the end of `before`, the
    /// letters and digits of the block before.
    pub(super) fn deep(&self, before: u64) -> u64 {
        const { assert!(DEEP == RUN_PART + 2) };
        let both = u128::from(self.alphanumeric) << BLOCK | u128::from(before);
        let mut parts = both & both >> 1;
        parts &= parts >> 2;
        parts &= parts >> 4;
        parts &= both >> RUN_PART & both >> (RUN_PART + 1);
        (parts << DEEP >> BLOCK) as u64
    }
}

/// A block is looked at as rows of so many bytes, one column in all rows at a time.
const COLUMNS: usize = 16;
const ROWS: usize = BLOCK / COLUMNS;

/// Some places of a block, each a bit: by columns, and in each every second bit for a row.
#[derive(Clone, Copy)]
struct Places([u8; COLUMNS]);

impl Places {
    const NONE: Places = Places([0; COLUMNS]);

    #[inline(always)]
    fn set(&mut self, column: usize, row: usize, set: bool) {
        self.0[column] |= if set { 1 << (2 * row) } else { 0 };
    }
}

/// The same places with bit n for byte n. The last eight columns come between the first, which makes
/// eight times eight bits, and those change rows for columns.
#[inline(always)]
fn in_order(places: [Places; 4]) -> [u64; 4] {
    const STEPS: [(u32, u64); 3] =
        [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0x0000_0000_f0f0_f0f0)];
    let mut bits = places.map(|places| {
        let all = u128::from_le_bytes(places.0);
        all as u64 | ((all >> 64) as u64) << 1
    });
    for (shift, mask) in STEPS {
        for bits in &mut bits {
            let swapped = (*bits ^ *bits >> shift) & mask;
            *bits ^= swapped ^ swapped << shift;
        }
    }
    bits
}

/// The first bytes of keywords, to sort out the places where none can begin.
#[derive(Clone, Debug)]
pub(super) struct Sieve {
    /// For three bytes, bit 1 if a keyword begins with them, bit 0 if they stand behind its first; bits 3
    /// and 2 alike, for keywords that are looked for at the beginnings of words.
    pairs: Box<[u8; 1 << PAIR_BITS]>,
    heads: Heads,
}

impl Sieve {
    /// A sieve for keywords that may stand anywhere and for those at the beginnings of words, of
    /// three bytes and more each.
    pub(super) fn new<'a>(
        anywhere: impl Iterator<Item = &'a [u8]> + Clone,
        at_words: impl Iterator<Item = &'a [u8]> + Clone,
    ) -> Sieve {
        let mut pairs = Box::new([0; 1 << PAIR_BITS]);
        let words = anywhere.zip(repeat(0)).chain(at_words.zip(repeat(2)));
        for (word, shift) in words.clone() {
            each_beginning::<3>(word, |three| pairs[pair(three as u32)] |= 0b10 << shift);
            each_beginning::<3>(&word[1..], |three| pairs[pair(three as u32)] |= 0b01 << shift);
        }
        Sieve { pairs, heads: Heads::new(words) }
    }

    /// Where in a block a keyword may begin that may stand anywhere, and where one of the others does at
    /// one of `words`.
    #[inline(always)]
    pub(super) fn places(&self, window: &[u8; WINDOW], words: u64) -> (u64, u64) {
        let (anywhere, at_words) = self.pairs(window);
        self.heads.of(window, anywhere, at_words & words)
    }

    /// Where in a block three bytes of keywords of either sort stand: every second place tells of itself
    /// and the one before. Never inlined, for the reason of [`Marks::of`].
    #[inline(never)]
    fn pairs(&self, window: &[u8; WINDOW]) -> (u64, u64) {
        let mut found = [0; 2];
        for eight in 0..BLOCK / 8 {
            let at = 8 * eight + 2;
            let mut pairs = pairs(eight_at(window, at), eight_at(window, at + 2));
            for odd in 0..4 {
                let bits = self.pairs[(pairs & 0x7fff) as usize];
                found[eight / 4] |= u64::from(bits) << (16 * (eight % 4) + 4 * odd);
                pairs >>= 16;
            }
        }
        let [first, last] = found;
        let lowest = |shift: u32| lowest_two(first >> shift) | lowest_two(last >> shift) << (BLOCK / 2);
        (lowest(0), lowest(2))
    }
}

/// The lowest two of each four bits, side by side.
fn lowest_two(bits: u64) -> u64 {
    const STEPS: [(u32, u64); 4] =
        [(2, 0x0f0f_0f0f_0f0f_0f0f), (4, 0x00ff_00ff_00ff_00ff), (8, 0x0000_ffff_0000_ffff), (16, 0xffff_ffff)];
    STEPS.into_iter().fold(bits & 0x3333_3333_3333_3333, |bits, (shift, mask)| (bits | bits >> shift) & mask)
}

/// The first four bytes of keywords, and the first six of those that have more.
#[derive(Clone, Debug)]
struct Heads {
    /// For four bytes, bit 0 if a keyword begins with them, bit 1 if one has no more than five; bits 2
    /// and 3 alike, for keywords at the beginnings of words.
    four: Box<[u8; 1 << HEAD_BITS]>,
    /// For six bytes, bit 0 or 2 if a keyword begins with them.
    six: Box<[u8; 1 << HEAD_BITS]>,
}

impl Heads {
    /// The heads of keywords, each with the number of the bit that stands for its sort.
    fn new<'a>(words: impl Iterator<Item = (&'a [u8], u32)>) -> Heads {
        let (mut four, mut six) = (Box::new([0; 1 << HEAD_BITS]), Box::new([0; 1 << HEAD_BITS]));
        for (word, shift) in words {
            let long = word.len() >= 6;
            each_beginning::<4>(word, |head| four[place(head)] |= if long { 1 } else { 2 } << shift);
            if long {
                each_beginning::<6>(word, |head| six[place_of_six(head)] |= 1 << shift);
            }
        }
        Heads { four, six }
    }

    /// Which of some places may begin a keyword that may stand anywhere, and which of others one of the
    /// rest. Both tables are asked each time: a branch between them would go wrong too often.
    #[inline(always)]
    fn of(&self, window: &[u8; WINDOW], anywhere: u64, at_words: u64) -> (u64, u64) {
        let (mut left, mut first, mut second) = (anywhere | at_words, 0, 0);
        while left != 0 {
            let at = left.trailing_zeros() as usize;
            let head = window[at + 1..].first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight));
            let (four, six) = (self.four[place(head)], self.six[place_of_six(head)]);
            let begun = four >> 1 | four & six;
            first |= u64::from(begun & 1) << at;
            second |= u64::from(begun >> 2 & 1) << at;
            left &= left - 1;
        }
        (first & anywhere, second & at_words)
    }
}

#[inline(always)]
fn eight_at(window: &[u8; WINDOW], at: usize) -> u64 {
    window[at..].first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight))
}

/// Five bits of each three bytes that begin at every second of `bytes`, in four times 16 bits; `next`
/// are the bytes from the third on.
#[inline(always)]
fn pairs(bytes: u64, next: u64) -> u64 {
    const FIRST: u64 = 0x001f_001f_001f_001f;
    bytes & FIRST | bytes >> 3 & FIRST << 5 | (next & FIRST) << 10
}

/// Where three bytes stand in the table of pairs.
fn pair(three: u32) -> usize {
    (pairs(u64::from(three), u64::from(three >> 16)) & 0x7fff) as usize
}

/// Where the first four of eight bytes stand in a table of heads.
#[inline(always)]
fn place(head: u64) -> usize {
    ((head as u32 & HEAD).wrapping_mul(0x9E37_79B1) >> (32 - HEAD_BITS)) as usize
}

/// Where the first six of eight bytes do.
#[inline(always)]
fn place_of_six(head: u64) -> usize {
    ((head & HEAD_OF_SIX).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - HEAD_BITS)) as usize
}

/// Calls `put` with the first `N` bytes of a word; anything may follow one that has a byte less.
fn each_beginning<const N: usize>(word: &[u8], mut put: impl FnMut(u64)) {
    let bytes = |bytes: &[u8]| bytes.iter().take(N).rev().fold(0, |all, byte| all << 8 | u64::from(*byte));
    match word.get(N - 1) {
        Some(_) => put(bytes(word)),
        None => (0..0x20).for_each(|last| put(bytes(word) | last << (8 * (N - 1)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A window onto a block that begins with `text`.
    fn window(text: &str) -> [u8; WINDOW] {
        let mut window = [0; WINDOW];
        window[1..=text.len()].copy_from_slice(text.as_bytes());
        window
    }

    #[test]
    fn bytes_are_marked_where_they_stand() {
        let marks = Marks::of(&window("a_ Z9:\u{e9}@=-12"));
        assert_eq!((marks.words, marks.signs, marks.escapes), (1 << 11 | 0b1001, 1 << 11 | 0b11_0011_0000, false));
        for at in [0, 63] {
            assert!(Marks::of(&window(&format!("{}\\", " ".repeat(at)))).escapes);
        }
        let marks = Marks::of(&window(&"7".repeat(70)));
        assert_eq!((marks.words, marks.signs), (1, 1));
        assert_eq!(marks.runs, u64::MAX >> 7);
    }

    #[test]
    fn a_keyword_passes_at_every_place_and_in_any_case() {
        let sieve = Sieve::new([&b"token"[..], b"7q~"].into_iter(), [&b"dear "[..], b"mr "].into_iter());
        for at in 0..BLOCK {
            for word in ["ToKEN", "7Q~", "7q~~"] {
                let text = format!("{}{word}", " ".repeat(at));
                assert_ne!(sieve.places(&window(&text), 0).0 >> at & 1, 0, "{word} at {at}");
            }
            for word in ["DEAR ", "Mr X"] {
                let text = format!("{}{word}", " ".repeat(at));
                assert_eq!(sieve.places(&window(&text), 1 << at).1, 1 << at);
            }
        }
        assert_eq!(sieve.places(&window("near"), 1), (0, 0));
        assert_eq!(sieve.places(&window(" of the people "), u64::MAX), (0, 0));
    }
}
