//! `commonwheel contribute` and `commonwheel preview`.

mod consent;
pub(super) mod correct;
mod decide;
mod deliver;
mod gather;
mod interview;
pub(super) mod later;
pub(super) mod note;
mod one;
pub(super) mod petition;
mod release;
pub(super) mod revise;
mod sharing;

use super::hide::OwnTermsArgs;
use super::{Context, ask, progress, show};
use crate::community::{self, Community};
use crate::contribute::false_alarms::{self, InItem};
use crate::contribute::pick::Pick;
use crate::contribute::{Notes, Rules};
use crate::govern::{Leading, Seat};
use crate::keys;
use anyhow::bail;
use clap::Args;
use commonwheel_config::ruleset::name_of;
use commonwheel_protocol::agreement::{Charter, RiskPolicy};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::redact::{RiskClass, Ruleset};
pub use decide::ChoiceArgs;
pub(super) use decide::NOT_YET;
use indicatif::ProgressBar;
use interview::{Interview, look, terms_of_run};
pub(super) use release::release;
use serde::Serialize;
use sharing::{Run, Sharing};
use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Share chats and other records from files, on your own terms.
///
/// Reads Open WebUI, ChatGPT, Claude (the zip or its conversations.json), LibreChat and OASST exports, chats in
/// OpenAI's JSON or JSONL, rows of published datasets, plain text, and Commonwheel's own JSON, in
/// which corrections, preferences, examples, rubric ratings, feedback, code with tests and
/// translations can be written; docs/FORMATS.md describes each. Any of them may be packed with gzip. Personal data is redacted on this
/// machine, you see what would be published, and nothing leaves before you agree.
#[derive(Args, Debug)]
#[command(after_help = r#"Examples:
  commonwheel contribute chats.json
  commonwheel contribute chats.json --pick 1,4-7 --label good --licence CC0-1.0
  commonwheel contribute chats.jsonl.gz claude-export.zip
  commonwheel contribute records.jsonl          one object a record, such as
      {"kind": "example", "prompt": "1+1?", "ideal": "2"}
      {"kind": "translation", "source_language": "en", "target_language": "pt-BR",
       "source_text": "Tea", "target_text": "Chá"}
  commonwheel contribute chats.json --false-alarm 2:PHONE_1      as `preview` names it
  commonwheel contribute gsm8k.jsonl --source openai/grade-school-math --source-licence MIT --yes
  commonwheel contribute chats.json --later 2027-02-01      and then `contribute --due`, or a running node

Exit codes: 0 all shared; 1 nothing shared; 2 wrong usage; 3 done in part: some items could not be
read or failed, are in quarantine, or did not come as far in the time as --until says."#)]
pub struct ContributeArgs {
    /// Files to share from.
    #[arg(required_unless_present = "due", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Share what was put off with --later and is due, unless you withhold it.
    #[arg(long, conflicts_with = "files")]
    due: bool,
    /// The community: its id, the beginning of it, or its name. Not needed when you joined one.
    #[arg(long, value_name = "COMMUNITY")]
    community: Option<String>,
    /// Which items: "all", or numbers and ranges such as 1,4-7.
    #[arg(long, value_name = "ITEMS")]
    pick: Option<Pick>,
    #[command(flatten)]
    choices: ChoiceArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    share: ShareArgs,
}

/// What is redacted beyond the rules, and what is not.
#[derive(Args, Clone, Debug)]
struct RuleArgs {
    /// Leave a finding in the text: the number of the item and the placeholder, such as 2:PHONE_1.
    /// Validators hold such an item back until a person has looked at it.
    #[arg(long = "false-alarm", value_name = "ITEM:NAMES")]
    false_alarms: Vec<InItem>,
    #[command(flatten)]
    own: OwnTermsArgs,
}

