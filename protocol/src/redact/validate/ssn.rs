//! United States social security numbers.

use super::{is_all, is_whole_number, line_before};
use std::ops::Range;

/// How far before a number words are read that say what it is, in bytes.
const CONTEXT_BYTES: usize = 48;

/// The number that begins with the digits at `span`: three, two and four, with one separator.
/// Otherwise only where the text says what it is.
pub(super) fn check(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    if !matches!(span.len(), 3 | 9) {
        return None;
    }
    let (digits, separators, end) = read(text.as_bytes(), span.start)?;
    let whole = span.start..end;
    let said = || is_introduced(&line_before(text, span.start, CONTEXT_BYTES));
    let written = match separators {
        [0, 0] => said(),
        [b' ', b' '] => !is_row(text, &whole) || said(),
        [b'.', b'.'] => !is_version(&line_before(text, span.start, CONTEXT_BYTES)),
        [first, second] => first == second || said(),
    };
    if !written || !is_issued(digits) || !is_whole_number(text, &whole) {
        return None;
    }
    // The example of every form: meant only by those who say so.
    let example = digits == *b"123456789";
    (!example || said()).then_some(whole)
}

/// The nine digits at `start`, what separates their groups (0 for nothing), and their end.
fn read(bytes: &[u8], start: usize) -> Option<([u8; 9], [u8; 2], usize)> {
    let (mut digits, mut separators, mut at) = ([0; 9], [0; 2], start);
    for (group, places) in [0..3, 3..5, 5..9].into_iter().enumerate() {
        if group > 0
            && let Some(byte @ (b'-' | b'.' | b' ')) = bytes.get(at)
        {
            separators[group - 1] = *byte;
            at += 1;
        }
        for place in places {
            digits[place] = *bytes.get(at).filter(|byte| byte.is_ascii_digit())?;
            at += 1;
        }
    }
    Some((digits, separators, at))
}

/// Areas, groups and serials that the administration has given out.
fn is_issued(digits: [u8; 9]) -> bool {
    let (area, group, serial) = (&digits[..3], &digits[3..5], &digits[5..]);
    let possible = area != b"000" && area != b"666" && area[0] != b'9' && group != b"00" && serial != b"0000";
    // Printed on specimen cards and in advertisements; never anybody's again.
    possible && digits != *b"078051120" && digits != *b"219099999"
}

/// Whether other numbers stand in the same row, as in a table.
fn is_row(text: &str, whole: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let quiet = |b: &&u8| **b == b' ';
    let left = bytes[..whole.start].iter().rev().take(4).find(|b| !quiet(b));
    let right = bytes[whole.end..].iter().take(4).find(|b| !quiet(b));
    !is_all(text, whole.start, whole.end)
        && (left.is_some_and(u8::is_ascii_digit) || right.is_some_and(u8::is_ascii_digit))
}

fn is_version(line: &str) -> bool {
    ["version", "build", "release"].iter().any(|word| line.contains(word))
}

fn is_introduced(line: &str) -> bool {
    [
        "ssn",
        "social security",
        "soc sec",
        "soc. sec",
        "social sec",
        "ss#",
        "ss #",
        "ss no",
        "social is",
        "seguro social",
    ]
    .iter()
    .any(|words| line.contains(words))
}

#[cfg(test)]
mod tests {
    use super::super::{Validator, first_at_digits};

    #[test]
    fn issued_social_security_numbers_are_found() {
        for (text, number) in [
            ("SSN: 536-22-8726", "536-22-8726"),
            ("536 22 8726", "536 22 8726"),
            ("536.22.8726!", "536.22.8726"),
            ("my social security number is 536228726", "536228726"),
            ("SSN 536-228726", "536-228726"),
            ("ssn=123-45-6789", "123-45-6789"),
        ] {
            assert_eq!(first_at_digits(Validator::Ssn2, text), Some(number), "{text}");
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
            "SSN 078-05-1120",
            "536-12.3456",
            "536123456",
            "123-45-6789",
            "1-536-22-8726",
            "536-22-8726-1",
            "100 200 30 4000 500",
            "build 536.22.8726",
        ] {
            assert_eq!(first_at_digits(Validator::Ssn2, text), None, "{text}");
        }
    }
}
