//! The exchange protocol as libp2p sees it: plain bidirectional streams between connected peers.
//!
//! `libp2p-stream` 0.5.0-alpha does nearly this, but drops an incoming stream whenever two arrive
//! before the first is picked up, and never forgets a closed connection. Here a stream is turned
//! away only by the limits in [`super::slots`].

use super::NetError;
use super::frames::Frames;
use super::slots::Slots;
use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::ReadyUpgrade;
use libp2p::core::{Endpoint, Multiaddr};
use libp2p::swarm::handler::{ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound};
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm, NetworkBehaviour,
    NotifyHandler, StreamUpgradeError, SubstreamProtocol, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
};
use libp2p::{PeerId, Stream, StreamProtocol};
use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};
use tokio::sync::oneshot;

/// The name under which both ends negotiate an exchange stream.
const PROTOCOL: StreamProtocol = StreamProtocol::new("/commonwheel/exchange/1");

/// Where the outcome of opening a stream goes.
pub(super) type OpenReply = oneshot::Sender<Result<Frames, NetError>>;

/// Opens and accepts exchange streams.
#[derive(Default)]
pub(super) struct Behaviour {
    slots: Slots,
    /// At most one per call of `open` in progress, and one per slot.
    queue: VecDeque<ToSwarm<Frames, OpenReply>>,
    waker: Option<Waker>,
}

impl Behaviour {
    /// Opens a stream to a connected peer. The reply is dropped if the connection closes first.
    pub(super) fn open(&mut self, peer: PeerId, reply: OpenReply) {
        self.push(ToSwarm::NotifyHandler { peer_id: peer, handler: NotifyHandler::Any, event: reply });
    }

    fn push(&mut self, action: ToSwarm<Frames, OpenReply>) {
        self.queue.push_back(action);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Frames;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::new(peer))
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::new(peer))
    }

    fn on_swarm_event(&mut self, _: FromSwarm) {}

    fn on_connection_handler_event(&mut self, peer: PeerId, _: ConnectionId, stream: THandlerOutEvent<Self>) {
        match self.slots.take(peer) {
            Some(slot) => self.push(ToSwarm::GenerateEvent(Frames::new(peer, stream, Some(slot)))),
            None => tracing::debug!(%peer, "too many incoming streams, one dropped"),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        match self.queue.pop_front() {
            Some(action) => Poll::Ready(action),
            None => {
                self.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// One connection's part of the protocol.
pub(super) struct Handler {
    peer: PeerId,
    to_open: VecDeque<OpenReply>,
    accepted: VecDeque<Stream>,
}

impl Handler {
    fn new(peer: PeerId) -> Self {
        Handler { peer, to_open: VecDeque::new(), accepted: VecDeque::new() }
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = OpenReply;
    type ToBehaviour = Stream;
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = OpenReply;

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(ReadyUpgrade::new(PROTOCOL), ())
    }

    fn on_behaviour_event(&mut self, reply: OpenReply) {
        self.to_open.push_back(reply);
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<Self::InboundProtocol, Self::OutboundProtocol, (), OpenReply>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol, .. }) => {
                self.accepted.push_back(protocol);
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, info }) => {
                // The caller may have given up; then the stream is dropped, which resets it.
                let _ = info.send(Ok(Frames::new(self.peer, protocol, None)));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { error, info }) => {
                let _ = info.send(Err(open_error(self.peer, error)));
            }
            _ => {}
        }
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, OpenReply, Self::ToBehaviour>> {
        // No waker is kept: both queues are filled only from calls after which the swarm polls again.
        if let Some(stream) = self.accepted.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(stream));
        }
        if let Some(reply) = self.to_open.pop_front() {
            let protocol = SubstreamProtocol::new(ReadyUpgrade::new(PROTOCOL), reply);
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        Poll::Pending
    }
}

fn open_error(peer: PeerId, error: StreamUpgradeError<std::convert::Infallible>) -> NetError {
    match error {
        StreamUpgradeError::NegotiationFailed => NetError::NoExchange { peer },
        StreamUpgradeError::Timeout => NetError::OpenTimeout { peer },
        StreamUpgradeError::Io(_) => NetError::NotConnected { peer },
        StreamUpgradeError::Apply(never) => match never {},
    }
}
