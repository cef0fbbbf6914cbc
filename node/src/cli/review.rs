//! `commonwheel review list|show|accept|reject|quarantine`: what waits for a person behind a validator.

use super::Context;
use super::own::{self, Found};
use super::show::record::{self, Shown};
use crate::community::{self, Community, printable};
use crate::contribute::sign::redacted;
use crate::keys;
use crate::run::member::now;
use crate::run::wire::{Base64, Request, Response};
use crate::run::{Access, Client};
use anyhow::bail;
use clap::{Args, Subcommand};
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::core::notes::{Opinion, Review};
use commonwheel_protocol::core::review::{Queued, flags, queue};
use commonwheel_protocol::core::status;
use commonwheel_protocol::limits::{NOTE_BYTES, SHORT_TEXT_BYTES};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::record::header::{DAY_S, HOUR_S};
use commonwheel_protocol::sign::PublicKey;
use serde::Serialize;
use std::process::ExitCode;

/// Look, as a moderator behind a validator, at what waits for a person.
///
/// In the queue are records that this validator holds back, and records that somebody has flagged since a person
/// looked last; requests by people who are concerned come first. What this validator has accepted it cannot refuse
/// any more: propose its takedown with `commonwheel decision propose`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel review list
  commonwheel review show bafyrei…
  commonwheel review accept bafyrei… --note 'The number is a made-up example'
  commonwheel review reject bafyrei… --note 'Names a third person' --moderator ines
  commonwheel review quarantine bafyrei…      somebody else should look too")]
pub struct ReviewArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// List what waits for a person.
    List {
        /// Only this community: its id, the beginning of it, or its name.
        #[arg(long, value_name = "COMMUNITY")]
        community: Option<String>,
    },
    /// Show a record's text, who flagged it, and what was said of it before.
    Show {
        /// The record.
        #[arg(value_name = "ID")]
        record: RecordId,
    },
    /// Nothing speaks against it: this validator accepts it, if it waits.
    Accept(Word),
    /// This validator refuses it. Its author is told the note.
    Reject(Word),
    /// It stays where it is, for somebody else to look at.
    Quarantine(Word),
}

#[derive(Args, Debug)]
struct Word {
    /// The record.
    #[arg(value_name = "ID")]
    record: RecordId,
    /// Why: redacted, then kept on this node, and told to the author of a record that is refused.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Who you are among the moderators here. Without this, the validator's name in the charter.
    #[arg(long, value_name = "NAME")]
    moderator: Option<String>,
}

#[derive(Serialize)]
struct Line {
    id: String,
    community: String,
    kind: Option<&'static str>,
    certified: bool,
    /// The class of this validator's own verdict, if that holds it back.
    held_back: Option<&'static str>,
    flags: Vec<FlagLine>,
    /// For how long it has waited for a person.
    age_s: i64,
}

#[derive(Serialize)]
struct FlagLine {
    reason: &'static str,
    by: String,
    time: i64,
}

