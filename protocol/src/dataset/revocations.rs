//! Revocations: what earlier exports held and is erased since, and what proves it.
//!
//! Whoever copied a dataset once learns here what to remove from the copy. That a record is erased, why, and by what
//! follows from signed operations; in which releases it was is, but for those whose pages are at hand, only stated.

use super::edition::Gone;
use crate::agreement::state::{Facts, Standing};
use crate::bytes::Cid;
use crate::operation::{Decision, Ruling};
use crate::record::RecordId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Why one record is erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// In a word.
    pub why: Gone,
    /// What shows it: the newest revision, the withdrawn record of its group, or the decision. Of several the lowest.
    pub by: Cid,
    /// The numbers of the releases that held it.
    pub releases: BTreeSet<i64>,
}

/// Every record that is erased, by its id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revocations(BTreeMap<RecordId, Revocation>);

/// A line without releases is shorter: two ids of 59 characters, the longest reason, keys and marks.
const LINE_BYTES: usize = 256;
/// A release's number, with its sign and a comma.
const RELEASE_BYTES: usize = 21;

/// A line of the file, its keys in this order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    why: String,
    by: String,
    releases: Vec<i64>,
}

impl Revocations {
    /// What is erased by these facts, and by those of these decisions that count. In no release yet: see
    /// [`Revocations::hold`].
    pub fn of<'a>(facts: &Facts, decisions: impl IntoIterator<Item = (&'a Cid, &'a Decision)>) -> Self {
        let (mut takedowns, mut revoked) = (BTreeMap::new(), Revocations::default());
        for (id, decision) in decisions {
            match decision.ruling {
                Ruling::Takedown(record) => {
                    let lowest = takedowns.entry(record).or_insert(*id);
                    *lowest = (*lowest).min(*id);
                }
                Ruling::Purge(record) => revoked.add(record, Gone::Purged, *id),
                _ => {}
            }
        }
        for members in facts.each_group() {
            let withdrawn = || members.iter().filter(|id| facts.withdrawn.contains(id)).min().map(|id| id.0);
            let taken_down = || members.iter().filter_map(|id| takedowns.get(id)).min().copied();
            let newest = members.last().map(|id| id.0);
            for (id, standing) in members.iter().zip(facts.standings_of(&members)) {
                let shown = match standing {
                    Standing::Accepted => None,
                    Standing::Superseded => newest.map(|by| (Gone::Superseded, by)),
                    Standing::Withdrawn => withdrawn().map(|by| (Gone::Withdrawn, by)),
                    Standing::TakenDown => taken_down().map(|by| (Gone::TakenDown, by)),
                };
                shown.into_iter().for_each(|(why, by)| revoked.add(*id, why, by));
            }
        }
        revoked
    }

    fn add(&mut self, id: RecordId, why: Gone, by: Cid) {
        let new = || Revocation { why, by, releases: BTreeSet::new() };
        let lowest = self.0.entry(id).or_insert_with(new);
        lowest.by = lowest.by.min(by);
    }

    /// Notes that a release held a record, if it is erased.
    pub fn hold(&mut self, id: &RecordId, release: i64) {
        if let Some(revocation) = self.0.get_mut(id) {
            revocation.releases.insert(release);
        }
    }

    /// Keeps only what is said to be wanted.
    pub fn retain(&mut self, mut wanted: impl FnMut(&RecordId, &Revocation) -> bool) {
        self.0.retain(|id, revocation| wanted(id, revocation));
    }

    /// Each record, in the order of ids, with why it is gone.
    pub fn iter(&self) -> impl Iterator<Item = (&RecordId, &Revocation)> {
        self.0.iter()
    }

    /// Why a record is gone, if it is.
    pub fn get(&self, id: &RecordId) -> Option<&Revocation> {
        self.0.get(id)
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The text of the file: one JSON object a line.
    pub fn to_text(&self) -> String {
        self.0.iter().map(|(id, revocation)| revocation.line(id) + "\n").collect()
    }

    /// In which releases each record of a file's text was, as it states. What of this is no such file says nothing:
    /// nothing is believed of it before [`Revocations::to_text`] gives the same text.
    pub fn stated(text: &str) -> BTreeMap<RecordId, BTreeSet<i64>> {
        text.lines().filter_map(Revocation::stated).collect()
    }
}

