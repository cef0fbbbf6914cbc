//! The network: libp2p behind plain enums. It moves bytes and knows nothing of records.
//!
//! [`Net`] is the handle, [`NetEvent`] what happens, [`Frames`] a stream of messages with one peer.
//! One task ([`driver`]) owns the swarm; everything else talks to it through channels.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod address;
mod behaviour;
mod driver;
mod events;
mod exchange;
mod frames;
mod gossip;
mod penalties;
mod redial;
mod slots;
#[cfg(test)]
mod tests;

pub use address::peer_of;
pub use frames::{FRAME_TIMEOUT, FrameError, Frames};
pub use gossip::TOPIC_BYTES;
pub use libp2p::identity::Keypair;
pub use libp2p::{Multiaddr, PeerId};
pub use penalties::Offence;
pub use slots::{STREAMS, STREAMS_PER_PEER};

use commonwheel_protocol::limits::GOSSIP_BYTES;
use driver::{Command, Driver};
use libp2p::gossipsub::MessageId;
use tokio::sync::{mpsc, oneshot};

/// How a node takes part in the network.
#[derive(Clone, Debug)]
pub struct NetConfig {
    /// The transport key. Never an authoring key.
    pub key: Keypair,
    /// Where to listen; nowhere for a node that only dials.
    pub listen: Vec<Multiaddr>,
    /// Addresses that are dialled again, with growing waits, while not connected.
    pub bootstrap: Vec<Multiaddr>,
    /// Whether to find peers on the local network, and be found there.
    pub mdns: bool,
    /// Whether to find peers through other peers.
    pub kademlia: bool,
    /// Connections in all; a quarter is kept for those that this node opens.
    pub max_connections: u32,
    /// What other peers are told runs here: a name and a version, nothing about the person or machine.
    pub agent: String,
}

/// A handle to the running network. Clones share it; it stops when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Net {
    local: PeerId,
    /// Unbounded, yet bounded by work in hand: most commands wait for their answer, a report uses
    /// up its token, and a penalty follows something received.
    commands: mpsc::UnboundedSender<Command>,
}

/// Something that happened on the network.
#[derive(Debug)]
pub enum NetEvent {
    /// A first connection with the peer is open.
    Connected {
        /// Who.
        peer: PeerId,
    },
    /// The last connection with the peer is closed.
    Disconnected {
        /// Who.
        peer: PeerId,
    },
    /// A message on a topic subscribed to. It is forwarded only after [`Net::report`] with
    /// [`Verdict::Accept`], within 20 seconds.
    Gossip {
        /// The topic.
        topic: String,
        /// Who passed it on; not who wrote it.
        from: PeerId,
        /// What to report the verdict with.
        token: MessageToken,
        /// At most [`GOSSIP_BYTES`].
        bytes: Vec<u8>,
    },
    /// The peer has opened an exchange stream.
    Incoming {
        /// Who.
        peer: PeerId,
        /// The stream.
        frames: Frames,
    },
    /// This node listens on one more address.
    Listening(Multiaddr),
}

/// The right to decide about one gossip message, once.
#[derive(Debug)]
#[must_use = "without a verdict the message is not forwarded"]
pub struct MessageToken {
    id: MessageId,
    from: PeerId,
}

/// What is to become of a gossip message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Forward it.
    Accept,
    /// Drop it, and hold nothing against anybody.
    Ignore,
    /// Drop it, and hold it against those who passed it on. Only for what any honest peer would have
    /// refused to pass on; anything else splits the network.
    Reject,
}

/// A peer that this node is connected to.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerInfo {
    /// Who.
    pub peer: PeerId,
    /// The far ends of its connections.
    pub addrs: Vec<Multiaddr>,
    /// What it says runs there: at most 64 printable ASCII characters; empty until it has said so.
    pub agent: String,
    /// The topics it subscribes to.
    pub topics: Vec<String>,
    /// Its standing in gossip; below −200 it is not listened to.
    pub score: f64,
}

/// Why the network could not do something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// Another program listens there.
    #[error("{addr} is in use by another program; stop that one or choose another port (0 picks a free one)")]
    AddressInUse {
        /// The address to listen on.
        addr: Multiaddr,
    },
    /// The machine does not let us listen there.
    #[error("cannot listen on {addr} ({reason}); choose an address of this machine")]
    CannotListen {
        /// The address to listen on.
        addr: Multiaddr,
        /// What the system said.
        reason: String,
    },
    /// A part of the network could not be set up.
    #[error("cannot set up {part} ({reason})")]
    Start {
        /// Which part.
        part: &'static str,
        /// What it said.
        reason: String,
    },
    /// Nobody could be reached there.
    #[error("no connection to {addr} ({reason}); check that the node runs and the address is right")]
    Dial {
        /// The address dialled.
        addr: Multiaddr,
        /// What the transport said.
        reason: String,
    },
    /// Somebody else answers there.
    #[error("expected another peer at {addr}, found {found}; ask for a newer address")]
    WrongPeer {
        /// The address dialled.
        addr: Multiaddr,
        /// Who answered.
        found: PeerId,
    },
    /// Our own limits or our block list forbid the connection.
    #[error("not connecting to {addr}: the peer is blocked or there are too many connections; try later")]
    Refused {
        /// The address dialled.
        addr: Multiaddr,
    },
    /// There is no connection with the peer.
    #[error("not connected to {peer}; dial it first")]
    NotConnected {
        /// Who.
        peer: PeerId,
    },
    /// The peer does not speak the exchange protocol.
    #[error("{peer} does not speak our exchange protocol; ask another peer")]
    NoExchange {
        /// Who.
        peer: PeerId,
    },
    /// The peer did not answer to a new stream.
    #[error("{peer} did not open a stream in time; try again or ask another peer")]
    OpenTimeout {
        /// Who.
        peer: PeerId,
    },
    /// A topic or a message above its limit.
    #[error("{found} bytes where at most {limit} are allowed; send several")]
    TooLarge {
        /// The size, in bytes.
        found: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// Every peer's queue is full.
    #[error("the peers take no more messages at the moment; send again later")]
    Busy,
    /// The network has been shut down.
    #[error("the network has been shut down; start the node again")]
    Stopped,
}

