//! The libp2p protocols that a node speaks, put together.

use super::{NetConfig, NetError, exchange, gossip};
use libp2p::allow_block_list::{self, BlockedPeers};
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::kad::store::{MemoryStore, MemoryStoreConfig};
use libp2p::swarm::NetworkBehaviour;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{StreamProtocol, Swarm, SwarmBuilder, gossipsub, identify, kad, mdns, noise, ping, tcp, yamux};
use std::time::Duration;

/// What identify calls the protocol: peers that say anything else are not ours.
pub(super) const PROTOCOL_VERSION: &str = "/commonwheel/1";
const KADEMLIA: StreamProtocol = StreamProtocol::new("/commonwheel/kad/1");
/// How long a connection stays that carries no stream. Gossip keeps its streams open, so this ends
/// only connections between peers of which neither subscribes to anything.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Two transports, each dialled from both ends at once.
const CONNECTIONS_PER_PEER: u32 = 4;
/// Handshakes in progress, in each direction.
const PENDING_CONNECTIONS: u32 = 64;

/// Everything that a connection of this node speaks. The fields that may refuse a connection come first.
#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    pub(super) blocked: allow_block_list::Behaviour<BlockedPeers>,
    limits: connection_limits::Behaviour,
    pub(super) gossip: gossipsub::Behaviour,
    pub(super) exchange: exchange::Behaviour,
    pub(super) kademlia: Toggle<kad::Behaviour<MemoryStore>>,
    mdns: Toggle<mdns::tokio::Behaviour>,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
}

/// A swarm over TCP (Noise, Yamux) and QUIC that resolves DNS names, and listens nowhere yet.
///
/// # Errors
/// [`NetError::Start`] when a transport or the resolver cannot be set up.
pub(super) fn swarm(config: &NetConfig) -> Result<Swarm<Behaviour>, NetError> {
    let start = |part: &'static str| move |error: String| NetError::Start { part, reason: error };
    let behaviour = behaviour(config).map_err(start("gossip"))?;
    let swarm = SwarmBuilder::with_existing_identity(config.key.clone())
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .map_err(|error| start("encryption")(error.to_string()))?
        .with_quic()
        .with_dns()
        .map_err(|error| start("name resolution")(error.to_string()))?
        .with_behaviour(|_| behaviour)
        .map_err(|never| match never {})?
        .with_swarm_config(|swarm| swarm.with_idle_connection_timeout(IDLE_TIMEOUT))
        .build();
    Ok(swarm)
}

fn behaviour(config: &NetConfig) -> Result<Behaviour, String> {
    Ok(Behaviour {
        blocked: allow_block_list::Behaviour::default(),
        limits: connection_limits::Behaviour::new(limits(config.max_connections)),
        gossip: gossip::behaviour()?,
        exchange: exchange::Behaviour::default(),
        kademlia: Toggle::from(config.kademlia.then(|| kademlia(config))),
        mdns: Toggle::from(config.mdns.then(|| local_discovery(config)).flatten()),
        identify: identify::Behaviour::new(
            identify::Config::new(PROTOCOL_VERSION.into(), config.key.public())
                .with_agent_version(config.agent.clone()),
        ),
        ping: ping::Behaviour::default(),
    })
}

/// A quarter of the connections is kept for those that this node opens itself, so that strangers
/// cannot surround it.
fn limits(max_connections: u32) -> ConnectionLimits {
    let incoming = max_connections - max_connections / 4;
    ConnectionLimits::default()
        .with_max_established(Some(max_connections))
        .with_max_established_incoming(Some(incoming))
        .with_max_established_per_peer(Some(CONNECTIONS_PER_PEER))
        .with_max_pending_incoming(Some(PENDING_CONNECTIONS))
        .with_max_pending_outgoing(Some(PENDING_CONNECTIONS))
}

/// Kademlia for finding peers: it neither stores nor republishes records or providers.
fn kademlia(config: &NetConfig) -> kad::Behaviour<MemoryStore> {
    let local = config.key.public().to_peer_id();
    let nothing = MemoryStoreConfig { max_records: 0, max_provided_keys: 0, ..MemoryStoreConfig::default() };
    let mut settings = kad::Config::new(KADEMLIA);
    settings
        .set_record_filtering(kad::StoreInserts::FilterBoth)
        .set_replication_interval(None)
        .set_publication_interval(None)
        .set_provider_publication_interval(None);
    let mut kademlia = kad::Behaviour::with_config(local, MemoryStore::with_config(local, nothing), settings);
    // Who listens nowhere is of no use in other peers' tables.
    let mode = if config.listen.is_empty() { kad::Mode::Client } else { kad::Mode::Server };
    kademlia.set_mode(Some(mode));
    kademlia
}

/// mDNS, or `None` where the machine has no multicast: a node must start there too.
fn local_discovery(config: &NetConfig) -> Option<mdns::tokio::Behaviour> {
    let local = config.key.public().to_peer_id();
    mdns::tokio::Behaviour::new(mdns::Config::default(), local)
        .inspect_err(|error| tracing::warn!(reason = %error.kind(), "no discovery on the local network"))
        .ok()
}
