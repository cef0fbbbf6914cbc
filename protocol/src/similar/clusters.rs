//! Sorting records into clusters of those that say the same, or nearly: what of a dataset is there more than once.

use super::index::{NEAR, bands};
use super::sketch::{ContentHash, MARKS, Sketch};
use crate::record::RecordId;

/// How many records that come after it in the order of ids a record is compared with in each band: common phrases may
/// put very many in one, and each must cost the same.
const LOOKED_AT: usize = 64;
/// No record, or none with marks.
const NONE: u32 = u32::MAX;

/// Where a record stands among those that were added, from 0.
pub type Place = u32;

/// Sketches of records of one dataset, which come one by one in any order. Some 185 bytes a record, 57 where its text
/// is too short to be compared; [`Gathered::sorted`] takes 36 more.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    records: Vec<Held>,
    marks: Vec<[u8; MARKS]>,
}

#[derive(Clone)]
struct Held {
    record: RecordId,
    content: Option<ContentHash>,
    /// Where its marks are; [`NONE`] where it has none.
    marks: u32,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Held({})", self.record)
    }
}

/// The clusters of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// The lowest id of those that say exactly the same: of bodies that differ in nothing but the salt.
    pub same: RecordId,
    /// How many they are, itself included.
    pub same_size: u32,
    /// The lowest id of those that it is like, and that these are like, and so on.
    pub near: RecordId,
    /// How many they are, itself included.
    pub near_size: u32,
}

/// Records in clusters.
#[derive(Debug)]
pub struct Clusters {
    records: Vec<Held>,
    /// For each record in the order of ids, its place.
    order: Vec<Place>,
    /// For each record by its place, how many stand before it in the order of ids.
    ranks: Vec<u32>,
    /// By rank, the rank of the first of its cluster.
    same: Vec<u32>,
    near: Vec<u32>,
    /// By the rank of the first of a cluster, how many it has.
    same_sizes: Vec<u32>,
    near_sizes: Vec<u32>,
}

impl Gathered {
    /// Takes one record more, each once; gives its place, or `None` when there are 2^32 - 1 already. A record without a
    /// sketch is in a cluster by itself.
    pub fn add(&mut self, record: RecordId, sketch: Option<&Sketch>) -> Option<Place> {
        let place = u32::try_from(self.records.len()).ok().filter(|place| *place != NONE)?;
        let marks = match sketch.and_then(|sketch| sketch.marks.as_ref()) {
            None => NONE,
            Some(marks) => {
                self.marks.push(*marks);
                // No more than records.
                self.marks.len() as u32 - 1
            }
        };
        self.records.push(Held { record, content: sketch.map(|sketch| sketch.content), marks });
        Some(place)
    }

    /// Sorts the records into clusters, which are the same in whatever order they came. It takes time in proportion to
    /// their number, but for sorting.
    ///
    /// *The same* are those with one content. *Near* are those that a chain of likeness connects: of each content the
    /// record with the lowest id is compared, in each band, with the next 64 of these by id that share it, and two are
    /// alike from [`NEAR`] percent on.
    pub fn sorted(self) -> Clusters {
        let Gathered { records, marks } = self;
        let mut order: Vec<Place> = (0..records.len() as u32).collect();
        order.sort_unstable_by_key(|place| records[*place as usize].record);
        let held = |rank: u32| &records[order[rank as usize] as usize];
        let ranks_of_all = 0..records.len() as u32;
        let mut same: Vec<u32> = ranks_of_all.clone().collect();
        let mut by_content: Vec<_> =
            ranks_of_all.clone().filter_map(|rank| Some((held(rank).content?, rank))).collect();
        by_content.sort_unstable();
        for alike in by_content.chunk_by(|a, b| a.0 == b.0) {
            alike.iter().for_each(|(_, rank)| same[*rank as usize] = alike[0].1);
        }
        drop(by_content);
        let mut near = Union(same.clone());
        let compared: Vec<_> =
            ranks_of_all.filter(|rank| same[*rank as usize] == *rank && held(*rank).marks != NONE).collect();
        let marks_of = |rank: u32| &marks[held(rank).marks as usize];
        let mut band = Vec::with_capacity(compared.len());
        for number in 0..super::index::BANDS {
            band.clear();
            band.extend(compared.iter().filter_map(|rank| Some((bands(marks_of(*rank)).nth(number)?, *rank))));
            band.sort_unstable();
            for sharing in band.chunk_by(|a, b| a.0 == b.0) {
                for (at, (_, one)) in sharing.iter().enumerate() {
                    for (_, other) in sharing[at + 1..].iter().take(LOOKED_AT) {
                        let (a, b) = (near.first(*one), near.first(*other));
                        if a != b && super::sketch::likeness(marks_of(*one), marks_of(*other)) >= NEAR {
                            near.join(a, b);
                        }
                    }
                }
            }
        }
        drop((band, marks));
        let near = near.all();
        let mut ranks = vec![0; records.len()];
        order.iter().zip(0..).for_each(|(place, rank)| ranks[*place as usize] = rank);
        let (same_sizes, near_sizes) = (sizes(&same), sizes(&near));
        Clusters { records, order, ranks, same, near, same_sizes, near_sizes }
    }
}

impl Clusters {
    /// The record at a place.
    ///
    /// # Panics
    /// When nothing was added there.
    pub fn record(&self, place: Place) -> RecordId {
        self.records[place as usize].record
    }

    /// The clusters of the record at a place.
    ///
    /// # Panics
    /// When nothing was added there.
    pub fn of(&self, place: Place) -> Cluster {
        let rank = self.ranks[place as usize] as usize;
        let (same, near) = (self.same[rank] as usize, self.near[rank] as usize);
        let id = |rank: usize| self.records[self.order[rank] as usize].record;
        Cluster { same: id(same), same_size: self.same_sizes[same], near: id(near), near_size: self.near_sizes[near] }
    }
}

/// Sets that are joined, each named by its lowest member.
struct Union(Vec<u32>);

impl Union {
    fn first(&mut self, one: u32) -> u32 {
        let mut at = one;
        while self.0[at as usize] != at {
            // Each step halves the way for the next.
            let above = self.0[self.0[at as usize] as usize];
            self.0[at as usize] = above;
            at = above;
        }
        at
    }

    fn join(&mut self, a: u32, b: u32) {
        self.0[a.max(b) as usize] = a.min(b);
    }

    /// The first of each.
    fn all(mut self) -> Vec<u32> {
        (0..self.0.len() as u32).for_each(|one| self.0[one as usize] = self.first(one));
        self.0
    }
}

fn sizes(firsts: &[u32]) -> Vec<u32> {
    let mut sizes = vec![0; firsts.len()];
    firsts.iter().for_each(|first| sizes[*first as usize] += 1);
    sizes
}
