//! Exports from a node that goes on meanwhile.

use super::event_tests::Case;
use crate::export::events::{decide, resolve, withdraw};
use crate::export::fixture::{TERMS, source, store_of};
use crate::export::{ExportError, ExportOptions, export};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::ledger::{IndexEntry, Ledger, LedgerError, Shelf};
use commonwheel_protocol::operation::Ruling;
use commonwheel_storage::MemoryStore;
use std::cell::Cell;

/// A ledger that from a read on is another: a node that goes on while it is exported from.
struct Changing {
    stores: [MemoryStore; 2],
    reads_left: Cell<usize>,
}

impl Changing {
    fn now(&self) -> &MemoryStore {
        let left = self.reads_left.get();
        self.reads_left.set(left.saturating_sub(1));
        &self.stores[usize::from(left == 0)]
    }
}

impl Ledger for Changing {
    fn block(&self, shelf: Shelf, cid: &Cid) -> Result<Option<Vec<u8>>, LedgerError> {
        self.now().block(shelf, cid)
    }

    fn holds(&self, shelf: Shelf, cid: &Cid) -> Result<bool, LedgerError> {
        self.now().holds(shelf, cid)
    }

    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        self.now().value(key)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<IndexEntry>, LedgerError> {
        self.now().scan(prefix, after, limit)
    }
}

#[test]
fn a_record_that_is_accepted_meanwhile_is_no_matter_to_an_export_that_lacks_a_body() {
    let case = Case::new();
    let (events, new) = (&case.events, &case.events.late[1]);
    let lacking = events.kept.last().unwrap().header.header().body;
    let held = || events.blocks.iter().filter(|(cid, _)| *cid != lacking);
    let new: Vec<_> = new.blocks().into_iter().map(|(cid, _)| cid).collect();
    let mut reads = 0;
    loop {
        let stores = [store_of(held().filter(|(cid, _)| !new.contains(cid))), store_of(held())];
        let ledger = Changing { stores, reads_left: Cell::new(reads) };
        let export = |allow_incomplete| {
            let options = ExportOptions { replace: true, allow_incomplete, ..ExportOptions::to(case.dir()) };
            ledger.reads_left.set(reads);
            export(&source(&ledger, &events.commons, TERMS), &[], &options, &mut |_, _| {})
        };
        assert!(matches!(export(false), Err(ExportError::Incomplete { missing: 1, .. })), "after {reads} reads");
        let summary = export(true).unwrap();
        assert_eq!(summary.incomplete, 1);
        assert!(case.verify().is_ok(), "changed after {reads} reads: {}", case.problems());
        if ledger.reads_left.get() > 0 {
            break;
        }
        reads += 7;
    }
    assert!(reads > 100, "{reads} reads: it never changed while rows were written");
}

#[test]
fn an_export_from_a_node_that_goes_on_is_right_or_says_that_something_changed() {
    let case = Case::new();
    let (events, last) = (&case.events, case.events.kept.last().unwrap());
    let erased = last.header.header().body;
    let decided =
        resolve(&events.commons, &decide(&events.successor, Ruling::Takedown(events.late[0].id())), &events.successor);
    let later = [withdraw(&last.header, 26), decided];
    let gone = [erased, events.late[0].header.header().body];
    for allow_incomplete in [false, true] {
        let (mut reads, mut written, mut changed) = (0, 0, 0);
        loop {
            let held = events.blocks.iter().filter(|(cid, _)| !gone.contains(cid));
            let stores = [events.store(), store_of(held.chain(&later))];
            let ledger = Changing { stores, reads_left: Cell::new(reads) };
            let options = ExportOptions { replace: true, allow_incomplete, ..ExportOptions::to(case.dir()) };
            match export(&source(&ledger, &events.commons, TERMS), &[], &options, &mut |_, _| {}) {
                Ok(_) => {
                    assert!(case.verify().is_ok(), "changed after {reads} reads: {}", case.problems());
                    written += 1;
                }
                Err(ExportError::Changed) => changed += 1,
                Err(other) => panic!("changed after {reads} reads: {other}"),
            }
            if ledger.reads_left.get() > 0 {
                break;
            }
            reads += 7;
        }
        assert!(written > 1 && changed > 1, "{written} written and {changed} changed, of {reads} reads");
    }
}
