//! `commonwheel note` and `commonwheel notes`: what people say about a record.

use super::one::{self, How};
use crate::cli::own::{self, Found};
use crate::cli::show::record::{Remark, remarks};
use crate::cli::{Context, show};
use crate::import::Item;
use crate::keys;
use anyhow::bail;
use clap::Args;
use commonwheel_protocol::core::status::{Counting, lineage};
use commonwheel_protocol::limits::NOTE_BYTES;
use commonwheel_protocol::record::RecordId;
use std::process::ExitCode;

/// Say something about a record that is here, your own or somebody else's.
///
/// A note is a record of its own: redacted, under a licence, checked by the validators, and yours to withdraw.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel note bafyrei… 'The second answer mixes up two towns.'
  commonwheel note bafyrei… 'Thank you.' --as anonymous --yes")]
pub struct NoteArgs {
    /// The record.
    #[arg(value_name = "ID")]
    record: RecordId,
    /// What you say.
    #[arg(value_name = "TEXT")]
    text: String,
    #[command(flatten)]
    how: How,
}

/// List what people say about a record.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  commonwheel notes bafyrei…")]
pub struct NotesArgs {
    /// The record.
    #[arg(value_name = "ID")]
    record: RecordId,
}

/// Checks a text that becomes a note or a petition.
pub(super) fn fits(text: &str) -> anyhow::Result<()> {
    if text.trim().is_empty() || text.len() > NOTE_BYTES {
        bail!("expected a text of 1 byte to {} KiB, found {} bytes\nHint: shorten it", NOTE_BYTES / 1024, text.len());
    }
    Ok(())
}

/// Runs `note`.
///
/// # Errors
/// When the record is not known here, or nothing can be shared.
pub fn run(args: &NoteArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let seed = keys::load_seed(&context.home)?;
    fits(&args.text)?;
    let Found { community, access, .. } = own::find(&args.record, context)?;
    drop(access);
    let mut item = Item::note(&args.text, args.record);
    item.position = args.record.to_string();
    one::share(item, &community, &args.how, (&seed, context), "note about")
}

/// Runs `notes`.
///
/// # Errors
/// When the record is not known here, or a store cannot be read.
pub fn list(args: &NotesArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let found = own::find(&args.record, context)?;
    let counting = Counting::load(&lineage(&found.access)?, &found.access)?;
    let remarks: Vec<Remark> = remarks(&args.record, &counting, &found.access)?;
    context.out.print(&remarks, |out| {
        if remarks.is_empty() {
            return writeln!(out, "Nobody has said anything about {}.", args.record);
        }
        show::record::print_remarks(out, &remarks)
    })?;
    Ok(ExitCode::SUCCESS)
}
