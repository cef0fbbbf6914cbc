//! Embargo, freeze, preference shift, rate cap, bans and membership: what a quorum decides about what is new.

use crate::cluster::Cluster;
use commonwheel_protocol::agreement::charter::BodyAccess;
use commonwheel_protocol::agreement::customs::Membership as Kind;
use commonwheel_protocol::agreement::state::Standing;
use commonwheel_protocol::core::Input;
use commonwheel_protocol::core::release::{NoRelease, draft};
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::operation::decision::Scope;
use commonwheel_protocol::operation::{Membership, Ruling};
use commonwheel_protocol::preference::Preference;
use commonwheel_protocol::record::header::HourTime;
use sim::records;

#[test]
fn a_freeze_holds_new_records_back_until_it_ends_and_touches_nothing_accepted() {
    let mut cluster = Cluster::new(1);
    let before = cluster.share(0, |_| {});
    let freeze = cluster.decision(Ruling::Freeze, Some(2));
    assert_eq!(cluster.vote(&freeze, &[], &[0, 1, 2]), Vec::<String>::new());
    let during = cluster.share(1, |_| {});
    assert_eq!(cluster.agreed(&during.id()), None);
    assert_eq!(cluster.agreed(&before.id()), Some(Standing::Accepted));
    cluster.days(3);
    assert_eq!(cluster.agreed(&during.id()), Some(Standing::Accepted), "it has ended");
}

#[test]
fn a_decision_can_be_lifted_before_its_end() {
    let mut cluster = Cluster::new(1);
    let freeze = cluster.decision(Ruling::Freeze, Some(20));
    cluster.vote(&freeze, &[], &[0, 1, 2]);
    let held = cluster.share(0, |_| {});
    assert_eq!(cluster.agreed(&held.id()), None);
    let lift = cluster.decision(Ruling::Lift(freeze.id()), None);
    assert_eq!(cluster.vote(&lift, &[], &[0, 1, 2]), Vec::<String>::new());
    cluster.now = commonwheel_protocol::core::Millis(cluster.now.0 + 3_600_000);
    cluster.settle();
    assert_eq!(cluster.agreed(&held.id()), Some(Standing::Accepted));
}

#[test]
fn under_a_shift_only_stricter_preferences_are_accepted() {
    let mut cluster = Cluster::new(1);
    let shift = cluster.decision(Ruling::Shift(Preference::read("evaluate=y").unwrap()), Some(30));
    cluster.vote(&shift, &[], &[0, 1, 2]);
    let open = cluster.share(0, |_| {});
    assert_eq!(cluster.agreed(&open.id()), None);
    let why = cluster.notices.iter().any(|(_, notice)| format!("{notice:?}").contains("preference.held-back"));
    assert!(why, "its author is told why");
}

#[test]
fn a_rate_cap_binds_below_the_charters_rate() {
    let mut cluster = Cluster::new(1);
    let cap = cluster.decision(Ruling::RateCap(1), Some(30));
    cluster.vote(&cap, &[], &[0, 1, 2]);
    let ids = [cluster.share(0, |_| {}).id(), cluster.share(1, |_| {}).id()];
    let accepted = ids.iter().filter(|id| cluster.agreed(id) == Some(Standing::Accepted)).count();
    assert_eq!(accepted, 1);
    cluster.now = commonwheel_protocol::core::Millis(cluster.now.0 + 3_600_000);
    cluster.settle();
    assert!(ids.iter().all(|id| cluster.agreed(id) == Some(Standing::Accepted)), "in the next hour");
}

#[test]
fn an_embargo_stops_releases_of_what_is_in_scope_and_nothing_else() {
    let mut cluster = Cluster::new(1);
    let header = cluster.share(0, |_| {});
    let spanish = Scope { language: Some("es".into()), ..Scope::default() };
    let embargo = cluster.decision(Ruling::Embargo(spanish), Some(30));
    cluster.vote(&embargo, &[], &[0, 1, 2]);
    let cut =
        |cluster: &Cluster| draft(cluster.core(0).lineage(), cluster.now.unix_s(), &cluster.members[0].store).unwrap();
    assert_eq!(cut(&cluster).unwrap().release.count, 1, "it is in English");
    let english = Scope { language: Some("en".into()), ..Scope::default() };
    let embargo = cluster.decision(Ruling::Embargo(english), Some(30));
    cluster.vote(&embargo, &[], &[0, 1, 2]);
    assert_eq!(cut(&cluster).unwrap().release.count, 0);
    let all = cluster.decision(Ruling::Embargo(Scope::default()), Some(30));
    cluster.vote(&all, &[], &[0, 1, 2]);
    assert_eq!(cut(&cluster), Err(NoRelease::Embargo));
    assert_eq!(cluster.agreed(&header.id()), Some(Standing::Accepted));
    cluster.days(31);
    assert_eq!(cut(&cluster).unwrap().release.count, 1, "they have ended");
}

#[test]
fn bodies_on_release_reach_replicas_with_the_release_and_not_under_an_embargo() {
    let mut cluster = Cluster::with(2, BodyAccess::OnRelease, &|_| {});
    let header = cluster.share(0, |_| {});
    let body = &header.header().body;
    let replica = |cluster: &Cluster| cluster.members[4].store.holds(Shelf::Certified, body).unwrap();
    assert_eq!(cluster.agreed(&header.id()), Some(Standing::Accepted));
    assert!(!replica(&cluster), "not before the release");
    let _ = cluster.release(0, &[0, 1, 2]);
    cluster.settle();
    assert!(replica(&cluster));
    let second = cluster.share(1, |_| {});
    let _ = cluster.release(0, &[0, 1]);
    let all = cluster.decision(Ruling::Embargo(Scope::default()), Some(30));
    cluster.vote(&all, &[], &[0, 1, 2]);
    cluster.settle();
    assert!(!cluster.members[4].store.holds(Shelf::Certified, &second.header().body).unwrap());
}

#[test]
fn a_banned_key_is_refused_and_told_so() {
    let mut cluster = Cluster::new(1);
    let author = records::author(&cluster.community).public();
    let ban = cluster.decision(Ruling::Ban(author), None);
    cluster.vote(&ban, &[], &[0, 1, 2]);
    let header = cluster.share(0, |_| {});
    assert_eq!(cluster.agreed(&header.id()), None);
    assert!(cluster.notices.iter().any(|(_, notice)| format!("{notice:?}").contains("membership.banned")));
}

#[test]
fn an_invited_community_accepts_those_whom_a_validator_admits() {
    let mut cluster =
        Cluster::with(1, BodyAccess::OnCertificate, &|charter| charter.customs.membership = Kind::Invited);
    let header = cluster.share(0, |_| {});
    assert_eq!(cluster.agreed(&header.id()), None);
    let sponsor = cluster.community.validators[0].clone();
    let membership = Membership {
        community: cluster.community.id(),
        sponsor: sponsor.public(),
        member: records::author(&cluster.community).public(),
        time: HourTime::hour(cluster.now.unix_s()),
    };
    let _ = cluster.give(0, Input::Operate(vec![membership.sign(&sponsor)]));
    cluster.settle();
    assert_eq!(cluster.agreed(&header.id()), Some(Standing::Accepted));
}
