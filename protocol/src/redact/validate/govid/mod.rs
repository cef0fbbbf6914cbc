//! Numbers that governments give to people and firms, of some thirty countries.
//!
//! A number with letters is known by its form (`token`). One of digits alone is taken when its
//! groups or the date in it leave chance less than one in a thousand; otherwise a word before it
//! must say what it is, since one number in ten has a valid check digit.

mod checks;
mod line;
mod token;

use super::{card, is_all, is_counted, is_word};
use checks as check;
use line::Line;
use std::ops::Range;

/// Groups of digits in one number.
const GROUPS: usize = 7;
/// The fewest digits of a number without letters, the check letter not counted.
const LEAST_DIGITS: usize = 7;
/// The most digits that a number has.
const DIGITS: usize = 18;

/// The number with letters in it whose first digits are at `span`.
pub(super) fn check_letters(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
    if letter(bytes.get(span.end)) || letter(bytes[..span.start].last()) {
        return with_letters(text, &span);
    }
    apart(bytes, &span).and_then(|first| spaced(text, first))
}

/// The number that begins with the digits at `span`; a check letter may end it.
pub(super) fn check(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let next = bytes.get(span.end);
    let start = span.start;
    let goes_on = matches!(next, Some(b' ' | b'-' | b'.' | b'/' | b'+' | b':'))
        && bytes.get(span.end + 1).is_some_and(u8::is_ascii_digit);
    let letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
    let lone = span.len() < LEAST_DIGITS && !goes_on;
    if span.len() > DIGITS || lone || letter(next) || letter(bytes[..start].last()) {
        return None;
    }
    // A number within another, or the end of a UUID, is none.
    let joined = |at: usize| matches!(bytes.get(at), Some(b'-' | b'.' | b'/' | b'+' | b',' | b'_' | b':'));
    let left = start.wrapping_sub(1);
    if joined(left) && bytes.get(left.wrapping_sub(1)).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let number = Number::read(bytes, start).filter(|number| number.count >= LEAST_DIGITS)?;
    let end = start + number.length;
    let goes_on = bytes.get(end).is_some_and(|b| is_word(char::from(*b)))
        || (joined(end) && bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric) && bytes[end] != b',');
    if goes_on {
        return with_check_letter(text, start, &number);
    }
    let whole = start..end;
    let bare = number.groups().len() == 1;
    let sure = is_sure(&number) && !(bare && is_counted(text, &whole)) && !card::is_listed(bytes, &whole);
    (sure || is_told(&number, text, &whole)).then_some(whole)
}

/// Digits and how they are grouped.
struct Number {
    digits: [u8; DIGITS],
    count: usize,
    groups: [u8; GROUPS],
    group_count: usize,
    separators: [u8; GROUPS],
    /// Of all of it, in bytes.
    length: usize,
}

impl Number {
    fn read(bytes: &[u8], start: usize) -> Option<Number> {
        let mut number = Number {
            digits: [0; DIGITS],
            count: 0,
            groups: [0; GROUPS],
            group_count: 1,
            separators: [0; GROUPS],
            length: 0,
        };
        let (mut at, mut group) = (start, 0);
        loop {
            while let Some(byte) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
                *number.digits.get_mut(number.count)? = byte - b'0';
                (number.count, number.groups[group], at) = (number.count + 1, number.groups[group] + 1, at + 1);
            }
            number.length = at - start;
            let separator = bytes.get(at).copied().filter(|b| matches!(b, b' ' | b'-' | b'.' | b'/' | b'+' | b':'));
            if separator.is_none() || !bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
                return Some(number);
            }
            group += 1;
            *number.groups.get_mut(group)? = 0;
            number.group_count = group + 1;
            (number.separators[group - 1], at) = (separator.unwrap_or_default(), at + 1);
        }
    }

    fn digits(&self) -> &[u8] {
        &self.digits[..self.count]
    }

    fn groups(&self) -> &[u8] {
        &self.groups[..self.group_count]
    }

    /// Whether all groups are separated alike.
    fn even(&self) -> bool {
        let separators = &self.separators[..self.groups().len() - 1];
        separators.iter().all(|separator| *separator == separators[0] && *separator != b'/')
    }
}