/// How to share, whatever it is.
#[derive(Args, Clone, Debug)]
pub struct ShareArgs {
    /// Share again what was shared before.
    #[arg(long)]
    again: bool,
    /// Consent to everything and ask nothing: for scripts.
    #[arg(long)]
    yes: bool,
    /// Wait until the records are held by a validator, or accepted, or not at all.
    #[arg(long, value_enum, default_value_t = deliver::Until::Held)]
    until: deliver::Until,
    /// Wait at most this many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
    /// Sign nothing now: keep the redacted items on this machine, and share them from this day on (YYYY-MM-DD, in
    /// UTC; without one, from now on) with `contribute --due`, or by the running node. `commonwheel withhold` pauses that.
    #[arg(long, value_name = "DATE", num_args = 0..=1, default_missing_value = "now", value_parser = later::day)]
    later: Option<later::Day>,
}

/// Show what would be shared from files, with each redaction marked. Shares nothing.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel preview chats.json
  commonwheel preview chats.json --pick 2 | less -R
  commonwheel preview chats.json --false-alarm 2:PHONE_1      what it would be with that left in
  commonwheel --json preview chats.json | jq '.items[] | select(.findings > 0)'

Exit codes: 0 all could be read; 1 nothing could; 2 wrong usage; 3 some items, or the end of a file, could not: each is
named with its place, what was expected there and what was found.")]
pub struct PreviewArgs {
    /// Files to look at.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Use this community's rules of redaction. Without it those of the only community that you
    /// joined, or else the newest built-in ones.
    #[arg(long, value_name = "COMMUNITY")]
    community: Option<String>,
    /// Which items: "all", or numbers and ranges such as 1,4-7.
    #[arg(long, value_name = "ITEMS")]
    pick: Option<Pick>,
    #[command(flatten)]
    rules: RuleArgs,
}

/// What a preview found, for programs.
#[derive(Serialize)]
struct Preview {
    /// The rules by which it was redacted: the names of findings hold for them.
    ruleset: String,
    items: Vec<Previewed>,
    errors: Vec<String>,
}

/// An item of a preview, with what else was seen in it.
#[derive(Serialize)]
struct Previewed {
    #[serde(flatten)]
    summary: gather::Summary,
    risks: Vec<SeenRisk>,
    /// What in the person's own words could tell who wrote it, each in a sentence.
    clues: Vec<&'static str>,
}

#[derive(Serialize)]
struct SeenRisk {
    class: &'static str,
    /// In percent.
    confidence: u8,
    /// What the community does about it, when one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
}

impl Previewed {
    fn of(summary: gather::Summary, notes: &Notes, policy: Option<&RiskPolicy>) -> Self {
        let risk = |(class, (confidence, _)): (&RiskClass, &(u8, Vec<String>))| SeenRisk {
            class: class.as_str(),
            confidence: *confidence,
            action: policy.map(|policy| policy.action(*class).name()),
        };
        let clues = notes.clues.keys().map(|kind| kind.seen()).collect();
        Previewed { summary, risks: notes.risks.iter().map(risk).collect(), clues }
    }
}

