//! Reading at a place of a file, without a cursor in it that readers would share.

use std::fs::File;
use std::io;

/// Fills `into` with what stands at an offset, in bytes, as far as the file goes, and says how many bytes that are.
///
/// # Errors
/// When the system refuses.
pub(crate) fn read_at(file: &File, offset: u64, into: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < into.len() {
        match once(file, offset + filled as u64, &mut into[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Fills all of `into` with what stands at an offset of a file, in bytes. No other reader's place in it is moved, but on
/// Windows.
///
/// # Errors
/// When the system refuses, and when the file ends before.
pub fn read_exact_at(file: &File, offset: u64, into: &mut [u8]) -> io::Result<()> {
    if read_at(file, offset, into)? == into.len() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(unix)]
fn once(file: &File, offset: u64, into: &mut [u8]) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, offset)
}

#[cfg(windows)]
fn once(file: &File, offset: u64, into: &mut [u8]) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, into, offset)
}
