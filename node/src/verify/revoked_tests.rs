//! What an export says of records that earlier ones held.

use super::event_tests::{Case, number};
use super::*;
use crate::export::Which;
use crate::export::events::withdraw;
use crate::export::fixture::{Certified, store_of};
use commonwheel_protocol::agreement::state::{Fact, Facts};
use commonwheel_protocol::dataset::Revocations;
use std::fs;

impl Case {
    fn revocations(&self) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(self.dir().join(names::REVOCATIONS)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn revoked(&self, one: &Certified) -> Option<(String, String, Vec<i64>)> {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let found = self.revocations().into_iter().find(|line| line["id"] == one.id().to_string())?;
        let releases = found["releases"].as_array().unwrap().iter().map(|number| number.as_i64().unwrap());
        Some((text(&found["why"]), text(&found["by"]), releases.collect()))
    }
}

fn said(why: &str, by: impl ToString, releases: &[i64]) -> Option<(String, String, Vec<i64>)> {
    Some((why.to_owned(), by.to_string(), releases.to_vec()))
}

#[test]
fn an_edition_says_what_it_and_the_releases_before_it_held_that_is_erased_and_by_what() {
    let case = Case::new();
    let events = &case.events;
    let store = events.store();
    let superseded = said("superseded", events.revision.id(), &[1]);
    let withdrawn = said("withdrawn", events.gone[0].id(), &[1, 2]);
    case.export(&store, number(2));
    assert_eq!(case.revoked(&events.revised), superseded, "it is in the first release alone");
    assert_eq!(case.revoked(&events.taken).map(|one| (one.0, one.2)), Some(("taken-down".to_owned(), vec![1])));
    assert_eq!(case.revoked(&events.gone[0]), withdrawn);
    assert_eq!(case.revoked(&events.gone[2]).map(|one| (one.0, one.2)), Some(("purged".to_owned(), vec![1, 2])));
    assert_eq!(case.revoked(&events.late[1]), None, "no release up to this one held it");
    assert_eq!(case.revocations().len(), 5);
    case.verify().unwrap();
    case.export(&store, number(1));
    let first = said("withdrawn", events.gone[0].id(), &[1]);
    assert_eq!((case.revoked(&events.gone[0]), case.revocations().len()), (first, 5));
    case.verify().unwrap();
    case.export(&store, None);
    assert_eq!(case.revoked(&events.gone[0]), withdrawn);
    assert_eq!(case.revoked(&events.revised), None, "what does not count any more has no part in a state");
    let newer = said("superseded", events.late[0].id(), &[]);
    assert_eq!((case.revoked(&events.late[1]), case.revocations().len()), (newer, 4), "released or not");
    case.verify().unwrap();
}

#[test]
fn a_withdrawal_of_what_only_an_earlier_release_held_changes_a_later_ones_revocations_and_no_row() {
    let case = Case::new();
    let events = &case.events;
    let before = case.export(&events.store(), number(2));
    let edition = case.manifest().edition;
    let withdrawn = withdraw(&events.revision.header, 20);
    let after = case.export(&events.store_with(&[withdrawn]), number(2));
    case.verify().unwrap();
    assert_ne!(case.manifest().edition, edition, "the revision is in the release, and its whole group is gone");
    let of_group = said("withdrawn", events.revision.id(), &[1]);
    assert_eq!(case.revoked(&events.revised), of_group);
    assert_ne!(before[names::REVOCATIONS], after[names::REVOCATIONS]);
}

#[test]
fn revocations_that_nothing_signed_shows_are_refused() {
    for release in [None, number(1), Some(Which::Latest)] {
        let case = Case::new();
        let events = &case.events;
        let good = case.export(&events.store(), release)[names::REVOCATIONS].clone();
        let text = String::from_utf8(good.clone()).unwrap();
        let line = text.lines().next().unwrap();
        let forged_id = line.replacen(&line[7..66], &events.kept[0].id().to_string(), 1);
        assert_ne!(forged_id, line);
        let lies = [
            text.replacen("withdrawn", "taken-down", 1),
            text.replacen("\"releases\":[", "\"releases\":[9,", 1),
            text.replacen("\"releases\":[1", "\"releases\":[", 1),
            text.replacen("\"releases\":[", "\"releases\":[0,", 1),
            text.replacen("],", "] ,", 1) + " ",
            text.lines().skip(1).map(|line| format!("{line}\n")).collect(),
            format!("{text}{line}\n"),
            format!("{text}{forged_id}\n"),
            text.replacen(line, &forged_id, 1),
            String::new(),
        ];
        for lie in lies {
            case.write(names::REVOCATIONS, lie.as_bytes());
            assert!(case.problems().contains(names::REVOCATIONS), "{lie}");
        }
        case.write(names::REVOCATIONS, &good);
        case.verify().unwrap();
        fs::remove_file(case.dir().join(names::REVOCATIONS)).unwrap();
        assert!(case.problems().contains(names::REVOCATIONS));
    }
}

#[test]
fn a_release_that_came_before_must_be_there() {
    let case = Case::new();
    let events = &case.events;
    case.export(&events.store(), number(2));
    let mut blocks = case.blocks(names::OPERATIONS);
    let good = blocks.len();
    blocks.retain(|(_, block)| match commonwheel_protocol::operation::Resolution::verify(block) {
        Ok(resolution) => resolution.matter().id() != events.releases[0],
        Err(_) => true,
    });
    assert_eq!(blocks.len() + 1, good);
    case.write_blocks(names::OPERATIONS, &blocks);
    assert!(case.problems().contains("which came before, is not here"), "{}", case.problems());
}

#[test]
fn an_export_waits_for_the_pages_of_every_release_that_may_have_held_what_is_erased() {
    let case = Case::new();
    let events = &case.events;
    let page = {
        case.export(&events.store(), number(1));
        let blocks = case.blocks(names::OPERATIONS);
        let is_page = |block: &[u8]| commonwheel_protocol::operation::release::read_page(block).is_ok();
        blocks.iter().find(|(_, block)| is_page(block)).unwrap().0
    };
    let without = store_of(events.blocks.iter().filter(|(cid, _)| *cid != page));
    for release in [None, number(2)] {
        let refused = events.commons.export_release(&without, &case.dir(), release).unwrap_err();
        assert!(matches!(refused, crate::export::ExportError::Pages { number: 1, missing: 1 }), "{refused}");
    }
}

#[test]
fn no_line_is_read_further_than_one_can_be_that_names_each_release() {
    let withdrawn = &Case::new().events.gone[0].header;
    let fact = Fact { author: withdrawn.header().author, revises: None };
    let facts =
        Facts { records: [(withdrawn.id(), fact)].into(), withdrawn: [withdrawn.id()].into(), ..Facts::default() };
    let erased = Revocations::of(&facts, []);
    let line = erased.to_text();
    let found = revoked::as_stated(line.as_bytes(), &erased, 0).unwrap();
    assert_eq!(found.as_ref(), Some(&erased));
    let endless = line.strip_suffix("]}\n").unwrap().to_owned() + &"1,".repeat(1 << 20);
    let mut rest = endless.as_bytes();
    assert_eq!(revoked::as_stated(&mut rest, &erased, 100).unwrap(), None);
    assert!(endless.len() - rest.len() < 5_000, "{} bytes were read", endless.len() - rest.len());
}

#[test]
fn what_a_file_states_is_read_back_and_nonsense_says_nothing() {
    let case = Case::new();
    case.export(&case.events.store(), number(2));
    let text = fs::read_to_string(case.dir().join(names::REVOCATIONS)).unwrap();
    assert_eq!(Revocations::stated(&text).len(), 5);
    assert!(Revocations::stated("nonsense\n{}\n[]").is_empty());
}
