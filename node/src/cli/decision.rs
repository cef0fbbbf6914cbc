//! `commonwheel decision`: what a quorum decides about a record, a key, or what is new.

mod propose;

use super::{Context, ask};
use crate::govern::{Came, Decided, OpenMatter, Seat, Wanted, words};
use anyhow::bail;
use clap::{Args, Subcommand};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::operation::{Decision, Matter, Ruling};
use propose::ProposeArgs;
use serde::Serialize;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Decide by quorum: take a record down, ban a key, hold new records or releases back, end a decision.
///
/// A decision names its reason, what would end it early, and for what holds new records back an end. It never touches
/// the licence of what was shared before.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel decision propose takedown bafyrei… --reason personal-data
  commonwheel decision propose freeze --reason negotiation --condition agreement --until 2027-03-01
  commonwheel decision propose embargo --language es --reason protest --until 2027-03-01
  commonwheel decision sign bafyrei…             the other validators
  commonwheel decision propose lift bafyrei… --reason negotiation
  commonwheel decision list")]
pub struct DecisionArgs {
    #[command(subcommand)]
    verb: Verb,
    /// The community: its id, the beginning of it, or its name. Not needed when you joined one.
    #[arg(long, global = true, value_name = "COMMUNITY")]
    community: Option<String>,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Propose a decision, and sign it.
    Propose(ProposeArgs),
    /// Sign a decision that somebody proposed.
    Sign {
        /// Its id or the beginning of it. Not needed when one is open.
        id: Option<String>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// List decisions in force, those that have ended, and those that are proposed.
    List,
    /// Show one decision.
    Show {
        /// Its id or the beginning of it.
        id: String,
    },
}

/// Runs the verb.
///
/// # Errors
/// When there is no such decision, or the node does not sign.
pub fn run(args: &DecisionArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let seat = Seat::open(&context.home, args.community.as_deref())?;
    match &args.verb {
        Verb::Propose(args) => propose::run(&seat, args, context)?,
        Verb::Sign { id, yes } => {
            seat.node()?;
            let open = seat.one_open(Wanted::Decision, id.as_deref())?;
            let Matter::Decision(decision) = &open.matter else { bail!("expected a decision; this is a bug") };
            sign(&seat, decision, "Sign", *yes, context)?;
        }
        Verb::List => list(&seat, context)?,
        Verb::Show { id } => show(&seat, id, context)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows a decision, asks, has the node sign it, and says what came of it.
fn sign(seat: &Seat, decision: &Decision, word: &str, yes: bool, context: &Context) -> anyhow::Result<()> {
    let line = Decided::of(String::new(), decision).line();
    let forever = match decision.ruling {
        Ruling::Takedown(_) | Ruling::Purge(_) => " What is erased cannot be brought back.",
        _ => "",
    };
    ask::confirm(context.out, &format!("{word} this decision: {line}?{forever}"), yes)?;
    let came = seat.vote(&Matter::Decision(decision.clone()), &[])?;
    told(&came, context)
}

fn told(came: &Came, context: &Context) -> anyhow::Result<()> {
    context.out.print(came, |out| {
        writeln!(out, "{}", came.line())?;
        writeln!(out, "Its id: {}", came.id)?;
        match came.resolved {
            true => writeln!(out, "It is in force; others follow within seconds."),
            false => writeln!(out, "Next: the other validators run `commonwheel decision sign {}`", came.id),
        }
    })
}

/// A decision, for printing.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    decided: Decided,
    /// `in-force`, `over` (its end has passed), `lifted`, `superseded` (a successor charter does not keep it), `done`
    /// (it ended another) or `open`.
    state: &'static str,
    time_s: i64,
    charter: String,
    signers: Vec<String>,
    open: Option<OpenMatter>,
}

impl Shown {
    fn of(id: &Cid, decision: &Decision, state: &'static str) -> Self {
        Shown {
            decided: Decided::of(id.to_string(), decision),
            state,
            time_s: decision.time.unix_s(),
            charter: decision.charter.to_string(),
            signers: Vec::new(),
            open: None,
        }
    }

    fn write(&self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        writeln!(out, "{}  {}\n    {}", self.decided.id, self.state, self.decided.line())?;
        match &self.open {
            Some(open) => writeln!(out, "    {}; signed by {}", open.progress(), open.signers.join(", ")),
            None => writeln!(out, "    of {}; signed by {}", words::date(self.time_s), self.signers.join(", ")),
        }
    }
}

/// Every decision: those in force, then those that are over, then open ones.
fn all(seat: &Seat) -> anyhow::Result<Vec<Shown>> {
    let resolved = seat.resolved(Wanted::Decision)?;
    let decisions: BTreeMap<Cid, &Decision> = resolved
        .iter()
        .filter_map(|(id, resolution)| match resolution.matter() {
            Matter::Decision(decision) => Some((*id, decision)),
            _ => None,
        })
        .collect();
    let lifted = |id: &Cid| seat.counting.decisions.values().any(|one| one.ruling == Ruling::Lift(*id));
    let path = seat.leading.lineage.path();
    let mut shown = Vec::new();
    for (id, decision) in decisions {
        let state = match seat.counting.decisions.contains_key(&id) {
            true if decision.ruling.name() == "lift" => "done",
            true if decision.holds_at(seat.now_s) || decision.ruling.erases().is_some() => "in-force",
            true => "over",
            false if lifted(&id) => "lifted",
            false => "superseded",
        };
        let mut one = Shown::of(&id, decision, state);
        let signers = resolved.get(&id).into_iter().flat_map(|resolution| resolution.signers());
        one.signers = signers.map(|key| words::name(key, path.iter().rev().copied())).collect();
        shown.push(one);
    }
    shown.sort_by_key(|one| (one.state != "in-force", std::cmp::Reverse(one.time_s)));
    for open in seat.open_matters(Wanted::Decision)? {
        if let Matter::Decision(decision) = &open.matter {
            let mut one = Shown::of(&open.id, decision, "open");
            let matter = OpenMatter::of(&open, &seat.leading.lineage, None);
            one.signers.clone_from(&matter.signers);
            one.open = Some(matter);
            shown.push(one);
        }
    }
    Ok(shown)
}

fn list(seat: &Seat, context: &Context) -> anyhow::Result<()> {
    let all = all(seat)?;
    context.out.print(&all, |out| {
        if all.is_empty() {
            return writeln!(out, "Nothing is decided or proposed. `commonwheel decision propose --help` shows how.");
        }
        all.iter().try_for_each(|one| one.write(out))
    })
}

fn show(seat: &Seat, id: &str, context: &Context) -> anyhow::Result<()> {
    let mut found: Vec<_> = all(seat)?.into_iter().filter(|one| one.decided.id.starts_with(id)).collect();
    let one = match found.len() {
        1 => found.remove(0),
        0 => bail!("no decision here has the id {id}\nHint: `commonwheel decision list` shows them"),
        several => bail!("expected one decision, found {several}\nHint: give more of its id"),
    };
    context.out.print(&one, |out| {
        one.write(out)?;
        writeln!(out, "    under the charter {}", one.charter)?;
        let explained = one.decided.explained.as_deref();
        explained.map_or(Ok(()), |note| writeln!(out, "    explained in {note}; `commonwheel status {note}`"))
    })
}

#[cfg(test)]
mod tests {
    use crate::cli::Cli;
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_commands_are_read_as_the_help_says() {
        const RECORD: &str = "bafyreih6jzsmtzxfsxwixfmv3wbpj7afzmwmrb2d6n5w5vwbq4kdvbbxpe";
        Cli::command().debug_assert();
        for line in [
            &format!("decision propose takedown {RECORD} --reason personal-data --yes")[..],
            &format!("decision propose purge {RECORD} --reason unlawful --explained {RECORD}"),
            "decision propose embargo --language es --tag poems --kind chat --reason protest --until 2027-03-01",
            "decision propose freeze --reason negotiation --condition agreement --until 2027-03-01",
            "decision propose shift train-ai=n --reason protest --until 2027-03-01",
            "decision propose rate-cap 3 --reason flood --until 2027-03-01",
            "decision propose lift bafy --reason other --community riverbank",
            "decision sign bafy --yes",
            "decision list",
            "decision show bafy",
            "release propose --anew",
            "release review",
            "release sign bafy --yes",
            "release list --community riverbank",
            "release show 3",
            "member list",
            "federation show",
        ] {
            let words = ["commonwheel"].into_iter().chain(line.split(' '));
            assert!(Cli::try_parse_from(words).is_ok(), "{line}");
        }
        for wrong in
            ["decision propose freeze --until 2027-03-01", "decision propose freeze --reason other --until May"]
        {
            let words = ["commonwheel"].into_iter().chain(wrong.split(' '));
            assert!(Cli::try_parse_from(words).is_err(), "{wrong}");
        }
    }
}
