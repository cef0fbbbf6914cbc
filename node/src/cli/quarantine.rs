//! `commonwheel quarantine list|show|release|discard`.

use super::{Context, ask, contribute, show};
use crate::community::printable;
use crate::contribute::quarantine::{Quarantine, QuarantineError};
use crate::keys;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::process::ExitCode;

/// Look at items held back on this machine, because much personal data was found in them.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel quarantine list
  commonwheel quarantine show 1
  commonwheel quarantine release 1      share it after all
  commonwheel quarantine discard 1      remove it for good")]
pub struct QuarantineArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// List the items.
    List,
    /// Show an item as it would be published.
    Show {
        /// The item's number.
        number: u32,
    },
    /// Share an item after all.
    Release {
        /// The item's number.
        number: u32,
        /// Consent, and ask nothing: for scripts.
        #[arg(long)]
        yes: bool,
    },
    /// Remove an item for good.
    Discard {
        /// The item's number.
        number: u32,
        /// Ask nothing.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Serialize)]
struct Line {
    number: u32,
    origin: String,
    findings: i64,
    community: String,
}

/// Runs the verb.
///
/// # Errors
/// When there is no such item, or it cannot be shared.
pub fn run(args: &QuarantineArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let quarantine = Quarantine::at(context.home.quarantine());
    match args.verb {
        Verb::List => list(&quarantine, context)?,
        Verb::Show { number } => show_one(&quarantine, number, context)?,
        Verb::Release { number, yes } => {
            let (held, body, bytes) = quarantine.get(number)?;
            let seed = keys::load_seed(&context.home)?;
            let id = contribute::release(context, &held, (bytes, body.false_alarms), yes, &seed)?;
            quarantine.remove(number)?;
            context.out.print(&serde_json::json!({ "released": number, "id": id.to_string() }), |out| {
                writeln!(out, "Shared item {number} as {id}")
            })?;
        }
        Verb::Discard { number, yes } => {
            // A damaged item can be discarded too.
            if !quarantine.numbers()?.contains(&number) {
                return Err(QuarantineError::NoSuch(number).into());
            }
            if yes || ask::yes(context.out, &format!("Remove item {number} for good?"), false)? {
                quarantine.remove(number)?;
                context
                    .out
                    .print(&serde_json::json!({ "discarded": number }), |out| writeln!(out, "Removed item {number}"))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(quarantine: &Quarantine, context: &Context) -> anyhow::Result<()> {
    let mut lines = Vec::new();
    for number in quarantine.numbers()? {
        let (held, _, _) = quarantine.get(number)?;
        lines.push(Line { number, origin: held.origin, findings: held.findings, community: held.community });
    }
    context.out.print(&lines, |out| {
        if lines.is_empty() {
            return writeln!(out, "The quarantine is empty.");
        }
        lines
            .iter()
            .try_for_each(|line| writeln!(out, "{:>4}. {} ({} findings)", line.number, line.origin, line.findings))
    })
}

pub(super) fn show_one(quarantine: &Quarantine, number: u32, context: &Context) -> anyhow::Result<()> {
    let (held, body, _) = quarantine.get(number)?;
    let mut texts = Vec::new();
    body.content.map(&mut |text| texts.push(text.clone()));
    let value = serde_json::json!({
        "number": number, "origin": held.origin, "findings": held.findings, "kind": body.content.kind(),
        "title": body.title, "texts": texts, "redactions": body.redactions, "false_alarms": body.false_alarms,
    });
    context.out.print(&value, |out| {
        writeln!(out, "{number}. {} ({} findings: {})", held.origin, held.findings, show::counts(&body.redactions))?;
        texts.iter().try_for_each(|text| writeln!(out, "   {}", printable(text).replace('\n', "\n   ")))?;
        match body.false_alarms {
            0 => Ok(()),
            some => writeln!(out, "   {some} false alarm(s) stay in the text: validators hold it back for a person"),
        }
    })
}
