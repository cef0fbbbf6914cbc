//! What a contributor learns of decisions and of another charter before they sign.

use super::{Governance, Leading, Seat, Wanted};
use crate::community::testing::{founded, seeds};
use crate::community::{Community, Consent};
use crate::home::Home;
use crate::run::member;
use commonwheel_protocol::agreement::customs::Membership;
use commonwheel_protocol::agreement::{Charter, Succession};
use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::core::matters;
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::ledger::{Batch, Shelf};
use commonwheel_protocol::operation::decision::{Condition, Reason};
use commonwheel_protocol::operation::{Decision, Matter, Motion, Resolution, Ruling};
use commonwheel_protocol::record::header::{DAY_S, HourTime};

fn now_s() -> i64 {
    member::now().unix_s()
}

fn decision(community: &Community, ruling: Ruling, days: i64) -> Matter {
    Matter::Decision(Decision {
        community: community.id(),
        charter: community.id(),
        ruling,
        reason: Reason::Negotiation,
        condition: Condition::Agreement,
        until: Some(HourTime::hour(now_s() + days * DAY_S)),
        explained: None,
        time: HourTime::hour(now_s()),
    })
}

/// Puts a matter that three of the four have signed on the store, with blocks that go with it.
fn resolve(home: &Home, community: &Community, matter: &Matter, texts: &[&str]) {
    let motions = seeds(3).map(|seed| Motion::sign(matter.clone(), &seed.validator()));
    let voices = motions.map(|motion| (motion.signer, motion.signature)).collect();
    let resolution = Resolution::form(matter, &voices, community.founding.charter()).unwrap();
    let mut batch = Batch::default();
    batch.put(Shelf::Certified, resolution.cid(), resolution.bytes().to_vec());
    for text in texts {
        batch.put(Shelf::Certified, Cid::of(Codec::Raw, text.as_bytes()), text.as_bytes().to_vec());
    }
    member::keep(home, &community.id(), &batch).unwrap();
}

#[test]
fn what_holds_new_records_back_is_said_before_anybody_signs_and_only_while_it_holds() {
    let (folder, community) = founded();
    let (home, seed) = (Home::at(folder.path()), Seed::new([70; 32]));
    let warnings = || Seat::of(community.clone(), &home).unwrap().warnings(&seed).unwrap();
    assert!(warnings().is_empty());
    resolve(&home, &community, &decision(&community, Ruling::RateCap(3), -1), &[]);
    assert!(warnings().is_empty(), "its end has passed");
    resolve(&home, &community, &decision(&community, Ruling::Freeze, 30), &[]);
    let own = seed.pseudonym(&community.id()).public();
    resolve(&home, &community, &decision(&community, Ruling::Ban(own), 30), &[]);
    let said = warnings().join("\n");
    assert!(said.contains("accept no new record, until") && said.contains("reason: negotiation"), "{said}");
    assert!(said.contains(&own.to_string()), "{said}");
}

#[test]
fn the_terms_of_the_charter_that_leads_are_those_to_be_accepted() {
    let (folder, community) = founded();
    let home = Home::at(folder.path());
    let first = Leading::open(&home, &community).unwrap();
    let accepted = community.accept_terms(&first.charter.terms, 1).unwrap();
    let succeeds =
        Succession { community: community.id(), predecessor: community.id(), round: 1, closing: Default::default() };
    let mut charter = Charter {
        terms: Cid::of(Codec::Raw, b"Other terms"),
        succeeds: Some(succeeds),
        ..community.founding.charter().clone()
    };
    charter.customs.membership = Membership::Invited;
    let matter = Matter::Successor(Box::new(charter.clone()));
    resolve(&home, &community, &matter, &[]);
    let leading = Leading::open(&home, &community).unwrap();
    assert_eq!(leading.charter, charter);
    assert!(leading.terms().unwrap_err().to_string().contains("has not come yet"));
    resolve(&home, &community, &matter, &["Other terms"]);
    let leading = Leading::open(&home, &community).unwrap();
    assert_eq!(leading.terms().unwrap(), "Other terms");
    assert_eq!(community.consent(&leading.charter.terms).unwrap(), None, "they must be accepted anew");
    assert_eq!(community.consent(&accepted.terms).unwrap(), Some(Consent { accepted_s: 1, ..accepted }));
    let seat = Seat::of(community, &home).unwrap();
    let warnings = seat.warnings(&Seed::new([70; 32])).unwrap();
    assert!(warnings.iter().any(|warning| warning.contains("identity show")), "{warnings:?}");
}

#[test]
fn a_decision_that_another_lifts_is_in_force_no_more_and_does_not_close_a_charter() {
    let (folder, community) = founded();
    let home = Home::at(folder.path());
    let freeze = decision(&community, Ruling::Freeze, 30);
    resolve(&home, &community, &freeze, &[]);
    let seat = || Seat::of(community.clone(), &home).unwrap();
    let in_force = |seat: &Seat| {
        let lineage = &seat.leading.lineage;
        Governance::of(lineage, &seat.counting, seat.now_s, None, &seat.access).unwrap().decisions.len()
    };
    let before = seat();
    assert_eq!(in_force(&before), 1);
    let closing =
        |seat: &Seat| matters::closing(&seat.leading.lineage, &seat.counting, seat.now_s, &seat.access).unwrap();
    assert_eq!(closing(&before), [freeze.id()].into());
    drop(before);
    resolve(&home, &community, &decision(&community, Ruling::Lift(freeze.id()), 30), &[]);
    let after = seat();
    assert_eq!(in_force(&after), 0);
    assert!(closing(&after).is_empty());
    assert_eq!(after.resolved(Wanted::Decision).unwrap().len(), 2, "both are kept as evidence");
    let error = after.one_open(Wanted::Decision, None).unwrap_err().to_string();
    assert!(error.contains("decision list"), "{error}");
}

#[test]
fn two_successors_in_one_round_are_shown_as_a_fork_until_a_higher_round_is_certified() {
    let (folder, community) = founded();
    let home = Home::at(folder.path());
    let successor = |name: &str, round| {
        let succeeds =
            Succession { community: community.id(), predecessor: community.id(), round, closing: Default::default() };
        let charter = community.founding.charter().clone();
        Charter { name: name.to_owned(), succeeds: Some(succeeds), ..charter }
    };
    let certify = |charter: &Charter| {
        resolve(&home, &community, &Matter::Successor(Box::new(charter.clone())), &[]);
    };
    let governed = || {
        let seat = Seat::of(community.clone(), &home).unwrap();
        let lineage = &seat.leading.lineage;
        let governance = Governance::of(lineage, &seat.counting, seat.now_s, None, &seat.access).unwrap();
        let warned = seat.warnings(&Seed::new([70; 32])).unwrap().iter().any(|warning| warning.contains("one round"));
        (governance.charter, governance.forks.len(), warned, matters::round_certified(lineage))
    };
    [successor("One", 1), successor("Other", 1)].iter().for_each(certify);
    assert_eq!(governed(), (community.id().to_string(), 2, true, 1));
    let third = successor("Third", 2);
    certify(&third);
    assert_eq!(governed(), (third.id().to_string(), 0, false, 0));
}
