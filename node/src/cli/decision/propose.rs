//! `commonwheel decision propose`: a ruling, with why and until when.

use super::sign;
use crate::cli::Context;
use crate::govern::{Seat, words};
use anyhow::bail;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use commonwheel_protocol::agreement::customs::is_word;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::status;
use commonwheel_protocol::operation::decision::{Condition, Reason, Scope};
use commonwheel_protocol::operation::{Decision, Ruling};
use commonwheel_protocol::preference::Preference;
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::record::header::HourTime;
use commonwheel_protocol::sign::PublicKey;

/// What `decision propose` takes.
#[derive(Args, Debug)]
pub(super) struct ProposeArgs {
    #[command(subcommand)]
    ruling: RulingVerb,
}

#[derive(Subcommand, Debug)]
enum RulingVerb {
    /// Erase the text of a record and of its revisions; the header stays.
    Takedown {
        /// The record.
        #[arg(value_name = "ID")]
        record: RecordId,
        #[command(flatten)]
        why: Why,
    },
    /// Erase a record, header and all.
    Purge {
        /// The record.
        #[arg(value_name = "ID")]
        record: RecordId,
        #[command(flatten)]
        why: Why,
    },
    /// Take no more records of a key.
    Ban {
        /// The author's key.
        key: PublicKey,
        #[command(flatten)]
        why: Why,
    },
    /// Put what is in scope in no release; everything, without a scope.
    Embargo {
        /// Records in this language, a primary subtag such as es.
        #[arg(long)]
        language: Option<String>,
        /// Records with this tag.
        #[arg(long)]
        tag: Option<String>,
        /// Records of this kind, such as chat.
        #[arg(long)]
        kind: Option<String>,
        #[command(flatten)]
        why: Why,
    },
    /// Accept no new record.
    Freeze {
        #[command(flatten)]
        why: Why,
    },
    /// Accept new records only if they allow no more than a preference.
    Shift {
        /// The most that new records may allow, such as "train-ai=n, search=y".
        preference: String,
        #[command(flatten)]
        why: Why,
    },
    /// Accept at most so many records of one author in an hour.
    RateCap {
        /// How many.
        #[arg(value_name = "N", value_parser = clap::value_parser!(i64).range(0..=1_000_000))]
        most: i64,
        #[command(flatten)]
        why: Why,
    },
    /// End a decision before its time. What was erased stays erased.
    Lift {
        /// The decision's id or the beginning of it.
        #[arg(value_name = "DECISION")]
        decision: String,
        #[command(flatten)]
        why: Why,
    },
}

/// Why, and until when.
#[derive(Args, Debug)]
struct Why {
    /// Why, from a closed list. More words go into a note.
    #[arg(long, value_parser = PossibleValuesParser::new(Reason::ALL.iter().map(|reason| reason.name())))]
    reason: String,
    /// What would end it before its time.
    #[arg(long, default_value = "lifted", value_parser = PossibleValuesParser::new(Condition::ALL.iter().map(|condition| condition.name())))]
    condition: String,
    /// The day on which it ends, such as 2027-03-01: it holds until that day begins, in UTC. Needed for what holds
    /// new records or releases back.
    #[arg(long, value_name = "DATE", value_parser = words::day)]
    until: Option<i64>,
    /// A note in this community that says more.
    #[arg(long, value_name = "NOTE-ID")]
    explained: Option<RecordId>,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(seat: &Seat, args: &ProposeArgs, context: &Context) -> anyhow::Result<()> {
    seat.node()?;
    let (ruling, why) = match &args.ruling {
        RulingVerb::Takedown { record, why } => (Ruling::Takedown(known(seat, record)?), why),
        RulingVerb::Purge { record, why } => (Ruling::Purge(known(seat, record)?), why),
        RulingVerb::Ban { key, why } => (Ruling::Ban(*key), why),
        RulingVerb::Embargo { language, tag, kind, why } => {
            let scope = Scope { language: word(language)?, tag: word(tag)?, kind: word(kind)? };
            (Ruling::Embargo(scope), why)
        }
        RulingVerb::Freeze { why } => (Ruling::Freeze, why),
        RulingVerb::Shift { preference, why } => (Ruling::Shift(Preference::read(preference)?), why),
        RulingVerb::RateCap { most, why } => (Ruling::RateCap(*most), why),
        RulingVerb::Lift { decision, why } => (Ruling::Lift(in_force(seat, decision)?), why),
    };
    if ruling.needs_end() && why.until.is_none() {
        bail!(
            "expected the day on which it ends, since a {} holds new records or releases back\nHint: --until 2027-03-01, say; `decision propose` can renew it then",
            ruling.name()
        );
    }
    let until = why.until.map(HourTime::hour);
    if until.is_some_and(|until| until.unix_s() <= seat.now_s) {
        bail!("expected an end in the future, found one that has passed\nHint: --until names the day on which it ends");
    }
    let (reason, condition) = (Reason::named(&why.reason), Condition::named(&why.condition));
    let (Some(reason), Some(condition)) = (reason, condition) else {
        bail!("expected a reason and a condition that are known; `--help` lists them")
    };
    let decision = Decision {
        community: seat.community.id(),
        charter: seat.leading.charter.id(),
        ruling,
        reason,
        condition,
        until,
        explained: why.explained,
        time: HourTime::hour(seat.now_s),
    };
    sign(seat, &decision, "Propose and sign", why.yes, context)
}

/// A record that is known here: a slip in an id must not become a decision.
fn known(seat: &Seat, record: &RecordId) -> anyhow::Result<RecordId> {
    match status::header(record, &seat.access)? {
        Some(_) => Ok(*record),
        None => bail!(
            "this community has no record {record} here\nHint: check the id; `commonwheel status {record}` shows whether it is known"
        ),
    }
}

fn word(given: &Option<String>) -> anyhow::Result<Option<String>> {
    match given {
        Some(word) if !is_word(word) => bail!(
            "expected 1 to 32 lower-case letters, digits and hyphens, found {word:?}\nHint: name a language such as es, a tag, or a kind such as chat"
        ),
        word => Ok(word.clone()),
    }
}

/// The decision in force with this id or the only one whose id begins so.
fn in_force(seat: &Seat, wanted: &str) -> anyhow::Result<Cid> {
    let fits: Vec<_> = seat.counting.decisions.keys().filter(|id| id.to_string().starts_with(wanted)).collect();
    match fits[..] {
        [id] => match seat.counting.decisions.get(id).is_some_and(|one| one.ruling.erases().is_some()) {
            true => bail!(
                "what was taken down stays so; found {wanted}, which erased a record\nHint: its author may share it again"
            ),
            false => Ok(*id),
        },
        [] => bail!("no decision in force has the id {wanted}\nHint: `commonwheel decision list` shows them"),
        _ => bail!("several decisions have ids that begin with {wanted}\nHint: give more of it"),
    }
}
