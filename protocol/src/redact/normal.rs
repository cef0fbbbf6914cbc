//! Text as the rules see it: other scripts' digits, full-width forms and odd spaces in their ASCII
//! form, invisible characters gone, with a map back to the original.
//!
//! Each character is changed by itself, so any part of a text normalises alike alone or in place.

use std::borrow::Cow;
use std::ops::Range;

/// Bytes that are looked at together for those beyond ASCII.
const ASCII_BLOCK: usize = 32;

/// Which characters count as disguised. A table never changes once a ruleset has named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// Digits, full-width forms, spaces, hyphens, apostrophes; invisible characters.
    First,
    /// Those, and more hyphens, stops, colons, raised and circled digits, tags and joiners.
    Second,
}

impl Table {
    /// The table that a ruleset names.
    pub(super) fn numbered(number: u8) -> Option<Table> {
        match number {
            1 => Some(Table::First),
            2 => Some(Table::Second),
            _ => None,
        }
    }

    fn form(self, c: char) -> Form {
        match self {
            Table::First => ascii_form(c),
            Table::Second => match ascii_form(c) {
                Form::Same => more_ascii_form(c),
                form => form,
            },
        }
    }
}

/// A normalised text and the way back.
pub(super) struct Normal<'a> {
    text: Cow<'a, str>,
    /// Where the text and the original part: each piece of `text` begins at the first number and
    /// stands in the original at the second. Empty when nothing was changed.
    pieces: Vec<Piece>,
    original: &'a str,
}

/// A piece of a text, from `normal` to the next piece's.
#[derive(Clone, Copy)]
struct Piece {
    normal: usize,
    original: usize,
    /// The bytes of the one original character, for a piece that is its ASCII form; 0 for a copy.
    replaced: usize,
}

impl<'a> Normal<'a> {
    /// The normalised form of `text`. Text without disguised characters is not copied.
    pub(super) fn of(text: &'a str, table: Table) -> Self {
        let mut normal = String::new();
        let mut pieces = Vec::new();
        let mut copied = 0;
        for (start, c) in suspects(text) {
            let form = table.form(c);
            if form == Form::Same {
                continue;
            }
            if copied < start {
                pieces.push(Piece { normal: normal.len(), original: copied, replaced: 0 });
                normal.push_str(&text[copied..start]);
            }
            copied = start + c.len_utf8();
            if let Form::As(ascii) = form {
                pieces.push(Piece { normal: normal.len(), original: start, replaced: c.len_utf8() });
                normal.push(ascii);
            }
        }
        if copied == 0 {
            return Normal { text: Cow::Borrowed(text), pieces, original: text };
        }
        if copied < text.len() {
            pieces.push(Piece { normal: normal.len(), original: copied, replaced: 0 });
            normal.push_str(&text[copied..]);
        }
        Normal { text: Cow::Owned(normal), pieces, original: text }
    }

    /// The text that rules look at.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Where a non-empty span of the normalised text stands in the original.
    pub(super) fn original(&self, span: &Range<usize>) -> Range<usize> {
        match (self.piece(span.start), self.piece(span.end.wrapping_sub(1))) {
            (Some(first), Some(last)) => {
                let inside = |piece: Piece, at: usize| piece.original + (at - piece.normal);
                let end = match last.replaced {
                    0 => inside(last, span.end),
                    bytes => last.original + bytes,
                };
                inside(first, span.start)..end
            }
            _ => span.clone(),
        }
    }

    /// Whether letters of two widths stand in a span, as no mail system and no keyboard makes them.
    pub(super) fn mixes_widths(&self, span: &Range<usize>) -> bool {
        if self.pieces.is_empty() {
            return false;
        }
        let original = &self.original[self.original(span)];
        let wide = |c: char| matches!(c, 'Ａ'..='Ｚ' | 'ａ'..='ｚ');
        original.contains(wide) && original.contains(|c: char| c.is_ascii_alphabetic())
    }

