//! The rows: each rebuilt into the bytes that its author signed and the validators accepted.

use super::VerifyError;
use super::apart::Apart;
use super::archive::Archive;
use super::operations::Operations;
use super::outcome::Released;
use super::problem::{Problems, shown};
use super::views::Viewed;
use crate::benchmark::Loaded;
use crate::export::copying::Copying;
use commonwheel_protocol::agreement::state::Fact;
use commonwheel_protocol::dataset::{
    Canary, Census, Chosen, ForUse, Partition, Purpose, ROW_BYTES, Row, Split, overlaps,
};
use commonwheel_protocol::operation::release::ReleaseRow;
use commonwheel_protocol::record::{RecordId, SignedHeader};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// What lets a record have a row, beyond its acceptance.
#[derive(Clone, Copy, Default)]
pub struct Rules<'a> {
    /// By what these rows were copied, if this is a copy.
    pub copying: Option<&'a Copying>,
    /// The use that they are for, if they are for one.
    pub purpose: Option<&'a Purpose>,
    /// Which records were asked for, if not all were.
    pub chosen: Option<&'a Chosen>,
    /// With what they may not overlap, as far as the caller has it.
    pub benchmarks: Option<&'a Loaded>,
}

/// What rows show.
pub struct Seen {
    /// How many rows each file should have, and how many bytes.
    pub counts: BTreeMap<Partition, (usize, u64)>,
    /// Who signed each row.
    pub facts: BTreeMap<RecordId, Fact>,
    /// What the purpose says of its rows.
    pub purpose: Option<ForUse>,
    /// What the texts of the bundle say of them.
    pub census: Census,
    /// What views of them are.
    pub views: Viewed,
    /// Which of them are kept apart for evaluation.
    pub apart: Apart,
}

/// Checks rows against an archive, file by file.
pub struct Rows<'a> {
    operations: &'a Operations,
    archive: &'a Archive,
    /// The rows of the release of which this is an edition, by record.
    released: Option<&'a [ReleaseRow]>,
    /// Whether records about another one have rows.
    notes: bool,
    rules: Rules<'a>,
    /// What the purpose says of itself, as far as it was seen.
    counting: Option<ForUse>,
    census: Census,
    views: Viewed,
    canary: Canary,
    apart: Apart,
    counts: BTreeMap<Partition, (usize, u64)>,
    facts: BTreeMap<RecordId, Fact>,
    /// For each certified record, whether a row of it was seen.
    seen: Vec<bool>,
    done: usize,
}

impl<'a> Rows<'a> {
    /// No rows yet.
    pub fn new(
        operations: &'a Operations,
        archive: &'a Archive,
        released: Option<&'a Released>,
        rules: Rules<'a>,
        views: Viewed,
    ) -> Self {
        let seen = vec![false; archive.accepted().len()];
        let leading = released.map_or(operations.path.len() - 1, |released| released.leading);
        let notes = operations.path[leading].customs.export_notes;
        let (canary, apart) = (Canary::of(&operations.founding.community()), Apart::by(&operations.path[leading]));
        let released = released.map(|released| &released.rows[..]);
        let (counts, facts) = (BTreeMap::new(), BTreeMap::new());
        let counting = rules.purpose.map(Purpose::counting);
        Rows {
            operations,
            archive,
            released,
            notes,
            rules,
            counting,
            census: Census::default(),
            views,
            canary,
            apart,
            counts,
            facts,
            seen,
            done: 0,
        }
    }

    /// Checks every row of one file.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn check_file(
        &mut self,
        dir: &Path,
        path: &str,
        problems: &mut Problems,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<(), VerifyError> {
        let wrong = |source| VerifyError::Io { path: dir.join(path), source };
        let mut file = BufReader::new(File::open(dir.join(path)).map_err(wrong)?);
        let (mut line, mut number, mut last) = (Vec::new(), 0, None);
        loop {
            line.clear();
            file.by_ref().take(ROW_BYTES as u64).read_until(b'\n', &mut line).map_err(wrong)?;
            if line.is_empty() {
                return Ok(());
            }
            number += 1;
            progress(self.done.min(self.seen.len()), self.seen.len());
            self.done += 1;
            let Some(text) = line.strip_suffix(b"\n") else {
                let what = format!("expected a line of at most {ROW_BYTES} bytes that ends in a newline");
                problems.add(path, Some(number), what);
                return Ok(());
            };
            match self.check_row(text, path) {
                Ok(id) if last.is_some_and(|last| last >= id) => {
                    problems.add(path, Some(number), "out of order: each record once, by id");
                }
                Ok(id) => last = Some(id),
                Err(what) => problems.add(path, Some(number), what),
            }
        }
    }

