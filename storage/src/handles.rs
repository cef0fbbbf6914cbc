//! Files that stay open to be read from, since to open one costs more than to read a block.

use crate::read_at::read_at;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// How many files of a series stay open: three series and the network share what a process may have.
const OPEN: usize = 16;

/// The open files of a series, by their numbers, the one that was read last at the end.
#[derive(Default)]
pub(crate) struct Handles(Mutex<Vec<(u32, File)>>);

impl Handles {
    /// Fills `into` with what stands at an offset, in bytes, of the file with this number and path. Says how many bytes
    /// that are, which are fewer where the file ends before.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn read_at(&self, number: u32, path: &Path, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        // What a panic leaves behind is a list of open files all the same.
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match open.iter().rposition(|(held, _)| *held == number) {
            Some(place) => open.remove(place),
            None => (number, File::open(path)?),
        };
        if open.len() == OPEN {
            open.remove(0);
        }
        let read = read_at(&file.1, offset, into);
        open.push(file);
        read
    }

    /// Closes all of them.
    pub(crate) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn any_number_of_files_are_read_and_few_stay_open() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = |number: u32| dir.path().join(number.to_string());
        let handles = Handles::default();
        let files = 3 * OPEN as u32;
        (0..files).for_each(|number| fs::write(path(number), [number as u8, 1, 2]).unwrap());
        for number in (0..files).chain([0, files - 1, 7, 7]) {
            let mut found = [0; 2];
            assert_eq!(handles.read_at(number, &path(number), 1, &mut found).unwrap(), 2);
            assert_eq!(found, [1, 2]);
            assert_eq!(handles.read_at(number, &path(number), 0, &mut found[..1]).unwrap(), 1);
            assert_eq!(found[0], number as u8);
            assert!(handles.0.lock().unwrap().len() <= OPEN);
        }
        assert_eq!(handles.read_at(5, &path(5), 2, &mut [0; 2]).unwrap(), 1);
        assert_eq!(handles.read_at(5, &path(5), 9, &mut [0; 2]).unwrap(), 0);
        handles.close();
        assert!(handles.0.lock().unwrap().is_empty());
    }
}
