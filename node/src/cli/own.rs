//! Finding a record and, when it is one's own, the key that signed it.

use super::Context;
use crate::community::{self, Community};
use crate::run::Access;
use anyhow::bail;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::status;
use commonwheel_protocol::identity::{AuthorMode, Seed};
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::{Ledger, LedgerError};
use commonwheel_protocol::record::{Header, RecordId, SignedHeader};
use commonwheel_protocol::sign::SecretKey;
use std::collections::{BTreeMap, BTreeSet};

/// A record that a community joined here knows.
pub struct Found {
    /// The community.
    pub community: Community,
    /// The record's header.
    pub header: SignedHeader,
    /// The community's records. To be let go before a node is started for the command.
    pub access: Access,
}

/// The record with this id, in whichever community it is.
///
/// # Errors
/// When no community joined here knows it, or a store cannot be read.
pub fn find(record: &RecordId, context: &Context) -> anyhow::Result<Found> {
    for community in community::all(&context.home)? {
        let access = Access::open(&context.home, &community.id())?;
        if let Some(header) = header(record, &access)? {
            return Ok(Found { community, header, access });
        }
    }
    bail!(
        "no community joined here knows the record {record}\nHint: check the id, or let the node catch up with `commonwheel run`"
    )
}

/// A record's header: also of one that was withdrawn while it waited.
///
/// # Errors
/// When the ledger fails.
pub fn header(record: &RecordId, ledger: &impl Ledger) -> Result<Option<SignedHeader>, LedgerError> {
    match status::header(record, ledger)? {
        None => Ok(status::fate::withdrawal(record, ledger)?.map(|withdrawal| withdrawal.header().clone())),
        held => Ok(held),
    }
}

/// The key that signed a header, with how its author appears; `None` when it is somebody else's.
pub fn key(seed: &Seed, header: &Header) -> Option<(SecretKey, AuthorMode)> {
    let community = &header.community;
    let (key, mode) = match &header.nonce {
        Some(nonce) => (seed.anonymous(community, nonce), AuthorMode::Anonymous),
        None => {
            let named = seed.named(community);
            match named.public() == header.author {
                true => (named, AuthorMode::Named),
                false => (seed.pseudonym(community), AuthorMode::Pseudonym),
            }
        }
    };
    (key.public() == header.author).then_some((key, mode))
}

/// Every record here whose author key follows from the seed, with how its author appears.
///
/// # Errors
/// When the ledger fails.
pub fn records(seed: &Seed, community: &Cid, ledger: &impl Ledger) -> Result<Vec<(RecordId, AuthorMode)>, LedgerError> {
    let mut own = BTreeMap::new();
    let keys = [(seed.named(community), AuthorMode::Named), (seed.pseudonym(community), AuthorMode::Pseudonym)];
    for (key, mode) in keys {
        index::each(ledger, &index::key(prefix::AUTHOR, &[&key.public().0]), |entry| {
            own.extend(index::last_cid(&entry.key).map(|id| (RecordId(id), mode)));
            Ok(())
        })?;
    }
    // What waits first: a record that is certified between the two is then seen twice, and not missed.
    let mut ids = BTreeSet::new();
    for prefix in [prefix::WAITING, prefix::CERTIFIED] {
        index::each_record(ledger, prefix, |id, _| {
            ids.insert(id);
        })?;
    }
    for id in ids.into_iter().filter(|id| !own.contains_key(id)).collect::<Vec<_>>() {
        let Some(header) = status::header(&id, ledger)? else { continue };
        if header.header().nonce.is_some()
            && let Some((_, mode)) = key(seed, header.header())
        {
            own.insert(id, mode);
        }
    }
    for header in status::fate::withdrawn_while_waiting(ledger)? {
        if let Some((_, mode)) = key(seed, header.header()) {
            own.insert(header.id(), mode);
        }
    }
    Ok(own.into_iter().collect())
}
