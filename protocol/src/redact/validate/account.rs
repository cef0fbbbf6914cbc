//! International bank account numbers, found at their check digits.

use super::iban::{check_digits, has_structure, parts, structure};
use super::{after, before, is_word};
use std::ops::Range;

/// Most characters of an account number (ISO 13616).
const ACCOUNT_CHARS: usize = 34;
/// Most separators between two characters.
const SEPARATORS: usize = 2;

/// Structures that countries outside the SWIFT registry use, as their central banks state them.
#[rustfmt::skip]
const UNREGISTERED: [(&str, &str); 23] = [
    ("AO", "21n"), ("BF", "2c22n"), ("BJ", "2c22n"), ("CF", "23n"), ("CG", "23n"), ("CI", "2c22n"), ("CM", "23n"),
    ("CV", "21n"), ("DZ", "22n"), ("GA", "23n"), ("GQ", "23n"), ("GW", "2c19n"), ("IR", "22n"), ("KM", "23n"),
    ("MA", "24n"), ("MG", "23n"), ("ML", "2c22n"), ("MZ", "21n"), ("NE", "2c22n"), ("SN", "2c22n"), ("TD", "23n"),
    ("TG", "2c22n"), ("UZ", "24n"),
];

/// The account number whose check digits begin at `span`, which may run on into other words.
pub(super) fn check(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = span.start.checked_sub(2)?;
    if !bytes[start].is_ascii_alphabetic() || !bytes[start + 1].is_ascii_alphabetic() || span.len() < 2 {
        return None;
    }
    if before(text, start).is_some_and(is_word) {
        return None;
    }
    let country = [bytes[start].to_ascii_uppercase(), bytes[start + 1].to_ascii_uppercase()];
    let country = std::str::from_utf8(&country).ok()?;
    let others = || UNREGISTERED.iter().find(|(code, _)| *code == country).map(|(_, structure)| *structure);
    let structure = structure(country).or_else(others)?;
    let length = 4 + parts(structure).map(|(count, _)| count).sum::<usize>();
    let mut account = [0; ACCOUNT_CHARS];
    let account = account.get_mut(..length)?;
    let end = read(&bytes[start..], account)?;
    let written = &bytes[start..start + end];
    let one_case = !written.iter().any(u8::is_ascii_lowercase) || !written.iter().any(u8::is_ascii_uppercase);
    let valid = one_case && has_structure(&account[4..], structure) && check_digits(account);
    (valid && !after(text, start + end).is_some_and(is_word)).then_some(start..start + end)
}

/// Fills `account` with letters and digits in upper case that have few separators between them; their end.
fn read(bytes: &[u8], account: &mut [u8]) -> Option<usize> {
    let mut at = 0;
    for place in account {
        let separators =
            bytes[at..].iter().take(SEPARATORS).take_while(|byte| matches!(byte, b' ' | b'-' | b'.')).count();
        at += separators;
        *place = bytes.get(at).filter(|byte| byte.is_ascii_alphanumeric())?.to_ascii_uppercase();
        at += 1;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::super::{Validator, first_at_digits};
    use super::*;

    #[test]
    fn accounts_are_found_with_and_without_separators() {
        for (text, account) in [
            ("IBAN DE89370400440532013000.", "DE89370400440532013000"),
            ("GB82 WEST 1234 5698 7654 32 BIC", "GB82 WEST 1234 5698 7654 32"),
            ("fr14-2004-1010-0505-0001-3m02-606", "fr14-2004-1010-0505-0001-3m02-606"),
            ("NO9386011117947 and", "NO9386011117947"),
            ("DE89  3704 0044 0532 0130 00", "DE89  3704 0044 0532 0130 00"),
        ] {
            assert_eq!(first_at_digits(Validator::Iban2, text), Some(account), "{text}");
        }
    }

    #[test]
    fn another_country_structure_or_check_digit_is_none() {
        for text in [
            "DE89370400440532013001",
            "ZZ89370400440532013000",
            "DE8937040044053201300",
            "DE893704004405320130001",
            "GB82 12ST 1234 5698 7654 32",
            "DE89 3704",
            "GB82 West 1234 5698 7654 32",
            "xDE89370400440532013000",
            "DE89/3704/0044/0532/0130/00",
        ] {
            assert_eq!(first_at_digits(Validator::Iban2, text), None, "{text}");
        }
    }

    #[test]
    fn every_structure_has_a_length_that_the_standard_allows() {
        assert!(UNREGISTERED.is_sorted());
        for (country, structure) in UNREGISTERED {
            let length = 4 + parts(structure).map(|(count, _)| count).sum::<usize>();
            assert!((15..=ACCOUNT_CHARS).contains(&length), "{country}");
        }
    }
}
