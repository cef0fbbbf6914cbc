//! A file that is hashed while it is written.
//!
//! It is open only while its buffer is written out, so that any number of them may be written
//! at once: a dataset of many years has more files than a process may have open.

use super::pool::Finished;
use super::{ExportError, folder};
use commonwheel_protocol::dataset::Sealed;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How much a file holds back before it is written out.
const BUFFER_BYTES: usize = 256 << 10;

/// A file of an export.
pub struct HashedFile {
    path: PathBuf,
    name: String,
    buffer: Vec<u8>,
    hash: Sha256,
    writes: usize,
    bytes: u64,
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
        Ok(HashedFile { path, name: name.to_owned(), buffer: Vec::new(), hash: Sha256::new(), writes: 0, bytes: 0 })
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        self.buffer.extend_from_slice(bytes);
        self.writes += 1;
        self.bytes += bytes.len() as u64;
        if self.buffer.len() < BUFFER_BYTES {
            return Ok(());
        }
        self.append()?;
        // What is written to often keeps its room, but not that of one long row.
        self.buffer.shrink_to(2 * BUFFER_BYTES);
        Ok(())
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How much memory it takes for what it holds back, in bytes.
    pub fn held(&self) -> usize {
        self.buffer.capacity()
    }

    /// Makes the file durable: its name inside the export, and its hash.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn finish(self) -> Result<(String, String), ExportError> {
        let parent = self.path.parent().map(Path::to_owned);
        let Finished { path, sealed, .. } = self.seal()?;
        parent.as_deref().map_or(Ok(()), folder::sync_folder)?;
        Ok((path, HEXLOWER.encode(&sealed.sha256)))
    }

    /// Makes what is in the file durable. Whoever calls it makes its name so, too.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn seal(mut self) -> Result<Finished, ExportError> {
        self.append()?.sync_all().map_err(ExportError::io("sync", &self.path))?;
        let sealed = Sealed { bytes: self.bytes, sha256: self.hash.finalize().into() };
        Ok(Finished { path: self.name, writes: self.writes, sealed })
    }

    /// Writes out what is held back, and lets go of its memory.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write_out(&mut self) -> Result<(), ExportError> {
        if !self.buffer.is_empty() {
            self.append()?;
        }
        self.buffer = Vec::new();
        Ok(())
    }

    /// Hashes and writes what is held back: in one piece, since each call costs something.
    fn append(&mut self) -> Result<File, ExportError> {
        self.hash.update(&self.buffer);
        let mut file = File::options().append(true).open(&self.path).map_err(ExportError::io("open", &self.path))?;
        file.write_all(&self.buffer).map_err(ExportError::io("write", &self.path))?;
        self.buffer.clear();
        Ok(file)
    }
}
