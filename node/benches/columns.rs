//! What an export costs: its rows beside the same records only read, decoded and written as text by common means; its columns beside
//! DuckDB, which converts the same file:
//! `cargo bench -p commonwheel --bench columns [-- --duckdb PYTHON]`, a Python that has DuckDB, such as the one that
//! tests/loaders/run.sh makes. All by the processor's time of one thread, in turns. The folder is below the target
//! folder, on a real disk.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "../../protocol/examples/vectors/world.rs"]
mod world;

use ciborium::Value;
use commonwheel_node::export::{ExportOptions, Source, export, parquet};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::dataset::{Beside, Canary, Finished, Partition, Quality, Row};
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::{Batch, Ledger, Shelf, Store};
use commonwheel_protocol::record::content::{Chat, Content, Label, Message, Role};
use commonwheel_protocol::record::{RecordId, SignedHeader};
use commonwheel_storage::CarStore;
use cpu_time::ThreadTime;
use data_encoding::HEXLOWER;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use world::{TERMS, World};

const ROWS: u32 = 50_000;
const ROUNDS: usize = 7;

fn main() {
    let duckdb = duckdb();
    let world = World::new();
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut store = CarStore::open(&dir.path().join("store"), index::derive).unwrap();
    commit(&mut store, &[(world.founding.cid(), world.founding.bytes().to_vec())]);
    let records: Vec<_> = (0..ROWS).map(|n| record(&world, n)).collect();
    for some in records.chunks(500) {
        commit(&mut store, &some.concat());
    }
    let mut ids: Vec<_> = records.iter().map(|blocks| (RecordId(blocks[2].0), blocks[1].0)).collect();
    ids.sort_unstable();
    let out = dir.path().join("out");
    let exported = || exported(&store, &world, &out);
    let (plain, rows) = (dir.path().join("plain"), out.join(exported()));
    let bytes = fs::metadata(&rows).unwrap().len() as f64;
    println!(
        "{ROWS} rows of {:.0} bytes in one file; the fastest of {ROUNDS} rounds; processor's time",
        bytes / f64::from(ROWS)
    );

    let mut common = || plainly(&store, &ids, &plain);
    let mut own = || only_rows(&store, &ids, &world.community, &plain);
    let [common_s, own_s, export_s] = fastest([&mut common, &mut own, &mut || drop(exported())]);
    println!("read, decode, write as text   {:>9.0} rows/s", f64::from(ROWS) / common_s);
    println!("the same with our own codec   {:>9.0} rows/s", f64::from(ROWS) / own_s);
    println!(
        "export, JSON Lines            {:>9.0} rows/s  {:.2} × of the first, {:.2} × of the second",
        f64::from(ROWS) / export_s,
        common_s / export_s,
        own_s / export_s
    );

    let columns = dir.path().join("rows.parquet");
    let partition = Row::read(fs::read_to_string(&rows).unwrap().lines().next().unwrap()).unwrap().partition().unwrap();
    let flags = BTreeMap::new();
    let quality = quality(&rows, &partition).finish(Beside { path: &[], flags: &flags });
    let mut encoded = || encode(&rows, &quality, &partition, &columns);
    let [columns_s] = fastest([&mut encoded]);
    let size = |path: &Path| fs::metadata(path).unwrap().len() as f64 / bytes;
    println!(
        "columns from that file        {:>9.0} rows/s  {:.0} MB/s; {:.2} of its size",
        f64::from(ROWS) / columns_s,
        bytes / columns_s / 1e6,
        size(&columns)
    );
    if let Some(python) = duckdb {
        let other = dir.path().join("duckdb.parquet");
        // In turns, so that whatever else the machine does falls on both.
        let (mut ours, mut theirs) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..ROUNDS {
            ours = ours.min(timed(&mut || encode(&rows, &quality, &partition, &columns)));
            theirs = theirs.min(converted(&python, &rows, &other));
        }
        println!(
            "DuckDB, the same file, zstd   {:>9.0} rows/s  {:.0} MB/s; {:.2} of its size: ours is {:.2} × as fast",
            f64::from(ROWS) / theirs,
            bytes / theirs / 1e6,
            size(&other),
            theirs / ours
        );
    }
}

/// The Python that was named.
fn duckdb() -> Option<PathBuf> {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--duckdb").skip(1);
    arguments.next().map(PathBuf::from)
}

/// The least seconds of each, which take turns.
fn fastest<const N: usize>(mut things: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut least = [f64::INFINITY; N];
    for _ in 0..ROUNDS {
        for (thing, least) in things.iter_mut().zip(&mut least) {
            *least = least.min(timed(thing));
        }
    }
    least
}

fn timed(thing: &mut dyn FnMut()) -> f64 {
    let begun = ThreadTime::now();
    thing();
    begun.elapsed().as_secs_f64()
}

/// Exports everything, and says where its rows lie.
fn exported(store: &CarStore, world: &World, out: &Path) -> String {
    let source = Source { ledger: store, founding: &world.founding, terms: TERMS };
    let options = ExportOptions { replace: true, ..ExportOptions::to(out.to_owned()) };
    let summary = export(&source, &[], &options, &mut |_, _| {}).unwrap();
    assert_eq!((summary.rows, summary.files.len()), (ROWS as usize, 1));
    summary.files.into_keys().next().unwrap()
}

