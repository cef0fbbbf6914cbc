//! Telephone numbers, by the number of their digits and the shape of their groups.

use super::{before, is_word, line_before};
use std::ops::Range;

/// ITU-T E.164: at most 15 digits; shorter than seven is too likely something else.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// National numbers with their leading 0 have at least so many digits.
const NATIONAL_DIGITS: usize = 9;

/// A candidate that has the digits of a telephone number and no other meaning.
///
/// An international number may be shorter than the candidate, since other digits may follow it.
pub(in super::super) fn check(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let candidate = &text[span.clone()];
    if !candidate.starts_with('+') {
        return check_whole(text, span);
    }
    let separator = |(index, c): (usize, char)| (!c.is_ascii_digit()).then_some(span.start + index);
    let shorter = candidate.char_indices().rev().filter_map(separator);
    let mut ends = [span.end].into_iter().chain(shorter.filter(|end| text[..*end].ends_with(is_digit)));
    ends.find_map(|end| check_whole(text, span.start..end))
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn check_whole(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let candidate = &text[span.clone()];
    let digits: String = candidate.chars().filter(char::is_ascii_digit).collect();
    let international = candidate.starts_with('+');
    let plausible = DIGITS.contains(&digits.len())
        && (!international || has_country(&digits))
        && candidate.matches('(').count() == candidate.matches(')').count()
        && digits.bytes().any(|digit| digit != digits.as_bytes()[0]);
    let other = goes_on(text, &span)
        || is_date(candidate)
        || is_column(text, &span)
        || is_book(text, span.start, &digits)
        || (candidate.starts_with('0') && digits.len() < NATIONAL_DIGITS);
    (plausible && !other).then_some(span)
}

/// Whether the candidate is part of a longer word, number, path or amount.
fn goes_on(text: &str, span: &Range<usize>) -> bool {
    let left = before(text, span.start);
    let mut right = text[span.end..].chars();
    let (right, further) = (right.next(), right.next());
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    left.is_some_and(|c| is_word(c) || matches!(c, '+' | '-' | '.' | '/' | '#' | '$' | '€' | '£' | '@'))
        || right.is_some_and(|c| is_word(c) || matches!(c, '%' | '@' | '€' | '$'))
        || (matches!(right, Some('-' | '.' | ':' | '/' | ',')) && digit(further))
}

/// Country codes of ITU-T E.164, by their first digits.
fn has_country(digits: &str) -> bool {
    let two = digits.get(..2).and_then(|two| two.parse::<u32>().ok()).unwrap_or_default();
    match two {
        10..=19 => digits.len() == 11 && digits.as_bytes()[1] >= b'2',
        70..=79 => digits.len() == 11,
        // No country has these.
        0..=9 | 28 | 83 | 89 | 99 if two != 99 => false,
        _ => digits.len() >= 8,
    }
}

/// Pairs of digits that go on, as in a table or a dump of bytes. Five pairs alone are French.
fn is_column(text: &str, span: &Range<usize>) -> bool {
    let candidate = &text[span.clone()];
    let groups = candidate.split([' ', '-', '.', '/']).filter(|group| !group.is_empty());
    let pairs = groups.clone().all(|group| group.len() == 2);
    let left = text[..span.start].trim_end_matches(' ').ends_with(is_digit);
    let right = text[span.end..].trim_start_matches(' ').starts_with(is_digit);
    pairs && (groups.count() != 5 || left || right)
}

/// Three groups such as 2024-05-17 or 17.05.2024.
fn is_date(candidate: &str) -> bool {
    let groups: Vec<&str> = candidate.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let year = |group: &str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    let part = |group: &str| group.len() <= 2;
    groups.windows(3).any(|window| match window {
        [first, second, third] => part(second) && (year(first) && part(third) || part(first) && year(third)),
        _ => false,
    }) && !candidate.starts_with('+')
}

/// ISBN and ISSN, by their prefix or by what introduces them.
fn is_book(text: &str, at: usize, digits: &str) -> bool {
    let line = line_before(text, at, 16);
    (digits.len() == 13 && (digits.starts_with("978") || digits.starts_with("979")))
        || ["isbn", "issn", "doi"].iter().any(|word| line.contains(word))
}

#[cfg(test)]
mod tests {
    use super::super::{Validator, found};

    #[test]
    fn numbers_of_telephones_are_found() {
        for number in
            ["+442079460958", "+1 (212) 555-0123", "(212) 555-0123", "020 7946 0958", "06 12 34 56 78", "+49 30 901820"]
        {
            assert_eq!(found(Validator::Phone, &format!("call {number}, please"), number), Some(number));
        }
    }

    #[test]
    fn dates_books_amounts_and_longer_numbers_are_not() {
        for (text, candidate) in [
            ("on 01-02-2024 12", "01-02-2024 12"),
            ("2024-05-17 10", "2024-05-17 10"),
            ("ISBN 030-640-6152", "030-640-6152"),
            ("978-0-306-40615-7", "978-0-306-40615-7"),
            ("$212 555 0123", "212 555 0123"),
            ("a212-555-0123", "212-555-0123"),
            ("212-555-0123-4", "212-555-0123"),
            ("000 0000 0000", "000 0000 0000"),
            ("+0 123 456 789", "+0 123 456 789"),
            ("+1 112 555 0123", "+1 112 555 0123"),
            ("(212 555-0123", "(212 555-0123"),
        ] {
            assert_eq!(found(Validator::Phone, text, candidate), None, "{text}");
        }
    }
}
