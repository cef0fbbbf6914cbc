//! Views: made again from the rows while these are checked, and compared by their hashes.

use super::copies::Hashes;
use super::problem::Problems;
use commonwheel_protocol::dataset::{Beside, Partition, Row, Sealed, ViewRows, Views};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::convert::Infallible;

/// The views that a manifest names, as they must be.
#[derive(Default)]
pub struct Viewed {
    views: Views,
    files: BTreeMap<String, (Sha256, u64)>,
}

impl Viewed {
    /// These views, of no rows yet.
    pub fn new(views: Views) -> Self {
        Viewed { views, files: BTreeMap::new() }
    }

    /// Takes one row more.
    pub fn add(&mut self, row: &Row, partition: &Partition) {
        let files = &mut self.files;
        let Ok(()) = self.views.add(row, partition, &mut |path, text| hash(files, path, text));
    }

    /// What the manifest says of them. A file of a view that is here with other bytes is a problem; whether one is
    /// missing or too many shows where the files of the manifest are compared with those that are here.
    pub fn finish(mut self, beside: Beside<'_>, here: &Hashes, problems: &mut Problems) -> Vec<ViewRows> {
        let files = &mut self.files;
        let Ok(()) = self.views.finish(beside, &mut |path, text| hash(files, path, text));
        let seal =
            |(path, (hash, bytes)): (String, (Sha256, u64))| (path, Sealed { bytes, sha256: hash.finalize().into() });
        let files: BTreeMap<_, _> = self.files.into_iter().map(seal).collect();
        for (path, file) in &files {
            if here.get(path).is_some_and(|found| *found != file.sha256) {
                problems.add(path, None, "it is not what follows from the rows");
            }
        }
        self.views.stated(&files)
    }
}

fn hash(files: &mut BTreeMap<String, (Sha256, u64)>, path: &str, text: &str) -> Result<(), Infallible> {
    if !files.contains_key(path) {
        files.insert(path.to_owned(), (Sha256::new(), 0));
    }
    if let Some((hash, bytes)) = files.get_mut(path) {
        hash.update(text);
        *bytes += text.len() as u64;
    }
    Ok(())
}
