//! The append-only files of one shelf: `00000001.car`, `00000002.car` and so on.

use crate::car::{self, Next};
use crate::handles::Handles;
use crate::{StoreError, folder};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::ledger::Blocks;
use commonwheel_protocol::limits::FRAME_BYTES;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How many bytes behind a section are read with it when others are looked for that may stand there: most certificates,
/// bodies and headers are shorter together.
const AHEAD_BYTES: usize = 3 << 10;

/// A place between two sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    /// The file's number, from 1.
    pub file: u32,
    /// Bytes from the file's start.
    pub offset: u64,
}

impl Position {
    /// The place of a series' first section.
    pub(crate) const START: Position = Position { file: 1, offset: car::HEADER_BYTES };
}

/// Where a block's section stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Location {
    /// Where the section begins.
    pub at: Position,
    /// Size of the block alone, in bytes.
    pub size: u32,
}

impl Location {
    /// Where the section ends.
    pub(crate) fn end(&self) -> Position {
        let length = car::section_bytes(self.size as usize) as u64;
        Position { file: self.at.file, offset: self.at.offset + length }
    }
}

/// The files of one shelf, open for appending to the last.
pub(crate) struct Series {
    dir: PathBuf,
    file_bytes: u64,
    active: File,
    end: Position,
    handles: Handles,
}

impl Series {
    /// Opens the series in `dir`, making its first file when there is none. A file that was cut off
    /// inside its header gets its header again.
    ///
    /// # Errors
    /// When a file is missing, or the system refuses.
    pub(crate) fn open(dir: &Path, file_bytes: u64) -> Result<Series, StoreError> {
        folder::create_durably(dir)?;
        let last = last_file(dir)?;
        let path = file_path(dir, last.max(1));
        if last == 0 || file_len(&path)? < car::HEADER_BYTES {
            write_header(dir, &path)?;
        }
        let active = open_to_append(&path)?;
        let end = Position { file: last.max(1), offset: file_len(&path)? };
        Ok(Series { dir: dir.to_owned(), file_bytes, active, end, handles: Handles::default() })
    }

    /// Opens the series in `dir` without changing anything; `None` when it has no file. It cannot be
    /// appended to.
    ///
    /// # Errors
    /// As [`Series::open`].
    pub(crate) fn open_to_read(dir: &Path) -> Result<Option<Series>, StoreError> {
        let last = if dir.exists() { last_file(dir)? } else { 0 };
        if last == 0 {
            return Ok(None);
        }
        let path = file_path(dir, last);
        let active = File::open(&path).map_err(StoreError::io("open", &path))?;
        let end = Position { file: last, offset: file_len(&path)? };
        Ok(Some(Series { dir: dir.to_owned(), file_bytes: 0, active, end, handles: Handles::default() }))
    }

    /// Where the next section goes.
    pub(crate) fn end(&self) -> Position {
        self.end
    }

    /// The path of one of the files.
    pub(crate) fn path(&self, file: u32) -> PathBuf {
        file_path(&self.dir, file)
    }

    /// Appends one block. It is durable after [`Series::sync`].
    ///
    /// # Errors
    /// When the system refuses; then part of the section may have been written.
    pub(crate) fn append(&mut self, cid: &Cid, block: &[u8]) -> Result<Location, StoreError> {
        let section = car::section(cid, block);
        let full = self.end.offset + section.len() as u64 > self.file_bytes;
        if full && self.end.offset > car::HEADER_BYTES {
            self.rotate()?;
        }
        self.active.write_all(&section).map_err(StoreError::io("append to", &self.path(self.end.file)))?;
        let location = Location { at: self.end, size: block.len() as u32 };
        self.end = location.end();
        Ok(location)
    }

