//! `commonwheel stats`: how many records there are of what.

mod chart;

use super::filter::FilterArgs;
use super::search::{Accepted, Record, line};
use super::{Context, progress};
use crate::community;
use crate::run::Access;
use clap::Args;
use commonwheel_protocol::core::status;
use commonwheel_protocol::dataset::{Facts, Filter};
use commonwheel_protocol::record::content::Content;
use commonwheel_protocol::record::{Body, RecordId};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

/// Count the accepted records by licence, preference, language, label, kind, model, month and contributor.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel stats
  commonwheel stats --language de --use train-ai   of those records alone
  commonwheel stats --top 50
  commonwheel --json stats | jq .by.licence

A record with several languages, models or tags counts for each of them. Bars are drawn on a
terminal; elsewhere each line is a value, a tab and a number.")]
pub struct StatsArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// The most values to show of each sort. JSON has all.
    #[arg(long, value_name = "N", default_value_t = 12)]
    top: usize,
    /// The community: its id, the beginning of it, or its name. Not needed when you joined one.
    #[arg(long, value_name = "COMMUNITY")]
    community: Option<String>,
}

/// What is counted, in the order in which it is shown.
const SORTS: [&str; 9] = ["licence", "preference", "language", "label", "kind", "model", "tag", "month", "contributor"];

/// The counts.
#[derive(Serialize)]
struct Stats {
    community: String,
    filter: Filter,
    /// Accepted records that match and whose bodies are here.
    records: u64,
    /// Accepted records whose bodies are not here, so that nothing can be said of them.
    without_body: u64,
    /// The bytes of their bodies.
    bytes: u64,
    by: BTreeMap<&'static str, BTreeMap<String, u64>>,
    /// Contributors' names, by their keys.
    names: BTreeMap<String, String>,
}

/// Counts and prints.
///
/// # Errors
/// When the store cannot be read.
pub fn run(args: &StatsArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let filter = args.filter.filter()?;
    let community = community::chosen(&context.home, args.community.as_deref())?;
    let access = Access::open(&context.home, &community.id())?;
    let lineage = status::lineage(&access)?;
    let records = status::accepted(&lineage, &access)?;
    let bar = progress::items("Counting");
    bar.set_length(records.len() as u64);
    let mut counting = Counting::new(Stats {
        community: community.id().to_string(),
        filter,
        records: 0,
        without_body: 0,
        bytes: 0,
        by: SORTS.into_iter().map(|sort| (sort, BTreeMap::new())).collect(),
        names: BTreeMap::new(),
    });
    for id in records {
        // It was accepted a moment ago: what is read here is not judged again.
        match Accepted::held(&id, &access)? {
            Some(record) => counting.add(&id, &record),
            None => counting.stats.without_body += 1,
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let stats = counting.finish();
    let width = io::stdout().is_terminal().then(|| terminal_size::terminal_size().map_or(80, |(width, _)| width.0));
    context.out.print(&stats, |to| print(&stats, args.top, width.map(usize::from), to))?;
    Ok(ExitCode::SUCCESS)
}

struct Counting {
    stats: Stats,
    /// The newest profile of each author: its time and id, and the name in it.
    profiles: BTreeMap<String, ((i64, RecordId), String)>,
}

impl Counting {
    fn new(stats: Stats) -> Counting {
        Counting { stats, profiles: BTreeMap::new() }
    }

    fn add(&mut self, id: &RecordId, record: &Record) {
        let header = record.header.header();
        let facts = Facts::of(header, &record.body);
        let author = header.author.to_string();
        if facts.kind.as_deref() == Some("profile")
            && let Ok(Body { content: Content::Profile(profile), .. }) = Body::verify(&record.body)
        {
            let at = (header.time.unix_s(), *id);
            if self.profiles.get(&author).is_none_or(|(newest, _)| *newest < at) {
                self.profiles.insert(author.clone(), (at, line(&profile.name)));
            }
        }
        if !self.stats.filter.matches(&facts) {
            return;
        }
        self.stats.records += 1;
        self.stats.bytes += record.body.len() as u64;
        let contributor = if header.nonce.is_some() { "anonymous".to_owned() } else { author };
        let one = |value: String| vec![value];
        let some = |values: &[String]| match values.is_empty() {
            true => one("none".to_owned()),
            false => values.iter().map(|value| line(value)).collect(),
        };
        let counted = [
            ("licence", one(facts.licence.to_string())),
            ("preference", one(facts.preference.to_string())),
            ("language", some(&facts.languages)),
            ("label", one(facts.label.map_or("none", |label| label.name()).to_owned())),
            ("kind", one(facts.kind.clone().unwrap_or_default())),
            ("model", some(&facts.models)),
            ("tag", some(&facts.tags)),
            ("month", one(facts.month.map(|month| month.to_string()).unwrap_or_default())),
            ("contributor", one(contributor)),
        ];
        for (sort, values) in counted {
            let by = self.stats.by.entry(sort).or_default();
            values.into_iter().for_each(|value| *by.entry(value).or_default() += 1);
        }
    }

    fn finish(mut self) -> Stats {
        let contributors = &self.stats.by["contributor"];
        let names = self.profiles.into_iter().filter(|(author, _)| contributors.contains_key(author));
        self.stats.names = names.map(|(author, (_, name))| (author, name)).collect();
        self.stats
    }
}

fn print(stats: &Stats, top: usize, width: Option<usize>, to: &mut dyn Write) -> io::Result<()> {
    let matching = if stats.filter.is_empty() { String::new() } else { format!(" with {}", stats.filter) };
    writeln!(to, "{} accepted record(s){matching}, {} bytes of bodies", stats.records, stats.bytes)?;
    if stats.without_body > 0 {
        writeln!(to, "{} more have no body here, and are not counted.", stats.without_body)?;
    }
    if stats.records == 0 {
        return Ok(());
    }
    for sort in SORTS {
        let shown = stats.by[sort].iter().map(|(value, count)| match sort {
            "contributor" => (contributor(value, stats.names.get(value)), *count),
            _ => (value.clone(), *count),
        });
        // Months go by, other things by how many there are.
        let mut rows: Vec<_> = shown.collect();
        if sort != "month" {
            rows.sort_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
        }
        writeln!(to, "\n{sort}")?;
        chart::draw(&rows, top, width, to)?;
    }
    Ok(())
}

/// A contributor in a few characters.
fn contributor(key: &str, name: Option<&String>) -> String {
    let short = if key.len() > 16 { format!("{}…", &key[..12]) } else { key.to_owned() };
    name.map_or(short.clone(), |name| format!("{name} ({short})"))
}
