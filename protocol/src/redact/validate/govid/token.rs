//! Numbers with letters in them: what the letters and their places say is often enough.

use super::checks as check;
use super::{is_all, said};

/// The longest number with letters, in characters.
const CHARS: usize = 18;

/// The kind of number that a run of letters and digits is, judged by its form, its check digits and,
/// where those are not enough, the words before it.
pub(super) fn is_id(token: &str, text: &str, at: usize) -> bool {
    let bytes = token.as_bytes();
    if !(8..=CHARS).contains(&bytes.len()) {
        return false;
    }
    let mut form = [0; CHARS];
    let mut digits = [0; CHARS];
    let mut upper = [0; CHARS];
    let mut count = 0;
    for (place, byte) in bytes.iter().enumerate() {
        upper[place] = byte.to_ascii_uppercase();
        form[place] = if byte.is_ascii_digit() { b'9' } else { b'A' };
        if byte.is_ascii_digit() {
            digits[count] = byte - b'0';
            count += 1;
        }
    }
    let (form, upper, digits) = (&form[..bytes.len()], &upper[..bytes.len()], &digits[..count]);
    let loud = bytes == upper;
    // A message that is nothing but a number answers a question.
    let told = |words: &[&str]| is_all(text, at, at + token.len()) || said(text, at, words);
    match form {
        b"AA999999A" => nino(upper) && (loud || told(&["nino", "national insurance", "ni"])),
        b"AAAAA9999A" => {
            loud && matches!(upper[3], b'A' | b'B' | b'C' | b'F' | b'G' | b'H' | b'J' | b'L' | b'P' | b'T')
        }
        b"AAAAAA99A99A999A" => is_fiscal(upper),
        b"AAAA999999AAAAAA99" | b"AAAA999999AAAAAAA9" => {
            check::is_yymmdd(digits) && matches!(upper[10], b'H' | b'M' | b'X') && check::curp(upper)
        }
        b"99999999A" => loud && check::spanish(check::number(digits), upper[8]),
        b"9999999A" => check::spanish(check::number(digits), upper[7]) && told(&["dni", "nif"]),
        b"A9999999A" => foreigner(upper, digits) || (loud && check::singaporean(upper[0], digits, upper[8])),
        b"999999A999A" => hetu(upper[6]) && check::finnish(digits, upper[10]),
        b"999999A9999" => hetu(upper[6]) && check::finnish(&digits[..9], upper[10]),
        b"AAAAA999999AA9AA" | b"AAAA9999999AA9AA" | b"AAA99999999AA9AA" | b"AA999999999AA9AA" => {
            loud && uk_driver(upper)
        }
        b"99AAAAA9999A9A9" | b"99AAAAA9999AAA9" => {
            loud && matches!(check::number(&digits[..2]), 1..=38) && upper[13] == b'Z'
        }
        b"99999999A999" => check::rentenversicherung(digits, upper[8]),
        b"AA999999999" if upper.starts_with(b"DE") => check::mod_11_10(digits),
        b"A999999999" => {
            check::krankenversicherung(upper[0], digits)
                && told(&["versichert", "kranken", "egk", "kvnr", "health insurance"])
        }
        b"AAA9999999" => said(text, at, &["voter", "epic", "vote with"]),
        _ => loud && told_only(count, text, at),
    }
}

/// United Kingdom, national insurance.
pub(super) fn nino(code: &[u8]) -> bool {
    let never = [b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"];
    let first = !b"DFIQUV".contains(&code[0]) && !b"DFIOQUV".contains(&code[1]);
    first && never.iter().all(|prefix| !code.starts_with(*prefix)) && matches!(code.last(), Some(b'A'..=b'D'))
}

fn is_fiscal(code: &[u8]) -> bool {
    let day = (code[9] - b'0') * 10 + (code[10] - b'0');
    b"ABCDEHLMPRST".contains(&code[8]) && matches!(day, 1..=31 | 41..=71) && check::codice_fiscale(code)
}

/// Spain, foreigners: X, Y and Z stand for 0, 1 and 2.
pub(super) fn foreigner(code: &[u8], digits: &[u8]) -> bool {
    let prefix = u64::from(code[0].wrapping_sub(b'X'));
    prefix < 3 && check::spanish(prefix * 10_000_000 + check::number(digits), code[8])
}

/// The letters for a century between a Finnish number's date and its rest.
fn hetu(letter: u8) -> bool {
    matches!(letter, b'A'..=b'F' | b'U'..=b'Y')
}

/// Five of the surname, the date of birth in another order, initials, and two to tell them apart.
fn uk_driver(code: &[u8]) -> bool {
    let digit = |place: usize| code[place].wrapping_sub(b'0');
    let month = digit(6) % 5 * 10 + digit(7);
    let day = digit(8) * 10 + digit(9);
    matches!(digit(6), 0 | 1 | 5 | 6) && (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// United States, Medicare: eleven places, some for letters that cannot be taken for digits.
pub(super) fn is_mbi(code: &[u8]) -> bool {
    let letter = |b: u8| b.is_ascii_uppercase() && !b"SLOIBZ".contains(&b);
    let places = |(place, byte): (usize, &u8)| match place {
        0 => matches!(byte, b'1'..=b'9'),
        1 | 4 | 7 | 8 => letter(*byte),
        2 | 5 => byte.is_ascii_digit() || letter(*byte),
        _ => byte.is_ascii_digit(),
    };
    code.len() == 11 && code.iter().enumerate().all(places)
}

/// Numbers of passports and driving licences, which only the words before tell.
fn told_only(digits: usize, text: &str, at: usize) -> bool {
    const WORDS: [&str; 14] = [
        "passport",
        "reisepass",
        "pass-nr",
        "pasaporte",
        "passeport",
        "passaporto",
        "paszport",
        "driver's licen",
        "drivers licen",
        "driver licen",
        "driving licen",
        "hrerschein",
        "personalausweis",
        "id card",
    ];
    digits >= 5 && said(text, at, &WORDS)
}

#[cfg(test)]
mod tests {
    use super::super::super::{Validator, first_at_digits};

    #[test]
    fn numbers_with_letters_are_known_by_their_form() {
        for (text, id) in [
            ("NI: AB123456C", "AB123456C"),
            ("mi DNI 12345678Z.", "12345678Z"),
            ("NIE X1234567L", "X1234567L"),
            ("CF RSSMRA85T10A562S", "RSSMRA85T10A562S"),
            ("PAN AFZPK7190K", "AFZPK7190K"),
            ("NRIC S1234567D", "S1234567D"),
            ("hetu 131052A308T?", "131052A308T"),
            ("curp HEGG560427MVZRRL04", "HEGG560427MVZRRL04"),
            ("my passport is C01X00T47", "C01X00T47"),
        ] {
            assert_eq!(first_at_digits(Validator::GovIdLetters, text), Some(id), "{text}");
        }
    }

    #[test]
    fn codes_of_other_forms_or_checks_are_none() {
        for text in [
            "part DF123456C",
            "12345678A",
            "X1234567A",
            "RSSMRA85T10A562T",
            "S1234567A",
            "131052A308U",
            "order C01X00T47",
            "sha 3f2a9c81d",
            "AB123456CD",
        ] {
            assert_eq!(first_at_digits(Validator::GovIdLetters, text), None, "{text}");
        }
    }
}
