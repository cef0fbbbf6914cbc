//! Messages are within their limits, nobody is asked without end, and what others can make a node keep
//! is bounded: the records that wait, and the bytes of all that is said about them.

use super::{Check, Sent, View};
use crate::hostile::MOST_MADE_UP;
use crate::node::Node;
use crate::plan::Phase;
use commonwheel_protocol::agreement::Batch;
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::limits::{ATTESTATION_ENTRIES, FRAME_BYTES, GOSSIP_BYTES, HEADER_BYTES, WAITING_RECORDS};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::wire::exchange::Receipt;
use std::collections::BTreeMap;

/// Requests of one node to another in one second.
const MOST_ASKS_PER_SECOND: usize = 40;
/// The same in all of the quiet time at the end: two or three rounds of the regular questions
/// (proof, live, spread, reconcile), and a fetch with each.
const MOST_ASKS_WHEN_QUIET: usize = 15;

/// Bytes of anything signed beside its list, and of an entry of that.
const SIGNED_BYTES: usize = 600;
const ENTRY_BYTES: usize = 64;
/// Verdicts of one validator on one record that are kept, its first acceptance included.
const MOST_VERDICTS: usize = 5;
/// What is put to the vote, with a signature: a charter at most, or what is acknowledged of it.
const MATTER_BYTES: usize = 4_096;
/// Statements of one peer that are kept, over the two hours that a simulation can touch.
const STATEMENTS: usize = 8;

/// Requests by who, whom and second.
#[derive(Default)]
pub struct Bounds {
    asks: BTreeMap<(usize, usize, u64), usize>,
    quiet: BTreeMap<(usize, usize), usize>,
}

impl Check for Bounds {
    fn name(&self) -> &'static str {
        "bounds"
    }

    fn sent(&mut self, view: &View, sent: &Sent) -> Result<(), String> {
        let (most, from) = (if matches!(sent, Sent::Gossip { .. }) { GOSSIP_BYTES } else { FRAME_BYTES }, sent.from());
        if sent.bytes().len() > most {
            return Err(format!("node {from} sends {} bytes; at most {most} are allowed", sent.bytes().len()));
        }
        let Sent::Ask { to, .. } = sent else { return Ok(()) };
        let second = self.asks.entry((from, *to, view.now_ms / 1000)).or_default();
        *second += 1;
        if *second > MOST_ASKS_PER_SECOND {
            return Err(format!("node {from} asks node {to} more than {MOST_ASKS_PER_SECOND} times in a second"));
        }
        if view.plan.phase(view.now_ms) == Phase::Quiet {
            let quiet = self.quiet.entry((from, *to)).or_default();
            *quiet += 1;
            if *quiet > MOST_ASKS_WHEN_QUIET {
                return Err(format!("node {from} keeps asking node {to} though nothing is new"));
            }
        }
        Ok(())
    }

    fn end(&mut self, view: &View) -> Result<(), String> {
        view.honest().try_for_each(|node| {
            keeps_nothing_about_unknown_records(view, node)?;
            keeps_little(view, node)
        })
    }
}

/// Bytes on the *live* shelf are bounded by the records that were ever heard of, the validators, and
/// the peers.
fn keeps_little(view: &View, node: &Node) -> Result<(), String> {
    let made_up = if view.plan.liar.is_some() { MOST_MADE_UP as usize } else { 0 };
    let heard_of = view.records.len() + made_up;
    let mut waiting = 0;
    index::each_record(&node.store, prefix::WAITING, |_, _| waiting += 1).map_err(|error| error.to_string())?;
    if waiting > heard_of.min(WAITING_RECORDS) {
        return Err(format!("in node {} {waiting} records wait; at most {heard_of} were ever heard of", node.index));
    }
    // The batch and the receipt of an honest validator name records that are heard of; those of
    // another name what it likes, and of each record a few are kept.
    let honest = 2 * (SIGNED_BYTES + heard_of * ENTRY_BYTES);
    let (of_liar, n) = (2 * MOST_VERDICTS * (SIGNED_BYTES + ATTESTATION_ENTRIES * ENTRY_BYTES), view.plan.quorum.0);
    let about_one = HEADER_BYTES + n * honest + if view.plan.liar.is_some() { of_liar } else { 0 };
    let statements = view.plan.nodes() * STATEMENTS * SIGNED_BYTES;
    // Each deed may be put to the vote again a few times, and everyone has a voice; a liar has two more matters.
    let matters = 12 * view.plan.deeds.len() + if view.plan.liar.is_some() { 4 } else { 0 };
    let most = heard_of * about_one + statements + matters * (n + 2) * MATTER_BYTES;
    let bytes: usize = node.store.blocks(Shelf::Live).map(|(_, block)| block.len()).sum();
    if bytes > most {
        return Err(format!("node {} keeps {bytes} bytes of what is live; at most {most} can be needed", node.index));
    }
    Ok(())
}

/// What is said about a record is bounded by the records that wait, and those are bounded. A validator whose disk was
/// replaced may keep what it signed itself about records that went meanwhile, for as long as records wait; no simulation
/// is that long.
fn keeps_nothing_about_unknown_records(view: &View, node: &Node) -> Result<(), String> {
    let given_back = node.public().filter(|_| view.plan.loses_disk(node.index));
    let held =
        |id: &RecordId| [Shelf::Live, Shelf::Certified].iter().any(|on| node.store.holds(*on, &id.0) == Ok(true));
    for (_, block) in node.store.blocks(Shelf::Live) {
        let about: Vec<_> = match (Batch::verify(block), Receipt::verify(block)) {
            (Ok(batch), _) if Some(batch.signed().validator) == given_back => continue,
            (Ok(batch), _) => batch.entries().iter().map(|entry| entry.record).collect(),
            (_, Ok(receipt)) => receipt.records,
            _ => continue,
        };
        if !about.iter().any(held) {
            return Err(format!("node {} keeps verdicts or receipts about records that it does not know", node.index));
        }
    }
    Ok(())
}
