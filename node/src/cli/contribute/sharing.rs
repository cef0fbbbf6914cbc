//! A contribution under way: items become signed records, and go to the node after consent.

use super::consent::consent;
use super::gather::Origin;
use super::interview::{Answer, Interview, Item};
use super::{ShareArgs, deliver};
use crate::cli::{Context, progress, session::Session};
use crate::community::{Community, printable};
use crate::contribute::quarantine::{Held, Quarantine};
use crate::contribute::shared::Shared;
use crate::contribute::sign::{Links, NewBody, Signer};
use crate::contribute::{Choices, Notes, Prepared, RightsChoice, notes};
use crate::keys;
use crate::run::member::now;
use anyhow::Context as _;
use commonwheel_protocol::agreement::{Action, Charter, RiskPolicy, checks};
use commonwheel_protocol::identity::{AuthorMode, Seed};
use commonwheel_protocol::record::{RecordId, SignedHeader};
use commonwheel_protocol::redact::{RiskClass, Ruleset};
use commonwheel_protocol::wire::exchange::Parcel;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::process::ExitCode;

/// What came of a contribution, for printing.
#[derive(Default, Serialize)]
pub(super) struct Outcome {
    pub community: String,
    pub shared: Vec<SharedRecord>,
    pub quarantined: Vec<String>,
    pub later: Vec<String>,
    pub duplicates: Vec<String>,
    pub failed: Vec<String>,
    pub validators: Vec<String>,
    /// How many validators the charter names, and how many records of an author they take in an hour.
    #[serde(skip)]
    pub charter: (usize, i64),
}

/// One record that was shared.
#[derive(Serialize)]
pub(super) struct SharedRecord {
    pub id: String,
    pub origin: String,
    pub held_by: Vec<String>,
    pub state: &'static str,
    pub reason: Option<String>,
    /// Findings that the author declared to be none, so that a person has to look.
    pub false_alarms: i64,
}

/// A record handed to the node.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub id: RecordId,
    pub origin: String,
    pub false_alarms: i64,
}

/// What a contribution needs and does not change.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub context: &'a Context,
    pub args: &'a ShareArgs,
    pub community: &'a Community,
    /// The charter that leads.
    pub charter: &'a Charter,
    pub seed: &'a Seed,
    pub ruleset: &'a Ruleset,
}

/// A contribution under way.
pub(super) struct Sharing<'a> {
    run: Run<'a>,
    signer: Signer<'a>,
    choices: Choices,
    /// Asks about each item; none with `--yes`.
    interview: Option<Interview<'a>>,
    /// Items still to come, at most.
    picked: usize,
    /// Whether the person has agreed to what goes to the node.
    consented: bool,
    shared: Shared,
    /// Items in quarantine, by digest.
    held: BTreeMap<String, u32>,
    /// Items to be shared later, by digest.
    scheduled: BTreeMap<String, u32>,
    /// Files of published datasets whose source nobody named.
    nameless: BTreeSet<usize>,
    session: Option<Session>,
    /// Signed and not yet handed to the node, with the digests of their contents.
    ready: Vec<Parcel>,
    digests: Vec<String>,
    sent: Vec<Sent>,
    /// Classes of which the person was told already.
    said: BTreeSet<RiskClass>,
    /// What is signed and handed over; hidden while questions are asked.
    progress: indicatif::ProgressBar,
    outcome: Outcome,
}

/// Records handed to the node at a time, and their bytes.
const BATCH_RECORDS: usize = 256;
const BATCH_BYTES: usize = 8 << 20;

