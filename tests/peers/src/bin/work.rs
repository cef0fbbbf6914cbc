//! One redactor, one corpus, some rounds of it: something for a profiler to look at.
//!
//!     work ENGINE chat|clean|code [ROUNDS] [BYTES]
//!
//! The first round, which builds what is kept, is not in `measure_rounds`:
//!
//!     valgrind --tool=callgrind --toggle-collect='*measure_rounds*' target/release/work commonwheel chat 2 200000

use anyhow::{Context, Result};
use commonwheel_protocol::text::RawText;
use cpu_time::ThreadTime;
use peers::corpus;
use peers::engine::{self, Engine};
use std::hint::black_box;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut engine = engine::named(&arguments.next().context("expected an engine")?)?;
    let name = arguments.next().context("expected a corpus")?;
    let index = ["chat", "clean", "code"].iter().position(|known| *known == name).context("expected a corpus")?;
    let mut number = |or: usize| arguments.next().map_or(Ok(or), |text| text.parse());
    let (rounds, bytes) = (number(5)?, number(2_000_000)?);
    let corpora = corpus::corpora(20_261_122, bytes);
    let records: Vec<RawText> = corpora[index].records.iter().map(RawText::new).collect();
    let length: usize = records.iter().map(RawText::len).sum();
    records.iter().try_for_each(|record| engine.redact(record).map(drop))?;
    let mut best = f64::MAX;
    for _ in 1..rounds {
        let start = ThreadTime::now();
        measure_rounds(&mut *engine, &records)?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{length} bytes at {:.1} MB/s at best", length as f64 / best / 1e6);
    Ok(())
}

#[inline(never)]
fn measure_rounds(engine: &mut dyn Engine, records: &[RawText]) -> Result<()> {
    records.iter().try_for_each(|record| engine.redact(black_box(record)).map(|_| ()))
}
