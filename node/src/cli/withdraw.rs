//! `commonwheel withdraw`: an author takes records back.

use super::own::{self, Found};
use super::session::Session;
use super::{Context, ask, operate};
use crate::community::{self, Community};
use crate::keys;
use crate::run::Access;
use crate::run::member::now;
use anyhow::bail;
use clap::Args;
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::status::{self, Counting, Fate};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};
use commonwheel_protocol::operation::Withdrawal;
use commonwheel_protocol::record::header::HourTime;
use commonwheel_protocol::record::{RecordId, SignedHeader};
use commonwheel_protocol::sign::SecretKey;
use serde::Serialize;
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

/// Take back records that you have shared, waiting or accepted.
///
/// Each withdrawal is signed with the key that signed the record, and covers every revision of it. Every node
/// of the community erases the text with its salt, and keeps only the header and your withdrawal. Copies that
/// somebody took before keep their licence.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel withdraw bafyrei…
  commonwheel withdraw bafyrei… bafyrei… --yes
  commonwheel withdraw --all-mine --community Riverbank

Exit codes: 0 a quorum of validators has erased each, or no validator ever held it; 1 nothing withdrawn;
3 not all that far yet: run it again.")]
pub struct WithdrawArgs {
    /// The records, yours by whichever of your keys.
    #[arg(value_name = "ID", required_unless_present = "all_mine")]
    records: Vec<RecordId>,
    /// Everything that you have shared, as far as this machine knows it.
    #[arg(long, conflicts_with = "records")]
    all_mine: bool,
    /// With --all-mine, only in this community: its id, the beginning of it, or its name.
    #[arg(long, value_name = "COMMUNITY", requires = "all_mine")]
    community: Option<String>,
    /// Ask nothing: for scripts.
    #[arg(long)]
    yes: bool,
    /// Wait at most this many seconds for the validators.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
}

/// What is withdrawn in one community.
struct Plan {
    community: Community,
    charter: Charter,
    groups: Vec<Group>,
}

/// A record with its revisions, and the withdrawals of each.
struct Group {
    record: RecordId,
    members: Vec<RecordId>,
    anonymous: bool,
    /// Whether a validator may hold it, as far as is known here.
    left: bool,
    operations: Vec<Vec<u8>>,
}

/// What came of it, for printing.
#[derive(Serialize)]
struct Outcome {
    withdrawn: Vec<Withdrawn>,
    /// What the node did not take, and why.
    problems: Vec<String>,
}

#[derive(Serialize)]
struct Withdrawn {
    id: String,
    community: String,
    /// The revisions that go with it.
    revisions: Vec<String>,
    /// The validators that have said that they erased it.
    erased_by: Vec<String>,
    validators: usize,
    quorum: usize,
    /// Whether a validator ever held it, as far as is known here.
    left_this_machine: bool,
    done: bool,
}

