//! Faults put into one node on purpose: each must be noticed by a checker.

use crate::disk::Disk;
use crate::plan::{Plan, Planted};
use crate::records::PLANTED;
use commonwheel_protocol::bytes::{Cid, Node, decode, encode};
use commonwheel_protocol::core::{AskId, Effect, Step};
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::wire::exchange::{Answer, Parcel};

/// Changes what one node is about to commit and do.
pub fn spoil(fault: Planted, plan: &Plan, at: usize, asker: Option<usize>, store: &Disk, step: &mut Step) {
    let validator = at == 0;
    let replica = at == plan.quorum.0;
    match fault {
        Planted::QuorumOffByOne if replica => drop_one_acceptance(step),
        Planted::BodiesServedEarly if validator && asker.is_some_and(|asker| asker >= plan.quorum.0) => {
            serve_waiting(store, step);
        }
        Planted::BodyInGossip if validator => {
            let body = store.blocks(Shelf::Waiting).next().map(|(_, body)| body.to_vec());
            step.effects.extend(body.map(Effect::Publish));
        }
        Planted::ReceiptWithoutBody if validator => step.batch.puts.retain(|(shelf, ..)| *shelf != Shelf::Waiting),
        Planted::RawTextStored if at == plan.contributor() => {
            let raw = encode(&Node::text(PLANTED[0]));
            step.batch.put(Shelf::Live, Cid::of_cbor(&raw), raw);
        }
        Planted::CertificatesForgotten if replica => step.batch.puts.retain(|(shelf, ..)| *shelf != Shelf::Certified),
        Planted::AskingWithoutEnd if replica => {
            let asked = step.effects.iter().find_map(|effect| match effect {
                Effect::Ask { peer, bytes, .. } => Some((peer.clone(), bytes.clone())),
                _ => None,
            });
            let again = |(peer, bytes)| Effect::Ask { peer, ask: AskId(u64::MAX), bytes };
            step.effects.extend(asked.into_iter().flat_map(|asked| vec![again(asked); 100]));
        }
        _ => {}
    }
}

fn drop_one_acceptance(step: &mut Step) {
    for (shelf, cid, bytes) in &mut step.batch.puts {
        let Ok(Node::Map(mut block)) = decode(bytes) else { continue };
        if let (Shelf::Certified, Some(Node::List(acceptances))) = (*shelf, block.get_mut("acceptances")) {
            acceptances.pop();
            *bytes = encode(&Node::Map(block));
            *cid = Cid::of_cbor(bytes);
        }
    }
}

fn serve_waiting(store: &Disk, step: &mut Step) {
    let mut parcels = Vec::new();
    let _ = index::each_record(store, prefix::WAITING, |id, entry| {
        let (header, body) = (store.block(Shelf::Live, &id.0), store.block(Shelf::Waiting, &entry.body));
        if let (Ok(Some(header)), Ok(Some(body))) = (header, body) {
            parcels.push(Parcel { header, body: Some(body), certificate: None });
        }
    });
    for effect in &mut step.effects {
        if let Effect::Reply(_, bytes) = effect
            && !parcels.is_empty()
        {
            *bytes = Answer::Records(parcels.clone()).to_bytes();
        }
    }
}
