//! What lies where in an export, and the files of it that follow from the others.

use super::Month;
use crate::agreement::Charter;
use crate::agreement::state::StateRoot;
use crate::licence::Licence;
use crate::record::RecordId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the layout and of the rows.
pub const FORMAT: &str = "commonwheel-export/1";

/// The names of the files that every export has.
pub mod names {
    /// The rows, one folder a licence, one file a month.
    pub const DATA: &str = "data";
    /// The founding, the terms, then each record's certificate, as a CARv1 archive.
    pub const CERTIFICATES: &str = "certificates.car";
    /// The founding as DAG-JSON.
    pub const CHARTER: &str = "charter.json";
    /// What the export holds.
    pub const MANIFEST: &str = "manifest.json";
    /// For people.
    pub const README: &str = "README.md";
    /// The hash of every other file, as `sha256sum -c` reads it.
    pub const SUMS: &str = "SHA256SUMS";
    /// The terms that contributors accepted.
    pub const TERMS: &str = "TERMS.md";
}

/// Which rows lie in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Partition {
    /// Their licence.
    pub licence: Licence,
    /// The month of their headers' time.
    pub month: Month,
}

impl Partition {
    /// The file's path inside the export, with `/` between folders.
    pub fn path(&self) -> String {
        format!("{}/licence={}/{}.jsonl", names::DATA, self.licence, self.month)
    }
}

/// What an export holds. The same accepted records give the same manifest on every machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The protocol version of the charter.
    pub protocol: i64,
    /// The community's id.
    pub community: String,
    /// The charter that leads.
    pub charter: String,
    /// The state root of the accepted records under that charter.
    pub state_root: String,
    /// How many records are accepted.
    pub records: usize,
    /// How many of them have a row here.
    pub rows: usize,
    /// The files of rows, by path.
    pub files: Vec<FileRows>,
    /// The ids of accepted records without a row here, because their bodies were not at hand.
    pub incomplete: Vec<String>,
}

/// One file of rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRows {
    /// Its path inside the export.
    pub path: String,
    /// How many rows it has.
    pub rows: usize,
}

impl Manifest {
    /// The manifest of all accepted records, of which some have no row.
    ///
    /// `accepted` and `incomplete` are in ascending order.
    pub fn new(
        charter: &Charter,
        state_root: &StateRoot,
        accepted: &[RecordId],
        rows: &BTreeMap<Partition, usize>,
        incomplete: &[RecordId],
    ) -> Self {
        Manifest {
            format: FORMAT.to_owned(),
            protocol: charter.protocol,
            community: charter.community().to_string(),
            charter: charter.id().to_string(),
            state_root: state_root.to_string(),
            records: accepted.len(),
            rows: rows.values().sum(),
            files: rows.iter().map(|(partition, rows)| FileRows { path: partition.path(), rows: *rows }).collect(),
            incomplete: incomplete.iter().map(RecordId::to_string).collect(),
        }
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("writing JSON to memory cannot fail");
        text.push('\n');
        text
    }

    /// Reads the text of the file; `None` when it is none of this [`FORMAT`].
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|manifest: &Manifest| manifest.format == FORMAT)
    }
}

/// The text of an export's README.
pub fn readme(charter: &Charter, manifest: &Manifest) -> String {
    let name = plain(&charter.name);
    let meaning = charter.quorum.meaning();
    let complete = match manifest.incomplete.len() {
        0 => "Every accepted record has a row.".to_owned(),
        missing => format!("Incomplete: {missing} accepted record(s) have no row here; manifest.json names them."),
    };
    let Manifest { community, state_root, records, rows, .. } = manifest;
    format!(
        "# {name}\n\n\
         A dataset of records that people shared on their own terms and that a community accepted, written by Commonwheel.\n\n\
         | | |\n|---|---|\n\
         | community | `{community}` |\n\
         | state root | `{state_root}` |\n\
         | accepted records | {records} |\n\
         | rows | {rows} |\n\
         | agreement | {meaning} |\n\n\
         {complete}\n\n\
         - `data/licence=<SPDX id>/<month>.jsonl`: one record a line. Each row names its licence and its AI-use preference;\n  \
           both bind whoever uses it.\n\
         - `certificates.car`: for each record, the signatures of the validators that accepted it.\n\
         - `charter.json`, `TERMS.md`: what the community agreed on, and the terms that contributors accepted.\n\
         - `manifest.json`: what is here. `SHA256SUMS`: the hash of every file.\n\n\
         ## Check it\n\n\
         ```\n\
         sha256sum -c SHA256SUMS            the files are as they were written\n\
         commonwheel verify .               each row is as its author signed it and as the community accepted it\n\
         ```\n\n\
         Compare the community and the state root with those that a node of the community shows: two exports with the\n\
         same state root hold the same records.\n"
    )
}

/// A name as one line of Markdown without markup.
fn plain(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for char in name.chars() {
        if char.is_ascii_punctuation() {
            text.push('\\');
        }
        text.push(if char.is_control() { ' ' } else { char });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_in_the_order_of_their_paths() {
        let months = [0, 1_800_000_000, 4_107_542_400].map(|time| Month::of(time).unwrap());
        let mut partitions: Vec<_> =
            Licence::ALL.into_iter().flat_map(|licence| months.map(|month| Partition { licence, month })).collect();
        partitions.sort();
        let paths: Vec<_> = partitions.iter().map(Partition::path).collect();
        assert!(paths.is_sorted(), "{paths:?}");
        assert_eq!(paths[0], "data/licence=Apache-2.0/1970-01.jsonl");
    }

    #[test]
    fn a_name_cannot_bring_markup_into_the_readme() {
        assert_eq!(plain("a\n# <b>[x](y)"), "a \\# \\<b\\>\\[x\\]\\(y\\)");
    }
}
