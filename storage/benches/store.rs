//! What durability and rebuilding cost, each as a ratio to plain files in the same run:
//! `cargo bench -p commonwheel-storage`. The folder is below the target folder, on a real disk.
#![allow(clippy::unwrap_used)]

#[path = "../../protocol/benches/measure/mod.rs"]
mod measure;
#[allow(dead_code)]
#[path = "../../protocol/examples/vectors/world.rs"]
mod world;

use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::{Batch, Shelf, Store};
use commonwheel_protocol::record::SignedHeader;
use commonwheel_protocol::record::content::{Chat, Content, Label, Message, Role};
use commonwheel_storage::CarStore;
use measure::compare_turns;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use world::World;

/// Records in one measurement of a commit.
const RECORDS: u32 = 100;
/// Records in the store whose index is rebuilt.
const REBUILT: u32 = 5_000;
const ROUNDS: usize = 21;

type Record = Vec<(Cid, Vec<u8>)>;

fn main() {
    let world = World::new();
    let mut numbers = 0u32..;
    let mut fresh =
        |count: u32| -> Vec<Record> { numbers.by_ref().take(count as usize).map(|n| record(&world, n)).collect() };
    let bytes: usize = fresh(1)[0].iter().map(|(_, block)| block.len()).sum();

    println!(
        "Plain write and fsync of the same bytes to one file is 1 ({bytes} bytes a record: header, body, certificate):"
    );
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut store = CarStore::open(&dir.path().join("store"), index::derive).unwrap();
    let mut plain = File::create(dir.path().join("plain")).unwrap();
    let rounds = ROUNDS + 1;
    let bulk = fresh(RECORDS * rounds as u32);
    let mut batches = bulk.chunks(RECORDS as usize);
    let mut in_one = || time(|| commit(&mut store, batches.next().unwrap()));
    let mut plainly = || time(|| append(&mut plain, &bulk[..RECORDS as usize]));
    compare_turns("commit 100 records in one batch", ROUNDS, 1, &mut in_one, &mut plainly);

    let singles = fresh(RECORDS * rounds as u32);
    let mut each = singles.chunks(1);
    let mut one_by_one = || time(|| commit(&mut store, each.next().unwrap()));
    let mut plainly = || time(|| append(&mut plain, &singles[..1]));
    let name = "commit 100 records one by one (100 fsyncs on both sides)";
    compare_turns(name, ROUNDS, RECORDS as usize, &mut one_by_one, &mut plainly);
    drop(store);
    rebuild(&dir.path().join("rebuilt"), &fresh(REBUILT));
}

fn rebuild(dir: &Path, records: &[Record]) {
    let mut store = CarStore::open(dir, index::derive).unwrap();
    records.chunks(500).for_each(|some| commit(&mut store, some));
    drop(store);
    let blocks: Vec<_> = records.iter().flatten().collect();
    let bytes: usize = blocks.iter().map(|(_, block)| block.len()).sum();
    println!("\nOne SHA-256 of each of the same {} blocks, {} KiB in all, is 1:", blocks.len(), bytes / 1024);
    let rebuild = || {
        let report = CarStore::rebuild_index(dir, index::derive).unwrap();
        assert_eq!(report.indexed_blocks, blocks.len() as u64);
    };
    let hash = || {
        for (_, block) in &blocks {
            std::hint::black_box(Sha256::digest(block));
        }
    };
    compare_turns("rebuild the index from the files", 7, 1, &mut || time(rebuild), &mut || time(hash));
}

fn time(run: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    run();
    begun.elapsed()
}

fn commit(store: &mut CarStore, records: &[Record]) {
    let mut batch = Batch::default();
    for (cid, block) in records.iter().flatten() {
        batch.put(Shelf::Certified, *cid, block.clone());
    }
    store.commit(&batch).unwrap();
}

fn append(file: &mut File, records: &[Record]) {
    for (_, block) in records.iter().flatten() {
        file.write_all(block).unwrap();
    }
    file.sync_data().unwrap();
}

/// A certified chat of about 2 KiB: header, body, certificate.
fn record(world: &World, n: u32) -> Record {
    let sentence = "What a community holds in common it also has to tend, and to explain to those who come later. ";
    let text = format!("Question {n}: {}", sentence.repeat(10));
    let messages =
        vec![Message::new(Role::User, world.clean(&text)), Message::new(Role::Assistant, world.clean(&text))];
    let body = world.body(1, Content::Chat(Chat { messages, label: Label::Good, note: None })).to_bytes().unwrap();
    let header = world.header(&body).sign(&world.named());
    let certificate = world.certificate(&SignedHeader::verify(&header).unwrap());
    [header, body, certificate.bytes().to_vec()].into_iter().map(|block| (Cid::of_cbor(&block), block)).collect()
}
