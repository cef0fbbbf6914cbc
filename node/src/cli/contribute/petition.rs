//! `commonwheel petition new|support|list`: what people ask of the community together.

use super::note::fits;
use super::one::{self, How};
use crate::cli::own::{self, Found};
use crate::cli::session::{self, Session};
use crate::cli::show::record::body;
use crate::cli::{Context, operate};
use crate::community::{self, printable};
use crate::contribute::member;
use crate::import::Item;
use crate::keys;
use crate::run::Access;
use crate::run::member::now;
use anyhow::bail;
use clap::{Args, Subcommand};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::status::{self, Counting, Fate};
use commonwheel_protocol::core::talk;
use commonwheel_protocol::operation::Support;
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::record::content::{Asks, Content};
use commonwheel_protocol::record::header::HourTime;
use serde::Serialize;
use std::process::ExitCode;
use std::time::Duration;

/// Ask something of the community, and see who else does.
///
/// A petition binds nobody: the validators decide, by quorum. Support is public, and signed with the key under which
/// you appear; where you are anonymous, with one that is used for this petition alone.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel petition new 'Evaluation only until the audit is done.' --asks evaluation-only
  commonwheel petition support bafyrei…
  commonwheel petition list")]
pub struct PetitionArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Share a petition, as a record of its own.
    New(Box<New>),
    /// Join one.
    Support {
        /// The petition.
        #[arg(value_name = "ID")]
        petition: RecordId,
        /// Wait at most this many seconds for a validator to take it.
        #[arg(long, value_name = "SECONDS", default_value_t = 30)]
        timeout: u64,
    },
    /// List the accepted petitions, with how many keys support each.
    List {
        /// Only this community: its id, the beginning of it, or its name.
        #[arg(long, value_name = "COMMUNITY")]
        community: Option<String>,
    },
}

#[derive(Args, Debug)]
struct New {
    /// What you ask, and why.
    #[arg(value_name = "TEXT")]
    text: String,
    /// The same in a word: embargo, freeze, evaluation-only, rate-cap, takedown or other.
    #[arg(long, value_name = "WORD", value_parser = asks)]
    asks: Asks,
    /// The record that it is about, if it is about one.
    #[arg(long, value_name = "ID")]
    about: Option<RecordId>,
    /// The community: its id, the beginning of it, or its name. Not needed when you joined one.
    #[arg(long, value_name = "COMMUNITY")]
    community: Option<String>,
    #[command(flatten)]
    how: How,
}

fn asks(text: &str) -> Result<Asks, String> {
    let names: Vec<_> = Asks::ALL.iter().map(|asks| asks.name()).collect();
    Asks::named(text).ok_or_else(|| format!("expected one of {}", names.join(", ")))
}

#[derive(Serialize)]
struct Line {
    id: String,
    community: String,
    asks: &'static str,
    text: String,
    about: Option<String>,
    supporters: usize,
    time: i64,
}

/// Runs the verb.
///
/// # Errors
/// When a record is not known here, or nothing can be shared.
pub fn run(args: &PetitionArgs, context: &Context) -> anyhow::Result<ExitCode> {
    match &args.verb {
        Verb::New(new) => share(new, context),
        Verb::Support { petition, timeout } => support(petition, *timeout, context),
        Verb::List { community } => list(community.as_deref(), context),
    }
}

fn share(new: &New, context: &Context) -> anyhow::Result<ExitCode> {
    let seed = keys::load_seed(&context.home)?;
    fits(&new.text)?;
    let community = match &new.about {
        Some(record) => own::find(record, context)?.community,
        None => community::chosen(&context.home, new.community.as_deref())?,
    };
    let mut item = Item::petition(&new.text, new.asks, new.about);
    item.position = new.asks.name().to_owned();
    one::share(item, &community, &new.how, (&seed, context), "petition for")
}

fn support(petition: &RecordId, timeout_s: u64, context: &Context) -> anyhow::Result<ExitCode> {
    let seed = keys::load_seed(&context.home)?;
    let Found { community, header, access } = own::find(petition, context)?;
    if let Some(body) = body(&header, &access)?
        && body.content.kind() != "petition"
    {
        bail!(
            "expected a petition, found a {}\nHint: `commonwheel petition list` shows those that are here",
            body.content.kind()
        );
    }
    let charter = status::lineage(&access)?.head().charter.clone();
    // A node may be started for the command, and needs the store.
    drop(access);
    let id = community.id();
    let key = member::key(&seed, &id, petition, (&context.home, session::config(context)?.author))?;
    let time = HourTime::hour(now().unix_s());
    let support = Support { community: id, member: key.public(), petition: *petition, time }.sign(&key);
    let session = Session::online(context, Some(&id), Some(&seed))?;
    let problems = operate::hand_over(&session.client, &id, std::slice::from_ref(&support))?;
    if let Some(why) = problems.first() {
        session.close()?;
        bail!("the node did not take it: {why}\nHint: let the node catch up with `commonwheel run`, and try again");
    }
    let own = Some(seed.validator().public()).filter(|key| charter.validator(key).is_some());
    let (groups, most) = ([vec![Cid::of_cbor(&support)]], Duration::from_secs(timeout_s));
    let told = operate::wait((&session.client, &id), &groups, own, (1, charter.quorum.n()), most)?;
    session.close()?;
    let taken_by = told.first().map(|by| operate::names(by, &charter)).unwrap_or_default();
    let value = serde_json::json!({ "petition": petition.to_string(), "taken_by": taken_by });
    context.out.print(&value, |out| match taken_by.is_empty() {
        true => {
            writeln!(out, "Signed. No validator has taken it yet; run the same command again when one can be reached.")
        }
        false => writeln!(out, "You support {petition}."),
    })?;
    Ok(ExitCode::from(if taken_by.is_empty() { 3 } else { 0 }))
}

fn list(wanted: Option<&str>, context: &Context) -> anyhow::Result<ExitCode> {
    let communities = match wanted {
        Some(name) => vec![community::chosen(&context.home, Some(name))?],
        None => community::all(&context.home)?,
    };
    let mut lines = Vec::new();
    for community in communities {
        let access = Access::open(&context.home, &community.id())?;
        let counting = Counting::load(&status::lineage(&access)?, &access)?;
        for id in talk::petitions(&access)? {
            let Some(header) = status::header(&id, &access)? else { continue };
            let Some(body) = body(&header, &access)? else { continue };
            let Content::Petition(petition) = body.content else { continue };
            if status::fate::fate(&id, &counting, &access)? != Fate::Accepted {
                continue;
            }
            lines.push(Line {
                id: id.to_string(),
                community: community.id().to_string(),
                asks: petition.asks.name(),
                text: printable(&petition.text),
                about: header.header().about.map(|record| record.to_string()),
                supporters: talk::supporters(&id, &access)?.len(),
                time: header.header().time.unix_s(),
            });
        }
    }
    context.out.print(&lines, |out| {
        if lines.is_empty() {
            return writeln!(out, "No petition is accepted here.");
        }
        for line in &lines {
            writeln!(out, "{}  {}, supported by {}", line.id, line.asks, line.supporters)?;
            line.about.as_ref().map_or(Ok(()), |record| writeln!(out, "    about {record}"))?;
            writeln!(out, "    {}", line.text.replace('\n', "\n    "))?;
        }
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}
