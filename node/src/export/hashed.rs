//! A file that is hashed while it is written.
//!
//! It is open only while its buffer is written out, so that any number of them may be written
//! at once: a dataset of many years has more files than a process may have open.

use super::{ExportError, folder};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How much is held back before it is written out, unless a file says otherwise.
const BUFFER_BYTES: usize = 64 * 1024;

/// A file of an export.
pub struct HashedFile {
    path: PathBuf,
    name: String,
    buffer: Vec<u8>,
    most: usize,
    hash: Sha256,
    writes: usize,
}

impl HashedFile {
    /// Creates the file, and its folder if need be.
    ///
    /// # Errors
    /// When the system refuses, or the file is there.
    pub fn create(dir: &Path, name: &str) -> Result<Self, ExportError> {
        let path = dir.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(ExportError::io("create the folder", parent))?;
        }
        File::create_new(&path).map_err(ExportError::io("create", &path))?;
        let (buffer, most, hash) = (Vec::new(), BUFFER_BYTES, Sha256::new());
        Ok(HashedFile { path, name: name.to_owned(), buffer, most, hash, writes: 0 })
    }

    /// The same, holding back less: so many bytes.
    pub fn holding(self, most: usize) -> Self {
        HashedFile { most, ..self }
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        self.hash.update(bytes);
        self.buffer.extend_from_slice(bytes);
        self.writes += 1;
        if self.buffer.len() >= self.most { self.write_out().map(drop) } else { Ok(()) }
    }

    /// How often something was appended.
    pub fn writes(&self) -> usize {
        self.writes
    }

    /// Makes the file durable: its name inside the export, and its hash.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn finish(mut self) -> Result<(String, String), ExportError> {
        self.write_out()?.sync_all().map_err(ExportError::io("sync", &self.path))?;
        self.path.parent().map_or(Ok(()), folder::sync_folder)?;
        Ok((self.name, HEXLOWER.encode(&self.hash.finalize())))
    }

    fn write_out(&mut self) -> Result<File, ExportError> {
        let mut file = File::options().append(true).open(&self.path).map_err(ExportError::io("open", &self.path))?;
        file.write_all(&self.buffer).map_err(ExportError::io("write", &self.path))?;
        self.buffer.clear();
        // One long row must not leave its room behind in each of many files.
        self.buffer.shrink_to(self.most);
        Ok(file)
    }
}
