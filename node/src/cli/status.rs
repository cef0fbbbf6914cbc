//! `commonwheel status`: how the node is, or each step of one record.

use super::{Context, show};
use crate::community;
use crate::run::{Access, Client};
use anyhow::{Context as _, bail};
use clap::Args;
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::core::status::{self, RecordStatus};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::sign::PublicKey;
use serde::Serialize;
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

/// One record's way, for printing.
#[derive(Clone, Debug, Serialize)]
pub struct RecordReport {
    /// The record.
    pub id: String,
    /// The community's id.
    pub community: String,
    /// `accepted`, `waiting`, `quarantined` or `refused`.
    pub state: &'static str,
    /// Whether the body is on this machine.
    pub body_here: bool,
    /// Validators that have given a receipt.
    pub held_by: Vec<String>,
    /// What each validator says.
    pub verdicts: Vec<VerdictReport>,
    /// How many acceptances there are, and how many are needed.
    pub accepted_by: usize,
    /// The quorum.
    pub quorum: usize,
    /// The certificate's CID.
    pub certificate: Option<String>,
    /// Validators that contradicted themselves.
    pub contradictions: Vec<String>,
    /// Why validators refused it, if this machine's node was told as the author.
    pub reason: Option<String>,
}

/// One validator's word.
#[derive(Clone, Debug, Serialize)]
pub struct VerdictReport {
    /// Its name in the charter.
    pub validator: String,
    /// `accept`, `reject` or `quarantine`.
    pub verdict: &'static str,
    /// The public reason.
    pub class: Option<&'static str>,
    /// The number of its batch.
    pub batch: i64,
}

/// Runs the verb.
///
/// # Errors
/// When the record is not known here, or a store cannot be read.
pub fn run(args: &StatusArgs, context: &Context) -> anyhow::Result<ExitCode> {
    match args.record {
        Some(record) => record_status(&record, context),
        None => node_status(context),
    }
}

fn record_status(record: &RecordId, context: &Context) -> anyhow::Result<ExitCode> {
    for community in community::all(&context.home)? {
        let charter = community.founding.charter();
        let access = Access::open(&context.home, &community.id())?;
        if let Some(found) = status::of(record, charter, &access)? {
            let mut report = report(&found, charter);
            report.reason = refusal(context, &report.community, &report.id);
            context.out.print(&report, |out| print_report(out, &report))?;
            return Ok(ExitCode::SUCCESS);
        }
    }
    bail!(
        "no community joined here knows the record {record}\nHint: check the id, or wait until the node has caught up (`commonwheel status`)"
    )
}

fn refusal(context: &Context, community: &str, record: &str) -> Option<String> {
    use crate::run::wire::{Request, Response};
    match Client::connect(&context.home)?.ask(&Request::Refusals(community.to_owned())) {
        Ok(Response::Refusals(all)) => all.into_iter().find(|(id, _)| id == record).map(|(_, why)| show::safe(&why)),
        _ => None,
    }
}

/// A record's status in the charter's names.
pub fn report(status: &RecordStatus, charter: &Charter) -> RecordReport {
    let name = |key: &PublicKey| match charter.validator(key) {
        Some(validator) => show::safe(&validator.name),
        None => key.to_string(),
    };
    RecordReport {
        id: status.header.id().to_string(),
        community: status.header.header().community.to_string(),
        state: state(status, charter),
        body_here: status.body_here,
        held_by: status.held_by.iter().map(name).collect(),
        verdicts: status
            .verdicts
            .iter()
            .map(|entry| VerdictReport {
                validator: name(&entry.validator),
                verdict: entry.verdict.name(),
                class: entry.verdict.class().map(|class| class.name()),
                batch: entry.number,
            })
            .collect(),
        accepted_by: status.accepting().len(),
        quorum: charter.quorum.q(),
        certificate: status.certificate.as_ref().map(|certificate| certificate.cid().to_string()),
        contradictions: status.contradictions().iter().map(name).collect(),
        reason: None,
    }
}

/// The state in a word. With more than n − q validators against it, a quorum cannot be reached as
/// things stand.
pub fn state(status: &RecordStatus, charter: &Charter) -> &'static str {
    use commonwheel_protocol::agreement::Verdict;
    let objections = status.objections();
    let blocked = objections.len() > charter.quorum.n() - charter.quorum.q();
    match () {
        () if status.certificate.is_some() => "accepted",
        () if blocked && objections.values().any(|verdict| matches!(verdict, Verdict::Quarantine(_))) => "quarantined",
        () if blocked => "refused",
        () => "waiting",
    }
}

fn print_report(out: &mut dyn std::io::Write, report: &RecordReport) -> std::io::Result<()> {
    writeln!(out, "Record    {}", report.id)?;
    writeln!(out, "State     {} ({} of {} needed accept)", report.state, report.accepted_by, report.quorum)?;
    writeln!(out, "Body      {}", if report.body_here { "on this machine" } else { "not on this machine" })?;
    let none = || vec!["nobody yet, as far as is known here".to_owned()];
    let held = if report.held_by.is_empty() { none() } else { report.held_by.clone() };
    writeln!(out, "Receipts  {}", held.join(", "))?;
    for verdict in &report.verdicts {
        let class = verdict.class.map(|class| format!(": {class}")).unwrap_or_default();
        writeln!(out, "Verdict   {} {}{class} (batch {})", verdict.validator, verdict.verdict, verdict.batch)?;
    }
    if let Some(reason) = &report.reason {
        writeln!(out, "Reason    {reason}")?;
    }
    for who in &report.contradictions {
        writeln!(out, "Evidence  {who} contradicts itself")?;
    }
    match &report.certificate {
        Some(cid) => writeln!(out, "Certified {cid}"),
        None => Ok(()),
    }
}

fn node_status(context: &Context) -> anyhow::Result<ExitCode> {
    let Some(client) = Client::connect(&context.home) else {
        bail!("no node runs with the home {}\nHint: start it with `commonwheel run`", context.home.path().display());
    };
    let info = client.info().context("cannot ask the running node")?;
    context.out.print(&info, |out| {
        writeln!(out, "Node      {} ({})", info.peer, info.version)?;
        info.addresses.iter().try_for_each(|address| writeln!(out, "Listening {address}"))?;
        writeln!(out, "Peers     {}", info.peers)?;
        for community in &info.communities {
            writeln!(out, "\nCommunity {} ({})", show::safe(&community.name), community.id)?;
            writeln!(out, "Role      {}", if community.validator { "validator" } else { "replica" })?;
            writeln!(
                out,
                "Records   {} accepted, {} waiting, {} without body",
                community.accepted, community.waiting, community.incomplete
            )?;
            writeln!(out, "Present   {} validators", community.validators_present.len())?;
            match &community.state_root {
                Some(root) => writeln!(out, "State     {root}")?,
                None => writeln!(out, "State     unknown: the charter needs a newer version of this program")?,
            }
        }
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}