impl<'a> Sharing<'a> {
    pub fn begin(
        run: Run<'a>,
        choices: Choices,
        interview: Option<Interview<'a>>,
        picked: usize,
    ) -> anyhow::Result<Self> {
        let (home, id, charter) = (&run.context.home, run.community.id(), run.charter);
        Ok(Sharing {
            shared: Shared::load(&home.community(&id), run.seed, &id).context("cannot read what was shared before")?,
            held: Quarantine::at(home.quarantine()).digests()?,
            scheduled: Quarantine::at(home.later()).digests()?,
            signer: Signer { seed: run.seed, charter, community: id, ruleset: run.ruleset, now_s: now().unix_s() },
            consented: interview.is_none(),
            progress: match interview {
                None if !run.context.out.json => progress::count("records signed and handed over"),
                _ => indicatif::ProgressBar::hidden(),
            },
            run,
            choices,
            interview,
            picked,
            nameless: BTreeSet::new(),
            said: BTreeSet::new(),
            session: None,
            ready: Vec::new(),
            digests: Vec::new(),
            sent: Vec::new(),
            outcome: Outcome {
                community: charter.name.clone(),
                charter: (charter.quorum.n(), charter.number("records_per_author_per_hour")),
                ..Outcome::default()
            },
        })
    }

    /// Shares one item, or holds it back, or says why not. Breaks off when the person has had enough.
    pub fn take(&mut self, number: usize, mut item: Prepared, origin: Origin) -> anyhow::Result<ControlFlow<()>> {
        const ON: anyhow::Result<ControlFlow<()>> = Ok(ControlFlow::Continue(()));
        self.picked = self.picked.saturating_sub(1);
        let mut digest = self.shared.digest(&item);
        if self.is_known(&digest, origin) {
            return ON;
        }
        if self.interview.is_none() && self.lacks_source(&item, origin) {
            return ON;
        }
        let policy = &self.signer.charter.risks;
        let notes = Notes::of(&item, self.run.ruleset);
        if !self.interview.as_ref().is_some_and(Interview::shows_each) {
            say_once(&mut self.said, &notes, policy, origin);
        }
        let choices = match &mut self.interview {
            None => self.choices.clone(),
            Some(interview) => match interview.ask(Item { number, item: &mut item, policy }, origin, &self.choices)? {
                Answer::Share(choices) => *choices,
                Answer::Skip => return ON,
                Answer::Stop => return Ok(ControlFlow::Break(())),
            },
        };
        // With false alarms that the person named just now, it is another text.
        let named = self.shared.digest(&item);
        if named != digest && self.is_known(&named, origin) {
            return ON;
        }
        digest = named;
        let body = match self.signer.body(&item, &choices) {
            Ok(body) => body,
            Err(error) => {
                self.outcome.failed.push(format!("{origin}: {error}"));
                return ON;
            }
        };
        if let Some(why) = self.blocked(&body.bytes)? {
            self.outcome.failed.push(format!("{origin}: {why}"));
            return ON;
        }
        self.shared.remember(digest.clone());
        if item.needs_a_look(self.signer.charter.number("quarantine_above")) {
            self.hold_back(&item, &body.bytes, digest, origin, &choices)?;
        } else if let Some(due) = self.run.args.later {
            self.put_off(&item, &body, digest, origin, &choices, due.unix_s())?;
        } else {
            self.add_profile()?;
            self.sign(body, digest, origin.to_string(), &choices, item.links())?;
        }
        ON
    }

    /// Why the community does not take a body, if it does not: by the same look as validators take.
    fn blocked(&self, body: &[u8]) -> anyhow::Result<Option<String>> {
        let found = checks::risks(body, self.run.ruleset)?;
        Ok(notes::blocked(found.into_keys(), &self.signer.charter.risks))
    }

    /// Whether it was shared before, or is held back; then that is noted.
    fn is_known(&mut self, digest: &str, origin: Origin) -> bool {
        if self.shared.contains(digest) && !self.run.args.again {
            self.outcome.duplicates.push(origin.to_string());
            return true;
        }
        if let Some(number) = self.scheduled.get(digest) {
            self.outcome.duplicates.push(format!("{origin}: to be shared later, as item {number}"));
            return true;
        }
        let held = self.held.get(digest);
        if let Some(number) = held {
            self.outcome.quarantined.push(format!("{origin}: since before, as quarantine item {number}"));
        }
        held.is_some()
    }

    /// Items that could not be read.
    pub fn left_out(&mut self, errors: impl Iterator<Item = String>) {
        self.outcome.failed.extend(errors);
    }

