//! Folders that appear whole or not at all, and what lies in them.

use super::{ExportError, stop};
use commonwheel_protocol::dataset::{Manifest, names};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Files that one export may have, copies included: five licences, each with ten preferences, for twenty years, in rows
/// and a dozen views. A check keeps some 300 bytes of each.
pub const FILES: usize = 160_000;
/// The longest manifest or list of hashes that is read.
const TEXT_BYTES: u64 = 256 << 20;

/// A new folder beside the one that is wanted. Unless it is [`Staging::publish`]ed it disappears, also where a signal ends
/// its process (see [`stop`]); where that is killed, with the next one for the same place.
pub struct Staging {
    dir: PathBuf,
    target: PathBuf,
    done: bool,
    /// Held as long as the folder is written, so that nobody takes it for one that was left.
    _lock: Option<File>,
}

impl Staging {
    /// Makes the folder; what stands at the target must be nothing, an empty folder, or, when it
    /// may be replaced, an export of the same community and nothing else.
    ///
    /// # Errors
    /// When something else stands there, or the system refuses.
    pub fn beside(target: &Path, community: &str, replace: bool) -> Result<Self, ExportError> {
        let target = std::path::absolute(target).map_err(ExportError::io("find", target))?;
        if let Some(why) = obstacle(&target, community, replace)? {
            return Err(ExportError::Occupied { dir: target, why });
        }
        let (Some(parent), Some(_)) = (target.parent(), target.file_name()) else {
            return Err(ExportError::Occupied { dir: target, why: "it is no name for a new folder" });
        };
        fs::create_dir_all(parent).map_err(ExportError::io("create the folder", parent))?;
        remove_leftovers(&target)?;
        loop {
            let dir = new_sibling(&target, "partial")?;
            let mut staged = stop::staged();
            match fs::create_dir(&dir) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made.map_err(ExportError::io("create the folder", &dir))?,
            }
            let lock = File::open(&dir).ok().filter(|folder| folder.lock().is_ok());
            // Whoever removes leftovers may have taken it for one before it was locked.
            if dir.is_dir() {
                stop_at("created");
                staged.insert(dir.clone());
                return Ok(Staging { dir, target: target.clone(), done: false, _lock: lock });
            }
        }
    }

    /// Where to write until then.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// Puts the folder in its place, in place of an earlier export if there is one: in one step where the system can,
    /// and what earlier ones left that were stopped while they removed theirs goes, too.
    ///
    /// # Errors
    /// When the system refuses; then the earlier export is back in its place.
    pub fn publish(mut self) -> Result<(), ExportError> {
        let (dir, target) = (self.dir.clone(), &self.target.clone());
        let swap = |from: &Path, to: &Path| fs::rename(from, to).map_err(ExportError::io("rename to", to));
        stop_at("written");
        let mut staged = stop::staged();
        let earlier = new_sibling(target, "earlier")?;
        if !target.is_dir() {
            swap(&dir, target)?;
            self.done = true;
        } else if exchanged(&dir, target) {
            stop_at("exchanged");
            // Now the earlier one has the hidden name, and no lock: whenever this is stopped, the next one removes it.
            swap(&dir, &earlier)?;
            stop_at("hidden");
        } else {
            swap(target, &earlier)?;
            if let Err(error) = swap(&dir, target) {
                swap(&earlier, target)?;
                return Err(error);
            }
        }
        staged.remove(&dir);
        if !self.done {
            staged.insert(earlier.clone());
            self.dir = earlier;
            drop(staged);
            remove(&self.dir)?;
            self.done = true;
        }
        stop_at("removed");
        remove_leftovers(target)?;
        target.parent().map_or(Ok(()), sync_folder)
    }
}

/// Lets two folders change names in one step, where the system has a way to: whoever looks finds one or the other.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn exchanged(one: &Path, other: &Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn exchanged(_: &Path, _: &Path) -> bool {
    false
}

/// Where a test ends the process, as if it were killed: nothing is tidied up.
#[cfg(test)]
fn stop_at(step: &str) {
    if std::env::var("COMMONWHEEL_STOP_AT").is_ok_and(|at| at == step) {
        std::process::abort();
    }
}

#[cfg(not(test))]
fn stop_at(_: &str) {}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.done {
            // Nothing more can be done where even this fails; the name says what it is.
            let _ = remove(&self.dir);
        }
        stop::staged().remove(&self.dir);
    }
}

