//! Faults put into one node on purpose: each must be noticed by a checker.

use crate::community::Community;
use crate::disk::Disk;
use crate::node::peer;
use crate::plan::{Phase, Plan, Planted};
use crate::records::PLANTED;
use commonwheel_protocol::agreement::{Batch, Entry, Verdict};
use commonwheel_protocol::bytes::{Cid, Codec, Node, decode, encode};
use commonwheel_protocol::core::{AskId, Effect, Offence, Step, status};
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::{self, Ledger, LedgerError, Shelf, Store};
use commonwheel_protocol::operation::{Equivocation, Matter, Motion, Resolution, Withdrawal};
use commonwheel_protocol::record::{Body, RecordId};
use commonwheel_protocol::wire::exchange::{Answer, Parcel};
use commonwheel_protocol::wire::gossip::Message;

/// Changes what one node is about to commit and do.
pub fn spoil(
    fault: Planted,
    plan: &Plan,
    (at, phase): (usize, Phase),
    asker: Option<usize>,
    around: (&Disk, &Community),
    step: &mut Step,
) {
    let (store, community) = around;
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
        Planted::CertificatesForgotten if replica => forget_certificates(step),
        Planted::CertificatesLate if replica && phase != Phase::Quiet => forget_certificates(step),
        Planted::TombstonesForgotten if replica => {
            step.batch.puts.retain(|(.., bytes)| Withdrawal::verify(bytes).is_err());
            step.batch.erasures.retain(|(_, cid)| !is_body(store, cid));
        }
        Planted::ProofsForgotten if replica => {
            step.batch.puts.retain(|(.., bytes)| Equivocation::verify(bytes).is_err());
        }
        Planted::NothingErased if replica => step.batch.erasures.retain(|(_, cid)| !is_body(store, cid)),
        Planted::SignsOn if at == plan.quorum.0 - 1 => sign_on(at, store, community, step),
        Planted::HigherRoundsForgotten if replica => {
            step.batch
                .puts
                .retain(|(.., bytes)| !Resolution::verify(bytes).is_ok_and(|one| round_of(one.matter()) > 1));
        }
        Planted::NumberTwice if validator => sign_two_under_one_number(community, step),
        Planted::BlamesEveryone | Planted::BansEveryone if validator => {
            let blame = |asker| Effect::Penalise(peer(asker), Offence::Unwanted);
            step.effects.extend(asker.map(blame));
        }
        Planted::KeepsEverything if validator => {
            let mut note = vec![0; 2048];
            note[..8].copy_from_slice(&store.syncs().to_be_bytes());
            step.batch.put(Shelf::Live, Cid::of(Codec::Raw, &note), note);
        }
        Planted::BlamesNobody => step.effects.retain(|effect| !matches!(effect, Effect::Penalise(..))),
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

fn is_body(store: &Disk, cid: &Cid) -> bool {
    let held = |shelf| store.block(shelf, cid).ok().flatten();
    [Shelf::Waiting, Shelf::Certified].into_iter().filter_map(held).any(|block| Body::<String>::verify(&block).is_ok())
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

/// Publishes a verdict on an unknown record under the number of a batch that it publishes too.
fn sign_two_under_one_number(community: &Community, step: &mut Step) {
    let published = step.effects.iter().find_map(|effect| match effect {
        Effect::Publish(bytes) => {
            Message::read(bytes).ok()?.batches.first().and_then(|batch| Batch::verify(batch).ok())
        }
        _ => None,
    });
    let Some(batch) = published else { return };
    let entries = [Entry { record: RecordId(Cid::of_cbor(b"another")), verdict: Verdict::Accept }];
    let (number, key) = (batch.signed().number, &community.validators[0]);
    let other = Batch::sign(community.id(), community.charter().id(), number, &entries, key);
    step.effects.push(Effect::Publish(Message { batches: vec![other], ..Message::default() }.to_bytes()));
}

/// The round of a successor; 0 for what is none.
fn round_of(matter: &Matter) -> i64 {
    match matter {
        Matter::Successor(charter) => charter.succeeds.as_ref().map_or(0, |succeeds| succeeds.round),
        _ => 0,
    }
}

/// Signs a verdict under the first charter once this validator has signed a successor, or knows of a fork.
fn sign_on(at: usize, store: &Disk, community: &Community, step: &mut Step) {
    let key = &community.validators[at];
    let motions = store.blocks(Shelf::Live).filter_map(|(_, block)| Motion::verify(block).ok());
    let away = motions.filter(|motion| motion.signer == key.public()).any(|motion| round_of(&motion.matter) > 0);
    if away || status::lineage(store).is_ok_and(|lineage| !lineage.head().fork.is_empty()) {
        let entries = [Entry { record: RecordId(Cid::of_cbor(b"another")), verdict: Verdict::Accept }];
        let batch = Batch::sign(community.id(), community.charter().id(), i64::from(u32::MAX), &entries, key);
        step.batch.put(Shelf::Live, Cid::of_cbor(&batch), batch);
    }
}

fn forget_certificates(step: &mut Step) {
    step.batch.puts.retain(|(shelf, ..)| *shelf != Shelf::Certified);
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
            *bytes = Answer::Records { parcels: parcels.clone(), operations: vec![] }.to_bytes();
        }
    }
}

/// Erases every waiting body, as a disk does that took them for durable too early.
pub fn lose_what_waits(store: &mut Disk) -> Result<(), LedgerError> {
    let erasures = store.blocks(Shelf::Waiting).map(|(cid, _)| (Shelf::Waiting, *cid)).collect();
    store.commit(&ledger::Batch { puts: vec![], erasures })
}