    /// What the rows show.
    pub fn finish(self) -> Seen {
        let (counts, facts) = (self.counts, self.facts);
        Seen { counts, facts, purpose: self.counting, census: self.census, views: self.views, apart: self.apart }
    }

    fn check_row(&mut self, line: &[u8], path: &str) -> Result<RecordId, String> {
        let line = std::str::from_utf8(line).map_err(|_| "the line is not UTF-8")?;
        let split = if Partition::is_apart(path) { Split::Evaluation } else { Split::Main };
        let row = match split {
            Split::Main => Row::read(line),
            Split::Evaluation => {
                let unmarked = self.canary.unmark(line);
                Row::read(&unmarked.ok_or("expected the community's canary as the last key of the row")?)
            }
        };
        let row = row.map_err(|error| error.to_string())?;
        let header = SignedHeader::verify(&row.header_bytes()).map_err(|error| error.to_string())?;
        let body = row.body_bytes();
        if !header.header().body.matches(&body) {
            return Err("the body's columns do not hash to the body that the header names".into());
        }
        if !header.commits_to(&body) {
            return Err("the body is not of the size class that the header names".into());
        }
        if header.header().community != self.operations.founding.community() {
            return Err("the row is of another community".into());
        }
        if header.header().about.is_some() && !self.notes {
            return Err("the record is about another one, and the charter exports no notes".into());
        }
        if self.rules.purpose.is_some_and(|purpose| purpose.against(&header.header().preference).is_some()) {
            return Err("the record's preference does not allow the use that the export is for".into());
        }
        if let Some(benchmarks) = self.rules.benchmarks
            && let Some((file, item)) = overlaps(&body, &benchmarks.benchmarks).first_key_value()
        {
            let name = benchmarks.overlap.files.get(usize::from(*file)).map_or("", |file| &file.name);
            return Err(format!("the row overlaps with item {item} of the benchmark {}", shown(name)));
        }
        if self.rules.chosen.is_some_and(|chosen| chosen.refuses_row(&row)) {
            return Err("the record is none that the export's filter asks for".into());
        }
        self.counting.iter_mut().for_each(|purpose| purpose.see(&row));
        if let Some(copying) = self.rules.copying {
            match copying.against(header.header(), &body) {
                Ok(None) => {}
                Ok(Some(why)) => return Err(format!("the row may not be copied: {why}")),
                Err(unjudged) => return Err(format!("whether the row may be copied cannot be told: {unjudged}")),
            }
        }
        if self.rules.purpose.is_some_and(|purpose| purpose.against_split(split).is_some()) {
            return Err("the record is kept apart for evaluation, and the export is for training".into());
        }
        self.apart.see(row.id(), header.header(), split)?;
        let mut partition = row.partition().map_err(|error| error.to_string())?;
        partition.split = split;
        if partition.path() != path {
            return Err(format!("the row belongs in {}", partition.path()));
        }
        let (at, accepted) = self.archive.find(&row.id()).ok_or("the record has no certificate")?;
        if row.charter() != self.operations.ids[accepted.charter] {
            return Err("the row names another charter than the record's certificate".into());
        }
        if accepted.time != header.header().time {
            return Err("the certificate states another time than the header".into());
        }
        if let Some(released) = self.released {
            let at = released.binary_search_by_key(&row.id(), |released| released.record);
            let released = &released[at.map_err(|_| "the record is not in the release")?];
            if released.licence != header.header().licence || released.preference != header.header().preference {
                return Err("the release states another licence or preference for the record".into());
            }
        }
        if std::mem::replace(&mut self.seen[at], true) {
            return Err("the record has another row already".into());
        }
        self.views.add(&row, line, &partition);
        self.census.add(&row, &partition);
        let (rows, bytes) = self.counts.entry(partition).or_default();
        *rows += 1;
        *bytes += line.len() as u64 + 1;
        self.facts.insert(row.id(), Fact { author: header.header().author, revises: header.header().revises });
        Ok(row.id())
    }
}
