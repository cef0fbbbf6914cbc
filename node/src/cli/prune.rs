//! `commonwheel prune`: removes from an export what was erased since.

use super::Context;
use super::export::Bar;
use crate::community::{self, Community, CommunityError, printable};
use crate::export::{Source, stop};
use crate::prune::{self, PruneError, Pruned};
use crate::run::Access;
use crate::verify::thousands;
use anyhow::Context as _;
use clap::Args;
use commonwheel_protocol::dataset::{Manifest, names};
use std::collections::BTreeMap;
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
    /// A newer export of the community, best of its newest release, or of one of which it holds a copy; else this node's
    /// replicas are asked.
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

Copies of other communities in it are pruned too: by the copies in BUNDLE, or by what this node knows of
those that it follows. It removes, and adds nothing: get a new export for what is new. Snapshots and backups of the folder
are not reached. What an export or a pruning that was stopped has left beside the folder goes too.

Exit codes: 0 done, or nothing to remove; 1 failed; 2 wrong usage; 4 a folder did not verify; 130 or 143 stopped by a
signal, and nothing is left of what was written beside the folder.";

/// Prunes and prints what is gone.
///
/// # Errors
/// When nothing was removed that should be.
pub fn run(args: &PruneArgs, context: &Context) -> anyhow::Result<ExitCode> {
    stop::cleanly()?;
    let mut bar = Bar::new("Pruning");
    let mut show = |done, all| bar.show(done, all);
    let pruned = match &args.by {
        Some(by) => prune::by_export(&args.dir, by, args.dry_run, &mut show),
        None => {
            let mut known: Vec<(String, Access, Community)> = Vec::new();
            for (own, id) in communities_of(&args.dir)? {
                match community::chosen(&context.home, Some(&id)) {
                    Ok(community) => known.push((id, Access::open(&context.home, &community.id())?, community)),
                    // What of another community nobody here knows stays as it is.
                    Err(CommunityError::NotFound { .. }) if !own => {}
                    Err(error) => return Err(error.into()),
                }
            }
            let mut replicas = BTreeMap::new();
            for (id, access, community) in &known {
                let source = Source { ledger: access, founding: &community.founding, terms: &community.terms };
                replicas.insert(id.clone(), source);
            }
            prune::by_replica(&args.dir, &replicas, args.dry_run, &mut show)
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

/// The communities of which an export holds records, and whether it is its own.
fn communities_of(dir: &Path) -> anyhow::Result<Vec<(bool, String)>> {
    let path = dir.join(names::MANIFEST);
    let text = crate::export::folder::text(&path).with_context(|| format!("could not read {}", path.display()))?;
    let manifest = Manifest::read(&text).with_context(|| format!("{} is not an export", dir.display()))?;
    let copies = manifest.copies.into_iter().map(|id| (false, id));
    Ok([(manifest.copied.is_none(), manifest.community)].into_iter().chain(copies).collect())
}

fn print(pruned: &Pruned, out: &mut dyn Write) -> io::Result<()> {
    let dir = pruned.dir.display();
    for one in &pruned.removed {
        let copied = one.copied_from.as_ref().map_or_else(String::new, |from| format!(", copied from {from}"));
        writeln!(out, "  {}  {} by {}{copied}", one.id, one.why, one.by)?;
    }
    for community in &pruned.stayed {
        writeln!(out, "  of {community} nothing here shows what is erased: it stays as it was")?;
    }
    let (count, rows) = (thousands(pruned.removed.len()), thousands(pruned.rows));
    match (pruned.removed.is_empty(), pruned.dry_run) {
        (true, _) => writeln!(out, "Nothing in {dir} was erased since: {rows} row(s)"),
        (false, true) => writeln!(out, "Would remove {count} row(s) from {dir}; {rows} would be left"),
        (false, false) => writeln!(out, "Removed {count} row(s) from {dir}; {rows} are left"),
    }
}
