//! Payment cards and US social security numbers.

use super::{is_whole_number, line_before};
use std::ops::Range;

/// Shortest and longest card number, in digits (ISO/IEC 7812).
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// The card number at the start of the candidate, which may run on into other digits.
pub(super) fn check_card(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let candidate = &text[span.clone()];
    let ends = candidate.char_indices().rev().filter(|(_, c)| c.is_ascii_digit()).map(|(index, _)| index + 1);
    let card = |end: &usize| {
        let number = &candidate[..*end];
        let whole = span.start..span.start + end;
        is_whole_number(text, &whole) && is_card(number)
    };
    let end = ends.take_while(|end| *end >= *CARD_DIGITS.start()).find(card)?;
    Some(span.start..span.start + end)
}

fn is_card(number: &str) -> bool {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    CARD_DIGITS.contains(&digits.len()) && is_grouped(number) && is_issued(&digits) && luhn(&digits)
}

/// Cards are written without separators, in fours, or as 4-6-5 and 4-6-4, with one separator.
fn is_grouped(number: &str) -> bool {
    let separator = number.chars().find(|c| !c.is_ascii_digit());
    let Some(separator) = separator else { return true };
    let groups: Vec<usize> = number.split(separator).map(str::len).collect();
    let digits_only = number.split(separator).all(|group| group.bytes().all(|b| b.is_ascii_digit()));
    let in_fours = groups.iter().rev().skip(1).all(|len| *len == 4) && groups.last().is_some_and(|len| *len <= 4);
    digits_only && (in_fours || matches!(groups[..], [4, 6, 4 | 5]))
}

/// Whether an issuer with this prefix has cards of this length.
fn is_issued(digits: &str) -> bool {
    // At least 13 ASCII digits, so the first six are there and make a number.
    let prefix = |n: usize| digits[..n].parse::<u32>().unwrap_or_default();
    let length = digits.len();
    match prefix(4) {
        4000..=4999 => matches!(length, 13 | 16 | 19),
        5100..=5599 | 2221..=2720 => length == 16,
        3400..=3499 | 3700..=3799 => length == 15,
        3000..=3059 | 3095 | 3600..=3699 | 3800..=3999 => matches!(length, 14 | 16..=19),
        3528..=3589 => length >= 16,
        2200..=2204 | 6000..=6099 | 6200..=6299 | 6440..=6599 | 8100..=8199 => length >= 16,
        5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763 => true,
        5000..=5099 | 5600..=5899 | 6300..=6399 | 6700..=6799 => length >= 16,
        _ => false,
    }
}

/// ISO/IEC 7812-1, annex B.
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(digit - b'0')) {
            (0, value) => value,
            (_, value) => value * 2 / 10 + value * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Nine digits that were issued. Without separators only where the text says what they are.
pub(super) fn check_ssn(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let candidate = &text[span.clone()];
    let digits: String = candidate.chars().filter(char::is_ascii_digit).collect();
    if digits.len() != 9 || !is_whole_number(text, &span) {
        return None;
    }
    let separators: Vec<char> = candidate.chars().filter(|c| !c.is_ascii_digit()).collect();
    let written = match separators[..] {
        [first, second] => first == second,
        [] => is_introduced(&line_before(text, span.start, 48)),
        _ => false,
    };
    let (area, group, serial) = (&digits[..3], &digits[3..5], &digits[5..]);
    let issued = !matches!(area, "000" | "666") && !area.starts_with('9') && group != "00" && serial != "0000";
    // Printed on specimen cards and in advertisements; never anybody's again.
    let specimen = matches!(&*digits, "078051120" | "219099999" | "123456789");
    (written && issued && !specimen).then_some(span)
}

fn is_introduced(line: &str) -> bool {
    line.contains("ssn") || line.contains("social security") || line.contains("soc sec")
}

#[cfg(test)]
mod tests {
    use super::super::{Validator, found};

    #[test]
    fn cards_are_found_in_their_usual_groups() {
        for (text, card) in [
            ("pay 4111111111111111.", "4111111111111111"),
            ("4111 1111 1111 1111 12/27", "4111 1111 1111 1111"),
            ("3782-822463-10005", "3782-822463-10005"),
            ("5555-5555-5555-4444, thanks", "5555-5555-5555-4444"),
            ("30569309025904", "30569309025904"),
            ("6011 1111 1111 1117", "6011 1111 1111 1117"),
        ] {
            let candidate: &str = text.trim_matches(|c: char| !c.is_ascii_digit());
            let candidate = &candidate[..candidate.len().min(card.len() + 3)];
            let candidate = candidate.split('/').next().expect("one part");
            assert_eq!(found(Validator::Card, text, candidate), Some(card), "{text}");
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
        ] {
            let candidate = text.trim_start_matches("0.").trim_start_matches('x').trim_end_matches(".5");
            assert_eq!(found(Validator::Card, text, candidate), None, "{text}");
        }
    }

    #[test]
    fn issued_social_security_numbers_are_found() {
        for (text, number) in [
            ("SSN: 536-22-8726", "536-22-8726"),
            ("536 22 8726", "536 22 8726"),
            ("536.22.8726!", "536.22.8726"),
            ("my social security number is 536228726", "536228726"),
        ] {
            assert_eq!(found(Validator::Ssn, text, number), Some(number), "{text}");
        }
    }

    #[test]
    fn numbers_that_are_never_issued_are_not() {
        for text in [
            "000-12-3456",
            "666-12-3456",
            "912-12-3456",
            "536-00-3456",
            "536-12-0000",
            "078-05-1120",
            "536-12.3456",
            "536123456",
        ] {
            assert_eq!(found(Validator::Ssn, text, text), None, "{text}");
        }
        assert_eq!(found(Validator::Ssn, "1-536-22-8726", "536-22-8726"), None);
    }
}