/// Runs the verb.
///
/// # Errors
/// When a record is not known or somebody else's, or the node cannot be reached.
pub fn run(args: &WithdrawArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let seed = keys::load_seed(&context.home)?;
    let plans = match args.all_mine {
        true => all_mine(args.community.as_deref(), &seed, context)?,
        false => named(&args.records, &seed, context)?,
    };
    let groups: Vec<_> = plans.iter().flat_map(|plan| &plan.groups).collect();
    if groups.is_empty() {
        bail!(
            "no record of yours is on this machine\nHint: those shared from another machine appear after `commonwheel run`"
        );
    }
    ask::confirm(context.out, &question(&groups), args.yes)?;
    let mut outcome = Outcome { withdrawn: Vec::new(), problems: Vec::new() };
    for plan in plans {
        withdraw(plan, &seed, args.timeout, context, &mut outcome)?;
    }
    let done = outcome.withdrawn.iter().all(|one| one.done);
    context.out.print(&outcome, |out| {
        for one in &outcome.withdrawn {
            writeln!(out, "{}", sentence(one))?;
        }
        outcome.problems.iter().try_for_each(|why| writeln!(out, "Not taken: {why}"))?;
        if !done {
            writeln!(out, "Hint: run the same command again, so that the others hear of it from you")?;
        }
        Ok(())
    })?;
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

fn question(groups: &[&Group]) -> String {
    let revisions: usize = groups.iter().map(|group| group.members.len() - 1).sum();
    let more = if revisions > 0 { format!(", with {revisions} revision(s)") } else { String::new() };
    let mut text = format!("Withdraw {} record(s){more}? The texts are erased for good everywhere.", groups.len());
    if groups.iter().filter(|group| group.anonymous).count() > 1 {
        text += "\nAnonymous records that are withdrawn together show validators that one person shared them.";
    }
    text
}

fn sentence(one: &Withdrawn) -> String {
    let what = match one.revisions.len() {
        0 => one.id.clone(),
        some => format!("{} with {some} revision(s)", one.id),
    };
    match (one.erased_by.len(), one.left_this_machine) {
        (0, false) => format!("{what}: erased on this machine; no validator is known to have held it."),
        (0, true) => format!("{what}: erased on this machine; no validator has answered yet."),
        (some, _) => format!("{what}: {some} of {} validators have erased it.", one.validators),
    }
}

fn named(records: &[RecordId], seed: &Seed, context: &Context) -> anyhow::Result<Vec<Plan>> {
    let mut plans: Vec<Plan> = Vec::new();
    for record in records {
        let Found { community, header, access } = own::find(record, context)?;
        let Some((key, _)) = own::key(seed, header.header()) else {
            bail!(
                "the record {record} is somebody else's; only its author can withdraw it\nHint: ask for a look with `commonwheel flag {record} --reason …`, or `commonwheel flag --about-me {record}` if it is about you"
            );
        };
        let at = match plans.iter().position(|plan| plan.community.id() == community.id()) {
            Some(at) => at,
            None => {
                let charter = status::lineage(&access)?.head().charter.clone();
                plans.push(Plan { community, charter, groups: Vec::new() });
                plans.len() - 1
            }
        };
        plans[at].add(&header, &key, &access)?;
    }
    Ok(plans)
}

fn all_mine(wanted: Option<&str>, seed: &Seed, context: &Context) -> anyhow::Result<Vec<Plan>> {
    let ids = match wanted {
        Some(name) => vec![community::resolve(&context.home, name)?],
        None => community::ids(&context.home)?,
    };
    let mut plans = Vec::new();
    for id in ids {
        let community = community::load(&context.home, &id)?;
        let access = Access::open(&context.home, &id)?;
        let lineage = status::lineage(&access)?;
        let (charter, counting) = (lineage.head().charter.clone(), Counting::load(&lineage, &access)?);
        let mut plan = Plan { community, charter, groups: Vec::new() };
        for (record, _) in own::records(seed, &id, &access)? {
            let Some(header) = status::header(&record, &access)? else { continue };
            if matches!(status::fate::fate(&record, &counting, &access)?, Fate::Withdrawn { .. }) {
                continue;
            }
            if let Some((key, _)) = own::key(seed, header.header()) {
                plan.add(&header, &key, &access)?;
            }
        }
        if !plan.groups.is_empty() {
            plans.push(plan);
        }
    }
    Ok(plans)
}

impl Plan {
    /// Adds a record with all of its revisions, unless it is there as one of them.
    fn add(&mut self, header: &SignedHeader, key: &SecretKey, access: &Access) -> Result<(), LedgerError> {
        let record = header.id();
        if self.groups.iter().any(|group| group.members.contains(&record)) {
            return Ok(());
        }
        let mut group = Group {
            record,
            members: Vec::new(),
            anonymous: header.header().nonce.is_some(),
            left: false,
            operations: Vec::new(),
        };
        for member in status::group(&record, access)? {
            // One that was signed before is the same withdrawal, whenever it was.
            let signed = match status::fate::withdrawal(&member, access)? {
                Some(withdrawal) => withdrawal.bytes().to_vec(),
                None => match own::header(&member, access)? {
                    Some(of) if of.header().author == key.public() => Withdrawal::sign(&of, time(&of), key),
                    _ => continue,
                },
            };
            let receipts = index::key(prefix::RECEIPT, &[&member.0.to_bytes()]);
            group.left |= access.holds(Shelf::Certified, &member.0)? || !access.scan(&receipts, None, 1)?.is_empty();
            group.members.push(member);
            group.operations.push(signed);
        }
        self.groups.push(group);
        Ok(())
    }
}

/// An anonymous withdrawal tells no finer time than an anonymous record does.
fn time(of: &SignedHeader) -> HourTime {
    match of.header().nonce {
        Some(_) => HourTime::day(now().unix_s()),
        None => HourTime::hour(now().unix_s()),
    }
}

fn withdraw(plan: Plan, seed: &Seed, timeout_s: u64, context: &Context, outcome: &mut Outcome) -> anyhow::Result<()> {
    /// How long to ask around for what no validator is known to have held.
    const UNHEARD_OF_S: u64 = 5;
    let (id, charter) = (plan.community.id(), &plan.charter);
    let (quorum, validators) = (charter.quorum.q(), charter.quorum.n());
    let session = Session::online(context, Some(&id), Some(seed))?;
    let operations: Vec<_> = plan.groups.iter().flat_map(|group| group.operations.clone()).collect();
    outcome.problems.extend(operate::hand_over(&session.client, &id, &operations)?);
    let own = Some(seed.validator().public()).filter(|key| charter.validator(key).is_some());
    let mut by = vec![BTreeSet::new(); plan.groups.len()];
    for left in [true, false] {
        let which: Vec<_> = (0..plan.groups.len()).filter(|at| plan.groups[*at].left == left).collect();
        if which.is_empty() {
            continue;
        }
        let groups: Vec<Vec<Cid>> = which.iter().map(|at| cids(&plan.groups[*at].operations)).collect();
        let most = Duration::from_secs(if left { timeout_s } else { timeout_s.min(UNHEARD_OF_S) });
        let told = operate::wait((&session.client, &id), &groups, own, (quorum, validators), most)?;
        which.into_iter().zip(told).for_each(|(at, told)| by[at] = told);
    }
    session.close()?;
    for (group, by) in plan.groups.into_iter().zip(by) {
        let erased_by = operate::names(&by, charter);
        outcome.withdrawn.push(Withdrawn {
            id: group.record.to_string(),
            community: id.to_string(),
            revisions: group.members.iter().filter(|id| **id != group.record).map(ToString::to_string).collect(),
            validators,
            quorum,
            left_this_machine: group.left || !erased_by.is_empty(),
            done: erased_by.len() >= quorum || (!group.left && erased_by.is_empty()),
            erased_by,
        });
    }
    Ok(())
}

fn cids(operations: &[Vec<u8>]) -> Vec<Cid> {
    operations.iter().map(|bytes| Cid::of_cbor(bytes)).collect()
}
