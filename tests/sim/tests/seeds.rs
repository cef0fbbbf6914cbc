//! Seeds that once showed a fault, and a few more. Each was a violation when it was added.

use sim::{Plan, run};

/// Runs seeds on two threads; the first violation fails.
fn all_hold(seeds: &[u64]) {
    std::thread::scope(|scope| {
        for half in seeds.chunks(seeds.len().div_ceil(2)) {
            scope.spawn(move || {
                for seed in half {
                    if let Err(violation) = run(&Plan::from_seed(*seed, None)) {
                        panic!("{violation}");
                    }
                }
            });
        }
    });
}

#[test]
fn a_body_that_nobody_has_is_not_asked_for_ten_times_a_second() {
    all_hold(&[0, 4]);
}

#[test]
fn a_receipt_is_given_only_for_a_body_that_is_here() {
    all_hold(&[3, 14]);
}

#[test]
fn an_author_who_asks_again_learns_why_a_record_is_refused() {
    all_hold(&[11]);
}

#[test]
fn verdicts_and_receipts_about_unknown_records_are_not_kept() {
    all_hold(&[2, 5]);
}

#[test]
fn an_author_whose_disk_is_lost_need_not_get_back_a_body_that_is_kept_for_releases() {
    all_hold(&[1996, 2225]);
}

#[test]
fn any_mixture_of_faults_keeps_every_rule() {
    all_hold(&(20..36).collect::<Vec<_>>());
}

#[test]
fn a_validator_restored_from_an_old_backup_signs_no_number_twice() {
    for seed in [1, 85, 109, 143, 182] {
        if let Err(violation) = run(&Plan::from_seed(seed, None).with_a_restored_validator()) {
            panic!("{violation} with --restore-validators");
        }
    }
}

#[test]
fn with_more_nodes_the_same_holds() {
    for seed in 45..48 {
        if let Err(violation) = run(&Plan::from_seed(seed, Some(14))) {
            panic!("{violation} with --nodes 14");
        }
    }
}

#[test]
fn a_body_whose_header_a_crash_took_is_not_kept_for_ever() {
    all_hold(&[283]);
}
