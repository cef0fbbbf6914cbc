//! Payment cards, read from their first digits.

use super::{is_counted, is_whole_number};
use std::ops::Range;

/// Shortest and longest card number, in digits (ISO/IEC 7812, and Maestro's shortest).
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 12..=19;

/// The card number that begins with the digits at `span`. The longest that is valid is taken.
pub(super) fn check(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if matches!(bytes[span.start], b'7' | b'9') || span.len() > *CARD_DIGITS.end() || matches!(span.len(), 1..=3) {
        return None;
    }
    let number = Number::read(bytes, span.start);
    // 2 to 6 begin most cards; 0, 1 and 8 few, which the table of issuers knows.
    let lengths = (*CARD_DIGITS.start()..=number.count).rev();
    let card = |length: &usize| {
        let whole = span.start..number.ends[length - 1];
        let digits = &number.digits[..*length];
        number.ends_here(*length)
            && is_issued(digits)
            && luhn(digits)
            && is_grouped(&bytes[whole.clone()])
            && is_whole_number(text, &whole)
            && !is_listed(bytes, &whole)
            && !(whole.len() == *length && is_counted(text, &whole))
    };
    lengths.into_iter().find(card).map(|length| span.start..number.ends[length - 1])
}

/// Digits with one separator between groups, as far as a card may go.
struct Number {
    digits: [u8; 20],
    /// Where each digit ends.
    ends: [usize; 20],
    count: usize,
}

impl Number {
    fn read(bytes: &[u8], start: usize) -> Number {
        let mut number = Number { digits: [0; 20], ends: [0; 20], count: 0 };
        let (mut at, mut separator) = (start, None);
        while number.count < 20 {
            match bytes.get(at) {
                Some(byte) if byte.is_ascii_digit() => {
                    number.digits[number.count] = byte - b'0';
                    number.ends[number.count] = at + 1;
                    number.count += 1;
                    at += 1;
                }
                Some(byte @ (b' ' | b'-' | b'.' | b'/' | b'_')) if separator.is_none_or(|known| known == *byte) => {
                    // Some put two spaces, or a hyphen between spaces.
                    let more = bytes[at + 1..].iter().take(2).take_while(|b| **b == *byte).count();
                    if !bytes.get(at + 1 + more).is_some_and(u8::is_ascii_digit) {
                        break;
                    }
                    separator = Some(*byte);
                    at += 1 + more;
                }
                _ => break,
            }
        }
        number.count = number.count.min(20);
        number
    }

    /// Whether no digit follows the first `length` without a separator.
    fn ends_here(&self, length: usize) -> bool {
        length <= *CARD_DIGITS.end() && (length == self.count || self.ends[length] > self.ends[length - 1] + 1)
    }
}

/// Cards are written without separators, in fours, or as 4-6-5 and 4-6-4.
fn is_grouped(number: &[u8]) -> bool {
    let mut groups = [0; 8];
    let mut count = 0;
    for group in number.split(|b| !b.is_ascii_digit()).filter(|group| !group.is_empty()) {
        if count == groups.len() {
            return false;
        }
        groups[count] = group.len();
        count += 1;
    }
    let groups = &groups[..count];
    let in_fours = groups.iter().rev().skip(1).all(|len| *len == 4) && groups.last().is_some_and(|len| *len <= 4);
    groups.len() == 1 || in_fours || matches!(groups, [4, 6, 4 | 5] | [6, 13] | [6, 6] | [8, 8])
}

