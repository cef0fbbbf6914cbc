//! How fast a search index is filled, searched and traced: `cargo bench -p commonwheel-storage --bench search -- N …`
//! for so many records. The folder is below the target folder, on a real disk. With `--keep FOLDER` the stores are filled
//! there, and only their indexes made anew when they are there already.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "../../protocol/examples/vectors/world.rs"]
mod world;

use commonwheel_protocol::bytes::{Cid, Node, decode, encode};
use commonwheel_protocol::dataset::Filter;
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::{Batch, IndexEntry, Ledger, Shelf, Store};
use commonwheel_protocol::record::header::SizeClass;
use commonwheel_protocol::search::{Document, Query, trace};
use commonwheel_storage::CarStore;
use commonwheel_storage::search::SEARCH;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use world::World;

/// Records of a run when no numbers are given.
const RECORDS: [u32; 2] = [10_000, 100_000];
/// Words that there are: the first is in every second place or so, the last hardly anywhere, as Zipf found.
const WORDS: f64 = 200_000.0;
/// Words of each record, on average.
const LENGTH: u64 = 240;
/// Queries of each sort, and texts that are traced.
const ASKED: u64 = 400;
/// Records that are indexed as a node does, beside other work.
const BESIDE: u32 = 10_000;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let given: Vec<u32> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if given.is_empty() { RECORDS.to_vec() } else { given };
    let keep = arguments.iter().skip_while(|argument| *argument != "--keep").nth(1);
    for records in sizes {
        match keep {
            Some(keep) => run(&Path::new(keep).join(records.to_string()), records),
            None => run(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().path(), records),
        }
    }
}

