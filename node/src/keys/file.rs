//! The text format of key files, version 1.
//!
//! ```text
//! commonwheel identity key, version 1
//! # Whoever has this file … (lines that begin with # are ignored)
//! protection: argon2id m=65536 t=3 p=4, xchacha20-poly1305
//! salt: <16 bytes>
//! nonce: <24 bytes>
//! secret: <32 bytes, encrypted, and 16 bytes of tag>
//! ```
//!
//! Without a passphrase it says `protection: none`, has no salt and no nonce, and the secret is
//! followed by the first 4 bytes of its SHA-256, so that damage is noticed. Bytes are lower-case
//! hexadecimal. Every line before `secret` is authenticated with it.

use super::passphrase::{Cost, Passphrase, stretch};
use super::{KeyError, random_secret};
use crate::home::{read_bounded, write_new};
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::io::ErrorKind;
use std::path::Path;
use zeroize::Zeroizing;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A seed, in the home folder.
    Identity,
    /// A seed, to be kept elsewhere.
    Backup,
    /// A node's transport key.
    Transport,
}

impl Kind {
    fn first_line(self) -> &'static str {
        match self {
            Kind::Identity => "commonwheel identity key, version 1",
            Kind::Backup => "commonwheel identity backup, version 1",
            Kind::Transport => "commonwheel transport key, version 1",
        }
    }

    fn comment(self) -> &'static str {
        match self {
            Kind::Identity | Kind::Backup => {
                "# Whoever has this file (and its passphrase, if any) can sign as you. Without it your records cannot be withdrawn."
            }
            Kind::Transport => "# By this key other nodes know this one. It signs no records.",
        }
    }
}

/// A key file, in bytes: the format needs a quarter of that.
const FILE_BYTES: usize = 4096;
const NO_PROTECTION: &str = "protection: none\n";

/// Writes a new key file that nobody else can read.
///
/// # Errors
/// When something is there already, or it cannot be written.
pub(super) fn write(
    path: &Path,
    kind: Kind,
    secret: &[u8; 32],
    passphrase: Option<&Passphrase>,
) -> Result<(), KeyError> {
    let (protection, sealed) = match passphrase {
        None => (NO_PROTECTION.to_owned(), Zeroizing::new([&secret[..], &checksum(secret)].concat())),
        Some(passphrase) => seal(kind, secret, passphrase)?,
    };
    let hex = Zeroizing::new(HEXLOWER.encode(&sealed));
    let (first, comment) = (kind.first_line(), kind.comment());
    let text = Zeroizing::new(format!("{first}\n{comment}\n{protection}secret: {}\n", *hex));
    write_new(path, text.as_bytes()).map_err(|why| match why.kind() {
        ErrorKind::AlreadyExists => KeyError::Exists(path.to_owned()),
        _ => KeyError::Io { path: path.to_owned(), why },
    })
}

/// The secret in a key file. `ask` is called only when the file is protected.
///
/// # Errors
/// When the file is not there, others can read it (except for a backup), it is damaged, or the
/// passphrase is missing or wrong.
pub(super) fn read(
    path: &Path,
    kind: Kind,
    ask: impl FnOnce() -> Option<Passphrase>,
) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let bytes = read_bounded(path, FILE_BYTES).map_err(|why| match why.kind() {
        ErrorKind::NotFound => KeyError::Missing(path.to_owned()),
        _ => KeyError::Io { path: path.to_owned(), why },
    })?;
    let bytes = Zeroizing::new(bytes);
    if kind != Kind::Backup {
        refuse_if_others_can_read(path)?;
    }
    let damaged = |expected| KeyError::Damaged { path: path.to_owned(), expected };
    let text = std::str::from_utf8(&bytes).map_err(|_| damaged("text"))?;
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.starts_with('#'));
    if lines.next() != Some(kind.first_line()) {
        return Err(damaged(kind.first_line()));
    }
    let sealed = match lines.next() {
        Some("protection: none") => {
            let plain = Zeroizing::new(field::<36>(lines.next(), "secret").ok_or_else(|| damaged("the whole secret"))?);
            let (secret, check) = plain.split_at(32);
            let secret = Zeroizing::new(<[u8; 32]>::try_from(secret).map_err(|_| damaged("the whole secret"))?);
            return if *check == checksum(&secret) { Ok(secret) } else { Err(damaged("a secret with its checksum")) };
        }
        Some(line) => Sealed::parse(line, &mut lines).ok_or_else(|| {
            damaged("a protection of argon2id and xchacha20-poly1305 with salt, nonce and the whole secret")
        })?,
        None => return Err(damaged("a protection")),
    };
    let passphrase = ask().ok_or_else(|| KeyError::NeedsPassphrase(path.to_owned()))?;
    sealed.open(kind, &passphrase).ok_or_else(|| KeyError::WrongPassphrase(path.to_owned()))
}

fn checksum(secret: &[u8; 32]) -> [u8; 4] {
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(secret));
    [a, b, c, d]
}

