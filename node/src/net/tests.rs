//! Real nodes over loopback. Every wait ends after twenty seconds.

use super::*;
use commonwheel_protocol::limits::FRAME_BYTES;
use futures::AsyncWriteExt;
use std::future::Future;
use std::time::Duration;

const TCP: &str = "/ip4/127.0.0.1/tcp/0";
const QUIC: &str = "/ip4/127.0.0.1/udp/0/quic-v1";
const TOPIC: &str = "commonwheel/test";

struct Node {
    net: Net,
    events: mpsc::Receiver<NetEvent>,
}

fn config(seed: u8, listen: &str) -> NetConfig {
    NetConfig {
        key: Keypair::ed25519_from_bytes([seed; 32]).unwrap(),
        listen: vec![listen.parse().unwrap()],
        bootstrap: Vec::new(),
        mdns: false,
        kademlia: true,
        max_connections: 32,
        agent: "commonwheel/test".into(),
    }
}

impl Node {
    async fn start(config: NetConfig) -> Node {
        let (net, events) = Net::start(config).await.unwrap();
        Node { net, events }
    }

    async fn addr(&self) -> Multiaddr {
        let listening = self.net.listeners().await.remove(0);
        listening.with_p2p(self.net.local_peer()).unwrap()
    }

    /// The first event that `wanted` makes something of; others are dropped.
    async fn next<T>(&mut self, mut wanted: impl FnMut(NetEvent) -> Option<T>) -> T {
        soon(async {
            loop {
                let event = self.events.recv().await.expect("the network runs");
                if let Some(found) = wanted(event) {
                    return found;
                }
            }
        })
        .await
    }

    async fn gossip(&mut self) -> (MessageToken, Vec<u8>) {
        self.next(|event| match event {
            NetEvent::Gossip { token, bytes, .. } => Some((token, bytes)),
            _ => None,
        })
        .await
    }

    async fn incoming(&mut self) -> Frames {
        self.next(|event| match event {
            NetEvent::Incoming { frames, .. } => Some(frames),
            _ => None,
        })
        .await
    }

    async fn connected(&mut self, to: PeerId) {
        self.next(|event| matches!(event, NetEvent::Connected { peer } if peer == to).then_some(())).await;
    }

    async fn disconnected(&mut self, from: PeerId) {
        self.next(|event| matches!(event, NetEvent::Disconnected { peer } if peer == from).then_some(())).await;
    }

    /// Waits until the peer is known to subscribe to the topic, so that messages can be sent to it.
    async fn sees_subscriber(&self, subscriber: PeerId) {
        soon(async {
            let subscribed = |info: &PeerInfo| info.peer == subscriber && info.topics.iter().any(|t| t == TOPIC);
            while !self.net.peers().await.iter().any(subscribed) {
                tokio::task::yield_now().await;
            }
        })
        .await
    }
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("within twenty seconds")
}

/// Two connected nodes, and both ends of a stream that the first has opened.
async fn exchange(listen: &str) -> (Node, Node, Frames, Frames) {
    let dialer = Node::start(config(1, listen)).await;
    let mut listener = Node::start(config(2, listen)).await;
    let peer = soon(dialer.net.dial(listener.addr().await)).await.unwrap();
    assert_eq!(peer, listener.net.local_peer());
    let mut near = soon(dialer.net.open(peer)).await.unwrap();
    near.send(b"hello").await.unwrap();
    let mut far = listener.incoming().await;
    assert_eq!(far.peer(), dialer.net.local_peer());
    assert_eq!(far.recv().await, Ok(Some(b"hello".to_vec())));
    (dialer, listener, near, far)
}

