//! What a community must survive, one scenario each.

use commonwheel_protocol::agreement::charter::BodyAccess;
use sim::{CrashPoint, Kind, Loss, Plan, Weather, run};

fn holds(plan: &Plan) -> sim::Report {
    run(plan).unwrap_or_else(|violation| panic!("{violation}"))
}

#[test]
fn a_calm_network_accepts_everything_sound() {
    assert_eq!(holds(&Plan::calm(1)).accepted, 10);
}

#[test]
fn one_seed_gives_one_history() {
    for seed in [9, 1996, 2225] {
        let plan = Plan::from_seed(seed, None);
        assert_eq!(holds(&plan), holds(&plan));
    }
    let plan = Plan::from_seed(9, None);
    assert_ne!(holds(&plan).trace, holds(&Plan::from_seed(10, None)).trace);
}

#[test]
fn with_two_of_four_validators_down_records_wait_and_are_accepted_when_one_returns() {
    let never = u64::MAX;
    let waits = Plan { down: vec![(0, 0, never), (1, 0, never)], ..Plan::calm(2) };
    let violation = run(&waits).expect_err("two of four are no quorum");
    assert!(violation.what.contains("lacks record"), "{violation}");
    holds(&Plan { down: vec![(0, 0, 15_000), (1, 0, never)], ..waits });
}

#[test]
fn a_lying_validator_changes_no_outcome() {
    for (at, kind) in Kind::VALIDATORS.into_iter().chain(Kind::VALIDATORS).enumerate() {
        let liar = at * 3 / 2 % 4;
        holds(&Plan { liar: Some((liar, kind)), end_ms: 45_000, ..Plan::calm(3 + liar as u64) });
    }
}

#[test]
fn without_gossip_everything_is_asked_for() {
    holds(&Plan { without_gossip: true, end_ms: 60_000, ..Plan::calm(8) });
}

#[test]
fn what_was_contributed_spreads_though_its_author_crashed_before_telling_anyone() {
    for author in [None, Some(0)] {
        holds(&Plan { author, crash_on_contributing: Some(CrashPoint::BeforeEffects), ..Plan::calm(20) });
    }
}

#[test]
fn a_record_whose_header_alone_became_durable_is_contributed_again_with_its_body() {
    for seed in 30..36 {
        holds(&Plan { crash_on_contributing: Some(CrashPoint::AtSync(Loss::Power)), ..Plan::calm(seed) });
    }
}

#[test]
fn many_crashes_in_the_middle_of_commits_lose_nothing() {
    for seed in 40..44 {
        holds(&Plan { crashes: 60, heal_ms: 10_000, end_ms: 40_000, ..Plan::calm(seed) });
    }
}

#[test]
fn bodies_kept_for_releases_reach_validators_alone() {
    let weather = Weather { ask_loss: 20, ..Weather::CALM };
    holds(&Plan { bodies: BodyAccess::OnRelease, weather, end_ms: 70_000, ..Plan::calm(9) });
}

#[test]
fn large_batches_of_verdicts_are_learned_without_gossip() {
    let plan = Plan {
        records: 260,
        handfuls: 1,
        without_gossip: true,
        replicas: 1,
        body_bytes: 0,
        heal_ms: 1_500,
        end_ms: 30_000,
        ..Plan::calm(11)
    };
    holds(&Plan { quorum: (5, 1, 4), ..plan });
}

#[test]
fn who_is_heard_and_does_not_hear_catches_up() {
    for seed in 50..54 {
        holds(&Plan { one_way: 6, heal_ms: 12_000, end_ms: 75_000, ..Plan::calm(seed) });
    }
}

#[test]
fn connections_that_break_at_any_message_delay_everything_and_lose_nothing() {
    for seed in 60..63 {
        let weather = Weather { flips: 60, duplicates: 40, ..Weather::CALM };
        holds(&Plan { weather, heal_ms: 15_000, end_ms: 70_000, ..Plan::calm(seed) });
    }
}

#[test]
fn a_liars_messages_with_bits_turned_over_change_no_outcome() {
    for seed in 70..73 {
        let weather = Weather { flips: 200, ..Weather::CALM };
        holds(&Plan { liar: Some((1, Kind::Liar)), weather, heal_ms: 15_000, end_ms: 75_000, ..Plan::calm(seed) });
    }
}

#[test]
fn clocks_that_are_off_within_the_charters_window_hold_nothing_up() {
    let off = sim::plan::SKEW_MS as i64;
    for skewed in [vec![(0, off), (1, -off)], vec![(4, off), (6, -off)], vec![(0, -off), (6, off), (5, off)]] {
        holds(&Plan { skewed, end_ms: 45_000, ..Plan::calm(80) });
    }
}

#[test]
fn a_replica_or_a_contributor_restored_from_an_old_backup_comes_back() {
    for (seed, taken) in [(100, 0), (101, 1_500), (102, 2_500), (103, 3_500)] {
        for node in [4, 6] {
            holds(&Plan { restored: vec![(node, taken, 4_800)], end_ms: 60_000, ..Plan::calm(seed) });
        }
    }
}

#[test]
fn a_node_whose_disk_rots_is_lost_and_the_community_is_not() {
    for (seed, node) in [(104, 0), (105, 4), (106, 6)] {
        holds(&Plan { rots: vec![(node, 3_500)], end_ms: 60_000, ..Plan::calm(seed) });
    }
}

#[test]
fn strangers_change_no_outcome_and_those_who_offend_are_penalised() {
    for kind in Kind::STRANGERS {
        holds(&Plan { strangers: vec![kind], heal_ms: 15_000, end_ms: 60_000, ..Plan::calm(110) });
    }
    holds(&Plan {
        strangers: Kind::STRANGERS.to_vec(),
        liar: Some((2, Kind::Silent)),
        end_ms: 60_000,
        ..Plan::calm(111)
    });
}

#[test]
fn old_gossip_sent_again_after_everyone_forgot_it_changes_nothing() {
    holds(&Plan { strangers: vec![Kind::Replays], end_ms: 150_000, ..Plan::calm(112) });
}

/// Seeds that once showed a fault of the core in what people do.
fn seeds_hold(seeds: &[u64]) {
    seeds.iter().for_each(|seed| drop(holds(&Plan::from_seed(*seed, None))));
}

#[test]
fn nobody_is_blamed_for_a_key_of_a_successor_that_has_not_come_yet() {
    seeds_hold(&[36, 51]);
}

#[test]
fn nobody_is_blamed_for_an_answer_to_what_was_asked_under_the_charter_before() {
    seeds_hold(&[5, 101]);
}

#[test]
fn a_withdrawn_revision_that_repeats_a_body_does_not_take_it_from_the_record_that_stays() {
    seeds_hold(&[0, 95]);
}

#[test]
fn a_withdrawal_covers_the_group_also_where_its_record_comes_after_it() {
    seeds_hold(&[48, 79]);
}

#[test]
fn a_crash_between_a_withdrawal_and_its_erasures_leaves_no_body() {
    seeds_hold(&[50]);
}

#[test]
fn a_withdrawal_that_comes_together_with_its_certificate_becomes_durable() {
    seeds_hold(&[41]);
}

#[test]
fn what_only_the_charter_before_accepted_is_attested_again_whenever_it_comes() {
    seeds_hold(&[169, 197]);
}

#[test]
fn a_validator_that_was_replaced_while_it_was_away_learns_so() {
    seeds_hold(&[195]);
}
