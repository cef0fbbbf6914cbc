//! What whoever serves exports tells crawlers of each file: the AI-use preference of all that is in it.
//!
//! Source: draft-ietf-aipref-attach: the header field `Content-Usage`, a dictionary of RFC 9651, and the rule of the
//! same name in robots.txt (RFC 9309), where the longest path that matches counts. A file of rows has its rows'
//! preference. Any other file of an export has what may be said of all its rows together: what is allowed of each is
//! allowed, what is refused of any is refused, and of the rest nothing is said.

mod text;

use crate::export::folder;
use commonwheel_protocol::dataset::{Manifest, names};
use commonwheel_protocol::preference::Preference;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
pub use text::{caddy, headers, nginx, robots};

/// The preference of each file, by its path with `/` below the folder that is served. An empty one says nothing.
pub type Usages = BTreeMap<String, Preference>;

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// There is no export.
    #[error("{} holds no export that this program knows: neither it nor a folder in it has a {}", .0.display(), names::MANIFEST)]
    NoExport(PathBuf),
    /// A manifest that `export` did not write.
    #[error("{}: expected the manifest of an export; it names the preference {preference:?} for {path:?}\nHint: `commonwheel verify` says what is wrong", dir.display())]
    Manifest {
        /// Of which export.
        dir: PathBuf,
        /// The file that it speaks of.
        path: String,
        /// What it says.
        preference: String,
    },
    /// The system refused.
    #[error("could not read {}: {source}", path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// What is said of each file of the export at `dir`, or of those in its folders. It believes their manifests, which
/// `verify` checks. Files that belong to no export are left out.
///
/// # Errors
/// See [`UsageError`].
pub fn of_folder(dir: &Path) -> Result<Usages, UsageError> {
    let mut usages = Usages::new();
    let mut found = add(dir, "", &mut usages)?;
    if !found {
        for name in folders(dir)? {
            found |= add(&dir.join(&name), &format!("{name}/"), &mut usages)?;
        }
    }
    if found { Ok(usages) } else { Err(UsageError::NoExport(dir.to_owned())) }
}

/// Adds the files of one export, and of the copies in it; false when there is none.
fn add(dir: &Path, at: &str, usages: &mut Usages) -> Result<bool, UsageError> {
    let Some(manifest) = folder::text(&dir.join(names::MANIFEST)).ok().and_then(|text| Manifest::read(&text)) else {
        return Ok(false);
    };
    let views = manifest.views.iter().flat_map(|view| &view.files);
    let mut rows = BTreeMap::new();
    for file in manifest.files.iter().chain(views) {
        let wrong = |_| UsageError::Manifest {
            dir: dir.to_owned(),
            path: file.path.clone(),
            preference: file.preference.clone(),
        };
        rows.insert(file.path.clone(), file.preference.parse::<Preference>().map_err(wrong)?);
    }
    let together = together(rows.values());
    let copies = format!("{}/", names::COPIES);
    for path in folder::files(dir).map_err(io_error(dir))?.into_iter().filter(|path| !path.starts_with(&copies)) {
        let preference = rows.get(&path).unwrap_or(&together).clone();
        usages.insert(format!("{at}{path}"), preference);
    }
    for copy in &manifest.copies {
        add(&dir.join(names::COPIES).join(copy), &format!("{at}{copies}{copy}/"), usages)?;
    }
    Ok(true)
}

/// What may be said of several things together.
fn together<'a>(each: impl IntoIterator<Item = &'a Preference>) -> Preference {
    Preference::of_all(each.into_iter().collect::<BTreeSet<_>>()).unwrap_or_default()
}

/// The folders in a folder, in order, but hidden ones.
fn folders(dir: &Path) -> Result<BTreeSet<String>, UsageError> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(dir).map_err(io_error(dir))? {
        let entry = entry.map_err(io_error(dir))?;
        let is_folder = entry.file_type().map_err(io_error(dir))?.is_dir();
        found.extend(entry.file_name().into_string().ok().filter(|name| is_folder && !name.starts_with('.')));
    }
    Ok(found)
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> UsageError {
    move |source| UsageError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
