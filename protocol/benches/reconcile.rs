//! Bytes on the wire of one reconciliation over 10,000 records:
//! `cargo bench -p commonwheel-protocol --bench reconcile`. No clock: the figures are the same everywhere.
#![allow(clippy::unwrap_used)]

use commonwheel_protocol::index::Item;
use commonwheel_protocol::reconcile::Snapshot;
use sha2::{Digest, Sha256};

const ITEMS: u32 = 10_000;

/// Fourteen records an hour, as a busy community has them.
fn item(n: u32) -> (i64, Item) {
    (1_800_000_000 + i64::from(n / 14) * 3600, Item(Sha256::digest(n.to_be_bytes()).into()))
}

fn main() {
    println!("{ITEMS} items on one side; the other lacks some. Bytes of all messages, both ways:");
    let newest = |missing: u32| (0..ITEMS - missing).collect::<Vec<_>>();
    let spread = |missing: u32| (0..ITEMS).filter(|n| missing == 0 || n % (ITEMS / missing) != 0).collect::<Vec<_>>();
    for missing in [0, 1, 10, 100, 1_000] {
        report("newest", missing, &newest(missing));
        if missing > 0 {
            report("spread", missing, &spread(missing));
        }
    }
    report("all", ITEMS, &[]);
}

fn report(which: &str, missing: u32, held: &[u32]) {
    let ours = Snapshot::new(held.iter().map(|n| item(*n)));
    let theirs = Snapshot::new((0..ITEMS).map(item));
    let (mut bytes, mut trips, mut found) = (0, 0, 0);
    let mut message = Some(ours.open());
    while let Some(asked) = message {
        let answer = theirs.answer(&asked).unwrap();
        bytes += asked.len() + answer.len();
        trips += 1;
        let progress = ours.read(&answer).unwrap();
        found += progress.missing.len();
        message = progress.next;
    }
    assert_eq!(found, missing as usize, "every missing item is found");
    let each = if missing == 0 {
        String::new()
    } else {
        format!("{:>10.1} per missing item", bytes as f64 / f64::from(missing))
    };
    println!("  {missing:>6} missing, {which:<7} {bytes:>8} bytes in {trips:>2} round trip(s){each}");
}
