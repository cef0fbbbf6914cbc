//! What is counted over the bytes of a value: sorts of signs, and how much they vary.

/// Values are judged by their first bytes only.
pub(super) const JUDGED_BYTES: usize = 256;
/// A value and what is counted over its first [`JUDGED_BYTES`].
pub(super) struct Look<'a> {
    pub(super) value: &'a str,
    pub(super) len: usize,
    pub(super) digits: usize,
    pub(super) upper: usize,
    pub(super) lower: usize,
    pub(super) vowels: usize,
    /// Neither letter nor digit nor space; bytes beyond ASCII too.
    pub(super) signs: usize,
    pub(super) spaces: usize,
    /// Places where a letter stands beside a digit.
    pub(super) breaks: usize,
    /// Places where a small letter stands and none before it.
    pub(super) humps: usize,
    hex: bool,
    /// Which sorts of bytes there are, in all of the value.
    sorts: u16,
}

/// What each byte adds to the counts, ten bits for each: digits, capitals, small letters, white space,
/// vowels, and what hexadecimal numbers with hyphens are written with.
const COUNTED: [u64; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let b = byte as u8;
        let counts = [
            b.is_ascii_digit(),
            b.is_ascii_uppercase(),
            b.is_ascii_lowercase(),
            b.is_ascii_whitespace(),
            matches!(b.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u'),
            b.is_ascii_hexdigit() || b == b'-',
        ];
        let mut field = 0;
        while field < counts.len() {
            table[byte] |= (counts[field] as u64) << (10 * field);
            field += 1;
        }
        byte += 1;
    }
    table
};

const DIGIT: u16 = 1;
const LETTER: u16 = 1 << 1;
const SMALL: u16 = 1 << 2;
/// Signs of which some others decide what they are: those of templates, of patterns, and these.
pub(super) const TEMPLATE: u16 = 1 << 3;
pub(super) const PATTERN: u16 = 1 << 4;
pub(super) const COLON: u16 = 1 << 5;
pub(super) const GREATER: u16 = 1 << 6;
pub(super) const DOT: u16 = 1 << 7;
pub(super) const UNDERSCORE: u16 = 1 << 8;
/// Neither letter, digit nor underscore.
pub(super) const OTHER: u16 = 1 << 9;
pub(super) const BEYOND_ASCII: u16 = 1 << 10;
/// One byte three times in a row.
pub(super) const TRIPLE: u16 = 1 << 11;

/// Of which sorts each byte is.
const SORTS: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'A'..=b'Z' => LETTER,
            b'a'..=b'z' => LETTER | SMALL,
            b'$' | b'{' | b'%' | b'<' => OTHER | TEMPLATE,
            b'(' | b'[' | b'\\' | b'*' | b'^' => OTHER | PATTERN,
            b':' => OTHER | COLON,
            b'>' => OTHER | GREATER,
            b'.' => OTHER | DOT,
            b'_' => UNDERSCORE,
            0x80.. => OTHER | BEYOND_ASCII,
            _ => OTHER,
        };
        byte += 1;
    }
    table
};

impl<'a> Look<'a> {
    pub(super) fn at(value: &'a str) -> Look<'a> {
        let bytes = &value.as_bytes()[..value.len().min(JUDGED_BYTES)];
        let (mut counts, mut breaks, mut humps, mut sorts) = (0, 0, 0, 0);
        let (mut before, mut last, mut twice) = (0, None, false);
        for byte in bytes {
            let sort = SORTS[usize::from(*byte)];
            counts += COUNTED[usize::from(*byte)];
            sorts |= sort;
            breaks += usize::from((sort | before) & (DIGIT | LETTER) == DIGIT | LETTER);
            humps += usize::from(sort & !before & SMALL != 0);
            let again = last == Some(*byte);
            sorts |= if again && twice { TRIPLE } else { 0 };
            (before, last, twice) = (sort, Some(*byte), again);
        }
        if value.len() > bytes.len() {
            // Of what is not judged, anything is to be expected.
            sorts = u16::MAX;
        }
        let count = |field: u32| (counts >> (10 * field) & 0x3ff) as usize;
        let (digits, upper, lower, spaces) = (count(0), count(1), count(2), count(3));
        let signs = bytes.len() - digits - upper - lower - spaces;
        let (vowels, hex) = (count(4), count(5) == bytes.len());
        Look { value, len: bytes.len(), digits, upper, lower, vowels, signs, spaces, breaks, humps, hex, sorts }
    }

    /// Whether the value may hold bytes of one of these sorts; none does that says no.
    pub(super) fn may_hold(&self, sorts: u16) -> bool {
        self.sorts & sorts != 0
    }

    /// Whether the value is hexadecimal, hyphens allowed: a key, a checksum or a UUID.
    pub(super) fn is_hex(&self) -> bool {
        self.hex && self.digits > 0
    }

    /// Whether small letters come in runs as long as in words, if there are any.
    pub(super) fn has_humps(&self) -> bool {
        self.humps * HUMP_BYTES <= self.lower
    }
}

/// Small letters in a row, on average, from which a mixed-case word reads as camelCase.
pub(super) const HUMP_BYTES: usize = 3;

/// Shannon's entropy of the bytes of `value`, in thousandths of a bit a byte.
pub(super) fn entropy(value: &str) -> u32 {
    let bytes = &value.as_bytes()[..value.len().min(JUDGED_BYTES)];
    let (mut counts, mut weighted) = ([0_u16; 256], 0);
    for byte in bytes {
        let count = &mut counts[usize::from(*byte)];
        weighted += MORE[usize::from(*count)];
        *count += 1;
    }
    let total = bytes.len() as u32;
    if total == 0 {
        return 0;
    }
    (LOGS[bytes.len()] - weighted / total) * 1000 / LOG_UNIT
}

/// What one bit is in the numbers of [`LOGS`].
const LOG_UNIT: u32 = 1 << 10;

/// The logarithms to base 2 of numbers up to [`JUDGED_BYTES`], in 1024ths, rounded down; 0 for 0.
static LOGS: [u32; JUDGED_BYTES + 1] = {
    let mut logs = [0; JUDGED_BYTES + 1];
    let mut number = 1;
    while number <= JUDGED_BYTES {
        logs[number] = log2(number as u32);
        number += 1;
    }
    logs
};

/// By how much a number times its logarithm grows with the next.
static MORE: [u32; JUDGED_BYTES] = {
    let mut more = [0; JUDGED_BYTES];
    let mut number = 0;
    while number < JUDGED_BYTES {
        more[number] = (number as u32 + 1) * LOGS[number + 1] - number as u32 * LOGS[number];
        number += 1;
    }
    more
};

const fn log2(number: u32) -> u32 {
    let whole = number.ilog2();
    // The number scaled to 1..2 in 2^30ths; squaring it brings out one binary digit at a time.
    let mut rest = (number as u64) << (30 - whole);
    let (mut log, mut digits) = (whole, 0);
    while digits < 10 {
        rest = (rest * rest) >> 30;
        let digit = (rest >= 2 << 30) as u32;
        rest >>= digit;
        log = log * 2 + digit;
        digits += 1;
    }
    log
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_and_entropy_are_those_of_the_books() {
        assert_eq!([1, 2, 3, 10, 256].map(log2), [0, 1024, 1623, 3401, 8192]);
        assert_eq!(entropy(""), 0);
        assert_eq!(entropy("aaaa"), 0);
        assert_eq!(entropy("abab"), 1000);
        assert_eq!(entropy("abcdefgh"), 3000);
        assert!((1583..=1585).contains(&entropy("abc")));
    }
}
