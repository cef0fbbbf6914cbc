//! The files of views while they are written, row by row.

use super::ExportError;
use super::pool::{Finished, Pool};
use commonwheel_protocol::dataset::{Beside, Partition, Row, View, ViewRows, Views};
use data_encoding::HEXLOWER;
use std::collections::BTreeMap;
use std::path::Path;

/// The views of an export.
pub struct ViewWriter<'a> {
    views: Views,
    files: Pool<'a, String>,
}

/// What was written: what the manifest says, and each file with its hash.
pub type WrittenViews = (Vec<ViewRows>, Vec<(String, String)>);

impl<'a> ViewWriter<'a> {
    /// These views, of no rows yet.
    pub fn new(dir: &'a Path, views: impl IntoIterator<Item = View>) -> Self {
        ViewWriter { views: Views::new(views), files: Pool::new(dir) }
    }

    /// Writes what a row gives.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn add(&mut self, row: &Row, partition: &Partition) -> Result<(), ExportError> {
        let files = &mut self.files;
        self.views
            .add(row, partition, &mut |path, text| files.write(&path.to_owned(), || path.to_owned(), text.as_bytes()))
    }

    /// Writes what follows from all rows and from what lies beside them, and makes the files durable.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn finish(mut self, beside: Beside<'_>) -> Result<WrittenViews, ExportError> {
        let put = &mut self.files;
        self.views
            .finish(beside, &mut |path, text| put.write(&path.to_owned(), || path.to_owned(), text.as_bytes()))?;
        let files: BTreeMap<_, _> =
            self.files.finish()?.into_iter().map(|(path, Finished { sealed, .. })| (path, sealed)).collect();
        let stated = self.views.stated(&files);
        Ok((stated, files.into_iter().map(|(path, file)| (path, HEXLOWER.encode(&file.sha256))).collect()))
    }
}
