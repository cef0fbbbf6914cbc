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

/// `Error: …` with its causes, then the hints, each on a line of its own.
fn report(error: &anyhow::Error) {
    let message = format!("{error:#}");
    let (hints, rest): (Vec<&str>, Vec<&str>) = message.lines().partition(|line| line.starts_with("Hint:"));
    anstream::eprintln!("Error: {}", rest.join("\n"));
    hints.iter().for_each(|hint| anstream::eprintln!("{hint}"));
}
