//! What lies in the folder: segments, runs of fingerprints, two lists of ids, and one file that names them and says how far
//! the index has come.

use super::lists::{List, Written as WrittenList};
use super::prints;
use crate::series::Position;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::search;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tantivy::IndexMeta;
use tantivy::index::SegmentId;

/// The file that names the segments, as tantivy calls it.
pub(super) const META: &str = "meta.json";
/// The file that is there while something is erased in its place: what a crash leaves then is not known.
pub(super) const ERASING: &str = "erasing";
/// Files of tantivy's that hold no words: the names of files, and its locks.
const ITS_OWN: [&str; 3] = [".managed.json", ".tantivy-writer.lock", ".tantivy-meta.lock"];

/// How far the index has come, and what it still has to take up. It is changed with the segments, in one file, which
/// names two lists for what may be long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// Up to where the certified shelf is read.
    pub certified: Option<Position>,
    /// Up to where the tombstones are carried out here.
    pub erasures: Option<Position>,
    /// Records to take up again, since their segment held one that was erased, each with its body. The table holds their
    /// fingerprints.
    again: Vec<(Cid, Cid)>,
    /// Bodies that were not there when their record was met, or were erased, with that record.
    lacking: BTreeMap<Cid, BTreeSet<Cid>>,
    /// How many of these records there are.
    lacking_records: usize,
    /// The runs of fingerprints, by their numbers.
    runs: Vec<u64>,
    /// Record and body in turn.
    again_list: List,
    /// Body and record in turn. Some may have come since.
    lacking_list: List,
}

/// What one slice changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// Up to where the certified shelf is read.
    pub certified: Option<Position>,
    /// Up to where the tombstones are carried out.
    pub erasures: Option<Position>,
    /// How many records were taken up again, from the end.
    pub again: usize,
    /// Bodies that are not there, with their records.
    pub lacking: Vec<(Cid, Cid)>,
    /// Bodies that came.
    pub came: Vec<Cid>,
}

/// Some runs of fingerprints that are made one.
pub(super) struct Merge {
    /// Their numbers.
    pub from: Vec<u64>,
    /// The number of the one that is made.
    pub into: u64,
    /// The state that names it in their place.
    pub state: String,
}

/// What an erasure takes away, and what it leaves to be done.
#[derive(Default)]
pub(super) struct Doomed {
    /// Records that are let go of, with their bodies.
    pub gone: Vec<(Cid, Cid)>,
    /// Segments that held one of them.
    pub segments: BTreeSet<SegmentId>,
    /// Which of those that were waiting to be taken up again are among them, in order.
    pub waiting: Vec<usize>,
    /// The other records of the segments, with their bodies.
    pub again: Vec<(Cid, Cid)>,
    /// The bodies that are erased, with records that are not.
    pub lacking: Vec<(Cid, Cid)>,
    /// Runs of fingerprints in which nothing is left.
    pub runs: Vec<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    unicode: String,
    certified: Option<(u32, u64)>,
    erasures: Option<(u32, u64)>,
    again: WrittenList,
    lacking: WrittenList,
    runs: Vec<u64>,
}

impl Default for State {
    fn default() -> State {
        let list = |name| List::of(name, WrittenList::default());
        State {
            certified: None,
            erasures: None,
            again: Vec::new(),
            lacking: BTreeMap::new(),
            lacking_records: 0,
            runs: Vec::new(),
            again_list: list("again"),
            lacking_list: list("lacking"),
        }
    }
}

impl State {
    /// Reads what was written by the same rules, and the lists that it names; nothing else.
    pub(super) fn read(text: &str, dir: &Path) -> Option<State> {
        let written: Written = serde_json::from_str(text).ok()?;
        if (written.version, written.unicode) != (search::VERSION, search::unicode()) {
            return None;
        }
        let place = |(file, offset)| Position { file, offset };
        let again_list = List::of("again", written.again);
        let lacking_list = List::of("lacking", written.lacking);
        let mut lacking: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for [body, record] in lacking_list.read(dir).ok()?.as_chunks::<2>().0 {
            lacking.entry(*body).or_default().insert(*record);
        }
        Some(State {
            certified: written.certified.map(place),
            erasures: written.erasures.map(place),
            again: again_list
                .read(dir)
                .ok()?
                .as_chunks::<2>()
                .0
                .iter()
                .map(|[record, body]| (*record, *body))
                .collect(),
            lacking_records: lacking.values().map(BTreeSet::len).sum(),
            lacking,
            runs: written.runs,
            again_list,
            lacking_list,
        })
    }

    /// Records to take up again, with their bodies: the last first.
    pub(super) fn again(&self) -> &[(Cid, Cid)] {
        &self.again
    }

    /// The records that lacked a body.
    pub(super) fn lacking(&self, body: &Cid) -> impl Iterator<Item = &Cid> {
        self.lacking.get(body).into_iter().flatten()
    }

    /// Whether a change would change anything.
    pub(super) fn is_changed_by(&self, change: &Change) -> bool {
        (change.certified, change.erasures) != (self.certified, self.erasures)
            || change.again > 0
            || !change.lacking.is_empty()
            || !change.came.is_empty()
    }

    /// Makes the change of a slice, and writes the lists durably. It counts when the state is written.
    ///
    /// # Errors
    /// When the system refuses; then the index is to be removed.
    pub(super) fn change(&mut self, dir: &Path, change: &Change) -> io::Result<()> {
        (self.certified, self.erasures) = (change.certified, change.erasures);
        self.again.truncate(self.again.len() - change.again);
        self.again_list.cut(2 * self.again.len());
        for body in &change.came {
            self.lacking_records -= self.lacking.remove(body).map_or(0, |records| records.len());
        }
        self.lack(dir, &change.lacking)
    }

