//! What waits, reconciled with peers: headers, who vouches for them, the verdicts on them. Never a body.
//!
//! Everything that is said of one waiting record makes one item, so that of a record that stays as it is nothing is
//! sent again, however long it waits.

use super::answer::add;
use super::peers::Asked;
use super::{Core, Millis, Step};
use crate::agreement::{Charter, Verdict};
use crate::index::{self, Item, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::limits::{GOSSIP_ITEMS, LIVE_PAGE_BYTES};
use crate::reconcile::Snapshot;
use crate::record::RecordId;
use crate::sign::PublicKey;
use crate::wire::exchange::{Answer, Ask, Peer};
use crate::wire::gossip::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Records asked for in one request.
const HEARD_AT_ONCE: usize = 64;
/// Items that may be known to be missing at one time, per peer; the rest is found in the next round.
const MOST_TO_HEAR: usize = 100_000;
/// After so long a peer is asked again for what it said before and this node had no use for.
const HEARD_AGAIN_MS: u64 = 600_000;

/// The items of what waits here.
#[derive(Default)]
pub(super) struct Waiting {
    items: BTreeMap<RecordId, (i64, Item)>,
    records: BTreeMap<Item, RecordId>,
    /// Records of which something came or went since.
    changed: BTreeSet<RecordId>,
    snapshot: Option<Arc<Snapshot>>,
}

impl Waiting {
    /// Something was said of these records, or they wait no more.
    pub(super) fn changed(&mut self, records: impl IntoIterator<Item = RecordId>) {
        self.changed.extend(records);
    }

    fn set(&mut self, record: RecordId, item: Option<(i64, Item)>) {
        if self.items.get(&record) == item.as_ref() {
            return;
        }
        if let Some((_, before)) = self.items.remove(&record) {
            self.records.remove(&before);
        }
        if let Some((time_s, item)) = item {
            self.items.insert(record, (time_s, item));
            self.records.insert(item, record);
        }
        self.snapshot = None;
    }

    fn snapshot(&mut self) -> Arc<Snapshot> {
        let items = &self.items;
        self.snapshot.get_or_insert_with(|| Arc::new(Snapshot::new(items.values().copied()))).clone()
    }
}

/// What a peer has said of what waits.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    /// Items that it has and this node lacks, still to be asked for.
    to_hear: BTreeSet<Item>,
    /// Items that it was asked for: what it said then it would say again.
    heard: BTreeSet<Item>,
    since: Millis,
}

impl Core {
    /// Brings the items up to what the ledger holds now.
    pub(super) fn refresh_waiting(&mut self, ledger: &impl Ledger) -> Result<(), LedgerError> {
        for record in std::mem::take(&mut self.hearsay.changed) {
            let item = waiting_item(&record, &self.charter, ledger)?;
            self.hearsay.set(record, item);
        }
        Ok(())
    }

    /// Begins to find out what waits at a peer and is not known here.
    pub(super) fn begin_hearing(&mut self, peer: &Peer, step: &mut Step) {
        if !self.asking(peer, |asked| *asked == Asked::Waiting) {
            let message = self.hearsay.snapshot().open();
            self.ask(peer, Ask::Waiting(message), Asked::Waiting, step);
        }
    }

    /// One step of it; `None` when the message cannot be read.
    pub(super) fn answer_waiting(&mut self, message: &[u8]) -> Option<Answer> {
        self.hearsay.snapshot().answer(message).ok().map(Answer::Reconcile)
    }

    /// Takes a peer's answer; whether it could be read.
    pub(super) fn learn_waiting(&mut self, peer: &Peer, message: &[u8], step: &mut Step) -> bool {
        let Ok(progress) = self.hearsay.snapshot().read(message) else { return false };
        let now = self.now;
        let Some(state) = self.peers.get_mut(peer) else { return true };
        let hearing = &mut state.hearing;
        if hearing.since.plus(HEARD_AGAIN_MS) <= now {
            (hearing.since, hearing.heard) = (now, BTreeSet::new());
        }
        // Whoever invents items is asked for no more than these until the time is over.
        let room = MOST_TO_HEAR.saturating_sub(hearing.to_hear.len() + hearing.heard.len());
        let fresh = progress.missing.into_iter().filter(|item| !hearing.heard.contains(item));
        hearing.to_hear.extend(fresh.take(room));
        if let Some(next) = progress.next.filter(|_| hearing.to_hear.len() + hearing.heard.len() < MOST_TO_HEAR) {
            self.ask(peer, Ask::Waiting(next), Asked::Waiting, step);
        }
        self.hear_from(peer, step);
        true
    }

    /// Asks one peer for what waits there and is not known here: one request at a time.
    pub(super) fn hear_from(&mut self, peer: &Peer, step: &mut Step) {
        if self.asking(peer, |asked| matches!(asked, Asked::Live(_))) {
            return;
        }
        let known = &self.hearsay.records;
        let Some(state) = self.peers.get_mut(peer) else { return };
        let mut items = Vec::new();
        while items.len() < HEARD_AT_ONCE
            && let Some(item) = state.hearing.to_hear.pop_first()
        {
            // Others may have said it since.
            if !known.contains_key(&item) {
                items.push(item);
            }
        }
        state.hearing.to_hear.extend(&items);
        if !items.is_empty() {
            let wire = items.iter().map(|item| item.0).collect();
            self.ask(peer, Ask::Live(wire), Asked::Live(items), step);
        }
    }

