//! `commonwheel show ID`: a record's text, and what people say of it.

use super::author;
use super::content;
use super::likeness::{self, Like};
use crate::cli::search::line;
use crate::cli::{Context, own, status};
use crate::community::printable;
use crate::run::Access;
use crate::verify::thousands;
use clap::Args;
use commonwheel_protocol::agreement::Verdict;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::status::{self as records, Counting};
use commonwheel_protocol::core::talk::about;
use commonwheel_protocol::dataset::{Row, rfc3339};
use commonwheel_protocol::ledger::{Ledger, LedgerError};
use commonwheel_protocol::record::body::Right;
use commonwheel_protocol::record::content::Content;
use commonwheel_protocol::record::{Body, RecordId, SignedHeader};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::process::ExitCode;

/// Show a record that is on this machine: its whole text, its author's name where a profile says one, its terms, where it
/// is from, what became of it, what people say of it, and what is like it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel show bafyrei… | less
  commonwheel --json show bafyrei… | jq .row.messages

What is like it is looked for in the search index, as far as that has come: `commonwheel search`
makes it and brings it up to date. Of an author with more than 10,000 records as many are looked through for a name,
and that is said. What could drive the terminal is shown as \u{fffd}.")]
pub struct ShowArgs {
    /// The record.
    #[arg(value_name = "ID")]
    record: RecordId,
}

/// Runs the verb.
///
/// # Errors
/// When the record is not known here, or a store cannot be read.
pub fn run(args: &ShowArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let mut found = own::find(&args.record, context)?;
    let mut shown = Shown::of(&found.header, &found.access)?;
    shown.author = author::of(&found.header, &found.access)?;
    shown.like = likeness::of(&found.header, &mut found.access)?;
    context.out.print(&shown.json(), |out| shown.print(out))?;
    Ok(ExitCode::SUCCESS)
}

/// The kind of a record's content, when its text is here.
///
/// # Errors
/// When the ledger fails.
pub fn kind(header: &SignedHeader, ledger: &impl Ledger) -> Result<Option<&'static str>, LedgerError> {
    Ok(body(header, ledger)?.map(|body| body.content.kind()))
}

/// A record's body, when it is here.
///
/// # Errors
/// When the ledger fails.
pub fn body(header: &SignedHeader, ledger: &impl Ledger) -> Result<Option<Body<String>>, LedgerError> {
    let bytes = records::body(&header.header().body, ledger)?;
    Ok(bytes.and_then(|bytes| Body::verify(&bytes).ok()))
}

/// What somebody said about a record.
#[derive(Serialize)]
pub struct Remark {
    /// The note or petition.
    pub id: String,
    /// `note` or `petition`.
    pub kind: &'static str,
    /// The key that signed it.
    pub author: String,
    /// Whether that key is used for it alone.
    pub anonymous: bool,
    /// When, in RFC 3339.
    pub time: String,
    /// What is said.
    pub text: String,
}

/// The notes and petitions about a record whose texts are here, the earliest first.
///
/// # Errors
/// When the ledger fails.
pub fn remarks(record: &RecordId, counting: &Counting, ledger: &impl Ledger) -> Result<Vec<Remark>, LedgerError> {
    let mut remarks = Vec::new();
    for id in about(record, counting, ledger)? {
        let Some(header) = records::header(&id, ledger)? else { continue };
        let Some(body) = body(&header, ledger)? else { continue };
        let text = match &body.content {
            Content::Note(note) => &note.text,
            Content::Petition(petition) => &petition.text,
            _ => continue,
        };
        let of = header.header();
        remarks.push(Remark {
            id: id.to_string(),
            kind: body.content.kind(),
            author: of.author.to_string(),
            anonymous: of.nonce.is_some(),
            time: rfc3339(of.time.unix_s()).unwrap_or_default(),
            text: printable(text),
        });
    }
    Ok(remarks)
}

/// Prints the talk.
///
/// # Errors
/// When it cannot be written.
pub fn print_remarks(out: &mut dyn Write, remarks: &[Remark]) -> io::Result<()> {
    for one in remarks {
        let who = if one.anonymous { "anonymous" } else { &one.author };
        writeln!(out, "{}  {} by {who}  ({})", one.time, one.kind, one.id)?;
        writeln!(out, "    {}", one.text.replace('\n', "\n    "))?;
    }
    Ok(())
}

/// A record as it is shown.
pub struct Shown {
    header: SignedHeader,
    /// What became of it, and the flags.
    pub report: status::RecordReport,
    validators: usize,
    body: Option<Body<String>>,
    row: Value,
    remarks: Vec<Remark>,
    community: String,
    charter: Cid,
    author: author::Known,
    like: Vec<Like>,
}

