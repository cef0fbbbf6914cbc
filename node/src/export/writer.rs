//! The files of an export while they are written.

use super::hashed::HashedFile;
use super::pool::Pool;
use super::selection::{Of, Selected, Selection};
use super::views::ViewWriter;
use super::{ExportError, car, folder, merge};
use commonwheel_protocol::agreement::{Charter, Founding};
use commonwheel_protocol::bytes::{Cid, decode};
use commonwheel_protocol::dataset::{
    Beside, Canary, Census, ForUse, Manifest, Merging, Partition, Partitions, Row, Split, Subject, View, bundle,
    edition, names, pretty,
};
use commonwheel_protocol::index::Certified;
use commonwheel_protocol::ledger::{Blocks, Ledger, LedgerError, Shelf};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::operation::Resolution;
use commonwheel_protocol::record::RecordId;
use data_encoding::HEXLOWER;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Writes what was selected into a folder.
pub struct Writer<'a> {
    dir: &'a Path,
    selection: &'a Selection,
    /// The ids of the selection's path.
    charters: Vec<Cid>,
    operations: Archive,
    certificates: Archive,
    partitions: Partitions,
    data: Pool<'a, Partition>,
    purpose: Option<ForUse>,
    census: Census,
    /// The resolution on the release, of an edition.
    release: Option<Resolution>,
    views: ViewWriter<'a>,
    has_views: bool,
    /// The blocks of the record that is being written, and its row: their room is used again.
    blocks: Blocks,
    line: Vec<u8>,
    merge: Option<Merging>,
    /// The licences that bind the rows so far, where they become one work.
    licences: BTreeSet<Licence>,
    canary: Canary,
    /// Records that should have a row, whose bodies were not found.
    bodiless: Vec<RecordId>,
}

impl<'a> Writer<'a> {
    /// Begins both archives: the operations but for headers, the certificates with the terms of the path's charters. The rows
    /// are written in these views, too.
    ///
    /// # Errors
    /// When the system refuses, or a block is not here.
    pub fn create(
        dir: &'a Path,
        founding: &Founding,
        terms: &[(Cid, Vec<u8>)],
        selection: &'a Selection,
        views: impl IntoIterator<Item = View>,
        ledger: &impl Ledger,
    ) -> Result<Self, ExportError> {
        let mut operations = Archive::create(dir, names::OPERATIONS, founding)?;
        let mut release = None;
        for block in [&selection.resolutions, &selection.pages, &selection.withdrawals].into_iter().flatten() {
            let bytes = ledger.block(Shelf::Certified, block)?;
            let lacks = || LedgerError(format!("the store lacks the block {block}; run `commonwheel store check`"));
            let bytes = bytes.ok_or_else(lacks)?;
            operations.section(block, &bytes)?;
            release = release.or_else(|| selection.of.release(&bytes));
        }
        let mut certificates = Archive::create(dir, names::CERTIFICATES, founding)?;
        for (cid, text) in terms {
            certificates.section(cid, text)?;
        }
        let purpose = selection.purpose.clone();
        let canary = Canary::of(&founding.community());
        let mut views = views.into_iter().peekable();
        let has_views = views.peek().is_some();
        let views = ViewWriter::new(dir, views, canary.clone());
        Ok(Writer {
            dir,
            selection,
            charters: selection.path.iter().map(Charter::id).collect(),
            operations,
            certificates,
            partitions: Partitions::default(),
            data: Pool::new(dir),
            purpose,
            census: Census::default(),
            release,
            views,
            has_views,
            blocks: Blocks::default(),
            line: Vec::new(),
            merge: None,
            licences: BTreeSet::new(),
            canary,
            bodiless: Vec::new(),
        })
    }

    /// The same, writing the rows as works too.
    pub fn merging(self, merge: Option<Merging>) -> Self {
        Writer { merge, ..self }
    }

    /// Writes the flags, if there are any.
    ///
    /// # Errors
    /// When the system refuses, or a block is not here.
    pub fn flags(&self, founding: &Founding, ledger: &impl Ledger) -> Result<Option<HashedFile>, ExportError> {
        if self.flagged().next().is_none() {
            return Ok(None);
        }
        let mut archive = Archive::create(self.dir, names::FLAGS, founding)?;
        for (_, block) in self.flagged() {
            let lacks = || LedgerError(format!("the store lacks the flag {block}; run `commonwheel store check`"));
            archive.section(block, &ledger.block(Shelf::Live, block)?.ok_or_else(lacks)?)?;
        }
        Ok(Some(archive.0))
    }

