//! `commonwheel prune`: removes from an export what was erased since.

use super::Context;
use super::export::Bar;
use crate::community::{self, printable};
use crate::export::Source;
use crate::prune::{self, PruneError, Pruned};
use crate::run::Access;
use crate::verify::thousands;
use anyhow::Context as _;
use clap::Args;
use commonwheel_protocol::dataset::{Manifest, names};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Remove from an export what was withdrawn, taken down or revised since it was written.
///
/// Only what a signature proves is removed: both folders are verified first. The folder is written again beside itself
/// and changes places with the old one when it is complete; it verifies afterwards.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct PruneArgs {
    /// The folder that `export` wrote.
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// A newer export of the community, best of its newest release; else this node's replica is asked.
    #[arg(long, value_name = "BUNDLE")]
    pub by: Option<PathBuf>,
    /// Say what would be removed, and remove nothing.
    #[arg(long)]
    pub dry_run: bool,
}

const EXAMPLES: &str = "\
Examples:
  commonwheel prune dataset --by release-4         what the newer bundle proves to be erased
  commonwheel prune dataset --dry-run              what this node's replica knows to be erased

It removes, and adds nothing: get a new export for what is new. Snapshots and backups of the folder
are not reached.

Exit codes: 0 done, or nothing to remove; 1 failed; 2 wrong usage; 4 a folder did not verify.";

/// Prunes and prints what is gone.
///
/// # Errors
/// When nothing was removed that should be.
pub fn run(args: &PruneArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let mut bar = Bar::new("Pruning");
    let mut show = |done, all| bar.show(done, all);
    let pruned = match &args.by {
        Some(by) => prune::by_export(&args.dir, by, args.dry_run, &mut show),
        None => {
            let community = community::chosen(&context.home, Some(&community_of(&args.dir)?))?;
            let access = Access::open(&context.home, &community.id())?;
            let source = Source { ledger: &access, founding: &community.founding, terms: &community.terms };
            prune::by_replica(&args.dir, source, args.dry_run, &mut show)
        }
    };
    bar.end();
    match pruned {
        Ok(pruned) => {
            context.out.print(&pruned, |out| print(&pruned, out))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error @ PruneError::Verify { .. }) => {
            writeln!(anstream::stderr(), "Error: {}", printable(&error.to_string()))?;
            Ok(ExitCode::from(4))
        }
        Err(error) => Err(error.into()),
    }
}

fn community_of(dir: &Path) -> anyhow::Result<String> {
    let path = dir.join(names::MANIFEST);
    let text = crate::export::folder::text(&path).with_context(|| format!("could not read {}", path.display()))?;
    Manifest::community_in(&text).with_context(|| format!("{} is not an export", dir.display()))
}

fn print(pruned: &Pruned, out: &mut dyn Write) -> io::Result<()> {
    let dir = pruned.dir.display();
    for one in &pruned.removed {
        writeln!(out, "  {}  {} by {}", one.id, one.why, one.by)?;
    }
    let (count, rows) = (thousands(pruned.removed.len()), thousands(pruned.rows));
    match (pruned.removed.is_empty(), pruned.dry_run) {
        (true, _) => writeln!(out, "Nothing in {dir} was erased since: {rows} row(s)"),
        (false, true) => writeln!(out, "Would remove {count} row(s) from {dir}; {rows} would be left"),
        (false, false) => writeln!(out, "Removed {count} row(s) from {dir}; {rows} are left"),
    }
}
