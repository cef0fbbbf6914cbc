//! Checking a store: every section is read, every id computed again, and the index compared.

use crate::car::{self, Next};
use crate::erase::{Target, Tombstone, target};
use crate::index::Index;
use crate::recover::{ERASURES, INDEX};
use crate::series::{Location, Position, Sections, Series, file_len, file_path, last_file};
use crate::store::CarStore;
use crate::{StoreError, folder};
use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::ledger::Shelf;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Problems that are listed; more are only counted.
const LISTED: usize = 100;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// One for each shelf, in the order of [`Shelf::ALL`].
    pub shelves: Vec<ShelfCount>,
    /// Bytes read.
    pub bytes: u64,
    /// What is wrong, each with file and offset or id; the first hundred.
    pub problems: Vec<String>,
    /// How many problems there are in all.
    pub problem_count: u64,
}

impl CheckReport {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problem_count == 0
    }

    fn problem(&mut self, text: String) {
        self.problem_count += 1;
        if self.problems.len() < LISTED {
            self.problems.push(text);
        }
    }

    fn damaged(&mut self, path: &Path, offset: u64, why: &str) {
        self.problem(format!("{} at offset {offset}: {why}", path.display()));
    }
}

/// What one shelf holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShelfCount {
    /// Which shelf.
    pub shelf: Shelf,
    /// Blocks that can be read.
    pub blocks: u64,
    /// Sections that were erased.
    pub erased: u64,
    /// Bytes of the files.
    pub bytes: u64,
}

impl CarStore {
    /// Reads every section of the store in `dir` and compares the index both ways. Changes no block
    /// and no index entry. `progress` gets the bytes read so far and the bytes there are.
    ///
    /// # Errors
    /// When the folder holds no store, it is in use, a whole file is missing, or the system refuses.
    /// Damage inside files is no error: it is in the report.
    pub fn check(dir: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<CheckReport, StoreError> {
        let _lock = folder::existing(dir)?;
        let mut report = CheckReport::default();
        let whole = Index::existing(&dir.join(INDEX)).and_then(|index| {
            index.as_ref().map_or(Ok(()), Index::read_through)?;
            Ok(index)
        });
        let index = whole.unwrap_or_else(|error| {
            report.problem(error.to_string());
            None
        });
        if index.is_none() {
            report.problem("there is no index of this version; opening the store makes one".to_owned());
        }
        let names = Shelf::ALL.map(Shelf::name).into_iter().chain([ERASURES]);
        let total = names.map(|name| series_bytes(&dir.join(name))).sum::<Result<u64, _>>()?;
        let mut check = Check { dir, index, erased: BTreeSet::new(), report, total, progress };
        check.tombstones()?;
        for shelf in Shelf::ALL {
            check.shelf(shelf)?;
        }
        Ok(check.report)
    }
}

struct Check<'a> {
    dir: &'a Path,
    index: Option<Index>,
    erased: BTreeSet<(Shelf, Position)>,
    report: CheckReport,
    total: u64,
    progress: &'a mut dyn FnMut(u64, u64),
}

type Visit<'v> = dyn FnMut(&mut CheckReport, Location, Cid, Vec<u8>) -> Result<(), StoreError> + 'v;

