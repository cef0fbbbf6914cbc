//! Joining: what a peer sent in answer to an invite is checked before anything of it is kept.

use super::draft::check_terms;
use super::{Community, CommunityError};
use crate::home::Home;
use commonwheel_protocol::agreement::charter::PROTOCOL;
use commonwheel_protocol::agreement::{Charter, Founding, Lineage};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::notes;
use commonwheel_protocol::ledger::{Batch, Shelf};
use commonwheel_protocol::limits::TERMS_BYTES;
use commonwheel_protocol::operation::Resolution;
use commonwheel_protocol::wire::invite::Invite;
use libp2p::Multiaddr;

/// What a peer offers of a community, unchecked.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// The founding.
    pub founding: Vec<u8>,
    /// Texts of terms: of the first charter, and of the newest.
    pub texts: Vec<Vec<u8>>,
    /// The resolutions by which it was succeeded, in order.
    pub successors: Vec<Vec<u8>>,
}

/// An offer that holds what the invite promised.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The first charter, signed by all.
    pub founding: Founding,
    /// Its terms.
    pub terms: String,
    /// Every charter in the offer; the invite's is pinned.
    pub lineage: Lineage,
    successors: Vec<Resolution>,
    texts: Vec<Vec<u8>>,
}

impl Checked {
    /// What the community's store must hold beside the founding: the successors, their terms, and the pin.
    pub fn batch(&self) -> Batch {
        let mut batch = Batch::default();
        for successor in &self.successors {
            batch.put(Shelf::Certified, successor.cid(), successor.bytes().to_vec());
        }
        for (_, charter) in self.lineage.charters() {
            if let Some(text) = self.texts.iter().find(|text| charter.terms.matches(text)) {
                batch.put(Shelf::Certified, charter.terms, text.clone());
            }
        }
        if self.lineage.pinned() != self.lineage.community() {
            let note = notes::pin(1, self.lineage.pinned());
            batch.put(Shelf::Live, Cid::of_cbor(&note), note);
        }
        batch
    }

    /// The text of the terms of the charter that leads, if the offer holds it.
    pub fn newest_terms(&self) -> Option<&str> {
        let terms = self.lineage.head().charter.terms;
        self.texts.iter().find(|text| terms.matches(text)).and_then(|text| std::str::from_utf8(text).ok())
    }
}

/// Checks that what a peer offers is the invite's community, and that its charters lead to the invite's.
///
/// # Errors
/// When it is another community's or was changed, does not lead to the charter of the invite, needs a newer version
/// of Commonwheel, or has patterns that are not sound.
pub fn check(invite: &Invite, offer: &Offer) -> Result<Checked, CommunityError> {
    let founding = Founding::verify(&offer.founding)?;
    if founding.community() != invite.community {
        return Err(CommunityError::Invite { expected: invite.community, found: founding.community() });
    }
    let mut lineage = Lineage::new(founding.clone());
    let mut successors = Vec::new();
    for bytes in &offer.successors {
        let resolution = Resolution::verify(bytes)?;
        lineage.add(&resolution).map_err(|error| CommunityError::Succession(error.to_string()))?;
        successors.push(resolution);
    }
    if !lineage.pin(&invite.charter) {
        return Err(CommunityError::Unreached { expected: invite.charter });
    }
    let head = lineage.head().charter;
    check_protocol(head)?;
    commonwheel_config::ruleset::of_charter(head)?;
    let first = founding.charter();
    let text = offer.texts.iter().find(|text| first.terms.matches(text)).or(offer.texts.first());
    let text = text.map_or(&[][..], |text| &text[..text.len().min(TERMS_BYTES + 1)]);
    let terms = std::str::from_utf8(text).unwrap_or_default().to_owned();
    check_terms(first, &terms)?;
    let texts = offer.texts.iter().filter(|text| text.len() <= TERMS_BYTES).cloned().collect();
    Ok(Checked { founding, terms, lineage, successors, texts })
}

