//! Rows under several licences as one work under one.
//!
//! Who mixes rows into one thing, such as the text that a model is trained on or a file that is handed on, makes a work
//! that carries one licence, and must keep what people said of AI use for all of it. A **work** is that: which rows, the
//! licence that Creative Commons' table of what may be remixed leaves, and the most restrictive preference. What may not
//! be mixed becomes a work of its own. A part of a third party binds by its own licence: where that is stricter than the
//! row's it counts, and a row with a part whose licence is not known is in no work.

use super::manifest::{FileRows, Sealed, names};
use super::partition::Partition;
use super::parts::{Bound, binding_in};
use super::row::{WORK_LICENCE, WORK_PREFERENCE};
use crate::licence::{Incompatible, Licence};
use crate::preference::Preference;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What to do where rows cannot become one work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merging {
    /// Nothing is written.
    One,
    /// What cannot be mixed with the others becomes a work of its own; a row that no work can hold is in none.
    Separate,
}

/// Rows that may be mixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// The licence that the whole carries.
    pub licence: Licence,
    /// What may be said of the AI use of the whole; empty where nothing can be said of every row, so that no use is
    /// known to be allowed.
    pub preference: Preference,
    /// How many rows are bound by each licence: their own, or a stricter one of a part of a third party.
    pub of: BTreeMap<Licence, usize>,
    /// How many of them by that of such a part.
    pub parts: usize,
}

/// What a manifest says of a work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergedRows {
    /// The licence of the whole.
    pub licence: String,
    /// The AI-use preference of the whole; empty text where nothing can be said of every row.
    pub preference: String,
    /// How many rows are bound by each licence: their own, or a stricter one of a part of a third party.
    pub of: BTreeMap<String, usize>,
    /// How many of them by that of such a part.
    pub parts: usize,
    /// Its files, by path.
    pub files: Vec<FileRows>,
}

impl Work {
    /// The works that rows become, by their licences: as few as the rules allow. `rows` says how many each file has, by
    /// what binds them.
    pub fn of(rows: &BTreeMap<Partition, Bound>) -> Vec<Work> {
        let mut groups: Vec<BTreeSet<Licence>> = Vec::new();
        for licence in rows.values().flat_map(Bound::keys).flatten().copied().collect::<BTreeSet<_>>() {
            let fits =
                |group: &&mut BTreeSet<Licence>| Licence::of_one_work(group.iter().copied().chain([licence])).is_ok();
            match groups.iter_mut().find(fits) {
                Some(group) => drop(group.insert(licence)),
                None => groups.push(BTreeSet::from([licence])),
            }
        }
        let work = |group: &BTreeSet<Licence>| {
            let (mut of, mut parts, mut said) = (BTreeMap::new(), 0, Vec::new());
            for (partition, bound) in rows {
                let inside = bound.iter().filter_map(|(licence, rows)| Some((licence.as_ref()?, *rows)));
                for (licence, rows) in inside.filter(|(licence, _)| group.contains(licence)) {
                    *of.entry(*licence).or_default() += rows;
                    parts += if *licence == partition.licence { 0 } else { rows };
                    said.push(&partition.preference);
                }
            }
            let licence = Licence::of_one_work(group.iter().copied()).ok().flatten()?;
            Some(Work { licence, preference: Preference::of_all(said).unwrap_or_default(), of, parts })
        };
        let mut works: Vec<_> = groups.iter().filter_map(work).collect();
        works.sort_by_key(|work| work.licence);
        works
    }

    /// Whether any of the rows of a file, which are bound so, is in the work.
    pub fn holds_any(&self, bound: &Bound) -> bool {
        bound.keys().flatten().any(|licence| self.of.contains_key(licence))
    }

    /// Whether a row is in the work, by its one text without a newline, if any of the rows of its file is.
    pub fn holds(&self, row: &str, bound: &Bound) -> bool {
        // Licences that bind rows of one file are those of one work.
        !bound.contains_key(&None) || binding_in(row).is_some()
    }

    /// With which rows of the work those of a file of rows lie: under the work's terms, and of one month; what is kept
    /// apart for evaluation stays apart.
    pub fn place(&self, rows: &Partition) -> Partition {
        Partition { licence: self.licence, preference: self.preference.clone(), ..rows.clone() }
    }

