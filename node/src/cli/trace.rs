//! `commonwheel trace FILE`: which records a text has words from, one after another.

mod input;
mod sources;

use super::search::{catch_up, line};
use super::show::{BOLD, DIM};
use super::{Context, progress};
use crate::community;
use crate::run::Access;
use clap::Args;
use commonwheel_protocol::search::trace;
use serde::Serialize;
use sources::Sources;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Find where a text, such as a model's output, is word for word that of accepted records, and name them.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel trace answer.txt
  some-model 'Tell me of mills' | commonwheel trace -
  commonwheel trace outputs.jsonl                      every text in every line
  commonwheel trace answer.txt --least 15              only longer spans
  commonwheel --json trace answer.txt | jq -r '.records[].id'

A span is at least eight words that a record has too, in the same order in one of its texts. Case,
accents and what stands between words make no difference. In scripts without spaces between words
(Chinese, Japanese, Thai, Lao, Burmese, Khmer) each character counts as a word: raise --least there.

Of records that all have the same few words 64 are compared, however many there are. So every span is
found that holds some words which fewer have; how many places are too common for that is said.
Of records that have a span --records are named, and the others counted.

That a text has words in common with a record does not say that it was taken from it.

Exit codes: 0 done, whether or not there are spans; 1 failed; 2 wrong usage; 3 done in part (some
lines are no JSON).")]
pub struct TraceArgs {
    /// The text: a file, or `-` for standard input. In a file named `.jsonl`, every text in each line.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Read each line as JSON, and every text in it.
    #[arg(long)]
    jsonl: bool,
    /// The fewest words of a span, from 8 on.
    #[arg(long, value_name = "WORDS", default_value_t = trace::SPAN, value_parser = least)]
    least: usize,
    /// The most records that are named for a span.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=64))]
    records: u8,
    /// The community: its id, the beginning of it, or its name. Not needed when you joined one.
    #[arg(long, value_name = "COMMUNITY")]
    community: Option<String>,
}

fn least(text: &str) -> Result<usize, String> {
    let expected = || format!("expected a number of words from {} on", trace::SPAN);
    text.parse().ok().filter(|words| *words >= trace::SPAN).ok_or_else(expected)
}

/// What was traced.
#[derive(Serialize)]
struct Report {
    community: String,
    /// The fewest words of a span.
    least: usize,
    /// How many words were read.
    words: usize,
    /// How many of them stand in a span.
    covered: usize,
    /// At how many places outside of spans more records have the same few words than are compared: a span there may be
    /// one that was not found.
    common: usize,
    texts: Vec<Traced>,
    /// Every record that is named, by its id.
    records: Vec<Source>,
    /// Lines that are no JSON.
    skipped: Vec<usize>,
}

/// A text in which there are spans.
#[derive(Serialize)]
struct Traced {
    /// Where it stood: nothing for a whole file, else the line from 1 and the path in it.
    at: Option<String>,
    words: usize,
    spans: Vec<Span>,
}

#[derive(Serialize)]
struct Span {
    /// The first word, counted from 1.
    first_word: usize,
    words: usize,
    /// Where it stands in the text, in bytes.
    start: usize,
    end: usize,
    text: String,
    /// The records that are named, by their ids.
    records: Vec<String>,
    /// How many more have a part of it that is as common.
    more: u64,
}

/// A record that has words of the text.
#[derive(Clone, Debug, Serialize)]
struct Source {
    id: String,
    licence: &'static str,
    preference: String,
    author: String,
    anonymous: bool,
    /// By which name its author wants credit, when the record says so.
    attribution: Option<String>,
    kind: &'static str,
    title: Option<String>,
    models: Vec<String>,
}

/// Traces a file and prints its sources.
///
/// # Errors
/// When the file, the store or the index cannot be read.
pub fn run(args: &TraceArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let jsonl = args.jsonl || args.file.extension().is_some_and(|extension| extension == "jsonl");
    let input = input::read(&args.file, jsonl)?;
    let community = community::chosen(&context.home, args.community.as_deref())?;
    let mut access = Access::open(&context.home, &community.id())?;
    catch_up(&mut access)?;
    let mut sources = Sources::load(&access, args.least)?;
    let bar = progress::items("Tracing");
    bar.set_length(input.texts.len() as u64);
    let mut report = Report {
        community: community.id().to_string(),
        least: args.least,
        words: 0,
        covered: 0,
        common: 0,
        texts: Vec::new(),
        records: Vec::new(),
        skipped: input.skipped,
    };
    let mut named = BTreeMap::new();
    for (at, text) in input.texts {
        let read = trace::Traced::of(&text);
        report.words += read.words();
        // Spans come by their first word.
        let mut until = 0;
        let mut spans = Vec::new();
        let found = sources.spans(&read, &mut access)?;
        report.common += found.common;
        for (span, of) in found.spans {
            let place = read.at(span);
            let end = span.first + span.words;
            report.covered += end.saturating_sub(span.first.max(until));
            until = until.max(end);
            let shown: Vec<_> = of.records.values().take(usize::from(args.records)).collect();
            spans.push(Span {
                first_word: span.first + 1,
                words: span.words,
                start: place.start,
                end: place.end,
                text: line(&text[place]),
                records: shown.iter().map(|source| source.id.clone()).collect(),
                more: (of.records.len() - shown.len()) as u64 + of.more,
            });
            named.extend(shown.into_iter().map(|source| (source.id.clone(), source.as_ref().clone())));
        }
        if !spans.is_empty() {
            report.texts.push(Traced { at, words: read.words(), spans });
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    report.records = named.into_values().collect();
    context.out.print(&report, |to| print(&report, to))?;
    Ok(if report.skipped.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

fn print(report: &Report, to: &mut dyn Write) -> io::Result<()> {
    /// Characters of a span that are shown.
    const SHOWN: usize = 240;
    let sources: BTreeMap<_, _> = report.records.iter().map(|source| (&source.id, source)).collect();
    for text in &report.texts {
        let of = text.at.as_ref().map(|at| format!("{at}, ")).unwrap_or_default();
        for span in &text.spans {
            let last = span.first_word + span.words - 1;
            writeln!(
                to,
                "{BOLD}{of}words {} to {last} of {}{BOLD:#} ({} words)",
                span.first_word, text.words, span.words
            )?;
            let shown: String = span.text.chars().take(SHOWN).collect();
            writeln!(to, "   {shown}{}", if shown.len() < span.text.len() { "…" } else { "" })?;
            for id in &span.records {
                let Some(source) = sources.get(id) else { continue };
                let author = match (&source.attribution, source.anonymous) {
                    (Some(name), _) => name.clone(),
                    (None, true) => "anonymous".to_owned(),
                    (None, false) => source.author.clone(),
                };
                writeln!(to, "   {id}  {}, {author}", source.licence)?;
            }
            if span.more > 0 {
                writeln!(to, "   {DIM}and {} more, which are not named here{DIM:#}", span.more)?;
            }
        }
    }
    let (covered, words) = (report.covered, report.words);
    match report.texts.is_empty() {
        true => writeln!(
            to,
            "No span of {} words or more was found in an accepted record; {words} words were read.",
            report.least
        )?,
        false => writeln!(
            to,
            "{covered} of {words} words stand in spans that {} record(s) named here have too.",
            report.records.len()
        )?,
    }
    if report.common > 0 {
        writeln!(to, "{} place(s) are too common to be compared with every record that has them.", report.common)?;
    }
    for number in &report.skipped {
        writeln!(to, "Line {number} is no JSON, and was left out.")?;
    }
    Ok(())
}