/// Whether its groups, date and check digits are enough.
fn is_sure(number: &Number) -> bool {
    let digits = number.digits();
    let separators = &number.separators;
    match number.groups() {
        [6, 7] => separators[0] == b'-' && check::is_korean(digits),
        [6, 4] => matches!(separators[0], b'-' | b'+') && check::swedish(digits),
        [8, 4] => {
            matches!(separators[0], b'-' | b'+')
                && matches!(check::number(&digits[..2]), 18..=20)
                && check::swedish(&digits[2..])
        }
        [3, 3, 3, 2] => separators.starts_with(b"..-") && check::cpf(digits),
        [2, 3, 3, 4, 2] => separators.starts_with(b"../-") && check::cnpj(digits),
        [1 | 2, 3, 3, 1] => {
            separators.starts_with(b"..-") && check::rut(&digits[..number.count - 1], digits[number.count - 1])
        }
        [2, 8, 1] => separators.starts_with(b"--") && check::cuit(digits),
        [2, 3, 3, 3] => separators.starts_with(b"   ") && check::abn(digits),
        [4, 4, 4] => number.even() && separators[0] != b'.' && check::aadhaar(digits),
        [4, 5, 1] => separators.starts_with(b"  ") && check::medicare(digits),
        [3, 4, 4, 2] | [13] if check::ahv(digits) => number.groups().len() == 1 || separators.starts_with(b"..."),
        [2, 2, 2, 3, 2] => check::belgian(digits),
        [1, 2, 2, 2, 3, 3, 2] | [15] | [13, 2] => check::nir(digits),
        [1, 4, 5, 2, 1] => check::thai(digits),
        [4, 4, 1] => separators.starts_with(b"--") && check::aba(digits),
        [3, 2, 4] => separators.starts_with(b"--") && check::itin(digits),
        [6, 5] => check::norwegian(digits),
        [11] => check::norwegian(digits) || check::belgian(digits),
        [12] => is_dated(digits),
        [13] => !is_epoch(digits) && check::south_african(digits),
        [18] => check::chinese(&digits[..17], digits[17]),
        _ => false,
    }
}

/// Sweden, with the century. A time of day in the last four digits makes it a timestamp.
fn is_dated(digits: &[u8]) -> bool {
    let time = check::number(&digits[8..10]) < 24 && check::number(&digits[10..]) < 60;
    matches!(check::number(&digits[..2]), 19 | 20) && !time && check::swedish(&digits[2..])
}

/// Milliseconds since 1970, from 2001 to 2033; seconds.
fn is_epoch(digits: &[u8]) -> bool {
    matches!(digits.len(), 10 | 13) && digits[0] == 1
}

/// Whether the words before say what kind it is, and its check digits agree.
fn is_told(number: &Number, text: &str, whole: &Range<usize>) -> bool {
    let digits = number.digits();
    let known = &NUMBERS[range_of(digits.len())];
    if known.is_empty() || is_clutter(number) {
        return false;
    }
    // A message that is nothing but a number answers a question.
    let alone = is_all(text, whole.start, whole.end) && !is_epoch(digits) && number.groups().len() < 4;
    let line = Line::before(text, whole.start);
    let said = |known: &Known| (known.alone && alone) || known.words.iter().any(|word| line.has_word(word));
    known.iter().any(|known| said(known) && (known.valid)(digits))
}

/// Groups as in sums, dates and lists.
fn is_clutter(number: &Number) -> bool {
    let groups = number.groups();
    let address = groups.len() == 4 && number.separators[0] == b'.';
    address
        || groups.len() > 5
        || (groups.len() > 1 && !number.even() && groups.len() > 2)
        || groups.contains(&1) && groups.len() > 3
}

/// A number that a word must announce.
struct Known {
    digits: usize,
    valid: fn(&[u8]) -> bool,
    /// Whether its check digits are enough in a message that holds nothing else.
    alone: bool,
    /// In lower case.
    words: &'static [&'static str],
}

fn any(_: &[u8]) -> bool {
    true
}