    /// Makes everything appended so far durable.
    ///
    /// # Errors
    /// When the system refuses; then nothing is known about what was appended.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        self.active.sync_data().map_err(StoreError::io("sync", &self.path(self.end.file)))
    }

    /// Removes everything from `to` on.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn truncate(&mut self, to: Position) -> Result<(), StoreError> {
        let path = self.path(to.file);
        self.handles.close();
        self.active = open_to_append(&path)?;
        let cut = self.active.set_len(to.offset).and_then(|()| self.active.sync_all());
        cut.map_err(StoreError::io("truncate", &path))?;
        // The file after the last may be there too, when making it failed half-way.
        for file in (to.file + 1..=self.end.file + 1).rev() {
            let path = self.path(file);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(StoreError::Io { action: "remove", path, source: error });
                }
                _ => {}
            }
        }
        self.end = to;
        folder::sync(&self.dir)
    }

    /// The block with this id whose section stands at a location; `None` when something else stands there.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn block(&self, cid: &Cid, location: Location) -> Result<Option<Vec<u8>>, StoreError> {
        let Location { at, size } = location;
        let path = self.path(at.file);
        let head = car::section_head(cid, size as usize);
        let mut section = vec![0; head.len() + size as usize];
        let read = self.handles.read_at(at.file, &path, at.offset, &mut section);
        let whole = read.map_err(StoreError::io("read", &path))? == section.len();
        let named = whole && section.starts_with(&head);
        section.drain(..head.len());
        Ok((named && cid.matches(&section)).then_some(section))
    }

    /// Finds blocks by their ids in the sections from a location on, as long as each holds one of them. What is not found
    /// so stands elsewhere, if it is there. What looks erased is found only at the location itself.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn neighbours(&self, first: Location, cids: &[Cid], found: &mut Blocks) -> Result<(), StoreError> {
        let path = self.path(first.at.file);
        let (mut offset, mut section) = (first.at.offset, car::section_bytes(first.size as usize));
        loop {
            let read = self.handles.read_at(first.at.file, &path, offset, found.room(section + AHEAD_BYTES));
            let read = read.map_err(StoreError::io("read", &path))?;
            let (mut at, mut goes_on) = (0, false);
            while !found.are_found() {
                let rest = &found.read()[at..read];
                let Some((head, cid, size)) = car::read_head(rest) else { break };
                let wanted = |place: &usize| cids[*place] == cid && found.get(*place).is_none();
                let Some(place) = (0..cids.len()).find(wanted) else { break };
                section = head + size;
                let Some(block) = rest.get(head..section) else {
                    goes_on = true;
                    break;
                };
                let may_be_erased = car::looks_erased(&cid, block) && (at > 0 || offset > first.at.offset);
                if may_be_erased || !cid.matches(block) {
                    break;
                }
                found.find(place, at + head..at + section);
                at += section;
            }
            found.keep(at);
            // The first section of what was read was asked for whole: when it is not, the file ends in it.
            if !goes_on || at == 0 {
                return Ok(());
            }
            offset += at as u64;
        }
    }

    /// What stands at a place.
    ///
    /// # Errors
    /// When the system refuses. A place past the end holds [`Next::End`].
    pub(crate) fn read(&self, at: Position) -> Result<Next, StoreError> {
        if at > self.end {
            return Ok(Next::End);
        }
        let path = self.path(at.file);
        let mut file = File::open(&path).map_err(StoreError::io("open", &path))?;
        file.seek(SeekFrom::Start(at.offset)).map_err(StoreError::io("read", &path))?;
        car::next_section(&mut BufReader::new(file)).map_err(StoreError::io("read", &path))
    }

    /// The sections of one file, from a place on.
    ///
    /// # Errors
    /// When the file is damaged at its beginning or the system refuses.
    pub(crate) fn sections(&self, at: Position) -> Result<Sections, StoreError> {
        Sections::open(&self.dir, at)
    }

    /// Length of one of the files, in bytes.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn len_of(&self, file: u32) -> Result<u64, StoreError> {
        file_len(&self.path(file))
    }

    /// Overwrites the sections at these locations with zeros of equal length, durably.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn erase(&self, locations: &[Location]) -> Result<(), StoreError> {
        let files: BTreeSet<u32> = locations.iter().map(|location| location.at.file).collect();
        for number in files {
            let path = self.path(number);
            let write = || {
                let mut file = File::options().write(true).open(&path)?;
                for location in locations.iter().filter(|location| location.at.file == number) {
                    file.seek(SeekFrom::Start(location.at.offset))?;
                    file.write_all(&car::erased(location.size as usize))?;
                }
                file.sync_data()
            };
            write().map_err(StoreError::io("erase a block in", &path))?;
        }
        Ok(())
    }

    /// Visits every section from `from` to the end, in order. Returns where a torn tail begins, if
    /// the last file ends with one.
    ///
    /// # Errors
    /// When a section is damaged and is not a torn tail, the system refuses, or `visit` fails.
    pub(crate) fn walk(
        &self,
        from: Position,
        visit: &mut dyn FnMut(Location, Cid, Vec<u8>) -> Result<(), StoreError>,
    ) -> Result<Option<Position>, StoreError> {
        for number in from.file..=self.end.file {
            let offset = if number == from.file { from.offset } else { car::HEADER_BYTES };
            let mut sections = Sections::open(&self.dir, Position { file: number, offset })?;
            loop {
                let at = sections.at;
                let why = match sections.next()? {
                    Next::Section(cid, block) => {
                        visit(Location { at, size: block.len() as u32 }, cid, block)?;
                        continue;
                    }
                    Next::End => break,
                    Next::Mismatch(_) => "a block does not match its id",
                    Next::Broken(why) => why,
                };
                if number == self.end.file && self.is_torn_tail(at)? {
                    return Ok(Some(at));
                }
                return Err(StoreError::Corrupt { file: self.path(number), offset: at.offset, why });
            }
        }
        Ok(None)
    }

    /// Whether no valid section follows the bad one at this place. Three sections' worth of bytes is
    /// enough to meet the next one, if there is one.
    fn is_torn_tail(&self, at: Position) -> Result<bool, StoreError> {
        let path = self.path(at.file);
        let read = || {
            let mut file = File::open(&path)?;
            file.seek(SeekFrom::Start(at.offset))?;
            let mut tail = Vec::new();
            file.take(3 * FRAME_BYTES as u64).read_to_end(&mut tail)?;
            Ok(tail)
        };
        let tail = read().map_err(StoreError::io("read", &path))?;
        Ok(!car::holds_section(&tail))
    }

    fn rotate(&mut self) -> Result<(), StoreError> {
        self.sync()?;
        let path = self.path(self.end.file + 1);
        write_header(&self.dir, &path)?;
        self.active = open_to_append(&path)?;
        self.end = Position { file: self.end.file + 1, offset: car::HEADER_BYTES };
        Ok(())
    }
}

