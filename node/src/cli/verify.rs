//! `commonwheel verify`: checks an export offline.

use super::export::Bar;
use super::output::Output;
use crate::verify::{self, ByAnother, Expected, Problem, VerifyError, VerifySummary};
use clap::Args;
use commonwheel_protocol::bytes::Cid;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Check an export: every hash, signature and certificate, without a network.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct VerifyArgs {
    /// The folder that `export` wrote.
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The id of the community that it must be from.
    #[arg(long, value_name = "ID")]
    pub community: Option<Cid>,
    /// The charter that must lead, or that of the release.
    #[arg(long, value_name = "ID")]
    pub charter: Option<Cid>,
    /// The state root that it must have, as a node of the community shows it.
    #[arg(long, value_name = "ROOT")]
    pub state_root: Option<Cid>,
    /// Files of benchmarks with which no row may overlap: .jsonl, .json, .txt, .csv or .tsv, also as .gz. If the export
    /// names some with which it was compared, these must be among them; if it names none, any will do.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub decontaminate: Vec<PathBuf>,
    /// The edition of a release that it must be.
    #[arg(long, value_name = "ID")]
    pub edition: Option<Cid>,
}

const EXAMPLES: &str = "\
Examples:
  commonwheel verify dataset
  commonwheel verify dataset --community bafy… --state-root bafy…
  commonwheel verify training --decontaminate gsm8k-test.jsonl
      and no row shares 13 words in a row, or as many as the export says, with an item of it

Without --community and --state-root (or --edition) it proves only what the
export says of itself: compare them with those that a node of the community shows.

Exit codes: 0 everything holds; 1 it could not be read; 2 wrong usage; 3 it holds, but not all could be
checked: what another version of this program wrote into files of columns and this one does not know, or items of a
benchmark that could not be read; 4 the check failed.";

/// What programs are told.
#[derive(Serialize)]
struct Report<'a> {
    valid: bool,
    /// What was proved, in a sentence.
    proved: Option<String>,
    #[serde(flatten)]
    summary: Option<&'a VerifySummary>,
    problems: &'a [Problem],
}

/// The exit code of a check that holds, but for what could not be checked.
const IN_PART: u8 = 3;
/// The exit code of a check that failed.
const FAILED: u8 = 4;

/// Checks the folder and prints what was proved, or what is wrong.
///
/// # Errors
/// When the folder could not be read.
pub fn run(args: &VerifyArgs, out: Output) -> anyhow::Result<ExitCode> {
    let expected = Expected {
        community: args.community,
        charter: args.charter,
        state_root: args.state_root,
        edition: args.edition,
        benchmarks: args.decontaminate.clone(),
    };
    let mut bar = Bar::new("Checking");
    let verified = verify::verify(&args.dir, &expected, &mut |done, all| bar.show(done, all));
    bar.end();
    match verified {
        Ok(summary) => {
            out.print(
                &Report { valid: true, proved: Some(summary.sentence()), summary: Some(&summary), problems: &[] },
                |to| {
                    writeln!(to, "{}", summary.sentence())?;
                    writeln!(to, "Community:  {}", summary.community)?;
                    writeln!(to, "Charter:    {}", summary.charter)?;
                    let found = [("State root", &summary.state_root), ("Edition", &summary.edition)];
                    let mut found = found.iter().filter_map(|(what, id)| Some((*what, id.as_ref()?)));
                    found.try_for_each(|(what, id)| writeln!(to, "{:<12}{id}", format!("{what}:")))?;
                    let views: Vec<_> = summary.views.iter().map(|view| &view.format[..]).collect();
                    let but = if summary.is_checked() { "" } else { ", but what is not known here" };
                    if !views.is_empty() {
                        writeln!(to, "Views:      {}; each follows from the rows{but}", views.join(", "))?;
                    }
                    for file in &summary.by_others {
                        let mut unknown = file.not_compared.iter();
                        let but = if unknown.len() > 0 { ", but for what is unchecked" } else { "" };
                        let ByAnother { path, writer, .. } = file;
                        writeln!(to, "By another: {path}, by {writer}; other bytes, the same values{but}")?;
                        unknown
                            .try_for_each(|what| writeln!(to, "Unchecked:  {what}, which that version can check"))?;
                    }
                    let mut works = summary.merged.iter();
                    works.try_for_each(|work| writeln!(to, "Merged:     {}", work.said()))
                },
            )?;
            Ok(if summary.is_whole() { ExitCode::SUCCESS } else { ExitCode::from(IN_PART) })
        }
        Err(VerifyError::Failed(problems)) => {
            out.print(&Report { valid: false, proved: None, summary: None, problems: &problems }, |to| {
                problems.iter().try_for_each(|problem| writeln!(to, "{problem}"))?;
                writeln!(to, "The check failed: {} problem(s). Do not use this copy; get another.", problems.len())
            })?;
            Ok(ExitCode::from(FAILED))
        }
        Err(error) => Err(error.into()),
    }
}