    /// The path of the file for rows of the work that lie together, with `/` between folders. There are no two works of
    /// one licence.
    pub fn path(&self, place: &Partition) -> String {
        format!("{}/{}/{}.jsonl", names::MERGED, self.licence, place.name())
    }

    /// The line of a row in it, from the row's one text, without a newline: the row, with the licence and preference
    /// of the whole before it.
    pub fn line(&self, row: &str) -> String {
        let Work { licence, preference, .. } = self;
        let row = row.trim_start_matches('{');
        format!("{{\"{WORK_LICENCE}\":\"{licence}\",\"{WORK_PREFERENCE}\":\"{preference}\",{row}")
    }

    /// What the manifest says of it, with the rows and the seal of each file.
    pub fn stated(&self, files: &BTreeMap<Partition, (usize, Sealed)>) -> MergedRows {
        let Work { licence, preference, of, parts } = self;
        let file = |(place, (rows, sealed)): (&Partition, &(usize, Sealed))| {
            FileRows::new(self.path(place), place, *rows, sealed)
        };
        MergedRows {
            licence: licence.to_string(),
            preference: preference.to_string(),
            of: of.iter().map(|(licence, rows)| (licence.to_string(), *rows)).collect(),
            parts: *parts,
            files: files.iter().map(file).collect(),
        }
    }
}

impl MergedRows {
    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.of.values().sum()
    }

    /// Of how many rows credit is owed by what binds them: all licences but CC0 ask for it, mixed or not.
    pub fn owing_credit(&self) -> usize {
        self.of.iter().filter(|(licence, _)| *licence != Licence::Cc0.spdx()).map(|(_, rows)| rows).sum()
    }

    /// What it is, in a sentence without an end.
    pub fn said(&self) -> String {
        let parts: Vec<_> = self.of.iter().map(|(licence, rows)| format!("{rows} under {licence}")).collect();
        let mut said = format!("{}: {}; ", self.licence, parts.join(", "));
        if self.parts > 0 {
            let _ = write!(said, "{} of them by parts of third parties; ", self.parts);
        }
        let _ = match self.preference.is_empty() {
            true => write!(said, "for no use is it known that all of it allows it"),
            false => write!(said, "AI use {}", self.preference),
        };
        if self.owing_credit() > 0 {
            let _ = write!(said, "; credit is still owed for {}", self.owing_credit());
        }
        said
    }
}

/// How many of so many rows are in none of these works, since they hold parts of third parties whose licences are not
/// known, or cannot be mixed with the row's.
pub fn unmerged(rows: usize, works: &[MergedRows]) -> usize {
    rows.saturating_sub(works.iter().map(MergedRows::rows).sum())
}

