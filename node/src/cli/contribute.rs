//! `commonwheel contribute` and `commonwheel preview`.

mod decide;
mod deliver;
mod gather;

use super::{Context, ask, session::Session, show};
use crate::community;
use crate::contribute::pick::Pick;
use crate::contribute::quarantine::{Held, Quarantine};
use crate::contribute::shared::Shared;
use crate::contribute::sign::Signer;
use crate::contribute::{Choices, Prepared};
use crate::keys;
use crate::run::member::now;
use anyhow::bail;
use clap::Args;
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::record::{RecordId, SignedHeader};
use commonwheel_protocol::redact::Ruleset;
use commonwheel_protocol::wire::exchange::Parcel;
pub use decide::ChoiceArgs;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Share chats and other records from files, on your own terms.
///
/// Reads Open WebUI, ChatGPT (the zip or its conversations.json) and OASST exports, chats in
/// OpenAI's JSON or JSONL, question-and-answer JSONL, and plain text. Personal data is redacted
/// on this machine, you see what would be published, and nothing leaves before you agree.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel contribute chats.json
  commonwheel contribute chats.json --pick 1,4-7 --label good --licence CC0-1.0
  commonwheel contribute gsm8k.jsonl --source openai/grade-school-math --source-licence MIT --yes

Exit codes: 0 all shared; 1 nothing shared; 3 shared, but some items failed or are in quarantine.")]
pub struct ContributeArgs {
    /// Files to share from.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The community: its id, the beginning of it, or its name. Not needed when you joined one.
    #[arg(long, value_name = "COMMUNITY")]
    community: Option<String>,
    /// Which items: "all", or numbers and ranges such as 1,4-7.
    #[arg(long, value_name = "ITEMS")]
    pick: Option<Pick>,
    #[command(flatten)]
    choices: ChoiceArgs,
    /// Share again what was shared before.
    #[arg(long)]
    again: bool,
    /// Consent to everything and ask nothing: for scripts.
    #[arg(long)]
    yes: bool,
    /// Wait until the records are held by a validator, or accepted, or not at all.
    #[arg(long, value_enum, default_value_t = deliver::Until::Held)]
    until: deliver::Until,
    /// Wait at most this many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
}

/// Show what would be shared from files, with each redaction marked. Shares nothing.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel preview chats.json
  commonwheel preview chats.json --pick 2 | less -R
  commonwheel --json preview chats.json | jq '.items[] | select(.findings > 0)'")]
pub struct PreviewArgs {
    /// Files to look at.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Use this community's rules of redaction instead of the newest built-in ones.
    #[arg(long, value_name = "COMMUNITY")]
    community: Option<String>,
    /// Which items: "all", or numbers and ranges such as 1,4-7.
    #[arg(long, value_name = "ITEMS")]
    pick: Option<Pick>,
}

/// What a preview found, for programs.
#[derive(Serialize)]
struct Preview {
    items: Vec<gather::Summary>,
    errors: Vec<String>,
}

