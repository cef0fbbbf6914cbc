//! A node's membership in one community: its store and its core, opened together.

use super::{RunError, Start};
use crate::community;
use crate::home::Home;
use commonwheel_protocol::agreement::Founding;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{Core, Millis, Role, Rulesets};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::{Batch, Ledger, Shelf, Store};
use commonwheel_protocol::wire::exchange::Peer;
use commonwheel_storage::CarStore;
use libp2p::PeerId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A community that this node has opened.
pub struct Member {
    /// The rules' view.
    pub core: Core,
    /// The truth.
    pub store: CarStore,
}

/// Milliseconds since 1970, by this machine's clock.
pub fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Millis(since.as_millis() as u64)
}

/// Opens a community's store, and puts its founding and terms on the certified shelf.
///
/// # Errors
/// When the store is held by another process, damaged, or cannot be written.
pub fn open_store(home: &Home, id: &Cid) -> Result<(Founding, CarStore), RunError> {
    let folder = community::load(home, id).map_err(|error| RunError::Store(error.to_string()))?;
    let mut store =
        CarStore::open(&folder.store(), index::derive).map_err(|error| RunError::Store(error.to_string()))?;
    let mut batch = Batch::default();
    let founding = folder.founding.clone();
    batch.put(Shelf::Certified, founding.charter().terms, folder.terms.as_bytes().to_vec());
    batch.put(Shelf::Certified, founding.cid(), founding.bytes().to_vec());
    let complete = batch.puts.iter().all(|(shelf, cid, _)| store.holds(*shelf, cid).unwrap_or(false));
    if !complete {
        store.commit(&batch).map_err(|error| RunError::Store(error.to_string()))?;
    }
    Ok((founding, store))
}

/// Puts blocks on the store of a community that no node has open.
///
/// # Errors
/// As [`open_store`].
pub fn keep(home: &Home, id: &Cid, batch: &Batch) -> Result<(), RunError> {
    let (_, mut store) = open_store(home, id)?;
    store.commit(batch).map_err(|error| RunError::Store(error.to_string()))
}

/// Opens one community.
///
/// # Errors
/// When its store cannot be opened, or this program cannot use the charter's rules of redaction.
pub fn open_member(home: &Home, id: &Cid, seed: &Seed, peer: &PeerId) -> Result<Member, RunError> {
    let (founding, store) = open_store(home, id)?;
    commonwheel_config::ruleset::of_charter(founding.charter())
        .map_err(|error| RunError::Store(format!("{:?}: {error}", founding.charter().name)))?;
    let rulesets: Rulesets = Arc::new(|charter| commonwheel_config::ruleset::of_charter(charter).ok());
    let role = Role { peer: Peer(peer.to_bytes()), validator: Some(seed.validator()), reader: seed.reader(id) };
    let core = Core::open(rulesets, role, now(), &store).map_err(|error| RunError::Store(error.to_string()))?;
    Ok(Member { core, store })
}

/// Opens the communities that a node starts with.
pub(super) fn open_all(start: &Start, peer: &PeerId) -> Result<BTreeMap<Cid, Member>, RunError> {
    let open = |id: &Cid| Ok((*id, open_member(&start.home, id, &start.seed, peer)?));
    start.communities.iter().map(open).collect()
}
