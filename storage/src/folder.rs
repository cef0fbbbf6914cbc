//! The store's folder: its lock, its version, and making names durable.

use crate::StoreError;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

const VERSION: &str = "1";
const VERSION_FILE: &str = "VERSION";

/// How often a lock that is held is tried again, and how long after: together a second.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// Locks the folder, making it a store if it is none.
///
/// # Errors
/// When it is in use, of another version, or cannot be made.
pub(crate) fn create(dir: &Path) -> Result<File, StoreError> {
    create_durably(dir)?;
    let lock = lock(dir)?;
    let version = dir.join(VERSION_FILE);
    if !version.exists() {
        if dir.join("certified").exists() {
            return Err(StoreError::Version { folder: dir.to_owned(), found: String::new() });
        }
        write_version(&dir.join("VERSION.tmp"), &version).map_err(StoreError::io("create", &version))?;
        sync(dir)?;
    }
    check_version(dir)?;
    Ok(lock)
}

/// Locks a folder that is a store already.
///
/// # Errors
/// When it holds no store, or as [`create`].
pub(crate) fn existing(dir: &Path) -> Result<File, StoreError> {
    if !dir.join(VERSION_FILE).exists() {
        return Err(StoreError::NotAStore(dir.to_owned()));
    }
    let lock = lock(dir)?;
    check_version(dir)?;
    Ok(lock)
}

/// Makes a folder, if it is not there, and its name durable.
///
/// # Errors
/// When the system refuses.
pub(crate) fn create_durably(dir: &Path) -> Result<(), StoreError> {
    if dir.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(dir).map_err(StoreError::io("create the folder", dir))?;
    dir.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync)
}

/// Makes the names in a folder durable, where the system has a way to.
///
/// # Errors
/// When the system refuses.
pub(crate) fn sync(dir: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        File::open(dir).and_then(|folder| folder.sync_all()).map_err(StoreError::io("sync the folder", dir))?;
    }
    Ok(())
}

fn lock(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join("LOCK");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(StoreError::io("open", &path))?;
    // A process that has just ended may not have been cleared away yet.
    let mut left = LOCK_TRIES;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if left == 0 => return Err(StoreError::InUse(dir.to_owned())),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(source)) => return Err(StoreError::Io { action: "lock", path, source }),
        }
        left -= 1;
    }
}

fn write_version(temporary: &Path, version: &Path) -> io::Result<()> {
    let mut file = File::create(temporary)?;
    writeln!(file, "{VERSION}")?;
    file.sync_all()?;
    fs::rename(temporary, version)
}

fn check_version(dir: &Path) -> Result<(), StoreError> {
    let path = dir.join(VERSION_FILE);
    let bytes = fs::read(&path).map_err(StoreError::io("read", &path))?;
    let found = String::from_utf8_lossy(&bytes[..bytes.len().min(16)]).trim().to_owned();
    if found == VERSION { Ok(()) } else { Err(StoreError::Version { folder: dir.to_owned(), found }) }
}
