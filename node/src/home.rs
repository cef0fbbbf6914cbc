//! The node's home folder: where keys, settings, communities and the local socket lie.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// A home folder.
///
/// ```text
/// identity.key      the seed, 0600
/// transport.key     the libp2p key, 0600
/// config.toml       settings, written by the person
/// profile.toml      display name and author modes, written by `identity profile` and `identity mode`
/// hide.txt          a person's own terms to hide, one a line, 0600
/// node.sock         the running node's local handle
/// quarantine/       items held back on this machine, 0700
/// communities/<id>/ founding.cbor, terms.md, peers.txt, consent.toml, store/
/// ```
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

impl Home {
    /// The folder at a path. Nothing is created yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Home(path.into())
    }

    /// The folder that is used when none is named: `.commonwheel` in the person's own home.
    pub fn default_path() -> Option<PathBuf> {
        std::env::home_dir().map(|home| home.join(".commonwheel"))
    }

    /// Creates the folder, closed to others, unless it is there.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn create(&self) -> io::Result<()> {
        create_folder(&self.0)
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

    /// The person's display name and author modes.
    pub fn profile(&self) -> PathBuf {
        self.0.join("profile.toml")
    }

    /// The person's own terms to hide.
    pub fn hidden_terms(&self) -> PathBuf {
        self.0.join("hide.txt")
    }

    /// Items held back on this machine.
    pub fn quarantine(&self) -> PathBuf {
        self.0.join("quarantine")
    }

    /// Items to be shared later.
    pub fn later(&self) -> PathBuf {
        self.0.join("later")
    }

    /// Whether and until when the person withholds what was to be shared later.
    pub fn withheld(&self) -> PathBuf {
        self.0.join("withheld.toml")
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

/// Creates a folder and those above it, closed to others (mode 0700), unless it is there.
///
/// # Errors
/// When it cannot be created.
pub fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes a file that nobody else can read (mode 0600), whole or not at all, and durably.
///
/// # Errors
/// `AlreadyExists` when something is there; nothing is ever overwritten.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = write_beside(path, bytes)?;
    // Linking, unlike renaming, fails when the target exists.
    let linked = match fs::hard_link(&temporary, path) {
        // A file system without links, such as a USB stick's.
        Err(error) if error.kind() != ErrorKind::AlreadyExists && !path.exists() => fs::rename(&temporary, path),
        other => fs::remove_file(&temporary).and(other),
    };
    linked?;
    sync_folder(path)
}

/// Writes a file that nobody else can read (mode 0600), in place of what is there: afterwards, and
/// after a crash, it holds the old bytes or the new ones.
///
/// # Errors
/// When it cannot be written; then the old bytes stay.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = write_beside(path, bytes)?;
    if let Err(error) = fs::rename(&temporary, path) {
        // The first error is the one to report.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    sync_folder(path)
}

/// The bytes of a file that has at most `limit` of them.
///
/// # Errors
/// When it cannot be read or is larger.
pub fn read_bounded(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        let why = format!("{} has more than {limit} bytes, the most that is read", path.display());
        return Err(io::Error::new(ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let name =
        path.file_name().ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "expected the name of a file"))?;
    let temporary = path.with_file_name(format!(".{}.{}.tmp", name.to_string_lossy(), random_suffix()?));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&temporary);
    }
    written.map(|()| temporary)
}

/// Sixteen random characters, for names of temporary files.
pub(crate) fn random_suffix() -> io::Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}

/// Makes a file's name durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_never_overwrites_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_new(&path, b"first").unwrap();
        assert_eq!(write_new(&path, b"second").unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        replace(&path, b"third").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"third");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_over_the_limit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_new(&path, b"12345").unwrap();
        assert_eq!(read_bounded(&path, 5).unwrap(), b"12345");
        assert_eq!(read_bounded(&path, 4).unwrap_err().kind(), ErrorKind::FileTooLarge);
    }
}
