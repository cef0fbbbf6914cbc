//! Works of rows, made from the files of rows when these are whole: by the exporter, and again by who checks.

use super::ExportError;
use super::pool::Pool;
use commonwheel_protocol::dataset::{Bound, MergedRows, Partition, Work};
use data_encoding::HEXLOWER;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

/// What was written: what the manifest says, and each file with its hash.
pub type WrittenWorks = (Vec<MergedRows>, Vec<(String, String)>);

/// Gives each line of a work, with its newline, and in which of its files it stands: in the order of the paths of the
/// files of rows, and in each of its rows. `rows` says how many each of these files has, by what binds them; all lie in
/// `dir`, and hold rows alone.
///
/// # Errors
/// The first of the system or of `put`.
pub fn lines<E: From<io::Error>>(
    dir: &Path,
    work: &Work,
    rows: &BTreeMap<Partition, Bound>,
    put: &mut dyn FnMut(&Partition, &str) -> Result<(), E>,
) -> Result<(), E> {
    for (partition, bound) in rows.iter().filter(|(_, bound)| work.holds_any(bound)) {
        let place = work.place(partition);
        for row in BufReader::new(File::open(dir.join(partition.path()))?).lines() {
            let row = row?;
            if work.holds(&row, bound) {
                put(&place, &(work.line(&row) + "\n"))?;
            }
        }
    }
    Ok(())
}

/// Writes the works that rows become. `progress` is called with the number of rows in works, of all of which each is in one.
///
/// # Errors
/// When the system refuses.
pub fn write(
    dir: &Path,
    rows: &BTreeMap<Partition, Bound>,
    progress: &mut dyn FnMut(usize),
) -> Result<WrittenWorks, ExportError> {
    let (mut stated, mut sums, mut done) = (Vec::new(), Vec::new(), 0);
    for work in Work::of(rows) {
        let mut pool = Pool::new(dir);
        let mut put = |place: &Partition, line: &str| {
            done += 1;
            progress(done);
            pool.write(place, || work.path(place), line.as_bytes()).map_err(io::Error::other)
        };
        lines(dir, &work, rows, &mut put).map_err(ExportError::io("merge the rows in", dir))?;
        let files = pool.finish()?;
        sums.extend(files.values().map(|file| (file.path.clone(), HEXLOWER.encode(&file.sealed.sha256))));
        let counted = files.into_iter().map(|(place, file)| (place, (file.writes, file.sealed)));
        stated.push(work.stated(&counted.collect()));
    }
    Ok((stated, sums))
}