/// The lines about the protection, and the encrypted secret.
fn seal(kind: Kind, secret: &[u8; 32], passphrase: &Passphrase) -> Result<(String, Zeroizing<Vec<u8>>), KeyError> {
    let random = random_secret()?;
    let mut salt = [0; 16];
    salt.copy_from_slice(&random[..16]);
    let mut nonce = [0; 24];
    nonce.copy_from_slice(&random_secret()?[..24]);
    let head = head(Cost::NEW, &salt, &nonce);
    let key = stretch(passphrase, Cost::NEW, &salt)
        .ok_or_else(|| KeyError::Io { path: "the passphrase".into(), why: ErrorKind::OutOfMemory.into() })?;
    let aad = [kind.first_line().as_bytes(), head.as_bytes()].concat();
    let sealed = XChaCha20Poly1305::new(&(*key).into())
        .encrypt(&nonce.into(), Payload { msg: secret, aad: &aad })
        .expect("32 bytes are within the cipher's limit");
    Ok((head, Zeroizing::new(sealed)))
}

fn head(cost: Cost, salt: &[u8; 16], nonce: &[u8; 24]) -> String {
    let Cost { memory_kib: m, passes: t, lanes: p } = cost;
    let (salt, nonce) = (HEXLOWER.encode(salt), HEXLOWER.encode(nonce));
    format!("protection: argon2id m={m} t={t} p={p}, xchacha20-poly1305\nsalt: {salt}\nnonce: {nonce}\n")
}

/// A protected secret as the file gives it.
struct Sealed {
    cost: Cost,
    salt: [u8; 16],
    nonce: [u8; 24],
    secret: [u8; 48],
}

impl Sealed {
    fn parse<'a>(protection: &str, lines: &mut impl Iterator<Item = &'a str>) -> Option<Sealed> {
        let cost = protection.strip_prefix("protection: argon2id ")?.strip_suffix(", xchacha20-poly1305")?;
        let mut numbers =
            cost.split(' ').zip(["m=", "t=", "p="]).map(|(text, name)| text.strip_prefix(name)?.parse().ok());
        Some(Sealed {
            cost: Cost { memory_kib: numbers.next()??, passes: numbers.next()??, lanes: numbers.next()?? },
            salt: field(lines.next(), "salt")?,
            nonce: field(lines.next(), "nonce")?,
            secret: field(lines.next(), "secret")?,
        })
    }

    fn open(&self, kind: Kind, passphrase: &Passphrase) -> Option<Zeroizing<[u8; 32]>> {
        let key = stretch(passphrase, self.cost, &self.salt)?;
        let head = head(self.cost, &self.salt, &self.nonce);
        let aad = [kind.first_line().as_bytes(), head.as_bytes()].concat();
        let plain = XChaCha20Poly1305::new(&(*key).into())
            .decrypt(&self.nonce.into(), Payload { msg: &self.secret, aad: &aad })
            .ok()
            .map(Zeroizing::new)?;
        plain.as_slice().try_into().ok().map(Zeroizing::new)
    }
}

/// The bytes of a line `name: <hexadecimal>`, when there are exactly `N`.
fn field<const N: usize>(line: Option<&str>, name: &str) -> Option<[u8; N]> {
    let hex = line?.strip_prefix(name)?.strip_prefix(": ")?;
    Zeroizing::new(HEXLOWER.decode(hex.as_bytes()).ok()?).as_slice().try_into().ok()
}

#[cfg(unix)]
fn refuse_if_others_can_read(path: &Path) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map_err(KeyError::io(path))?.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeyError::Readable { path: path.display().to_string(), mode }) }
}

#[cfg(not(unix))]
fn refuse_if_others_can_read(_: &Path) -> Result<(), KeyError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn phrase(text: &str) -> Option<Passphrase> {
        Some(Passphrase::typed(text.into()))
    }

    #[test]
    fn a_truncated_or_changed_file_is_refused_and_its_secret_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        for passphrase in [None, phrase("correct horse")] {
            let path = folder.path().join("identity.key");
            write(&path, Kind::Identity, &[0xab; 32], passphrase.as_ref()).unwrap();
            let whole = fs::read_to_string(&path).unwrap();
            for cut in [0, 10, whole.len() / 2, whole.len() - 3] {
                fs::write(&path, &whole[..cut]).unwrap();
                let error = read(&path, Kind::Identity, || passphrase.clone()).unwrap_err();
                assert!(matches!(error, KeyError::Damaged { .. }), "{error}");
                assert!(!format!("{error} {error:?}").contains("abab"));
            }
            let flipped = whole.trim_end().len() - 70;
            let mut changed = whole.clone().into_bytes();
            changed[flipped] = if changed[flipped] == b'0' { b'1' } else { b'0' };
            fs::write(&path, changed).unwrap();
            assert!(read(&path, Kind::Identity, || passphrase.clone()).is_err());
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn the_first_line_says_what_a_file_is_and_one_kind_is_not_taken_for_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("transport.key");
        write(&path, Kind::Transport, &[1; 32], None).unwrap();
        assert!(fs::read_to_string(&path).unwrap().starts_with("commonwheel transport key, version 1\n"));
        assert!(matches!(read(&path, Kind::Identity, || None), Err(KeyError::Damaged { .. })));
        assert_eq!(*read(&path, Kind::Transport, || None).unwrap(), [1; 32]);
    }

    #[test]
    fn the_parameters_in_a_protected_file_are_authenticated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("identity.key");
        write(&path, Kind::Identity, &[1; 32], phrase("correct horse").as_ref()).unwrap();
        let weaker = fs::read_to_string(&path).unwrap().replace("t=1", "t=2");
        fs::write(&path, weaker).unwrap();
        let error = read(&path, Kind::Identity, || phrase("correct horse")).unwrap_err();
        assert!(matches!(error, KeyError::WrongPassphrase(_)));
    }
}
