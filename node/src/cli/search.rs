//! `commonwheel search`: the accepted records that hold some words.

use super::filter::FilterArgs;
use super::show::{BOLD, DIM};
use super::{Context, progress};
use crate::community::{self, printable};
use crate::run::Access;
use crate::run::search::FOUND;
use clap::Args;
use commonwheel_protocol::agreement::Lineage;
use commonwheel_protocol::agreement::state::Standing;
use commonwheel_protocol::core::status::{self, Counting};
use commonwheel_protocol::dataset::{Facts, Filter, rfc3339};
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};
use commonwheel_protocol::record::{Body, RecordId, SignedHeader};
use commonwheel_protocol::search::{Document, Query, snippet};
use serde::Serialize;
use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

/// Find accepted records by their words: those that hold all of them, the most relevant first.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel search kettle descale
  commonwheel search '\"old mill\" river'                 a phrase and a word
  commonwheel search kettle --language de --label good   and in German, and judged good
  commonwheel search kettle --use train-ai --month 2026-01..2026-06
  commonwheel --json search kettle | jq -r '.records[].id'

Case, accents and the width of letters make no difference. What stands between quotation marks is a
phrase; so is an argument with spaces. Chinese, Japanese, Thai, Lao, Burmese and Khmer are searched
character by character: what is typed together must stand together.

The first search on a machine makes an index of all records, which takes a while; later ones add
what is new. The index lies beside the records and loses what is withdrawn before they do.")]
pub struct SearchArgs {
    /// What to look for.
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    /// The most records to show.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// The community: its id, the beginning of it, or its name. Not needed when you joined one.
    #[arg(long, value_name = "COMMUNITY")]
    community: Option<String>,
}

/// What was found.
#[derive(Serialize)]
struct Found {
    community: String,
    /// The phrases, in the form in which words are compared.
    query: Vec<String>,
    filter: Filter,
    records: Vec<FoundRecord>,
}

#[derive(Serialize)]
struct FoundRecord {
    id: String,
    /// How relevant it is, by BM25 in thousandths.
    score: u64,
    kind: String,
    title: Option<String>,
    languages: Vec<String>,
    models: Vec<String>,
    tags: Vec<String>,
    label: Option<&'static str>,
    licence: &'static str,
    preference: String,
    author: String,
    time: String,
    /// A piece of its text, with what was looked for marked.
    snippet: Vec<SnippetPart>,
}

#[derive(Serialize)]
struct SnippetPart {
    text: String,
    hit: bool,
}

/// Characters of a snippet.
const SNIPPET: usize = 200;

/// Searches and prints what was found.
///
/// # Errors
/// When there is nothing to look for, or the store or the index cannot be read.
pub fn run(args: &SearchArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let query = Query::read(&args.words)?;
    let filter = args.filter.filter()?;
    let community = community::chosen(&context.home, args.community.as_deref())?;
    let mut access = Access::open(&context.home, &community.id())?;
    catch_up(&mut access)?;
    let accepted = Accepted::load(&access)?;
    let limit = usize::from(args.limit);
    // Some that are found may not count any more: then more are asked for.
    let mut ask = limit;
    let records = loop {
        let hits = access.find(&query, &filter, ask)?;
        let mut records = Vec::new();
        for hit in &hits {
            if records.len() < limit
                && let Some(record) = accepted.read(&hit.record, &access)?
            {
                records.extend(found(&record, hit.score, &query, &filter));
            }
        }
        if records.len() == limit || hits.len() < ask || ask >= FOUND {
            break records;
        }
        ask = (ask * 8).min(FOUND);
    };
    let phrases = query.phrases().iter().map(|phrase| phrase.join(" ")).collect();
    let found = Found { community: community.id().to_string(), query: phrases, filter, records };
    context.out.print(&found, |out| print(&found, limit, out))?;
    Ok(ExitCode::SUCCESS)
}

/// Brings the search index up to the records, with a bar while it takes long.
///
/// # Errors
/// When the store or the index cannot be read or written.
pub fn catch_up(access: &mut Access) -> anyhow::Result<()> {
    /// How long is waited before a node is asked again that has come no further.
    const WAIT: Duration = Duration::from_millis(5);
    let bar = progress::bytes("Indexing");
    let mut last = None;
    loop {
        let come = access.catch_up()?;
        if last.replace(come) == Some(come) {
            thread::sleep(WAIT);
        }
        bar.set_length(come.all);
        bar.set_position(come.done);
        if come.is_complete() {
            bar.finish_and_clear();
            return Ok(());
        }
    }
}

