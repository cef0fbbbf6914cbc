//! What every node holds before anything is measured: a community with some certified records.

use super::{APART, BODY_BYTES, RECORDS_BEFORE, TOGETHER};
use crate::Failed;
use crate::community::Community;
use crate::records;
use commonwheel_protocol::agreement::certificate::Acceptance;
use commonwheel_protocol::agreement::charter::{BodyAccess, Quorum};
use commonwheel_protocol::agreement::{Batch, Certificate, Entry, Verdict};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::ledger::{self, Shelf, Store};
use commonwheel_protocol::record::SignedHeader;
use commonwheel_protocol::wire::exchange::Parcel;
use commonwheel_storage::MemoryStore;

/// A community, its store, and records still to be contributed.
pub(super) struct Seeded {
    pub community: Community,
    pub store: MemoryStore,
    pub records: Vec<Parcel>,
    /// One that every validator refuses.
    pub unsound: Parcel,
}

/// Founds a community of so many validators of which as many may lie as can.
pub(super) fn community(validators: usize) -> Result<Seeded, Failed> {
    let f = (validators - 1) / 3;
    let q = (validators + f) / 2 + 1;
    Quorum::new(validators, f, q)?;
    let community = Community::found(validators, f, q, BodyAccess::OnCertificate)?;
    let mut records = records::sound(RECORDS_BEFORE + APART + TOGETHER + 1, BODY_BYTES, &community)?;
    let before: Vec<_> = records.drain(..RECORDS_BEFORE).collect();
    let headers: Vec<_> = before.iter().map(|parcel| SignedHeader::verify(&parcel.header)).collect::<Result<_, _>>()?;
    let entries: Vec<_> = headers.iter().map(|h| Entry { record: h.id(), verdict: Verdict::Accept }).collect();
    let (id, charter) = (community.id(), community.charter());
    let sign = |key| Batch::verify(&Batch::sign(id, charter.id(), 1, &entries, key));
    let batches: Vec<_> = community.validators[..q].iter().map(sign).collect::<Result<_, _>>()?;
    let mut store = community.joined_store()?;
    let mut batch = ledger::Batch::default();
    for (at, (header, parcel)) in headers.iter().zip(before).enumerate() {
        let acceptances = batches.iter().filter_map(|batch| Acceptance::of(batch, at)).collect();
        let certificate = Certificate::form(header.id(), header.header().time, charter, acceptances)?;
        let body = parcel.body.unwrap_or_default();
        batch.put(Shelf::Certified, certificate.cid(), certificate.bytes().to_vec());
        batch.put(Shelf::Certified, Cid::of_cbor(&body), body);
        batch.put(Shelf::Certified, header.id().0, parcel.header);
    }
    store.commit(&batch)?;
    let unsound = records::unsound(&community)?;
    Ok(Seeded { community, store, records, unsound })
}
