//! Places where a validator finds nothing, as a glance at the bytes beside shows. Most places end here.
//!
//! Such a place is not looked at again when findings beside it are taken out. So what is said
//! here holds whatever is cut off on either side, but for one cut: between two letters or digits, since
//! all places behind such a cut are looked for anew.

use super::Validator;
use std::ops::Range;

/// Letters and digits in a row, behind which numbers that stand alone have ended. More than stand
/// before the last digits of any that is read backwards.
pub(in super::super) const DEEP: usize = 10;

impl Validator {
    /// Whether something may be found at digits behind this byte, which is 0 at the beginning of a text.
    pub(in super::super) fn may_follow(self, before: u8) -> bool {
        match self {
            Validator::Ipv42 | Validator::IpSpecial2 | Validator::Coordinates | Validator::Ssn2 => {
                !before.is_ascii_alphanumeric()
            }
            Validator::Card2 | Validator::Phone2 => !before.is_ascii_alphanumeric(),
            Validator::GovId => !before.is_ascii_alphabetic(),
            Validator::Iban2 => before.is_ascii_alphabetic(),
            _ => true,
        }
    }

    /// Whether something may be found at a run of so many digits; `more`: others follow behind one of
    /// the signs " -./+:".
    pub(in super::super) fn may_begin(self, digits: usize, more: bool) -> bool {
        match self {
            Validator::Ipv42 | Validator::IpSpecial2 => digits <= 3 && more,
            Validator::Coordinates => digits <= 2 && more,
            Validator::Ssn2 => digits == 9 || digits == 3 && more,
            Validator::Card2 => (4..=19).contains(&digits),
            Validator::Iban2 => digits >= 2,
            Validator::GovId => (7..=18).contains(&digits) || digits < 7 && more,
            _ => true,
        }
    }

    /// Whether something may be found at digits behind [`DEEP`] letters and digits in a row. No address,
    /// account or number goes on from so many: what is found from its middle has a separator before.
    pub(in super::super) fn may_stand_deep(self) -> bool {
        !matches!(
            self,
            Validator::Ipv42
                | Validator::IpSpecial2
                | Validator::Coordinates
                | Validator::Ssn2
                | Validator::Card2
                | Validator::Phone2
                | Validator::GovId
                | Validator::GovIdLetters
                | Validator::Iban2
                | Validator::Mac
        )
    }

    /// Whether nothing is found at a colon but where [`is_among_hexadecimal`].
    pub(in super::super) fn wants_hexadecimal(self) -> bool {
        matches!(self, Validator::Mac | Validator::Ipv62 | Validator::IpSpecial2)
    }

    /// Whether nothing is found at `span`, in this text and in every part of it that holds `span`
    /// and does not begin there within a run of letters and digits.
    #[inline]
    pub(in super::super) fn is_hopeless(self, text: &str, span: &Range<usize>) -> bool {
        let bytes = text.as_bytes();
        let before = |distance: usize| bytes.get(span.start.wrapping_sub(distance)).copied().unwrap_or_default();
        let after = |distance: usize| bytes.get(span.end + distance).copied().unwrap_or_default();
        let colon = || bytes.get(span.start) == Some(&b':');
        let decimal = || after(0) == b'.' && after(1).is_ascii_digit();
        match self {
            Validator::Ipv62 | Validator::IpSpecial2 if colon() => {
                after(0) != b':' && !(after(0).is_ascii_hexdigit() && before(1).is_ascii_hexdigit())
            }
            Validator::Ipv42 | Validator::IpSpecial2 | Validator::Coordinates => !decimal(),
            Validator::Mac if colon() => !before(1).is_ascii_hexdigit(),
            Validator::Mac => is_far_from_groups(bytes, span),
            Validator::Ssn2 => {
                span.len() == 3 && !(matches!(after(0), b'-' | b'.' | b' ') && after(1).is_ascii_digit())
            }
            Validator::Card2 => matches!(bytes[span.start], b'7' | b'9'),
            Validator::Iban2 => !before(2).is_ascii_alphabetic() || before(3).is_ascii_alphanumeric(),
            Validator::GovId => {
                let parted =
                    || matches!(after(0), b' ' | b'-' | b'.' | b'/' | b'+' | b':') && after(1).is_ascii_digit();
                span.len() < 7 && !parted()
            }
            Validator::GovIdLetters => is_far_from_letters(bytes, span),
            Validator::EmailSpoken2 => bytes[span.start] == b' ' && is_far_from_dot(bytes, span),
            Validator::Ethereum => span.len() != 42,
            Validator::Bitcoin2 => {
                !(26..=35).contains(&span.len()) || !matches!(bytes[span.start], b'1' | b'2' | b'3' | b'm' | b'n')
            }
            _ => false,
        }
    }
}