impl Check<'_> {
    /// Every tombstone is readable and was carried out.
    fn tombstones(&mut self) -> Result<(), StoreError> {
        let dir = self.dir.join(ERASURES);
        let open = |shelf: Shelf| Ok((shelf, Series::open_to_read(&self.dir.join(shelf.name()))?));
        let shelves = Shelf::ALL.into_iter().map(open).collect::<Result<BTreeMap<_, _>, StoreError>>()?;
        let mut erased = BTreeSet::new();
        self.series(&dir, &mut |report, location, _, block| {
            let Some(tombstone) = Tombstone::decode(&block) else {
                report.damaged(&file_path(&dir, location.at.file), location.at.offset, "expected a tombstone");
                return Ok(());
            };
            let Tombstone { shelf, block, location: Location { at, size } } = tombstone;
            erased.insert((shelf, at));
            let Some(Some(series)) = shelves.get(&shelf) else { return Ok(()) };
            let was_zeros = block == Cid::of(Codec::Raw, &vec![0; size as usize]);
            let found = target(series, &tombstone, |_, _, _| Vec::new())?;
            if !was_zeros && matches!(found, Target::Block(_) | Target::Torn) {
                report.damaged(&series.path(at.file), at.offset, "an erased block is still there; opening erases it");
            }
            Ok(())
        })?;
        self.erased = erased;
        Ok(())
    }

    fn shelf(&mut self, shelf: Shelf) -> Result<(), StoreError> {
        let dir = self.dir.join(shelf.name());
        let (index, erased) = (self.index.take(), std::mem::take(&mut self.erased));
        let mut count = ShelfCount { shelf, blocks: 0, erased: 0, bytes: series_bytes(&dir)? };
        let mut matched = 0;
        self.series(&dir, &mut |report, location, cid, block| {
            if car::looks_erased(&cid, &block) && erased.contains(&(shelf, location.at)) {
                count.erased += 1;
                return Ok(());
            }
            count.blocks += 1;
            let Some(index) = &index else { return Ok(()) };
            let why = match index.location(shelf, &cid)? {
                Some(indexed) if indexed == location => {
                    matched += 1;
                    return Ok(());
                }
                Some(_) => "the index names another place for this block",
                None => "this block is not in the index",
            };
            report.damaged(&file_path(&dir, location.at.file), location.at.offset, why);
            Ok(())
        })?;
        if let Some(index) = &index {
            self.locations(index, shelf, &dir, matched)?;
        }
        (self.index, self.erased) = (index, erased);
        self.report.shelves.push(count);
        Ok(())
    }

    /// The other way: what the index names is there. When it names as many blocks as were matched,
    /// they are the same ones.
    fn locations(&mut self, index: &Index, shelf: Shelf, dir: &Path, matched: usize) -> Result<(), StoreError> {
        if index.locations(shelf).count() == matched {
            return Ok(());
        }
        let series = Series::open_to_read(dir)?;
        for item in index.locations(shelf) {
            let (cid, location) = item?;
            let next = series.as_ref().map_or(Ok(Next::End), |series| series.read(location.at))?;
            if !matches!(next, Next::Section(found, _) if found == cid) {
                let path = file_path(dir, location.at.file);
                self.report.damaged(&path, location.at.offset, &format!("expected block {cid}, as the index says"));
            }
        }
        Ok(())
    }

    fn series(&mut self, dir: &Path, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        for path in files(dir)? {
            self.file(dir, path, visit)?;
        }
        Ok(())
    }

    fn file(&mut self, dir: &Path, number: u32, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let path = file_path(dir, number);
        let before = self.report.bytes;
        let mut sections = match Sections::open(dir, Position { file: number, offset: car::HEADER_BYTES }) {
            Err(StoreError::Corrupt { offset, why, .. }) => {
                self.report.damaged(&path, offset, why);
                return Ok(());
            }
            other => other?,
        };
        loop {
            let at = sections.at;
            match sections.next()? {
                Next::Section(cid, block) => {
                    visit(&mut self.report, Location { at, size: block.len() as u32 }, cid, block)?;
                }
                Next::Mismatch(_) => self.report.damaged(&path, at.offset, "a block does not match its id"),
                Next::Broken(why) => {
                    self.report.damaged(&path, at.offset, why);
                    break;
                }
                Next::End => break,
            }
            self.report.bytes = before + sections.at.offset;
            (self.progress)(self.report.bytes, self.total);
        }
        self.report.bytes = before + file_len(&path)?;
        (self.progress)(self.report.bytes, self.total);
        Ok(())
    }
}

fn files(dir: &Path) -> Result<BTreeSet<u32>, StoreError> {
    if !dir.exists() {
        return Ok(BTreeSet::new());
    }
    Ok((1..=last_file(dir)?).collect())
}

fn series_bytes(dir: &Path) -> Result<u64, StoreError> {
    let paths: Vec<PathBuf> = files(dir)?.into_iter().map(|number| file_path(dir, number)).collect();
    paths.iter().map(|path| file_len(path)).sum()
}
