//! How fast the redactor is beside others, on one core, in one run, in turns:
//!
//!     cargo run --release --manifest-path tests/peers/Cargo.toml -- [--write docs/PERFORMANCE.md]
//!         [--commonwheel target/release/commonwheel] [--presidio PYTHON] [--megabytes 4] [--rounds 7]
//!
//! Time is the processor's, for the program too: what it and the system on its behalf took, its start included. Each
//! figure is the median of the rounds. A slow redactor gets the beginning of the corpus alone.

mod report;
mod slow;

use anyhow::{Context, Result, ensure};
use commonwheel_protocol::text::RawText;
use cpu_time::ThreadTime;
use peers::corpus::{self, Corpus, HARD};
use peers::engine::{self, Engine};
use report::Report;
use slow::{Presidio, Program};
use std::hint::black_box;
use std::path::PathBuf;

const SEED: u64 = 20_261_122;
/// What a redactor may take for one round of one corpus, in seconds; it gets as much text as it can do in that.
const ROUND_S: f64 = 0.5;
/// Lengths of the texts that are made to be slow, in bytes.
const HARD_BYTES: [usize; 2] = [100_000, 1_000_000];

fn main() -> Result<()> {
    let options = Options::read()?;
    let mut report = Report::default();
    for corpus in corpus::corpora(SEED, options.megabytes * 1_000_000) {
        compare(&corpus, &options, &mut report)?;
    }
    hard(&mut report)?;
    let text = report.markdown();
    println!("{text}");
    for missed in report.missed() {
        println!("missed: {missed}");
    }
    options.write.map_or(Ok(()), |path| report::write(&path, "peers", &text))
}

struct Options {
    write: Option<PathBuf>,
    commonwheel: Option<PathBuf>,
    presidio: Option<PathBuf>,
    megabytes: usize,
    rounds: usize,
}

impl Options {
    fn read() -> Result<Options> {
        let mut options = Options { write: None, commonwheel: None, presidio: None, megabytes: 4, rounds: 7 };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            let value = arguments.next().with_context(|| format!("expected a value after {name}"))?;
            match name.as_str() {
                "--write" => options.write = Some(value.into()),
                "--commonwheel" => options.commonwheel = Some(value.into()),
                "--presidio" => options.presidio = Some(value.into()),
                "--megabytes" => options.megabytes = value.parse()?,
                "--rounds" => options.rounds = value.parse()?,
                _ => {
                    anyhow::bail!("expected --write, --commonwheel, --presidio, --megabytes or --rounds; found {name}")
                }
            }
        }
        ensure!(options.megabytes > 0 && options.rounds > 0, "expected at least one megabyte and one round");
        Ok(options)
    }
}

/// Something that redacts the first so many records of a corpus, and the seconds that it took.
trait Contender {
    fn name(&self) -> String;
    fn seconds(&mut self, records: usize) -> Result<f64>;
}

/// A library, called for each record.
struct Library<'a> {
    engine: Box<dyn Engine>,
    records: &'a [RawText],
}

impl Contender for Library<'_> {
    fn name(&self) -> String {
        self.engine.name().to_owned()
    }

    fn seconds(&mut self, records: usize) -> Result<f64> {
        let start = ThreadTime::now();
        for record in &self.records[..records] {
            black_box(self.engine.redact(black_box(record))?);
        }
        Ok(start.elapsed().as_secs_f64())
    }
}

fn compare(corpus: &Corpus, options: &Options, report: &mut Report) -> Result<()> {
    let raw: Vec<RawText> = corpus.records.iter().map(RawText::new).collect();
    let mut contenders: Vec<Box<dyn Contender + '_>> = Vec::new();
    for name in ["commonwheel", "lazy-dfa", "datafog-core", "redact-core"] {
        contenders.push(Box::new(Library { engine: engine::named(name)?, records: &raw }));
    }
    if let Some(python) = &options.presidio {
        for recognizers in ["default", "all"] {
            contenders.push(Box::new(Presidio::start(python, recognizers, &corpus.records)?));
        }
    }
    if let Some(program) = &options.commonwheel {
        contenders.push(Box::new(Program::new(program, &[], &corpus.records)?));
        contenders.push(Box::new(Program::new(program, &["--jsonl"], &corpus.records)?));
    }
    // How many records each can do in a round, by its speed over a few.
    let bytes = |records: usize| corpus.records[..records].iter().map(String::len).sum::<usize>() as f64;
    let mut shares = Vec::new();
    for contender in &mut contenders {
        let few = 20.min(raw.len());
        contender.seconds(few)?;
        let each = contender.seconds(few)? / few as f64;
        shares.push(((ROUND_S / each) as usize).clamp(few, raw.len()));
    }
    let mut speeds = vec![Vec::new(); contenders.len()];
    for _ in 0..options.rounds {
        for ((contender, share), speeds) in contenders.iter_mut().zip(&shares).zip(&mut speeds) {
            speeds.push(bytes(*share) / contender.seconds(*share)? / 1e6);
        }
    }
    let names = contenders.iter().map(|contender| contender.name());
    report.corpus(corpus.name, bytes(raw.len()), names.zip(speeds).collect());
    Ok(())
}

/// The speed on each text that is made to be slow, at two lengths.
fn hard(report: &mut Report) -> Result<()> {
    let mut engine = engine::named("commonwheel")?;
    for (name, piece) in HARD {
        let mut speeds = [0.0; 2];
        for (speed, length) in speeds.iter_mut().zip(HARD_BYTES) {
            let record = RawText::new(piece.repeat(length / piece.len()));
            for _ in 0..3 {
                let start = ThreadTime::now();
                black_box(engine.redact(black_box(&record))?);
                *speed = f64::max(*speed, record.len() as f64 / start.elapsed().as_secs_f64() / 1e6);
            }
        }
        report.hard(name, speeds);
    }
    Ok(())
}
