//! Reaching a node: the one that runs with this home, or one started for the length of a command.

use super::Context;
use crate::community::{self, Community, Offer};
use crate::govern::Leading;
use crate::keys;
use crate::net::{Keypair, Multiaddr};
use crate::run::wire::{Base64, Request, Response};
use crate::run::{Client, Node, Start};
use anyhow::{Context as _, bail};
use commonwheel_config::node::NodeConfig;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::wire::invite::Invite;

/// A node to talk to, on the network.
pub struct Session {
    /// How to talk to it.
    pub client: Client,
    embedded: Option<Embedded>,
}

struct Embedded {
    runtime: tokio::runtime::Runtime,
    node: Node,
}

impl Session {
    /// The running node, or one started here that listens nowhere and stops with the command. It
    /// takes the seed where the command has it, so that no passphrase is asked for twice.
    ///
    /// A node started here opens one community at most, and uses a transport key of its own: a
    /// contributor's visits cannot be linked by key, neither in time nor across communities.
    ///
    /// # Errors
    /// When there is no identity, or the node cannot start.
    pub fn online(context: &Context, community: Option<&Cid>, seed: Option<&Seed>) -> anyhow::Result<Session> {
        if let Some(client) = Client::connect(&context.home) {
            return Ok(Session { client, embedded: None });
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let communities = community.map(|id| community::load(&context.home, id)).transpose()?;
        let mut start = start(context, communities.as_slice(), seed)?;
        start.listen.clear();
        start.transport = Keypair::generate_ed25519();
        let node = runtime.block_on(Node::start(start))?;
        let client = Client::connect(&context.home).context("the node that was started here is gone")?;
        Ok(Session { client, embedded: Some(Embedded { runtime, node }) })
    }

    /// Ends the session; a node started for it stops.
    ///
    /// # Errors
    /// When that node had failed.
    pub fn close(self) -> anyhow::Result<()> {
        drop(self.client);
        if let Some(Embedded { runtime, node }) = self.embedded {
            runtime.block_on(node.stop())?;
        }
        Ok(())
    }
}

/// What a node of these communities starts from; the seed is read unless it is given.
///
/// # Errors
/// When the settings, the keys or a community cannot be read.
pub fn start(context: &Context, communities: &[Community], seed: Option<&Seed>) -> anyhow::Result<Start> {
    let config = config(context)?;
    let mut bootstrap = addresses(&config.bootstrap)?;
    for community in communities {
        bootstrap.extend(community.peers()?);
    }
    Ok(Start {
        home: context.home.clone(),
        communities: communities.iter().map(Community::id).collect(),
        seed: seed.cloned().map_or_else(|| keys::load_seed(&context.home), Ok)?,
        transport: keys::load_or_create_transport(&context.home)?,
        listen: addresses(&config.listen)?,
        bootstrap,
        mdns: config.mdns,
        kademlia: config.kademlia,
        max_connections: config.max_connections,
    })
}

/// The settings of this home.
///
/// # Errors
/// When the file cannot be read or holds a mistake.
pub fn config(context: &Context) -> anyhow::Result<NodeConfig> {
    let path = context.home.config();
    NodeConfig::load(&path).with_context(|| format!("in the settings {}", path.display()))
}

/// Addresses from text.
///
/// # Errors
/// When one is not a multiaddress.
pub fn addresses(texts: &[String]) -> anyhow::Result<Vec<Multiaddr>> {
    let read = |text: &String| {
        text.parse::<Multiaddr>()
            .with_context(|| format!("expected a multiaddress such as /ip4/192.0.2.1/tcp/4717, found {text:?}"))
    };
    texts.iter().map(read).collect()
}

/// A community's charters with their terms, from the addresses of an invite. The seed, where the command has it, is not
/// asked for twice.
///
/// # Errors
/// When none of them answers with them.
pub fn fetch_charter(invite: &Invite, context: &Context, seed: Option<&Seed>) -> anyhow::Result<Offer> {
    let texts = invite.addresses.iter().filter_map(|bytes| Multiaddr::try_from(bytes.clone()).ok());
    let addresses = texts.map(|address| address.to_string()).collect();
    let session = Session::online(context, None, seed)?;
    let request = Request::Charter(invite.community.to_string(), invite.charter.to_string(), addresses);
    let answer = session.client.ask(&request);
    session.close()?;
    match answer {
        Ok(Response::Charter(founding, texts, successors)) => {
            let all = |blocks: Vec<Base64>| blocks.into_iter().map(|block| block.0).collect();
            Ok(Offer { founding: founding.0, texts: all(texts), successors: all(successors) })
        }
        Ok(_) => bail!("the node answered with something else\nHint: restart it, so that both are of one version"),
        Err(error) => bail!(
            "nobody at the invite's addresses gave the charter: {error}\nHint: check that a node of the community runs, or ask for a newer invite"
        ),
    }
}

/// Addresses of which one is asked for newer charters.
const ASKED: usize = 4;

/// Learns from peers whether another charter leads by now, when no node runs that would know: its terms are to be
/// read before anything is signed. Who is offline goes by what is known here.
///
/// # Errors
/// When the community's records here cannot be read or written.
pub fn refresh(context: &Context, community: &Community, seed: &Seed) -> anyhow::Result<()> {
    let addresses: Vec<_> = community.peers()?.iter().take(ASKED).map(Multiaddr::to_vec).collect();
    if addresses.is_empty() || Client::connect(&context.home).is_some() {
        return Ok(());
    }
    let known = Leading::open(&context.home, community)?.lineage;
    let invite = Invite { community: community.id(), charter: known.pinned(), addresses };
    let checked = match fetch_charter(&invite, context, Some(seed)) {
        Ok(offer) => community::check(&invite, &offer)?,
        Err(error) => {
            tracing::debug!(%error, "no peer said which charter leads");
            return Ok(());
        }
    };
    if checked.lineage.path().len() > known.path().len() {
        crate::run::member::keep(&context.home, &community.id(), &checked.batch())?;
    }
    Ok(())
}
