//! What is counted over the bytes of a value: sorts of signs, and how much they vary.

/// Values are judged by their first bytes only.
pub(super) const JUDGED_BYTES: usize = 256;
/// Counts over the bytes of a value.
pub(super) struct Look {
    pub(super) len: usize,
    pub(super) digits: usize,
    pub(super) upper: usize,
    pub(super) lower: usize,
    /// Neither letter nor digit nor space; bytes beyond ASCII too.
    pub(super) signs: usize,
    pub(super) spaces: usize,
    /// Places where a letter stands beside a digit.
    pub(super) breaks: usize,
    hex: bool,
}

/// What each byte adds to the counts, 16 bits for each: digits, capitals, small letters, white space.
const COUNTED: [u64; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = match byte as u8 {
            b'0'..=b'9' => 1,
            b'A'..=b'Z' => 1 << 16,
            b'a'..=b'z' => 1 << 32,
            byte if byte.is_ascii_whitespace() => 1 << 48,
            _ => 0,
        };
        byte += 1;
    }
    table
};

impl Look {
    pub(super) fn at(value: &str) -> Look {
        let bytes = &value.as_bytes()[..value.len().min(JUDGED_BYTES)];
        let (mut counts, mut breaks, mut hex, mut before) = (0, 0, true, 0);
        for byte in bytes {
            let counted = COUNTED[usize::from(*byte)];
            counts += counted;
            let kind = if counted < 1 << 48 { counted } else { 0 };
            // One of the two is a digit, and the other a letter.
            breaks += usize::from(kind != before && kind != 0 && before != 0 && (kind | before) & 1 == 1);
            before = kind;
            hex &= byte.is_ascii_hexdigit() || *byte == b'-';
        }
        let count = |field: u32| (counts >> (16 * field) & 0xffff) as usize;
        let (digits, upper, lower, spaces) = (count(0), count(1), count(2), count(3));
        let signs = bytes.len() - digits - upper - lower - spaces;
        Look { len: bytes.len(), digits, upper, lower, signs, spaces, breaks, hex }
    }

    /// Whether the value is hexadecimal, hyphens allowed: a key, a checksum or a UUID.
    pub(super) fn is_hex(&self) -> bool {
        self.hex && self.digits > 0
    }
}

/// Shannon's entropy of the bytes of `value`, in thousandths of a bit a byte.
pub(super) fn entropy(value: &str) -> u32 {
    let bytes = &value.as_bytes()[..value.len().min(JUDGED_BYTES)];
    let (mut counts, mut weighted) = ([0_u16; 256], 0);
    for byte in bytes {
        let count = &mut counts[usize::from(*byte)];
        *count += 1;
        let count = usize::from(*count);
        weighted += count as u32 * LOGS[count] - (count as u32 - 1) * LOGS[count - 1];
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
