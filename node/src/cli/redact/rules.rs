//! The ruleset itself, for reading.

use crate::cli::output::Output;
use anyhow::Context as _;
use commonwheel_config::ruleset;
use commonwheel_protocol::redact::Ruleset;
use std::io::Write;

/// Prints a ruleset: its file, whose hash is its id; or the same as JSON with its id.
///
/// # Errors
/// When it cannot be written.
pub(super) fn print(ruleset: &Ruleset, out: Output) -> anyhow::Result<()> {
    let file = ruleset::text(ruleset.id()).context("a builtin ruleset has a file")?;
    if out.json {
        let mut value: toml::Table = file.parse()?;
        value.insert("id".to_owned(), ruleset.id().to_string().into());
        return out.print(&value, |_| Ok(()));
    }
    anstream::eprintln!("{}, id {}: the hash of what follows", ruleset::name_of(ruleset), ruleset.id());
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(file.as_bytes())?;
    stdout.flush()?;
    Ok(())
}
