//! `commonwheel member`: who may contribute, where the charter does not let everybody.

use super::Context;
use super::session::Session;
use crate::community::printable;
use crate::govern::{Seat, words};
use crate::keys;
use crate::run::client::Remote;
use crate::run::wire::{Base64, Request, Response};
use anyhow::bail;
use clap::{Args, Subcommand};
use commonwheel_protocol::agreement::customs;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::members;
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::Ledger;
use commonwheel_protocol::operation::Membership;
use commonwheel_protocol::record::header::HourTime;
use commonwheel_protocol::sign::PublicKey;
use serde::Serialize;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Admit members, and list them: for communities in which not every key may contribute.
#[derive(Args, Debug)]
#[command(after_help = "\
Who wants to contribute sends the key that `commonwheel identity show` prints for the community. A validator admits it,
or, where the charter says `sponsored`, a member whom a validator has admitted.

Examples:
  commonwheel member admit b5ua…
  commonwheel member list")]
pub struct MemberArgs {
    #[command(subcommand)]
    verb: Verb,
    /// The community: its id, the beginning of it, or its name. Not needed when you joined one.
    #[arg(long, global = true, value_name = "COMMUNITY")]
    community: Option<String>,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Admit a key, as a validator or as a sponsor.
    Admit {
        /// The key, as `commonwheel identity show` prints it.
        key: PublicKey,
    },
    /// List the keys that somebody has admitted.
    List,
}

/// Runs the verb.
///
/// # Errors
/// When this identity may not admit anybody, or no validator takes the admission.
pub fn run(args: &MemberArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let seat = Seat::open(&context.home, args.community.as_deref())?;
    match &args.verb {
        Verb::Admit { key } => admit(seat, key, context)?,
        Verb::List => list(&seat, context)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// How long a validator's answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

fn admit(seat: Seat, key: &PublicKey, context: &Context) -> anyhow::Result<()> {
    let (id, charter) = (seat.community.id(), &seat.leading.charter);
    let seed = keys::load_seed(&context.home)?;
    let own = [seed.validator(), seed.named(&id), seed.pseudonym(&id)];
    let mut sponsor = None;
    for key in own {
        if sponsor.is_none() && members::may_sponsor(charter, &key.public(), &seat.access)? {
            sponsor = Some(key);
        }
    }
    let Some(sponsor) = sponsor else {
        let who = match charter.customs.membership {
            customs::Membership::Sponsored => "a validator, or a member whom a validator has admitted",
            _ => "a validator",
        };
        bail!(
            "only {who} can admit members, and this identity is neither, as far as is known here\nHint: send the key to one; `commonwheel community show` names them"
        )
    };
    let membership =
        Membership { community: id, sponsor: sponsor.public(), member: *key, time: HourTime::hour(seat.now_s) };
    let bytes = membership.sign(&sponsor);
    let validates = charter.validator(&sponsor.public()).is_some();
    if validates {
        seat.node()?;
    }
    let open = charter.customs.membership == customs::Membership::Open;
    // The store must be free for a node that is started for this command.
    drop(seat);
    hand_over(&bytes, &id, (&seed, validates), context)?;
    let value = serde_json::json!({
        "community": id.to_string(), "member": key.to_string(), "sponsor": sponsor.public().to_string(),
    });
    context.out.print(&value, |out| {
        writeln!(out, "Admitted {key}.")?;
        match open {
            true => writeln!(out, "This community is open to every key: it could contribute before."),
            false => writeln!(out, "It can contribute as soon as the validators have heard, within seconds."),
        }
    })
}

/// Gives a membership to the node. Away from a validator's own node, which spreads it, waits until a validator has it.
fn hand_over(
    bytes: &[u8],
    id: &Cid,
    (seed, validates): (&commonwheel_protocol::identity::Seed, bool),
    context: &Context,
) -> anyhow::Result<()> {
    let session = Session::online(context, Some(id), Some(seed))?;
    match session.client.ask(&Request::Operate(id.to_string(), vec![Base64(bytes.to_vec())]))? {
        Response::Told(problems) if problems.is_empty() => {}
        Response::Told(problems) => bail!("the node did not take it: {}", printable(&problems.join("; "))),
        _ => bail!("the running node answered with something unexpected\nHint: restart it"),
    }
    let taken = index::key(prefix::ACKNOWLEDGED, &[&Cid::of_cbor(bytes).to_bytes()]);
    let deadline = Instant::now() + PATIENCE;
    while !validates && Remote(&session.client, id).scan(&taken, None, 1)?.is_empty() {
        if Instant::now() > deadline {
            bail!(
                "no validator has taken it yet; it is kept here\nHint: run `commonwheel run`, which sends it as soon as one can be reached"
            );
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    session.close()
}

/// The members, for printing.
#[derive(Serialize)]
struct Listed {
    community: String,
    /// `open`, `invited` or `sponsored`.
    membership: &'static str,
    members: Vec<Member>,
}

#[derive(Serialize)]
struct Member {
    key: String,
    admitted_by: Vec<String>,
    /// Whether it may contribute under the charter that leads.
    counts: bool,
}

fn list(seat: &Seat, context: &Context) -> anyhow::Result<()> {
    let charter = &seat.leading.charter;
    let mut members = Vec::new();
    for (key, sponsors) in members::all(&seat.access)? {
        members.push(Member {
            counts: members::is_member(charter, &key, &seat.access)?,
            admitted_by: sponsors.iter().map(|sponsor| words::name(sponsor, [charter])).collect(),
            key: key.to_string(),
        });
    }
    let membership = charter.customs.membership.name();
    let listed = Listed { community: seat.community.id().to_string(), membership, members };
    context.out.print(&listed, |out| {
        writeln!(out, "Membership is {membership}.")?;
        if listed.members.is_empty() {
            writeln!(out, "Nobody has been admitted yet. `commonwheel member admit KEY` does.")?;
        }
        for member in &listed.members {
            let note = if member.counts { "" } else { " (does not count under the charter that leads)" };
            writeln!(out, "{}  by {}{note}", member.key, member.admitted_by.join(", "))?;
        }
        Ok(())
    })
}
