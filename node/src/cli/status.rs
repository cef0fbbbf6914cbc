//! `commonwheel status`: how the node is, or each step of one record.

mod record;

pub use record::{RecordReport, counted, report, state};

use super::Context;
use crate::community::{self, printable};
use crate::govern::{Governance, words};
use crate::run::member::now;
use crate::run::wire::{CommunityInfo, Info};
use crate::run::{Access, Client};
use anyhow::Context as _;
use clap::Args;
use commonwheel_protocol::core::facts::Counting;
use commonwheel_protocol::core::status;
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::record::{RecordId, SignedHeader};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::process::ExitCode;

/// Show how the node is, or each step of one record: who holds it, who attested, what became of it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel status
  commonwheel status bafyrei…             one record
  commonwheel --json status bafyrei… | jq .state")]
pub struct StatusArgs {
    /// A record's id.
    #[arg(value_name = "ID")]
    record: Option<RecordId>,
}

/// Runs the verb.
///
/// # Errors
/// When the record is not known here, or a store cannot be read.
pub fn run(args: &StatusArgs, context: &Context) -> anyhow::Result<ExitCode> {
    match args.record {
        Some(record) => record::run(&record, context),
        None => node_status(context),
    }
}

/// How the node is, or what its stores hold while none runs.
#[derive(Serialize)]
struct NodeReport {
    running: bool,
    version: String,
    peer: Option<String>,
    addresses: Vec<String>,
    peers: usize,
    communities: Vec<CommunityReport>,
}

#[derive(Serialize)]
struct CommunityReport {
    id: String,
    name: String,
    accepted: usize,
    waiting: usize,
    incomplete: usize,
    state_root: Option<String>,
    /// These only a running node knows.
    validator: Option<bool>,
    evidence: Option<String>,
    validators_present: Option<BTreeSet<String>>,
    /// Why this node signs nothing, though it validates.
    silent: Option<String>,
    governance: Governance,
}

fn node_status(context: &Context) -> anyhow::Result<ExitCode> {
    let report = match Client::connect(&context.home) {
        Some(client) => running(client.info().context("cannot ask the running node")?),
        None => stopped(context)?,
    };
    context.out.print(&report, |out| print_node(out, &report, context))?;
    Ok(ExitCode::SUCCESS)
}

fn running(info: Info) -> NodeReport {
    let community = |community: CommunityInfo| CommunityReport {
        id: community.id,
        name: community.name,
        accepted: community.accepted,
        waiting: community.waiting,
        incomplete: community.incomplete,
        state_root: community.state_root,
        validator: Some(community.validator),
        evidence: Some(community.evidence),
        validators_present: Some(community.validators_present),
        silent: community.silent,
        governance: community.governance,
    };
    NodeReport {
        running: true,
        version: info.version,
        peer: Some(info.peer),
        addresses: info.addresses,
        peers: info.peers,
        communities: info.communities.into_iter().map(community).collect(),
    }
}

/// What the stores hold while no node runs.
fn stopped(context: &Context) -> anyhow::Result<NodeReport> {
    let mut communities = Vec::new();
    for community in community::all(&context.home)? {
        let access = Access::open(&context.home, &community.id())?;
        let (mut waiting, mut incomplete) = (0, 0);
        index::each(&access, &[prefix::WAITING], |_| {
            waiting += 1;
            Ok(())
        })?;
        let lineage = status::lineage(&access)?;
        let accepted = status::accepted(&lineage, &access)?;
        for record in &accepted {
            let header = access.block(Shelf::Certified, &record.0)?.and_then(|bytes| SignedHeader::verify(&bytes).ok());
            let body = header.map(|header| header.header().body);
            incomplete += usize::from(!body.is_some_and(|body| access.holds(Shelf::Certified, &body).unwrap_or(false)));
        }
        communities.push(CommunityReport {
            id: community.id().to_string(),
            name: lineage.head().charter.name.clone(),
            accepted: accepted.len(),
            waiting,
            incomplete,
            state_root: status::state_root(&lineage, &access)?.map(|root| root.to_string()),
            validator: None,
            evidence: None,
            validators_present: None,
            silent: None,
            governance: Governance::of(&lineage, &Counting::load(&lineage, &access)?, now().unix_s(), None, &access)?,
        });
    }
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Ok(NodeReport { running: false, version, peer: None, addresses: Vec::new(), peers: 0, communities })
}

fn print_node(out: &mut dyn Write, report: &NodeReport, context: &Context) -> io::Result<()> {
    match &report.peer {
        Some(peer) => {
            writeln!(out, "Node      {peer} ({})", report.version)?;
            report.addresses.iter().try_for_each(|address| writeln!(out, "Listening {address}"))?;
            writeln!(out, "Peers     {}", report.peers)?;
        }
        None => {
            writeln!(out, "Node      none runs with the home {}", context.home.path().display())?;
            writeln!(out, "          start one with `commonwheel run`; this is what its stores hold")?;
        }
    }
    if report.communities.is_empty() {
        writeln!(out, "\nNo community yet. Join one with `commonwheel community join INVITE`.")?;
    }
    for community in &report.communities {
        writeln!(out, "\nCommunity {} ({})", printable(&community.name), community.id)?;
        if let Some(validator) = community.validator {
            writeln!(out, "Role      {}", if validator { "validator" } else { "replica" })?;
        }
        writeln!(
            out,
            "Records   {} accepted, {} waiting, {} without body",
            community.accepted, community.waiting, community.incomplete
        )?;
        if let Some(present) = &community.validators_present {
            writeln!(out, "Present   {} validators", present.len())?;
        }
        if let Some(why) = &community.silent {
            writeln!(out, "Silent    it signs nothing now: {why}")?;
        }
        match &community.state_root {
            Some(root) => writeln!(out, "State     {root}")?,
            None => writeln!(
                out,
                "State     unknown: the charter needs a newer version, or pages of its closing release are to come"
            )?,
        }
        print_governance(out, &community.governance)?;
    }
    Ok(())
}

/// Which charter leads, forks, what is decided, what is open: for people.
pub(super) fn print_governance(out: &mut dyn Write, governance: &Governance) -> io::Result<()> {
    let after = match governance.predecessors {
        0 => "the first".to_owned(),
        before => format!("after {before} other(s)"),
    };
    writeln!(out, "Charter   {} ({after})", governance.charter)?;
    if !governance.forks.is_empty() {
        writeln!(out, "FORK      {} successors are certified in one round:", governance.forks.len())?;
        governance.forks.iter().try_for_each(|fork| writeln!(out, "          {fork}"))?;
        writeln!(out, "          nothing is accepted until one in a higher round is; `commonwheel community succeed`")?;
    }
    if let Some(release) = &governance.release {
        let (number, count, day) = (release.number, release.count, words::date(release.time_s));
        writeln!(out, "Release   {number} of {day}, {count} record(s)")?;
    }
    for decision in &governance.decisions {
        writeln!(out, "Decided   {}", decision.line())?;
    }
    for open in &governance.open {
        let signed = if open.signed_here == Some(true) { ", signed here" } else { "" };
        writeln!(out, "Open      {}: {} ({}{signed})", open.id, open.what, open.progress())?;
    }
    for proof in &governance.evidence {
        writeln!(out, "Evidence  {} {}; proof {}", proof.name, proof.what, proof.id)?;
    }
    Ok(())
}
