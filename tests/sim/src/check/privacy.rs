//! The waiting room is private: no body in gossip, and none to a node that is no validator before
//! the record's certificate, or before its release when the charter keeps bodies for those. Who is a
//! validator is said by the charter that the sender goes by.

use super::{Check, Sent, View};
use crate::records::{BODY_MARK, contains};
use commonwheel_protocol::agreement::charter::BodyAccess;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{Core, release, status};
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
        let store = &sender.store;
        let known = status::lineage(store).and_then(|lineage| status::of(&id, &lineage, store));
        if !known.is_ok_and(|known| known.is_some_and(|known| known.certificate.is_some())) {
            return Err("a body before its certificate".into());
        }
    }
    Ok(())
}
