//! The driver: feeds the cores, commits what they decide, and only then acts.

use super::RunError;
use super::exchange::{self, PeerRequest};
use super::judge::{offence_of, verdict};
use super::local::Call;
use super::member::{self, Member, now};
use super::search;
use super::wire::{BLOCKS, Base64, Request, Response};
use crate::home::Home;
use crate::net::{MessageToken, Net, NetEvent, PeerId, Verdict};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::notes::Review;
use commonwheel_protocol::core::{AskId, Effect, Input, Notice, Token};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::ledger::{Ledger, LedgerError, Store};
use commonwheel_protocol::operation::Matter;
use commonwheel_protocol::wire::exchange::{Answer, Ask, Parcel, Peer, Refusal};
use commonwheel_protocol::wire::gossip;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// How often the cores see time pass.
const TICK: Duration = Duration::from_millis(100);

/// What does not change while a node runs.
pub(super) struct Seat {
    pub home: Home,
    pub seed: Arc<Seed>,
    pub net: Net,
}

/// The one owner of stores and cores.
pub(super) struct Driver {
    pub(super) seat: Seat,
    pub(super) members: BTreeMap<Cid, Member>,
    pub(super) connected: BTreeSet<PeerId>,
    next_token: u64,
    heard: BTreeMap<Token, MessageToken>,
    requests: BTreeMap<Token, oneshot::Sender<Vec<u8>>>,
    replies: mpsc::Sender<Reply>,
    inbox: mpsc::Receiver<Reply>,
    peer_requests: (mpsc::Sender<PeerRequest>, mpsc::Receiver<PeerRequest>),
    stop: watch::Sender<bool>,
}

/// The reply to an ask of one community's core.
struct Reply {
    community: Cid,
    ask: AskId,
    bytes: Option<Vec<u8>>,
}

impl Driver {
    pub fn new(seat: Seat, members: BTreeMap<Cid, Member>, stop: watch::Sender<bool>) -> Self {
        let (replies, inbox) = mpsc::channel(256);
        Driver {
            seat,
            members,
            connected: BTreeSet::new(),
            next_token: 0,
            heard: BTreeMap::new(),
            requests: BTreeMap::new(),
            replies,
            inbox,
            peer_requests: mpsc::channel(256),
            stop,
        }
    }

    /// Runs until told to stop, or until a store fails.
    pub async fn run(
        mut self,
        mut events: mpsc::Receiver<NetEvent>,
        mut calls: mpsc::Receiver<Call>,
        mut stopped: watch::Receiver<bool>,
    ) -> Result<(), RunError> {
        let result = self.work(&mut events, &mut calls, &mut stopped).await;
        if let Err(error) = &result {
            tracing::error!(%error, "the node stops, since its store has failed");
        }
        let _ = self.stop.send(true);
        result.map_err(|error| RunError::Store(error.to_string()))
    }

