//! `commonwheel demo`.

use super::{Context, show};
use crate::demo::{self, DemoOptions, Summary};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// See the whole thing work on this machine: found, join, contribute, agree, replicate, export, verify.
///
/// Four validators, a replica and a contributor run as real processes in temporary homes and
/// talk over the loopback network. Everything is stopped and removed at the end, but the dataset.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel demo
  commonwheel demo --input my-chats.json --out /tmp/my-dataset")]
pub struct DemoArgs {
    /// Contribute these files instead of the bundled sample (repeatable, or several at once).
    #[arg(long, value_name = "FILE", num_args = 1..)]
    input: Vec<PathBuf>,
    /// Where the dataset goes.
    #[arg(long, value_name = "DIR", default_value = "commonwheel-demo")]
    out: PathBuf,
}

/// Runs the verb.
///
/// # Errors
/// When any step fails.
pub fn run(args: &DemoArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let options = DemoOptions { inputs: args.input.clone(), out: args.out.clone(), quiet: context.out.json };
    let summary = demo::run(&options)?;
    context.out.print(&summary, |out| table(out, &summary))?;
    Ok(ExitCode::SUCCESS)
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
