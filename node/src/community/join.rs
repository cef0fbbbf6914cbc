//! Joining: what a peer sent in answer to an invite is checked before anything of it is kept.

use super::draft::check_terms;
use super::{Community, CommunityError};
use crate::home::Home;
use commonwheel_protocol::agreement::charter::PROTOCOL;
use commonwheel_protocol::agreement::{Charter, Founding};
use commonwheel_protocol::limits::TERMS_BYTES;
use commonwheel_protocol::wire::invite::Invite;
use libp2p::Multiaddr;

/// The founding and terms that a peer sent, when they are those of the invite.
///
/// # Errors
/// When they are another community's or were changed, need a newer version of Commonwheel, or have patterns that are
/// not sound.
pub fn check(invite: &Invite, founding: &[u8], terms: &[u8]) -> Result<(Founding, String), CommunityError> {
    if invite.charter != invite.community {
        return Err(CommunityError::Successor);
    }
    let founding = Founding::verify(founding)?;
    if founding.community() != invite.community {
        return Err(CommunityError::Invite { expected: invite.community, found: founding.community() });
    }
    check_protocol(founding.charter())?;
    let text = std::str::from_utf8(&terms[..terms.len().min(TERMS_BYTES + 1)]).unwrap_or_default();
    check_terms(founding.charter(), text)?;
    commonwheel_config::ruleset::of_charter(founding.charter())?;
    Ok((founding, text.to_owned()))
}

/// Keeps a community that a peer sent in answer to an invite, with the invite's addresses. Joining
/// again adds the addresses and changes nothing else.
///
/// # Errors
/// As [`check`]; when it cannot be written.
pub fn accept(home: &Home, invite: &Invite, founding: &[u8], terms: &[u8]) -> Result<Community, CommunityError> {
    let (founding, terms) = check(invite, founding, terms)?;
    let community = Community::save(home, &founding, &terms)?;
    // An address of a kind that this version does not know helps nobody here.
    let addresses: Vec<_> =
        invite.addresses.iter().filter_map(|bytes| Multiaddr::try_from(bytes.clone()).ok()).collect();
    community.add_peers(&addresses)?;
    Ok(community)
}

pub(super) fn check_protocol(charter: &Charter) -> Result<(), CommunityError> {
    if charter.understood() {
        Ok(())
    } else {
        Err(CommunityError::Protocol { found: charter.protocol, known: PROTOCOL })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{TERMS, founding, named};
    use super::*;
    use commonwheel_protocol::bytes::Cid;

    fn invite(community: Cid) -> Invite {
        let address: Multiaddr = "/ip4/127.0.0.1/tcp/4717".parse().unwrap();
        Invite { community, charter: community, addresses: vec![address.to_vec(), vec![0xff; 3]] }
    }

    #[test]
    fn joining_keeps_the_charter_the_terms_and_the_addresses_and_may_be_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let founding = founding(&named("Riverbank", 1));
        let invite = invite(founding.community());
        for _ in 0..2 {
            let community = accept(&home, &invite, founding.bytes(), TERMS.as_bytes()).unwrap();
            assert_eq!(super::super::all(&home).unwrap(), std::slice::from_ref(&community));
            assert_eq!(community.peers().unwrap().len(), 1);
        }
    }

    #[test]
    fn another_community_or_changed_bytes_are_refused_and_nothing_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let (ours, other) = (founding(&named("Riverbank", 1)), founding(&named("Riverbank", 2)));
        let invite = invite(ours.community());
        let error = accept(&home, &invite, other.bytes(), TERMS.as_bytes()).unwrap_err();
        assert!(matches!(error, CommunityError::Invite { expected, .. } if expected == ours.community()), "{error}");
        for terms in [&b"Changed"[..], b"\xff\xfe", &[b'a'; TERMS_BYTES + 5]] {
            let error = accept(&home, &invite, ours.bytes(), terms).unwrap_err();
            assert!(matches!(error, CommunityError::Terms { .. }), "{error}");
        }
        let mut changed = ours.bytes().to_vec();
        changed[100] ^= 1;
        assert!(accept(&home, &invite, &changed, TERMS.as_bytes()).is_err());
        let successor = Invite { charter: other.community(), ..invite };
        let error = accept(&home, &successor, ours.bytes(), TERMS.as_bytes()).unwrap_err();
        assert!(matches!(error, CommunityError::Successor));
        assert!(!home.communities().exists());
    }
}
