//! `commonwheel store check|rebuild-index`.

use super::{Context, progress};
use crate::community;
use anyhow::bail;
use clap::{Args, Subcommand};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::index;
use commonwheel_storage::CarStore;
use serde::Serialize;
use std::process::ExitCode;

/// Check or mend the store of a community. No node may run meanwhile.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel store check
  commonwheel store rebuild-index --community 'Riverbank commons'

With --json, one line for each community.

Exit codes: 0 sound; 1 failed; 2 wrong usage; 4 a store is damaged.")]
pub struct StoreArgs {
    #[command(subcommand)]
    verb: Verb,
    /// Only this community: its id, the beginning of it, or its name.
    #[arg(long, global = true, value_name = "COMMUNITY")]
    community: Option<String>,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Read every block, recompute its id, and compare the index with the files.
    Check,
    /// Throw the index away and make it anew from the files.
    RebuildIndex,
}

#[derive(Serialize)]
struct Checked {
    community: String,
    sound: bool,
    blocks: u64,
    bytes: u64,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct Rebuilt {
    community: String,
    blocks: u64,
    truncated_bytes: u64,
}

/// Runs the verb.
///
/// # Errors
/// When a store is in use or cannot be read.
pub fn run(args: &StoreArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let ids = match &args.community {
        Some(name) => vec![community::resolve(&context.home, name)?],
        None => community::ids(&context.home)?,
    };
    if ids.is_empty() {
        bail!(
            "there is no community on this machine, so no store\nHint: join one with `commonwheel community join INVITE`"
        );
    }
    if crate::run::Client::connect(&context.home).is_some() {
        bail!(
            "a node runs with the home {} and uses its stores\nHint: stop it with `commonwheel stop`, then try again",
            context.home.path().display()
        );
    }
    let mut sound = true;
    for id in ids {
        match args.verb {
            Verb::Check => sound &= check(&id, context)?,
            Verb::RebuildIndex => rebuild(&id, context)?,
        }
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(4) })
}

fn check(id: &Cid, context: &Context) -> anyhow::Result<bool> {
    let bar = progress::bytes("checking");
    let report = CarStore::check(&context.home.community(id).join("store"), &mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    let checked = Checked {
        community: id.to_string(),
        sound: report.is_sound(),
        blocks: report.shelves.iter().map(|shelf| shelf.blocks).sum(),
        bytes: report.bytes,
        problems: report.problems.clone(),
    };
    context.out.print(&checked, |out| {
        let word = if checked.sound { "sound" } else { "DAMAGED" };
        writeln!(out, "{}: {word}, {} blocks, {} bytes", checked.community, checked.blocks, checked.bytes)?;
        for shelf in &report.shelves {
            writeln!(
                out,
                "  {:<9} {} blocks, {} erased, {} bytes",
                shelf.shelf.name(),
                shelf.blocks,
                shelf.erased,
                shelf.bytes
            )?;
        }
        checked.problems.iter().try_for_each(|problem| writeln!(out, "  problem: {problem}"))?;
        if !checked.sound {
            writeln!(out, "Hint: if only the index is at fault, `commonwheel store rebuild-index` mends it")?;
        }
        Ok(())
    })?;
    Ok(checked.sound)
}

fn rebuild(id: &Cid, context: &Context) -> anyhow::Result<()> {
    let report = CarStore::rebuild_index(&context.home.community(id).join("store"), index::derive)?;
    let rebuilt =
        Rebuilt { community: id.to_string(), blocks: report.indexed_blocks, truncated_bytes: report.truncated_bytes };
    context
        .out
        .print(&rebuilt, |out| writeln!(out, "{}: index rebuilt from {} blocks", rebuilt.community, rebuilt.blocks))
}
