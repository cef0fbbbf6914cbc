//! How the memory of an export grows with the number of records: `cargo bench -p commonwheel --bench export`. Each size is
//! exported by a process of its own, from a store on the disk. Other sizes, in thousands, can be named: `-- 100 300`; with
//! `--short` texts have a sixth of their length, so that ten million records, `-- --short 10000`, need some 50 GB of disk.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "../../protocol/examples/vectors/world.rs"]
mod world;

use commonwheel_node::export::{ExportOptions, Source, export};
use commonwheel_protocol::bytes::{Cid, Key, Node, decode, encode};
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::{Batch, Shelf, Store};
use commonwheel_protocol::record::SignedHeader;
use commonwheel_protocol::record::content::{Content, Example};
use commonwheel_storage::CarStore;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use world::{TERMS, World};

/// Thousands of records.
const SIZES: [usize; 3] = [10, 30, 100];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match &arguments[..] {
        [one, store, ..] if one == "--open" => return opened(store.as_ref()),
        [one, store, ..] if one == "--export" => return exported(store.as_ref()),
        _ => {}
    }
    let short = arguments.iter().any(|argument| argument == "--short");
    let named = arguments.iter().filter(|argument| *argument != "--short");
    let named: Vec<usize> = named.map(|argument| argument.parse().expect("thousands of records")).collect();
    let sizes = if named.is_empty() { SIZES.to_vec() } else { named };
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let store = folder.path().join("store");
    let (world, mut records) = (World::new(), 0);
    let mut filled = CarStore::open(&store, index::derive).unwrap();
    let mut founding = Batch::default();
    founding.put(Shelf::Certified, world.founding.cid(), world.founding.bytes().to_vec());
    filled.commit(&founding).unwrap();
    drop(filled);
    let made = Made { certificate: certificate(&world), world, repeats: if short { 1 } else { 6 } };
    println!("| records | the store opened | exported | more than the store opened | time |\n|---|---|---|---|---|");
    for size in sizes {
        let mut filled = CarStore::open(&store, index::derive).unwrap();
        while records < size * 1000 {
            let mut batch = Batch::default();
            (records..records + 1000).for_each(|n| made.certified(n, &mut batch));
            filled.commit(&batch).unwrap();
            records += 1000;
        }
        drop(filled);
        let opened = peak("--open", &store);
        let begun = Instant::now();
        let exported = peak("--export", &store);
        let seconds = begun.elapsed().as_secs_f64();
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let more = mib(exported.saturating_sub(opened));
        println!("| {records} | {:.1} MiB | {:.1} MiB | {more:.1} MiB | {seconds:.1} s |", mib(opened), mib(exported));
    }
}

/// What records are made of.
struct Made {
    world: World,
    /// The fields of a certificate.
    certificate: BTreeMap<Key, Node>,
    /// How often a text says the same.
    repeats: usize,
}

impl Made {
    /// An example by the named author, with a certificate, as blocks of `batch`. Each has the same signatures of validators,
    /// which to make and to check would take most of the time: an export passes them on.
    fn certified(&self, n: usize, batch: &mut Batch) {
        let said = "What a community holds in common it also has to tend, and to explain to those who come later. ";
        let (prompt, ideal) = (format!("Question {n}?"), said.repeat(self.repeats));
        let example = Example { prompt: self.world.clean(&prompt), ideal: self.world.clean(&ideal) };
        let body = self.world.body(1, Content::Example(example)).to_bytes().unwrap();
        let header = self.world.header(&body).sign(&self.world.named());
        let mut certificate = self.certificate.clone();
        certificate.insert("record".into(), Cid::of_cbor(&header).into());
        // As they are put when a record is accepted.
        for block in [encode(&Node::Map(certificate)), body, header] {
            batch.put(Shelf::Certified, Cid::of_cbor(&block), block);
        }
    }
}

/// The fields of a certificate of some record.
fn certificate(world: &World) -> BTreeMap<Key, Node> {
    let example = Example { prompt: world.clean("Question?"), ideal: world.clean("Answer.") };
    let body = world.body(1, Content::Example(example)).to_bytes().unwrap();
    let header = SignedHeader::verify(&world.header(&body).sign(&world.named())).unwrap();
    let Node::Map(fields) = decode(world.certificate(&header).bytes()).unwrap() else {
        panic!("a certificate is a map")
    };
    fields
}

/// The most memory of a process of this program that does one thing with the store, in bytes.
fn peak(what: &str, store: &Path) -> u64 {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program).arg(what).arg(store).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

fn opened(store: &Path) {
    let store = CarStore::open(store, index::derive).unwrap();
    print_peak();
    drop(store);
}

fn exported(store: &Path) {
    let world = World::new();
    let out = store.with_file_name("export");
    let opened = CarStore::open(store, index::derive).unwrap();
    let source = Source { ledger: &opened, founding: &world.founding, terms: TERMS };
    let summary = export(&source, &[], &ExportOptions::to(out.clone()), &mut |_, _| {}).unwrap();
    assert!(summary.is_complete() && summary.rows > 0);
    print_peak();
    std::fs::remove_dir_all(out).unwrap();
}

fn print_peak() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    println!("{}", peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024);
}
