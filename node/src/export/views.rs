//! The files of views while they are written, row by row.

use super::pool::{Finished, Pool};
use super::{ExportError, columns};
use commonwheel_protocol::dataset::{Beside, Canary, Partition, Row, View, ViewRows, Views};
use data_encoding::HEXLOWER;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;

/// The views of an export.
pub struct ViewWriter<'a> {
    dir: &'a Path,
    views: Views,
    files: Pool<'a, String>,
}

/// What was written: what the manifest says, and each file with its hash.
pub type WrittenViews = (Vec<ViewRows>, Vec<(String, String)>);

impl<'a> ViewWriter<'a> {
    /// These views, of no rows yet.
    pub fn new(dir: &'a Path, views: impl IntoIterator<Item = View>, canary: Canary) -> Self {
        ViewWriter { dir, views: Views::new(views, canary), files: Pool::new(dir) }
    }

    /// Writes what a row gives, whose one text is `line`.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn add(&mut self, row: &Row, line: &str, partition: &Partition) -> Result<(), ExportError> {
        let files = &mut self.files;
        self.views
            .add(row, line, partition, &mut |path, bytes| files.write(&path.to_owned(), || path.to_owned(), bytes))
    }

    /// Writes what follows from all rows and from what lies beside them, and files of columns from the files of rows,
    /// which are whole; and makes the files durable. `progress` is called with the number of rows in columns.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn finish(mut self, beside: Beside<'_>, progress: &mut dyn FnMut(usize)) -> Result<WrittenViews, ExportError> {
        let (files, mut done) = (&mut self.files, 0);
        let quality =
            self.views.finish(beside, &mut |path, bytes| files.write(&path.to_owned(), || path.to_owned(), bytes))?;
        let forms = self.views.of_columns().map(|(view, ..)| view).collect::<BTreeSet<_>>().len().max(1);
        for (view, partition, path) in self.views.of_columns() {
            let rows = self.dir.join(partition.path());
            let from = File::open(&rows).map_err(ExportError::io("open", &rows))?;
            let to = Sink { files, path: &path };
            let mut seen = || {
                done += 1;
                progress(done / forms);
            };
            let about = (partition, self.views.canary());
            columns::encode(view, BufReader::new(from), quality.rows(partition), about, to, &mut seen)
                .map_err(|error| ExportError::io("write in columns", &rows)(io::Error::other(error)))?;
        }
        let files: BTreeMap<_, _> =
            self.files.finish()?.into_iter().map(|(path, Finished { sealed, .. })| (path, sealed)).collect();
        let stated = self.views.stated(&files);
        Ok((stated, files.into_iter().map(|(path, file)| (path, HEXLOWER.encode(&file.sha256))).collect()))
    }
}

/// One of the files, as something to write to.
struct Sink<'a, 'b> {
    files: &'a mut Pool<'b, String>,
    path: &'a String,
}

impl Write for Sink<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.files.write(self.path, || self.path.clone(), bytes);
        written.map_err(io::Error::other).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