/// Whether the hexadecimal digits around those at `span` are too many for a group of an address, or
/// stand by no sign that separates groups: one before them, or one behind them and others behind it.
fn is_far_from_groups(bytes: &[u8], span: &Range<usize>) -> bool {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let hexadecimal = |at: usize| byte(at).is_ascii_hexdigit();
    let separates = |at: usize| matches!(byte(at), b'-' | b'.' | b' ');
    let left = (1..=4).find(|distance| !hexadecimal(span.start.wrapping_sub(*distance)));
    let right = (0..4).find(|distance| !hexadecimal(span.end + distance)).unwrap_or(4);
    let Some(left) = left else { return true };
    let end = span.end + right;
    let followed = separates(end) && hexadecimal(end + 1);
    if (left, right) == (1, 0) {
        // Groups have two digits, or four with full stops between.
        let fits = |at: usize| separates(at) && (byte(at) == b'.') == (span.len() == 4);
        return !matches!(span.len(), 2 | 4)
            || !(followed || matches!(byte(end), b'-' | b'.'))
            || !(followed && fits(end) || fits(span.start.wrapping_sub(1)));
    }
    !separates(span.start.wrapping_sub(left)) && !followed
}

/// Whether the digits at `span` are no part of a run of letters and digits that may be a number of a
/// government, and neither do letters stand before them as in one that is written apart.
fn is_far_from_letters(bytes: &[u8], span: &Range<usize>) -> bool {
    let before = |distance: usize| bytes.get(span.start.wrapping_sub(distance)).copied().unwrap_or_default();
    let after = bytes.get(span.end).copied().unwrap_or_default();
    if before(1).is_ascii_alphabetic() {
        let letters = bytes[..span.start].iter().rev().take(7).take_while(|b| b.is_ascii_alphabetic()).count();
        let within = letters > 6 || before(letters + 1).is_ascii_digit();
        return within && !(span.len() == 2 && before(1).is_ascii_uppercase() && before(2).is_ascii_uppercase());
    }
    let apart = || matches!(span.len(), 2 | 7) && matches!(before(1), b' ' | b'-') && before(2).is_ascii_alphabetic();
    !after.is_ascii_alphabetic() && !apart()
}

