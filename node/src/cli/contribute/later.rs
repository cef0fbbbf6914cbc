//! What is put off with `contribute --later`: looking at it, and sharing it when it is due.

use super::release;
use crate::cli::{Context, ask, quarantine};
use crate::community;
use crate::contribute::quarantine::{Held, Quarantine, QuarantineError};
use crate::contribute::withheld::Withheld;
use crate::govern::Leading;
use crate::run::member::now;
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use commonwheel_protocol::dataset::{rfc3339, unix_s};
use commonwheel_protocol::identity::Seed;
use serde::Serialize;
use std::process::ExitCode;

/// A day, at its beginning in UTC; or the moment of asking.
#[derive(Clone, Copy, Debug)]
pub struct Day(Option<i64>);

impl Day {
    /// Seconds since 1970.
    pub fn unix_s(self) -> i64 {
        self.0.unwrap_or_else(|| now().unix_s())
    }
}

/// Reads a day, as `2027-02-01`, or `now`.
pub fn day(text: &str) -> Result<Day, String> {
    match (text, unix_s(&format!("{text}T00:00:00Z"))) {
        ("now", _) => Ok(Day(None)),
        (_, Some(at)) => Ok(Day(Some(at))),
        _ => Err("expected a day as in 2027-02-01".to_owned()),
    }
}

/// Look at what is put off with `contribute --later`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel later list
  commonwheel later show 1
  commonwheel later discard 1
  commonwheel contribute --due        share what is due")]
pub struct LaterArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// List the items, with the day from which each is shared.
    List,
    /// Show an item as it would be published.
    Show {
        /// The item's number.
        number: u32,
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
    community: String,
    /// From when it is shared, in RFC 3339.
    due: String,
}

/// What came of sharing what was due.
#[derive(Default, Serialize)]
struct Outcome {
    shared: Vec<Shared>,
    failed: Vec<String>,
    /// How many are not due yet.
    left: usize,
    /// Whether and until when they are withheld.
    withheld: Option<Withheld>,
}

#[derive(Serialize)]
struct Shared {
    number: u32,
    id: String,
}

/// Runs `later`.
///
/// # Errors
/// When there is no such item, or the folder cannot be used.
pub fn run(args: &LaterArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let later = Quarantine::at(context.home.later());
    match args.verb {
        Verb::List => list(&later, context)?,
        Verb::Show { number } => quarantine::show_one(&later, number, context)?,
        Verb::Discard { number, yes } => {
            // A damaged item can be discarded too.
            if !later.numbers()?.contains(&number) {
                return Err(QuarantineError::NoSuch(number).into());
            }
            if yes || ask::yes(context.out, &format!("Remove item {number} for good?"), false)? {
                later.remove(number)?;
                let value = serde_json::json!({ "discarded": number });
                context.out.print(&value, |out| writeln!(out, "Removed item {number}"))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(later: &Quarantine, context: &Context) -> anyhow::Result<()> {
    let mut lines = Vec::new();
    for number in later.numbers()? {
        let (held, _, _) = later.get(number)?;
        let due = held.due.and_then(rfc3339).unwrap_or_default();
        lines.push(Line { number, origin: held.origin, community: held.community, due });
    }
    let withheld = Withheld::at(now().unix_s(), &context.home)?;
    context.out.print(&lines, |out| {
        if lines.is_empty() {
            return writeln!(out, "Nothing is put off.");
        }
        for line in &lines {
            writeln!(out, "{:>4}. {} (from {})", line.number, line.origin, line.due)?;
        }
        match withheld {
            Some(_) => writeln!(out, "You withhold them; `commonwheel withhold --end` ends that."),
            None => Ok(()),
        }
    })
}

/// Shares what is due, one by one, unless it is withheld; what fails stays for another time.
///
/// # Errors
/// When the folder cannot be used.
pub fn share(seed: &Seed, context: &Context) -> anyhow::Result<ExitCode> {
    let outcome = share_due(seed, context)?;
    context.out.print(&outcome, |out| {
        if let Some(withheld) = outcome.withheld {
            let until = withheld.until.and_then(rfc3339).map_or(String::new(), |until| format!(" until {until}"));
            return writeln!(out, "You withhold what was put off{until}; nothing was shared.");
        }
        for one in &outcome.shared {
            writeln!(out, "Shared item {} as {}", one.number, one.id)?;
        }
        outcome.failed.iter().try_for_each(|why| writeln!(out, "Not shared: {why}"))?;
        writeln!(out, "{} item(s) are not due yet.", outcome.left)
    })?;
    Ok(ExitCode::from(match (outcome.failed.len(), outcome.shared.len()) {
        (0, _) => 0,
        (_, 0) => 1,
        _ => 3,
    }))
}

fn share_due(seed: &Seed, context: &Context) -> anyhow::Result<Outcome> {
    let now_s = now().unix_s();
    let mut outcome = Outcome {
        withheld: Withheld::at(now_s, &context.home).context("cannot read what is withheld")?,
        ..Outcome::default()
    };
    let later = Quarantine::at(context.home.later());
    for number in later.numbers()? {
        let (held, body, bytes): (Held, _, _) = match later.get(number) {
            Ok(item) => item,
            Err(error) => {
                outcome.failed.push(error.to_string());
                continue;
            }
        };
        if outcome.withheld.is_some() || held.due.is_some_and(|due| due > now_s) {
            outcome.left += 1;
            continue;
        }
        // Consent was given when it was put off, to the terms of then.
        match consented(&held, context).and_then(|()| release(context, &held, (bytes, body.false_alarms), true, seed)) {
            Ok(id) => {
                later.remove(number)?;
                outcome.shared.push(Shared { number, id: id.to_string() });
            }
            Err(error) => outcome.failed.push(format!("item {number}: {error:#}")),
        }
    }
    Ok(outcome)
}

fn consented(held: &Held, context: &Context) -> anyhow::Result<()> {
    let id = held.community.parse().context("it names no community")?;
    let community = community::load(&context.home, &id)?;
    let leading = Leading::open(&context.home, &community)?;
    match community.consent(&leading.charter.terms)? {
        Some(_) => Ok(()),
        None => {
            bail!("the terms have changed; `commonwheel community terms` shows them, and with --accept accepts them")
        }
    }
}

/// Shares what is due, for a node that runs; says in the log what came of it, by numbers and ids alone.
pub fn share_quietly(seed: &Seed, context: &Context) {
    match share_due(seed, context) {
        Ok(outcome) => {
            outcome.shared.iter().for_each(|one| tracing::info!(item = one.number, id = one.id, "shared what was due"));
            if !outcome.failed.is_empty() {
                tracing::warn!(
                    items = outcome.failed.len(),
                    "some of what is due was not shared; see `contribute --due`"
                );
            }
        }
        Err(error) => tracing::warn!(%error, "cannot look for what is due"),
    }
}
