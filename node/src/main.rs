//! The `commonwheel` command.

use clap::Parser;
use commonwheel_node::cli::Cli;
use commonwheel_node::community::printable;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let level = EnvFilter::try_from_env("COMMONWHEEL_LOG").unwrap_or_else(|_| EnvFilter::new(filter(cli.log_level())));
    let log =
        tracing_subscriber::fmt().with_env_filter(level).with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    if cli.logs_json() {
        log.json().init()
    } else {
        log.init()
    }
    cli.run().unwrap_or_else(|error| {
        // Whoever reads our output has seen enough, as in `commonwheel preview FILE | head`.
        if is_broken_pipe(&error) {
            return ExitCode::SUCCESS;
        }
        anstream::eprintln!("{}", report(&error));
        ExitCode::FAILURE
    })
}

/// The log's filter: the network library's own words only where somebody looks for a fault.
fn filter(level: &str) -> String {
    match level {
        "debug" | "trace" => level.to_owned(),
        _ => format!("{level},libp2p_swarm=error,libp2p_kad=error"),
    }
}

/// Whether standard output was closed. An error of a connection or a file is wrapped in an error of
/// its own, so that it is none of these.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<io::Error>().map(io::Error::kind);
    let json = error.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
    io.or(json) == Some(io::ErrorKind::BrokenPipe)
}

/// `Error: …` with its causes, each said once, then the hints, each on a line of its own. Errors name files, and who
/// named a file is not known: nothing in it drives a terminal.
fn report(error: &anyhow::Error) -> String {
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
    let lines: Vec<_> = [format!("Error: {said}")].into_iter().chain(hints).collect();
    printable(&lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_in_an_error_drives_no_terminal_and_hints_stand_last() {
        let error = anyhow::anyhow!("\u{1b}[2Ja\u{202e}.csv is no benchmark\nHint: rename \u{7}it")
            .context("nothing was written");
        let said = "Error: nothing was written: \u{fffd}[2Ja\u{fffd}.csv is no benchmark\nHint: rename \u{fffd}it";
        assert_eq!(report(&error), said);
    }
}
