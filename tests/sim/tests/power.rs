//! A crash at any fsync of a fixed workload loses nothing that was acknowledged.

use sim::{Loss, Plan, run};

/// Some records, sound and unsound, that are contributed in two handfuls and certified.
fn workload() -> Plan {
    Plan { records: 6, replicas: 1, end_ms: 32_000, ..Plan::calm(90) }
}

/// Counts the syncs of one node in the workload, and crashes it at each of them in turn.
fn crashes_at_every_sync(node: usize, loss: Loss) {
    let whole = run(&workload()).unwrap_or_else(|violation| panic!("{violation}"));
    let syncs = whole.syncs[node];
    assert!(syncs >= 10, "the workload makes node {node} write: {syncs} syncs");
    for sync in 0..syncs {
        let plan = Plan { crash_at_sync: Some((node, sync, loss)), ..workload() };
        let report =
            run(&plan).unwrap_or_else(|violation| panic!("at sync {sync} of node {node}, {loss:?}: {violation}"));
        assert_ne!(report.trace, whole.trace, "the crash at sync {sync} happens");
    }
}

#[test]
fn a_validator_whose_power_goes_at_any_sync_loses_nothing() {
    crashes_at_every_sync(0, Loss::Power);
}

#[test]
fn a_validator_that_is_killed_at_any_sync_loses_nothing() {
    crashes_at_every_sync(1, Loss::Process);
}

#[test]
fn a_replica_whose_power_goes_at_any_sync_loses_nothing() {
    crashes_at_every_sync(workload().quorum.0, Loss::Power);
}

#[test]
fn a_contributor_whose_power_goes_at_any_sync_loses_nothing() {
    crashes_at_every_sync(workload().contributor(), Loss::Power);
}

#[test]
fn a_contributor_that_is_killed_at_any_sync_loses_nothing() {
    crashes_at_every_sync(workload().contributor(), Loss::Process);
}