async fn frames_go_both_ways(listen: &str) {
    let (_dialer, _listener, mut near, mut far) = exchange(listen).await;
    let largest = vec![42; FRAME_BYTES];
    let (sent, received) = soon(async { tokio::join!(far.send(&largest), near.recv()) }).await;
    assert_eq!(sent, Ok(()));
    assert_eq!(received, Ok(Some(largest)));
    near.close().await.unwrap();
    assert_eq!(soon(far.recv()).await, Ok(None));
    far.send(b"last").await.unwrap();
    assert_eq!(soon(near.recv()).await, Ok(Some(b"last".to_vec())));
}

#[tokio::test]
async fn frames_go_both_ways_over_tcp() {
    frames_go_both_ways(TCP).await;
}

#[tokio::test]
async fn frames_go_both_ways_over_quic() {
    frames_go_both_ways(QUIC).await;
}

#[tokio::test]
async fn an_oversized_announced_frame_is_refused_and_ends_the_stream() {
    let (_dialer, _listener, mut near, mut far) = exchange(TCP).await;
    let announced = u32::try_from(FRAME_BYTES + 1).unwrap().to_be_bytes();
    let raw = near.raw().unwrap();
    raw.write_all(&announced).await.unwrap();
    raw.flush().await.unwrap();
    let refused = FrameError::TooLarge { found: FRAME_BYTES + 1, limit: FRAME_BYTES };
    assert_eq!(soon(far.recv()).await, Err(refused));
    assert_eq!(far.recv().await, Err(FrameError::Ended));
    assert!(matches!(soon(near.recv()).await, Ok(None) | Err(FrameError::Io(_))), "the sender finds it ended");
}

#[tokio::test]
async fn a_frame_cut_short_by_its_sender_is_an_error() {
    let (_dialer, _listener, mut near, mut far) = exchange(TCP).await;
    let raw = near.raw().unwrap();
    raw.write_all(&[0, 0, 0, 9, b'a', b'b']).await.unwrap();
    raw.close().await.unwrap();
    assert_eq!(soon(far.recv()).await, Err(FrameError::Truncated { expected: 9, found: 2 }));
}

#[tokio::test]
async fn streams_beyond_the_limit_of_a_peer_are_dropped_and_a_closed_one_makes_room() {
    let (dialer, mut listener, near, far) = exchange(TCP).await;
    let peer = listener.net.local_peer();
    let mut open = vec![(near, far)];
    while open.len() < STREAMS_PER_PEER {
        let near = soon(dialer.net.open(peer)).await.unwrap();
        open.push((near, listener.incoming().await));
    }
    let mut surplus = soon(dialer.net.open(peer)).await.unwrap();
    assert!(matches!(soon(surplus.recv()).await, Ok(None) | Err(FrameError::Io(_))));
    open.pop();
    let mut near = soon(dialer.net.open(peer)).await.unwrap();
    near.send(b"again").await.unwrap();
    assert_eq!(soon(listener.incoming().await.recv()).await, Ok(Some(b"again".to_vec())));
}

/// A line of three nodes on one topic; only the middle one knows both others.
async fn line() -> (Node, Node, Node) {
    let nodes = (
        Node::start(NetConfig { kademlia: false, ..config(1, TCP) }).await,
        Node::start(NetConfig { kademlia: false, ..config(2, TCP) }).await,
        Node::start(NetConfig { kademlia: false, ..config(3, TCP) }).await,
    );
    let (left, middle, right) = &nodes;
    for node in [left, middle, right] {
        node.net.subscribe(TOPIC.into()).await.unwrap();
    }
    for outer in [left, right] {
        soon(outer.net.dial(middle.addr().await)).await.unwrap();
        outer.sees_subscriber(middle.net.local_peer()).await;
        middle.sees_subscriber(outer.net.local_peer()).await;
    }
    nodes
}

