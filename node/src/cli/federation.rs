//! `commonwheel federation`: which communities may copy what.

use super::Context;
use super::community::Federated;
use crate::govern::Seat;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::process::ExitCode;

/// Show which communities may copy what of this one.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  commonwheel federation show")]
pub struct FederationArgs {
    #[command(subcommand)]
    verb: Verb,
    /// The community: its id, the beginning of it, or its name. Not needed when you joined one.
    #[arg(long, global = true, value_name = "COMMUNITY")]
    community: Option<String>,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Show what the charter that leads lets other communities copy.
    Show,
}

#[derive(Serialize)]
struct Shown {
    community: String,
    charter: String,
    federation: Vec<Federated>,
}

/// Runs the verb.
///
/// # Errors
/// When the community's records cannot be read.
pub fn run(args: &FederationArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let Verb::Show = args.verb;
    let seat = Seat::open(&context.home, args.community.as_deref())?;
    let charter = &seat.leading.charter;
    let shown = Shown {
        community: seat.community.id().to_string(),
        charter: charter.id().to_string(),
        federation: charter.customs.federation.values().map(Federated::of).collect(),
    };
    context.out.print(&shown, |out| {
        if shown.federation.is_empty() {
            writeln!(out, "The charter lets no other community copy records.")?;
            return writeln!(
                out,
                "A successor charter can, under [[federation]]; `commonwheel community example` explains it."
            );
        }
        shown.federation.iter().try_for_each(|one| writeln!(out, "{}", one.line()))
    })?;
    Ok(ExitCode::SUCCESS)
}
