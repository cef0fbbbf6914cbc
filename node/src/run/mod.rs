//! The running node: the driver that feeds the core, and the local handle by which commands reach it.
//!
//! ```text
//! command ──socket──▶ local server ─┐
//! network ──events────────────────▶ driver ──step──▶ core ──batch──▶ store (fsync) ──effects──▶ network
//! clock   ──ticks─────────────────▶ ┘
//! ```

pub mod client;
mod driver;
mod exchange;
mod judge;
mod local;
pub mod member;
mod report;
pub mod search;
pub mod wire;

pub use client::{Access, Client, ClientError};

use crate::home::Home;
use crate::net::{Keypair, Multiaddr, Net, NetConfig, NetError};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::identity::Seed;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// What a node needs to start.
pub struct Start {
    /// The home folder.
    pub home: Home,
    /// Which of its communities are opened.
    pub communities: Vec<Cid>,
    /// The seed from which this node's keys follow.
    pub seed: Seed,
    /// The transport key.
    pub transport: Keypair,
    /// Where to listen.
    pub listen: Vec<Multiaddr>,
    /// Whom to dial.
    pub bootstrap: Vec<Multiaddr>,
    /// Whether to use mDNS.
    pub mdns: bool,
    /// Whether to use Kademlia.
    pub kademlia: bool,
    /// Connections in all.
    pub max_connections: u32,
}

/// A running node. It stops when told to, or when its store fails.
pub struct Node {
    stop: watch::Sender<bool>,
    driver: std::thread::JoinHandle<Result<(), RunError>>,
    local: tokio::task::JoinHandle<()>,
    socket: PathBuf,
    /// The network, for printing addresses.
    pub net: Net,
}

/// Why a node cannot start, or has stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The network.
    #[error(transparent)]
    Net(#[from] NetError),
    /// A community's store.
    #[error("{0}")]
    Store(String),
    /// Another node runs with this home.
    #[error("a node already runs with the home {0}. Talk to it with the other commands, or stop it first")]
    AlreadyRunning(PathBuf),
    /// The local socket.
    #[error("cannot listen for commands at {path}: {source}. A home with a shorter path may help")]
    Socket {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Node {
    /// Opens the communities, starts the network, and listens for commands.
    ///
    /// # Errors
    /// When a port is taken, a store is held by another process, or another node runs.
    pub async fn start(start: Start) -> Result<Node, RunError> {
        let socket = start.home.socket();
        if tokio::net::UnixStream::connect(&socket).await.is_ok() {
            return Err(RunError::AlreadyRunning(start.home.path().to_owned()));
        }
        let peer = start.transport.public().to_peer_id();
        let members = member::open_all(&start, &peer)?;
        let (net, events) = Net::start(NetConfig {
            key: start.transport,
            listen: start.listen,
            bootstrap: start.bootstrap,
            mdns: start.mdns,
            kademlia: start.kademlia,
            max_connections: start.max_connections,
            agent: concat!("commonwheel/", env!("CARGO_PKG_VERSION")).to_owned(),
        })
        .await?;
        let (requests, inbox) = mpsc::channel(256);
        let (stop, stopped) = watch::channel(false);
        let listener = local::bind(&socket)?;
        let local = tokio::spawn(local::serve(listener, requests, stopped.clone()));
        let seat = driver::Seat { home: start.home, seed: Arc::new(start.seed), net: net.clone() };
        let driver = driver::Driver::new(seat, members, stop.clone());
        let runtime = tokio::runtime::Handle::current();
        let driver = std::thread::Builder::new()
            .name("driver".to_owned())
            .spawn(move || runtime.block_on(driver.run(events, inbox, stopped)))
            .map_err(|source| RunError::Store(format!("cannot start the driver's thread: {source}")))?;
        Ok(Node { stop, driver, local, socket, net })
    }

    /// Resolves when the node has been told to stop, or has failed.
    pub async fn stopped(&self) {
        let mut stopped = self.stop.subscribe();
        // An error means that the sender is gone, and the driver with it.
        let _ = stopped.wait_for(|stop| *stop).await;
    }

    /// Stops the node: what was acknowledged is durable, and nothing half-done is left.
    ///
    /// # Errors
    /// When the node had failed before.
    pub async fn stop(self) -> Result<(), RunError> {
        let _ = self.stop.send(true);
        let joined = tokio::task::spawn_blocking(move || self.driver.join()).await;
        self.local.abort();
        let _ = std::fs::remove_file(&self.socket);
        self.net.shutdown().await;
        match joined {
            Ok(Ok(result)) => result,
            _ => Err(RunError::Store("the driver has panicked; this is a bug".to_owned())),
        }
    }
}
