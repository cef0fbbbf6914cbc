//! `commonwheel status ID`: each step of one record, and what became of it.

use crate::cli::{Context, operate};
use crate::community::{self, printable};
use crate::run::Access;
use anyhow::bail;
use commonwheel_protocol::agreement::{Charter, Verdict};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::facts::lapsed;
use commonwheel_protocol::core::notes::{self, reviews};
use commonwheel_protocol::core::review::flags;
use commonwheel_protocol::core::status::{self, Counting, Fate, RecordStatus};
use commonwheel_protocol::ledger::{Ledger, LedgerError};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::sign::PublicKey;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::process::ExitCode;

/// One record's way, for printing.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RecordReport {
    /// The record.
    pub id: String,
    /// The community's id.
    pub community: String,
    /// `accepted`, `waiting`, `lapsed`, `quarantined`, `refused`, `superseded`, `withdrawn` or `taken-down`.
    pub state: &'static str,
    /// The record that it corrects.
    pub corrects: Option<String>,
    /// The record that it revises.
    pub revises: Option<String>,
    /// The revision that counts in its place.
    pub superseded_by: Option<String>,
    /// When it is withdrawn: the validators that have said that they erased it.
    pub erased_by: Vec<String>,
    /// When it is taken down: why.
    pub takedown: Option<Takedown>,
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
    /// The charter under which that was given.
    #[serde(skip)]
    pub certified_under: Option<Cid>,
    /// Validators that contradicted themselves.
    pub contradictions: Vec<String>,
    /// Why validators refused it, if this machine's node was told as the author.
    pub reason: Option<String>,
    /// How many people ask for a look at it, by reason.
    pub flags: BTreeMap<&'static str, usize>,
    /// What moderators behind this node said of it.
    pub reviews: Vec<Reviewed>,
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
    /// The number of its batch; none when only the certificate shows its word.
    pub batch: Option<i64>,
}

/// Why a quorum took a record down.
#[derive(Clone, Debug, Serialize)]
pub struct Takedown {
    /// From the closed list.
    pub reason: &'static str,
    /// The record that says more.
    pub explained: Option<String>,
    /// What the quorum signed.
    pub matter: String,
}

/// What a moderator said.
#[derive(Clone, Debug, Serialize)]
pub struct Reviewed {
    /// `accept`, `reject` or `quarantine`.
    pub opinion: &'static str,
    /// Who.
    pub moderator: String,
    /// Why.
    pub note: String,
    /// When, in seconds since 1970.
    pub time: i64,
}

/// Prints what is known of a record.
///
/// # Errors
/// When it is not known here, or a store cannot be read.
pub(super) fn run(record: &RecordId, context: &Context) -> anyhow::Result<ExitCode> {
    for community in community::all(&context.home)? {
        let access = Access::open(&context.home, &community.id())?;
        let lineage = status::lineage(&access)?;
        let charter = &lineage.head().charter;
        let counting = Counting::load(&lineage, &access)?;
        let mut report = match status::of(record, &lineage, &access)? {
            Some(found) => report(&found, charter),
            // A quorum may have taken it down with its header: then only their decision is left.
            None if status::erased(record, &counting, &access)?.is_some() => RecordReport {
                id: record.to_string(),
                community: community.id().to_string(),
                quorum: charter.quorum.q(),
                ..RecordReport::default()
            },
            None => continue,
        };
        report.fill(record, charter, &counting, &access)?;
        report.reason = notes::refusal(record, &access)?.map(|why| printable(&why));
        let validators = charter.quorum.n();
        context.out.print(&report, |out| print(out, &report, validators))?;
        return Ok(ExitCode::SUCCESS);
    }
    bail!(
        "no community joined here knows the record {record}\nHint: check the id, or wait until the node has caught up (`commonwheel status`)"
    )
}

/// A record's status in the charter's names.
pub fn report(status: &RecordStatus, charter: &Charter) -> RecordReport {
    let name = |key: &PublicKey| match charter.validator(key) {
        Some(validator) => printable(&validator.name),
        None => key.to_string(),
    };
    let told: BTreeSet<_> = status.verdicts.iter().map(|entry| entry.validator).collect();
    let by_certificate = status.accepting().into_iter().filter(|key| !told.contains(key)).map(|key| VerdictReport {
        validator: name(&key),
        verdict: Verdict::Accept.name(),
        class: None,
        batch: None,
    });
    let header = status.header.header();
    RecordReport {
        id: status.header.id().to_string(),
        community: header.community.to_string(),
        state: state(status, charter),
        corrects: header.corrects.map(|record| record.to_string()),
        revises: header.revises.map(|record| record.to_string()),
        body_here: status.body_here,
        held_by: status.held_by.iter().map(name).collect(),
        verdicts: status
            .verdicts
            .iter()
            .map(|entry| VerdictReport {
                validator: name(&entry.validator),
                verdict: entry.verdict.name(),
                class: entry.verdict.class().map(|class| class.name()),
                batch: Some(entry.number),
            })
            .chain(by_certificate)
            .collect(),
        accepted_by: status.accepting().len(),
        quorum: charter.quorum.q(),
        certificate: status.certificate.as_ref().map(|certificate| certificate.cid().to_string()),
        certified_under: status.certificate.as_ref().map(|certificate| certificate.charter()),
        contradictions: status.contradictions().iter().map(name).collect(),
        ..RecordReport::default()
    }
}

