//! Text as the rules see it: other scripts' digits, full-width forms and odd spaces in their ASCII
//! form, invisible characters gone, with a map back to the original.
//!
//! Each character is changed by itself, so any part of a text normalises alike alone or in place.

use std::borrow::Cow;
use std::ops::Range;

/// Which characters count as disguised. A table never changes once a ruleset has named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// Digits, full-width forms, spaces, hyphens, apostrophes; invisible characters.
    First,
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
            Table::First | Table::Second => ascii_form(c),
        }
    }
}

/// A normalised text and the way back.
pub(super) struct Normal<'a> {
    text: Cow<'a, str>,
    /// For each byte of `text`, the original character's span; empty when nothing was changed.
    origin: Vec<Range<usize>>,
}

impl<'a> Normal<'a> {
    /// The normalised form of `text`. Text in plain ASCII is not copied.
    pub(super) fn of(text: &'a str, table: Table) -> Self {
        if text.is_ascii() || text.chars().all(|c| table.form(c) == Form::Same) {
            return Normal { text: Cow::Borrowed(text), origin: Vec::new() };
        }
        let mut normal = String::with_capacity(text.len());
        let mut origin = Vec::with_capacity(text.len());
        for (start, c) in text.char_indices() {
            match table.form(c) {
                Form::Same => normal.push(c),
                Form::As(ascii) => normal.push(ascii),
                Form::Nothing => {}
            }
            origin.resize(normal.len(), start..start + c.len_utf8());
        }
        Normal { text: Cow::Owned(normal), origin }
    }

    /// The text that rules look at.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Where a non-empty span of the normalised text stands in the original.
    pub(super) fn original(&self, span: &Range<usize>) -> Range<usize> {
        match (self.origin.get(span.start), self.origin.get(span.end.wrapping_sub(1))) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => span.clone(),
        }
    }
}

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
        _ => match ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code)) {
            Some(zero) => ascii(code - zero + 0x30),
            None => Form::Same,
        },
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
    }

    #[test]
    fn ordinary_text_is_not_copied() {
        assert!(matches!(Normal::of("Grüße aus Köln", Table::First).text, Cow::Borrowed(_)));
        assert_eq!(Normal::of("Köln", Table::First).original(&(1..3)), 1..3);
    }
}
