//! The files of views while they are written, row by row.

use super::ExportError;
use super::hashed::HashedFile;
use commonwheel_protocol::dataset::{Partition, Row, View, ViewRows, Views};
use std::collections::BTreeMap;
use std::path::Path;

/// How much each file holds back before it is written out: there are many more of them than files of rows.
const BUFFER_BYTES: usize = 8 * 1024;

/// The views of an export.
pub struct ViewWriter<'a> {
    dir: &'a Path,
    views: Views,
    files: BTreeMap<String, HashedFile>,
}

/// What was written: what the manifest says, and each file with its hash.
pub type WrittenViews = (Vec<ViewRows>, Vec<(String, String)>);

impl<'a> ViewWriter<'a> {
    /// These views, of no rows yet.
    pub fn new(dir: &'a Path, views: impl IntoIterator<Item = View>) -> Self {
        ViewWriter { dir, views: Views::new(views), files: BTreeMap::new() }
    }

    /// Writes what a row gives.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn add(&mut self, row: &Row, partition: Partition) -> Result<(), ExportError> {
        let (dir, files) = (self.dir, &mut self.files);
        self.views.add(row, partition, &mut |path, text| {
            if !files.contains_key(path) {
                files.insert(path.to_owned(), HashedFile::create(dir, path)?.holding(BUFFER_BYTES));
            }
            files.get_mut(path).map_or(Ok(()), |file| file.write(text.as_bytes()))
        })
    }

    /// Makes the files durable.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn finish(self) -> Result<WrittenViews, ExportError> {
        let sums = self.files.into_values().map(HashedFile::finish).collect::<Result<_, _>>()?;
        Ok((self.views.stated(), sums))
    }
}
