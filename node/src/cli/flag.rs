//! `commonwheel flag`: somebody asks for a person to look at a record.

use super::own::{self, Found};
use super::session::{self, Session};
use super::{Context, operate};
use crate::contribute::member;
use crate::keys;
use crate::run::member::now;
use anyhow::bail;
use clap::Args;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::status;
use commonwheel_protocol::operation::Flag;
use commonwheel_protocol::operation::member::FlagReason;
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::record::header::HourTime;
use std::process::ExitCode;
use std::time::Duration;

/// Ask for a person to look at a record, your own or somebody else's.
///
/// A flag names the record and a reason, and nothing else; it is public, and signed with the key under which you
/// appear (where you are anonymous, with one that is used for this record alone). What moderators make of it is
/// theirs to decide. If the record is about you and you did not share it, use --about-me: it comes first.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel flag bafyrei… --reason personal-data
  commonwheel flag --about-me bafyrei…")]
pub struct FlagArgs {
    /// The record.
    #[arg(value_name = "ID")]
    record: RecordId,
    /// Why: personal-data, about-me, rights, unlawful, safety, quality, duplicate or other.
    #[arg(long, value_name = "REASON", value_parser = reason, required_unless_present = "about_me")]
    reason: Option<FlagReason>,
    /// It is about you, and you are not its author.
    #[arg(long, conflicts_with = "reason")]
    about_me: bool,
    /// Wait at most this many seconds for a validator to take it.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
}

fn reason(text: &str) -> Result<FlagReason, String> {
    let names: Vec<_> = FlagReason::ALL.iter().map(|reason| reason.name()).collect();
    FlagReason::named(text).ok_or_else(|| format!("expected one of {}", names.join(", ")))
}

/// Runs the verb.
///
/// # Errors
/// When the record is not known here, or the node cannot be reached.
pub fn run(args: &FlagArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let seed = keys::load_seed(&context.home)?;
    let record = args.record;
    let Found { community, header, access } = own::find(&record, context)?;
    let reason = args.reason.unwrap_or(FlagReason::AboutMe);
    if reason == FlagReason::AboutMe && own::key(&seed, header.header()).is_some() {
        bail!("the record {record} is your own\nHint: take it back with `commonwheel withdraw {record}`");
    }
    let charter = status::lineage(&access)?.head().charter.clone();
    // A node may be started for the command, and needs the store.
    drop(access);
    let id = community.id();
    let key = member::key(&seed, &id, &record, (&context.home, session::config(context)?.author))?;
    let time = HourTime::hour(now().unix_s());
    let flag = Flag { community: id, member: key.public(), record, reason, time }.sign(&key);
    let session = Session::online(context, Some(&id), Some(&seed))?;
    let problems = operate::hand_over(&session.client, &id, std::slice::from_ref(&flag))?;
    if let Some(why) = problems.first() {
        session.close()?;
        bail!(
            "the node did not take the flag: {why}\nHint: let the node catch up with `commonwheel run`, and try again"
        );
    }
    let own = Some(seed.validator().public()).filter(|key| charter.validator(key).is_some());
    let most = Duration::from_secs(args.timeout);
    let told = operate::wait((&session.client, &id), &[vec![Cid::of_cbor(&flag)]], own, (1, charter.quorum.n()), most)?;
    session.close()?;
    let taken_by = told.first().map(|by| operate::names(by, &charter)).unwrap_or_default();
    let value = serde_json::json!({ "record": record.to_string(), "reason": reason.name(), "taken_by": taken_by });
    context.out.print(&value, |out| match taken_by.is_empty() {
        true => {
            writeln!(out, "Flagged {record}: {}. No validator has taken it yet.", reason.name())?;
            writeln!(out, "Hint: run the same command again when a validator can be reached")
        }
        false => writeln!(out, "Flagged {record}: {}. {} will look at it.", reason.name(), taken_by.join(", ")),
    })?;
    Ok(ExitCode::from(if taken_by.is_empty() { 3 } else { 0 }))
}
