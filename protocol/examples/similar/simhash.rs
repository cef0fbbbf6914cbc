//! The other way of telling, to compare with: a SimHash of the same shingles, 128 bits of which the first 64 are one too.

use super::texts::Text;
use sha2::{Digest, Sha256};

pub fn of(text: &Text) -> u128 {
    let mut votes = [0i32; 128];
    let mut shingles = std::collections::BTreeSet::new();
    for (_, said) in &text.messages {
        let lower = said.to_lowercase();
        let words: Vec<_> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        shingles.extend(words.windows(3).map(|three| three.join(" ")));
    }
    for shingle in shingles {
        let hash: [u8; 32] = Sha256::digest(shingle.as_bytes()).into();
        for (bit, votes) in votes.iter_mut().enumerate() {
            *votes += if hash[bit / 8] >> (bit % 8) & 1 == 1 { 1 } else { -1 };
        }
    }
    votes.iter().enumerate().filter(|(_, votes)| **votes > 0).fold(0, |hash, (bit, _)| hash | 1 << bit)
}

/// How many of the first so many bits are the same, in percent.
pub fn similarity(a: u128, b: u128, bits: u32) -> u8 {
    let differ = (a ^ b) << (128 - bits);
    (100 * (bits - differ.count_ones()) / bits) as u8
}
