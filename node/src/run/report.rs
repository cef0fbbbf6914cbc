//! What the driver tells people: in the log, and about how the node is.

use super::driver::Driver;
use super::member::{Member, now};
use super::wire::{CommunityInfo, Info};
use crate::govern::{Governance, words};
use crate::net::{Multiaddr, PeerId};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::Notice;
use commonwheel_protocol::core::counted::Counted;
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::LedgerError;
use sha2::{Digest, Sha256};

impl Driver {
    pub(super) fn note(notice: Notice) {
        match notice {
            Notice::Accepted(record) => tracing::info!(%record, "accepted"),
            Notice::Held(validator, records) => {
                tracing::info!(%validator, records = records.len(), "a validator holds bodies");
            }
            Notice::Validator(validator, _) => tracing::info!(%validator, "a validator is present"),
            Notice::Damaged(why) => tracing::error!(why, "the store is damaged; run `commonwheel store check`"),
            Notice::Reconciled(_, missing) => tracing::debug!(missing, "reconciled"),
            Notice::Failed(record, why) => tracing::info!(%record, why, "a record failed a check"),
            Notice::Proposed(matter, signer) => tracing::info!(%matter, %signer, "a validator is for a matter"),
            Notice::Signed(matter) => tracing::info!(%matter, "signed a motion"),
            Notice::NotSigned(matter, why) => tracing::warn!(%matter, why, "did not sign a motion"),
            Notice::Resolved(matter) => tracing::info!(%matter, "a matter is resolved"),
            Notice::Erased(record) => tracing::info!(%record, "withdrawn or taken down; its text is erased"),
            Notice::Expired(record) => tracing::info!(%record, "kept for as long as the charter says; erased"),
            Notice::Succeeded(charter) => tracing::warn!(%charter, "another charter leads now"),
            Notice::Forked(charters) => {
                tracing::error!(
                    ?charters,
                    "two successors are certified in one round; nothing is accepted until a higher round is"
                );
            }
            Notice::Contradicted(validator, what) => {
                let what = words::contradiction(&what);
                tracing::warn!(%validator, what, "a validator has contradicted itself; the proof is kept");
            }
            Notice::Acknowledged(validator, operations) => {
                tracing::info!(%validator, operations = operations.len(), "a validator has taken operations");
            }
            Notice::NotTaken(operation, why) => tracing::warn!(%operation, why, "an operation was not taken"),
            Notice::Refused(record, why) => tracing::info!(%record, why, "a validator refused a record"),
        }
    }

    pub(super) async fn info(&self) -> Result<Info, LedgerError> {
        let peer = self.seat.net.local_peer();
        let listeners = self.seat.net.listeners().await;
        let mut communities = Vec::new();
        for (id, member) in &self.members {
            communities.push(community_info(id, member)?);
        }
        Ok(Info {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            peer: peer.to_string(),
            addresses: listeners.iter().map(|address| with_peer(address, peer)).collect(),
            peers: self.connected.len(),
            communities,
        })
    }
}

fn community_info(id: &Cid, member: &Member) -> Result<CommunityInfo, LedgerError> {
    let (store, charter) = (&member.store, member.core.charter());
    let mut evidence = Sha256::new();
    index::each(store, &[prefix::ITEM], |entry| {
        evidence.update(&entry.key);
        Ok(())
    })?;
    let counted = Counted::load(member.core.lineage(), store)?;
    let accepted = counted.as_ref().map_or(0, |counted| counted.accepted().count());
    let root = counted.filter(|_| charter.understood()).map(|counted| counted.root(&charter.id())).transpose()?;
    let state_root = root.map(|root| root.to_string());
    let mut waiting = 0;
    index::each(store, &[prefix::WAITING], |_| {
        waiting += 1;
        Ok(())
    })?;
    Ok(CommunityInfo {
        id: id.to_string(),
        name: charter.name.clone(),
        validator: member.core.validator().is_some(),
        accepted,
        incomplete: member.core.incomplete(),
        waiting,
        state_root,
        evidence: data_encoding::HEXLOWER.encode(&evidence.finalize()),
        silent: member.core.silent_because().map(str::to_owned),
        governance: Governance::of(
            member.core.lineage(),
            member.core.counting(),
            now().unix_s(),
            member.core.validator().as_ref(),
            store,
        )?,
        validators_present: member.core.present_validators().iter().map(ToString::to_string).collect(),
    })
}

fn with_peer(address: &Multiaddr, peer: PeerId) -> String {
    if crate::net::peer_of(address).is_some() { address.to_string() } else { format!("{address}/p2p/{peer}") }
}
