//! Measures near-duplicates on real texts: how many edited copies are found, how many unrelated texts are taken for
//! copies, beside a SimHash; and what that costs in time and memory.
//!
//! `cargo run --release --example similar -- FOLDER`, with `oasst/en_100_tree.jsonl` and `gsm8k/*.jsonl` in it. `cost` after
//! it measures time and memory alone, `dataset` what an export's quality columns and benchmarks cost.

mod dataset;
mod edits;
mod simhash;
mod texts;

use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::similar::{NEAR, Similar, Sketch};
use edits::EDITS;
use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;
use texts::Text;

const THRESHOLDS: [u8; 7] = [50, 55, 60, 65, 70, 75, 80];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("expected the folder of the texts")?);
    let (chats, siblings) = texts::chats(&folder)?;
    let problems = texts::problems(&folder)?;
    if std::env::args().nth(2).as_deref() == Some("cost") {
        return cost(&problems);
    }
    if std::env::args().nth(2).as_deref() == Some("dataset") {
        return dataset::cost(&problems);
    }
    println!("{} chats, {} pairs that share a prompt, {} problems", chats.len(), siblings.len(), problems.len());
    for (name, texts) in [("chats", &chats[..]), ("problems", &problems[..1000])] {
        recall(name, texts)?;
    }
    println!("\nsame prompt, other answer: found at 50..80");
    let pairs: Result<Vec<_>, Box<dyn Error>> = siblings.iter().map(|(a, b)| Scores::of(a, b)).collect();
    print_scores("", &pairs?);
    unrelated("chats", &chats)?;
    unrelated("problems", &problems)?;
    cost(&problems)?;
    Ok(())
}

/// How alike two texts are, in percent, by each way of telling.
struct Scores {
    min: u8,
    sim: [u8; 2],
}

impl Scores {
    fn of(a: &Text, b: &Text) -> Result<Scores, Box<dyn Error>> {
        let (x, y) = (a.sketch()?, b.sketch()?);
        let sim = |bits| simhash::similarity(simhash::of(a), simhash::of(b), bits);
        Ok(Scores { min: x.similarity(&y), sim: [sim(64), sim(128)] })
    }
}

fn print_scores(name: &str, scores: &[Scores]) {
    let share = |at: &dyn Fn(&Scores) -> u8, least: u8| {
        100.0 * scores.iter().filter(|s| at(s) >= least).count() as f64 / scores.len() as f64
    };
    let row = |at: &dyn Fn(&Scores) -> u8, least: [u8; 7]| {
        least.map(|least| format!("{least}:{:.1}", share(at, least))).join("  ")
    };
    println!("{name}\n   minhash      {}", row(&|s| s.min, THRESHOLDS));
    println!("   simhash 64   {}", row(&|s| s.sim[0], [75, 80, 84, 87, 90, 93, 95]));
    println!("   simhash 128  {}", row(&|s| s.sim[1], [75, 80, 84, 87, 90, 93, 95]));
}

/// How many of edited copies are found.
fn recall(name: &str, texts: &[Text]) -> Result<(), Box<dyn Error>> {
    println!("\nedited {name}: found, in percent");
    for (what, edit) in EDITS {
        let mut scores = Vec::new();
        let (mut banded, mut long) = (0, 0);
        for (n, text) in texts.iter().enumerate() {
            let Some(copy) = edit(text, &texts[(n + 1) % texts.len()], n) else { continue };
            let (sketch, other) = (text.sketch()?, copy.sketch()?);
            if sketch.similarity(&sketch) == 0 || other.similarity(&other) == 0 {
                continue;
            }
            long += 1;
            let mut index = Similar::default();
            index.insert(id(n), &id(n).0, sketch);
            banded += usize::from(!index.look(&other).is_empty());
            scores.push(Scores::of(text, &copy)?);
        }
        let found = 100.0 * banded as f64 / long as f64;
        print_scores(&format!("{what}: {long} long enough; found through bands at {NEAR}: {found:.1}"), &scores);
    }
    Ok(())
}

