//! Views: the rows of an export in the forms that trainers and spreadsheets take.
//!
//! A view is a function of the canonical rows alone. Each row gives no line or some, whatever the other rows are, so
//! that a view is written and checked while the rows go by. Three wait for the last row, since they say what other rows
//! are like it: [`View::Quality`], and [`View::Parquet`] and [`View::TfRecord`], whose files are then written from the rows
//! of their partition.
//! docs/DATASET.md, *Views*, says the same for others. A file a format; `cells` reads what they need of a row.

mod alpaca;
pub(super) mod cells;
mod hh_rlhf;
mod kto;
mod openai;
mod preference;
mod sft;
mod sharegpt;
pub mod tfrecord;
mod tsv;
mod webdataset;

use super::manifest::{FileRows, Sealed, ViewRows, names};
use super::partition::Partition;
use super::quality::{Beside, Finished, Quality};
use super::row::Row;
use super::split::{CANARY, Canary, Split};
use std::collections::BTreeMap;
use std::fmt;

/// A format besides the canonical one, in the order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// Instruction, input and output, as Alpaca has them.
    Alpaca,
    /// A chosen and a rejected transcript, as in HH-RLHF.
    HhRlhf,
    /// TRL's unpaired preference: a prompt, a completion, and whether that is desirable.
    Kto,
    /// Messages with a role and a content, as OpenAI's chat interface has them.
    OpenAi,
    /// Typed columns, as Apache Parquet holds them, with what can be said of how good each row is.
    Parquet,
    /// TRL's preference, conversational: a prompt, a chosen and a rejected answer.
    Preference,
    /// What can be said of how good each row is, in the light of all others.
    Quality,
    /// TRL's language modelling, conversational: what a model may imitate.
    Sft,
    /// A conversation of speakers and values, as ShareGPT has it.
    ShareGpt,
    /// The same columns as features of TensorFlow's Examples.
    TfRecord,
    /// Values between tabs, for spreadsheets and databases.
    Tsv,
    /// Tar archives of a few files for each row, as WebDataset reads them.
    WebDataset,
}

impl View {
    /// Every view.
    pub const ALL: [View; 12] = [
        View::Alpaca,
        View::HhRlhf,
        View::Kto,
        View::OpenAi,
        View::Parquet,
        View::Preference,
        View::Quality,
        View::Sft,
        View::ShareGpt,
        View::TfRecord,
        View::Tsv,
        View::WebDataset,
    ];

