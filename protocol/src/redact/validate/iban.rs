//! International bank account numbers: ISO 13616, with the structures of the SWIFT registry.

use super::{after, before, is_word};
use std::ops::Range;

/// Country and structure after the check digits: counts of digits (n), capitals (a) or either (c).
#[rustfmt::skip]
const STRUCTURES: [(&str, &str); 89] = [
    ("AD", "8n12c"), ("AE", "19n"), ("AL", "8n16c"), ("AT", "16n"), ("AZ", "4a20c"), ("BA", "16n"), ("BE", "12n"),
    ("BG", "4a6n8c"), ("BH", "4a14c"), ("BI", "23n"), ("BR", "23n1a1c"), ("BY", "4c4n16c"), ("CH", "5n12c"),
    ("CR", "18n"), ("CY", "8n16c"), ("CZ", "20n"), ("DE", "18n"), ("DJ", "23n"), ("DK", "14n"), ("DO", "4c20n"),
    ("EE", "16n"), ("EG", "25n"), ("ES", "20n"), ("FI", "14n"), ("FK", "2a12n"), ("FO", "14n"), ("FR", "10n11c2n"),
    ("GB", "4a14n"), ("GE", "2a16n"), ("GI", "4a15c"), ("GL", "14n"), ("GR", "7n16c"), ("GT", "4c20c"),
    ("HN", "4a20n"), ("HR", "17n"), ("HU", "24n"), ("IE", "4a14n"), ("IL", "19n"), ("IQ", "4a15n"), ("IS", "22n"),
    ("IT", "1a10n12c"), ("JO", "4a4n18c"), ("KW", "4a22c"), ("KZ", "3n13c"), ("LB", "4n20c"), ("LC", "4a24c"),
    ("LI", "5n12c"), ("LT", "16n"), ("LU", "3n13c"), ("LV", "4a13c"), ("LY", "21n"), ("MC", "10n11c2n"),
    ("MD", "20c"), ("ME", "18n"), ("MK", "3n10c2n"), ("MN", "16n"), ("MR", "23n"), ("MT", "4a5n18c"),
    ("MU", "4a19n3a"), ("NI", "4a20n"), ("NL", "4a10n"), ("NO", "11n"), ("OM", "3n16c"), ("PK", "4a16c"),
    ("PL", "24n"), ("PS", "4a21c"), ("PT", "21n"), ("QA", "4a21c"), ("RO", "4a16c"), ("RS", "18n"),
    ("RU", "14n15c"), ("SA", "2n18c"), ("SC", "4a20n3a"), ("SD", "14n"), ("SE", "20n"), ("SI", "15n"),
    ("SK", "20n"), ("SM", "1a10n12c"), ("SO", "19n"), ("ST", "21n"), ("SV", "4a20n"), ("TL", "19n"), ("TN", "20n"),
    ("TR", "5n17c"), ("UA", "6n19c"), ("VA", "18n"), ("VG", "4a16n"), ("XK", "16n"), ("YE", "4a4n18c"),
];

/// The account number at the start of the candidate, which may run on into other words.
pub(super) fn check(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    if before(text, span.start).is_some_and(is_word) {
        return None;
    }
    let country = text[span.clone()].get(..2)?.to_ascii_uppercase();
    let structure = structure(&country)?;
    let length = 4 + parts(structure).map(|(count, _)| count).sum::<usize>();
    let mut characters = text[span.start..].char_indices().filter(|(_, c)| !matches!(c, ' ' | '-'));
    let account: Vec<(usize, char)> =
        characters.by_ref().take(length).take_while(|(_, c)| c.is_ascii_alphanumeric()).collect();
    let end = span.start + account.last()?.0 + 1;
    let written = &text[span.start..end];
    let one_case =
        !written.contains(|c: char| c.is_ascii_lowercase()) || !written.contains(|c: char| c.is_ascii_uppercase());
    let account: String = account.iter().map(|(_, c)| c.to_ascii_uppercase()).collect();
    let valid = one_case
        && account.len() == length
        && has_structure(&account.as_bytes()[4..], structure)
        && check_digits(account.as_bytes());
    (valid && !after(text, end).is_some_and(is_word)).then_some(span.start..end)
}

/// The structure of a country's account numbers.
pub(super) fn structure(country: &str) -> Option<&'static str> {
    STRUCTURES.binary_search_by(|(code, _)| (*code).cmp(country)).ok().map(|place| STRUCTURES[place].1)
}

/// The (count, class) pairs of a structure.
pub(super) fn parts(structure: &str) -> impl Iterator<Item = (usize, u8)> + '_ {
    let mut count = 0;
    structure.bytes().filter_map(move |byte| match byte {
        b'0'..=b'9' => {
            count = count * 10 + usize::from(byte - b'0');
            None
        }
        class => Some((std::mem::take(&mut count), class)),
    })
}

/// Whether the part of an account behind its check digits has this structure.
pub(super) fn has_structure(account: &[u8], structure: &str) -> bool {
    let mut rest = account;
    parts(structure).all(|(count, class)| {
        let (part, more) = rest.split_at(count.min(rest.len()));
        rest = more;
        part.iter().all(|byte| match class {
            b'n' => byte.is_ascii_digit(),
            b'a' => byte.is_ascii_uppercase(),
            _ => byte.is_ascii_alphanumeric(),
        })
    })
}

/// ISO/IEC 7064, MOD 97-10, over the number with its first four characters moved to the end.
pub(super) fn check_digits(account: &[u8]) -> bool {
    let (first, rest) = account.split_at(4);
    let remainder = rest.iter().chain(first).fold(0, |remainder, byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        b'a'..=b'z' => (remainder * 100 + u32::from(byte - b'a') + 10) % 97,
        b'A'..=b'Z' => (remainder * 100 + u32::from(byte - b'A') + 10) % 97,
        _ => remainder,
    });
    remainder == 1
}

#[cfg(test)]
mod tests {
    use super::super::{Validator, found};
    use super::*;

    #[test]
    fn accounts_are_found_with_and_without_separators() {
        for (text, account) in [
            ("IBAN DE89370400440532013000.", "DE89370400440532013000"),
            ("GB82 WEST 1234 5698 7654 32 BIC", "GB82 WEST 1234 5698 7654 32"),
            ("fr14-2004-1010-0505-0001-3m02-606", "fr14-2004-1010-0505-0001-3m02-606"),
            ("NO9386011117947 and", "NO9386011117947"),
        ] {
            assert_eq!(found(Validator::Iban, text, account), Some(account), "{text}");
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
        ] {
            assert_eq!(found(Validator::Iban, text, text), None, "{text}");
        }
        assert_eq!(found(Validator::Iban, "xDE89370400440532013000", "DE89370400440532013000"), None);
    }

    #[test]
    fn every_structure_has_a_length_that_the_standard_allows() {
        assert!(STRUCTURES.is_sorted());
        for (country, structure) in STRUCTURES {
            let length = 4 + parts(structure).map(|(count, _)| count).sum::<usize>();
            assert!((15..=34).contains(&length), "{country}");
        }
    }
}
