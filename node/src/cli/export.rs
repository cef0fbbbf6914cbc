//! `commonwheel export`: the accepted records, or a release, as files that anyone can check.

use super::output::Output;
use crate::export::{self, ExportOptions, ExportSummary, Which};
use crate::verify::thousands;
use clap::{Args, ValueEnum};
use commonwheel_protocol::agreement::Founding;
use commonwheel_protocol::ledger::Ledger;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Write the accepted records, or a release, as a dataset that anyone can check.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ExportArgs {
    /// Write this release instead, without what was erased since: its number, `latest`, or its id
    /// or the beginning of it.
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<Which>,
    /// The format of the rows.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    pub format: Format,
    /// The folder to write. It appears only when it is complete.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Replace an earlier export of the same community.
    #[arg(long)]
    pub force: bool,
    /// Leave out accepted records whose bodies are not here, and name them in manifest.json.
    #[arg(long)]
    pub allow_incomplete: bool,
}

const EXAMPLES: &str = "\
Examples:
  commonwheel export --out dataset                    one file of rows for each licence and month
  commonwheel export --format jsonl --out dataset --force
  commonwheel export --release latest --out release   what was released last, without what was erased since
  commonwheel verify dataset                          check what was written

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 done in part (some records have no body here).";

/// A format of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// JSON Lines, from which `verify` rebuilds every record.
    Jsonl,
}

/// Writes the export and prints what it holds.
///
/// # Errors
/// When nothing was written.
pub fn run<L: Ledger>(
    args: &ExportArgs,
    ledger: &L,
    founding: &Founding,
    terms: &str,
    out: Output,
) -> anyhow::Result<ExitCode> {
    let Format::Jsonl = args.format;
    let options = ExportOptions {
        out: args.out.clone(),
        replace: args.force,
        allow_incomplete: args.allow_incomplete,
        release: args.release.clone(),
    };
    let mut bar = Bar::new("Writing");
    let summary = export::export(ledger, founding, terms, &options, &mut |done, all| bar.show(done, all))?;
    bar.end();
    out.print(&summary, |to| print(&summary, to))?;
    Ok(if summary.incomplete == 0 { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

fn print(summary: &ExportSummary, to: &mut dyn Write) -> io::Result<()> {
    let dir = summary.dir.display();
    writeln!(to, "Wrote {} row(s) to {dir}", thousands(summary.rows))?;
    for (path, rows) in &summary.files {
        writeln!(to, "  {path}  {}", thousands(*rows))?;
    }
    if let Some(root) = &summary.state_root {
        writeln!(to, "State root: {root}")?;
    }
    if let Some(number) = summary.release {
        writeln!(to, "Release:    {number}; {} of its records were erased since", thousands(summary.erased))?;
        writeln!(to, "Edition:    {}", summary.edition.as_deref().unwrap_or("none, since rows are missing"))?;
    }
    if summary.incomplete > 0 {
        let missing = thousands(summary.incomplete);
        writeln!(to, "Incomplete: {missing} record(s) have no body here; manifest.json names them.")?;
    }
    if !summary.open {
        writeln!(to, "The charter does not open these bodies to everyone: do not pass this folder on.")?;
    }
    writeln!(to, "Check it with: commonwheel verify {dir}")
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
