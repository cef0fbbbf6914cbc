//! A community to which everything has happened that an export must tell of, for the tests of export and
//! verify.

use super::fixture::{Certified, Commons, store_of, validator};
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::agreement::charter::Quorum;
use commonwheel_protocol::agreement::succession::Succession;
use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::operation::decision::{Condition, Reason, Scope};
use commonwheel_protocol::operation::release::{self, ReleaseRow};
use commonwheel_protocol::operation::{Decision, Matter, Motion, Release, Resolution, Ruling, Withdrawal};
use commonwheel_protocol::record::SignedHeader;
use commonwheel_protocol::record::header::HourTime;
use commonwheel_storage::MemoryStore;
use std::collections::BTreeMap;

pub const LATER_TERMS: &str = "Be kinder.\n";

type Block = (Cid, Vec<u8>);

/// Two charters, two releases, and each way in which a record can go.
pub struct Events {
    pub commons: Commons,
    /// The second charter.
    pub successor: Charter,
    /// The matters of both releases.
    pub releases: [Cid; 2],
    /// Everything that a replica holds, without the bodies that it has erased.
    pub blocks: Vec<Block>,
    /// Superseded under the first charter: in the first release alone.
    pub revised: Certified,
    /// What supersedes it: in the second release alone.
    pub revision: Certified,
    /// Taken down between the releases.
    pub taken: Certified,
    /// In both releases, and withdrawn, taken down and purged after them.
    pub gone: [Certified; 3],
    /// Accepted under the second charter, the second for the first.
    pub late: [Certified; 2],
    /// In both releases, and still here.
    pub kept: Vec<Certified>,
    /// About another record: in both releases, and not exported.
    pub note: Certified,
    /// Accepted under the first charter and in no release.
    pub lapsed: Certified,
    /// A decision that erases nothing.
    pub embargo: Block,
}

impl Events {
    pub fn new() -> Self {
        Events::of(Commons::named("eventful"), |_| {})
    }

    /// All of it in this community, whose second charter is changed.
    pub fn of(commons: Commons, change: impl Fn(&mut Charter)) -> Self {
        let first = commons.founding.charter().clone();
        let mut kept = commons.records();
        let revised = commons.example(20, 20, None, &first);
        let revision = commons.example(21, 20, Some(&revised), &first);
        let taken = commons.example(22, 22, None, &first);
        let gone = [23, 24, 25].map(|n| commons.example(n, n, None, &first));
        kept.push(commons.example(26, 26, None, &first));
        let note = commons.note(28, &kept[0], &first);
        let lapsed = commons.example(27, 27, None, &first);

        let in_both = || kept.iter().chain(&gone).chain([&note]);
        let (one, mut pages) = cut(&first, None, in_both().chain([&revised, &taken]));
        let takedown = decide(&first, Ruling::Takedown(taken.id()));
        let (two, more) = cut(&first, Some(&one), in_both().chain([&revision]));
        pages.extend(more);
        let later_takedown = decide(&first, Ruling::Takedown(gone[1].id()));
        let closing = [&two, &takedown, &later_takedown].map(Matter::id).into_iter().collect();
        let community = commons.founding.community();
        let mut successor = Charter {
            validators: commons.seeds.iter().map(validator).collect(),
            quorum: Quorum::new(5, 1, 4).unwrap(),
            terms: Cid::of(Codec::Raw, LATER_TERMS.as_bytes()),
            succeeds: Some(Succession { community, predecessor: first.id(), round: 2, closing }),
            ..first.clone()
        };
        change(&mut successor);
        let purge = decide(&successor, Ruling::Purge(gone[2].id()));
        let embargo = decide(&successor, Ruling::Embargo(Scope::default()));
        let late_one = commons.example(30, 30, None, &successor);
        let late = [commons.example(31, 30, Some(&late_one), &successor), late_one];

        let succession = resolve(&commons, &Matter::Successor(Box::new(successor.clone())), &first);
        let embargo = resolve(&commons, &embargo, &successor);
        let mut blocks = vec![
            (commons.founding.cid(), commons.founding.bytes().to_vec()),
            (successor.terms, LATER_TERMS.as_bytes().to_vec()),
            succession,
            embargo.clone(),
            resolve(&commons, &purge, &successor),
        ];
        blocks.extend([&one, &two, &takedown, &later_takedown].map(|matter| resolve(&commons, matter, &first)));
        blocks.extend(pages);
        blocks.push(withdraw(&gone[0].header, 23));
        let here = kept.iter().chain([&revision, &late[0], &lapsed, &note]);
        blocks.extend(here.flat_map(Certified::blocks));
        let bodiless = [&revised, &taken, &gone[0], &gone[1], &late[1]];
        blocks.extend(bodiless.into_iter().flat_map(|one| one.blocks().into_iter().take(2)));
        let releases = [one.id(), two.id()];
        Events {
            commons,
            successor,
            releases,
            blocks,
            revised,
            revision,
            taken,
            gone,
            late,
            kept,
            note,
            lapsed,
            embargo,
        }
    }

    /// A replica that learned everything in this order.
    pub fn store(&self) -> MemoryStore {
        store_of(&self.blocks)
    }

    /// One that learned it the other way round.
    pub fn other_store(&self) -> MemoryStore {
        store_of(self.blocks.iter().rev())
    }

    /// A replica that holds more.
    pub fn store_with(&self, more: &[Block]) -> MemoryStore {
        store_of(self.blocks.iter().chain(more))
    }
}

/// A release under a charter, with its pages.
fn cut<'a>(
    charter: &Charter,
    previous: Option<&Matter>,
    records: impl Iterator<Item = &'a Certified>,
) -> (Matter, Vec<Block>) {
    let row = |one: &Certified| ReleaseRow {
        record: one.id(),
        licence: one.header.header().licence,
        preference: one.header.header().preference.clone(),
    };
    let mut rows: Vec<_> = records.map(row).collect();
    rows.sort();
    let pages = release::pages(&rows);
    let release = Release {
        community: charter.community(),
        charter: charter.id(),
        number: if previous.is_some() { 2 } else { 1 },
        previous: previous.map(Matter::id),
        time: HourTime::hour(1_796_000_400),
        count: rows.len() as i64,
        root: release::root(&rows),
        pages: pages.iter().map(|(cid, _)| *cid).collect(),
    };
    (Matter::Release(release), pages)
}

/// A decision under a charter.
pub fn decide(charter: &Charter, ruling: Ruling) -> Matter {
    Matter::Decision(Decision {
        community: charter.community(),
        charter: charter.id(),
        ruling,
        reason: Reason::Consent,
        condition: Condition::Lifted,
        until: Some(HourTime::hour(1_900_000_800)),
        explained: None,
        time: HourTime::hour(1_796_000_400),
    })
}

/// A matter with the voices of everybody who has one.
pub fn resolve(commons: &Commons, matter: &Matter, charter: &Charter) -> Block {
    let voices: BTreeMap<_, _> = commons
        .seeds
        .iter()
        .map(|seed| seed.validator())
        .map(|key| {
            let motion = Motion::sign(matter.clone(), &key);
            (motion.signer, motion.signature)
        })
        .collect();
    let resolution = Resolution::form(matter, &voices, charter).unwrap();
    (resolution.cid(), resolution.bytes().to_vec())
}

/// The withdrawal of a record by the author `who`.
pub fn withdraw(header: &SignedHeader, who: u8) -> Block {
    let key = super::fixture::author(who).pseudonym(&header.header().community);
    let bytes = Withdrawal::sign(header, HourTime::hour(1_796_000_400), &key);
    (Cid::of_cbor(&bytes), bytes)
}
