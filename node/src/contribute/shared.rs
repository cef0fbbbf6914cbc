//! What has been shared from this home before, so that nothing is shared twice by accident.
//!
//! One keyed digest per content in a private file. Without the seed the digests confirm no guess.

use super::Prepared;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::record::content::Content;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// The digests of what was shared with one community.
pub struct Shared {
    path: PathBuf,
    key: [u8; 32],
    seen: BTreeSet<String>,
}

impl Shared {
    /// Reads the file in a community's folder; an absent one is empty.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn load(folder: &std::path::Path, seed: &Seed, community: &Cid) -> io::Result<Self> {
        let path = folder.join("shared.txt");
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            other => other?,
        };
        let key = Sha256::new()
            .chain_update(b"commonwheel/1/shared\0")
            .chain_update(seed.expose())
            .chain_update(community.to_bytes())
            .finalize()
            .into();
        Ok(Shared { path, key, seen: text.lines().map(str::to_owned).collect() })
    }

    /// The digest of an item: the same for the same texts in the same places. Two corrections
    /// differ when they correct different messages.
    pub fn digest(&self, item: &Prepared) -> String {
        let mut texts = vec![item.content.kind().to_owned()];
        item.content.map(&mut |marked| texts.push(marked.text.as_str().to_owned()));
        let links = [item.corrects, item.about, item.revises.map(|revised| revised.record)];
        texts.extend(links.into_iter().flatten().map(|record| record.to_string()));
        if let Content::Correction(correction) = &item.content {
            texts.extend(correction.message.map(|at| at.to_string()));
        }
        self.digest_text(&texts.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The digest of texts.
    pub fn digest_text(&self, texts: &[&str]) -> String {
        let mut hash = Sha256::new().chain_update(self.key);
        for text in texts {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        data_encoding::HEXLOWER.encode(&hash.finalize()[..16])
    }

    /// Whether it was shared before, or seen in this run.
    pub fn contains(&self, digest: &str) -> bool {
        self.seen.contains(digest)
    }

    /// Remembers digests for this run; [`Shared::save`] keeps them.
    pub fn remember(&mut self, digest: String) -> bool {
        self.seen.insert(digest)
    }

    /// Appends digests to the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, digests: &[String]) -> io::Result<()> {
        if digests.is_empty() {
            return Ok(());
        }
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(&self.path)?;
        file.write_all((digests.join("\n") + "\n").as_bytes())?;
        file.sync_data()
    }
}
