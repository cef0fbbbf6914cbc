//! `commonwheel redact`: a filter that puts placeholders in the place of personal data.

mod lines;

use super::Context;
use anyhow::bail;
use clap::Args;
use commonwheel_config::ruleset;
use commonwheel_protocol::redact::Ruleset;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Put placeholders such as [EMAIL_1] in the place of personal data in any text. Nothing is sent.
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
  commonwheel redact --jsonl < texts.jsonl > redacted.jsonl

Exit codes: 0 done; 1 failed; 2 wrong usage."#
)]
pub struct RedactArgs {
    /// Files to read, one after the other; - is standard input, which is read when none is named.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Read and write one JSON object a line.
    #[arg(long, required = true)]
    jsonl: bool,
    /// Use an older ruleset that comes with this program, such as core-1, or one by its id.
    #[arg(long, value_name = "NAME-VERSION")]
    ruleset: Option<String>,
}

/// Runs the verb.
///
/// # Errors
/// When a file cannot be read, or holds something else than it should.
pub fn run(args: &RedactArgs, _: &Context) -> anyhow::Result<ExitCode> {
    let ruleset = chosen(args.ruleset.as_deref())?;
    for input in inputs(&args.files) {
        let (name, reader) = input?;
        lines::filter(&name, reader, &ruleset)?;
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

/// Each input with the name by which errors call it.
fn inputs(files: &[PathBuf]) -> impl Iterator<Item = anyhow::Result<(String, Box<dyn Read>)>> {
    let stdin = [PathBuf::from("-")];
    let files = if files.is_empty() { stdin.to_vec() } else { files.to_vec() };
    files.into_iter().map(|path| {
        if path == Path::new("-") {
            return Ok(("standard input".to_owned(), Box::new(std::io::stdin().lock()) as Box<dyn Read>));
        }
        let name = path.display().to_string();
        match File::open(&path) {
            Ok(file) => Ok((name, Box::new(file) as Box<dyn Read>)),
            Err(error) => bail!("cannot read {name}: {error}\nHint: check the path"),
        }
    })
}
