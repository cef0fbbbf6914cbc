//! A peer in this process, that says what it likes.

use commonwheel_node::net::{Frames, Keypair, Net, NetConfig, NetEvent, PeerId, Verdict};
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::record::header::HourTime;
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::wire::exchange;
use commonwheel_protocol::wire::exchange::{Answer, Ask, Parcel, Purpose, Statement};
use commonwheel_protocol::wire::gossip;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::Receiver;

/// A peer, and everything that it has heard.
pub struct Peer {
    pub net: Net,
    pub community: Cid,
    pub runtime: Runtime,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// How a peer answers those who ask it: the request's bytes to the reply's, or silence.
pub type Manners = Arc<dyn Fn(PeerId, &[u8]) -> Option<Vec<u8>> + Send + Sync>;

impl Peer {
    /// A peer with a new transport key that answers nobody.
    pub fn new(community: Cid) -> Peer {
        Peer::with(community, Keypair::generate_ed25519(), Arc::new(|_, _| None))
    }

    pub fn with(community: Cid, key: Keypair, manners: Manners) -> Peer {
        let runtime = Runtime::new().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let net = runtime.block_on(async {
            let config = NetConfig {
                key,
                listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
                bootstrap: Vec::new(),
                mdns: false,
                kademlia: false,
                max_connections: 32,
                agent: "commonwheel/test".into(),
            };
            let (net, events) = Net::start(config).await.unwrap();
            net.subscribe(gossip::topic(&community)).await.unwrap();
            tokio::spawn(listen(net.clone(), events, heard.clone(), manners));
            net
        });
        Peer { net, community, runtime, heard }
    }

    /// Connects, and waits until the other side can be gossiped with.
    pub fn dial(&self, address: &str) -> PeerId {
        let (net, topic) = (&self.net, gossip::topic(&self.community));
        self.within(async {
            let peer = net.dial(address.parse().unwrap()).await.unwrap();
            let there = |info: &commonwheel_node::net::PeerInfo| info.peer == peer && info.topics.contains(&topic);
            while !net.peers().await.iter().any(there) {
                tokio::task::yield_now().await;
            }
            peer
        })
    }

    /// What a connected peer answers; `None` when it does not.
    pub fn ask(&self, peer: PeerId, ask: &Ask) -> Option<Answer> {
        self.ask_bytes(peer, &ask.to_bytes(&self.community)).and_then(|bytes| Answer::read(&bytes).ok())
    }

    pub fn ask_bytes(&self, peer: PeerId, bytes: &[u8]) -> Option<Vec<u8>> {
        self.within(async {
            let mut frames = self.net.open(peer).await.ok()?;
            frames.send(bytes).await.ok()?;
            frames.recv().await.ok()?
        })
    }

    pub fn open(&self, peer: PeerId) -> Option<Frames> {
        self.within(async { self.net.open(peer).await.ok() })
    }

    pub fn publish(&self, bytes: Vec<u8>) {
        // That nobody listens any more is what some tests wait for.
        let _ = self.within(self.net.publish(gossip::topic(&self.community), bytes));
    }

    /// The parcels that a peer gives for these.
    pub fn fetch(&self, peer: PeerId, statement: Vec<u8>, items: &[[u8; 32]], records: &[RecordId]) -> Answer {
        let ask = Ask::Fetch { statement, items: items.to_vec(), records: records.to_vec() };
        self.ask(peer, &ask).expect("an answer")
    }

    /// A statement of this peer for a session with another.
    pub fn statement(&self, key: &SecretKey, purpose: Purpose, charter: &Charter, answerer: PeerId) -> Statement {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
        Statement {
            community: self.community,
            who: key.public(),
            purpose,
            terms: charter.terms,
            asker: exchange::Peer(self.net.local_peer().to_bytes()),
            answerer: exchange::Peer(answerer.to_bytes()),
            time: HourTime::hour(now),
        }
    }

    /// Every gossip message so far.
    pub fn heard(&self) -> Vec<Vec<u8>> {
        self.heard.lock().unwrap().clone()
    }

    pub fn connected_to(&self, peer: PeerId) -> bool {
        self.within(self.net.peers()).iter().any(|info| info.peer == peer)
    }

    /// Waits for something that takes a moment.
    pub fn within<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(async { tokio::time::timeout(Duration::from_secs(60), future).await }).expect("in time")
    }
}

/// The parcels of an answer.
pub fn parcels(answer: Answer) -> Vec<Parcel> {
    match answer {
        Answer::Records { parcels, .. } => parcels,
        other => panic!("expected records, found {other:?}"),
    }
}

async fn listen(net: Net, mut events: Receiver<NetEvent>, heard: Arc<Mutex<Vec<Vec<u8>>>>, manners: Manners) {
    while let Some(event) = events.recv().await {
        match event {
            NetEvent::Gossip { token, bytes, .. } => {
                heard.lock().unwrap().push(bytes);
                net.report(token, Verdict::Accept);
            }
            NetEvent::Incoming { frames, .. } => drop(tokio::spawn(answer(frames, manners.clone()))),
            _ => {}
        }
    }
}

async fn answer(mut frames: Frames, manners: Manners) {
    while let Ok(Some(request)) = frames.recv().await {
        let Some(reply) = manners(frames.peer(), &request) else { return };
        if frames.send(&reply).await.is_err() {
            return;
        }
    }
}
