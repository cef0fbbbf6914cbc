//! Columns that say how good a row is: whether there are others like it, who looked at it, how long it is.
//!
//! What of it depends on the rest of the export stands beside the rows and not in them, so that a row stays a function of
//! its record alone: in a view of its own, and in files of columns. docs/DATASET.md, *Quality*, says the same for others.

mod columns;
mod language;
mod measures;
#[cfg(test)]
mod tests;

use super::partition::Partition;
use super::row::Row;
use super::views::cells::json;
use crate::agreement::Charter;
use crate::bytes::Cid;
use crate::record::RecordId;
use crate::similar::{Clusters, Gathered, Place, Sketch};
pub use columns::QUALITY_COLUMNS;
use measures::Measures;
use serde::Serialize;
use std::collections::BTreeMap;

/// Rows that come one by one, with what must be kept of each until all are there: about 260 bytes, and no text.
#[derive(Clone, Debug, Default)]
pub struct Quality {
    gathered: Gathered,
    /// By place.
    measures: Vec<(Measures, u16)>,
    /// The rows of each file, in order.
    files: BTreeMap<Partition, Vec<Place>>,
    /// The charters that rows name.
    charters: Vec<Cid>,
    /// How many rows are about a record.
    notes: BTreeMap<RecordId, u32>,
}

/// What is known of rows from beside them.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// The charters that rows name, and perhaps others.
    pub path: &'a [Charter],
    /// How many flags lie beside the rows, for each record that has any.
    pub flags: &'a BTreeMap<RecordId, u32>,
}

/// The columns of one row, in the order in which they are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QualityRow {
    /// The record's id.
    pub id: String,
    /// As in the row.
    pub licence: String,
    /// As in the row.
    pub preference: String,
    /// The lowest id of the rows that say exactly the same.
    pub duplicate_cluster: String,
    /// How many they are, this one included.
    pub duplicate_cluster_size: u32,
    /// The lowest id of the rows that say nearly the same, by chains of likeness.
    pub near_duplicate_cluster: String,
    /// How many they are, this one included.
    pub near_duplicate_cluster_size: u32,
    /// How many people asked a person to look at it; 0 too where an export holds no flags.
    pub flags: u32,
    /// How many rows of kind note or petition are about it.
    pub notes: u32,
    /// How many validators' acceptances its certificate holds: the charter's quorum.
    pub accepted_by: u32,
    /// Of how many.
    pub validators: u32,
    /// Whether the record shows that people looked at it: its author declared false alarms of the redaction, and no
    /// validator accepts such a record unseen. Others may have been looked at, too.
    pub reviewed: bool,
    /// How long its texts are, in Unicode scalar values.
    pub characters: u32,
    /// In words.
    pub words: u32,
    /// How many messages it has.
    pub messages: u32,
    /// The language that its texts seem to be in, as a primary subtag of BCP 47; empty where none is told.
    pub detected_language: String,
    /// How sure that is, in percent.
    pub language_confidence: u32,
    /// Whether a part of it is declared to be the contributor's own work.
    pub rights_own: bool,
    /// Whether a part is declared to be a model's output.
    pub rights_model: bool,
    /// Whether a part is declared to be a third party's.
    pub rights_third_party: bool,
}

impl Quality {
    /// Takes one row more, each once; whether there was room, which there is for more than four thousand million. The
    /// rows of one partition must come in their order.
    pub fn add(&mut self, row: &Row, partition: &Partition) -> bool {
        // What is no body of a kind that is known here is like no other.
        let sketch = Sketch::of(&row.body_bytes()).ok().flatten();
        let Some(place) = self.gathered.add(row.id(), sketch.as_ref()) else { return false };
        let charter = row.charter();
        let charter = self.charters.iter().position(|one| *one == charter).unwrap_or_else(|| {
            self.charters.push(charter);
            self.charters.len() - 1
        });
        self.measures.push((Measures::of(row), u16::try_from(charter).unwrap_or(u16::MAX)));
        if let Some(about) = measures::about(row).and_then(|about| about.parse().ok()) {
            *self.notes.entry(about).or_default() += 1;
        }
        match self.files.get_mut(partition) {
            Some(rows) => rows.push(place),
            None => drop(self.files.insert(partition.clone(), vec![place])),
        }
        true
    }

    /// Finds the clusters; then the columns of every row can be had, file by file.
    pub fn finish(self, beside: Beside<'_>) -> Finished<'_> {
        let quorum = |id: &Cid| beside.path.iter().find(|charter| charter.id() == *id).map(|charter| charter.quorum);
        let quorums = self.charters.iter().map(quorum);
        // Both are at most as many as a charter may name.
        let quorums = quorums.map(|quorum| quorum.map_or((0, 0), |quorum| (quorum.q() as u32, quorum.n() as u32)));
        Finished {
            clusters: self.gathered.sorted(),
            measures: self.measures,
            files: self.files,
            quorums: quorums.collect(),
            notes: self.notes,
            flags: beside.flags,
        }
    }
}

/// The columns of all rows.
#[derive(Debug)]
pub struct Finished<'a> {
    clusters: Clusters,
    measures: Vec<(Measures, u16)>,
    files: BTreeMap<Partition, Vec<Place>>,
    quorums: Vec<(u32, u32)>,
    notes: BTreeMap<RecordId, u32>,
    flags: &'a BTreeMap<RecordId, u32>,
}

impl Finished<'_> {
    /// The partitions that have rows, in order.
    pub fn partitions(&self) -> impl Iterator<Item = &Partition> {
        self.files.keys()
    }

    /// The columns of the rows of a partition, in the order of the rows.
    pub fn rows<'a>(&'a self, partition: &'a Partition) -> impl Iterator<Item = QualityRow> + 'a {
        let (licence, preference) = (partition.licence.to_string(), partition.preference.to_string());
        let places = self.files.get(partition).into_iter().flatten();
        places.map(move |place| self.row(&licence, &preference, *place))
    }

    /// The lines of the rows of a partition, each with its newline.
    pub fn lines<'a>(&'a self, partition: &'a Partition) -> impl Iterator<Item = String> + 'a {
        self.rows(partition).map(|row| json(&row))
    }

    fn row(&self, licence: &str, preference: &str, place: Place) -> QualityRow {
        let (record, cluster) = (self.clusters.record(place), self.clusters.of(place));
        let (measures, charter) = &self.measures[place as usize];
        let (accepted_by, validators) = self.quorums.get(usize::from(*charter)).copied().unwrap_or_default();
        let id = record.to_string();
        // Most rows are like no other.
        let named = |other: RecordId| if other == record { id.clone() } else { other.to_string() };
        QualityRow {
            licence: licence.to_owned(),
            preference: preference.to_owned(),
            duplicate_cluster: named(cluster.same),
            duplicate_cluster_size: cluster.same_size,
            near_duplicate_cluster: named(cluster.near),
            near_duplicate_cluster_size: cluster.near_size,
            flags: self.flags.get(&record).copied().unwrap_or_default(),
            notes: self.notes.get(&record).copied().unwrap_or_default(),
            accepted_by,
            validators,
            reviewed: measures.reviewed,
            characters: measures.characters,
            words: measures.words,
            messages: measures.messages.into(),
            detected_language: measures.language.tag().to_owned(),
            language_confidence: measures.language.confidence.into(),
            rights_own: measures.own(),
            rights_model: measures.model(),
            rights_third_party: measures.third_party(),
            id,
        }
    }
}