/// Whether the number stands in a table of codes or a list of large numbers.
pub(super) fn is_listed(bytes: &[u8], whole: &Range<usize>) -> bool {
    if bytes[..whole.start].last() == Some(&b'.') {
        return true;
    }
    let quad = |token: Option<&[u8]>| {
        token.is_some_and(|t| t.iter().all(u8::is_ascii_hexdigit) && t.iter().any(u8::is_ascii_digit))
    };
    let left = |at: usize| (at >= 5 && bytes[at - 1] == b' ').then(|| &bytes[at - 5..at - 1]);
    let right = |at: usize| (bytes.get(at) == Some(&b' ')).then(|| bytes.get(at + 1..at + 5)).flatten();
    if bytes[whole.clone()].contains(&b' ') {
        return quad(left(whole.start)) || (quad(right(whole.end)) && quad(right(whole.end + 5)));
    }
    let quiet = |b: &u8| matches!(b, b',' | b' ' | b'\n' | b'\t' | b'\r');
    let gap = bytes[whole.end..].iter().take(40).take_while(|b| quiet(b)).count();
    let digits = |at: usize| bytes[at..].iter().take(20).take_while(|b| b.is_ascii_digit()).count();
    let next = whole.end + gap;
    let before = bytes[..whole.start].iter().rev().take(40).take_while(|b| quiet(b)).count();
    let previous = bytes[..whole.start - before].iter().rev().take(20).take_while(|b| b.is_ascii_digit()).count();
    let large = |range: Range<usize>| range.len() >= 12 && !luhn_text(&bytes[range]);
    (bytes.get(whole.end) == Some(&b',') && large(next..next + digits(next)))
        || (before > 0 && large(whole.start - before - previous..whole.start - before))
}

fn luhn_text(digits: &[u8]) -> bool {
    let mut values = [0; 20];
    values.iter_mut().zip(digits).for_each(|(value, byte)| *value = byte - b'0');
    luhn(&values[..digits.len().min(20)])
}

/// Whether an issuer with this prefix has cards of this length. Public lists of issuer numbers.
fn is_issued(digits: &[u8]) -> bool {
    let prefix = digits[..4].iter().fold(0, |sum, digit| sum * 10 + u32::from(*digit));
    let length = digits.len();
    match prefix {
        4000..=4999 => matches!(length, 13 | 16 | 19),
        5100..=5599 | 2221..=2720 => length == 16,
        3400..=3499 | 3700..=3799 => length == 15,
        1800 | 2131 => length == 15,
        3000..=3059 | 3095 | 3600..=3699 | 3800..=3999 => matches!(length, 14 | 16),
        3500..=3599 => matches!(length, 16 | 19),
        5018 | 5020 | 5038 | 5893 | 6304 | 6390 | 6759 | 6761..=6763 | 604 => length >= 12,
        2200..=2204 | 6000..=6099 | 6200..=6299 | 6440..=6599 | 8100..=8199 => matches!(length, 16 | 19),
        5600..=5899 => matches!(length, 12 | 16),
        5000..=5099 | 6300..=6399 | 6700..=6799 => matches!(length, 16 | 19),
        _ => false,
    }
}

/// ISO/IEC 7812-1, annex B.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let places = digits.iter().rev().enumerate();
    let sum: u32 = places.map(|(place, digit)| u32::from(if place % 2 == 1 { doubled(*digit) } else { *digit })).sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::super::{Validator, first_at_digits};

    #[test]
    fn cards_are_found_in_their_usual_groups() {
        for (text, card) in [
            ("pay 4111111111111111.", "4111111111111111"),
            ("4111 1111 1111 1111 12/27", "4111 1111 1111 1111"),
            ("4111  1111  1111  1111", "4111  1111  1111  1111"),
            ("4111.1111.1111.1111", "4111.1111.1111.1111"),
            ("3782-822463-10005", "3782-822463-10005"),
            ("5555-5555-5555-4444, thanks", "5555-5555-5555-4444"),
            ("30569309025904", "30569309025904"),
            ("6011 1111 1111 1117", "6011 1111 1111 1117"),
            ("maestro 630400000000", "630400000000"),
        ] {
            assert_eq!(first_at_digits(Validator::Card2, text), Some(card), "{text}");
        }
    }

    #[test]
    fn other_long_numbers_are_no_cards() {
        for text in [
            "4111111111111112",
            "9780306406157",
            "1700000000000000",
            "41 11 11 11 11 11 11 11",
            "4111-1111 1111-1111",
            "4111111111111111.5",
            "0.4111111111111111",
            "x4111111111111111",
            "0000000000000000",
            "41111111111111110000000",
            "4E01 4111 1111 1111 1111",
            "4111 1111 1111 1111 4E00 4E01",
            "[4111111111111111, 5111111111111111]",
            "order #4111111111111111",
            "4111111111111111 bytes",
        ] {
            assert_eq!(first_at_digits(Validator::Card2, text), None, "{text}");
        }
    }
}
