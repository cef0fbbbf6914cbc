//! A first look at 64 bytes of a text at once: which of them are what, and where keywords may begin.
//!
//! All of it is done alike for every byte, without branches; few places are left to look at closer.

/// Bytes that are looked at together.
pub(super) const BLOCK: usize = 64;
/// A block and what keywords that begin in it need of the bytes behind.
pub(super) const WINDOW: usize = BLOCK + 8;
/// Places in a table of beginnings, as a power of two: at some hundred keywords few are taken.
const TABLE_BITS: u32 = 15;
/// Three and four bytes, in which letters of either case are one. Of the last, only so much is looked
/// at as tells letters apart: there are few ways for a short keyword to go on.
const THREE: u32 = 0x001f_dfdf;
const FOUR: u32 = 0x1fdf_dfdf;

/// Which bytes of a block are what: bit n stands for byte n.
pub(super) struct Marks {
    /// Letters and digits of ASCII, and the underscore.
    pub(super) words: u64,
    /// Digits, "@", ":" and "=".
    pub(super) signs: u64,
    /// Whether there is a backslash.
    pub(super) escapes: bool,
}

impl Marks {
    pub(super) fn of(window: &[u8; WINDOW]) -> Marks {
        let (mut words, mut signs, mut escapes) = ([0; BLOCK], [0; BLOCK], 0);
        for (index, byte) in window[..BLOCK].iter().enumerate() {
            let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
            let digit = byte.wrapping_sub(b'0') < 10;
            words[index] = u8::from(letter | digit | (*byte == b'_'));
            signs[index] = u8::from(digit | (*byte == b'@') | (*byte == b':') | (*byte == b'='));
            escapes |= u8::from(*byte == b'\\');
        }
        Marks { words: pack(&words), signs: pack(&signs), escapes: escapes != 0 }
    }
}

/// One bit for each byte, which is 0 or 1.
fn pack(bytes: &[u8; BLOCK]) -> u64 {
    let eights = bytes.as_chunks::<8>().0.iter().enumerate();
    // The product has the eight bytes' bits side by side in its highest byte.
    eights.fold(0, |bits, (index, eight)| {
        bits | (u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * index)
    })
}

/// The first bytes of keywords, to sort out the places where none can begin.
#[derive(Clone, Debug)]
pub(super) struct Sieve {
    /// For three bytes, bit 1 if a keyword begins with them, bit 0 if they stand behind its first.
    pairs: Box<[u8; 1 << TABLE_BITS]>,
    /// For four bytes, 1 if a keyword that is looked for at the beginnings of words begins with them.
    heads: Box<[u8; 1 << TABLE_BITS]>,
}

impl Sieve {
    /// A sieve for keywords that may stand anywhere and for those at the beginnings of words, of
    /// three bytes and more each.
    pub(super) fn new<'a>(anywhere: impl Iterator<Item = &'a [u8]>, at_words: impl Iterator<Item = &'a [u8]>) -> Sieve {
        let (mut pairs, mut heads) = (Box::new([0; 1 << TABLE_BITS]), Box::new([0; 1 << TABLE_BITS]));
        for word in anywhere {
            each_beginning::<3>(word, |three| pairs[place(three & THREE)] |= 0b10);
            each_beginning::<3>(&word[1..], |three| pairs[place(three & THREE)] |= 0b01);
        }
        at_words.for_each(|word| each_beginning::<4>(word, |four| heads[place(four & FOUR)] = 1));
        Sieve { pairs, heads }
    }

    /// Where in a block a keyword may begin: every second place tells of itself and the one before.
    pub(super) fn anywhere(&self, window: &[u8; WINDOW]) -> u64 {
        let odd = (1..BLOCK).step_by(2);
        odd.fold(0, |found, at| found | u64::from(self.pairs[place(head(window, at) & THREE)]) << (at - 1))
    }

    /// Which of `places` may begin a keyword that is looked for at the beginnings of words.
    pub(super) fn at_words(&self, window: &[u8; WINDOW], places: u64) -> u64 {
        let (mut left, mut found) = (places, 0);
        while left != 0 {
            let at = left.trailing_zeros() as usize;
            found |= u64::from(self.heads[place(head(window, at) & FOUR)]) << at;
            left &= left - 1;
        }
        found
    }
}

#[inline(always)]
fn head(window: &[u8; WINDOW], at: usize) -> u32 {
    window[at..].first_chunk().map_or(0, |four| u32::from_le_bytes(*four))
}

/// Where some bytes stand in a table.
#[inline(always)]
fn place(bytes: u32) -> usize {
    (bytes.wrapping_mul(0x9E37_79B1) >> (32 - TABLE_BITS)) as usize
}

/// Calls `put` with the first `N` bytes of a word; anything may follow one that has a byte less.
fn each_beginning<const N: usize>(word: &[u8], mut put: impl FnMut(u32)) {
    let four = |bytes: &[u8]| bytes.iter().take(N).rev().fold(0, |four, byte| four << 8 | u32::from(*byte));
    match word.get(N - 1) {
        Some(_) => put(four(word)),
        None => (0..0x20).for_each(|last| put(four(word) | last << (8 * (N - 1)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(text: &str) -> [u8; WINDOW] {
        let mut window = [0; WINDOW];
        window[..text.len()].copy_from_slice(text.as_bytes());
        window
    }

    #[test]
    fn bytes_are_marked_where_they_stand() {
        let marks = Marks::of(&window("a_ Z9:\u{e9}@=-"));
        assert_eq!((marks.words, marks.signs, marks.escapes), (0b11011, 0b11_0011_0000, false));
        assert!(Marks::of(&window(&format!("{}\\", " ".repeat(63)))).escapes);
        assert_eq!(Marks::of(&window(&"x".repeat(70))).words, u64::MAX);
    }

    #[test]
    fn a_keyword_passes_at_every_place_and_in_any_case() {
        let sieve = Sieve::new([&b"token"[..], b"7q~"].into_iter(), [&b"dear "[..]].into_iter());
        for at in 0..BLOCK {
            for word in ["ToKEN", "7Q~"] {
                let text = format!("{}{word}", " ".repeat(at));
                assert_ne!(sieve.anywhere(&window(&text)) >> at & 1, 0, "{word} at {at}");
            }
            assert_eq!(sieve.at_words(&window(&format!("{}DEAR", " ".repeat(at))), 1 << at), 1 << at);
        }
        assert_eq!(sieve.at_words(&window("near"), 1), 0);
    }
}
