//! `commonwheel export`: the accepted records, or a release, as files that anyone can check.

use super::Context;
use super::filter::FilterArgs;
use crate::benchmark;
use crate::community::{self, Community, CommunityError, printable};
use crate::export::{self, ExportOptions, ExportSummary, Origin, Source, Which, stop};
use crate::run::Access;
use crate::verify::thousands;
use clap::Args;
use commonwheel_protocol::dataset::{LeftOut, Merging, View, apart, names, unmerged};
use commonwheel_protocol::preference::Category;
use commonwheel_protocol::similar::{RUN_WORDS, RUNS};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Write the accepted records, or a release, as a dataset that anyone can check.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ExportArgs {
    /// Write this release instead, without what was erased since: its number, `latest`, or its id
    /// or the beginning of it.
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<Which>,
    /// The forms of the rows: `jsonl`, the canonical one, which is always written; and, under views/, `openai`,
    /// `sharegpt` and `alpaca`; `sft`, `preference` and `kto` for TRL's trainers; `hh-rlhf`; `tsv` for spreadsheets;
    /// `parquet` for DuckDB, pandas, polars and the like; `tfrecord`; `webdataset`; `quality` for duplicates, length,
    /// language and rights of each row, which `parquet` and `tfrecord` have too. Several with commas between, or the
    /// option several times.
    #[arg(long, value_name = "FORMAT", value_delimiter = ',', default_value = "jsonl", value_parser = format)]
    pub format: Vec<Format>,
    /// Write, under merged/, the rows of several licences as one work under one licence, by Creative Commons' table of
    /// what may be remixed, and with the most restrictive AI-use preference. A third party's part in a row counts by its
    /// own licence. Refused where the licences do not allow one work; `--merge separate` then makes several, and leaves
    /// out of them what can be in none.
    #[arg(long, value_name = "HOW", num_args = 0..=1, default_missing_value = "one", value_parser = merging)]
    pub merge: Option<Merging>,
    /// The folder to write. It appears only when it is complete.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Write beside them, under copies/, what this community may copy of that one, which this node has joined too:
    /// its name, its id or the beginning of it; then, if you like, `@` and a release of it. May be given several times.
    #[arg(long = "with", value_name = "COMMUNITY[@RELEASE]")]
    pub with: Vec<Wanted>,
    /// The community: its id, the beginning of it, or its name. Not needed when you joined one.
    #[arg(long, value_name = "COMMUNITY")]
    pub community: Option<String>,
    /// Replace an earlier export of the same community.
    #[arg(long)]
    pub force: bool,
    /// Leave out accepted records whose bodies are not here, and name them in manifest.json.
    #[arg(long)]
    pub allow_incomplete: bool,
    /// Leave out records that share a run of words with an item of these benchmarks, and list them in
    /// contaminated.jsonl: .jsonl, .json, .txt, .csv or .tsv files, also as .gz, of which every text counts.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub decontaminate: Vec<PathBuf>,
    /// How many words in a row are too many: 8 to 50. Shorter texts of a benchmark count as a whole, from 8 words on.
    #[arg(long, value_name = "WORDS", default_value_t = RUN_WORDS, value_parser = overlap, requires = "decontaminate")]
    pub overlap: usize,
    /// Which records are written. Without any of these, everything is, each row with its licence and preference.
    #[command(flatten)]
    pub filter: FilterArgs,
}

