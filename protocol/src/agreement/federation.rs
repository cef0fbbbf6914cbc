//! What another community may copy, by the charter of the one that holds it.
//!
//! Licence and use are in the header, so that anybody can judge them for ever. Kind and class need the body:
//! they are judged where that is at hand, and by whoever reads a copy.

use super::charter::Charter;
use super::checks;
use super::customs::Federated;
use crate::bytes::{Cid, DecodeError, Node, decode};
use crate::licence::Licence;
use crate::preference::{Category, Preference};
use crate::record::Header;
use crate::redact::{RiskClass, Ruleset};
use std::collections::BTreeSet;

/// Why a record may not be copied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The record is another community's.
    #[error("the record is not of the community whose charter this is")]
    OtherCommunity,
    /// The charter does not name the community that would copy.
    #[error("the charter does not let the community {0} copy records")]
    NotNamed(Cid),
    /// The licence is not among those that may be copied.
    #[error("records under {0} may not be copied there")]
    Licence(Licence),
    /// The record's preference does not allow a use for which the other community copies.
    #[error("the record does not allow {}, for which it would be copied", .0.label())]
    Use(Category),
    /// Records of this kind are not copied.
    #[error("records of its kind may not be copied there")]
    Kind(String),
    /// Records of this class of high risk are not copied.
    #[error("records about {} may not be copied there", .0.meaning())]
    Class(RiskClass),
}

/// What of a record its body alone shows, as far as copying goes by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// The kind of body, such as `chat`.
    pub kind: String,
    /// The classes of high risk that its texts are of.
    pub classes: BTreeSet<RiskClass>,
}

impl Shown {
    /// What a body shows under `ruleset`, which must be the one that its header names: the same on every machine.
    ///
    /// # Errors
    /// When the bytes are not canonical.
    pub fn of(body: &[u8], ruleset: &Ruleset) -> Result<Self, DecodeError> {
        let kind = match decode(body)? {
            Node::Map(map) => match map.get("kind") {
                Some(Node::Text(kind)) => kind.to_string(),
                _ => String::new(),
            },
            _ => String::new(),
        };
        Ok(Shown { kind, classes: checks::risks(body, ruleset)?.into_keys().collect() })
    }
}

/// Whether `to` may copy an accepted record with this header, whose body shows this, under `charter`, which is one of
/// the record's own community. What is not said is not allowed: a preference that leaves a use open does not
/// allow it, and a class of high risk that is not named is not copied.
///
/// # Errors
/// The first reason against it: those that the header alone shows come before the others.
pub fn may_copy(charter: &Charter, to: &Cid, header: &Header, shown: &Shown) -> Result<(), Why> {
    let federated = may_copy_header(charter, to, header)?;
    if !federated.kinds.is_empty() && !federated.kinds.contains(&shown.kind) {
        return Err(Why::Kind(shown.kind.clone()));
    }
    match shown.classes.difference(&federated.classes).next() {
        Some(class) => Err(Why::Class(*class)),
        None => Ok(()),
    }
}

/// Whether the header alone leaves it open that the record may be copied, and then on which terms.
///
/// # Errors
/// The first reason against it.
pub fn may_copy_header<'a>(charter: &'a Charter, to: &Cid, header: &Header) -> Result<&'a Federated, Why> {
    if header.community != charter.community() {
        return Err(Why::OtherCommunity);
    }
    let federated = charter.customs.federation.get(to).ok_or(Why::NotNamed(*to))?;
    match federated.against(header.licence, &header.preference) {
        Some(why) => Err(why),
        None => Ok(federated),
    }
}

impl Federated {
    /// Why nothing is copied under a licence and a preference.
    pub fn against(&self, licence: Licence, preference: &Preference) -> Option<Why> {
        if !self.licences.contains(&licence) {
            return Some(Why::Licence(licence));
        }
        self.uses.iter().find(|category| !preference.permits(**category)).map(|category| Why::Use(*category))
    }
}