/// Why these works are not one; `None` where they are one, or none.
pub fn apart(works: &[MergedRows]) -> Option<Incompatible> {
    let licences = works.iter().flat_map(|work| work.of.keys()).filter_map(|licence| licence.parse().ok());
    Licence::of_one_work(licences).err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Month, Split};

    fn rows(of: &[(Licence, &str, usize)]) -> BTreeMap<Partition, Bound> {
        let month = Month::of(1_795_356_000).unwrap();
        let partition = |(licence, raw, rows): &(Licence, &str, usize)| {
            let preference = Preference::read(raw).unwrap();
            (
                Partition { licence: *licence, preference, month, split: Split::Main },
                Bound::from([(Some(*licence), *rows)]),
            )
        };
        of.iter().map(partition).collect()
    }

    fn works(of: &[(Licence, &str, usize)]) -> Vec<String> {
        Work::of(&rows(of)).iter().map(|work| work.stated(&BTreeMap::new()).said()).collect()
    }

    #[test]
    fn what_may_be_mixed_is_one_work_under_the_strictest_licence_and_preference() {
        use Licence::{Apache2, Cc0, CcBy4, CcBySa4, Mit};
        assert!(works(&[]).is_empty());
        assert_eq!(works(&[(Cc0, "train-ai=y", 2)]), ["CC0-1.0: 2 under CC0-1.0; AI use train-ai=y"]);
        assert_eq!(
            works(&[
                (Cc0, "search=y, train-ai=y", 2),
                (CcBy4, "train-ai=n;exceptions=cc-cr", 1),
                (Cc0, "train-ai=y", 4)
            ]),
            [
                "CC-BY-4.0: 1 under CC-BY-4.0, 6 under CC0-1.0; AI use train-ai=n;exceptions=cc-cr; credit is still owed for 1"
            ]
        );
        assert_eq!(
            works(&[(Cc0, "search=y", 1), (CcBy4, "train-ai=n;exceptions=cc-cr", 1)]),
            ["CC-BY-4.0: 1 under CC-BY-4.0, 1 under CC0-1.0; AI use train-ai=n; credit is still owed for 1"],
            "credit does not let anybody use what says nothing"
        );
        assert_eq!(
            works(&[(CcBySa4, "search=y", 1), (Cc0, "train-ai=y", 1), (CcBy4, "search=y", 1)]),
            [
                "CC-BY-SA-4.0: 1 under CC-BY-4.0, 1 under CC-BY-SA-4.0, 1 under CC0-1.0; for no use is it known that all of \
              it allows it; credit is still owed for 2"
            ]
        );
        assert_eq!(
            works(&[
                (Mit, "train-ai=y", 1),
                (Apache2, "train-ai=n", 2),
                (Cc0, "train-ai=y", 3),
                (CcBy4, "train-ai=y", 4)
            ]),
            [
                "Apache-2.0: 2 under Apache-2.0; AI use train-ai=n; credit is still owed for 2",
                "CC-BY-4.0: 4 under CC-BY-4.0, 3 under CC0-1.0; AI use train-ai=y; credit is still owed for 4",
                "MIT: 1 under MIT; AI use train-ai=y; credit is still owed for 1",
            ]
        );
    }

    #[test]
    fn a_part_of_a_third_party_binds_the_work_and_what_no_work_can_hold_is_in_none() {
        let mut rows = rows(&[(Licence::Cc0, "train-ai=y", 5), (Licence::CcBy4, "search=y", 1)]);
        let mut bound = Bound::from([(Some(Licence::Cc0), 2), (Some(Licence::CcBySa4), 3), (None, 4)]);
        *rows.values_mut().next_back().unwrap() = bound.clone();
        let works: Vec<_> = Work::of(&rows).iter().map(|work| work.stated(&BTreeMap::new())).collect();
        assert_eq!(
            works.iter().map(MergedRows::said).collect::<Vec<_>>(),
            [
                "CC-BY-SA-4.0: 1 under CC-BY-4.0, 3 under CC-BY-SA-4.0, 2 under CC0-1.0; 3 of them by parts of third parties; \
              for no use is it known that all of it allows it; credit is still owed for 4"
            ]
        );
        assert_eq!(unmerged(10, &works), 4);
        let (work, row) =
            (&Work::of(&rows)[0], r#"{"licence":"CC0-1.0","rights":[{"by":"third-party","licence":"?"}]}"#);
        assert!(work.holds_any(&bound) && !work.holds(row, &bound) && work.holds(r#"{"licence":"CC0-1.0"}"#, &bound));
        bound.retain(|licence, _| licence.is_none());
        assert!(!work.holds_any(&bound));
    }

    #[test]
    fn a_line_names_the_work_before_the_row() {
        let works = Work::of(&rows(&[(Licence::Cc0, "train-ai=y", 1), (Licence::CcBySa4, "search=y", 1)]));
        assert_eq!(
            works[0].line(r#"{"id":"a","community":"b"}"#),
            r#"{"work_licence":"CC-BY-SA-4.0","work_preference":"","id":"a","community":"b"}"#
        );
        let rows = rows(&[(Licence::Cc0, "train-ai=y", 1)]).into_keys().next().unwrap();
        let apart = Partition { split: Split::Evaluation, ..rows.clone() };
        let paths = [&apart, &rows].map(|rows| works[0].path(&works[0].place(rows)));
        assert_eq!(paths, ["merged/CC-BY-SA-4.0/2026-11-evaluation.jsonl", "merged/CC-BY-SA-4.0/2026-11.jsonl"]);
        assert!(works[0].place(&apart) < works[0].place(&rows));
    }

    #[test]
    fn why_works_are_apart_is_said() {
        let stated =
            |of: &[_]| -> Vec<_> { Work::of(&rows(of)).iter().map(|work| work.stated(&BTreeMap::new())).collect() };
        assert_eq!(apart(&stated(&[(Licence::Cc0, "train-ai=y", 1), (Licence::CcBy4, "train-ai=y", 1)])), None);
        let two = stated(&[(Licence::Cc0, "train-ai=y", 1), (Licence::Mit, "train-ai=y", 1)]);
        assert_eq!(apart(&two), Some(Incompatible(Licence::Mit)));
    }
}
