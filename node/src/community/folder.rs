//! A community's folder: `founding.cbor`, `terms.md`, `peers.txt`, and later `consent.toml` and `store/`.

use super::draft::check_terms;
use super::{Community, CommunityError, PEERS, printable};
use crate::home::{Home, create_folder, random_suffix, read_bounded, replace, sync_folder, write_new};
use commonwheel_protocol::agreement::Founding;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::limits::{CHARTER_BYTES, TERMS_BYTES};
use libp2p::Multiaddr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Addresses of a community's peers, in bytes.
const PEERS_BYTES: usize = PEERS * 512;

impl Community {
    /// Keeps a community in a home folder: its folder appears whole or not at all. When it is there
    /// already, the one that is there is returned, unchanged.
    ///
    /// # Errors
    /// When the terms are not the charter's, or it cannot be written.
    pub fn save(home: &Home, founding: &Founding, terms: &str) -> Result<Self, CommunityError> {
        check_terms(founding.charter(), terms)?;
        let folder = home.community(&founding.community());
        if folder.exists() {
            return load(home, &founding.community());
        }
        let write = |temporary: &Path| {
            create_folder(temporary)?;
            write_new(&temporary.join("founding.cbor"), founding.bytes())?;
            write_new(&temporary.join("terms.md"), terms.as_bytes())?;
            write_new(&temporary.join("peers.txt"), PEERS_HEAD.as_bytes())?;
            fs::rename(temporary, &folder)?;
            sync_folder(&folder)
        };
        let suffix = random_suffix().map_err(CommunityError::io(&folder))?;
        let temporary = home.communities().join(format!(".{suffix}.tmp"));
        if let Err(why) = write(&temporary) {
            // The first error is the one to report.
            let _ = fs::remove_dir_all(&temporary);
            return Err(CommunityError::Io { path: folder, why });
        }
        Ok(Community { founding: founding.clone(), terms: terms.to_owned(), folder })
    }

    /// The addresses of peers that are kept for this community.
    ///
    /// # Errors
    /// When the file cannot be read or a line is no multiaddress.
    pub fn peers(&self) -> Result<Vec<Multiaddr>, CommunityError> {
        let path = self.peers_path();
        let text = match read_bounded(&path, PEERS_BYTES).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(_)) => return Err(damaged(&path, "text")),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
            Err(error) => return Err(CommunityError::io(&path)(error)),
        };
        let lines = text.lines().enumerate().map(|(i, line)| (i, line.trim()));
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        lines
            .map(|(i, line)| line.parse().map_err(|_| damaged(&path, &format!("a multiaddress on line {}", i + 1))))
            .collect()
    }

    /// Adds addresses to those that are kept, each once.
    ///
    /// # Errors
    /// When there are too many, or the file cannot be written.
    pub fn add_peers(&self, addresses: &[Multiaddr]) -> Result<(), CommunityError> {
        let mut peers = self.peers()?;
        for address in addresses {
            if !peers.contains(address) {
                peers.push(address.clone());
            }
        }
        let path = self.peers_path();
        if peers.len() > PEERS {
            return Err(CommunityError::Addresses { most: PEERS, found: peers.len(), path });
        }
        let lines: String = peers.iter().map(|address| format!("{address}\n")).collect();
        replace(&path, format!("{PEERS_HEAD}{lines}").as_bytes()).map_err(CommunityError::io(&path))
    }

    fn peers_path(&self) -> PathBuf {
        self.folder.join("peers.txt")
    }
}

const PEERS_HEAD: &str = "# Where peers of this community can be reached: one multiaddress on each line.\n";

/// The ids of the communities on this machine, in their order.
///
/// # Errors
/// When the folder of communities cannot be read, or holds a folder of another name.
pub fn ids(home: &Home) -> Result<Vec<Cid>, CommunityError> {
    let path = home.communities();
    let entries = match fs::read_dir(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
        other => other.map_err(CommunityError::io(&path))?,
    };
    let mut ids = Vec::new();
    for entry in entries {
        let entry = entry.map_err(CommunityError::io(&path))?;
        // A name that begins with a dot is a folder that was not finished.
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with('.') {
            ids.push(name.parse().map_err(|_| damaged(&entry.path(), "a community's id as the name of the folder"))?);
        }
    }
    ids.sort();
    Ok(ids)
}

/// Every community on this machine, by name.
///
/// # Errors
/// When a folder cannot be read or is damaged; the error names it.
pub fn all(home: &Home) -> Result<Vec<Community>, CommunityError> {
    let mut communities = ids(home)?.iter().map(|id| load(home, id)).collect::<Result<Vec<_>, _>>()?;
    communities.sort_by_cached_key(|community| (community.founding.charter().name.clone(), community.id()));
    Ok(communities)
}

/// The id of the one community that `wanted` names, by its id, the beginning of its id, or its name
/// in either case.
///
/// # Errors
/// When none or several fit.
pub fn resolve(home: &Home, wanted: &str) -> Result<Cid, CommunityError> {
    chosen(home, Some(wanted)).map(|community| community.id())
}

