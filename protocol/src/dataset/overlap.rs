//! What an export says of the benchmarks with which none of its rows overlap.

use crate::bytes::Cid;
use crate::record::RecordId;
use crate::record::body::every_text;
use crate::similar::{Benchmarks, LEAST_WORDS, RUNS};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The benchmarks that rows were compared with, by which rule, and how many records have no row for that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlap {
    /// How many words in a row are an overlap.
    pub words: usize,
    /// The fewest words of a shorter text that is compared as a whole.
    pub least: usize,
    /// The files, by name.
    pub files: Vec<BenchmarkFile>,
    /// How many records that would have a row have none, since they overlap.
    pub left_out: usize,
}

/// A file of a benchmark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BenchmarkFile {
    /// Its name, without folders.
    pub name: String,
    /// The SHA-256 of it, in hexadecimal.
    pub sha256: String,
    /// How many items it has.
    pub items: usize,
    /// How many of them have a text that is long enough to be compared.
    pub compared: usize,
    /// How many could not be read, and were not compared.
    pub unread: usize,
}

/// A record that was left out, as a line of `contaminated.jsonl` shows it: keys in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contaminated {
    /// The record's id.
    pub id: String,
    /// The first item of each file with which it overlaps, in the order of the files.
    pub overlaps: Vec<SharedItem>,
}

/// An item of a benchmark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedItem {
    /// The name of its file.
    pub file: String,
    /// Its number in it, from 1.
    pub item: u32,
}

impl Overlap {
    /// Of these files, in the order of their names, when nothing is left out yet.
    pub fn new(words: usize, files: Vec<BenchmarkFile>) -> Self {
        Overlap { words, least: LEAST_WORDS, files, left_out: 0 }
    }

    /// Whether it could be what an export says: a rule that is known, and files that have names, each once, in order,
    /// and each at least one item that is compared, among as many as it has.
    pub fn is_sound(&self) -> bool {
        let compared = |file: &BenchmarkFile| {
            file.compared >= 1 && file.compared.checked_add(file.unread).is_some_and(|both| both <= file.items)
        };
        let hash = |text: &str| text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        RUNS.contains(&self.words)
            && self.least == LEAST_WORDS
            && !self.files.is_empty()
            && self.files.is_sorted_by(|a, b| a.name < b.name)
            && self.files.iter().all(|file| !file.name.is_empty() && !file.name.contains('/') && hash(&file.sha256))
            && self.files.iter().all(compared)
    }

    /// The line of a record, with what [`overlaps`] found of it.
    pub fn line(&self, id: &RecordId, found: &BTreeMap<u16, u32>) -> Contaminated {
        let shared = found.iter().filter_map(|(file, item)| {
            let name = self.files.get(usize::from(*file))?.name.clone();
            Some(SharedItem { file: name, item: *item })
        });
        Contaminated { id: id.to_string(), overlaps: shared.collect() }
    }

    /// What a line says was found of its record, as [`overlaps`] gives it; items of other files are passed over.
    pub fn found(&self, line: &Contaminated) -> BTreeMap<u16, u32> {
        let place = |shared: &SharedItem| {
            let at = self.files.binary_search_by(|file| file.name.cmp(&shared.file)).ok()?;
            Some((u16::try_from(at).ok()?, shared.item))
        };
        line.overlaps.iter().filter_map(place).collect()
    }
}

impl Contaminated {
    /// Its text, with the newline.
    pub fn to_line(&self) -> String {
        super::views::cells::json(self)
    }

    /// Reads one line, without its newline: only the one text that it has, and only items of these files, in order,
    /// each file once.
    pub fn read(line: &str, overlap: &Overlap) -> Option<(RecordId, Self)> {
        let read: Contaminated = serde_json::from_str(line).ok()?;
        let id = RecordId(read.id.parse::<Cid>().ok()?);
        let place = |shared: &SharedItem| {
            let at = overlap.files.binary_search_by(|file| file.name.cmp(&shared.file)).ok()?;
            (shared.item >= 1).then_some(at)
        };
        let places: Option<Vec<_>> = read.overlaps.iter().map(place).collect();
        let sound = places.is_some_and(|places| !places.is_empty() && places.is_sorted_by(|a, b| a < b));
        (sound && read.to_line().strip_suffix('\n') == Some(line)).then_some((id, read))
    }
}

/// With which items a body overlaps: of each file, by its place, the first. Every text in it counts, names of entries
/// included. Bytes that are no body overlap with nothing.
pub fn overlaps(body: &[u8], benchmarks: &Benchmarks) -> BTreeMap<u16, u32> {
    let mut found = BTreeMap::new();
    // A body that is kept is canonical.
    let _ = every_text(body, &mut |text| benchmarks.look(text, &mut found));
    found
}