/// Runs `preview`.
///
/// # Errors
/// When a file cannot be read at all.
pub fn preview(args: &PreviewArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let (ruleset, most) = match &args.community {
        Some(name) => {
            let community = community::chosen(&context.home, Some(name))?;
            let charter = community.founding.charter();
            (ruleset(charter)?, charter.number("quarantine_above"))
        }
        None => {
            let newest = commonwheel_config::ruleset::builtin();
            let most = i64::from(newest.quarantine_above());
            (newest, most)
        }
    };
    let pick = args.pick.clone().unwrap_or(Pick::All);
    let mut preview = Preview { items: Vec::new(), errors: Vec::new() };
    let mut out = anstream::stdout().lock();
    let errors = gather::each(&args.files, &ruleset, &pick, |number, item, origin| {
        if context.out.json {
            preview.items.push(gather::Summary::of(number, &item, origin, most));
        } else {
            show::prepared(&mut out, number, &item)?;
            if item.needs_a_look(most) {
                use std::io::Write;
                writeln!(out, "   more than {most} findings: this item would be held in quarantine on this machine")?;
            }
        }
        Ok(())
    })?;
    drop(out);
    gather::report_errors(&errors);
    preview.errors = errors.iter().map(ToString::to_string).collect();
    if context.out.json {
        context.out.print(&preview, |_| Ok(()))?;
    }
    Ok(if errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

/// The ruleset that a charter names.
fn ruleset(charter: &Charter) -> anyhow::Result<Arc<Ruleset>> {
    match commonwheel_config::ruleset::by_id(&charter.ruleset) {
        Some(ruleset) => Ok(ruleset),
        None => bail!(
            "the charter names a redaction ruleset ({}) that this version does not have\nHint: update commonwheel",
            charter.ruleset
        ),
    }
}

/// What came of a contribution, for printing.
#[derive(Default, Serialize)]
struct Outcome {
    community: String,
    shared: Vec<SharedRecord>,
    quarantined: Vec<String>,
    duplicates: Vec<String>,
    failed: Vec<String>,
    validators: Vec<String>,
}

#[derive(Serialize)]
struct SharedRecord {
    id: String,
    origin: String,
    held_by: Vec<String>,
    state: &'static str,
    reason: Option<String>,
}

/// Runs `contribute`.
///
/// # Errors
/// When nothing can be shared: no community, no identity, unreadable files, no consent.
pub fn contribute(args: &ContributeArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let community = community::chosen(&context.home, args.community.as_deref())?;
    let id = community.id();
    let charter = community.founding.charter();
    let seed = keys::load_seed(&context.home)?;
    let ruleset = ruleset(charter)?;
    let choices = decide::choices(&args.choices, charter, &id, context)?;
    if !args.yes {
        ask::require_terminal(context.out)?;
    }
    decide::consent_to_terms(&community, args.yes, context.out)?;
    let pick = match &args.pick {
        Some(pick) => pick.clone(),
        None if args.yes => Pick::All,
        None => decide::pick(&args.files, &ruleset, charter, context.out)?,
    };
    let mut batch = Sharing::begin(context, &seed, charter, id, &ruleset, choices, args)?;
    let errors = gather::each(&args.files, &ruleset, &pick, |_, item, origin| batch.take(item, origin))?;
    gather::report_errors(&errors);
    batch.outcome.failed.extend(errors.iter().map(ToString::to_string));
    batch.finish()
}

/// A contribution under way.
struct Sharing<'a> {
    context: &'a Context,
    args: &'a ContributeArgs,
    signer: Signer<'a>,
    choices: Choices,
    shared: Shared,
    session: Option<Session>,
    /// Signed and not yet handed to the node, with the digests of their contents.
    ready: Vec<Parcel>,
    digests: Vec<String>,
    sent: Vec<(RecordId, String)>,
    outcome: Outcome,
}

/// Records handed to the node at a time, and their bytes.
const BATCH_RECORDS: usize = 256;
const BATCH_BYTES: usize = 8 << 20;

impl<'a> Sharing<'a> {
    fn begin(
        context: &'a Context,
        seed: &'a Seed,
        charter: &'a Charter,
        community: Cid,
        ruleset: &'a Ruleset,
        choices: Choices,
        args: &'a ContributeArgs,
    ) -> anyhow::Result<Self> {
        let folder = context.home.community(&community);
        let signer = Signer { seed, charter, community, ruleset, now_s: now().unix_s() };
        let mut sharing = Sharing {
            context,
            args,
            shared: Shared::load(&folder, seed, &community)?,
            signer,
            choices,
            session: None,
            ready: Vec::new(),
            digests: Vec::new(),
            sent: Vec::new(),
            outcome: Outcome { community: charter.name.clone(), ..Outcome::default() },
        };
        sharing.add_profile()?;
        Ok(sharing)
    }

    /// A named author or pseudonym with a profile publishes it once, before the first record.
    fn add_profile(&mut self) -> anyhow::Result<()> {
        use commonwheel_protocol::identity::AuthorMode;
        let profile = keys::Profile::load(&self.context.home)?;
        let Some(name) = profile.name else { return Ok(()) };
        if self.choices.mode == AuthorMode::Anonymous {
            return Ok(());
        }
        let about = profile.about.as_deref().filter(|_| self.choices.mode == AuthorMode::Named);
        let body = self.signer.profile(&name, about, &self.choices)?;
        let digest =
            format!("profile-{}-{}", self.choices.mode.name(), self.shared.digest_text(&[&name, about.unwrap_or("")]));
        if self.shared.remember(digest.clone()) {
            self.sign(body, digest, "your profile".to_owned())?;
        }
        Ok(())
    }

    /// Shares one item, or holds it back, or says why not.
    fn take(&mut self, item: Prepared, origin: &str) -> anyhow::Result<()> {
        let digest = self.shared.digest(&item.redacted());
        if self.shared.contains(&digest) && !self.args.again {
            self.outcome.duplicates.push(origin.to_owned());
            return Ok(());
        }
        let choices = decide::for_item(&item, &self.choices, &self.args.choices, self.args.yes, self.context.out)?;
        let Some(choices) = choices else { return Ok(()) };
        let body = match self.signer.body(&item, &choices) {
            Ok(body) => body,
            Err(error) => {
                self.outcome.failed.push(format!("{origin}: {error}"));
                return Ok(());
            }
        };
        self.shared.remember(digest.clone());
        if item.needs_a_look(self.signer.charter.number("quarantine_above")) {
            return self.hold_back(&item, &body, digest, origin, &choices);
        }
        self.sign_with(body, digest, origin.to_owned(), &choices)
    }

    fn hold_back(
        &mut self,
        item: &Prepared,
        body: &[u8],
        digest: String,
        origin: &str,
        choices: &Choices,
    ) -> anyhow::Result<()> {
        let quarantine = Quarantine::at(self.context.home.quarantine());
        let number = quarantine.add(&Held {
            community: self.signer.community.to_string(),
            origin: origin.to_owned(),
            format: item.format.to_owned(),
            findings: item.findings(),
            body: data_encoding::BASE64.encode(body),
            licence: choices.licence.to_string(),
            preference: choices.preference_given.clone(),
            mode: choices.mode.name().to_owned(),
            digest,
        })?;
        self.outcome.quarantined.push(format!("{origin}: {} findings, quarantine item {number}", item.findings()));
        Ok(())
    }

    fn sign(&mut self, body: Vec<u8>, digest: String, origin: String) -> anyhow::Result<()> {
        let choices = self.choices.clone();
        self.sign_with(body, digest, origin, &choices)
    }

    fn sign_with(&mut self, body: Vec<u8>, digest: String, origin: String, choices: &Choices) -> anyhow::Result<()> {
        let parcel = self.signer.sign(body, choices, None)?;
        let id = SignedHeader::verify(&parcel.header)?.id();
        self.sent.push((id, origin));
        self.digests.push(digest);
        self.ready.push(parcel);
        let bytes: usize = self.ready.iter().map(|parcel| parcel.body.as_ref().map_or(0, Vec::len)).sum();
        if self.ready.len() >= BATCH_RECORDS || bytes > BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    /// Hands what is signed to the node, which keeps it durably and pushes it.
    fn flush(&mut self) -> anyhow::Result<()> {
        if self.ready.is_empty() {
            return Ok(());
        }
        let session = match self.session.take() {
            Some(session) => session,
            None => Session::online(self.context, Some(&self.signer.community))?,
        };
        let parcels = std::mem::take(&mut self.ready);
        deliver::hand_over(&session.client, &self.signer.community, parcels)?;
        self.session = Some(session);
        self.shared.save(&std::mem::take(&mut self.digests))?;
        Ok(())
    }

    fn finish(mut self) -> anyhow::Result<ExitCode> {
        if !self.args.yes
            && !self.ready.is_empty()
            && !decide::consent(self.ready.len(), &self.choices, self.context.out)?
        {
            bail!("nothing was shared");
        }
        self.flush()?;
        if let Some(session) = self.session.take() {
            let client = &session.client;
            let waited =
                deliver::wait(client, &self.signer, &self.sent, self.args.until, self.args.timeout, self.context.out)?;
            self.outcome.shared = waited.records;
            self.outcome.validators = waited.validators;
            session.close()?;
        }
        deliver::print(&self.outcome, self.context.out)?;
        let partly = !self.outcome.failed.is_empty() || !self.outcome.quarantined.is_empty();
        Ok(match (self.outcome.shared.is_empty(), partly) {
            (_, true) if !self.outcome.shared.is_empty() || self.outcome.failed.is_empty() => ExitCode::from(3),
            (true, true) => ExitCode::FAILURE,
            _ => ExitCode::SUCCESS,
        })
    }
}

/// Shares one body that had been held in quarantine; used by `quarantine release`.
pub(super) fn release(context: &Context, held: &Held, body: Vec<u8>) -> anyhow::Result<RecordId> {
    let id: Cid = held.community.parse()?;
    let community = community::load(&context.home, &id)?;
    let charter = community.founding.charter();
    let seed = keys::load_seed(&context.home)?;
    let ruleset = ruleset(charter)?;
    let choices = decide::from_held(held, charter)?;
    let signer = Signer { seed: &seed, charter, community: id, ruleset: &ruleset, now_s: now().unix_s() };
    let parcel = signer.sign(body, &choices, None)?;
    let record = SignedHeader::verify(&parcel.header)?.id();
    let session = Session::online(context, Some(&id))?;
    deliver::hand_over(&session.client, &id, vec![parcel])?;
    let sent = [(record, held.origin.clone())];
    deliver::wait(&session.client, &signer, &sent, deliver::Until::Held, 30, context.out)?;
    session.close()?;
    Shared::load(&context.home.community(&id), &seed, &id)?.save(std::slice::from_ref(&held.digest))?;
    Ok(record)
}
