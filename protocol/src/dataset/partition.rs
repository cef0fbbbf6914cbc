//! Which rows lie together in one file.

use super::Month;
use super::manifest::names;
use super::row::{Row, RowError};
use super::split::Split;
use crate::bytes::Node;
use crate::licence::Licence;
use crate::preference::Preference;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Which rows lie in one file: those of one licence, one preference and one month, in this order of folders, so that a
/// loader takes what its use allows by the path alone; what is kept apart for evaluation beside the rest of its month. The
/// order is that of the paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Their licence.
    pub licence: Licence,
    /// Their AI-use preference.
    pub preference: Preference,
    /// The month of their headers' time.
    pub month: Month,
    /// Whether they are kept apart for evaluation.
    pub split: Split,
}

/// What the names of files of rows that are kept apart have after the month.
const APART: &str = "-evaluation";

impl Partition {
    /// Whether the file of this path is one of rows that are kept apart, going by its name.
    pub fn is_apart(path: &str) -> bool {
        path.strip_suffix(".jsonl").is_some_and(|path| path.ends_with(APART))
    }

    /// The file's path inside the export, with `/` between folders.
    pub fn path(&self) -> String {
        format!("{}/{}.jsonl", names::DATA, self.place())
    }

    /// The path of a file of these rows inside its folder, without what its name ends in.
    pub fn place(&self) -> String {
        format!("licence={}/preference={}/{}", self.licence, self.preference.slug(), self.name())
    }

    /// The name of such a file in its innermost folder, without what it ends in.
    pub fn name(&self) -> String {
        let apart = match self.split {
            Split::Main => "",
            Split::Evaluation => APART,
        };
        format!("{}{apart}", self.month)
    }
}

/// The partitions of rows that come one by one: what is said in many of them is read once.
#[derive(Debug, Default)]
pub struct Partitions {
    /// Preferences by their text.
    known: BTreeMap<String, Preference>,
}

/// How many preferences are remembered. Most communities know a handful.
const KNOWN: usize = 256;

impl Partitions {
    /// In which file of a dataset a row belongs, unless it is kept apart for evaluation.
    ///
    /// # Errors
    /// When the licence, the preference or the time is none that a header can have.
    pub fn of(&mut self, row: &Row) -> Result<Partition, RowError> {
        let text = |field| match row.field(field) {
            Some(Node::Text(text)) => Ok(text.as_str()),
            _ => Err(RowError::Column(field)),
        };
        let licence = text("licence")?.parse().map_err(|_| RowError::Column("licence"))?;
        let said = text("preference")?;
        let preference = match self.known.get(said) {
            Some(preference) => preference.clone(),
            None => {
                let preference: Preference = said.parse().map_err(|_| RowError::Column("preference"))?;
                if self.known.len() == KNOWN {
                    self.known.clear();
                }
                self.known.insert(said.to_owned(), preference.clone());
                preference
            }
        };
        let month = match row.field("time") {
            Some(Node::Int(time)) => Month::of(*time),
            _ => None,
        };
        Ok(Partition { licence, preference, month: month.ok_or(RowError::Time)?, split: Split::Main })
    }
}

impl Ord for Partition {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_preference = || self.preference.by_slug(&other.preference);
        // `-` stands before `.` in paths.
        let by_split = || other.split.cmp(&self.split);
        let by_month = || self.month.cmp(&other.month).then_with(by_split);
        self.licence.cmp(&other.licence).then_with(by_preference).then_with(by_month)
    }
}

impl PartialOrd for Partition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_in_the_order_of_their_paths() {
        let months = [0, 1_800_000_000, 4_107_542_400].map(|time| Month::of(time).unwrap());
        let said = ["evaluate=y", "evaluate=y, search=n", "train-ai=n", "train-ai=n;exceptions=cc-cr", "search=y"];
        let said = said.map(|raw| Preference::read(raw).unwrap());
        let mut partitions = Vec::new();
        for licence in Licence::ALL {
            for preference in &said {
                for split in [Split::Main, Split::Evaluation] {
                    let of = |month| Partition { licence, preference: preference.clone(), month, split };
                    partitions.extend(months.map(of));
                }
            }
        }
        partitions.sort();
        let paths: Vec<_> = partitions.iter().map(Partition::path).collect();
        assert!(paths.is_sorted(), "{paths:?}");
        assert_eq!(paths[0], "data/licence=Apache-2.0/preference=evaluate-y.search-n/1970-01-evaluation.jsonl");
        assert_eq!(paths[1], "data/licence=Apache-2.0/preference=evaluate-y.search-n/1970-01.jsonl");
        assert!(Partition::is_apart(&paths[0]) && !Partition::is_apart(&paths[1]));
    }
}
