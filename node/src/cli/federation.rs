//! `commonwheel federation`: which communities may copy what.

use super::Context;
use super::community::Federated;
use crate::community::{self, Community, printable};
use crate::export::{Copyable, ExportError, copyable};
use crate::govern::{Leading, Seat};
use crate::run::Access;
use crate::verify::thousands;
use clap::{Args, Subcommand};
use commonwheel_protocol::bytes::Cid;
use serde::Serialize;
use std::io;
use std::process::ExitCode;

/// Show which communities may copy what: of this one, and this one of others.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel federation show
  commonwheel federation show --community language
  commonwheel export --community language --with health --out dataset     copies what it shows for \"health\"")]
pub struct FederationArgs {
    #[command(subcommand)]
    verb: Verb,
    /// The community: its id, the beginning of it, or its name. Not needed when you joined one.
    #[arg(long, global = true, value_name = "COMMUNITY")]
    community: Option<String>,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Show what the charter that leads lets other communities copy, and what this one may copy of those that this
    /// node follows too.
    Show,
}

#[derive(Serialize)]
struct Shown {
    community: String,
    name: String,
    charter: String,
    /// What others may copy of this community.
    federation: Vec<Federated>,
    /// Every other community that this node follows, by name.
    origins: Vec<Origin>,
}

/// A community of which this one may copy something, or nothing.
#[derive(Serialize)]
struct Origin {
    community: String,
    name: String,
    charter: String,
    /// On which terms; nothing when it lets this one copy nothing.
    terms: Option<Federated>,
    /// How many of its records that is.
    records: Option<Copyable>,
    /// Why that cannot be told.
    unknown: Option<String>,
}

/// Runs the verb.
///
/// # Errors
/// When the community's records, or another's, cannot be read.
pub fn run(args: &FederationArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let Verb::Show = args.verb;
    let seat = Seat::open(&context.home, args.community.as_deref())?;
    let (own, charter) = (seat.community.id(), &seat.leading.charter);
    let others = community::all(&context.home)?.into_iter().filter(|other| other.id() != own);
    let shown = Shown {
        community: own.to_string(),
        name: printable(&charter.name),
        charter: charter.id().to_string(),
        federation: charter.customs.federation.values().map(Federated::of).collect(),
        origins: others.map(|other| Origin::of(&other, &own, context)).collect::<anyhow::Result<_>>()?,
    };
    context.out.print(&shown, |out| shown.write(out))?;
    Ok(ExitCode::SUCCESS)
}

impl Origin {
    fn of(community: &Community, to: &Cid, context: &Context) -> anyhow::Result<Self> {
        let access = Access::open(&context.home, &community.id())?;
        let charter = Leading::of(&access)?.charter;
        let terms = charter.customs.federation.get(to).map(Federated::of);
        let (records, unknown) = match terms.is_some().then(|| copyable(&access, to)) {
            None => (None, None),
            Some(Ok(records)) => (Some(records), None),
            Some(Err(ExportError::Ledger(error))) => return Err(error.into()),
            Some(Err(why)) => (None, Some(why.to_string())),
        };
        let (id, name) = (community.id().to_string(), printable(&charter.name));
        Ok(Origin { community: id, name, charter: charter.id().to_string(), terms, records, unknown })
    }

    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let Origin { community, name, terms, records, unknown, .. } = self;
        match terms {
            None => writeln!(out, "  {name} ({community}): nothing")?,
            Some(terms) => writeln!(out, "  {name} ({community}): {}", terms.what())?,
        }
        if let Some(records) = records {
            let of = records.release.map_or("accepted now".to_owned(), |number| format!("of release {number}"));
            writeln!(out, "    {of}: {} may be copied", thousands(records.may_copy))?;
            for (count, why) in records.left_out.reasons() {
                writeln!(out, "      {} left out {why}", thousands(count))?;
            }
            if records.incomplete > 0 {
                writeln!(out, "      {} without a body here yet", thousands(records.incomplete))?;
            }
        }
        unknown.iter().try_for_each(|why| writeln!(out, "    not to be told now: {why}"))
    }
}

impl Shown {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        match self.federation.is_empty() {
            true => {
                writeln!(out, "{} lets no other community copy records.", self.name)?;
                writeln!(
                    out,
                    "A successor charter can, under [[federation]]; see `commonwheel community example health-support`."
                )?;
            }
            false => {
                writeln!(out, "{} lets these copy:", self.name)?;
                for one in &self.federation {
                    let known = self.origins.iter().find(|other| other.community == one.community);
                    let name = known.map_or(String::new(), |known| format!("{} ", known.name));
                    writeln!(out, "  {name}({}): {}", one.community, one.what())?;
                }
            }
        }
        match self.origins.is_empty() {
            true => writeln!(out, "This node follows no other community, of which {} could copy.", self.name),
            false => {
                writeln!(out, "{} may copy from the others that this node follows:", self.name)?;
                self.origins.iter().try_for_each(|origin| origin.write(out))
            }
        }
    }
}
