//! `commonwheel revise`: a new text in the place of one's own record.

use super::decide::ModeArg;
use super::one::{self, How};
use super::{gather, ruleset};
use crate::cli::own::{self, Found};
use crate::cli::{Context, ask};
use crate::contribute::Rules;
use crate::contribute::pick::Pick;
use crate::contribute::sign::Revised;
use crate::keys;
use anyhow::bail;
use clap::Args;
use commonwheel_protocol::core::status::{self, Counting, Fate};
use commonwheel_protocol::identity::AuthorMode;
use commonwheel_protocol::record::RecordId;
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;

/// Put a new text in the place of a record of yours.
///
/// The revision is a record of its own, signed with the key that signed the first, with its licence and preference
/// unless you name others. When it is accepted, the text before it is erased everywhere.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel revise bafyrei… chat.json
  commonwheel revise bafyrei… chats.json --pick 3 --until accepted")]
pub struct ReviseArgs {
    /// The record to revise: the newest, if you have revised it before.
    #[arg(value_name = "ID")]
    record: RecordId,
    /// The file with the new text, in any format that `contribute` reads.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Which of the file's items, where it holds several.
    #[arg(long, value_name = "ITEM")]
    pick: Option<Pick>,
    #[command(flatten)]
    how: How,
}

/// Runs the verb.
///
/// # Errors
/// When the record is somebody else's or gone, the file does not hold one item, or nothing can be shared.
pub fn run(args: &ReviseArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let seed = keys::load_seed(&context.home)?;
    if !args.how.share.yes {
        ask::require_terminal(context.out)?;
    }
    let record = args.record;
    let Found { community, header, access } = own::find(&record, context)?;
    let of = header.header();
    let Some((_, mode)) = own::key(&seed, of) else {
        bail!(
            "the record {record} is somebody else's; only its author can revise it\nHint: `commonwheel correct {record}` shares a better text as a record of yours"
        );
    };
    let counting = Counting::load(&status::lineage(&access)?, &access)?;
    match status::fate::fate(&record, &counting, &access)? {
        Fate::Waiting | Fate::Accepted => {}
        Fate::Superseded(by) => {
            bail!("you have revised {record} before\nHint: revise the newest: `commonwheel revise {by} FILE`")
        }
        Fate::Withdrawn { .. } | Fate::TakenDown { .. } => {
            bail!(
                "the record {record} is withdrawn or taken down\nHint: share the new text with `commonwheel contribute`"
            )
        }
    }
    // A node may be started for the command, and needs the store.
    drop(access);
    let leading = super::leading(&community, &seed, context)?;
    let ruleset = ruleset(&leading.charter)?;
    let terms = args.how.own.terms(context)?;
    let rules = Rules { ruleset: &ruleset, terms: &terms };
    let mut items = Vec::new();
    let pick = args.pick.clone().unwrap_or(Pick::All);
    let (files, hidden) = (std::slice::from_ref(&args.file), ProgressBar::hidden());
    let errors = gather::each(files, rules, &pick, &BTreeMap::new(), &hidden, |_, item, origin| {
        items.push((item, origin.to_string()));
        Ok(if items.len() > 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    gather::report_errors(&errors);
    let [(item, _)] = &mut items[..] else {
        let found = if items.is_empty() { "none" } else { "several" };
        bail!(
            "expected one item in the file, found {found}\nHint: name one with --pick; `commonwheel preview` lists them"
        );
    };
    item.corrects = item.corrects.or(of.corrects);
    item.about = of.about;
    if (item.content.kind() == "correction") != item.corrects.is_some() {
        bail!(
            "expected a correction in the place of a correction, and of nothing else; found a {}\nHint: docs/FORMATS.md shows how one is written",
            item.content.kind()
        );
    }
    item.revises = Some(Revised { record, nonce: of.nonce });
    item.position = record.to_string();
    let mut how = args.how.clone();
    let choices = &mut how.choices;
    choices.licence.get_or_insert_with(|| of.licence.spdx().to_owned());
    choices.preference.get_or_insert_with(|| of.preference.to_string());
    choices.mode = Some(match mode {
        AuthorMode::Named => ModeArg::Named,
        AuthorMode::Pseudonym => ModeArg::Pseudonym,
        AuthorMode::Anonymous => ModeArg::Anonymous,
    });
    one::share_prepared(item.clone(), rules, (&community, &leading), &how, (&seed, context), "revision of")
}
