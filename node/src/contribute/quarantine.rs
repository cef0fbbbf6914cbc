//! Items held back on the contributor's own machine, until a person has looked.
//!
//! Only redacted text is kept: the body as it would be published, and the decisions.

use commonwheel_protocol::record::{Body, BodyError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// One item held back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Held {
    /// The community it was meant for.
    pub community: String,
    /// Where it came from: the file's name and the position in it.
    pub origin: String,
    /// The format of the file.
    pub format: String,
    /// How many findings were redacted.
    pub findings: i64,
    /// The body as it would be published, in base64.
    pub body: String,
    /// The licence chosen.
    pub licence: String,
    /// The preference given.
    pub preference: String,
    /// How the author appears.
    pub mode: String,
    /// The record that a correction corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<String>,
    /// The keyed digest of the content, by which it is known as shared.
    pub digest: String,
}

/// Why the quarantine could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum QuarantineError {
    /// The folder or a file.
    #[error("the quarantine at {0} cannot be used: {1}\nHint: check who owns the folder and whether the disk is full")]
    Io(PathBuf, io::Error),
    /// No such item.
    #[error("the quarantine holds no item {0}\nHint: `commonwheel quarantine list` shows what it holds")]
    NoSuch(u32),
    /// A file there is not one of ours.
    #[error(
        "the file {0} in the quarantine is damaged or of another version\nHint: remove it with `commonwheel quarantine discard`, and contribute the item again"
    )]
    Damaged(PathBuf),
}

/// The quarantine folder.
pub struct Quarantine(PathBuf);

impl Quarantine {
    /// The quarantine in a folder, which is made when first written.
    pub fn at(folder: PathBuf) -> Self {
        Quarantine(folder)
    }

    /// Holds an item back; gives its number.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&self, held: &Held) -> Result<u32, QuarantineError> {
        let wrong = |error| QuarantineError::Io(self.0.clone(), error);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0).map_err(wrong)?;
        let mut number = self.numbers()?.last().map_or(1, |last| last + 1);
        loop {
            let path = self.path(number);
            let temporary = path.with_extension("tmp");
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary) {
                Ok(mut file) => {
                    let text = serde_json::to_vec_pretty(held).map_err(|error| wrong(io::Error::other(error)))?;
                    file.write_all(&text).and_then(|()| file.sync_all()).map_err(wrong)?;
                    fs::rename(&temporary, &path).map_err(wrong)?;
                    return Ok(number);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(wrong(error)),
            }
        }
    }

    /// The numbers of all items, in order.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn numbers(&self) -> Result<Vec<u32>, QuarantineError> {
        let wrong = |error| QuarantineError::Io(self.0.clone(), error);
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(wrong)?,
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let path = entry.map_err(wrong)?.path();
            if path.extension().is_some_and(|ext| ext == "json") {
                numbers.extend(path.file_stem().and_then(|stem| stem.to_str()?.parse::<u32>().ok()));
            }
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// The numbers of all items by their digests. A damaged item has none.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn digests(&self) -> Result<BTreeMap<String, u32>, QuarantineError> {
        let digest = |number| self.get(number).ok().map(|(held, _, _)| (held.digest, number));
        Ok(self.numbers()?.into_iter().filter_map(digest).collect())
    }

    /// One item, with its body.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn get(&self, number: u32) -> Result<(Held, Body<String>, Vec<u8>), QuarantineError> {
        let path = self.path(number);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(QuarantineError::NoSuch(number)),
            other => other.map_err(|error| QuarantineError::Io(path.clone(), error))?,
        };
        let damaged = || QuarantineError::Damaged(path.clone());
        let held: Held = serde_json::from_slice(&text).map_err(|_| damaged())?;
        let bytes = data_encoding::BASE64.decode(held.body.as_bytes()).map_err(|_| damaged())?;
        let body = Body::verify(&bytes).map_err(|_: BodyError| damaged())?;
        Ok((held, body, bytes))
    }

    /// Takes an item away, for good.
    ///
    /// # Errors
    /// When there is none, or it cannot be removed.
    pub fn remove(&self, number: u32) -> Result<(), QuarantineError> {
        match fs::remove_file(self.path(number)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(QuarantineError::NoSuch(number)),
            other => other.map_err(|error| QuarantineError::Io(self.path(number), error)),
        }
    }

    fn path(&self, number: u32) -> PathBuf {
        Path::new(&self.0).join(format!("{number:04}.json"))
    }
}
