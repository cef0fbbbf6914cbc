//! The key with which a person flags records and supports petitions.

use crate::home::Home;
use crate::keys::{KeyError, Profile};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::identity::{AuthorMode, Nonce, Seed};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::sign::SecretKey;
use sha2::{Digest, Sha256};

/// The key under which a person appears in a community: by their profile, else as is `usual`. Who appears anonymously there has one for
/// each record that they say something about: the same one each time, so that they count once, and none that can
/// be linked to another.
///
/// # Errors
/// When the profile cannot be read.
pub fn key(
    seed: &Seed,
    community: &Cid,
    about: &RecordId,
    (home, usual): (&Home, Option<AuthorMode>),
) -> Result<SecretKey, KeyError> {
    Ok(match Profile::load(home)?.mode(community, usual.unwrap_or(AuthorMode::Pseudonym)) {
        AuthorMode::Named => seed.named(community),
        AuthorMode::Pseudonym => seed.pseudonym(community),
        AuthorMode::Anonymous => {
            let hash: [u8; 32] =
                Sha256::new().chain_update(b"commonwheel/1/about\0").chain_update(about.0.to_bytes()).finalize().into();
            let mut nonce = [0; 16];
            nonce.copy_from_slice(&hash[..16]);
            seed.anonymous(community, &Nonce(nonce))
        }
    })
}
