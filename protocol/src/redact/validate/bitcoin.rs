//! Bitcoin addresses: base58 with a double SHA-256 checksum, and bech32.

use super::stands_alone;
use sha2::{Digest, Sha256};
use std::ops::Range;

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// A version byte, a hash of 20 bytes and a checksum of four.
const ADDRESS_BYTES: usize = 25;
/// Versions of key and script hashes, on mainnet and testnet.
const VERSIONS: [u8; 4] = [0x00, 0x05, 0x6f, 0xc4];

/// The base58 address that is the run of letters and digits at `span`.
pub(super) fn check_run(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let likely =
        (26..=35).contains(&span.len()) && matches!(text.as_bytes()[span.start], b'1' | b'2' | b'3' | b'm' | b'n');
    if likely { check_base58(text, span) } else { None }
}

/// A base58 address whose checksum holds.
pub(super) fn check_base58(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = stands_alone(text, &span).then(|| base58(&text[span.clone()]))??;
    let (payload, checksum) = bytes.split_at(ADDRESS_BYTES - 4);
    let twice = Sha256::digest(Sha256::digest(payload));
    (VERSIONS.contains(&payload[0]) && twice[..4] == *checksum).then_some(span)
}

/// The 25 bytes that an address stands for.
fn base58(text: &str) -> Option<[u8; ADDRESS_BYTES]> {
    let mut bytes = [0; ADDRESS_BYTES];
    for symbol in text.bytes() {
        let mut carry = BASE58.iter().position(|known| *known == symbol)?;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = (carry % 256) as u8;
            carry /= 256;
        }
        if carry > 0 {
            return None;
        }
    }
    let ones = text.bytes().take_while(|symbol| *symbol == b'1').count();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    (ones == zeros).then_some(bytes)
}

/// A segregated witness address: BIP 173 and BIP 350.
pub(super) fn check_segwit(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let address = &text[span.clone()];
    let lower = address.to_ascii_lowercase();
    let one_case = address == lower || address == address.to_ascii_uppercase();
    if !one_case || !stands_alone(text, &span) {
        return None;
    }
    // The prefix ends at the last "1": that digit is not in the alphabet.
    let (prefix, data) = lower.rsplit_once('1')?;
    let values: Vec<u32> =
        data.bytes().map(|b| BECH32.iter().position(|known| *known == b).map(|p| p as u32)).collect::<Option<_>>()?;
    let constant = polymod(prefix, &values);
    let version = *values.first()?;
    // Five bits a symbol; the version and the six symbols of the checksum carry no program.
    let program_bytes = values.len().checked_sub(7)? * 5 / 8;
    // What does not fill a byte is at most four bits, all zero.
    let program = &values[1..values.len().saturating_sub(6).max(1)];
    let padding_bits = program.len() * 5 % 8;
    let padded = padding_bits <= 4 && program.last().is_some_and(|last| last & ((1 << padding_bits) - 1) == 0);
    let valid = padded
        && match version {
            0 => constant == 1 && matches!(program_bytes, 20 | 32),
            1..=16 => constant == 0x2bc8_30a3 && (2..=40).contains(&program_bytes),
            _ => false,
        };
    (valid && matches!(prefix, "bc" | "tb" | "bcrt")).then_some(span)
}

fn polymod(prefix: &str, values: &[u32]) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let high = prefix.bytes().map(|b| u32::from(b) >> 5);
    let low = prefix.bytes().map(|b| u32::from(b) & 31);
    high.chain([0]).chain(low).chain(values.iter().copied()).fold(1, |checksum, value| {
        let top = checksum >> 25;
        let shifted = (checksum & 0x01ff_ffff) << 5 ^ value;
        (0..5).filter(|bit| top >> bit & 1 == 1).fold(shifted, |sum, bit| sum ^ GENERATOR[bit])
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Validator, found};

    #[test]
    fn addresses_of_every_form_are_found() {
        for address in [
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "3P14159f73E4gFr7JterCCQh9QjiTjiZrG",
            "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
        ] {
            assert_eq!(found(Validator::Bitcoin, &format!("to {address}."), address), Some(address));
        }
        for address in [
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
        ] {
            assert_eq!(found(Validator::Segwit, address, address), Some(address));
        }
    }

    #[test]
    fn one_changed_character_breaks_the_checksum() {
        assert_eq!(found(Validator::Bitcoin, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "1A1z"), None);
        for address in [
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
            "11A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "1111111111111111111111111111",
        ] {
            assert_eq!(found(Validator::Bitcoin, address, address), None, "{address}");
        }
        for address in [
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
            "bc1Qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "bc1q",
            "bc1qqqqqqqqqq",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
        ] {
            assert_eq!(found(Validator::Segwit, address, address), None, "{address}");
        }
    }
}
