//! `commonwheel withhold`: a person pauses what they were to share later.

use super::Context;
use super::contribute::later::{Day, day};
use crate::contribute::withheld::Withheld;
use crate::run::member::now;
use anyhow::{Context as _, bail};
use clap::Args;
use commonwheel_protocol::dataset::rfc3339;
use std::process::ExitCode;

/// Pause what you have put off with `contribute --later`: none of it is shared until you end that, or its day comes.
///
/// It is your own decision, and nobody is told. What is shared already is not touched; `withdraw` takes that back.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel withhold
  commonwheel withhold --until 2027-02-01
  commonwheel withhold --end")]
pub struct WithholdArgs {
    /// Until this day, YYYY-MM-DD, in UTC. Without it, until you end it.
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Option<Day>,
    /// Share again what is due.
    #[arg(long, conflicts_with = "until")]
    end: bool,
}

/// Runs the verb.
///
/// # Errors
/// When the day is past, or the file cannot be written.
pub fn run(args: &WithholdArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let (now_s, home) = (now().unix_s(), &context.home);
    let wrong = || format!("cannot change {}", home.withheld().display());
    if args.end {
        Withheld::end(home).with_context(wrong)?;
        let value = serde_json::json!({ "withheld": null });
        let said = "What you have put off is shared when it is due: by the running node, or `contribute --due`.";
        context.out.print(&value, |out| writeln!(out, "{said}"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let until = args.until.map(Day::unix_s);
    if until.is_some_and(|until| until <= now_s) {
        bail!("expected a day to come, found one that has begun\nHint: without --until it holds until you end it");
    }
    let withheld = Withheld { since: now_s, until };
    withheld.save(home).with_context(wrong)?;
    context.out.print(&serde_json::json!({ "withheld": withheld }), |out| {
        let until =
            until.and_then(rfc3339).map_or("you end it with `commonwheel withhold --end`".to_owned(), |day| day);
        writeln!(out, "Nothing that you have put off is shared until {until}.")
    })?;
    Ok(ExitCode::SUCCESS)
}
