//! A glance at a word that spares most searches in a list: how it begins and ends, and how long it is.

/// Which shapes the words of a list have, each as one of `64 * N` bits.
pub(super) const fn shapes<const N: usize>(words: &[&str]) -> [u64; N] {
    let mut shapes = [0; N];
    let mut index = 0;
    while index < words.len() {
        let shape = shape(words[index].as_bytes()) % (64 * N);
        shapes[shape / 64] |= 1 << (shape % 64);
        index += 1;
    }
    shapes
}

/// Whether a sorted list of these shapes holds a word.
pub(super) fn holds<const N: usize>(shapes: &[u64; N], words: &[&str], word: &str) -> bool {
    let shape = shape(word.as_bytes()) % (64 * N);
    shapes[shape / 64] >> (shape % 64) & 1 == 1 && words.binary_search(&word).is_ok()
}

const fn shape(word: &[u8]) -> usize {
    match word {
        [] => 0,
        [one] => *one as usize,
        [first, second, .., last] => {
            (*first as usize * 7 + *second as usize * 131 + *last as usize * 977) ^ (word.len() << 4)
        }
        [first, last] => *first as usize * 7 + *last as usize * 977,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_holds_its_words_alone() {
        const WORDS: [&str; 5] = ["", "a", "be", "sea", "voyage"];
        const SHAPES: [u64; 4] = shapes(&WORDS);
        for word in WORDS {
            assert!(holds(&SHAPES, &WORDS, word), "{word}");
        }
        for word in ["b", "eb", "tea", "voyages"] {
            assert!(!holds(&SHAPES, &WORDS, word), "{word}");
        }
    }
}
