//! Telephone numbers that are the same: only how a record's placeholders are numbered depends on it.

use super::{FEWEST_DIGITS, extension};

/// Calling codes of countries where the zero in parentheses is dialled from abroad too: Italy, San Marino.
const ZERO_IS_DIALLED: [&str; 2] = ["+39", "+378"];

/// The number alone, in one form for all its spellings: digits, a plus sign before a calling code, no
/// extension, and no zero that is left out from abroad. `text` is normalised.
pub(in crate::redact) fn same(text: &str) -> String {
    let mut marks = String::with_capacity(text.len());
    let written = text[..end_of_number(text)].bytes();
    let counted = written.filter(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'(' | b')'));
    counted.for_each(|byte| marks.push(char::from(byte)));
    if let Some(rest) = marks.strip_prefix("00") {
        marks = format!("+{rest}");
    }
    if !marks.bytes().any(|byte| matches!(byte, b'(' | b')')) {
        return marks;
    }
    let bare = |marks: &str| marks.replace(['(', ')'], "");
    let international = marks.trim_start_matches('(').starts_with('+');
    match marks.split_once("(0)") {
        Some((code, rest)) if international && !ZERO_IS_DIALLED.contains(&bare(code).as_str()) => {
            bare(code) + &bare(rest)
        }
        _ => bare(&marks),
    }
}

/// Where the extension begins that a text ends with, if enough digits for a number come before it.
fn end_of_number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut digits = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let enough = digits >= FEWEST_DIGITS && !byte.is_ascii_digit();
        if enough && extension(bytes, at) == Some(bytes.len()) {
            return at;
        }
        digits += usize::from(byte.is_ascii_digit());
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_same(spellings: &[&str], form: &str) {
        for spelling in spellings {
            assert_eq!(same(spelling), form, "{spelling}");
        }
    }

    #[test]
    fn a_zero_for_callers_at_home_makes_no_other_number() {
        let spellings = ["+44 20 7946 0958", "+44 (0)20 7946 0958", "+44 ( 0 ) 20-7946-0958", "(+44) (0)2079460958"];
        all_same(&spellings, "+442079460958");
        all_same(&["0044 20 7946 0958", "0044 (0)20 7946 0958"], "+442079460958");
        all_same(&["(0)20 7946 0958", "020 7946 0958", "(020) 7946 0958"], "02079460958");
        all_same(&["+39 06 6982 0000", "+39 (0)6 6982 0000", "0039 (0)6 6982 0000"], "+390669820000");
    }

    #[test]
    fn an_extension_makes_no_other_number() {
        let spellings = [
            "+1 212-555-0123",
            "+1 (212) 555-0123 ext. 12",
            "+12125550123;ext=12",
            "+1 212 555 0123 x4",
            "+1 212 555 0123, доб. 7",
        ];
        all_same(&spellings, "+12125550123");
        assert_ne!(same("+1 212 555 0123"), same("+1 212 555 0124 x3"));
        assert_ne!(same("+1 212 555 0123"), same("212 555 0123"));
    }

    #[test]
    fn what_is_found_together_with_something_else_keeps_all_its_digits() {
        assert_eq!(same("+1 212 555 0123 x4 or 0124"), "+1212555012340124");
        assert_eq!(same("Ana x12"), "12");
        assert_eq!(same("é"), "");
    }
}