    /// The flags of the records that have a row, each with its record.
    fn flagged(&self) -> impl Iterator<Item = &(RecordId, Cid)> {
        self.selection.flags.iter().filter(|(id, _)| self.bodiless.binary_search(id).is_err())
    }

    /// The records whose rows could not be written, since their bodies are not here: in ascending order.
    pub fn bodiless(&self) -> &[RecordId] {
        &self.bodiless
    }

    /// Writes a record's certificate, and its row if it has one, else its header.
    ///
    /// # Errors
    /// When the system refuses, or a block is not here.
    pub fn record(&mut self, ledger: &impl Ledger, one: &Selected, found: &Certified) -> Result<(), ExportError> {
        let (id, charter) = (&one.id, self.charters[one.charter()]);
        let missing = |what| ExportError::Missing { record: *id, what };
        let under = found.certificates.iter().find(|(_, under)| *under == charter);
        let (certificate, _) = under.ok_or_else(|| missing("certificate"))?;
        // In the order in which they are kept when a record is accepted.
        let wanted = if one.row { &[*certificate, found.header.body, id.0][..] } else { &[*certificate, id.0] };
        ledger.read_into(Shelf::Certified, wanted, &mut self.blocks)?;
        let shown = self.blocks.get(0).ok_or_else(|| missing("certificate"))?;
        self.certificates.section(certificate, shown)?;
        let header = self.blocks.get(wanted.len() - 1).ok_or_else(|| missing("header"))?;
        let Some(body) = self.blocks.get(1).filter(|_| one.row) else {
            self.bodiless.extend(one.row.then_some(*id));
            return self.operations.section(&id.0, header);
        };
        let broken = |source| ExportError::Row { record: *id, source };
        let row = Row::of_record(*id, header, body, &charter).map_err(broken)?;
        let mut partition = self.partitions.of(&row).map_err(broken)?;
        self.line.clear();
        row.write(&mut self.line).map_err(broken)?;
        if self.selection.apart.contains(id) {
            partition.split = Split::Evaluation;
            self.line = self.canary.mark(text(&self.line)).into_bytes();
        }
        self.purpose.iter_mut().for_each(|purpose| purpose.see(&row));
        if self.merge == Some(Merging::One) {
            let bound = row.binding().ok_or(ExportError::Part { record: *id, licence: partition.licence })?;
            if self.licences.insert(bound) {
                Licence::of_one_work(self.licences.iter().copied())
                    .map_err(|why| ExportError::apart(&self.licences, why))?;
            }
        }
        if self.has_views {
            self.views.add(&row, text(&self.line), &partition)?;
        }
        self.census.add(&row, &partition);
        self.line.push(b'\n');
        self.data.write(&partition, || partition.path(), &self.line)
    }