    fn lack(&mut self, dir: &Path, pairs: &[(Cid, Cid)]) -> io::Result<()> {
        for (body, record) in pairs {
            self.lacking_records += usize::from(self.lacking.entry(*body).or_default().insert(*record));
        }
        // Those that came are left out when they are as many as the others: so each costs a place or two.
        if !pairs.is_empty() && self.lacking_list.len() / 2 + pairs.len() > 2 * self.lacking_records {
            let all = self.lacking.iter().flat_map(|(body, records)| records.iter().flat_map(|one| [*body, *one]));
            return self.lacking_list.replace(dir, &all.collect::<Vec<_>>());
        }
        let ids: Vec<_> = pairs.iter().flat_map(|(body, record)| [*body, *record]).collect();
        self.lacking_list.append(dir, &ids)
    }

    /// The runs of fingerprints that count, by their numbers.
    pub(super) fn runs(&self) -> &[u64] {
        &self.runs
    }

    /// A number that no run has.
    pub(super) fn next_run(&self) -> u64 {
        self.runs.iter().max().map_or(0, |last| last + 1)
    }

    /// Lets a run count.
    pub(super) fn take_run(&mut self, number: u64) {
        self.runs.push(number);
    }

    /// Lets a run count in the place of those that it was made of.
    pub(super) fn take_merged(&mut self, merge: &Merge) {
        self.runs = self.merged(&merge.from, merge.into);
    }

    /// The making of one run from some, and the state that will name it.
    ///
    /// # Errors
    /// When the state cannot be written as text.
    pub(super) fn to_merge(&self, from: Vec<u64>) -> io::Result<Merge> {
        let into = self.next_run();
        let state = self.written(&self.merged(&from, into))?;
        Ok(Merge { from, into, state })
    }

    fn merged(&self, from: &[u64], into: u64) -> Vec<u64> {
        self.runs.iter().copied().filter(|run| !from.contains(run)).chain([into]).collect()
    }

    /// The state as it is written, with these runs.
    fn written(&self, runs: &[u64]) -> serde_json::Result<String> {
        let place = |position: Option<Position>| position.map(|position| (position.file, position.offset));
        serde_json::to_string(&Written {
            version: search::VERSION,
            unicode: search::unicode(),
            certified: place(self.certified),
            erasures: place(self.erasures),
            again: self.again_list.written(),
            lacking: self.lacking_list.written(),
            runs: runs.to_vec(),
        })
    }

    /// Notes what is erased. What was waiting to be taken up again is overwritten in its place, so that the folder is to be
    /// marked.
    ///
    /// # Errors
    /// When the system refuses; then the index is to be removed.
    pub(super) fn forget(&mut self, dir: &Path, doomed: &Doomed) -> io::Result<()> {
        self.runs.retain(|run| !doomed.runs.contains(run));
        // The last takes the place of one that is taken out. Those behind it were taken out before.
        let mut moved = BTreeMap::new();
        for place in doomed.waiting.iter().rev() {
            self.again.swap_remove(*place);
            moved.extend(self.again.get(*place).map(|(record, body)| (*place, [*record, *body])));
        }
        let moved: Vec<_> = moved.into_iter().map(|(place, ids)| (2 * place, ids)).collect();
        self.again_list.put(dir, &moved, 2 * self.again.len())?;
        self.again.extend(&doomed.again);
        let again: Vec<_> = doomed.again.iter().flat_map(|(record, body)| [*record, *body]).collect();
        self.again_list.append(dir, &again)?;
        self.lack(dir, &doomed.lacking)
    }

    /// The files of the lists and of the runs.
    fn files(&self) -> impl Iterator<Item = String> {
        let lists = [self.again_list, self.lacking_list].into_iter().filter_map(|list| list.file_name());
        lists.chain(self.runs.iter().map(|number| prints::file_name(*number)))
    }
}

/// The state as it is written.
impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.written(&self.runs).map_err(|_| std::fmt::Error)?)
    }
}

/// What names the segments, with another state.
pub(super) fn with_state(meta: IndexMeta, state: &str) -> IndexMeta {
    IndexMeta { payload: Some(state.to_owned()), ..meta }
}

/// Writes what names the segments, durably, in one step. No writer may be open.
///
/// # Errors
/// When the system refuses.
pub(super) fn write_meta(dir: &Path, meta: &IndexMeta) -> io::Result<()> {
    let (path, beside) = (dir.join(META), dir.join("meta.tmp"));
    let mut file = File::create(&beside)?;
    file.write_all(&serde_json::to_vec(meta)?)?;
    file.sync_all()?;
    fs::rename(&beside, &path)?;
    sync(dir)
}

/// Marks the folder, durably, as one in which something is overwritten in its place. Who opens it meanwhile throws it away;
/// [`clean`] takes the mark away again.
///
/// # Errors
/// When the system refuses.
pub(super) fn mark_erasing(dir: &Path) -> io::Result<()> {
    File::create(dir.join(ERASING))?.sync_all()?;
    sync(dir)
}

/// Removes every file that neither a segment nor the state has, durably.
///
/// # Errors
/// When the system refuses.
pub(super) fn clean(dir: &Path, meta: &IndexMeta, state: &State) -> io::Result<()> {
    let mut its_own = meta.list_segment_files();
    its_own.extend(ITS_OWN.iter().chain([&META]).map(PathBuf::from).chain(state.files().map(PathBuf::from)));
    let mut removed = false;
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        if !its_own.contains(Path::new(&name)) {
            fs::remove_file(dir.join(&name))?;
            removed = true;
        }
    }
    if removed { sync(dir) } else { Ok(()) }
}

/// Makes what was made and removed in a folder durable.
///
/// # Errors
/// When the system refuses.
pub(super) fn sync(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}