    /// Without questions a published dataset is shared only when flags name its source.
    fn lacks_source(&mut self, item: &Prepared, origin: Origin) -> bool {
        let lacks = item.third_party && self.choices.rights == RightsChoice::Usual;
        if lacks && self.nameless.insert(origin.file) {
            self.outcome.failed.push(format!(
                "{}: expected the source of a published dataset ({}), found none named; add --source NAME \
                 --source-licence LICENCE, or --rights own-and-model if it is yours",
                origin.name, item.format
            ));
        }
        lacks
    }

    /// A named author or pseudonym with a profile publishes it once, before the first record.
    fn add_profile(&mut self) -> anyhow::Result<()> {
        let mode = self.choices.mode;
        let profile = keys::Profile::load(&self.run.context.home)?;
        let Some(name) = profile.name.filter(|_| mode != AuthorMode::Anonymous) else { return Ok(()) };
        let about = profile.about.as_deref().filter(|_| mode == AuthorMode::Named);
        let digest = format!("profile-{}-{}", mode.name(), self.shared.digest_text(&[&name, about.unwrap_or("")]));
        if !self.shared.remember(digest.clone()) {
            return Ok(());
        }
        let choices = self.choices.clone();
        let bytes = self.signer.profile(&name, about, &choices)?;
        if let Some(why) = self.blocked(&bytes)? {
            anyhow::bail!("your profile cannot be published: {why}\nHint: `commonwheel identity profile` changes it");
        }
        let body = NewBody { bytes, false_alarms: 0 };
        self.sign(body, digest, "your profile".to_owned(), &choices, Links::default())
    }

    fn hold_back(
        &mut self,
        item: &Prepared,
        body: &[u8],
        digest: String,
        origin: Origin,
        choices: &Choices,
    ) -> anyhow::Result<()> {
        let held = self.hold(item, body, digest, origin, choices);
        let number = Quarantine::at(self.run.context.home.quarantine()).add(&held)?;
        self.outcome.quarantined.push(format!("{origin}: {} findings, quarantine item {number}", item.findings()));
        Ok(())
    }

    /// Keeps an item, unsigned, to be shared when it is due.
    fn put_off(
        &mut self,
        item: &Prepared,
        body: &NewBody,
        digest: String,
        origin: Origin,
        choices: &Choices,
        due: i64,
    ) -> anyhow::Result<()> {
        if !self.consented {
            let (out, charter) = (self.run.context.out, &self.signer.charter);
            let look = usize::from(body.false_alarms > 0);
            self.consented = consent((1, look), self.picked, &self.choices, charter, out)?;
            if !self.consented {
                return Err(Refused.into());
            }
        }
        let held = Held { due: Some(due), ..self.hold(item, &body.bytes, digest, origin, choices) };
        let number = Quarantine::at(self.run.context.home.later()).add(&held)?;
        self.outcome.later.push(format!("{origin}: item {number}"));
        Ok(())
    }

    fn hold(&self, item: &Prepared, body: &[u8], digest: String, origin: Origin, choices: &Choices) -> Held {
        Held {
            community: self.signer.community.to_string(),
            origin: origin.to_string(),
            format: item.format.to_owned(),
            findings: item.findings(),
            body: data_encoding::BASE64.encode(body),
            licence: choices.licence.to_string(),
            preference: choices.preference_given.clone(),
            mode: choices.mode.name().to_owned(),
            corrects: item.corrects.map(|record| record.to_string()),
            about: item.about.map(|record| record.to_string()),
            revises: item.revises.map(|revised| revised.record.to_string()),
            due: None,
            digest,
        }
    }