/// The sections of one file, from a place on.
pub(crate) struct Sections {
    reader: BufReader<File>,
    path: PathBuf,
    /// Where the next one begins.
    pub at: Position,
}

impl Sections {
    /// Opens one file of the series in `dir` after checking its header.
    ///
    /// # Errors
    /// When the header is damaged or the system refuses.
    pub(crate) fn open(dir: &Path, at: Position) -> Result<Sections, StoreError> {
        let path = file_path(dir, at.file);
        let file = File::open(&path).map_err(StoreError::io("open", &path))?;
        let mut reader = BufReader::with_capacity(1 << 18, file);
        let mut header = Vec::new();
        let read = reader.by_ref().take(car::HEADER_BYTES).read_to_end(&mut header);
        read.map_err(StoreError::io("read", &path))?;
        if header != car::header(&[]) {
            return Err(StoreError::Corrupt { file: path, offset: 0, why: "expected the header of a CARv1 file" });
        }
        reader.seek(SeekFrom::Start(at.offset)).map_err(StoreError::io("read", &path))?;
        Ok(Sections { reader, path, at })
    }

    /// What stands next. After [`Next::Broken`] nothing can be read.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn next(&mut self) -> Result<Next, StoreError> {
        let next = car::next_section(&mut self.reader).map_err(StoreError::io("read", &self.path))?;
        if let Next::Section(_, block) = &next {
            self.at.offset += car::section_bytes(block.len()) as u64;
        } else if let Next::Mismatch(size) = next {
            self.at.offset += car::section_bytes(size) as u64;
        }
        Ok(next)
    }
}

/// The number of the last file in a series' folder; 0 when there is none.
///
/// # Errors
/// When one before it is missing, or the system refuses.
pub(crate) fn last_file(dir: &Path) -> Result<u32, StoreError> {
    let mut numbers = BTreeSet::new();
    let entries = fs::read_dir(dir).map_err(StoreError::io("list", dir))?;
    for entry in entries {
        let name = entry.map_err(StoreError::io("list", dir))?.file_name();
        let digits = name.to_str().and_then(|name| name.strip_suffix(".car")).filter(|digits| digits.len() == 8);
        numbers.extend(digits.and_then(|digits| digits.parse::<u32>().ok()).filter(|number| *number > 0));
    }
    for (expected, found) in (1..).zip(&numbers) {
        if expected != *found {
            let file = file_path(dir, expected);
            return Err(StoreError::Corrupt { file, offset: 0, why: "the file is missing, and later ones are there" });
        }
    }
    Ok(numbers.last().copied().unwrap_or(0))
}