impl Revocation {
    /// The line of the file for this record, without its newline.
    pub fn line(&self, id: &RecordId) -> String {
        let line = Line {
            id: id.to_string(),
            why: self.why.name().to_owned(),
            by: self.by.to_string(),
            releases: self.releases.iter().copied().collect(),
        };
        serde_json::to_string(&line).expect("writing JSON to memory cannot fail")
    }

    /// The longest line, in bytes and with its newline, where there are so many releases.
    pub fn longest_line(releases: usize) -> usize {
        LINE_BYTES + RELEASE_BYTES * releases
    }

    /// Of which record a line of the file is, without its newline, and in which releases that was, as it states; `None`
    /// where it is no such line.
    pub fn stated(line: &str) -> Option<(RecordId, BTreeSet<i64>)> {
        let line: Line = serde_json::from_str(line).ok()?;
        Some((RecordId(line.id.parse().ok()?), line.releases.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::state::Fact;
    use crate::operation::decision::{Condition, Reason};
    use crate::record::header::HourTime;
    use crate::sign::PublicKey;

    fn id(n: u8) -> RecordId {
        RecordId(Cid::of_cbor(&[n]))
    }

    fn decision(ruling: Ruling) -> Decision {
        Decision {
            community: id(0).0,
            charter: id(0).0,
            ruling,
            reason: Reason::Consent,
            condition: Condition::Lifted,
            until: None,
            explained: None,
            time: HourTime::hour(1_796_000_400),
        }
    }

    #[test]
    fn each_way_to_go_is_shown_by_its_proof_and_what_is_here_is_not_named() {
        let fact = |author, revises: Option<u8>| Fact { author: PublicKey([author; 32]), revises: revises.map(id) };
        let records = [
            (1, fact(1, None)),
            (2, fact(1, Some(1))),
            (3, fact(3, None)),
            (4, fact(3, Some(3))),
            (5, fact(5, None)),
            (6, fact(6, None)),
        ];
        let facts = Facts {
            records: records.into_iter().map(|(n, fact)| (id(n), fact)).collect(),
            withdrawn: [id(4)].into(),
            taken_down: [id(5)].into(),
            ..Facts::default()
        };
        let [one, two, purge] = [101, 102, 103].map(|n| id(n).0);
        let down = decision(Ruling::Takedown(id(5)));
        let purged = decision(Ruling::Purge(id(9)));
        let decisions = [(&one, &down), (&two, &down), (&purge, &purged)];
        let mut revoked = Revocations::of(&facts, decisions);
        let shown: BTreeMap<_, _> = revoked.iter().map(|(id, one)| (*id, (one.why, one.by))).collect();
        let expected = [
            (id(1), (Gone::Superseded, id(2).0)),
            (id(3), (Gone::Withdrawn, id(4).0)),
            (id(4), (Gone::Withdrawn, id(4).0)),
            (id(5), (Gone::TakenDown, one.min(two))),
            (id(9), (Gone::Purged, purge)),
        ];
        assert_eq!(shown, BTreeMap::from(expected));
        revoked.hold(&id(1), 2);
        revoked.hold(&id(1), 1);
        revoked.hold(&id(6), 1);
        let text = revoked.to_text();
        assert!(text.lines().count() == 5 && text.ends_with('\n'));
        assert!(text.lines().all(|line| line.len() < Revocation::longest_line(0)), "{text}");
        let most = Revocation { releases: (i64::MIN..).take(1000).collect(), ..revoked.get(&id(1)).unwrap().clone() };
        assert!((20_000..Revocation::longest_line(1000)).contains(&most.line(&id(1)).len()));
        let stated = Revocations::stated(&text);
        assert_eq!((stated[&id(1)].clone(), stated.get(&id(6))), (BTreeSet::from([1, 2]), None));
        assert!(text.contains(&format!(
            "{{\"id\":\"{}\",\"why\":\"superseded\",\"by\":\"{}\",\"releases\":[1,2]}}",
            id(1),
            id(2)
        )));
    }
}
