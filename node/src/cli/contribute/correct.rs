//! `commonwheel correct`: a better text for a record that is here, one's own or somebody else's.

use super::one::{self, How};
use crate::cli::{Context, ask};
use crate::community::printable;
use crate::community::{self, Community};
use crate::import::{Format, Item};
use crate::keys;
use crate::run::Access;
use anyhow::{Context as _, bail};
use clap::Args;
use commonwheel_protocol::core::status;
use commonwheel_protocol::limits::{BODY_BYTES, NOTE_BYTES};
use commonwheel_protocol::record::content::{Content, Correction, Message};
use commonwheel_protocol::record::{Body, RecordId};
use commonwheel_protocol::text::RawText;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Share a better text for a record that is here, your own or somebody else's.
///
/// The correction is a record of its own, with your licence and preference; what it corrects stays
/// as it is and is named by the correction.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel correct bafyrei… --message 1 --text better.txt
  echo 'Seventeen.' | commonwheel correct bafyrei… --message 1 --text - --yes")]
pub struct CorrectArgs {
    /// The record to correct.
    #[arg(value_name = "RECORD")]
    record: RecordId,
    /// Which of its messages, counted from 0. Not for a record without messages.
    #[arg(long, value_name = "N")]
    message: Option<i64>,
    /// The file with the text as it should be; - for standard input.
    #[arg(long, value_name = "FILE")]
    text: PathBuf,
    /// Why.
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    how: How,
}

/// Runs the verb.
///
/// # Errors
/// When the record or its text is not here, or nothing can be shared.
pub fn run(args: &CorrectArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let seed = keys::load_seed(&context.home)?;
    let asks = !args.how.share.yes;
    if asks {
        ask::require_terminal(context.out)?;
        if args.text == Path::new("-") {
            bail!(
                "expected a file, since questions are answered on standard input, found -\nHint: name a file, or add --yes"
            );
        }
    }
    let (community, body) = find(&args.record, context)?;
    let message = message(args.message, &body.content, asks)?;
    let note = args.note.as_deref().map(RawText::new);
    if note.as_ref().is_some_and(|note| note.len() > NOTE_BYTES) {
        bail!("expected a note of at most {} KiB, found a longer one\nHint: shorten it", NOTE_BYTES / 1024);
    }
    let corrected = corrected(&args.text)?;
    let mut item = Item::new(Format::Commonwheel, Content::Correction(Correction { message, corrected, note }));
    item.position = args.record.to_string();
    item.language = body.language;
    item.corrects = Some(args.record);

    one::share(item, &community, &args.how, (&seed, context), "correction of")
}

/// The community that holds a record, and the record's body.
fn find(record: &RecordId, context: &Context) -> anyhow::Result<(Community, Body<String>)> {
    for community in community::all(&context.home)? {
        let access = Access::open(&context.home, &community.id())?;
        let Some(found) = status::of(record, &status::lineage(&access)?, &access)? else { continue };
        let Some(bytes) = status::body(&found.header.header().body, &access)? else {
            bail!(
                "the text of {record} is not on this machine\nHint: wait until the node has fetched it (`commonwheel status {record}`)"
            );
        };
        return Ok((community, Body::verify(&bytes)?));
    }
    bail!(
        "no community joined here knows the record {record}\nHint: check the id, or let the node catch up with `commonwheel run`"
    )
}

/// Which message is corrected, checked against the record.
fn message(wanted: Option<i64>, content: &Content<String>, asks: bool) -> anyhow::Result<Option<i64>> {
    let messages = match content {
        Content::Chat(chat) => &chat.messages[..],
        Content::Preference(pair) => &pair.prompt[..],
        Content::Rubric(rubric) => &rubric.messages[..],
        Content::Feedback(feedback) => &feedback.messages[..],
        Content::Profile(_) => bail!(
            "expected a record with content, found a profile\nHint: `commonwheel identity profile` changes your own"
        ),
        _ => &[],
    };
    let last = messages.len() as i64 - 1;
    match wanted {
        None if messages.is_empty() => Ok(None),
        Some(at) if (0..=last).contains(&at) => {
            if asks {
                line("Corrects", at as usize, &messages[at as usize]);
            }
            Ok(Some(at))
        }
        Some(at) if messages.is_empty() => bail!(
            "expected no --message, since this {} has no messages; found {at}\nHint: leave --message out",
            content.kind()
        ),
        wanted => {
            if asks {
                messages.iter().enumerate().for_each(|(at, message)| line("  ", at, message));
            }
            let found = wanted.map_or("none".to_owned(), |at| at.to_string());
            bail!("expected the message to correct, from 0 to {last}; found {found}\nHint: name it with --message N")
        }
    }
}

fn line(what: &str, at: usize, message: &Message<String>) {
    let text: String = printable(&message.text).replace(['\n', '\t'], " ").chars().take(100).collect();
    anstream::eprintln!("{what} {at} {}: {text}", message.role.name());
}

fn corrected(path: &Path) -> anyhow::Result<RawText> {
    let unreadable = |error: std::io::Error| {
        anyhow::anyhow!("cannot read {}: {error}\nHint: check the path that --text names", path.display())
    };
    let reader: Box<dyn Read> = match path == Path::new("-") {
        true => Box::new(std::io::stdin().lock()),
        false => Box::new(std::fs::File::open(path).map_err(unreadable)?),
    };
    let mut bytes = Vec::new();
    reader.take(BODY_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > BODY_BYTES {
        bail!("expected at most {} KiB of text, found more\nHint: correct one message at a time", BODY_BYTES / 1024);
    }
    let text = String::from_utf8(bytes)
        .ok()
        .context("expected text in UTF-8, found something else\nHint: convert it first")?;
    if text.trim().is_empty() {
        bail!("expected the text as it should be, found nothing\nHint: write it to the file that --text names");
    }
    Ok(RawText::new(text.trim_end()))
}