#[tokio::test]
async fn gossip_is_forwarded_only_after_it_is_accepted() {
    let (left, mut middle, mut right) = line().await;
    left.net.publish(TOPIC.into(), b"first".to_vec()).await.unwrap();
    let (first, _) = middle.gossip().await;
    left.net.publish(TOPIC.into(), b"second".to_vec()).await.unwrap();
    let (second, _) = middle.gossip().await;
    middle.net.report(second, Verdict::Accept);
    let (token, bytes) = right.gossip().await;
    assert_eq!(bytes, b"second", "the first one has no verdict yet");
    right.net.report(token, Verdict::Accept);
    middle.net.report(first, Verdict::Accept);
    assert_eq!(right.gossip().await.1, b"first");
}

#[tokio::test]
async fn rejected_gossip_is_not_forwarded_and_costs_its_sender() {
    let (left, mut middle, mut right) = line().await;
    left.net.publish(TOPIC.into(), b"bad".to_vec()).await.unwrap();
    let (bad, bytes) = middle.gossip().await;
    assert_eq!(bytes, b"bad");
    middle.net.report(bad, Verdict::Reject);
    let score = |peers: Vec<PeerInfo>, of: PeerId| peers.into_iter().find(|p| p.peer == of).unwrap().score;
    assert!(score(middle.net.peers().await, left.net.local_peer()) < 0.0);
    left.net.publish(TOPIC.into(), b"good".to_vec()).await.unwrap();
    let (good, _) = middle.gossip().await;
    middle.net.report(good, Verdict::Accept);
    assert_eq!(right.gossip().await.1, b"good");
}

#[tokio::test]
async fn publishing_alone_is_no_error_and_an_oversized_message_is() {
    let node = Node::start(config(1, TCP)).await;
    node.net.subscribe(TOPIC.into()).await.unwrap();
    assert_eq!(node.net.publish(TOPIC.into(), b"anyone?".to_vec()).await, Ok(()));
    let oversized = node.net.publish(TOPIC.into(), vec![0; GOSSIP_BYTES + 1]).await;
    assert_eq!(oversized, Err(NetError::TooLarge { found: GOSSIP_BYTES + 1, limit: GOSSIP_BYTES }));
}

#[tokio::test]
async fn the_largest_message_arrives() {
    let (left, mut middle, _right) = line().await;
    let largest: Vec<u8> = (0..GOSSIP_BYTES).map(|n| n as u8).collect();
    left.net.publish(TOPIC.into(), largest.clone()).await.unwrap();
    assert_eq!(middle.gossip().await.1, largest);
}

#[tokio::test]
async fn a_port_in_use_is_said_over_tcp_and_quic() {
    for listen in [TCP, QUIC] {
        let node = Node::start(config(1, listen)).await;
        let taken = node.net.listeners().await.remove(0);
        let second = Net::start(config(2, &taken.to_string())).await;
        assert_eq!(second.err(), Some(NetError::AddressInUse { addr: taken }));
    }
}

#[tokio::test]
async fn dialling_another_peer_than_the_address_names_fails() {
    let (dialer, listener) = (Node::start(config(1, TCP)).await, Node::start(config(2, TCP)).await);
    let addr = listener.net.listeners().await.remove(0).with_p2p(PeerId::random()).unwrap();
    let found = listener.net.local_peer();
    assert_eq!(soon(dialer.net.dial(addr.clone())).await, Err(NetError::WrongPeer { addr, found }));
}

#[tokio::test]
async fn dialling_where_nobody_listens_says_so_and_a_stream_needs_a_connection() {
    let (node, gone) = (Node::start(config(1, TCP)).await, Node::start(config(2, TCP)).await);
    let (addr, peer) = (gone.addr().await, gone.net.local_peer());
    gone.net.shutdown().await;
    assert!(matches!(soon(node.net.dial(addr)).await, Err(NetError::Dial { .. })));
    assert!(matches!(soon(node.net.open(peer)).await, Err(NetError::NotConnected { .. })));
}