const fn known(digits: usize, valid: fn(&[u8]) -> bool, alone: bool, words: &'static [&'static str]) -> Known {
    Known { digits, valid, alone, words }
}

/// The numbers of digits alone, by how many they have.
static NUMBERS: [Known; 34] = [
    known(8, any, false, PASSPORTS),
    known(8, any, false, &["tfn", "tax file"]),
    known(9, check::aba, false, &["routing", "aba", "rtn"]),
    known(9, check::itin, true, &["itin", "taxpayer"]),
    known(9, any, false, PASSPORTS),
    known(9, check::luhn, false, &["sin", "social insurance", "nas", "assurance sociale"]),
    known(9, check::tfn, false, &["tfn", "tax file"]),
    known(9, check::acn, true, &["acn", "company number"]),
    known(9, check::nif_pt, false, &["nif", "contribuinte", "nipc", "fiscal"]),
    known(9, check::bsn, false, &["bsn", "burgerservice", "sofinummer", "sofi"]),
    known(10, any, false, TAX),
    known(10, check::nhs, true, &["nhs", "national health"]),
    known(10, check::npi, true, &["npi", "provider"]),
    known(10, check::medicare, false, &["medicare"]),
    known(10, check::is_ddmmyy, false, &["cpr", "personnummer"]),
    known(10, check::swedish, false, &["personnummer", "personal identity", "pnr", "samordningsnummer"]),
    known(10, check::luhn, false, &["organisationsnummer", "org", "company identity", "företag"]),
    known(11, any, false, TAX),
    known(11, check::abn, true, &["abn", "business number"]),
    known(11, check::mod_11_10, false, &["steuer", "tax id", "idnr", "tin"]),
    known(11, check::cpf, true, &["cpf", "cadastro de pessoa"]),
    known(11, check::pesel, true, &["pesel"]),
    known(11, check::turkish, true, &["turk", "türk", "kimlik", "tckn", "tc no", "t.c."]),
    known(11, check::verhoeff, false, &["nin", "national identification"]),
    known(11, check::mod_11_10, false, &["oib"]),
    known(11, check::cuit, false, &["cuit", "cuil"]),
    known(12, check::aadhaar, true, &["aadhaar", "aadhar", "uid", "आधार"]),
    known(12, check::my_number, false, &["マイナンバー", "個人番号", "my number", "individual number"]),
    known(13, any, false, TAX),
    known(13, check::korean, true, &["rrn", "frn", "주민", "외국인", "resident registration"]),
    known(13, check::thai, true, &["thai", "tnin", "ประชาชน", "national id", "citizen id"]),
    known(13, check::south_african, true, &["south africa", "id number", "rsa id", "identity number"]),
    known(14, check::cnpj, true, &["cnpj"]),
    known(15, any, false, &["imei"]),
];

/// Where in the list the numbers of so many digits are.
fn range_of(digits: usize) -> Range<usize> {
    static ENDS: [usize; DIGITS + 1] = {
        let mut ends = [0; DIGITS + 1];
        let mut index = 0;
        while index < NUMBERS.len() {
            let mut digits = NUMBERS[index].digits;
            while digits < ends.len() {
                ends[digits] = index + 1;
                digits += 1;
            }
            index += 1;
        }
        ends
    };
    ENDS[digits - 1]..ENDS[digits]
}

const TAX: &[&str] = &["steuernummer", "steuernr", "steuer-nr"];
const PASSPORTS: &[&str] = &["passport", "pasaporte", "passeport", "passaporto", "reisepass", "paszport"];

/// Whether one of some words stands in the line before `at`.
fn said(text: &str, at: usize, words: &[&str]) -> bool {
    let line = Line::before(text, at);
    words.iter().any(|word| line.has_word(word.trim_end()))
}