    fn piece(&self, at: usize) -> Option<Piece> {
        let after = self.pieces.partition_point(|piece| piece.normal <= at);
        after.checked_sub(1).map(|index| self.pieces[index])
    }
}

/// The characters of a text that may be disguised, by the first byte of their UTF-8 form.
fn suspects(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            at = next_beyond_ascii(bytes, at)?;
            // Double quotation marks, ellipses and bullets: most of what stands beyond ASCII in prose.
            if let [0xE2, 0x80, 0x9C | 0x9D | 0xA6 | 0xA2, ..] = bytes[at..] {
                at += 3;
                continue;
            }
            let start = at;
            let c = text[start..].chars().next()?;
            at += c.len_utf8();
            if SUSPECT[usize::from(bytes[start])] {
                return Some((start, c));
            }
        }
    })
}

/// Where the first byte beyond ASCII stands, from `at` on; many bytes are looked at in one.
fn next_beyond_ascii(bytes: &[u8], mut at: usize) -> Option<usize> {
    while let Some(block) = bytes[at..].first_chunk::<ASCII_BLOCK>() {
        if block.iter().fold(0, |all, byte| all | byte) >= 0x80 {
            break;
        }
        at += ASCII_BLOCK;
    }
    while let Some(eight) = bytes[at..].first_chunk() {
        let high = u64::from_le_bytes(*eight) & 0x8080_8080_8080_8080;
        if high != 0 {
            return Some(at + high.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    bytes[at..].iter().position(|byte| !byte.is_ascii()).map(|index| at + index)
}

/// First bytes of the characters that a table changes: no letter of Latin, Greek or Cyrillic is
/// behind one, and none of Chinese or Korean.
const SUSPECT: [bool; 256] = {
    let mut table = [false; 256];
    // U+0080 to U+00BF, U+02xx and U+03xx (in part), Hebrew to N'Ko, U+0800 to U+3FFF, U+Fxxx, and
    // what lies beyond the basic plane.
    let first: [usize; 17] =
        [0xC2, 0xCA, 0xCB, 0xCD, 0xD6, 0xD7, 0xD8, 0xD9, 0xDB, 0xDF, 0xE0, 0xE1, 0xE2, 0xE3, 0xEF, 0xF0, 0xF3];
    let mut index = 0;
    while index < first.len() {
        table[first[index]] = true;
        index += 1;
    }
    table
};

#[derive(PartialEq, Eq)]
enum Form {
    Same,
    As(char),
    Nothing,
}

/// The zeros of decimal digits that people type: Arabic, Persian, N'Ko and the scripts of India,
/// Thai, Lao, Tibetan, Burmese, Khmer and Mongolian. A fixed list: it never grows with Unicode.
const ZEROS: [u32; 19] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50, 0x0ED0,
    0x0F20, 0x1040, 0x17E0, 0x1810, 0xFF10,
];

fn ascii_form(c: char) -> Form {
    let code = u32::from(c);
    let ascii = |code: u32| char::from_u32(code).map_or(Form::Same, Form::As);
    match code {
        0..=0x7F => Form::Same,
        0xAD | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2064 | 0x2066..=0x2069 | 0xFEFF => Form::Nothing,
        0xA0 | 0x2000..=0x200A | 0x202F | 0x205F | 0x3000 => Form::As(' '),
        0x2010..=0x2015 | 0x2212 | 0xFE63 => Form::As('-'),
        0x2018 | 0x2019 | 0x02BC => Form::As('\''),
        0xFE6B => Form::As('@'),
        0xFF01..=0xFF5E => ascii(code - 0xFF01 + 0x21),
        0x1D7CE..=0x1D7FF => ascii((code - 0x1D7CE) % 10 + 0x30),
        // Punctuation and what is there beside it has no digits.
        0x2000..=0x2FFF => Form::Same,
        _ => match ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code)) {
            Some(zero) => ascii(code - zero + 0x30),
            None => Form::Same,
        },
    }
}