/// Runs the verb.
///
/// # Errors
/// When this node validates nothing, does not run, or does not know the record.
pub fn run(args: &ReviewArgs, context: &Context) -> anyhow::Result<ExitCode> {
    match &args.verb {
        Verb::List { community } => list(community.as_deref(), context)?,
        Verb::Show { record } => show(record, context)?,
        Verb::Accept(word) => say(Opinion::Accept, word, context)?,
        Verb::Reject(word) => say(Opinion::Reject, word, context)?,
        Verb::Quarantine(word) => say(Opinion::Quarantine, word, context)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(wanted: Option<&str>, context: &Context) -> anyhow::Result<()> {
    let me = keys::load_seed(&context.home)?.validator().public();
    let communities = match wanted {
        Some(name) => vec![community::chosen(&context.home, Some(name))?],
        None => community::all(&context.home)?,
    };
    let (mut lines, mut validates) = (Vec::new(), false);
    for community in communities {
        let access = Access::open(&context.home, &community.id())?;
        let lineage = status::lineage(&access)?;
        if lineage.head().charter.validator(&me).is_none() {
            continue;
        }
        validates = true;
        for one in queue(&lineage, &me, &access)? {
            let header = own::header(&one.record, &access)?;
            let kind = header.map(|header| record::kind(&header, &access)).transpose()?.flatten();
            lines.push(line(one, kind, &community));
        }
    }
    if !validates {
        return Err(no_validator());
    }
    context.out.print(&lines, |out| {
        if lines.is_empty() {
            return writeln!(out, "Nothing waits for a person.");
        }
        for line in &lines {
            let held = line.held_back.map(|class| format!("held back: {class}"));
            let mut why: Vec<_> = held.into_iter().collect();
            why.extend(line.flags.iter().map(|flag| format!("{} ({})", flag.reason, short(&flag.by))));
            let place = if line.certified { "accepted" } else { "waiting" };
            let (kind, age) = (line.kind.unwrap_or("no text here"), age(line.age_s));
            writeln!(out, "{}  {place:<8}  {kind:<11}  {age:>5}  {}", line.id, why.join(", "))?;
        }
        writeln!(out, "\nLook at one with `commonwheel review show ID`.")
    })
}

fn line(one: Queued, kind: Option<&'static str>, community: &Community) -> Line {
    let flag = |flag: &commonwheel_protocol::operation::Flag| FlagLine {
        reason: flag.reason.name(),
        by: flag.member.to_string(),
        time: flag.time.unix_s(),
    };
    Line {
        id: one.record.to_string(),
        community: community.id().to_string(),
        kind,
        certified: one.certified,
        held_back: one.held_back.map(|class| class.name()),
        flags: one.flags.iter().map(flag).collect(),
        age_s: (now().unix_s() - one.since_s).max(0),
    }
}

/// The beginning and the end of a key: enough to tell flags of one person from those of several.
fn short(key: &str) -> String {
    match (key.get(..8), key.len().checked_sub(6).and_then(|at| key.get(at..))) {
        (Some(first), Some(last)) => format!("{first}…{last}"),
        _ => key.to_owned(),
    }
}

fn age(seconds: i64) -> String {
    match seconds {
        s if s >= DAY_S => format!("{} d", s / DAY_S),
        s if s >= HOUR_S => format!("{} h", s / HOUR_S),
        s => format!("{} min", s / 60),
    }
}

fn no_validator() -> anyhow::Error {
    anyhow::anyhow!(
        "the key of this home is no validator's in any community here\nHint: review is for moderators behind a validator; anybody can ask for a look with `commonwheel flag ID --reason …`"
    )
}

/// The record, and the charter that leads, if this home's key validates under it.
fn desk(record: &RecordId, context: &Context) -> anyhow::Result<(Found, Charter, PublicKey)> {
    let me = keys::load_seed(&context.home)?.validator().public();
    let found = own::find(record, context)?;
    let charter = status::lineage(&found.access)?.head().charter.clone();
    match charter.validator(&me) {
        Some(_) => Ok((found, charter, me)),
        None => Err(no_validator()),
    }
}

fn show(record: &RecordId, context: &Context) -> anyhow::Result<()> {
    let (found, ..) = desk(record, context)?;
    let shown = Shown::of(&found.header, &found.access)?;
    let flags = flags(record, &found.access)?;
    let mut json = shown.json();
    json["flags"] = flags
        .iter()
        .map(|flag| serde_json::json!({ "reason": flag.reason.name(), "by": flag.member.to_string(), "time": flag.time.unix_s() }))
        .collect();
    context.out.print(&json, |out| {
        shown.print(out)?;
        for flag in &flags {
            writeln!(out, "Flagged   {} by {}", flag.reason.name(), short(&flag.member.to_string()))?;
        }
        for review in &shown.report.reviews {
            writeln!(out, "Reviewed  {} by {}: {}", review.opinion, review.moderator, review.note.replace('\n', " "))?;
        }
        Ok(())
    })
}

fn say(opinion: Opinion, word: &Word, context: &Context) -> anyhow::Result<()> {
    let Word { record, .. } = word;
    let (found, charter, me) = desk(record, context)?;
    let certified = status::certificate(record, &status::lineage(&found.access)?, &found.access)?.is_some();
    if opinion == Opinion::Reject && certified {
        bail!(
            "the record {record} is accepted already, and a refusal does not undo that; a takedown by a quorum does\nHint: propose it to the other validators with `{TAKEDOWN} {record} --reason REASON`"
        );
    }
    let ruleset = crate::cli::contribute::ruleset(&charter)?;
    let name = charter.validator(&me).map(|validator| validator.name.clone()).unwrap_or_default();
    let note = redacted(word.note.as_deref().unwrap_or_default(), &ruleset).as_str().to_owned();
    let moderator = redacted(word.moderator.as_deref().unwrap_or(&name), &ruleset).as_str().to_owned();
    let review = Review { record: *record, opinion, moderator, note, time_s: now().unix_s(), flags: 0 };
    if !review.fits() {
        bail!(
            "expected a note of at most {} KiB and a name of at most {SHORT_TEXT_BYTES} bytes, found more\nHint: shorten them",
            NOTE_BYTES / 1024
        );
    }
    let id = found.community.id();
    drop(found);
    let Some(client) = Client::connect(&context.home) else {
        bail!(
            "expected this validator's node to run, since it signs what you decide; found none\nHint: start it with `commonwheel run`, then say it again"
        );
    };
    let Response::Told(problems) = client.ask(&Request::Review(id.to_string(), Base64(review.to_bytes())))? else {
        bail!("the node answered with something else\nHint: restart it, so that both are of one version");
    };
    if let Some(why) = problems.first() {
        bail!(
            "the node did not take it: {}\nHint: `commonwheel review show {record}` shows the record",
            printable(why)
        );
    }
    let value = serde_json::json!({ "record": record.to_string(), "opinion": opinion.name(), "note": review.note });
    context.out.print(&value, |out| {
        let meaning = match (opinion, certified) {
            (Opinion::Accept, false) => "this validator accepts it",
            (Opinion::Accept, true) => "noted that nothing speaks against it",
            (Opinion::Reject, _) => "this validator refuses it, and tells its author why",
            (Opinion::Quarantine, _) => "it stays where it is, for somebody else to look at",
        };
        writeln!(out, "{record}: {meaning}.")
    })
}

/// How a takedown is proposed.
const TAKEDOWN: &str = "commonwheel decision propose takedown";
