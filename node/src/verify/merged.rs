//! Works: made again from the rows when these are checked, and compared by their hashes.

use super::VerifyError;
use super::copies::Hashes;
use super::problem::Problems;
use crate::export::merge;
use commonwheel_protocol::dataset::{Bound, Manifest, MergedRows, Partition, Sealed, Work, names};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// What the manifest should say of works, if it says anything: a file that is here with other bytes is a problem. Whether
/// one is missing or too many shows where the files of the manifest are compared with those that are here.
///
/// # Errors
/// When the system refuses.
pub fn check(
    dir: &Path,
    stated: &Manifest,
    rows: &BTreeMap<Partition, Bound>,
    here: &Hashes,
    problems: &mut Problems,
) -> Result<Vec<MergedRows>, VerifyError> {
    if stated.merged.is_empty() {
        return Ok(Vec::new());
    }
    if stated.copied.is_some() {
        problems.add(names::MANIFEST, None, "it is a copy, and copies are not merged");
    }
    let mut found = Vec::new();
    for work in Work::of(rows) {
        let mut files: BTreeMap<Partition, (usize, u64, Sha256)> = BTreeMap::new();
        let mut put = |place: &Partition, line: &str| {
            let (count, bytes, hash) = files.entry(place.clone()).or_default();
            *count += 1;
            *bytes += line.len() as u64;
            hash.update(line);
            Ok::<_, io::Error>(())
        };
        let wrong = |source| VerifyError::Io { path: dir.join(names::DATA), source };
        merge::lines(dir, &work, rows, &mut put).map_err(wrong)?;
        let seal = |(place, (count, bytes, hash)): (_, (usize, u64, Sha256))| {
            (place, (count, Sealed { bytes, sha256: hash.finalize().into() }))
        };
        let files: BTreeMap<_, _> = files.into_iter().map(seal).collect();
        for (place, (_, file)) in &files {
            let path = work.path(place);
            if here.get(&path).is_some_and(|found| *found != file.sha256) {
                problems.add(&path, None, "it is not what follows from the rows, their licences and their preferences");
            }
        }
        found.push(work.stated(&files));
    }
    Ok(found)
}