/// Keeps a community that a peer offered in answer to an invite, with the invite's addresses. Joining
/// again adds the addresses and changes nothing else. What [`Checked::batch`] gives is the store's.
///
/// # Errors
/// When it cannot be written.
pub fn accept(home: &Home, invite: &Invite, checked: &Checked) -> Result<Community, CommunityError> {
    let community = Community::save(home, &checked.founding, &checked.terms)?;
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
    use super::super::testing::{TERMS, founding, named, seeds};
    use super::*;
    use commonwheel_protocol::agreement::Succession;
    use commonwheel_protocol::operation::{Matter, Motion};

    fn invite(community: Cid) -> Invite {
        let address: Multiaddr = "/ip4/127.0.0.1/tcp/4717".parse().unwrap();
        Invite { community, charter: community, addresses: vec![address.to_vec(), vec![0xff; 3]] }
    }

    fn offer(founding: &Founding, terms: &[u8]) -> Offer {
        Offer { founding: founding.bytes().to_vec(), texts: vec![terms.to_vec()], successors: Vec::new() }
    }

    #[test]
    fn joining_keeps_the_charter_the_terms_and_the_addresses_and_may_be_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let founding = founding(&named("Riverbank", 1));
        let invite = invite(founding.community());
        for _ in 0..2 {
            let checked = check(&invite, &offer(&founding, TERMS.as_bytes())).unwrap();
            let community = accept(&home, &invite, &checked).unwrap();
            assert_eq!(super::super::all(&home).unwrap(), std::slice::from_ref(&community));
            assert_eq!(community.peers().unwrap().len(), 1);
        }
    }

    #[test]
    fn another_community_or_changed_bytes_are_refused() {
        let (ours, other) = (founding(&named("Riverbank", 1)), founding(&named("Riverbank", 2)));
        let invite = invite(ours.community());
        let error = check(&invite, &offer(&other, TERMS.as_bytes())).unwrap_err();
        assert!(matches!(error, CommunityError::Invite { expected, .. } if expected == ours.community()), "{error}");
        for terms in [&b"Changed"[..], b"\xff\xfe", &[b'a'; TERMS_BYTES + 5]] {
            let error = check(&invite, &offer(&ours, terms)).unwrap_err();
            assert!(matches!(error, CommunityError::Terms { .. }), "{error}");
        }
        let mut changed = offer(&ours, TERMS.as_bytes());
        changed.founding[100] ^= 1;
        assert!(check(&invite, &changed).is_err());
    }

    #[test]
    fn an_invite_of_a_successor_takes_an_offer_that_leads_to_it_and_pins_it() {
        let ours = founding(&named("Riverbank", 1));
        let succeeds = Succession {
            community: ours.community(),
            predecessor: ours.community(),
            round: 1,
            closing: Default::default(),
        };
        let terms = commonwheel_config::terms::id("Other terms");
        let charter = Charter { terms, succeeds: Some(succeeds), ..ours.charter().clone() };
        let matter = Matter::Successor(Box::new(charter.clone()));
        let voices = |n| seeds(n).map(|seed| Motion::sign(matter.clone(), &seed.validator()));
        let voices = |n| voices(n).map(|motion| (motion.signer, motion.signature)).collect();
        let resolution = Resolution::form(&matter, &voices(3), ours.charter()).unwrap();
        let invite = Invite { charter: charter.id(), ..invite(ours.community()) };

        let without = offer(&ours, TERMS.as_bytes());
        let error = check(&invite, &without).unwrap_err();
        assert!(matches!(error, CommunityError::Unreached { expected } if expected == charter.id()), "{error}");
        let mut whole = Offer { successors: vec![resolution.bytes().to_vec()], ..without };
        whole.texts.insert(0, b"Other terms".to_vec());
        let checked = check(&invite, &whole).unwrap();
        assert_eq!((&checked.terms[..], checked.newest_terms()), (TERMS, Some("Other terms")));
        assert_eq!(checked.lineage.head().charter, &charter);
        assert_eq!(checked.batch().puts.len(), 4, "the successor, both terms, the pin");
        let mut forged = resolution.bytes().to_vec();
        *forged.last_mut().unwrap() ^= 1;
        assert!(check(&invite, &Offer { successors: vec![forged], ..whole }).is_err());
    }
}
