//! One seed, many keys: authors that cannot be linked across communities.
//!
//! Every key is HKDF-SHA256 (RFC 5869) of the seed, with an info string that names what it is for.

use crate::bytes::Cid;
use crate::sign::SecretKey;
use hkdf::Hkdf;
use sha2::Sha256;
use std::fmt;
use x25519_dalek::StaticSecret;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// How an author appears in one community.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthorMode {
    /// One key, with a public profile.
    Named,
    /// One key, with a display name that need not be unique.
    Pseudonym,
    /// A key for each record, from the seed and a nonce in the header.
    Anonymous,
}

impl AuthorMode {
    /// The mode's name in commands and exports.
    pub fn name(self) -> &'static str {
        match self {
            AuthorMode::Named => "named",
            AuthorMode::Pseudonym => "pseudonym",
            AuthorMode::Anonymous => "anonymous",
        }
    }
}

/// What makes an anonymous record's key different from all others. Public, in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nonce(pub [u8; 16]);

/// The secret from which all of a person's or a validator's keys follow.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; 32]);

impl Seed {
    /// Takes 32 bytes of good randomness.
    pub fn new(bytes: [u8; 32]) -> Self {
        Seed(bytes)
    }

    /// The bytes, for the key file and the backup.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key of a named author in one community.
    pub fn named(&self, community: &Cid) -> SecretKey {
        self.signing("author/named", &community.to_bytes())
    }

    /// The key of a pseudonym in one community.
    pub fn pseudonym(&self, community: &Cid) -> SecretKey {
        self.signing("author/pseudonym", &community.to_bytes())
    }

    /// The key of one anonymous record in one community.
    pub fn anonymous(&self, community: &Cid, nonce: &Nonce) -> SecretKey {
        self.signing("author/anonymous", &[&community.to_bytes()[..], &nonce.0].concat())
    }

    /// The key that signs statements of who asks for bodies in one community.
    pub fn reader(&self, community: &Cid) -> SecretKey {
        self.signing("reader", &community.to_bytes())
    }

    /// The key with which this seed's owner validates. It is named in charters, before a
    /// community has an id, so that it is one for all communities.
    pub fn validator(&self) -> SecretKey {
        self.signing("validator/signing", &[])
    }

    /// The public X25519 key (RFC 7748) to which bodies can be sealed for this validator.
    pub fn encryption_public(&self) -> [u8; 32] {
        let secret = StaticSecret::from(*self.derive("validator/encryption", &[]));
        x25519_dalek::PublicKey::from(&secret).to_bytes()
    }

    fn signing(&self, purpose: &str, context: &[u8]) -> SecretKey {
        SecretKey::from_seed(&self.derive(purpose, context))
    }

    fn derive(&self, purpose: &str, context: &[u8]) -> zeroize::Zeroizing<[u8; 32]> {
        let mut out = zeroize::Zeroizing::new([0; 32]);
        let info = [b"commonwheel/1/", purpose.as_bytes(), b"\0", context];
        Hkdf::<Sha256>::new(None, &self.0)
            .expand_multi_info(&info, &mut *out)
            .expect("32 bytes are within HKDF-SHA256's output limit");
        out
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_purpose_and_community_has_its_own_key() {
        let seed = Seed::new([1; 32]);
        let (a, b) = (Cid::of_cbor(b"a"), Cid::of_cbor(b"b"));
        let keys: BTreeSet<_> = [
            seed.named(&a),
            seed.named(&b),
            seed.pseudonym(&a),
            seed.pseudonym(&b),
            seed.anonymous(&a, &Nonce([0; 16])),
            seed.anonymous(&a, &Nonce([1; 16])),
            seed.anonymous(&b, &Nonce([0; 16])),
            seed.reader(&a),
            seed.validator(),
        ]
        .iter()
        .map(SecretKey::public)
        .collect();
        assert_eq!(keys.len(), 9);
        assert_eq!(seed.named(&a).public(), Seed::new([1; 32]).named(&a).public());
    }
}
