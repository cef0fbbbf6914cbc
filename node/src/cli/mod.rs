//! The command line: one file for each verb.

pub mod export;
pub mod output;
pub mod verify;

use crate::home::Home;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Share AI conversations on your own terms, in a commons that nobody owns alone.
#[derive(Parser, Debug)]
#[command(name = "commonwheel", version, about, propagate_version = true, after_help = EXAMPLES)]
pub struct Cli {
    /// The folder with keys, settings and data.
    #[arg(long, global = true, env = "COMMONWHEEL_HOME", value_name = "DIR")]
    home: Option<PathBuf>,
    /// Print JSON for programs instead of text for people.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  commonwheel demo                         see the whole thing work on this machine
  commonwheel community join cw1…          join a community by its invite
  commonwheel preview chats.json           see what would be redacted; shares nothing
  commonwheel contribute chats.json        share chats

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 done in part (some items failed); 4 a check failed.";

/// What to do.
#[derive(Subcommand, Debug)]
enum Command {}

/// What every verb is given.
pub struct Context {
    /// The home folder.
    pub home: Home,
    /// How to print.
    pub out: output::Output,
}