impl Shown {
    /// Reads everything about a record.
    ///
    /// # Errors
    /// When the ledger fails.
    pub fn of(header: &SignedHeader, access: &Access) -> Result<Shown, LedgerError> {
        let lineage = records::lineage(access)?;
        let charter = &lineage.head().charter;
        let mut report = match records::of(&header.id(), &lineage, access)? {
            Some(known) => status::report(&known, charter),
            None => status::RecordReport::default(),
        };
        let counting = Counting::load(&lineage, access)?;
        report.fill(&header.id(), charter, &counting, access)?;
        let bytes = records::body(&header.header().body, access)?;
        let row = bytes.as_ref().and_then(|body| Row::of(header.bytes(), body, &charter.id()).ok());
        let line = row.and_then(|row| row.line().ok());
        Ok(Shown {
            validators: charter.quorum.n(),
            body: bytes.and_then(|bytes| Body::verify(&bytes).ok()),
            row: line.and_then(|line| serde_json::from_str(&line).ok()).unwrap_or(Value::Null),
            community: printable(&charter.name),
            charter: report.certified_under.unwrap_or_else(|| charter.id()),
            author: author::Known::default(),
            like: Vec::new(),
            header: header.clone(),
            report,
            remarks: remarks(&header.id(), &counting, access)?,
        })
    }

    /// For programs: the status, who the author is where a profile says it, whether all records of the author were looked
    /// through for that, and the record as a row of a dataset.
    pub fn json(&self) -> Value {
        serde_json::json!({
            "status": self.report, "author": self.author.name, "author_in_part": self.author.in_part, "row": self.row,
            "notes": self.remarks, "near_duplicates": self.like
        })
    }

    /// For people.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let header = self.header.header();
        let mode = if header.nonce.is_some() { " (anonymous: used for this record alone)" } else { "" };
        writeln!(out, "Record    {}", self.header.id())?;
        writeln!(out, "State     {}", self.report.words(self.validators))?;
        writeln!(out, "Community {} ({})", self.community, header.community)?;
        match &self.author.name {
            Some(known) => writeln!(out, "Author    {} ({})", known.name, header.author)?,
            None => writeln!(out, "Author    {}{mode}", header.author)?,
        }
        if self.author.in_part {
            let most = thousands(author::LOOKED_AT);
            writeln!(out, "          {most} of this author's records were looked through for a name; there are more")?;
        }
        writeln!(out, "Time      {}", rfc3339(header.time.unix_s()).unwrap_or_default())?;
        writeln!(out, "Licence   {}", header.licence.spdx())?;
        writeln!(out, "AI use    {}", header.preference)?;
        writeln!(out, "Charter   {}", self.charter)?;
        writeln!(out, "Terms     {}", header.terms)?;
        writeln!(out, "Ruleset   {}", header.ruleset)?;
        for (name, record) in [("Corrects", header.corrects), ("Revises", header.revises), ("About", header.about)] {
            record.map_or(Ok(()), |record| writeln!(out, "{name:<9} {record}"))?;
        }
        let accepting = self.report.verdicts.iter().filter(|verdict| verdict.verdict == Verdict::Accept.name());
        let accepting: BTreeSet<_> = accepting.map(|verdict| &verdict.validator[..]).collect();
        if !accepting.is_empty() {
            writeln!(out, "Accepted  by {}", accepting.into_iter().collect::<Vec<_>>().join(", "))?;
        }
        self.report.print_reviews(out)?;
        if !self.report.flags.is_empty() {
            writeln!(out, "Flags     {}", status::counted(&self.report.flags))?;
        }
        for Like { record, similarity, exact } in &self.like {
            let how = if *exact { "the same content".to_owned() } else { format!("{similarity} % alike") };
            writeln!(out, "Like      {record}  {how}")?;
        }
        self.body.as_ref().map_or(Ok(()), |body| origin(out, body))?;
        match &self.body {
            Some(body) => {
                let title = body.title.as_deref().map(printable).unwrap_or_default();
                writeln!(out, "\n{} {}", body.content.kind(), title.replace('\n', " "))?;
                content(out, &body.content, true)?;
            }
            None => writeln!(out, "\nIts text is not on this machine.")?,
        }
        if !self.remarks.is_empty() {
            writeln!(out)?;
        }
        print_remarks(out, &self.remarks)
    }
}

/// What a body says of where it is from.
fn origin(out: &mut dyn Write, body: &Body<String>) -> io::Result<()> {
    let right = |right: &Right<String>| match right {
        Right::OwnWork => "own work".to_owned(),
        Right::ModelOutput(None) => "output of a model".to_owned(),
        Right::ModelOutput(Some(model)) => format!("output of {}", line(model)),
        Right::ThirdParty { source, licence } => format!("from {} under {}", line(source), line(licence)),
    };
    let list = |items: Vec<String>| Some(items.join(", ")).filter(|text| !text.is_empty());
    let redacted = body.redactions.iter().map(|(kind, count)| format!("{count} {}", line(kind))).collect();
    for (name, value) in [
        ("Credit", body.attribution.as_deref().map(line)),
        ("Model", body.model.as_deref().map(line)),
        ("Language", body.language.as_deref().map(line)),
        ("Tags", list(body.tags.iter().map(|tag| line(tag)).collect())),
        ("Rights", list(body.rights.iter().map(right).collect())),
        ("Redacted", list(redacted)),
        ("From", body.imported_from.as_deref().map(line)),
    ] {
        value.map_or(Ok(()), |value| writeln!(out, "{name:<9} {value}"))?;
    }
    Ok(())
}
