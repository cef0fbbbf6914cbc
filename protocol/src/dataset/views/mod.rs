//! Views: the rows of an export in the forms that trainers and spreadsheets take.
//!
//! A view is a function of the canonical rows alone. Each row gives no line or some, whatever the other rows are, so
//! that a view is written and checked while the rows go by; but [`View::Quality`] waits for the last, since a row's
//! line there says what other rows are like it. docs/DATASET.md, *Views*, says the same for others. A
//! file a format; `cells` reads what they need of a row.

mod alpaca;
pub(super) mod cells;
mod hh_rlhf;
mod kto;
mod openai;
mod preference;
mod sft;
mod sharegpt;
mod tsv;

use super::manifest::{FileRows, Sealed, ViewRows, names};
use super::partition::Partition;
use super::quality::{Beside, Quality};
use super::row::Row;
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
    /// TRL's preference, conversational: a prompt, a chosen and a rejected answer.
    Preference,
    /// What can be said of how good each row is, in the light of all others.
    Quality,
    /// TRL's language modelling, conversational: what a model may imitate.
    Sft,
    /// A conversation of speakers and values, as ShareGPT has it.
    ShareGpt,
    /// Values between tabs, for spreadsheets and databases.
    Tsv,
}

impl View {
    /// Every view.
    pub const ALL: [View; 9] = [
        View::Alpaca,
        View::HhRlhf,
        View::Kto,
        View::OpenAi,
        View::Preference,
        View::Quality,
        View::Sft,
        View::ShareGpt,
        View::Tsv,
    ];

    /// Its name, on the command line, in the manifest, and of its folder.
    pub fn name(self) -> &'static str {
        match self {
            View::Alpaca => "alpaca",
            View::HhRlhf => "hh-rlhf",
            View::Kto => "kto",
            View::OpenAi => "openai",
            View::Preference => "preference",
            View::Quality => "quality",
            View::Sft => "sft",
            View::ShareGpt => "sharegpt",
            View::Tsv => "tsv",
        }
    }

    /// The view with this name.
    pub fn named(name: &str) -> Option<View> {
        View::ALL.into_iter().find(|view| view.name() == name)
    }

    /// The path of the file for the rows of a partition, with `/` between folders.
    pub fn path(self, partition: &Partition) -> String {
        let extension = if self == View::Tsv { "tsv" } else { "jsonl" };
        format!("{}/{self}/{}.{extension}", names::VIEWS, partition.place())
    }

    /// What each of its files begins with.
    pub fn heading(self) -> &'static str {
        if self == View::Tsv { tsv::HEADING } else { "" }
    }

    /// The lines of a row, each with its newline; none when the format cannot carry it, or they do not follow from the
    /// row alone.
    pub fn lines(self, row: &Row) -> Box<dyn Iterator<Item = String> + '_> {
        let one = match self {
            View::Kto => return Box::new(kto::lines(row)),
            View::Alpaca => alpaca::line(row),
            View::HhRlhf => hh_rlhf::line(row),
            View::OpenAi => openai::line(row),
            View::Preference => preference::line(row),
            View::Quality => None,
            View::Sft => sft::line(row),
            View::ShareGpt => sharegpt::line(row),
            View::Tsv => Some(tsv::line(row)),
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
    /// The lines of each file, without headings.
    files: BTreeMap<Partition, usize>,
}

/// Views of rows that come one by one. It holds counts alone, but for [`View::Quality`].
#[derive(Clone, Debug, Default)]
pub struct Views {
    made: BTreeMap<View, Made>,
    /// The rows of that view, until all are there.
    quality: Option<Quality>,
}

impl Views {
    /// These views, of no rows yet.
    pub fn new(views: impl IntoIterator<Item = View>) -> Views {
        let made: BTreeMap<_, _> = views.into_iter().map(|view| (view, Made::default())).collect();
        let quality = made.contains_key(&View::Quality).then(Quality::default);
        Views { made, quality }
    }

    /// The views of this manifest's text, when it names known ones, in order, each once.
    pub fn stated_in(views: &[ViewRows]) -> Option<Views> {
        let known: Option<Vec<_>> = views.iter().map(|view| View::named(&view.format)).collect();
        known.filter(|known| known.is_sorted_by(|a, b| a < b)).map(Views::new)
    }

    /// Takes one row more, which lies in `partition`: `put` gets the path of a file and the text that follows in it, line
    /// by line. The rows of a partition come in their order.
    ///
    /// # Errors
    /// The first of `put`.
    pub fn add<E>(
        &mut self,
        row: &Row,
        partition: &Partition,
        put: &mut dyn FnMut(&str, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        for (view, made) in &mut self.made {
            if let (View::Quality, Some(quality)) = (view, &mut self.quality) {
                *(if quality.add(row, partition) { &mut made.rows } else { &mut made.left_out }) += 1;
                continue;
            }
            let path = view.path(partition);
            let mut carried = false;
            for line in view.lines(row) {
                let lines = made.files.entry(partition.clone()).or_default();
                if *lines == 0 && !view.heading().is_empty() {
                    put(&path, view.heading())?;
                }
                put(&path, &line)?;
                *lines += 1;
                carried = true;
            }
            *(if carried { &mut made.rows } else { &mut made.left_out }) += 1;
        }
        Ok(())
    }

    /// Takes what lies beside the rows, when all of these are there: `put` gets what follows from both, as in
    /// [`Views::add`].
    ///
    /// # Errors
    /// The first of `put`.
    pub fn finish<E>(&mut self, beside: Beside<'_>, put: &mut dyn FnMut(&str, &str) -> Result<(), E>) -> Result<(), E> {
        let (Some(quality), Some(made)) = (self.quality.take(), self.made.get_mut(&View::Quality)) else {
            return Ok(());
        };
        let finished = quality.finish(beside);
        for partition in finished.partitions() {
            let path = View::Quality.path(partition);
            for line in finished.lines(partition) {
                put(&path, &line)?;
                *made.files.entry(partition.clone()).or_default() += 1;
            }
        }
        Ok(())
    }

    /// What the manifest says of them, when their files are whole. `files` has each by its path; one that is not
    /// there is not spoken of.
    pub fn stated(&self, files: &BTreeMap<String, Sealed>) -> Vec<ViewRows> {
        let file = |view: &View, (partition, lines): (&Partition, &usize)| {
            let path = view.path(partition);
            let sealed = files.get(&path)?;
            Some(FileRows::new(path, partition, *lines, sealed))
        };
        let of = |(view, made): (&View, &Made)| ViewRows {
            format: view.name().to_owned(),
            rows: made.rows,
            left_out: made.left_out,
            files: made.files.iter().filter_map(|one| file(view, one)).collect(),
        };
        self.made.iter().map(of).collect()
    }
}

#[cfg(test)]
mod tests;