/// How many pairs of different texts are taken for copies.
fn unrelated(name: &str, texts: &[Text]) -> Result<(), Box<dyn Error>> {
    let sketches: Result<Vec<_>, _> = texts.iter().map(Text::sketch).collect();
    let (sketches, bits): (Vec<_>, Vec<_>) = (sketches?, texts.iter().map(simhash::of).collect());
    let (mut min, mut sims) = ([0u64; 101], [[0u64; 101]; 2]);
    let mut most = Vec::new();
    for a in 0..texts.len() {
        for b in 0..a {
            let alike = sketches[a].similarity(&sketches[b]);
            min[usize::from(alike)] += 1;
            for (sims, width) in sims.iter_mut().zip([64, 128]) {
                sims[usize::from(simhash::similarity(bits[a], bits[b], width))] += 1;
            }
            if alike >= 40 {
                most.push((alike, a, b));
            }
        }
    }
    let pairs: u64 = min.iter().sum();
    let above = |counts: &[u64; 101], least: u8| counts[usize::from(least)..].iter().sum::<u64>();
    println!("\n{pairs} pairs of different {name}: taken for copies");
    println!("   minhash      {}", THRESHOLDS.map(|least| format!("{least}:{}", above(&min, least))).join("  "));
    for (sims, width) in sims.iter().zip([64, 128]) {
        let row = [75, 80, 84, 87, 90, 93, 95].map(|least| format!("{least}:{}", above(sims, least)));
        println!("   simhash {width:<4} {}", row.join("  "));
    }
    most.sort_unstable_by(|a, b| b.cmp(a));
    for (alike, a, b) in most.iter().take(12) {
        println!("   {alike} %: {}\n         {}", texts[*a].start(), texts[*b].start());
    }
    let mut index = Similar::default();
    let mut waiting = 0;
    for (n, sketch) in sketches.into_iter().enumerate() {
        waiting += usize::from(!index.look(&sketch).is_empty());
        index.insert(id(n), &id(n).0, sketch);
    }
    println!("   each by an author of its own: {waiting} of {} would wait for a person", texts.len());
    Ok(())
}

/// What a sketch, an insertion and a look cost.
fn cost(texts: &[Text]) -> Result<(), Box<dyn Error>> {
    println!("\ncost");
    for kib in [1, 4, 64, 1000] {
        let body = texts::long(texts, kib * 1024);
        let times = 2000 / kib.max(4);
        let start = on_cpu();
        for _ in 0..times {
            std::hint::black_box(Sketch::of(&body)?);
        }
        println!("   a sketch of {} bytes: {:.1} µs", body.len(), per(start, times));
    }
    let bodies: Vec<_> = texts.iter().take(1000).map(|text| text.body(0)).collect();
    let start = on_cpu();
    for body in &bodies {
        std::hint::black_box(Sketch::of(body)?);
    }
    println!("   1,000 problems of some 500 bytes: {:.1} ms", (on_cpu() - start).as_secs_f64() * 1000.0);
    let (mut index, before) = (Similar::default(), resident());
    let start = on_cpu();
    let many = 1_000_000;
    for n in 0..many {
        let sketch = texts::random(n).sketch()?;
        index.insert(id(n), &id(n).0, sketch);
    }
    println!("   {many} records made and inserted in {:.1} s", (on_cpu() - start).as_secs_f64());
    println!("   resident: {} bytes each", (resident() - before) / many);
    let start = on_cpu();
    for n in 0..1000 {
        std::hint::black_box(index.look(&texts::random(n * 7).sketch()?));
    }
    println!("   a sketch and a look among them: {:.1} µs", per(start, 1000));
    Ok(())
}

fn per(start: Duration, times: usize) -> f64 {
    (on_cpu() - start).as_secs_f64() * 1e6 / times as f64
}

/// Time on a processor, which other programs do not add to. Where there is no such file, none.
fn on_cpu() -> Duration {
    let times = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    Duration::from_nanos(times.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0))
}

fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

fn id(n: usize) -> RecordId {
    RecordId(Cid::of_cbor(&n.to_be_bytes()))
}
