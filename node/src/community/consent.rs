//! Which terms the person has accepted in a community, and when.

use super::{Community, CommunityError};
use crate::home::{read_bounded, replace};
use commonwheel_protocol::bytes::Cid;
use std::io::ErrorKind;

/// An acceptance of terms, kept in `consent.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The raw CID of the terms' text.
    pub terms: Cid,
    /// When, in seconds since 1970.
    pub accepted_s: i64,
}

const FILE_BYTES: usize = 4096;

impl Community {
    /// The person's acceptance of these terms, which the charter that leads names; nothing when they have not
    /// accepted any, or only other terms: then they must be asked.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub fn consent(&self, terms: &Cid) -> Result<Option<Consent>, CommunityError> {
        let path = self.folder.join("consent.toml");
        let bytes = match read_bounded(&path, FILE_BYTES) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(CommunityError::io(&path))?,
        };
        let consent = std::str::from_utf8(&bytes).ok().and_then(parse).ok_or(CommunityError::Damaged {
            path,
            expected: "the keys terms (a content id) and accepted (seconds since 1970)".into(),
        })?;
        Ok(Some(consent).filter(|consent| consent.terms == *terms))
    }

    /// Keeps that the person accepts these terms at the time `now_s`, in seconds since 1970.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn accept_terms(&self, terms: &Cid, now_s: i64) -> Result<Consent, CommunityError> {
        let path = self.folder.join("consent.toml");
        let consent = Consent { terms: *terms, accepted_s: now_s };
        let text = format!("terms = \"{}\"\naccepted = {}\n", consent.terms, consent.accepted_s);
        replace(&path, text.as_bytes()).map_err(CommunityError::io(&path))?;
        Ok(consent)
    }
}

fn parse(text: &str) -> Option<Consent> {
    let table: toml::Table = text.parse().ok()?;
    Some(Consent {
        terms: table.get("terms")?.as_str()?.parse().ok()?,
        accepted_s: table.get("accepted")?.as_integer()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::founded;
    use super::*;
    use commonwheel_protocol::bytes::Codec;

    #[test]
    fn consent_holds_for_the_terms_that_were_accepted_and_no_others() {
        let (_folder, community) = founded();
        let terms = community.founding.charter().terms;
        assert_eq!(community.consent(&terms).unwrap(), None);
        let consent = community.accept_terms(&terms, 1_800_000_000).unwrap();
        assert_eq!(community.consent(&terms).unwrap(), Some(consent));
        let other = Cid::of(Codec::Raw, b"other terms");
        std::fs::write(community.folder.join("consent.toml"), format!("terms = \"{other}\"\naccepted = 1")).unwrap();
        assert_eq!(community.consent(&terms).unwrap(), None);
        std::fs::write(community.folder.join("consent.toml"), "terms = 1").unwrap();
        assert!(matches!(community.consent(&terms), Err(CommunityError::Damaged { .. })));
    }
}
