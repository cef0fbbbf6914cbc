//! What an export has no row of, and should have one when it is written again.

use super::tests::{of_one, prune};
use super::*;
use crate::export::events::{Events, decide, resolve, withdraw};
use crate::export::fixture::{Commons, TERMS, source};
use crate::export::{ExportOptions, export};
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::agreement::succession::Succession;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::facts::Counting;
use commonwheel_protocol::core::status;
use commonwheel_protocol::dataset::{Draw, Filter};
use commonwheel_protocol::operation::{Matter, Ruling};
use commonwheel_protocol::record::Header;
use commonwheel_storage::MemoryStore;
use tempfile::TempDir;

type Blocks = Vec<(Cid, Vec<u8>)>;

/// Exports a state by a filter before `then`, prunes it by what is known after it, from an export and from a replica, and
/// gives how many records it then names as incomplete: the same in both ways.
fn incomplete_after(events: &Events, before: &Blocks, then: &Blocks, filter: &str) -> usize {
    let temp = TempDir::new().unwrap();
    let (before, after) = (events.store_with(before), events.store_with(then));
    let write = |store: &MemoryStore, name: &str| {
        let filter = serde_json::from_str(filter).unwrap();
        let options = ExportOptions { allow_incomplete: true, filter, ..ExportOptions::to(temp.path().join(name)) };
        export(&source(store, &events.commons, TERMS), &[], &options, &mut |_, _| {}).unwrap();
        options.out
    };
    let (one, two, new) = (write(&before, "one"), write(&before, "two"), write(&after, "new"));
    let by_export = prune(&one, &new).unwrap();
    let by_replica = by_replica(&two, &of_one(&after, &events.commons), false, &mut |_, _| {}).unwrap();
    assert_eq!(by_export.removed, by_replica.removed);
    let found = [one, two].map(|dir| verify::verify(&dir, &Expected::default(), &mut |_, _| {}).unwrap().incomplete);
    assert_eq!(found[0], found[1]);
    found[0]
}

const ALL: &str = r#"["Apache-2.0","CC-BY-4.0","CC-BY-SA-4.0","CC0-1.0","MIT"]"#;

#[test]
fn a_record_that_is_accepted_again_when_its_revision_is_purged_is_named_as_incomplete_by_any_filter() {
    let events = Events::new();
    let first = events.commons.example(60, 60, None, &events.successor);
    let second = events.commons.example(61, 60, Some(&first), &events.successor);
    // The body of what was revised is erased.
    let erased: Blocks = first.blocks().into_iter().take(2).collect();
    let purge = decide(&events.successor, Ruling::Purge(second.id()));
    let before = erased.iter().cloned().chain(second.blocks()).collect();
    let after = erased.iter().cloned().chain([resolve(&events.commons, &purge, &events.successor)]).collect();
    for filter in ["{}", &format!(r#"{{"licence":{ALL}}}"#), r#"{"kind":["example"]}"#] {
        assert_eq!(incomplete_after(&events, &before, &after, filter), 1, "{filter}");
    }
}

#[test]
fn what_a_later_charter_lets_have_a_row_is_named_as_incomplete() {
    let keeps = |charter: &mut Charter| charter.customs.evaluation = Some(500);
    let events = Events::of(Commons::with("eventful", keeps), keeps);
    let known = events.store();
    let counting = Counting::load(&status::lineage(&known).unwrap(), &known).unwrap();
    let closing = counting.decisions.keys().chain(counting.releases.keys()).copied().collect();
    let (community, predecessor) = (events.successor.community(), events.successor.id());
    let succeeds = Some(Succession { community, predecessor, round: 3, closing });
    let succession = |change: &dyn Fn(&mut Charter)| {
        let mut third = Charter { succeeds: succeeds.clone(), ..events.successor.clone() };
        change(&mut third);
        resolve(&events.commons, &Matter::Successor(Box::new(third)), &events.successor)
    };
    // Not that of the record that counts under the second charter alone.
    let others = r#"["Apache-2.0","CC-BY-SA-4.0","CC0-1.0","MIT"]"#;
    let for_training = format!(r#"{{"licence":{others},"use":"train-ai","honour":["cc-cr"]}}"#);
    let none_apart = succession(&|charter| charter.customs.evaluation = None);
    let notes = succession(&|charter| charter.customs.export_notes = true);
    let asks: Filter = serde_json::from_str(&for_training).unwrap();
    let draw = Draw::of(&events.successor).unwrap();
    let has_row =
        |header: &Header| asks.matches_header(header) && !draw.draws(&header.author) && header.nonce.is_none();
    let (n, one) = (0..).zip(&events.kept).find(|(_, one)| has_row(one.header.header())).unwrap();
    let gone = withdraw(&one.header, n);
    assert!(incomplete_after(&events, &vec![], &vec![none_apart, gone], &for_training) > 0);
    let gone = withdraw(&events.kept[1].header, 1);
    let notes_too = r#"{"kind":["correction","note"]}"#;
    assert_eq!(incomplete_after(&events, &vec![], &vec![notes, gone], notes_too), 1, "the note");
}
