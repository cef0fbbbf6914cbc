//! What the quality columns of an export cost, and a comparison with benchmarks.

use crate::texts::Text;
use crate::{on_cpu, resident};
use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::dataset::{Beside, Quality, Row, overlaps};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::Preference;
use commonwheel_protocol::record::Header;
use commonwheel_protocol::record::header::{HourTime, SizeClass};
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::similar::{Item, RUN_WORDS, Reading};
use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

const ROWS: usize = 200_000;
const BATCH: usize = 1_000;

/// Prints both, with rows made of these texts: each text of its own, but that every tenth is there twice.
pub fn cost(texts: &[Text]) -> Result<(), Box<dyn Error>> {
    let key = SecretKey::from_seed(&[7; 32]);
    let (mut quality, mut adding, mut bytes) = (Quality::default(), Duration::ZERO, 0);
    let mut batch = Vec::with_capacity(BATCH);
    let before = resident();
    for number in 0..ROWS {
        let other = if number % 10 == 9 { number - 1 } else { number };
        let mut text = texts[other % texts.len()].clone();
        for word in 0..12 {
            let (_, said) = &mut text.messages[0];
            said.push_str(&format!(" w{}", (other / texts.len()) * 12 + word));
        }
        let body = text.body((number % 251) as u8);
        bytes += body.len();
        let header = Header {
            community: Cid::of_cbor(b"community"),
            author: key.public(),
            nonce: None,
            licence: Licence::CcBy4,
            preference: Preference::read("train-ai=y")?,
            terms: Cid::of(Codec::Raw, b"terms"),
            ruleset: Cid::of(Codec::Raw, b"ruleset"),
            body: Cid::of_cbor(&body),
            size_class: SizeClass::of(body.len()),
            revises: None,
            corrects: None,
            about: None,
            time: HourTime::hour(1_800_000_000),
        };
        batch.push(Row::of(&header.sign(&key), &body, &header.community)?);
        if batch.len() == BATCH {
            let partition = batch[0].partition()?;
            let since = on_cpu();
            batch.iter().for_each(|row| assert!(quality.add(row, &partition), "there is room"));
            adding += on_cpu() - since;
            batch.clear();
        }
    }
    let kept = resident().saturating_sub(before);
    let since = on_cpu();
    let flags = BTreeMap::new();
    let finished = quality.finish(Beside { path: &[], flags: &flags });
    let (sorting, held) = ((on_cpu() - since), resident().saturating_sub(before));
    let since = on_cpu();
    let lines: usize = finished.partitions().flat_map(|one| finished.lines(one)).map(|line| line.len()).sum();
    println!("\nquality of {ROWS} rows of {} bytes", bytes / ROWS);
    println!(
        "  a row: {:?} to add, {:?} to sort, {:?} to write {} bytes",
        adding / ROWS as u32,
        sorting / ROWS as u32,
        (on_cpu() - since) / ROWS as u32,
        lines / ROWS
    );
    println!("  memory: {} bytes a row, {} with the clusters", kept / ROWS, held / ROWS);
    let two =
        finished.partitions().flat_map(|one| finished.rows(one)).filter(|row| row.duplicate_cluster_size > 1).count();
    println!("  {two} rows are there twice");
    benchmarks(texts)
}

fn benchmarks(texts: &[Text]) -> Result<(), Box<dyn Error>> {
    let before = resident();
    let since = on_cpu();
    let (mut reading, mut read) = (Reading::new(RUN_WORDS), 0);
    let copies = 30;
    for (number, text) in (1..).zip(texts.iter().cycle().take(texts.len() * copies)) {
        for (_, said) in &text.messages {
            let said = format!("{said} {number}");
            read += said.len();
            reading.add(Item { file: (number as usize % 1000) as u16, number }, &said)?;
        }
    }
    let (words, reading_took) = (reading.words(), (on_cpu() - since));
    let since = on_cpu();
    let benchmarks = reading.done();
    let held = resident().saturating_sub(before);
    println!(
        "\nbenchmarks of {words} words, {read} bytes: read in {reading_took:?}, sorted in {:?}",
        (on_cpu() - since)
    );
    println!("  memory: {:.1} bytes a word", held as f64 / words as f64);
    let bodies: Vec<_> = texts.iter().map(|text| text.body(1)).collect();
    let (since, mut found) = (on_cpu(), 0);
    bodies.iter().for_each(|body| found += usize::from(!overlaps(body, &benchmarks).is_empty()));
    let size: usize = bodies.iter().map(Vec::len).sum();
    let took = on_cpu() - since;
    println!(
        "  looking up {} bodies of {} bytes: {:?} each, {:.0} MB/s; {found} overlap",
        bodies.len(),
        size / bodies.len(),
        took / bodies.len() as u32,
        size as f64 / took.as_secs_f64() / 1e6
    );
    Ok(())
}
