//! `commonwheel community`: found a community with others, join one, see its charter and its terms.

mod show;

use super::{Context, ask};
use crate::community::{self, Community, CommunityError, Draft, printable};
use crate::home::{replace, write_new};
use crate::keys;
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use commonwheel_config::charter;
use commonwheel_protocol::wire::invite::{ADDRESSES, Invite};
use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

const EXAMPLES: &str = "\
Founding one, with four co-ops:
  commonwheel community draft riverbank.toml         checks it and writes riverbank.draft
  commonwheel community sign riverbank.draft         each validator, on a copy, on its own machine
  commonwheel community found *.draft                puts the copies together
  commonwheel community invite --address /dns4/node.example.org/tcp/4717

Joining one:
  commonwheel community join cw1…
  commonwheel community terms --accept";

/// Found a community with others, join one, see its charter and its terms.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct CommunityArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Check a charter in TOML and write a draft for the validators to sign.
    Draft {
        /// The charter. An example with every key explained: `commonwheel community example`.
        file: PathBuf,
        /// Where to write the draft. Default: beside the charter, with the ending .draft
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Print a charter in TOML to copy and change, with every key explained.
    Example,
    /// Sign a draft as one of the validators that it names.
    Sign {
        /// The draft; the signature is added to it.
        draft: PathBuf,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Found the community, when all its validators have signed.
    Found {
        /// The draft, or the copies that came back.
        #[arg(required = true)]
        drafts: Vec<PathBuf>,
    },
    /// Print an invite for others to join with.
    Invite {
        /// The community: its name, its id or the beginning of its id.
        community: Option<String>,
        /// Where this node can be reached, as a multiaddress. May be given several times.
        #[arg(long, value_name = "MULTIADDR")]
        address: Vec<Multiaddr>,
    },
    /// Join a community by an invite.
    Join {
        /// The invite: a string that begins with cw1
        invite: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Show a community's charter, and what its quorum means.
    Show {
        /// The community: its name, its id or the beginning of its id.
        community: Option<String>,
    },
    /// List the communities on this machine.
    List,
    /// Show a community's terms; accept them.
    Terms {
        /// The community: its name, its id or the beginning of its id.
        community: Option<String>,
        /// Accept them.
        #[arg(long)]
        accept: bool,
    },
}

/// Runs the command. `fetch` asks the invite's addresses for the community's founding and terms.
///
/// # Errors
/// When a file, an invite or an answer does not hold; the message says what to do.
pub fn run(
    args: CommunityArgs,
    context: &Context,
    fetch: impl FnOnce(&Invite) -> anyhow::Result<(Vec<u8>, Vec<u8>)>,
) -> anyhow::Result<()> {
    match args.verb {
        Verb::Draft { file, out } => draft(context, &file, out),
        Verb::Example => {
            context.out.print(&json!({ "charter": charter::EXAMPLE }), |out| out.write_all(charter::EXAMPLE.as_bytes()))
        }
        Verb::Sign { draft, yes } => sign(context, &draft, yes),
        Verb::Found { drafts } => found(context, &drafts),
        Verb::Invite { community, address } => invite(context, community.as_deref(), &address),
        Verb::Join { invite, yes } => join(context, &invite, yes, fetch),
        Verb::Show { community } => {
            let community = community::chosen(&context.home, community.as_deref())?;
            let charter = show::Shown::of(community.founding.charter());
            context.out.print(&charter, |out| charter.write(out))
        }
        Verb::List => list(context),
        Verb::Terms { community, accept } => terms(context, community.as_deref(), accept),
    }
}

fn draft(context: &Context, file: &Path, out: Option<PathBuf>) -> anyhow::Result<()> {
    let read = charter::load(file, now_s()?).with_context(|| format!("in the charter {}", file.display()))?;
    let draft = Draft::new(read.charter, read.terms)?;
    let path = out.unwrap_or_else(|| file.with_extension("draft"));
    match write_new(&path, &draft.to_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!("{} already exists and is never overwritten\nHint: name another file with --out", path.display())
        }
        written => written.with_context(|| format!("cannot write {}", path.display()))?,
    }
    let (id, quorum) = (draft.community().to_string(), draft.charter().quorum.meaning());
    context.out.print(&json!({ "draft": path, "community": id, "quorum": quorum }), |out| {
        writeln!(out, "Wrote {}.\n{quorum}\nIts hash, to compare in a second way: {id}", path.display())?;
        writeln!(out, "Next: each validator runs `commonwheel community sign` on a copy and sends it back.")
    })
}

fn sign(context: &Context, path: &Path, yes: bool) -> anyhow::Result<()> {
    let mut draft = load_draft(path)?;
    let shown = show::Shown::of(draft.charter());
    if !context.out.json {
        shown.write(&mut anstream::stderr().lock())?;
        if commonwheel_config::terms::name_of(&draft.charter().terms).is_none() {
            eprintln!("\nTerms:\n{}", printable(draft.terms()));
        }
    }
    ask::confirm(context.out, "Sign this charter? A charter cannot be changed later, only succeeded.", yes)?;
    draft.sign(&keys::load_seed(&context.home)?)?;
    replace(path, &draft.to_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    let missing: Vec<_> = draft.missing().map(|validator| printable(&validator.name)).collect();
    context.out.print(&json!({ "draft": path, "community": shown.id, "missing": missing }), |out| {
        writeln!(out, "Signed {}.", path.display())?;
        match missing.is_empty() {
            true => writeln!(out, "All have signed. Next: `commonwheel community found {}`", path.display()),
            false => writeln!(out, "Not in this copy yet: {}.", missing.join(", ")),
        }
    })
}

fn found(context: &Context, paths: &[PathBuf]) -> anyhow::Result<()> {
    let (first, others) = paths.split_first().context("expected at least one draft")?;
    let mut draft = load_draft(first)?;
    for path in others {
        draft.merge(load_draft(path)?).with_context(|| format!("in {}", path.display()))?;
    }
    let community = Community::save(&context.home, &draft.founding()?, draft.terms())?;
    let (id, name) = (community.id().to_string(), printable(&community.founding.charter().name));
    context.out.print(&json!({ "community": id, "name": name }), |out| {
        writeln!(out, "{name} is founded, and on this machine. Its id: {id}")?;
        writeln!(out, "The other validators run the same command on the same drafts, or join by an invite.")?;
        writeln!(out, "Next: `commonwheel run`, and `commonwheel community invite --address …` for others.")
    })
}

fn invite(context: &Context, wanted: Option<&str>, own: &[Multiaddr]) -> anyhow::Result<()> {
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
    let addresses = addresses.iter().map(Multiaddr::to_vec).collect();
    let invite = Invite { community: id, charter: id, addresses }.to_string();
    context.out.print(&json!({ "community": id.to_string(), "invite": invite }), |out| writeln!(out, "{invite}"))
}

/// Where the running node listens: one TCP and one QUIC address, which keeps an invite short.
fn running(context: &Context) -> Vec<Multiaddr> {
    let info = crate::run::Client::connect(&context.home).and_then(|client| client.info().ok());
    let all = info.into_iter().flat_map(|info| info.addresses);
    let known: Vec<Multiaddr> = all.filter_map(|address| reachable(context, &address.parse().ok()?).ok()).collect();
    let is_tcp = |address: &&Multiaddr| address.iter().any(|part| matches!(part, Protocol::Tcp(_)));
    let first = |tcp| known.iter().find(|address| is_tcp(address) == tcp).cloned();
    first(true).into_iter().chain(first(false)).collect()
}

/// This node's address as others can use it: with its peer id, and not "any address of this machine".
fn reachable(context: &Context, address: &Multiaddr) -> anyhow::Result<Multiaddr> {
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

fn join(
    context: &Context,
    invite: &str,
    yes: bool,
    fetch: impl FnOnce(&Invite) -> anyhow::Result<(Vec<u8>, Vec<u8>)>,
) -> anyhow::Result<()> {
    let invite: Invite = invite.parse()?;
    let (founding, terms) = fetch(&invite)?;
    let (checked, _) = community::check(&invite, &founding, &terms)?;
    if !context.out.json {
        show::Shown::of(checked.charter()).write(&mut anstream::stderr().lock())?;
    }
    ask::confirm(context.out, "Join this community?", yes)?;
    let community = community::accept(&context.home, &invite, &founding, &terms)?;
    if let Some(client) = crate::run::Client::connect(&context.home) {
        client.tell(&crate::run::wire::Request::Open(community.id().to_string()))?;
    }
    let (id, name) = (community.id().to_string(), printable(&community.founding.charter().name));
    context.out.print(&json!({ "community": id, "name": name }), |out| {
        writeln!(out, "Joined {name} ({id}).")?;
        writeln!(out, "Next: `commonwheel preview FILE` shows what would be shared and shares nothing;")?;
        writeln!(out, "`commonwheel contribute FILE` shares, after showing you the community's terms.")
    })
}

fn list(context: &Context) -> anyhow::Result<()> {
    let communities = community::all(&context.home)?;
    let entry = |community: &Community| {
        let charter = community.founding.charter();
        json!({
            "community": community.id().to_string(),
            "name": printable(&charter.name),
            "quorum": charter.quorum.meaning(),
        })
    };
    let entries: Vec<_> = communities.iter().map(entry).collect();
    context.out.print(&entries, |out| {
        if communities.is_empty() {
            writeln!(out, "No community yet. Join one with `commonwheel community join INVITE`.")?;
        }
        for community in &communities {
            let charter = community.founding.charter();
            writeln!(out, "{}  {} ({})", community.id(), printable(&charter.name), charter.quorum.meaning())?;
        }
        Ok(())
    })
}

fn terms(context: &Context, wanted: Option<&str>, accept: bool) -> anyhow::Result<()> {
    let community = community::chosen(&context.home, wanted)?;
    let before = community.consent()?;
    let consent = if accept && before.is_none() { Some(community.accept_terms(now_s()?)?) } else { before };
    let (id, terms) = (community.id().to_string(), community.founding.charter().terms.to_string());
    let accepted_s = consent.map(|consent| consent.accepted_s);
    let value = json!({ "community": id, "terms": terms, "text": community.terms, "accepted_s": accepted_s });
    context.out.print(&value, |out| {
        writeln!(out, "{}\n{}\n", printable(&community.terms).trim_end(), super::contribute::NOT_YET)?;
        match accepted_s {
            Some(time) => writeln!(out, "You accepted these terms on {}.", show::date(time)),
            None => writeln!(out, "You have not accepted these terms. `commonwheel community terms --accept` does."),
        }
    })
}

fn load_draft(path: &Path) -> anyhow::Result<Draft> {
    Draft::load(path).map_err(|error| match error {
        error @ CommunityError::Io { .. } => error.into(),
        error => anyhow::anyhow!("{}: {error}", path.display()),
    })
}

fn now_s() -> anyhow::Result<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).context("this machine's clock stands before 1970")?;
    i64::try_from(since.as_secs()).context("this machine's clock is out of range")
}

#[cfg(test)]
mod tests;
