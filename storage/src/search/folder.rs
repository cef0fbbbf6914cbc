//! What lies in the folder: segments, two lists of ids, and one file that names them and says how far the index has come.

use super::lists::{List, Written as WrittenList};
use crate::series::Position;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::search;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tantivy::IndexMeta;

/// The file that names the segments, as tantivy calls it.
const META: &str = "meta.json";
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
    /// Records to take up again, since their segment held one that was erased.
    again: Vec<Cid>,
    /// Bodies that were not there when their record was met, or were erased, with that record.
    lacking: BTreeMap<Cid, BTreeSet<Cid>>,
    /// How many of these records there are.
    lacking_records: usize,
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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    unicode: String,
    certified: Option<(u32, u64)>,
    erasures: Option<(u32, u64)>,
    again: WrittenList,
    lacking: WrittenList,
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
            again: again_list.read(dir).ok()?,
            lacking_records: lacking.values().map(BTreeSet::len).sum(),
            lacking,
            again_list,
            lacking_list,
        })
    }

    /// Records to take up again: the last first.
    pub(super) fn again(&self) -> &[Cid] {
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
        self.again_list.cut(self.again.len());
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

    /// Notes what went with segments: records to take up again, and bodies that were erased, with records that lack them
    /// from now on. Says whether that is anything.
    ///
    /// # Errors
    /// When the system refuses; then the index is to be removed.
    pub(super) fn forget(&mut self, dir: &Path, again: &[Cid], lacking: &[(Cid, Cid)]) -> io::Result<bool> {
        self.again.extend(again);
        self.again_list.append(dir, again)?;
        self.lack(dir, lacking)?;
        Ok(!again.is_empty() || !lacking.is_empty())
    }

    /// The files of the lists.
    fn files(&self) -> impl Iterator<Item = String> {
        [self.again_list, self.lacking_list].into_iter().filter_map(|list| list.file_name())
    }
}

/// The state as it is written.
impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = |position: Option<Position>| position.map(|position| (position.file, position.offset));
        let written = Written {
            version: search::VERSION,
            unicode: search::unicode(),
            certified: place(self.certified),
            erasures: place(self.erasures),
            again: self.again_list.written(),
            lacking: self.lacking_list.written(),
        };
        f.write_str(&serde_json::to_string(&written).map_err(|_| std::fmt::Error)?)
    }
}

/// What names the segments, with another state.
pub(super) fn with_state(meta: IndexMeta, state: &State) -> IndexMeta {
    IndexMeta { payload: Some(state.to_string()), ..meta }
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
