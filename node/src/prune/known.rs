//! What two exports show, as a replica that had learned it would hold it.

use crate::export::ExportError;
use crate::export::car::CarReader;
use crate::export::folder::{self, Staging};
use commonwheel_protocol::agreement::Founding;
use commonwheel_protocol::bytes::{Cid, Codec, Fields, decode};
use commonwheel_protocol::dataset::{Canary, Contaminated, Overlap, Partition, ROW_BYTES, Revocations, Row, names};
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::{Batch, LedgerError, Shelf, Store};
use commonwheel_protocol::operation::release::read_page;
use commonwheel_protocol::record::RecordId;
use commonwheel_storage::CarStore;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Blocks that are committed at once: enough that syncing costs little, few enough that the index stays small.
const BATCH: usize = 300;

/// A verified export, read again.
pub struct Export {
    dir: PathBuf,
    /// Its founding.
    pub founding: Founding,
    /// The terms of its first charter.
    pub terms: String,
}

impl Export {
    /// The export in a folder.
    ///
    /// # Errors
    /// When it cannot be read, or is not one any more.
    pub fn open(dir: &Path) -> Result<Self, ExportError> {
        let (mut founding, mut terms) = (None, None);
        each_block(&dir.join(names::CERTIFICATES), &mut |cid, block| {
            if founding.is_none() {
                founding = Founding::verify(&block).ok();
            } else if terms.is_none() && cid.codec() == Codec::Raw {
                terms = String::from_utf8(block).ok();
            }
            Ok(())
        })?;
        let changed = || broken(&dir.join(names::CERTIFICATES));
        let (founding, terms) = (founding.ok_or_else(changed)?, terms.ok_or_else(changed)?);
        Ok(Export { dir: dir.to_owned(), founding, terms })
    }

    /// The records with a row.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn rows(&self) -> Result<BTreeSet<RecordId>, ExportError> {
        let mut rows = BTreeSet::new();
        self.each_row(&mut |row| {
            rows.insert(row.id());
            Ok(())
        })?;
        Ok(rows)
    }

    /// The records with a certificate.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn certified(&self) -> Result<Vec<RecordId>, ExportError> {
        let mut records = Vec::new();
        each_block(&self.dir.join(names::CERTIFICATES), &mut |_, block| {
            records.extend(certifies(&block));
            Ok(())
        })?;
        Ok(records)
    }

    /// The records that its list says to overlap with benchmarks, and with which items of those that it names.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn overlapping(&self, compared: &Overlap) -> Result<BTreeMap<RecordId, BTreeMap<u16, u32>>, ExportError> {
        let path = self.dir.join(names::CONTAMINATED);
        let text = folder::text(&path).map_err(ExportError::io("read", &path))?;
        let lines = text.lines().map(|line| Contaminated::read(line, compared).ok_or_else(|| broken(&path)));
        lines.map(|line| line.map(|(id, line)| (id, compared.found(&line)))).collect()
    }

    fn each_row(&self, take: &mut dyn FnMut(Row) -> Result<(), ExportError>) -> Result<(), ExportError> {
        let data = self.dir.join(names::DATA);
        let paths =
            if data.is_dir() { folder::files(&data).map_err(ExportError::io("read", &data))? } else { BTreeSet::new() };
        let canary = Canary::of(&self.founding.community());
        for name in paths {
            let (path, apart) = (data.join(&name), Partition::is_apart(&name));
            let mut file = BufReader::new(File::open(&path).map_err(ExportError::io("read", &path))?);
            let mut line = String::new();
            while file.by_ref().take(ROW_BYTES as u64).read_line(&mut line).map_err(ExportError::io("read", &path))? > 0
            {
                let text = line.trim_end_matches('\n');
                let unmarked = if apart { canary.unmark(text).ok_or_else(|| broken(&path))? } else { text.to_owned() };
                take(Row::read(&unmarked).map_err(|_| broken(&path))?)?;
                line.clear();
            }
        }
        Ok(())
    }
}

/// Two exports in one store, which lies in a hidden folder beside the one that is pruned and goes when this does.
pub struct Both {
    /// The store.
    pub store: CarStore,
    /// In which releases erased records were, as the exports state it.
    pub held: BTreeMap<RecordId, BTreeSet<i64>>,
    /// Dropped after the store.
    _place: Staging,
}

