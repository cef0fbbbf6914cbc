//! Places where a validator finds nothing, as a glance at the bytes beside shows. Most places end here.
//!
//! Such a place is not looked at again when findings beside it are taken out. So what is said
//! here holds whatever is cut off on either side, but for one cut: between two letters or digits, since
//! all places behind such a cut are looked for anew.

use super::Validator;
use std::ops::Range;

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

    /// Whether something may be found at a run of so many digits.
    pub(in super::super) fn may_begin(self, digits: usize) -> bool {
        match self {
            Validator::Ipv42 | Validator::IpSpecial2 => digits <= 3,
            Validator::Coordinates => digits <= 2,
            Validator::Ssn2 => matches!(digits, 3 | 9),
            Validator::Card2 => (4..=19).contains(&digits),
            Validator::Iban2 => digits >= 2,
            Validator::GovId => digits <= 18,
            _ => true,
        }
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
            Validator::Mac => {
                let beside = before(1).is_ascii_hexdigit()
                    || after(0).is_ascii_hexdigit()
                    || matches!(after(0), b'-' | b'.')
                    || after(0) == b' ' && after(1).is_ascii_hexdigit();
                // A group has four at most.
                !beside || (1..=4).all(|distance| before(distance).is_ascii_hexdigit())
            }
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
            Validator::GovIdLetters if before(1).is_ascii_alphabetic() => {
                let letters = bytes[..span.start].iter().rev().take(7).take_while(|b| b.is_ascii_alphabetic()).count();
                let within = letters > 6 || before(letters + 1).is_ascii_digit();
                within && !(span.len() == 2 && before(1).is_ascii_uppercase() && before(2).is_ascii_uppercase())
            }
            Validator::GovIdLetters if after(0).is_ascii_alphabetic() => false,
            Validator::GovIdLetters => {
                !(matches!(span.len(), 2 | 7) && matches!(before(1), b' ' | b'-') && before(2).is_ascii_alphabetic())
            }
            // Without brackets, a dot must be said behind the first label of the host.
            Validator::EmailSpoken2 if bytes[span.start] == b' ' => {
                let count = |from: usize, most: usize, of: fn(&u8) -> bool| {
                    bytes[from..].iter().take(most).take_while(|byte| of(byte)).count()
                };
                let label = span.end + count(span.end, 2, |byte| *byte == b' ');
                let end = label + count(label, 63, |byte| byte.is_ascii_alphanumeric() || *byte == b'-');
                let dot = bytes.get(end + count(end, 2, |byte| *byte == b' '));
                end == label || !matches!(dot, Some(b'[' | b'(' | b'{' | b'<' | b'd' | b'D' | b'p' | b'P'))
            }
            Validator::Ethereum => span.len() != 42,
            Validator::Bitcoin2 => {
                !(26..=35).contains(&span.len()) || !matches!(bytes[span.start], b'1' | b'2' | b'3' | b'm' | b'n')
            }
            _ => false,
        }
    }
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
    const PIECES: [&str; 24] = [
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
                validator.may_follow(before) && validator.may_begin(length)
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