impl Net {
    /// Starts the network; returns when it listens on every address given.
    ///
    /// When nobody takes events for a while, gossip is dropped as if ignored, then incoming streams;
    /// [`NetEvent::Connected`] and [`NetEvent::Disconnected`] are delivered later.
    ///
    /// # Errors
    /// [`NetError::AddressInUse`], [`NetError::CannotListen`] or [`NetError::Start`].
    pub async fn start(config: NetConfig) -> Result<(Net, mpsc::Receiver<NetEvent>), NetError> {
        let local = config.key.public().to_peer_id();
        let (commands, inbox) = mpsc::unbounded_channel();
        let (outbox, events) = mpsc::channel(driver::EVENTS);
        let mut driver = Driver::new(&config, inbox, outbox)?;
        driver.listen(&config.listen).await?;
        tokio::spawn(driver.run());
        Ok((Net { local, commands }, events))
    }

    /// This node's own id.
    pub fn local_peer(&self) -> PeerId {
        self.local
    }

    /// The addresses that this node listens on; none after a shutdown.
    pub async fn listeners(&self) -> Vec<Multiaddr> {
        self.ask(|reply| Command::Listeners { reply }).await.unwrap_or_default()
    }

    /// The peers that this node is connected to; none after a shutdown.
    pub async fn peers(&self) -> Vec<PeerInfo> {
        self.ask(|reply| Command::Peers { reply }).await.unwrap_or_default()
    }

    /// Connects, or finds that it is connected, and returns who is there. A `/p2p/` at the end of
    /// the address is checked.
    ///
    /// # Errors
    /// [`NetError::Dial`], [`NetError::WrongPeer`], [`NetError::Refused`] or [`NetError::Stopped`].
    pub async fn dial(&self, addr: Multiaddr) -> Result<PeerId, NetError> {
        self.ask(|reply| Command::Dial { addr, reply }).await.unwrap_or(Err(NetError::Stopped))
    }

    /// Takes part in a topic. Subscribing twice does nothing.
    ///
    /// # Errors
    /// [`NetError::TooLarge`] for a topic above [`TOPIC_BYTES`], or [`NetError::Stopped`].
    pub async fn subscribe(&self, topic: String) -> Result<(), NetError> {
        check_size(topic.len(), TOPIC_BYTES)?;
        self.ask(|reply| Command::Subscribe { topic, reply }).await.ok_or(NetError::Stopped)
    }

    /// Sends a message to everybody on a topic. That nobody is there, or that it has been sent
    /// before, is no error.
    ///
    /// # Errors
    /// [`NetError::TooLarge`] above [`GOSSIP_BYTES`], [`NetError::Busy`] or [`NetError::Stopped`].
    pub async fn publish(&self, topic: String, bytes: Vec<u8>) -> Result<(), NetError> {
        check_size(topic.len(), TOPIC_BYTES)?;
        check_size(bytes.len(), GOSSIP_BYTES)?;
        self.ask(|reply| Command::Publish { topic, bytes, reply }).await.unwrap_or(Err(NetError::Stopped))
    }

    /// Decides about a gossip message.
    pub fn report(&self, message: MessageToken, verdict: Verdict) {
        let _ = self.commands.send(Command::Report { message, verdict });
    }

    /// Holds an offence against a peer. Enough of them within ten minutes disconnect it and block it
    /// for an hour.
    pub fn penalise(&self, peer: PeerId, offence: Offence) {
        let _ = self.commands.send(Command::Penalise { peer, offence });
    }

    /// Opens an exchange stream to a connected peer.
    ///
    /// # Errors
    /// [`NetError::NotConnected`], [`NetError::NoExchange`], [`NetError::OpenTimeout`] or
    /// [`NetError::Stopped`].
    pub async fn open(&self, peer: PeerId) -> Result<Frames, NetError> {
        let lost = if self.commands.is_closed() { NetError::Stopped } else { NetError::NotConnected { peer } };
        self.ask(|reply| Command::Open { peer, reply }).await.unwrap_or(Err(lost))
    }

    /// Closes every connection and frees the ports before it returns.
    pub async fn shutdown(self) {
        let _ = self.commands.send(Command::Shutdown);
        self.commands.closed().await;
    }

    /// The driver's answer, or `None` when it has stopped or dropped the question.
    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).ok()?;
        answer.await.ok()
    }
}

fn check_size(found: usize, limit: usize) -> Result<(), NetError> {
    if found > limit { Err(NetError::TooLarge { found, limit }) } else { Ok(()) }
}