/// The number that is the run of letters and digits whose first digits are at `span`.
fn with_letters(text: &str, span: &Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let letters = bytes[..span.start].iter().rev().take(7).take_while(|b| b.is_ascii_alphabetic()).count();
    let start = span.start - letters;
    let left = start.checked_sub(1).map(|at| bytes[at]);
    if letters > 6 || left.is_some_and(|b| is_word(char::from(b))) {
        return medicare(text, span);
    }
    let more = bytes[span.end..].iter().take(20).take_while(|b| b.is_ascii_alphanumeric()).count();
    let end = span.end + more;
    let joins = |byte: Option<&u8>| matches!(byte, Some(b'-' | b'_' | b'.' | b'/' | b'=' | b'+'));
    let word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    if joins(left.as_ref()) && word(start.wrapping_sub(2)) {
        return medicare(text, span);
    }
    if span.len() == 17 {
        return spaced(text, start);
    }
    let ends = !(joins(bytes.get(end)) && word(end + 1)) && bytes.get(end) != Some(&b'_');
    (ends && token::is_id(&text[start..end], text, start)).then_some(start..end)
}

/// United States, Medicare, by its last two digits: "1EG4-TE5-MK73" or the same in one.
fn medicare(text: &str, last: &Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if last.len() != 2 {
        return None;
    }
    let alone = |start: usize| {
        let beside = |at: usize| bytes.get(at).is_some_and(|b| is_word(char::from(*b)) || *b == b'-');
        !beside(start.wrapping_sub(1)) && !beside(last.end)
    };
    let plain = last.end.checked_sub(11).filter(|start| token::is_mbi(&bytes[*start..last.end]));
    let grouped = || {
        let start = last.end.checked_sub(13)?;
        let written = &bytes[start..last.end];
        let mut token = [0; 11];
        let (first, second, third) = (&written[..4], &written[5..8], &written[9..]);
        token.iter_mut().zip(first.iter().chain(second).chain(third)).for_each(|(into, byte)| *into = *byte);
        (written[4] == b'-' && written[8] == b'-' && token::is_mbi(&token)).then_some(start)
    };
    plain.or_else(grouped).filter(|start| alone(*start)).map(|start| start..last.end)
}

/// Where the one or two letters begin that stand before two or seven digits, a space or hyphen between.
fn apart(bytes: &[u8], digits: &Range<usize>) -> Option<usize> {
    let letters = match digits.len() {
        2 => 2,
        7 => 1,
        _ => return None,
    };
    let first = digits.start.checked_sub(letters + 1)?;
    let form = bytes[first..first + letters].iter().all(u8::is_ascii_alphabetic)
        && matches!(bytes[first + letters], b' ' | b'-');
    (form && !bytes[..first].last().is_some_and(|b| is_word(char::from(*b)))).then_some(first)
}

/// Numbers whose letters stand apart: "AB 12 34 56 C", "X-1234567-L", and the
/// Chinese one that ends with an X.
fn spaced(text: &str, start: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut token = [0; 18];
    let (mut count, mut at, mut end, mut separators) = (0, start, start, 0);
    while count < token.len() {
        match bytes.get(at) {
            Some(byte) if byte.is_ascii_alphanumeric() => {
                token[count] = byte.to_ascii_uppercase();
                (count, at) = (count + 1, at + 1);
                end = at;
            }
            Some(b' ' | b'-') if at == end => (at, separators) = (at + 1, separators + 1),
            _ => break,
        }
        let goes_on = bytes.get(end).is_some_and(|b| is_word(char::from(*b)));
        if goes_on || end < at {
            continue;
        }
        if is_spaced(&token[..count], separators) {
            return Some(start..end);
        }
    }
    None
}

fn is_spaced(token: &[u8], separators: usize) -> bool {
    let digits = |range: Range<usize>| token[range].iter().all(u8::is_ascii_digit);
    let values = |range: Range<usize>, into: &mut [u8]| {
        into.iter_mut().zip(&token[range]).for_each(|(value, byte)| *value = byte - b'0');
    };
    match token.len() {
        9 if separators == 4 => digits(2..8) && token[..2].iter().all(u8::is_ascii_uppercase) && token::nino(token),
        9 if separators <= 2 && token[0].is_ascii_uppercase() && digits(1..8) => {
            let mut number = [0; 7];
            values(1..8, &mut number);
            token::foreigner(token, &number)
        }
        18 if separators == 0 && token[17] == b'X' && digits(0..17) => {
            let mut number = [0; 17];
            values(0..17, &mut number);
            check::chinese(&number, 10)
        }
        _ => false,
    }
}

