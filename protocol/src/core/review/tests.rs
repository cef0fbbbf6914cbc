use super::super::notes::Review;
use super::*;
use crate::agreement::founding::tests::founded;
use crate::agreement::{Batch, Entry, Founding};
use crate::ledger::IndexEntry;
use crate::operation::Withdrawal;
use crate::record::SignedHeader;
use crate::record::header::HourTime;
use crate::record::header::tests as headers;
use crate::sign::SecretKey;
use std::collections::BTreeMap;

/// Blocks, and what follows from them.
#[derive(Default)]
struct Shelves {
    blocks: BTreeMap<(Shelf, Cid), Vec<u8>>,
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Shelves {
    fn put(&mut self, shelf: Shelf, bytes: Vec<u8>) {
        let cid = Cid::of_cbor(&bytes);
        self.entries.extend(index::derive(shelf, &cid, &bytes).into_iter().map(|entry| (entry.key, entry.value)));
        self.blocks.insert((shelf, cid), bytes);
    }
}

impl Ledger for Shelves {
    fn block(&self, shelf: Shelf, cid: &Cid) -> Result<Option<Vec<u8>>, LedgerError> {
        Ok(self.blocks.get(&(shelf, *cid)).cloned())
    }

    fn holds(&self, shelf: Shelf, cid: &Cid) -> Result<bool, LedgerError> {
        Ok(self.blocks.contains_key(&(shelf, *cid)))
    }

    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        Ok(self.entries.get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<IndexEntry>, LedgerError> {
        let all = self.entries.iter().filter(|(key, _)| key.starts_with(prefix));
        let later = all.filter(|(key, _)| after.is_none_or(|after| &key[..] > after)).take(limit);
        Ok(later.map(|(key, value)| IndexEntry { key: key.clone(), value: value.clone() }).collect())
    }
}

/// One validator's shelves in a community of four.
struct Desk {
    lineage: Lineage,
    me: SecretKey,
    shelves: Shelves,
}

const NOON_S: i64 = 1_800_000_000;

impl Desk {
    fn new() -> Desk {
        let founding: Founding = founded(4, 1, 3);
        let me = crate::agreement::charter::tests::seeds(4)[0].validator();
        Desk { lineage: Lineage::new(founding), me, shelves: Shelves::default() }
    }

    fn record(&mut self, n: u8, shelf: Shelf) -> SignedHeader {
        let header = crate::record::Header { body: Cid::of_cbor(&[n]), ..headers::header() };
        let bytes = header.sign(&headers::key());
        self.shelves.put(shelf, bytes.clone());
        SignedHeader::verify(&bytes).unwrap()
    }

    fn verdict(&mut self, record: RecordId, verdict: Verdict, number: i64) {
        let charter = self.lineage.head().charter.id();
        let batch = Batch::sign(self.lineage.community(), charter, number, &[Entry { record, verdict }], &self.me);
        self.shelves.put(Shelf::Live, batch);
    }

    fn flag(&mut self, record: RecordId, by: u8, reason: FlagReason, time_s: i64) {
        let key = SecretKey::from_seed(&[by; 32]);
        let (community, time) = (self.lineage.community(), HourTime::hour(time_s));
        self.shelves.put(Shelf::Live, Flag { community, member: key.public(), record, reason, time }.sign(&key));
    }

    fn review(&mut self, record: RecordId, opinion: Opinion, time_s: i64) {
        let flags = flags(&record, &self.shelves).unwrap().len() as i64;
        let review = Review { record, opinion, moderator: "m".into(), note: String::new(), time_s, flags };
        self.shelves.put(Shelf::Live, review.to_bytes());
    }

    fn queue(&self) -> Vec<Queued> {
        queue(&self.lineage, &self.me.public(), &self.shelves).unwrap()
    }

    fn ids(&self) -> Vec<RecordId> {
        self.queue().into_iter().map(|one| one.record).collect()
    }
}

#[test]
fn what_this_validators_newest_verdict_holds_back_is_in_the_queue_until_a_verdict_follows() {
    let mut desk = Desk::new();
    let (held, fine) = (desk.record(1, Shelf::Live).id(), desk.record(2, Shelf::Live).id());
    desk.verdict(held, Verdict::Quarantine(Class::Review), NOON_S);
    desk.verdict(fine, Verdict::Accept, NOON_S);
    let queue = desk.queue();
    assert_eq!(queue.iter().map(|one| one.record).collect::<Vec<_>>(), [held]);
    assert_eq!((queue[0].held_back, queue[0].since_s, queue[0].certified), (Some(Class::Review), NOON_S, false));
    desk.verdict(held, Verdict::Reject(Class::Review), NOON_S + 1);
    assert_eq!(desk.ids(), []);
}

#[test]
fn a_flag_asks_for_a_look_until_somebody_decides_and_another_flag_asks_again() {
    let mut desk = Desk::new();
    let record = desk.record(1, Shelf::Certified).id();
    assert_eq!(desk.ids(), []);
    desk.flag(record, 7, FlagReason::Quality, NOON_S);
    assert_eq!(desk.ids(), [record]);
    assert!(desk.queue()[0].certified);
    desk.review(record, Opinion::Quarantine, NOON_S + 1);
    assert_eq!(desk.ids(), [record], "putting it off is no decision");
    desk.review(record, Opinion::Accept, NOON_S + 2);
    assert_eq!(desk.ids(), []);
    // In the same hour as the decision, so that times alone would not tell.
    desk.flag(record, 8, FlagReason::Rights, NOON_S);
    assert_eq!(desk.queue()[0].flags.len(), 2);
}

#[test]
fn people_concerned_come_first_and_then_who_has_waited_longest() {
    let mut desk = Desk::new();
    let records: Vec<_> = (1..=3).map(|n| desk.record(n, Shelf::Live).id()).collect();
    desk.verdict(records[0], Verdict::Quarantine(Class::Review), NOON_S);
    desk.flag(records[1], 7, FlagReason::Quality, NOON_S - 7200);
    desk.flag(records[2], 7, FlagReason::AboutMe, NOON_S + 7200);
    assert_eq!(desk.ids(), [records[2], records[1], records[0]]);
}

#[test]
fn what_its_author_took_back_is_in_no_queue() {
    let mut desk = Desk::new();
    let header = desk.record(1, Shelf::Certified);
    desk.flag(header.id(), 7, FlagReason::Quality, NOON_S);
    assert_eq!(desk.ids(), [header.id()]);
    let withdrawal = Withdrawal::sign(&header, HourTime::hour(NOON_S), &headers::key());
    desk.shelves.put(Shelf::Certified, withdrawal);
    assert_eq!(desk.ids(), []);
}
