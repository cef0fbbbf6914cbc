//! `commonwheel mine`: one's own records with their state.

mod export;

use super::{Context, own, status};
use crate::community::{self, printable};
use crate::keys;
use crate::run::Access;
use clap::Args;
use commonwheel_protocol::agreement::state::Standing;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::status::{self as records, Counting};
use commonwheel_protocol::index::Erasure;
use commonwheel_protocol::ledger::LedgerError;
use commonwheel_protocol::record::Body;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// List the records that you have shared, with what became of them.
///
/// Found by your seed alone among the records on this machine: also those shared anonymously, and
/// those shared from another machine, once `commonwheel run` has fetched them.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel mine
  commonwheel --json mine | jq 'map(select(.state != \"accepted\"))'
  commonwheel mine --export my-records        all that the network holds of them, with proofs")]
pub struct MineArgs {
    /// Only this community: its id, the beginning of it, or its name.
    #[arg(long, value_name = "COMMUNITY")]
    community: Option<String>,
    /// Write everything that the network holds of them, with its proofs, to a new folder.
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
}

#[derive(Serialize)]
struct Mine {
    id: String,
    community: String,
    kind: Option<String>,
    /// Its title, or the beginning of its first text.
    title: Option<String>,
    author_mode: &'static str,
    licence: &'static str,
    preference: String,
    time: i64,
    state: &'static str,
    held_by: Vec<String>,
}

/// Runs the verb.
///
/// # Errors
/// When there is no identity, or a store cannot be read.
pub fn run(args: &MineArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let seed = keys::load_seed(&context.home)?;
    let ids = match &args.community {
        Some(name) => vec![community::resolve(&context.home, name)?],
        None => community::ids(&context.home)?,
    };
    if let Some(folder) = &args.export {
        return export::run(folder, &ids, &seed, context);
    }
    let mut mine = Vec::new();
    for id in ids {
        let access = Access::open(&context.home, &id)?;
        let lineage = records::lineage(&access)?;
        let charter = lineage.head().charter;
        let standings = records::standings(&lineage, &access)?;
        let counting = Counting::load(&lineage, &access)?;
        for (record, mode) in own::records(&seed, &id, &access)? {
            let Some(found) = records::of(&record, &lineage, &access)? else { continue };
            let report = status::report(&found, charter);
            let header = found.header.header();
            let (kind, title) = body(&access, &header.body)?.unzip();
            mine.push(Mine {
                id: report.id,
                community: charter.name.clone(),
                kind,
                title,
                author_mode: mode.name(),
                licence: header.licence.spdx(),
                preference: header.preference.to_string(),
                time: header.time.unix_s(),
                state: standing(standings.get(&record), report.state, records::erased(&record, &counting, &access)?),
                held_by: report.held_by,
            });
        }
    }
    mine.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
    context.out.print(&mine, |out| {
        if mine.is_empty() {
            writeln!(out, "No record of yours is on this machine. Begin with `commonwheel preview FILE`.")?;
            return writeln!(out, "Those shared from another machine appear when `commonwheel run` has fetched them.");
        }
        for one in &mine {
            let kind = one.kind.as_deref().unwrap_or("?");
            let holders = if one.state == "waiting" {
                format!("  (held by {} validators)", one.held_by.len())
            } else {
                String::new()
            };
            let title = one.title.as_deref().unwrap_or_default();
            writeln!(
                out,
                "{}  {:<11} {:<11} {:<9} {:<12}  {title}{holders}",
                one.id, one.state, kind, one.author_mode, one.licence
            )?;
        }
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What became of a record: its standing in the state, where it has one.
fn standing(standing: Option<&Standing>, state: &'static str, erased: Option<Erasure>) -> &'static str {
    match (standing, erased) {
        (Some(Standing::Withdrawn), _) | (_, Some(Erasure::Withdrawal)) => Standing::Withdrawn.name(),
        (Some(Standing::TakenDown), _) | (_, Some(Erasure::Takedown | Erasure::Purge)) => Standing::TakenDown.name(),
        (Some(standing), None) => standing.name(),
        (None, None) => state,
    }
}

/// A body's kind and title, when it is here. Text of others' making goes to no terminal unfiltered.
fn body(access: &Access, body: &Cid) -> Result<Option<(String, String)>, LedgerError> {
    const SHOWN: usize = 40;
    let bytes = records::body(body, access)?;
    Ok(bytes.and_then(|bytes| Body::verify(&bytes).ok()).map(|body: Body<String>| {
        let mut first = body.title.clone();
        body.content.map(&mut |text| {
            first.get_or_insert_with(|| text.clone());
        });
        let line = printable(&first.unwrap_or_default()).replace(['\n', '\t'], " ");
        let short: String = line.chars().take(SHOWN).collect();
        let more = if short.len() < line.len() { "…" } else { "" };
        (body.content.kind().to_owned(), short + more)
    }))
}