/// Numbers of digits that end with a hyphen and a check letter: Spain's and Chile's, Finland's.
fn with_check_letter(text: &str, start: usize, number: &Number) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let end = start + number.length;
    let digits = number.digits();
    let (sign, letter) = (*bytes.get(end)?, bytes.get(end + 1).map_or(0, u8::to_ascii_uppercase));
    let alone = !bytes.get(end + 2).is_some_and(|b| is_word(char::from(*b)));
    let finnish =
        number.groups() == [6, 3] && matches!(number.separators[0], b'-' | b'+') && sign.is_ascii_alphabetic();
    if finnish && !bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric) {
        return check::finnish(digits, sign.to_ascii_uppercase()).then_some(start..end + 1);
    }
    let valid = match number.groups() {
        [8] if sign == b'-' => check::spanish(check::number(digits), letter),
        [1 | 2, 3, 3] if sign == b'-' && letter == b'K' => check::rut(digits, 10),
        [7 | 8] if sign == b'-' && letter == b'K' => check::rut(digits, 10),
        _ => false,
    };
    (alone && valid).then_some(start..end + 2)
}

#[cfg(test)]
mod tests {
    use super::super::{Validator, first_at_digits};

    fn first(text: &str) -> Option<&str> {
        first_at_digits(Validator::GovId, text).or(first_at_digits(Validator::GovIdLetters, text))
    }

    #[test]
    fn numbers_whose_form_says_enough_are_found() {
        for (text, id) in [
            ("CPF 529.982.247-25.", "529.982.247-25"),
            ("CNPJ: 11.222.333/0001-81", "11.222.333/0001-81"),
            ("rut 12.345.678-5", "12.345.678-5"),
            ("756.9217.0769.85", "756.9217.0769.85"),
            ("rrn 800101-1234567", "800101-1234567"),
            ("SE 811218-9876", "811218-9876"),
            ("AHV 7569217076985", "7569217076985"),
            ("ABN 51 824 753 556", "51 824 753 556"),
            ("DNI 12345678-Z", "12345678-Z"),
            ("AB 12 34 56 C", "AB 12 34 56 C"),
            ("131052-308T", "131052-308T"),
            ("id 11010519491231002X", "11010519491231002X"),
            ("itin 911-70-1234", "911-70-1234"),
            ("MBI 1EG4-TE5-MK73", "1EG4-TE5-MK73"),
            ("X-1234567-L", "X-1234567-L"),
        ] {
            assert_eq!(first(text), Some(id), "{text}");
        }
    }

    #[test]
    fn others_are_found_where_a_word_says_what_they_are() {
        for (text, bare, id) in [
            ("my NHS number is 9434765919", "see 9434765919", "9434765919"),
            ("SIN: 046 454 286", "call 046 454 286", "046 454 286"),
            ("cpf 52998224725", "n 52998224725", "52998224725"),
            ("PESEL: 44051401359", "n 44051401359", "44051401359"),
            ("TC kimlik 10000000146", "n 10000000146", "10000000146"),
            ("routing 021000021", "n 021000021", "021000021"),
            ("BSN 111222333", "n 111222333", "111222333"),
        ] {
            assert_eq!(first(text), Some(id), "{text}");
            assert_eq!(first(bare), None, "{bare}");
        }
        assert_eq!(first("10000000146"), Some("10000000146"));
    }

    #[test]
    fn epochs_times_books_versions_and_uuids_are_none() {
        for text in [
            "at 1700000000",
            "1700000000",
            "1701015009087",
            "1712345678901 ms",
            "ISBN 978-0-306-40615-7",
            "9780306406157",
            "202401021530",
            "20240102153045",
            "2024-01-02 10:20:30",
            "v10.0.19041.1",
            "123e4567-e89b-12d3-a456-426614174000",
            "3.141592653589793",
            "100 200 300 400",
            "555-0123",
            "1,234,567,890",
            "0x12345678A",
        ] {
            assert_eq!(first(text), None, "{text}");
        }
    }
}
