//! Items held back on the contributor's own machine, until a person has looked.
//!
//! Only redacted text is kept: the body as it would be published, and the decisions.

use crate::home;
use commonwheel_protocol::record::{Body, BodyError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io;
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
    /// The record that a note or a petition is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The person's own record that it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revises: Option<String>,
    /// When it is to be shared, in seconds since 1970; none for what waits for a look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<i64>,
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
        home::create_folder(&self.0).map_err(wrong)?;
        let text = serde_json::to_vec_pretty(held).map_err(|error| wrong(io::Error::other(error)))?;
        let mut number = self.numbers()?.last().map_or(1, |last| last + 1);
        loop {
            match home::write_new(&self.path(number), &text) {
                Ok(()) => return Ok(number),
                // Another command was faster.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_held_back_by_several_commands_at_once_are_all_kept() {
        const EACH: usize = 25;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| Quarantine::at(folder.path().join(name));
        let held = Held {
            community: String::new(),
            origin: String::new(),
            format: String::new(),
            findings: 6,
            body: String::new(),
            licence: String::new(),
            preference: String::new(),
            mode: String::new(),
            corrects: None,
            about: None,
            revises: None,
            due: None,
            digest: String::new(),
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..EACH).for_each(|_| assert!(at("quarantine").add(&held).is_ok())));
            }
        });
        assert_eq!(at("quarantine").numbers().unwrap().len(), 4 * EACH);
    }
}