/// The one community that `wanted` names, as [`resolve`] finds it; the only one on this machine when
/// nothing is given.
///
/// # Errors
/// When none or several fit, or one is damaged.
pub fn chosen(home: &Home, wanted: Option<&str>) -> Result<Community, CommunityError> {
    let communities = all(home)?;
    let names: Vec<_> = communities.iter().map(|community| printable(&community.founding.charter().name)).collect();
    let fits = |community: &Community| {
        wanted.is_none_or(|wanted| {
            let named = community.founding.charter().name.to_lowercase() == wanted.to_lowercase();
            named || (!wanted.is_empty() && community.id().to_string().starts_with(wanted))
        })
    };
    let mut found: Vec<_> = communities.into_iter().filter(fits).collect();
    match (found.len(), names.is_empty()) {
        (1, _) => Ok(found.remove(0)),
        (0, true) => Err(CommunityError::NoneHere),
        (0, false) => Err(CommunityError::NotFound { known: names.join(", ") }),
        (several, _) => {
            let ids: Vec<_> = found.iter().map(|community| community.id().to_string()).collect();
            Err(CommunityError::Ambiguous { found: several, ids: ids.join(", ") })
        }
    }
}

/// The community with this id.
///
/// # Errors
/// When its folder cannot be read or is damaged.
pub fn load(home: &Home, id: &Cid) -> Result<Community, CommunityError> {
    let folder = home.community(id);
    let path = folder.join("founding.cbor");
    let bytes = read_bounded(&path, CHARTER_BYTES).map_err(CommunityError::io(&path))?;
    let founding = Founding::verify(&bytes).map_err(|error| damaged(&path, &format!("a signed charter ({error})")))?;
    if founding.community() != *id {
        return Err(damaged(&path, "the charter whose hash is the name of the folder"));
    }
    let path = folder.join("terms.md");
    let bytes = read_bounded(&path, TERMS_BYTES).map_err(CommunityError::io(&path))?;
    let terms = String::from_utf8(bytes).map_err(|_| damaged(&path, "text"))?;
    check_terms(founding.charter(), &terms).map_err(|_| damaged(&path, "the terms whose hash the charter names"))?;
    Ok(Community { founding, terms, folder })
}

fn damaged(path: &Path, expected: &str) -> CommunityError {
    CommunityError::Damaged { path: path.to_owned(), expected: expected.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{found_in, founded, named};
    use super::*;

    #[test]
    fn a_community_is_found_by_id_beginning_of_id_or_name_and_never_by_guess() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        assert!(matches!(chosen(&home, None), Err(CommunityError::NoneHere)));
        let river = found_in(&home, &named("Riverbank", 1));
        assert_eq!(chosen(&home, None).unwrap(), river);
        let mill = found_in(&home, &named("Mill Lane", 2));
        let id = mill.id().to_string();
        for wanted in ["mill lane", &id, &id[..20]] {
            assert_eq!(resolve(&home, wanted).unwrap(), mill.id(), "{wanted}");
        }
        let error = resolve(&home, "Ferry").unwrap_err().to_string();
        assert!(error.contains("Mill Lane, Riverbank"), "{error}");
        for several in [None, Some("bafy")] {
            let error = chosen(&home, several).unwrap_err().to_string();
            assert!(error.contains(&id) && error.contains(&river.id().to_string()), "{error}");
        }
        found_in(&home, &named("Mill Lane", 3));
        assert!(matches!(resolve(&home, "Mill Lane"), Err(CommunityError::Ambiguous { found: 2, .. })));
    }

    #[test]
    fn a_folder_with_a_changed_charter_or_changed_terms_is_refused_by_name() {
        let (folder, community) = founded();
        let home = Home::at(folder.path());
        assert_eq!(all(&home).unwrap(), std::slice::from_ref(&community));
        for (file, bytes) in [("terms.md", &b"Other terms"[..]), ("founding.cbor", b"\xa0")] {
            let path = community.folder.join(file);
            let whole = fs::read(&path).unwrap();
            fs::write(&path, bytes).unwrap();
            let error = all(&home).unwrap_err().to_string();
            assert!(error.contains(file), "{error}");
            fs::write(&path, whole).unwrap();
        }
    }

    #[test]
    fn an_unfinished_folder_is_no_community() {
        let (folder, _community) = founded();
        let home = Home::at(folder.path());
        fs::create_dir(home.communities().join(".1234.tmp")).unwrap();
        assert_eq!(all(&home).unwrap().len(), 1);
    }

    #[test]
    fn peers_are_kept_once_each_and_a_wrong_line_is_named() {
        let (_folder, community) = founded();
        let address: Multiaddr = "/ip4/127.0.0.1/tcp/4717".parse().unwrap();
        community.add_peers(&[address.clone(), address.clone()]).unwrap();
        community.add_peers(std::slice::from_ref(&address)).unwrap();
        assert_eq!(community.peers().unwrap(), [address]);
        let many: Vec<_> = (0..PEERS).map(|i| format!("/ip4/127.0.0.1/tcp/{}", i + 1).parse().unwrap()).collect();
        assert!(matches!(community.add_peers(&many), Err(CommunityError::Addresses { found: 257, .. })));
        fs::write(community.folder.join("peers.txt"), "# mine\n\n127.0.0.1:80\n").unwrap();
        let error = community.peers().unwrap_err().to_string();
        assert!(error.contains("line 3"), "{error}");
    }
}
