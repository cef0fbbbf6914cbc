//! Which of many records are like one: sketches, found by bands of their marks.

use super::sketch::{ContentHash, MARKS, Sketch};
use crate::bytes::Cid;
use crate::limits::SIMILAR_RECORDS;
use crate::record::RecordId;
use std::collections::{BTreeMap, BTreeSet};

/// From how many percent on two records are near-duplicates.
pub const NEAR: u8 = 60;
/// Bands by which a sketch is found, and marks in each. Two records that are alike to 70 % share at least one in 99
/// of 100 cases, to 60 % in 89, to 20 % in 3.
pub(super) const BANDS: usize = 16;
const ROWS: usize = 4;
/// Records looked at in one band: common phrases may put very many in one.
const LOOKED_AT: usize = 64;
/// Records named at most.
const MATCHES: usize = 16;

const _: () = assert!(BANDS * ROWS <= MARKS, "bands are made of marks");
const _: () = assert!(ROWS == 4, "a band's marks are a number of 32 bits");

/// A record that is like another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Which.
    pub record: RecordId,
    /// How much, in percent.
    pub similarity: u8,
    /// Whether nothing but the salt differs.
    pub exact: bool,
}

/// Where a sketch lies in `places`: at most [`SIMILAR_RECORDS`].
type Place = u32;

struct Kept {
    record: RecordId,
    body: u64,
    sketch: Sketch,
}

/// Sketches of many records, in memory. Of a record that is removed nothing is left.
#[derive(Default)]
pub struct Similar {
    places: Vec<Option<Kept>>,
    free: Vec<Place>,
    by_record: BTreeMap<RecordId, Place>,
    /// By the first bytes of the body's id: two records may have one body.
    by_body: BTreeSet<(u64, Place)>,
    by_content: BTreeSet<(ContentHash, Place)>,
    by_band: [BTreeSet<(u32, Place)>; BANDS],
}

impl Similar {
    /// Keeps a record's sketch; whether there was room, and it was new.
    pub fn insert(&mut self, record: RecordId, body: &Cid, sketch: Sketch) -> bool {
        if self.by_record.len() >= SIMILAR_RECORDS || self.by_record.contains_key(&record) {
            return false;
        }
        let body = start_of(body);
        // Below SIMILAR_RECORDS, which is a place.
        let place = self.free.pop().unwrap_or(self.places.len() as Place);
        self.by_record.insert(record, place);
        self.by_body.insert((body, place));
        self.by_content.insert((sketch.content, place));
        for (by_band, band) in self.by_band.iter_mut().zip(bands_of(&sketch)) {
            by_band.insert((band, place));
        }
        let kept = Some(Kept { record, body, sketch });
        match self.places.get_mut(place as usize) {
            Some(free) => *free = kept,
            None => self.places.push(kept),
        }
        true
    }

    /// Forgets a record.
    pub fn remove(&mut self, record: &RecordId) {
        let Some(place) = self.by_record.remove(record) else { return };
        let Some(kept) = self.places.get_mut(place as usize).and_then(Option::take) else { return };
        self.by_body.remove(&(kept.body, place));
        self.by_content.remove(&(kept.sketch.content, place));
        for (by_band, band) in self.by_band.iter_mut().zip(bands_of(&kept.sketch)) {
            by_band.remove(&(band, place));
        }
        self.free.push(place);
    }

    /// Forgets every record of a body that is erased.
    pub fn remove_body(&mut self, body: &Cid) {
        let body = start_of(body);
        let places: Vec<_> = self.by_body.range((body, 0)..=(body, Place::MAX)).map(|(_, place)| *place).collect();
        let records: Vec<_> = places.iter().filter_map(|place| self.kept(*place)).map(|kept| kept.record).collect();
        records.iter().for_each(|record| self.remove(record));
    }

    /// The records that are like a sketch, the most similar first; exact duplicates before all. At most 16.
    pub fn look(&self, sketch: &Sketch) -> Vec<Match> {
        let mut found = BTreeSet::new();
        let same = (sketch.content, 0)..=(sketch.content, Place::MAX);
        found.extend(self.by_content.range(same).take(LOOKED_AT).map(|(_, place)| *place));
        for (by_band, band) in self.by_band.iter().zip(bands_of(sketch)) {
            found.extend(by_band.range((band, 0)..=(band, Place::MAX)).take(LOOKED_AT).map(|(_, place)| *place));
        }
        let seen = found.into_iter().filter_map(|place| self.kept(place)).map(|kept| Match {
            record: kept.record,
            similarity: kept.sketch.similarity(sketch),
            exact: kept.sketch.content == sketch.content,
        });
        let mut matches: Vec<_> = seen.filter(|found| found.exact || found.similarity >= NEAR).collect();
        matches.sort_by_key(|found| (!found.exact, u8::MAX - found.similarity, found.record));
        matches.truncate(MATCHES);
        matches
    }

    /// The sketch of a record, if it is kept.
    pub fn sketch(&self, record: &RecordId) -> Option<&Sketch> {
        self.by_record.get(record).and_then(|place| self.kept(*place)).map(|kept| &kept.sketch)
    }

    /// How many records are kept.
    pub fn len(&self) -> usize {
        self.by_record.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.by_record.is_empty()
    }

    /// Whether there is as much in here as in another, counted everywhere.
    #[cfg(test)]
    pub(super) fn holds_as_much_as(&self, other: &Similar) -> bool {
        let counts = |it: &Similar| {
            let bands = it.by_band.iter().map(BTreeSet::len).sum::<usize>();
            let places = it.places.iter().flatten().count();
            [places, it.by_record.len(), it.by_body.len(), it.by_content.len(), bands]
        };
        counts(self) == counts(other)
    }

    fn kept(&self, place: Place) -> Option<&Kept> {
        self.places.get(place as usize).and_then(Option::as_ref)
    }
}

impl std::fmt::Debug for Similar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Similar({} records)", self.len())
    }
}

/// The keys of a sketch's bands; none when its text is too short.
fn bands_of(sketch: &Sketch) -> impl Iterator<Item = u32> {
    sketch.marks.iter().flat_map(bands)
}

/// The keys of the bands of marks.
pub(super) fn bands(marks: &[u8; MARKS]) -> impl Iterator<Item = u32> {
    marks.as_chunks::<ROWS>().0.iter().take(BANDS).map(|band| u32::from_be_bytes(*band))
}

fn start_of(body: &Cid) -> u64 {
    // A digest has 32 bytes.
    body.digest().first_chunk::<8>().map_or(0, |start| u64::from_be_bytes(*start))
}
