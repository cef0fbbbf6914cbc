//! The waiting room is private: no body in gossip, and none to a node that is no validator before
//! the record's certificate, or before its release when the charter keeps bodies for those. Who is a
//! validator is said by the charter that the sender goes by.

use super::{Check, Sent, View};
use crate::node::Node;
use crate::records::{BODY_MARK, contains};
use commonwheel_protocol::agreement::Certificate;
use commonwheel_protocol::agreement::charter::BodyAccess;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{Core, release, status};
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::wire::exchange::Answer;
use std::collections::BTreeSet;

/// Looks at every message.
#[derive(Default)]
pub struct Privacy;

impl Check for Privacy {
    fn name(&self) -> &'static str {
        "privacy"
    }

    fn sent(&mut self, view: &View, sent: &Sent) -> Result<(), String> {
        if !contains(sent.bytes(), BODY_MARK) {
            return Ok(());
        }
        match sent {
            Sent::Gossip { from, .. } => Err(format!("node {from} gossips a body")),
            Sent::Ask { from, to, .. } | Sent::Reply { from, to, .. } if is_validator(view, *from, *to) => Ok(()),
            Sent::Ask { from, to, .. } => Err(format!("node {from} pushes a body to node {to}, which is no validator")),
            Sent::Reply { from, to, bytes } => {
                bodies_are_open(view, *from, bytes).map_err(|what| format!("node {from} sends node {to} {what}"))
            }
        }
    }
}

/// Whether the charter that a node goes by names another as a validator.
fn is_validator(view: &View, from: usize, to: usize) -> bool {
    let (charter, key) = (view.nodes[from].core.as_ref().map(Core::charter), view.nodes[to].public());
    charter.zip(key).is_some_and(|(charter, key)| charter.validator(&key).is_some())
}

fn bodies_are_open(view: &View, from: usize, bytes: &[u8]) -> Result<(), String> {
    let sender = &view.nodes[from];
    let released = match &sender.core {
        Some(core) => release::released(core.counting(), &sender.store).map_err(|error| error.to_string())?,
        None => BTreeSet::new(),
    };
    let Ok(Answer::Records { parcels, .. }) = Answer::read(bytes) else {
        return Err("a body outside of a record".into());
    };
    for parcel in parcels.iter().filter(|parcel| parcel.body.is_some()) {
        let id = RecordId(Cid::of_cbor(&parcel.header));
        if view.plan.bodies != BodyAccess::OnCertificate && !released.contains(&id) {
            return Err("a body that the charter keeps for releases".into());
        }
        if !is_certified(sender, &id).map_err(|error| error.to_string())? {
            return Err("a body before its certificate".into());
        }
    }
    Ok(())
}

/// Whether a node holds a certificate for a record, under whichever charter was certified: what was public under one
/// that another round has replaced stays so.
fn is_certified(node: &Node, id: &RecordId) -> Result<bool, LedgerError> {
    let lineage = status::lineage(&node.store)?;
    for (certificate, charter) in index::certificates(&node.store, id)? {
        if let Some(charter) = lineage.charter(&charter)
            && let Some(block) = node.store.block(Shelf::Certified, &certificate)?
            && Certificate::verify(&block, charter).is_ok_and(|certificate| certificate.record() == *id)
        {
            return Ok(true);
        }
    }
    Ok(false)
}