/// The state in a word, as far as acceptance goes. With more than n − q validators against it, a quorum cannot be
/// reached as things stand.
pub fn state(status: &RecordStatus, charter: &Charter) -> &'static str {
    let objections = status.objections();
    let blocked = objections.len() > charter.quorum.n() - charter.quorum.q();
    match () {
        () if status.certificate.is_some() => "accepted",
        () if blocked && objections.values().any(|verdict| matches!(verdict, Verdict::Quarantine(_))) => "quarantined",
        () if blocked => "refused",
        () => "waiting",
    }
}

impl RecordReport {
    /// Adds what became of the record, what people ask for, and what was said of it here.
    ///
    /// # Errors
    /// When the ledger fails.
    pub fn fill(
        &mut self,
        record: &RecordId,
        charter: &Charter,
        counting: &Counting,
        ledger: &impl Ledger,
    ) -> Result<(), LedgerError> {
        match status::fate::fate(record, counting, ledger)? {
            Fate::Accepted if lapsed(record, charter, counting, ledger)? => self.state = "lapsed",
            Fate::Waiting | Fate::Accepted => {}
            Fate::Superseded(by) => {
                self.state = "superseded";
                self.superseded_by = Some(by.to_string());
            }
            Fate::Withdrawn { acknowledged } => {
                self.state = "withdrawn";
                self.erased_by = operate::names(&acknowledged, charter);
            }
            Fate::TakenDown { matter, reason, explained } => {
                self.state = "taken-down";
                self.takedown = Some(Takedown {
                    reason: reason.name(),
                    explained: explained.map(|record| record.to_string()),
                    matter: matter.to_string(),
                });
            }
        }
        for flag in flags(record, ledger)? {
            *self.flags.entry(flag.reason.name()).or_default() += 1;
        }
        self.reviews = reviews(record, ledger)?
            .into_iter()
            .map(|review| Reviewed {
                opinion: review.opinion.name(),
                moderator: printable(&review.moderator),
                note: printable(&review.note),
                time: review.time_s,
            })
            .collect();
        Ok(())
    }

    /// Prints what moderators said, what contradicts itself, and the certificate with those who signed it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn print_reviews(&self, out: &mut dyn Write) -> io::Result<()> {
        for Reviewed { opinion, moderator, note, .. } in &self.reviews {
            let note =
                if note.is_empty() { String::new() } else { format!(": {}", note.replace('\n', "\n          ")) };
            writeln!(out, "Reviewed  {opinion} by {moderator}{note}")?;
        }
        for who in &self.contradictions {
            writeln!(out, "Evidence  {who} contradicts itself")?;
        }
        match &self.certificate {
            Some(cid) => writeln!(out, "Certified {cid}"),
            None => Ok(()),
        }
    }

    /// The state in words.
    pub fn words(&self, validators: usize) -> String {
        match (self.state, &self.superseded_by, &self.takedown) {
            ("superseded", Some(by), _) => format!("superseded by {by}"),
            ("withdrawn", ..) if self.erased_by.is_empty() => {
                "withdrawn by its author; its text is erased here".to_owned()
            }
            ("withdrawn", ..) => format!(
                "withdrawn by its author; {} of {validators} validators have said here that they erased it: {}",
                self.erased_by.len(),
                self.erased_by.join(", ")
            ),
            ("lapsed", ..) => "accepted under an earlier charter only, and in no release that closed it; it waits \
                 for this charter's validators to accept it again"
                .to_owned(),
            (_, _, Some(takedown)) => format!("taken down by a quorum: {}", takedown.reason),
            (state, ..) => format!("{state} ({} accept, {} needed)", self.accepted_by, self.quorum),
        }
    }
}

/// Counts by reason, in a line.
pub fn counted(flags: &BTreeMap<&'static str, usize>) -> String {
    flags.iter().map(|(reason, count)| format!("{count} {reason}")).collect::<Vec<_>>().join(", ")
}

fn print(out: &mut dyn Write, report: &RecordReport, validators: usize) -> io::Result<()> {
    writeln!(out, "Record    {}", report.id)?;
    writeln!(out, "State     {}", report.words(validators))?;
    if let Some(Takedown { explained, matter, .. }) = &report.takedown {
        writeln!(out, "Decision  {matter}")?;
        explained.as_ref().map_or(Ok(()), |record| writeln!(out, "Explained {record}"))?;
    }
    if let Some(corrected) = &report.corrects {
        writeln!(out, "Corrects  {corrected}")?;
    }
    if let Some(revised) = &report.revises {
        writeln!(out, "Revises   {revised}")?;
    }
    writeln!(out, "Body      {}", if report.body_here { "on this machine" } else { "not on this machine" })?;
    let none = || vec!["nobody yet, as far as is known here".to_owned()];
    let held = if report.held_by.is_empty() { none() } else { report.held_by.clone() };
    writeln!(out, "Receipts  {}", held.join(", "))?;
    for verdict in &report.verdicts {
        let class = verdict.class.map(|class| format!(": {class}")).unwrap_or_default();
        let source = verdict.batch.map_or_else(|| "in the certificate".to_owned(), |number| format!("batch {number}"));
        writeln!(out, "Verdict   {} {}{class} ({source})", verdict.validator, verdict.verdict)?;
    }
    if let Some(reason) = &report.reason {
        writeln!(out, "Reason    {reason}")?;
    }
    if !report.flags.is_empty() {
        writeln!(out, "Flags     {}", counted(&report.flags))?;
    }
    report.print_reviews(out)
}
