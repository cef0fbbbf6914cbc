//! Base64 as people paste it: both alphabets, padded or not, loose ends forgiven.

/// The bytes that `text` stands for, up to `limit` of them; nothing when it holds other signs.
pub(super) fn decode(text: &str, limit: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(limit.min(text.len()));
    let (mut bits, mut held) = (0u32, 0);
    for sign in text.trim_end_matches('=').bytes() {
        if bytes.len() >= limit {
            break;
        }
        bits = bits << 6 | u32::from(value(sign)?);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(bytes)
}

/// Whether `byte` is a digit of base64 in one of its alphabets.
pub(super) fn is_digit(byte: u8) -> bool {
    value(byte).is_some()
}

fn value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_alphabets_are_read_and_other_signs_refused() {
        assert_eq!(decode("Zm9vYmE=", 99).as_deref(), Some(&b"fooba"[..]));
        assert_eq!(decode("-_-_", 99), decode("+/+/", 99));
        assert_eq!(decode("Zm9vYmFy", 3).as_deref(), Some(&b"foo"[..]));
        assert_eq!(decode("Zm 9v", 99), None);
    }
}