    /// Notes that a peer was heard; it says in the order asked what fits into a page, and at least one record.
    pub(super) fn note_heard(&mut self, peer: &Peer, asked: &[Item], records: usize) {
        let Some(state) = self.peers.get_mut(peer) else { return };
        let said = if records == 0 { asked.len() } else { records.min(asked.len()) };
        if records == 0 {
            // It has said so much for nothing that the rest waits for the next round.
            state.hearing.to_hear.clear();
        }
        for item in &asked[..said] {
            state.hearing.to_hear.remove(item);
            state.hearing.heard.insert(*item);
        }
    }

    /// Everything that was said may mean something else under another charter.
    pub(super) fn hear_again(&mut self) {
        self.peers.values_mut().for_each(|state| state.hearing.heard.clear());
    }

    /// What is said of these waiting records: headers, the receipts that vouch for them, the verdicts on them. A
    /// quarter of the largest page, or one record if that takes more.
    pub(super) fn live(&self, items: &[[u8; 32]], ledger: &impl Ledger) -> Result<Answer, LedgerError> {
        let mut message = Message::default();
        let wanted = items.iter().take(HEARD_AT_ONCE).filter_map(|item| self.hearsay.records.get(&Item(*item)));
        for id in wanted {
            let (headers, receipts, batches) = (message.headers.len(), message.receipts.len(), message.batches.len());
            add_live(id, &mut message, ledger)?;
            let full = message.size() > LIVE_PAGE_BYTES / 4
                || message.batches.len().max(message.receipts.len()).max(message.headers.len()) > GOSSIP_ITEMS;
            if full && headers > 0 {
                message.headers.truncate(headers);
                message.receipts.truncate(receipts);
                message.batches.truncate(batches);
                break;
            }
        }
        Ok(Answer::Live { message: message.to_bytes() })
    }
}

fn add_live(id: &RecordId, message: &mut Message, ledger: &impl Ledger) -> Result<(), LedgerError> {
    // One receipt of each validator: whoever asks may lack any of them. Receipts take half of a page at most, since
    // each may name hundreds of records.
    let start = index::key(prefix::RECEIPT, &[&id.0.to_bytes()]);
    let mut vouching = BTreeMap::new();
    index::each(ledger, &start, |entry| {
        if let (Some(key), Some(cid)) = (entry.key[start.len()..].first_chunk::<32>(), index::last_cid(&entry.key)) {
            vouching.entry(*key).or_insert(cid);
        }
        Ok(())
    })?;
    for cid in vouching.into_values() {
        let Some(receipt) = ledger.block(Shelf::Live, &cid)? else { continue };
        if message.size() + receipt.len() > LIVE_PAGE_BYTES / 2 {
            break;
        }
        add(&mut message.receipts, receipt);
    }
    message.headers.extend(ledger.block(Shelf::Live, &id.0)?);
    // One acceptance of each validator first, so that no validator crowds out the others by
    // saying the same again and again.
    let mut accepting = BTreeSet::new();
    let (first, rest): (Vec<_>, Vec<_>) = index::verdicts(ledger, id)?
        .into_iter()
        .partition(|verdict| verdict.verdict == Verdict::Accept && accepting.insert(verdict.validator));
    for verdict in first.into_iter().chain(rest) {
        let Some(batch) = ledger.block(Shelf::Live, &verdict.batch)? else { continue };
        if message.size() + batch.len() > LIVE_PAGE_BYTES - 4096 || message.batches.len() == GOSSIP_ITEMS {
            break;
        }
        add(&mut message.batches, batch);
    }
    Ok(())
}

/// The time of a waiting record and the item of what validators of this charter say of it; `None` when it does not wait,
/// or none of them vouches for it. What others said under former charters is not kept by whoever came later.
fn waiting_item(
    record: &RecordId,
    charter: &Charter,
    ledger: &impl Ledger,
) -> Result<Option<(i64, Item)>, LedgerError> {
    let Some(header) = index::header(ledger, Shelf::Live, record)? else { return Ok(None) };
    let mut vouching = BTreeSet::new();
    let start = index::key(prefix::RECEIPT, &[&record.0.to_bytes()]);
    index::each(ledger, &start, |entry| {
        let key = entry.key[start.len()..].first_chunk::<32>().map(|key| PublicKey(*key));
        vouching.extend(key.filter(|key| charter.validator(key).is_some()));
        Ok(())
    })?;
    if vouching.is_empty() {
        return Ok(None);
    }
    let leading = charter.id();
    let said = index::verdicts(ledger, record)?.into_iter().filter(|one| one.charter == leading);
    let said =
        said.map(|one| (one.charter, one.validator, one.verdict.name(), one.verdict.class().map(|class| class.name())));
    Ok(Some((header.time_s, Item::of_waiting(record, &vouching, &said.collect()))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Cid;

    #[test]
    fn what_is_said_of_a_record_has_one_item_at_a_time() {
        let record = RecordId(Cid::of_cbor(b"record"));
        let (first, second) = (Item([1; 32]), Item([2; 32]));
        let mut waiting = Waiting::default();
        waiting.set(record, Some((7, first)));
        waiting.set(record, Some((7, second)));
        assert_eq!(waiting.records, BTreeMap::from([(second, record)]));
        waiting.set(record, None);
        assert!(waiting.records.is_empty() && waiting.items.is_empty());
    }
}
