//! What people do with a community, one scenario each: withdrawals, votes, releases, successors.

use commonwheel_protocol::agreement::charter::BodyAccess;
use sim::{Deed, Forkers, Kind, Plan, Signers, Voters, Weather, run};

fn holds(plan: &Plan) -> sim::Report {
    run(plan).unwrap_or_else(|violation| panic!("{violation}"))
}

/// A calm community, with so much time that a charter can be succeeded.
fn doing(seed: u64, deeds: Vec<(u64, Deed)>) -> Plan {
    Plan { deeds, heal_ms: 12_000, end_ms: 70_000, ..Plan::calm(seed) }
}

#[test]
fn what_is_withdrawn_goes_everywhere_whether_it_waits_or_is_accepted() {
    let deeds = vec![(600, Deed::Withdraw(0)), (4_000, Deed::Withdraw(3)), (13_000, Deed::Withdraw(6))];
    assert_eq!(holds(&doing(200, deeds)).withdrawn, 3);
}

#[test]
fn a_revision_of_a_withdrawn_or_released_record_changes_no_release() {
    let deeds = vec![
        (6_000, Deed::Release),
        (9_000, Deed::Revise(1)),
        (13_000, Deed::Revise(2)),
        (14_000, Deed::Withdraw(2)),
        (18_000, Deed::Release),
    ];
    let report = holds(&doing(201, deeds));
    assert_eq!((report.withdrawn, report.resolved), (1, 2));
}

#[test]
fn a_takedown_takes_a_quorum() {
    let deeds = vec![(6_000, Deed::TakeDown(0, Voters::All)), (7_000, Deed::TakeDown(2, Voters::TooFew))];
    assert_eq!(holds(&doing(202, deeds)).resolved, 1, "one of the two had a quorum");
}

#[test]
fn a_freeze_and_a_rate_cap_end_with_the_hour() {
    for deed in [Deed::Freeze, Deed::RateCap(2)] {
        let weather = Weather { gossip_loss: 20, ..Weather::CALM };
        let plan = doing(203, vec![(600, deed), (25_000, Deed::Release)]);
        assert_eq!(holds(&Plan { hour_ends_ms: Some(20_000), weather, ..plan }).resolved, 2);
    }
}

#[test]
fn a_successor_keeps_what_was_released_and_accepts_the_rest_again() {
    let deeds = vec![
        (5_000, Deed::Release),
        (10_000, Deed::Succeed { place: 3, newcomer: 4 }),
        (14_000, Deed::Withdraw(1)),
        (15_000, Deed::Succeed { place: 0, newcomer: 5 }),
        (25_000, Deed::Release),
    ];
    let report = holds(&doing(204, deeds));
    assert_eq!((report.charters, report.resolved, report.withdrawn), (3, 2, 1));
}

#[test]
fn a_removed_validator_that_goes_on_signing_counts_for_nothing_and_nobody_else_is_blamed() {
    let deeds = vec![(5_000, Deed::Release), (8_000, Deed::Succeed { place: 2, newcomer: 4 })];
    assert_eq!(holds(&Plan { liar: Some((2, Kind::Removed)), ..doing(205, deeds) }).charters, 2);
}

#[test]
fn one_validator_that_signs_two_successors_in_one_round_makes_no_fork() {
    for deeds in [vec![], vec![(8_000, Deed::Succeed { place: 1, newcomer: 4 })]] {
        let charters = deeds.len() + 1;
        assert_eq!(holds(&Plan { liar: Some((2, Kind::Forks)), ..doing(206, deeds) }).charters, charters);
    }
}

#[test]
fn of_rounds_that_compete_the_last_is_carried_through_under_loss_and_partitions() {
    let weather = Weather { gossip_loss: 40, ask_loss: 30, ..Weather::CALM };
    for (seed, rounds, ends) in [(208, 2, Signers::Quorum), (209, 3, Signers::Recovery)] {
        let compete = Deed::Compete { place: 1, newcomer: 4, rounds, ends };
        let deeds = vec![(3_000, Deed::Release), (5_000, compete), (20_000, Deed::Release)];
        let report = holds(&Plan { weather, partitions: 2, crashes: 3, ..doing(seed, deeds) });
        assert!(report.charters == 2 && report.resolved >= 1, "{report:?}");
    }
}

#[test]
fn a_fork_stops_acceptance_until_a_higher_round_is_certified() {
    for (seed, forkers) in [(210, Forkers::Thieves), (211, Forkers::Recovery)] {
        let deeds = vec![(2_000, Deed::Release), (5_000, Deed::Fork(forkers)), (20_000, Deed::Release)];
        let report = holds(&Plan { handfuls: 4, crashes: 3, ..doing(seed, deeds) });
        assert!(report.charters == 2 && report.resolved >= 1, "{report:?}");
    }
}

#[test]
fn validators_that_are_all_new_get_the_texts_that_are_kept_for_releases() {
    let deeds = vec![(9_000, Deed::Succeed { place: 0, newcomer: 1 })];
    let plan = Plan { quorum: (1, 0, 1), bodies: BodyAccess::OnRelease, ..doing(207, deeds) };
    assert_eq!(holds(&plan).charters, 2);
}