/// Runs `preview`.
///
/// # Errors
/// When a file cannot be read at all.
pub fn preview(args: &PreviewArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let only = community::ids(&context.home)?.len() == 1;
    let (ruleset, most, policy) = match &args.community {
        name if name.is_some() || only => {
            let community = community::chosen(&context.home, name.as_deref())?;
            let leading = Leading::open(&context.home, &community)?;
            let charter = &leading.charter;
            (ruleset(charter)?, charter.number("quarantine_above"), Some(charter.risks.clone()))
        }
        _ => {
            let newest = commonwheel_config::ruleset::builtin();
            let most = i64::from(newest.quarantine_above());
            (newest, most, None)
        }
    };
    let terms = args.rules.own.terms(context)?;
    let rules = Rules { ruleset: &ruleset, terms: &terms };
    let false_alarms = false_alarms::by_item(&args.rules.false_alarms);
    let pick = args.pick.clone().unwrap_or(Pick::All);
    let in_clear = io::stdout().is_terminal();
    let mut preview = Preview { ruleset: name_of(&ruleset), items: Vec::new(), errors: Vec::new() };
    let (mut count, mut out) = (0, anstream::stdout().lock());
    // Over what goes to the terminal no bar is drawn.
    let bar = if in_clear { ProgressBar::hidden() } else { progress::bytes("read") };
    let errors = gather::each(&args.files, rules, &pick, &false_alarms, &bar, |number, item, origin| {
        count += 1;
        let notes = Notes::of(&item, &ruleset);
        if context.out.json {
            let summary = gather::Summary::of(number, &item, origin, most);
            preview.items.push(Previewed::of(summary, &notes, policy.as_ref()));
        } else {
            show::prepared(&mut out, number, &item)?;
            show::notes(&mut out, &notes, policy.as_ref())?;
            if in_clear {
                show::findings(&mut out, &item)?;
            }
            if item.needs_a_look(most) {
                writeln!(out, "   more than {most} findings: this item would be held in quarantine on this machine")?;
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    drop(out);
    if count == 0 && errors.is_empty() {
        bail!("expected items to show, found none with these numbers\nHint: without --pick all are shown");
    }
    gather::report_errors(&errors);
    if !context.out.json {
        anstream::eprintln!("Redacted by the rules {}; nothing was shared", preview.ruleset);
    }
    preview.errors = errors.iter().map(ToString::to_string).collect();
    if context.out.json {
        context.out.print(&preview, |_| Ok(()))?;
    }
    Ok(match (errors.is_empty(), count) {
        (true, _) => ExitCode::SUCCESS,
        (false, 0) => ExitCode::FAILURE,
        (false, _) => ExitCode::from(3),
    })
}

/// The ruleset of a charter, with its patterns.
pub(super) fn ruleset(charter: &Charter) -> anyhow::Result<Arc<Ruleset>> {
    commonwheel_config::ruleset::of_charter(charter).map_err(|error| {
        anyhow::anyhow!("{error}\nHint: `commonwheel community show` shows the charter; ask its validators")
    })
}

/// The charter that leads, after saying what the community has decided that holds new records back.
fn leading(community: &Community, seed: &Seed, context: &Context) -> anyhow::Result<Leading> {
    crate::cli::session::refresh(context, community, seed)?;
    let seat = Seat::of(community.clone(), &context.home)?;
    for warning in seat.warnings(seed)? {
        anstream::eprintln!("Note: {warning}.");
    }
    Ok(seat.leading)
}

/// Runs `contribute`.
///
/// # Errors
/// When nothing can be shared: no community, no identity, unreadable files, no consent.
pub fn contribute(args: &ContributeArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let seed = keys::load_seed(&context.home)?;
    if args.due {
        return later::share(&seed, context);
    }
    let community = community::chosen(&context.home, args.community.as_deref())?;
    let leading = leading(&community, &seed, context)?;
    let charter = &leading.charter;
    let ruleset = ruleset(charter)?;
    let terms = args.rules.own.terms(context)?;
    let rules = Rules { ruleset: &ruleset, terms: &terms };
    let mut decided = decide::decide(&args.choices, charter, &community.id(), context)?;
    let asks = !args.share.yes;
    if asks {
        ask::require_terminal(context.out)?;
    }
    decide::consent_to_terms(&community, &leading, args.share.yes, context.out)?;
    decide::remind_of_anonymity(&decided.choices);
    let (pick, interview, picked) = if asks {
        let found = look(&args.files, rules, charter, args.pick.is_none())?;
        let pick = args.pick.clone().map_or_else(|| found.pick(context.out), Ok)?;
        let picked = found.count(&pick);
        if picked == 0 {
            bail!("expected items to share, found none picked; nothing was shared");
        }
        terms_of_run(&mut decided, &args.choices, (&found, &pick), charter, context.out)?;
        let most = charter.number("quarantine_above");
        let interview = Interview::begin(&args.choices, (&found, &pick), rules, most, context.out)?;
        (pick, Some(interview), picked)
    } else {
        gather::check(&args.files)?;
        (args.pick.clone().unwrap_or(Pick::All), None, 0)
    };
    let run = Run { context, args: &args.share, community: &community, charter, seed: &seed, ruleset: &ruleset };
    let mut sharing = Sharing::begin(run, decided.choices, interview, picked)?;
    let false_alarms = false_alarms::by_item(&args.rules.false_alarms);
    let hidden = ProgressBar::hidden();
    let errors = gather::each(&args.files, rules, &pick, &false_alarms, &hidden, |number, item, origin| {
        sharing.take(number, item, origin)
    })?;
    sharing.left_out(errors.iter().map(ToString::to_string));
    sharing.finish()
}
