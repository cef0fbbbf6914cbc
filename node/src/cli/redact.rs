//! `commonwheel redact`: a filter that puts placeholders in the place of personal data.

mod explain;
mod input;
mod lines;
mod rules;
mod summary;
mod text;

use super::Context;
use super::hide::OwnTermsArgs;
use anyhow::bail;
use clap::Args;
use commonwheel_config::ruleset;
use commonwheel_protocol::redact::{Redactor, Ruleset};
use explain::Form;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use summary::Summary;

/// Put placeholders such as [EMAIL_1] in the place of personal data in any text. Nothing is sent.
///
/// Reads text in UTF-8 and writes it as it was, with a placeholder for each thing found: the same
/// one for the same value, throughout a file. Any length is read in little memory; text comes out
/// when some half a megabyte has come in, or at the end. At a byte that is no UTF-8 it stops, and
/// writes nothing of what stands near it.
#[derive(Args, Debug)]
#[command(
    after_help = r#"With --jsonl, one JSON object a line is read, and one is written for each, in the same order:
  in    {"text": "Mail ana@example.org"}           other fields are not read
  out   {"redacted": "Mail [EMAIL_1]", "spans": [{"start": 5, "end": 20, "kind": "email",
         "confidence": 97}], "quarantine": false}
Offsets are in bytes of the text in UTF-8, confidence is in percent, and quarantine says whether more
was found than may be shared without a second look. Each line is a record of its own. The first line
that cannot be read ends the run, with an error that names it; what comes before it is written.

Examples:
  commonwheel redact < letter.txt > redacted.txt
  commonwheel redact --explain letter.txt          see what is found, on your own terminal
  zcat app.log.gz | commonwheel redact --summary | gzip > app.redacted.log.gz
  commonwheel redact --jsonl < texts.jsonl > redacted.jsonl
  commonwheel redact --rules --ruleset core-1 > core-1.toml

Exit codes: 0 done; 1 failed; 2 wrong usage."#
)]
pub struct RedactArgs {
    /// Files to read, one after the other, each a record of its own; - is standard input, which is
    /// read when none is named.
    #[arg(value_name = "FILE", conflicts_with = "rules")]
    files: Vec<PathBuf>,
    /// Read and write one JSON object a line.
    #[arg(long, conflicts_with_all = ["explain", "rules"])]
    jsonl: bool,
    /// Show what is found instead of redacting: in the text with colours if the output is a
    /// terminal, else one line for each finding with its place and not its text (with --json, JSON).
    #[arg(long, conflicts_with = "rules")]
    explain: bool,
    /// Print the ruleset, whose id is the hash of what is printed; with --json, as JSON.
    #[arg(long)]
    rules: bool,
    /// Use an older ruleset that comes with this program, such as core-1, or one by its id.
    #[arg(long, value_name = "NAME-VERSION")]
    ruleset: Option<String>,
    /// Say on standard error how much was found; with --json, always and as JSON.
    #[arg(long, conflicts_with_all = ["explain", "rules"])]
    summary: bool,
    #[command(flatten)]
    own: OwnTermsArgs,
}

/// Runs the verb.
///
/// # Errors
/// When a file cannot be read, or holds something else than it should.
pub fn run(args: &RedactArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let ruleset = chosen(args.ruleset.as_deref())?;
    if args.rules {
        rules::print(&ruleset, context.out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let terms = args.own.terms(context)?;
    let new = || Redactor::new(&ruleset).hiding(&terms);
    let form = match io::stdout().is_terminal() {
        _ if context.out.json => Form::Json,
        true => Form::Marked,
        false => Form::List,
    };
    let mut summary = Summary::default();
    for input in input::each(&args.files) {
        let input = input?;
        if args.jsonl {
            lines::filter(input, &new, &mut summary)?;
        } else if args.explain {
            explain::explain(input::Text::of(input), new(), form, &mut anstream::stdout().lock())?;
        } else {
            summary.add(&text::filter(input::Text::of(input), new(), &mut io::stdout().lock())?);
        }
    }
    if !args.explain && (args.summary || context.out.json) {
        summary.print(context.out);
    }
    Ok(ExitCode::SUCCESS)
}

/// The ruleset that was asked for: the newest when none was.
fn chosen(name: Option<&str>) -> anyhow::Result<Arc<Ruleset>> {
    let Some(name) = name else { return Ok(ruleset::builtin()) };
    let by_id = || name.parse().ok().and_then(|id| ruleset::by_id(&id));
    match ruleset::by_name(name).or_else(by_id) {
        Some(ruleset) => Ok(ruleset),
        None => bail!("expected one of {}, found {name:?}\nHint: name one with --ruleset", ruleset::names()),
    }
}