/// Which records count now.
pub struct Accepted {
    lineage: Lineage,
    counting: Counting,
}

/// An accepted record, read from the store.
pub struct Record {
    /// Its header.
    pub header: SignedHeader,
    /// The bytes of its body.
    pub body: Vec<u8>,
}

impl Accepted {
    /// Reads what is decided.
    ///
    /// # Errors
    /// When the ledger fails.
    pub fn load(ledger: &impl Ledger) -> Result<Accepted, LedgerError> {
        let lineage = status::lineage(ledger)?;
        let counting = Counting::load(&lineage, ledger)?;
        Ok(Accepted { lineage, counting })
    }

    /// A record, if it is accepted and its body is here.
    ///
    /// # Errors
    /// When the ledger fails.
    pub fn read(&self, id: &RecordId, ledger: &impl Ledger) -> Result<Option<Record>, LedgerError> {
        let standing = status::standing(id, &self.lineage, &self.counting, ledger)?;
        if standing == Some(Standing::Accepted) { Accepted::held(id, ledger) } else { Ok(None) }
    }

    /// A certified record, if its body is here, whatever became of it.
    ///
    /// # Errors
    /// When the ledger fails.
    pub fn held(id: &RecordId, ledger: &impl Ledger) -> Result<Option<Record>, LedgerError> {
        let header = ledger.block(Shelf::Certified, &id.0)?.and_then(|bytes| SignedHeader::verify(&bytes).ok());
        let Some(header) = header else { return Ok(None) };
        let body = ledger.block(Shelf::Certified, &header.header().body)?;
        Ok(body.map(|body| Record { header, body }))
    }
}

fn found(record: &Record, score: u64, query: &Query, filter: &Filter) -> Option<FoundRecord> {
    let header = record.header.header();
    let facts = Facts::of(header, &record.body);
    let texts = Document::texts(&record.body)?;
    let body = Body::verify(&record.body).ok()?;
    let parts = snippet(&texts, query, SNIPPET);
    filter.matches(&facts).then(|| FoundRecord {
        id: record.header.id().to_string(),
        score,
        kind: facts.kind.unwrap_or_default(),
        title: body.title.as_deref().map(line),
        languages: facts.languages,
        models: facts.models.iter().map(|name| line(name)).collect(),
        tags: facts.tags.iter().map(|tag| line(tag)).collect(),
        label: facts.label.map(|label| label.name()),
        licence: header.licence.spdx(),
        preference: header.preference.to_string(),
        author: header.author.to_string(),
        time: rfc3339(header.time.unix_s()).unwrap_or_default(),
        snippet: parts.into_iter().map(|part| SnippetPart { text: line(&part.text), hit: part.hit }).collect(),
    })
}

/// Somebody else's text, on one line.
pub fn line(text: &str) -> String {
    printable(text).replace(['\n', '\t'], " ")
}

fn print(found: &Found, limit: usize, to: &mut dyn Write) -> io::Result<()> {
    if found.records.is_empty() {
        let matching = if found.filter.is_empty() { String::new() } else { format!(" with {}", found.filter) };
        writeln!(to, "No accepted record{matching} holds {}.", found.query.join(" and "))?;
        if found.query.iter().any(|phrase| phrase.contains(' ')) {
            writeln!(
                to,
                "Words in quotation marks must stand side by side; without the marks, anywhere in the record."
            )?;
        }
        return Ok(());
    }
    for (number, record) in found.records.iter().enumerate() {
        let about = [record.licence].into_iter().map(str::to_owned).chain(record.languages.clone());
        let about = about.chain(record.models.clone()).chain(record.label.map(str::to_owned));
        let about: Vec<_> = about.chain([record.time[..7.min(record.time.len())].to_owned()]).collect();
        let title = record.title.as_ref().map(|title| format!(" {title}")).unwrap_or_default();
        writeln!(to, "{BOLD}{}. {}{title}{BOLD:#}  {DIM}{}{DIM:#}", number + 1, record.kind, about.join(", "))?;
        write!(to, "   ")?;
        for SnippetPart { text, hit } in &record.snippet {
            if *hit { write!(to, "{BOLD}{text}{BOLD:#}")? } else { write!(to, "{text}")? }
        }
        writeln!(to, "\n   {DIM}{}{DIM:#}", record.id)?;
    }
    if found.records.len() == limit {
        writeln!(to, "There may be more: --limit shows up to 1000.")?;
    }
    Ok(())
}
