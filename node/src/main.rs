//! The `commonwheel` command.

use clap::Parser;
use commonwheel_node::cli::Cli;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("COMMONWHEEL_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    Cli::parse().run().unwrap_or_else(|error| {
        report(&error);
        ExitCode::FAILURE
    })
}

/// `Error: …` with its causes, each said once, then the hints, each on a line of its own.
fn report(error: &anyhow::Error) {
    let (mut said, mut hints) = (String::new(), Vec::new());
    for cause in error.chain().map(ToString::to_string) {
        let (own_hints, lines): (Vec<_>, Vec<_>) =
            cause.lines().map(str::to_owned).partition(|line| line.starts_with("Hint:"));
        let text = lines.join("\n");
        // Many errors name their cause in their own words already.
        if !said.contains(&text) {
            said += if said.is_empty() { "" } else { ": " };
            said += &text;
        }
        hints.extend(own_hints);
    }
    hints.dedup();
    anstream::eprintln!("Error: {said}");
    hints.iter().for_each(|hint| anstream::eprintln!("{hint}"));
}