    /// Its name, on the command line, in the manifest, and of its folder.
    pub fn name(self) -> &'static str {
        match self {
            View::Alpaca => "alpaca",
            View::HhRlhf => "hh-rlhf",
            View::Kto => "kto",
            View::OpenAi => "openai",
            View::Parquet => "parquet",
            View::Preference => "preference",
            View::Quality => "quality",
            View::Sft => "sft",
            View::ShareGpt => "sharegpt",
            View::TfRecord => "tfrecord",
            View::Tsv => "tsv",
            View::WebDataset => "webdataset",
        }
    }

    /// The view with this name.
    pub fn named(name: &str) -> Option<View> {
        View::ALL.into_iter().find(|view| view.name() == name)
    }

    /// The path of a file for the rows of a partition, with `/` between folders. There is one, numbered 0, but of
    /// archives there may be several.
    fn path(self, partition: &Partition, number: usize) -> String {
        let ending = match self {
            View::Parquet => ".parquet".to_owned(),
            View::TfRecord => ".tfrecord".to_owned(),
            View::Tsv => ".tsv".to_owned(),
            View::WebDataset => format!("-{number:06}.tar"),
            _ => ".jsonl".to_owned(),
        };
        format!("{}/{self}/{}{ending}", names::VIEWS, partition.place())
    }

    /// What each of its files begins with, when it is one of this split.
    pub fn heading(self, split: Split) -> String {
        match (self, split) {
            (View::Tsv, Split::Main) => tsv::HEADING.to_owned(),
            (View::Tsv, Split::Evaluation) => format!("{}\t{CANARY}\n", tsv::HEADING.trim_end()),
            _ => String::new(),
        }
    }

    /// What a row adds to a file, in what is kept apart with the canary as one key or column more, the last. Binary views
    /// have it from the row's text.
    fn marked(self, piece: Vec<u8>, split: Split, canary: &Canary) -> Vec<u8> {
        let text = match (split, self) {
            (Split::Main, _) | (_, View::Parquet | View::TfRecord | View::WebDataset) => return piece,
            (Split::Evaluation, _) => String::from_utf8_lossy(&piece),
        };
        let line = text.trim_end_matches('\n');
        let marked = if self == View::Tsv { format!("{line}\t{}", canary.text()) } else { canary.mark(line) };
        (marked + "\n").into_bytes()
    }

    /// The lines of a row, each with its newline; none when the format cannot carry it, or is not one of lines that
    /// follow from the row alone.
    pub fn lines(self, row: &Row) -> Box<dyn Iterator<Item = String> + '_> {
        let one = match self {
            View::Kto => return Box::new(kto::lines(row)),
            View::Alpaca => alpaca::line(row),
            View::HhRlhf => hh_rlhf::line(row),
            View::OpenAi => openai::line(row),
            View::Preference => preference::line(row),
            View::Sft => sft::line(row),
            View::ShareGpt => sharegpt::line(row),
            View::Tsv => Some(tsv::line(row)),
            View::Parquet | View::Quality | View::TfRecord | View::WebDataset => None,
        };
        Box::new(one.into_iter())
    }

    /// Whether its files hold what is said of a row in the light of all others, beside the row: they are written when
    /// these are there, from the files of rows.
    pub fn has_quality_columns(self) -> bool {
        matches!(self, View::Parquet | View::TfRecord)
    }

    /// What a row, whose one text is `line`, adds to a file; nothing when the format cannot carry it. Where that waits for
    /// the other rows, it counts, and adds no bytes yet.
    fn pieces<'a>(self, row: &'a Row, line: &str) -> Box<dyn Iterator<Item = Vec<u8>> + 'a> {
        let one = match self {
            waits if waits.has_quality_columns() => Some(Vec::new()),
            View::WebDataset => Some(webdataset::files(&row.id().to_string(), line, &tsv::said(row))),
            _ => return Box::new(self.lines(row).map(String::into_bytes)),
        };
        Box::new(one.into_iter())
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What was made of each view.
#[derive(Clone, Debug, Default)]
struct Made {
    rows: usize,
    left_out: usize,
    /// The files of each partition, at least one.
    files: BTreeMap<Partition, Vec<Written>>,
}

/// What is in a file.
#[derive(Clone, Copy, Debug, Default)]
struct Written {
    /// How many lines, without a heading; or records, or rows.
    lines: usize,
    bytes: u64,
}

/// Takes the path of a file and what follows in it.
pub type Put<'a, E> = dyn FnMut(&str, &[u8]) -> Result<(), E> + 'a;

/// Views of rows that come one by one. It holds counts alone, but for those that wait for the last row.
#[derive(Clone, Debug)]
pub struct Views {
    made: BTreeMap<View, Made>,
    /// What is kept of the rows until all are there, for [`View::Quality`] and views with its columns.
    quality: Option<Quality>,
    /// The most bytes of an archive.
    shard: u64,
    canary: Canary,
}

impl Views {
    /// These views, of no rows yet; the canary marks those of rows that are kept apart.
    pub fn new(views: impl IntoIterator<Item = View>, canary: Canary) -> Views {
        let made: BTreeMap<_, _> = views.into_iter().map(|view| (view, Made::default())).collect();
        let waits = made.keys().any(|view| *view == View::Quality || view.has_quality_columns());
        let quality = waits.then(Quality::default);
        Views { made, quality, shard: webdataset::SHARD_BYTES, canary }
    }

    /// The views of this manifest's text, when it names known ones, in order, each once.
    pub fn stated_in(views: &[ViewRows], canary: Canary) -> Option<Views> {
        let known: Option<Vec<_>> = views.iter().map(|view| View::named(&view.format)).collect();
        known.filter(|known| known.is_sorted_by(|a, b| a < b)).map(|known| Views::new(known, canary))
    }