#[cfg(test)]
mod tests {
    use super::super::charter::tests::charter;
    use super::*;
    use crate::record::header::tests as headers;

    fn federated(to: Cid, uses: &[Category], kinds: &[&str], classes: &[RiskClass]) -> Charter {
        let mut charter = charter(4, 1, 3);
        let one = Federated {
            community: to,
            licences: [headers::header().licence].into(),
            uses: uses.iter().copied().collect(),
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            classes: classes.iter().copied().collect(),
        };
        charter.customs.federation.insert(to, one);
        charter
    }

    fn header(charter: &Charter, preference: &str) -> Header {
        let preference = Preference::read(preference).unwrap();
        Header { community: charter.community(), preference, ..headers::header() }
    }

    fn shown(kind: &str, classes: &[RiskClass]) -> Shown {
        Shown { kind: kind.to_owned(), classes: classes.iter().copied().collect() }
    }

    #[test]
    fn a_named_community_may_copy_what_its_terms_and_the_preference_allow_and_nothing_else() {
        let (to, stranger) = (Cid::of_cbor(b"to"), Cid::of_cbor(b"stranger"));
        let charter = federated(to, &[Category::TrainAi], &["chat"], &[]);
        let (open, chat) = (header(&charter, "train-ai=y"), shown("chat", &[]));
        assert_eq!(may_copy(&charter, &to, &open, &chat), Ok(()));
        assert_eq!(may_copy(&charter, &stranger, &open, &chat), Err(Why::NotNamed(stranger)));
        assert_eq!(may_copy(&charter, &to, &open, &shown("code", &[])), Err(Why::Kind("code".into())));
        for closed in ["train-ai=n", "search=y"] {
            let closed = header(&charter, closed);
            assert_eq!(may_copy(&charter, &to, &closed, &chat), Err(Why::Use(Category::TrainAi)));
        }
        let other = Licence::ALL.into_iter().find(|licence| *licence != open.licence).unwrap();
        let licensed = Header { licence: other, ..open.clone() };
        assert_eq!(may_copy(&charter, &to, &licensed, &chat), Err(Why::Licence(other)));
        let foreign = Header { community: stranger, ..open };
        assert_eq!(may_copy(&charter, &to, &foreign, &chat), Err(Why::OtherCommunity));
    }

    #[test]
    fn without_uses_and_kinds_the_licence_alone_decides_on_what_is_of_no_high_risk() {
        let to = Cid::of_cbor(b"to");
        let charter = federated(to, &[], &[], &[]);
        assert_eq!(may_copy(&charter, &to, &header(&charter, "train-ai=n"), &shown("code", &[])), Ok(()));
    }

    #[test]
    fn only_the_classes_of_high_risk_that_are_named_are_copied() {
        let to = Cid::of_cbor(b"to");
        let charter = federated(to, &[], &[], &[RiskClass::Medical]);
        let header = header(&charter, "train-ai=y");
        let copied = |classes: &[RiskClass]| may_copy(&charter, &to, &header, &shown("chat", classes));
        assert_eq!(copied(&[RiskClass::Medical]), Ok(()));
        assert_eq!(copied(&[RiskClass::Minors]), Err(Why::Class(RiskClass::Minors)));
        assert_eq!(copied(&[RiskClass::Medical, RiskClass::Location]), Err(Why::Class(RiskClass::Location)));
    }

    #[test]
    fn what_the_header_shows_is_the_reason_before_what_the_body_shows() {
        let to = Cid::of_cbor(b"to");
        let charter = federated(to, &[Category::TrainAi], &["chat"], &[]);
        let closed = header(&charter, "train-ai=n");
        let against = shown("code", &[RiskClass::Minors]);
        assert_eq!(may_copy(&charter, &to, &closed, &against), Err(Why::Use(Category::TrainAi)));
        assert_eq!(may_copy_header(&charter, &to, &closed), Err(Why::Use(Category::TrainAi)));
        assert!(may_copy_header(&charter, &to, &header(&charter, "train-ai=y")).is_ok());
    }
}