/// Whether no dot is said behind the first label of the host behind `span`.
fn is_far_from_dot(bytes: &[u8], span: &Range<usize>) -> bool {
    let count = |from: usize, most: usize, of: fn(&u8) -> bool| {
        bytes[from..].iter().take(most).take_while(|byte| of(byte)).count()
    };
    let label = span.end + count(span.end, 2, |byte| *byte == b' ');
    let end = label + count(label, 63, |byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    let dot = bytes.get(end + count(end, 2, |byte| *byte == b' '));
    end == label || !matches!(dot, Some(b'[' | b'(' | b'{' | b'<' | b'd' | b'D' | b'p' | b'P'))
}

/// Whether the bytes beside the colon at `at` let it be in an address: behind it another colon, or
/// hexadecimal digits on both sides, or before it a group that has a colon too. As with
/// [`Validator::is_hopeless`], what is cut off can only make it less.
pub(in super::super) fn is_among_hexadecimal(bytes: &[u8], at: usize) -> bool {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let grouped = || byte(at.wrapping_sub(3)) == b':' || byte(at.wrapping_sub(5)) == b':';
    let (before, after) = (byte(at.wrapping_sub(1)), byte(at + 1));
    after == b':' || before.is_ascii_hexdigit() && (after.is_ascii_hexdigit() || grouped())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made of what validators look for; each piece may stand beside each other.
    const PIECES: [&str; 26] = [
        "192.0.2.44",
        "2001:db8::1",
        "::1",
        "aa:bb:cc:dd:ee:0f",
        "00-1B-63-84-45-E6",
        "3c22.fb9a.017e",
        "48.8583,",
        "2.2944",
        "536-22-8726",
        "536228726",
        "4111 1111 1111 1111",
        "4111111111111111",
        "+1 212 555 0123",
        "030 123456",
        "DE89370400440532013000",
        "1EG4-TE5-MK73",
        "AB 12 34 56 C",
        "X-1234567-L",
        "12345678Z",
        "943 476 5919",
        "my SSN",
        "1EG4TE5MK73",
        "xB3kQ9zzW4T7",
        "a",
        "_",
        " 7",
    ];

    #[test]
    fn nothing_is_found_without_hope_whatever_is_cut_off() {
        let all = [
            Validator::Ipv42,
            Validator::Ipv62,
            Validator::IpSpecial2,
            Validator::Mac,
            Validator::Coordinates,
            Validator::Ssn2,
            Validator::Card2,
            Validator::Phone2,
            Validator::Iban2,
            Validator::GovId,
            Validator::GovIdLetters,
        ];
        for first in PIECES {
            for second in PIECES {
                for joint in ["", " ", "-", ".", ":", "x"] {
                    let text = format!("{first}{joint}{second}");
                    all.into_iter().for_each(|validator| holds(validator, &text));
                }
            }
        }
    }

    #[test]
    fn a_spoken_address_without_hope_is_none_whatever_is_cut_off() {
        for text in
            ["ana at example dot org", "ana at  example punto org", "look at the dot org", "ana at x (dot) org at y"]
        {
            for (start, keyword) in text.match_indices(" at ") {
                let span = start..start + keyword.len();
                let hopeless = Validator::EmailSpoken2.is_hopeless(text, &span);
                for (from, to) in (0..=start).flat_map(|from| (span.end..=text.len()).map(move |to| (from, to))) {
                    let found = Validator::EmailSpoken2.check(&text[from..to], start - from..span.end - from);
                    assert!(!hopeless || found.is_none(), "{:?}", &text[from..to]);
                }
            }
        }
    }

    fn holds(validator: Validator, text: &str) {
        let bytes = text.as_bytes();
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        for start in 0..text.len() {
            let colon =
                bytes[start] == b':' && matches!(validator, Validator::Ipv62 | Validator::IpSpecial2 | Validator::Mac);
            if !colon && (!digit(start) || digit(start.wrapping_sub(1)) || validator == Validator::Ipv62) {
                continue;
            }
            let length = if colon { 1 } else { bytes[start..].iter().take_while(|b| b.is_ascii_digit()).count() };
            let before = start.checked_sub(1).map_or(0, |before| bytes[before]);
            let seen = if colon {
                is_among_hexadecimal(bytes, start)
            } else {
                let deep = start >= DEEP && bytes[start - DEEP..start].iter().all(u8::is_ascii_alphanumeric);
                let after = |distance: usize| bytes.get(start + length + distance).copied().unwrap_or_default();
                let more = matches!(after(0), b' ' | b'-' | b'.' | b'/' | b'+' | b':') && after(1).is_ascii_digit();
                let here = validator.may_follow(before) && validator.may_begin(length, more);
                here && (!deep || validator.may_stand_deep())
            };
            if seen && !validator.is_hopeless(text, &(start..start + length)) {
                continue;
            }
            for from in 0..=start {
                let within = from > 0 && bytes[from - 1].is_ascii_alphanumeric() && bytes[from].is_ascii_alphanumeric();
                for to in (start + length..=text.len()).filter(|_| !within) {
                    let found = validator.check(&text[from..to], start - from..start - from + length);
                    assert_eq!(found, None, "{validator:?} in {:?}", &text[from..to]);
                }
            }
        }
    }
}
