//! `commonwheel community invite` and `community join`.

use super::show::Shown;
use crate::cli::{Context, ask};
use crate::community::{self, Checked, Community, Offer, printable};
use crate::govern::Leading;
use crate::keys;
use crate::run::wire::Request;
use crate::run::{Client, member};
use anyhow::bail;
use commonwheel_protocol::wire::invite::{ADDRESSES, Invite};
use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use serde_json::json;

pub(super) fn invite(context: &Context, wanted: Option<&str>, own: &[Multiaddr]) -> anyhow::Result<()> {
    let community = community::chosen(&context.home, wanted)?;
    let mut addresses = own.iter().map(|address| reachable(context, address)).collect::<anyhow::Result<Vec<_>>>()?;
    if addresses.is_empty() {
        addresses = running(context);
    }
    if addresses.is_empty() {
        addresses = community.peers()?;
    }
    addresses.truncate(ADDRESSES);
    if addresses.is_empty() {
        bail!(
            "an invite needs an address, and none is known\nHint: start the node with `commonwheel run`, or say where it can be reached, such as --address /dns4/node.example.org/tcp/4717"
        );
    }
    let id = community.id();
    // The newest charter with a release is pinned here: what branches off below it cannot mislead who joins.
    let charter = Leading::open(&context.home, &community)?.lineage.pinned();
    let addresses = addresses.iter().map(Multiaddr::to_vec).collect();
    let invite = Invite { community: id, charter, addresses }.to_string();
    let value = json!({ "community": id.to_string(), "charter": charter.to_string(), "invite": invite });
    context.out.print(&value, |out| writeln!(out, "{invite}"))
}

/// Where the running node listens: one TCP and one QUIC address, which keeps an invite short.
fn running(context: &Context) -> Vec<Multiaddr> {
    let info = Client::connect(&context.home).and_then(|client| client.info().ok());
    let all = info.into_iter().flat_map(|info| info.addresses);
    let known: Vec<Multiaddr> = all.filter_map(|address| reachable(context, &address.parse().ok()?).ok()).collect();
    let is_tcp = |address: &&Multiaddr| address.iter().any(|part| matches!(part, Protocol::Tcp(_)));
    let first = |tcp| known.iter().find(|address| is_tcp(address) == tcp).cloned();
    first(true).into_iter().chain(first(false)).collect()
}

/// This node's address as others can use it: with its peer id, and not "any address of this machine".
pub(super) fn reachable(context: &Context, address: &Multiaddr) -> anyhow::Result<Multiaddr> {
    let any = address.iter().any(|part| match part {
        Protocol::Ip4(ip) => ip.is_unspecified(),
        Protocol::Ip6(ip) => ip.is_unspecified(),
        _ => false,
    });
    if any {
        bail!(
            "expected an address at which others reach this node; found {address}\nHint: name the machine's own address or host name"
        );
    }
    if address.iter().any(|part| matches!(part, Protocol::P2p(_))) {
        return Ok(address.clone());
    }
    let peer = keys::load_or_create_transport(&context.home)?.public().to_peer_id();
    Ok(address.clone().with(Protocol::P2p(peer)))
}

pub(super) fn join(
    context: &Context,
    invite: &str,
    yes: bool,
    fetch: impl FnOnce(&Invite) -> anyhow::Result<Offer>,
) -> anyhow::Result<()> {
    let invite: Invite = invite.parse()?;
    let checked = community::check(&invite, &fetch(&invite)?)?;
    let head = checked.lineage.head();
    if !context.out.json {
        Shown::of(head.charter).write(&mut anstream::stderr().lock())?;
        if !head.fork.is_empty() {
            anstream::eprintln!(
                "\nTwo successors of this charter are certified in one round: nothing is accepted now."
            );
        }
    }
    ask::confirm(context.out, "Join this community?", yes)?;
    let community = community::accept(&context.home, &invite, &checked)?;
    keep(context, &community, &checked)?;
    let (id, name) = (community.id().to_string(), printable(&head.charter.name));
    let charter = head.charter.id().to_string();
    context.out.print(&json!({ "community": id, "charter": charter, "name": name }), |out| {
        writeln!(out, "Joined {name} ({id}).")?;
        writeln!(out, "Next: `commonwheel preview FILE` shows what would be shared and shares nothing;")?;
        writeln!(out, "`commonwheel contribute FILE` shares, after showing you the community's terms.")
    })
}

/// Puts the successors, their terms and the pin on the community's store, unless a running node has it open: that
/// one learns them from its peers.
fn keep(context: &Context, community: &Community, checked: &Checked) -> anyhow::Result<()> {
    let client = Client::connect(&context.home);
    let opened = client.as_ref().and_then(|client| client.info().ok()).is_some_and(|info| {
        let id = community.id().to_string();
        info.communities.iter().any(|one| one.id == id)
    });
    if !opened && checked.lineage.path().len() > 1 {
        member::keep(&context.home, &community.id(), &checked.batch())?;
    }
    if let Some(client) = client {
        client.tell(&Request::Open(community.id().to_string()))?;
    }
    Ok(())
}