    /// Takes one row more, which lies in `partition` as `line`, without its newline: `put` gets what follows
    /// in each file, piece by piece. The rows of a partition come in their order.
    ///
    /// # Errors
    /// The first of `put`.
    pub fn add<E>(&mut self, row: &Row, line: &str, partition: &Partition, put: &mut Put<E>) -> Result<(), E> {
        let kept = self.quality.as_mut().is_some_and(|quality| quality.add(row, partition));
        for (view, made) in &mut self.made {
            if *view == View::Quality {
                *(if kept { &mut made.rows } else { &mut made.left_out }) += 1;
                continue;
            }
            let mut carried = false;
            for piece in view.pieces(row, line) {
                let piece = view.marked(piece, partition.split, &self.canary);
                let files = made.files.entry(partition.clone()).or_insert_with(|| vec![Written::default()]);
                if *view == View::WebDataset && files.last().is_some_and(|file| file.is_full(&piece, self.shard)) {
                    put(&view.path(partition, files.len() - 1), &webdataset::END)?;
                    files.push(Written::default());
                }
                let path = view.path(partition, files.len() - 1);
                let Some(file) = files.last_mut() else { continue };
                let heading = if file.lines == 0 { view.heading(partition.split) } else { String::new() };
                if !heading.is_empty() {
                    put(&path, heading.as_bytes())?;
                }
                if !piece.is_empty() {
                    put(&path, &piece)?;
                }
                file.lines += 1;
                file.bytes += piece.len() as u64;
                carried = true;
            }
            *(if carried { &mut made.rows } else { &mut made.left_out }) += 1;
        }
        Ok(())
    }

    /// Takes what lies beside the rows, when all of these are there: `put` gets what follows from both, and what files
    /// end with. Returns what can be said of the rows, for files of columns; nothing where no view says it.
    ///
    /// # Errors
    /// The first of `put`.
    pub fn finish<'a, E>(&mut self, beside: Beside<'a>, put: &mut Put<E>) -> Result<Finished<'a>, E> {
        let archives = self.made.get(&View::WebDataset).into_iter().flat_map(|made| &made.files);
        for (partition, files) in archives {
            put(&View::WebDataset.path(partition, files.len() - 1), &webdataset::END)?;
        }
        let finished = self.quality.take().unwrap_or_default().finish(beside);
        let Some(made) = self.made.get_mut(&View::Quality) else { return Ok(finished) };
        for partition in finished.partitions() {
            let path = View::Quality.path(partition, 0);
            let mut written = Written::default();
            for line in finished.lines(partition) {
                let line = View::Quality.marked(line.into_bytes(), partition.split, &self.canary);
                put(&path, &line)?;
                written.lines += 1;
                written.bytes += line.len() as u64;
            }
            made.files.insert(partition.clone(), vec![written]);
        }
        Ok(finished)
    }

    /// What marks the rows that are kept apart.
    pub fn canary(&self) -> &Canary {
        &self.canary
    }

    /// The files with quality columns, each to be written as a whole from the rows of its partition and what
    /// [`Views::finish`] says of them: of which view, and its path inside the export.
    pub fn of_columns(&self) -> impl Iterator<Item = (View, &Partition, String)> {
        let views = self.made.iter().filter(|(view, _)| view.has_quality_columns());
        views.flat_map(|(view, made)| made.files.keys().map(|partition| (*view, partition, view.path(partition, 0))))
    }

    /// What the manifest says of them, when their files are whole. `files` has each by its path; one that is not
    /// there is not spoken of.
    pub fn stated(&self, files: &BTreeMap<String, Sealed>) -> Vec<ViewRows> {
        let of = |(view, made): (&View, &Made)| {
            let written = made.files.iter().flat_map(|(partition, written)| {
                written.iter().enumerate().filter_map(move |(number, written)| {
                    let path = view.path(partition, number);
                    let sealed = files.get(&path)?;
                    Some(FileRows::new(path, partition, written.lines, sealed))
                })
            });
            let (format, mut files): (_, Vec<_>) = (view.name().to_owned(), written.collect());
            // Where files have numbers, partitions are not in the order of the paths.
            files.sort_by(|a, b| a.path.cmp(&b.path));
            ViewRows { format, rows: made.rows, left_out: made.left_out, files }
        };
        self.made.iter().map(of).collect()
    }
}

impl Written {
    /// Whether an archive would be too long with these files, and is not empty.
    fn is_full(&self, files: &[u8], most: u64) -> bool {
        self.lines > 0 && self.bytes + (files.len() + webdataset::END.len()) as u64 > most
    }
}

#[cfg(test)]
mod binary_tests;
#[cfg(test)]
mod tests;
