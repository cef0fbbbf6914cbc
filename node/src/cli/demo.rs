//! `commonwheel demo`.

use super::export::{Format, format};
use super::{Context, show};
use crate::demo::{self, DemoOptions, Summary};
use anyhow::{Context as _, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// See the whole thing work on this machine: found, join, contribute, agree, replicate, export, verify.
///
/// Four validators, a replica and a contributor run as real processes in temporary homes and
/// talk over the loopback network. Everything is stopped and removed at the end, but the dataset.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel demo
  commonwheel demo --format parquet             the dataset for DuckDB, pandas, polars and datasets, too
  commonwheel demo --input my-chats.json --out /tmp/my-dataset")]
pub struct DemoArgs {
    /// Contribute these files instead of the bundled sample (repeatable, or several at once).
    #[arg(long, value_name = "FILE", num_args = 1..)]
    input: Vec<PathBuf>,
    /// The forms of the dataset's rows, as `commonwheel export --format` takes them: by default with what can be said of
    /// how good each row is.
    #[arg(long, value_name = "FORMAT", value_delimiter = ',', default_values = ["jsonl", "quality"], value_parser = format)]
    format: Vec<Format>,
    /// Where the dataset goes: a new folder. [default: commonwheel-demo, or commonwheel-demo-2 and so on]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs the verb.
///
/// # Errors
/// When any step fails.
pub fn run(args: &DemoArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let out = free_folder(args.out.as_deref())?;
    let formats = args.format.iter().map(|format| format.name().to_owned()).collect();
    let options = DemoOptions { inputs: args.input.clone(), formats, out, quiet: context.out.json };
    let summary = demo::run(&options)?;
    context.out.print(&summary, |out| table(out, &summary))?;
    Ok(ExitCode::SUCCESS)
}

/// The folder asked for, or the first of the default names that is free. Found out before anything
/// is started.
fn free_folder(asked: Option<&Path>) -> anyhow::Result<PathBuf> {
    let free = |path: &Path| path.read_dir().map_or(!path.exists(), |mut entries| entries.next().is_none());
    if let Some(path) = asked {
        if free(path) {
            return Ok(path.to_owned());
        }
        bail!("{} is there already and not empty\nHint: name another folder with --out, or remove it", path.display());
    }
    let names = (1..).map(|n| if n == 1 { "commonwheel-demo".to_owned() } else { format!("commonwheel-demo-{n}") });
    names.map(PathBuf::from).find(|path| free(path)).context("there is no free name for the dataset")
}

fn table(out: &mut dyn std::io::Write, summary: &Summary) -> std::io::Result<()> {
    let redacted = show::counts(&summary.redacted);
    let rows = [
        ("items found", summary.items.to_string()),
        ("personal data redacted", if redacted.is_empty() { "nothing found".to_owned() } else { redacted }),
        (
            "held in quarantine",
            format!("{} (more than five findings; they stayed on the contributor's machine)", summary.quarantined),
        ),
        ("already shared", summary.duplicates.to_string()),
        ("could not be shared", summary.failed.to_string()),
        ("signed and shared", summary.shared.to_string()),
        ("accepted by quorum", format!("{} in {:.1} s, replicated in full", summary.accepted, summary.seconds)),
        ("state root", summary.state_root.clone()),
        ("verified", summary.verified.clone()),
        ("dataset", summary.dataset.display().to_string()),
    ];
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    writeln!(out)?;
    rows.iter().try_for_each(|(name, value)| writeln!(out, "  {name:<width$}  {value}"))?;
    writeln!(out, "\nCheck it yourself: commonwheel verify {}", summary.dataset.display())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    #[test]
    fn the_dataset_says_how_good_each_row_is_unless_other_forms_are_asked_for() {
        let formats = |words: &[&str]| match crate::cli::Cli::try_parse_from(words).unwrap().command {
            crate::cli::Command::Demo(args) => args.format.iter().map(|format| format.name()).collect::<Vec<_>>(),
            _ => panic!("expected a demo"),
        };
        assert_eq!(formats(&["commonwheel", "demo"]), ["jsonl", "quality"]);
        assert_eq!(formats(&["commonwheel", "demo", "--format", "tsv"]), ["tsv"]);
    }
}
