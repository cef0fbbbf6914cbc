//! Lists of ids beside the segments: what the state names of them counts, so that a change of one costs what it changes.

use commonwheel_protocol::bytes::Cid;
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// A list of ids in a file of its own. What stands in the file after the ids that count is nothing: the state that would
/// have named it was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct List {
    name: &'static str,
    written: Written,
}

/// What the state says of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    /// The number of its file.
    file: u64,
    /// How many ids of it count.
    ids: u64,
}

impl List {
    /// The list of a name, as the state has it.
    pub(super) fn of(name: &'static str, written: Written) -> List {
        List { name, written }
    }

    /// What the state says of it.
    pub(super) fn written(&self) -> Written {
        self.written
    }

    /// How many ids count.
    pub(super) fn len(&self) -> usize {
        self.written.ids as usize
    }

    /// The name of its file; nothing when no id counts.
    pub(super) fn file_name(&self) -> Option<String> {
        (self.written.ids > 0).then(|| format!("{}.{}.ids", self.name, self.written.file))
    }

    /// The ids that count.
    ///
    /// # Errors
    /// When the file cannot be read, or does not hold so many ids.
    pub(super) fn read(&self, dir: &Path) -> io::Result<Vec<Cid>> {
        let Some(name) = self.file_name() else { return Ok(Vec::new()) };
        let bytes = fs::read(dir.join(name))?;
        let (ids, _) = bytes.as_chunks::<{ Cid::LEN }>();
        let ids = ids.get(..self.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        ids.iter().map(|id| Cid::from_bytes(id).map_err(|_| io::ErrorKind::InvalidData.into())).collect()
    }

    /// Lets only the first so many ids count.
    pub(super) fn cut(&mut self, ids: usize) {
        self.written.ids = self.written.ids.min(ids as u64);
    }

    /// Adds ids at the end, durably.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn append(&mut self, dir: &Path, ids: &[Cid]) -> io::Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let name = format!("{}.{}.ids", self.name, self.written.file);
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(dir.join(name))?;
        let end = self.written.ids * Cid::LEN as u64;
        // What counted before and was taken out may stand behind it.
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        file.write_all(&ids.iter().flat_map(Cid::to_bytes).collect::<Vec<_>>())?;
        file.sync_all()?;
        self.written.ids += ids.len() as u64;
        if end == 0 { super::folder::sync(dir) } else { Ok(()) }
    }

    /// Puts ids in the places of others, and lets only the first `left` count, durably and at once: no others stay in the
    /// file.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn put(&mut self, dir: &Path, ids: &[(usize, [Cid; 2])], left: usize) -> io::Result<()> {
        let Some(name) = self.file_name() else { return Ok(()) };
        let mut file = OpenOptions::new().write(true).open(dir.join(name))?;
        for (place, pair) in ids {
            file.seek(SeekFrom::Start((place * Cid::LEN) as u64))?;
            file.write_all(&pair.map(|id| id.to_bytes()).concat())?;
        }
        file.set_len((left * Cid::LEN) as u64)?;
        file.sync_all()?;
        self.cut(left);
        Ok(())
    }

    /// Has these ids instead, durably, in another file: the old one counts until the state is written, and is removed
    /// with what no segment has.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn replace(&mut self, dir: &Path, ids: &[Cid]) -> io::Result<()> {
        self.written = Written { file: self.written.file + 1, ids: 0 };
        self.append(dir, ids)
    }
}
