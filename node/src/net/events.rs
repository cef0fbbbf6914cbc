//! What the driver makes of what the swarm reports.

use super::address::{dial_error, is_loopback, peer_of};
use super::behaviour::{BehaviourEvent, PROTOCOL_VERSION};
use super::driver::{Driver, EVENTS_BESIDE_GOSSIP};
use super::{Frames, MessageToken, NetEvent, Offence, Verdict};
use commonwheel_protocol::limits::GOSSIP_BYTES;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, DialError, SwarmEvent};
use libp2p::{Multiaddr, PeerId, gossipsub, identify, mdns, ping};
use std::time::Instant;

/// Addresses taken from what one peer says of itself.
const ADDRESSES_PER_PEER: usize = 16;
/// Characters kept of what a peer says runs there.
const AGENT_CHARS: usize = 64;

impl Driver {
    pub(super) fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour_event(event),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                let link = self.links.entry(peer_id).or_default();
                link.connections.insert(connection_id, endpoint.get_remote_address().clone());
                self.bootstrap.succeeded(Instant::now(), connection_id, peer_id);
                if let Some((_, reply)) = self.dials.remove(&connection_id) {
                    let _ = reply.send(Ok(peer_id));
                }
                self.announce();
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, num_established, .. } => {
                if num_established == 0 {
                    self.links.remove(&peer_id);
                } else if let Some(link) = self.links.get_mut(&peer_id) {
                    link.connections.remove(&connection_id);
                }
                self.announce();
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => self.dial_failed(connection_id, error),
            SwarmEvent::NewListenAddr { address, .. } => {
                let _ = self.events.try_send(NetEvent::Listening(address));
            }
            SwarmEvent::ListenerClosed { reason: Err(error), .. } | SwarmEvent::ListenerError { error, .. } => {
                tracing::warn!(reason = %error.kind(), "trouble while listening");
            }
            _ => {}
        }
    }

    fn on_behaviour_event(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Gossip(gossipsub::Event::Message { propagation_source, message_id, message }) => {
                self.on_gossip(MessageToken { id: message_id, from: propagation_source }, message);
            }
            BehaviourEvent::Exchange(frames) => self.on_incoming(frames),
            BehaviourEvent::Identify(identify::Event::Received { peer_id, info, .. }) => self.identified(peer_id, info),
            BehaviourEvent::Mdns(mdns::Event::Discovered(found)) => {
                for (peer, addr) in found {
                    let there = DialOpts::peer_id(peer).addresses(vec![addr]);
                    // Not an error: it may be connected already, or blocked, or there are enough.
                    let _ = self.swarm.dial(there.condition(PeerCondition::DisconnectedAndNotDialing).build());
                }
            }
            BehaviourEvent::Ping(ping::Event { connection, result: Err(ping::Failure::Timeout), .. }) => {
                self.swarm.close_connection(connection);
            }
            _ => {}
        }
    }

    fn on_gossip(&mut self, token: MessageToken, message: gossipsub::Message) {
        if message.data.len() > GOSSIP_BYTES {
            self.report(&token, Verdict::Reject);
            self.penalise(token.from, Offence::Oversized);
            return;
        }
        if self.events.capacity() <= EVENTS_BESIDE_GOSSIP {
            tracing::debug!(peer = %token.from, "too busy, a gossip message is ignored");
            self.report(&token, Verdict::Ignore);
            return;
        }
        let (topic, from) = (message.topic.into_string(), token.from);
        // There is room; and if the receiver is gone, the message is not forwarded, as it should be.
        let _ = self.events.try_send(NetEvent::Gossip { topic, from, token, bytes: message.data });
    }

    fn on_incoming(&mut self, frames: Frames) {
        let peer = frames.peer();
        if self.events.try_send(NetEvent::Incoming { peer, frames }).is_err() {
            tracing::debug!(%peer, "too busy, an incoming stream is dropped");
        }
    }

    fn identified(&mut self, peer: PeerId, info: identify::Info) {
        if info.protocol_version != PROTOCOL_VERSION {
            tracing::debug!(%peer, "not one of ours, disconnected");
            let _ = self.swarm.disconnect_peer_id(peer);
            return;
        }
        if let Some(link) = self.links.get_mut(&peer) {
            let printable = |c: &char| c.is_ascii_graphic() || *c == ' ';
            link.agent = info.agent_version.chars().filter(printable).take(AGENT_CHARS).collect();
        }
        let Some(kademlia) = self.swarm.behaviour_mut().kademlia.as_mut() else { return };
        let own = |addr: &Multiaddr| peer_of(addr).is_none_or(|named| named == peer);
        let useful = |addr: &Multiaddr| self.on_loopback || !is_loopback(addr);
        for addr in info.listen_addrs.into_iter().take(ADDRESSES_PER_PEER).filter(|addr| own(addr) && useful(addr)) {
            kademlia.add_address(&peer, addr);
        }
    }

    fn dial_failed(&mut self, attempt: ConnectionId, error: DialError) {
        if matches!(error, DialError::LocalPeerId { .. }) {
            self.bootstrap.is_self(attempt);
        }
        self.bootstrap.failed(Instant::now(), attempt);
        if let Some((addr, reply)) = self.dials.remove(&attempt) {
            let _ = reply.send(Err(dial_error(addr, &error)));
        }
    }

    /// Tells the receiver who has come and gone. What does not fit in the queue is told later.
    pub(super) fn announce(&mut self) {
        let gone: Vec<PeerId> = self.announced.iter().filter(|peer| !self.links.contains_key(peer)).copied().collect();
        for peer in gone {
            if self.events.try_send(NetEvent::Disconnected { peer }).is_ok() {
                self.announced.remove(&peer);
            }
        }
        let come: Vec<PeerId> = self.links.keys().filter(|peer| !self.announced.contains(peer)).copied().collect();
        for peer in come {
            if self.events.try_send(NetEvent::Connected { peer }).is_ok() {
                self.announced.insert(peer);
            }
        }
    }
}
