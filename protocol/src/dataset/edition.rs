//! Editions: what is left of a release, and a name for it.
//!
//! A release never changes; what is erased of it does. Whoever holds a release and knows of the same
//! erasures has the same edition, whatever else they hold and in whatever order it came.

use crate::agreement::state::Standing;
use crate::bytes::{Cid, Node, encode};
use crate::record::RecordId;
use std::collections::{BTreeMap, BTreeSet};

/// Why a record of a release has no row in an edition of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gone {
    /// A newer revision was accepted, and the body erased.
    Superseded,
    /// Its author has taken it back.
    Withdrawn,
    /// A quorum has taken it down.
    TakenDown,
    /// A quorum has taken it down, header and all.
    Purged,
}

impl Gone {
    /// The word in `manifest.json`.
    pub fn name(self) -> &'static str {
        match self {
            Gone::Superseded => "superseded",
            Gone::Withdrawn => "withdrawn",
            Gone::TakenDown => "taken-down",
            Gone::Purged => "purged",
        }
    }

    fn of(standing: Standing) -> Option<Self> {
        match standing {
            Standing::Accepted => None,
            Standing::Superseded => Some(Gone::Superseded),
            Standing::Withdrawn => Some(Gone::Withdrawn),
            Standing::TakenDown => Some(Gone::TakenDown),
        }
    }
}

/// What an edition holds of its release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Records with a row.
    pub rows: BTreeSet<RecordId>,
    /// Records that were erased since.
    pub erased: BTreeMap<RecordId, Gone>,
    /// Records of which nothing is known: no header, and no purge.
    pub unknown: BTreeSet<RecordId>,
}

impl Contents {
    /// What is left of a release, from the standings of its records and of those that revise them, and
    /// from the records that were purged.
    pub fn of(
        release: impl IntoIterator<Item = RecordId>,
        standing: impl Fn(&RecordId) -> Option<Standing>,
        purged: &BTreeSet<RecordId>,
    ) -> Self {
        let mut contents = Contents::default();
        for id in release {
            let gone = match standing(&id) {
                _ if purged.contains(&id) => Some(Gone::Purged),
                Some(standing) => Gone::of(standing),
                None => {
                    contents.unknown.insert(id);
                    continue;
                }
            };
            match gone {
                Some(gone) => drop(contents.erased.insert(id, gone)),
                None => drop(contents.rows.insert(id)),
            }
        }
        contents
    }

    /// How many records went for a reason.
    pub fn count(&self, why: Gone) -> usize {
        self.erased.values().filter(|gone| **gone == why).count()
    }
}

/// The name of an edition: the CID of a block over the release, the erased records, and the SHA-256 of
/// each file of rows by its path. How often a record was erased, and who proves it, has no part in it.
pub fn edition(release: &Cid, contents: &Contents, files: &BTreeMap<String, [u8; 32]>) -> Cid {
    let erased = contents.erased.keys().map(|id| id.0.into()).collect();
    let files = files.iter().map(|(path, hash)| Node::List(vec![Node::text(path), Node::bytes(*hash)])).collect();
    Cid::of_cbor(&encode(&Node::map([
        ("type", Some(Node::text("edition"))),
        ("release", Some((*release).into())),
        ("erased", Some(Node::List(erased))),
        ("files", Some(Node::List(files))),
    ])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::state::{Fact, Facts};
    use crate::sign::PublicKey;
    use proptest::prelude::*;

    fn id(n: u8) -> RecordId {
        RecordId(Cid::of_cbor(&[n]))
    }

    #[test]
    fn a_purge_leaves_no_header_and_needs_none_and_what_is_unknown_is_no_row() {
        let standings = BTreeMap::from([(id(1), Standing::Accepted), (id(2), Standing::Superseded)]);
        let contents = Contents::of((1..=4).map(id), |id| standings.get(id).copied(), &BTreeSet::from([id(3)]));
        assert_eq!(contents.rows, BTreeSet::from([id(1)]));
        assert_eq!(contents.erased, BTreeMap::from([(id(2), Gone::Superseded), (id(3), Gone::Purged)]));
        assert_eq!(contents.unknown, BTreeSet::from([id(4)]));
    }

    #[test]
    fn an_edition_is_another_with_another_erasure_or_other_rows_and_not_for_another_reason() {
        let files = BTreeMap::from([("data/a".to_owned(), [1; 32])]);
        let with = |gone: &[(u8, Gone)]| Contents {
            erased: gone.iter().map(|(n, gone)| (id(*n), *gone)).collect(),
            ..Contents::default()
        };
        let release = Cid::of_cbor(b"release");
        let one = edition(&release, &with(&[(1, Gone::Superseded)]), &files);
        assert_eq!(one, edition(&release, &with(&[(1, Gone::Withdrawn)]), &files));
        assert_ne!(one, edition(&release, &with(&[(2, Gone::Superseded)]), &files));
        assert_ne!(one, edition(&Cid::of_cbor(b"other"), &with(&[(1, Gone::Superseded)]), &files));
        let other = BTreeMap::from([("data/a".to_owned(), [2; 32])]);
        assert_ne!(one, edition(&release, &with(&[(1, Gone::Superseded)]), &other));
    }

    proptest! {
        /// Whatever the order in which records, erasures and rows of the release were learned.
        #[test]
        fn the_same_release_and_erasures_give_the_same_contents_in_any_order(
            (links, shuffled) in prop::collection::vec((0u8..3, prop::option::of(0u8..30)), 1..30)
                .prop_map(|links| links.into_iter().enumerate().map(|(n, link)| (n as u8, link)).collect::<Vec<_>>())
                .prop_flat_map(|links| (Just(links.clone()), Just(links).prop_shuffle())),
            (erased, erased_too) in prop::collection::vec((0u8..30, 0u8..3), 0..6)
                .prop_flat_map(|erased| (Just(erased.clone()), Just(erased).prop_shuffle())),
            released in prop::collection::btree_set(0u8..30, 0..30),
        ) {
            let made = |links: &[(u8, (u8, Option<u8>))], erased: &[(u8, u8)], released: Vec<u8>| {
                let (mut facts, mut purged) = (Facts::default(), BTreeSet::new());
                for (n, (author, link)) in links {
                    let revises = link.filter(|to| to < n).map(id);
                    facts.records.insert(id(*n), Fact { author: PublicKey([*author; 32]), revises });
                }
                for (n, how) in erased {
                    let set = [&mut facts.withdrawn, &mut facts.taken_down, &mut purged];
                    set.into_iter().nth(usize::from(*how)).map(|set| set.insert(id(*n)));
                }
                facts.records.retain(|id, _| !purged.contains(id));
                let contents = Contents::of(released.into_iter().map(id), |id| facts.standings().get(id).copied(), &purged);
                let name = edition(&Cid::of_cbor(b"release"), &contents, &BTreeMap::new());
                (contents, name)
            };
            let (one, name) = made(&links, &erased, released.iter().copied().collect());
            let (two, name_too) = made(&shuffled, &erased_too, released.iter().rev().copied().collect());
            prop_assert_eq!(&one, &two);
            prop_assert_eq!(name, name_too);
            prop_assert_eq!(one.rows.len() + one.erased.len() + one.unknown.len(), released.len());
        }
    }
}