    async fn work(
        &mut self,
        events: &mut mpsc::Receiver<NetEvent>,
        calls: &mut mpsc::Receiver<Call>,
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<(), LedgerError> {
        for id in self.members.keys() {
            self.subscribe(id).await;
        }
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => return Ok(()),
                _ = ticks.tick() => {
                    for id in self.members.keys().copied().collect::<Vec<_>>() {
                        self.step(&id, Input::Tick).await?;
                    }
                }
                Some(event) = events.recv() => self.event(event).await?,
                Some(call) = calls.recv() => self.take_call(call).await?,
                Some(reply) = self.inbox.recv() => {
                    self.step(&reply.community, Input::Reply { ask: reply.ask, bytes: reply.bytes }).await?;
                }
                Some(request) = self.peer_requests.1.recv() => self.peer_request(request).await?,
            }
        }
    }

    async fn subscribe(&self, community: &Cid) {
        if let Err(error) = self.seat.net.subscribe(gossip::topic(community)).await {
            tracing::error!(%error, "cannot take part in a community's gossip");
        }
    }

    async fn event(&mut self, event: NetEvent) -> Result<(), LedgerError> {
        match event {
            NetEvent::Connected { peer } => {
                self.connected.insert(peer);
                self.all(|| Input::Connected(Peer(peer.to_bytes()))).await
            }
            NetEvent::Disconnected { peer } => {
                self.connected.remove(&peer);
                self.all(|| Input::Disconnected(Peer(peer.to_bytes()))).await
            }
            NetEvent::Gossip { topic, from, token: message, bytes } => {
                let Some(id) = self.members.keys().find(|id| gossip::topic(id) == topic).copied() else {
                    self.seat.net.report(message, Verdict::Ignore);
                    return Ok(());
                };
                let token = self.token();
                self.heard.insert(token, message);
                self.step(&id, Input::Gossip { from: Peer(from.to_bytes()), token, bytes }).await
            }
            NetEvent::Incoming { frames, .. } => {
                tokio::spawn(exchange::serve(self.seat.net.clone(), frames, self.peer_requests.0.clone()));
                Ok(())
            }
            NetEvent::Listening(address) => {
                tracing::info!(%address, "listening");
                Ok(())
            }
        }
    }

    async fn all(&mut self, input: impl Fn() -> Input) -> Result<(), LedgerError> {
        for id in self.members.keys().copied().collect::<Vec<_>>() {
            self.step(&id, input()).await?;
        }
        Ok(())
    }

    async fn peer_request(&mut self, request: PeerRequest) -> Result<(), LedgerError> {
        let PeerRequest { from, bytes, reply } = request;
        // With one community its core sees every request, and says so if it is for another.
        let id = match self.members.len() {
            1 => self.members.keys().next().copied(),
            _ => Ask::read(&bytes).ok().map(|(id, _)| id).filter(|id| self.members.contains_key(id)),
        };
        let Some(id) = id else {
            let _ = reply.send(Answer::Refused(Refusal::UnknownCommunity).to_bytes());
            return Ok(());
        };
        let token = self.token();
        self.requests.insert(token, reply);
        self.step(&id, Input::Request { from: Peer(from.to_bytes()), token, bytes }).await
    }

    fn token(&mut self) -> Token {
        self.next_token += 1;
        Token(self.next_token)
    }

    /// One transition: step, commit, act. Nothing is sent before the commit has returned.
    async fn step(&mut self, community: &Cid, input: Input) -> Result<(), LedgerError> {
        self.step_noting(community, input).await.map(drop)
    }

    /// The same, with what it noticed. What was decided in the step is gone by before anybody can ask.
    async fn step_noting(&mut self, community: &Cid, input: Input) -> Result<Vec<Notice>, LedgerError> {
        let (mut notices, mut next) = (Vec::new(), Some(input));
        while let Some(input) = next {
            let Some(member) = self.members.get_mut(community) else { return Ok(notices) };
            let step = member.core.step(now(), input, &member.store)?;
            if !step.batch.is_empty() {
                member.store.commit(&step.batch)?;
            }
            next = member.core.decided().then_some(Input::Tick);
            for effect in step.effects {
                if let Effect::Notice(notice) = &effect {
                    notices.push(notice.clone());
                }
                self.act(community, effect).await;
            }
        }
        Ok(notices)
    }

    async fn act(&mut self, community: &Cid, effect: Effect) {
        match effect {
            Effect::Publish(bytes) => {
                // A message that does not go out now is learned by others when they next ask.
                if let Err(error) = self.seat.net.publish(gossip::topic(community), bytes).await {
                    tracing::debug!(%error, "a gossip message did not go out");
                }
            }
            Effect::Judge(token, judgement) => {
                if let Some(message) = self.heard.remove(&token) {
                    self.seat.net.report(message, verdict(judgement));
                }
            }
            Effect::Reply(token, bytes) => {
                if let Some(reply) = self.requests.remove(&token) {
                    let _ = reply.send(bytes);
                }
            }
            Effect::Ask { peer, ask, bytes } => self.ask(*community, peer, ask, bytes),
            Effect::Penalise(peer, offence) => {
                if let Ok(peer) = PeerId::from_bytes(&peer.0) {
                    tracing::warn!(%peer, ?offence, "a peer broke a rule");
                    self.seat.net.penalise(peer, offence_of(offence));
                }
            }
            Effect::Notice(notice) => Self::note(notice),
        }
    }

    fn ask(&self, community: Cid, peer: Peer, ask: AskId, bytes: Vec<u8>) {
        let (net, replies) = (self.seat.net.clone(), self.replies.clone());
        tokio::spawn(async move {
            let bytes = match PeerId::from_bytes(&peer.0) {
                Ok(peer) => exchange::ask(&net, peer, bytes).await,
                Err(_) => None,
            };
            let _ = replies.send(Reply { community, ask, bytes }).await;
        });
    }

    /// Answers a command. What asks other nodes is done beside the driver, which must not wait.
    async fn take_call(&mut self, call: Call) -> Result<(), LedgerError> {
        let net = self.seat.net.clone();
        match call.request {
            Request::Charter(community, charter, addresses) => drop(tokio::spawn(async move {
                let _ = call.reply.send(exchange::fetch_charter(&net, &community, &charter, &addresses).await);
            })),
            Request::Dial(address) => drop(tokio::spawn(async move {
                let _ = call.reply.send(exchange::dial(&net, &address).await);
            })),
            request => {
                let response = self.call(request).await;
                // Who asked learns why the node stops.
                let failed = response.as_ref().err().cloned();
                let told = response.unwrap_or_else(|error| Response::Failed(error.to_string()));
                let _ = call.reply.send(told);
                failed.map_or(Ok(()), Err)?;
            }
        }
        Ok(())
    }

    async fn call(&mut self, request: Request) -> Result<Response, LedgerError> {
        Ok(match request {
            Request::Info => match self.info().await {
                Ok(info) => Response::Info(info),
                Err(error) => Response::Failed(error.to_string()),
            },
            Request::Block(community, shelf, cid) => self.read(&community, |store| {
                let block = cid.parse().map(|cid| store.block(shelf.into(), &cid));
                Ok(Response::Bytes(block.unwrap_or(Ok(None))?.map(Base64)))
            })?,
            Request::Blocks(community, shelf, cids) => self.read(&community, |store| {
                let cids: Result<Vec<Cid>, _> = cids.iter().take(BLOCKS).map(|cid| cid.parse()).collect();
                let found = cids.map(|cids| store.read_blocks(shelf.into(), &cids)).unwrap_or(Ok(Vec::new()))?;
                Ok(Response::Blocks(found.into_iter().map(|block| block.map(Base64)).collect()))
            })?,
            Request::Holds(community, shelf, cid) => self.read(&community, |store| {
                let holds = cid.parse().map(|cid| store.holds(shelf.into(), &cid));
                Ok(Response::Yes(holds.unwrap_or(Ok(false))?))
            })?,
            Request::Value(community, key) => {
                self.read(&community, |store| Ok(Response::Bytes(store.value(&key.0)?.map(Base64))))?
            }
            Request::Scan(community, prefix, after, limit) => self.read(&community, |store| {
                let found = store.scan(&prefix.0, after.as_ref().map(|after| &after.0[..]), limit.min(10_000))?;
                Ok(Response::Entries(found.into_iter().map(|e| (Base64(e.key), Base64(e.value))).collect()))
            })?,
            Request::Contribute(community, records) => self.contribute(&community, records).await?,
            Request::Operate(community, operations) => {
                let operations = operations.into_iter().map(|operation| operation.0).collect();
                self.tell(&community, Input::Operate(operations)).await?
            }
            Request::Vote(community, payload, blocks) => match Matter::of_payload(&payload.0) {
                Ok(matter) => {
                    let blocks = blocks.into_iter().map(|block| block.0).collect();
                    self.tell(&community, Input::Vote { matter: Box::new(matter), blocks }).await?
                }
                Err(error) => Response::Failed(format!("that is no matter to sign: {error}")),
            },
            Request::Review(community, review) => match Review::read(&review.0) {
                Ok(review) => self.tell(&community, Input::Review(review)).await?,
                Err(error) => Response::Failed(format!("that is no review: {error}")),
            },
            Request::Keep(community, blocks) => {
                let blocks = blocks.into_iter().map(|block| block.0).collect();
                self.tell(&community, Input::Keep(blocks)).await?
            }
            Request::Open(community) => self.open(&community).await?,
            Request::Search(community, ask) => {
                let id = community.parse::<Cid>().ok();
                match id.and_then(|id| self.members.get_mut(&id)) {
                    Some(member) => search::answer(&mut member.store, ask),
                    None => unknown_community(),
                }
            }
            Request::Charter(..) | Request::Dial(..) => {
                Response::Failed("asked in the wrong place; this is a bug".into())
            }
            Request::Stop => {
                let _ = self.stop.send(true);
                Response::Done
            }
        })
    }

    fn member(&self, community: &str) -> Option<&Member> {
        self.members.get(&community.parse().ok()?)
    }

    fn read(
        &self,
        community: &str,
        read: impl FnOnce(&commonwheel_storage::CarStore) -> Result<Response, LedgerError>,
    ) -> Result<Response, LedgerError> {
        match self.member(community) {
            // What one command cannot read is that command's error; only a failed commit stops the node.
            Some(member) => Ok(read(&member.store).unwrap_or_else(|error| Response::Failed(error.to_string()))),
            None => Ok(unknown_community()),
        }
    }

    async fn contribute(&mut self, community: &str, records: Vec<(Base64, Base64)>) -> Result<Response, LedgerError> {
        let Some(id) = self.member(community).map(|member| member.core.community()) else {
            return Ok(unknown_community());
        };
        let parcels = records
            .into_iter()
            .map(|(header, body)| Parcel { header: header.0, body: Some(body.0), certificate: None })
            .collect();
        self.step(&id, Input::Contribute(parcels)).await?;
        self.step(&id, Input::Tick).await?;
        Ok(Response::Done)
    }

    /// Gives the core something that was decided here, and lets it act; says what was not done.
    async fn tell(&mut self, community: &str, input: Input) -> Result<Response, LedgerError> {
        let Some(id) = self.member(community).map(|member| member.core.community()) else {
            return Ok(unknown_community());
        };
        let mut notices = self.step_noting(&id, input).await?;
        notices.extend(self.step_noting(&id, Input::Tick).await?);
        let undone = notices.into_iter().filter_map(|notice| match notice {
            Notice::NotSigned(_, why) | Notice::NotTaken(_, why) | Notice::Refused(_, why) => Some(why),
            _ => None,
        });
        Ok(Response::Told(undone.collect()))
    }

    async fn open(&mut self, community: &str) -> Result<Response, LedgerError> {
        let Ok(id) = community.parse::<Cid>() else { return Ok(unknown_community()) };
        if self.members.contains_key(&id) {
            return Ok(Response::Done);
        }
        match member::open_member(&self.seat.home, &id, &self.seat.seed, &self.seat.net.local_peer()) {
            Ok(member) => self.members.insert(id, member),
            Err(error) => return Ok(Response::Failed(error.to_string())),
        };
        self.subscribe(&id).await;
        for peer in self.connected.clone() {
            self.step(&id, Input::Connected(Peer(peer.to_bytes()))).await?;
        }
        Ok(Response::Done)
    }
}

fn unknown_community() -> Response {
    Response::Failed("this node has not joined that community; see `commonwheel community list`".to_owned())
}
