//! `commonwheel run`: the node.

use super::contribute::later;
use super::output::Output;
use super::{Context, session};
use crate::home::Home;
use crate::run::Node;
use clap::Args;
use commonwheel_protocol::identity::Seed;
use serde::Serialize;
use std::process::ExitCode;
use std::time::Duration;

/// How often the node looks for what is due.
const LOOK_FOR_DUE: Duration = Duration::from_secs(60);

/// Run the node: validate, replicate and serve the communities that you have joined.
#[derive(Args, Debug)]
#[command(after_help = r#"Examples:
  commonwheel run
  commonwheel run --listen /ip4/0.0.0.0/tcp/4717 --listen /ip4/0.0.0.0/udp/4717/quic-v1
  commonwheel run --no-mdns --bootstrap /dns4/node.example.org/tcp/4717

Stops on Ctrl-C or SIGTERM. The log goes to standard error, at the level that the settings name
under [log], or COMMONWHEEL_LOG=debug for this time. The settings are config.toml in the home
folder, in which every key may be left out:

  [network]
  listen = ["/ip4/0.0.0.0/tcp/4717", "/ip4/0.0.0.0/udp/4717/quic-v1"]
  bootstrap = []                      nodes to dial first
  mdns = true                         look for peers on the local network
  [log]
  level = "info"
  [contribute]
  licence = "CC-BY-4.0""#)]
pub struct RunArgs {
    /// Listen here instead of where the settings say (repeatable; port 0 picks a free one).
    #[arg(long, value_name = "MULTIADDR")]
    listen: Vec<String>,
    /// Dial this node too (repeatable).
    #[arg(long, value_name = "MULTIADDR")]
    bootstrap: Vec<String>,
    /// Do not look for peers on the local network.
    #[arg(long)]
    no_mdns: bool,
    /// Write the log as JSON, one event a line.
    #[arg(long)]
    pub(super) log_json: bool,
}

#[derive(Serialize)]
struct Started {
    peer: String,
    addresses: Vec<String>,
}

/// Runs until told to stop.
///
/// # Errors
/// When the node cannot start, or its store fails.
pub fn run(args: &RunArgs, context: &Context) -> anyhow::Result<ExitCode> {
    // Before a passphrase is asked for.
    let (listen, bootstrap) = (session::addresses(&args.listen)?, session::addresses(&args.bootstrap)?);
    let communities = crate::community::all(&context.home)?;
    let mut start = session::start(context, &communities, None)?;
    if !listen.is_empty() {
        start.listen = listen;
    }
    start.bootstrap.extend(bootstrap);
    start.mdns &= !args.no_mdns;
    let seed = start.seed.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let node = Node::start(start).await?;
        let peer = node.net.local_peer();
        let addresses: Vec<_> =
            node.net.listeners().await.iter().map(|address| format!("{address}/p2p/{peer}")).collect();
        context.out.print(&Started { peer: peer.to_string(), addresses: addresses.clone() }, |out| {
            writeln!(out, "Node {peer}")?;
            addresses.iter().try_for_each(|address| writeln!(out, "  listening on {address}"))?;
            if communities.is_empty() {
                writeln!(out, "  no community yet: join one with `commonwheel community join INVITE`")?;
            }
            Ok(())
        })?;
        let due = share_what_is_due(seed, context.home.clone());
        tokio::select! {
            () = node.stopped() => {}
            result = interrupted() => result?,
            () = due => {}
        }
        node.stop().await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Shares now and then what was put off with `contribute --later` and is due. Never resolves.
async fn share_what_is_due(seed: Seed, home: Home) {
    let mut times = tokio::time::interval(LOOK_FOR_DUE);
    times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        // It talks to this node through the socket, and waits for it.
        let context = Context { home: home.clone(), out: Output { json: true } };
        let seed = seed.clone();
        let shared = tokio::task::spawn_blocking(move || later::share_quietly(&seed, &context)).await;
        if let Err(error) = shared {
            tracing::warn!(%error, "looking for what is due has failed");
        }
    }
}

/// Resolves on SIGINT or SIGTERM.
async fn interrupted() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
