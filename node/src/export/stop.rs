//! Ending when somebody asks for it, without leaving behind what was being written.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// How often a folder is removed in which somebody writes, until nothing comes after.
const TRIES: usize = 1000;

/// Folders that are written now, or removed: what must not stay when the program ends.
static STAGED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// The folders that are written now. As long as this is held none is removed, and the program does not end by a signal.
pub(super) fn staged() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    STAGED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on SIGINT and SIGTERM remove the folders that are being written, and then end the program, with the exit code
/// that shells give for them: 130 or 143.
///
/// # Errors
/// When the system refuses.
pub fn cleanly() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut interrupt, mut terminate) = {
        let _inside = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    let wait = move || {
        let code = runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => 130,
                _ = terminate.recv() => 143,
            }
        });
        // Held to the end: nothing is put in its place any more, and whoever removes their own waits.
        let staged = staged();
        let removed: Vec<_> = staged.iter().filter(|dir| replace(dir)).collect();
        removed.into_iter().for_each(|dir| drop(fs::remove_file(dir)));
        process::exit(code)
    };
    thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop)
}

/// Puts an empty file in the place of a folder in which somebody writes: what they make after that is refused, as they
/// would else make the folder anew.
fn replace(dir: &Path) -> bool {
    let replaced = |_: &usize| match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => false,
        _ => File::create_new(dir).is_ok(),
    };
    // Nothing more can be done where even this fails; the next writer removes it.
    (0..TRIES).find(replaced).is_some()
}
