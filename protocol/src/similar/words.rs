//! A text as words to compare: without case, accents and marks, white space of any kind as one gap.
//!
//! Characters are told apart by ranges written here, and by no table of Unicode: such a table changes with
//! the compiler, and then two validators would see different words.

/// The hash of an empty word.
const EMPTY: u64 = 0x6a09_e667_f3bc_c908;
/// An odd number without a pattern, by which each step of a word's hash multiplies.
const STEP: u64 = 0xd6e8_feb8_6659_fd93;
/// Between a placeholder's kind and words that are spelt alike.
const PLACEHOLDER: char = '[';
/// The longest kind of a placeholder, and the most digits of its number.
const KIND_BYTES: usize = 24;
const NUMBER_DIGITS: usize = 5;

/// What a character is to the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// Part of a word, as it is compared.
    Letter(char),
    /// A word by itself: scripts that put no space between words.
    Alone(char),
    /// What ends a word.
    Gap,
    /// As if it were not there.
    Nothing,
}

/// Calls `put` with a hash of each word of a text, in order. A placeholder such as `[EMAIL_1]` is one word,
/// whatever its number.
pub(super) fn each_word(text: &str, put: &mut impl FnMut(u64)) {
    let mut word = EMPTY;
    let mut end = |word: &mut u64| {
        if *word != EMPTY {
            put(mixed(std::mem::replace(word, EMPTY)));
        }
    };
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(kind) = placeholder(rest) {
            end(&mut word);
            word = kind.chars().fold(longer(EMPTY, PLACEHOLDER), longer);
            end(&mut word);
            let digits = rest[kind.len() + 2..].bytes().take_while(u8::is_ascii_digit).count();
            rest = &rest[kind.len() + digits + 3..];
            continue;
        }
        match seen(c) {
            Seen::Letter(c) => word = longer(word, c),
            Seen::Alone(c) => {
                end(&mut word);
                word = longer(word, c);
                end(&mut word);
            }
            Seen::Gap => end(&mut word),
            Seen::Nothing => {}
        }
        rest = &rest[c.len_utf8()..];
    }
    end(&mut word);
}

/// How many words a text has.
pub fn count_words(text: &str) -> usize {
    let mut count = 0;
    each_word(text, &mut |_| count += 1);
    count
}

/// A number of 64 bits with every bit of the given one in every bit of it.
pub(super) const fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 32)).wrapping_mul(STEP);
    x = (x ^ (x >> 29)).wrapping_mul(STEP);
    x ^ (x >> 32)
}

fn longer(word: u64, c: char) -> u64 {
    (word.rotate_left(23) ^ u64::from(c)).wrapping_mul(STEP)
}