fn run(dir: &Path, records: u32) {
    let world = World::new();
    let template = world.header(&[]).sign(&world.named());
    let _ = fs::remove_dir_all(dir.join(SEARCH));
    let mut store = CarStore::open(dir, derive).unwrap();
    let mut bytes = 0;
    let begun = Instant::now();
    let filled = |number: u32| store.holds(Shelf::Certified, &Cid::of_cbor(&record(&template, number).0)).unwrap();
    let there = if filled(records - 1) { records } else { 0 };
    bytes += (0..there).map(|number| record(&template, number).1.len()).sum::<usize>();
    for first in (there..records).step_by(1_000) {
        let mut batch = Batch::default();
        for number in first..(first + 1_000).min(records) {
            let (header, body) = record(&template, number);
            bytes += body.len();
            batch.put(Shelf::Certified, Cid::of_cbor(&body), body);
            batch.put(Shelf::Certified, Cid::of_cbor(&header), header);
        }
        store.commit(&batch).unwrap();
    }
    println!("\n{records} records, {} MB of bodies:", bytes / 1_000_000);
    println!("fill the store              {:>8.1} s", seconds(begun.elapsed()));
    beside(&mut store, records);
    let begun = Instant::now();
    while !store.catch_up_search(16_384).unwrap().is_complete() {}
    let (filled, size) = (begun.elapsed(), size(&dir.join(SEARCH)));
    println!(
        "fill the index              {:>8.1} s, {:.0} records/s",
        seconds(filled),
        f64::from(records.saturating_sub(BESIDE)) / seconds(filled)
    );
    println!(
        "its size                    {:>8.0} MB, {:.2} times the bodies",
        size as f64 / 1e6,
        size as f64 / bytes as f64
    );

    let mut random = Random(7);
    let common = |random: &mut Random| word((random.next() % 100) as usize);
    let any = |random: &mut Random| word(random.zipf());
    let rare = |random: &mut Random| word(10_000 + (random.next() % 100_000) as usize);
    let german: Filter = serde_json::from_str(r#"{"language":["de"],"use":"search"}"#).unwrap();
    let all = Filter::default();
    let mut mixed = Vec::new();
    for (name, filter, make) in [
        ("one word of any sort", &all, &(|r: &mut Random| vec![any(r)]) as &dyn Fn(&mut Random) -> Vec<String>),
        ("two words of any sort", &all, &|r: &mut Random| vec![any(r), any(r)]),
        ("two very common words", &all, &|r: &mut Random| vec![common(r), common(r)]),
        ("a phrase of two common words", &all, &|r: &mut Random| vec![format!("{} {}", common(r), common(r))]),
        ("a rare word", &all, &|r: &mut Random| vec![rare(r)]),
        ("two words of any sort, filtered", &german, &|r: &mut Random| vec![any(r), any(r)]),
    ] {
        let times = (0..ASKED).map(|_| {
            let query = Query::read(&make(&mut random)).unwrap();
            time(|| drop(store.search(&query, filter, 10).unwrap()))
        });
        let times: Vec<_> = times.collect();
        mixed.extend_from_slice(&times);
        show(name, times);
    }
    show("all of these", mixed);

    let (mut looked_up, mut compared) = (Vec::new(), 0);
    let traced = (0..ASKED / 4).map(|_| {
        let number = (random.next() % u64::from(records)) as u32;
        let (_, body) = record(&template, number);
        let text = Document::texts(&body).unwrap().concat();
        // Half of it is from one record, and half is new.
        let words: Vec<_> =
            text.split(' ').take(120).map(str::to_owned).chain((0..120).map(|_| any(&mut random))).collect();
        let text = words.join(" ");
        time(|| {
            let read = trace::Traced::of(&text);
            let prints: Vec<_> = read.prints().iter().map(|(_, print)| *print).collect();
            let mut spans = 0;
            let mut named: BTreeMap<_, Vec<usize>> = BTreeMap::new();
            let mut found = Vec::new();
            looked_up.push(time(|| found = store.holders(&prints, 64).unwrap()));
            for (place, holders) in found.into_iter().enumerate() {
                holders.records.into_iter().for_each(|holder| named.entry(holder).or_default().push(place));
            }
            compared += named.len();
            for (holder, places) in named {
                let body = index::header(&store, Shelf::Certified, &holder).unwrap().unwrap().body;
                let body = store.block(Shelf::Certified, &body).unwrap().unwrap();
                spans += read.spans(&Document::texts(&body).unwrap(), &places, trace::SPAN).0.len();
            }
            assert!(spans > 0, "the record is found");
        })
    });
    let traced: Vec<_> = traced.collect();
    show("trace 240 words", traced);
    show("its fingerprints looked up", looked_up);
    println!("records compared for a text {:>8.1}", compared as f64 / (ASKED / 4) as f64);

    let (_, body) = record(&template, records / 2);
    let mut batch = Batch::default();
    batch.erase(Shelf::Certified, Cid::of_cbor(&body));
    println!("erase a record              {:>8.1} ms", seconds(time(|| store.commit(&batch).unwrap())) * 1e3);
    let again = time(|| while !store.catch_up_search(16_384).unwrap().is_complete() {});
    println!("take its neighbours up again {:>7.1} s", seconds(again));
    let mut batch = Batch::default();
    batch.put(Shelf::Certified, Cid::of_cbor(&body), body);
    store.commit(&batch).unwrap();
}

/// Indexes the first records of so many as a node does, and shows how long it does nothing else.
fn beside(store: &mut CarStore, records: u32) {
    let (begun, mut waited, mut last) = (Instant::now(), Vec::new(), None);
    let (mut since, mut longest) = (begun, Duration::ZERO);
    let all = store.catch_up_search_beside().unwrap().all;
    let until = all * u64::from(BESIDE.min(records)) / u64::from(records);
    loop {
        let mut come = None;
        let took = time(|| come = Some(store.catch_up_search_beside().unwrap()));
        let come = come.unwrap();
        if last.replace(come) != Some(come) {
            waited.push(took);
            longest = longest.max(since.elapsed());
            since = Instant::now();
        }
        if come.is_complete() || come.done > until {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    println!("beside other work           {:>8.1} s", seconds(begun.elapsed()));
    show("a slice of it", waited);
    println!("the longest that one took    {:>8.1} s, with the segments that were then made one", seconds(longest));
}

/// The index entry of a header, without checking its signature: the records here are not signed one by one.
fn derive(_: Shelf, cid: &Cid, bytes: &[u8]) -> Vec<IndexEntry> {
    let Ok(Node::Map(mut block)) = decode(bytes) else { return Vec::new() };
    let Some(Node::Map(header)) = block.remove("payload") else { return Vec::new() };
    let (Some(Node::Link(body)), Some(Node::Int(time)), Some(Node::Bytes(author))) =
        (header.get("body"), header.get("time"), header.get("author"))
    else {
        return Vec::new();
    };
    let key = index::key(prefix::CERTIFIED, &[&cid.to_bytes()]);
    vec![IndexEntry { key, value: [&time.to_be_bytes()[..], &body.to_bytes(), author].concat() }]
}

/// A chat whose words follow from its number alone.
fn record(template: &[u8], number: u32) -> (Vec<u8>, Vec<u8>) {
    let mut random = Random(u64::from(number) + 1);
    let length = LENGTH / 2 + random.next() % LENGTH;
    let text: Vec<_> = (0..length).map(|_| word(random.zipf())).collect();
    let (question, answer) = text.split_at(text.len() / 4);
    let message = |role: &str, words: &[String]| {
        Node::map([("role", Some(Node::text(role))), ("content", Some(Node::text(words.join(" "))))])
    };
    let language = if number.is_multiple_of(5) { "de-AT" } else { "en" };
    let salt: Vec<_> = (0..4).flat_map(|_| random.next().to_be_bytes()).collect();
    let yes = || Some(Node::Bool(true));
    let body = encode(&Node::map([
        ("salt", Some(Node::bytes(salt))),
        ("kind", Some(Node::text("chat"))),
        ("label", Some(Node::text("good"))),
        ("language", Some(Node::text(language))),
        ("messages", Some(Node::List(vec![message("user", question), message("assistant", answer)]))),
        ("preference_given", Some(Node::text("train-ai=y, search=y"))),
        ("vocabulary", Some(Node::text("ietf-aipref-07"))),
        ("rights", Some(Node::List(vec![Node::map([("by", Some(Node::text("own")))])]))),
        ("assurances", Some(Node::map([("of_age", yes()), ("has_rights", yes()), ("no_sensitive_data", yes())]))),
    ]));
    let Ok(Node::Map(mut header)) = decode(template) else { unreachable!() };
    if let Some(Node::Map(payload)) = header.get_mut("payload") {
        payload.insert("body".into(), Cid::of_cbor(&body).into());
        let class = SizeClass::of(body.len()).max_bytes().trailing_zeros();
        payload.insert("size_class".into(), i64::from(class).into());
    }
    (encode(&Node::Map(header)), body)
}

/// The word of a rank: letters that no other rank has.
fn word(rank: usize) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "wo", "xu", "ze"];
    let mut left = rank + 1;
    let mut word = String::new();
    while left > 0 {
        word.push_str(SYLLABLES[left % 16]);
        left /= 16;
    }
    word
}

/// Numbers that look random and are the same in each run (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// A rank: each about as often as its reciprocal says.
    fn zipf(&mut self) -> usize {
        let part = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        (WORDS.powf(part) - 1.0) as usize
    }
}

fn show(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| seconds(times[(times.len() - 1) * percent / 100]) * 1e3;
    println!("{name:<34} median {:>7.2} ms, 95 % below {:>7.2} ms, most {:>7.2} ms", at(50), at(95), at(100));
}

fn size(dir: &Path) -> u64 {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

fn time(run: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    run();
    begun.elapsed()
}

fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}
