//! Names as a filter compares them: without capitals, and without white space at the ends.
//!
//! An export states its filter, and any later version must come to the same rows. So the letters are written here and
//! taken from no table of Unicode, which changes with the compiler (docs/adr/0029).

use super::FilterError;
use crate::limits::SHORT_TEXT_BYTES;
use std::fmt;
use std::str::FromStr;

/// Capitals: from one to another, each or every second, and how far away the small letter is.
const CAPITALS: [(char, char, u32, i32); 34] = [
    ('A', 'Z', 1, 0x20),
    // Latin.
    ('\u{c0}', '\u{d6}', 1, 0x20),
    ('\u{d8}', '\u{de}', 1, 0x20),
    ('\u{100}', '\u{12e}', 2, 1),
    ('\u{132}', '\u{136}', 2, 1),
    ('\u{139}', '\u{147}', 2, 1),
    ('\u{14a}', '\u{176}', 2, 1),
    ('\u{178}', '\u{178}', 1, -0x79),
    ('\u{179}', '\u{17d}', 2, 1),
    ('\u{18f}', '\u{18f}', 1, 0xca),
    ('\u{1a0}', '\u{1a0}', 1, 1),
    ('\u{1af}', '\u{1af}', 1, 1),
    ('\u{1cd}', '\u{1db}', 2, 1),
    ('\u{1de}', '\u{1ee}', 2, 1),
    ('\u{1f8}', '\u{21e}', 2, 1),
    ('\u{222}', '\u{232}', 2, 1),
    // Greek.
    ('\u{386}', '\u{386}', 1, 0x26),
    ('\u{388}', '\u{38a}', 1, 0x25),
    ('\u{38c}', '\u{38c}', 1, 0x40),
    ('\u{38e}', '\u{38f}', 1, 0x3f),
    ('\u{391}', '\u{3a1}', 1, 0x20),
    ('\u{3a3}', '\u{3ab}', 1, 0x20),
    // Cyrillic.
    ('\u{400}', '\u{40f}', 1, 0x50),
    ('\u{410}', '\u{42f}', 1, 0x20),
    ('\u{460}', '\u{480}', 2, 1),
    ('\u{48a}', '\u{4be}', 2, 1),
    ('\u{4c0}', '\u{4c0}', 1, 0xf),
    ('\u{4c1}', '\u{4cd}', 2, 1),
    ('\u{4d0}', '\u{52e}', 2, 1),
    // Armenian.
    ('\u{531}', '\u{556}', 1, 0x30),
    // Latin with more marks, as in Vietnamese.
    ('\u{1e00}', '\u{1e94}', 2, 1),
    ('\u{1e9e}', '\u{1e9e}', 1, -0x1dbf),
    ('\u{1ea0}', '\u{1efe}', 2, 1),
    // Full width.
    ('\u{ff21}', '\u{ff3a}', 1, 0x20),
];

/// A model's or a tag's name, which names are compared with in small letters and without white space at their ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named(String);

impl Named {
    /// Whether a name in a record is this one.
    pub fn is(&self, name: &str) -> bool {
        plain(name).eq(self.0.chars())
    }
}

impl FromStr for Named {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let name: String = plain(text).collect();
        if (1..=SHORT_TEXT_BYTES).contains(&name.len()) { Ok(Named(name)) } else { Err(FilterError::Name) }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name as it is compared.
pub fn plain(name: &str) -> impl Iterator<Item = char> {
    name.trim_matches(is_space).chars().map(small)
}

/// White space, as Unicode 17 has it.
fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t'..='\r'
            | ' '
            | '\u{85}'
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}'
    )
}

/// The small letter of a capital; any other character is itself.
fn small(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let at = CAPITALS.partition_point(|(_, last, ..)| *last < c);
    let Some((first, _, step, by)) = CAPITALS.get(at).filter(|(first, ..)| *first <= c) else { return c };
    let is_capital = (u32::from(c) - u32::from(*first)).is_multiple_of(*step);
    let letter = u32::from(c).checked_add_signed(*by).and_then(char::from_u32);
    letter.filter(|_| is_capital).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn letters_have_the_small_ones_that_unicode_gives_them() {
        for c in '\0'..=char::MAX {
            let unicode: String = c.to_lowercase().collect();
            if small(c) != c {
                assert_eq!(small(c).to_string(), unicode, "{c:?}");
            } else if c < '\u{530}' && unicode != c.to_string() {
                // Letters that no language in wide use has, and one whose small letter is two characters.
                let rare =
                    matches!(c, '\u{181}'..='\u{1c7}' | '\u{1ca}' | '\u{1f1}'..='\u{1f7}' | '\u{220}'..='\u{24f}');
                let old = matches!(c, '\u{370}'..='\u{37f}' | '\u{3cf}'..='\u{3ff}');
                assert!(rare || old || matches!(c, '\u{130}' | '\u{1c5}' | '\u{1c8}' | '\u{1cb}' | '\u{1f2}'), "{c:?}");
            }
        }
    }

    /// What exports that are out there state was compared by these: another table would find other rows.
    #[test]
    fn the_letters_never_change() {
        let all: String = ('\0'..=char::MAX).map(small).chain(('\0'..=char::MAX).filter(|c| is_space(*c))).collect();
        assert_eq!(
            data_encoding::HEXLOWER.encode(&Sha256::digest(all)),
            "ad9b93a7727b1dcc92b51ea1c086d96a807ab3254e660da08a993253ce51a7d4"
        );
    }

    #[test]
    fn names_are_the_same_whatever_their_case_and_the_white_space_around_them() {
        for (one, other) in [
            ("GPT-4O", "gpt-4o"),
            ("\u{3000}Küche\t", "KÜCHE"),
            ("МОСКВА", "москва"),
            ("Ἀθήνα", "Ἀθήνα"),
            ("ΑΘΉΝΑ", "αθήνα"),
            ("TIẾNG VIỆT", "tiếng việt"),
            ("ŞIŞLI", "şişli"),
            ("STRAẞE", "straße"),
            ("Հայերեն", "հայերեն"),
        ] {
            assert!(one.parse::<Named>().unwrap().is(other), "{one} and {other}");
            assert!(other.parse::<Named>().unwrap().is(one), "{other} and {one}");
        }
        for (one, other) in [("straße", "strasse"), ("kuche", "küche"), ("a b", "a  b"), ("İ", "i")] {
            assert!(!one.parse::<Named>().unwrap().is(other), "{one} and {other}");
        }
        assert_eq!(" \n".parse::<Named>(), Err(FilterError::Name));
        let long = |count: usize| "Ä".repeat(count).parse::<Named>();
        assert!(long(SHORT_TEXT_BYTES / 2).is_ok() && long(SHORT_TEXT_BYTES / 2 + 1).is_err());
    }
}
