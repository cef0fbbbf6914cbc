//! The node's home folder: where keys, settings, communities and the local socket lie.

use std::path::{Path, PathBuf};

/// A home folder.
///
/// ```text
/// identity.key      the seed, 0600
/// transport.key     the libp2p key, 0600
/// config.toml       settings
/// node.sock         the running node's local handle
/// quarantine/       items held back on this machine, 0700
/// communities/<id>/ founding.cbor, terms.md, peers, consent.toml, store/
/// ```
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

impl Home {
    /// The folder at a path. Nothing is created yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Home(path.into())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the running node listens for commands.
    pub fn socket(&self) -> PathBuf {
        self.0.join("node.sock")
    }

    /// The seed of the person's or co-op's identity.
    pub fn identity(&self) -> PathBuf {
        self.0.join("identity.key")
    }

    /// The key by which peers know this node.
    pub fn transport(&self) -> PathBuf {
        self.0.join("transport.key")
    }

    /// Settings.
    pub fn config(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    /// Items held back on this machine.
    pub fn quarantine(&self) -> PathBuf {
        self.0.join("quarantine")
    }

    /// All communities.
    pub fn communities(&self) -> PathBuf {
        self.0.join("communities")
    }

    /// One community's folder.
    pub fn community(&self, id: &commonwheel_protocol::bytes::Cid) -> PathBuf {
        self.communities().join(id.to_string())
    }
}
