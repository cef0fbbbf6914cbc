//! Each checker notices the fault that it is there for.

use sim::{Deed, Forkers, Kind, Loss, Plan, Planted, Signers, run};

fn noticed(planted: Planted, by: &str) {
    let plan = Plan { planted: Some(planted), ..Plan::calm(4) };
    let violation = run(&plan).expect_err("the fault is noticed");
    assert!(violation.what.starts_with(by), "{planted:?}: {violation}");
    assert!(violation.to_string().contains("--seed 4"), "{violation}");
}

#[test]
fn a_certificate_with_one_acceptance_too_few_is_noticed() {
    noticed(Planted::QuorumOffByOne, "agreement: ");
}

#[test]
fn a_body_served_before_its_certificate_is_noticed() {
    noticed(Planted::BodiesServedEarly, "privacy: ");
}

#[test]
fn a_body_in_gossip_is_noticed() {
    noticed(Planted::BodyInGossip, "privacy: ");
}

#[test]
fn a_receipt_for_a_body_that_is_not_kept_is_noticed() {
    noticed(Planted::ReceiptWithoutBody, "durability: ");
}

#[test]
fn personal_data_in_the_store_is_noticed() {
    noticed(Planted::RawTextStored, "canary: ");
}

#[test]
fn a_replica_that_falls_behind_is_noticed() {
    noticed(Planted::CertificatesForgotten, "convergence: ");
}

#[test]
fn asking_without_end_is_noticed() {
    noticed(Planted::AskingWithoutEnd, "bounds: ");
}

#[test]
fn two_batches_under_one_number_are_noticed() {
    noticed(Planted::NumberTwice, "restored: ");
}

#[test]
fn what_a_crash_takes_of_what_was_acknowledged_is_noticed() {
    let plan = Plan { planted: Some(Planted::WaitingLost), crash_at_sync: Some((0, 6, Loss::Power)), ..Plan::calm(4) };
    let violation = run(&plan).expect_err("the fault is noticed");
    assert!(violation.what.starts_with("durability: "), "{violation}");
}

#[test]
fn blaming_a_node_that_did_nothing_wrong_is_noticed() {
    noticed(Planted::BlamesEveryone, "fairness: ");
}

#[test]
fn banning_a_node_that_did_nothing_wrong_is_noticed() {
    noticed(Planted::BansEveryone, "bans: ");
}

#[test]
fn never_banning_an_offender_is_noticed() {
    for kind in [Kind::Oversizes, Kind::Floods] {
        let plan = Plan { planted: Some(Planted::NobodyBans), strangers: vec![kind], ..Plan::calm(4) };
        let violation = run(&plan).expect_err("the fault is noticed");
        assert!(violation.what.starts_with("bans: "), "{violation}");
    }
}

#[test]
fn proofs_that_are_forgotten_are_noticed() {
    let plan = Plan { planted: Some(Planted::ProofsForgotten), liar: Some((1, Kind::Contradicts)), ..Plan::calm(4) };
    let violation = run(&plan).expect_err("the fault is noticed");
    assert!(violation.what.starts_with("evidence: "), "{violation}");
}

#[test]
fn letting_an_offender_go_is_noticed() {
    let plan = Plan { planted: Some(Planted::BlamesNobody), strangers: vec![Kind::Oversizes], ..Plan::calm(4) };
    let violation = run(&plan).expect_err("the fault is noticed");
    assert!(violation.what.starts_with("fairness: "), "{violation}");
}

#[test]
fn keeping_everything_that_comes_is_noticed() {
    noticed(Planted::KeepsEverything, "bounds: ");
}

#[test]
fn a_replica_that_learns_everything_too_late_is_noticed() {
    noticed(Planted::CertificatesLate, "progress: ");
}

/// Some records are withdrawn, and perhaps released before.
fn withdrawing(planted: Planted, deeds: Vec<(u64, Deed)>) -> String {
    let plan = Plan { planted: Some(planted), deeds, end_ms: 45_000, ..Plan::calm(4) };
    run(&plan).expect_err("the fault is noticed").what
}

#[test]
fn withdrawals_that_are_forgotten_are_noticed() {
    let what = withdrawing(Planted::TombstonesForgotten, vec![(8_000, Deed::Withdraw(0))]);
    assert!(what.starts_with("withdrawal: "), "{what}");
}

#[test]
fn bodies_that_are_kept_after_a_withdrawal_are_noticed() {
    let what = withdrawing(Planted::NothingErased, vec![(8_000, Deed::Withdraw(0))]);
    assert!(what.starts_with("withdrawal: "), "{what}");
}

#[test]
fn a_withdrawn_row_that_is_kept_is_noticed() {
    let deeds = vec![(6_000, Deed::Release), (16_000, Deed::Withdraw(0))];
    let what = withdrawing(Planted::TombstonesForgotten, deeds);
    assert!(what.starts_with("edition: "), "{what}");
}

/// A succession that does not go as one would wish.
fn succeeding(planted: Planted, deed: Deed) -> String {
    let plan = Plan { planted: Some(planted), deeds: vec![(5_000, deed)], end_ms: 60_000, ..Plan::calm(4) };
    run(&plan).expect_err("the fault is noticed").what
}

#[test]
fn signing_under_a_charter_that_was_signed_away_is_noticed() {
    let deed = Deed::Compete { place: 1, newcomer: 4, rounds: 2, ends: Signers::Quorum };
    let what = succeeding(Planted::SignsOn, deed);
    assert!(what.starts_with("succession: ") && what.contains("signed away"), "{what}");
}

#[test]
fn signing_under_a_forked_charter_is_noticed() {
    let what = succeeding(Planted::SignsOn, Deed::Fork(Forkers::Thieves));
    assert!(what.starts_with("succession: ") && what.contains("is forked"), "{what}");
}

#[test]
fn a_replica_that_does_not_follow_the_highest_round_is_noticed() {
    let what = succeeding(Planted::HigherRoundsForgotten, Deed::Fork(Forkers::Thieves));
    assert!(what.starts_with("succession: ") && what.contains("leads"), "{what}");
}

#[test]
fn starting_over_a_rotten_block_and_serving_it_are_noticed() {
    // A node crashes after the rot; or all keep running, and are asked for everything by one that lost its disk.
    let starts = Plan { rots: vec![(0, 4_000)], down: vec![(0, 4_500, 5_000)], ..Plan::calm(4) };
    let rots = (0..5).map(|node| (node, 4_000)).collect();
    let serves = Plan { rots, restored: vec![(5, 0, 4_200)], heal_ms: 20_000, ..Plan::calm(4) };
    for (plan, what) in [(starts, "starts though"), (serves, "sends what is left")] {
        let plan = Plan { planted: Some(Planted::RotTrusted), end_ms: 50_000, ..plan };
        let found =
            (0..20).find_map(|seed| run(&Plan { seed, ..plan.clone() }).err().filter(|v| v.what.contains(what)));
        assert!(found.is_some_and(|violation| violation.what.starts_with("rot: ")), "{what}");
    }
}