impl Both {
    /// What `older` and `newer` show. Of rows only those of `older` are there, and of `newer` those of records that
    /// `older` left out for their bodies; none of them that `newer` says to be erased, so that no body of it is written
    /// anywhere.
    ///
    /// # Errors
    /// When something cannot be read or written.
    pub fn load(
        older: &Export,
        newer: &Export,
        left_out: &BTreeSet<RecordId>,
        of_release: bool,
        place: Staging,
    ) -> Result<Self, ExportError> {
        let store = CarStore::open(place.path(), index::derive).map_err(|error| LedgerError(error.to_string()))?;
        let mut filling = Filling { store, batch: Batch::default() };
        let (mut held, mut erased) = (BTreeMap::<_, BTreeSet<i64>>::new(), BTreeSet::new());
        for (export, is_newer) in [(older, false), (newer, true)] {
            let path = export.dir.join(names::REVOCATIONS);
            let text = folder::text(&path).map_err(ExportError::io("read", &path))?;
            for (id, releases) in Revocations::stated(&text) {
                held.entry(id).or_default().extend(releases);
                erased.extend(is_newer.then_some(id));
            }
        }
        // Of a record in the older one's release its own certificate stays, which its release asks for; of any other
        // the newer one knows better under which charter it counts.
        let released = if of_release { released(older)? } else { BTreeSet::new() };
        let by_newer: BTreeSet<_> = newer.certified()?.into_iter().collect();
        for (export, is_newer) in [(older, false), (newer, true)] {
            let mut known = BTreeSet::new();
            filling.archive(&export.dir.join(names::OPERATIONS), Shelf::Certified, &mut |_| true)?;
            filling.archive(&export.dir.join(names::CERTIFICATES), Shelf::Certified, &mut |block| {
                certifies(block).is_none_or(|record| {
                    known.insert(record);
                    is_newer != released.contains(&record) || (!is_newer && !by_newer.contains(&record))
                })
            })?;
            export.each_row(&mut |row| {
                filling.put(Shelf::Certified, row.id().0, row.header_bytes())?;
                let body = row.body_bytes();
                if (!is_newer || left_out.contains(&row.id())) && !erased.contains(&row.id()) {
                    filling.put(Shelf::Certified, Cid::of_cbor(&body), body)?;
                }
                Ok(())
            })?;
        }
        let flags = older.dir.join(names::FLAGS);
        if flags.is_file() {
            filling.archive(&flags, Shelf::Live, &mut |block| Founding::verify(block).is_err())?;
        }
        Ok(Both { store: filling.finish()?, held, _place: place })
    }
}

/// The records of the release of which an export is an edition: those of its pages.
fn released(export: &Export) -> Result<BTreeSet<RecordId>, ExportError> {
    let mut released = BTreeSet::new();
    each_block(&export.dir.join(names::OPERATIONS), &mut |_, block| {
        released.extend(read_page(&block).into_iter().flatten().map(|row| row.record));
        Ok(())
    })?;
    Ok(released)
}

/// The record that a certificate is of; nothing of another block.
fn certifies(block: &[u8]) -> Option<RecordId> {
    let mut fields = Fields::of(decode(block).ok()?).ok()?;
    Some(RecordId(fields.link("record").ok()?))
}

/// A store while it is filled.
struct Filling {
    store: CarStore,
    batch: Batch,
}

impl Filling {
    fn archive(&mut self, path: &Path, shelf: Shelf, wanted: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), ExportError> {
        each_block(path, &mut |cid, block| match wanted(&block) {
            true => self.put(shelf, cid, block),
            false => Ok(()),
        })
    }

    fn put(&mut self, shelf: Shelf, cid: Cid, block: Vec<u8>) -> Result<(), ExportError> {
        self.batch.put(shelf, cid, block);
        match self.batch.puts.len() < BATCH {
            true => Ok(()),
            false => self.commit(),
        }
    }

    fn commit(&mut self) -> Result<(), ExportError> {
        Ok(self.store.commit(&std::mem::take(&mut self.batch))?)
    }

    fn finish(mut self) -> Result<CarStore, ExportError> {
        self.commit()?;
        Ok(self.store)
    }
}

fn each_block(path: &Path, take: &mut dyn FnMut(Cid, Vec<u8>) -> Result<(), ExportError>) -> Result<(), ExportError> {
    let file = File::open(path).map_err(ExportError::io("read", path))?;
    let (mut reader, _) = CarReader::open(BufReader::new(file)).map_err(|_| broken(path))?;
    while let Some((cid, block)) = reader.next_block().map_err(|_| broken(path))? {
        take(cid, block)?;
    }
    Ok(())
}

/// What was verified a moment ago is not there any more.
fn broken(path: &Path) -> ExportError {
    ExportError::io("read", path)(io::Error::new(io::ErrorKind::InvalidData, "it was changed meanwhile"))
}
