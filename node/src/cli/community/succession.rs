//! `commonwheel community succeed|succession|agree|recover`: one charter takes the place of another.

use super::now_s;
use super::show::Shown;
use crate::cli::{Context, ask};
use crate::community::printable;
use crate::govern::{Came, OpenMatter, Seat, Wanted, words};
use crate::keys::{self, Passphrase};
use crate::run::wire::{Base64, Request, Response};
use anyhow::{Context as _, bail};
use clap::Args;
use commonwheel_config::charter;
use commonwheel_protocol::agreement::{Charter, Succession};
use commonwheel_protocol::core::matters;
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::limits::CLOSING;
use commonwheel_protocol::operation::{Matter, Motion};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What `community succeed` takes.
#[derive(Args, Debug)]
#[command(after_help = "\
The charter is written as for a draft (`commonwheel community example`). It takes the place of the one that leads, and
keeps the newest release and the decisions in force. Who signs it signs nothing more under the old one: propose when all
validators are at hand, and after a release, since records that are in none must be accepted anew.

Example:
  commonwheel release propose
  commonwheel community succeed riverbank-2.toml")]
pub(super) struct SucceedArgs {
    /// The charter in TOML.
    file: PathBuf,
    /// The community: its id, the beginning of it, or its name. Not needed when you joined one.
    #[arg(long, value_name = "COMMUNITY")]
    community: Option<String>,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

/// What `community agree` takes.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  commonwheel community agree bafyrei…      the id, or its beginning, as `commonwheel community succession` shows it")]
pub(super) struct AgreeArgs {
    /// The successor's id or the beginning of it. Not needed when one is open.
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// The community: its id, the beginning of it, or its name. Not needed when you joined one.
    #[arg(long, value_name = "COMMUNITY")]
    community: Option<String>,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

/// What `community recover` takes.
#[derive(Args, Debug)]
#[command(after_help = "\
Most of the recovery keys that the charter names can sign a successor, and nothing else. The first of their holders gives
the charter in TOML; the others, the id that this prints.

Examples:
  commonwheel community recover riverbank-2.toml --key recovery.key
  commonwheel community recover bafyrei… --key recovery.key")]
pub(super) struct RecoverArgs {
    /// The charter in TOML, or the id of a successor that is open.
    #[arg(value_name = "CHARTER|ID")]
    what: PathBuf,
    /// The file of the recovery key, as `commonwheel identity export` writes it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The community: its id, the beginning of it, or its name. Not needed when you joined one.
    #[arg(long, value_name = "COMMUNITY")]
    community: Option<String>,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

pub(super) fn succeed(args: &SucceedArgs, context: &Context) -> anyhow::Result<()> {
    let seat = Seat::open(&context.home, args.community.as_deref())?;
    seat.node()?;
    let (charter, terms) = draft(&seat, &args.file)?;
    show(&seat, &charter, &terms, context)?;
    let question =
        "Propose and sign this successor? This validator then signs nothing more under the charter that leads.";
    ask::confirm(context.out, question, args.yes)?;
    let came = seat.vote(&Matter::Successor(Box::new(charter)), &[terms.into_bytes()])?;
    told(&came, context)
}

pub(super) fn agree(args: &AgreeArgs, context: &Context) -> anyhow::Result<()> {
    let seat = Seat::open(&context.home, args.community.as_deref())?;
    seat.node()?;
    let open = seat.one_open(Wanted::Successor, args.id.as_deref())?;
    let Matter::Successor(charter) = &open.matter else { bail!("expected a successor; this is a bug") };
    show(&seat, charter, &terms_of(&seat, charter)?, context)?;
    let question = "Sign this successor? A validator of the charter that leads then signs nothing more under it.";
    ask::confirm(context.out, question, args.yes)?;
    told(&seat.vote(&open.matter, &[])?, context)
}

pub(super) fn recover(args: &RecoverArgs, context: &Context) -> anyhow::Result<()> {
    let seat = Seat::open(&context.home, args.community.as_deref())?;
    let client = seat.node()?;
    let (charter, terms) = match args.what.exists() {
        true => draft(&seat, &args.what)?,
        false => {
            let open = seat.one_open(Wanted::Successor, args.what.to_str())?;
            let Matter::Successor(charter) = open.matter else { bail!("expected a successor; this is a bug") };
            let terms = terms_of(&seat, &charter)?;
            (*charter, terms)
        }
    };
    let key = keys::read_backup(&args.key, || Passphrase::given("Passphrase of the recovery key: "))?.validator();
    if !seat.leading.charter.recovery.contains(&key.public()) {
        bail!(
            "expected one of the recovery keys of the charter that leads, found {}\nHint: `commonwheel community show` lists them",
            key.public()
        );
    }
    show(&seat, &charter, &terms, context)?;
    ask::confirm(context.out, "Sign this successor with the recovery key?", args.yes)?;
    let (id, matter) = (seat.community.id().to_string(), Matter::Successor(Box::new(charter)));
    let motion = Motion::sign(matter.clone(), &key).to_bytes();
    let requests =
        [Request::Operate(id.clone(), vec![Base64(motion)]), Request::Keep(id, vec![Base64(terms.into_bytes())])];
    for request in requests {
        match client.ask(&request)? {
            Response::Told(problems) if problems.is_empty() => {}
            Response::Told(problems) => bail!("the node did not take it: {}", printable(&problems.join("; "))),
            _ => bail!("the running node answered with something unexpected\nHint: restart it"),
        }
    }
    told(&seat.came(&matter)?, context)
}

/// The charter in a file as the successor of the one that leads, with its terms.
fn draft(seat: &Seat, file: &Path) -> anyhow::Result<(Charter, String)> {
    let read = charter::load(file, now_s()?).with_context(|| format!("in the charter {}", file.display()))?;
    let lineage = &seat.leading.lineage;
    let closing = matters::closing(lineage, &seat.counting, seat.now_s, &seat.access)?;
    if closing.len() > CLOSING {
        bail!(
            "a successor keeps at most {CLOSING} releases and decisions; found {}\nHint: end decisions that are no longer needed, with `commonwheel decision propose lift ID`",
            closing.len()
        );
    }
    let succeeds = Succession {
        community: lineage.community(),
        predecessor: lineage.head().charter.id(),
        round: matters::round_seen(lineage, &seat.access)? + 1,
        closing,
    };
    let charter = Charter { succeeds: Some(succeeds), ..read.charter };
    Charter::read(&charter.to_bytes()).context("the charter is too large with what it keeps of the one before")?;
    Ok((charter, read.terms))
}

fn terms_of(seat: &Seat, charter: &Charter) -> anyhow::Result<String> {
    let text = seat.access.block(Shelf::Certified, &charter.terms)?;
    text.and_then(|bytes| String::from_utf8(bytes).ok()).with_context(|| {
        format!("the text of its terms {} is not here yet\nHint: try again in a minute", charter.terms)
    })
}

/// Shows a successor: what changes, what it keeps, and its terms when they are others.
fn show(seat: &Seat, charter: &Charter, terms: &str, context: &Context) -> anyhow::Result<()> {
    if context.out.json {
        return Ok(());
    }
    let mut to = anstream::stderr().lock();
    Shown::of(charter).write(&mut to)?;
    drop(to);
    let before = &seat.leading.charter;
    for line in changes(before, charter) {
        anstream::eprintln!("{line}");
    }
    let kept = charter.succeeds.as_ref().map(|succeeds| succeeds.closing.clone()).unwrap_or_default();
    for id in &kept {
        let release = seat
            .counting
            .releases
            .get(id)
            .map(|release| format!("release {} of {} record(s)", release.number, release.count));
        let decision = seat.counting.decisions.get(id).map(|decision| words::ruling(&decision.ruling));
        let what = release
            .or(decision)
            .unwrap_or_else(|| "a release that is proposed, should it still be resolved".to_owned());
        anstream::eprintln!("Keeps        {what} ({id})");
    }
    if !seat.counting.releases.keys().any(|id| kept.contains(id)) {
        anstream::eprintln!(
            "Keeps        no release: every record must be accepted anew by the validators of the new charter"
        );
    }
    if before.terms != charter.terms {
        anstream::eprintln!("\nOther terms, which contributors must accept again:\n{}", printable(terms).trim_end());
    }
    Ok(())
}

/// What changes, in lines for people: validators and the quorum; the rest is in the charter itself.
fn changes(before: &Charter, after: &Charter) -> Vec<String> {
    let missing = |from: &Charter, to: &Charter| -> Vec<String> {
        let gone = from.validators.iter().filter(|validator| to.validator(&validator.signing).is_none());
        gone.map(|validator| printable(&validator.name)).collect()
    };
    let mut lines = Vec::new();
    let mut say = |what: &str, names: Vec<String>| {
        if !names.is_empty() {
            lines.push(format!("{what:<12} {}", names.join(", ")));
        }
    };
    say("Leave", missing(before, after));
    say("Join", missing(after, before));
    if before.quorum != after.quorum {
        say("Agreement", vec![format!("before: {}", before.quorum.meaning())]);
    }
    lines
}

fn told(came: &Came, context: &Context) -> anyhow::Result<()> {
    context.out.print(came, |out| {
        writeln!(out, "{}", came.line())?;
        writeln!(out, "Its id: {}", came.id)?;
        match came.resolved {
            true => writeln!(out, "It leads now; others follow within seconds."),
            false => writeln!(out, "Next: the others run `commonwheel community agree {}`", came.id),
        }
    })
}

/// The succession, for printing.
#[derive(Serialize)]
struct Listed {
    community: String,
    /// The charter that leads.
    leads: String,
    /// The charter that is pinned here: what branches off below it changes nothing.
    pinned: String,
    /// From the first to the one that leads.
    charters: Vec<Certified>,
    /// Certified successors in one round among which nothing decides.
    forks: Vec<String>,
    open: Vec<OpenMatter>,
}

#[derive(Serialize)]
struct Certified {
    id: String,
    name: String,
    round: Option<i64>,
    drafted_s: i64,
    quorum: String,
}

pub(super) fn list(wanted: Option<&str>, context: &Context) -> anyhow::Result<()> {
    let seat = Seat::open(&context.home, wanted)?;
    let lineage = &seat.leading.lineage;
    let open = seat.open_matters(Wanted::Successor)?;
    let certified = |charter: &&Charter| Certified {
        id: charter.id().to_string(),
        name: printable(&charter.name),
        round: charter.succeeds.as_ref().map(|succeeds| succeeds.round),
        drafted_s: charter.drafted,
        quorum: charter.quorum.meaning(),
    };
    let listed = Listed {
        community: seat.community.id().to_string(),
        leads: lineage.head().charter.id().to_string(),
        pinned: lineage.pinned().to_string(),
        charters: lineage.path().iter().map(certified).collect(),
        forks: words::ids(&seat.leading.forks()),
        open: open.iter().map(|one| OpenMatter::of(one, lineage, None)).collect(),
    };
    context.out.print(&listed, |out| {
        if !listed.forks.is_empty() {
            writeln!(out, "FORK: {} successors are certified in one round:", listed.forks.len())?;
            listed.forks.iter().try_for_each(|fork| writeln!(out, "  {fork}"))?;
            writeln!(
                out,
                "Nothing is accepted until one in a higher round is certified: `community succeed` proposes it.\n"
            )?;
        }
        for one in &listed.charters {
            let leads = if one.id == listed.leads { "  leads" } else { "" };
            let pinned = if one.id == listed.pinned { "  pinned here" } else { "" };
            writeln!(out, "{}  {} of {}{leads}{pinned}", one.id, one.name, words::date(one.drafted_s))?;
            writeln!(out, "  {}", one.quorum)?;
        }
        for one in &listed.open {
            writeln!(
                out,
                "\nOpen: {}\n  {}\n  {}; signed by {}",
                one.id,
                one.what,
                one.progress(),
                one.signers.join(", ")
            )?;
        }
        if listed.open.is_empty() {
            writeln!(out, "\nNo successor is open. `commonwheel community succeed CHARTER.toml` proposes one.")?;
        }
        Ok(())
    })
}