/// What no export can do without, by common means: reads header and body of each record, decodes them with ciborium, and
/// writes them as JSON with serde_json.
fn plainly(store: &CarStore, ids: &[(RecordId, Cid)], to: &Path) {
    let mut file = BufWriter::new(File::create(to).unwrap());
    for (id, body) in ids {
        let [header, body] = [&id.0, body].map(|cid| {
            let block = store.block(Shelf::Certified, cid).unwrap().unwrap();
            ciborium::from_reader::<Value, _>(&block[..]).unwrap()
        });
        serde_json::to_writer(&mut file, &Both { header: AsJson(&header), body: AsJson(&body) }).unwrap();
        file.write_all(b"\n").unwrap();
    }
    file.flush().unwrap();
}

/// The same with the codec that an export has, which is strict and gives the row's one text.
fn only_rows(store: &CarStore, ids: &[(RecordId, Cid)], charter: &Cid, to: &Path) {
    let mut file = BufWriter::new(File::create(to).unwrap());
    for (id, body) in ids {
        let header = store.block(Shelf::Certified, &id.0).unwrap().unwrap();
        let body = store.block(Shelf::Certified, body).unwrap().unwrap();
        let line = Row::of(&header, &body, charter).unwrap().line().unwrap();
        file.write_all(line.as_bytes()).unwrap();
        file.write_all(b"\n").unwrap();
    }
    file.flush().unwrap();
}

#[derive(Serialize)]
struct Both<'v> {
    header: AsJson<'v>,
    body: AsJson<'v>,
}

/// A decoded value as JSON: bytes, and the ids in links, in hexadecimal.
struct AsJson<'v>(&'v Value);

impl Serialize for AsJson<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Integer(number) => to.serialize_i64(i128::from(*number).try_into().unwrap()),
            Value::Bytes(bytes) => to.collect_str(&HEXLOWER.encode_display(bytes)),
            Value::Text(text) => to.serialize_str(text),
            Value::Bool(yes) => to.serialize_bool(*yes),
            Value::Null => to.serialize_unit(),
            Value::Tag(_, link) => AsJson(link).serialize(to),
            Value::Array(items) => to.collect_seq(items.iter().map(AsJson)),
            Value::Map(entries) => {
                to.collect_map(entries.iter().map(|(key, value)| (key.as_text().unwrap(), AsJson(value))))
            }
            _ => unreachable!("no record holds {:?}", self.0),
        }
    }
}

/// What can be said of the rows of a file.
fn quality(rows: &Path, partition: &Partition) -> Quality {
    let mut quality = Quality::default();
    for line in fs::read_to_string(rows).unwrap().lines() {
        assert!(quality.add(&Row::read(line).unwrap(), partition));
    }
    quality
}

fn encode(rows: &Path, quality: &Finished, partition: &Partition, to: &Path) {
    let rows = BufReader::new(File::open(rows).unwrap());
    let canary = Canary::of(&Cid::of_cbor(b"community"));
    let to = BufWriter::new(File::create(to).unwrap());
    parquet::encode(rows, quality.rows(partition), partition, &canary, to, &mut || {}).unwrap();
}

/// The seconds of the processor that DuckDB takes on one thread to convert the file; starting it does not count.
fn converted(python: &Path, rows: &Path, to: &Path) -> f64 {
    const PROGRAM: &str = "\
import duckdb, sys, time
connection = duckdb.connect(config={'threads': 1})
connection.execute(\"select 1\")
began = time.process_time()
connection.execute(f\"copy (from read_json('{sys.argv[1]}', format='newline_delimited')) to '{sys.argv[2]}' (format parquet, compression zstd)\")
print(time.process_time() - began)
";
    let told = Command::new(python).args(["-c", PROGRAM]).args([rows, to]).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    String::from_utf8(told.stdout).unwrap().trim().parse().unwrap()
}

fn commit(store: &mut CarStore, blocks: &[(Cid, Vec<u8>)]) {
    let mut batch = Batch::default();
    blocks.iter().for_each(|(cid, block)| batch.put(Shelf::Certified, *cid, block.clone()));
    store.commit(&batch).unwrap();
}

/// A certified chat as it is put when it is accepted: certificate, body, header. Its words are drawn, so that no text is like another.
fn record(world: &World, n: u32) -> Vec<(Cid, Vec<u8>)> {
    let mut state = u64::from(n) + 1;
    let mut text = |words: usize| {
        let mut said = String::new();
        for at in 0..words {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Few words are frequent, as in any language.
            let draw = (state >> 40) as f64 / f64::from(1 << 24);
            let word = (draw * draw * draw * 4_000.0) as u32;
            let end = if at % 17 == 16 { ".\n" } else { " " };
            said.extend((0..2 + word % 3).map(|place| SYLLABLES[(word / 20_u32.pow(place) + place) as usize % 20]));
            said.push_str(end);
        }
        world.clean(&said)
    };
    let messages = vec![Message::new(Role::User, text(30)), Message::new(Role::Assistant, text(70))];
    let body = world.body((n % 251) as u8, Content::Chat(Chat { messages, label: Label::Good, note: None }));
    let body = body.to_bytes().unwrap();
    let header = world.header(&body).sign(&world.named());
    let certificate = world.certificate(&SignedHeader::verify(&header).unwrap());
    [certificate.bytes().to_vec(), body, header].into_iter().map(|block| (Cid::of_cbor(&block), block)).collect()
}

const SYLLABLES: [&str; 20] = [
    "ta", "ne", "ri", "so", "lu", "mar", "pen", "til", "cor", "dus", "va", "ge", "ki", "bo", "fu", "lan", "ser", "nim",
    "hol", "jut",
];