    /// Writes the files that follow from the others, and the hashes of all; those of `copies`, which lie in the
    /// folder already, among them. `progress` is called with the number of rows in columns, and then in works.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn finish(
        self,
        terms: &str,
        flags: Option<HashedFile>,
        copies: &BTreeMap<Cid, Written>,
        progress: &mut dyn FnMut(usize),
    ) -> Result<Written, ExportError> {
        let count = self.flagged().count();
        let mut flagged = BTreeMap::new();
        self.flagged().for_each(|(id, _)| *flagged.entry(*id).or_default() += 1);
        let data = self.data.finish()?;
        let mut sums: Vec<_> =
            data.values().map(|one| (one.path.clone(), HEXLOWER.encode(&one.sealed.sha256))).collect();
        let files: BTreeMap<_, _> =
            data.into_iter().map(|(partition, one)| (partition, (one.writes, one.sealed))).collect();
        let Selection { path, leading, tally, copied, of, .. } = self.selection;
        let mut incomplete = [&self.selection.incomplete[..], &self.bodiless].concat();
        incomplete.sort_unstable();
        let subject = match of {
            Of::State(root) => Subject::State(root),
            Of::Edition { id, number, contents } => {
                let edition = incomplete.is_empty().then(|| edition(id, contents, &hashes(&sums)));
                Subject::Edition { id, number: *number, contents, edition }
            }
        };
        let (views, view_sums) = self.views.finish(Beside { path, flags: &flagged }, progress)?;
        sums.extend(view_sums);
        let mut merged = Vec::new();
        if self.merge.is_some() {
            let (works, work_sums) = merge::write(self.dir, self.census.bound(), progress)?;
            sums.extend(work_sums);
            merged = works;
        }
        let manifest = Manifest::new(&path[..=*leading], &subject, tally, &files, &incomplete)
            .copied(copied.clone())
            .for_use(self.purpose)
            .filtered(self.selection.chosen.clone())
            .decontaminated(self.selection.decontaminated.as_ref().map(|(overlap, _)| overlap.clone()))
            .viewed(views)
            .merged(merged);

        let manifest = manifest.flagged((count > 0).then_some(count));
        let manifest = manifest.beside(&copies.keys().copied().collect::<Vec<_>>());
        for (community, copy) in copies {
            let inside =
                |(path, hash): &(String, String)| (format!("{}/{community}/{path}", names::COPIES), hash.clone());
            sums.extend(copy.sums.iter().map(inside));
        }
        if let Some(flags) = flags {
            sums.push(flags.finish()?);
        }
        sums.push(self.operations.0.finish()?);
        sums.push(self.certificates.0.finish()?);
        let mut revoked = HashedFile::create(self.dir, names::REVOCATIONS)?;
        revoked.write(self.selection.revocations.to_text().as_bytes())?;
        sums.push(revoked.finish()?);
        if let Some((_, lines)) = &self.selection.decontaminated {
            let mut contaminated = HashedFile::create(self.dir, names::CONTAMINATED)?;
            lines.iter().try_for_each(|line| contaminated.write(line.to_line().as_bytes()))?;
            sums.push(contaminated.finish()?);
        }
        for (name, text) in derived(&path[*leading], terms, &manifest, &self.census, self.release.as_ref()) {
            let mut file = HashedFile::create(self.dir, &name)?;
            file.write(text.as_bytes())?;
            sums.push(file.finish()?);
        }
        sums.sort();
        if sums.len() >= folder::FILES {
            return Err(ExportError::Files);
        }
        let mut list = HashedFile::create(self.dir, names::SUMS)?;
        list.write(sums_text(&sums).as_bytes())?;
        sums.push(list.finish()?);
        Ok(Written { manifest, sums })
    }
}

/// A finished export.
pub struct Written {
    /// What it holds.
    pub manifest: Manifest,
    /// Every file with its hash.
    sums: Vec<(String, String)>,
}

/// An archive of blocks whose root is the founding.
struct Archive(HashedFile);

impl Archive {
    fn create(dir: &Path, name: &str, founding: &Founding) -> Result<Self, ExportError> {
        let mut file = HashedFile::create(dir, name)?;
        file.write(&car::header(&founding.cid()))?;
        let mut archive = Archive(file);
        archive.section(&founding.cid(), founding.bytes())?;
        Ok(archive)
    }

    fn section(&mut self, cid: &Cid, block: &[u8]) -> Result<(), ExportError> {
        self.0.write(&car::section_head(cid, block.len()))?;
        self.0.write(block)
    }
}

/// A row's one text.
fn text(line: &[u8]) -> &str {
    std::str::from_utf8(line).expect("a row is UTF-8")
}

/// The hashes of files, from their names and the hashes' texts.
fn hashes(sums: &[(String, String)]) -> BTreeMap<String, [u8; 32]> {
    let read = |text: &str| HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok();
    sums.iter().filter_map(|(path, hash)| Some((path.clone(), read(hash)?))).collect()
}

/// The files that follow from a charter, its terms, the manifest, what was counted of the rows and, of an edition, the
/// resolution on its release: their paths and texts.
pub(crate) fn derived(
    charter: &Charter,
    terms: &str,
    manifest: &Manifest,
    census: &Census,
    release: Option<&Resolution>,
) -> Vec<(String, String)> {
    // A charter's bytes decode: they were encoded here.
    let text = decode(&charter.to_bytes()).map(|node| pretty(&node)).unwrap_or_default();
    let mut files = bundle(charter, manifest, census, release);
    files.push((names::CHARTER.to_owned(), text));
    files.push((names::MANIFEST.to_owned(), manifest.to_text()));
    files.push((names::TERMS.to_owned(), terms.to_owned()));
    files
}

/// The text of the list of hashes, from paths with hashes in the order of the paths.
fn sums_text(sums: &[(String, String)]) -> String {
    sums.iter().map(|(path, hash)| format!("{hash}  {path}\n")).collect()
}