/// The path of one file of a series.
pub(crate) fn file_path(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("{number:08}.car"))
}

/// Length of a file, in bytes.
///
/// # Errors
/// When the system refuses.
pub(crate) fn file_len(path: &Path) -> Result<u64, StoreError> {
    fs::metadata(path).map(|metadata| metadata.len()).map_err(StoreError::io("read the length of", path))
}

fn write_header(dir: &Path, path: &Path) -> Result<(), StoreError> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(&car::header(&[]))?;
        file.sync_all()
    };
    write().map_err(StoreError::io("create", path))?;
    folder::sync(dir)
}

fn open_to_append(path: &Path) -> Result<File, StoreError> {
    File::options().append(true).open(path).map_err(StoreError::io("open", path))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_read_from_the_files_that_are_there_and_only_if_it_is_the_one_that_is_asked_for() {
        let dir = tempfile::TempDir::new().unwrap();
        let mut series = Series::open(&dir.path().join("shelf"), 100).unwrap();
        let put = |series: &mut Series, block: &[u8]| series.append(&Cid::of_cbor(block), block).unwrap();
        put(&mut series, &[1; 60]);
        let end = series.end();
        let old = put(&mut series, &[2; 60]);
        assert_eq!((old.at.file, series.block(&Cid::of_cbor(&[2; 60]), old).unwrap()), (2, Some(vec![2; 60])));
        series.truncate(end).unwrap();
        let new = put(&mut series, &[3; 60]);
        assert_eq!(new, old);
        assert_eq!(series.block(&Cid::of_cbor(&[3; 60]), new).unwrap(), Some(vec![3; 60]));
        assert_eq!(series.block(&Cid::of_cbor(&[2; 60]), new).unwrap(), None);
        fs::write(
            series.path(2),
            [&car::header(&[])[..], &car::section_head(&Cid::of_cbor(&[3; 60]), 60), &[4; 60]].concat(),
        )
        .unwrap();
        assert_eq!(series.block(&Cid::of_cbor(&[3; 60]), new).unwrap(), None, "other bytes under its id");
    }

    #[test]
    fn blocks_that_stand_together_are_found_by_the_place_of_the_first() {
        let dir = tempfile::TempDir::new().unwrap();
        let mut series = Series::open(&dir.path().join("shelf"), 40_000).unwrap();
        let blocks = [vec![1; 300], vec![2; 2 * AHEAD_BYTES], vec![3; AHEAD_BYTES], vec![4; 10], vec![5; 40_000]];
        let cids = blocks.each_ref().map(|block| Cid::of_cbor(block));
        let places = [0, 1, 2, 3, 4].map(|at: usize| series.append(&cids[at], &blocks[at]).unwrap());
        let found = |series: &Series, from: usize, wanted: &[usize]| {
            let wanted: Vec<_> = wanted.iter().map(|at| cids[*at]).collect();
            let mut found = Blocks::default();
            found.begin(wanted.len());
            series.neighbours(places[from], &wanted, &mut found).unwrap();
            found
                .to_vecs()
                .into_iter()
                .map(|block| block.and_then(|block| blocks.iter().position(|one| *one == block)))
                .collect()
        };
        let all: Vec<Option<usize>> = found(&series, 0, &[3, 1, 0, 2]);
        assert_eq!(all, [Some(3), Some(1), Some(0), Some(2)]);
        assert_eq!(found(&series, 0, &[0, 2]), [Some(0), None], "another block stands between them");
        assert_eq!(found(&series, 2, &[2, 1]), [Some(2), None], "what stands before is not looked for");
        assert_eq!(found(&series, 3, &[3, 4]), [Some(3), None], "nor what stands in the next file");
        assert_eq!(found(&series, 4, &[4]), [Some(4)]);
        series.erase(&[places[1]]).unwrap();
        assert_eq!(found(&series, 0, &[0, 1, 2]), [Some(0), None, None], "nor what was erased");
        assert_eq!(found(&series, 1, &[1]), [None]);
    }
}