/// What table 2 adds. Raised digits are left: they are footnotes and exponents.
fn more_ascii_form(c: char) -> Form {
    let code = u32::from(c);
    let ascii = |code: u32| char::from_u32(code).map_or(Form::Same, Form::As);
    match code {
        // Invisible: joiners of graphemes and scripts, fillers, variation selectors, tags.
        0x034F | 0x061C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180E => Form::Nothing,
        0x206A..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFFA0 | 0xE0000..=0xE007F | 0xE0100..=0xE01EF => Form::Nothing,
        0x1680 | 0x2028 | 0x2029 | 0x2800 => Form::As(' '),
        0x058A | 0x2043 | 0x207B | 0x2796 | 0xFE58 => Form::As('-'),
        0x2024 | 0x3002 | 0xFE52 | 0xFF61 => Form::As('.'),
        0x02D0 | 0x2236 | 0xFE55 => Form::As(':'),
        0x2044 | 0x2215 => Form::As('/'),
        0x02B9 | 0x02BB | 0x2032 | 0x201B => Form::As('\''),
        // Circled, bracketed and segmented digits; letters of mathematics.
        0x2460..=0x2468 => ascii(code - 0x2460 + 0x31),
        0x24EA => Form::As('0'),
        0x1FBF0..=0x1FBF9 => ascii(code - 0x1FBF0 + 0x30),
        0x1D400..=0x1D6A3 => match (code - 0x1D400) % 52 {
            letter @ 0..26 => ascii(letter + 0x41),
            letter => ascii(letter - 26 + 0x61),
        },
        _ => Form::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disguised_characters_take_their_ascii_form_and_map_back() {
        let text = "é ４\u{200b}٢＠ｂ\u{a0}–𝟗";
        let normal = Normal::of(text, Table::First);
        assert_eq!(normal.as_str(), "é 42@b -9");
        let digits = normal.original(&(3..5));
        assert_eq!(&text[digits], "４\u{200b}٢");
        let last = normal.original(&(8..9));
        assert_eq!(&text[last], "–");
        assert_eq!(&text[normal.original(&(0..4))], "é ４");
    }

    #[test]
    fn the_second_table_knows_more_disguises() {
        let text = "𝐚𝓑③\u{fe0f}₁\u{e0041}。∶⁄\u{3164}x";
        assert_eq!(Normal::of(text, Table::Second).as_str(), "aB3₁.:/x");
        assert_eq!(Normal::of("③ ∶", Table::First).as_str(), "③ ∶");
    }

    #[test]
    fn ordinary_text_is_not_copied() {
        assert!(matches!(Normal::of("Grüße aus Köln", Table::First).text, Cow::Borrowed(_)));
        assert_eq!(Normal::of("Köln", Table::First).original(&(1..3)), 1..3);
    }

    #[test]
    fn letters_of_two_widths_are_seen_in_the_original() {
        let normal = Normal::of("ana@ｂｃ．org", Table::Second);
        assert!(normal.mixes_widths(&(0..normal.as_str().len())));
        let normal = Normal::of("ａｎａ@ｂ９", Table::Second);
        assert!(!normal.mixes_widths(&(0..normal.as_str().len())));
    }

    #[test]
    fn no_character_that_a_table_changes_has_an_unsuspected_first_byte() {
        for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
            let changed = Table::First.form(c) != Form::Same || Table::Second.form(c) != Form::Same;
            let first = c.encode_utf8(&mut [0; 4]).as_bytes()[0];
            assert!(!changed || SUSPECT[usize::from(first)], "U+{:04X}", u32::from(c));
            assert!(!changed || suspects(c.encode_utf8(&mut [0; 4])).next().is_some(), "U+{:04X}", u32::from(c));
        }
    }
}