#[tokio::test]
async fn a_peer_past_the_threshold_is_disconnected_and_cannot_come_back() {
    let (mut strict, mut offender) = (Node::start(config(1, TCP)).await, Node::start(config(2, TCP)).await);
    let (strict_peer, offender_peer) = (strict.net.local_peer(), offender.net.local_peer());
    soon(offender.net.dial(strict.addr().await)).await.unwrap();
    strict.connected(offender_peer).await;
    strict.net.penalise(offender_peer, Offence::Oversized);
    assert_eq!(strict.net.peers().await.len(), 1, "one offence is not enough");
    strict.net.penalise(offender_peer, Offence::Oversized);
    strict.disconnected(offender_peer).await;
    offender.disconnected(strict_peer).await;
    // The offender may see the connection open before it is refused at the other end.
    if soon(offender.net.dial(strict.addr().await)).await.is_ok() {
        offender.disconnected(strict_peer).await;
    }
    let refused = soon(strict.net.dial(offender.addr().await)).await;
    assert_eq!(refused, Err(NetError::Refused { addr: offender.addr().await }));
    strict.net.shutdown().await;
    let came_back = |event: &NetEvent| matches!(event, NetEvent::Connected { .. });
    while let Some(event) = strict.events.recv().await {
        assert!(!came_back(&event));
    }
}

#[tokio::test]
async fn a_lost_bootstrap_peer_is_dialled_again_when_it_returns() {
    let first = Node::start(config(1, TCP)).await;
    let (addr, listen, peer) = (first.addr().await, first.net.listeners().await.remove(0), first.net.local_peer());
    let mut node = Node::start(NetConfig { bootstrap: vec![addr], ..config(2, TCP) }).await;
    node.connected(peer).await;
    first.net.shutdown().await;
    node.disconnected(peer).await;
    let _again = Node::start(config(1, &listen.to_string())).await;
    node.connected(peer).await;
}

#[tokio::test]
async fn a_node_listens_on_tcp_and_quic_at_once() {
    let listen = vec![TCP.parse().unwrap(), QUIC.parse().unwrap()];
    let node = Node::start(NetConfig { listen, ..config(1, TCP) }).await;
    let dialer = Node::start(config(2, TCP)).await;
    let addrs = node.net.listeners().await;
    assert_eq!(addrs.len(), 2);
    for addr in addrs {
        assert_eq!(soon(dialer.net.dial(addr)).await, Ok(node.net.local_peer()));
    }
}

#[tokio::test]
async fn nodes_find_each_other_through_a_bootstrap_peer() {
    let known = Node::start(config(1, TCP)).await;
    let bootstrap = vec![known.addr().await];
    let mut first = Node::start(NetConfig { bootstrap: bootstrap.clone(), ..config(2, TCP) }).await;
    let second = Node::start(NetConfig { bootstrap, ..config(3, TCP) }).await;
    first.connected(second.net.local_peer()).await;
}

#[tokio::test]
async fn gossip_is_dropped_and_peers_are_still_announced_when_nobody_takes_events() {
    let (left, mut middle, right) = line().await;
    let right_peer = right.net.local_peer();
    for n in 0..u32::try_from(driver::EVENTS).unwrap() * 2 {
        soon(async { while left.net.publish(TOPIC.into(), n.to_be_bytes().to_vec()).await == Err(NetError::Busy) {} })
            .await;
    }
    let for_gossip = driver::EVENTS - driver::EVENTS_BESIDE_GOSSIP;
    soon(async { while middle.events.len() < for_gossip && !middle.net.peers().await.is_empty() {} }).await;
    right.net.shutdown().await;
    soon(async { while middle.net.peers().await.len() > 1 {} }).await;
    let mut gossip = 0;
    middle
        .next(|event| {
            gossip += usize::from(matches!(event, NetEvent::Gossip { .. }));
            matches!(event, NetEvent::Disconnected { peer } if peer == right_peer).then_some(())
        })
        .await;
    assert!(gossip <= for_gossip, "{gossip} messages left no room for anything else");
}
