//! The one task that owns the swarm: commands in, events out.

use super::address::{check_free, dial_error, dial_opts, is_loopback, listen_error, peer_of, same_place};
use super::behaviour::{self, Behaviour, BehaviourEvent};
use super::exchange::OpenReply;
use super::penalties::Penalties;
use super::redial::Bootstrap;
use super::{MessageToken, NetConfig, NetError, NetEvent, Offence, PeerInfo, Verdict, gossip};
use commonwheel_protocol::limits::GOSSIP_BYTES;
use futures::StreamExt;
use libp2p::core::transport::ListenerId;
use libp2p::gossipsub::{IdentTopic, MessageAcceptance, PublishError};
use libp2p::swarm::{ConnectionId, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Events that wait to be taken: at most 32 MiB of gossip.
pub(super) const EVENTS: usize = 512;
/// Places that gossip leaves free for everything else.
pub(super) const EVENTS_BESIDE_GOSSIP: usize = 128;
const TICK: Duration = Duration::from_secs(1);
/// How long listening may take to begin.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long connections may take to close on shutdown.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// What a handle asks for.
pub(super) enum Command {
    Dial { addr: Multiaddr, reply: DialReply },
    Listeners { reply: oneshot::Sender<Vec<Multiaddr>> },
    Open { peer: PeerId, reply: OpenReply },
    Peers { reply: oneshot::Sender<Vec<PeerInfo>> },
    Penalise { peer: PeerId, offence: Offence },
    Publish { topic: String, bytes: Vec<u8>, reply: oneshot::Sender<Result<(), NetError>> },
    Report { message: MessageToken, verdict: Verdict },
    Shutdown,
    Subscribe { topic: String, reply: oneshot::Sender<()> },
}

type DialReply = oneshot::Sender<Result<PeerId, NetError>>;

/// The swarm and what it does not remember itself.
pub(super) struct Driver {
    pub(super) swarm: Swarm<Behaviour>,
    pub(super) events: mpsc::Sender<NetEvent>,
    /// Open connections. Invariant: no peer has an empty entry.
    pub(super) links: BTreeMap<PeerId, Link>,
    /// The peers that the receiver of events believes connected.
    pub(super) announced: BTreeSet<PeerId>,
    pub(super) dials: BTreeMap<ConnectionId, (Multiaddr, DialReply)>,
    pub(super) bootstrap: Bootstrap,
    pub(super) penalties: Penalties,
    /// Whether this node is meant to be reached on its own machine alone, as in a demo or a test.
    pub(super) on_loopback: bool,
    /// Last, so that its closing tells waiting handles that the swarm is gone.
    commands: mpsc::UnboundedReceiver<Command>,
}

/// The connections with one peer.
#[derive(Default)]
pub(super) struct Link {
    pub(super) connections: BTreeMap<ConnectionId, Multiaddr>,
    pub(super) agent: String,
}

impl Driver {
    pub(super) fn new(
        config: &NetConfig,
        commands: mpsc::UnboundedReceiver<Command>,
        events: mpsc::Sender<NetEvent>,
    ) -> Result<Self, NetError> {
        let swarm = behaviour::swarm(config)?;
        let bootstrap = Bootstrap::new(config.bootstrap.clone(), *swarm.local_peer_id(), Instant::now());
        Ok(Driver {
            swarm,
            events,
            links: BTreeMap::new(),
            announced: BTreeSet::new(),
            dials: BTreeMap::new(),
            bootstrap,
            penalties: Penalties::default(),
            on_loopback: config.listen.iter().any(is_loopback),
            commands,
        })
    }

    /// Listens on every address, and returns when all of them are ready.
    pub(super) async fn listen(&mut self, addrs: &[Multiaddr]) -> Result<(), NetError> {
        let mut waiting = Vec::new();
        for addr in addrs {
            check_free(addr)?;
            let id = self.swarm.listen_on(addr.clone()).map_err(|error| listen_error(addr, &error))?;
            waiting.push((id, addr.clone()));
        }
        while let Some((_, addr)) = waiting.first().cloned() {
            let late = || NetError::CannotListen { addr, reason: "it took too long".into() };
            let event = timeout(LISTEN_TIMEOUT, self.swarm.select_next_some()).await.map_err(|_| late())?;
            listening(&mut waiting, &event)?;
            self.on_event(event);
        }
        Ok(())
    }

    /// Runs until it is shut down or every handle is gone.
    pub(super) async fn run(mut self) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                command = self.commands.recv() => match command {
                    None | Some(Command::Shutdown) => break,
                    Some(command) => self.on_command(command),
                },
                event = self.swarm.select_next_some() => self.on_event(event),
                _ = tick.tick() => self.on_tick(Instant::now()),
            }
        }
        // Peers that hear the connection close need not find out by waiting.
        let _ = timeout(CLOSE_TIMEOUT, self.close()).await;
    }

    async fn close(&mut self) {
        let peers: Vec<PeerId> = self.links.keys().copied().collect();
        for peer in peers {
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        while !self.links.is_empty() {
            let event = self.swarm.select_next_some().await;
            self.on_event(event);
        }
    }

    fn on_command(&mut self, command: Command) {
        // A reply that nobody waits for any more is not an error.
        match command {
            Command::Dial { addr, reply } => self.dial(addr, reply),
            Command::Listeners { reply } => drop(reply.send(self.swarm.listeners().cloned().collect())),
            Command::Open { peer, reply } => self.swarm.behaviour_mut().exchange.open(peer, reply),
            Command::Peers { reply } => drop(reply.send(self.peers())),
            Command::Penalise { peer, offence } => self.penalise(peer, offence),
            Command::Publish { topic, bytes, reply } => drop(reply.send(self.publish(&topic, bytes))),
            Command::Report { message, verdict } => self.report(&message, verdict),
            Command::Shutdown => {} // ends the loop before it gets here
            Command::Subscribe { topic, reply } => {
                self.subscribe(topic);
                let _ = reply.send(());
            }
        }
    }

    fn on_tick(&mut self, now: Instant) {
        for peer in self.penalties.end_bans(now) {
            self.swarm.behaviour_mut().blocked.unblock_peer(peer);
        }
        for (peer, points) in self.penalties.scores(now) {
            self.swarm.behaviour_mut().gossip.set_application_score(&peer, -points);
        }
        let (swarm, links) = (&mut self.swarm, &self.links);
        self.bootstrap.dial_due(
            now,
            |peer| links.contains_key(peer),
            |addr| {
                let attempt = dial_opts(addr.clone());
                let id = attempt.connection_id();
                swarm.dial(attempt).ok().map(|()| id)
            },
        );
        self.announce();
    }

    fn peers(&self) -> Vec<PeerInfo> {
        let gossip = &self.swarm.behaviour().gossip;
        let mut topics: BTreeMap<PeerId, Vec<String>> = BTreeMap::new();
        for (peer, subscribed) in gossip.all_peers() {
            topics.insert(*peer, subscribed.iter().map(|topic| topic.to_string()).collect());
        }
        let info = |(peer, link): (&PeerId, &Link)| PeerInfo {
            peer: *peer,
            addrs: link.connections.values().cloned().collect(),
            agent: link.agent.clone(),
            topics: topics.remove(peer).unwrap_or_default(),
            score: gossip.peer_score(peer).unwrap_or(0.0),
        };
        self.links.iter().map(info).collect()
    }

    fn subscribe(&mut self, topic: String) {
        let ident = IdentTopic::new(&topic);
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        // Our own filter allows every topic, and its score parameters are checked by a test.
        if let Err(error) = gossip.subscribe(&ident) {
            tracing::warn!(reason = %error, "the subscription was not announced");
        }
        if let Err(reason) = gossip.set_topic_params(ident, gossip::topic_score()) {
            tracing::warn!(reason, "the topic is not scored");
        }
    }

    fn publish(&mut self, topic: &str, bytes: Vec<u8>) -> Result<(), NetError> {
        let size = bytes.len();
        match self.swarm.behaviour_mut().gossip.publish(IdentTopic::new(topic), bytes) {
            Ok(_) | Err(PublishError::NoPeersSubscribedToTopic | PublishError::Duplicate) => Ok(()),
            Err(PublishError::MessageTooLarge) => Err(NetError::TooLarge { found: size, limit: GOSSIP_BYTES }),
            Err(_) => Err(NetError::Busy),
        }
    }

    pub(super) fn report(&mut self, message: &MessageToken, verdict: Verdict) {
        let acceptance = match verdict {
            Verdict::Accept => MessageAcceptance::Accept,
            Verdict::Ignore => MessageAcceptance::Ignore,
            Verdict::Reject => MessageAcceptance::Reject,
        };
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        gossip.report_message_validation_result(&message.id, &message.from, acceptance);
    }

    pub(super) fn penalise(&mut self, peer: PeerId, offence: Offence) {
        let now = Instant::now();
        if self.penalties.add(now, peer, offence) {
            tracing::info!(%peer, ?offence, "peer blocked for an hour");
            self.swarm.behaviour_mut().blocked.block_peer(peer);
            if let Some(kademlia) = self.swarm.behaviour_mut().kademlia.as_mut() {
                kademlia.remove_peer(&peer);
            }
        }
        let points = self.penalties.points(now, &peer);
        self.swarm.behaviour_mut().gossip.set_application_score(&peer, -points);
    }

    fn connected_at(&self, addr: &Multiaddr) -> Option<PeerId> {
        let at = |link: &Link| link.connections.values().any(|open| same_place(open, addr));
        match peer_of(addr) {
            Some(peer) => self.links.contains_key(&peer).then_some(peer),
            None => self.links.iter().find(|(_, link)| at(link)).map(|(peer, _)| *peer),
        }
    }

    fn dial(&mut self, addr: Multiaddr, reply: DialReply) {
        if let Some(peer) = self.connected_at(&addr) {
            let _ = reply.send(Ok(peer));
            return;
        }
        let attempt = dial_opts(addr.clone());
        let id = attempt.connection_id();
        match self.swarm.dial(attempt) {
            Ok(()) => drop(self.dials.insert(id, (addr, reply))),
            Err(error) => drop(reply.send(Err(dial_error(addr, &error)))),
        }
    }
}

/// Crosses off the listener that is ready.
///
/// # Errors
/// When one of those waited for has failed.
fn listening(waiting: &mut Vec<(ListenerId, Multiaddr)>, event: &SwarmEvent<BehaviourEvent>) -> Result<(), NetError> {
    match event {
        SwarmEvent::NewListenAddr { listener_id, .. } => waiting.retain(|(id, _)| id != listener_id),
        SwarmEvent::ListenerClosed { listener_id, reason: Err(error), .. }
        | SwarmEvent::ListenerError { listener_id, error } => {
            if let Some((_, addr)) = waiting.iter().find(|(id, _)| id == listener_id) {
                return Err(listen_error(addr, error));
            }
        }
        _ => {}
    }
    Ok(())
}
