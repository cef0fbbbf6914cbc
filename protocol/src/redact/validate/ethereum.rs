//! Ethereum addresses. In mixed case the case is a checksum: EIP-55.

use super::stands_alone;
use sha3::{Digest, Keccak256};
use std::ops::Range;

/// "0x" and 20 bytes in hexadecimal.
const ADDRESS_CHARS: usize = 42;

/// The address that is the run of letters and digits at `span`.
pub(super) fn check(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let digits = text[span.clone()].strip_prefix("0x").or(text[span.clone()].strip_prefix("0X"))?;
    if span.len() != ADDRESS_CHARS {
        return None;
    }
    let hex = digits.bytes().all(|b| b.is_ascii_hexdigit()) && digits.bytes().any(|b| b != b'0');
    (hex && stands_alone(text, &span) && is_in_case(digits)).then_some(span)
}

/// Whether the letters are in one case, or in that which the hash of the address demands.
fn is_in_case(digits: &str) -> bool {
    let mixed =
        digits.bytes().any(|byte| byte.is_ascii_lowercase()) && digits.bytes().any(|byte| byte.is_ascii_uppercase());
    if !mixed {
        return true;
    }
    let hash = Keccak256::digest(digits.to_ascii_lowercase());
    digits.bytes().enumerate().all(|(index, byte)| {
        let nibble = hash[index / 2] >> (4 * (1 - index % 2)) & 0xf;
        byte.is_ascii_digit() || byte.is_ascii_uppercase() == (nibble >= 8)
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Validator, found};

    #[test]
    fn the_case_is_a_checksum_unless_there_is_but_one() {
        for (address, valid) in [
            // From EIP-55.
            ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", true),
            ("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", false),
            ("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", true),
            ("0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED", true),
            ("0x0000000000000000000000000000000000000000", false),
            ("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae", false),
            ("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed0", false),
        ] {
            let text = format!("to {address}.");
            assert_eq!(found(Validator::Ethereum, &text, address), valid.then_some(address), "{address}");
        }
    }
}
