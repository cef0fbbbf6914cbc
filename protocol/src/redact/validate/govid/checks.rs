//! Check digits of the numbers that governments give. Each takes the digits as numbers 0 to 9.

use super::super::card;

/// The sum of digits times weights.
fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| u32::from(*digit) * weight).sum()
}

/// The number that digits make.
pub(super) fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(*digit))
}

/// Whether digits are a month and a day, or a day and a month.
fn is_month_day(month: &[u8], day: &[u8]) -> bool {
    (1..=12).contains(&number(month)) && (1..=31).contains(&number(day))
}

/// Whether digits begin with a date, as year, month and day of two digits each.
pub(super) fn is_yymmdd(digits: &[u8]) -> bool {
    is_month_day(&digits[2..4], &digits[4..6])
}

/// Whether digits begin with a date, as day, month and year of two digits each.
pub(super) fn is_ddmmyy(digits: &[u8]) -> bool {
    is_month_day(&digits[2..4], &digits[..2])
}

/// ISO/IEC 7812-1: Canada, Sweden, Australian firms, US providers after their prefix.
pub(super) fn luhn(digits: &[u8]) -> bool {
    card::luhn(digits) && digits.iter().any(|digit| *digit != 0)
}

/// United Kingdom, National Health Service.
pub(super) fn nhs(digits: &[u8]) -> bool {
    let check = (11 - weighted(&digits[..9], &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    check == u32::from(digits[9]) && digits.iter().any(|digit| *digit != digits[0])
}

/// United States, bank routing.
pub(super) fn aba(digits: &[u8]) -> bool {
    let district = number(&digits[..2]);
    let usual = matches!(district, 1..=12 | 21..=32 | 61..=72 | 80);
    usual && weighted(digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
}

/// United States, taxpayers without a social security number.
pub(super) fn itin(digits: &[u8]) -> bool {
    digits[0] == 9 && number(&digits[5..]) > 0 && matches!(number(&digits[3..5]), 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

/// United States, health care providers: Luhn after the prefix 80840.
pub(super) fn npi(digits: &[u8]) -> bool {
    let mut whole = [8, 0, 8, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    whole[5..].copy_from_slice(digits);
    matches!(digits[0], 1 | 2) && card::luhn(&whole)
}

/// Australia, tax file.
pub(super) fn tfn(digits: &[u8]) -> bool {
    weighted(digits, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11)
}

/// Australia, business.
pub(super) fn abn(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    digits[0] > 0 && (sum - 10).is_multiple_of(89)
}

/// Australia, company.
pub(super) fn acn(digits: &[u8]) -> bool {
    let check = (10 - weighted(&digits[..8], &[8, 7, 6, 5, 4, 3, 2, 1]) % 10) % 10;
    check == u32::from(digits[8])
}

/// Australia, Medicare.
pub(super) fn medicare(digits: &[u8]) -> bool {
    matches!(digits[0], 2..=6)
        && weighted(&digits[..8], &[1, 3, 7, 9, 1, 3, 7, 9]) % 10 == u32::from(digits[8])
        && (digits.len() < 10 || digits[9] > 0)
}

/// Verhoeff's check: India's Aadhaar, Nigeria.
pub(super) fn verhoeff(digits: &[u8]) -> bool {
    const PERMUTED: [[u8; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    // The product of the dihedral group of order ten.
    let product = |a: u8, b: u8| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    };
    let places = digits.iter().rev().enumerate();
    places.fold(0, |sum, (place, digit)| product(sum, PERMUTED[place % 8][usize::from(*digit)])) == 0
}

/// India, Aadhaar.
pub(super) fn aadhaar(digits: &[u8]) -> bool {
    digits[0] > 1 && verhoeff(digits)
}

/// France, social security: 15 digits.
pub(super) fn nir(digits: &[u8]) -> bool {
    let month = number(&digits[3..5]);
    matches!(digits[0], 1 | 2)
        && matches!(month, 1..=12 | 20..=42 | 50..=99)
        && 97 - number(&digits[..13]) % 97 == number(&digits[13..])
}

/// ISO/IEC 7064, MOD 11,10: Germany's tax and VAT numbers, Croatia.
pub(super) fn mod_11_10(digits: &[u8]) -> bool {
    let (last, rest) = match digits.split_last() {
        Some(parts) => parts,
        None => return false,
    };
    let product = rest.iter().fold(10, |product, digit| {
        let sum = (u32::from(*digit) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == u32::from(*last)
}

/// Portugal, tax.
pub(super) fn nif_pt(digits: &[u8]) -> bool {
    let rest = weighted(&digits[..8], &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if rest < 2 { 0 } else { 11 - rest };
    matches!(digits[0], 1..=3 | 5 | 6 | 8 | 9) && check == u32::from(digits[8])
}

/// A check digit as Brazil makes it: zero for ten and eleven.
fn brazilian(digits: &[u8], weights: &[u32]) -> bool {
    let rest = weighted(digits, weights) % 11;
    let check = if rest < 2 { 0 } else { 11 - rest };
    check == u32::from(digits[weights.len()])
}

/// Brazil, persons.
pub(super) fn cpf(digits: &[u8]) -> bool {
    digits.iter().any(|digit| *digit != digits[0])
        && brazilian(digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2])
        && brazilian(digits, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2])
}

/// Brazil, firms.
pub(super) fn cnpj(digits: &[u8]) -> bool {
    digits.iter().any(|digit| *digit != digits[0])
        && brazilian(digits, &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])
        && brazilian(digits, &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])
}

/// Poland, persons. The century is in the month.
pub(super) fn pesel(digits: &[u8]) -> bool {
    let (month, day) = (number(&digits[2..4]) % 20, number(&digits[4..6]));
    let check = (10 - weighted(&digits[..10], &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10) % 10;
    (1..=12).contains(&month) && (1..=31).contains(&day) && check == u32::from(digits[10])
}

/// Netherlands, persons: the test of eleven.
pub(super) fn bsn(digits: &[u8]) -> bool {
    let sum = weighted(&digits[..8], &[9, 8, 7, 6, 5, 4, 3, 2]) as i64 - i64::from(digits[8]);
    sum % 11 == 0 && sum > 0
}

/// Belgium, persons. Those born from 2000 on have a 2 before.
pub(super) fn belgian(digits: &[u8]) -> bool {
    let (first, check) = (number(&digits[..9]), number(&digits[9..]));
    is_yymmdd(digits) && (97 - first % 97 == check || 97 - (2_000_000_000 + first) % 97 == check)
}

/// Sweden, persons: ten digits. Sixty is added to the day in numbers for visitors.
pub(super) fn swedish(digits: &[u8]) -> bool {
    let day = number(&digits[4..6]);
    (1..=12).contains(&number(&digits[2..4])) && matches!(day, 1..=31 | 61..=91) && luhn(digits)
}

/// Norway, persons.
pub(super) fn norwegian(digits: &[u8]) -> bool {
    let first = (11 - weighted(&digits[..9], &[3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11) % 11;
    let second = (11 - weighted(&digits[..10], &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    is_ddmmyy(digits) && first == u32::from(digits[9]) && second == u32::from(digits[10])
}

/// Switzerland, social security: a number as on goods, with the country's prefix.
pub(super) fn ahv(digits: &[u8]) -> bool {
    let check = (10 - weighted(&digits[..12], &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10) % 10;
    digits.starts_with(&[7, 5, 6]) && check == u32::from(digits[12])
}

/// South Korea, residents and foreigners: a date and what the seventh digit says of the century.
pub(super) fn is_korean(digits: &[u8]) -> bool {
    is_yymmdd(digits) && matches!(digits[6], 1..=8)
}

/// The same with the check digit that numbers from before 2020 have.
pub(super) fn korean(digits: &[u8]) -> bool {
    let sum = weighted(&digits[..12], &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
    let foreign = if digits[6] >= 5 { 13 } else { 11 };
    is_korean(digits) && (foreign - sum % 11) % 10 == u32::from(digits[12])
}

/// China, residents: 17 digits and the check digit, 10 for X.
pub(super) fn chinese(digits: &[u8], check: u8) -> bool {
    let sum = weighted(digits, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
    matches!(number(&digits[6..8]), 19 | 20) && is_yymmdd(&digits[8..]) && (12 - sum % 11) % 11 == u32::from(check)
}

/// Japan, "my number".
pub(super) fn my_number(digits: &[u8]) -> bool {
    let rest = weighted(&digits[..11], &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if rest < 2 { 0 } else { 11 - rest };
    check == u32::from(digits[11])
}

/// Argentina, taxpayers.
pub(super) fn cuit(digits: &[u8]) -> bool {
    let check = (11 - weighted(&digits[..10], &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    matches!(number(&digits[..2]), 20 | 23 | 24 | 27 | 30 | 33 | 34) && check == u32::from(digits[10])
}

/// Chile, persons and firms; 10 for K.
pub(super) fn rut(digits: &[u8], check: u8) -> bool {
    let weights = [2, 3, 4, 5, 6, 7, 2, 3];
    let sum: u32 = digits.iter().rev().zip(weights).map(|(digit, weight)| u32::from(*digit) * weight).sum();
    (11 - sum % 11) % 11 == u32::from(check)
}

/// South Africa, persons.
pub(super) fn south_african(digits: &[u8]) -> bool {
    is_yymmdd(digits) && digits[10] < 3 && luhn(digits)
}

/// Turkey, persons.
pub(super) fn turkish(digits: &[u8]) -> bool {
    let odd: u32 = digits[..9].iter().step_by(2).map(|digit| u32::from(*digit)).sum();
    let even: u32 = digits[1..8].iter().step_by(2).map(|digit| u32::from(*digit)).sum();
    let all: u32 = digits[..10].iter().map(|digit| u32::from(*digit)).sum();
    digits[0] > 0 && (odd * 7 + 100 - even) % 10 == u32::from(digits[9]) && all % 10 == u32::from(digits[10])
}

/// Thailand, persons.
pub(super) fn thai(digits: &[u8]) -> bool {
    let check = (11 - weighted(&digits[..12], &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 10;
    matches!(digits[0], 1..=8) && check == u32::from(digits[12])
}

/// Spain: the letter that 23 leaves.
pub(super) fn spanish(number: u64, letter: u8) -> bool {
    b"TRWAGMYFPDXBNJZSQVHLCKE"[(number % 23) as usize] == letter
}

/// Singapore: nine characters.
pub(super) fn singaporean(prefix: u8, digits: &[u8], letter: u8) -> bool {
    let sum = weighted(digits, &[2, 7, 6, 5, 4, 3, 2]);
    match prefix {
        b'S' | b'T' => b"JZIHGFEDCBA"[((sum + if prefix == b'T' { 4 } else { 0 }) % 11) as usize] == letter,
        b'F' | b'G' => b"XWUTRQPNMLK"[((sum + if prefix == b'G' { 4 } else { 0 }) % 11) as usize] == letter,
        b'M' => b"XWUTRQPNJLK"[((sum + 3) % 11) as usize] == letter,
        _ => false,
    }
}

/// Finland: the character that 31 leaves.
pub(super) fn finnish(digits: &[u8], check: u8) -> bool {
    is_ddmmyy(digits) && b"0123456789ABCDEFHJKLMNPRSTUVWXY"[(number(digits) % 31) as usize] == check
}

/// Italy, persons: 16 characters, the last of them the check.
pub(super) fn codice_fiscale(code: &[u8]) -> bool {
    const ODD: [u32; 36] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
        10, 22, 25, 24, 23,
    ];
    let value = |byte: u8| char::from(byte).to_digit(36).unwrap_or_default();
    let even = |value: u32| if value < 10 { value } else { value - 10 };
    let sum: u32 = code[..15]
        .iter()
        .enumerate()
        .map(|(place, byte)| if place % 2 == 0 { ODD[value(*byte) as usize] } else { even(value(*byte)) })
        .sum();
    u32::from(code[15]) == u32::from(b'A') + sum % 26
}

/// Mexico, persons: 18 characters.
pub(super) fn curp(code: &[u8]) -> bool {
    const ORDER: &[u8; 37] = b"0123456789ABCDEFGHIJKLMN#OPQRSTUVWXYZ";
    let value = |byte: &u8| ORDER.iter().position(|known| known == byte).unwrap_or_default();
    let sum: usize = code[..17].iter().enumerate().map(|(place, byte)| value(byte) * (18 - place)).sum();
    (10 - sum % 10) % 10 == usize::from(code[17].wrapping_sub(b'0'))
}

/// Germany, pensions: twelve characters, a letter among them.
pub(super) fn rentenversicherung(digits: &[u8], letter: u8) -> bool {
    let mut whole = [0; 12];
    whole[..8].copy_from_slice(&digits[..8]);
    let place = letter - b'A' + 1;
    (whole[8], whole[9]) = (place / 10, place % 10);
    whole[10..].copy_from_slice(&digits[8..10]);
    let cross = |value: u32| value / 10 + value % 10;
    let weights = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];
    let sum: u32 = whole.iter().zip(weights).map(|(digit, weight)| cross(u32::from(*digit) * weight)).sum();
    // Fifty is added to the day where two were born with one name.
    let day = number(&digits[2..4]);
    let dated = (1..=12).contains(&number(&digits[4..6])) && matches!(day, 1..=31 | 51..=81);
    dated && sum % 10 == u32::from(digits[10])
}

/// Germany, health insurance: a letter and nine digits.
pub(super) fn krankenversicherung(letter: u8, digits: &[u8]) -> bool {
    let place = letter - b'A' + 1;
    let cross = |value: u32| value / 10 + value % 10;
    let whole = [place / 10, place % 10].into_iter().chain(digits[..8].iter().copied());
    let sum: u32 = whole.enumerate().map(|(at, digit)| cross(u32::from(digit) * (1 + at as u32 % 2))).sum();
    sum % 10 == u32::from(digits[8])
}