/// The path of every file under a folder, with `/` between folders, sorted.
///
/// # Errors
/// In words, when something else than files and folders lies there, a name is not UTF-8, or there
/// are more than [`FILES`].
pub fn files(dir: &Path) -> io::Result<BTreeSet<String>> {
    let other = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut found = BTreeSet::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(dir.join(&folder))? {
            let entry = entry?;
            let name = entry.file_name().into_string().map_err(|_| other("a file's name is not UTF-8"))?;
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            match entry.file_type()? {
                kind if kind.is_file() => drop(found.insert(path)),
                kind if kind.is_dir() => folders.push(path),
                _ => return Err(other("it holds something that is neither a file nor a folder")),
            }
            if found.len() + folders.len() > FILES {
                return Err(other("it holds more files than an export may have"));
            }
        }
    }
    Ok(found)
}

/// The text of a small file.
///
/// # Errors
/// When it cannot be read, is longer than any export's, or is not UTF-8.
pub fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(TEXT_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > TEXT_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is longer than any export's"));
    }
    Ok(text)
}

/// The hash and the path in each line of a list of hashes; `None` when it is not such a list.
pub fn read_sums(text: &str) -> Option<Vec<(&str, &str)>> {
    let lines = text.strip_suffix('\n')?.split('\n');
    lines.map(|line| line.split_once("  ").filter(|(hash, _)| hash.len() == 64)).collect()
}

/// Makes the names in a folder durable, where the system has a way to.
///
/// # Errors
/// When the system refuses.
pub fn sync_folder(dir: &Path) -> Result<(), ExportError> {
    if cfg!(unix) {
        File::open(dir).and_then(|folder| folder.sync_all()).map_err(ExportError::io("sync the folder", dir))?;
    }
    Ok(())
}

/// Removes what processes left that were stopped: earlier exports that were replaced, whose names nobody uses, and folders
/// that nobody writes any more. Both may hold what is erased since.
///
/// # Errors
/// When the system refuses.
pub fn remove_leftovers(target: &Path) -> Result<(), ExportError> {
    let target = std::path::absolute(target).map_err(ExportError::io("find", target))?;
    let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else { return Ok(()) };
    let begin = format!(".{}.", name.to_string_lossy());
    for entry in fs::read_dir(parent).map_err(ExportError::io("read", parent))?.flatten() {
        let found = entry.file_name().to_string_lossy().into_owned();
        let Some((number, what)) = found.strip_prefix(&begin).and_then(|rest| rest.split_once('.')) else { continue };
        let is_ours = number.parse::<u32>().is_ok() && entry.file_type().is_ok_and(|kind| kind.is_dir());
        // Held until it is removed, so that who has just made a folder waits, and finds that it is gone.
        let folder = File::open(entry.path()).ok();
        // Where folders cannot be locked nobody knows whether one is written.
        let free = folder.as_ref().is_some_and(|folder| folder.try_lock().is_ok());
        let left = what == "earlier" || (what == "partial" && free);
        if is_ours && left {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a folder, if it is there.
fn remove(dir: &Path) -> Result<(), ExportError> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ExportError::io("remove", dir)(error)),
        _ => Ok(()),
    }
}

/// A free name beside a folder, hidden.
fn new_sibling(target: &Path, what: &str) -> Result<PathBuf, ExportError> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let free = (0..1000).map(|n| target.with_file_name(format!(".{name}.{n}.{what}"))).find(|path| !path.exists());
    let why = "a thousand interrupted exports lie beside it; remove the hidden folders";
    free.ok_or_else(|| ExportError::Occupied { dir: target.to_owned(), why })
}

/// Why an export may not take this place.
fn obstacle(target: &Path, community: &str, replace: bool) -> Result<Option<&'static str>, ExportError> {
    match fs::symlink_metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ExportError::io("read", target)(error)),
        Ok(found) if !found.is_dir() => return Ok(Some("it is not a folder")),
        Ok(_) => {}
    }
    if fs::read_dir(target).map_err(ExportError::io("read", target))?.next().is_none() {
        return Ok(None);
    }
    let manifest = text(&target.join(names::MANIFEST)).ok();
    let Some(exported) = manifest.and_then(|text| Manifest::community_in(&text)) else {
        return Ok(Some("it is not empty and not an export"));
    };
    if exported != community {
        return Ok(Some("it is an export of another community"));
    }
    if !replace {
        return Ok(Some("it is an earlier export; --force replaces it"));
    }
    let sums = text(&target.join(names::SUMS)).unwrap_or_default();
    let listed: BTreeSet<_> = read_sums(&sums).unwrap_or_default().into_iter().map(|(_, path)| path).collect();
    let ours = |path: &String| path == names::SUMS || listed.contains(path.as_str());
    match files(target) {
        Ok(found) if found.iter().all(ours) => Ok(None),
        _ => Ok(Some("it holds files that are no part of the export; move them away first")),
    }
}

#[cfg(test)]
mod tests;
