//! `commonwheel diff`: what changed from one release to another.

use super::Context;
use crate::community;
use crate::export::{Difference, Which, difference};
use crate::run::Access;
use clap::Args;
use std::io::{self, Write};
use std::process::ExitCode;

/// Show what was added, revised, withdrawn and taken down from one release to another.
///
/// Both are compared as the validators signed them; why a record is gone is what this node's replica knows now.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel diff 1 2
  commonwheel diff 1 latest --json

Exit codes: 0 done, whether or not they differ; 1 failed; 2 wrong usage.")]
pub struct DiffArgs {
    /// The one: its number, its id or the beginning of it, or `latest`.
    #[arg(value_name = "RELEASE1")]
    pub from: Which,
    /// The other.
    #[arg(value_name = "RELEASE2")]
    pub to: Which,
    /// The community: its id, the beginning of it, or its name. Not needed when you joined one.
    #[arg(long, value_name = "COMMUNITY")]
    pub community: Option<String>,
}

/// Compares and prints.
///
/// # Errors
/// When a release is not here.
pub fn run(args: &DiffArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let community = community::chosen(&context.home, args.community.as_deref())?;
    let access = Access::open(&context.home, &community.id())?;
    let found = difference(&access, &args.from, &args.to)?;
    context.out.print(&found, |out| print(&found, out))?;
    Ok(ExitCode::SUCCESS)
}

fn print(found: &Difference, out: &mut dyn Write) -> io::Result<()> {
    let Difference { from, to, in_both, added, revised, withdrawn, taken_down, left_out } = found;
    writeln!(
        out,
        "From release {from} to {to}: {} added, {} revised, {} withdrawn, {} taken down, {} left out; {in_both} in both.",
        added.len(),
        revised.len(),
        withdrawn.len(),
        taken_down.len(),
        left_out.len()
    )?;
    added.iter().try_for_each(|id| writeln!(out, "+ {id}"))?;
    revised.iter().try_for_each(|one| writeln!(out, "~ {} is now {}", one.id, one.by))?;
    let gone = [(withdrawn, "withdrawn"), (taken_down, "taken down"), (left_out, "left out")];
    gone.into_iter().try_for_each(|(ids, why)| ids.iter().try_for_each(|id| writeln!(out, "- {id}  {why}")))
}
