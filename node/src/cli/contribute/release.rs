//! Sharing one item that was held on this machine.

use super::consent::consent;
use super::sharing::{Refused, Sent};
use super::{decide, deliver};
use crate::cli::{Context, own, session::Session};
use crate::community;
use crate::contribute::notes;
use crate::contribute::quarantine::Held;
use crate::contribute::shared::Shared;
use crate::contribute::sign::{Links, Revised, Signer};
use crate::run::member::now;
use anyhow::Context as _;
use commonwheel_protocol::agreement::checks;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::record::{RecordId, SignedHeader};

/// Shares one body that had been held in quarantine; used by `quarantine release`.
/// Asks for consent like everything that is shared: an item may have been held back before the
/// person was asked, or have been refused then.
pub(in crate::cli) fn release(
    context: &Context,
    held: &Held,
    (body, false_alarms): (Vec<u8>, i64),
    yes: bool,
    seed: &Seed,
) -> anyhow::Result<RecordId> {
    let id: Cid = held.community.parse().context("the quarantined item names no community")?;
    let community = community::load(&context.home, &id)?;
    let leading = super::leading(&community, seed, context)?;
    let charter = &leading.charter;
    let ruleset = super::ruleset(charter)?;
    let choices = decide::from_held(held, charter)?;
    decide::consent_to_terms(&community, &leading, yes, context.out)?;
    if !yes && !consent((1, usize::from(false_alarms > 0)), 0, &choices, charter, context.out)? {
        return Err(Refused.into());
    }
    if let Some(why) = notes::blocked(checks::risks(&body, &ruleset)?.into_keys(), &charter.risks) {
        anyhow::bail!("{why}\nHint: `commonwheel quarantine discard` removes it");
    }
    let links = links(held, context)?;
    let signer = Signer { seed, charter, community: id, ruleset: &ruleset, now_s: now().unix_s() };
    let parcel = signer.sign(body, &choices, links)?;
    let record = SignedHeader::verify(&parcel.header)?.id();
    let session = Session::online(context, Some(&id), Some(seed))?;
    if deliver::hand_over(&session.client, &id, vec![parcel])? != [true] {
        session.close()?;
        anyhow::bail!(
            "the node has no room for more waiting records; it stays in quarantine\nHint: release it when some of yours are accepted"
        );
    }
    Shared::load(&context.home.community(&id), seed, &id)?.save(std::slice::from_ref(&held.digest))?;
    let sent = [Sent { id: record, origin: held.origin.clone(), false_alarms }];
    deliver::wait(&session.client, &signer, &sent, deliver::Until::Held, 30, context.out)?;
    session.close()?;
    Ok(record)
}

/// The records that an item in quarantine names.
fn links(held: &Held, context: &Context) -> anyhow::Result<Links> {
    let record = |text: &Option<String>| -> anyhow::Result<Option<RecordId>> {
        text.as_deref().map(str::parse).transpose().context("the quarantined item names no record")
    };
    let revised =
        |record| own::find(&record, context).map(|found| Revised { record, nonce: found.header.header().nonce });
    Ok(Links {
        corrects: record(&held.corrects)?,
        about: record(&held.about)?,
        revises: record(&held.revises)?.map(revised).transpose()?,
    })
}
