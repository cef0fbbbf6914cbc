//! A torrent of an export: BitTorrent v2 (BEP 52), the same bytes for the same folder.
//!
//! It holds no date, no program and no machine: its info-hash is a function of the files and of the name. So everybody
//! who has an edition makes the same torrent of it, and whoever fetches it checks each block by the hash.

mod bencode;
mod merkle;

use crate::export::folder;
use crate::percent;
use bencode::Value;
use commonwheel_protocol::dataset::{Manifest, names};
use data_encoding::HEXLOWER;
use merkle::{BLOCK_BYTES, FileTree, Tree};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// As many pieces as a torrent should have at most: the piece's length is the least that gives no more.
const PIECES: u64 = 2048;
/// The longest piece, whatever the size: what a client must fetch again when one byte of it is wrong.
const PIECE_BYTES: u64 = 16 << 20;
/// The longest part of a path that common file systems take.
const NAME_BYTES: usize = 255;

/// What is written beside the files' hashes.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The name of the folder at those who fetch it; without one, that of the edition or of the state.
    pub name: Option<String>,
    /// Trackers, the first first.
    pub trackers: Vec<String>,
    /// Web servers that hold the folder.
    pub web_seeds: Vec<String>,
}

/// A torrent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torrent {
    /// The bytes of the `.torrent`.
    pub bytes: Vec<u8>,
    /// The SHA-256 of its info dictionary.
    pub info_hash: [u8; 32],
    /// The link by which clients find it.
    pub magnet: String,
    /// The name of the folder.
    pub name: String,
    /// How many bytes a piece has.
    pub piece_bytes: u64,
    /// How many files there are.
    pub files: usize,
    /// Their bytes together.
    pub total_bytes: u64,
}

/// Why there is no torrent.
#[derive(Debug, thiserror::Error)]
pub enum TorrentError {
    /// There is no export.
    #[error("{} is not an export: it holds no {} that this program knows; give the folder that `commonwheel export` wrote", .0.display(), names::MANIFEST)]
    NotAnExport(PathBuf),
    /// The files are others than those of the export.
    #[error("{path:?} {why}\nHint: `commonwheel verify` says what is wrong; make a torrent only of what it accepts")]
    Changed {
        /// Which file.
        path: String,
        /// In what way.
        why: &'static str,
    },
    /// A name that clients would take for something else.
    #[error(
        "{0:?} cannot be the name of a file in a torrent: expected 1 to 255 bytes, no / or \\, no control characters, and not . or .."
    )]
    Name(String),
    /// The system refused.
    #[error("could not read {}: {source}", path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// The torrent of an export's folder. Each file is read once, and must be the one in the folder's list of hashes.
///
/// `progress` is called with the number of bytes done and of all.
///
/// # Errors
/// See [`TorrentError`].
pub fn make(dir: &Path, options: &Options, progress: &mut dyn FnMut(usize, usize)) -> Result<Torrent, TorrentError> {
    let not_an_export = || TorrentError::NotAnExport(dir.to_owned());
    let manifest = folder::text(&dir.join(names::MANIFEST)).map_err(|_| not_an_export())?;
    let manifest = Manifest::read(&manifest).ok_or_else(not_an_export)?;
    let name = options.name.clone().unwrap_or_else(|| name_of(&manifest));
    let name = part(&name)?.to_owned();
    let sizes = sizes(dir)?;
    let total_bytes = sizes.values().sum();
    let piece_bytes = piece_bytes(total_bytes);
    let sums = folder::text(&dir.join(names::SUMS)).map_err(io_error(&dir.join(names::SUMS)))?;
    let sums: BTreeMap<_, _> =
        folder::read_sums(&sums).unwrap_or_default().into_iter().map(|(hash, path)| (path, hash)).collect();
    let listed: BTreeSet<&str> = sums.keys().copied().chain([names::SUMS]).collect();
    if let Some(missing) = listed.iter().find(|path| !sizes.contains_key(**path)) {
        return Err(TorrentError::Changed { path: (*missing).to_owned(), why: "is listed in SHA256SUMS and not here" });
    }
    let (mut tree, mut layers, mut done) = (Folder::default(), BTreeMap::new(), 0);
    for path in sizes.keys() {
        if !listed.contains(path.as_str()) {
            return Err(TorrentError::Changed { path: path.clone(), why: "is no part of the export" });
        }
        let mut read = |bytes: usize| {
            done += bytes;
            progress(done.min(total_bytes as usize), total_bytes as usize);
        };
        let (file, hash) = hashed(&dir.join(path), piece_bytes, &mut read)?;
        if path != names::SUMS && sums[path.as_str()] != HEXLOWER.encode(&hash) {
            return Err(TorrentError::Changed { path: path.clone(), why: "is not as SHA256SUMS says" });
        }
        if let Some(root) = file.root.filter(|_| !file.layer.is_empty()) {
            layers.insert(root.to_vec(), Value::Bytes(file.layer.concat()));
        }
        tree.add(path, file)?;
    }
    let info = Value::dict([
        ("file tree", tree.value()),
        ("meta version", Value::Int(2)),
        ("name", Value::text(&name)),
        ("piece length", Value::Int(piece_bytes)),
    ]);
    let info_hash: [u8; 32] = Sha256::digest(info.to_bytes()).into();
    let mut parts = BTreeMap::from([("info", info), ("piece layers", Value::Dict(layers))]);
    if let Some(first) = options.trackers.first() {
        parts.insert("announce", Value::text(first));
        let tier = |tracker: &String| Value::List(vec![Value::text(tracker)]);
        parts.insert("announce-list", Value::List(options.trackers.iter().map(tier).collect()));
    }
    if !options.web_seeds.is_empty() {
        parts.insert("url-list", Value::List(options.web_seeds.iter().map(Value::text).collect()));
    }
    Ok(Torrent {
        bytes: Value::dict(parts).to_bytes(),
        magnet: magnet(&info_hash, &name, options),
        info_hash,
        name,
        piece_bytes,
        files: sizes.len(),
        total_bytes,
    })
}

