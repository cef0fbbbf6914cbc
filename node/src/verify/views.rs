//! Views: made again from the rows while these are checked, and compared by their hashes.

use super::VerifyError;
use super::copies::Hashes;
use super::problem::Problems;
use crate::export::columns;
use crate::export::parquet::{self, Differs};
use commonwheel_protocol::dataset::{Beside, Partition, Row, Sealed, View, ViewRows, Views};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;

/// The views that a manifest names, as they must be.
pub struct Viewed {
    views: Views,
    files: BTreeMap<String, (Sha256, u64)>,
}

impl Viewed {
    /// These views, of no rows yet.
    pub fn new(views: Views) -> Self {
        Viewed { views, files: BTreeMap::new() }
    }

    /// Takes one row more, whose one text is `line`.
    pub fn add(&mut self, row: &Row, line: &str, partition: &Partition) {
        let files = &mut self.files;
        let Ok(()) = self.views.add(row, line, partition, &mut |path, bytes| hash(files, path, bytes));
    }

    /// What the manifest says of them. A file of a view that is here with other bytes is a problem; whether one is
    /// missing or too many shows where the files of the manifest are compared with those that are here.
    ///
    /// Files of columns are made again from the rows in the folder, which were checked before. `progress` is called with
    /// the number of rows in columns.
    ///
    /// # Errors
    /// When the rows cannot be read again.
    pub fn finish(
        mut self,
        dir: &Path,
        beside: Beside<'_>,
        here: &Hashes,
        problems: &mut Problems,
        progress: &mut dyn FnMut(usize),
    ) -> Result<Checked, VerifyError> {
        let files = &mut self.files;
        let Ok(quality) = self.views.finish(beside, &mut |path, bytes| hash(files, path, bytes));
        let mut done = 0;
        let forms = self.views.of_columns().map(|(view, ..)| view).collect::<BTreeSet<_>>().len().max(1);
        for (view, partition, path) in self.views.of_columns() {
            let rows = dir.join(partition.path());
            let wrong = |source| VerifyError::Io { path: rows.clone(), source };
            let from = BufReader::new(File::open(&rows).map_err(wrong)?);
            let mut seen = || {
                done += 1;
                progress(done / forms);
            };
            let mut to = Hashing(Sha256::new(), 0);
            let about = (partition, self.views.canary());
            columns::encode(view, from, quality.rows(partition), about, &mut to, &mut seen)
                .map_err(|error| wrong(io::Error::other(error)))?;
            self.files.insert(path, (to.0, to.1));
        }
        let seal =
            |(path, (hash, bytes)): (String, (Sha256, u64))| (path, Sealed { bytes, sha256: hash.finalize().into() });
        let mut files: BTreeMap<_, _> = self.files.into_iter().map(seal).collect();
        // Records are the same bytes whichever version writes them.
        let by_writer = self.views.of_columns().filter(|(view, ..)| *view == View::Parquet);
        let by_writer: BTreeMap<_, _> = by_writer.map(|(_, partition, path)| (path, partition)).collect();
        let mut by_others = Vec::new();
        for (path, file) in &mut files {
            let Some(found) = here.get(path).filter(|found| **found != file.sha256) else { continue };
            let place = dir.join(path);
            let wrong = |source| VerifyError::Io { path: place.clone(), source };
            let of_columns = match by_writer.get(path) {
                Some(partition) => parquet::written_by(&place).map_err(wrong)?.map(|writer| (*partition, writer)),
                None => None,
            };
            let Some((partition, writer)) = of_columns.filter(|(_, writer)| writer != parquet::WRITER) else {
                problems.add(path, None, "it is not what follows from the rows");
                continue;
            };
            // What the manifest says of it is what it is.
            *file = Sealed { bytes: place.metadata().map_err(wrong)?.len(), sha256: *found };
            let rows = File::open(dir.join(partition.path())).map_err(wrong)?;
            let (long, judged) = (rows.metadata().map_err(wrong)?.len(), quality.rows(partition));
            match parquet::compare(BufReader::new(rows), long, judged, partition, self.views.canary(), &place) {
                Ok(not_compared) => by_others.push(ByAnother { path: path.clone(), writer, not_compared }),
                Err(Differs::Io(source)) => return Err(wrong(source)),
                Err(differs) => problems.add(path, None, format!("{differs}; it says that {writer} wrote it")),
            }
        }
        Ok(Checked { stated: self.views.stated(&files), by_others })
    }
}

/// What the check of views shows.
pub struct Checked {
    /// What the manifest says of them.
    pub stated: Vec<ViewRows>,
    /// Files of columns by other versions of this program, which hold what the rows give.
    pub by_others: Vec<ByAnother>,
}

/// A file of columns that says that another version of this program wrote it: other bytes than this version writes for the
/// same rows, and the same values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ByAnother {
    /// Its path.
    pub path: String,
    /// What it says of its writer.
    pub writer: String,
    /// What of it this version does not know, and so did not compare with the rows, such as a column.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_compared: Vec<String>,
}

fn hash(files: &mut BTreeMap<String, (Sha256, u64)>, path: &str, bytes: &[u8]) -> Result<(), Infallible> {
    if !files.contains_key(path) {
        files.insert(path.to_owned(), (Sha256::new(), 0));
    }
    if let Some((hash, length)) = files.get_mut(path) {
        hash.update(bytes);
        *length += bytes.len() as u64;
    }
    Ok(())
}

/// The hash of what is written to it, and how long that is.
struct Hashing(Sha256, u64);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        self.1 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
