//! `commonwheel community`: found a community with others, join one, see its charter and its terms.

mod join;
mod show;
mod succession;

use super::{Context, ask};
use crate::community::{self, Community, CommunityError, Draft, Offer, printable};
use crate::govern::{Governance, Leading, Seat, words};
use crate::home::{replace, write_new};
use crate::keys;
use anyhow::{Context as _, bail};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use commonwheel_config::charter;
use commonwheel_protocol::wire::invite::Invite;
use libp2p::Multiaddr;
use serde_json::json;
pub(super) use show::Federated;
use show::Shown;
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
  commonwheel community terms --accept

Replacing its charter, or a validator in it:
  commonwheel community succeed riverbank-2.toml     proposes a successor, and signs it
  commonwheel community succession                   what is open and what leads
  commonwheel community agree bafyrei…               the other validators, and every new one";

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
    Example {
        /// Which: the first explains every key; the others are for communities of which one copies from the other.
        #[arg(value_name = "NAME", default_value = charter::EXAMPLES[0].0)]
        #[arg(value_parser = PossibleValuesParser::new(charter::EXAMPLES.map(|(name, _)| name)))]
        name: String,
    },
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
    /// Propose a charter in TOML as the successor of the one that leads, and sign it.
    Succeed(succession::SucceedArgs),
    /// List the successors that are open or certified, and which charter leads.
    Succession {
        /// The community: its name, its id or the beginning of its id.
        community: Option<String>,
    },
    /// Sign a successor that somebody proposed: as a validator, or as one that it names for the first time.
    Agree(succession::AgreeArgs),
    /// Sign a successor with a recovery key, should too many validators be lost.
    Recover(succession::RecoverArgs),
    /// Show a community's terms; accept them.
    Terms {
        /// The community: its name, its id or the beginning of its id.
        community: Option<String>,
        /// Accept them.
        #[arg(long)]
        accept: bool,
    },
}

/// Runs the command. `fetch` asks the invite's addresses for the community's charters and terms.
///
/// # Errors
/// When a file, an invite or an answer does not hold; the message says what to do.
pub fn run(
    args: CommunityArgs,
    context: &Context,
    fetch: impl FnOnce(&Invite) -> anyhow::Result<Offer>,
) -> anyhow::Result<()> {
    match args.verb {
        Verb::Draft { file, out } => draft(context, &file, out),
        Verb::Example { name } => {
            let found = charter::EXAMPLES.into_iter().find(|(example, _)| *example == name);
            let (_, text) = found.unwrap_or(charter::EXAMPLES[0]);
            context.out.print(&json!({ "charter": text }), |out| out.write_all(text.as_bytes()))
        }
        Verb::Sign { draft, yes } => sign(context, &draft, yes),
        Verb::Found { drafts } => found(context, &drafts),
        Verb::Invite { community, address } => join::invite(context, community.as_deref(), &address),
        Verb::Join { invite, yes } => join::join(context, &invite, yes, fetch),
        Verb::Show { community } => show(context, community.as_deref()),
        Verb::List => list(context),
        Verb::Succeed(args) => succession::succeed(&args, context),
        Verb::Succession { community } => succession::list(community.as_deref(), context),
        Verb::Agree(args) => succession::agree(&args, context),
        Verb::Recover(args) => succession::recover(&args, context),
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
    let shown = Shown::of(draft.charter());
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

/// A community, for a list.
#[derive(serde::Serialize)]
struct Listed {
    community: String,
    /// The id of the charter that leads.
    charter: String,
    name: String,
    quorum: String,
}

fn list(context: &Context) -> anyhow::Result<()> {
    let entry = |community: &Community| {
        // A list names every community, also one whose records cannot be read now: that one by its first charter.
        let leading = Leading::open(&context.home, community).map(|leading| leading.charter);
        let charter = leading.unwrap_or_else(|_| community.founding.charter().clone());
        Listed {
            community: community.id().to_string(),
            charter: charter.id().to_string(),
            name: printable(&charter.name),
            quorum: charter.quorum.meaning(),
        }
    };
    let listed: Vec<_> = community::all(&context.home)?.iter().map(entry).collect();
    context.out.print(&listed, |out| {
        if listed.is_empty() {
            writeln!(out, "No community yet. Join one with `commonwheel community join INVITE`.")?;
        }
        listed.iter().try_for_each(|one| writeln!(out, "{}  {} ({})", one.community, one.name, one.quorum))
    })
}

fn show(context: &Context, wanted: Option<&str>) -> anyhow::Result<()> {
    let seat = Seat::open(&context.home, wanted)?;
    let shown = Shown::of(&seat.leading.charter).governed(Governance::of(
        &seat.leading.lineage,
        &seat.counting,
        seat.now_s,
        None,
        &seat.access,
    )?);
    context.out.print(&shown, |out| shown.write(out))
}

fn terms(context: &Context, wanted: Option<&str>, accept: bool) -> anyhow::Result<()> {
    let community = community::chosen(&context.home, wanted)?;
    let leading = Leading::open(&context.home, &community)?;
    let (text, terms) = (leading.terms()?, leading.charter.terms);
    let before = community.consent(&terms)?;
    let consent = if accept && before.is_none() { Some(community.accept_terms(&terms, now_s()?)?) } else { before };
    let accepted_s = consent.map(|consent| consent.accepted_s);
    let (id, terms) = (community.id().to_string(), terms.to_string());
    let value = json!({ "community": id, "terms": terms, "text": text, "accepted_s": accepted_s });
    context.out.print(&value, |out| {
        writeln!(out, "{}\n{}\n", printable(text).trim_end(), super::contribute::NOT_YET)?;
        match accepted_s {
            Some(time) => writeln!(out, "You accepted these terms on {}.", words::date(time)),
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