    fn sign(
        &mut self,
        body: NewBody,
        digest: String,
        origin: String,
        choices: &Choices,
        links: Links,
    ) -> anyhow::Result<()> {
        let NewBody { bytes, false_alarms } = body;
        let parcel = self.signer.sign(bytes, choices, links)?;
        let id = SignedHeader::verify(&parcel.header)?.id();
        self.progress.inc(1);
        self.sent.push(Sent { id, origin, false_alarms });
        self.digests.push(digest);
        self.ready.push(parcel);
        let bytes: usize = self.ready.iter().map(|parcel| parcel.body.as_ref().map_or(0, Vec::len)).sum();
        if self.ready.len() >= BATCH_RECORDS || bytes > BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    /// Hands what is signed to the node, which keeps it durably and pushes it; asks for consent
    /// before the first time.
    fn flush(&mut self) -> anyhow::Result<()> {
        if self.ready.is_empty() {
            return Ok(());
        }
        if !self.consented {
            let (out, charter) = (self.run.context.out, &self.signer.charter);
            let look = self.sent.iter().filter(|sent| sent.false_alarms > 0).count();
            self.consented = consent((self.ready.len(), look), self.picked, &self.choices, charter, out)?;
            if !self.consented {
                return Err(Refused.into());
            }
        }
        let session = match self.session.take() {
            Some(session) => session,
            None => Session::online(self.run.context, Some(&self.run.community.id()), Some(self.run.seed))?,
        };
        let parcels = std::mem::take(&mut self.ready);
        let taken = deliver::hand_over(&session.client, &self.signer.community, parcels)?;
        self.session = Some(session);
        // What was not taken can be shared another time.
        let digests = std::mem::take(&mut self.digests).into_iter().zip(taken);
        let digests: Vec<_> = digests.filter(|(_, taken)| *taken).map(|(digest, _)| digest).collect();
        self.shared.save(&digests).context("cannot note what was shared")
    }

    /// Hands over the rest, waits as long as was asked for, and prints what came of it.
    pub fn finish(mut self) -> anyhow::Result<ExitCode> {
        self.flush()?;
        self.progress.finish_and_clear();
        let (args, out) = (self.run.args, self.run.context.out);
        if let Some(session) = self.session.take() {
            let waited = deliver::wait(&session.client, &self.signer, &self.sent, args.until, args.timeout, out)?;
            self.outcome.shared = waited.records;
            self.outcome.validators = waited.validators;
            session.close()?;
        }
        deliver::print(&self.outcome, out)?;
        Ok(ExitCode::from(self.outcome.exit_code(args.until)))
    }
}

/// Says of each class that the community does not simply allow, the first time one is seen, what becomes of such
/// items. For runs in which nobody looks at each.
fn say_once(said: &mut BTreeSet<RiskClass>, notes: &Notes, policy: &RiskPolicy, origin: Origin) {
    for (class, action) in notes.actions(policy) {
        if action != Action::Allow && said.insert(class) {
            let (meaning, becomes) = (class.meaning(), action.meaning());
            anstream::eprintln!(
                "{}: {class}: seems to be about {meaning}; here: {becomes}. Others like it are treated alike.",
                printable(&origin.to_string())
            );
        }
    }
}

impl Outcome {
    /// 0 when all was shared and came as far as was asked, 3 when only a part did, 1 when nothing was
    /// shared and something should have been.
    fn exit_code(&self, until: deliver::Until) -> u8 {
        let taken = self.shared.iter().filter(|record| !record.is_refused()).count();
        let refused = self.shared.len() - taken;
        let late = self.shared.iter().any(|record| !until.reached(record));
        match (refused + self.failed.len(), self.quarantined.len()) {
            (0, 0) if !late => 0,
            (wrong, _) if taken == 0 && wrong > 0 => 1,
            _ => 3,
        }
    }
}

impl SharedRecord {
    /// Whether validators refuse it, or nobody took it in the first place. One that a person has to
    /// look at is not refused.
    fn is_refused(&self) -> bool {
        self.state == "refused" || (self.state != "quarantined" && self.reason.is_some() && self.held_by.is_empty())
    }
}

/// The person said no to sharing.
#[derive(Debug, thiserror::Error)]
#[error(
    "nothing was shared, as you said\nHint: what went to quarantine stays on this machine; see `commonwheel quarantine list`"
)]
pub(super) struct Refused;

#[cfg(test)]
mod tests;
