//! How traffic grows, on small communities.

#![allow(clippy::unwrap_used)]

use sim::scale::{DELAY_MS, Measured, Part, Setup, measure};

fn measured(nodes: usize, validators: usize) -> Measured {
    measure(Setup { nodes, validators, seed: 1 }).unwrap()
}

#[test]
fn a_record_costs_a_node_no_more_in_a_larger_community() {
    let (few, many) = (measured(20, 4), measured(60, 4));
    let growth = many.alone.replica.all_bytes() / few.alone.replica.all_bytes();
    assert!((0.8..1.2).contains(&growth), "{growth}");
    assert!(many.fine.first_ms <= 3 * DELAY_MS, "{:?}", many.fine);
    assert!(many.alone.replica.bytes(Part::Certificates) > 0.0);
}

#[test]
fn one_seed_gives_one_measurement() {
    assert_eq!(measured(8, 4), measured(8, 4));
}
