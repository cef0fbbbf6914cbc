//! What another community may copy, by the charter of the one that holds it.

use super::charter::Charter;
use crate::bytes::Cid;
use crate::licence::Licence;
use crate::preference::Category;
use crate::record::Header;

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
    #[error("records of the kind {0} may not be copied there")]
    Kind(String),
}

/// Whether `to` may copy an accepted record with this header, of this kind, under `charter`, which is that of the
/// record's own community. What is not said is not allowed: a preference that leaves a use open does not allow it.
///
/// # Errors
/// The first reason against it.
pub fn may_copy(charter: &Charter, to: &Cid, header: &Header, kind: &str) -> Result<(), Why> {
    if header.community != charter.community() {
        return Err(Why::OtherCommunity);
    }
    let Some(federated) = charter.customs.federation.get(to) else { return Err(Why::NotNamed(*to)) };
    if !federated.licences.contains(&header.licence) {
        return Err(Why::Licence(header.licence));
    }
    if let Some(category) = federated.uses.iter().find(|category| !header.preference.permits(**category)) {
        return Err(Why::Use(*category));
    }
    match federated.kinds.is_empty() || federated.kinds.contains(kind) {
        true => Ok(()),
        false => Err(Why::Kind(kind.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::charter::tests::charter;
    use super::super::customs::Federated;
    use super::*;
    use crate::preference::Preference;
    use crate::record::header::tests as headers;

    fn federated(to: Cid, uses: &[Category], kinds: &[&str]) -> Charter {
        let mut charter = charter(4, 1, 3);
        let one = Federated {
            community: to,
            licences: [headers::header().licence].into(),
            uses: uses.iter().copied().collect(),
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        };
        charter.customs.federation.insert(to, one);
        charter
    }

    fn header(charter: &Charter, preference: &str) -> Header {
        let preference = Preference::read(preference).unwrap();
        Header { community: charter.community(), preference, ..headers::header() }
    }

    #[test]
    fn a_named_community_may_copy_what_its_terms_and_the_preference_allow_and_nothing_else() {
        let (to, stranger) = (Cid::of_cbor(b"to"), Cid::of_cbor(b"stranger"));
        let charter = federated(to, &[Category::TrainAi], &["chat"]);
        let open = header(&charter, "train-ai=y");
        assert_eq!(may_copy(&charter, &to, &open, "chat"), Ok(()));
        assert_eq!(may_copy(&charter, &stranger, &open, "chat"), Err(Why::NotNamed(stranger)));
        assert_eq!(may_copy(&charter, &to, &open, "code"), Err(Why::Kind("code".into())));
        for closed in ["train-ai=n", "search=y"] {
            let closed = header(&charter, closed);
            assert_eq!(may_copy(&charter, &to, &closed, "chat"), Err(Why::Use(Category::TrainAi)));
        }
        let other = Licence::ALL.into_iter().find(|licence| *licence != open.licence).unwrap();
        let licensed = Header { licence: other, ..open.clone() };
        assert_eq!(may_copy(&charter, &to, &licensed, "chat"), Err(Why::Licence(other)));
        let foreign = Header { community: stranger, ..open };
        assert_eq!(may_copy(&charter, &to, &foreign, "chat"), Err(Why::OtherCommunity));
    }

    #[test]
    fn without_uses_and_kinds_the_licence_alone_decides() {
        let to = Cid::of_cbor(b"to");
        let charter = federated(to, &[], &[]);
        assert_eq!(may_copy(&charter, &to, &header(&charter, "train-ai=n"), "code"), Ok(()));
    }
}