/// The link of BEP 9 and BEP 52: the hash as a multihash of SHA-256.
fn magnet(info_hash: &[u8; 32], name: &str, options: &Options) -> String {
    let mut link = format!("magnet:?xt=urn:btmh:1220{}&dn={}", HEXLOWER.encode(info_hash), percent::encode(name, b""));
    for (key, urls) in [("tr", &options.trackers), ("ws", &options.web_seeds)] {
        urls.iter().for_each(|url| link.push_str(&format!("&{key}={}", percent::encode(url, b""))));
    }
    link
}

/// The least power of two from 16 KiB on that gives at most [`PIECES`] pieces, and no more than [`PIECE_BYTES`].
fn piece_bytes(total_bytes: u64) -> u64 {
    let mut piece = BLOCK_BYTES as u64;
    while piece < PIECE_BYTES && total_bytes.div_ceil(piece) > PIECES {
        piece *= 2;
    }
    piece
}

/// The name that everybody gives it who has the same edition, or the same state.
fn name_of(manifest: &Manifest) -> String {
    let of = manifest.edition.as_ref().or(manifest.state_root.as_ref()).unwrap_or(&manifest.community);
    match &manifest.release {
        Some(release) => format!("commonwheel-release-{}-{of}", release.number),
        None => format!("commonwheel-{of}"),
    }
}

/// A part of a path that is a plain name on every system.
fn part(name: &str) -> Result<&str, TorrentError> {
    let plain = !name.is_empty() && name.len() <= NAME_BYTES && !matches!(name, "." | "..");
    match plain && !name.contains(|c: char| matches!(c, '/' | '\\') || c.is_control()) {
        true => Ok(name),
        false => Err(TorrentError::Name(name.to_owned())),
    }
}

/// The bytes of every file below the folder, by path.
fn sizes(dir: &Path) -> Result<BTreeMap<String, u64>, TorrentError> {
    let paths = folder::files(dir).map_err(io_error(dir))?;
    let size = |path: String| {
        let file = dir.join(&path);
        let bytes = file.metadata().map_err(io_error(&file))?.len();
        Ok((path, bytes))
    };
    paths.into_iter().map(size).collect()
}

/// A file's tree, and its SHA-256.
fn hashed(path: &Path, piece_bytes: u64, read: &mut dyn FnMut(usize)) -> Result<(Tree, [u8; 32]), TorrentError> {
    let mut file = File::open(path).map_err(io_error(path))?;
    let (mut tree, mut hash, mut buffer) = (FileTree::new(piece_bytes), Sha256::new(), vec![0; 256 * 1024]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok((tree.finish(), hash.finalize().into())),
            Ok(bytes) => {
                tree.update(&buffer[..bytes]);
                hash.update(&buffer[..bytes]);
                read(bytes);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(io_error(path)(error)),
        }
    }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> TorrentError {
    move |source| TorrentError::Io { path: path.to_owned(), source }
}

/// What lies in a folder of a torrent, by name.
#[derive(Default)]
struct Folder(BTreeMap<String, Entry>);

enum Entry {
    File(Tree),
    Folder(Folder),
}

impl Folder {
    fn add(&mut self, path: &str, file: Tree) -> Result<(), TorrentError> {
        let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let name = part(first)?.to_owned();
        let Some(rest) = rest else {
            self.0.insert(name, Entry::File(file));
            return Ok(());
        };
        match self.0.entry(name).or_insert_with(|| Entry::Folder(Folder::default())) {
            Entry::Folder(folder) => folder.add(rest, file),
            Entry::File(_) => Err(TorrentError::Name(path.to_owned())),
        }
    }

    fn value(&self) -> Value {
        let entry = |(name, entry): (&String, &Entry)| match entry {
            Entry::Folder(folder) => (name.clone(), folder.value()),
            Entry::File(tree) => {
                let root = tree.root.map(|root| ("pieces root", Value::Bytes(root.to_vec())));
                let file = Value::dict([("length", Value::Int(tree.length))].into_iter().chain(root));
                (name.clone(), Value::dict([("", file)]))
            }
        };
        Value::dict(self.0.iter().map(entry))
    }
}

#[cfg(test)]
mod tests;