const EXAMPLES: &str = "\
Examples:
  commonwheel export --out dataset     one file of rows for each licence, AI-use preference and month
  commonwheel export --format jsonl,openai,sft --out dataset --force
      and, below views/, the same rows as trainers take them
  commonwheel export --format parquet --out dataset --force
      and, below views/parquet, typed columns for DuckDB, pandas, polars, datasets, Spark, with how
      good each row is
  commonwheel export --release latest --out release   what was released last, without what was erased
  commonwheel export --use train-ai --out training    only what people allow to train a model
  commonwheel export --use train-ai --format preference,kto --out training
      and of that what people judged, for TRL; manifest.json counts what a form leaves out
  commonwheel export --use train-ai --honour cc-cr --out training
      and what they allow to whoever gives credit
  commonwheel export --language de --label good --month 2026-03..2026-06 --out german
      only what is in German, was labelled good, and was shared in those months
  commonwheel export --use train-ai --decontaminate gsm8k-test.jsonl mmlu/*.csv --out training
      and nothing that shares 13 words in a row with these benchmarks
  commonwheel export --use train-ai --merge separate --out training
      and, below merged/, the rows as few works as their licences allow, each under one
  commonwheel export --community language --with health --out dataset
      and, below copies/, what the community \"health\" lets this one copy
  commonwheel export --community language --release latest --with health@3 --out release
  commonwheel verify dataset                          check what was written, copies too

Beside a release, and from a community that opens texts with a release, a release is copied: the
newest, unless you name another. What is withdrawn there is not in your next export.
Copies hold the canonical rows alone, whatever --format says.
`commonwheel federation show` says who may copy what.

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 done in part (some records have no body here,
or some items of a benchmark could not be read); 130 or 143 stopped by a signal, and nothing is left of it.";

/// A form of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON Lines, from which `verify` rebuilds every record.
    Jsonl,
    /// What follows from these.
    View(View),
}

/// Reads the name of a form.
pub(super) fn format(text: &str) -> Result<Format, String> {
    let known = (text == "jsonl").then_some(Format::Jsonl).or_else(|| View::named(text).map(Format::View));
    known.ok_or_else(|| format!("expected one of jsonl, {}", View::ALL.map(View::name).join(", ")))
}

fn merging(text: &str) -> Result<Merging, String> {
    match text {
        "one" => Ok(Merging::One),
        "separate" => Ok(Merging::Separate),
        _ => Err("expected one or separate".to_owned()),
    }
}

impl Format {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        self.view().map_or("jsonl", View::name)
    }

    fn view(self) -> Option<View> {
        match self {
            Format::Jsonl => None,
            Format::View(view) => Some(view),
        }
    }
}

fn overlap(text: &str) -> Result<usize, String> {
    let words = text.parse().ok().filter(|words| RUNS.contains(words));
    words.ok_or_else(|| format!("expected a number from {} to {}", RUNS.start(), RUNS.end()))
}

/// A community to copy from, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    community: String,
    release: Option<Which>,
}

impl FromStr for Wanted {
    type Err = String;

    /// What stands after the last `@` is a release, if it is one; else it belongs to the name.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.rsplit_once('@').and_then(|(name, release)| Some((name, release.parse().ok()?)));
        let (name, release) = parts.map_or((text, None), |(name, release)| (name, Some(release)));
        match name.is_empty() {
            true => Err("expected a community's name or id, such as health or health@3".to_owned()),
            false => Ok(Wanted { community: name.to_owned(), release }),
        }
    }
}

/// Writes the export and prints what it holds.
///
/// # Errors
/// When nothing was written.
pub fn run(args: &ExportArgs, context: &Context) -> anyhow::Result<ExitCode> {
    stop::cleanly()?;
    let here = |community: Community| {
        let access = Access::open(&context.home, &community.id())?;
        anyhow::Ok((community, access))
    };
    let own = here(community::chosen(&context.home, args.community.as_deref())?)?;
    let mut others = Vec::new();
    for wanted in &args.with {
        let other = followed(wanted, context)?;
        // One's own store is open already, and one community named twice is an error that `export` words.
        let twice = others.iter().any(|((other_too, _), _): &((Community, _), _)| other_too.id() == other.id());
        anyhow::ensure!(!twice, "{:?} is named twice; name each community once, with one release", wanted.community);
        anyhow::ensure!(
            other.id() != own.0.id(),
            "{:?} is the community that is exported; --with names others",
            wanted.community
        );
        others.push((here(other)?, wanted.release.clone()));
    }
    let origins: Vec<_> =
        others.iter().map(|(other, release)| Origin { source: source(other), release: release.clone() }).collect();
    let benchmarks = match args.decontaminate.is_empty() {
        true => None,
        false => {
            let mut bar = Bar::new("Reading benchmarks");
            let loaded = benchmark::load(&args.decontaminate, args.overlap, &mut |done, all| bar.show(done, all))?;
            bar.end();
            Some(Arc::new(loaded))
        }
    };
    let options = ExportOptions {
        benchmarks,
        out: args.out.clone(),
        replace: args.force,
        allow_incomplete: args.allow_incomplete,
        release: args.release.clone(),
        views: args.format.iter().filter_map(|format| format.view()).collect(),
        filter: args.filter.filter()?,
        merge: args.merge,
    };
    let mut bar = Bar::new("Writing");
    let summary = export::export(&source(&own), &origins, &options, &mut |done, all| bar.show(done, all))?;
    bar.end();
    context.out.print(&summary, |to| print(&summary, args.merge.is_some(), to))?;
    Ok(if summary.is_complete() { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

fn source((community, access): &(Community, Access)) -> Source<'_, Access> {
    Source { ledger: access, founding: &community.founding, terms: &community.terms }
}

/// A community that this node follows.
fn followed(wanted: &Wanted, context: &Context) -> anyhow::Result<Community> {
    community::chosen(&context.home, Some(&wanted.community)).map_err(|error| match error {
        CommunityError::NotFound { known } => anyhow::anyhow!(
            "this node does not follow {:?}, so that there is nothing to copy from; it follows: {known}\n\
             Hint: join it with `commonwheel community join INVITE` and let `commonwheel run` fetch its records",
            wanted.community
        ),
        other => other.into(),
    })
}

fn print(summary: &ExportSummary, merging: bool, to: &mut dyn Write) -> io::Result<()> {
    let dir = summary.dir.display();
    writeln!(to, "Wrote {} row(s) to {dir}", thousands(summary.rows))?;
    print_content(summary, merging, to)?;
    for copy in &summary.copies {
        writeln!(to, "Copied {} row(s) of {} to {}", thousands(copy.rows), copy.name, copy.dir.display())?;
        print_content(copy, false, to)?;
    }
    writeln!(to, "Check it with: commonwheel verify {dir}")
}

fn print_overlap(summary: &ExportSummary, to: &mut dyn Write) -> io::Result<()> {
    let Some(said) = &summary.decontaminated else { return Ok(()) };
    let compared: usize = said.files.iter().map(|file| file.compared).sum();
    let (count, words) = (thousands(said.left_out), said.words);
    writeln!(
        to,
        "Left out:   {count} since they share {words} words in a row, or a whole shorter text, with benchmarks; {} lists them",
        names::CONTAMINATED
    )?;
    writeln!(to, "Benchmarks: {} item(s) of {} file(s) compared", thousands(compared), said.files.len())?;
    let unread: usize = said.files.iter().map(|file| file.unread).sum();
    for one in &summary.unread {
        writeln!(to, "Not read:   {}, item {}: {}", printable(&one.file), one.item, one.why)?;
    }
    match unread.saturating_sub(summary.unread.len()) {
        more if more > 0 && !summary.unread.is_empty() => writeln!(to, "Not read:   {} more", thousands(more)),
        _ => Ok(()),
    }
}

fn print_content(summary: &ExportSummary, merging: bool, to: &mut dyn Write) -> io::Result<()> {
    for (path, rows) in &summary.files {
        writeln!(to, "  {path}  {}", thousands(*rows))?;
    }
    for view in &summary.views {
        let (rows, left_out) = (thousands(view.rows), thousands(view.left_out));
        writeln!(to, "  {}/{}/  {rows}; {left_out} left out", names::VIEWS, view.format)?;
    }
    for work in &summary.merged {
        writeln!(to, "Merged:     {}", work.said())?;
    }
    match unmerged(summary.rows, &summary.merged) {
        left if left > 0 && merging => writeln!(
            to,
            "In no work: {} row(s), each with a part of a third party whose licence is not known or cannot be mixed with the row's",
            thousands(left)
        )?,
        _ => {}
    }
    if let Some(why) = apart(&summary.merged) {
        writeln!(to, "Apart:      {why}")?;
    }
    if let Some(root) = &summary.state_root {
        writeln!(to, "State root: {root}")?;
    }
    if let Some(number) = summary.release {
        writeln!(to, "Release:    {number}; {} of its records were erased since", thousands(summary.erased))?;
        writeln!(to, "Edition:    {}", summary.edition.as_deref().unwrap_or("none, since rows are missing"))?;
    }
    if let Some(purpose) = &summary.purpose {
        for (count, why) in purpose.reasons() {
            writeln!(to, "Left out:   {} {why}", thousands(count))?;
        }
        for (signal, rows) in &purpose.relied_on {
            writeln!(
                to,
                "Credit:     owed for {} row(s) that are here by your promise to honour {signal}",
                thousands(*rows)
            )?;
        }
        if purpose.usage == Category::TrainAi.label() || purpose.failed_chats > 0 {
            writeln!(to, "Fail chats: {}; they show what not to do", thousands(purpose.failed_chats))?;
        }
    }
    if let Some(chosen) = summary.filter.as_ref().filter(|chosen| chosen.left_out() > 0) {
        let asks = printable(&chosen.asks.to_string());
        writeln!(to, "Left out:   {} since you asked for others: {asks}", thousands(chosen.left_out()))?;
    }
    print_overlap(summary, to)?;
    for (count, why) in summary.left_out.iter().flat_map(LeftOut::reasons) {
        writeln!(to, "Left out:   {} {why}", thousands(count))?;
    }
    if summary.incomplete > 0 {
        let missing = thousands(summary.incomplete);
        writeln!(to, "Incomplete: {missing} record(s) have no body here; manifest.json names them.")?;
    }
    match summary.open {
        true => Ok(()),
        false => writeln!(to, "The charter does not open these bodies to everyone: do not pass this folder on."),
    }
}

/// A progress bar on standard error: only on a terminal, and only after 250 ms.
pub(super) struct Bar {
    verb: &'static str,
    since: Instant,
    bar: Option<ProgressBar>,
    wanted: bool,
}

impl Bar {
    pub(super) fn new(verb: &'static str) -> Self {
        Bar { verb, since: Instant::now(), bar: None, wanted: io::stderr().is_terminal() }
    }

    pub(super) fn show(&mut self, done: usize, all: usize) {
        if self.bar.is_none() && self.wanted && self.since.elapsed() > Duration::from_millis(250) {
            let bar = ProgressBar::with_draw_target(Some(all as u64), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{prefix} {wide_bar} {human_pos}/{human_len} {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            self.bar = Some(bar.with_prefix(self.verb));
        }
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
        }
    }

    pub(super) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_apart_and_an_unknown_one_is_answered_with_those_that_are_known() {
        use clap::Parser;
        let parsed = |formats: &[&str]| {
            let words = ["commonwheel", "export", "--out", "x"].iter().chain(formats);
            match crate::cli::Cli::try_parse_from(words) {
                Ok(cli) => match cli.command {
                    crate::cli::Command::Export(args) => Ok(args.format),
                    _ => panic!("expected an export"),
                },
                Err(error) => Err(error.to_string()),
            }
        };
        let all = [Format::Jsonl, Format::View(View::Sft), Format::View(View::Tsv)];
        assert_eq!(parsed(&[]), Ok(vec![Format::Jsonl]));
        assert_eq!(parsed(&["--format", "jsonl,sft", "--format", "tsv"]).as_deref(), Ok(&all[..]));
        let refused = parsed(&["--format", "hologram"]).unwrap_err();
        assert!(View::ALL.iter().all(|view| refused.contains(view.name())) && refused.contains("jsonl"), "{refused}");
    }

    #[test]
    fn what_stands_after_the_last_at_sign_is_a_release_if_it_is_one() {
        for (text, community, release) in [
            ("health", "health", None),
            ("health@3", "health", Some(Which::Number(3))),
            ("health support@latest", "health support", Some(Which::Latest)),
            ("us@home", "us@home", None),
            ("us@home@1", "us@home", Some(Which::Number(1))),
        ] {
            let wanted = Wanted { community: community.to_owned(), release };
            assert_eq!(text.parse(), Ok(wanted));
        }
        assert!("".parse::<Wanted>().is_err() && "@3".parse::<Wanted>().is_err());
    }

    #[test]
    fn rows_that_are_in_no_work_are_told_of_even_where_there_is_no_work_if_works_were_asked_for() {
        use crate::export::fixture::{Commons, TERMS, source};
        use commonwheel_protocol::licence::Licence;
        let (commons, temp) = (Commons::named("readers"), tempfile::TempDir::new().unwrap());
        let store = commons.store(&[commons.says(60, "Which tea?", Licence::Cc0, "train-ai=y")]);
        let options = ExportOptions::to(temp.path().join("rows"));
        let summary = crate::export::export(&source(&store, &commons, TERMS), &[], &options, &mut |_, _| {}).unwrap();
        let told = |merging| {
            let mut text = Vec::new();
            print(&summary, merging, &mut text).unwrap();
            String::from_utf8(text).unwrap().contains("In no work: 1 row(s)")
        };
        assert_eq!([told(true), told(false)], [true, false]);
    }
}
