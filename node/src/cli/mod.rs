//! The command line: one file for each verb.

pub mod ask;
pub mod community;
mod contribute;
mod decision;
mod demo;
mod diff;
pub mod export;
mod federation;
pub mod filter;
mod flag;
mod hide;
pub mod identity;
mod member;
mod mine;
mod operate;
pub mod output;
mod own;
pub mod progress;
mod prune;
mod quarantine;
mod redact;
mod release;
mod review;
mod run;
mod search;
pub mod session;
pub mod show;
mod stats;
mod status;
mod store;
mod torrent;
mod trace;
mod usage;
pub mod verify;
mod withdraw;
mod withhold;

use crate::home::Home;
use clap::{Parser, Subcommand};
use commonwheel_config::node::NodeConfig;
use std::path::PathBuf;
use std::process::ExitCode;

/// Share AI conversations on your own terms, in a commons that nobody owns alone.
#[derive(Parser, Debug)]
#[command(name = "commonwheel", version, propagate_version = true, after_help = EXAMPLES)]
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
  commonwheel withdraw bafyrei…            take a record back

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 done in part (some items failed); 4 a check failed.";

/// What to do.
#[derive(Subcommand, Debug)]
enum Command {
    Demo(demo::DemoArgs),
    Redact(redact::RedactArgs),
    Hide(hide::HideArgs),
    Identity(identity::Identity),
    Community(community::CommunityArgs),
    Run(run::RunArgs),
    Preview(contribute::PreviewArgs),
    Contribute(contribute::ContributeArgs),
    Correct(contribute::correct::CorrectArgs),
    Revise(contribute::revise::ReviseArgs),
    Note(contribute::note::NoteArgs),
    Notes(contribute::note::NotesArgs),
    Petition(contribute::petition::PetitionArgs),
    Quarantine(quarantine::QuarantineArgs),
    Mine(mine::MineArgs),
    Withdraw(withdraw::WithdrawArgs),
    Later(contribute::later::LaterArgs),
    Withhold(withhold::WithholdArgs),
    Search(search::SearchArgs),
    Trace(trace::TraceArgs),
    Stats(stats::StatsArgs),
    Show(show::record::ShowArgs),
    Flag(flag::FlagArgs),
    Review(review::ReviewArgs),
    Status(status::StatusArgs),
    Release(release::ReleaseArgs),
    Decision(decision::DecisionArgs),
    Member(member::MemberArgs),
    Federation(federation::FederationArgs),
    Export(export::ExportArgs),
    Verify(verify::VerifyArgs),
    Diff(diff::DiffArgs),
    Prune(prune::PruneArgs),
    Torrent(torrent::TorrentArgs),
    Usage(usage::UsageArgs),
    Store(store::StoreArgs),
    /// Stop the running node.
    #[command(after_help = "Example:\n  commonwheel stop")]
    Stop,
    /// Print completions for a shell, to be sourced by it.
    #[command(after_help = "Example:\n  source <(commonwheel completions bash)")]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

impl Cli {
    /// What is logged when `COMMONWHEEL_LOG` does not say: warnings; for `run`, as the settings say.
    pub fn log_level(&self) -> &'static str {
        let path = self.home.clone().or_else(Home::default_path).map(|home| Home::at(home).config());
        match (&self.command, path) {
            // A mistake in the settings is reported when the verb reads them.
            (Command::Run(_), Some(path)) => NodeConfig::load(&path).unwrap_or_default().log.name(),
            _ => "warn",
        }
    }

    /// Whether the log is JSON, one event a line.
    pub fn logs_json(&self) -> bool {
        matches!(&self.command, Command::Run(args) if args.log_json)
    }

    /// Does what was asked.
    ///
    /// # Errors
    /// What the verb says; its message may end in lines that begin with `Hint:`.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let Some(home) = self.home.or_else(Home::default_path) else {
            anyhow::bail!("there is no home folder\nHint: name one with --home DIR or COMMONWHEEL_HOME");
        };
        let context = Context { home: Home::at(home), out: output::Output { json: self.json } };
        match self.command {
            Command::Identity(args) => identity::run(args, &context).map(|()| ExitCode::SUCCESS),
            Command::Community(args) => {
                community::run(args, &context, |invite| session::fetch_charter(invite, &context, None))
                    .map(|()| ExitCode::SUCCESS)
            }
            Command::Demo(args) => demo::run(&args, &context),
            Command::Hide(args) => hide::run(args, &context),
            Command::Redact(args) => redact::run(&args, &context),
            Command::Run(args) => run::run(&args, &context),
            Command::Preview(args) => contribute::preview(&args, &context),
            Command::Contribute(args) => contribute::contribute(&args, &context),
            Command::Correct(args) => contribute::correct::run(&args, &context),
            Command::Revise(args) => contribute::revise::run(&args, &context),
            Command::Note(args) => contribute::note::run(&args, &context),
            Command::Notes(args) => contribute::note::list(&args, &context),
            Command::Petition(args) => contribute::petition::run(&args, &context),
            Command::Quarantine(args) => quarantine::run(&args, &context),
            Command::Mine(args) => mine::run(&args, &context),
            Command::Later(args) => contribute::later::run(&args, &context),
            Command::Withhold(args) => withhold::run(&args, &context),
            Command::Search(args) => search::run(&args, &context),
            Command::Trace(args) => trace::run(&args, &context),
            Command::Stats(args) => stats::run(&args, &context),
            Command::Show(args) => show::record::run(&args, &context),
            Command::Flag(args) => flag::run(&args, &context),
            Command::Review(args) => review::run(&args, &context),
            Command::Withdraw(args) => withdraw::run(&args, &context),
            Command::Status(args) => status::run(&args, &context),
            Command::Release(args) => release::run(&args, &context),
            Command::Decision(args) => decision::run(&args, &context),
            Command::Member(args) => member::run(&args, &context),
            Command::Federation(args) => federation::run(&args, &context),
            Command::Export(args) => export::run(&args, &context),
            Command::Verify(args) => verify::run(&args, context.out),
            Command::Diff(args) => diff::run(&args, &context),
            Command::Prune(args) => prune::run(&args, &context),
            Command::Torrent(args) => torrent::run(&args, &context),
            Command::Usage(args) => usage::run(&args, &context),
            Command::Store(args) => store::run(&args, &context),
            Command::Stop => stop(&context),
            Command::Completions { shell } => {
                let mut command = <Cli as clap::CommandFactory>::command();
                // Into memory first: clap panics when a pipe is closed early.
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut command, "commonwheel", &mut script);
                std::io::Write::write_all(&mut std::io::stdout(), &script)?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn stop(context: &Context) -> anyhow::Result<ExitCode> {
    let Some(client) = crate::run::Client::connect(&context.home) else {
        anyhow::bail!(
            "no node runs with the home {}\nHint: there is nothing to stop; `commonwheel run` starts one",
            context.home.path().display()
        );
    };
    client.tell(&crate::run::wire::Request::Stop)?;
    context.out.print(&serde_json::json!({ "stopping": true }), |out| writeln!(out, "The node is stopping."))?;
    Ok(ExitCode::SUCCESS)
}

/// What every verb is given.
pub struct Context {
    /// The home folder.
    pub home: Home,
    /// How to print.
    pub out: output::Output,
}
