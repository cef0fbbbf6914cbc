//! What lies in the folder: segments, and one file that names them and says how far the index has come.

use crate::series::Position;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::search;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tantivy::IndexMeta;

/// The file that names the segments, as tantivy calls it.
const META: &str = "meta.json";
/// Files of tantivy's that hold no words: the names of files, and its locks.
const ITS_OWN: [&str; 3] = [".managed.json", ".tantivy-writer.lock", ".tantivy-meta.lock"];

/// How far the index has come, and what it still has to take up. It is changed with the segments, in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Up to where the certified shelf is read.
    pub certified: Option<Position>,
    /// Up to where the tombstones are carried out here.
    pub erasures: Option<Position>,
    /// Records to take up again, since their segment held one that was erased.
    pub again: Vec<Cid>,
    /// Bodies that were not there when their record was met, with that record.
    pub lacking: BTreeMap<Cid, Vec<Cid>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    unicode: String,
    certified: Option<(u32, u64)>,
    erasures: Option<(u32, u64)>,
    again: Vec<String>,
    lacking: Vec<(String, Vec<String>)>,
}

impl State {
    /// Reads what was written by the same rules; nothing else.
    pub(super) fn read(text: &str) -> Option<State> {
        let written: Written = serde_json::from_str(text).ok()?;
        if (written.version, written.unicode) != (search::VERSION, search::unicode()) {
            return None;
        }
        let place = |(file, offset)| Position { file, offset };
        let cids = |texts: Vec<String>| texts.iter().map(|text| text.parse().ok()).collect::<Option<Vec<Cid>>>();
        let lacking = written.lacking.into_iter().map(|(body, records)| Some((body.parse().ok()?, cids(records)?)));
        Some(State {
            certified: written.certified.map(place),
            erasures: written.erasures.map(place),
            again: cids(written.again)?,
            lacking: lacking.collect::<Option<_>>()?,
        })
    }

    /// Takes out the records whose header or body is one of these blocks.
    pub(super) fn forget(&mut self, blocks: &[Cid]) {
        self.again.retain(|record| !blocks.contains(record));
        for block in blocks {
            self.lacking.remove(block);
        }
    }
}

/// The state as it is written.
impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = |position: Option<Position>| position.map(|position| (position.file, position.offset));
        let texts = |cids: &Vec<Cid>| cids.iter().map(Cid::to_string).collect();
        let written = Written {
            version: search::VERSION,
            unicode: search::unicode(),
            certified: place(self.certified),
            erasures: place(self.erasures),
            again: texts(&self.again),
            lacking: self.lacking.iter().map(|(body, records)| (body.to_string(), texts(records))).collect(),
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

/// Removes every file that no segment has, durably.
///
/// # Errors
/// When the system refuses.
pub(super) fn clean(dir: &Path, meta: &IndexMeta) -> io::Result<()> {
    let segments = meta.list_segment_files();
    let mut removed = false;
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let is_its_own = name.to_str().is_some_and(|name| name == META || ITS_OWN.contains(&name));
        if !is_its_own && !segments.contains(&PathBuf::from(&name)) {
            fs::remove_file(dir.join(&name))?;
            removed = true;
        }
    }
    if removed { sync(dir) } else { Ok(()) }
}

fn sync(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}