/// The kind of the placeholder with which a text begins: `EMAIL` of `[EMAIL_1]`.
fn placeholder(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?;
    let most = inner.bytes().take(KIND_BYTES + NUMBER_DIGITS + 2);
    let name = &inner[..most.take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_').count()];
    let (kind, number) = name.rsplit_once('_')?;
    let closed = inner[name.len()..].starts_with(']');
    let numbered = (1..=NUMBER_DIGITS).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    (closed && numbered && (1..=KIND_BYTES).contains(&kind.len())).then_some(kind)
}

fn seen(c: char) -> Seen {
    match c {
        'a'..='z' | '0'..='9' => Seen::Letter(c),
        'A'..='Z' => Seen::Letter(c.to_ascii_lowercase()),
        '\'' | '\u{2019}' => Seen::Nothing,
        '\0'..='\u{7f}' => Seen::Gap,
        // The soft hyphen, accents that stand by themselves, zero widths, directions, forms of emoji.
        '\u{ad}'
        | '\u{300}'..='\u{36f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' => Seen::Nothing,
        '\u{80}'..='\u{bf}' | '\u{d7}' | '\u{f7}' => Seen::Gap,
        '\u{c0}'..='\u{17f}' => Seen::Letter(latin(c)),
        // Greek and Cyrillic capitals.
        '\u{391}'..='\u{3a9}' | '\u{410}'..='\u{42f}' => Seen::Letter(moved(c, 0x20)),
        '\u{400}'..='\u{40f}' => Seen::Letter(moved(c, 0x50)),
        // Full width.
        '\u{ff10}'..='\u{ff19}' | '\u{ff41}'..='\u{ff5a}' => Seen::Letter(moved(c, -0xfee0)),
        '\u{ff21}'..='\u{ff3a}' => Seen::Letter(moved(c, 0x20 - 0xfee0)),
        // Marks, signs, boxes, emoji.
        '\u{2000}'..='\u{2bff}'
        | '\u{3000}'..='\u{303f}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ffff}'
        | '\u{1f000}'..='\u{1faff}' => Seen::Gap,
        // Thai and Lao, Burmese, Khmer, Chinese and Japanese.
        '\u{e00}'..='\u{eff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{2fff}'
        | '\u{3040}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}' => Seen::Alone(c),
        _ => Seen::Letter(c),
    }
}

/// The letter of an accented Latin one, U+00C0 to U+017F; of two letters written as one, the first.
fn latin(c: char) -> char {
    const BASES: [(char, char); 42] = [
        ('\u{c6}', 'a'),
        ('\u{c7}', 'c'),
        ('\u{cb}', 'e'),
        ('\u{cf}', 'i'),
        ('\u{d0}', 'd'),
        ('\u{d1}', 'n'),
        ('\u{d8}', 'o'),
        ('\u{dc}', 'u'),
        ('\u{dd}', 'y'),
        ('\u{de}', 't'),
        ('\u{df}', 's'),
        ('\u{e6}', 'a'),
        ('\u{e7}', 'c'),
        ('\u{eb}', 'e'),
        ('\u{ef}', 'i'),
        ('\u{f0}', 'd'),
        ('\u{f1}', 'n'),
        ('\u{f8}', 'o'),
        ('\u{fc}', 'u'),
        ('\u{fd}', 'y'),
        ('\u{fe}', 't'),
        ('\u{ff}', 'y'),
        ('\u{105}', 'a'),
        ('\u{10d}', 'c'),
        ('\u{111}', 'd'),
        ('\u{11b}', 'e'),
        ('\u{123}', 'g'),
        ('\u{127}', 'h'),
        ('\u{133}', 'i'),
        ('\u{135}', 'j'),
        ('\u{138}', 'k'),
        ('\u{142}', 'l'),
        ('\u{14b}', 'n'),
        ('\u{153}', 'o'),
        ('\u{159}', 'r'),
        ('\u{161}', 's'),
        ('\u{167}', 't'),
        ('\u{173}', 'u'),
        ('\u{175}', 'w'),
        ('\u{178}', 'y'),
        ('\u{17e}', 'z'),
        ('\u{17f}', 's'),
    ];
    BASES[BASES.partition_point(|(last, _)| *last < c)].1
}

fn moved(c: char, by: i32) -> char {
    // The ranges above have their other case, or width, at that distance.
    u32::try_from(c as i32 + by).ok().and_then(char::from_u32).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<u64> {
        let mut words = Vec::new();
        each_word(text, &mut |word| words.push(word));
        words
    }

    #[track_caller]
    fn alike(a: &str, b: &str) {
        assert_eq!(words(a), words(b), "{a:?} and {b:?}");
    }

    #[test]
    fn case_accents_marks_and_white_space_make_no_difference() {
        alike("The  old\tmill,\nby the river.", "the old mill by the river");
        alike("Crème BRÛLÉE à Łódź", "creme brulee a lodz");
        alike("cre\u{300}me", "crème");
        alike("ΑΒΓ МОСКВА Ђ", "αβγ москва ђ");
        alike("ＡＢＣ１２", "abc12");
        alike("don\u{2019}t", "don't");
        alike("so\u{ad}lar\u{200b}", "solar");
        alike("€5 → 😀 fine", "5 fine");
    }

    #[test]
    fn every_accented_latin_letter_has_its_plain_one() {
        for (plain, accented) in [
            ("a", "ÀÆàæĀą"),
            ("c", "ÇçĆč"),
            ("e", "ÈËèëĒě"),
            ("i", "ÌÏìïĨĳ"),
            ("o", "ÒÖØòøŌœ"),
            ("u", "ÙÜùüŨų"),
            ("z", "Źž"),
            ("s", "ßŚšſ"),
            ("y", "ÝýÿŶŸ"),
            ("t", "ÞþŢŧ"),
        ] {
            accented.chars().for_each(|c| alike(&c.to_string(), plain));
        }
    }

    #[test]
    fn a_placeholder_is_one_word_of_its_kind() {
        alike("write to [EMAIL_1] now", "write to [EMAIL_27] now");
        assert_eq!(words("a [EMAIL_1] b [PHONE_2]").len(), 4);
        assert_ne!(words("[EMAIL_1]"), words("[PHONE_1]"));
        assert_ne!(words("[EMAIL_1]"), words("email"));
        alike("x[GOV_ID_3]y", "x [GOV_ID_1] y");
        for none in ["[EMAIL]", "[EMAIL_]", "[_1]", "[EMAIL_123456]", "[EMAIL_1", "[email_1]", "[1]"] {
            assert_eq!(placeholder(none), None, "{none}");
        }
    }

    #[test]
    fn scripts_without_spaces_give_a_word_for_each_character() {
        assert_eq!(words("水车坏了。").len(), 4);
        assert_eq!(words("สวัสดี").len(), 6);
        assert_eq!(words("안녕 세상").len(), 2);
    }

    #[test]
    fn nothing_gives_no_words() {
        assert_eq!(words(" \n\t.,;!—…"), Vec::<u64>::new());
        assert_eq!(words(""), Vec::<u64>::new());
    }
}
